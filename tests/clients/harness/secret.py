"""Secret chats between two people on TDLib, through a server that is killed in between.

Tess and Tom talk; Tom has a second device. Afterwards what they said is looked for in every file of
the server and in its memory. Steps run in the order in which they stand; each needs the ones before.
"""

import time

from . import files
from .libraries import LIBRARIES
from .memory import memory_holds
from .stage import Stage, step
from .td_person import TdPerson, text

READY_WITHIN_S = 20
FILE_WITHIN_S = 30
# TDLib changes a chat's keys after a hundred messages.
MANY = 120
# What is said there and nowhere else.
HERON = "the blue heron sleeps at the old lock"
OTTER = "the otter takes the night ferry"
FOX = "the fox reads what it is sent"


class Story(Stage):
    """From asking for a chat to its end."""

    def __init__(self, server, environments, folder):
        library = LIBRARIES["telethon-1.45"]
        super().__init__(library, library, server, environments, folder, 94, 0)
        self.tess = TdPerson(self, "tess", self.ada_phone)
        self.tom = TdPerson(self, "tom", self.ben_phone)
        self.tom_elsewhere = TdPerson(self, "tom-elsewhere", self.ben_phone)

    def chat_state(self, person, secret_chat):
        return person.ask("getSecretChat", secret_chat_id=secret_chat)["state"]["@type"]

    def wait_for_state(self, person, mark, wanted):
        """The secret chat that comes into one of these states after `mark`."""

        def right(update):
            return update["secret_chat"]["state"]["@type"] in wanted

        return person.wait(mark, "updateSecretChat", right, READY_WITHIN_S)["secret_chat"]

    def chat_of(self, person, secret_chat):
        """The number of the chat that shows a secret chat."""
        return person.ask("createSecretChat", secret_chat_id=secret_chat)["id"]

    @step("sign up, and meet in public")
    def sign_up(self):
        for person, name, username in (
            (self.tess, "Tess", self.ada_name),
            (self.tom, "Tom", self.ben_name),
        ):
            person.start()
            person.sign_up(name, "Test")
            person.ask("setUsername", username=username[1:])
        self.tom_elsewhere.start()
        self.tom_elsewhere.sign_in(signed_in_on=self.tom)
        assert self.tom_elsewhere.id == self.tom.id
        assert self.tess.ask("searchPublicChat", username=self.ben_name[1:])["id"] == self.tom.id

    @step("make a secret chat, of which both keys' pictures agree")
    def make(self):
        tess, tom, elsewhere = self.tess, self.tom, self.tom_elsewhere
        marks = [person.driver.mark() for person in (tess, tom, elsewhere)]
        tess.ask("createNewSecretChat", user_id=tom.id)
        mine = self.wait_for_state(tess, marks[0], ["secretChatStateReady"])
        # Either of Tom's devices may be the first to accept.
        settled = ["secretChatStateReady", "secretChatStateClosed"]
        theirs = self.wait_for_state(tom, marks[1], settled)
        other = self.wait_for_state(elsewhere, marks[2], settled)
        if theirs["state"]["@type"] == "secretChatStateClosed":
            self.tom, self.tom_elsewhere = elsewhere, tom
            theirs, other = other, theirs
        assert theirs["state"]["@type"] == "secretChatStateReady", theirs
        assert mine["key_hash"] == theirs["key_hash"] and len(mine["key_hash"]) > 0
        self.mine, self.theirs, self.other = mine["id"], theirs["id"], other["id"]
        self.my_chat = self.chat_of(tess, self.mine)
        self.their_chat = self.chat_of(self.tom, self.theirs)

    @step("show the chat as over on the second device")
    def discarded_elsewhere(self):
        until = time.monotonic() + READY_WITHIN_S
        while (state := self.chat_state(self.tom_elsewhere, self.other)) != "secretChatStateClosed":
            assert time.monotonic() < until, f"the second device has the chat as {state}"
            time.sleep(0.2)

    @step("send texts and a file, both ways")
    def talk(self):
        mark = self.tom.driver.mark()
        self.tess.send(self.my_chat, HERON)
        self.tom.hears(mark, HERON)
        mark = self.tess.driver.mark()
        self.tom.send(self.their_chat, OTTER)
        self.tess.hears(mark, OTTER)
        self.sent_file = files.noise(self.folder / "secret.bin", 94)
        mark = self.tom.driver.mark()
        local = {"@type": "inputFileLocal", "path": str(self.sent_file)}
        document = {
            "@type": "inputMessageDocument",
            "document": {"@type": "inputDocument", "document": local, "disable_content_type_detection": True},
        }
        self.tess.send_content(self.my_chat, document, FILE_WITHIN_S)

        def is_document(update):
            return update["message"]["content"]["@type"] == "messageDocument"

        message = self.tom.wait(mark, "updateNewMessage", is_document)["message"]
        file = message["content"]["document"]["document"]
        fetched = self.tom.ask("downloadFile", file_id=file["id"], priority=1, offset=0, limit=0, synchronous=True)
        with open(fetched["local"]["path"], "rb") as copy:
            assert copy.read() == self.sent_file.read_bytes(), "the file came changed"

    @step("let a message destroy itself")
    def timer(self):
        mark = self.tom.driver.mark()
        self.tess.ask("setChatMessageAutoDeleteTime", chat_id=self.my_chat, message_auto_delete_time=2)
        self.tess.send(self.my_chat, FOX)
        message = self.tom.hears(mark, FOX)
        deleted = self.tom.driver.mark()
        self.tom.ask("openChat", chat_id=self.their_chat)
        self.tom.ask("viewMessages", chat_id=self.their_chat, message_ids=[message["id"]], force_read=True)

        def is_it(update):
            return message["id"] in update["message_ids"] and update["is_permanent"]

        self.tom.wait(deleted, "updateDeleteMessages", is_it)
        self.tess.ask("setChatMessageAutoDeleteTime", chat_id=self.my_chat, message_auto_delete_time=0)

    @step("send 120 messages, with the server killed in between")
    def many(self):
        mark = self.tom.driver.mark()
        for number in range(MANY):
            if number == MANY // 2:
                self.server.kill_and_start_again()
            content = text(f"{HERON}, {number}")
            self.tess.ask("sendMessage", chat_id=self.my_chat, input_message_content=content)
        self.tom.hears(mark, f"{HERON}, {MANY - 1}", within=60)
        wanted = [f"{HERON}, {number}" for number in reversed(range(MANY))]
        assert self.tom.texts(self.their_chat, MANY) == wanted, "lost, doubled or out of order"

    @step("be away while it goes on, and catch up")
    def away(self):
        self.tom.leave()
        mark = self.tess.driver.mark()
        for number in range(20):
            content = text(f"{OTTER}, {number}")
            self.tess.ask("sendMessage", chat_id=self.my_chat, input_message_content=content)

        def sent(update):
            return update["message"]["content"]["text"]["text"] == f"{OTTER}, 19"

        self.tess.wait(mark, "updateMessageSendSucceeded", sent, READY_WITHIN_S)
        self.server.kill_and_start_again()
        assert self.tom.start() == "authorizationStateReady"
        self.tom.ask("loadChats", chat_list={"@type": "chatListMain"}, limit=20)
        until = time.monotonic() + 60
        wanted = [f"{OTTER}, {number}" for number in reversed(range(20))]
        while (found := self.tom.texts(self.their_chat, 20)) != wanted:
            assert time.monotonic() < until, f"caught up with {found}"
            time.sleep(0.3)

    @step("delete for both")
    def delete(self):
        mark = self.tom.driver.mark()
        regretted = self.tess.send(self.my_chat, "what Tess regrets")
        received = self.tom.hears(mark, "what Tess regrets")
        self.tess.ask("deleteMessages", chat_id=self.my_chat, message_ids=[regretted["id"]], revoke=True)

        def is_it(update):
            return received["id"] in update["message_ids"] and update["is_permanent"]

        self.tom.wait(mark, "updateDeleteMessages", is_it)

    @step("find nothing of it in the server's files and memory")
    def absent(self):
        secrets = [phrase.encode() for phrase in (HERON, OTTER, FOX)]
        secrets.append(self.sent_file.read_bytes()[1000:1064])
        for path in self.server.data.rglob("*"):
            if path.is_file():
                held = [secret for secret in secrets if secret in path.read_bytes()]
                assert not held, f"{path} holds {held}"
        assert not memory_holds(self.server.process.pid, secrets)
        # What is looked for is found where it is.
        assert memory_holds(self.tess.driver.process.pid, secrets)

    @step("end it")
    def end_it(self):
        mark = self.tom.driver.mark()
        self.tess.ask("closeSecretChat", secret_chat_id=self.mine)
        self.wait_for_state(self.tom, mark, ["secretChatStateClosed"])

    @step("find no error in TDLib's logs")
    def no_errors(self):
        for person in (self.tess, self.tom, self.tom_elsewhere):
            # Both of Tom's devices accept by themselves, and the later one is told so.
            errors = [line for line in person.errors() if "ENCRYPTION_ALREADY_ACCEPTED" not in line]
            assert errors == [], (person.who, errors)


STEPS = [(method.step, method) for method in vars(Story).values() if hasattr(method, "step")]
