use super::*;
use crate::practice::{
    Case, Desk, ORIGIN, Order, Person, Staff, germany, keys_of, local_custodian,
};
use heliograph_transparency::entry::{
    CountryDecision, Door, Entry, Intake, Kinds, Outcome, Policy, Preserve,
};
use heliograph_transparency::files::{Base64, Bundle, FindingAnswer, Fixed};
use heliograph_transparency::tree::Hash;
use heliograph_vault::record::SealedRecord;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use tempfile::TempDir;

mod preserved;
mod trust;

const NOW_S: u64 = 20_778 * 86_400 + 36_000;

/// Two of three officers, a custodian, two people with records, and a case.
struct Scene {
    folder: TempDir,
    time: Arc<AtomicU64>,
    desk: Desk,
    staff: Staff,
    person: Person,
    other: Person,
    records: Vec<SealedRecord>,
    others: Vec<SealedRecord>,
    case: Case,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let time = Arc::new(AtomicU64::new(NOW_S));
        let clock: Clock = {
            let time = Arc::clone(&time);
            Arc::new(move || time.load(SeqCst))
        };
        let entropy = Entropy::system();
        let mut desk = Desk::new(folder.path(), ORIGIN, clock, entropy.clone()).unwrap();
        desk.publish_policy().unwrap();
        let custodian = local_custodian(&mut desk, folder.path()).unwrap();
        let staff = Staff::new(folder.path(), 3, &desk).unwrap();
        let plan = staff.plan(&desk, 2).unwrap();
        staff.hold(&mut desk, &plan).unwrap();
        desk.append(&staff.act(&desk, germany(), 2).unwrap())
            .unwrap();
        let today = desk.today();
        for epoch in [None, Some(today.0)] {
            desk.append(&custodian.offer(epoch, today).unwrap())
                .unwrap();
        }
        let (person, other) = (Person::new(7, &entropy), Person::new(8, &entropy));
        let records = desk
            .seal(&person, "4915112345678", "198.51.100.7", today)
            .unwrap();
        let others = desk
            .seal(&other, "4915187654321", "198.51.100.8", today)
            .unwrap();
        desk.publish_vault_root().unwrap();
        let case = desk
            .enter_request(&Order::practice(Kinds::Both, today))
            .unwrap();
        Self {
            folder,
            time,
            desk,
            staff,
            person,
            other,
            records,
            others,
            case,
        }
    }

    fn officer(&self) -> &Officer {
        &self.staff.officers[0]
    }

    fn bundle(&self) -> Bundle {
        let bytes = self
            .desk
            .bundle(&self.case, &self.person, &self.records)
            .unwrap();
        Bundle::parse(&bytes).unwrap()
    }

    fn review(&self, bundle: &Bundle) -> Result<review::Review, OfficerError> {
        self.officer().review(&bundle.to_bytes())
    }

    /// The sentence with which a changed bundle is refused.
    #[track_caller]
    fn refused(&self, change: impl FnOnce(&mut Bundle)) -> String {
        let mut bundle = self.bundle();
        change(&mut bundle);
        match self.review(&bundle) {
            Ok(_) => panic!("the bundle was accepted"),
            Err(error) => error.to_string(),
        }
    }

    /// A bundle for another order of the same person.
    fn bundle_for(&mut self, order: &Order, records: &[SealedRecord]) -> Bundle {
        self.case = self.desk.enter_request(order).unwrap();
        let bytes = self.desk.bundle(&self.case, &self.person, records).unwrap();
        Bundle::parse(&bytes).unwrap()
    }
}

#[test]
fn a_sound_bundle_is_shown_in_plain_words() {
    let scene = Scene::new();
    let review = scene.review(&scene.bundle()).unwrap();
    assert_eq!(review.count(), 2);
    for line in [
        "TRUST LEVEL  witnessed: ",
        "country    DE",
        "subject    account 7",
        "yes  a registered, competent judicial authority: called back",
        "of account 7",
        "the phone number (custodian on the operator's machine)",
        "an IP address with ports and times, 2026-11-21",
    ] {
        assert!(review.page().contains(line), "{line}\n{}", review.page());
    }
    assert_eq!(
        review.warnings(),
        ["you have not seen this authority's delivery key before: compare it with the registry"]
    );
}

