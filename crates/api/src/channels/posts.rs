//! A channel's messages: reading, marking, deleting, linking to them.

use super::full::named;
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::messages::{empty, find};
use crate::render::{self, Everyone, LINKS, Shown};
use crate::resolve::message_id;
use crate::router::{Access, Router};
use heliograph_domain::bots;
use heliograph_domain::channels::{
    self, DeletePosts, ReadChannel, ReadMentions, Standing, unread_mentions,
};
use heliograph_domain::messages::{self, DELETE_MAX, Page, Place, Wanted, Window};
use heliograph_model::{AdminRights, ChannelId, Message, MessageId, Peer, UserId};
use heliograph_store::{Rows, mailbox};
use heliograph_tl::enums::messages::{AffectedHistory, AffectedMessages, Messages};
use heliograph_tl::enums::{ExportedMessageLink, InputMessage, InputPeer, Updates};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_messages)
        .method(Access::User, Rate::Write, read_history)
        .method(Access::User, Rate::Write, read_message_contents)
        .method(Access::User, Rate::Read, get_unread_mentions)
        .method(Access::User, Rate::Write, read_mentions)
        .method(Access::User, Rate::Write, delete_messages)
        .method(Access::User, Rate::Write, delete_history)
        .method(Access::User, Rate::Write, delete_participant_history)
        .method(Access::User, Rate::Read, export_message_link);
}

/// How many messages one request names at most; clients ask for 100 at a time.
const NAMED_MAX: usize = 200;

/// `channels.getMessages`: messages by their numbers, in the order asked for; `messageEmpty` stands
/// where there is none.
///
/// Fails with `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_messages(cx: Ctx, req: f::channels::GetMessages) -> Result<Messages> {
    let viewer = cx.viewer()?;
    let standing = named(&cx, &req.channel).await?;
    standing.may_read()?;
    let owner = standing.channel.id.into();
    let mut view = cx.store.view().await?;
    let mut shown = Shown::chat(standing.peer());
    let mut messages = Vec::with_capacity(req.id.len().min(NAMED_MAX));
    for named in req.id.iter().take(NAMED_MAX) {
        let found = match named {
            InputMessage::Pinned => {
                let pinned = messages::pinned(&mut *view, owner, standing.peer()).await?;
                let newest = pinned.first().copied().unwrap_or_default();
                mailbox::load(&mut *view, owner, newest).await?
            }
            named => find(&mut *view, owner, named).await?,
        };
        let Some(mut message) = found else {
            messages.push(empty(named));
            continue;
        };
        if hidden_from(&mut *view, viewer.me, &standing, &message).await? {
            messages.push(empty(named));
            continue;
        }
        channels::count(&mut *view, std::slice::from_mut(&mut message)).await?;
        shown.message(&message);
        messages.push(render::message_for(viewer, &mut *view, &message).await?);
    }
    let pts = mailbox::state(&mut *view, owner).await?.pts as i32;
    let Everyone { users, chats } = shown.load(viewer, &mut *view).await?;
    Ok(types::messages::ChannelMessages {
        pts,
        count: messages.len() as i32,
        messages,
        topics: Vec::new(),
        chats,
        users,
        ..Default::default()
    }
    .into())
}

/// Whether a message is not for this bot, in privacy mode.
async fn hidden_from(
    rows: &mut dyn Rows,
    viewer: UserId,
    standing: &Standing,
    message: &Message,
) -> Result<bool> {
    if !viewer.is_bot() || message.from == viewer {
        return Ok(false);
    }
    Ok(!bots::sees(rows, viewer, standing.channel.id, message).await?)
}

/// `channels.readHistory`: marks a channel as read up to `max_id`; in a group the authors are told.
///
/// Fails with `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn read_history(cx: Ctx, req: f::channels::ReadHistory) -> Result<bool> {
    let user = cx.user()?;
    let channel = cx.channel(&req.channel).await?;
    let max_id = message_id(req.max_id);
    let read = ReadChannel {
        user,
        channel,
        max_id,
    };
    Ok(cx.write(read).await?)
}

