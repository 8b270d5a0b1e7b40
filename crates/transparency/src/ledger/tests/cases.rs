//! Rules 3 to 7, 9 and 11: the way of a request.

use super::{START, refused, refused_entry, scene};
use crate::case::Field;
use crate::entry::{
    Body, Confirm, Dimension, Extend, Kinds, Notice, NoticeState, Outcome, Preserve, Priority,
    Release, ReleaseReason, Shown,
};
use crate::testing::{Scene, TestCase, policy, seed};
use crate::tree::Hash;

fn with_request() -> (Scene, u64) {
    let mut scene = scene();
    let request = scene.push_request(TestCase::ordinary(START));
    (scene, request)
}

#[test]
fn requests_are_numbered_without_a_gap() {
    let (scene, _) = with_request();
    let mut entry = scene.request(&TestCase::ordinary(START));
    let Body::Request(request) = &mut entry.body else {
        panic!()
    };
    request.number = 1;
    refused_entry(&scene, &entry, 3, "the next request is number 2");
    request_number(&mut entry, 3);
    refused_entry(&scene, &entry, 3, "the next request is number 2");
}

fn request_number(entry: &mut crate::entry::Entry, number: u64) {
    let Body::Request(request) = &mut entry.body else {
        panic!()
    };
    request.number = number;
}

#[test]
fn a_request_is_due_within_371_days() {
    let scene = scene();
    let case = TestCase {
        due: START.plus(378),
        ..TestCase::ordinary(START)
    };
    let entry = scene.request(&case);
    refused_entry(&scene, &entry, 3, "2027-12-06 is not within 371 days");
    let case = TestCase {
        due: crate::entry::Day(START.0 - 7),
        ..TestCase::ordinary(START)
    };
    refused_entry(
        &scene,
        &scene.request(&case),
        3,
        "2026-11-16 is not within 371 days",
    );
}

#[test]
fn a_request_follows_only_an_earlier_one() {
    let scene = scene();
    let case = TestCase {
        follows: Some(1),
        ..TestCase::ordinary(START)
    };
    let entry = scene.request(&case);
    refused_entry(&scene, &entry, 3, "entry 1 is not an earlier request");
}

#[test]
fn vectors_hold_for_their_own_entry_only() {
    let (scene, request) = with_request();
    let why = "vector region: the proof of the vector does not hold";
    // Copied from the first request, with everything else as it should be.
    let first = crate::entry::Entry::parse(&scene.entries[request as usize]).unwrap();
    let mut second = scene.request(&TestCase::ordinary(START));
    let (Body::Request(from), Body::Request(to)) = (&first.body, &mut second.body) else {
        panic!()
    };
    to.region.clone_from(&from.region);
    refused_entry(&scene, &second, 3, why);
    // The due day changed after the proof was made.
    let mut changed = scene.request(&TestCase::ordinary(START));
    let Body::Request(body) = &mut changed.body else {
        panic!()
    };
    body.due = body.due.plus(7);
    refused_entry(&scene, &changed, 3, why);
    // Made for another log.
    let elsewhere = Scene::new("demo.example/other", START);
    let foreign = elsewhere.request(&TestCase::ordinary(START));
    refused_entry(&super::scene(), &foreign, 3, why);
    // A category swapped with another.
    let mut swapped = scene.request(&TestCase::ordinary(START));
    let Body::Request(body) = &mut swapped.body else {
        panic!()
    };
    body.kind[64..128].rotate_left(32);
    let why = "vector kind: the proof of the vector does not hold";
    refused_entry(&scene, &swapped, 3, why);
}

#[test]
fn only_an_emergency_is_confirmed_and_once() {
    let (mut scene, request) = with_request();
    let confirm = |request| Confirm {
        request,
        fields: Hash(seed("order")),
    };
    let why = "the request is no emergency that still needs its order";
    refused(&scene, confirm(request), 4, why);
    refused(&scene, confirm(0), 4, "entry 0 is not an earlier request");
    let emergency = scene.push_request(TestCase {
        priority: Priority::Emergency,
        ..TestCase::ordinary(START)
    });
    scene.push(confirm(emergency));
    refused(&scene, confirm(emergency), 4, why);
}

