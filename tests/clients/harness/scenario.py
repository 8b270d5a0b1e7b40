"""The story that every library lives through, with a partner from another library.

Ada uses the library under test on two devices; Ben uses its partner. Steps run in the order in
which they stand here; each is one line of the results.
"""

import copy
import random
import re
import subprocess
import time

from .driver import Driver, DriverError
from .replica import Replica

MISSED_EVENTS = 300
CODE_WITHIN_S = 10
AGREE_WITHIN_S = 15
STORY_WITHIN_S = 150
SERVICE_CHAT = 777000
LAST_WORDS = "and that was the last of it"

STEPS = []


def step(name):
    """Registers a method as the next step."""

    def register(method):
        STEPS.append((name, method))
        return method

    return register


class Story:
    """One library's run. `patience_s` is how long catching up may take."""

    def __init__(self, library, partner, server, environments, folder, number, patience_s):
        self.library, self.partner = library, partner
        self.server, self.environments = server, environments
        self.folder, self.number, self.patience_s = folder, number, patience_s
        self.drivers = []
        self.deadline = time.monotonic() + STORY_WITHIN_S
        # Numbers of Telegram's own form for tests, which no carrier hands out.
        self.ada_phone, self.ben_phone = f"+99966{number:02}001", f"+99966{number:02}002"
        self.ada_name, self.ben_name = f"@ada_{number:02}_talks", f"@ben_{number:02}_talks"

    def run(self):
        """Runs every step; yields its name and, if it failed, why."""
        for name, method in STEPS:
            try:
                if time.monotonic() > self.deadline:
                    raise TimeoutError(f"the story took more than {STORY_WITHIN_S} s")
                method(self)
                yield name, None
            # A missing attribute is what an earlier step did not get as far as setting.
            except (DriverError, AssertionError, AttributeError, KeyError, TimeoutError, OSError) as error:
                yield name, f"{type(error).__name__}: {error}"

    def end(self):
        """Ends every client process that is still there."""
        for driver in self.drivers:
            driver.kill()

    # Helpers, in order of use.

    def start(self, library, who):
        """A client process that keeps its session in the folder of `who`."""
        session = self.folder / who
        session.mkdir(exist_ok=True)
        if library.environment == "cargo" and not (session / "auth_key").exists():
            self.lay_auth_key(session / "auth_key")
        command, environment = self.environments.command(library)
        log = self.folder / f"{who}-{len(self.drivers)}.log"
        driver = Driver(f"{who} ({library.name})", command, environment, log)
        self.drivers.append(driver)
        found = driver.call(
            "connect",
            host=self.server.host,
            port=self.server.port,
            key=self.server.key,
            session=str(session),
            transport=library.transport,
        )
        claimed = (library.layer, library.version)
        assert (found["layer"], found["version"]) == claimed, f"{found} is not {claimed}"
        return driver, found["authorized"]

    def lay_auth_key(self, path):
        command = self.environments.python("telethon145", "auth_key.py")
        arguments = [self.server.host, str(self.server.port), self.server.key["pem"]]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, f"no key was agreed: {done.stderr[-500:]}"
        path.write_text(done.stdout)

    def code(self, phone, seen, signed_in=None):
        """The code sent after `seen` codes: from the file, or from the service chat of a device."""
        mark = 0
        deadline = time.monotonic() + CODE_WITHIN_S
        while time.monotonic() < deadline:
            codes = self.server.codes_for(phone)
            if len(codes) > seen:
                return codes[-1]
            for event in signed_in.events[mark:] if signed_in else ():
                if event["event"] == "new_message" and event["chat"] == SERVICE_CHAT:
                    if found := re.search(r"\b\d{5,6}\b", event["text"]):
                        return found.group()
            time.sleep(0.02)
        raise TimeoutError(f"no code within {CODE_WITHIN_S} s")

    def sign_up_one(self, library, who, phone, first_name):
        driver, authorized = self.start(library, who)
        assert not authorized, "signed in before signing up"
        driver.call("send_code", phone=phone)
        code = self.code(phone, 0)
        user = driver.call("sign_up", phone=phone, code=code, first_name=first_name, last_name="Test")
        assert driver.call("me")["id"] == user["id"]
        return driver, user["id"]

    def say(self, sender, receiver, text, **options):
        """Sends one message and answers its id on both sides."""
        peer = self.ben_name if sender is not self.ben else self.ada_name
        mark = receiver.mark()
        sent = sender.call("send", peer=peer, text=text, **options)
        return sent["id"], receiver.wait(mark, "new_message", text=text)

    def ada_fetched(self, driver):
        return Replica.fetched(driver, self.ben_id, self.ben_name)

    # The story.

    @step("sign up")
    def sign_up(self):
        self.ben, self.ben_id = self.sign_up_one(self.partner, "ben", self.ben_phone, "Ben")
        self.ada, self.ada_id = self.sign_up_one(self.library, "ada", self.ada_phone, "Ada")

    @step("sign in on a second device")
    def sign_in_again(self):
        seen = len(self.server.codes_for(self.ada_phone))
        self.second, authorized = self.start(self.library, "ada-second")
        assert not authorized, "a new device was signed in by itself"
        self.second.call("send_code", phone=self.ada_phone)
        code = self.code(self.ada_phone, seen, signed_in=self.ada)
        user = self.second.call("sign_in", phone=self.ada_phone, code=code)
        assert user["id"] == self.ada_id, "another user was signed in"

    @step("set a username and be found by it")
    def usernames(self):
        self.ada.call("set_username", username=self.ada_name[1:])
        self.ben.call("set_username", username=self.ben_name[1:])
        assert self.ben.call("resolve", username=self.ada_name[1:])["id"] == self.ada_id
        assert self.ada.call("resolve", username=self.ben_name[1:])["id"] == self.ben_id

    @step("send")
    def send(self):
        mark = self.second.mark()
        id, received = self.say(self.ada, self.ben, "hello from Ada")
        assert received["chat"] == self.ada_id and not received["out"], received
        own = self.second.wait(mark, "new_message", text="hello from Ada")
        assert (own["id"], own["chat"], own["out"]) == (id, self.ben_id, True), own
        self.hello = id, received["id"]

    @step("receive")
    def receive(self):
        mark = self.second.mark()
        id, received = self.say(self.ben, self.ada, "hello from Ben")
        assert received["chat"] == self.ben_id and not received["out"], received
        self.second.wait(mark, "new_message", text="hello from Ben", id=received["id"])
        self.greeting = received["id"], id

    @step("reply")
    def reply(self):
        _, received = self.say(self.ada, self.ben, "Ada answers", reply_to=self.greeting[0])
        assert received["reply_to"] == self.greeting[1], "the reply points to another message"
        self.answer, received = self.say(self.ben, self.ada, "Ben answers", reply_to=self.hello[1])
        assert received["reply_to"] == self.hello[0], "the reply points to another message"

    @step("edit")
    def edit(self):
        marks = self.ben.mark(), self.ada.mark(), self.second.mark()
        self.ada.call("edit", peer=self.ben_name, id=self.hello[0], text="hello again from Ada")
        self.ben.wait(marks[0], "edited", id=self.hello[1], text="hello again from Ada")
        self.second.wait(marks[2], "edited", id=self.hello[0], text="hello again from Ada")
        self.ben.call("edit", peer=self.ada_name, id=self.greeting[1], text="hello again from Ben")
        self.ada.wait(marks[1], "edited", id=self.greeting[0], text="hello again from Ben")

    @step("delete for both")
    def delete(self):
        mine, theirs = self.say(self.ada, self.ben, "Ada regrets this")
        mark = self.ben.mark()
        self.ada.call("delete", peer=self.ben_name, ids=[mine])
        self.ben.wait(mark, "deleted", ids=[theirs["id"]])
        theirs, mine = self.say(self.ben, self.ada, "Ben regrets this")
        mark = self.ada.mark()
        self.ben.call("delete", peer=self.ada_name, ids=[theirs])
        self.ada.wait(mark, "deleted", ids=[mine["id"]])

    @step("read")
    def read(self):
        marks = self.ben.mark(), self.ada.mark(), self.second.mark()
        self.ada.call("read", peer=self.ben_name, max_id=self.greeting[0])
        self.ben.wait(marks[0], "read_outbox", chat=self.ada_id, max_id=self.greeting[1])
        self.second.wait(marks[2], "read_inbox", chat=self.ben_id, max_id=self.greeting[0])
        self.ben.call("read", peer=self.ada_name, max_id=self.hello[1])
        self.ada.wait(marks[1], "read_outbox", chat=self.ben_id, max_id=self.hello[0])

    @step("type")
    def type(self):
        marks = self.ben.mark(), self.ada.mark()
        self.ada.call("typing", peer=self.ben_name)
        self.ben.wait(marks[0], "typing", user=self.ada_id)
        self.ben.call("typing", peer=self.ada_name)
        self.ada.wait(marks[1], "typing", user=self.ben_id)

    @step("come online")
    def online(self):
        self.ada.call("online", online=False)
        marks = self.ben.mark(), self.ada.mark()
        self.ada.call("online", online=True)
        self.ben.wait(marks[0], "status", user=self.ada_id, online=True)
        self.ben.call("online", online=False)
        self.ben.call("online", online=True)
        self.ada.wait(marks[1], "status", user=self.ben_id, online=True)

    @step("set a name")
    def name(self):
        marks = self.ben.mark(), self.ada.mark()
        self.ada.call("set_name", first_name="Ada", last_name="Renamed")
        self.ben.wait(marks[0], "name", user=self.ada_id, last_name="Renamed", username=self.ada_name[1:])
        self.ben.call("set_name", first_name="Ben", last_name="Renamed")
        self.ada.wait(marks[1], "name", user=self.ben_id, last_name="Renamed", username=self.ben_name[1:])

    @step("import a contact")
    def contact(self):
        # Only this direction: a saved name would hide from Ada how Ben renames himself later.
        assert self.ben.call("add_contact", phone=self.ada_phone, first_name="Ada")["id"] == self.ada_id
        found = self.second.call("add_contact", phone=self.ada_phone, first_name="Ada")
        assert found["id"] == self.ada_id, "one's own number is somebody else's"

    @step("save a draft")
    def draft(self):
        mark = self.second.mark()
        self.ada.call("save_draft", peer=self.ben_name, text="dear Ben")
        self.second.wait(mark, "draft", chat=self.ben_id, text="dear Ben")
        assert self.ada_fetched(self.second).draft == "dear Ben"

    @step("pin a dialog")
    def pin(self):
        mark = self.second.mark()
        self.ada.call("pin", peer=self.ben_name, pinned=True)
        self.second.wait(mark, "pinned", chat=self.ben_id, pinned=True)
        assert self.ada_fetched(self.second).pinned

    @step("both devices fetch the same")
    def fetch(self):
        self.known = self.ada_fetched(self.ada)
        differences = self.known.differences(self.ada_fetched(self.second))
        assert not differences, differences
        self.truth = [
            (True, "hello again from Ada"),
            (False, "hello again from Ben"),
            (True, "Ada answers"),
            (False, "Ben answers"),
        ]
        assert self.known.texts() == self.truth, self.known.texts()

    @step("leave and come back with the saved session")
    def come_back(self):
        self.left_at = self.ada.call("state")
        self.left_at = {field: self.left_at[field] for field in ("pts", "qts", "date")}
        self.ada.leave()
        self.live_on()
        self.ada, authorized = self.start(self.library, "ada")
        assert authorized, "the saved session was not accepted"
        assert self.ada.call("me")["id"] == self.ada_id

    def live_on(self):
        """What happens while Ada's first device is away: `MISSED_EVENTS` events, seeded."""
        dice = random.Random(self.number)
        alive = []  # Ben's messages that are not deleted: [his id, place in self.truth]
        unread = []  # ids on Ben's side of what Ada's second device wrote
        gone = set()  # places in self.truth
        # Two of them change what Ada has already seen.
        self.ben.call("edit", peer=self.ada_name, id=self.greeting[1], text="good night from Ben")
        self.ben.call("delete", peer=self.ada_name, ids=[self.answer])
        self.truth[1] = (False, "good night from Ben")
        gone.add(3)
        for count in range(MISSED_EVENTS - 3):
            roll = dice.random()
            if roll < 0.2 and alive:
                id, place = dice.choice(alive)
                text = f"{self.truth[place][1]}!"
                self.ben.call("edit", peer=self.ada_name, id=id, text=text)
                self.truth[place] = (False, text)
            elif roll < 0.3 and alive:
                id, place = alive.pop(dice.randrange(len(alive)))
                self.ben.call("delete", peer=self.ada_name, ids=[id])
                gone.add(place)
            elif roll < 0.4:
                _, received = self.say(self.second, self.ben, f"Ada's phone says {count}")
                unread.append(received["id"])
                self.truth.append((True, f"Ada's phone says {count}"))
            elif roll < 0.45 and unread:
                self.ben.call("read", peer=self.ada_name, max_id=unread[-1])
                unread.clear()
            else:
                sent = self.ben.call("send", peer=self.ada_name, text=f"Ben says {count}")
                alive.append((sent["id"], len(self.truth)))
                self.truth.append((False, f"Ben says {count}"))
        self.ben.call("set_name", first_name="Benjamin", last_name="Renamed")
        self.second.call("save_draft", peer=self.ben_name, text="dear Benjamin")
        self.second.call("pin", peer=self.ben_name, pinned=False)
        _, last = self.say(self.ben, self.second, LAST_WORDS)
        # Everything but the last message is read on the second device.
        self.second.call("read", peer=self.ben_name, max_id=last["id"] - 1)
        self.truth = [said for place, said in enumerate(self.truth) if place not in gone]
        self.truth.append((False, LAST_WORDS))

    @step("catch up on 300 missed events by the library's own means")
    def catch_up(self):
        self.ada.wait(0, "new_message", within=self.patience_s, text=LAST_WORDS)

    @step("every missed message arrives once, in order")
    def once_in_order(self):
        ids = [event["id"] for event in self.ada.events if event["event"] == "new_message"]
        assert ids, "nothing arrived"
        assert len(ids) == len(set(ids)), "a message arrived twice"
        assert ids == sorted(ids), "messages arrived out of order"

    @step("the missed messages equal a fresh fetch")
    def missed_equal_fetched(self):
        old = set(self.known.messages)
        self.agree(lambda known, fetched: known.differences(fetched, messages_but=old))

    @step("everything pushed equals a fresh fetch")
    def pushed_equals_fetched(self):
        self.agree(lambda known, fetched: known.differences(fetched))

    def agree(self, differences):
        """Applies what was pushed to what Ada knew, until it agrees with a fresh fetch."""
        fetched = self.ada_fetched(self.ada)
        deadline = time.monotonic() + min(self.patience_s, AGREE_WITHIN_S)
        while True:
            known = copy.deepcopy(self.known)
            for event in list(self.ada.events):
                known.apply(event)
            found = differences(known, fetched)
            if not found:
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} differences (pushed / fetched): {found[:6]}")
            time.sleep(0.1)

    @step("a difference asked for by hand equals a fresh fetch")
    def difference(self):
        # Libraries differ in what they make of a difference; this is what it held, in their layer.
        difference = self.ada.call("difference", state=self.left_at)
        new = [event["id"] for event in difference["events"] if event["event"] == "new_message"]
        assert len(new) == len(set(new)), "a message stands in it twice"
        for event in difference["events"]:
            self.known.apply(event)
        differences = self.known.differences(self.ada_fetched(self.ada))
        assert not differences, f"{len(differences)} differences (told / fetched): {differences[:6]}"

    @step("a fresh fetch equals what happened")
    def fetched_equals_truth(self):
        fetched = self.ada_fetched(self.ada)
        assert fetched.texts() == self.truth, "the history is another one"
        differences = fetched.differences(self.ada_fetched(self.second))
        assert not differences, f"the devices disagree: {differences[:6]}"
        last = max(fetched.messages)
        assert fetched.read_inbox == last - 1, f"read up to {fetched.read_inbox}, not {last - 1}"
        assert (fetched.draft, fetched.pinned) == ("dear Benjamin", False)
        assert fetched.name["first_name"] == "Benjamin"

    @step("receive again after coming back")
    def receive_again(self):
        _, received = self.say(self.ben, self.ada, "welcome back")
        assert received["chat"] == self.ben_id

    @step("log out")
    def log_out(self):
        self.ada.leave("log_out")
        self.ada, authorized = self.start(self.library, "ada")
        assert not authorized, "a logged-out session was accepted"
        assert self.second.call("me")["id"] == self.ada_id, "the other device was logged out too"