#[test]
fn documents_that_came_later_are_shown_apart_from_those_of_the_log() {
    let scene = Scene::new();
    let mut bundle = scene.bundle();
    bundle.added = bundle.documents.clone();
    bundle.added[0].name = "signature.pdf".into();
    let page = scene.review(&bundle).unwrap().page().to_owned();
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}\n{page}"));
    assert!(place("order.pdf") < place("ADDED LATER"));
    assert!(place("ADDED LATER") < place("signature.pdf"));
    assert!(
        !scene
            .bundle()
            .to_bytes()
            .windows(7)
            .any(|part| part == b"\"added\"")
    );
}

#[test]
fn whatever_differs_from_the_log_is_refused_by_name() {
    let scene = Scene::new();
    let of_log = "the order in the bundle is not the one that the log commits to";
    assert_eq!(
        scene.refused(|bundle| bundle.fields[8].value = "account 8".into()),
        of_log
    );
    assert_eq!(
        scene.refused(|bundle| bundle.fields[10].value = "indefinite".into()),
        of_log
    );
    assert_eq!(
        scene.refused(|bundle| bundle.fields[0].salt = Fixed([0; 32])),
        of_log
    );
    let why = scene.refused(|bundle| bundle.documents[0].bytes.0.push(b' '));
    assert_eq!(
        why,
        "the document “order.pdf” is not the one that it claims to be"
    );
    let why = scene.refused(|bundle| bundle.documents.clear());
    assert_eq!(why, "the documents are not those that the log commits to");
    // One that was added later is not in the log, but it cannot be passed off as another either.
    let why = scene.refused(|bundle| {
        let mut added = bundle.documents[0].clone();
        added.bytes.0.push(b' ');
        bundle.added.push(added);
    });
    assert_eq!(
        why,
        "the document “order.pdf” is not the one that it claims to be"
    );
    let why = scene.refused(|bundle| bundle.request = 0);
    assert_eq!(why, "entry 0 of the log is no request");
    let why = scene.refused(|bundle| bundle.origin = "demo.other/log".into());
    assert_eq!(
        why,
        "the bundle is of the log demo.other/log, not demo.practice/log"
    );
    let why = scene.refused(|bundle| bundle.delivery.fingerprint = "0".repeat(64));
    assert_eq!(why, "the fingerprint is not that of the delivery key");
    let why = scene.refused(|bundle| bundle.delivery.recipient = "passphrase".into());
    assert_eq!(
        why,
        "delivery by passphrase names no authority of the registry"
    );
    let why = scene.refused(|bundle| bundle.preserved = Some(1));
    assert_eq!(why, "entry 1 of the log preserves nothing");
}

#[test]
fn records_of_another_person_kind_day_or_making_are_refused() {
    let mut scene = Scene::new();
    let other = Base64(scene.others[0].to_bytes());
    let why = scene.refused(|bundle| bundle.records[0] = other.clone());
    assert_eq!(why, "record 1 belongs to another person");
    // The other's secret does not help: the order names account 7.
    let theirs = scene
        .desk
        .bundle(&scene.case, &scene.other, &scene.others)
        .unwrap();
    let why = scene
        .officer()
        .review(&theirs)
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert_eq!(
        why,
        "the order names another account than the records are claimed to be of"
    );
    let why = scene.refused(|bundle| bundle.person = None);
    assert_eq!(why, "there are records, and nobody whose they are");
    let why = scene.refused(|bundle| bundle.records[1] = bundle.records[0].clone());
    assert_eq!(why, "record 2 stands there twice");
    let spliced = {
        let (own, other) = (scene.records[0].to_bytes(), scene.others[0].to_bytes());
        [&own[..71], &other[71..]].concat()
    };
    let why = scene.refused(|bundle| bundle.records[0] = Base64(spliced.clone()));
    assert_eq!(why, "record 1 was altered or put together from others");

    let today = scene.desk.today();
    let records = scene.records.clone();
    let bundle = scene.bundle_for(&Order::practice(Kinds::Phone, today), &records);
    let why = scene.review(&bundle).map(|_| ()).unwrap_err().to_string();
    assert_eq!(why, "record 2 is of a kind that was not asked for");
    let mut order = Order::practice(Kinds::Both, today);
    order.window = "2026-10-01T00:00Z 2026-10-31T23:59Z".into();
    let bundle = scene.bundle_for(&order, &records);
    let why = scene.review(&bundle).map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        why,
        "record 2 is of 2026-11-21, outside the order's window of time"
    );
}

