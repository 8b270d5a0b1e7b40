use super::client::{KnownSizes, cosign};
use super::*;
use crate::folder::faults::Faults;
use crate::http::{Listener, serve};
use crate::system::system_clock;
use heliograph_transparency::append::Writer;
use heliograph_transparency::note::{Note, SignerKey};
use heliograph_transparency::policy::{Freshness, Policy, PolicyError};
use heliograph_transparency::tile::TileReader;
use heliograph_transparency::tree::prove_consistency;
use heliograph_transparency::witness::{AddCheckpoint, SIZE_CONTENT_TYPE};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

const ORIGIN: &str = "example.org/log";

/// A log in memory.
#[derive(Clone)]
struct Log {
    files: BTreeMap<String, Vec<u8>>,
    writer: Writer,
    seed: [u8; 32],
}

impl Log {
    fn new() -> Self {
        Self {
            files: BTreeMap::new(),
            writer: Writer::default(),
            seed: [1; 32],
        }
    }

    fn key(&self) -> SignerKey {
        SignerKey::new(ORIGIN.parse().unwrap(), &self.seed)
    }

    fn append(&mut self, entry: &str) {
        let appended = self.writer.append(&[entry]).unwrap();
        for file in appended.files {
            self.files.insert(file.tile.to_string(), file.bytes);
        }
        self.writer = appended.writer;
    }

    fn note(&self) -> Note {
        let checkpoint = Checkpoint::new(ORIGIN, self.writer.head()).unwrap();
        Note::signed(checkpoint.to_string(), &self.key()).unwrap()
    }

    fn request(&self, old_size: u64) -> Vec<u8> {
        let head = self.writer.head();
        let mut reader = TileReader::open(&self.files, head).unwrap();
        let proof = prove_consistency(&mut reader, old_size, head.size).unwrap();
        AddCheckpoint::new(old_size, proof, self.note())
            .unwrap()
            .to_body()
            .into_bytes()
    }
}

/// The folder of a witness, which must be closed to others.
fn own(folder: &tempfile::TempDir) -> std::path::PathBuf {
    folder.path().join("witness")
}

fn witness(path: &Path, log: &Log) -> Witness {
    let witness = Witness::open(
        path,
        Some("witness.example"),
        system_clock(),
        &Entropy::system(),
    )
    .unwrap();
    witness.watch(log.key().verifier().clone()).unwrap();
    witness
}

#[test]
fn it_cosigns_what_continues_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new();
    let watching = witness(&own(&folder), &log);
    let status = |body: &[u8]| watching.add_checkpoint(body).unwrap().status;
    log.append("one");
    let mut other = log.clone();
    assert_eq!(status(&log.request(0)), 200);
    // The same again, with a fresh time.
    assert_eq!(status(&log.request(1)), 200);
    log.append("two");
    assert_eq!(status(&log.request(1)), 200);
    other.append("another two");
    let split = AddCheckpoint::new(2, Vec::new(), other.note())
        .unwrap()
        .to_body();
    assert_eq!(status(split.as_bytes()), 409);
    other.append("three");
    assert_eq!(status(&other.request(2)), 422);
    let answer = watching.add_checkpoint(&log.request(0)).unwrap();
    assert_eq!(
        (answer.status, answer.content_type, answer.body.as_str()),
        (409, SIZE_CONTENT_TYPE, "2\n")
    );
    assert_eq!(status(b"nothing of the kind"), 400);
    let stranger = Log {
        seed: [2; 32],
        ..log.clone()
    };
    assert_eq!(status(&stranger.request(2)), 403);
}

#[test]
fn unknown_logs_and_wrong_keys_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new();
    log.append("one");
    let alone = Witness::open(
        &own(&folder),
        Some("witness.example"),
        system_clock(),
        &Entropy::system(),
    );
    let alone = alone.unwrap();
    assert_eq!(alone.add_checkpoint(&log.request(0)).unwrap().status, 404);
    let key = alone.verifier().clone();
    assert!(matches!(alone.watch(key), Err(WitnessError::NotALog(_))));
}

