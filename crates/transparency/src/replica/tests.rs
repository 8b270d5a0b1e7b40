use std::sync::LazyLock;

use super::*;
use crate::entry::{Day, Outcome};
use crate::files::Base64;
use crate::policy::Standing;
use crate::testing::{Published, Scene, TestCase, log_policy, witness_key};

const ORIGIN: &str = "demo.example/log";
const START: Day = Day(20_780);
const NOW_S: u64 = START.start_unix() + 3_600;
const HOUR: Freshness = Freshness::within(3_600);

/// A scene with one case, and where its log was published: after the ceremony and at the end.
fn scene() -> (Scene, usize) {
    static SCENE: LazyLock<(Scene, usize)> = LazyLock::new(|| {
        let mut scene = Scene::new(ORIGIN, START);
        let ceremony = scene.entries.len();
        scene.push_whole_case(TestCase::ordinary(START), Outcome::Delivered);
        (scene, ceremony)
    });
    SCENE.clone()
}

/// A replica that knows the ceremony, and the log that has gone on since.
fn begun() -> (Replica, Published, Policy) {
    let (scene, ceremony) = scene();
    let policy = log_policy(ORIGIN, Some(2));
    let mut log = Published::of(ORIGIN, &scene.entries[..ceremony], NOW_S);
    let mut replica = Replica::new(ORIGIN);
    replica
        .advance(&log.update(0), &policy, HOUR, NOW_S)
        .unwrap();
    log.publish(&scene.entries[ceremony..], NOW_S, 2);
    (replica, log, policy)
}

/// Expects an update to be refused, and the replica to be what it was.
fn refused(replica: &Replica, update: &LogUpdate, policy: &Policy, why: &str) {
    refused_at(replica, update, policy, NOW_S, why);
}

fn refused_at(replica: &Replica, update: &LogUpdate, policy: &Policy, now_s: u64, why: &str) {
    let mut after = replica.clone();
    let error = after.advance(update, policy, HOUR, now_s).unwrap_err();
    assert_eq!(error.to_string(), why);
    assert_eq!(after.head(), replica.head());
    assert_eq!(after.ledger(), replica.ledger());
}

#[test]
fn a_frontier_has_the_root_of_its_entries() {
    let mut frontier = Frontier::default();
    let mut leaves = Vec::new();
    for number in 0..70_u32 {
        assert_eq!(frontier.head().root, crate::tree::root_of(&leaves));
        let entry = number.to_be_bytes();
        frontier.push(&entry);
        leaves.push(leaf_hash(&entry));
    }
}

#[test]
fn a_replica_follows_the_log() {
    let (mut replica, log, policy) = begun();
    let known = replica.head().size as usize;
    let evaluation = replica
        .advance(&log.update(known), &policy, HOUR, NOW_S)
        .unwrap();
    assert_eq!(evaluation.standing, Standing::Witnessed);
    assert_eq!(replica.ledger(), &scene().0.ledger);
    assert_eq!(replica.checkpoint(), Some(&log.checkpoint()));
    // The same again brings nothing new; an update that begins earlier is welcome.
    replica
        .advance(&log.update(log.entries.len()), &policy, HOUR, NOW_S)
        .unwrap();
    replica
        .advance(&log.update(3), &policy, HOUR, NOW_S)
        .unwrap();
    assert_eq!(replica.ledger(), &scene().0.ledger);
}

#[test]
fn a_changed_missing_or_surplus_entry_leads_to_another_root() {
    let (replica, log, policy) = begun();
    let known = replica.head().size as usize;
    let why = "the entries do not lead to the root of the checkpoint";
    for position in 0..log.entries.len() - known {
        let mut update = log.update(known);
        update.entries[position].0[20] ^= 1;
        refused(&replica, &update, &policy, why);
    }
    let mut swapped = log.update(known);
    swapped.entries.swap(0, 1);
    refused(&replica, &swapped, &policy, why);
    let mut short = log.update(known);
    short.entries.pop();
    let (ends, named) = (log.entries.len() - 1, log.entries.len());
    let why = format!("the update ends at entry {ends}, the checkpoint at {named}");
    refused(&replica, &short, &policy, &why);
    let mut long = log.update(known);
    long.entries.push(Base64(b"more".to_vec()));
    let why = format!(
        "the update ends at entry {}, the checkpoint at {named}",
        named + 1
    );
    refused(&replica, &long, &policy, &why);
    let gap = log.update(known + 1);
    let why = format!(
        "the update begins at entry {}, after the {known} known ones",
        known + 1
    );
    refused(&replica, &gap, &policy, &why);
}

#[test]
fn a_log_that_went_back_is_refused() {
    let (mut replica, log, policy) = begun();
    let known = replica.head().size as usize;
    replica
        .advance(&log.update(known), &policy, HOUR, NOW_S)
        .unwrap();
    let (scene, ceremony) = scene();
    let older = Published::of(ORIGIN, &scene.entries[..ceremony], NOW_S);
    let why = format!(
        "the log went back from {} entries to {ceremony}",
        log.entries.len()
    );
    refused(&replica, &older.update(0), &policy, &why);
}

