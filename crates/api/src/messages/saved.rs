//! Saved Messages by where they were forwarded from
//! (<https://core.telegram.org/api/saved-messages>).

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render;
use crate::resolve::{message_id, page_limit, window};
use crate::router::{Access, Router};
use heliograph_domain::messages::{self, Place, SavedPart, Wanted, Window};
use heliograph_model::Peer;
use heliograph_tl::enums::SavedDialog;
use heliograph_tl::enums::messages::{Messages, SavedDialogs};
use heliograph_tl::{functions as f, types};
use std::collections::BTreeSet;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_saved_dialogs)
        .method(Access::User, Rate::Read, get_saved_history)
        .method(Access::User, Rate::Read, get_pinned_saved_dialogs);
}

/// `messages.getSavedDialogs`: the parts of Saved Messages, the one with the newest message first.
///
/// Fails with `PEER_ID_INVALID` for the messages of a channel (`parent_peer`).
async fn get_saved_dialogs(cx: Ctx, req: f::messages::GetSavedDialogs) -> Result<SavedDialogs> {
    let viewer = cx.viewer()?;
    if req.parent_peer.is_some() {
        return Err(text::PEER_ID_INVALID.into());
    }
    let mut view = cx.store.view().await?;
    let parts = messages::saved_parts(&mut *view, viewer.me).await?;
    let total = parts.len();
    // The numbers of one chat ascend with its dates, so either offset names the same place.
    let offset_id = message_id(req.offset_id);
    let after_offset = |part: &SavedPart| {
        (offset_id.0 == 0 || part.1.id < offset_id)
            && (offset_id.0 > 0 || req.offset_date <= 0 || part.1.date < req.offset_date)
    };
    let page: Vec<SavedPart> = parts
        .into_iter()
        .filter(after_offset)
        .take(page_limit(req.limit))
        .collect();

    let mut people = BTreeSet::new();
    let mut messages = Vec::with_capacity(page.len());
    let mut dialogs: Vec<SavedDialog> = Vec::with_capacity(page.len());
    for (peer, top) in &page {
        people.extend(peer.user());
        render::people_of(top, &mut people);
        messages.push(render::message(viewer.me, top));
        dialogs.push(
            types::SavedDialog {
                pinned: false,
                peer: render::peer(*peer),
                top_message: top.id.0 as i32,
            }
            .into(),
        );
    }
    let users = render::users(viewer, &mut *view, people).await?;
    let chats = Vec::new();
    Ok(if page.len() == total {
        types::messages::SavedDialogs {
            dialogs,
            messages,
            chats,
            users,
        }
        .into()
    } else {
        types::messages::SavedDialogsSlice {
            count: total as i32,
            dialogs,
            messages,
            chats,
            users,
        }
        .into()
    })
}

/// `messages.getSavedHistory`: a page of one part of Saved Messages, newest first.
///
/// Fails with `PEER_ID_INVALID`.
async fn get_saved_history(cx: Ctx, req: f::messages::GetSavedHistory) -> Result<Messages> {
    let viewer = cx.viewer()?;
    if req.parent_peer.is_some() {
        return Err(text::PEER_ID_INVALID.into());
    }
    let part = cx.peer(&req.peer).await?;
    let window = Window {
        limit: page_limit(req.limit),
        ..window(
            req.offset_id,
            req.offset_date,
            req.add_offset,
            req.limit,
            req.max_id,
            req.min_id,
        )
    };
    let wanted = Wanted::saved_in(Peer::User(part));
    let place = Place::Chat(Peer::User(viewer.me));
    let mut view = cx.store.view().await?;
    let page = messages::search(&mut *view, viewer.me, place, window, &wanted).await?;
    Ok(render::page(viewer, &mut *view, page, [viewer.me, part]).await?)
}

/// `messages.getPinnedSavedDialogs`: the parts cannot be pinned yet, so there are none.
async fn get_pinned_saved_dialogs(
    _: Ctx,
    _: f::messages::GetPinnedSavedDialogs,
) -> Result<SavedDialogs> {
    Ok(types::messages::SavedDialogs::default().into())
}
