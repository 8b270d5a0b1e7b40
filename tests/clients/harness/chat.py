"""The story's first part: Ada and Ben meet, and write to each other in private."""

from . import files
from .replica import Replica
from .stage import Stage, step


class PrivateChat(Stage):
    """From signing up to a chat that both of Ada's devices see alike."""

    def ada_fetched(self, driver):
        return Replica.fetched(driver, self.ben_id, self.ben_name)

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

    def send_file(self, path, photo, caption):
        """Ada sends a file; what Ben's client then fetched, and both numbers of the message."""
        mark = self.ben.mark()
        fields = {"peer": self.ben_name, "path": str(path), "photo": photo, "caption": caption}
        id = self.ada.call("send_file", **fields)["id"]
        received = self.ben.wait(mark, "new_message", text=caption)
        assert received["chat"] == self.ada_id and not received["out"], received
        fetched = self.folder / f"fetched-{path.name}"
        self.ben.call("fetch", peer=self.ada_name, id=received["id"], path=str(fetched))
        return fetched, (id, received["id"])

    @step("send a photo and a file")
    def files(self):
        photo = files.picture(self.folder / "photo.png")
        fetched, shown = self.send_file(photo, True, "a photo")
        assert files.is_jpeg(fetched), "the photo came as something else"
        noise = files.noise(self.folder / "noise.bin", self.number)
        fetched, stored = self.send_file(noise, False, "a file")
        assert fetched.read_bytes() == noise.read_bytes(), "the file came out otherwise than it went in"
        for id, theirs in (shown, stored):
            mark = self.ben.mark()
            self.ada.call("delete", peer=self.ben_name, ids=[id])
            self.ben.wait(mark, "deleted", ids=[theirs])

    @step("wear a picture")
    def face(self):
        self.ada.call("wear", path=str(files.picture(self.folder / "face.png")))
        fetched = self.folder / "fetched-face.jpg"
        self.ben.call("face", peer=self.ada_name, path=str(fetched))
        assert files.is_jpeg(fetched), "there is no picture"

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
