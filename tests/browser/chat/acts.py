"""What people do again and again in the steps."""

import re
import struct
import zlib


def bubble(page, text):
    """The message with this text."""
    return page.locator("article.message", has_text=text).last


def write(page, text):
    """Types a message and sends it."""
    field = page.get_by_role("textbox", name=re.compile("Write a (message|comment)"))
    field.fill(text)
    field.press("Enter")


def row(page, name):
    """A chat in the list."""
    return page.get_by_role("navigation", name="Chats").get_by_role("button", name=re.compile(name)).first


def open_chat(page, name):
    row(page, name).click()
    page.get_by_role("region", name="Chat", exact=True).wait_for()


def png(width, height, colour=(240, 169, 46)):
    """A picture of one colour, without a library."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(colour) * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
