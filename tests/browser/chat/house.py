"""The server behind the web page, and people at both ends: browsers, and a library that is not ours."""

import json
import os
import re
import subprocess
import time
import urllib.request
from pathlib import Path

from desk.browser import NARROW, WIDE, Browser
from harness.libraries import LIBRARIES
from harness.stage import Stage

LIBRARY = LIBRARIES["telethon-1.45"]
AXE = Path(__file__).resolve().parents[3] / "web/node_modules/axe-core/axe.min.js"
# What people at the browser can wait for without noticing that they wait.
SOON_MS = 10_000


class House(Browser):
    """Chromium on the web page of one server, with people of Telethon at the other end."""

    def __init__(self, chromium, server, environments, folder, pictures, address=None):
        super().__init__(chromium, address or f"http://localhost:{server.port}", folder, pictures)
        self.server, self.program = server, chromium
        self.stage = Stage(LIBRARY, None, server, environments, folder, 55, 0)
        self.library = LIBRARY

    def close(self):
        self.stage.end()
        super().close()

    def somebody(self, phone, name, username):
        """Somebody who signed up with Telethon: the driver."""
        driver, number = self.stage.sign_up_one(LIBRARY, username, phone, name)
        driver.call("set_username", username=username)
        driver.number = number
        return driver

    def visit(self, **options):
        """A page of a browser that was never here."""
        context = self._context(**options)
        context.set_default_timeout(SOON_MS)
        self.page = context.new_page()
        self.page.goto(self.address)
        return self.page

    def sign_in(self, page, phone, name=None):
        """Somebody types their number and code, and a name if they are new."""
        page.get_by_label("Phone number").fill(phone)
        page.keyboard.press("Enter")
        field = page.get_by_label("Code", exact=True)
        field.wait_for()
        field.fill(self.code(phone))
        if name:
            page.get_by_label("First name").fill(name)
            page.get_by_role("checkbox").check()
            page.get_by_role("button", name="Begin").click()
        page.get_by_role("complementary", name="Chats and search").wait_for()

    def code(self, phone):
        """The newest code that was handed out for a number."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if codes := self.server.codes_for(re.sub(r"[^+\d]", "", phone)):
                return codes[-1]
            time.sleep(0.02)
        raise TimeoutError(f"no code for {phone}")

    def shots(self, name, page=None):
        """Pictures of what a page shows, wide, narrow and dark; nothing may be wider than its screen."""
        page = page or self.page
        for size, suffix in ((WIDE, ""), (NARROW, "-narrow")):
            page.set_viewport_size(size)
            page.wait_for_timeout(150)
            page.screenshot(path=self.pictures / f"web-{name}{suffix}.png")
            over = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
            assert not over, f"{name}{suffix} is wider than its screen"
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(WIDE)
        page.wait_for_timeout(150)
        page.screenshot(path=self.pictures / f"web-{name}-dark.png")
        page.emulate_media(color_scheme="light")

    def accessible(self, name, page=None):
        """axe finds nothing serious on what a page shows, in both themes."""
        page = page or self.page
        page.evaluate(AXE.read_text())
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(300)
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            grave = [
                (one["id"], [node["target"] for node in one["nodes"]][:4], one["nodes"][0]["failureSummary"])
                for one in found
                if one["impact"] in ("serious", "critical")
            ]
            assert not grave, f"{name}, {scheme}: {json.dumps(grave, indent=1)}"
        page.emulate_media(color_scheme="light")

    def download_from(self, page, button):
        """Follows a download of the page; answers the file's bytes."""
        with page.expect_download() as started:
            button.click()
        path = self.folder / "downloaded"
        started.value.save_as(path)
        return path.read_bytes()

    def metric(self, name):
        """The sum of a metric's values over its labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if re.match(rf"{name}(\{{|\s)", line))

    def other_tab(self, page):
        """Another tab of the browser that a page is in."""
        tab = page.context.new_page()
        tab.goto(self.address + "/")
        return tab

    def with_clock(self, off_by_s):
        """A page of a browser whose whole machine has another time."""
        library = self.folder / "clock.so"
        if not library.exists():
            source = Path(__file__).with_name("clock.c")
            subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
        environment = {**os.environ, "LD_PRELOAD": str(library), "OFF_BY": str(off_by_s)}
        browser = self.playwright.chromium.launch(
            executable_path=self.program, args=["--no-sandbox", "--no-zygote"], env=environment
        )
        usual, self.browser = self.browser, browser
        page = self.visit()
        self.browser = usual
        return page

    def restart(self):
        """Starts the server again after it was killed, on the same port."""
        command = [word.replace("127.0.0.1:0", f"127.0.0.1:{self.server.port}") for word in self.server.process.args]
        self.server.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.server.log
        )
        line = self.server.process.stdout.readline()
        assert json.loads(line)["event"] == "ready", line
