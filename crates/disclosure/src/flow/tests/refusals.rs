//! Orders that are not fulfilled, and what is said of them.

use super::world::{NOON_S, STAFF, World, answer_all, order, receive, sender, upload};
use crate::case::State;
use crate::documents::{DocumentError, MAX_DOCUMENTS_BYTES, Upload};
use crate::flow::{FlowError, Office, Preparation, Progress, ReceiveError, Received};
use crate::letters;
use crate::order::{OrderForm, TargetForm};
use crate::validity::{Decision, Question};
use heliograph_desk_store::CaseId;
use heliograph_transparency::entry::{Ending, Outcome};

const NOW_S: u64 = NOON_S + 3_600;

fn entered(world: &World, form: &OrderForm) -> (Office, CaseId, String) {
    let office = world.office();
    let (case, receipt) = receive(world, &office, form, NOON_S);
    office.advance(case, NOW_S).expect("entered");
    (office, case, receipt.secret.to_string())
}

/// How a case that was not fulfilled looks from outside.
fn outcome(world: &World, office: &Office, case: CaseId, secret: &str) -> Outcome {
    assert_eq!(
        office.advance(case, NOW_S).expect("ends"),
        Progress::Finished
    );
    let standing = office
        .standing(secret, NOW_S)
        .expect("read")
        .expect("known");
    let outside = world.outside();
    let logged = outside.scene.ledger.cases().all().last().expect("a case");
    assert_eq!(logged.closed.expect("closed").result, Ending::Ended);
    assert!(logged.openings.is_empty() && outside.answered.is_empty());
    let outcome = logged
        .revealed
        .as_ref()
        .expect("without a gag it is revealed")
        .outcome;
    assert_eq!(standing.outcome, Some(outcome));
    assert!(letters::refusal(outcome).is_some());
    assert_eq!(standing.package, None);
    outcome
}

#[test]
fn nobody_a_deleted_account_and_nothing_held_are_answered_alike() {
    let target = |name: &str| {
        let mut form = order();
        form.targets = vec![TargetForm::Account(name.into())];
        form
    };
    // Nobody has this id.
    let nobody = target("7");
    // Bert has a number and no addresses.
    let mut nothing = target("1002");
    nothing.data = vec!["ip".into()];
    let mut outside_retention = order();
    outside_retention.data = vec!["ip".into()];
    outside_retention.from = "2026-01-01T00:00Z".into();
    outside_retention.to = "2026-02-01T00:00Z".into();
    let deleted = target("1001");
    for (form, gone) in [
        (nobody, false),
        (nothing, false),
        (outside_retention, false),
        (deleted, true),
    ] {
        let world = World::new();
        if gone {
            world.outside().deleted.insert(super::world::ANNA);
        }
        let (office, case, secret) = entered(&world, &form);
        answer_all(&office, case, NOW_S);
        let ended = Preparation::Ended(Outcome::DataNotHeld);
        assert_eq!(office.prepare(STAFF, case, NOW_S).expect("prepared"), ended);
        assert_eq!(
            outcome(&world, &office, case, &secret),
            Outcome::DataNotHeld
        );
    }
}

#[test]
fn a_name_that_changed_hands_is_not_guessed_at() {
    let world = World::new();
    let mut form = order();
    form.targets = vec![TargetForm::Username("handed_on".into())];
    let (office, case, secret) = entered(&world, &form);
    answer_all(&office, case, NOW_S);
    let ended = Preparation::Ended(Outcome::InsufficientInfo);
    assert_eq!(office.prepare(STAFF, case, NOW_S).expect("prepared"), ended);
    assert_eq!(
        outcome(&world, &office, case, &secret),
        Outcome::InsufficientInfo
    );
    assert_eq!(world.outside().look_ups, 1);
}

