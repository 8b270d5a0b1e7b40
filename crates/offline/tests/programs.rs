//! The two programs, run as people run them.

use heliograph_transparency::entry::Entry;
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::note::SignerKey;
use heliograph_transparency::testing::policy;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const OFFICER: &str = env!("CARGO_BIN_EXE_heliograph-officer");
const WITNESS: &str = env!("CARGO_BIN_EXE_heliograph-witness");

/// Runs the officer's program in a folder.
fn officer(at: &Path, arguments: &[&str]) -> Output {
    Command::new(OFFICER)
        .current_dir(at)
        .stdin(Stdio::null())
        .args(arguments)
        .output()
        .expect("the program starts")
}

#[track_caller]
fn ok(at: &Path, arguments: &[&str]) -> String {
    let output = officer(at, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("text")
}

#[track_caller]
fn refused(at: &Path, arguments: &[&str]) -> String {
    let output = officer(at, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).expect("text")
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn practice_exits_0_and_ends_with_the_plan() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = ok(folder.path(), &["practice"]);
    assert!(told.contains("Opened: +4915112345678"), "{told}");
    assert!(told.contains("THE CEREMONY ON ONE PAGE"), "{told}");
}

#[test]
fn practice_of_an_impossible_quorum_exits_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let why = refused(
        folder.path(),
        &["practice", "--officers", "3", "--threshold", "4"],
    );
    assert!(why.contains("not 1 <= K <= N <= 255"), "{why}");
}

#[test]
fn three_officers_hold_a_ceremony_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::write(at.join("words"), "quick words of a demonstration\n").expect("a file");
    let witness = at.join("witness");
    let mut started = Command::new(WITNESS)
        .args([
            "--data",
            &witness.to_string_lossy(),
            "--listen",
            "127.0.0.1:0",
        ])
        .args(["--name", "witness.example"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(started.stdout.take().expect("piped")).lines();
    let _running = Running(started);
    let key = lines.next().expect("a line").expect("text");
    assert!(
        lines
            .next()
            .expect("a line")
            .expect("text")
            .starts_with("http://127.0.0.1:")
    );
    let name = "demo.example/log".parse().expect("a name");
    let log = SignerKey::new(name, &[7; 32]).verifier().clone();
    fs::write(
        at.join("policy"),
        format!("log {log}\nwitness w {key}\nquorum w\n"),
    )
    .expect("a file");

    let as_officer = |number: &str, arguments: &[&str]| {
        let dir = format!("officer-{number}");
        let common = ["--dir", &dir, "--passphrase-file", "words", "--yes"];
        ok(at, &[&common[..], arguments].concat())
    };
    for number in ["1", "2", "3"] {
        let name = format!("Officer-{number}");
        let card = as_officer(number, &["init", "--name", &name, "--demo"]);
        fs::write(at.join(format!("card-{number}.json")), card).expect("a file");
        as_officer(number, &["pin", "policy"]);
    }
    let cards = ["card-1.json", "card-2.json", "card-3.json"];
    as_officer("1", &[&["plan", "--threshold", "2"][..], &cards].concat());
    for number in ["1", "2", "3"] {
        as_officer(number, &["begin", "plan.json"]);
    }
    let packets = |round: u8| (1..=3).map(move |from| format!("round-{round}-from-{from}.json"));
    for (round, command) in [(1, "deal"), (2, "confirm")] {
        let files: Vec<String> = packets(round).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        // One packet short: the sender is named, and nothing is written.
        let short = [
            &[
                "--dir",
                "officer-1",
                "--passphrase-file",
                "words",
                command,
                "plan.json",
            ],
            &files[..2],
        ];
        let why = refused(at, &short.concat());
        assert!(why.contains("holder 3 (Officer-3) is missing"), "{why}");
        for number in ["1", "2", "3"] {
            as_officer(number, &[&[command, "plan.json"][..], &files].concat());
        }
    }
    let files: Vec<String> = packets(3).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    as_officer("1", &[&["draft", "plan.json"][..], &files].concat());
    for number in ["1", "2", "3"] {
        as_officer(number, &["sign-key", "plan.json", "keys-entry.txt"]);
    }
    let signatures = [
        "key-signature-1.json",
        "key-signature-2.json",
        "key-signature-3.json",
    ];
    as_officer(
        "2",
        &[&["finish", "plan.json", "keys-entry.txt"][..], &signatures].concat(),
    );
    let entry = fs::read(at.join("keys-entry-signed.txt")).expect("written");
    let mut ledger = Ledger::new("demo.example/log");
    let date = Entry::parse(&entry).expect("an entry").date;
    let policy = Entry::new(date, policy(1, true))
        .to_bytes()
        .expect("a policy");
    ledger
        .apply(0, &policy)
        .expect("the log begins with a policy");
    ledger.apply(1, &entry).expect("the log takes the key");
    assert_eq!(ledger.officers().expect("officers").keys.threshold, 2);
}

#[test]
fn in_earnest_nobody_decides_by_a_flag_or_under_a_short_passphrase() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::write(at.join("short"), "short\n").expect("a file");
    fs::write(at.join("long"), "correct horse battery staple and more\n").expect("a file");
    let init =
        |words: &str| ["--passphrase-file", words, "init", "--name", "Anna"].map(String::from);
    let init = |words: &str| {
        officer(
            at,
            &init(words).iter().map(String::as_str).collect::<Vec<_>>(),
        )
    };
    assert!(!init("short").status.success());
    assert!(init("long").status.success());
    assert!(
        !init("long").status.success(),
        "a second identity in the same folder"
    );
    let why = refused(at, &["--yes", "card"]);
    assert!(why.contains("--yes is for demonstrations"), "{why}");
}
