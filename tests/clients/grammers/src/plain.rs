//! Turns grammers' raw TL objects into the harness's plain records.

use grammers_client::tl::{enums, types};
use serde_json::{Value, json};

/// A `user`, reduced to what the scenarios compare.
pub fn user(user: &enums::User) -> Value {
    let enums::User::User(user) = user else {
        return json!({ "id": user.id() });
    };
    json!({
        "id": user.id,
        "first_name": user.first_name.as_deref().unwrap_or_default(),
        "last_name": user.last_name.as_deref().unwrap_or_default(),
        "username": user.username.as_deref().unwrap_or_default(),
    })
}

/// A `message` of a private chat, or of a channel or group.
pub fn message(message: &enums::Message) -> Option<Value> {
    let enums::Message::Message(message) = message else {
        return None;
    };
    let reply_to = match &message.reply_to {
        Some(enums::MessageReplyHeader::Header(header)) => header.reply_to_msg_id,
        _ => None,
    };
    let mut record = json!({
        "id": message.id,
        "out": message.out,
        "mentioned": message.mentioned,
        "text": message.message,
        "reply_to": reply_to,
    });
    match &message.peer_id {
        enums::Peer::Channel(place) => record["channel"] = json!(place.channel_id),
        private => record["chat"] = json!(chat(private)?),
    }
    Some(record)
}

/// A `dialog` with a user, or nothing for any other.
pub fn dialog(dialog: &enums::Dialog) -> Option<Value> {
    let enums::Dialog::Dialog(dialog) = dialog else {
        return None;
    };
    Some(json!({
        "chat": chat(&dialog.peer)?,
        "top": dialog.top_message,
        "unread": dialog.unread_count,
        "read_inbox": dialog.read_inbox_max_id,
        "read_outbox": dialog.read_outbox_max_id,
        "pinned": dialog.pinned,
        "draft": dialog.draft.as_ref().map(draft).unwrap_or_default(),
    }))
}

/// The event for one update, or nothing where the scenarios do not look.
pub fn event(update: &enums::Update) -> Option<Value> {
    use enums::Update;
    Some(match update {
        Update::NewMessage(new) => new_message(&new.message)?,
        Update::EditMessage(edit) => named("edited", message(&edit.message)?),
        Update::NewChannelMessage(new) => named("post", message(&new.message)?),
        Update::EditChannelMessage(edit) => named("post_edited", message(&edit.message)?),
        Update::DeleteChannelMessages(gone) => {
            json!({ "event": "posts_deleted", "channel": gone.channel_id, "ids": gone.messages })
        }
        Update::PinnedChannelMessages(pin) => json!({
            "event": "posts_pinned",
            "channel": pin.channel_id,
            "ids": pin.messages,
            "pinned": pin.pinned,
        }),
        Update::ReadChannelInbox(read) => {
            json!({ "event": "posts_read", "channel": read.channel_id, "max_id": read.max_id })
        }
        Update::ReadChannelOutbox(read) => {
            json!({ "event": "posts_seen", "channel": read.channel_id, "max_id": read.max_id })
        }
        Update::ChannelUserTyping(typing) => json!({
            "event": "group_typing",
            "channel": typing.channel_id,
            "user": chat(&typing.from_id)?,
        }),
        Update::DeleteMessages(deleted) => json!({ "event": "deleted", "ids": deleted.messages }),
        Update::ReadHistoryInbox(read) => {
            json!({ "event": "read_inbox", "chat": chat(&read.peer)?, "max_id": read.max_id })
        }
        Update::ReadHistoryOutbox(read) => {
            json!({ "event": "read_outbox", "chat": chat(&read.peer)?, "max_id": read.max_id })
        }
        Update::UserTyping(typing) => json!({ "event": "typing", "user": typing.user_id }),
        Update::UserStatus(status) => {
            let online = matches!(status.status, enums::UserStatus::Online(_));
            json!({ "event": "status", "user": status.user_id, "online": online })
        }
        Update::UserName(name) => json!({
            "event": "name",
            "user": name.user_id,
            "first_name": name.first_name,
            "last_name": name.last_name,
            "username": active(&name.usernames),
        }),
        Update::DraftMessage(new) => {
            json!({ "event": "draft", "chat": chat(&new.peer)?, "text": draft(&new.draft) })
        }
        Update::DialogPinned(pin) => match &pin.peer {
            enums::DialogPeer::Peer(dialog) => {
                json!({ "event": "pinned", "chat": chat(&dialog.peer)?, "pinned": pin.pinned })
            }
            _ => return None,
        },
        _ => return None,
    })
}

/// The event for a message that comes without an update around it.
pub fn new_message(new: &enums::Message) -> Option<Value> {
    let event = match new {
        enums::Message::Message(new) if matches!(new.peer_id, enums::Peer::Channel(_)) => "post",
        _ => "new_message",
    };
    message(new).map(|new| named(event, new))
}

fn named(event: &str, mut record: Value) -> Value {
    record["event"] = json!(event);
    record
}

fn chat(peer: &enums::Peer) -> Option<i64> {
    match peer {
        enums::Peer::User(types::PeerUser { user_id }) => Some(*user_id),
        _ => None,
    }
}

fn draft(draft: &enums::DraftMessage) -> &str {
    match draft {
        enums::DraftMessage::Message(draft) => &draft.message,
        enums::DraftMessage::Empty(_) => "",
    }
}

fn active(names: &[enums::Username]) -> &str {
    let mut names = names.iter().map(|enums::Username::Username(name)| name);
    names
        .find(|name| name.active)
        .map_or("", |name| &name.username)
}
