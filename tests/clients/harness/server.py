"""Starts the server under test and reads the codes it hands out."""

import base64
import json
import queue
import subprocess
import threading
import time

READY_WITHIN_S = 20
# What MTProxy connections mix into their keys; any 16 bytes would do.
MTPROXY_SECRET = "00112233445566778899aabbccddeeff"
STOP_WITHIN_S = 10


class Server:
    """One `heliograph serve` on a data folder of its own."""

    def __init__(self, binary, folder):
        self.codes = folder / "codes.jsonl"
        self.data = folder / "data"
        self.log_path = folder / "server.log"
        self.log = open(self.log_path, "wb")
        self.binary = binary
        self._start("127.0.0.1:0")

    def _start(self, listen):
        self.process = subprocess.Popen(
            [
                str(self.binary),
                "serve",
                *("--data", str(self.data)),
                *("--listen", listen),
                *("--codes", f"file:{self.codes}"),
                *("--registration", "open"),
                *("--mtproxy-secret", MTPROXY_SECRET),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
        )
        ready = self._ready_line()
        host, _, port = ready["listen"].rpartition(":")
        self.host, self.port = host, int(port)
        self.key = {
            "pem": ready["public_key"],
            "fingerprint": str(ready["fingerprint"]),
            "modulus": modulus_of(ready["public_key"]),
            "mtproxy_secret": MTPROXY_SECRET,
        }

    def kill_and_start_again(self):
        """Ends the server as a power cut would, and starts it on the same data and port."""
        self.process.kill()
        self.process.wait()
        self._start(f"{self.host}:{self.port}")

    def _ready_line(self):
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in self.process.stdout], daemon=True).start()
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            try:
                line = json.loads(lines.get(timeout=0.2))
            except queue.Empty:
                if self.process.poll() is not None:
                    raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log_tail()}") from None
                continue
            if line.get("event") == "ready":
                return line
        raise RuntimeError(f"no ready line within {READY_WITHIN_S} s:\n{self.log_tail()}")

    def codes_for(self, phone):
        """Every code handed out for `phone`, oldest first."""
        if not self.codes.exists():
            return []
        lines = self.codes.read_text().splitlines()
        return [line["code"] for line in map(json.loads, lines) if line["phone"] == phone]

    def log_tail(self, lines=40):
        """The end of the server's log."""
        self.log.flush()
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def stop(self):
        """Ends the server and answers its exit code; a server that does not end is killed."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def modulus_of(pem_path):
    """The modulus of a PKCS#1 public key in hexadecimal: the first INTEGER of its SEQUENCE."""
    with open(pem_path, encoding="ascii") as pem:
        body = [line.strip() for line in pem if not line.startswith("-----")]
    der = base64.b64decode("".join(body))
    sequence, _ = _der_value(der)
    modulus, _ = _der_value(sequence)
    return modulus.lstrip(b"\0").hex()


def _der_value(der):
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    return der[start : start + length], der[start + length :]
