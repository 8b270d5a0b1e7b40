//! The public index: making it, and asking it.

use super::{Failure, Options, Report};
use heliograph_discovery::gate::Open;
use heliograph_discovery::measured::Viewer;
use heliograph_discovery::peers::PeerQuery;
use heliograph_discovery::posts::{PostQuery, Wanted};
use heliograph_discovery::{Discovery, IndexError, follow};
use heliograph_domain::accounts::{Proof, Registration, SignUp};
use heliograph_domain::channels::{CreateChannel, NewChannel, Post, SetPublicName};
use heliograph_keeper::PhoneTag;
use heliograph_model::{
    Body, Channel, ChannelId, Description, FirstName, LastName, Measure, Measures, Message,
    MessageId, Peer, PublicPeer, PublicPost, Reach, Title, UnixMs, UserId, Username,
};
use heliograph_store::Store;
use heliograph_store_sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many different words there are.
const WORDS: u64 = 60_000;
/// How many words a post has.
const POST_WORDS: u64 = 25;
/// How many of the commonest words nobody searches for: they are the "the" and "of" of a language.
/// What two of them cost is measured by itself.
const UNASKED: u64 = 50;
/// How many posts are made in a store and taken in from there.
const STORED_MAX: u64 = 50_000;
/// One channel in so many has something put on it by moderation.
const MEASURED_EVERY: u64 = 50;

const ANYBODY: Viewer<'static> = Viewer {
    country: Some("DE"),
    now: UnixMs(1),
};

/// Fills an index with generated peers and posts, then searches by name and by two words.
pub(super) async fn run(options: &Options) -> Result<Report, Failure> {
    let mut report = Report::new("search");
    report.add("peers", options.peers as f64, "");
    report.add("posts", options.posts as f64, "");
    let folder = tempfile::tempdir()?;
    let index = Discovery::open(&folder.path().join("index"))?;
    let mut numbers = Numbers(1);
    fill(&mut report, &index, options, &mut numbers)?;
    put_measures(&index, options.peers);
    let share = (options.duration() / 2).max(Duration::from_millis(200));

    let (name, names) = ("name_qps_core", ["name_p50_ms", "name_p99_ms"]);
    measure(&mut report, name, names, share, || {
        let word = word(numbers.asked());
        // Half of a word, as when somebody is still typing.
        let typed = &word[..=word.len().div_ceil(2)];
        let found = index.peers().search(PeerQuery {
            text: typed,
            kinds: &[],
            viewer: ANYBODY,
            limit: 20,
        });
        found.map(|found| found.len())
    })?;
    let (name, names) = ("post_qps_core", ["post_p50_ms", "post_p99_ms"]);
    measure(&mut report, name, names, share, || {
        let text = format!("{} {}", word(numbers.asked()), word(numbers.asked()));
        posts_with(&index, &text)
    })?;
    let (name, names) = ("common_qps_core", ["common_p50_ms", "common_p99_ms"]);
    let common = format!("{} {}", word(0), word(1));
    let brief = Duration::from_millis(500);
    measure(&mut report, name, names, brief, || {
        posts_with(&index, &common)
    })?;
    from_a_store(&mut report, options, &mut numbers).await?;
    Ok(report)
}

fn posts_with(index: &Discovery, text: &str) -> Result<usize, IndexError> {
    let found = index.posts().search(PostQuery {
        wanted: Wanted::Words(text),
        channel: None,
        min_date: 0,
        max_date: 0,
        after: None,
        viewer: ANYBODY,
        limit: 20,
    });
    found.map(|found| found.total)
}

