"""How search is kept clean, once around, by clients of three libraries and Chromium.

Sam sells with Telethon, Mia looks with mtcute, Greg reports from gramjs, and two moderators decide
in the console. Steps run in the order in which they stand; each needs the ones before.
"""

import json
import re
import subprocess
import time
import urllib.request

from playwright.sync_api import expect

from .libraries import LIBRARIES
from .stage import SERVICE_CHAT, Stage, step

# The index follows the store within a second, and decisions take effect within a minute.
FOUND_WITHIN_S = 20
GONE_WITHIN_S = 60
SECRET = "the pills are in the kitchen, darling"
POST = "Cheap pills, no questions asked! #cheappills"


class Circle(Stage):
    """From a scam channel to its delisting, the appeal, and the way back."""

    def __init__(self, server, programs, environments, folder, browser):
        library = LIBRARIES["telethon-1.45"]
        super().__init__(library, library, server, environments, folder, 99, 0)
        self.programs, self.browser = programs, browser

    def run_program(self, program, *words):
        """Runs one of our programs and answers what it prints; it must succeed."""
        command = [str(self.programs / program), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{program} {words[0]}: {done.stdout}{done.stderr}"
        return done.stdout

    def metric(self, name):
        """The sum of a metric's values over its labels."""
        with urllib.request.urlopen(f"{self.browser.address}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        values = [float(line.split()[-1]) for line in lines if re.match(rf"{name}(\{{|\s)", line)]
        assert values, f"no metric {name}"
        return sum(values)

    def surfaces(self):
        """Where the channel is found: (who, by what) for each client and each kind of search."""
        found = set()
        for who, driver in (("Mia", self.mia), ("Greg", self.greg)):
            for what, verb, text in (
                ("name", "search", "cheap pills"),
                ("username", "search", "cheap_pills"),
                ("words of a post", "search_posts", "cheap pills"),
                ("hashtag", "search_posts", "#cheappills"),
            ):
                # gramjs is of a layer that searches posts by their tags alone.
                if driver is self.greg and what == "words of a post":
                    continue
                if self.channel in driver.call(verb, text=text)["channels"]:
                    found.add((who, what))
        return found

    def all_surfaces(self):
        whats = ("name", "username", "words of a post", "hashtag")
        return {("Mia", what) for what in whats} | {("Greg", what) for what in whats if "words" not in what}

    def until_found(self, wanted, within_s):
        """Waits until the channel is found on these surfaces and no other."""
        until = time.monotonic() + within_s
        while (found := self.surfaces()) != wanted:
            assert time.monotonic() < until, f"found by {sorted(found)}, not by {sorted(wanted)}"
            time.sleep(0.2)

    def decide(self, act, facts):
        """Takes the case that waits, decides it in the console, and answers what the page said."""
        browser = self.browser
        browser.go("/console/queue")
        browser.submit("#take-next")
        page = browser.page
        page.locator(f"input[name=act][value={act}]").check()
        page.locator("#facts").fill(facts)
        veiled = page.locator(".veiled > *").first
        assert "blur" in veiled.evaluate("element => getComputedStyle(element).filter"), "what was reported is not veiled"
        browser.picture(f"circle-case-{act}")
        browser.submit("#preview")
        assert facts in page.locator("#statement").inner_text()
        browser.picture(f"circle-preview-{act}")
        browser.submit("#confirm")
        expect(page.locator("#said")).to_contain_text("Decided")

    def moderator(self, name):
        """Lets somebody in as a moderator: a link for once, and a passkey."""
        invite = ("admin", "staff", "invite", name, "--role", "moderator", "--data", self.server.data)
        link = self.run_program("heliograph", *invite).strip().splitlines()[-1]
        self.browser.staff()
        self.browser.go(link)
        self.browser.submit("#register")
        if self.browser.page.locator("#sign-in").count():
            self.browser.submit("#sign-in")
        return self.browser.page

    @step("three people of three libraries sign up")
    def sign_up(self):
        people = ("sam", "telethon-1.45"), ("mia", "mtcute"), ("greg", "gramjs")
        for number, (who, library) in enumerate(people, start=1):
            phone = f"+99966990{number:02}0"
            driver, _ = self.sign_up_one(LIBRARIES[library], who, phone, who.capitalize())
            driver.call("set_username", username=f"{who}_of_the_square")
            setattr(self, who, driver)

    @step("what they write in private, and in a private channel, is judged by nobody")
    def private(self):
        self.sam.call("send", peer="@mia_of_the_square", text=SECRET)
        private = self.sam.call("make_channel", title="Cheap pills for friends", broadcast=True)["channel"]
        self.sam.call("send", peer=private, text=POST)
        # Longer than the index and the gate in front of it take.
        time.sleep(2)
        assert self.metric("heliograph_classified_total") == 0

    @step("a scam channel is made with Telethon and found with mtcute and gramjs")
    def made(self):
        self.channel = self.sam.call("make_channel", title="Cheap pills", broadcast=True)["channel"]
        self.sam.call("send", peer=self.channel, text=POST)
        self.sam.call("publish", peer=self.channel, username="cheap_pills")
        self.until_found(self.all_surfaces(), FOUND_WITHIN_S)
        self.browser.go("/cheap_pills")
        assert "Cheap pills" in self.browser.text()
        assert self.metric("heliograph_classified_total") > 0

    @step("it is reported from the menu of gramjs")
    def reported(self):
        self.greg.call("report", peer="@cheap_pills", answers=["Scam or spam", "A fraudulent offer"])

    @step("a moderator delists it in Chromium")
    def delisted(self):
        self.told = self.sam.mark()
        self.first = self.moderator("Cleo")
        self.decide("delist", "Pills are sold that do not exist.")

    @step("it is gone from every surface of every client within a minute")
    def gone(self):
        self.until_found(set(), GONE_WITHIN_S)

    @step("the owner reads why")
    def owner_told(self):
        told = self.sam.wait(self.told, "new_message", chat=SERVICE_CHAT)["text"]
        assert "Pills are sold that do not exist." in told, told
        self.number = re.search(r"Decision (\d+) ", told)[1]
        assert f"/appeal {self.number}" in told, told

    @step("the log holds the decision")
    def logged(self):
        self.verify()
        assert self.decisions() == 1

    @step("the owner appeals to @SpamBot")
    def appealed(self):
        mark = self.sam.mark()
        self.sam.call("send", peer="@SpamBot", text=f"/appeal {self.number} They do exist.")
        answer = self.sam.wait(mark, "new_message", out=False)["text"]
        assert "Somebody who had no part in it" in answer, answer

    @step("whoever decided is not given the appeal")
    def not_the_same(self):
        self.browser.page = self.first
        self.browser.go("/console/queue")
        self.browser.submit("#take-next")
        expect(self.first.locator("#said")).to_contain_text("Nothing waits")

    @step("a second moderator takes the decision back")
    def undone(self):
        self.told = self.sam.mark()
        self.moderator("Dora")
        self.decide("undo", "They do exist.")

    @step("it is found again on every surface, and the owner is told")
    def restored(self):
        self.until_found(self.all_surfaces(), GONE_WITHIN_S)
        told = self.sam.wait(self.told, "new_message", chat=SERVICE_CHAT)["text"]
        assert "They do exist." in told, told

    @step("the log is right, and everybody reads the numbers")
    def in_the_end(self):
        self.verify()
        assert self.decisions() == 2
        self.browser.page = self.browser.public.new_page()
        self.browser.go("/transparency/moderation")
        self.browser.picture("circle-numbers")

    @step("no browser complained, and the private text is in no public file")
    def clean(self):
        self.browser.nothing_broke()
        log = self.server.data / "log"
        texts = [path.read_bytes() for path in log.rglob("*") if path.is_file()]
        assert texts and not any(SECRET.encode() in text for text in texts)

    def verify(self):
        """Has anybody's checker look at the log, as it is served."""
        told = self.run_program("heliograph-verify", f"{self.browser.address}/log/")
        assert told.startswith("Trust level:"), told

    def decisions(self):
        """How many decisions the public numbers count."""
        with urllib.request.urlopen(f"{self.browser.address}/transparency/moderation.json", timeout=5) as answer:
            rows = json.load(answer)["rows"]
        return sum(row["value"] for row in rows if (row["month"], row["measure"]) == ("all", "act"))


STEPS = [(method.step, method) for method in vars(Circle).values() if hasattr(method, "step")]
