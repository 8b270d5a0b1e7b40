//! What becomes of records when other custodians take over: those who hold their keys are asked.

use super::remote::{clients, make, remote_town, three};
use super::town::{Town, answer, refusal};
use crate::custodian::{Custodian, NewKey, PreserveAsk};
use crate::practice::{Case, Order};
use heliograph_transparency::case::records_root;
use heliograph_transparency::entry::{Day, Kinds, Preserve};
use heliograph_transparency::files::{Answer, Ask, Response};
use heliograph_vault::label::Kind;
use heliograph_vault::open::Opened;
use heliograph_vault::record::SealedRecord;
use std::sync::Arc;

const DAY_S: u64 = 86_400;

/// Officers put three other custodians in charge. A day later these have made their first keys, and
/// the person was seen again: the last record is theirs, those before are of the custodians before.
fn moved(town: &mut Town, set: u64) -> Vec<Arc<Custodian>> {
    let (roster, custodians) = three(town, set);
    let act = town.staff.act(&town.desk, roster, 2).unwrap();
    town.desk.append(&act).unwrap();
    town.pass(DAY_S);
    let today = town.today();
    make(town, &clients(&custodians), NewKey::Day(today));
    let later = town
        .desk
        .seal_address(&town.person, "198.51.100.9", today)
        .unwrap();
    town.records.push(later);
    town.desk.publish_vault_root().unwrap();
    custodians
}

/// An order about yesterday and today that two officers have approved.
fn approved(town: &mut Town) -> (Case, Vec<Response>) {
    let today = town.today();
    let mut order = Order::practice(Kinds::Both, today);
    let yesterday = Day(today.0 - 1);
    order.window = format!("{yesterday}T00:00Z {today}T23:59Z");
    let case = town.desk.enter_request(&order).unwrap();
    let records = town.records.clone();
    let responses = town.responses(&case, &records);
    (case, responses)
}

/// The same, and its opening is in the log.
fn opened(town: &mut Town) -> (Case, Vec<Response>, Ask) {
    let (case, responses) = approved(town);
    let records = town.records.clone();
    let open = town.desk.enter_open(&case, &records, &responses).unwrap();
    let ask = town.ask(&records, &responses, open);
    (case, responses, ask)
}

fn asking(ask: &Ask, positions: &[u32]) -> Ask {
    Ask {
        positions: positions.to_vec(),
        ..ask.clone()
    }
}

/// How many records these answers open, or why they do not.
fn combine(
    town: &Town,
    (case, responses, ask): &(Case, Vec<Response>, Ask),
    answers: &[&Answer],
) -> Result<Vec<Opened>, String> {
    let answers: Vec<Answer> = answers.iter().map(|answer| (*answer).clone()).collect();
    let (person, records) = (&town.person, &town.records);
    let combined = town
        .desk
        .combine(case, person, records, responses, &answers, ask.open);
    combined.map_err(|error| error.to_string())
}

#[test]
fn records_from_before_and_after_a_move_are_opened_by_those_who_hold_their_keys() {
    let mut town = Town::new();
    let remote = moved(&mut town, 2);
    let case = opened(&mut town);
    let ask = &case.2;
    let local = answer(town.custodian().answer(&asking(ask, &[0, 1])));
    let answers: Vec<Answer> = remote
        .iter()
        .map(|custodian| answer(custodian.answer(&asking(ask, &[2]))))
        .collect();
    let found = combine(&town, &case, &[&local, &answers[0], &answers[2]]).unwrap();
    assert!(matches!(&found[0], Opened::Phone(phone) if phone.digits() == "4915112345678"));
    let addresses = found[1..].iter().map(|opened| match opened {
        Opened::Ip(seen) => seen.ip().to_string(),
        Opened::Phone(_) => panic!("one number"),
    });
    assert_eq!(
        addresses.collect::<Vec<_>>(),
        ["198.51.100.7", "198.51.100.9"]
    );

    // Without the old custodian, or with one of the new ones only, it stays shut.
    assert!(combine(&town, &case, &[&answers[0], &answers[1]]).is_err());
    assert!(combine(&town, &case, &[&local, &answers[1]]).is_err());
}

