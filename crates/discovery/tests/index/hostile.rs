//! Queries and texts that mean harm: nothing panics, and nothing takes long.

use crate::faces;
use heliograph_discovery::Discovery;
use heliograph_discovery::measured::Viewer;
use heliograph_discovery::peers::PeerQuery;
use heliograph_discovery::posts::{PostQuery, Wanted};
use heliograph_model::{PublicPeer, UnixMs};
use proptest::prelude::*;
use std::time::{Duration, Instant};

const ANYBODY: Viewer<'static> = Viewer {
    country: Some("DE"),
    now: UnixMs(0),
};

/// "News" in some fifty languages and scripts.
const NEWS: &[&str] = &[
    "news",
    "noticias",
    "nouvelles",
    "Nachrichten",
    "новости",
    "новини",
    "навіны",
    "вести",
    "wiadomości",
    "zprávy",
    "správy",
    "hírek",
    "știri",
    "haberler",
    "xəbərlər",
    "жаңалықтар",
    "yangiliklar",
    "ахборот",
    "мэдээ",
    "أخبار",
    "اخبار",
    "خبریں",
    "خبرونه",
    "חדשות",
    "ειδήσεις",
    "ახალი ამბები",
    "նորություններ",
    "समाचार",
    "খবর",
    "ਖ਼ਬਰਾਂ",
    "સમાચાર",
    "செய்திகள்",
    "వార్తలు",
    "ಸುದ್ದಿ",
    "വാർത്തകൾ",
    "පුවත්",
    "ข่าว",
    "ຂ່າວ",
    "ព័ត៌មាន",
    "သတင်း",
    "新闻",
    "新聞",
    "ニュース",
    "뉴스",
    "tin tức",
    "berita",
    "balita",
    "habari",
    "labarai",
    "iroyin",
    "ዜና",
    "uutiset",
    "uudised",
    "naujienos",
    "ziņas",
    "fréttir",
    "nyheter",
    "ᏗᎧᏃᎮᏛ",
    "گھوال",
    "གསར་འགྱུར",
    "𐌰𐍂𐌼",
];

fn index() -> Discovery {
    let index = Discovery::in_memory().expect("it opens");
    for (number, word) in (1..).zip(NEWS) {
        let channel = faces::channel(number, &format!("news_{number}"), word, 10);
        let face = PublicPeer::of_channel(&channel).expect("it is public");
        index
            .put_peer(face.peer(), Some(&face))
            .expect("it is taken");
        let post = faces::post(&channel, 1, 1, &format!("{word} #{word} {word}{word}"));
        index
            .put_post(post.channel(), post.id(), Some(&post))
            .expect("it is taken");
    }
    index.commit().expect("it commits");
    index
}

fn search(index: &Discovery, text: &str) -> (usize, usize) {
    let found = index.peers().search(PeerQuery {
        text,
        kinds: &[],
        viewer: ANYBODY,
        limit: 100,
    });
    let found = found.expect("it searches");
    let mut posts = 0;
    for wanted in [Wanted::Words(text), Wanted::Hashtag(text)] {
        let found = index.posts().search(PostQuery {
            wanted,
            channel: None,
            min_date: 0,
            max_date: 0,
            after: None,
            viewer: ANYBODY,
            limit: 100,
        });
        posts += found.expect("it searches").posts.len();
    }
    (found.len(), posts)
}

#[test]
fn a_word_of_any_of_fifty_languages_is_found() {
    assert!(NEWS.len() >= 50);
    let index = index();
    for word in NEWS {
        let (peers, posts) = search(&index, word);
        assert!(peers >= 1, "{word}");
        assert!(posts >= 1, "{word}");
    }
}

#[test]
fn long_turned_and_invisible_queries_are_answered_soon() {
    let index = index();
    let long = |unit: &str| unit.repeat(100_000 / unit.len());
    let hostile = [
        long("a"),
        long("a "),
        long("новости "),
        long("新"),
        long("\u{202e}abc\u{2066}"),
        long("\u{200b}"),
        long("e\u{301}\u{302}\u{303}\u{304}"),
        long("ﷺ"),
        long("#"),
        long("@"),
        long("👩‍👩‍👧‍👦"),
        long("\u{0}\u{1}\n\t"),
        long("๎"),
        "(a OR b) AND word:* ~9 \"".to_owned(),
        "\u{10ffff}\u{fffe}".to_owned(),
    ];
    // Far beyond what any of them takes, and far below what an unbounded one would.
    let bound = Duration::from_secs(5);
    for text in hostile {
        let start = Instant::now();
        search(&index, &text);
        assert!(start.elapsed() < bound, "{:?}…", text.chars().next());
    }
}

#[test]
fn texts_of_nothing_but_marks_and_joiners_can_be_posts() {
    let index = Discovery::in_memory().expect("it opens");
    let channel = faces::channel(1, "the_news", "News", 10);
    for (id, text) in (1..).zip(["\u{200b}", "...", "\u{301}", "🎉", &"x".repeat(100_000)]) {
        let post = faces::post(&channel, id, 1, text);
        index
            .put_post(post.channel(), post.id(), Some(&post))
            .expect("it is taken");
    }
    index.commit().expect("it commits");
    assert_eq!(index.posts().count(), 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_a_search_fail(text in "\\PC{0,60}|[\\p{L}\\p{M}\\p{N} #@]{0,60}") {
        thread_local! {
            static INDEX: Discovery = index();
        }
        INDEX.with(|index| search(index, &text));
    }

    #[test]
    fn what_is_written_is_found_by_each_of_its_words(text in "[\\p{L}\\p{N} ]{1,40}") {
        let words = heliograph_discovery::analysis::words(&text);
        let index = Discovery::in_memory().expect("it opens");
        let channel = faces::channel(1, "the_news", "News", 10);
        let post = faces::post(&channel, 1, 1, &text);
        index.put_post(post.channel(), post.id(), Some(&post)).expect("it is taken");
        index.commit().expect("it commits");
        if !words.is_empty() {
            let (_, posts) = search(&index, &text);
            prop_assert!(posts >= 1);
        }
    }
}
