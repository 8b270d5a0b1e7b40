"""The person who makes bots and talks to them: Telethon, whose calls are awaited one by one."""

import asyncio

from telethon import TelegramClient, connection, functions
from telethon.crypto import rsa
from telethon.sessions import MemorySession

ANSWER_WITHIN_S = 15


class Person:
    """A signed-in person."""

    def __init__(self, server):
        with open(server.key["pem"], encoding="ascii") as pem:
            rsa.add_key(pem.read(), old=False)
        session = MemorySession()
        session.set_dc(2, server.host, server.port)
        self.server = server
        self.client = TelegramClient(session, 1, "a" * 32, connection=connection.ConnectionTcpFull)

    async def sign_up(self, phone, first_name):
        await self.client.connect()
        sent = await self.client.send_code_request(phone)
        code = self.server.codes_for(phone)[-1]
        try:
            await self.client.sign_in(phone, code)
        except Exception:  # a fresh number has no account
            done = await self.client(
                functions.auth.SignUpRequest(phone, sent.phone_code_hash, first_name, "Test")
            )
            await self.client._on_login(done.user)

    async def ask(self, chat, text):
        """Writes to a chat and waits for the answer that comes after it."""
        sent = await self.client.send_message(chat, text)
        return await self.after(chat, sent.id)

    async def after(self, chat, id):
        """The first message of somebody else behind a number."""
        return await self.until(chat, lambda messages: [m for m in messages if m.id > id and not m.out][-1:])

    async def until(self, chat, wanted):
        """What `wanted` finds among the newest messages, as soon as it finds something."""
        deadline = asyncio.get_running_loop().time() + ANSWER_WITHIN_S
        while True:
            messages = await self.client.get_messages(chat, limit=20)
            if found := wanted(messages):
                return found[0]
            if asyncio.get_running_loop().time() > deadline:
                texts = [message.message for message in messages]
                raise AssertionError(f"no answer within {ANSWER_WITHIN_S} s; the chat says {texts}")
            await asyncio.sleep(0.1)

    async def make_bot(self, name, username):
        """Makes a bot through @BotFather; answers with its token."""
        await self.ask("BotFather", "/newbot")
        await self.ask("BotFather", name)
        made = await self.ask("BotFather", username)
        tokens = [word for word in made.message.split() if ":" in word and word.split(":")[0].isdigit()]
        assert tokens, f"BotFather says: {made.message}"
        return tokens[0]

    async def press(self, message, index=0):
        """Presses a button under a message."""
        return await message.click(index)

    async def group_with(self, title, username):
        """Makes a supergroup and takes a bot into it."""
        made = await self.client(functions.channels.CreateChannelRequest(title, "", megagroup=True))
        group = made.chats[0]
        bot = await self.client.get_input_entity(username)
        await self.client(functions.channels.InviteToChannelRequest(group, [bot]))
        return group

    async def silent(self, chat, id, seconds=1.0):
        """Whether nobody answers for a while."""
        await asyncio.sleep(seconds)
        messages = await self.client.get_messages(chat, limit=20)
        return not [message for message in messages if message.id > id and not message.out]
