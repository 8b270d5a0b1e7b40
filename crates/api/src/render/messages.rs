//! Messages, drafts and peers.

use super::entities;
use heliograph_domain::messages::saved_peer;
use heliograph_model::{
    ChannelId, ChatId, Forward, Message, MessageId, Peer, ServiceAction, UserId,
};
use heliograph_store::mailbox::Draft;
use heliograph_tl::enums::{self, MessageAction};
use heliograph_tl::types;
use std::collections::BTreeSet;

/// A peer on the wire.
pub(crate) fn peer(peer: impl Into<Peer>) -> enums::Peer {
    match peer.into() {
        Peer::User(UserId(user_id)) => types::PeerUser { user_id }.into(),
        Peer::Chat(ChatId(chat_id)) => types::PeerChat { chat_id }.into(),
        Peer::Channel(ChannelId(channel_id)) => types::PeerChannel { channel_id }.into(),
    }
}

/// Notes everyone whom a message shows.
pub(crate) fn people_of(message: &Message, people: &mut BTreeSet<UserId>) {
    people.insert(message.from);
    people.extend(message.peer.user());
    if let Some(forward) = &message.body.forward {
        people.extend(forward.from.and_then(Peer::user));
        people.extend(forward.saved_from.and_then(|(peer, _)| peer.user()));
    }
    for entity in &message.body.entities {
        if let heliograph_model::EntityKind::MentionName(user) = entity.kind {
            people.insert(user);
        }
    }
}

/// A message as the owner of its mailbox sees it.
pub(crate) fn message(me: UserId, message: &Message) -> enums::Message {
    let saved = message.peer == Peer::User(me);
    let forward = message.body.forward.as_ref();
    // What was forwarded into Saved Messages is not "sent": TDLib insists on it.
    let out = message.out && !(saved && forward.is_some());
    let saved_peer = saved.then(|| peer(saved_peer(message)));
    if let Some(action) = &message.body.action {
        return types::MessageService {
            out,
            silent: message.silent,
            id: message.id.0 as i32,
            from_id: Some(peer(message.from)),
            peer_id: peer(message.peer),
            saved_peer_id: saved_peer,
            reply_to: message.reply_to.map(reply),
            date: message.date,
            action: self::action(action),
            ..Default::default()
        }
        .into();
    }
    types::Message {
        out,
        silent: message.silent,
        pinned: message.pinned,
        noforwards: message.body.no_forwards,
        invert_media: message.body.invert_media,
        id: message.id.0 as i32,
        from_id: Some(peer(message.from)),
        peer_id: peer(message.peer),
        saved_peer_id: saved_peer,
        fwd_from: forward.map(forward_header),
        reply_to: message.reply_to.map(reply),
        date: message.date,
        message: message.body.text.clone(),
        entities: entities(&message.body.entities),
        edit_date: message.body.edit_date,
        ..Default::default()
    }
    .into()
}

fn action(action: &ServiceAction) -> MessageAction {
    match action {
        ServiceAction::ContactSignUp => MessageAction::ContactSignUp,
        ServiceAction::PinMessage => MessageAction::PinMessage,
        ServiceAction::HistoryClear => MessageAction::HistoryClear,
    }
}

pub(super) fn reply(id: MessageId) -> enums::MessageReplyHeader {
    types::MessageReplyHeader {
        reply_to_msg_id: Some(id.0 as i32),
        ..Default::default()
    }
    .into()
}

fn forward_header(forward: &Forward) -> enums::MessageFwdHeader {
    let (saved_peer, saved_id) = forward.saved_from.unzip();
    types::MessageFwdHeader {
        from_id: forward.from.map(peer),
        from_name: forward.from_name.clone(),
        date: forward.date,
        channel_post: forward.channel_post.map(|id| id.0 as i32),
        saved_from_peer: saved_peer.map(peer),
        saved_from_msg_id: saved_id.map(|id| id.0 as i32),
        ..Default::default()
    }
    .into()
}

/// A draft, or the empty one.
pub(crate) fn draft(draft: Option<&Draft>) -> enums::DraftMessage {
    let Some(draft) = draft else {
        return types::DraftMessageEmpty::default().into();
    };
    let reply_to = draft.reply_to.map(|id| {
        let to = types::InputReplyToMessage {
            reply_to_msg_id: id.0 as i32,
            ..Default::default()
        };
        enums::InputReplyTo::from(to)
    });
    types::DraftMessage {
        no_webpage: draft.no_webpage,
        reply_to,
        message: draft.text.clone(),
        entities: entities(&draft.entities),
        date: draft.date,
        ..Default::default()
    }
    .into()
}
