"""One client process, spoken to in JSON lines (see ../python/lines.py)."""

import json
import os
import subprocess
import threading

ANSWER_WITHIN_S = 20
EVENT_WITHIN_S = 8
EXIT_WITHIN_S = 5


class DriverError(Exception):
    """A client refused, failed or fell silent."""


class Driver:
    """A running driver; everything it reported is kept in `events`."""

    def __init__(self, title, command, environment, log_path):
        self.title = title
        self.log_path = log_path
        self.events = []
        self._answers = {}
        self._number = 0
        self._ended = False
        self._arrived = threading.Condition()
        self._log = open(log_path, "wb")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **environment},
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            try:
                message = json.loads(line)
            except ValueError:
                self._log.write(b"not JSON: " + line)
                continue
            with self._arrived:
                if "event" in message:
                    self.events.append(message)
                else:
                    self._answers[message["request"]] = message
                self._arrived.notify_all()
        self.process.wait()
        with self._arrived:
            self._ended = True
            self._arrived.notify_all()

    def call(self, verb, answer_within=ANSWER_WITHIN_S, **fields):
        """Asks for one verb and waits for its answer."""
        self._number += 1
        number = self._number
        request = json.dumps({"request": number, "do": verb, **fields}) + "\n"
        try:
            self.process.stdin.write(request.encode())
            self.process.stdin.flush()
        except OSError:
            raise DriverError(f"{self.title}: {verb}: the client is gone") from None
        with self._arrived:
            # A process that has ended may have answered: its last lines are still on their way here.
            self._arrived.wait_for(lambda: number in self._answers or self._ended, answer_within)
            answer, ended = self._answers.pop(number, None), self._ended
        if answer is None and ended:
            raise DriverError(f"{self.title}: {verb}: the client ended without an answer")
        if answer is None:
            # What comes after would wait as long again, for nothing.
            self.process.kill()
            raise DriverError(f"{self.title}: {verb}: no answer within {answer_within} s")
        if not answer["ok"]:
            raise DriverError(f"{self.title}: {verb}: {answer['error']}")
        return answer

    def mark(self):
        """The place in `events` after which to look; taken before the act."""
        with self._arrived:
            return len(self.events)

    def wait(self, mark, event, within=EVENT_WITHIN_S, **fields):
        """The first such event after `mark`."""
        wanted = {"event": event, **fields}
        return self.wait_until(mark, lambda seen: wanted.items() <= seen.items(), wanted, within)

    def wait_until(self, mark, right, wanted, within=EVENT_WITHIN_S):
        """The first event after `mark` of which `right` holds; `wanted` tells what that is."""

        def found():
            return next((seen for seen in self.events[mark:] if right(seen)), None)

        with self._arrived:
            seen = self._arrived.wait_for(found, within)
        if seen is None:
            recent = [seen["event"] for seen in self.events[mark:]][-12:]
            raise DriverError(f"{self.title}: no {wanted} within {within} s; seen since: {recent}")
        return seen

    def leave(self, verb="disconnect", within=ANSWER_WITHIN_S):
        """Disconnects or logs out, and waits for the process to end."""
        self.call(verb, within)
        try:
            self.process.wait(EXIT_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def kill(self):
        """Ends the process as a power cut would."""
        self.process.kill()
        self.process.wait()

    def log_tail(self, lines=25):
        """The end of what the library wrote to stderr."""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])
