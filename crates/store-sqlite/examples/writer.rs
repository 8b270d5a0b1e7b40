//! Measures the writer alone: full private sends, without network or protocol.
//!
//! `cargo run --release -p heliograph-store-sqlite --example writer -- FOLDER [sends] [key=value …]`
//!
//! Each send looks up its `random_id` and both dialogs, appends both copies of a 100-byte text and
//! remembers the `random_id`. Keys: `prefill`, `groups` (a list), `pairs` (how many of the 10,000
//! pairs are active), `rate` (sends offered in a second; without it as many as go), `page`, `cache_mib`, `row_cache_mib`,
//! `segment_kib`, `deleted` (`left`, `in-pages`, `overwritten`).

use heliograph_model::{Body, Change, MessageId, UnixMs, UserId};
use heliograph_store::mailbox::{self, MessageRow, NewMessage};
use heliograph_store::{Clock, Command, Listener, Locks, Store, StoreError, Tx, Wake};
use heliograph_store_sqlite::{Deleted, SqliteOptions, SqliteStore};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

struct SystemClock;

#[expect(
    clippy::disallowed_methods,
    reason = "a measuring program has no one to hand it a clock"
)]
impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        UnixMs(since.as_millis() as i64)
    }
}

struct Send {
    from: UserId,
    to: UserId,
    random_id: i64,
}

impl Command for Send {
    type Output = MessageId;
    type Error = StoreError;
    const NAME: &'static str = "send";

