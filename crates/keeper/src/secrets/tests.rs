//! Secrets with a folder, a log, its witness, and a clock turned by hand.

use super::*;
use crate::client::KeeperError;
use heliograph_transparency::case::records_root;
use heliograph_transparency::checkpoint::Checkpoint;
use heliograph_transparency::cosignature::CosignerKey;
use heliograph_transparency::entry::{Day, Entry, Extend, Open, Preserve};
use heliograph_transparency::note::{Note, SignerKey};
use heliograph_transparency::proof::TlogProof;
use heliograph_transparency::tree::{Hash, Leaves, TreeHead, leaf_hash, root_of};
use heliograph_vault::dealer::deal_for_tests;
use heliograph_vault::keys::{GateMode, SealingKeys};
use heliograph_vault::keyset::{Ceremony, Role};
use heliograph_vault::plaintext::{IpInterval, Phone, Sighting};
use heliograph_vault::record::{SealedRecord, seal_ip, seal_phone};
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use tempfile::TempDir;

const DAY: u32 = 20_000;
const NOW_S: u64 = DAY as u64 * DAY_S + 7 * 3600;
const ORIGIN: &str = "log.example/heliograph";
const ADA: i64 = 1_000_001;
const BEN: i64 = 1_000_002;

/// 32 bytes that differ from call to call.
fn counting() -> Entropy {
    let calls = AtomicU8::new(1);
    Arc::new(move |out: &mut [u8]| out.fill(calls.fetch_add(1, Ordering::Relaxed)))
}

fn place() -> (TempDir, PathBuf) {
    let outer = tempfile::tempdir().expect("a temporary folder");
    let folder = outer.path().join("secrets");
    (outer, folder)
}

fn open(folder: &Path) -> Secrets {
    Secrets::open(folder, counting()).expect("it opens")
}

fn log_key() -> SignerKey {
    SignerKey::new(ORIGIN.parse().expect("a name"), &[1; 32])
}

fn witness_key() -> CosignerKey {
    CosignerKey::new("witness.example/w".parse().expect("a name"), &[2; 32])
}

fn policy() -> String {
    let (log, witness) = (log_key(), witness_key());
    format!(
        "log {}\nwitness w {}\nquorum w\n",
        log.verifier(),
        witness.verifier()
    )
}

/// The proof of the last of these entries, cosigned at a time or not at all.
fn proof_of(entries: &[Vec<u8>], key: &SignerKey, cosigned_s: Option<u64>) -> LogProof {
    let hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let head = TreeHead {
        size: hashes.len() as u64,
        root: root_of(&hashes),
    };
    let checkpoint = Checkpoint::new(ORIGIN, head).expect("an origin");
    let mut note = Note::signed(checkpoint.to_string(), key).expect("a checkpoint");
    if let Some(time_s) = cosigned_s {
        let line = witness_key().cosign(note.text(), time_s);
        note.add(line.expect("a checkpoint")).expect("one line");
    }
    let entry = entries.last().expect("an entry").clone();
    let index = hashes.len() as u64 - 1;
    let mut leaves = Leaves(&hashes);
    let proof = TlogProof::make(&mut leaves, &entry, index, note).expect("it is there");
    LogProof {
        entry,
        proof: proof.to_string(),
    }
}

/// The proof of an entry with the number `index`, among others.
fn logged(index: usize, entry: &Entry) -> LogProof {
    let mut entries: Vec<Vec<u8>> = (0..index).map(|n| format!("{n}").into_bytes()).collect();
    entries.push(entry.to_bytes().expect("a valid entry"));
    proof_of(&entries, &log_key(), Some(NOW_S))
}

fn root_over(records: &[SealedRecord]) -> Hash {
    let hashes: Vec<[u8; 32]> = records.iter().map(|record| record.hash().0).collect();
    records_root(&hashes)
}

fn open_entry(records: &[SealedRecord], preserved: Option<u64>) -> Entry {
    let open = Open {
        request: 1,
        officers: 0,
        records: root_over(records),
        n: records.len() as u32,
        approvals: Hash([7; 32]),
        preserved,
    };
    Entry::new(Day(DAY), open)
}

