//! `updates.*`: where a mailbox stands, and what a client has missed
//! (<https://core.telegram.org/api/updates>).

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Everyone, Shown, Viewer};
use crate::router::{Access, Router};
use crate::secret_chats as secret;
use heliograph_domain::messages::{self, Window};
use heliograph_domain::{bots, channels, dialogs, secret_chats};
use heliograph_model::{AuthKeyId, Change, ChannelId, Owner, Peer, UserId};
use heliograph_store::mailbox::{self, Log};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::updates::{ChannelDifference, Difference, State};
use heliograph_tl::enums::{Message, Update};
use heliograph_tl::{functions as f, types};

pub(crate) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_state)
        .method(Access::User, Rate::Read, get_difference)
        .method(Access::User, Rate::Read, get_channel_difference);
}

/// `updates.getState`: where the caller's mailbox stands.
async fn get_state(cx: Ctx, _: f::updates::GetState) -> Result<State> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    Ok(state(viewer, cx.caller().key, &mut *view).await?.into())
}

/// Where a mailbox stands, and the queue of a device's secret chats (`qts`). `unread_count` counts
/// chats; nothing is numbered by `seq`.
pub(crate) async fn state(
    viewer: Viewer<'_>,
    device: AuthKeyId,
    rows: &mut dyn Rows,
) -> Result<types::updates::State, StoreError> {
    let pts = mailbox::state(rows, viewer.me.into()).await?.pts as i32;
    Ok(types::updates::State {
        pts,
        qts: secret_chats::qts(rows, device).await? as i32,
        date: render::date_of(viewer),
        seq: 0,
        unread_count: dialogs::unread_chats(rows, viewer.me).await? as i32,
    })
}

/// How many log entries one answer holds where the client does not say.
const SLICE: usize = 500;
/// How many it holds at most: about a megabyte of ordinary messages.
const SLICE_MAX: usize = 1000;

/// A client that lacks more than this does better to fetch its chats anew.
const BEHIND_MAX: u32 = 100_000;

/// Notices, and channels to look at, are told again from this many seconds before the client's date: a commit may still have
/// been on its way when the client was given that date. They may be told twice.
const OVERLAP_S: i32 = 5;

/// An answer holds no further message of secret chats once it has so many bytes of them.
const SECRET_BYTES_MAX: usize = 1 << 20;

/// The date with which TDLib asks for nothing and tells instead that it has everything up to `pts` and
/// `qts`.
const CONFIRMATION: i32 = i32::MAX;

/// `updates.getDifference`: what happened in the caller's mailbox since `pts` and `date`, and what waits
/// for the caller's device from secret chats after `qts`, in slices.
///
/// The last slice carries the changes without pts besides, as they stand now, and names the channels
/// in which something has happened since `date`: clients ask for those one by one.
async fn get_difference(cx: Ctx, req: f::updates::GetDifference) -> Result<Difference> {
    let viewer = cx.viewer()?;
    let device = cx.caller().key;
    let owner = viewer.me.into();
    let qts = req.qts.max(0) as u32;
    if req.date == CONFIRMATION {
        confirm_secret(&cx, qts).await?;
    }
    let mut view = cx.store.view().await?;
    let pts = req.pts.max(0) as u32;
    let end = mailbox::state(&mut *view, owner).await?.pts;
    let behind_max = match req.pts_total_limit {
        Some(limit) if limit > 0 => BEHIND_MAX.min(limit as u32),
        _ => BEHIND_MAX,
    };
    // A client that is ahead comes from a time that a restored backup has undone.
    if pts > end || end - pts > behind_max {
        let pts = end as i32;
        return Ok(types::updates::DifferenceTooLong { pts }.into());
    }
    let slice = limit_of(req.pts_limit);
    let log = mailbox::after(&mut *view, owner, pts, slice).await?;
    let limit = limit_of(req.qts_limit);
    let secret = secret_chats::after(&mut *view, device, qts, limit, SECRET_BYTES_MAX).await?;
    let since = req.date.saturating_sub(OVERLAP_S);
    let mut shown = Shown::default();
    // In every part: a client can only read messages of a chat that it knows to be open.
    let of_secret = secret::since(viewer, &mut *view, device, since, &mut shown).await?;
    if log.more || secret.more {
        let part = Part {
            log,
            secret,
            of_secret,
            shown,
        };
        return Ok(slice_of(viewer, device, &mut *view, part, &req).await?);
    }
    let notices = mailbox::notices_since(&mut *view, owner, since, usize::MAX).await?;
    let changed = channels::changed_since(&mut *view, viewer.me, since).await?;
    let nothing_secret = of_secret.is_empty() && secret.messages.is_empty();
    if log.pts == pts && notices.is_empty() && changed.is_empty() && nothing_secret {
        return Ok(types::updates::DifferenceEmpty {
            date: render::date_of(viewer),
            seq: 0,
        }
        .into());
    }
    let (others, of_notices) = render::notices(viewer, &mut *view, &notices).await?;
    shown.join(of_notices);
    let (new_messages, mut other_updates) =
        split(viewer, &mut *view, owner, &log, &mut shown).await?;
    other_updates.extend(others);
    other_updates.extend(of_secret);
    for (channel, pts) in changed {
        shown.channels.insert(channel);
        let (channel_id, pts) = (channel.0, Some(pts as i32));
        other_updates.push(types::UpdateChannelTooLong { channel_id, pts }.into());
    }
    let Everyone { users, chats } = shown.load(viewer, &mut *view).await?;
    Ok(types::updates::Difference {
        new_messages,
        new_encrypted_messages: secret::messages(&cx.access, secret.messages),
        other_updates,
        chats,
        users,
        state: types::updates::State {
            pts: log.pts as i32,
            qts: secret.qts as i32,
            ..state(viewer, device, &mut *view).await?
        }
        .into(),
    }
    .into())
}

