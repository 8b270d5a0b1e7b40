"""What every part of the story needs: client processes, sign-up codes, and the people."""

import re
import subprocess
import time

from .driver import Driver

CODE_WITHIN_S = 10
STORY_WITHIN_S = 200
SERVICE_CHAT = 777000


def step(name):
    """Names a method of a part of the story as one of its steps."""

    def mark(method):
        method.step = name
        return method

    return mark


class Stage:
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

    def code(self, phone, seen, signed_in=None, mark=0):
        """The code sent after `seen` codes: from the file, or after `mark` from a device's service chat."""
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
