//! Every set of people who might collude: 3 of 5 officers and 2 of 3 custodians, each with their
//! own folder, and every subset of both.

use super::openings::collude;
use super::remote::{clients, make, remote_town};
use super::town::{Town, answer, refusal};
use crate::custodian::{Custodian, NewKey};
use crate::practice::{Case, Order};
use heliograph_transparency::entry::Kinds;
use heliograph_transparency::files::{Answer, Ask, Base64, Reply, Response};
use heliograph_vault::open::Opened;
use heliograph_vault::record::SealedRecord;
use std::sync::Arc;

const OFFICERS: usize = 5;
const NEEDED_OFFICERS: usize = 3;
const CUSTODIANS: usize = 3;
const NEEDED_CUSTODIANS: usize = 2;

/// Where a record's label ends and its point begins; the second point and the proof follow.
const LABEL_BYTES: usize = 71;
const POINT_BYTES: usize = 32;

/// Everybody, with keys, and two people whose numbers and addresses of today are sealed.
fn everybody() -> (Town, Vec<Arc<Custodian>>) {
    let (mut town, custodians) = remote_town(OFFICERS as u8, NEEDED_OFFICERS as u8);
    let clients = clients(&custodians);
    let today = town.today();
    make(&mut town, &clients, NewKey::Phone);
    make(&mut town, &clients, NewKey::Day(today));
    let desk = &mut town.desk;
    town.records = desk
        .seal(&town.person, "4915112345678", "198.51.100.7", today)
        .unwrap();
    town.others = desk
        .seal(&town.other, "4915187654321", "198.51.100.8", today)
        .unwrap();
    desk.publish_vault_root().unwrap();
    (town, custodians)
}

/// All subsets of `0..count`, the empty one and the whole among them.
fn subsets(count: usize) -> Vec<Vec<usize>> {
    let members = |set: usize| (0..count).filter(|at| set >> at & 1 == 1).collect();
    (0..1 << count).map(members).collect()
}

fn enter(town: &mut Town) -> Case {
    let order = Order::practice(Kinds::Both, town.today());
    town.desk.enter_request(&order).unwrap()
}

/// An opening of `records` on the word of these officers, who did not look.
fn open_blindly(
    town: &mut Town,
    records: &[SealedRecord],
    officers: &[usize],
) -> (Vec<Response>, u64) {
    let case = enter(town);
    let responses = collude(town, &case, records, officers);
    let open = town.desk.enter_open(&case, records, &responses).unwrap();
    (responses, open)
}

#[test]
fn k_officers_with_w_custodians_open_and_every_smaller_number_does_not() {
    let (mut town, custodians) = everybody();
    let case = enter(&mut town);
    let records = town.records.clone();
    let bundle = town.desk.bundle(&case, &town.person, &records).unwrap();
    let respond = |officer: &crate::officer::Officer| {
        let review = officer.review(&bundle).unwrap();
        officer.approve(&review, &town.staff.lock).unwrap()
    };
    let responses: Vec<Response> = town.staff.officers.iter().map(respond).collect();
    let quorum = &responses[..NEEDED_OFFICERS];
    let open = town.desk.enter_open(&case, &records, quorum).unwrap();
    let ask = town.ask(&records, quorum, open);
    let answers: Vec<Answer> = custodians
        .iter()
        .map(|custodian| answer(custodian.answer(&ask)))
        .collect();
    assert_eq!((responses.len(), answers.len()), (OFFICERS, CUSTODIANS));

    let combine = |officers: &[usize], custodians: &[usize]| {
        let responses: Vec<_> = officers.iter().map(|at| responses[*at].clone()).collect();
        let answers: Vec<_> = custodians.iter().map(|at| answers[*at].clone()).collect();
        let (desk, person) = (&town.desk, &town.person);
        desk.combine(&case, person, &records, &responses, &answers, open)
    };
    let mut opened = 0;
    for officers in subsets(OFFICERS) {
        for custodians in subsets(CUSTODIANS) {
            let enough = officers.len() == NEEDED_OFFICERS && custodians.len() == NEEDED_CUSTODIANS;
            match combine(&officers, &custodians) {
                Ok(found) => {
                    assert!(enough, "{officers:?} {custodians:?}");
                    assert!(matches!(&found[0], Opened::Phone(p) if p.digits() == "4915112345678"));
                    opened += 1;
                }
                Err(error) => assert!(!enough, "{officers:?} {custodians:?}: {error}"),
            }
        }
    }
    assert_eq!(opened, 30);
    // A holder who contributes twice is still one.
    assert!(combine(&[0, 1, 1], &[0, 1]).is_err());
    assert!(combine(&[0, 1, 2], &[2, 2]).is_err());
}