/// Puts generated peers and posts into the index, as fast as it takes them.
fn fill(
    report: &mut Report,
    index: &Discovery,
    options: &Options,
    numbers: &mut Numbers,
) -> Result<(), Failure> {
    let begun = Instant::now();
    for number in 0..options.peers {
        let channel = channel(number, numbers);
        if let Some(face) = PublicPeer::of_channel(&channel) {
            index.add_peer(&face)?;
        }
    }
    let mut channel = channel(0, numbers);
    for number in 0..options.posts {
        channel.id = channel_id(number % options.peers.max(1));
        let message = message(&channel, number, numbers);
        if let Some(post) = PublicPost::of(&channel, &message) {
            index.add_post(&post)?;
        }
    }
    index.commit()?;
    let documents = (options.peers + options.posts) as f64;
    let per_second = documents / begun.elapsed().as_secs_f64();
    report.add("index_docs_s", per_second, "/s");
    Ok(())
}

/// Demotes and holds some channels, so that the filter has something to do.
fn put_measures(index: &Discovery, peers: u64) {
    for number in (0..peers).step_by(MEASURED_EVERY as usize) {
        let what = match number / MEASURED_EVERY % 2 {
            0 => Reach::Demoted,
            _ => Reach::Held,
        };
        let measures = Measures {
            reach: vec![Measure {
                decision: number,
                until: None,
                what,
            }],
            ..Measures::default()
        };
        index
            .measured()
            .set(Peer::Channel(channel_id(number)), None, measures);
    }
}

