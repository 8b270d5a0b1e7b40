# Signs in to the Heliograph server at {{address}} with Kurigram: pip install kurigram
import asyncio

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)  # the library takes the one that is current when it is imported

from pyrogram import Client
from pyrogram.connection import Connection
from pyrogram.crypto import rsa

rsa.server_public_keys[{{fingerprint}}] = rsa.PublicKey(
    int("{{modulus}}", 16), 65537
)


def connect_here(**options):
    options.update(server_address="{{host}}", port={{port}})
    return Connection(**options)


client = Client("heliograph", api_id=1, api_hash="a" * 32, connection_factory=connect_here)


async def main():
    async with client:  # asks for the number, the code and, where it is new, a name
        me = await client.get_me()
        await client.send_message("me", f"Hello from {me.first_name}!")
        async for message in client.get_chat_history("me", limit=3):
            print(message.date, message.text)


loop.run_until_complete(main())
