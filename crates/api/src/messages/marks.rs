//! Pinned chats, and chats marked unread by hand.

use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::dialogs::{DialogError, MarkUnread, PinDialog, ReorderPinned};
use heliograph_store::mailbox;
use heliograph_tl::enums::DialogPeer;
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, toggle_dialog_pin)
        .method(Access::User, Rate::Write, reorder_pinned_dialogs)
        .method(Access::User, Rate::Write, mark_dialog_unread)
        .method(Access::User, Rate::Read, get_dialog_unread_marks);
}

/// `messages.toggleDialogPin`: pins a chat on top of the list, or takes it down.
///
/// Fails with `PEER_ID_INVALID`, `PEER_HISTORY_EMPTY` or `PINNED_DIALOGS_TOO_MUCH`.
/// Notes [`heliograph_model::Notice::DialogPinned`].
async fn toggle_dialog_pin(cx: Ctx, req: f::messages::ToggleDialogPin) -> Result<bool> {
    let owner = cx.user()?;
    let peer = cx.dialog_peer(&req.peer).await?;
    let pin = req.pinned;
    let pinned = cx.write(PinDialog { owner, peer, pin }).await;
    pinned.map_err(|error| match error {
        DialogError::UnknownDialog => text::PEER_HISTORY_EMPTY.into(),
        other => RpcError::from(other),
    })?;
    Ok(true)
}

/// `messages.reorderPinnedDialogs`: puts the pinned chats in another order.
///
/// Fails with `PEER_ID_INVALID`, `FOLDER_ID_INVALID` or `PINNED_DIALOGS_TOO_MUCH`.
/// Notes [`heliograph_model::Notice::PinnedOrder`].
async fn reorder_pinned_dialogs(cx: Ctx, req: f::messages::ReorderPinnedDialogs) -> Result<bool> {
    let owner = cx.user()?;
    if req.folder_id != 0 {
        return Err(text::FOLDER_ID_INVALID.into());
    }
    let mut order = Vec::with_capacity(req.order.len());
    for peer in &req.order {
        order.push(cx.dialog_peer(peer).await?);
    }
    let force = req.force;
    cx.write(ReorderPinned {
        owner,
        order,
        force,
    })
    .await?;
    Ok(true)
}

/// `messages.markDialogUnread`: marks a chat unread by hand, or takes the mark off.
///
/// Fails with `PEER_ID_INVALID`.
/// Notes [`heliograph_model::Notice::UnreadMark`].
async fn mark_dialog_unread(cx: Ctx, req: f::messages::MarkDialogUnread) -> Result<bool> {
    let owner = cx.user()?;
    let peer = cx.dialog_peer(&req.peer).await?;
    cx.write(MarkUnread {
        owner,
        peer,
        unread: req.unread,
    })
    .await?;
    Ok(true)
}

/// `messages.getDialogUnreadMarks`: the chats that the caller has marked unread.
async fn get_dialog_unread_marks(
    cx: Ctx,
    _: f::messages::GetDialogUnreadMarks,
) -> Result<Vec<DialogPeer>> {
    let me = cx.user()?;
    let mut view = cx.store.view().await?;
    let dialogs = mailbox::dialogs(&mut *view, me.into()).await?;
    let marked = dialogs.into_iter().filter(|(_, dialog)| dialog.unread_mark);
    Ok(marked
        .map(|(peer, _)| {
            let peer = render::peer(peer);
            types::DialogPeer { peer }.into()
        })
        .collect())
}