#[test]
fn no_custodian_answers_any_subset_of_officers_but_a_quorum() {
    let (mut town, custodians) = everybody();
    let records = town.records.clone();
    for officers in subsets(OFFICERS) {
        let (responses, open) = open_blindly(&mut town, &records, &officers);
        let ask = town.ask(&records, &responses, open);
        for custodian in &custodians {
            let answered = matches!(custodian.answer(&ask), Reply::Answer(_));
            assert_eq!(answered, officers.len() == NEEDED_OFFICERS, "{officers:?}");
        }
    }
}

#[test]
fn no_quorum_gets_anything_that_it_did_not_log_from_any_custodian() {
    let (mut town, custodians) = everybody();
    let (own, others) = (town.records.clone(), town.others.clone());
    let quorums = subsets(OFFICERS).into_iter();
    for officers in quorums.filter(|set| set.len() == NEEDED_OFFICERS) {
        let (responses, open) = open_blindly(&mut town, &own, &officers);
        let good = town.ask(&own, &responses, open);
        let of = |records: &[SealedRecord]| town.ask(records, &responses, open);
        let of_bytes = |records: &[Vec<u8>]| Ask {
            records: records.iter().cloned().map(Base64).collect(),
            ..good.clone()
        };
        let (phone, ip) = (own[0].to_bytes(), own[1].to_bytes());
        let points = LABEL_BYTES..LABEL_BYTES + 2 * POINT_BYTES;
        let mut spliced = ip.clone();
        spliced[points.clone()].copy_from_slice(&phone[points]);
        let raw_point = phone[LABEL_BYTES..LABEL_BYTES + POINT_BYTES].to_vec();
        let bad = [
            ("another person's records", of(&others)),
            ("one record more", of(&[&own[..], &others[..1]].concat())),
            (
                "a record twice",
                of(&[own[0].clone(), own[1].clone(), own[1].clone()]),
            ),
            ("one record less", of(&own[..1])),
            ("two people", of(&[own[0].clone(), others[1].clone()])),
            (
                "a phone's point under a day's key",
                of_bytes(&[phone.clone(), spliced]),
            ),
            ("a raw point", of_bytes(&[phone, raw_point])),
        ];
        for custodian in &custodians {
            for (what, ask) in &bad {
                let reply = custodian.answer(ask);
                assert!(matches!(reply, Reply::Refusal(_)), "{what}: {officers:?}");
            }
            // Nothing else was wrong.
            answer(custodian.answer(&good));
        }
    }
}

#[test]
fn no_quorum_gets_records_of_two_people_even_if_it_logs_them() {
    let (mut town, custodians) = everybody();
    let mixed = [town.records[0].clone(), town.others[1].clone()];
    let quorums = subsets(OFFICERS).into_iter();
    for officers in quorums.filter(|set| set.len() >= NEEDED_OFFICERS) {
        let (responses, open) = open_blindly(&mut town, &mixed, &officers);
        let ask = town.ask(&mixed, &responses, open);
        for custodian in &custodians {
            let why = refusal(custodian.answer(&ask));
            let expected = match officers.len() {
                NEEDED_OFFICERS => "the records are of more than one person".to_owned(),
                more => format!("{more} approvals, where 3 officers are needed"),
            };
            assert_eq!(why, expected, "{officers:?}");
        }
    }
}
