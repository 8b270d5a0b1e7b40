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

#[test]
fn checks_that_were_put_off_find_the_first_entry_at_fault() {
    let scene = log();
    let mut entries = scene.entries.clone();
    let bad = entries
        .iter()
        .rposition(|entry| entry.starts_with(b"heliograph/dd@v1\nkind closed"));
    let bad = bad.unwrap();
    // A base64 letter within the proof, not within the commitments.
    let text = String::from_utf8(entries[bad].clone()).unwrap();
    let at = text.len() - 40;
    let mut bytes = text.into_bytes();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    entries[bad] = bytes;
    let mut ledger = Ledger::new("demo.example/log");
    let mut checks = Vec::new();
    for (index, entry) in (0..).zip(&entries) {
        ledger.apply_deferring(index, entry, &mut checks).unwrap();
    }
    let violation = ledger.run_checks(&checks).unwrap_err();
    assert_eq!((violation.index, violation.rule), (bad as u64, 6));
    assert_eq!(replay(&entries).unwrap_err(), violation);
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
