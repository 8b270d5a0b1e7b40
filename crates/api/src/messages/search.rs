//! Searching one's own chats.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Shown};
use crate::resolve::window;
use crate::router::{Access, Router};
use heliograph_domain::messages::{self, Page, Place, Wanted, Window};
use heliograph_model::{MediaKind, Owner, Peer, UserId};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::messages::{Messages, SearchCounter};
use heliograph_tl::enums::{InputPeer, MessagesFilter};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Read, search).method(
        Access::User,
        Rate::Read,
        get_search_counters,
    );
}

/// `messages.search`: the messages of a chat that contain a text, were written by somebody, have a
/// link or are pinned, newest first. With `inputPeerEmpty` all chats of the caller are searched.
///
/// Filters for what is not served (calls, places) find nothing. `hash` is not looked at.
///
/// Fails with `SEARCH_QUERY_EMPTY` or `PEER_ID_INVALID`.
async fn search(cx: Ctx, req: f::messages::Search) -> Result<Messages> {
    let viewer = cx.viewer()?;
    let place = match &req.peer {
        InputPeer::Empty => Place::Everywhere,
        peer => Place::Chat(cx.chat(peer).await?),
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
    let found = find(
        &mut *view,
        mailbox_of(place, viewer.me),
        place,
        &req.filter,
        window,
        wanted,
    )
    .await?;
    let chat = match place {
        Place::Chat(peer) => Some(peer),
        Place::Everywhere => None,
    };
    Ok(render::page(viewer, &mut *view, chat, found, Shown::default()).await?)
}

/// Whose mailbox holds the messages.
fn mailbox_of(place: Place, me: UserId) -> Owner {
    match place {
        Place::Chat(peer) => peer.mailbox(me),
        Place::Everywhere => me.into(),
    }
}

async fn find(
    rows: &mut dyn Rows,
    owner: Owner,
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
                    messages::search_pinned(rows, owner, peer, window, &wanted).await
                }
                Place::Everywhere => Ok(Page::nothing()),
            };
        }
        MessagesFilter::InputMessagesFilterChatPhotos => wanted.chat_photo = true,
        other => match kinds_of(other) {
            [] => return Ok(Page::nothing()),
            kinds => wanted.media = Some(kinds),
        },
    }
    messages::search(rows, owner, place, window, &wanted).await
}