#[test]
fn a_no_refuses_with_its_reason_and_no_other() {
    let world = World::new();
    let (office, case, secret) = entered(&world, &order());
    answer_all(&office, case, NOW_S);
    let no = |question| office.answer(STAFF, case, question, false, "a journalist", NOW_S);
    no(Question::Expression).expect("answered");
    assert!(matches!(
        office.prepare(STAFF, case, NOW_S),
        Err(FlowError::NotAdmissible)
    ));
    let refuse = |outcome| office.refuse(STAFF, case, outcome, "reasons", NOW_S);
    for other in [
        Outcome::ManifestError,
        Outcome::DataNotHeld,
        Outcome::Delivered,
    ] {
        assert!(
            matches!(refuse(other), Err(FlowError::NotARefusal(_))),
            "{other}"
        );
    }
    refuse(Outcome::ImmunityOrExpression).expect("refused");
    assert_eq!(
        outcome(&world, &office, case, &secret),
        Outcome::ImmunityOrExpression
    );
}

#[test]
fn an_admissible_order_cannot_be_called_something_else() {
    let world = World::new();
    let (office, case, _) = entered(&world, &order());
    answer_all(&office, case, NOW_S);
    for outcome in [
        Outcome::DataNotHeld,
        Outcome::OutOfDesk,
        Outcome::OutOfDeskContested,
        Outcome::OffenceNotCovered,
    ] {
        let refused = office.refuse(STAFF, case, outcome, "", NOW_S);
        assert!(
            matches!(refused, Err(FlowError::NotARefusal(_))),
            "{outcome}"
        );
    }
}

#[test]
fn what_is_beyond_the_desk_is_logged_as_that() {
    for (change, expected) in [
        (
            (|form| form.data.push("messages".into())) as fn(&mut OrderForm),
            Outcome::OutOfDesk,
        ),
        (
            |form| form.targets.push(TargetForm::Account("8".into())),
            Outcome::OutOfDesk,
        ),
        (
            |form| form.targets = vec![TargetForm::Address("198.51.100.7".into())],
            Outcome::Impossible,
        ),
        (
            |form| form.data = vec!["secret-chats".into()],
            Outcome::Impossible,
        ),
    ] {
        let world = World::new();
        let mut form = order();
        change(&mut form);
        let (office, case, secret) = entered(&world, &form);
        let questions = office.questions(STAFF, case, NOW_S).expect("read");
        assert_eq!(questions.decision, Decision::OutOfDesk(expected));
        answer_all(&office, case, NOW_S);
        assert!(matches!(
            office.prepare(STAFF, case, NOW_S),
            Err(FlowError::NotAdmissible)
        ));
        let not_held = office.refuse(STAFF, case, Outcome::DataNotHeld, "", NOW_S);
        assert!(matches!(not_held, Err(FlowError::NotARefusal(_))));
        office
            .refuse(STAFF, case, expected, "answered by counsel", NOW_S)
            .expect("ended");
        assert_eq!(outcome(&world, &office, case, &secret), expected);
        assert_eq!(world.outside().look_ups, 0);
    }
}

#[test]
fn counsel_says_what_became_of_a_request_beyond_the_desk() {
    for counsels in [
        Outcome::OutOfDesk,
        Outcome::OutOfDeskContested,
        Outcome::OutOfDeskConflict,
    ] {
        let world = World::new();
        let mut form = order();
        form.data.push("messages".into());
        let (office, case, secret) = entered(&world, &form);
        let desks_own = office.refuse(STAFF, case, Outcome::ConflictOfLaw, "", NOW_S);
        assert!(matches!(desks_own, Err(FlowError::NotARefusal(_))));
        office
            .refuse(STAFF, case, counsels, "as counsel wrote", NOW_S)
            .expect("ended");
        assert_eq!(outcome(&world, &office, case, &secret), counsels);
    }
}

