//! `heliograph-verify` as people run it.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "this file is a test, its helpers too")]

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use heliograph_transparency::entry::{Day, Outcome};
use heliograph_transparency::folder::{FolderLog, FolderSource};
use heliograph_transparency::note::Note;
use heliograph_transparency::testing::{Published, Scene, TestCase, log_key, witness_key};
use heliograph_transparency::tile::TileSource;
use tempfile::TempDir;

const ORIGIN: &str = "demo.example/log";
const START: Day = Day(20_780);
const AT: &str = "--at=2026-11-23";

fn scene() -> Scene {
    let mut scene = Scene::new(ORIGIN, START);
    scene.push_whole_case(TestCase::ordinary(START), Outcome::Delivered);
    scene
}

/// Writes the log to `folder/log`, cosigned by three witnesses, and the policy to `folder/trust`.
fn write(folder: &Path, scene: &Scene) -> String {
    let path = folder.join("log");
    let _ = fs::remove_dir_all(&path);
    let mut log = FolderLog::create(&path, log_key(ORIGIN)).unwrap();
    let mut note = log.append(&scene.entries).unwrap().clone();
    let mut policy = format!("log {}\n", log_key(ORIGIN).verifier());
    for witness in 0..3 {
        let key = witness_key(witness);
        let line = key.cosign(note.text(), START.start_unix() + 9_000).unwrap();
        note.add(line).unwrap();
        writeln!(policy, "witness w{witness} {}", key.verifier()).unwrap();
    }
    log.add_cosignatures(&note).unwrap();
    policy += "group two 2 w0 w1 w2\nquorum two\n";
    fs::write(folder.join("trust"), policy).unwrap();
    path.to_str().unwrap().into()
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let program = env!("CARGO_BIN_EXE_heliograph-verify");
    let output: Output = Command::new(program).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_right_log_exits_with_zero_and_tells_the_trust_level_first() {
    let folder = TempDir::new().unwrap();
    let log = write(folder.path(), &scene());
    let (code, text, _) = run(&[&log, AT]);
    assert!(text.starts_with("Trust level: self-attested\n"), "{text}");
    assert!(
        text.contains("Which keys to trust was taken from the log itself."),
        "{text}"
    );
    assert_eq!(code, 0, "{text}");
    let trust = format!("--policy={}", folder.path().join("trust").display());
    let (code, text, _) = run(&[&log, AT, &trust, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &json["level"]), (0, &"witnessed+custodied".into()));
}

#[test]
fn a_wrong_log_exits_with_one_and_names_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    let log = write(folder.path(), &scene());
    let (code, text, _) = run(&[&log, "--at=2027-03-30"]);
    assert_eq!(code, 0, "{text}");
    let trust = format!("--policy={}", folder.path().join("trust").display());
    let (code, text, _) = run(&[&log, "--at=2027-03-30", &trust]);
    assert_eq!(code, 1);
    assert!(text.contains("NOT RIGHT: Too few witnesses"), "{text}");
    let mut late = scene();
    late.push_day_key(START);
    let log = write(folder.path(), &late);
    let (code, text, _) = run(&[&log, "--at=2027-03-30"]);
    assert_eq!(code, 1);
    assert!(text.contains("OVERDUE"), "{text}");
    let bundle = folder.path().join("log/tile/entries/000.p/12");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[99] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    let (code, text, _) = run(&[&log, AT]);
    assert_eq!(code, 1);
    assert!(text.contains("FAIL  inclusion"), "{text}");
}

#[test]
fn what_cannot_be_read_or_understood_exits_with_two() {
    let folder = TempDir::new().unwrap();
    let empty = folder.path().to_str().unwrap();
    for arguments in [
        &[empty][..],
        &["/nowhere"],
        &[],
        &["x", "--unknown"],
        &[empty, "--at=today"],
    ] {
        assert_eq!(run(arguments).0, 2, "{arguments:?}");
    }
    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, 0);
    for word in [
        "PATH_OR_URL",
        "--policy",
        "--state",
        "--watch",
        "--json",
        "--at",
        "Exit status",
    ] {
        assert!(help.contains(word), "{word}");
    }
}