/// The media that a filter finds; none for what is not served (calls, places, contacts).
fn kinds_of(filter: &MessagesFilter) -> &'static [MediaKind] {
    match filter {
        MessagesFilter::InputMessagesFilterPhotos => &[MediaKind::Photo],
        MessagesFilter::InputMessagesFilterVideo => &[MediaKind::Video],
        MessagesFilter::InputMessagesFilterPhotoVideo => &[MediaKind::Photo, MediaKind::Video],
        MessagesFilter::InputMessagesFilterDocument => &[MediaKind::Document],
        MessagesFilter::InputMessagesFilterGif => &[MediaKind::Animation],
        MessagesFilter::InputMessagesFilterMusic => &[MediaKind::Audio],
        MessagesFilter::InputMessagesFilterVoice => &[MediaKind::Voice],
        MessagesFilter::InputMessagesFilterRoundVideo => &[MediaKind::RoundVideo],
        MessagesFilter::InputMessagesFilterRoundVoice => &[MediaKind::RoundVideo, MediaKind::Voice],
        _ => &[],
    }
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
    let place = Place::Chat(cx.chat(&req.peer).await?);
    let mut wanted = Wanted::default();
    if let Some(part) = &req.saved_peer_id {
        wanted.saved_peer = Some(Peer::User(cx.peer(part).await?));
    }
    let mut view = cx.store.view().await?;
    let mut counters = Vec::new();
    for filter in req.filters.into_iter().take(FILTERS_MAX) {
        let nothing = Window::default();
        let found = find(
            &mut *view,
            mailbox_of(place, me),
            place,
            &filter,
            nothing,
            wanted.clone(),
        )
        .await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::testing::{id_of, messages, say, two, users};
    use crate::testing::{Person, World};

    fn query(world: &World, by: &Person, with: &Person, q: &str) -> f::messages::Search {
        f::messages::Search {
            peer: world.input_peer(by, with),
            q: q.to_owned(),
            limit: 100,
            ..Default::default()
        }
    }

    async fn found(world: &World, by: &Person, call: f::messages::Search) -> Vec<i32> {
        let page = world.call(by, call).await.expect("a page");
        messages(page).iter().map(id_of).collect()
    }

    #[tokio::test]
    async fn a_text_is_found_in_any_case_and_in_its_chat_only() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "Über den Wolken").await;
        say(&world, &ben, &ada, "drüber und drunter").await;
        say(&world, &ada, &ada, "überall").await;
        say(&world, &ada, &ben, "unter uns").await;
        assert_eq!(
            found(&world, &ada, query(&world, &ada, &ben, " ÜBER")).await,
            [2, 1]
        );
        let everywhere = f::messages::Search {
            peer: InputPeer::Empty,
            ..query(&world, &ada, &ben, "über")
        };
        assert_eq!(found(&world, &ada, everywhere.clone()).await, [3, 2, 1]);
        assert_eq!(found(&world, &ben, everywhere).await, [2, 1]);
    }

    #[tokio::test]
    async fn author_and_dates_narrow_a_search() {
        let (world, ada, ben) = two().await;
        let start = world.clock_s();
        for turn in 0..6 {
            let (from, to) = if turn % 2 == 0 {
                (&ada, &ben)
            } else {
                (&ben, &ada)
            };
            say(&world, from, to, "x").await;
            world.pass(10);
        }
        let from_ben = f::messages::Search {
            from_id: Some(world.input_peer(&ada, &ben)),
            ..query(&world, &ada, &ben, "")
        };
        assert_eq!(found(&world, &ada, from_ben).await, [6, 4, 2]);
        let dated = f::messages::Search {
            min_date: start,
            max_date: start + 40,
            ..query(&world, &ada, &ben, "")
        };
        assert_eq!(found(&world, &ada, dated).await, [4, 3, 2]);
    }

    #[tokio::test]
    async fn pages_of_a_search_continue_each_other() {
        let (world, ada, ben) = two().await;
        for turn in 0..25 {
            let text = if turn % 3 == 0 { "needle" } else { "hay" };
            say(&world, &ada, &ben, text).await;
        }
        let all = found(&world, &ada, query(&world, &ada, &ben, "needle")).await;
        assert_eq!(all, [25, 22, 19, 16, 13, 10, 7, 4, 1]);
        for (peer, name) in [
            (world.input_peer(&ada, &ben), "in a chat"),
            (InputPeer::Empty, "everywhere"),
        ] {
            let call = f::messages::Search {
                peer,
                limit: 2,
                ..query(&world, &ada, &ben, "needle")
            };
            let mut seen: Vec<i32> = Vec::new();
            while seen.len() < all.len() {
                let call = f::messages::Search {
                    offset_id: seen.last().copied().unwrap_or(0),
                    ..call.clone()
                };
                let page = world.call(&ada, call).await.expect("a page");
                let Messages::Slice(slice) = &page else {
                    panic!("{}", page.constructor_name());
                };
                assert_eq!((slice.count, slice.inexact), (9, false), "{name}");
                assert_eq!(slice.offset_id_offset, Some(seen.len() as i32), "{name}");
                seen.extend(messages(page).iter().map(id_of));
            }
            assert_eq!(seen, all, "{name}");
            let around = f::messages::Search {
                offset_id: 13,
                add_offset: -2,
                limit: 3,
                ..call
            };
            assert_eq!(found(&world, &ada, around).await, [16, 13, 10], "{name}");
        }
    }

    #[tokio::test]
    async fn links_are_found_and_counted() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "see example.com").await;
        say(&world, &ada, &ben, "no link").await;
        let links = f::messages::Search {
            filter: MessagesFilter::InputMessagesFilterUrl,
            ..query(&world, &ada, &ben, "")
        };
        assert_eq!(found(&world, &ada, links).await, [1]);
        let photos = f::messages::Search {
            filter: MessagesFilter::InputMessagesFilterPhotos,
            ..query(&world, &ada, &ben, "")
        };
        let page = world.call(&ada, photos).await.expect("a page");
        assert_eq!(users(&page), [ben.id]);
        assert_eq!(messages(page), []);

        let count = f::messages::GetSearchCounters {
            peer: world.input_peer(&ada, &ben),
            filters: vec![
                MessagesFilter::InputMessagesFilterUrl,
                MessagesFilter::InputMessagesFilterPinned,
                MessagesFilter::InputMessagesFilterVoice,
            ],
            ..Default::default()
        };
        let counters = world.call(&ada, count).await.expect("counters");
        let counts: Vec<(i32, bool)> = counters
            .iter()
            .map(|SearchCounter::SearchCounter(counter)| (counter.count, counter.inexact))
            .collect();
        assert_eq!(counts, [(1, false), (0, false), (0, false)]);
    }

    #[tokio::test]
    async fn a_search_for_nothing_is_refused() {
        let (world, ada, ben) = two().await;
        let nothing = world.call(&ada, query(&world, &ada, &ben, " ")).await;
        assert_eq!(nothing, Err(text::SEARCH_QUERY_EMPTY.into()));
    }
}