#[test]
fn a_gag_is_extended_to_a_later_monday_by_officers() {
    let (mut scene, request) = with_request();
    let due = scene.ledger.cases().at(request).unwrap().due;
    let extend = |until| Extend {
        of: request,
        until,
        commitment: Hash(seed("order")),
    };
    refused(&scene, extend(due.plus(1)), 4, "a gag ends on a Monday");
    refused(
        &scene,
        extend(due),
        4,
        &format!("the gag lasts until {due} already"),
    );
    refused(
        &scene,
        extend(START.plus(378)),
        4,
        "2027-12-06 is not within 371 days",
    );
    let mut unsigned = scene.signed(extend(due.plus(7)));
    unsigned.by.clear();
    refused_entry(&scene, &unsigned, 0, "signed by 0 where 2 are needed");
    scene.push(extend(due.plus(7)));
    assert_eq!(scene.ledger.cases().at(request).unwrap().due, due.plus(7));
}

#[test]
fn an_opening_names_the_officers_in_force_and_stays_within_the_cap() {
    let (mut scene, request) = with_request();
    let old = scene.open(request, 3);
    scene.push(scene.keys(crate::entry::KeyRole::Officers, 0, 1));
    let why = format!("entry {} is not the set of officers in force", old.officers);
    refused(&scene, old, 5, &why);
    refused(
        &scene,
        scene.open(request, 101),
        5,
        "101 records are more than the policy's 100",
    );
    refused(
        &scene,
        scene.open(0, 1),
        5,
        "entry 0 is not an earlier request",
    );
    scene.push(scene.open(request, 100));
    let why = "these records were opened for this request before";
    refused(&scene, scene.open(request, 100), 5, why);
    let index = scene.ledger.size() - 1;
    let (case, opening) = scene.ledger.cases().opening(index).unwrap();
    assert_eq!((case.number, opening.n), (1, 100));
}

#[test]
fn a_lower_cap_counts_from_its_policy_on() {
    let (mut scene, request) = with_request();
    let mut stricter = policy(2, true);
    stricter.cap = 2;
    scene.push(stricter);
    refused(
        &scene,
        scene.open(request, 3),
        5,
        "3 records are more than the policy's 2",
    );
}

#[test]
fn nothing_is_opened_after_the_end() {
    let (mut scene, request) = with_request();
    scene.push_closed(request, Outcome::Incomplete);
    refused(&scene, scene.open(request, 1), 5, "the request is closed");
}

#[test]
fn a_request_ends_once_and_as_it_went() {
    let (mut scene, request) = with_request();
    let ended = scene.closed(request, Outcome::Incomplete);
    let delivered = scene.closed(request, Outcome::Delivered);
    let why = "the result does not fit: records were not opened";
    refused_entry(&scene, &delivered, 6, why);
    scene.push(scene.open(request, 2));
    let why = "it does not name the newest opening of the request";
    refused_entry(&scene, &ended, 6, why);
    let hidden = scene.closed(request, Outcome::Incomplete);
    let why = "the result does not fit: records were opened";
    refused_entry(&scene, &hidden, 6, why);
    let delivered = scene.closed(request, Outcome::Delivered);
    scene.try_push(&delivered).unwrap();
    refused_entry(&scene, &delivered, 6, "the request was closed before");
}

#[test]
fn a_vector_of_the_outcome_is_proved() {
    let (mut scene, request) = with_request();
    let mut entry = scene.closed(request, Outcome::Incomplete);
    let Body::Closed(closed) = &mut entry.body else {
        panic!()
    };
    closed.outcome[40] ^= 1;
    let violation = super::refuse(&scene, &entry);
    assert_eq!(violation.rule, 6);
}

