use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::*;
use crate::entry::{Mode, Outcome};
use crate::testing::{Published, Scene, TestCase, log_policy};

mod rogue_key;

const ORIGIN: &str = "demo.example/log";
const START: Day = Day(20_780);
const NOW_S: u64 = START.start_unix() + 3_600;

/// A log of one whole case.
fn log() -> Published {
    static LOG: LazyLock<Published> = LazyLock::new(|| {
        let mut scene = Scene::new(ORIGIN, START);
        scene.push_whole_case(TestCase::ordinary(START), Outcome::Delivered);
        Published::of(ORIGIN, &scene.entries, NOW_S)
    });
    LOG.clone()
}

fn verifier(quorum: Option<usize>, from: PolicyFrom) -> Verifier {
    let policy = log_policy(ORIGIN, quorum);
    Verifier::new(policy, from, Freshness::within(86_400), None)
}

fn verify(files: &BTreeMap<String, Vec<u8>>) -> Verification {
    verifier(Some(2), PolicyFrom::Reader)
        .run(files, NOW_S)
        .unwrap()
}

/// Whether any file of the log, changed, is noticed.
fn failure_after(change: impl FnOnce(&mut Published)) -> String {
    let mut log = log();
    change(&mut log);
    let verification = verify(&log.files);
    verification
        .failure()
        .expect("the change is noticed")
        .to_owned()
}

#[test]
fn an_honest_log_is_right_and_says_how_far_others_vouch_for_it() {
    let log = log();
    let level = |quorum, from| {
        let verification = verifier(quorum, from).run(&log.files, NOW_S).unwrap();
        assert_eq!(verification.failure(), None);
        verification.level
    };
    assert_eq!(
        level(Some(2), PolicyFrom::Reader),
        Level::WitnessedCustodied
    );
    assert_eq!(
        level(Some(3), PolicyFrom::Reader),
        Level::WitnessedCustodied
    );
    // Two different histories could both have one of three.
    assert_eq!(level(Some(1), PolicyFrom::Reader), Level::SelfAttested);
    assert_eq!(level(None, PolicyFrom::Reader), Level::SelfAttested);
    // Witnesses that the log has chosen for its readers prove nothing.
    assert_eq!(level(Some(2), PolicyFrom::Log), Level::SelfAttested);
}

#[test]
fn custodians_on_the_operators_machine_vouch_for_nothing() {
    let mut scene = Scene::empty(ORIGIN, START);
    scene.push(crate::testing::policy(1, true));
    scene.push(scene.roster(1, Mode::Local));
    scene.push_day_key(START);
    let log = Published::of(ORIGIN, &scene.entries, NOW_S);
    let verification = verify(&log.files);
    assert_eq!(verification.failure(), None);
    assert_eq!(verification.level, Level::Witnessed);
}

#[test]
fn the_trust_level_is_told_first_and_what_is_not_proved_last() {
    let verification = verify(&log().files);
    let text = verification.to_text();
    assert!(
        text.starts_with("Trust level: witnessed+custodied\n"),
        "{text}"
    );
    assert!(text.contains("DEMONSTRATION"), "{text}");
    assert!(
        text.contains("Requests 1, openings 1, disclosures 1, still hidden 0."),
        "{text}"
    );
    assert!(text.contains("never entered"), "{text}");
    assert!(
        text.ends_with("Everything that can be checked is right.\n"),
        "{text}"
    );
    let json: serde_json::Value = serde_json::from_str(&verification.to_json()).unwrap();
    assert_eq!(json["ok"], true);
    assert_eq!(json["level"], "witnessed+custodied");
    assert_eq!(json["figures"]["vectors"], 6);
    assert_eq!(json["steps"].as_array().unwrap().len(), 6);
}

#[test]
fn every_changed_byte_of_the_entries_is_noticed() {
    let log = log();
    let path = log
        .files
        .keys()
        .find(|path| path.starts_with("tile/entries/"))
        .unwrap()
        .clone();
    for at in (0..log.files[&path].len()).step_by(211) {
        let mut files = log.files.clone();
        files.get_mut(&path).unwrap()[at] ^= 1;
        let verification = verify(&files);
        let failure = verification.failure().unwrap();
        assert!(
            failure.starts_with("The files of the log: "),
            "byte {at}: {failure}"
        );
    }
}