#[test]
fn a_record_that_came_after_the_last_root_of_the_vault_is_refused() {
    let mut scene = Scene::new();
    let today = scene.desk.today();
    let late = scene
        .desk
        .seal_address(&scene.person, "203.0.113.9", today)
        .unwrap();
    let records = vec![scene.records[0].clone(), late];
    let order = Order::practice(Kinds::Both, today);
    let bundle = scene.bundle_for(&order, &records);
    let why = scene.review(&bundle).map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        why,
        "record 2 was not in the vault when its root was logged"
    );
    // Under a root of after the request it passes, with a warning.
    scene.desk.publish_vault_root().unwrap();
    let bytes = scene
        .desk
        .bundle(&scene.case, &scene.person, &records)
        .unwrap();
    let review = scene.officer().review(&bytes).unwrap();
    assert!(review.warnings()[0].starts_with("the vault's root was logged after the request"));
}

#[test]
fn a_country_that_officers_have_not_opened_is_refused() {
    let mut scene = Scene::new();
    let mut order = Order::practice(Kinds::Both, scene.desk.today());
    order.country = "FR";
    let records = scene.records.clone();
    let bundle = scene.bundle_for(&order, &records);
    let why = scene.review(&bundle).map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        why,
        "requests from FR are not served: no officers' decision says so"
    );
}

#[test]
fn what_the_desk_denies_and_a_changed_delivery_key_are_shown_loudly() {
    let mut scene = Scene::new();
    let mut bundle = scene.bundle();
    bundle.findings[0].answer = FindingAnswer::No;
    let review = scene.review(&bundle).unwrap();
    assert!(review.page().contains("!! the desk answers NO to"));
    scene.officer().approve(&review, &scene.staff.lock).unwrap();

    let mut bundle = scene.bundle();
    let recipient = scene.officer().card().recipient.clone();
    bundle.delivery.fingerprint = hex(&heliograph_transparency::approval::recipient_fingerprint(
        &recipient,
    ));
    bundle.delivery.recipient = recipient;
    let review = scene.review(&bundle).unwrap();
    let loud = "THE DELIVERY KEY OF THIS AUTHORITY HAS CHANGED";
    assert!(
        review
            .warnings()
            .iter()
            .any(|warning| warning.starts_with(loud))
    );
    assert!(review.page().contains(loud));
    // The first key again: nothing to say.
    scene.case = scene
        .desk
        .enter_request(&Order::practice(Kinds::Both, scene.desk.today()))
        .unwrap();
    assert!(scene.review(&scene.bundle()).unwrap().warnings().is_empty());
}

#[test]
fn a_log_that_was_not_witnessed_within_a_day_or_goes_back_is_refused() {
    let mut scene = Scene::new();
    let bundle = scene.bundle();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut fork = scene.desk.fork(elsewhere.path());
    scene.time.fetch_add(86_401, SeqCst);
    let why = scene.review(&bundle).map(|_| ()).unwrap_err().to_string();
    assert_eq!(why, "the log: the cosignatures are too old");
    scene.desk.cosign().unwrap();
    scene.review(&scene.bundle()).unwrap();
    // Another history, which a deceiving witness has cosigned.
    scene.desk.publish_vault_root().unwrap();
    scene.review(&scene.bundle()).unwrap();
    fork.append_body(Intake {
        count: 1,
        root: Hash([1; 32]),
    })
    .unwrap();
    let bytes = fork
        .bundle(&scene.case, &scene.person, &scene.records)
        .unwrap();
    let why = scene
        .officer()
        .review(&bytes)
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(
        why.starts_with("the log: the log has two histories of"),
        "{why}"
    );
    let why = scene.refused(|bundle| {
        bundle.log.entries.pop();
    });
    assert!(
        why.starts_with("the log: the update ends at entry"),
        "{why}"
    );
    let why = scene.refused(|bundle| bundle.log.checkpoint.clear());
    assert!(why.starts_with("the log: "), "{why}");
}

