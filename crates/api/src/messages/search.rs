//! Searching one's own chats.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render;
use crate::resolve::window;
use crate::router::{Access, Router};
use heliograph_domain::messages::{self, Page, Place, Wanted, Window};
use heliograph_model::{Peer, UserId};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::messages::{Messages, SearchCounter};
use heliograph_tl::enums::{InputPeer, MessagesFilter};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, search)
        .method(Access::User, Rate::Read, get_search_counters);
}

/// `messages.search`: the messages of a chat that contain a text, were written by somebody, have a
/// link or are pinned, newest first. With `inputPeerEmpty` all chats of the caller are searched.
///
/// Filters for what is not served yet (media, calls) find nothing. `hash` is not looked at.
///
/// Fails with `SEARCH_QUERY_EMPTY` or `PEER_ID_INVALID`.
async fn search(cx: Ctx, req: f::messages::Search) -> Result<Messages> {
    let viewer = cx.viewer()?;
    let place = match &req.peer {
        InputPeer::Empty => Place::Everywhere,
        peer => Place::Chat(Peer::User(cx.peer(peer).await?)),
    };
    let mut wanted = Wanted::text(&req.q);
    wanted.min_date = req.min_date.max(0);
    wanted.max_date = req.max_date.max(0);
    if let Some(from) = &req.from_id {
        wanted.from = Some(cx.peer(from).await?);
    }
    if let Some(part) = &req.saved_peer_id {
        wanted.saved_peer = Some(Peer::User(cx.peer(part).await?));
    }
    let asks_for_all = req.q.trim().is_empty()
        && req.filter == MessagesFilter::InputMessagesFilterEmpty
        && req.from_id.is_none()
        && req.saved_peer_id.is_none()
        && wanted.min_date == 0
        && wanted.max_date == 0;
    if asks_for_all {
        return Err(text::SEARCH_QUERY_EMPTY.into());
    }
    let window = window(
        req.offset_id,
        0,
        req.add_offset,
        req.limit,
        req.max_id,
        req.min_id,
    );
    let mut view = cx.store.view().await?;
    let found = find(&mut *view, viewer.me, place, &req.filter, window, wanted).await?;
    let chat = match place {
        Place::Chat(peer) => peer.user(),
        Place::Everywhere => None,
    };
    Ok(render::page(viewer, &mut *view, found, chat).await?)
}

async fn find(
    rows: &mut dyn Rows,
    me: UserId,
    place: Place,
    filter: &MessagesFilter,
    window: Window,
    mut wanted: Wanted,
) -> Result<Page, StoreError> {
    match filter {
        MessagesFilter::InputMessagesFilterEmpty => {}
        MessagesFilter::InputMessagesFilterUrl => wanted.link = true,
        MessagesFilter::InputMessagesFilterPinned => {
            return match place {
                Place::Chat(peer) => {
                    messages::search_pinned(rows, me, peer, window, &wanted).await
                }
                Place::Everywhere => Ok(Page::nothing()),
            };
        }
        _ => return Ok(Page::nothing()),
    }
    messages::search(rows, me, place, window, &wanted).await
}

/// How many filters one request counts at most; there are not that many.
const FILTERS_MAX: usize = 32;

/// `messages.getSearchCounters`: how many messages of a chat each filter finds.
///
/// Fails with `PEER_ID_INVALID`.
async fn get_search_counters(
    cx: Ctx,
    req: f::messages::GetSearchCounters,
) -> Result<Vec<SearchCounter>> {
    let me = cx.user()?;
    let place = Place::Chat(Peer::User(cx.peer(&req.peer).await?));
    let mut wanted = Wanted::default();
    if let Some(part) = &req.saved_peer_id {
        wanted.saved_peer = Some(Peer::User(cx.peer(part).await?));
    }
    let mut view = cx.store.view().await?;
    let mut counters = Vec::new();
    for filter in req.filters.into_iter().take(FILTERS_MAX) {
        let nothing = Window::default();
        let found = find(&mut *view, me, place, &filter, nothing, wanted.clone()).await?;
        counters.push(
            types::messages::SearchCounter {
                inexact: !found.exact,
                filter,
                count: found.total as i32,
            }
            .into(),
        );
    }
    Ok(counters)
}
