//! Drafts.

use crate::context::Ctx;
use crate::error::{Result, message_text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::dialogs::{ClearDrafts, SaveDraft};
use heliograph_model::{NameError, Notice, Peer};
use heliograph_store::mailbox;
use heliograph_tl::enums::Updates;
use heliograph_tl::functions as f;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, save_draft)
        .method(Access::User, Rate::Read, get_all_drafts)
        .method(Access::User, Rate::Write, clear_all_drafts);
}

/// `messages.saveDraft`: keeps the text that the caller has begun in a chat for their other
/// devices; an empty one clears it.
///
/// Fails with `PEER_ID_INVALID` or `MESSAGE_TOO_LONG`.
/// Notes [`Notice::Draft`].
async fn save_draft(cx: Ctx, req: f::messages::SaveDraft) -> Result<bool> {
    let owner = cx.user()?;
    let peer = cx.peer(&req.peer).await?;
    let (text, entities) = match cx.styled(&req.message, req.entities) {
        Ok(styled) => styled,
        Err(NameError::Empty) => Default::default(),
        Err(error) => return Err(message_text(error)),
    };
    cx.write(SaveDraft {
        owner,
        peer: Peer::User(peer),
        text,
        entities,
        reply_to: cx.reply_to(peer, req.reply_to.as_ref()).await?,
        no_webpage: req.no_webpage,
    })
    .await?;
    Ok(true)
}

/// `messages.getAllDrafts`: every draft, as the updates that told of them.
async fn get_all_drafts(cx: Ctx, _: f::messages::GetAllDrafts) -> Result<Updates> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let dialogs = mailbox::dialogs(&mut *view, viewer.me.into()).await?;
    let begun = dialogs
        .into_iter()
        .filter(|(_, dialog)| dialog.draft.is_some());
    let drafts: Vec<Notice> = begun.map(|(peer, _)| Notice::Draft(peer)).collect();
    Ok(render::of_notices(viewer, &mut *view, &drafts).await?)
}

/// `messages.clearAllDrafts`: clears every draft.
///
/// Notes [`Notice::Draft`] for each.
async fn clear_all_drafts(cx: Ctx, _: f::messages::ClearAllDrafts) -> Result<bool> {
    let owner = cx.user()?;
    cx.write(ClearDrafts { owner }).await?;
    Ok(true)
}