#[test]
fn a_reveal_shows_what_was_committed_to() {
    let (mut scene, request) = with_request();
    scene.today = START.plus(2);
    let early = crate::entry::Reveal {
        hours: 1,
        ..{
            let mut closed = scene.clone();
            closed.push_closed(request, Outcome::Delivered);
            closed.reveal(request)
        }
    };
    refused(&scene, early, 7, "the request is not closed yet");
    scene.push_closed(request, Outcome::Delivered);

    let why = "the fields do not hash to what the request committed to";
    for field in Field::ALL {
        let mut reveal = scene.reveal(request);
        match &mut reveal.fields[*field as usize] {
            Shown::Opened { value, .. } => value.push('0'),
            Shown::Hidden(leaf) => leaf.0[0] ^= 1,
        }
        refused(&scene, reveal, 7, why);
    }

    let mut elsewhere = scene.reveal(request);
    elsewhere.region.category = 0;
    refused(&scene, elsewhere, 7, "DE is in europe, not africa");
    let mut other = scene.reveal(request);
    other.kind.category = Kinds::Ip as usize;
    refused(&scene, other, 7, "the request was for both, not ip");
    let mut failed = scene.reveal(request);
    failed.outcome.category = Outcome::Failed as usize;
    let why = "a request that was closed as delivered did not end as failed";
    refused(&scene, failed, 7, why);
    for dimension in Dimension::ALL {
        let mut reveal = scene.reveal(request);
        let opened = match dimension {
            Dimension::Region => &mut reveal.region,
            Dimension::Kind => &mut reveal.kind,
            Dimension::Outcome => &mut reveal.outcome,
        };
        opened.blindings[0] ^= 1;
        let why = format!("vector {dimension}: the proof of the vector does not hold");
        refused(&scene, reveal, 7, &why);
    }
    let mut late = scene.reveal(request);
    late.hours += 24;
    let why = "73 hours after its receipt it was not closed, on 2026-11-25";
    refused(&scene, late, 7, why);

    scene.push_reveal(request);
    refused(
        &scene,
        scene.reveal(request),
        7,
        "the request was revealed before",
    );
    let revealed = scene
        .ledger
        .cases()
        .at(request)
        .unwrap()
        .revealed
        .clone()
        .unwrap();
    assert_eq!((revealed.hours, revealed.outcome), (49, Outcome::Delivered));
}

#[test]
fn a_vector_that_belies_its_fields_can_never_be_revealed() {
    // The desk commits to a French court and counts it in Africa.
    let mut scene = scene();
    let french = TestCase {
        country: "FR",
        number: 1,
        ..TestCase::ordinary(START)
    };
    let algerian = TestCase {
        country: "DZ",
        ..french.clone()
    };
    let mut entry = scene.request(&french);
    scene.fill(&mut entry, &algerian);
    let request = scene.push_request_as(french, &entry);
    scene.push_closed(request, Outcome::Delivered);
    let honest = scene.reveal(request);
    let why = "vector region: the proof of the vector does not hold";
    refused(&scene, honest.clone(), 7, why);
    let mut agreeing = honest;
    let opening = algerian.opening(scene.ledger.origin(), Dimension::Region);
    agreeing.region.category = opening.category();
    agreeing.region.blindings = opening.to_bytes().to_vec();
    refused(&scene, agreeing, 7, "FR is in europe, not africa");
}

#[test]
fn an_entry_is_not_older_than_its_receipt() {
    let mut scene = scene();
    scene.today = START;
    let case = TestCase {
        hour: 23,
        ..TestCase::ordinary(START.plus(1))
    };
    let request = scene.push_request(case);
    scene.today = START.plus(1);
    scene.push_closed(request, Outcome::Incomplete);
    refused(
        &scene,
        scene.reveal(request),
        7,
        "it was entered before it was received",
    );
}

fn notice(request: u64, state: NoticeState, days: Option<u32>) -> Notice {
    Notice {
        request,
        commitment: Hash(seed("notice")),
        state,
        until: days.map(|days| START.plus(days)),
    }
}