fn preserve_entry(records: &[SealedRecord], until: u32) -> Entry {
    let preserve = Preserve {
        request: 1,
        records: root_over(records),
        n: records.len() as u32,
        until: Day(until),
    };
    Entry::new(Day(DAY), preserve)
}

fn order(logged: LogProof, user_id: i64, records: &[SealedRecord]) -> Order {
    Order {
        logged,
        user_id,
        records: records.iter().map(SealedRecord::to_bytes).collect(),
    }
}

fn sealing_keys(role: Role) -> SealingKeys {
    let deal = |role| {
        let ceremony = Ceremony {
            role,
            session: [role as u8; 32],
            epoch: if role == Role::IpCustodians { DAY } else { 0 },
            generation: 0,
            transcript: [3; 32],
        };
        let (keys, _) = deal_for_tests(ceremony, 1, &[1], &[role as u8; 32], &[5; 32]);
        keys.verify().expect("an honest dealer")
    };
    SealingKeys::new(deal(Role::Officers), deal(role), GateMode::Local).expect("a pair")
}

fn seal_address(secrets: &Secrets, user_id: i64, last: u8) -> SealedRecord {
    let user = secrets.person(user_id).expect("a secret");
    let day = secrets.today(DAY, NOW_S).expect("today's");
    let at = |at_s| Sighting { at_s, port: 443 };
    let ip = IpAddr::from([192, 0, 2, last]);
    let interval = IpInterval::new(ip, at(NOW_S), at(NOW_S)).expect("in order");
    let keys = sealing_keys(Role::IpCustodians);
    seal_ip(&keys, &day, &user, user_id, &interval, &[last; 32]).expect("sealed")
}

fn seal_number(secrets: &Secrets, user_id: i64) -> SealedRecord {
    let user = secrets.person(user_id).expect("a secret");
    let phone = Phone::from_digits("4915100000").expect("a number");
    let keys = sealing_keys(Role::PhoneCustodians);
    seal_phone(&keys, &user, user_id, &phone, &[9; 32]).expect("sealed")
}

/// Secrets that trust the log, and three records of one person.
fn scene(folder: &Path) -> (Secrets, Vec<SealedRecord>) {
    let secrets = open(folder);
    secrets.pin_log(&policy()).expect("the first");
    let records = vec![
        seal_number(&secrets, ADA),
        seal_address(&secrets, ADA, 1),
        seal_address(&secrets, ADA, 2),
    ];
    (secrets, records)
}

/// The secrets, or why there are none; a [`RecordSecret`] can be neither printed nor compared.
fn bare(answer: Result<Vec<RecordSecret>, SecretsError>) -> Result<Vec<[u8; 32]>, SecretsError> {
    answer.map(|secrets| secrets.iter().map(|one| *one.as_bytes()).collect())
}

#[test]
fn an_opening_in_the_log_gets_its_secrets_again_and_again_and_counts_once() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let order = order(logged(5, &open_entry(&records, None)), ADA, &records);
    let first = bare(secrets.secrets_for_open(&order, NOW_S)).expect("released");
    let user = secrets.person(ADA).expect("a secret");
    let day = secrets.today(DAY, NOW_S).expect("today's");
    assert_eq!(
        first[0],
        *phone_secret(&user, &records[0])
            .expect("a number")
            .as_bytes()
    );
    assert_eq!(
        first[2],
        *ip_secret(&user, &day, &records[2])
            .expect("its day")
            .as_bytes()
    );

    drop(secrets);
    let secrets = open(&folder);
    assert_eq!(bare(secrets.secrets_for_open(&order, NOW_S)), Ok(first));
    assert_eq!(secrets.lock().openings.live().count(), 1);
}

