//! One order from the form to the last entry.

use super::world::{
    ANNA, ANNAS_NUMBER, Lie, NOON_S, STAFF, TODAY, World, answer_all, order, receive,
};
use crate::case::State;
use crate::flow::{Office, Preparation, Progress};
use crate::order::OrderForm;
use heliograph_desk_store::CaseId;
use heliograph_transparency::entry::{Day, Dimension, Entry, KeyRole, Mode, Outcome};
use heliograph_transparency::testing::seed;
use heliograph_vault::dealer::deal_for_tests;
use heliograph_vault::keyset::{Ceremony, Role};
use serde_json::Value;

/// Brings a case to the point where officers have approved it, at its slot in the log.
pub fn approved(world: &World, office: &Office, form: &OrderForm) -> (CaseId, String) {
    let (case, receipt) = receive(world, office, form, NOON_S);
    let slot_s = NOON_S + 3_600;
    office.advance(case, slot_s).expect("entered");
    answer_all(office, case, slot_s);
    assert_eq!(
        office.prepare(STAFF, case, slot_s).expect("prepared"),
        Preparation::Ready
    );
    world.approve(office, case, &[1, 3], slot_s);
    (case, receipt.secret.to_string())
}

/// What is in a package, for its recipient.
pub fn contents(world: &World, package: &[u8]) -> Value {
    let archive = age::decrypt(&world.identity, package).expect("sealed to the authority");
    let start = archive.iter().position(|byte| *byte == b'{').expect("JSON");
    let mut values = serde_json::Deserializer::from_slice(&archive[start..]).into_iter();
    values.next().expect("a value").expect("JSON")
}

fn kinds(world: &World, from: usize) -> Vec<String> {
    let outside = world.outside();
    let entries = outside.scene.entries[from..].iter();
    entries
        .map(|bytes| {
            Entry::parse(bytes)
                .expect("an entry")
                .body
                .kind()
                .to_string()
        })
        .collect()
}

#[test]
fn an_order_is_fulfilled_with_two_members_and_everything_logged() {
    let world = World::new();
    let office = world.office();
    let before = world.outside().scene.entries.len();

    let (case, receipt) = receive(&world, &office, &order(), NOON_S);
    assert!(
        receipt
            .note
            .starts_with("heliograph-receipt/1\ndemo.example/log\n")
    );
    assert_eq!(
        office.advance(case, NOON_S).expect("waits"),
        Progress::AwaitingSlot
    );
    // The next full hour.
    let slot_s = NOON_S + 3_600;
    let waiting = Progress::AwaitingPeople(State::InReview);
    assert_eq!(office.advance(case, slot_s).expect("entered"), waiting);
    answer_all(&office, case, slot_s);
    assert_eq!(
        office.prepare(STAFF, case, slot_s).expect("prepared"),
        Preparation::Ready
    );

    world.approve(&office, case, &[2], slot_s);
    let waiting = Progress::AwaitingPeople(State::AwaitingApprovals);
    assert_eq!(office.advance(case, slot_s).expect("waits"), waiting);
    let standing = office
        .standing(&receipt.secret, slot_s)
        .expect("read")
        .expect("known");
    assert_eq!((standing.package, standing.outcome), (None, None));
    world.approve(&office, case, &[3], slot_s);

    assert_eq!(
        office.advance(case, slot_s).expect("opened"),
        Progress::Ended
    );
    let standing = office
        .standing(&receipt.secret, slot_s)
        .expect("read")
        .expect("known");
    assert_eq!(standing.state, State::Ended);
    assert_eq!(standing.outcome, Some(Outcome::Delivered));
    assert_eq!(standing.receipt, receipt.note);
    let facts = standing.package.expect("made");
    let package = office
        .fetch(&receipt.secret, 1, slot_s)
        .expect("asked")
        .expect("ready");
    assert_eq!(facts.size_bytes, package.len() as u64);
    assert_eq!(facts.taken_s, None);
    assert_eq!(
        office.fetch(&receipt.secret, 1, slot_s).expect("asked"),
        None
    );
    let standing = office.standing(&receipt.secret, slot_s).expect("read");
    let fetched = standing.expect("known").package.expect("its facts stay");
    assert_eq!(fetched.taken_s, Some(slot_s));
    assert_eq!(fetched.size_bytes, facts.size_bytes);
    let value = contents(&world, &package);
    assert_eq!(value["data"]["phone"], format!("+{ANNAS_NUMBER}"));
    // Of Anna's days only two are in the window.
    let addresses = value["data"]["ip"].as_array().expect("a list");
    assert_eq!(addresses.len(), 2);
    assert_eq!(addresses[0]["first"]["at"], "2026-11-03T01:00:00Z");
    assert_eq!(addresses[1]["last"]["port"], 40_001);
    assert_eq!(value["phone_proven"], "sms");

    let notices = office.notices_due(slot_s).expect("read");
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].user, ANNA);
    assert!(notices[0].text.contains("Amtsgericht Musterstadt"));
    office
        .notice_carried(notices[0].id, slot_s)
        .expect("logged");
    assert_eq!(office.notices_due(slot_s).expect("read").len(), 0);
    assert_eq!(
        office.advance(case, slot_s).expect("done"),
        Progress::Finished
    );

    let mut logged = kinds(&world, before);
    logged.sort();
    assert_eq!(logged, ["closed", "notice", "open", "request", "reveal"]);
    let outside = world.outside();
    let ledger = &outside.scene.ledger;
    let logged = ledger.cases().all().last().expect("a case");
    let revealed = logged.revealed.as_ref().expect("revealed");
    assert_eq!((revealed.outcome, revealed.hours), (Outcome::Delivered, 1));
    assert_eq!(ledger.findings(TODAY.plus(8)), []);
    assert!(!logged.vector(Dimension::Outcome).is_empty());
}