#[test]
fn a_changed_tile_or_one_that_is_missing_is_noticed() {
    let hashes = |log: &Published| {
        log.files
            .keys()
            .find(|path| path.starts_with("tile/0/"))
            .unwrap()
            .clone()
    };
    let failure = failure_after(|log| log.files.get_mut(&hashes(log)).unwrap()[0] ^= 1);
    assert!(failure.contains("do not lead to its root"), "{failure}");
    let failure = failure_after(|log| drop(log.files.remove(&hashes(log))));
    assert!(failure.contains("is missing"), "{failure}");
}

#[test]
fn a_forged_checkpoint_is_noticed() {
    let failure = failure_after(|log| {
        let size = |entries: usize| format!("\n{entries}\n");
        let entries = log.entries.len();
        let note = log.checkpoint().to_string();
        let note = note.replace(&size(entries), &size(entries - 1));
        log.files.insert("checkpoint".into(), note.into_bytes());
    });
    assert!(failure.starts_with("The checkpoint: "), "{failure}");
    let failure = failure_after(|log| {
        log.files.insert("checkpoint".into(), b"no note".to_vec());
    });
    assert_eq!(failure, "The checkpoint: not a signed note.");
}

#[test]
fn too_few_or_stale_cosignatures_are_noticed_with_their_number() {
    let failure = failure_after(|log| {
        let note = Note::signed(log.checkpoint().text().into(), &log.key()).unwrap();
        log.cosign(note, NOW_S, 1);
    });
    assert_eq!(
        failure,
        "Too few witnesses have cosigned: of 3 there are 1 in time, 0 too old, 0 of a time that \
         has not come, 0 without a time."
    );
    let log = log();
    let tomorrow = NOW_S + 86_401;
    let stale = verifier(Some(2), PolicyFrom::Reader)
        .run(&log.files, tomorrow)
        .unwrap();
    assert!(
        stale.failure().unwrap().contains("3 too old"),
        "{:?}",
        stale.failure()
    );
    assert_eq!(stale.level, Level::SelfAttested);
    // The rest was checked all the same.
    assert!(
        stale
            .steps
            .iter()
            .all(|step| step.outcome != StepOutcome::NotReached)
    );
}

#[test]
fn a_rule_that_is_broken_is_named_with_its_entry() {
    let mut log = log();
    let entry = log.entries.last().unwrap().clone();
    log.publish(&[entry], NOW_S, 3);
    let verification = verify(&log.files);
    let index = log.entries.len() - 1;
    assert_eq!(
        verification.failure(),
        Some(format!("Entry {index} breaks rule 11: the person was told before.").as_str())
    );
    let text = verification.to_text();
    assert!(
        text.contains(&format!("NOT RIGHT: Entry {index} breaks rule 11")),
        "{text}"
    );
}

#[test]
fn a_broken_proof_of_a_vector_is_named_with_its_entry() {
    let mut log = log();
    let request = log
        .entries
        .iter()
        .position(|entry| entry.starts_with(b"heliograph/dd@v1\nkind request"));
    let request = request.unwrap();
    let mut entries = log.entries.clone();
    let text = String::from_utf8(entries[request].clone()).unwrap();
    entries[request] = text
        .replace("priority normal", "priority emergency")
        .into_bytes();
    log = Published::of(ORIGIN, &entries, NOW_S);
    let verification = verify(&log.files);
    let why = format!(
        "Entry {request} breaks rule 3: vector region: the proof of the vector does not hold."
    );
    assert_eq!(verification.failure(), Some(why.as_str()));
}

#[test]
fn what_is_overdue_fails_the_verification_and_is_named() {
    let mut scene = Scene::new(ORIGIN, START);
    let case = TestCase::ordinary(START);
    let due = case.due;
    let request = scene.push_request(case);
    let at = |day: Day| {
        let now_s = day.start_unix() + 5;
        let log = Published::of(ORIGIN, &scene.entries, now_s);
        verifier(Some(2), PolicyFrom::Reader)
            .run(&log.files, now_s)
            .unwrap()
    };
    assert_eq!(at(due).failure(), None);
    assert_eq!(at(due).figures.hidden, 1);
    let late = at(due.plus(1));
    let why = format!("OVERDUE: entry {request}, rule 4: request 1 was to be revealed by {due}.");
    assert_eq!(late.failure(), Some(why.as_str()));
    assert_eq!(late.findings.len(), 1);
}

