"""Telegram Desktop, as the system's package has it: Dora uses it with mouse and keyboard.

What she does is looked for where Ben is, on Telethon, and in the server's counters; pictures are
kept of what she sees. Steps run in the order in which they stand; each needs the ones before.
"""

import re
import subprocess
import time
import urllib.request

from . import files
from .desktop import Desktop
from .libraries import LIBRARIES
from .stage import Stage, step

# Where things are in its first window, in points.
START, BY_NUMBER, SEARCH, JOIN = (550, 518), (550, 573), (300, 115), (705, 690)
DRAWN_S = 2
FETCHED_WITHIN_S = 15


class Story(Stage):
    """From a profile to a channel, and from a kill back."""

    def __init__(self, server, environments, folder, program, pictures):
        library = LIBRARIES["telethon-1.45"]
        super().__init__(library, library, server, environments, folder, 95, 0)
        # The app splits off a country's code, so the number is one of those for fiction.
        self.dora_phone = "+12025550195"
        self.program = program
        self.screen = Desktop(folder, pictures)

    def end(self):
        super().end()
        self.screen.end()

    def start_app(self):
        profile = self.folder / "profile"
        self.app = self.screen.start("telegram-desktop", "-workdir", str(profile), "-many")
        self.screen.wait_for_window("Telegram")
        time.sleep(DRAWN_S)

    def open_chat(self, name):
        """Finds a chat by a word of its name and opens it."""
        self.screen.click(SEARCH)
        self.screen.type(name)
        time.sleep(DRAWN_S)
        self.screen.press("Return")
        time.sleep(DRAWN_S)

    def say_as_dora(self, words):
        """Types into the chat that is open; Ben must get it."""
        mark = self.ben.mark()
        self.screen.type(words)
        self.screen.press("Return")
        return self.ben.wait(mark, "new_message", text=words, chat=self.dora_id)

    def parts(self):
        """How many parts of files went up or down."""
        with urllib.request.urlopen(f"http://{self.server.host}:{self.server.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode()
        found = re.search(r'heliograph_call_seconds_count\{class="part"\} (\d+)', lines)
        return int(found.group(1))

    @step("open on the profile that client-config wrote")
    def open(self):
        self.ben, self.ben_id = self.sign_up_one(self.partner, "ben", self.ben_phone, "Ben")
        self.ben.call("set_username", username=self.ben_name[1:])
        self.dora_elsewhere, self.dora_id = self.sign_up_one(self.partner, "dora", self.dora_phone, "Dora")
        self.dora_elsewhere.call("set_username", username=self.ada_name[1:])
        self.ben.call("send", peer=self.ada_name, text="hello Dora, this is Ben")
        profile = ["--data", str(self.server.data), "--folder", str(self.folder / "profile")]
        subprocess.run([self.program, "client-config", "--for", "tdesktop", *profile], check=True, stdout=subprocess.DEVNULL)
        self.start_app()
        self.screen.click(START)
        time.sleep(DRAWN_S)
        self.screen.picture("tdesktop-1-code")

    @step("sign in by phone number, with the code from another device")
    def sign_in(self):
        codes = len(self.server.codes_for(self.dora_phone))
        self.screen.click(BY_NUMBER)
        time.sleep(DRAWN_S)
        self.screen.type(self.dora_phone.removeprefix("+1"))
        self.screen.press("Return")
        code = self.code(self.dora_phone, codes, self.dora_elsewhere)
        time.sleep(DRAWN_S)
        self.screen.type(code)
        time.sleep(2 * DRAWN_S)
        self.screen.picture("tdesktop-2-chats")

    @step("open a chat, send, and read what is pushed")
    def chat(self):
        self.open_chat("Ben")
        received = self.say_as_dora("typed in Telegram Desktop")
        mark = self.ben.mark()
        self.ben.call("send", peer=self.ada_name, text="pushed to Telegram Desktop")
        # It reads what it shows.
        read = self.ben.wait(mark, "read_outbox", chat=self.dora_id)
        assert read["max_id"] > received["id"], read
        self.screen.picture("tdesktop-3-chat")

    @step("see a photo")
    def photo(self):
        before = self.parts()
        picture = files.picture(self.folder / "photo.png", side=320)
        self.ben.call("send_file", peer=self.ada_name, path=str(picture), photo=True, caption="a photo")
        until = time.monotonic() + FETCHED_WITHIN_S
        # One went up.
        while self.parts() < before + 2:
            assert time.monotonic() < until, "the photo was not fetched"
            time.sleep(0.2)
        time.sleep(DRAWN_S)
        self.screen.picture("tdesktop-4-photo")

    @step("find a public channel by search, and join it")
    def join(self):
        ferry = self.ben.call("make_channel", title="The ferry", broadcast=True)["channel"]
        self.ben.call("publish", peer=ferry, username="the_ferry_95")
        self.ben.call("send", peer=ferry, text="the ferry goes at nine")
        assert self.ben.call("channel_state", peer=ferry)["members"] == 1
        # The index follows the store.
        time.sleep(DRAWN_S)
        self.screen.press("Escape")
        self.open_chat("the_ferry_95")
        self.screen.click(JOIN)
        time.sleep(DRAWN_S)
        assert self.ben.call("channel_state", peer=ferry)["members"] == 2
        self.ben.call("send", peer=ferry, text="the ferry is late")
        time.sleep(DRAWN_S)
        self.screen.picture("tdesktop-5-channel")

    @step("be killed, miss messages, and come back to them")
    def come_back(self):
        self.screen.kill(self.app)
        for number in range(30):
            self.ben.call("send", peer=self.ada_name, text=f"missed {number}")
        mark = self.ben.mark()
        self.start_app()
        self.open_chat("Ben")
        self.ben.wait(mark, "read_outbox", chat=self.dora_id)
        self.say_as_dora("typed after the kill")
        self.screen.picture("tdesktop-6-back")


STEPS = [(method.step, method) for method in vars(Story).values() if hasattr(method, "step")]
