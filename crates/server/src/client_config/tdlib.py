# Signs in to the Heliograph server at {{address}} with TDLib: pip install tdjson==1.8.68
import ctypes
import importlib.metadata
import json
import re
from pathlib import Path

KEY = b"""{{pem}}"""
HOST, PORT, SECRET = "{{host}}", {{port}}, "{{secret}}"
FOLDER = Path("heliograph-tdlib")  # keeps you signed in


def library_with_our_key():
    """A copy of TDLib's library; TDLib has no setting for the key of a server."""
    copy = FOLDER / "libtdjson.so"
    files = importlib.metadata.files("tdjson")
    code = bytearray(next(file for file in files if file.name.startswith("libtdjson")).read_binary())
    keys = re.finditer(rb"-----BEGIN RSA PUBLIC KEY-----\n.*?-----END RSA PUBLIC KEY-----", bytes(code), re.DOTALL)
    for found in keys:
        if len(found.group()) == len(KEY):
            code[found.start() : found.end()] = KEY
    FOLDER.mkdir(exist_ok=True)
    copy.write_bytes(code)
    return ctypes.CDLL(str(copy.resolve()))


td = library_with_our_key()
td.td_receive.restype, td.td_receive.argtypes = ctypes.c_char_p, [ctypes.c_double]
td.td_send.argtypes = [ctypes.c_int, ctypes.c_char_p]
td.td_execute.restype, td.td_execute.argtypes = ctypes.c_char_p, [ctypes.c_char_p]
td.td_execute(b'{"@type": "setLogVerbosityLevel", "new_verbosity_level": 1}')
client = td.td_create_client_id()


def ask(kind, **fields):
    td.td_send(client, json.dumps({"@type": kind, **fields}).encode())


# The server is its own MTProxy, so that TDLib dials it and nobody else.
way = {"@type": "proxyTypeMtproto", "secret": SECRET}
ask("addProxy", proxy={"@type": "proxy", "server": HOST, "port": PORT, "type": way}, enable=True, comment="")
while True:
    update = json.loads(td.td_receive(1.0) or b"{}")
    kind = update.get("@type")
    state = update.get("authorization_state", {}).get("@type")
    if state == "authorizationStateWaitTdlibParameters":
        ask(
            "setTdlibParameters",
            database_directory=str(FOLDER / "database"),
            use_message_database=True,
            use_secret_chats=True,
            api_id=1,  # any id and hash will do
            api_hash="a" * 32,
            system_language_code="en",
            device_model="Python",
            application_version="1",
        )
    elif state == "authorizationStateWaitPhoneNumber":
        ask("setAuthenticationPhoneNumber", phone_number=input("Phone number with country code: "))
    elif state == "authorizationStateWaitCode":
        ask("checkAuthenticationCode", code=input("Code (on the server's console): "))
    elif state == "authorizationStateWaitRegistration":
        ask("registerUser", first_name=input("A new number. First name: "), last_name="")
    elif state == "authorizationStateReady":
        ask("getMe")
    elif state == "authorizationStateClosed":
        break
    elif kind == "user":
        text = {"@type": "formattedText", "text": f"Hello from {update['first_name']}!"}
        content = {"@type": "inputMessageText", "text": text}
        # One's own chat is Saved Messages.
        ask("createPrivateChat", user_id=update["id"], force=False)
        ask("sendMessage", chat_id=update["id"], input_message_content=content)
    elif kind == "updateMessageSendSucceeded":
        print("sent:", update["message"]["content"]["text"]["text"])
        ask("close")
    elif kind == "error":
        print(update["message"])
        ask("close")