/// How many entries one answer holds.
fn limit_of(asked: Option<i32>) -> usize {
    match asked {
        Some(limit) if limit > 0 => (limit as usize).min(SLICE_MAX),
        _ => SLICE,
    }
}

/// Erases what the device says it has. A number that its queue has not given out says nothing.
async fn confirm_secret(cx: &Ctx, qts: u32) -> Result<()> {
    let known = {
        let mut view = cx.store.view().await?;
        secret_chats::qts(&mut *view, cx.caller().key).await?
    };
    if qts <= known {
        cx.confirm(qts).await?;
    }
    Ok(())
}

/// What one part of a difference brings.
struct Part {
    log: Log,
    secret: secret_chats::Waiting,
    of_secret: Vec<Update>,
    shown: Shown,
}

/// A part of the log, or of the device's queue, after which the client asks again with the state in
/// it. The date stays the client's own until the last part, which brings what is kept by date.
async fn slice_of(
    viewer: Viewer<'_>,
    device: AuthKeyId,
    rows: &mut dyn Rows,
    part: Part,
    req: &f::updates::GetDifference,
) -> Result<Difference, StoreError> {
    let Part {
        log,
        secret,
        of_secret,
        mut shown,
    } = part;
    let owner = viewer.me.into();
    let (new_messages, mut other_updates) = split(viewer, rows, owner, &log, &mut shown).await?;
    other_updates.extend(of_secret);
    let Everyone { users, chats } = shown.load(viewer, rows).await?;
    Ok(types::updates::DifferenceSlice {
        new_messages,
        new_encrypted_messages: secret::messages(&viewer.services.access, secret.messages),
        other_updates,
        chats,
        users,
        intermediate_state: types::updates::State {
            pts: log.pts as i32,
            qts: secret.qts as i32,
            date: req.date,
            ..state(viewer, device, rows).await?
        }
        .into(),
    }
    .into())
}

/// The entries as clients read them: new messages, and everything else in the order of the log.
async fn split(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    owner: Owner,
    log: &Log,
    shown: &mut Shown,
) -> Result<(Vec<Message>, Vec<Update>), StoreError> {
    let (mut messages, mut others) = (Vec::new(), Vec::new());
    for entry in &log.entries {
        render::shown_by_change(&entry.change, shown);
        match render::change(viewer, rows, owner, entry).await? {
            Update::NewMessage(new) => messages.push(new.message),
            Update::NewChannelMessage(new) => messages.push(new.message),
            other => others.push(other),
        }
    }
    Ok((messages, others))
}

/// How many entries of a channel's log one answer holds at most.
const CHANNEL_SLICE_MAX: i32 = 1000;

/// A client that lacks more than this of a channel is told its newest messages instead.
const CHANNEL_BEHIND_MAX: u32 = 3_000;

/// How many of the newest messages it is told.
const NEWEST: usize = 20;

