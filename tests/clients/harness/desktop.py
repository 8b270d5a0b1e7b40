"""A screen without a monitor, and an app on it that is used with mouse and keyboard."""

import os
import shutil
import signal
import subprocess
import time

SIZE = (1100, 800)
STARTS_WITHIN_S = 10
ENDS_WITHIN_S = 5
NEEDED = {"Xvfb": "xvfb", "openbox": "openbox", "xdotool": "xdotool", "import": "imagemagick", "dbus-run-session": "dbus"}


def missing():
    """The Debian packages that a screen needs and that are not there."""
    return [package for program, package in NEEDED.items() if shutil.which(program) is None]


class Desktop:
    """A virtual screen with a window manager; `place` tells where things are, in points."""

    def __init__(self, folder, pictures):
        self.folder, self.pictures = folder, pictures
        self.environment = {
            **os.environ,
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "QT_QPA_PLATFORM": "xcb",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
        }
        # Xvfb takes the first free number and tells it.
        read, write = os.pipe()
        screen = "x".join(map(str, SIZE)) + "x24"
        self.processes = [self._start("Xvfb", "-displayfd", str(write), "-screen", "0", screen, pass_fds=(write,))]
        os.close(write)
        with os.fdopen(read) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        self.environment["DISPLAY"] = f":{number}"
        self.processes.append(self._start("openbox"))

    def _start(self, *command, **options):
        log = open(self.folder / f"{command[0]}.log", "ab")
        return subprocess.Popen(
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # What it starts itself ends with it.
            start_new_session=True,
            **options,
        )

    def start(self, *command):
        """Starts an app."""
        process = self._start("dbus-run-session", "--", *command)
        self.processes.append(process)
        return process

    def kill(self, process):
        """Ends an app and what it started, at once."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.processes.remove(process)

    def tool(self, *words):
        done = subprocess.run(["xdotool", *map(str, words)], env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"xdotool {words[0]}: {done.stderr}"
        return done.stdout

    def click(self, place):
        """Clicks at a place, and waits for what follows to be drawn."""
        self.tool("mousemove", *place, "click", 1)
        time.sleep(1)

    def type(self, words):
        """Types as fast as a person."""
        self.tool("type", "--delay", 30, words)

    def press(self, key):
        self.tool("key", key)
        time.sleep(0.5)

    def wait_for_window(self, name):
        """Waits until a window of this name is shown."""
        until = time.monotonic() + STARTS_WITHIN_S
        search = ["xdotool", "search", "--onlyvisible", "--name", name]
        while subprocess.run(search, env=self.environment, capture_output=True).returncode != 0:
            assert time.monotonic() < until, f"no window {name} within {STARTS_WITHIN_S} s"
            time.sleep(0.2)

    def picture(self, name):
        """Keeps what the screen shows."""
        path = self.pictures / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], env=self.environment, check=True)

    def end(self):
        """Ends everything that was started here, the last first."""
        for process in reversed(self.processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(ENDS_WITHIN_S)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
