"""Drives Pyrogram 2.0.106 and its living descendant Kurigram, which share one package name."""

import asyncio
import inspect
import logging
import os
import sys

# Pyrogram binds its clients to the loop that is current, already when it is imported.
LOOP = asyncio.new_event_loop()
asyncio.set_event_loop(LOOP)

import pyrogram
from pyrogram import Client, enums, raw, utils
from pyrogram.crypto import rsa
from pyrogram.handlers import RawUpdateHandler
from pyrogram.raw.all import layer

import lines
import plain

# Kurigram takes its connection as an option; Pyrogram has only a built-in list of addresses.
TAKES_CONNECTION = "connection_factory" in inspect.signature(Client.__init__).parameters


def options_for(host, port, transport):
    """The constructor options that point every data centre at our server."""
    if TAKES_CONNECTION:
        from pyrogram.connection import Connection
        from pyrogram.connection.transport import TCPAbridged, TCPIntermediatePadded

        def connect_here(**options):
            options.update(server_address=host, port=port)
            return Connection(**options)

        protocols = {"abridged": TCPAbridged, "padded intermediate": TCPIntermediatePadded}
        return {
            "connection_factory": connect_here,
            "protocol_factory": protocols[transport],
            # Without this, the library drops what it missed.
            "skip_updates": False,
        }
    from pyrogram.session.internals.data_center import DataCenter

    DataCenter.__new__ = lambda cls, dc_id, test_mode, ipv6, media: (host, port)
    return {}


def place(peer):
    """What the library takes for `@username`, or for the number of a channel or group."""
    return utils.get_channel_id(peer) if isinstance(peer, int) else peer