#[test]
fn a_notice_is_delayed_once_and_given_once() {
    let (mut scene, request) = with_request();
    let why = "there is nothing to tell: no opening of the request has ended";
    refused(&scene, notice(request, NoticeState::Told, None), 11, why);
    scene.push_closed(request, Outcome::Delivered);
    let delayed = |days| notice(request, NoticeState::Delayed, Some(days));
    refused(&scene, delayed(91), 11, "a delay ends within 90 days");
    let mut unsigned = scene.signed(delayed(90));
    unsigned.by.clear();
    refused_entry(&scene, &unsigned, 0, "signed by 0 where 2 are needed");
    scene.push(delayed(90));
    refused(&scene, delayed(80), 11, "the notice was delayed before");
    scene.push_told(request);
    let told = notice(request, NoticeState::Told, None);
    refused(&scene, told, 11, "the person was told before");
}

fn preserve(scene: &Scene, request: u64, days: u32) -> Preserve {
    let open = scene.open(request, 3);
    Preserve {
        request,
        records: open.records,
        n: open.n,
        until: START.plus(days),
    }
}

#[test]
fn records_are_preserved_for_60_days_and_30_more() {
    let (mut scene, request) = with_request();
    refused(
        &scene,
        preserve(&scene, request, 61),
        9,
        "a term is at most 60 days",
    );
    refused(
        &scene,
        preserve(&scene, 0, 60),
        9,
        "entry 0 is not an open request",
    );
    let kept = scene.push(preserve(&scene, request, 60));
    let extend = |days| Extend {
        of: kept,
        until: START.plus(days),
        commitment: Hash(seed("order")),
    };
    refused(&scene, extend(91), 9, "an extension is 1 to 30 days");
    refused(&scene, extend(60), 9, "an extension is 1 to 30 days");
    let mut lapsed = scene.clone();
    lapsed.today = START.plus(61);
    refused(&lapsed, extend(90), 9, "the term ended on 2027-01-22");
    scene.push(extend(90));
    refused(&scene, extend(90), 9, "the term was extended before");
}

#[test]
fn preserved_records_are_released_once_and_for_a_reason() {
    let (mut scene, request) = with_request();
    let kept = scene.push(preserve(&scene, request, 60));
    let release = |why| Release {
        preserve: kept,
        why,
    };
    let due = release(ReleaseReason::Due);
    refused(&scene, due.clone(), 9, "the term lasts until 2027-01-22");
    let why = "no opening has used the records";
    refused(&scene, release(ReleaseReason::Opened), 9, why);
    scene.today = START.plus(60);
    scene.push(due.clone());
    refused(&scene, due, 9, "the records are released already");
}

#[test]
fn an_opening_uses_only_what_was_preserved_for_it() {
    let (mut scene, first) = with_request();
    let kept = scene.push(preserve(&scene, first, 60));
    let records = scene.open(first, 3).records;
    let from = |request, scene: &Scene| crate::entry::Open {
        preserved: Some(kept),
        records,
        ..scene.open(request, 3)
    };
    let stranger = scene.push_request(TestCase::ordinary(START));
    refused(
        &scene,
        from(stranger, &scene),
        5,
        "the records were preserved for another request",
    );
    let order = scene.push_request(TestCase {
        follows: Some(first),
        ..TestCase::ordinary(START)
    });
    let mut other = from(order, &scene);
    other.n = 2;
    refused(&scene, other, 5, "other records were preserved");
    let mut late = scene.clone();
    late.today = START.plus(61);
    refused(
        &late,
        from(order, &late),
        5,
        "the preservation ended on 2027-01-22",
    );
    let mut released = scene.clone();
    released.push(Release {
        preserve: kept,
        why: ReleaseReason::Withdrawn,
    });
    refused(
        &released,
        from(order, &released),
        5,
        "the records are released already",
    );
    scene.push(from(order, &scene));
    scene.push(Release {
        preserve: kept,
        why: ReleaseReason::Opened,
    });
}
