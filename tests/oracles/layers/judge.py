"""Reads frames with one version of Telethon and writes them again.

    python judge.py TELETHON_FOLDER FRAMES_FILE…

Only Telethon's schema code is loaded, so none of its dependencies need be installed.
"""

import importlib
import sys
import types
from collections import Counter
from pathlib import Path


def main() -> int:
    """Gives 1 when a frame could not be read, or came out otherwise."""
    folder, *files = sys.argv[1:]
    reader_class = load_telethon(Path(folder))
    layer = importlib.import_module("telethon.tl.alltlobjects").LAYER
    failed = 0
    for file in files:
        outcomes: Counter = Counter()
        examples: dict[str, str] = {}
        for frame in frames(Path(file).read_bytes()):
            outcome = judge(frame, reader_class)
            outcomes[outcome] += 1
            examples.setdefault(outcome, frame.hex())
        good = outcomes.pop("same", 0)
        print(f"layer {layer}, {Path(file).name}: {good} frames the same, {outcomes.total()} not")
        for outcome, count in outcomes.most_common(10):
            print(f"  {count} {outcome}; the first: {examples[outcome][:400]}")
        failed += outcomes.total() + (good == 0)
    return 1 if failed else 0


def load_telethon(folder: Path) -> type:
    """Makes `telethon.tl` importable without running the package's own start."""
    sys.path.insert(0, str(folder))
    package = types.ModuleType("telethon")
    package.__path__ = [str(folder / "telethon")]
    sys.modules["telethon"] = package
    return importlib.import_module("telethon.extensions.binaryreader").BinaryReader


def frames(data: bytes):
    """Splits a file: each frame is its length in four bytes, then its bytes."""
    position = 0
    while position < len(data):
        length = int.from_bytes(data[position : position + 4], "little")
        yield data[position + 4 : position + 4 + length]
        position += 4 + length


def judge(frame: bytes, reader_class: type) -> str:
    """Says in words what became of a frame."""
    reader = reader_class(frame)
    try:
        value = reader.tgread_object()
    except Exception as error:  # whatever it stumbled over is the finding
        return f"unreadable ({type(error).__name__}: {str(error)[:100]})"
    name = type(value).__name__
    if reader.tell_position() != len(frame):
        return f"{name} not read to its end"
    try:
        written = bytes(value)
    except Exception as error:
        return f"{name} cannot be written ({type(error).__name__}: {str(error)[:100]})"
    return "same" if written == frame else f"{name} differs"


if __name__ == "__main__":
    sys.exit(main())
