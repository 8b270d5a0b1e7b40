//! Sealed records: what is found again, and the leaves behind a vault root.

use heliograph_desk_store::{DeskStore, Kinds, RecordKind, SealedRecords, UserId};
use tempfile::TempDir;

fn open(folder: &TempDir) -> SealedRecords {
    DeskStore::open(&folder.path().join("desk.db"))
        .expect("opens")
        .sealed_records()
}

const ANNA: UserId = UserId(1);
const BERT: UserId = UserId(2);

fn fill(records: &SealedRecords) {
    records.put_phone(ANNA, b"anna", [9; 32]).expect("put");
    records.put_phone(BERT, b"bert", [2; 32]).expect("put");
    for (user, day, name) in [(ANNA, 12, 7), (ANNA, 10, 5), (BERT, 10, 6), (ANNA, 11, 1)] {
        records
            .insert_ip(user, day, &[name], [name; 32])
            .expect("put");
    }
}

#[test]
fn records_are_those_of_one_account_and_the_days_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = open(&folder);
    fill(&records);
    let found = |kinds, days| -> Vec<(RecordKind, u32, Vec<u8>)> {
        let found = records.records_of(ANNA, kinds, days).expect("read");
        found
            .into_iter()
            .map(|r| (r.kind, r.day, r.bytes))
            .collect()
    };
    let phone = (RecordKind::Phone, 0, b"anna".to_vec());
    let ip = |day, name| (RecordKind::Ip, day, vec![name]);
    assert_eq!(
        found(Kinds::Both, 10..=11),
        [phone.clone(), ip(10, 5), ip(11, 1)]
    );
    assert_eq!(found(Kinds::Phone, 0..=u32::MAX), [phone]);
    assert_eq!(found(Kinds::Ip, 12..=12), [ip(12, 7)]);
    assert_eq!(found(Kinds::Ip, 13..=20), []);
    assert_eq!(records.days().expect("read"), [10, 11, 12]);
    let coverage = records.coverage().expect("read");
    assert_eq!((coverage.phones, coverage.ip_records), (2, 4));
}

#[test]
fn a_new_phone_record_takes_the_place_of_the_old() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = open(&folder);
    fill(&records);
    records.put_phone(ANNA, b"new", [10; 32]).expect("put");
    let found = records.records_of(ANNA, Kinds::Phone, 0..=0).expect("read");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].bytes, b"new");
    assert!(records.erase_phone(ANNA).expect("erased"));
    assert!(!records.erase_phone(ANNA).expect("erased"));
    assert!(!records.has_phone(ANNA).expect("read"));
    assert!(records.has_phone(BERT).expect("read"));
}

#[test]
fn the_leaves_of_a_logged_root_outlive_the_records_for_one_more_root() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = open(&folder);
    fill(&records);
    assert_eq!(records.last_logged_snapshot().expect("read"), None);

    let given_up = records.take_snapshot(100).expect("taken").expect("records");
    let first = records.take_snapshot(101).expect("taken").expect("records");
    assert!(first.leaves.is_sorted());
    assert_eq!((first.leaves.len(), first.phones), (6, 2));
    assert!(records.snapshot_logged(given_up.id, 39).is_err());
    assert_eq!(
        records.unlogged_snapshot().expect("read").map(|s| s.id),
        Some(first.id)
    );
    records.snapshot_logged(first.id, 40).expect("noted");
    records.snapshot_logged(first.id, 40).expect("noted again");

    // A record that is replaced does not stand under the root until the next one.
    records.put_phone(ANNA, b"new", [10; 32]).expect("put");
    let logged = records.last_logged_snapshot().expect("read").expect("kept");
    assert_eq!(logged.entry, Some(40));
    assert_eq!(logged.position(&[9; 32]), Some(5));
    assert_eq!(logged.position(&[10; 32]), None);

    for entry in [50, 60] {
        let next = records
            .take_snapshot(entry)
            .expect("taken")
            .expect("records");
        records.snapshot_logged(next.id, entry).expect("noted");
    }
    let newest = records.last_logged_snapshot().expect("read").expect("kept");
    assert_eq!(
        (newest.entry, newest.position(&[10; 32])),
        (Some(60), Some(5))
    );
}

#[test]
fn nothing_is_kept_of_a_snapshot_without_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = open(&folder);
    assert_eq!(records.take_snapshot(1).expect("read"), None);
    // One that stayed would be taken for the attempt of a process that ended, for ever.
    assert_eq!(records.unlogged_snapshot().expect("read"), None);
}

#[test]
fn an_erased_record_is_not_replaced_by_way_of_anothers() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = open(&folder);
    let erased = records.insert_ip(ANNA, 10, b"a", [1; 32]).expect("put");
    records.erase_user(ANNA).expect("erased");
    records.insert_ip(BERT, 10, b"b", [2; 32]).expect("put");
    assert!(
        !records
            .replace_ip(erased, b"anna's", [3; 32])
            .expect("asked")
    );
    let found = records.records_of(BERT, Kinds::Ip, 10..=10).expect("read");
    assert_eq!(found[0].bytes, b"b");
}
