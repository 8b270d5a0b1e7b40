"""The installation that the pages belong to: `heliograph demo --keep`, in its own folder."""

import json
import queue
import re
import subprocess
import threading
import time
from pathlib import Path

READY_WITHIN_S = 120
STOP_WITHIN_S = 15


class Installation:
    """A kept demonstration with an order at its desk."""

    def __init__(self, programs, folder):
        self.programs = programs
        self.folder = folder / "demo"
        self.data = self.folder / "server"
        self.officers = self.folder / "officers"
        self.log = open(folder / "demo.log", "wb")
        self.process = subprocess.Popen(
            [str(programs / "heliograph"), "demo", "--keep", "--json", "--data", str(self.folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
        )
        self.address = f"http://localhost:{self._port()}"

    def _port(self):
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in self.process.stdout], daemon=True).start()
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            try:
                line = json.loads(lines.get(timeout=0.2))
            except queue.Empty:
                if self.process.poll() is not None:
                    raise RuntimeError(f"the demonstration ended with {self.process.returncode}") from None
                continue
            if line.get("event") == "ready":
                return line["listen"].rpartition(":")[2]
        raise RuntimeError(f"no ready line within {READY_WITHIN_S} s")

    def moderators_link(self):
        """The link for a new moderator, as the demonstration printed it."""
        told = Path(self.log.name).read_text()
        return re.search(r"http://localhost:\d+/console/invitation/\S+", told)[0]

    def run(self, program, *words):
        """Runs one of the programs and answers what it prints; it must succeed."""
        command = [str(self.programs / program), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{program} {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def officer(self, name, *words):
        """Runs an officer's own tool on their folder."""
        passphrase = self.folder / "passphrase"
        passphrase.write_text("demonstration\n")
        own = ("--dir", self.officers / f"officer-{name}", "--passphrase-file", passphrase)
        return self.run("heliograph-officer", *own, *words)

    def court(self, name):
        """A line of what the court holds."""
        return (self.folder / "court" / name).read_text().strip()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