#[test]
fn every_byte_of_the_logs_part_counts() {
    let scene = Scene::new();
    let sound = scene.bundle();
    for at in (0..sound.log.entries.len()).rev() {
        // The tool keeps what it knows; only entries that are new to it are looked at.
        let known = scene.officer().log().unwrap().head().size as usize;
        let mut bundle = sound.clone();
        let middle = bundle.log.entries[at].0.len() / 2;
        bundle.log.entries[at].0[middle] ^= 1;
        assert_eq!(scene.review(&bundle).is_err(), at >= known, "entry {at}");
    }
    let checkpoint = sound.log.checkpoint.clone().into_bytes();
    for at in 0..checkpoint.len() {
        let mut changed = checkpoint.clone();
        changed[at] ^= 1;
        let mut bundle = sound.clone();
        let Ok(text) = String::from_utf8(changed) else {
            continue;
        };
        bundle.log.checkpoint = text;
        assert!(scene.review(&bundle).is_err(), "byte {at}");
    }
    scene.review(&sound).unwrap();
}

#[test]
fn a_refusal_carries_its_reason_and_no_partials() {
    let scene = Scene::new();
    let review = scene.review(&scene.bundle()).unwrap();
    let lock = &scene.staff.lock;
    let response = scene
        .officer()
        .refuse(&review, Outcome::ImmunityOrExpression, lock)
        .unwrap();
    assert_eq!(response.verdict, "refuse immunity-or-expression");
    assert!(response.partials.is_empty());
    assert!(
        scene
            .officer()
            .refuse(&review, Outcome::Delivered, lock)
            .is_err()
    );
    // A wrong passphrase signs nothing.
    let wrong = crate::lock::Lock::passphrase("wrong".into()).weakly();
    assert!(scene.officer().approve(&review, &wrong).is_err());
}

#[test]
fn a_closed_request_is_not_reviewed() {
    let mut scene = Scene::new();
    scene.desk.close(&scene.case, Outcome::Withdrawn).unwrap();
    assert_eq!(scene.refused(|_| ()), "the request is closed");
}

#[test]
fn keys_of_a_demonstration_do_not_serve_elsewhere() {
    let scene = Scene::new();
    let place = scene.folder.path().join("elsewhere");
    let clock = scene.desk.clock.clone();
    let desk = Desk::new(&place, "example.org/log", clock, Entropy::system()).unwrap();
    assert!(matches!(
        Staff::new(&place, 0, &desk).unwrap().officers.len(),
        0
    ));
    let path = place.join("officer");
    Officer::init(
        &path,
        "Anna",
        &scene.staff.lock,
        None,
        true,
        &Entropy::system(),
    )
    .unwrap();
    let officer = Officer::open(&path, desk.clock.clone(), Entropy::system()).unwrap();
    assert!(matches!(officer.pin(&desk.policy), Err(OfficerError::Demo)));
}

#[test]
fn acts_are_shown_with_what_they_do_and_others_are_not_signed() {
    let scene = Scene::new();
    let (officer, today) = (scene.officer(), scene.desk.today());
    let act = |body: heliograph_transparency::entry::Body| {
        let entry = Entry::new(today, body).to_bytes().unwrap();
        officer.read_act(&entry).map(|act| act.meaning)
    };
    let close = CountryDecision {
        code: "DE".parse().unwrap(),
        state: Door::Closed,
        reason: "its law has changed".into(),
    };
    let meaning = act(close.into()).unwrap();
    assert_eq!(
        meaning,
        "Requests from authorities of DE are no longer served. Reason: its law has changed"
    );
    let before = scene
        .desk
        .ledger
        .registry()
        .policy()
        .unwrap()
        .policy
        .clone();
    let lax = Policy {
        version: 2,
        retention_days: 366,
        ..before
    };
    let meaning = act(lax.into()).unwrap();
    assert!(meaning.contains("ATTENTION: more days of an address record than before: 366"));
    let preserve = Preserve {
        request: scene.case.index,
        records: Hash([0; 32]),
        n: 2,
        until: today.plus(30),
    };
    assert!(
        act(preserve.into())
            .unwrap()
            .contains("They are not opened by this")
    );
    let intake = Intake {
        count: 1,
        root: Hash([0; 32]),
    };
    let why = act(intake.into()).unwrap_err().to_string();
    assert_eq!(why, "officers do not sign a `intake` entry");
    let old = Entry::new(Day(today.0 - 3), germany()).to_bytes().unwrap();
    assert!(officer.read_act(&old).is_err());
}

