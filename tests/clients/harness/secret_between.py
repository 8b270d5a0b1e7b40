"""A secret chat between two implementations: TDLib, and tg-secret on Pyrogram.

Tess uses TDLib, Pia tg-secret. Steps run in the order in which they stand; each needs the ones before.
"""

from .libraries import Library
from .stage import Stage, step
from .td_person import TdPerson

TG_SECRET = Library("tg-secret", "0.1.3", 158, "abridged", "tdlib", "tg_secret", "tg_secret_driver.py")
READY_WITHIN_S = 20
KITE = "the kite is red"
RAFT = "the raft is blue"
# tg-secret changes keys after a hundred messages, TDLib as well.
MANY = 110


class Story(Stage):
    """From TDLib's asking to tg-secret's ending it."""

    def __init__(self, server, environments, folder):
        super().__init__(TG_SECRET, TG_SECRET, server, environments, folder, 93, 0)
        self.tess = TdPerson(self, "tess", self.ada_phone)

    @step("sign up, and meet in public")
    def sign_up(self):
        self.tess.start()
        self.tess.sign_up("Tess", "Test")
        self.tess.ask("setUsername", username=self.ada_name[1:])
        self.pia, self.pia_id = self.sign_up_one(TG_SECRET, "pia", self.ben_phone, "Pia")
        self.pia.call("set_username", username=self.ben_name[1:])
        assert self.tess.ask("searchPublicChat", username=self.ben_name[1:])["id"] == self.pia_id

    @step("TDLib asks, tg-secret accepts")
    def make(self):
        marks = self.tess.driver.mark(), self.pia.mark()
        self.tess.ask("createNewSecretChat", user_id=self.pia_id)

        def is_ready(update):
            return update["secret_chat"]["state"]["@type"] == "secretChatStateReady"

        update = self.tess.wait(marks[0], "updateSecretChat", is_ready, READY_WITHIN_S)
        self.mine = update["secret_chat"]["id"]
        self.my_chat = self.tess.ask("createSecretChat", secret_chat_id=self.mine)["id"]
        self.theirs = self.pia.wait(marks[1], "secret_ready")["chat"]

    @step("send texts, both ways")
    def talk(self):
        mark = self.pia.mark()
        self.tess.send(self.my_chat, KITE)
        self.pia.wait(mark, "secret_message", text=KITE)
        mark = self.tess.driver.mark()
        self.pia.call("secret_send", chat=self.theirs, text=RAFT)
        self.tess.hears(mark, RAFT)

    @step("send a file")
    def file(self):
        mark = self.tess.driver.mark()
        self.pia.call("secret_send_file", chat=self.theirs, text=KITE)

        def is_document(update):
            return update["message"]["content"]["@type"] == "messageDocument"

        message = self.tess.wait(mark, "updateNewMessage", is_document)["message"]
        file = message["content"]["document"]["document"]
        fetched = self.tess.ask("downloadFile", file_id=file["id"], priority=1, offset=0, limit=0, synchronous=True)
        with open(fetched["local"]["path"], encoding="utf-8") as copy:
            assert copy.read() == KITE

    @step("lose a message, and be sent it again")
    def resend(self):
        mark = self.pia.mark()
        self.pia.call("secret_lose", count=1)
        self.tess.send(self.my_chat, f"{KITE}, lost")
        self.pia.wait(mark, "secret_lost")
        self.tess.send(self.my_chat, f"{KITE}, after it")
        self.pia.wait(mark, "secret_message", text=f"{KITE}, lost")
        self.pia.wait(mark, "secret_message", text=f"{KITE}, after it")

    @step("change keys, and go on")
    def change_keys(self):
        self.pia.call("secret_change_keys", chat=self.theirs)
        for number in range(MANY):
            mark = self.tess.driver.mark()
            self.pia.call("secret_send", chat=self.theirs, text=f"{RAFT}, {number}")
        self.tess.hears(mark, f"{RAFT}, {MANY - 1}")
        wanted = [f"{RAFT}, {number}" for number in reversed(range(MANY))]
        assert self.tess.texts(self.my_chat, MANY) == wanted, "lost, doubled or out of order"

    @step("end it from the other side")
    def end_it(self):
        mark = self.tess.driver.mark()
        self.pia.call("secret_end", chat=self.theirs)

        def is_closed(update):
            return update["secret_chat"]["state"]["@type"] == "secretChatStateClosed"

        self.tess.wait(mark, "updateSecretChat", is_closed)

    @step("find no error in TDLib's log")
    def no_errors(self):
        # TDLib wonders at a message that it sent twice, as it was asked to.
        errors = [line for line in self.tess.errors() if "on_send_secret_message_success" not in line]
        assert errors == [], errors


STEPS = [(method.step, method) for method in vars(Story).values() if hasattr(method, "step")]
