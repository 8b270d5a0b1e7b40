"""The story's part about the cloud password: set, asked for at sign-in, changed, removed."""

from .libraries import LIBRARIES
from .stage import SERVICE_CHAT, Stage, step

# Not ASCII alone: libraries hash a password's bytes, and must agree on which these are.
PASSWORD = "Ünwahrscheinlich 🔑 42"
NEXT = "correct horse"
HINT = "what Ada would say"


class Password(Stage):
    """Ada sets a password and signs in with it; Ben is not needed."""

    def marks(self):
        """Where two of Ada's devices are now; one of them makes the changes, and is told as well."""
        return [(device, device.mark()) for device in (self.owner, self.second)]

    def told(self, marks, beginning):
        """Waits until both have a message of the service chat."""

        def right(seen):
            from_service = seen["event"] == "new_message" and seen["chat"] == SERVICE_CHAT
            return from_service and seen["text"].startswith(beginning)

        for device, mark in marks:
            device.wait_until(mark, right, f"message that begins with {beginning!r}")

    def new_device(self, library, who):
        """A device of Ada's that has asked for a code, and the code."""
        seen, mark = len(self.server.codes_for(self.ada_phone)), self.ada.mark()
        device, authorized = self.start(library, who)
        assert not authorized, "a new device was signed in by itself"
        device.call("send_code", phone=self.ada_phone)
        return device, self.code(self.ada_phone, seen, signed_in=self.ada, mark=mark)

    @step("set a password")
    def set_password(self):
        self.owner = self.ada
        if not self.library.sets_passwords:
            # Somebody has to: the partner's library, on one more device of Ada's.
            self.owner, code = self.new_device(LIBRARIES[self.library.partner], "ada-owner")
            self.owner.call("sign_in", phone=self.ada_phone, code=code)
        marks = self.marks()
        self.owner.call("set_password", new=PASSWORD, hint=HINT)
        self.told(marks, "A password was set")

    @step("sign in with a code and a password")
    def sign_in_with_password(self):
        marks = self.marks()
        device, code = self.new_device(self.library, "ada-third")
        fields = {"phone": self.ada_phone, "code": code, "wrong": "a guess", "password": PASSWORD}
        user = device.call("sign_in_with_password", **fields)
        assert (user["id"], user["hint"]) == (self.ada_id, HINT), user
        assert device.call("me")["id"] == self.ada_id
        self.told(marks, "Unfinished login")
        device.leave("log_out")

    @step("change the password and remove it")
    def remove_password(self):
        marks = self.marks()
        self.owner.call("change_password", current=PASSWORD, new=NEXT)
        self.told(marks, "The password of your account was changed")
        marks = self.marks()
        self.owner.call("remove_password", current=NEXT)
        self.told(marks, "The password of your account was removed")
        device, code = self.new_device(self.library, "ada-fourth")
        assert device.call("sign_in", phone=self.ada_phone, code=code)["id"] == self.ada_id
        device.leave("log_out")
        if self.owner is not self.ada:
            self.owner.leave("log_out")