/// `channels.readMessageContents`: notes that the caller has opened mentions.
///
/// Fails with `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn read_message_contents(cx: Ctx, req: f::channels::ReadMessageContents) -> Result<bool> {
    let user = cx.user()?;
    let standing = named(&cx, &req.channel).await?;
    standing.may_read()?;
    let read = ReadMentions {
        user,
        channel: standing.channel.id,
        ids: Some(req.id.into_iter().take(NAMED_MAX).map(message_id).collect()),
    };
    cx.write(read).await?;
    Ok(true)
}

/// How many mentions are looked at.
const MENTIONS_MAX: usize = 1000;

/// `messages.getUnreadMentions`: the messages that mention the caller and were not opened, newest
/// first. In private chats nobody is mentioned.
///
/// Fails with `PEER_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_unread_mentions(cx: Ctx, req: f::messages::GetUnreadMentions) -> Result<Messages> {
    let viewer = cx.viewer()?;
    let chat = cx.chat(&req.peer).await?;
    let mut view = cx.store.view().await?;
    let Some(channel) = render::is_channel(chat) else {
        let page = Page::nothing();
        return Ok(render::page(viewer, &mut *view, Some(chat), page, Shown::default()).await?);
    };
    let ids = unread_mentions(&mut *view, viewer.me, channel, MENTIONS_MAX).await?;
    let total = ids.len();
    let before = message_id(req.offset_id);
    let newer = ids
        .iter()
        .filter(|id| before.0 > 0 && **id >= before)
        .count();
    let start = (newer as i64 + i64::from(req.add_offset)).clamp(0, total as i64) as usize;
    let limit = usize::try_from(req.limit).unwrap_or(0).min(100);
    let ids: Vec<MessageId> = ids.into_iter().skip(start).take(limit).collect();
    let page = Page {
        messages: mailbox::load_many(&mut *view, channel.into(), &ids).await?,
        total,
        position: start,
        exact: true,
    };
    Ok(render::page(viewer, &mut *view, Some(chat), page, Shown::default()).await?)
}

/// `messages.readMentions`: notes that the caller has opened every mention of a chat.
///
/// Fails with `PEER_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn read_mentions(cx: Ctx, req: f::messages::ReadMentions) -> Result<AffectedHistory> {
    let user = cx.user()?;
    let chat = cx.chat(&req.peer).await?;
    if let Some(channel) = render::is_channel(chat) {
        let read = ReadMentions {
            user,
            channel,
            ids: None,
        };
        cx.write(read).await?;
    }
    affected(&cx, chat, 0).await
}

/// Where the mailbox of a chat stands.
async fn affected(cx: &Ctx, chat: Peer, pts_count: i32) -> Result<AffectedHistory> {
    let owner = chat.mailbox(cx.user()?);
    let mut view = cx.store.view().await?;
    Ok(types::messages::AffectedHistory {
        pts: mailbox::state(&mut *view, owner).await?.pts as i32,
        pts_count,
        offset: 0,
    }
    .into())
}

/// `channels.deleteMessages`: removes messages of a channel for everyone: the caller's own, or any
/// by an admin with the right. Those that are gone are passed over.
///
/// Fails with `CHAT_ADMIN_REQUIRED`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn delete_messages(cx: Ctx, req: f::channels::DeleteMessages) -> Result<AffectedMessages> {
    let by = cx.user()?;
    let channel = cx.channel(&req.channel).await?;
    let ids = req.id.into_iter().take(DELETE_MAX).map(message_id);
    let deletion = DeletePosts {
        by,
        channel,
        ids: ids.collect(),
    };
    let (logged, pts) = cx.write(deletion).await?;
    let pts_count = logged.map_or(0, |logged| logged.pts_count as i32);
    let pts = pts as i32;
    Ok(types::messages::AffectedMessages { pts, pts_count }.into())
}

/// How many messages one request removes of a long history; clients ask again.
const HISTORY_MAX: usize = 100;