class Driver:
    async def do_connect(self, host, port, key, session, transport):
        public = rsa.PublicKey(int(key["modulus"], 16), 65537)
        rsa.server_public_keys[int(key["fingerprint"])] = public
        options = options_for(host, port, transport)
        signed_in = os.path.exists(f"{session}/signed-in")
        self.marker = f"{session}/signed-in"
        # One worker: updates are handed over in the order in which they came.
        self.client = Client("pyrogram", 1, "a" * 32, workdir=session, workers=1, **options)
        self.client.add_handler(RawUpdateHandler(self.on_update))
        if signed_in:
            # `start` would ask on the terminal if the server had forgotten this session.
            await self.client.connect()
            try:
                await self.client.invoke(raw.functions.updates.GetState())
            except pyrogram.errors.Unauthorized:
                signed_in = False
            else:
                await self.client.disconnect()
                await self.client.start()
        else:
            await self.client.connect()
        return {"authorized": signed_in, "layer": layer, "version": pyrogram.__version__}

    async def on_update(self, client, update, users, chats):
        if event := plain.event_of(update):
            lines.emit(event)

    async def started(self, user):
        """Starts again as an application does on its next launch: now with updates."""
        await self.client.disconnect()
        await self.client.start()
        with open(self.marker, "w", encoding="ascii"):
            pass
        return await self.do_me()

    async def do_send_code(self, phone):
        send = getattr(self.client, "send_phone_number_code", None) or self.client.send_code
        self.sent = await send(phone)

    async def do_sign_in(self, phone, code):
        return await self.started(
            await self.client.sign_in(phone, self.sent.phone_code_hash, code)
        )

    async def do_sign_up(self, phone, code, first_name, last_name):
        code_hash = self.sent.phone_code_hash
        found = await self.client.sign_in(phone, code_hash, code)
        if isinstance(found, pyrogram.types.User):
            raise AssertionError("a fresh number was signed in without signing up")
        return await self.started(
            await self.client.sign_up(phone, code_hash, first_name, last_name)
        )

    async def do_set_password(self, new, hint):
        assert await self.client.enable_cloud_password(new, hint=hint)

    async def do_change_password(self, current, new):
        assert await self.client.change_cloud_password(current, new)

    async def do_remove_password(self, current):
        assert await self.client.remove_cloud_password(current)

    async def do_sign_in_with_password(self, phone, code, wrong, password):
        try:
            await self.client.sign_in(phone, self.sent.phone_code_hash, code)
        except pyrogram.errors.SessionPasswordNeeded:
            pass
        else:
            raise AssertionError("a code alone signed in")
        hint = await self.client.get_password_hint()
        try:
            await self.client.check_password(wrong)
        except pyrogram.errors.PasswordHashInvalid:
            pass
        else:
            raise AssertionError("a wrong password signed in")
        return {"hint": hint, **await self.started(await self.client.check_password(password))}

    async def do_me(self):
        return await self.do_user("me")

    async def do_user(self, peer):
        peer = await self.client.resolve_peer(peer)
        if isinstance(peer, raw.types.InputPeerSelf):
            who = raw.types.InputUserSelf()
        else:
            who = raw.types.InputUser(user_id=peer.user_id, access_hash=peer.access_hash)
        return plain.user_of((await self.client.invoke(raw.functions.users.GetUsers(id=[who])))[0])

    async def do_add_contact(self, phone, first_name):
        contact = pyrogram.types.InputPhoneContact(phone, first_name)
        return plain.user_of((await self.client.import_contacts([contact])).users[0])

    async def do_resolve(self, username):
        found = await self.client.invoke(raw.functions.contacts.ResolveUsername(username=username))
        return plain.user_of(found.users[0])

    async def do_send(self, peer, text, reply_to=None):
        options = {}
        if reply_to and TAKES_CONNECTION:
            options["reply_parameters"] = pyrogram.types.ReplyParameters(message_id=reply_to)
        elif reply_to:
            options["reply_to_message_id"] = reply_to
        return {"id": (await self.client.send_message(place(peer), text, **options)).id}

    async def do_send_file(self, peer, path, photo, caption):
        send = self.client.send_photo if photo else self.client.send_document
        return {"id": (await send(place(peer), path, caption=caption)).id}

    async def do_fetch(self, peer, id, path):
        message = await self.client.get_messages(place(peer), id)
        await self.client.download_media(message, file_name=path)

    async def do_wear(self, path):
        await self.client.set_profile_photo(photo=path)

    async def do_face(self, peer, path):
        user = await self.client.get_users(place(peer))
        await self.client.download_media(user.photo.big_file_id, file_name=path)

    async def do_edit(self, peer, id, text):
        await self.client.edit_message_text(place(peer), id, text)

    async def do_delete(self, peer, ids):
        await self.client.delete_messages(place(peer), ids, revoke=True)

    async def do_read(self, peer, max_id):
        await self.client.read_chat_history(place(peer), max_id)

    async def do_typing(self, peer):
        await self.client.send_chat_action(place(peer), enums.ChatAction.TYPING)

    async def do_online(self, online):
        await self.client.invoke(raw.functions.account.UpdateStatus(offline=not online))

    async def do_history(self, peer, limit):
        found = [message async for message in self.client.get_chat_history(place(peer), limit=limit)]
        return {
            "messages": [
                {
                    "id": message.id,
                    "out": bool(message.outgoing),
                    "text": str(message.text),
                    "reply_to": message.reply_to_message_id,
                }
                for message in found
                if not message.service
            ]
        }

    async def do_dialogs(self):
        found = await self.client.invoke(
            raw.functions.messages.GetDialogs(
                offset_date=0,
                offset_id=0,
                offset_peer=raw.types.InputPeerEmpty(),
                limit=100,
                hash=0,
            )
        )
        return {"dialogs": [plain.dialog_of(dialog) for dialog in found.dialogs]}

    async def do_state(self):
        return plain.state_of(await self.client.invoke(raw.functions.updates.GetState()))

    async def do_difference(self, state):
        async def ask(**known):
            return await self.client.invoke(raw.functions.updates.GetDifference(**known))

        return await plain.difference_from(state, ask)

    async def do_make_channel(self, title, broadcast):
        make = self.client.create_channel if broadcast else self.client.create_supergroup
        return {"channel": utils.get_channel_id((await make(title)).id)}

    async def do_publish(self, peer, username):
        await self.client.set_chat_username(place(peer), username)

    async def do_search(self, text):
        found = await self.client.invoke(raw.functions.contacts.Search(q=text, limit=50))
        return {"channels": [chat.id for chat in found.chats]}

    async def do_join(self, to):
        joined = await self.client.join_chat(to)
        # Kurigram wraps the chat in a result.
        return {"channel": utils.get_channel_id(getattr(joined, "chat", joined).id)}

    async def do_leave(self, peer):
        await self.client.leave_chat(place(peer))

    async def do_pin_message(self, peer, id):
        await self.client.pin_chat_message(place(peer), id)

    async def do_mute(self, peer, user, muted):
        if muted:
            permissions = pyrogram.types.ChatPermissions()
        else:
            chat = await self.client.get_chat(place(peer))
            permissions = chat.permissions
        await self.client.restrict_chat_member(place(peer), user, permissions)

    async def do_invite_link(self, peer):
        return {"link": await self.client.export_chat_invite_link(place(peer))}

    async def do_discuss(self, peer, group):
        broadcast = await self.client.resolve_peer(place(peer))
        group = await self.client.resolve_peer(place(group))
        await self.client.invoke(raw.functions.channels.SetDiscussionGroup(broadcast=broadcast, group=group))

    async def do_comment(self, peer, id, text):
        first = await self.client.get_discussion_message(place(peer), id)
        await self.do_send(utils.get_channel_id(first.chat.id), text, first.id)

    async def do_channel_state(self, peer):
        channel = await self.client.resolve_peer(place(peer))
        full = await self.client.invoke(raw.functions.channels.GetFullChannel(channel=channel))
        return {"pts": full.full_chat.pts}

    async def do_channel_difference(self, peer, pts):
        channel = await self.client.resolve_peer(place(peer))
        everything = raw.types.ChannelMessagesFilterEmpty()

        async def ask(pts):
            return await self.client.invoke(
                raw.functions.updates.GetChannelDifference(
                    channel=channel, filter=everything, pts=pts, limit=20
                )
            )

        return await plain.channel_difference_from(pts, ask)

    async def do_save_draft(self, peer, text):
        peer = await self.client.resolve_peer(peer)
        await self.client.invoke(raw.functions.messages.SaveDraft(peer=peer, message=text))

    async def do_pin(self, peer, pinned):
        peer = raw.types.InputDialogPeer(peer=await self.client.resolve_peer(peer))
        await self.client.invoke(raw.functions.messages.ToggleDialogPin(peer=peer, pinned=pinned))

    async def do_set_name(self, first_name, last_name):
        await self.client.update_profile(first_name=first_name, last_name=last_name)

    async def do_set_username(self, username):
        await self.client.set_username(username)

    async def do_disconnect(self):
        await self.client.stop()

    async def do_log_out(self):
        await self.client.log_out()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    LOOP.run_until_complete(lines.serve(Driver()))
