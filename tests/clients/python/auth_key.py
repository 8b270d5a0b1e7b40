"""Runs one key exchange with Telethon's code and prints the 256-byte key in hexadecimal.

grammers keeps Telegram's RSA keys in a private match, so it is handed a finished key.
Usage: auth_key.py HOST PORT PEM
"""

import asyncio
import logging
import sys
from collections import defaultdict

from telethon.crypto import rsa
from telethon.errors import SecurityError
from telethon.network import ConnectionTcpIntermediate, MTProtoPlainSender, authenticator

import lines


async def main(host, port, pem):
    lines.refuse_outside_loopback()
    with open(pem, encoding="ascii") as text:
        rsa.add_key(text.read(), old=False)
    loggers = defaultdict(lambda: logging.getLogger("auth_key"))
    link = ConnectionTcpIntermediate(host, int(port), 2, loggers=loggers)
    await link.connect()
    key = None
    while key is None:
        try:
            key, _ = await authenticator.do_authentication(MTProtoPlainSender(link, loggers=loggers))
        except SecurityError as error:
            # One key in 256 begins with a zero byte, which this code drops; the library tries again too.
            print(error, file=sys.stderr)
    print(key.key.hex())
    await link.disconnect()


asyncio.run(main(*sys.argv[1:]))