/// `channels.deleteHistory`: removes the messages of a channel up to `max_id`, for everyone. Hiding
/// them from the caller alone is `NOT_SUPPORTED`.
///
/// Fails with `CHAT_ADMIN_REQUIRED`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn delete_history(cx: Ctx, req: f::channels::DeleteHistory) -> Result<Updates> {
    let standing = named(&cx, &req.channel).await?;
    standing.require(AdminRights::DELETE)?;
    if !req.for_everyone {
        return Err(text::NOT_SUPPORTED.into());
    }
    let window = Window {
        limit: HISTORY_MAX,
        max_id: message_id(req.max_id)
            .0
            .saturating_add(u32::from(req.max_id > 0)),
        ..Window::default()
    };
    let channel = standing.channel.id;
    delete_found(&cx, channel, window, &Wanted::default()).await?;
    cx.channel_updates(channel, []).await
}

/// Removes the newest messages found; answers with how many.
async fn delete_found(
    cx: &Ctx,
    channel: ChannelId,
    window: Window,
    wanted: &Wanted,
) -> Result<usize> {
    let by = cx.user()?;
    let mut view = cx.store.view().await?;
    let place = Place::Chat(channel.into());
    let found = messages::search(&mut *view, channel.into(), place, window, wanted).await?;
    drop(view);
    let ids: Vec<MessageId> = found.messages.iter().map(|message| message.id).collect();
    let count = ids.len();
    let deletion = DeletePosts { by, channel, ids };
    cx.write(deletion).await?;
    Ok(count)
}

/// `channels.deleteParticipantHistory`: removes everything that somebody has written in a group. A
/// positive `offset` in the answer says that more is left, for which clients ask again.
///
/// Fails with `CHAT_ADMIN_REQUIRED`, `PARTICIPANT_ID_INVALID`, `CHANNEL_INVALID` or
/// `CHANNEL_PRIVATE`.
async fn delete_participant_history(
    cx: Ctx,
    req: f::channels::DeleteParticipantHistory,
) -> Result<AffectedHistory> {
    let standing = named(&cx, &req.channel).await?;
    standing.require(AdminRights::DELETE)?;
    let author: UserId = match &req.participant {
        InputPeer::Channel(_) | InputPeer::Chat(_) | InputPeer::Empty => {
            return Err(text::PARTICIPANT_ID_INVALID.into());
        }
        peer => cx
            .peer(peer)
            .await
            .map_err(|_| text::PARTICIPANT_ID_INVALID)?,
    };
    let wanted = Wanted::by(author);
    let window = Window {
        limit: HISTORY_MAX,
        ..Window::default()
    };
    let count = delete_found(&cx, standing.channel.id, window, &wanted).await?;
    let AffectedHistory::AffectedHistory(mut affected) =
        affected(&cx, standing.peer(), count as i32).await?;
    affected.offset = i32::from(count == HISTORY_MAX);
    Ok(affected.into())
}

/// `channels.exportMessageLink`: the link to a message.
///
/// Fails with `MESSAGE_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn export_message_link(
    cx: Ctx,
    req: f::channels::ExportMessageLink,
) -> Result<ExportedMessageLink> {
    let standing = named(&cx, &req.channel).await?;
    standing.may_read()?;
    let channel = &standing.channel;
    let id = message_id(req.id);
    let mut view = cx.store.view().await?;
    let message = mailbox::load(&mut *view, channel.id.into(), id).await?;
    let message = message.ok_or(text::MESSAGE_ID_INVALID)?;
    let thread = message.body.channel.and_then(|part| part.thread);
    let link = match (&channel.username, thread.filter(|_| req.thread)) {
        (Some(name), Some(thread)) => {
            format!("{LINKS}/{}/{}?thread={}", name.as_str(), id.0, thread.0)
        }
        (Some(name), None) => format!("{LINKS}/{}/{}", name.as_str(), id.0),
        (None, _) => format!("{LINKS}/c/{}/{}", channel.id.0, id.0),
    };
    Ok(types::ExportedMessageLink {
        html: format!("<a href=\"{link}\">{link}</a>"),
        link,
    }
    .into())
}