#[test]
fn other_records_than_the_entry_names_get_nothing() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let ask = |logged: &LogProof, user_id, records: &[SealedRecord]| {
        bare(secrets.secrets_for_open(&order(logged.clone(), user_id, records), NOW_S))
    };
    let two = logged(5, &open_entry(&records[..2], None));
    let refused = |refusal: Refusal| Err(SecretsError::Refused(refusal));
    assert_eq!(ask(&two, ADA, &records), refused(Refusal::Records));
    assert_eq!(ask(&two, ADA, &records[..1]), refused(Refusal::Records));
    assert_eq!(ask(&two, ADA, &records[1..]), refused(Refusal::Records));
    let swapped = [records[1].clone(), records[0].clone()];
    assert_eq!(ask(&two, ADA, &swapped), refused(Refusal::Records));
    assert_eq!(ask(&two, BEN, &records[..2]), refused(Refusal::Person));

    let mixed = [records[0].clone(), seal_address(&secrets, BEN, 3)];
    let of_two_people = logged(5, &open_entry(&mixed, None));
    for user_id in [ADA, BEN] {
        let answer = ask(&of_two_people, user_id, &mixed);
        assert_eq!(answer, refused(Refusal::Person));
    }
    assert_eq!(secrets.lock().openings.live().count(), 0);
    assert!(ask(&two, ADA, &records[..2]).is_ok());
}

#[test]
fn a_forged_record_gets_nothing() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let mut bytes = records[1].to_bytes();
    *bytes.last_mut().expect("not empty") ^= 1;
    let forged = SealedRecord::parse(&bytes).expect("its form is right");
    let records = [forged];
    let order = order(logged(5, &open_entry(&records, None)), ADA, &records);
    let refused = bare(secrets.secrets_for_open(&order, NOW_S));
    assert_eq!(refused, Err(Refusal::Forged.into()));
}

#[test]
fn an_entry_must_be_in_the_pinned_log_and_freshly_witnessed() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let entry = open_entry(&records, None);
    let entries = [b"first".to_vec(), entry.to_bytes().expect("valid")];
    let ask = |proof: LogProof, now_s| {
        bare(secrets.secrets_for_open(&order(proof, ADA, &records), now_s)).map(|_| ())
    };
    let refused = Err(SecretsError::Refused(Refusal::Proof));

    let good = proof_of(&entries, &log_key(), Some(NOW_S));
    for (now_s, expected) in [
        (NOW_S + 3600, Ok(())),
        (NOW_S + 3601, refused),
        (NOW_S - 300, Ok(())),
        (NOW_S - 301, refused),
    ] {
        assert_eq!(ask(good.clone(), now_s), expected);
    }
    let unwitnessed = proof_of(&entries, &log_key(), None);
    assert_eq!(ask(unwitnessed, NOW_S), refused);
    let timeless = proof_of(&entries, &log_key(), Some(0));
    assert_eq!(ask(timeless, NOW_S), refused);
    let stranger = SignerKey::new(ORIGIN.parse().expect("a name"), &[8; 32]);
    let of_another = proof_of(&entries, &stranger, Some(NOW_S));
    assert_eq!(ask(of_another, NOW_S), refused);

    let mut other_entry = good.clone();
    other_entry.entry = open_entry(&records[..1], None).to_bytes().expect("valid");
    assert_eq!(ask(other_entry, NOW_S), refused);
}

#[test]
fn a_proof_with_any_byte_changed_gives_nothing_else() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let records = &records[..1];
    let good = logged(5, &open_entry(records, None));
    let expected = bare(secrets.secrets_for_open(&order(good.clone(), ADA, records), NOW_S));
    assert!(expected.is_ok());
    for at in 0..good.proof.len() {
        let mut bytes = good.proof.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(proof) = String::from_utf8(bytes) else {
            continue;
        };
        let entry = good.entry.clone();
        let answer =
            secrets.secrets_for_open(&order(LogProof { entry, proof }, ADA, records), NOW_S);
        // A changed name of a signature that does not count changes nothing either.
        if let Ok(answer) = bare(answer) {
            assert_eq!(Ok(answer), expected);
        }
    }
    assert_eq!(secrets.lock().openings.live().count(), 1);
}

