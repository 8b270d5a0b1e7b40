//! The keeper with a folder, across restarts, and under many threads.

use super::*;
use heliograph_vault::oprf::Blinded;
use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use tempfile::TempDir;

const NOW_S: u64 = 1_900_000_000;
const SEED: [u8; 32] = [5; 32];

/// A folder that does not exist yet, inside one that goes away with the test.
fn place() -> (TempDir, PathBuf) {
    let outer = tempfile::tempdir().expect("a temporary folder");
    let folder = outer.path().join("keys/keeper");
    (outer, folder)
}

fn open(folder: &Path) -> Result<Keeper, OpenError> {
    Keeper::open(folder, Limits::default(), &SEED)
}

fn opened(folder: &Path) -> Keeper {
    open(folder).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(folder: &Path) -> String {
    let error = open(folder).err().expect("it is refused");
    error
        .to_string()
        .replace(&folder.display().to_string(), "DIR")
}

fn element() -> [u8; 32] {
    let blinded = Blinded::new(b"input", &[3; 64]).expect("usable");
    blinded.element().to_bytes()
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).expect("it exists");
    metadata.permissions().mode() & 0o777
}

/// What a keeper killed at this moment would leave behind.
fn as_killed(folder: &Path) -> (TempDir, PathBuf) {
    let (outer, copy) = place();
    fs::create_dir_all(&copy).expect("a folder");
    fs::set_permissions(&copy, Permissions::from_mode(0o700)).expect("ours");
    for entry in fs::read_dir(folder).expect("it exists") {
        let entry = entry.expect("readable");
        fs::copy(entry.path(), copy.join(entry.file_name())).expect("copied with its mode");
    }
    (outer, copy)
}

#[test]
fn folder_and_files_are_closed_to_others() {
    let (_outer, folder) = place();
    let _keeper = opened(&folder);
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("oprf.key")), 0o600);
    assert_eq!(mode(&folder.join("spent")), 0o600);
}

#[test]
fn key_of_the_first_start_stays() {
    let (_outer, folder) = place();
    let answer = |entropy| {
        Keeper::open(&folder, Limits::default(), &entropy)
            .expect("it opens")
            .evaluate_batch(Purpose::SignIn, 1, &[element()], NOW_S)
    };
    assert_eq!(answer([5; 32]), answer([6; 32]));
}

#[test]
fn what_was_spent_is_known_after_a_kill() {
    let (_outer, folder) = place();
    let keeper = opened(&folder);
    let batch = [element(); 400];
    let spend = |keeper: &Keeper, purpose, caller| {
        keeper
            .evaluate_batch(purpose, caller, &batch, NOW_S)
            .map(|answers| answers.len())
    };
    assert_eq!(spend(&keeper, Purpose::Import, 1), Ok(400));
    assert_eq!(spend(&keeper, Purpose::Desk, 2), Ok(1));

    let (_outer, folder) = as_killed(&folder);
    let keeper = opened(&folder);
    assert_eq!(spend(&keeper, Purpose::Import, 1), Ok(100));
    assert_eq!(
        spend(&keeper, Purpose::Desk, 2),
        Err(KeeperError::CaseAnswered)
    );
}

#[test]
fn total_of_the_day_is_known_after_a_kill() {
    let (_outer, folder) = place();
    let limits = Limits {
        per_day: 10,
        sign_in_reserve: 4,
        ..Limits::default()
    };
    let take = |folder: &Path, purpose| {
        let keeper = Keeper::open(folder, limits, &SEED).expect("it opens");
        keeper
            .evaluate_batch(purpose, 1, &[element(); 9], NOW_S)
            .map(|answers| answers.len())
    };
    assert_eq!(take(&folder, Purpose::Import), Ok(6));
    let (_outer, folder) = as_killed(&folder);
    assert_eq!(take(&folder, Purpose::SignIn), Ok(4));
    let (_outer, folder) = as_killed(&folder);
    assert!(take(&folder, Purpose::SignIn).is_err());
}

#[test]
fn record_torn_by_a_kill_is_passed_over() {
    let (_outer, folder) = place();
    drop(opened(&folder));
    for torn in [&b"i\x01\x02"[..], &[0; 40]] {
        let mut file = OpenOptions::new()
            .append(true)
            .open(folder.join("spent"))
            .expect("it exists");
        file.write_all(torn).expect("written");
        drop(opened(&folder));
    }
}