/// How long a client that looks at a channel it is not in may wait before it asks again, in seconds.
const ASK_AGAIN_S: i32 = 30;
/// The same for a member, who is pushed what happens: a safety net.
const MEMBER_ASKS_AGAIN_S: i32 = 300;

/// `updates.getChannelDifference`: what happened in a channel since `pts`, in slices
/// (<https://core.telegram.org/method/updates.getChannelDifference>).
///
/// A filter is not needed and not looked at: everything is told.
///
/// Fails with `CHANNEL_INVALID` or `CHANNEL_PRIVATE`, and with `PERSISTENT_TIMESTAMP_EMPTY` for a
/// `pts` that no channel has.
async fn get_channel_difference(
    cx: Ctx,
    req: f::updates::GetChannelDifference,
) -> Result<ChannelDifference> {
    let viewer = cx.viewer()?;
    let channel = cx.channel(&req.channel).await?;
    let standing = cx.standing(channel).await?;
    standing.may_read()?;
    if req.pts <= 0 {
        return Err(text::PERSISTENT_TIMESTAMP_EMPTY.into());
    }
    // TDLib takes an answer without it for a fault.
    let timeout = Some(if standing.inside() {
        MEMBER_ASKS_AGAIN_S
    } else {
        ASK_AGAIN_S
    });
    let (owner, pts) = (channel.into(), req.pts as u32);
    let mut view = cx.store.view().await?;
    let end = mailbox::state(&mut *view, owner).await?.pts;
    // A client that is ahead comes from a time that a restored backup has undone.
    if pts > end || end - pts > CHANNEL_BEHIND_MAX {
        return too_long(viewer, &mut *view, channel, timeout).await;
    }
    let limit = req.limit.clamp(1, CHANNEL_SLICE_MAX) as usize;
    let mut log = mailbox::after(&mut *view, owner, pts, limit).await?;
    if viewer.me.is_bot() {
        keep_seen(&mut *view, viewer.me, channel, &mut log).await?;
    }
    if log.pts == pts {
        return Ok(types::updates::ChannelDifferenceEmpty {
            final_: true,
            pts: pts as i32,
            timeout,
        }
        .into());
    }
    let mut shown = Shown::chat(channel.into());
    let (new_messages, other_updates) = split(viewer, &mut *view, owner, &log, &mut shown).await?;
    let Everyone { users, chats } = shown.load(viewer, &mut *view).await?;
    Ok(types::updates::ChannelDifference {
        final_: !log.more,
        pts: log.pts as i32,
        timeout,
        new_messages,
        other_updates,
        chats,
        users,
    }
    .into())
}

/// Leaves of a channel's log what a bot is shown.
async fn keep_seen(
    rows: &mut dyn Rows,
    bot: UserId,
    channel: ChannelId,
    log: &mut Log,
) -> Result<(), StoreError> {
    let mut kept = Vec::with_capacity(log.entries.len());
    for entry in log.entries.drain(..) {
        let seen = match &entry.change {
            Change::NewMessage(message) | Change::Edited(message) => {
                message.from == bot || bots::sees(rows, bot, channel, message).await?
            }
            _ => true,
        };
        if seen {
            kept.push(entry);
        }
    }
    log.entries = kept;
    Ok(())
}

/// The channel as the list of chats shows it, and its newest messages.
async fn too_long(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    channel: ChannelId,
    timeout: Option<i32>,
) -> Result<ChannelDifference> {
    let peer = Peer::Channel(channel);
    let newest = Window {
        limit: NEWEST,
        ..Window::default()
    };
    let counts = &viewer.services.counts;
    let mut page = messages::page(rows, counts, channel.into(), peer, newest).await?;
    channels::count(rows, &mut page.messages).await?;
    let listed = dialogs::one_or_empty(rows, viewer.me, peer).await?;
    let (dialog, mut shown) = crate::messages::listed_channel(viewer, rows, &listed).await?;
    shown.messages(&page.messages);
    let mut messages = Vec::with_capacity(page.messages.len());
    for message in &page.messages {
        messages.push(render::message_for(viewer, rows, message).await?);
    }
    let Everyone { users, chats } = shown.load(viewer, rows).await?;
    Ok(types::updates::ChannelDifferenceTooLong {
        final_: true,
        timeout,
        dialog,
        messages,
        chats,
        users,
    }
    .into())
}

#[cfg(test)]
mod replica;
#[cfg(test)]
mod tests;
