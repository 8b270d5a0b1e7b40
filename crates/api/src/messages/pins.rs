//! Pinned messages.

use crate::context::Ctx;
use crate::error::Result;
use crate::limits::Rate;
use crate::render;
use crate::resolve::message_id;
use crate::router::{Access, Router};
use heliograph_domain::messages::{PinMessage, UnpinAll};
use heliograph_store::mailbox;
use heliograph_tl::enums::Updates;
use heliograph_tl::enums::messages::AffectedHistory;
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Send, update_pinned_message)
        .method(Access::User, Rate::Send, unpin_all_messages);
}

/// `messages.updatePinnedMessage`: pins a message of a chat or takes it down, for both sides or,
/// with `pm_oneside`, for the caller alone.
///
/// Fails with `MESSAGE_ID_INVALID`, `PEER_ID_INVALID`, `USER_IS_BLOCKED` or `YOU_BLOCKED_USER`.
/// Appends [`heliograph_model::Change::Pinned`], and to the chat a message that tells of the pin.
async fn update_pinned_message(
    cx: Ctx,
    req: f::messages::UpdatePinnedMessage,
) -> Result<Updates> {
    let viewer = cx.viewer()?;
    let peer = cx.peer(&req.peer).await?;
    let logged = cx
        .write(PinMessage {
            owner: viewer.me,
            peer,
            id: message_id(req.id),
            pin: !req.unpin,
            one_side: req.pm_oneside,
            silent: req.silent,
        })
        .await?;
    let mut view = cx.store.view().await?;
    let entries = logged.iter().map(AsRef::as_ref);
    Ok(render::of_changes(viewer, &mut *view, Vec::new(), entries).await?)
}

/// `messages.unpinAllMessages`: takes down every pinned message of a chat, for both sides.
///
/// Fails with `PEER_ID_INVALID`.
/// Appends [`heliograph_model::Change::Pinned`] to both mailboxes.
async fn unpin_all_messages(
    cx: Ctx,
    req: f::messages::UnpinAllMessages,
) -> Result<AffectedHistory> {
    let owner = cx.user()?;
    let peer = cx.peer(&req.peer).await?;
    let (pts, pts_count) = match cx.write(UnpinAll { owner, peer }).await? {
        Some(logged) => (logged.pts, logged.pts_count as i32),
        None => {
            let mut view = cx.store.view().await?;
            (mailbox::state(&mut *view, owner.into()).await?.pts, 0)
        }
    };
    Ok(types::messages::AffectedHistory {
        pts: pts as i32,
        pts_count,
        offset: 0,
    }
    .into())
}