#[test]
fn a_second_history_and_a_log_that_went_back_are_noticed_from_one_run_to_the_next() {
    let folder = TempDir::new().unwrap();
    let state = format!("--state={}", folder.path().join("state").display());
    let mut scene = scene();
    let before = scene.clone();
    scene.push_day_key(START);
    let log = write(folder.path(), &scene);
    assert_eq!(run(&[&log, AT, &state]).0, 0);
    assert_eq!(run(&[&log, AT, &state]).0, 0);

    let mut fork = before.clone();
    fork.push_day_key(START.plus(1));
    write(folder.path(), &fork);
    let (code, text, _) = run(&[&log, AT, &state]);
    assert_eq!(code, 1);
    assert!(
        text.contains("NOT RIGHT: The log has two histories"),
        "{text}"
    );
    fork.push_day_key(START.plus(2));
    write(folder.path(), &fork);
    assert_eq!(run(&[&log, AT, &state]).0, 1);
    write(folder.path(), &before);
    let (code, text, _) = run(&[&log, AT, &state]);
    assert_eq!(code, 1);
    assert!(text.contains("NOT RIGHT: The log went back"), "{text}");

    // What was wrong is not remembered: the true history is right as before, and may go on.
    scene.push_day_key(START.plus(3));
    write(folder.path(), &scene);
    assert_eq!(run(&[&log, AT, &state]).0, 0);
    fs::write(folder.path().join("state/checkpoint"), "no note").unwrap();
    let (code, _, error) = run(&[&log, AT, &state]);
    assert_eq!(code, 2, "{error}");
}

#[test]
fn watching_ends_with_the_first_thing_that_is_wrong() {
    let folder = TempDir::new().unwrap();
    // By the real clock, which a watch goes by, the erasure has been overdue for years.
    let long_ago = Day(18_000);
    let mut scene = Scene::new(ORIGIN, long_ago);
    let key = scene.push_day_key(long_ago);
    let log = write(folder.path(), &scene);
    let (code, text, _) = run(&[&log, "--watch=1"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains(&format!("OVERDUE: entry {key}, rule 10")),
        "{text}"
    );
}

#[test]
fn a_log_is_read_over_http() {
    let folder = TempDir::new().unwrap();
    let log = write(folder.path(), &scene());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/log/", listener.local_addr().unwrap());
    let source = FolderSource::new(&log);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = vec![0; 4_096];
            let read = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let path = request
                .split(' ')
                .nth(1)
                .unwrap()
                .strip_prefix("/log/")
                .unwrap();
            let (status, body) = match source.read(path).unwrap() {
                Some(body) => ("200 OK", body),
                None => ("404 Not Found", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    let (code, text, error) = run(&[&address, AT]);
    assert_eq!(code, 0, "{text}{error}");
    assert!(text.contains(ORIGIN), "{text}");
    let (code, _, _) = run(&["http://127.0.0.1:1/", AT]);
    assert_eq!(code, 2);
}

#[test]
fn files_in_memory_and_in_a_folder_are_the_same() {
    let folder = TempDir::new().unwrap();
    let scene = scene();
    let log = write(folder.path(), &scene);
    let memory = Published::of(ORIGIN, &scene.entries, 5);
    let source = FolderSource::new(log);
    for (path, bytes) in &memory.files {
        let stored = source.read(path).unwrap().unwrap();
        if path == "checkpoint" {
            let text = |bytes: &[u8]| Note::parse(bytes).unwrap().text().to_owned();
            assert_eq!(text(&stored), text(bytes));
        } else {
            assert_eq!(stored, *bytes, "{path}");
        }
    }
}