#[test]
fn a_country_that_is_not_served_and_an_unlisted_offence_are_refused_by_the_facts() {
    let world = World::new();
    let mut form = order();
    form.offence = "blasphemy".into();
    let (office, case, _) = entered(&world, &form);
    answer_all(&office, case, NOW_S);
    let decision = office.questions(STAFF, case, NOW_S).expect("read").decision;
    assert_eq!(decision, Decision::Refuse(Outcome::OffenceNotCovered));
    assert!(matches!(
        office.prepare(STAFF, case, NOW_S),
        Err(FlowError::NotAdmissible)
    ));
}

#[test]
fn unknown_unverified_and_removed_senders_are_quarantined_and_counted() {
    let world = World::new();
    let office = world.office();
    // Nobody; a number that is not registered; ours, before its 72 hours are over.
    let early_s = heliograph_transparency::entry::Day(super::world::TODAY.0 - 7).start_unix();
    let mut old = order();
    old.from = "2026-11-01T00:00Z".into();
    old.to = "2026-11-02T00:00Z".into();
    for (authority, now_s) in [(None, NOON_S), (Some(7), NOON_S), (Some(1), early_s)] {
        let sender = sender(authority, &world.key);
        let received = office.receive(&sender, &old, &[upload()], None, now_s);
        assert!(
            matches!(received, Ok(Received::Quarantined(_))),
            "{authority:?}"
        );
    }
    // A year later it was not verified anew.
    let late_s = NOON_S + 400 * 86_400;
    let received = office.receive(&world.sender(), &old, &[upload()], None, late_s);
    assert!(matches!(received, Ok(Received::Quarantined(_))));
    let before = world.outside().scene.ledger.cases().all().len();
    let index = office
        .log_intake(NOON_S + 86_400)
        .expect("logged")
        .expect("there are some");
    let outside = world.outside();
    assert_eq!(outside.scene.ledger.cases().all().len(), before);
    let (mark, intake) = outside
        .scene
        .ledger
        .registry()
        .intakes()
        .last()
        .expect("counted");
    assert_eq!((mark.index, intake.count), (index, 3));
    drop(outside);
    assert_eq!(
        office.log_intake(NOON_S + 86_400).expect("nothing new"),
        None
    );
}

#[test]
fn what_is_no_form_or_no_pdf_never_becomes_a_case() {
    let world = World::new();
    let office = world.office();
    let receive = |form: &OrderForm, upload: Upload| {
        office
            .receive(&world.sender(), form, &[upload], None, NOON_S)
            .err()
    };
    let html = Upload {
        name: "order.pdf".into(),
        bytes: b"<html>".to_vec(),
    };
    let refused = receive(&order(), html);
    assert!(matches!(
        refused,
        Some(ReceiveError::Document(DocumentError::NotPdf(1)))
    ));
    let huge = Upload {
        name: "order.pdf".into(),
        bytes: vec![0; MAX_DOCUMENTS_BYTES + 1],
    };
    let refused = receive(&order(), huge);
    assert!(matches!(
        refused,
        Some(ReceiveError::Document(DocumentError::TooLarge))
    ));
    let mut form = order();
    form.targets.clear();
    assert!(matches!(
        receive(&form, upload()),
        Some(ReceiveError::Form(_))
    ));
    let cases = office.desk().view(|view| view.cases(0, 10)).expect("read");
    assert_eq!(cases, []);
}

#[test]
fn an_order_before_its_slot_and_after_its_end_cannot_be_worked_on() {
    let world = World::new();
    let office = world.office();
    let (case, _) = receive(&world, &office, &order(), NOON_S);
    let early = office.prepare(STAFF, case, NOON_S);
    assert!(matches!(
        early,
        Err(FlowError::State(State::Received, State::InReview))
    ));
    assert!(
        office
            .answer(STAFF, case, Question::Form, true, "", NOON_S)
            .is_err()
    );
    office.advance(case, NOW_S).expect("entered");
    office
        .refuse(STAFF, case, Outcome::Withdrawn, "taken back", NOW_S)
        .expect("ended");
    office.advance(case, NOW_S).expect("logged");
    assert!(
        office
            .refuse(STAFF, case, Outcome::Withdrawn, "", NOW_S)
            .is_err()
    );
    assert!(office.prepare(STAFF, case, NOW_S).is_err());
}

