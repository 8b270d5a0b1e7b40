//! Searching the posts of all public channels.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Slice};
use crate::router::{Access, Router};
use heliograph_discovery::measured;
use heliograph_discovery::posts::{Place, PostQuery, Wanted};
use heliograph_domain::channels;
use heliograph_model::{ChannelId, MessageId, PublicPost};
use heliograph_moderation::search_terms;
use heliograph_store::mailbox;
use heliograph_tl::enums::messages::Messages;
use heliograph_tl::enums::{InputPeer, SearchPostsFlood};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Lookup, search_posts)
        .method(Access::User, Rate::Free, check_search_posts_flood);
}

/// How many posts one page holds at most.
const PAGE_MAX: usize = 100;

/// What is told of a limit where there is none but the flood limit: it costs nothing here.
const SEARCHES_A_DAY: i32 = 10_000;

/// `channels.searchPosts`: posts of public channels that have a tag or all words of a query, newest
/// first, the caller's channels among them. What moderation has put behind everything else stands
/// there, what it has hidden is left out; some search terms find nothing.
///
/// The next page begins behind the last post, named by `next_rate`, channel and number. The rate is
/// its date, negative for one of those that stand last.
///
/// Fails with `SEARCH_QUERY_EMPTY`, where there is neither tag nor query or both, `CHANNEL_INVALID` or
/// `PEER_ID_INVALID`.
async fn search_posts(cx: Ctx, req: f::channels::SearchPosts) -> Result<Messages> {
    let viewer = cx.viewer()?;
    let (asked, is_tag) = match (req.hashtag, req.query) {
        (Some(tag), None) if !tag.trim().is_empty() => (tag, true),
        (None, Some(query)) if !query.trim().is_empty() => (query, false),
        _ => return Err(text::SEARCH_QUERY_EMPTY.into()),
    };
    let after = after(&cx, req.offset_rate, &req.offset_peer, req.offset_id).await?;
    let limit = usize::try_from(req.limit).map_or(0, |limit| limit.min(PAGE_MAX));
    let now = cx.now();
    let country = {
        let mut view = cx.store.view().await?;
        let country = cx.country(&mut *view).await?;
        let barred = search_terms::barred(&mut *view, &asked, country.as_deref(), now).await?;
        if barred.is_some() {
            let nothing = Slice {
                flood: (!is_tag).then(no_flood),
                ..Slice::default()
            };
            return Ok(render::slice(viewer, &mut *view, nothing).await?);
        }
        country
    };
    let found = cx
        .discover(move |index| {
            index.posts().search(PostQuery {
                wanted: if is_tag {
                    Wanted::Hashtag(&asked)
                } else {
                    Wanted::Words(&asked)
                },
                channel: None,
                min_date: 0,
                max_date: 0,
                after,
                viewer: measured::Viewer {
                    country: country.as_deref(),
                    now,
                },
                limit,
            })
        })
        .await?;

    let last = found.posts.last().filter(|_| found.posts.len() == limit);
    let next_rate = last.map(|last| if last.demoted { -last.date } else { last.date });
    let mut messages = Vec::new();
    let mut view = cx.store.view().await?;
    for place in found.posts {
        // The index may be a moment behind, and a channel may have removed the caller.
        let now_s = now.seconds();
        let standing = channels::standing(&mut *view, place.channel, viewer.me, now_s).await;
        let Some(standing) = standing.ok().filter(|standing| standing.may_read().is_ok()) else {
            continue;
        };
        let message = mailbox::load(&mut *view, place.channel.into(), place.id).await?;
        messages.extend(message.filter(|m| PublicPost::of(&standing.channel, m).is_some()));
    }
    let slice = Slice {
        next_rate,
        count: found.total,
        inexact: found.inexact,
        flood: (!is_tag).then(no_flood),
        messages,
    };
    Ok(render::slice(viewer, &mut *view, slice).await?)
}

/// Behind which post the page begins.
async fn after(cx: &Ctx, rate: i32, peer: &InputPeer, id: i32) -> Result<Option<Place>> {
    if rate == 0 {
        return Ok(None);
    }
    let channel = match peer {
        // Before every post of that second.
        InputPeer::Empty => ChannelId(i64::MIN),
        peer => cx.channel_peer(peer).await?,
    };
    Ok(Some(Place {
        demoted: rate < 0,
        date: rate.saturating_abs(),
        channel,
        id: MessageId(u32::try_from(id).unwrap_or(0)),
    }))
}

/// `channels.checkSearchPostsFlood`: whether a search must be paid for. None must.
async fn check_search_posts_flood(
    _: Ctx,
    _: f::channels::CheckSearchPostsFlood,
) -> Result<SearchPostsFlood> {
    Ok(no_flood())
}

