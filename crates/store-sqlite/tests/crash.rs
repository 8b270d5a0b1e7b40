//! What was acknowledged outlives the process; what was not is there as a whole or not at all.
//!
//! `HELIOGRAPH_CRASH_KILLS` sets the number of kills (default 10), `HELIOGRAPH_CRASH_SEED` the seed.

use heliograph_model::{Body, Change, MessageId, UnixMs, UserId};
use heliograph_store::mailbox::{self, EventKind, MessageRow, NewMessage};
use heliograph_store::{BoxFuture, Clock, Command, Locks, Order, Store, StoreError, Tx};
use heliograph_store_sqlite::{Durability, SqliteOptions, SqliteStore, Writer};
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Set for the process that is to be killed: the folder of its store.
const CHILD: &str = "HELIOGRAPH_CRASH_CHILD";
const USERS: u64 = 6;

/// xorshift64*.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }
}

struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Small segments and a short log: rows settle, segments change places and the log restarts all the
/// time, so that kills fall between any two of these.
fn open(folder: &Path, writer: Writer) -> Store {
    let options = SqliteOptions {
        writer,
        durability: match writer {
            Writer::Thread => Durability::Power,
            Writer::Inline => Durability::Process,
        },
        segment_bytes: 48 << 10,
        wal_limit_bytes: 256 << 10,
        ..SqliteOptions::default()
    };
    let clock = Arc::new(Ticking(AtomicI64::new(1_700_000_000_000)));
    SqliteStore::open(&folder.join("heliograph.db"), options, clock, Arc::new(()))
        .expect("the store opens")
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(future)
}

/// A step of one of the users. Every text says which send made it and how often it was edited.
#[derive(Clone, Copy, Debug)]
enum Step {
    Send {
        from: UserId,
        to: UserId,
        number: i64,
    },
    Edit {
        from: UserId,
        to: UserId,
        id: MessageId,
        number: i64,
        version: u32,
    },
    Read {
        reader: UserId,
        author: UserId,
    },
}

fn text_of(number: i64, version: u32) -> Body {
    let padding = "x".repeat(number as usize % 90);
    Body {
        text: format!("{number} {version} {padding}"),
        ..Body::default()
    }
}

impl Command for Step {
    type Output = MessageId;
    type Error = StoreError;
    const NAME: &'static str = "step";

