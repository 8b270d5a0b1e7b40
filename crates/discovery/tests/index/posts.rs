//! Posts: their words, their order, their pages, and what moderation keeps back.

use crate::faces;
use heliograph_discovery::Discovery;
use heliograph_discovery::measured::Viewer;
use heliograph_discovery::peers::PeerQuery;
use heliograph_discovery::posts::{Place, PostQuery, Wanted};
use heliograph_model::{
    Channel, Measure, Measures, MessageId, Peer, PublicPeer, Reach, Territory, UnixMs,
};

const ANYBODY: Viewer<'static> = Viewer {
    country: None,
    now: UnixMs(1_000),
};

fn query(wanted: Wanted<'_>) -> PostQuery<'_> {
    PostQuery {
        wanted,
        channel: None,
        min_date: 0,
        max_date: 0,
        after: None,
        viewer: ANYBODY,
        limit: 20,
    }
}

fn index(channel: &Channel, posts: &[(u32, i32, &str)]) -> Discovery {
    let index = Discovery::in_memory().expect("it opens");
    let face = PublicPeer::of_channel(channel).expect("it is public");
    index
        .put_peer(face.peer(), Some(&face))
        .expect("it is taken");
    for (id, date, text) in posts {
        let post = faces::post(channel, *id, *date, text);
        index
            .put_post(post.channel(), post.id(), Some(&post))
            .expect("it is taken");
    }
    index.commit().expect("it commits");
    index
}

fn ids(index: &Discovery, query: PostQuery<'_>) -> Vec<u32> {
    let found = index.posts().search(query).expect("it searches");
    found.posts.iter().map(|place| place.id.0).collect()
}

fn reach(decision: u64, what: Reach) -> Measures {
    Measures {
        reach: vec![Measure {
            decision,
            until: None,
            what,
        }],
        ..Measures::default()
    }
}

#[test]
fn posts_with_all_the_words_are_found_the_newest_first() {
    let channel = faces::channel(1, "the_news", "News", 10);
    let index = index(
        &channel,
        &[
            (1, 100, "Rain in Łódź tomorrow"),
            (2, 200, "Tomorrow: no rain"),
            (3, 300, "Снег в Ижевске #Погода_Завтра"),
            (4, 400, "明天北京下雨"),
            (5, 500, "rainy days"),
        ],
    );
    let words = |text| ids(&index, query(Wanted::Words(text)));
    assert_eq!(words("tomorrow RAIN"), [2, 1]);
    assert_eq!(words("lodz"), [1]);
    assert_eq!(words("rain snow"), Vec::<u32>::new());
    assert_eq!(words("izhevske sneg"), [3]);
    assert_eq!(words("北京"), [4]);
    assert_eq!(words("北下"), Vec::<u32>::new());
    assert_eq!(words(" ... "), Vec::<u32>::new());
    let tagged = |tag| ids(&index, query(Wanted::Hashtag(tag)));
    assert_eq!(tagged("#погода_завтра"), [3]);
    assert_eq!(tagged("погода_завтра"), [3]);
    assert_eq!(tagged("погода"), Vec::<u32>::new());
    let dated = PostQuery {
        min_date: 100,
        max_date: 300,
        ..query(Wanted::Words("tomorrow"))
    };
    assert_eq!(ids(&index, dated), [2]);
}

#[test]
fn pages_join_without_gaps_and_doubles() {
    let channel = faces::channel(1, "the_news", "News", 10);
    let other = faces::channel(2, "more_news", "News", 10);
    let index = Discovery::in_memory().expect("it opens");
    let mut all = Vec::new();
    for id in 1..=97 {
        // Several at the same second, in both channels.
        let in_channel = if id % 3 == 0 { &other } else { &channel };
        let post = faces::post(in_channel, id, (id / 7) as i32 + 1, "the same words");
        index
            .put_post(post.channel(), post.id(), Some(&post))
            .expect("it is taken");
        let demoted = id % 10 == 0;
        if demoted {
            let measures = reach(u64::from(id), Reach::Demoted);
            index
                .measured()
                .set(in_channel.id.into(), Some(post.id()), measures);
        }
        all.push(Place {
            demoted,
            date: post.date(),
            channel: post.channel(),
            id: post.id(),
        });
        if id % 20 == 0 {
            // Several segments.
            index.commit().expect("it commits");
        }
    }
    index.commit().expect("it commits");
    all.sort_by(|a, b| b.cmp(a));
    for limit in [1, 7, 96, 100] {
        let mut pages = Vec::new();
        loop {
            let page = index.posts().search(PostQuery {
                after: pages.last().copied(),
                limit,
                ..query(Wanted::Words("same"))
            });
            let page = page.expect("it searches");
            assert_eq!(page.total, all.len());
            if page.posts.is_empty() {
                break;
            }
            pages.extend(page.posts);
        }
        assert_eq!(pages, all, "by {limit}");
    }
}

#[test]
fn decisions_hide_demote_and_are_undone_at_once() {
    let channel = faces::channel(1, "the_news", "News", 10);
    let index = index(
        &channel,
        &[(1, 100, "rain"), (2, 200, "rain"), (3, 300, "rain")],
    );
    let rain = query(Wanted::Words("rain"));
    let peer = Peer::Channel(channel.id);
    let name = PeerQuery {
        text: "news",
        kinds: &[],
        viewer: ANYBODY,
        limit: 10,
    };
    let names = |viewer| {
        let found = index.peers().search(PeerQuery { viewer, ..name });
        found.expect("it searches").len()
    };

    index
        .measured()
        .set(peer, Some(MessageId(3)), reach(1, Reach::Demoted));
    index
        .measured()
        .set(peer, Some(MessageId(2)), reach(2, Reach::Held));
    assert_eq!(ids(&index, rain), [1, 3]);
    let kept_back = index.posts().kept_back(rain).expect("it searches");
    let decisions: Vec<(u32, u64)> = kept_back
        .iter()
        .map(|(place, because)| (place.id.0, because[0].decision))
        .collect();
    assert_eq!(decisions, [(2, 2), (3, 1)]);

    let german = Viewer {
        country: Some("DE"),
        ..ANYBODY
    };
    let in_germany = Territory::Countries(vec!["DE".into()]);
    index
        .measured()
        .set(peer, None, reach(3, Reach::Delisted(in_germany)));
    assert_eq!(
        ids(
            &index,
            PostQuery {
                viewer: german,
                ..rain
            }
        ),
        Vec::<u32>::new()
    );
    assert_eq!((names(german), names(ANYBODY)), (0, 1));
    let explained = index.peers().explain(PeerQuery {
        viewer: german,
        ..name
    });
    let explained = explained.expect("it searches");
    assert_eq!(
        (explained[0].place, explained[0].because[0].decision),
        (None, 3)
    );

    for post in [None, Some(MessageId(2)), Some(MessageId(3))] {
        index.measured().set(peer, post, Measures::default());
    }
    assert_eq!(
        ids(
            &index,
            PostQuery {
                viewer: german,
                ..rain
            }
        ),
        [3, 2, 1]
    );
    assert_eq!(names(german), 1);
}

#[test]
fn a_query_that_matches_nearly_everything_is_answered_by_its_newest_part() {
    // More in each part than are counted one by one.
    const PART: u32 = 12_000;
    let channel = faces::channel(1, "the_news", "News", 10);
    let index = index(&channel, &[]);
    for part in 0..3 {
        for id in part * PART + 1..=(part + 1) * PART {
            let post = faces::post(&channel, id, id as i32, "the same again");
            index.add_post(&post).expect("it is taken");
        }
        index.commit().expect("it commits");
    }
    let all = 3 * PART;
    let first = index.posts().search(query(Wanted::Words("same")));
    let first = first.expect("it searches");
    assert!(
        first.inexact && first.total == all as usize,
        "{}",
        first.total
    );
    let newest: Vec<u32> = first.posts.iter().map(|place| place.id.0).collect();
    assert_eq!(newest, (all - 19..=all).rev().collect::<Vec<_>>());

    // A page that begins where the newest part ends comes from the one before it.
    let after = Place {
        id: MessageId(2 * PART + 6),
        date: 2 * PART as i32 + 6,
        ..*first.posts.last().expect("a full page")
    };
    let behind = PostQuery {
        after: Some(after),
        ..query(Wanted::Words("same"))
    };
    let expected = (2 * PART + 5 - 19..=2 * PART + 5).rev();
    assert_eq!(ids(&index, behind), expected.collect::<Vec<_>>());

    // What is demoted stands behind everything else, and takes no place on the first page.
    let demoted = (Peer::Channel(channel.id), Some(MessageId(all)));
    index
        .measured()
        .set(demoted.0, demoted.1, reach(1, Reach::Demoted));
    let first = ids(&index, query(Wanted::Words("same")));
    assert_eq!(first, (all - 20..all).rev().collect::<Vec<_>>());
}
