"""Drives TDLib, by its JSON interface.

TDLib knows Telegram's RSA keys alone and no other addresses, so a copy of its library gets our key in
their place (one text of the same length for another), and our server is its MTProxy. Nothing else
of it is changed. The requests and updates of `td_api` pass as they are.
"""

import asyncio
import ctypes
import importlib.metadata
import json
import re
import sys
import threading
from pathlib import Path

import lines

KEY_BLOCK = re.compile(rb"-----BEGIN RSA PUBLIC KEY-----\n.*?-----END RSA PUBLIC KEY-----", re.DOTALL)
ERRORS_AND_WARNINGS = 2
LOG_BYTES = 10 << 20
WAIT_S = 1.0


def library():
    """TDLib's library inside the package."""
    for file in importlib.metadata.files("tdjson"):
        if file.name.startswith("libtdjson"):
            return Path(file.locate())
    raise FileNotFoundError("the package tdjson holds no libtdjson")


def with_our_key(path, key_path):
    """Writes a copy of the library that takes our key for Telegram's."""
    code = bytearray(library().read_bytes())
    key = Path(key_path).read_bytes().strip()
    # A third key, of another length, is that of configurations fetched over DNS; it stays.
    places = [found.span() for found in KEY_BLOCK.finditer(code) if len(found.group()) == len(key)]
    if not places:
        raise ValueError("no key of the length of ours in TDLib: its form has changed")
    for begin, end in places:
        code[begin:end] = key
    path.write_bytes(code)


def load(path):
    """The C interface of a library."""
    td = ctypes.CDLL(str(path))
    td.td_create_client_id.restype = ctypes.c_int
    td.td_send.argtypes = [ctypes.c_int, ctypes.c_char_p]
    td.td_receive.restype = ctypes.c_char_p
    td.td_receive.argtypes = [ctypes.c_double]
    td.td_execute.restype = ctypes.c_char_p
    td.td_execute.argtypes = [ctypes.c_char_p]
    return td


class TdError(Exception):
    """TDLib answered with an error."""


class Driver:
    def __init__(self):
        self.answers = {}
        self.number = 0

    async def do_connect(self, host, port, key, session, transport):
        self.loop = asyncio.get_running_loop()
        self.session = Path(session)
        copy = self.session / "libtdjson.so"
        with_our_key(copy, key["pem"])
        self.td = load(copy)
        stream = {"@type": "logStreamFile", "path": str(self.session / "td.log"), "max_file_size": LOG_BYTES}
        self.execute("setLogStream", log_stream=stream)
        self.execute("setLogVerbosityLevel", new_verbosity_level=ERRORS_AND_WARNINGS)
        self.client = self.td.td_create_client_id()
        threading.Thread(target=self.receive, daemon=True).start()
        proxy = {
            "@type": "proxy",
            "server": host,
            "port": port,
            "type": {"@type": "proxyTypeMtproto", "secret": key["mtproxy_secret"]},
        }
        # TDLib answers neither before it has both.
        settings = self.ask("addProxy", proxy=proxy, enable=True, comment=""), self.ask(
            "setTdlibParameters",
            database_directory=str(self.session / "database"),
            files_directory=str(self.session / "files"),
            use_file_database=True,
            use_chat_info_database=True,
            use_message_database=True,
            use_secret_chats=True,
            api_id=1,
            api_hash="a" * 32,
            system_language_code="en",
            device_model="test",
            application_version="1",
        )
        await asyncio.gather(*settings)
        version = importlib.metadata.version("tdjson")
        return {"version": version, "layer": LAYERS.get(version)}

    async def do_td(self, method, fields):
        """Any method of `td_api`."""
        return {"result": await self.ask(method, **fields)}

    async def do_disconnect(self):
        """TDLib writes its database and closes it."""
        self.closed = self.loop.create_future()
        await self.ask("close")
        await self.closed

    def execute(self, method, **fields):
        answer = json.loads(self.td.td_execute(json.dumps({"@type": method, **fields}).encode()))
        if answer["@type"] == "error":
            raise TdError(f"{method}: {answer['code']} {answer['message']}")

    async def ask(self, method, **fields):
        self.number += 1
        answer = self.answers[self.number] = self.loop.create_future()
        self.td.td_send(self.client, json.dumps({"@type": method, "@extra": self.number, **fields}).encode())
        result = await answer
        if result["@type"] == "error":
            raise TdError(f"{method}: {result['code']} {result['message']}")
        return result

    def receive(self):
        """A thread of its own waits for TDLib."""
        while True:
            if text := self.td.td_receive(WAIT_S):
                self.loop.call_soon_threadsafe(self.take, json.loads(text))

    def take(self, message):
        number = message.pop("@extra", None)
        message.pop("@client_id", None)
        if number is not None:
            self.answers.pop(number).set_result(message)
            return
        state = message.get("authorization_state", {}).get("@type")
        if state == "authorizationStateClosed" and hasattr(self, "closed"):
            self.closed.set_result(None)
        lines.emit({"event": message["@type"], "update": message})


# The layer that each version speaks, as its `initConnection` says.
LAYERS = {"1.8.68": 230}

if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")
    asyncio.run(lines.serve(Driver()))
