//! The list of chats.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Viewer};
use crate::resolve::{message_id, page_limit};
use crate::router::{Access, Router};
use crate::{settings, updates};
use heliograph_domain::dialogs::{self, ListOffset, Listed};
use heliograph_model::Peer;
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::messages::{DialogFilters, Dialogs, PeerDialogs};
use heliograph_tl::enums::{self, InputDialogPeer, InputPeer};
use heliograph_tl::{functions as f, types};
use std::collections::BTreeSet;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_dialogs)
        .method(Access::User, Rate::Read, get_pinned_dialogs)
        .method(Access::User, Rate::Read, get_peer_dialogs)
        .method(Access::User, Rate::Read, get_dialog_filters);
}

/// The folder that clients call the archive. Nothing is archived yet, so it is empty.
const ARCHIVE: i32 = 1;

/// Whether a request is about the main list (`true`) or the archive; there are no other folders.
fn is_main_list(folder_id: i32) -> Result<bool> {
    match folder_id {
        0 => Ok(true),
        ARCHIVE => Ok(false),
        _ => Err(text::FOLDER_ID_INVALID.into()),
    }
}

/// `messages.getDialogs`: a page of the chats that have messages, the pinned ones first, then
/// newest first. `hash` is not looked at.
///
/// Fails with `OFFSET_PEER_ID_INVALID` or `FOLDER_ID_INVALID`.
async fn get_dialogs(cx: Ctx, req: f::messages::GetDialogs) -> Result<Dialogs> {
    let viewer = cx.viewer()?;
    if !is_main_list(req.folder_id.unwrap_or(0))? {
        return Ok(types::messages::Dialogs::default().into());
    }
    let peer = match &req.offset_peer {
        InputPeer::Empty => None,
        peer => {
            let named = cx.peer(peer).await;
            Some(Peer::User(named.map_err(|_| text::OFFSET_PEER_ID_INVALID)?))
        }
    };
    let offset = ListOffset {
        date: req.offset_date.max(0),
        id: message_id(req.offset_id).0,
        peer,
    };
    let limit = page_limit(req.limit);
    let mut view = cx.store.view().await?;
    let page = dialogs::page(&mut *view, viewer.me, offset, limit, req.exclude_pinned).await?;
    let whole = page.chats.len() == page.total;
    let count = page.total as i32;
    let (dialogs, messages, users) = rendered(viewer, &mut *view, &page.chats).await?;
    Ok(if whole {
        types::messages::Dialogs {
            dialogs,
            messages,
            chats: Vec::new(),
            users,
        }
        .into()
    } else {
        types::messages::DialogsSlice {
            count,
            dialogs,
            messages,
            chats: Vec::new(),
            users,
        }
        .into()
    })
}

/// `messages.getPinnedDialogs`: the pinned chats, topmost first.
///
/// Fails with `FOLDER_ID_INVALID`.
async fn get_pinned_dialogs(cx: Ctx, req: f::messages::GetPinnedDialogs) -> Result<PeerDialogs> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let mut chats = Vec::new();
    if is_main_list(req.folder_id)? {
        for (peer, _) in dialogs::pinned(&mut *view, viewer.me).await? {
            chats.push(dialogs::one_or_empty(&mut *view, viewer.me, peer).await?);
        }
    }
    with_state(viewer, &mut *view, &chats).await
}

/// How many chats one request names at most.
const NAMED_MAX: usize = 100;

/// `messages.getPeerDialogs`: chats by name, each once; a chat that was never begun is an empty one.
///
/// Fails with `PEER_ID_INVALID`, or `FOLDER_ID_INVALID` for a folder.
async fn get_peer_dialogs(cx: Ctx, req: f::messages::GetPeerDialogs) -> Result<PeerDialogs> {
    let viewer = cx.viewer()?;
    let mut named = Vec::new();
    for peer in req.peers.iter().take(NAMED_MAX) {
        let peer = cx.dialog_peer(peer).await?;
        if !named.contains(&peer) {
            named.push(peer);
        }
    }
    let mut view = cx.store.view().await?;
    let mut chats = Vec::with_capacity(named.len());
    for peer in named {
        chats.push(dialogs::one_or_empty(&mut *view, viewer.me, peer).await?);
    }
    with_state(viewer, &mut *view, &chats).await
}

impl Ctx {
    /// The chat that an `InputDialogPeer` names. Fails with `PEER_ID_INVALID`, or
    /// `FOLDER_ID_INVALID` for a folder.
    pub(super) async fn dialog_peer(&self, named: &InputDialogPeer) -> Result<Peer> {
        match named {
            InputDialogPeer::InputDialogPeer(named) => Ok(Peer::User(self.peer(&named.peer).await?)),
            InputDialogPeer::Folder(_) => Err(text::FOLDER_ID_INVALID.into()),
        }
    }
}

async fn with_state(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    chats: &[Listed],
) -> Result<PeerDialogs> {
    let (dialogs, messages, users) = rendered(viewer, rows, chats).await?;
    Ok(types::messages::PeerDialogs {
        dialogs,
        messages,
        chats: Vec::new(),
        users,
        state: updates::state(viewer, rows).await?.into(),
    }
    .into())
}

type Rendered = (Vec<enums::Dialog>, Vec<enums::Message>, Vec<enums::User>);

async fn rendered(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    chats: &[Listed],
) -> Result<Rendered, StoreError> {
    let mut people = BTreeSet::new();
    let mut dialogs = Vec::with_capacity(chats.len());
    let mut messages = Vec::with_capacity(chats.len());
    for chat in chats {
        people.extend(chat.peer.user());
        if let Some(top) = &chat.top {
            render::people_of(top, &mut people);
            messages.push(render::message(viewer.me, top));
        }
        let notify_settings = settings::notify_of(rows, viewer.me, chat.peer).await?;
        dialogs.push(dialog(chat, notify_settings));
    }
    let users = render::users(viewer, rows, people).await?;
    Ok((dialogs, messages, users))
}

fn dialog(chat: &Listed, notify_settings: enums::PeerNotifySettings) -> enums::Dialog {
    let draft = chat.dialog.draft.as_ref();
    types::Dialog {
        pinned: chat.dialog.pinned.is_some(),
        unread_mark: chat.dialog.unread_mark,
        peer: render::peer(chat.peer),
        top_message: chat.top.as_ref().map_or(0, |top| top.id.0 as i32),
        read_inbox_max_id: chat.dialog.read_in.0 as i32,
        read_outbox_max_id: chat.dialog.read_out.0 as i32,
        unread_count: chat.unread as i32,
        notify_settings,
        draft: draft.map(|draft| render::draft(Some(draft))),
        ..Default::default()
    }
    .into()
}

/// `messages.getDialogFilters`: the one filter that shows all chats. Others cannot be made yet.
async fn get_dialog_filters(_: Ctx, _: f::messages::GetDialogFilters) -> Result<DialogFilters> {
    Ok(types::messages::DialogFilters {
        tags_enabled: false,
        filters: vec![enums::DialogFilter::Default],
    }
    .into())
}