    fn locks(&self) -> Locks {
        Locks::of([self.from, self.to])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<MessageId, StoreError> {
        let (from, to) = (self.from.into(), self.to.into());
        if let Some(known) = mailbox::sent_as(tx, from, self.random_id).await? {
            return Ok(known);
        }
        for (owner, peer) in [(from, self.to), (to, self.from)] {
            if mailbox::dialog(tx, owner, peer.into()).await?.is_none() {
                mailbox::put_dialog(tx, owner, peer.into(), &mailbox::Dialog::default())?;
            }
        }
        let message = NewMessage {
            peer: self.to.into(),
            from: self.from,
            flags: MessageRow::OUT,
            reply_to: None,
            body: Body {
                text: "a text of one hundred bytes, ".repeat(4)[..100].to_owned(),
                ..Body::default()
            },
        };
        let (sent, _) = mailbox::append_pair(tx, self.from, self.to, message, None).await?;
        let Change::NewMessage(message) = &sent.change else {
            return Err(StoreError::Engine("a send is a new message".into()));
        };
        mailbox::remember_sent(tx, from, self.random_id, message.id)?;
        Ok(message.id)
    }
}

/// Wakes the thread that waits.
struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        std::thread::park();
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<MessageId, StoreError>>>>;

/// Takes the time of every send, from its submission until its commit is durable.
#[derive(Default)]
struct Stopwatch {
    /// Sends are applied, and so told, in the order of their submission.
    submitted: Mutex<VecDeque<Instant>>,
    took: Mutex<Vec<Duration>>,
}

impl Listener for Stopwatch {
    fn committed(&self, wakes: Vec<Wake>) {
        let changes = wakes
            .iter()
            .flat_map(|wake| &wake.logged)
            .map(|logged| &logged.change);
        let sent = changes
            .filter(|change| matches!(change, Change::NewMessage(m) if m.out))
            .count();
        let mut submitted = self.submitted.lock().expect("no panic");
        self.took
            .lock()
            .expect("no panic")
            .extend(submitted.drain(..sent).map(|at| at.elapsed()));
    }
}

/// How sends are offered.
#[derive(Clone, Copy)]
struct Load {
    sends: usize,
    /// So many are under way at most.
    window: usize,
    /// So many are offered in a second; 0 for as many as the window lets through.
    rate: u64,
    pairs: u64,
}

/// Offers sends and waits for all of them; answers with how long each took, sorted. User ids are
/// spread like real ones.
fn send(store: &Store, stopwatch: &Stopwatch, load: Load, seed: &mut u64) -> Vec<Duration> {
    let mut under_way: VecDeque<Answer> = VecDeque::new();
    let start = Instant::now();
    for number in 0..load.sends {
        if let Some(due_ns) = (number as u64 * 1_000_000_000).checked_div(load.rate) {
            let due = start + Duration::from_nanos(due_ns);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let pair = (*seed >> 33) % load.pairs;
        let user = |side: u64| UserId(((pair * 2 + side) * 7_919 % 1_000_003) as i64 + 10_000);
        let turn = *seed >> 32 & 1;
        let (from, to) = (user(turn), user(1 - turn));
        let random_id = seed.rotate_left(17) as i64;
        stopwatch
            .submitted
            .lock()
            .expect("no panic")
            .push_back(Instant::now());
        under_way.push_back(Box::pin(store.write(Send {
            from,
            to,
            random_id,
        })));
        if under_way.len() >= load.window {
            block_on(under_way.pop_front().expect("just added")).expect("a send");
        }
    }
    for answer in under_way {
        block_on(answer).expect("a send");
    }
    let mut took = std::mem::take(&mut *stopwatch.took.lock().expect("no panic"));
    took.sort_unstable();
    took
}

/// CPU time used by threads, in microseconds by thread name (Linux).
fn cpu_us() -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        let stat = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let ns: u64 = stat
            .split(' ')
            .next()
            .and_then(|ns| ns.parse().ok())
            .unwrap_or(0);
        *all.entry(name.trim().to_owned()).or_insert(0) += ns / 1000;
    }
    all
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "figures to be read by people")]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder");
    let sends: usize = arguments
        .next()
        .map_or(100_000, |n| n.parse().expect("a number"));
    let set: BTreeMap<String, String> = arguments
        .filter_map(|argument| {
            argument
                .split_once('=')
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
        })
        .collect();
    let number = |key: &str, default: u64| -> u64 {
        set.get(key)
            .map_or(default, |value| value.parse().expect("a number"))
    };
    let groups = set.get("groups").map_or("16,64,100,256", String::as_str);
    let (pairs, rate) = (number("pairs", 100), number("rate", 0));
    let stopwatch = Arc::new(Stopwatch::default());
    let prefill = number("prefill", 200_000) as usize;

    let path = Path::new(&folder).join("writer-bench.db");
    let mut seed = 1;
    let defaults = SqliteOptions::default();
    let deleted = match set.get("deleted").map(String::as_str) {
        None => defaults.deleted,
        Some("left") => Deleted::Left,
        Some("in-pages") => Deleted::OverwrittenInPages,
        Some("overwritten") => Deleted::Overwritten,
        Some(other) => panic!("deleted={other}"),
    };
    let options = |group: usize| SqliteOptions {
        commands_per_commit: group,
        deleted,
        page_bytes: number("page", u64::from(defaults.page_bytes)) as u32,
        page_cache_kib: number("cache_mib", defaults.page_cache_kib as u64 >> 10) as i64 * 1024,
        row_cache_bytes: number("row_cache_mib", defaults.row_cache_bytes as u64 >> 20) as usize
            * (1 << 20),
        segment_bytes: number("segment_kib", defaults.segment_bytes as u64 >> 10) as usize * 1024,
        ..defaults
    };
    let open = |group| {
        SqliteStore::open(
            &path,
            options(group),
            Arc::new(SystemClock),
            stopwatch.clone(),
        )
        .expect("the store opens")
    };
    let remove = || {
        for name in ["", "-wal", "-shm", ".lock"] {
            let _ = std::fs::remove_file(format!("{}{name}", path.display()));
        }
    };
    remove();
    let store = open(256);
    let half = Load {
        sends: prefill / 2,
        window: 1024,
        rate: 0,
        pairs: 10_000,
    };
    send(&store, &stopwatch, half, &mut seed);
    send(&store, &stopwatch, Load { pairs, ..half }, &mut seed);
    block_on(store.close());
    drop(store);
    let size = std::fs::metadata(&path).map_or(0, |file| file.len());
    println!(
        "prefilled {prefill}: {} bytes a send",
        size / prefill.max(1) as u64
    );

    for group in groups
        .split(',')
        .map(|group| group.parse().expect("a number"))
    {
        let store = open(group);
        // Warm: the hot rows are in memory, as they are in a server that has run for a while.
        let load = Load {
            sends,
            window: group * 2,
            rate,
            pairs,
        };
        send(
            &store,
            &stopwatch,
            Load {
                sends: 20_000,
                rate: 0,
                ..load
            },
            &mut seed,
        );
        let (started, before) = (Instant::now(), cpu_us());
        let took = send(&store, &stopwatch, load, &mut seed);
        let (elapsed, after) = (started.elapsed(), cpu_us());
        let used = |name: &str| {
            let of = |all: &BTreeMap<String, u64>| all.get(name).copied().unwrap_or(0);
            (of(&after) - of(&before)) as f64 / sends as f64
        };
        let (writer, checkpoint) = (used("store-writer"), used("store-checkpoin"));
        println!(
            "group {group:>4}: {:>7.0} sends/s, CPU us/send: writer {writer:.1} + checkpoint \
             {checkpoint:.1} = {:.1} (submitter {:.1}); answers after p50 {:.1} \
             p99 {:.1} max {:.1} ms",
            sends as f64 / elapsed.as_secs_f64(),
            writer + checkpoint,
            used("writer"),
            ms(took[sends / 2]),
            ms(took[sends * 99 / 100]),
            ms(took[sends - 1]),
        );
        block_on(store.close());
        drop(store);
    }
    remove();
}