    fn locks(&self) -> Locks {
        match *self {
            Step::Send { from, to, .. } | Step::Edit { from, to, .. } => Locks::of([from, to]),
            Step::Read { reader, author } => Locks::of([reader, author]),
        }
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<MessageId, StoreError> {
        match self {
            Step::Send { from, to, number } => {
                if let Some(known) = mailbox::sent_as(tx, from.into(), number).await? {
                    return Ok(known);
                }
                let body = text_of(number, 0);
                let flags = MessageRow::OUT;
                let message = NewMessage {
                    peer: to.into(),
                    from,
                    flags,
                    reply_to: None,
                    body,
                };
                let (sent, _) = mailbox::append_pair(tx, from, to, message, None).await?;
                let Change::NewMessage(sent) = &sent.change else {
                    panic!("not a message")
                };
                mailbox::remember_sent(tx, from.into(), number, sent.id)?;
                Ok(sent.id)
            }
            Step::Edit {
                from,
                to,
                id,
                number,
                version,
            } => {
                let body = text_of(number, version);
                mailbox::edit(tx, from.into(), to.into(), id, body).await?;
                Ok(id)
            }
            Step::Read { reader, author } => {
                let max_id = MessageId(mailbox::state(tx, reader.into()).await?.last_id);
                let inbox = EventKind::ReadInbox {
                    peer: author.into(),
                    max_id,
                    still_unread: 0,
                };
                mailbox::record(tx, reader.into(), 1, inbox).await?;
                let outbox = EventKind::ReadOutbox {
                    peer: reader.into(),
                    max_id,
                };
                mailbox::record(tx, author.into(), 1, outbox).await?;
                Ok(max_id)
            }
        }
    }
}

/// What the caller was told: the number each send became and the newest version of its text.
#[derive(Default)]
struct Acknowledged(BTreeMap<i64, (UserId, UserId, MessageId, u32)>);

impl Acknowledged {
    fn note(&mut self, step: Step, id: MessageId) {
        match step {
            Step::Send { from, to, number } => drop(self.0.insert(number, (from, to, id, 0))),
            Step::Edit {
                from,
                to,
                number,
                version,
                ..
            } => {
                let newest = self.0.entry(number).or_insert((from, to, id, version));
                newest.3 = newest.3.max(version);
            }
            Step::Read { .. } => {}
        }
    }
}

/// The next step at random; edits go to messages whose send was acknowledged.
fn next_step(dice: &mut Dice, number: i64, known: &Acknowledged) -> Step {
    let from = 1 + dice.below(USERS);
    let to = 1 + (from + dice.below(USERS - 1)) % USERS;
    let (from, to) = (UserId(from as i64), UserId(to as i64));
    let recent = known.0.range(..number).nth_back(dice.below(50) as usize);
    match (dice.below(10), recent) {
        (0, _) => Step::Read {
            reader: from,
            author: to,
        },
        (1..4, Some((number, (from, to, id, version)))) => Step::Edit {
            from: *from,
            to: *to,
            id: *id,
            number: *number,
            version: version + 1,
        },
        _ => Step::Send { from, to, number },
    }
}

/// Checks a store against what was acknowledged; answers with how many messages there are.
async fn check(store: &Store, acknowledged: &Acknowledged) -> usize {
    let mut view = store.view().await.expect("a view");
    let mut texts: BTreeMap<i64, Vec<(UserId, UserId, u32)>> = BTreeMap::new();
    for user in (1..=USERS as i64).map(UserId) {
        let state = mailbox::state(&mut *view, user.into())
            .await
            .expect("a mailbox");
        let log = mailbox::after(&mut *view, user.into(), 0, usize::MAX)
            .await
            .expect("a log");
        let mut pts = 0;
        let mut last_id = 0;
        for entry in &log.entries {
            assert_eq!(
                entry.pts,
                pts + entry.pts_count,
                "pts of {user:?} without gaps"
            );
            pts = entry.pts;
            if let Change::NewMessage(message) = &entry.change {
                assert_eq!(message.id.0, last_id + 1, "ids of {user:?} without gaps");
                last_id = message.id.0;
            }
        }
        assert_eq!((state.pts, state.last_id, log.pts), (pts, last_id, pts));

        let mut found = 0;
        for peer in (1..=USERS as i64).map(UserId) {
            let history = mailbox::history(
                &mut *view,
                user.into(),
                peer.into(),
                0..u32::MAX,
                Order::Descending,
                usize::MAX,
            );
            for message in history.await.expect("a history") {
                found += 1;
                let mut words = message.body.text.split(' ');
                let number: i64 = words.next().expect("a number").parse().expect("a number");
                let version: u32 = words.next().expect("a version").parse().expect("a version");
                assert_eq!(message.body, text_of(number, version), "the whole text");
                texts.entry(number).or_default().push((user, peer, version));
                let sent_as = mailbox::sent_as(&mut *view, message.from.into(), number).await;
                let sent_as = sent_as
                    .expect("a lookup")
                    .expect("every message has its random_id");
                assert!(message.from != user || sent_as == message.id);
            }
        }
        assert_eq!(found, last_id, "every message of {user:?} is in its chat");
    }
    for (number, copies) in &texts {
        let [(a, b, version), (c, d, other)] = copies.as_slice() else {
            panic!("message {number} has {} copies", copies.len());
        };
        assert_eq!(
            (a, b, version),
            (d, c, other),
            "both sides of message {number}"
        );
    }
    for (number, (from, to, id, version)) in &acknowledged.0 {
        let copies = texts
            .get(number)
            .unwrap_or_else(|| panic!("{number} was acknowledged"));
        assert!(
            copies.iter().all(|(_, _, there)| there >= version),
            "the edit of {number}"
        );
        assert!(copies.iter().any(|(a, b, _)| (a, b) == (from, to)));
        let sent_as = mailbox::sent_as(&mut *view, (*from).into(), *number).await;
        assert_eq!(sent_as.expect("a lookup"), Some(*id));
    }
    texts.len()
}

/// The process to be killed: writes as fast as it can and reports every answer on its output.
#[test]
fn child() {
    let Ok(folder) = std::env::var(CHILD) else {
        return;
    };
    let mut arguments = folder.splitn(3, ' ');
    let mut number = || arguments.next().expect("an argument").to_owned();
    let seed: u64 = number().parse().expect("a seed");
    let first: i64 = number().parse().expect("a number");
    let folder = number();
    let store = open(Path::new(&folder), Writer::Thread);
    let mut dice = Dice(seed);
    let mut known = Acknowledged::default();
    let mut under_way: VecDeque<(Step, BoxFuture<'_, Result<MessageId, StoreError>>)> =
        VecDeque::new();
    let mut output = std::io::stdout();
    for number in first.. {
        let step = next_step(&mut dice, number, &known);
        under_way.push_back((step, Box::pin(store.write(step))));
        if under_way.len() < 1 + dice.below(100) as usize {
            continue;
        }
        let (step, answer) = under_way.pop_front().expect("not empty");
        let id = block_on(answer).expect("an answer");
        known.note(step, id);
        let line = match step {
            Step::Send { from, to, number } => {
                format!("\nack {} {} {} {number} 0\n", from.0, to.0, id.0)
            }
            Step::Edit {
                from,
                to,
                number,
                version,
                ..
            } => {
                format!("\nack {} {} {} {number} {version}\n", from.0, to.0, id.0)
            }
            Step::Read { .. } => continue,
        };
        output.write_all(line.as_bytes()).expect("the parent reads");
    }
}

/// Starts a child, kills it after a while, and takes down what it acknowledged.
fn run_and_kill(folder: &Path, dice: &mut Dice, first: i64, acknowledged: &mut Acknowledged) {
    let seed = dice.below(1 << 30) + 1;
    let mut child = Process::new(std::env::current_exe().expect("this test"))
        .args(["child", "--exact", "--nocapture"])
        .env(CHILD, format!("{seed} {first} {}", folder.display()))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut note = |line: String| {
        let Some(rest) = line.strip_prefix("ack ") else {
            return false;
        };
        let n: Vec<i64> = rest
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        // A line that the kill cut short has too few words, or a last word that may be cut; its
        // version is then at most too small.
        if let [from, to, id, number, version] = n[..] {
            let (from, to, id) = (UserId(from), UserId(to), MessageId(id as u32));
            let step = Step::Edit {
                from,
                to,
                id,
                number,
                version: version as u32,
            };
            acknowledged.note(step, id);
        }
        true
    };
    // Until the first answer: a kill before it would only test the start.
    while !note(lines.next().expect("the child answers").expect("a line")) {}
    let patience = Duration::from_millis(5 + dice.below(200));
    let kill = std::thread::spawn(move || {
        std::thread::sleep(patience);
        child.kill().expect("the child is killed");
        child.wait().expect("the child ends");
    });
    for line in lines.map_while(Result::ok) {
        note(line);
    }
    kill.join().expect("killed");
}

fn copy(from: &Path, to: &Path) {
    for name in ["heliograph.db", "heliograph.db-wal"] {
        std::fs::copy(from.join(name), to.join(name)).expect("a copy");
    }
}

fn number_from(variable: &str, default: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(default)
}

/// Kills come in the middle of commits, settling and checkpoints; nothing acknowledged is lost or
/// doubled, and each next process takes over from where the last one was.
#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let mut dice = Dice(number_from("HELIOGRAPH_CRASH_SEED", 20_261_121));
    let kills = number_from("HELIOGRAPH_CRASH_KILLS", 10);
    let mut folder = tempfile::tempdir().expect("a folder");
    let mut acknowledged = Acknowledged::default();
    let mut answers = 0;
    for kill in 0..kills {
        if kill % 20 == 19 {
            // A long soak starts anew now and then, so that checking stays quick.
            folder = tempfile::tempdir().expect("a folder");
            acknowledged = Acknowledged::default();
        }
        let first = i64::try_from(kill + 1).expect("few kills") * 10_000_000;
        run_and_kill(folder.path(), &mut dice, first, &mut acknowledged);
        answers += acknowledged.0.len();
        // The next child is to find what this one left: the check works on a copy.
        let examined = tempfile::tempdir().expect("a folder");
        copy(folder.path(), examined.path());
        block_on(async {
            let store = open(examined.path(), Writer::Inline);
            let before = check(&store, &acknowledged).await;
            store.close().await;
            drop(store);
            let store = open(examined.path(), Writer::Inline);
            assert_eq!(
                check(&store, &acknowledged).await,
                before,
                "settling changes nothing"
            );
            store.close().await;
        });
    }
    assert!(answers > 100, "the children did write");
}

/// A log that ends early, or is damaged somewhere, opens to the state of an earlier commit.
#[test]
fn a_cut_or_damaged_log_opens_to_an_earlier_commit() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path(), Writer::Inline);
    let mut dice = Dice(7);
    block_on(async {
        let mut known = Acknowledged::default();
        for number in 1..=150 {
            let step = next_step(&mut dice, number, &known);
            let id = store.write(step).await.expect("an answer");
            known.note(step, id);
        }
        check(&store, &known).await;
    });
    let whole = std::fs::read(folder.path().join("heliograph.db-wal")).expect("the log");
    assert!(
        whole.len() < 1000 * 8192,
        "no checkpoint has moved pages out of the log yet"
    );

    let none = Acknowledged::default();
    let mut states = std::collections::BTreeSet::new();
    // The first commits made the tables; without those there is no database to speak of.
    let tables = whole.len() / 4;
    for round in 0..60 {
        let examined = tempfile::tempdir().expect("a folder");
        copy(folder.path(), examined.path());
        let place = tables + dice.below((whole.len() - tables) as u64) as usize;
        let mut log = whole.clone();
        if round % 2 == 0 {
            log.truncate(place);
        } else {
            log[place] ^= 0x40;
        }
        std::fs::write(examined.path().join("heliograph.db-wal"), log).expect("a log");
        let messages = block_on(async {
            let store = open(examined.path(), Writer::Inline);
            let messages = check(&store, &none).await;
            store.close().await;
            messages
        });
        states.insert(messages);
    }
    assert!(
        states.len() > 10,
        "cuts at many places lead to many states: {states:?}"
    );
    block_on(store.close());
}