#[test]
fn a_record_of_another_custodians_key_is_refused_by_its_position() {
    let mut town = Town::new();
    let remote = moved(&mut town, 2);
    let (_, _, ask) = opened(&mut town);
    let refused = |custodian: &Custodian, positions: &[u32]| {
        refusal(custodian.answer(&asking(&ask, positions)))
    };
    let of_others = |position| format!("record {position} is sealed to a key of other custodians");
    assert_eq!(refused(town.custodian(), &[0, 1, 2]), of_others(2));
    assert_eq!(refused(&remote[0], &[0, 2]), of_others(0));
    assert_eq!(refused(&remote[1], &[1]), of_others(1));
    assert_eq!(refused(&remote[1], &[3]), "there is no record 3");
    // Nothing was spent by that.
    answer(town.custodian().answer(&asking(&ask, &[0, 1])));
    answer(remote[1].answer(&asking(&ask, &[2])));
    // Now it is.
    let why = refused(town.custodian(), &[0]);
    assert_eq!(
        why,
        "this opening was answered before, for another question"
    );
}

#[test]
fn each_record_needs_enough_custodians_of_its_own_roster() {
    let (mut town, before) = remote_town(3, 2);
    let today = town.today();
    make(&mut town, &clients(&before), NewKey::Phone);
    make(&mut town, &clients(&before), NewKey::Day(today));
    town.records = town
        .desk
        .seal(&town.person, "4915112345678", "198.51.100.7", today)
        .unwrap();
    let after = moved(&mut town, 2);
    let case = opened(&mut town);
    let all = |custodians: &[Arc<Custodian>], positions: &[u32]| -> Vec<Answer> {
        let ask = asking(&case.2, positions);
        let answers = custodians.iter();
        answers.map(|one| answer(one.answer(&ask))).collect()
    };
    let (old, new) = (all(&before, &[0, 1]), all(&after, &[2]));
    assert!(combine(&town, &case, &[&old[0], &old[2], &new[1], &new[2]]).is_ok());
    // One of the old ones is missing, however many of the new ones there are.
    assert!(combine(&town, &case, &[&old[0], &new[0], &new[1]]).is_err());
    // What the new ones said of their record does not serve for an old one.
    for (position, other) in [(0, 1), (1, 0)] {
        let mut dressed = new[1].clone();
        dressed.positions = vec![position];
        let mut rest = old[1].clone();
        rest.positions = vec![other];
        rest.partials = vec![rest.partials[other as usize].clone()];
        let answers = [&old[0], &rest, &dressed, &new[0], &new[2]];
        assert!(combine(&town, &case, &answers).is_err());
    }
}

#[test]
fn records_from_before_a_move_are_preserved_by_those_who_hold_their_keys() {
    let mut town = Town::new();
    let remote = moved(&mut town, 2);
    let (case, _) = approved(&mut town);
    let hashes: Vec<[u8; 32]> = town.records.iter().map(|one| one.hash().0).collect();
    let body = Preserve {
        request: case.index,
        records: records_root(&hashes),
        n: hashes.len() as u32,
        until: town.today().plus(30),
    };
    let act = town.staff.act(&town.desk, body, 2).unwrap();
    let preserve = town.desk.append(&act).unwrap();
    let keep = |custodian: &Custodian, positions: &[u32]| {
        let bytes: Vec<Vec<u8>> = town.records.iter().map(SealedRecord::to_bytes).collect();
        let origin = town.desk.ledger.origin();
        let ask = PreserveAsk::new(origin, preserve, &bytes, positions.to_vec());
        custodian.preserve(&ask)
    };
    assert!(keep(town.custodian(), &[0, 1, 2]).is_err());
    assert!(keep(&remote[0], &[0]).is_err());
    keep(town.custodian(), &[0]).unwrap();
    // Asked for one more, it keeps that as well.
    keep(town.custodian(), &[0, 1]).unwrap();
    keep(&remote[0], &[2]).unwrap();
    let kept = |custodian: &Custodian| {
        let kept = super::super::preserve::find(&custodian.folder, preserve).unwrap();
        kept.iter().map(|one| one.record().0).collect::<Vec<_>>()
    };
    assert_eq!(kept(town.custodian()), hashes[..2]);
    assert_eq!(kept(&remote[0]), hashes[2..]);
    assert_eq!(town.records[0].label().kind, Kind::Phone);
}
