//! A whole log, changed afterwards in every way that somebody might try.

use super::{START, scene};
use crate::entry::{Entry, Outcome};
use crate::ledger::{Ledger, Violation};
use crate::testing::{Scene, TestCase};

/// A log with two whole cases.
fn log() -> Scene {
    let mut scene = scene();
    scene.push_day_key(START.plus(1));
    scene.push_whole_case(TestCase::ordinary(START), Outcome::Delivered);
    scene.today = START.plus(1);
    scene.push_whole_case(TestCase::ordinary(START.plus(1)), Outcome::Incomplete);
    scene
}

fn replay(entries: &[Vec<u8>]) -> Result<Ledger, Violation> {
    let mut ledger = Ledger::new("demo.example/log");
    for (index, entry) in (0..).zip(entries) {
        ledger.apply(index, entry)?;
    }
    Ok(ledger)
}

#[test]
fn the_honest_log_is_replayed_to_the_same_state() {
    let scene = log();
    assert_eq!(replay(&scene.entries).unwrap(), scene.ledger);
}

/// Replays with the slow checks put off and run together, as verifiers do.
fn replay_together(entries: &[Vec<u8>]) -> Result<(), Violation> {
    let mut ledger = Ledger::new("demo.example/log");
    ledger.apply_all(entries.iter().map(Vec::as_slice))
}

/// Changes the last value of the last vector of an entry: an answer, not a commitment.
fn spoil(entry: &mut [u8]) {
    let at = entry.len() - 30;
    entry[at] = if entry[at] == b'A' { b'B' } else { b'A' };
}

#[test]
fn checks_that_were_put_off_find_the_first_entry_at_fault() {
    let scene = log();
    let mut entries = scene.entries.clone();
    let bad = entries
        .iter()
        .rposition(|entry| entry.starts_with(b"heliograph/dd@v1\nkind closed"));
    let bad = bad.unwrap();
    spoil(&mut entries[bad]);
    let violation = replay_together(&entries).unwrap_err();
    assert_eq!((violation.index, violation.rule), (bad as u64, 6));
    assert_eq!(replay(&entries).unwrap_err(), violation);
    assert_eq!(replay_together(&scene.entries), Ok(()));
}

#[test]
fn of_several_wrong_vectors_in_several_batches_the_first_is_named() {
    let mut scene = scene();
    for _ in 0..100 {
        let request = scene.push_request(TestCase::ordinary(START));
        scene.push_closed(request, Outcome::Incomplete);
    }
    let closed: Vec<usize> = (0..scene.entries.len())
        .filter(|index| scene.entries[*index].starts_with(b"heliograph/dd@v1\nkind closed"))
        .collect();
    // The first alone in its batch, with another before it, and with others behind it.
    for bad in [&[97][..], &[12, 97], &[0, 1, 50, 99]] {
        let mut entries = scene.entries.clone();
        for number in bad {
            spoil(&mut entries[closed[*number]]);
        }
        let violation = replay_together(&entries).unwrap_err();
        let first = closed[bad[0]] as u64;
        assert_eq!((violation.index, violation.rule), (first, 6));
    }
    // What breaks a rule at once is the first only if no vector before it is wrong.
    let (early, late) = (closed[3], closed[80]);
    for (spoilt, broken, rule) in [(early, late, 6), (late, early, 0)] {
        let mut entries = scene.entries.clone();
        spoil(&mut entries[spoilt]);
        entries[broken] = b"heliograph/dd@v1\n".to_vec();
        let violation = replay_together(&entries).unwrap_err();
        assert_eq!((violation.index, violation.rule), (early as u64, rule));
    }
}

#[test]
fn a_dropped_request_opening_or_end_is_noticed() {
    let scene = log();
    for (index, entry) in scene.entries.iter().enumerate() {
        let kind = Entry::parse(entry).unwrap().body.kind();
        let mut entries = scene.entries.clone();
        entries.remove(index);
        let replayed = replay(&entries);
        // The tree notices every missing entry; the rules alone notice those that others build on.
        if matches!(
            kind.word(),
            "request" | "open" | "closed" | "policy" | "custodians"
        ) {
            assert!(replayed.is_err(), "{kind} {index}");
        }
    }
}

#[test]
fn entries_in_another_order_are_noticed() {
    let scene = log();
    let first = scene.ledger.cases().numbered(1).unwrap().mark.index as usize;
    let is_notice = |entry: &Vec<u8>| entry.starts_with(b"heliograph/dd@v1\nkind notice");
    for index in first..scene.entries.len() - 1 {
        // A person may be told before or after the reveal; the tree alone keeps their order.
        if is_notice(&scene.entries[index + 1]) {
            continue;
        }
        let mut entries = scene.entries.clone();
        entries.swap(index, index + 1);
        assert!(replay(&entries).is_err(), "{index}");
    }
}

#[test]
fn a_back_dated_entry_is_noticed() {
    let scene = log();
    let last = scene.entries.len() - 1;
    let mut entries = scene.entries.clone();
    let text = String::from_utf8(entries[last].clone()).unwrap();
    entries[last] = text
        .replace("date 2026-11-24", "date 2026-11-23")
        .into_bytes();
    assert_ne!(entries, scene.entries);
    let violation = replay(&entries).unwrap_err();
    assert_eq!((violation.index, violation.rule), (last as u64, 0));
}

#[test]
fn a_flipped_bit_anywhere_in_a_signed_entry_is_noticed() {
    let scene = log();
    let index = 4;
    let entry = &scene.entries[index];
    for at in (0..entry.len()).step_by(7) {
        let mut entries = scene.entries[..=index].to_vec();
        entries[index][at] ^= 1;
        assert!(replay(&entries).is_err(), "byte {at}");
    }
}

#[test]
fn a_clone_of_a_ledger_goes_its_own_way() {
    let scene = log();
    let mut fork = scene.clone();
    fork.push_request(TestCase::ordinary(fork.today));
    assert_eq!(fork.ledger.cases().all().len(), 3);
    assert_eq!(scene.ledger.cases().all().len(), 2);
}