#[test]
fn an_address_outside_the_minutes_of_the_window_is_not_disclosed() {
    let world = World::new();
    let office = world.office();
    let mut form = order();
    // Anna was seen from 01:00 to 02:00 on both days.
    form.from = "2026-11-03T02:01Z".into();
    form.to = "2026-11-08T01:00Z".into();
    let (case, secret) = approved(&world, &office, &form);
    office.advance(case, NOON_S + 3_600).expect("opened");
    let package = office
        .fetch(&secret, 1, NOON_S + 3_600)
        .expect("asked")
        .expect("ready");
    let value = contents(&world, &package);
    let addresses = value["data"]["ip"].as_array().expect("a list");
    assert_eq!(addresses.len(), 1);
    assert_eq!(addresses[0]["first"]["at"], "2026-11-08T01:00:00Z");
}

#[test]
fn nothing_is_asked_of_custodians_before_the_opening_is_witnessed() {
    let world = World::new();
    let office = world.office();
    let (case, _) = approved(&world, &office, &order());
    world.outside().witnessed = false;
    let now_s = NOON_S + 3_600;
    assert_eq!(
        office.advance(case, now_s).expect("logged"),
        Progress::AwaitingWitness
    );
    assert!(world.outside().answered.is_empty());
    world.outside().witnessed = true;
    assert_eq!(
        office.advance(case, now_s).expect("opened"),
        Progress::Ended
    );
}

#[test]
fn enough_custodians_suffice_and_a_lying_one_is_left_out() {
    let world = World::new();
    let office = world.office();
    let (case, _) = approved(&world, &office, &order());
    let now_s = NOON_S + 3_600;
    world.outside().absent = [1, 2].into();
    let error = office
        .advance(case, now_s)
        .expect_err("one of three is too few");
    assert!(error.to_string().contains("1 custodians"), "{error}");
    world.outside().absent = [1].into();
    for lie in Lie::ALL {
        world.outside().lying = Some((2, lie));
        let error = office.advance(case, now_s).expect_err("one holds");
        assert!(
            error.to_string().contains("1 custodians"),
            "{lie:?}: {error}"
        );
    }
    world.outside().absent.clear();
    assert_eq!(
        office.advance(case, now_s).expect("two hold"),
        Progress::Ended
    );
}

/// Gives phone numbers another key, as when custodians move elsewhere.
fn replace_the_phone_key(world: &World) {
    let mut outside = world.outside();
    let scene = &mut outside.scene;
    scene.today = Day(TODAY.0 - 5);
    let mut keys = scene.keys(KeyRole::PhoneCustodians, 0, 0);
    (keys.session, keys.transcript) = (seed("another session"), seed("another transcript"));
    let ceremony = Ceremony {
        role: Role::PhoneCustodians,
        session: keys.session,
        epoch: 0,
        generation: 0,
        transcript: keys.transcript,
    };
    let indices: Vec<u16> = keys.holders.iter().map(|holder| holder.index).collect();
    let (secret, entropy) = (seed("another key"), seed("other shares"));
    let (dealt, _) = deal_for_tests(ceremony, keys.threshold, &indices, &secret, &entropy);
    assert_ne!(keys.public_key, dealt.public_key.to_bytes());
    keys.public_key = dealt.public_key.to_bytes();
    for (line, holder) in keys.holders.iter_mut().zip(&dealt.holders) {
        line.share_point = holder.share_point.to_bytes();
        line.possession = holder.possession.to_bytes();
    }
    scene.push(keys);
}

#[test]
fn a_number_under_the_phone_key_of_before_is_held_and_opens() {
    let world = World::new();
    replace_the_phone_key(&world);
    let office = world.office();
    let mut form = order();
    form.data = vec!["phone".into()];
    let (case, secret) = approved(&world, &office, &form);
    let now_s = NOON_S + 3_600;
    assert_eq!(
        office.advance(case, now_s).expect("opened"),
        Progress::Ended
    );
    let package = office.fetch(&secret, 1, now_s).expect("asked");
    let value = contents(&world, &package.expect("ready"));
    assert_eq!(value["data"]["phone"], format!("+{ANNAS_NUMBER}"));
}

/// The first of the three custodians takes over alone, and Anna is seen on a day of its key.
fn move_to_one_local_custodian(world: &World, day: Day) {
    {
        let scene = &mut world.outside().scene;
        scene.today = day;
        let roster = scene.roster(2, Mode::Local);
        scene.push(roster);
        scene.push_day_key(day);
    }
    world.seal_address(day.0);
    let logged = world.office().log_vault(2, day.start_unix());
    logged.expect("logged").expect("a new record");
}