#[test]
fn an_entry_of_another_kind_opens_nothing() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let preserve = order(
        logged(5, &preserve_entry(&records, DAY + 30)),
        ADA,
        &records,
    );
    let open = order(logged(6, &open_entry(&records, None)), ADA, &records);
    let refused = Err(SecretsError::Refused(Refusal::Kind));
    assert_eq!(
        bare(secrets.secrets_for_open(&preserve, NOW_S)).map(|_| ()),
        refused
    );
    assert_eq!(secrets.preserve_secrets(&open, NOW_S), refused);
    assert_eq!(secrets.extend(&open.logged, NOW_S), refused);
}

#[test]
fn two_logs_are_noticed() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let ask = |records: &[SealedRecord]| {
        let order = order(logged(5, &open_entry(records, None)), ADA, records);
        bare(secrets.secrets_for_open(&order, NOW_S)).map(|_| ())
    };
    assert_eq!(ask(&records[..2]), Ok(()));
    assert_eq!(ask(&records[..1]), Err(Refusal::Fork.into()));
}

#[test]
fn the_first_log_stays() {
    let (_outer, folder) = place();
    let secrets = open(&folder);
    let records = [seal_number(&secrets, ADA)];
    let order = order(logged(5, &open_entry(&records, None)), ADA, &records);
    let early = bare(secrets.secrets_for_open(&order, NOW_S));
    assert_eq!(early, Err(SecretsError::NotPinned));
    assert_eq!(secrets.pin_log("nonsense"), Err(SecretsError::BadPolicy));
    assert_eq!(secrets.pin_log(&policy()), Ok(()));
    drop(secrets);
    let secrets = open(&folder);
    assert_eq!(secrets.pin_log(&policy()), Ok(()));
    let lax = format!("log {}\nquorum none\n", log_key().verifier());
    assert_eq!(secrets.pin_log(&lax), Err(SecretsError::OtherLog));
}

#[test]
fn a_days_secret_is_given_on_that_day_only() {
    let (_outer, folder) = place();
    let secrets = open(&folder);
    let first = secrets.today(DAY, NOW_S).expect("today's");
    let again = secrets.today(DAY, NOW_S + 3600).expect("today's");
    assert_eq!(first.as_bytes(), again.as_bytes());
    for other in [DAY - 1, DAY + 1] {
        let refused = secrets.today(other, NOW_S).err();
        assert_eq!(refused, Some(SecretsError::NotToday { today: DAY }));
    }
    for other_s in [NOW_S - DAY_S, NOW_S + DAY_S] {
        assert!(secrets.today(DAY, other_s).is_err());
    }
    let tomorrow = secrets.today(DAY + 1, NOW_S + DAY_S).expect("today's");
    assert_ne!(first.as_bytes(), tomorrow.as_bytes());
}

#[test]
fn a_days_secret_goes_after_the_retention_and_never_comes_back() {
    let (_outer, folder) = place();
    let secrets = open(&folder);
    let secret = *secrets.today(DAY, NOW_S).expect("today's").as_bytes();
    let later_s = |days: u64| NOW_S + days * DAY_S;
    assert_eq!(secrets.erase_due(90, later_s(90)), Ok(vec![]));
    assert_eq!(secrets.erase_due(90, later_s(91)), Ok(vec![DAY]));
    assert_eq!(secrets.erase_due(90, later_s(91)), Ok(vec![DAY]), "again");
    let back = secrets.today(DAY, NOW_S).err();
    assert_eq!(back, Some(SecretsError::Erased));

    drop(secrets);
    let bytes = fs::read(folder.join("days")).expect("it is there");
    assert!(!bytes.windows(32).any(|window| window == secret));
    let secrets = open(&folder);
    assert_eq!(secrets.today(DAY, NOW_S).err(), Some(SecretsError::Erased));
}

