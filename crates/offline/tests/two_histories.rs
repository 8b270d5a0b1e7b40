//! A witness's program, killed again and again, and asked to cosign another history of a log.

use heliograph_transparency::testing::{Published, log_key};
use heliograph_transparency::tree::{Hash, Leaves, leaf_hash, prove_consistency};
use heliograph_transparency::witness::AddCheckpoint;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const ORIGIN: &str = "example.org/log";
const NOW_S: u64 = 1_795_000_000;

/// A witness that runs.
struct Running {
    process: Child,
    key: String,
    address: String,
}

impl Running {
    fn start(folder: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_heliograph-witness"))
            .arg("--data")
            .arg(folder)
            .args(["--listen", "127.0.0.1:0", "--name", "witness.example"])
            .args(["--log", &log_key(ORIGIN).verifier().to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let told = process.stdout.take().expect("piped");
        let mut lines = BufReader::new(told).lines();
        let mut line = || lines.next().expect("a line").expect("text");
        Self {
            key: line(),
            address: line(),
            process,
        }
    }

    /// The status with which it answers to the newest checkpoint of a history.
    fn asked(&self, history: &Published, old_size: u64) -> u16 {
        let leaves: Vec<Hash> = history.entries.iter().map(|one| leaf_hash(one)).collect();
        let Ok(proof) = prove_consistency(&mut Leaves(&leaves), old_size, leaves.len() as u64);
        let request = AddCheckpoint::new(old_size, proof, history.checkpoint());
        let body = request.expect("a checkpoint").to_body();
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent: ureq::Agent = config.build().into();
        let answer = agent
            .post(format!("{}/add-checkpoint", self.address))
            .send(body.as_bytes());
        answer.expect("it answers").status().as_u16()
    }
}

impl Drop for Running {
    /// `kill -9`.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A history of `shared` entries and then of its own, one for each byte.
fn history(shared: usize, own: &str) -> Published {
    let mut entries: Vec<Vec<u8>> = (0..shared).map(|n| vec![n as u8]).collect();
    entries.extend(own.bytes().map(|byte| vec![byte]));
    Published::of(ORIGIN, &entries, NOW_S)
}

#[test]
fn a_witness_that_is_killed_after_every_answer_cosigns_one_history_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("witness");
    let mut key = None;
    for (asked, old_size, status) in [
        (history(2, ""), 0, 200),
        (history(2, "a"), 2, 200),
        // Asked again, it cosigns the same.
        (history(2, "a"), 3, 200),
        // As long, but another; longer, but not its continuation; shorter.
        (history(2, "b"), 3, 409),
        (history(2, "bc"), 3, 422),
        (history(2, "bc"), 2, 409),
        (history(2, ""), 2, 409),
        (history(2, "ad"), 3, 200),
    ] {
        let witness = Running::start(&data);
        let what = format!("{} entries after {old_size}", asked.entries.len());
        assert_eq!(witness.asked(&asked, old_size), status, "{what}");
        assert_eq!(*key.get_or_insert(witness.key.clone()), witness.key);
    }
}
