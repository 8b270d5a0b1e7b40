"""A person on TDLib, spoken to in requests and updates of `td_api`."""

import re

from .driver import EVENT_WITHIN_S, Driver, DriverError
from .libraries import Library
from .stage import SERVICE_CHAT

TDLIB = Library("tdlib", "1.8.68", 230, "mtproxy", "telethon-1.45", "tdlib", "tdlib_driver.py")
CODE = re.compile(r"\b\d{5,6}\b")
# Both TDLib and the server wait for the disk, which others may keep busy for more than 20 s.
ANSWER_WITHIN_S = 60
# A line of TDLib's log: its level, thread and time, then where in its code, then the words.
LOG_LINE = re.compile(r"^\[ (?P<level>\d)\]\[t[^]]*\]\[[\d.]+\]\[(?P<place>[^]]+)\](?P<words>.*)")


def text(words):
    """A plain message as `td_api` has it."""
    return {"@type": "inputMessageText", "text": {"@type": "formattedText", "text": words}}


class TdPerson:
    """A person on TDLib; keeps what its updates say."""

    def __init__(self, stage, who, phone):
        self.stage, self.who, self.phone = stage, who, phone
        self.folder = stage.folder / who

    def start(self):
        """Starts TDLib on the person's database; answers what it wants to know next."""
        self.folder.mkdir(exist_ok=True)
        command, environment = self.stage.environments.command(TDLIB)
        log = self.stage.folder / f"{self.who}-{len(self.stage.drivers)}.log"
        self.driver = Driver(f"{self.who} (TDLib)", command, environment, log)
        self.stage.drivers.append(self.driver)
        server = self.stage.server
        found = self.driver.call(
            "connect",
            host=server.host,
            port=server.port,
            key=server.key,
            session=str(self.folder),
            transport=TDLIB.transport,
        )
        assert (found["layer"], found["version"]) == (TDLIB.layer, TDLIB.version), found
        wanted = ("authorizationStateWaitPhoneNumber", "authorizationStateReady")
        return self.state(0, *wanted)

    def state(self, mark, *wanted, within=20):
        """The next state of signing in that is one of `wanted`."""

        def right(update):
            return update["authorization_state"]["@type"] in wanted

        return self.wait(mark, "updateAuthorizationState", right, within)["authorization_state"]["@type"]

    def sign_up(self, first_name, last_name):
        """Signs up with a fresh number."""
        mark, codes = self.driver.mark(), len(self.stage.server.codes_for(self.phone))
        self.ask("setAuthenticationPhoneNumber", phone_number=self.phone)
        self.state(mark, "authorizationStateWaitCode")
        mark = self.driver.mark()
        self.ask("checkAuthenticationCode", code=self.stage.code(self.phone, codes))
        self.state(mark, "authorizationStateWaitRegistration")
        mark = self.driver.mark()
        self.ask("registerUser", first_name=first_name, last_name=last_name)
        self.state(mark, "authorizationStateReady")
        self.id = self.ask("getMe")["id"]

    def sign_in(self, signed_in_on, password=None, wrong=None):
        """Signs in to an account that is there, with the code that another device is shown, and its password."""
        mark, shown = self.driver.mark(), signed_in_on.driver.mark()
        self.ask("setAuthenticationPhoneNumber", phone_number=self.phone)
        self.state(mark, "authorizationStateWaitCode")

        def has_code(update):
            return update["message"]["chat_id"] == SERVICE_CHAT and CODE.search(text_of(update["message"]))

        message = signed_in_on.wait(shown, "updateNewMessage", has_code)["message"]
        code = CODE.search(text_of(message)).group()
        mark = self.driver.mark()
        self.ask("checkAuthenticationCode", code=code)
        if password:
            self.state(mark, "authorizationStateWaitPassword")
            assert "PASSWORD_HASH_INVALID" in self.refusal("checkAuthenticationPassword", password=wrong)
            mark = self.driver.mark()
            self.ask("checkAuthenticationPassword", password=password)
        self.state(mark, "authorizationStateReady")
        self.id = self.ask("getMe")["id"]

    def ask(self, method, **fields):
        """A method of `td_api`; an error is one of the test."""
        return self.driver.call("td", ANSWER_WITHIN_S, method=method, fields=fields)["result"]

    def refusal(self, method, **fields):
        """The error with which a method of `td_api` ends."""
        try:
            self.ask(method, **fields)
        except DriverError as error:
            return str(error)
        raise AssertionError(f"{method} was not refused")

    def wait(self, mark, kind, right=lambda update: True, within=EVENT_WITHIN_S):
        """The first update of this kind after `mark` of which `right` holds."""

        def matches(event):
            return event["event"] == kind and right(event["update"])

        return self.driver.wait_until(mark, matches, kind, within)["update"]

    def send(self, chat, words, **options):
        """Sends a text and waits until the server has taken it."""
        return self.send_content(chat, text(words), **options)

    def send_content(self, chat, content, within=EVENT_WITHIN_S, **options):
        """Sends anything and waits until the server has taken it."""
        mark = self.driver.mark()
        sending = self.ask("sendMessage", chat_id=chat, input_message_content=content, **options)

        def done(update):
            return update["old_message_id"] == sending["id"]

        return self.wait(mark, "updateMessageSendSucceeded", done, within)["message"]

    def hears(self, mark, words, within=EVENT_WITHIN_S):
        """The message with these words that arrived after `mark`."""

        def right(update):
            return text_of(update["message"]) == words

        return self.wait(mark, "updateNewMessage", right, within)["message"]

    def texts(self, chat, limit=100):
        """The newest texts of a chat, the newest first, as the server has them."""
        found, last = [], 0
        while len(found) < limit:
            page = self.ask("getChatHistory", chat_id=chat, from_message_id=last, offset=0, limit=100)["messages"]
            if not page:
                break
            found += [text_of(message) for message in page]
            last = page[-1]["id"]
        return found[:limit]

    def leave(self):
        """Closes TDLib in order, which writes its database."""
        self.driver.leave(within=ANSWER_WITHIN_S)

    def errors(self):
        """The lines of TDLib's log that are errors."""
        log = self.folder / "td.log"
        found = [LOG_LINE.match(line) for line in log.read_text(errors="replace").splitlines()]
        return [f"{line['place']}{line['words']}" for line in found if line and line["level"] in "01"]


def text_of(message):
    """A message's text, or caption."""
    content = message["content"]
    return (content.get("text") or content.get("caption") or {}).get("text", "")
