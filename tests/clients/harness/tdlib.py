"""TDLib, the library below Telegram's own apps: two people sign in, chat, leave and come back.

Tess uses TDLib and keeps its database, Ben Telethon. Steps run in the order in which they stand;
each needs the ones before.
"""

from .libraries import LIBRARIES
from .password import NEXT, PASSWORD
from .stage import Stage, step
from .td_person import TdPerson, text_of

MISSED = 300
CAUGHT_UP_WITHIN_S = 30
READ_WITHIN_S = 8


class Story(Stage):
    """From signing up to catching up from its own database."""

    def __init__(self, server, environments, folder):
        library = LIBRARIES["telethon-1.45"]
        super().__init__(library, library, server, environments, folder, 97, 0)

    @step("sign up, and load an empty list of chats")
    def sign_up(self):
        self.ben, self.ben_id = self.sign_up_one(self.partner, "ben", self.ben_phone, "Ben")
        self.ben.call("set_username", username=self.ben_name[1:])
        self.tess = TdPerson(self, "tess", self.ada_phone)
        assert self.tess.start() == "authorizationStateWaitPhoneNumber"
        self.tess.sign_up("Tess", "Test")
        self.tess.ask("setUsername", username=self.ada_name[1:])
        assert self.tess.ask("getChats", limit=20)["total_count"] <= 1, "more than the service chat"

    @step("send, and receive what is pushed")
    def chat(self):
        chat = self.tess.ask("searchPublicChat", username=self.ben_name[1:])
        self.chat_id = chat["id"]
        assert self.chat_id == self.ben_id
        mark = self.ben.mark()
        self.tess.send(self.chat_id, "hello from TDLib")
        self.ben.wait(mark, "new_message", text="hello from TDLib", chat=self.tess.id)
        mark = self.tess.driver.mark()
        self.ben.call("send", peer=self.ada_name, text="hello from Telethon")
        self.greeting = self.tess.hears(mark, "hello from Telethon")
        assert self.greeting["chat_id"] == self.chat_id and not self.greeting["is_outgoing"]

    @step("edit, reply, delete, read and type, both ways")
    def change(self):
        tess, ben = self.tess, self.ben
        sent = tess.send(self.chat_id, "what I will regret")
        theirs = ben.wait(0, "new_message", text="what I will regret")
        mark = ben.mark()
        tess.ask(
            "editMessageText",
            chat_id=self.chat_id,
            message_id=sent["id"],
            input_message_content={
                "@type": "inputMessageText",
                "text": {"@type": "formattedText", "text": "what I said"},
            },
        )
        ben.wait(mark, "edited", id=theirs["id"], text="what I said")
        mark = tess.driver.mark()
        ben.call("send", peer=self.ada_name, text="an answer", reply_to=theirs["id"])
        answer = tess.hears(mark, "an answer")
        assert answer["reply_to"]["message_id"] == sent["id"], answer["reply_to"]
        mark = ben.mark()
        tess.ask("deleteMessages", chat_id=self.chat_id, message_ids=[sent["id"]], revoke=True)
        ben.wait(mark, "deleted", ids=[theirs["id"]])
        mark = ben.mark()
        tess.ask("openChat", chat_id=self.chat_id)
        tess.ask("viewMessages", chat_id=self.chat_id, message_ids=[answer["id"]], force_read=True)
        ben.wait(mark, "read_outbox", chat=tess.id)
        mark = tess.driver.mark()
        ben.call("typing", peer=self.ada_name)
        tess.wait(mark, "updateChatAction", lambda update: update["chat_id"] == self.chat_id)
        mark = ben.mark()
        tess.ask("sendChatAction", chat_id=self.chat_id, action={"@type": "chatActionTyping"})
        ben.wait(mark, "typing", user=tess.id)

    @step("join a public channel and read what is posted")
    def channel(self):
        made = self.ben.call("make_channel", title="The ferry", broadcast=True)
        self.ferry = made["channel"]
        self.ben.call("publish", peer=self.ferry, username="the_ferry_97")
        self.ben.call("send", peer=self.ferry, text="the ferry goes at nine")
        found = self.tess.ask("searchPublicChat", username="the_ferry_97")
        self.ferry_chat = found["id"]
        self.tess.ask("joinChat", chat_id=self.ferry_chat)
        assert self.tess.texts(self.ferry_chat)[0] == "the ferry goes at nine"
        mark = self.tess.driver.mark()
        self.ben.call("send", peer=self.ferry, text="the ferry is late")
        self.tess.hears(mark, "the ferry is late")

    @step("set a password, be asked for it on a second device, change and remove it")
    def password(self):
        def change(old, new):
            state = self.tess.ask("setPassword", old_password=old, new_password=new, new_hint="a hint")
            assert state["has_password"] == bool(new) and not state["has_recovery_email_address"], state

        change("", PASSWORD)
        assert "PASSWORD_HASH_INVALID" in self.tess.refusal("getRecoveryEmailAddress", password="a guess")
        second = TdPerson(self, "tess-second", self.ada_phone)
        assert second.start() == "authorizationStateWaitPhoneNumber"
        second.sign_in(self.tess, PASSWORD, "a guess")
        assert second.id == self.tess.id
        change(PASSWORD, NEXT)
        asked = self.tess.ask("resetPassword")
        assert asked["@type"] == "resetPasswordResultPending", asked
        assert second.ask("getPasswordState")["pending_reset_date"] == asked["pending_reset_date"]
        second.ask("cancelPasswordReset")
        assert self.tess.ask("resetPassword")["@type"] == "resetPasswordResultDeclined"
        change(NEXT, "")
        second.leave()

    @step("leave, miss 300 messages, and catch up from its own database")
    def catch_up(self):
        self.tess.leave()
        for number in range(MISSED):
            peer = self.ferry if number % 10 == 0 else self.ada_name
            self.ben.call("send", peer=peer, text=f"missed {number}")
        assert self.tess.start() == "authorizationStateReady", "signed out by a restart"
        last = f"missed {MISSED - 1}"

        def shows_last(update):
            message = update.get("last_message")
            return update["chat_id"] == self.chat_id and message is not None and text_of(message) == last

        self.tess.wait(0, "updateChatLastMessage", shows_last, CAUGHT_UP_WITHIN_S)
        wanted = [f"missed {number}" for number in reversed(range(MISSED)) if number % 10 != 0]
        assert self.tess.texts(self.chat_id, len(wanted)) == wanted
        wanted = [f"missed {number}" for number in reversed(range(MISSED)) if number % 10 == 0]
        assert self.tess.texts(self.ferry_chat, len(wanted)) == wanted

    @step("find no error in TDLib's log")
    def no_errors(self):
        assert self.tess.errors() == [], self.tess.errors()

    @step("be killed, and come back with what it had sent")
    def killed(self):
        self.tess.send(self.chat_id, "before the power cut")
        self.tess.driver.kill()
        assert self.tess.start() == "authorizationStateReady"
        self.tess.ask("loadChats", chat_list={"@type": "chatListMain"}, limit=20)
        mark = self.tess.driver.mark()
        self.ben.call("send", peer=self.ada_name, text="after the power cut")
        self.tess.hears(mark, "after the power cut", within=CAUGHT_UP_WITHIN_S)
        assert self.tess.texts(self.chat_id, 2) == ["after the power cut", "before the power cut"]

    @step("log out")
    def log_out(self):
        # The log is not looked at again: TDLib complains there of what it had not written before it was killed.
        mark = self.tess.driver.mark()
        self.tess.ask("logOut")
        self.tess.state(mark, "authorizationStateClosed")


STEPS = [(method.step, method) for method in vars(Story).values() if hasattr(method, "step")]
