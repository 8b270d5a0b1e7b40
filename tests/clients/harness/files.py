"""Pictures and files that the story sends."""

import random
import struct
import zlib

FILE_BYTES = 1_200_000


def noise(path, seed):
    """A file that no compression makes smaller, the same for the same seed."""
    path.write_bytes(random.Random(seed).randbytes(FILE_BYTES))
    return path


def picture(path, side=96):
    """A square PNG of one colour that runs into another."""
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 255 // side, y * 255 // side, 120)) for x in range(side)) for y in range(side)
    )

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


def is_jpeg(path):
    """Whether the server has written a picture anew."""
    data = path.read_bytes()
    return data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9"
