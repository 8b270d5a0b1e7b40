//! `updates.*`: where a mailbox stands, and what a client has missed
//! (<https://core.telegram.org/api/updates>).

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Viewer};
use crate::router::{Access, Router};
use heliograph_domain::dialogs;
use heliograph_model::{Change, UserId};
use heliograph_store::mailbox::{self, Log};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::updates::{ChannelDifference, Difference, State};
use heliograph_tl::enums::{Message, Update};
use heliograph_tl::{functions as f, types};
use std::collections::BTreeSet;

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
    Ok(state(viewer, &mut *view).await?.into())
}

/// Where a mailbox stands. `unread_count` counts chats; nothing is queued (`qts`) and nothing
/// numbered by `seq` yet.
pub(crate) async fn state(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
) -> Result<types::updates::State, StoreError> {
    let pts = mailbox::state(rows, viewer.me.into()).await?.pts as i32;
    Ok(types::updates::State {
        pts,
        qts: 0,
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

/// Notices are told again from this many seconds before the client's date: a commit may still have
/// been on its way when the client was given that date. They may be told twice.
const OVERLAP_S: i32 = 5;

/// `updates.getDifference`: what happened in the caller's mailbox since `pts` and `date`, in slices.
///
/// The last slice carries the changes without pts besides, as they stand now.
async fn get_difference(cx: Ctx, req: f::updates::GetDifference) -> Result<Difference> {
    let viewer = cx.viewer()?;
    let owner = viewer.me.into();
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
    let slice = match req.pts_limit {
        Some(limit) if limit > 0 => (limit as usize).min(SLICE_MAX),
        _ => SLICE,
    };
    let log = mailbox::after(&mut *view, owner, pts, slice).await?;
    if log.more {
        return Ok(slice_of(viewer, &mut *view, log, &req).await?);
    }
    let since = req.date.saturating_sub(OVERLAP_S);
    let notices = mailbox::notices_since(&mut *view, owner, since, usize::MAX).await?;
    if log.pts == pts && notices.is_empty() {
        return Ok(types::updates::DifferenceEmpty {
            date: render::date_of(viewer),
            seq: 0,
        }
        .into());
    }
    let (others, mut people) = render::notices(viewer, &mut *view, &notices).await?;
    let (new_messages, mut other_updates) = split(viewer, &log, &mut people);
    other_updates.extend(others);
    Ok(types::updates::Difference {
        new_messages,
        new_encrypted_messages: Vec::new(),
        other_updates,
        chats: Vec::new(),
        users: render::users(viewer, &mut *view, people).await?,
        state: types::updates::State {
            pts: log.pts as i32,
            ..state(viewer, &mut *view).await?
        }
        .into(),
    }
    .into())
}

/// A part of the log, after which the client asks again with the state in it. The date stays the
/// client's own until the last part, which brings what is kept by date.
async fn slice_of(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    log: Log,
    req: &f::updates::GetDifference,
) -> Result<Difference, StoreError> {
    let mut people = BTreeSet::new();
    let (new_messages, other_updates) = split(viewer, &log, &mut people);
    Ok(types::updates::DifferenceSlice {
        new_messages,
        new_encrypted_messages: Vec::new(),
        other_updates,
        chats: Vec::new(),
        users: render::users(viewer, rows, people).await?,
        intermediate_state: types::updates::State {
            pts: log.pts as i32,
            date: req.date,
            ..state(viewer, rows).await?
        }
        .into(),
    }
    .into())
}

/// The entries as clients read them: new messages, and everything else in the order of the log.
fn split(
    viewer: Viewer<'_>,
    log: &Log,
    people: &mut BTreeSet<UserId>,
) -> (Vec<Message>, Vec<Update>) {
    let (mut messages, mut others) = (Vec::new(), Vec::new());
    for entry in &log.entries {
        render::people_of_change(&entry.change, people);
        match &entry.change {
            Change::NewMessage(new) => messages.push(render::message(viewer.me, new)),
            _ => others.push(render::change(viewer.me, entry)),
        }
    }
    (messages, others)
}

/// `updates.getChannelDifference`: there are no channels yet.
///
/// Fails with `CHANNEL_INVALID`.
async fn get_channel_difference(
    _: Ctx,
    _: f::updates::GetChannelDifference,
) -> Result<ChannelDifference> {
    Err(text::CHANNEL_INVALID.into())
}

#[cfg(test)]
mod replica;
#[cfg(test)]
mod tests;