#[test]
fn no_policy_keeps_a_day_for_more_than_366_days() {
    let (_outer, folder) = place();
    let secrets = open(&folder);
    secrets.today(DAY, NOW_S).expect("today's");
    assert_eq!(secrets.erase_due(9999, NOW_S + 366 * DAY_S), Ok(vec![]));
    assert_eq!(secrets.erase_due(9999, NOW_S + 367 * DAY_S), Ok(vec![DAY]));
}

#[test]
fn records_of_an_expired_day_get_nothing_and_the_number_lives_on() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    secrets.erase_due(90, NOW_S + 91 * DAY_S).expect("erased");
    let ask = |index, records: &[SealedRecord]| {
        let order = order(logged(index, &open_entry(records, None)), ADA, records);
        bare(secrets.secrets_for_open(&order, NOW_S)).map(|_| ())
    };
    assert_eq!(ask(5, &records[1..]), Err(Refusal::Gone.into()));
    assert_eq!(ask(6, &records[..1]), Ok(()));
}

#[test]
fn a_forgotten_person_has_no_secret_ever_again() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let secret = *secrets.person(ADA).expect("a secret").as_bytes();
    let bens = *secrets.person(BEN).expect("a secret").as_bytes();
    assert_eq!(secrets.forget_person(ADA), Ok(()));
    assert_eq!(secrets.forget_person(ADA), Ok(()), "again");
    assert_eq!(secrets.forget_person(3), Ok(()), "who never had one");
    let order = order(logged(5, &open_entry(&records, None)), ADA, &records);
    let refused = bare(secrets.secrets_for_open(&order, NOW_S));
    assert_eq!(refused, Err(SecretsError::Erased));

    drop(secrets);
    let bytes = fs::read(folder.join("people")).expect("it is there");
    let holds = |secret: [u8; 32]| bytes.windows(32).any(|window| window == secret);
    assert!(!holds(secret) && holds(bens));
    let secrets = open(&folder);
    for gone in [ADA, 3] {
        assert_eq!(secrets.person(gone).err(), Some(SecretsError::Erased));
    }
    assert_eq!(*secrets.person(BEN).expect("a secret").as_bytes(), bens);
}

#[test]
fn a_case_has_one_key() {
    let (_outer, folder) = place();
    let secrets = open(&folder);
    let key = secrets.case_key([1; 16]).expect("a key");
    assert_ne!(*secrets.case_key([2; 16]).expect("a key"), *key);
    drop(secrets);
    assert_eq!(*open(&folder).case_key([1; 16]).expect("a key"), *key);
}

#[test]
fn what_was_preserved_outlives_its_day_and_its_person_and_nothing_else_does() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let (kept, neighbour) = (&records[..2], &records[2..]);
    let user = secrets.person(ADA).expect("a secret");
    let day = secrets.today(DAY, NOW_S).expect("today's");
    let secret = *ip_secret(&user, &day, &kept[1])
        .expect("its day")
        .as_bytes();
    let preserve = order(logged(5, &preserve_entry(kept, DAY + 60)), ADA, kept);
    assert_eq!(secrets.preserve_secrets(&preserve, NOW_S), Ok(()));
    assert_eq!(secrets.preserve_secrets(&preserve, NOW_S), Ok(()), "again");

    secrets.erase_due(0, NOW_S + DAY_S).expect("erased");
    secrets.forget_person(ADA).expect("forgotten");
    drop(secrets);
    let secrets = open(&folder);
    let (user_id, name) = secrets.preserved_person(5).expect("kept");
    assert_eq!((user_id, name), (ADA, user.commitment(ADA)));
    for file in ["people", "preserved"] {
        let bytes = fs::read(folder.join(file)).expect("it is there");
        let holds = bytes.windows(32).any(|window| window == user.as_bytes());
        assert!(!holds, "the person's secret opens more than what is kept");
    }
    let ask = |index, records: &[SealedRecord]| {
        let order = order(logged(index, &open_entry(records, Some(5))), ADA, records);
        bare(secrets.secrets_for_open(&order, NOW_S))
    };
    assert_eq!(ask(6, kept).map(|secrets| secrets[1]), Ok(secret));
    assert_eq!(ask(7, neighbour), Err(Refusal::Gone.into()));

    let last_s = NOW_S + 60 * DAY_S;
    secrets.erase_due(0, last_s).expect("not due");
    assert!(secrets.preserved_person(5).is_ok());
    secrets.erase_due(0, last_s + DAY_S).expect("due");
    let gone = Some(SecretsError::Erased);
    assert_eq!(secrets.preserved_person(5).err(), gone);
    assert_eq!(ask(8, kept).err(), gone);
    let bytes = fs::read(folder.join("preserved")).expect("it is there");
    assert!(!bytes.windows(32).any(|window| window == secret));
}