fn no_flood() -> SearchPostsFlood {
    types::SearchPostsFlood {
        query_is_free: true,
        total_daily: SEARCHES_A_DAY,
        remains: SEARCHES_A_DAY,
        wait_till: None,
        stars_amount: 0,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::testing::Kind;
    use crate::testing::{Person, World};
    use heliograph_model::{Measure, Measures, Reach, Territory};
    use heliograph_tl::enums::Message;

    fn words(query: &str, limit: i32) -> f::channels::SearchPosts {
        f::channels::SearchPosts {
            query: Some(query.into()),
            limit,
            ..Default::default()
        }
    }

    async fn page(
        world: &World,
        by: &Person,
        call: f::channels::SearchPosts,
    ) -> (Vec<(i64, i32)>, i32, Option<i32>) {
        let Messages::Slice(page) = world.call(by, call).await.expect("a page") else {
            panic!("not a slice");
        };
        let place = |message: &Message| match message {
            Message::Message(message) => match &message.peer_id {
                heliograph_tl::enums::Peer::Channel(peer) => (peer.channel_id, message.id),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        let places = page.messages.iter().map(place).collect();
        (places, page.count, page.next_rate)
    }

    #[tokio::test]
    async fn posts_of_channels_one_is_not_in_are_found_by_word_and_by_tag() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let news = world.channel(&ada, "News", Kind::Broadcast).await;
        world.publish(&ada, news, "the_news").await;
        let group = world.channel(&ada, "Club", Kind::Group).await;
        world.publish(&ada, group, "the_club").await;
        let private = world.channel(&ada, "Diary", Kind::Broadcast).await;
        let first = world.say_in(&ada, news, "Heavy rain #Weather").await;
        world.pass(1);
        let second = world.say_in(&ada, news, "Rain again").await;
        world.say_in(&ada, group, "rain, says the club").await;
        world.say_in(&ada, private, "rain, says the diary").await;
        world.take_in().await;

        let (places, count, next) = page(&world, &ben, words("rain", 10)).await;
        assert_eq!(places, [(news.0, second), (news.0, first)]);
        assert_eq!((count, next), (2, None));
        let tagged = f::channels::SearchPosts {
            hashtag: Some("weather".into()),
            limit: 10,
            ..Default::default()
        };
        assert_eq!(
            page(&world, &ben, tagged.clone()).await.0,
            [(news.0, first)]
        );

        let both = f::channels::SearchPosts {
            query: Some("rain".into()),
            ..tagged
        };
        for call in [both, words("  ", 10), f::channels::SearchPosts::default()] {
            let refused = world.call(&ben, call).await.err();
            assert_eq!(refused, Some(text::SEARCH_QUERY_EMPTY.into()));
        }
    }

    #[tokio::test]
    async fn a_barred_term_finds_nothing_as_words_or_tag_where_it_was_decided() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let news = world.channel(&ada, "News", Kind::Broadcast).await;
        world.publish(&ada, news, "the_news").await;
        let post = world.say_in(&ada, news, "Heavy rain #HeavyRain").await;
        world.take_in().await;
        let tagged = f::channels::SearchPosts {
            hashtag: Some("HeavyRain".into()),
            limit: 10,
            ..Default::default()
        };
        let elsewhere = Territory::Countries(vec!["FR".into()]);
        world.bar("heavy rain", elsewhere, 1).await;
        let (places, ..) = page(&world, &ben, words("heavy rain", 10)).await;
        assert_eq!(places, [(news.0, post)], "nobody knows Ben to be there");

        world.bar("heavy rain", Territory::World, 2).await;
        for call in [words("Rain heavy", 10), tagged] {
            let (places, count, _) = page(&world, &ben, call).await;
            assert!(places.is_empty() && count == 0);
        }
        let (places, ..) = page(&world, &ben, words("rain", 10)).await;
        assert_eq!(places, [(news.0, post)]);
    }

    #[tokio::test]
    async fn pages_join_and_what_is_demoted_stands_last() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let mut posts = Vec::new();
        for name in ["first_news", "second_news"] {
            let news = world.channel(&ada, name, Kind::Broadcast).await;
            world.publish(&ada, news, name).await;
            for _ in 0..5 {
                posts.push((news, world.say_in(&ada, news, "rain").await));
            }
            world.pass(1);
        }
        world.take_in().await;
        let demoted = Measures {
            reach: vec![Measure {
                decision: 1,
                until: None,
                what: Reach::Demoted,
            }],
            ..Measures::default()
        };
        let (channel, id) = posts[9];
        let id = MessageId(id as u32);
        world.measure(channel.into(), Some(id), demoted).await;

        let mut all = Vec::new();
        let mut call = words("rain", 3);
        loop {
            let (places, count, next_rate) = page(&world, &ben, call.clone()).await;
            assert_eq!(count, 10);
            all.extend(places);
            let Some(rate) = next_rate else { break };
            let (channel, id) = *all.last().expect("a page is not empty");
            call.offset_rate = rate;
            call.offset_peer = world.channel_peer(&ben, ChannelId(channel));
            call.offset_id = id;
        }
        assert_eq!(all.len(), 10);
        assert_eq!(all[9], (posts[9].0.0, posts[9].1));
        let mut sorted = all.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 10);
    }

    #[tokio::test]
    async fn what_is_gone_or_removed_one_is_not_shown_though_the_index_has_it() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let news = world.channel(&ada, "News", Kind::Broadcast).await;
        world.publish(&ada, news, "the_news").await;
        world.say_in(&ada, news, "rain").await;
        world.take_in().await;
        world.publish(&ada, news, "").await;
        assert_eq!(page(&world, &ben, words("rain", 10)).await.0, []);
    }
}
