//! What an authority does at the portal: it shows who it is, and adds what is missing.

use super::world::{NOON_S, STAFF, TODAY, World, answer_all, order, receive, sender, upload};
use crate::access_key::KeyChange;
use crate::documents::{DocumentError, MAX_DOCUMENTS, Upload};
use crate::flow::{CorrectError, Office, Preparation, Received};
use crate::order_key::tests::sign;
use crate::recognition::Rung;
use crate::registry::Standing;
use crate::registry::tests::details;
use crate::validity::{Decision, Question};
use ed25519_dalek::SigningKey;
use heliograph_desk_store::CaseId;
use heliograph_transparency::entry::{Change, DAY_S};
use std::panic::{AssertUnwindSafe, catch_unwind};

const NOW_S: u64 = NOON_S + 3_600;

fn pdf(text: &str) -> Upload {
    Upload {
        name: "added.pdf".into(),
        bytes: format!("%PDF-1.7\n{text}\n%%EOF\n").into_bytes(),
    }
}

fn is_case(office: &Office, number: Option<u64>, key: &str, now_s: u64) -> bool {
    let sender = sender(number, key);
    let received = office.receive(&sender, &order(), &[upload()], None, now_s);
    matches!(received, Ok(Received::Case(..)))
}

#[test]
fn a_number_without_its_key_proves_nothing() {
    let world = World::new();
    let office = world.office();
    let mut wrong = world.key.clone();
    wrong.replace_range(..1, if wrong.starts_with('0') { "1" } else { "0" });
    for (number, key) in [
        (Some(1), ""),
        (Some(1), "not a key"),
        (Some(1), &*wrong),
        (Some(2), &*world.key),
        (None, &*world.key),
    ] {
        assert!(!is_case(&office, number, key, NOON_S), "{number:?}");
    }
    assert!(is_case(&office, Some(1), &world.key, NOON_S));
}

#[test]
fn a_new_key_counts_with_its_row_and_ends_the_old_one() {
    let world = World::new();
    let office = world.office();
    let change =
        |key| office.change_registry(STAFF, Some(1), Change::Change, details(), key, NOON_S);
    // A draft that nobody signs changes nothing, and its key is not inherited.
    let unsigned = change(KeyChange::New).expect("written");
    let unsigned = unsigned.access_key.expect("a new one").text().to_string();
    let drafted = change(KeyChange::New).expect("written");
    let new = drafted.access_key.expect("a new one").text().to_string();
    let signed = world.sign(&drafted.entry, &[1, 2]);
    office.complete(STAFF, &signed, NOON_S).expect("logged");
    assert!(!is_case(&office, Some(1), &new, NOON_S));
    assert!(is_case(&office, Some(1), &world.key, NOON_S));

    let later_s = TODAY.plus(4).start_unix();
    assert!(!is_case(&office, Some(1), &world.key, later_s));
    assert!(!is_case(&office, Some(1), &unsigned, later_s));
    assert!(is_case(&office, Some(1), &new, later_s));

    // A row without a key knows nobody, whatever is given.
    let change = office.change_registry(
        STAFF,
        Some(1),
        Change::Change,
        details(),
        KeyChange::None,
        later_s,
    );
    let signed = world.sign(&change.expect("written").entry, &[1, 2]);
    office.complete(STAFF, &signed, later_s).expect("logged");
    let last_s = later_s + 5 * DAY_S;
    for key in [&*new, "", &"00".repeat(32)] {
        assert!(!is_case(&office, Some(1), key, last_s));
    }
    let rows = office.authorities(STAFF, last_s).expect("read");
    let shown: Vec<_> = rows.iter().map(|row| row.standing).collect();
    assert_eq!(
        shown,
        [Standing::InForce],
        "old versions and dead drafts are left out"
    );
    assert_eq!(rows[0].details.access_key, None);
}

#[test]
fn an_authority_is_recognised_by_its_signature_under_every_document() {
    let world = World::new();
    let office = world.office();
    let own = SigningKey::from_bytes(&[5; 32]);
    let mut row = details();
    row.signing_key = Some(own.verifying_key().to_bytes());
    let change =
        office.change_registry(STAFF, Some(1), Change::Change, row, KeyChange::New, NOON_S);
    let change = change.expect("written");
    let key = change.access_key.expect("a new one").text().to_string();
    let signed = world.sign(&change.entry, &[1, 2]);
    office.complete(STAFF, &signed, NOON_S).expect("logged");
    let now_s = TODAY.plus(4).start_unix();

    let documents = [upload(), pdf("annex")];
    let rung = |number, key: &str, signatures: String| {
        let mut sender = sender(number, key);
        sender.signatures = signatures;
        match office.receive(&sender, &order(), &documents, None, now_s) {
            Ok(Received::Case(_, receipt)) => {
                let standing = office.standing(&receipt.secret, now_s).expect("read");
                standing.expect("known").rung
            }
            Ok(Received::Quarantined(_)) => None,
            Err(error) => panic!("{error}"),
        }
    };
    let by = |key: &SigningKey| documents.each_ref().map(|one| sign(key, &one.bytes));
    let other = SigningKey::from_bytes(&[6; 32]);
    assert_eq!(rung(Some(1), "", by(&own).concat()), Some(Rung::Signed));
    assert_eq!(rung(Some(1), &key, String::new()), Some(Rung::AccessKey));
    // What does not hold waits like a wrong key, whatever else is given.
    for key in ["", &*key] {
        assert_eq!(rung(Some(1), key, by(&own)[0].clone()), None);
        assert_eq!(rung(Some(1), key, by(&other).concat()), None);
        assert_eq!(rung(Some(1), key, "signed: R. Richter".into()), None);
    }
    assert_eq!(rung(Some(2), "", by(&own).concat()), None);
    assert_eq!(rung(None, "", by(&own).concat()), None);
}