/// Asks for as long as `share`; rates are per second of this thread's own CPU time, so that what else
/// the machine does leaves them alone. Latencies are by the clock on the wall.
fn measure<E: Into<Failure>>(
    report: &mut Report,
    rate: &'static str,
    names: [&'static str; 2],
    share: Duration,
    mut ask: impl FnMut() -> Result<usize, E>,
) -> Result<(), Failure> {
    let mut nanos = Vec::new();
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    while begun.elapsed() < share {
        let started = Instant::now();
        std::hint::black_box(ask().map_err(Into::into)?);
        nanos.push(started.elapsed().as_nanos() as f64);
    }
    let spent = cpu_seconds() - cpu;
    report.add(rate, nanos.len() as f64 / spent.max(1e-9), "/s");
    nanos.sort_by(f64::total_cmp);
    for (name, share) in names.into_iter().zip([0.5, 0.99]) {
        let at = ((nanos.len() - 1) as f64 * share) as usize;
        report.add(name, nanos[at] / 1e6, "ms");
    }
    Ok(())
}

/// This thread's time on a CPU, as the kernel counts it; 0 where it does not.
fn cpu_seconds() -> f64 {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = line.split(' ').next().and_then(|n| n.parse::<f64>().ok());
    nanos.unwrap_or(0.0) / 1e9
}

/// Makes posts in a store, then the whole index from it; and tells how long one more post takes to
/// be found.
async fn from_a_store(
    report: &mut Report,
    options: &Options,
    numbers: &mut Numbers,
) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(
        &folder.path().join("heliograph.db"),
        SqliteOptions::default(),
        Arc::new(crate::system::SystemClock),
        Arc::new(()),
    )?;
    let (channel, ada) = public_channel(&store).await?;
    let posts = options.posts.min(STORED_MAX);
    let mut under_way = Vec::new();
    for number in 1..=posts {
        let text = text(numbers);
        under_way.push(store.write(post(channel, ada, number as i64, text)));
        if under_way.len() == 500 || number == posts {
            for written in under_way.drain(..) {
                written.await?;
            }
        }
    }
    let index = Arc::new(Discovery::open(&folder.path().join("index"))?);
    let begun = Instant::now();
    follow::rebuild(&store, &index, &Open, |_| {}).await?;
    let per_second = posts as f64 / begun.elapsed().as_secs_f64();
    report.add("stored_posts", posts as f64, "");
    report.add("rebuild_docs_s", per_second, "/s");
    while follow::take_in(&store, &index, &Open).await? > 0 {}

    let mut waits = Vec::new();
    for number in 0..20 {
        let text = format!("needle{number}");
        let id = posts + 1 + number;
        let begun = Instant::now();
        store.write(post(channel, ada, id as i64, text)).await?;
        follow::take_in(&store, &index, &Open).await?;
        waits.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    waits.sort_by(f64::total_cmp);
    report.add("post_to_index_p50_ms", waits[10], "ms");
    report.add("post_to_index_max_ms", waits[19], "ms");
    store.close().await;
    Ok(())
}

async fn public_channel(store: &Store) -> Result<(ChannelId, UserId), Failure> {
    let sign_up = SignUp {
        phone: PhoneTag::from_bytes([1; 16]),
        proven: Proof::None,
        first_name: FirstName::parse("Ada")?,
        last_name: LastName::default(),
        country: None,
        registration: Registration::Open,
    };
    let creator = store.write(sign_up).await?.person.id;
    let id = store.write(NewChannel).await?;
    let create = CreateChannel {
        id,
        creator,
        title: Title::parse("News")?,
        about: Description::default(),
        broadcast: true,
    };
    store.write(create).await?;
    let publish = SetPublicName {
        channel: id,
        by: creator,
        username: Some(Username::parse("the_news")?),
    };
    store.write(publish).await?;
    Ok((id, creator))
}

fn post(channel: ChannelId, from: UserId, random_id: i64, text: String) -> Post {
    Post {
        from,
        channel,
        random_id,
        body: Body {
            text,
            ..Body::default()
        },
        reply_to: None,
        silent: false,
        clear_draft: false,
        mentions: Vec::new(),
    }
}

fn channel_id(number: u64) -> ChannelId {
    ChannelId(1_000_000_001 + number as i64)
}

fn channel(number: u64, numbers: &mut Numbers) -> Channel {
    let (one, two) = (word(numbers.word()), word(numbers.word()));
    Channel {
        about: Description::parse(&text(numbers)).unwrap_or_default(),
        username: Username::parse(&format!("{two}_{number}")).ok(),
        members: members(numbers),
        verified: number.is_multiple_of(1000),
        ..Channel::new(
            channel_id(number),
            Title::parse(&format!("{one} {two}")).expect("two short words"),
            true,
            UserId(1),
            UnixMs(0),
        )
    }
}

/// Few channels are large.
fn members(numbers: &mut Numbers) -> u32 {
    let halvings = numbers.next() % 20;
    (numbers.next() >> 40 >> halvings) as u32
}

fn message(channel: &Channel, number: u64, numbers: &mut Numbers) -> Message {
    Message {
        id: MessageId(number as u32 + 1),
        peer: channel.id.into(),
        from: UserId(1),
        out: false,
        date: 1_600_000_000 + (number as i32),
        reply_to: None,
        silent: false,
        pinned: false,
        pts: 1,
        body: Body {
            text: text(numbers),
            ..Body::default()
        },
        counters: None,
    }
}

fn text(numbers: &mut Numbers) -> String {
    let words: Vec<String> = (0..POST_WORDS).map(|_| word(numbers.word())).collect();
    words.join(" ")
}

/// The word with this number: syllables, the common ones short.
fn word(mut number: u64) -> String {
    const SYLLABLES: [&str; 32] = [
        "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu",
        "va", "we", "xi", "yo", "zu", "bra", "cle", "dri", "flo", "gru", "pla", "ste", "tri",
        "sho", "chu", "ran", "len",
    ];
    let mut word = String::from(SYLLABLES[(number % 32) as usize]);
    while word.len() < 4 || number >= 32 {
        number /= 32;
        word.push_str(SYLLABLES[(number % 32) as usize]);
    }
    word
}

/// Numbers without a pattern, the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The number of a word; as in languages, the n-th most common one comes a share of 1/n often.
    fn word(&mut self) -> u64 {
        let at = self.next() as f64 / u64::MAX as f64;
        ((WORDS as f64).powf(at) as u64).min(WORDS) - 1
    }

    /// The number of a word that somebody may search for.
    fn asked(&mut self) -> u64 {
        loop {
            let number = self.word();
            if number >= UNASKED {
                return number;
            }
        }
    }
}