#[test]
fn five_officers_refresh_and_one_is_replaced_through_files() {
    let folder = tempfile::tempdir().unwrap();
    let entropy = Entropy::system();
    let clock: Clock = Arc::new(|| NOW_S);
    let mut desk = Desk::new(folder.path(), ORIGIN, clock, entropy.clone()).unwrap();
    desk.publish_policy().unwrap();
    local_custodian(&mut desk, folder.path()).unwrap();
    let mut staff = Staff::new(folder.path(), 5, &desk).unwrap();
    let plan = staff.plan(&desk, 3).unwrap();
    let first = staff.hold(&mut desk, &plan).unwrap();
    let shares = |number: usize| {
        let files = std::fs::read_dir(folder.path().join(format!("officer-{number}"))).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let names: Vec<String> = names.collect();
        let ceremonies = names
            .iter()
            .filter(|name| name.starts_with("ceremony-"))
            .count();
        let shares = names.into_iter().filter(|name| name.starts_with("share-"));
        (shares.collect::<Vec<_>>(), ceremonies)
    };
    let old = shares(1);
    assert_eq!((old.0.len(), old.1), (1, 0));
    // Officer 2 is lost; a sixth comes in.
    staff.hire(folder.path(), 6, &desk).unwrap();
    let previous = desk.entry(first).unwrap();
    let members = [(1, 0), (3, 2), (4, 3), (5, 4), (6, 5)];
    let holders = members.map(|(index, at)| crate::ceremony::Holder {
        index,
        card: staff.officers[at].card().clone(),
    });
    let (origin, hash) = (desk.ledger.origin().to_owned(), desk.policy_hash());
    let plan = crate::ceremony::Plan::refresh(&origin, hash, &previous, holders.to_vec(), &entropy)
        .unwrap();
    // The one who has left must not be needed, not even to sign: three others are left.
    let lost = staff.officers.remove(1);
    let entry = staff.make(&desk, &plan).unwrap();
    // Until it is logged, the old shares stay.
    assert_eq!((shares(1).0.len(), shares(1).1), (2, 1));
    desk.append(&entry).unwrap();
    for officer in staff.officers.iter().chain([&lost]) {
        officer.follow(&desk.update(0).unwrap()).unwrap();
    }
    let now = shares(1);
    assert_eq!((now.0.len(), now.1), (1, 0));
    assert_ne!(now, old);
    assert!(
        shares(2).0.is_empty(),
        "the share of the one who left is destroyed when it is seen"
    );
    let keys = keys_of(&entry);
    assert_eq!(keys.public_key, keys_of(&previous).public_key);
    assert_eq!(
        keys.holders.iter().map(|h| h.index).collect::<Vec<_>>(),
        [1, 3, 4, 5, 6]
    );
    // The number of the one who left is not given to another.
    staff.hire(folder.path(), 7, &desk).unwrap();
    let members = [(1, 0), (2, 5), (3, 1), (4, 2)];
    let holders = members.map(|(index, at)| crate::ceremony::Holder {
        index,
        card: staff.officers[at].card().clone(),
    });
    let plan =
        crate::ceremony::Plan::refresh(&origin, hash, &entry, holders.to_vec(), &entropy).unwrap();
    let reused = staff.make(&desk, &plan).unwrap();
    let refused = desk.append(&reused).unwrap_err().to_string();
    assert!(refused.contains("breaks rule 1"), "{refused}");
}

#[test]
fn a_plan_under_another_policy_or_for_strangers_is_refused() {
    let scene = Scene::new();
    let plan = scene.staff.refresh(&scene.desk).unwrap();
    scene.officer().check_plan(&plan).unwrap();
    let mut lax = plan.clone();
    lax.policy = [0; 32];
    let why = scene.officer().check_plan(&lax).unwrap_err().to_string();
    assert_eq!(
        why,
        "the plan names another log or trust policy than is pinned here"
    );
    let two = crate::ceremony::Plan::for_officers(
        scene.desk.ledger.origin(),
        scene.desk.policy_hash(),
        2,
        scene.staff.officers[1..]
            .iter()
            .map(|officer| officer.card().clone())
            .collect(),
        &Entropy::system(),
    )
    .unwrap();
    assert!(scene.officer().begin(&two, &scene.staff.lock).is_err());
    // Begun twice, the second packet would not fit the first.
    scene.officer().begin(&plan, &scene.staff.lock).unwrap();
    assert!(scene.officer().begin(&plan, &scene.staff.lock).is_err());
}
