"""The client libraries under test, and who talks to whom."""

from dataclasses import dataclass
from pathlib import Path

CLIENTS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Library:
    """One column of the results: a library, its version, and how it connects."""

    name: str
    version: str
    layer: int
    transport: str
    partner: str  # another library, of another layer
    environment: str  # a venv of environments.py, "node", or "cargo"
    script: str = ""
    sets_passwords: bool = True


LIBRARIES = {
    library.name: library
    for library in (
        Library("telethon-1.45", "1.45.0", 229, "full", "gramjs", "telethon145", "telethon_driver.py"),
        Library("telethon-mtproxy", "1.45.0", 229, "mtproxy", "gramjs", "telethon145", "telethon_driver.py"),
        Library("telethon-1.36", "1.36.0", 181, "obfuscated", "mtcute", "telethon136", "telethon_driver.py"),
        Library("kurigram", "2.2.26", 229, "padded intermediate", "pyrogram", "kurigram", "pyrogram_driver.py"),
        Library("pyrogram", "2.0.106", 158, "abridged", "telethon-1.45", "pyrogram", "pyrogram_driver.py"),
        Library("gramjs", "2.26.22", 198, "full", "kurigram", "node", "gramjs.mjs"),
        Library("gramjs-websocket", "2.26.22", 198, "websocket", "grammers", "node", "gramjs.mjs"),
        Library("mtcute", "0.30.3", 227, "intermediate", "telethon-1.36", "node", "mtcute.mjs"),
        Library("mtcute-pfs", "0.30.3", 227, "temporary keys", "telethon-1.36", "node", "mtcute.mjs"),
        Library("grammers", "0.11.0", 230, "full", "mtcute", "cargo", sets_passwords=False),
    )
}