#[test]
fn key_logs_and_heads_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new();
    log.append("one");
    let before = witness(&own(&folder), &log);
    let key = before.verifier().clone();
    assert_eq!(before.add_checkpoint(&log.request(0)).unwrap().status, 200);
    drop(before);
    let open = |name| Witness::open(&own(&folder), name, system_clock(), &Entropy::system());
    let after = open(None).unwrap();
    assert_eq!(*after.verifier(), key);
    assert_eq!(after.add_checkpoint(&log.request(0)).unwrap().status, 409);
    drop(after);
    assert!(matches!(
        open(Some("other.example")),
        Err(WitnessError::OtherName(_))
    ));
    let empty = tempfile::tempdir().unwrap();
    let nameless = Witness::open(&own(&empty), None, system_clock(), &Entropy::system());
    assert!(matches!(nameless, Err(WitnessError::NoName)));
}

#[test]
fn killed_anywhere_it_never_cosigns_two_histories() {
    let mut log = Log::new();
    log.append("one");
    let mut left = log.clone();
    left.append("two");
    let mut right = log.clone();
    right.append("another two");
    for killed_at in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let path = &own(&folder);
        assert_eq!(
            witness(path, &log)
                .add_checkpoint(&log.request(0))
                .unwrap()
                .status,
            200
        );
        let dying = Folder::open(path)
            .unwrap()
            .with_faults(Faults::after(killed_at));
        let dying = Witness::on(dying, None, system_clock(), &Entropy::system()).unwrap();
        let said = dying.add_checkpoint(&left.request(1));
        let cosigned = said.is_ok_and(|answer| answer.status == 200);
        drop(dying);
        let again = witness(path, &log)
            .add_checkpoint(&right.request(1))
            .unwrap();
        assert!(
            !(cosigned && again.status == 200),
            "killed at step {killed_at}"
        );
    }
}

#[test]
fn a_log_gathers_cosignatures_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut policy = format!("log {}\n", log.key().verifier());
    let mut running = Vec::new();
    for name in ["a", "b"] {
        let path = folder.path().join(name);
        let key_name = format!("{name}.example");
        let witness =
            Witness::open(&path, Some(&key_name), system_clock(), &Entropy::system()).unwrap();
        witness.watch(log.key().verifier().clone()).unwrap();
        let listener = runtime.block_on(Listener::bind("127.0.0.1:0")).unwrap();
        let (address, key) = (listener.web_address().unwrap(), witness.verifier().clone());
        writeln!(policy, "witness {name} {key} {address}").unwrap();
        let (service, limit) = Arc::new(witness).into_service();
        running.push(runtime.spawn(serve(listener, limit, service)));
    }
    // A third that nobody has started.
    let absent = tempfile::tempdir().unwrap();
    let absent = Witness::open(
        &own(&absent),
        Some("c.example"),
        system_clock(),
        &Entropy::system(),
    );
    let key = absent.unwrap().verifier().clone();
    writeln!(policy, "witness c {key} http://127.0.0.1:1").unwrap();
    policy += "group all 2 a b c\nquorum all\n";
    let policy = Policy::parse(policy.as_bytes()).unwrap();
    let now_s = system_clock()();
    let mut sizes = KnownSizes::new();
    for entry in ["one", "two", "three"] {
        log.append(entry);
        let mut note = log.note();
        let alone = policy.evaluate(&note, Freshness::within(60), now_s);
        assert!(matches!(alone, Err(PolicyError::Quorum { .. })));
        let outcomes = cosign(&policy, &mut note, &log.files, &mut sizes);
        let results: Vec<bool> = outcomes.iter().map(|one| one.result.is_ok()).collect();
        assert_eq!(results, [true, true, false]);
        policy
            .evaluate(&note, Freshness::within(60), now_s + 1)
            .unwrap();
        if entry == "two" {
            // What was remembered is lost: the witness says where it stands.
            sizes.clear();
        }
    }
}