#[test]
fn records_of_two_rosters_open_with_enough_custodians_of_each() {
    let world = World::new();
    move_to_one_local_custodian(&world, Day(TODAY.0 - 9));
    let office = world.office();
    let mut form = order();
    form.to = "2026-11-12T23:59Z".into();
    let (case, secret) = approved(&world, &office, &form);
    let now_s = NOON_S + 3_600;
    // On the new roster nobody is missing, but of the old one only one of two is there.
    world.outside().absent = [2, 3].into();
    let error = office.advance(case, now_s).expect_err("of the old roster");
    assert!(
        error.to_string().contains("1 custodians") && error.to_string().contains("2 are needed"),
        "{error}"
    );
    // Two of the old roster, and nobody of the new one.
    world.outside().absent = [1].into();
    let error = office.advance(case, now_s).expect_err("of the new roster");
    assert!(
        error.to_string().contains("0 custodians") && error.to_string().contains("1 are needed"),
        "{error}"
    );
    world.outside().absent = [3].into();
    assert_eq!(
        office.advance(case, now_s).expect("opened"),
        Progress::Ended
    );
    let package = office.fetch(&secret, 1, now_s).expect("asked");
    let value = contents(&world, &package.expect("ready"));
    assert_eq!(value["data"]["phone"], format!("+{ANNAS_NUMBER}"));
    let addresses = value["data"]["ip"].as_array().expect("a list");
    let days = addresses.iter().map(|seen| seen["first"]["at"].as_str());
    assert_eq!(
        days.collect::<Vec<_>>(),
        [
            Some("2026-11-03T01:00:00Z"),
            Some("2026-11-08T01:00:00Z"),
            Some("2026-11-12T01:00:00Z")
        ]
    );
}

#[test]
fn an_opening_that_custodians_do_not_answer_ends_as_failed() {
    let world = World::new();
    let office = world.office();
    let (case, secret) = approved(&world, &office, &order());
    world.outside().absent = [1, 2, 3].into();
    let now_s = NOON_S + 3_600;
    assert!(office.open_approved(STAFF, case, now_s).is_err());
    assert!(!office.tick(now_s).expect("ticks").is_empty());
    office.tick(now_s + 3 * 86_400 + 1).expect("ticks");
    let outside = world.outside();
    let logged = outside.scene.ledger.cases().all().last().expect("a case");
    let result = logged.closed.expect("closed").result;
    assert_eq!(result, heliograph_transparency::entry::Ending::Failed);
    drop(outside);
    let standing = office
        .standing(&secret, now_s)
        .expect("read")
        .expect("known");
    assert_eq!(standing.package, None);
}

#[test]
fn a_passphrase_is_shown_to_whoever_calls_back_and_opens_the_package() {
    let world = World::new();
    let office = world.office();
    let mut form = order();
    form.delivery = "passphrase".into();
    let (case, receipt) = receive(&world, &office, &form, NOON_S);
    let now_s = NOON_S + 3_600;
    office.advance(case, now_s).expect("entered");
    answer_all(&office, case, now_s);
    assert!(office.passphrase(STAFF, case, now_s).is_err());
    office.prepare(STAFF, case, now_s).expect("prepared");
    let passphrase = office.passphrase(STAFF, case, now_s).expect("drawn");
    // Gathered anew, the case keeps the passphrase that may have been read out.
    office.prepare(STAFF, case, now_s).expect("prepared");
    let again = office.passphrase(STAFF, case, now_s).expect("kept");
    assert_eq!(again.text(), passphrase.text());
    world.approve(&office, case, &[1, 2], now_s);
    office.advance(case, now_s).expect("opened");
    let package = office
        .fetch(&receipt.secret, 1, now_s)
        .expect("asked")
        .expect("ready");
    let identity = age::scrypt::Identity::new(passphrase.text().to_owned().into());
    assert!(age::decrypt(&identity, &package).is_ok());
    assert!(office.passphrase(STAFF, case, now_s).is_err());
}

#[test]
fn the_database_of_a_desk_at_work_holds_no_name_number_or_address() {
    let world = World::new();
    let office = world.office();
    let (case, _) = approved(&world, &office, &order());
    office.advance(case, NOON_S + 3_600).expect("opened");
    let needles: Vec<Vec<u8>> = vec![
        ANNAS_NUMBER.into(),
        b"198.51.100".to_vec(),
        [198, 51, 100].to_vec(),
        b"seller".to_vec(),
        b"Richter".to_vec(),
        b"12 Gs 345/26".to_vec(),
        b"An order.".to_vec(),
        b"order.pdf".to_vec(),
        b"as the order says".to_vec(),
    ];
    for file in std::fs::read_dir(world.folder.path()).expect("the folder") {
        let bytes = std::fs::read(file.expect("an entry").path()).expect("a file");
        for needle in &needles {
            let found = bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!found, "{needle:02x?}");
        }
    }
}
