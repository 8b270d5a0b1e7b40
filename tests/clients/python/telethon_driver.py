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


def place(peer):
    """What the library takes for `@username`, or for the number of a channel or group."""
    return types.PeerChannel(peer) if isinstance(peer, int) else peer


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

    async def do_set_password(self, new, hint):
        assert await self.client.edit_2fa(new_password=new, hint=hint)

    async def do_change_password(self, current, new):
        assert await self.client.edit_2fa(current_password=current, new_password=new)

    async def do_remove_password(self, current):
        assert await self.client.edit_2fa(current_password=current)

    async def do_sign_in_with_password(self, phone, code, wrong, password):
        try:
            await self.client.sign_in(phone, code)
        except errors.SessionPasswordNeededError:
            pass
        else:
            raise AssertionError("a code alone signed in")
        hint = (await self.client(functions.account.GetPasswordRequest())).hint
        try:
            await self.client.sign_in(password=wrong)
        except errors.PasswordHashInvalidError:
            pass
        else:
            raise AssertionError("a wrong password signed in")
        return {"hint": hint, **plain.user_of(await self.client.sign_in(password=password))}

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
        return {"id": (await self.client.send_message(place(peer), text, reply_to=reply_to)).id}

    async def do_edit(self, peer, id, text):
        await self.client.edit_message(place(peer), id, text)

    async def do_delete(self, peer, ids):
        await self.client.delete_messages(place(peer), ids, revoke=True)

    async def do_read(self, peer, max_id):
        await self.client.send_read_acknowledge(place(peer), max_id=max_id)

    async def do_typing(self, peer):
        peer = await self.client.get_input_entity(place(peer))
        await self.client(functions.messages.SetTypingRequest(peer, types.SendMessageTypingAction()))

    async def do_online(self, online):
        await self.client(functions.account.UpdateStatusRequest(offline=not online))

    async def do_history(self, peer, limit):
        found = await self.client.get_messages(place(peer), limit=limit)
        return {"messages": [plain.message_of(message) for message in found if plain.kind(message) == "Message"]}

    async def do_dialogs(self):
        found = [item.dialog for item in await self.client.get_dialogs()]
        return {"dialogs": [plain.dialog_of(dialog) for dialog in found]}

    async def do_state(self):
        return plain.state_of(await self.client(functions.updates.GetStateRequest()))

    async def do_difference(self, state):
        async def ask(pts, date, qts):
            return await self.client(functions.updates.GetDifferenceRequest(pts=pts, date=date, qts=qts))

        return await plain.difference_from(state, ask)

    async def do_make_channel(self, title, broadcast):
        kind = {"broadcast": True} if broadcast else {"megagroup": True}
        made = await self.client(functions.channels.CreateChannelRequest(title, about="", **kind))
        return {"channel": made.chats[0].id}

    async def do_publish(self, peer, username):
        await self.client(functions.channels.UpdateUsernameRequest(place(peer), username))

    async def do_search(self, text):
        found = await self.client(functions.contacts.SearchRequest(text, limit=50))
        return {"channels": [chat.id for chat in found.chats]}

    async def do_search_posts(self, text):
        kind = {"hashtag": text[1:]} if text.startswith("#") else {"query": text}
        found = await self.client(functions.channels.SearchPostsRequest(0, types.InputPeerEmpty(), 0, 50, **kind))
        return {"channels": [message.peer_id.channel_id for message in found.messages]}

    async def do_join(self, to):
        _, plus, invite = to.partition("+")
        if plus:
            joined = await self.client(functions.messages.ImportChatInviteRequest(invite))
        else:
            joined = await self.client(functions.channels.JoinChannelRequest(to))
        # Since layer 225 the answer wraps the updates.
        joined = joined if hasattr(joined, "chats") else joined.updates
        return {"channel": joined.chats[0].id}

    async def do_leave(self, peer):
        await self.client.delete_dialog(place(peer))

    async def do_pin_message(self, peer, id):
        await self.client.pin_message(place(peer), id, notify=True)

    async def do_mute(self, peer, user, muted):
        await self.client.edit_permissions(place(peer), user, send_messages=not muted)

    async def do_invite_link(self, peer):
        peer = await self.client.get_input_entity(place(peer))
        return {"link": (await self.client(functions.messages.ExportChatInviteRequest(peer))).link}

    async def do_discuss(self, peer, group):
        await self.client(functions.channels.SetDiscussionGroupRequest(place(peer), place(group)))

    async def do_comment(self, peer, id, text):
        await self.client.send_message(place(peer), text, comment_to=id)

    async def do_channel_state(self, peer):
        full = await self.client(functions.channels.GetFullChannelRequest(place(peer)))
        return {"pts": full.full_chat.pts, "members": full.full_chat.participants_count}

    async def do_channel_difference(self, peer, pts):
        channel = await self.client.get_input_entity(place(peer))

        async def ask(pts):
            everything = types.ChannelMessagesFilterEmpty()
            return await self.client(
                functions.updates.GetChannelDifferenceRequest(channel, everything, pts, limit=20)
            )

        return await plain.channel_difference_from(pts, ask)

    async def do_send_file(self, peer, path, photo, caption):
        sent = await self.client.send_file(place(peer), path, caption=caption, force_document=not photo)
        return {"id": sent.id}

    async def do_send_album(self, peer, paths, caption):
        sent = await self.client.send_file(place(peer), paths, caption=caption)
        return {"ids": [one.id for one in sent]}

    async def do_album(self, peer, id):
        """The numbers of the messages that were sent together with this one."""
        recent = await self.client.get_messages(place(peer), limit=40)
        album = next(message.grouped_id for message in recent if message.id == id)
        return {"ids": [message.id for message in recent if album and message.grouped_id == album]}

    async def do_fetch(self, peer, id, path):
        message = await self.client.get_messages(place(peer), ids=id)
        await self.client.download_media(message, path)

    async def do_wear(self, path):
        file = await self.client.upload_file(path)
        await self.client(functions.photos.UploadProfilePhotoRequest(file=file))

    async def do_face(self, peer, path):
        await self.client.download_profile_photo(place(peer), path)

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