#[test]
fn an_entry_of_a_day_that_has_not_come_is_noticed() {
    let log = log();
    let yesterday = NOW_S - 2 * 86_400;
    let mut patient = verifier(None, PolicyFrom::Reader);
    let verification = patient.run(&log.files, yesterday).unwrap();
    assert_eq!(
        verification.failure(),
        Some("The newest entry is of 2026-11-23, which has not come yet.")
    );
}

#[test]
fn a_later_run_reads_only_what_is_new() {
    let mut scene = Scene::new(ORIGIN, START);
    let mut log = Published::of(ORIGIN, &scene.entries, NOW_S);
    let mut verifier = verifier(Some(2), PolicyFrom::Reader);
    assert_eq!(verifier.run(&log.files, NOW_S).unwrap().failure(), None);
    let known = scene.entries.len();
    scene.push_whole_case(TestCase::ordinary(START), Outcome::Incomplete);
    log.publish(&scene.entries[known..], NOW_S, 3);
    let verification = verifier.run(&log.files, NOW_S).unwrap();
    assert_eq!(verification.failure(), None);
    assert_eq!(verifier.ledger(), Some(&scene.ledger));
    let consistency = verification
        .steps
        .iter()
        .find(|step| step.name == "consistency");
    assert_eq!(
        consistency.unwrap().what,
        format!("It continues the {known} entries seen before.")
    );
}

/// Two histories that differ in their last entry, both signed and cosigned.
fn histories() -> (Published, Published) {
    let mut scene = Scene::new(ORIGIN, START);
    let common = scene.entries.len();
    let mut other = scene.clone();
    scene.push_day_key(START);
    other.push_day_key(START.plus(1));
    assert_ne!(scene.entries[common], other.entries[common]);
    (
        Published::of(ORIGIN, &scene.entries, NOW_S),
        Published::of(ORIGIN, &other.entries, NOW_S),
    )
}

#[test]
fn a_history_that_is_not_the_one_seen_before_is_noticed() {
    let (one, other) = histories();
    let size = one.entries.len();
    let mut verifier = verifier(Some(2), PolicyFrom::Reader);
    verifier.run(&one.files, NOW_S).unwrap();
    let why =
        format!("The log has two histories: its first {size} entries are not those seen before.");
    assert_eq!(
        verifier.run(&other.files, NOW_S).unwrap().failure(),
        Some(why.as_str())
    );
    // Nor does it help to go on from there.
    let mut longer = other.clone();
    longer.publish(&[one.entries[size - 1].clone()], NOW_S, 3);
    assert_eq!(
        verifier.run(&longer.files, NOW_S).unwrap().failure(),
        Some(why.as_str())
    );
    // The true one is still welcome.
    assert_eq!(verifier.run(&one.files, NOW_S).unwrap().failure(), None);
}

#[test]
fn a_remembered_checkpoint_of_another_process_counts_as_well() {
    let (one, other) = histories();
    let remember = |log: &Published| {
        let checkpoint: Checkpoint = log.checkpoint().text().parse().unwrap();
        let policy = log_policy(ORIGIN, Some(2));
        let freshness = Freshness::within(86_400);
        Verifier::new(
            policy,
            PolicyFrom::Reader,
            freshness,
            Some(checkpoint.head()),
        )
    };
    let mut longer = other.clone();
    longer.publish(&[one.entries.last().unwrap().clone()], NOW_S, 3);
    let failure = remember(&one).run(&longer.files, NOW_S).unwrap();
    assert!(
        failure
            .failure()
            .unwrap()
            .starts_with("The log has two histories")
    );
    let shorter = Published::of(ORIGIN, &one.entries[..one.entries.len() - 1], NOW_S);
    let failure = remember(&one).run(&shorter.files, NOW_S).unwrap();
    let (had, has) = (one.entries.len(), shorter.entries.len());
    assert_eq!(
        failure.failure(),
        Some(format!("The log went back: it had {had} entries and now has {has}.").as_str())
    );
    assert_eq!(
        remember(&one).run(&one.files, NOW_S).unwrap().failure(),
        None
    );
}

#[test]
fn a_log_that_cannot_be_read_is_neither_right_nor_wrong() {
    let nothing = BTreeMap::new();
    let error = verifier(None, PolicyFrom::Log)
        .run(&nothing, NOW_S)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "checkpoint could not be read: there is no such file"
    );
}
