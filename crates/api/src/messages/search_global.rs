//! Searching all of one's own chats.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Slice};
use crate::router::{Access, Router};
use heliograph_domain::messages::{Chats, Page, Spot, Wanted, search_everywhere};
use heliograph_model::{MessageId, Peer};
use heliograph_tl::enums::messages::Messages;
use heliograph_tl::enums::{InputPeer, MessagesFilter};
use heliograph_tl::functions as f;

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Read, search_global);
}

/// How many messages one page holds at most.
const PAGE_MAX: usize = 100;

/// `messages.searchGlobal`: the messages that contain a text in any private chat of the caller's and
/// any channel they are in, newest first. Public channels that they are not in are searched by
/// `channels.searchPosts`.
///
/// The next page begins behind the last message, named by its date (`next_rate`), chat and number.
/// Filters for what is not served yet (media, calls) find nothing.
///
/// Fails with `SEARCH_QUERY_EMPTY`, `PEER_ID_INVALID` or `CHANNEL_INVALID`.
async fn search_global(cx: Ctx, req: f::messages::SearchGlobal) -> Result<Messages> {
    let viewer = cx.viewer()?;
    let mut wanted = Wanted::text(&req.q);
    wanted.min_date = req.min_date.max(0);
    wanted.max_date = req.max_date.max(0);
    let served = match req.filter {
        MessagesFilter::InputMessagesFilterEmpty => true,
        MessagesFilter::InputMessagesFilterUrl => {
            wanted.link = true;
            true
        }
        _ => false,
    };
    let asks_for_all = req.q.trim().is_empty() && !wanted.link;
    if served && asks_for_all {
        return Err(text::SEARCH_QUERY_EMPTY.into());
    }
    let chats = match (req.broadcasts_only, req.groups_only, req.users_only) {
        (true, _, _) => Chats::Broadcasts,
        (_, true, _) => Chats::Groups,
        (_, _, true) => Chats::People,
        _ => Chats::All,
    };
    let after = after(&cx, req.offset_rate, &req.offset_peer, req.offset_id).await?;
    let limit = usize::try_from(req.limit).map_or(0, |limit| limit.min(PAGE_MAX));
    let mut view = cx.store.view().await?;
    let page = if served {
        search_everywhere(&mut *view, viewer.me, chats, &wanted, after, limit).await?
    } else {
        Page::nothing()
    };
    let more = page.position + page.messages.len() < page.total;
    let next_rate = page.messages.last().filter(|_| more);
    let slice = Slice {
        next_rate: next_rate.map(|last| last.date),
        count: page.total,
        inexact: !page.exact,
        flood: None,
        messages: page.messages,
    };
    Ok(render::slice(viewer, &mut *view, slice).await?)
}

/// Behind which message the page begins.
async fn after(cx: &Ctx, rate: i32, peer: &InputPeer, id: i32) -> Result<Option<Spot>> {
    if rate <= 0 {
        return Ok(None);
    }
    let peer: Option<Peer> = match peer {
        InputPeer::Empty => None,
        peer => Some(cx.chat(peer).await?),
    };
    Ok(Some(Spot {
        date: rate,
        peer,
        id: MessageId(u32::try_from(id).unwrap_or(0)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::testing::Kind;
    use crate::messages::testing::say;
    use crate::testing::{Person, World};
    use heliograph_tl::enums::Message;

    fn texts(messages: &[Message]) -> Vec<&str> {
        let text = |message: &'_ Message| match message {
            Message::Message(message) => message.message.clone(),
            other => panic!("{other:?}"),
        };
        messages.iter().map(|m| &*text(m).leak()).collect()
    }

    async fn page(
        world: &World,
        by: &Person,
        call: f::messages::SearchGlobal,
    ) -> (Vec<Message>, Option<i32>) {
        match world.call(by, call).await.expect("a page") {
            Messages::Messages(page) => (page.messages, None),
            Messages::Slice(page) => (page.messages, page.next_rate),
            other => panic!("{other:?}"),
        }
    }

    fn query(q: &str, limit: i32) -> f::messages::SearchGlobal {
        f::messages::SearchGlobal {
            q: q.into(),
            limit,
            ..Default::default()
        }
    }

    #[tokio::test]
    async fn ones_own_chats_are_searched_and_nobody_elses() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let club = world.channel(&ada, "Club", Kind::Group).await;
        let news = world.channel(&ben, "News", Kind::Broadcast).await;
        world.publish(&ben, news, "the_news").await;
        say(&world, &ada, &ben, "rain for Ben").await;
        world.pass(1);
        world.say_in(&ada, club, "rain for the club").await;
        world.pass(1);
        world.say_in(&ben, news, "rain for all").await;

        let (found, _) = page(&world, &ada, query("RAIN", 10)).await;
        assert_eq!(texts(&found), ["rain for the club", "rain for Ben"]);
        let (found, _) = page(&world, &ben, query("rain", 10)).await;
        assert_eq!(texts(&found), ["rain for all", "rain for Ben"]);
        let groups = f::messages::SearchGlobal {
            groups_only: true,
            ..query("rain", 10)
        };
        let (found, _) = page(&world, &ada, groups).await;
        assert_eq!(texts(&found), ["rain for the club"]);
        let nothing = world.call(&ada, query(" ", 10)).await;
        assert_eq!(nothing.err(), Some(text::SEARCH_QUERY_EMPTY.into()));
    }

    #[tokio::test]
    async fn pages_join_without_gaps_and_doubles() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let club = world.channel(&ada, "Club", Kind::Group).await;
        for number in 0..20 {
            // Three in each second, in two chats.
            if number % 3 == 0 {
                world.pass(1);
            }
            let text = format!("rain {number:02}");
            if number % 2 == 0 {
                say(&world, &ada, &ben, &text).await;
            } else {
                world.say_in(&ada, club, &text).await;
            }
        }
        let mut all = Vec::new();
        let mut call = query("rain", 3);
        loop {
            let (messages, next_rate) = page(&world, &ada, call.clone()).await;
            let last = messages.last().expect("a page is not empty").clone();
            all.extend(texts(&messages).into_iter().map(str::to_owned));
            let Some(rate) = next_rate else { break };
            let Message::Message(last) = last else {
                panic!("not a message");
            };
            call.offset_rate = rate;
            call.offset_id = last.id;
            call.offset_peer = match last.peer_id {
                heliograph_tl::enums::Peer::User(_) => world.input_peer(&ada, &ben),
                _ => world.channel_peer(&ada, club),
            };
        }
        let mut sorted = all.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!((all.len(), sorted.len()), (20, 20));
    }
}