#[test]
fn a_preservation_that_a_crash_cut_short_is_none_until_it_is_done_again() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let key = preserved_key(5, &records[0].hash().0);
    let first = secrets.lock().preserve(key, DAY + 9, ADA, &[4; 32]);
    assert_eq!(first, Ok(()));
    drop(secrets);
    let secrets = open(&folder);
    let nobody = secrets.preserved_person(5).err();
    assert_eq!(nobody, Some(Refusal::Gone.into()));
    let preserve = order(logged(5, &preserve_entry(&records, DAY + 9)), ADA, &records);
    assert_eq!(secrets.preserve_secrets(&preserve, NOW_S), Ok(()));
    assert!(secrets.preserved_person(5).is_ok());
}

#[test]
fn a_term_has_a_bound_and_one_extension() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let long = order(
        logged(5, &preserve_entry(&records, DAY + 61)),
        ADA,
        &records,
    );
    let refused = Err(SecretsError::Refused(Refusal::Term));
    assert_eq!(secrets.preserve_secrets(&long, NOW_S), refused);
    let preserve = order(
        logged(5, &preserve_entry(&records, DAY + 60)),
        ADA,
        &records,
    );
    assert_eq!(secrets.preserve_secrets(&preserve, NOW_S), Ok(()));

    let extend = |index, until| {
        let extend = Extend {
            of: 5,
            until: Day(until),
            commitment: Hash([4; 32]),
        };
        let entry = Entry::new(Day(DAY), extend);
        secrets.extend(&logged(index, &entry), NOW_S)
    };
    assert_eq!(extend(6, DAY + 91), refused);
    assert_eq!(extend(6, DAY + 90), Ok(()));
    assert_eq!(extend(6, DAY + 90), Ok(()), "again");
    assert_eq!(extend(7, DAY + 89), refused, "a second time");
    secrets.erase_due(0, NOW_S + 90 * DAY_S).expect("not due");
    assert!(secrets.preserved_person(5).is_ok());
    secrets.erase_due(0, NOW_S + 91 * DAY_S).expect("due");
    assert!(secrets.preserved_person(5).is_err());
}

#[test]
fn what_was_released_is_gone_and_cannot_be_preserved_again() {
    let (_outer, folder) = place();
    let (secrets, records) = scene(&folder);
    let preserve = order(logged(5, &preserve_entry(&records, DAY + 9)), ADA, &records);
    assert_eq!(secrets.preserve_secrets(&preserve, NOW_S), Ok(()));
    assert_eq!(secrets.release(5), Ok(()));
    assert_eq!(secrets.release(5), Ok(()), "again");
    let late = secrets.preserve_secrets(&preserve, NOW_S);
    assert_eq!(late, Err(SecretsError::Erased));
    assert_eq!(secrets.release(6), Ok(()), "where nothing was kept");
}

#[test]
fn a_keeper_without_secrets_says_so() {
    let key = heliograph_vault::oprf::OprfKey::derive(&[1; 32], b"test").expect("usable");
    let keeper = crate::Keeper::in_memory(key, crate::Limits::default());
    assert_eq!(keeper.secrets().err(), Some(SecretsError::Unavailable));
    let answer = keeper.evaluate_batch(crate::Purpose::SignIn, 1, &[[0; 32]], NOW_S);
    assert_eq!(answer, Err(KeeperError::Malformed));
}
