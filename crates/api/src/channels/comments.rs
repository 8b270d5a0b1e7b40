//! Comments under posts, and threads of groups (<https://core.telegram.org/api/discussion>).

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Everyone, Shown};
use crate::resolve::{message_id, page_limit};
use crate::router::{Access, Router};
use heliograph_domain::channels::{self, ReadChannel, discussion_of, thread};
use heliograph_domain::dialogs;
use heliograph_domain::messages::Page;
use heliograph_model::{ChannelId, MessageId, Peer};
use heliograph_store::{Order, mailbox};
use heliograph_tl::enums::InputPeer;
use heliograph_tl::enums::messages::{DiscussionMessage, Messages};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_discussion_message)
        .method(Access::User, Rate::Read, get_replies)
        .method(Access::User, Rate::Write, read_discussion);
}

/// The group and the message there under which a message is discussed.
///
/// Fails with `MSG_ID_INVALID` where it is not, and where the caller may not read the group.
async fn place(cx: &Ctx, peer: &InputPeer, msg_id: i32) -> Result<(ChannelId, MessageId)> {
    let channel = cx.channel_peer(peer).await?;
    let standing = cx.standing(channel).await?;
    let mut view = cx.store.view().await?;
    let place = discussion_of(&mut *view, &standing.channel, message_id(msg_id)).await?;
    let (group, first) = place.ok_or(text::MSG_ID_INVALID)?;
    let there = mailbox::load(&mut *view, group.into(), first).await?;
    drop(view);
    let readable = cx.standing(group).await?.may_read().is_ok();
    if there.is_none() || !readable {
        return Err(text::MSG_ID_INVALID.into());
    }
    Ok((group, first))
}

/// `messages.getDiscussionMessage`: the message in the discussion group under which a post's
/// comments stand.
///
/// Fails with `MSG_ID_INVALID`, `PEER_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_discussion_message(
    cx: Ctx,
    req: f::messages::GetDiscussionMessage,
) -> Result<DiscussionMessage> {
    let viewer = cx.viewer()?;
    let (group, first) = place(&cx, &req.peer, req.msg_id).await?;
    let mut view = cx.store.view().await?;
    let owner = group.into();
    let mut found = mailbox::load_many(&mut *view, owner, &[first]).await?;
    channels::count(&mut *view, &mut found).await?;
    let newest = thread(&mut *view, group, first, 0..u32::MAX, Order::Descending, 1).await?;
    let listed = dialogs::one_or_empty(&mut *view, viewer.me, group.into()).await?;
    let read = listed.dialog.read_in;
    let after = read.0.saturating_add(1)..u32::MAX;
    let unread = thread(
        &mut *view,
        group,
        first,
        after,
        Order::Ascending,
        UNREAD_MAX,
    )
    .await?;
    let mut shown = Shown::chat(group.into());
    shown.messages(&found);
    let Everyone { users, chats } = shown.load(viewer, &mut *view).await?;
    let by_others = channels::read_by_others(&mut *view, group, viewer.me).await?;
    let mut messages = Vec::with_capacity(found.len());
    for message in &found {
        messages.push(render::message_for(viewer, &mut *view, message).await?);
    }
    Ok(types::messages::DiscussionMessage {
        messages,
        max_id: newest.first().map(|id| id.0 as i32),
        read_inbox_max_id: Some(read.0 as i32),
        read_outbox_max_id: Some(by_others.0 as i32),
        unread_count: unread.len() as i32,
        chats,
        users,
    }
    .into())
}

/// How many unread comments are counted.
const UNREAD_MAX: usize = 1000;

/// How many messages of a thread one request walks over.
const THREAD_MAX: usize = 5_000;

/// `messages.getReplies`: a page of the comments under a post, or of the answers to a group's
/// message, newest first. `hash` is not looked at.
///
/// Fails with `MSG_ID_INVALID`, `PEER_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_replies(cx: Ctx, req: f::messages::GetReplies) -> Result<Messages> {
    let viewer = cx.viewer()?;
    let (group, first) = place(&cx, &req.peer, req.msg_id).await?;
    let owner = group.into();
    let mut view = cx.store.view().await?;
    let all = thread(
        &mut *view,
        group,
        first,
        0..u32::MAX,
        Order::Descending,
        THREAD_MAX,
    )
    .await?;
    let exact = all.len() < THREAD_MAX;
    let inside = |id: &MessageId| {
        (req.max_id <= 0 || id.0 < req.max_id as u32) && id.0 > req.min_id.max(0) as u32
    };
    let ids: Vec<MessageId> = all.into_iter().filter(inside).collect();
    let total = ids.len();
    let before = if req.offset_id > 0 {
        message_id(req.offset_id)
    } else if req.offset_date > 0 {
        mailbox::first_since(&mut *view, owner, Peer::Channel(group), req.offset_date).await?
    } else {
        MessageId(u32::MAX)
    };
    let newer = ids.iter().filter(|id| **id >= before).count() as i64;
    let bound = |place: i64| place.clamp(0, total as i64) as usize;
    let start = newer + i64::from(req.add_offset);
    let (start, end) = (bound(start), bound(start + page_limit(req.limit) as i64));
    let page = Page {
        messages: mailbox::load_many(&mut *view, owner, &ids[start..end.max(start)]).await?,
        total,
        position: start,
        exact,
    };
    Ok(render::page(
        viewer,
        &mut *view,
        Some(group.into()),
        page,
        Shown::default(),
    )
    .await?)
}

/// `messages.readDiscussion`: marks the comments under a post as read: with them goes everything in
/// the group up to there.
///
/// Fails with `MSG_ID_INVALID`, `PEER_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn read_discussion(cx: Ctx, req: f::messages::ReadDiscussion) -> Result<bool> {
    let user = cx.user()?;
    let (channel, _) = place(&cx, &req.peer, req.msg_id).await?;
    let read = ReadChannel {
        user,
        channel,
        max_id: message_id(req.read_max_id),
    };
    Ok(cx.write(read).await?)
}
