# Signs in to the Heliograph server at {{address}} with Telethon: pip install telethon
import asyncio

from telethon import TelegramClient, errors, functions
from telethon.crypto import rsa
from telethon.sessions import SQLiteSession

rsa.add_key("""{{pem}}
""", old=False)


async def sign_in(client):
    phone = input("Phone number with country code: ")
    sent = await client.send_code_request(phone)
    code = input("Code (on the server's console): ")
    try:
        await client.sign_in(phone, code)
    except errors.PhoneNumberUnoccupiedError:
        name = input("A new number. First name: ")
        done = await client(functions.auth.SignUpRequest(phone, sent.phone_code_hash, name, ""))
        # Telethon has no method of its own for signing up; this is how its sign_in ends.
        await client._on_login(done.user)


async def main():
    session = SQLiteSession("heliograph")  # heliograph.session keeps you signed in
    session.set_dc(2, "{{host}}", {{port}})
    client = TelegramClient(session, api_id=1, api_hash="a" * 32)  # any id and hash will do
    await client.connect()
    if not await client.is_user_authorized():
        await sign_in(client)

    me = await client.get_me()
    await client.send_message("me", f"Hello from {me.first_name}!")
    async for message in client.iter_messages("me", limit=3):
        print(message.date, message.text)
    await client.disconnect()


asyncio.run(main())