#[test]
fn another_history_is_refused() {
    let (mut replica, log, policy) = begun();
    let known = replica.head().size as usize;
    replica
        .advance(&log.update(known), &policy, HOUR, NOW_S)
        .unwrap();
    let (scene, ceremony) = scene();
    let mut fork = scene.entries.clone();
    fork.swap(ceremony, ceremony + 1);
    let same_size = Published::of(ORIGIN, &fork, NOW_S);
    let why = format!("the log has two histories of {} entries", fork.len());
    refused(&replica, &same_size.update(0), &policy, &why);
    fork.push(b"and goes on".to_vec());
    let longer = Published::of(ORIGIN, &fork, NOW_S);
    let why = "the entries do not lead to the root of the checkpoint";
    refused(&replica, &longer.update(scene.entries.len()), &policy, why);
}

#[test]
fn missing_old_future_and_timeless_cosignatures_do_not_count() {
    let (replica, mut log, policy) = begun();
    let known = replica.head().size as usize;
    let too_few = "too few witnesses have cosigned the checkpoint";
    let update = log.update(known);
    let stale = "the cosignatures are too old";
    refused_at(&replica, &update, &policy, NOW_S + 3_601, stale);
    refused_at(&replica, &update, &policy, NOW_S - 301, too_few);
    let three = log_policy(ORIGIN, Some(3));
    refused(&replica, &update, &three, too_few);
    let note = log.checkpoint();
    log.cosign(note, 0, 2);
    refused(&replica, &log.update(known), &policy, too_few);
}

#[test]
fn another_log_or_key_is_refused() {
    let (replica, log, policy) = begun();
    let elsewhere = log_policy("demo.example/other", Some(2));
    let why = "no log of the policy has signed the checkpoint";
    refused(&replica, &log.update(0), &elsewhere, why);
    let mut stranger = Replica::new("demo.example/other");
    let error = stranger
        .advance(&log.update(0), &policy, HOUR, NOW_S)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the checkpoint is one of another log, demo.example/log"
    );
    let mut forged = log.update(0);
    forged.checkpoint = forged.checkpoint.replacen("— demo", "— dem0", 1);
    refused(&replica, &forged, &policy, why);
}

#[test]
fn an_entry_that_breaks_a_rule_stops_a_replica_though_all_have_signed_it() {
    let (replica, mut log, policy) = begun();
    log.publish(&[b"no entry".to_vec()], NOW_S, 2);
    let known = replica.head().size as usize;
    let index = log.entries.len() - 1;
    let why = format!("entry {index} breaks rule 0: line 1 (entry): does not end in a line end");
    refused(&replica, &log.update(known), &policy, &why);
}

#[test]
fn a_replica_is_restored_from_its_two_files_after_a_crash_between_them() {
    let (mut replica, log, policy) = begun();
    let mut file = stored(
        log.entries[..replica.head().size as usize]
            .iter()
            .map(Vec::as_slice),
    )
    .unwrap();
    let old_checkpoint = replica.checkpoint().unwrap().to_string();
    let (old_len, before) = (file.len(), replica.clone());

    let update = log.update(replica.head().size as usize);
    let new = stored(replica.unknown(&update)).unwrap();
    replica.advance(&update, &policy, HOUR, NOW_S).unwrap();
    file.extend_from_slice(&new);

    // The entries were appended, the checkpoint not yet replaced.
    let restore = |file: &[u8], checkpoint: &str| {
        Replica::restore(ORIGIN, file, checkpoint.as_bytes(), &policy)
    };
    let (old, len) = restore(&file, &old_checkpoint).unwrap();
    assert_eq!((old.ledger(), len), (before.ledger(), old_len));
    // Both were written.
    let checkpoint = replica.checkpoint().unwrap().to_string();
    let (restored, len) = restore(&file, &checkpoint).unwrap();
    assert_eq!((restored.ledger(), len), (replica.ledger(), file.len()));
    // The entries were cut short, or changed.
    let error = restore(&file[..file.len() - 1], &checkpoint).unwrap_err();
    assert!(matches!(error, RestoreError::Truncated));
    let mut changed = file.clone();
    changed[40] ^= 1;
    let error = restore(&changed, &checkpoint).unwrap_err();
    assert!(
        matches!(error, RestoreError::Advance(AdvanceError::WrongRoot)),
        "{error}"
    );
}

#[test]
fn a_witness_that_the_policy_does_not_name_counts_for_nothing() {
    let (replica, mut log, policy) = begun();
    let known = replica.head().size as usize;
    let mut note = Note::signed(log.checkpoint().text().into(), &log.key()).unwrap();
    for stranger in [7, 8, 9] {
        let line = witness_key(stranger).cosign(note.text(), NOW_S).unwrap();
        note.add(line).unwrap();
    }
    log.files
        .insert("checkpoint".into(), note.to_string().into_bytes());
    let why = "too few witnesses have cosigned the checkpoint";
    refused(&replica, &log.update(known), &policy, why);
}
