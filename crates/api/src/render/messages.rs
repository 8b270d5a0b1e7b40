//! Messages, drafts and peers.

use super::media::{message_media, message_photo};
use super::{Viewer, entities, marks};
use heliograph_domain::messages::saved_peer;
use heliograph_model::{
    ChannelId, ChatId, Content, Forward, Message, MessageId, Peer, Restriction, ServiceAction,
    Thread, UserId,
};
use heliograph_store::mailbox::Draft;
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::{self, MessageAction};
use heliograph_tl::{Decode, types};

/// A peer on the wire.
pub(crate) fn peer(peer: impl Into<Peer>) -> enums::Peer {
    match peer.into() {
        Peer::User(UserId(user_id)) => types::PeerUser { user_id }.into(),
        Peer::Chat(ChatId(chat_id)) => types::PeerChat { chat_id }.into(),
        Peer::Channel(ChannelId(channel_id)) => types::PeerChannel { channel_id }.into(),
    }
}

/// A message as the owner of its mailbox sees it. A channel's post that is restricted in some countries
/// reads differently there: that is [`message_for`].
pub(crate) fn message(viewer: Viewer<'_>, message: &Message) -> enums::Message {
    message_in(viewer, message, None)
}

/// A message as the owner of its mailbox sees it, or as a member from a country sees a channel's.
pub(crate) fn message_in(
    viewer: Viewer<'_>,
    message: &Message,
    country: Option<&str>,
) -> enums::Message {
    let me = viewer.me;
    let saved = message.peer == Peer::User(me);
    let forward = message.body.forward.as_ref();
    let part = message.body.channel.clone().unwrap_or_default();
    let in_channel = matches!(message.peer, Peer::Channel(_));
    // What was forwarded into Saved Messages is not "sent": TDLib insists on it.
    let out = if in_channel {
        message.from == me
    } else {
        message.out && !(saved && forward.is_some())
    };
    let mentioned = part.mentioned.contains(&me);
    // A post is nobody's but the channel's; an anonymous message is the group's.
    let from_id = match part.in_name_of {
        Some(_) if part.post => None,
        Some(channel) => Some(peer(channel)),
        None => Some(peer(message.from)),
    };
    let saved_peer = saved.then(|| peer(saved_peer(message)));
    let reply_to = message.reply_to.map(|id| reply_in(id, part.thread));
    if let Some(action) = &message.body.action {
        return types::MessageService {
            out,
            mentioned,
            silent: message.silent,
            post: part.post,
            id: message.id.0 as i32,
            from_id,
            peer_id: peer(message.peer),
            saved_peer_id: saved_peer,
            reply_to,
            date: message.date,
            action: self::action(viewer, message, action),
            ..Default::default()
        }
        .into();
    }
    let counters = message.counters;
    let counted = counters.filter(|_| part.post);
    let shown = types::Message {
        out,
        mentioned,
        silent: message.silent,
        post: part.post,
        pinned: message.pinned,
        noforwards: message.body.no_forwards,
        invert_media: message.body.invert_media,
        id: message.id.0 as i32,
        from_id,
        peer_id: peer(message.peer),
        saved_peer_id: saved_peer,
        fwd_from: forward.map(forward_header),
        reply_to,
        date: message.date,
        message: message.body.text.clone(),
        media: message_media(viewer, message),
        grouped_id: message.body.album,
        entities: entities(&message.body.entities),
        views: counted.map(|counted| counted.views as i32),
        forwards: counted.map(|counted| counted.forwards as i32),
        replies: counters.and_then(|counters| counters.thread).map(replies),
        edit_date: message.body.edit_date,
        reply_markup: message.body.markup.as_ref().and_then(markup),
        post_author: part.signature,
        ..Default::default()
    };
    match marks::instead_of(viewer, message, country) {
        None => shown.into(),
        Some(instead) => restrained(shown, instead),
    }
}

/// The same as [`message`], with what holds in the viewer's country besides.
pub(crate) async fn message_for(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    one: &Message,
) -> Result<enums::Message, StoreError> {
    let country = marks::country_for(viewer, rows, [one]).await?;
    Ok(message_in(viewer, one, country.as_deref()))
}

/// A message with something else in its place.
fn restrained(shown: types::Message, instead: Restriction) -> enums::Message {
    types::Message {
        restriction_reason: Some(vec![marks::reason(&instead)]),
        message: instead.text,
        entities: None,
        media: None,
        reply_markup: None,
        ..shown
    }
    .into()
}

/// A message's thread: comments in another group, or answers in the same one.
pub(crate) fn replies(thread: Thread) -> enums::MessageReplies {
    types::MessageReplies {
        replies: thread.replies as i32,
        replies_pts: 0,
        recent_repliers: None,
        channel_id: thread.group.map(|group| group.0),
        max_id: thread.newest.map(|newest| newest.0 as i32),
        read_max_id: None,
    }
    .into()
}

/// A stored keyboard; one that does not read any more is not shown.
fn markup(content: &Content) -> Option<enums::ReplyMarkup> {
    enums::ReplyMarkup::from_bytes(&content.bytes).ok()
}

fn action(viewer: Viewer<'_>, message: &Message, action: &ServiceAction) -> MessageAction {
    match action {
        ServiceAction::ContactSignUp => MessageAction::ContactSignUp,
        ServiceAction::PinMessage => MessageAction::PinMessage,
        ServiceAction::HistoryClear => MessageAction::HistoryClear,
        ServiceAction::ChannelCreate(title) => types::MessageActionChannelCreate {
            title: title.clone(),
        }
        .into(),
        ServiceAction::EditTitle(title) => types::MessageActionChatEditTitle {
            title: title.clone(),
        }
        .into(),
        ServiceAction::AddUsers(users) => types::MessageActionChatAddUser {
            users: users.iter().map(|user| user.0).collect(),
        }
        .into(),
        ServiceAction::RemoveUser(user) => {
            types::MessageActionChatDeleteUser { user_id: user.0 }.into()
        }
        ServiceAction::JoinedByLink(inviter) => types::MessageActionChatJoinedByLink {
            inviter_id: inviter.0,
        }
        .into(),
        ServiceAction::JoinedByRequest => MessageAction::ChatJoinedByRequest,
        ServiceAction::EditPhoto => match message_photo(viewer, message) {
            Some(photo) => types::MessageActionChatEditPhoto { photo }.into(),
            None => MessageAction::Empty,
        },
        ServiceAction::DeletePhoto => MessageAction::ChatDeletePhoto,
    }
}

/// The same in a thread of a group; the first message of the thread is not named twice.
fn reply_in(id: MessageId, thread: Option<MessageId>) -> enums::MessageReplyHeader {
    let top = thread.filter(|top| *top != id);
    types::MessageReplyHeader {
        reply_to_msg_id: Some(id.0 as i32),
        reply_to_top_id: top.map(|top| top.0 as i32),
        ..Default::default()
    }
    .into()
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
        post_author: forward.signature.clone(),
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