#[test]
fn whoever_was_called_back_is_known_by_that() {
    let world = World::new();
    let office = world.office();
    let sender = sender(None, "");
    let received = office.receive(&sender, &order(), &[upload()], None, NOON_S);
    let Ok(Received::Quarantined(id)) = received else {
        panic!("nobody is known without a number");
    };
    let (_, receipt) = office
        .accept_intake(STAFF, id, 1, NOON_S)
        .expect("taken in");
    let standing = office.standing(&receipt.secret, NOON_S).expect("read");
    assert_eq!(standing.expect("known").rung, Some(Rung::CallBack));
}

/// A case whose authority was asked for its signature page.
fn asked(world: &World) -> (Office, CaseId, String) {
    let office = world.office();
    let (case, receipt) = receive(world, &office, &order(), NOON_S);
    office.advance(case, NOW_S).expect("entered");
    answer_all(&office, case, NOW_S);
    office
        .answer(STAFF, case, Question::Form, false, "not signed", NOW_S)
        .expect("answered");
    office
        .ask_to_correct(STAFF, case, "The signature is missing.", NOW_S)
        .expect("asked");
    (office, case, receipt.secret.to_string())
}

#[test]
fn what_was_missing_is_added_and_the_case_is_examined_again() {
    let world = World::new();
    let (office, case, secret) = asked(&world);
    let added = office.correct(&secret, &[pdf("signature")], NOW_S + DAY_S);
    assert!(matches!(added, Ok(Some(()))));
    let standing = office.standing(&secret, NOW_S + DAY_S).expect("read");
    assert_eq!(standing.expect("known").missing, None);
    let shown = office
        .whole_case(STAFF, case, NOW_S + DAY_S)
        .expect("shown");
    assert_eq!(
        shown.questions.decision,
        Decision::Unanswered(vec![Question::Form]),
        "what was found about the form is asked again"
    );
    assert_eq!(shown.file.added()[0].name, "added.pdf");
    let document = office.document(STAFF, case, 1, NOW_S).expect("kept");
    assert_eq!(&*document, pdf("signature").bytes);
    // Nothing is asked for any more.
    let again = office.correct(&secret, &[pdf("more")], NOW_S + DAY_S);
    assert!(matches!(again, Err(CorrectError::NothingMissing)));

    // The log commits to what came first, and the case goes on to its end with both.
    answer_all(&office, case, NOW_S);
    let prepared = office.prepare(STAFF, case, NOW_S).expect("prepared");
    assert_eq!(prepared, Preparation::Ready);
    let bundle = office.bundle(STAFF, case, 0, NOW_S).expect("a bundle");
    assert_eq!((bundle.documents.len(), bundle.added.len()), (1, 1));
    world.approve(&office, case, &[1, 2], NOW_S);
    office.advance(case, NOW_S).expect("opened");
    let outside = world.outside();
    let logged = outside.scene.ledger.cases().all().last().expect("a case");
    assert!(logged.closed.is_some() && logged.revealed.is_some());
}

#[test]
fn a_correction_keeps_to_the_bounds_and_the_time_of_the_order() {
    let world = World::new();
    let (office, _, secret) = asked(&world);
    let correct = |uploads: &[Upload], now_s| office.correct(&secret, uploads, now_s);
    let refused = |uploads: &[Upload], expected| {
        let error = correct(uploads, NOW_S).err();
        assert!(matches!(error, Some(CorrectError::Document(error)) if error == expected));
    };
    refused(&[], DocumentError::None);
    refused(&[upload()], DocumentError::Twice(1));
    let many: Vec<Upload> = (0..MAX_DOCUMENTS).map(|n| pdf(&n.to_string())).collect();
    refused(&many, DocumentError::TooMany);
    let mut html = pdf("");
    html.bytes = b"<html>".to_vec();
    refused(&[html], DocumentError::NotPdf(1));
    let late = correct(&[pdf("late")], NOW_S + 5 * DAY_S);
    assert!(matches!(late, Err(CorrectError::NothingMissing)));
    let stranger = office.correct(&"0".repeat(40), &[pdf("x")], NOW_S);
    assert!(matches!(stranger, Ok(None)));
}

#[test]
fn a_correction_is_there_whole_or_not_at_all_wherever_the_process_was_killed() {
    let hook = super::kills::silence_kills();
    for kills in 1.. {
        let world = World::new();
        let (office, case, secret) = asked(&world);
        let uploads = [pdf("a"), pdf("b")];
        world.fuse.set(kills);
        let first = catch_unwind(AssertUnwindSafe(|| {
            office.correct(&secret, &uploads, NOW_S)
        }));
        world.fuse.set(0);
        drop(office);
        let office = world.office();
        let added = office.load(case).expect("loads").added().len();
        let standing = office.standing(&secret, NOW_S).expect("read");
        let still_asked = standing.expect("known").missing.is_some();
        assert!(
            [(0, true), (2, false)].contains(&(added, still_asked)),
            "{kills}"
        );
        if first.is_ok() {
            break;
        }
    }
    std::panic::set_hook(hook);
}
