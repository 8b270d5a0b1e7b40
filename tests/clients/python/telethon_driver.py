"""Drives Telethon (any 1.x)."""

import asyncio
import logging
import sys

from telethon import TelegramClient, connection, errors, events, functions, types, version
from telethon.crypto import rsa
from telethon.sessions import SQLiteSession
from telethon.tl.alltlobjects import LAYER

import lines
import plain

CONNECTIONS = {
    "full": connection.ConnectionTcpFull,
    "abridged": connection.ConnectionTcpAbridged,
    "intermediate": connection.ConnectionTcpIntermediate,
    "obfuscated": connection.ConnectionTcpObfuscated,
    "mtproxy": connection.ConnectionTcpMTProxyRandomizedIntermediate,
}


class Driver:
    async def do_connect(self, host, port, key, session, transport):
        with open(key["pem"], encoding="ascii") as pem:
            rsa.add_key(pem.read(), old=False)
        store = SQLiteSession(f"{session}/telethon")
        store.set_dc(2, host, port)
        self.client = TelegramClient(
            store,
            api_id=1,
            api_hash="a" * 32,
            connection=CONNECTIONS[transport],
            # The server plays the proxy in front of itself.
            proxy=(host, port, key["mtproxy_secret"]) if transport == "mtproxy" else None,
            catch_up=True,
            sequential_updates=True,
            connection_retries=2,
        )
        self.client.add_event_handler(self.on_update, events.Raw)
        await self.client.connect()
        authorized = await self.client.is_user_authorized()
        return {"authorized": authorized, "layer": LAYER, "version": version.__version__}

    async def on_update(self, update):
        if event := plain.event_of(update):
            lines.emit(event)

    async def do_send_code(self, phone):
        self.sent = await self.client.send_code_request(phone)

    async def do_sign_in(self, phone, code):
        return plain.user_of(await self.client.sign_in(phone, code))

    async def do_sign_up(self, phone, code, first_name, last_name):
        try:
            await self.client.sign_in(phone, code)
        except errors.PhoneNumberUnoccupiedError:
            pass
        else:
            raise AssertionError("a fresh number was signed in without signing up")
        done = await self.client(
            functions.auth.SignUpRequest(phone, self.sent.phone_code_hash, first_name, last_name)
        )
        # `sign_up` refuses by itself since 1.29; this is what `sign_in` does after its own call.
        await self.client._on_login(done.user)
        return plain.user_of(done.user)

    async def do_me(self):
        return plain.user_of(await self.client.get_me())

    async def do_user(self, peer):
        return plain.user_of(await self.client.get_entity(peer))

    async def do_add_contact(self, phone, first_name):
        contact = types.InputPhoneContact(0, phone, first_name, "")
        found = await self.client(functions.contacts.ImportContactsRequest([contact]))
        return plain.user_of(found.users[0])

    async def do_resolve(self, username):
        found = await self.client(functions.contacts.ResolveUsernameRequest(username))
        return plain.user_of(found.users[0])

    async def do_send(self, peer, text, reply_to=None):
        return {"id": (await self.client.send_message(peer, text, reply_to=reply_to)).id}

    async def do_edit(self, peer, id, text):
        await self.client.edit_message(peer, id, text)

    async def do_delete(self, peer, ids):
        await self.client.delete_messages(peer, ids, revoke=True)

    async def do_read(self, peer, max_id):
        await self.client.send_read_acknowledge(peer, max_id=max_id)

    async def do_typing(self, peer):
        peer = await self.client.get_input_entity(peer)
        await self.client(functions.messages.SetTypingRequest(peer, types.SendMessageTypingAction()))

    async def do_online(self, online):
        await self.client(functions.account.UpdateStatusRequest(offline=not online))

    async def do_history(self, peer, limit):
        found = await self.client.get_messages(peer, limit=limit)
        return {"messages": [plain.message_of(message) for message in found]}

    async def do_dialogs(self):
        found = [item.dialog for item in await self.client.get_dialogs()]
        return {"dialogs": [plain.dialog_of(dialog) for dialog in found]}

    async def do_state(self):
        return plain.state_of(await self.client(functions.updates.GetStateRequest()))

    async def do_difference(self, state):
        async def ask(pts, date, qts):
            return await self.client(functions.updates.GetDifferenceRequest(pts=pts, date=date, qts=qts))

        return await plain.difference_from(state, ask)

    async def do_save_draft(self, peer, text):
        peer = await self.client.get_input_entity(peer)
        await self.client(functions.messages.SaveDraftRequest(peer, text))

    async def do_pin(self, peer, pinned):
        peer = types.InputDialogPeer(await self.client.get_input_entity(peer))
        await self.client(functions.messages.ToggleDialogPinRequest(peer, pinned))

    async def do_set_name(self, first_name, last_name):
        await self.client(functions.account.UpdateProfileRequest(first_name, last_name))

    async def do_set_username(self, username):
        await self.client(functions.account.UpdateUsernameRequest(username))

    async def do_disconnect(self):
        await self.client.disconnect()

    async def do_log_out(self):
        await self.client.log_out()


logging.basicConfig(level=logging.INFO, stream=sys.stderr)
asyncio.run(lines.serve(Driver()))