#[test]
fn what_waits_becomes_a_case_once_its_sender_is_called_back() {
    let world = World::new();
    let office = world.office();
    let unknown = sender(None, "");
    let hand_in = || match office.receive(&unknown, &order(), &[upload()], None, NOON_S) {
        Ok(Received::Quarantined(id)) => id,
        _ => panic!("nobody knows the sender"),
    };
    let (first, second) = (hand_in(), hand_in());
    let waiting = office.waiting(STAFF, first, NOON_S).expect("kept");
    assert!(waiting.form == order());
    assert!(waiting.line.claims == unknown.claims);
    assert_eq!(waiting.line.look_alikes, ["Amtsgericht Musterstadt"]);
    assert_eq!(waiting.documents.list()[0].name, upload().name);
    let document = office.waiting_document(STAFF, first, 0, NOON_S);
    assert_eq!(&*document.expect("kept"), upload().bytes);
    assert!(office.accept_intake(STAFF, first, 7, NOON_S).is_err());
    let (case, receipt) = office
        .accept_intake(STAFF, first, 1, NOON_S)
        .expect("accepted");
    assert!(office.accept_intake(STAFF, first, 1, NOON_S).is_err());
    assert!(
        office
            .standing(&receipt.secret, NOON_S)
            .expect("read")
            .is_some()
    );
    let document = office.document(STAFF, case, 0, NOON_S).expect("copied");
    assert_eq!(&*document, upload().bytes);

    office.drop_intake(STAFF, second, NOON_S).expect("dropped");
    assert!(office.waiting_document(STAFF, second, 0, NOON_S).is_err());
    let left = office.intake(STAFF, NOON_S).expect("read");
    assert!(left.is_empty());
    assert!(office.waiting(STAFF, second, NOON_S).is_err());
    assert_eq!(
        office
            .desk()
            .view(|view| view.cases(0, 10))
            .expect("read")
            .len(),
        1
    );
}

#[test]
fn an_authority_is_told_what_to_correct_and_has_five_days() {
    let world = World::new();
    let (office, case, secret) = entered(&world, &order());
    office
        .ask_to_correct(STAFF, case, "The order is not signed.", NOW_S)
        .expect("asked");
    let standing = office
        .standing(&secret, NOW_S)
        .expect("read")
        .expect("known");
    let told = ("The order is not signed.".to_owned(), NOW_S + 5 * 86_400);
    assert_eq!(standing.missing, Some(told));
    office
        .answer(STAFF, case, Question::Form, false, "", NOW_S)
        .expect("answered");
    office
        .refuse(STAFF, case, Outcome::Incomplete, "never signed", NOW_S)
        .expect("refused");
    assert_eq!(outcome(&world, &office, case, &secret), Outcome::Incomplete);
    let standing = office
        .standing(&secret, NOW_S)
        .expect("read")
        .expect("known");
    assert_eq!(standing.missing, None);
}

#[test]
fn who_asks_for_secret_chats_is_given_a_statement_that_tells_nothing_of_the_account() {
    let statement = |account: &str| {
        let world = World::new();
        let mut form = order();
        form.data = vec!["secret-chats".into()];
        form.targets = vec![TargetForm::Account(account.into())];
        let (office, case, secret) = entered(&world, &form);
        answer_all(&office, case, NOW_S);
        let ended = office.refuse(STAFF, case, Outcome::Impossible, "", NOW_S);
        ended.expect("it ends");
        assert_eq!(outcome(&world, &office, case, &secret), Outcome::Impossible);
        let standing = office.standing(&secret, NOW_S).expect("read");
        standing.expect("known").statement.expect("a statement")
    };
    // Bert has an account; nobody has the other id.
    let of_bert = statement("1002");
    assert!(of_bert.contains("30 days") && of_bert.contains("two devices"));
    assert_eq!(of_bert, statement("7"));
}
