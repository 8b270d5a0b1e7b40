"""Turns the raw TL objects of Telethon, Pyrogram and Kurigram into the harness's plain records.

All three name constructors and fields as the schema does, so one reading serves them.
"""


def kind(value):
    """The schema name of a TL object: `updateNewMessage` is `UpdateNewMessage`."""
    return type(value).__name__


def user_of(user):
    """A `user`, reduced to what the scenarios compare."""
    return {
        "id": user.id,
        "first_name": user.first_name or "",
        "last_name": user.last_name or "",
        "username": user.username or "",
    }


def message_of(message):
    """A `message` of a private chat, or of a channel or group."""
    peer = message.peer_id
    place = {"chat": peer.user_id} if hasattr(peer, "user_id") else {"channel": peer.channel_id}
    return {
        "id": message.id,
        **place,
        "out": bool(message.out),
        "mentioned": bool(message.mentioned),
        "text": message.message,
        "reply_to": getattr(message.reply_to, "reply_to_msg_id", None),
    }


def draft_text(draft):
    """The text of a `draftMessage`; empty for none."""
    return getattr(draft, "message", "") or ""


def dialog_of(dialog):
    """A `dialog` with a user; of one with a channel, which channel it is."""
    if hasattr(dialog.peer, "channel_id"):
        return {"channel": dialog.peer.channel_id}
    return {
        "chat": dialog.peer.user_id,
        "top": dialog.top_message,
        "unread": dialog.unread_count,
        "read_inbox": dialog.read_inbox_max_id,
        "read_outbox": dialog.read_outbox_max_id,
        "pinned": bool(dialog.pinned),
        "draft": draft_text(dialog.draft),
    }


def state_of(state):
    """An `updates.state`; Telethon reads its date as a `datetime`."""
    date = state.date if isinstance(state.date, int) else int(state.date.timestamp())
    return {"pts": state.pts, "qts": state.qts, "date": date}


def events_of(difference):
    """What one `updates.difference` or slice of it tells."""
    new = (message_of(message) for message in difference.new_messages if is_private(message))
    other = map(event_of, difference.other_updates)
    return [{"event": "new_message", **message} for message in new] + [event for event in other if event]


async def difference_from(state, ask):
    """Everything since `state`, slice by slice; `ask` calls `updates.getDifference`."""
    events, slices = [], 0
    while True:
        answer = await ask(**state)
        name = kind(answer)
        if name == "DifferenceTooLong":
            raise AssertionError("the server calls the difference too long")
        if name == "DifferenceEmpty":
            return {"events": events, "slices": slices}
        events += events_of(answer)
        slices += 1
        if name == "Difference":
            return {"events": events, "slices": slices}
        state = state_of(answer.intermediate_state)


async def channel_difference_from(pts, ask):
    """Everything in a channel since `pts`, slice by slice; `ask` calls `updates.getChannelDifference`."""
    events, slices = [], 0
    while True:
        answer = await ask(pts)
        name = kind(answer)
        if name == "ChannelDifferenceTooLong":
            raise AssertionError("the server calls the difference too long")
        if name == "ChannelDifferenceEmpty":
            return {"events": events, "slices": slices}
        new = filter(is_post, answer.new_messages)
        other = map(event_of, answer.other_updates)
        events += [{"event": "post", **message_of(message)} for message in new]
        events += [event for event in other if event]
        slices += 1
        if answer.final:
            return {"events": events, "slices": slices}
        pts = answer.pts


def is_post(message):
    """Whether a message is a plain one in a channel or group."""
    return kind(message) == "Message" and hasattr(message.peer_id, "channel_id")


def is_private(message):
    """Whether a message is a plain one between two users."""
    return kind(message) == "Message" and hasattr(message.peer_id, "user_id")


def event_of(update):
    """The event for one update, or None where the scenarios do not look."""
    name = kind(update)
    if name in ("UpdateNewMessage", "UpdateEditMessage") and is_private(update.message):
        event = "new_message" if name == "UpdateNewMessage" else "edited"
        return {"event": event, **message_of(update.message)}
    if name == "UpdateShortMessage":
        return {
            "event": "new_message",
            "id": update.id,
            "chat": update.user_id,
            "out": bool(update.out),
            "text": update.message,
            "reply_to": getattr(update.reply_to, "reply_to_msg_id", None),
        }
    # Kurigram hands over what it missed of a channel as UpdateNewMessage.
    if name in ("UpdateNewChannelMessage", "UpdateNewMessage") and is_post(update.message):
        return {"event": "post", **message_of(update.message)}
    if name == "UpdateEditChannelMessage" and is_post(update.message):
        return {"event": "post_edited", **message_of(update.message)}
    if name == "UpdateDeleteChannelMessages":
        return {"event": "posts_deleted", "channel": update.channel_id, "ids": list(update.messages)}
    if name == "UpdatePinnedChannelMessages":
        ids, pinned = list(update.messages), bool(update.pinned)
        return {"event": "posts_pinned", "channel": update.channel_id, "ids": ids, "pinned": pinned}
    if name == "UpdateReadChannelInbox":
        return {"event": "posts_read", "channel": update.channel_id, "max_id": update.max_id}
    if name == "UpdateReadChannelOutbox":
        return {"event": "posts_seen", "channel": update.channel_id, "max_id": update.max_id}
    if name == "UpdateChannelUserTyping":
        return {"event": "group_typing", "channel": update.channel_id, "user": update.from_id.user_id}
    if name == "UpdateDeleteMessages":
        return {"event": "deleted", "ids": list(update.messages)}
    if name == "UpdateReadHistoryInbox":
        return {"event": "read_inbox", "chat": update.peer.user_id, "max_id": update.max_id}
    if name == "UpdateReadHistoryOutbox":
        return {"event": "read_outbox", "chat": update.peer.user_id, "max_id": update.max_id}
    if name == "UpdateUserTyping":
        return {"event": "typing", "user": update.user_id}
    if name == "UpdateUserStatus":
        online = kind(update.status) == "UserStatusOnline"
        return {"event": "status", "user": update.user_id, "online": online}
    if name == "UpdateUserName":
        active = [name.username for name in update.usernames if name.active]
        return {
            "event": "name",
            "user": update.user_id,
            "first_name": update.first_name,
            "last_name": update.last_name,
            "username": active[0] if active else "",
        }
    if name == "UpdateDraftMessage":
        return {"event": "draft", "chat": update.peer.user_id, "text": draft_text(update.draft)}
    if name == "UpdateDialogPinned":
        return {"event": "pinned", "chat": update.peer.peer.user_id, "pinned": bool(update.pinned)}
    return None
