"""Drives tg-secret, secret chats for Pyrogram, beside what `pyrogram_driver.py` does."""

import importlib.metadata
import io
import logging
import sys

import pyrogram_driver
from pyrogram import ContinuePropagation
from pyrogram_driver import LOOP
from tg_secret import ChatRequestResult, TelegramSecretClient
from tg_secret.client_adapters.pyrogram_adapter import PyrogramClientAdapter

import lines


class LossyAdapter(PyrogramClientAdapter):
    """Loses messages when it is told to, as a full disk does, so that the library asks for them again."""

    __slots__ = ("to_lose",)

    def __init__(self, client):
        super().__init__(client)
        self.to_lose = 0

    def set_encrypted_message_handler(self, handler):
        async def take(message, qts):
            if self.to_lose > 0:
                self.to_lose -= 1
                # What is not confirmed the server would hand out again by itself.
                await self.ack_qts(qts)
                lines.emit({"event": "secret_lost"})
                return
            await handler(message, qts)

        super().set_encrypted_message_handler(take)


class Client(TelegramSecretClient):
    async def _send_resend_request(self, chat_id, start_seq_no, end_seq_no):
        # tg-secret 0.1.3 names messages by its own count. The protocol's numbers count those of both sides, and
        # TDLib ends a chat in which it is asked for a number that it never had.
        chat = await self.get_chat(chat_id)
        first = 0 if chat.originator else 1
        numbers = (2 * number + first for number in (start_seq_no, end_seq_no))
        await super()._send_resend_request(chat_id, *numbers)


class Driver(pyrogram_driver.Driver):
    async def do_connect(self, **where):
        found = await super().do_connect(**where)
        self.adapter = LossyAdapter(self.client)
        self.secret = Client(self.adapter, in_memory=True)
        self.secret.on_request(self.on_request)
        self.secret.on_chat_ready(self.on_ready)
        self.secret.on_new_message(self.on_message)
        self.secret.on_messages_deleted(self.on_deleted)
        self.secret.on_chat_deleted(self.on_end)
        await self.secret.start()
        return {**found, "version": importlib.metadata.version("tg-secret")}

    async def on_update(self, client, update, users, chats):
        await super().on_update(client, update, users, chats)
        # The adapter's handler stands behind this one.
        raise ContinuePropagation

    async def on_request(self, chat):
        return ChatRequestResult.ACCEPT

    async def on_ready(self, chat):
        lines.emit({"event": "secret_ready", "chat": chat.id, "with": chat.peer_id})

    async def on_message(self, message):
        lines.emit({"event": "secret_message", "text": message.text})

    async def on_deleted(self, chat, random_ids):
        lines.emit({"event": "secret_deleted", "count": len(random_ids)})

    async def on_end(self, chat, history_deleted):
        lines.emit({"event": "secret_end", "chat": chat.id})

    async def do_secret_ask(self, peer):
        return {"chat": (await self.secret.request_encryption(peer)).id}

    async def do_secret_send(self, chat, text):
        await self.secret.send_text_message(chat, text)

    async def do_secret_send_file(self, chat, text):
        await self.secret.send_document(chat, io.BytesIO(text.encode()), file_name="note.txt", caption="a note")

    async def do_secret_change_keys(self, chat):
        await self.secret.rekey(chat)

    async def do_secret_lose(self, count):
        self.adapter.to_lose = count

    async def do_secret_end(self, chat):
        await self.secret.discard_chat(chat)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    sys.stdin.reconfigure(encoding="utf-8")
    LOOP.run_until_complete(lines.serve(Driver()))