#[test]
fn second_keeper_on_one_folder_is_refused() {
    let (_outer, folder) = place();
    let first = opened(&folder);
    assert_eq!(refusal(&folder), "DIR: another keeper uses this folder");
    drop(first);
    opened(&folder);
}

#[test]
fn key_that_others_can_read_is_refused() {
    let (_outer, folder) = place();
    drop(opened(&folder));
    let key = folder.join("oprf.key");
    fs::set_permissions(&key, Permissions::from_mode(0o640)).expect("ours");
    assert_eq!(
        refusal(&folder),
        "DIR/oprf.key: has mode 640; a secret must be closed to group and others (chmod go-rwx)"
    );
}

#[test]
fn lost_key_is_not_replaced_by_a_new_one() {
    let (_outer, folder) = place();
    drop(opened(&folder));
    fs::remove_file(folder.join("oprf.key")).expect("it exists");
    assert_eq!(
        refusal(&folder),
        "DIR/oprf.key: is missing, but this keeper has been in use; restore the key from a \
         backup of the keys folder"
    );
}

#[test]
fn damaged_and_newer_files_are_refused_with_words() {
    let (_outer, folder) = place();
    drop(opened(&folder));
    for name in ["oprf.key", "spent"] {
        let path = folder.join(name);
        let good = fs::read(&path).expect("it exists");
        let version_at = if name == "spent" { 16 } else { 19 };

        let mut newer = good.clone();
        newer[version_at] = 9;
        fs::write(&path, &newer).expect("written");
        assert_eq!(
            refusal(&folder),
            format!(
                "DIR/{name}: has format version 9, this program knows version 1; use the newer \
                 program"
            )
        );

        let mut older = good.clone();
        older[version_at] = 0;
        let mut unknown_record = good.clone();
        unknown_record.push(b'?');
        unknown_record.extend([1; 16]);
        for damaged in [&older, &good[..version_at], b"", b"else", &unknown_record] {
            fs::write(&path, damaged).expect("written");
            let expected = format!("DIR/{name}: is damaged or another kind of file");
            assert_eq!(refusal(&folder), expected);
        }
        fs::write(&path, &good).expect("written");
    }
    opened(&folder);
}

#[test]
fn entropy_that_was_never_filled_is_refused() {
    let (_outer, folder) = place();
    let refused = Keeper::open(&folder, Limits::default(), &[0; 32]).err();
    assert!(matches!(refused, Some(OpenError::Entropy)));
}

fn in_memory(per_day: u32, sign_in_reserve: u32) -> Keeper {
    let key = OprfKey::derive(&SEED, b"test").expect("a short info");
    Keeper::in_memory(
        key,
        Limits {
            per_day,
            sign_in_reserve,
            ..Limits::default()
        },
    )
}

#[test]
fn malformed_request_costs_nothing() {
    let keeper = in_memory(10, 0);
    let ask = |blinded: &[[u8; 32]]| keeper.evaluate_batch(Purpose::SignIn, 1, blinded, NOW_S);
    let malformed = Err(KeeperError::Malformed);
    assert_eq!(ask(&[]), malformed);
    assert_eq!(ask(&vec![element(); MAX_BATCH + 1]), malformed);
    assert_eq!(ask(&[element(), [0; 32]]), malformed);
    assert_eq!(ask(&[element(), [0xff; 32]]), malformed);
    assert_eq!(ask(&[element(); 10]).map(|answers| answers.len()), Ok(10));
}

#[test]
fn storm_of_threads_never_exceeds_the_budget() {
    const THREADS: u64 = 8;
    let keeper = in_memory(300, 100);
    let (sign_in, others) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (keeper, sign_in, others) = (&keeper, &sign_in, &others);
            scope.spawn(move || {
                for round in 0..60 {
                    let (purpose, total) = match (thread + round) % 3 {
                        0 => (Purpose::SignIn, sign_in),
                        1 => (Purpose::Import, others),
                        _ => (Purpose::Desk, others),
                    };
                    let wanted = [element(); 3];
                    if let Ok(answers) = keeper.evaluate_batch(purpose, thread, &wanted, NOW_S) {
                        total.fetch_add(answers.len() as u32, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let (sign_in, others) = (sign_in.into_inner(), others.into_inner());
    assert!(others <= 200, "{others} evaluations beside sign-in");
    assert_eq!(
        sign_in + others,
        300,
        "the storm asks for more than there is"
    );
}
