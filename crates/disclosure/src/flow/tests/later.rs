//! What comes later: gags, notices, emergencies, preservation.

use super::whole::{approved, contents};
use super::world::{
    ANNA, ANNAS_NUMBER, BERT, NOON_S, STAFF, TODAY, World, answer_all, hand_in, order, receive,
};
use crate::case::{State, note, timer};
use crate::flow::{ActError, Alarm, FlowError, Office, Preparation, Progress, Received, SignedAct};
use crate::order::OrderForm;
use heliograph_desk_store::CaseId;
use heliograph_transparency::entry::{
    Body, Column, CountryDecision, DAY_S, Day, Dimension, Door, Ending, Outcome, Place,
};
use heliograph_transparency::ledger::findings::Degree;
use heliograph_transparency::tree::Hash;
use std::collections::BTreeSet;

const NOW_S: u64 = NOON_S + 3_600;

fn gagged(gag: &str) -> OrderForm {
    let mut form = order();
    form.gag = gag.into();
    form
}

fn day_s(days: u32) -> u64 {
    TODAY.plus(days).start_unix() + 3_600
}

/// Whether the newest case is revealed.
fn is_revealed(world: &World) -> bool {
    let outside = world.outside();
    let newest = outside.scene.ledger.cases().all().last();
    newest.expect("a case").revealed.is_some()
}

#[test]
fn under_a_gag_nothing_is_revealed_and_nobody_told_before_its_end() {
    let world = World::new();
    let office = world.office();
    // Its last day is the tenth from today.
    let last = TODAY.plus(10);
    let (case, _) = approved(&world, &office, &gagged(&last.to_string()));
    office.advance(case, NOW_S).expect("opened");
    assert_eq!(
        office.advance(case, day_s(10)).expect("waits"),
        Progress::Ended
    );
    assert_eq!(office.notices_due(day_s(10)).expect("read").len(), 0);
    assert!(!is_revealed(&world));

    office.advance(case, day_s(11)).expect("revealed");
    assert!(is_revealed(&world));
    let due = office.notices_due(day_s(11)).expect("read");
    assert_eq!(due[0].user, ANNA);
    office.notice_carried(due[0].id, day_s(11)).expect("logged");
    assert_eq!(
        office.advance(case, day_s(11)).expect("done"),
        Progress::Finished
    );
    assert_eq!(world.outside().scene.ledger.findings(TODAY.plus(60)), []);
}

#[test]
fn an_indefinite_gag_is_never_ended_by_the_machine_but_shows_as_overdue() {
    let world = World::new();
    let office = world.office();
    let (case, _) = approved(&world, &office, &gagged("indefinite"));
    office.advance(case, NOW_S).expect("opened");
    let late_s = day_s(100);
    assert_eq!(
        office.advance(case, late_s).expect("waits"),
        Progress::Ended
    );
    assert_eq!(office.notices_due(late_s).expect("read").len(), 0);
    let alarms = office.tick(late_s).expect("ticks");
    let review =
        |alarm: &Alarm| matches!(alarm, Alarm::Due { kind, .. } if kind == timer::GAG_REVIEW);
    assert!(alarms.iter().any(review));
    let overdue = world.outside().scene.ledger.findings(TODAY.plus(100));
    assert_eq!(overdue[0].degree, Degree::Overdue);

    office
        .lift_gag(STAFF, case, "the court said so", late_s)
        .expect("lifted");
    office.advance(case, late_s).expect("revealed");
    let due = office.notices_due(late_s).expect("read");
    office.notice_carried(due[0].id, late_s).expect("logged");
    assert_eq!(
        office.advance(case, late_s).expect("done"),
        Progress::Finished
    );
}

#[test]
fn an_extension_by_quorum_postpones_reveal_and_notice() {
    let world = World::new();
    let office = world.office();
    let (case, _) = approved(&world, &office, &gagged(&TODAY.plus(10).to_string()));
    office.advance(case, NOW_S).expect("opened");
    let until = TODAY.plus(40).monday_on_or_after();
    let now_s = day_s(5);
    let text = office
        .write_gag_extension(case, until, Hash([3; 32]), now_s)
        .expect("written");
    let alone = office.complete(STAFF, &world.sign(&text, &[1]), now_s);
    assert!(
        matches!(alone, Err(FlowError::Act(_))),
        "one officer does not extend"
    );
    office
        .complete(STAFF, &world.sign(&text, &[1, 2]), now_s)
        .expect("extended");
    office.advance(case, day_s(11)).expect("waits");
    assert!(!is_revealed(&world));
    assert_eq!(
        office
            .notices_due(until.start_unix() - 1)
            .expect("read")
            .len(),
        0
    );
    let end_s = until.start_unix() + 3_600;
    office.advance(case, end_s).expect("revealed");
    assert!(is_revealed(&world));
    assert_eq!(office.notices_due(end_s).expect("read").len(), 1);
}

#[test]
fn a_notice_that_would_endanger_someone_is_delayed_by_quorum_for_90_days_at_most() {
    let world = World::new();
    let office = world.office();
    let (case, _) = approved(&world, &office, &order());
    office.advance(case, NOW_S).expect("opened");
    let delay = |days| office.write_delay(case, TODAY.plus(days), Hash([4; 32]), NOW_S);
    let too_long = delay(91).expect("written");
    let refused = office.complete(STAFF, &world.sign(&too_long, &[1, 2]), NOW_S);
    assert!(matches!(refused, Err(FlowError::Act(_))));
    let text = delay(90).expect("written");
    office
        .complete(STAFF, &world.sign(&text, &[2, 3]), NOW_S)
        .expect("delayed");
    assert_eq!(office.notices_due(day_s(89)).expect("read").len(), 0);
    assert_eq!(office.notices_due(day_s(90)).expect("read").len(), 1);
}

#[test]
fn an_emergency_is_entered_at_once_and_red_without_its_judicial_order() {
    let world = World::new();
    let office = world.office();
    let mut form = order();
    form.priority = "emergency".into();
    form.threat = "a threat to life".into();
    let (case, receipt) = receive(&world, &office, &form, NOON_S);
    let in_review = Progress::AwaitingPeople(State::InReview);
    assert_eq!(office.advance(case, NOON_S).expect("at once"), in_review);
    let standing = office
        .standing(&receipt.secret, NOON_S)
        .expect("read")
        .expect("known");
    assert_eq!(standing.answer_due_s, NOON_S + 8 * 3_600);
    answer_all(&office, case, NOON_S);
    assert_eq!(
        office.prepare(STAFF, case, NOON_S).expect("prepared"),
        Preparation::Ready
    );
    // The quorum is the same.
    world.approve(&office, case, &[1], NOON_S);
    let waiting = Progress::AwaitingPeople(State::AwaitingApprovals);
    assert_eq!(office.advance(case, NOON_S).expect("waits"), waiting);
    world.approve(&office, case, &[2], NOON_S);
    office.advance(case, NOON_S).expect("opened");
    let red = |day| {
        let findings = world.outside().scene.ledger.findings(day);
        findings.iter().any(|finding| finding.degree == Degree::Red)
    };
    assert!(!red(TODAY.plus(5)) && red(TODAY.plus(6)));
    let text = office
        .write_confirmation(case, Hash([5; 32]), day_s(3))
        .expect("written");
    office
        .complete(STAFF, &world.sign(&text, &[1, 3]), day_s(3))
        .expect("confirmed");
    assert!(!red(TODAY.plus(6)));
    let timers = office
        .desk()
        .view(|view| view.timers_of(case))
        .expect("read");
    let order_timer = timers
        .iter()
        .find(|timer| timer.kind.as_str() == timer::JUDICIAL_ORDER);
    assert!(order_timer.expect("set").done_s.is_some());
}

/// Officers' signed decision to preserve Anna's records for sixty days, which is not in the log yet.
fn preservation(world: &World, office: &Office) -> (CaseId, SignedAct) {
    let mut form = order();
    form.purpose = "preserve".into();
    let (case, _) = receive(world, office, &form, NOON_S);
    office.advance(case, NOW_S).expect("entered");
    answer_all(office, case, NOW_S);
    assert_eq!(
        office.prepare(STAFF, case, NOW_S).expect("prepared"),
        Preparation::Ready
    );
    let until = TODAY.plus(60);
    let text = office.write_preservation(case, until, NOW_S);
    (case, world.sign(&text.expect("written"), &[1, 2]))
}

/// A decision that concerns no case.
fn country(world: &World, office: &Office, code: &str) -> SignedAct {
    let body = Body::Country(CountryDecision {
        code: code.parse().expect("a code"),
        state: Door::Open,
        reason: "a treaty".into(),
    });
    let text = office.write_decision(body, NOW_S).expect("written");
    world.sign(&text, &[1, 2])
}

/// Preserves Anna's records for sixty days.
fn preserved(world: &World) -> CaseId {
    let office = world.office();
    let (case, signed) = preservation(world, &office);
    // An order to preserve cannot be approved into an opening.
    let bundle = office.bundle(STAFF, case, 0, NOW_S).expect("a bundle");
    let response = world.respond(&bundle, 1, NOW_S);
    assert!(matches!(
        office.respond(STAFF, case, &response, NOW_S),
        Err(FlowError::Act(_))
    ));
    office
        .complete(STAFF, &signed, NOW_S)
        .expect("custodians keep them");
    let waiting = Progress::AwaitingPeople(State::Preserved);
    assert_eq!(office.progress(case).expect("read"), waiting);
    case
}

#[test]
fn a_preservation_that_custodians_do_not_confirm_holds_up_nothing_else() {
    let world = World::new();
    let office = world.office();
    let (stuck, signed) = preservation(&world, &office);
    world.outside().absent = [1, 2].into();
    let refused = office.complete(STAFF, &signed, NOW_S);
    let Err(FlowError::Act(ActError::NotInEffect { entry, .. })) = refused else {
        panic!("too few custodians: {refused:?}");
    };

    // Later decisions are entered and take effect.
    let opened = office.complete(STAFF, &country(&world, &office, "AT"), NOW_S);
    assert_eq!(opened.expect("entered"), entry + 1);
    let waiting = |office: &Office| {
        let waiting = office.waiting_acts().expect("read").into_iter();
        waiting.map(|act| (act.entry, act.case)).collect::<Vec<_>>()
    };
    assert_eq!(waiting(&office), [(entry, Some(stuck))]);

    // The clockwork says so, every time, and goes on with everything else.
    let (other, _) = receive(&world, &office, &order(), NOON_S);
    for _ in 0..2 {
        let alarms = office.tick(NOW_S).expect("ticks");
        let told = alarms.iter().filter(|alarm| {
            matches!(alarm, Alarm::Decision { entry: own, case, .. }
                if *own == Some(entry) && *case == Some(stuck))
        });
        assert_eq!(told.count(), 1, "{alarms:?}");
    }
    let in_review = Progress::AwaitingPeople(State::InReview);
    assert_eq!(office.progress(other).expect("read"), in_review);

    // What it is about stays as it is until it takes effect.
    let anew = office.prepare(STAFF, stuck, NOW_S);
    assert!(matches!(
        anew,
        Err(FlowError::Act(ActError::Waits(own))) if own == entry
    ));
    let withdrawn = office.refuse(STAFF, stuck, Outcome::Withdrawn, "", NOW_S);
    assert!(matches!(
        withdrawn,
        Err(FlowError::Act(ActError::Waits(own))) if own == entry
    ));

    // The process starts anew, and the custodians are there again.
    let office = world.office();
    world.outside().absent.clear();
    office.tick(NOW_S).expect("ticks");
    assert_eq!(waiting(&office), []);
    let preserved = Progress::AwaitingPeople(State::Preserved);
    assert_eq!(office.progress(stuck).expect("read"), preserved);
}

#[test]
fn each_of_two_unconfirmed_preservations_is_tried_on_its_own() {
    let world = World::new();
    let office = world.office();
    let (first, first_signed) = preservation(&world, &office);
    let (second, second_signed) = preservation(&world, &office);
    world.outside().absent = [1, 2].into();
    for signed in [&first_signed, &second_signed] {
        assert!(office.complete(STAFF, signed, NOW_S).is_err());
    }
    // Something of the first one is broken for good: nobody can say any more what it is about.
    let file = office.load(first).expect("loads");
    let act = crate::flow::act(None, "break", first);
    office
        .desk
        .act(&act, NOW_S, |step| {
            step.erase_sealed(&file.note(note::PREPARED))
        })
        .expect("broken");
    world.outside().absent.clear();
    let alarms = office.tick(NOW_S).expect("ticks");
    let stuck = alarms.iter().filter_map(|alarm| match alarm {
        Alarm::Decision { case, .. } => *case,
        _ => None,
    });
    assert_eq!(stuck.collect::<Vec<_>>(), [first]);
    let preserved = Progress::AwaitingPeople(State::Preserved);
    assert_eq!(office.progress(second).expect("read"), preserved);
}

#[test]
fn a_look_before_the_first_sign_in_does_not_keep_the_vault_out_of_the_log() {
    let world = World::new();
    let office = world.office();
    let records = world.store().sealed_records();
    for gone in [ANNA, BERT] {
        records.erase_user(gone).expect("erased");
    }
    assert_eq!(office.log_vault(0, NOON_S).expect("nothing"), None);
    world.seal_number(ANNA, ANNAS_NUMBER);
    assert!(office.log_vault(1, NOON_S).expect("logged").is_some());
}

#[test]
fn preserved_records_open_for_a_later_order_after_the_account_is_gone() {
    let world = World::new();
    let first = preserved(&world);
    let office = world.office();
    let request = office
        .load(first)
        .expect("loads")
        .logged("request")
        .expect("logged");
    {
        let mut outside = world.outside();
        outside.deleted.insert(ANNA);
        outside.erased_days.extend(TODAY.0 - 30..TODAY.0);
    }
    let now_s = day_s(30);
    let Received::Case(case, receipt) = hand_in(&world, &office, &order(), Some(request), now_s)
    else {
        panic!("the authority is registered");
    };
    let now_s = now_s + 3_600;
    office.advance(case, now_s).expect("entered");
    answer_all(&office, case, now_s);
    assert_eq!(
        office.prepare(STAFF, case, now_s).expect("prepared"),
        Preparation::Ready
    );
    world.approve(&office, case, &[1, 2], now_s);
    office.advance(case, now_s).expect("opened");
    let package = office
        .fetch(&receipt.secret, 1, now_s)
        .expect("asked")
        .expect("ready");
    let value = contents(&world, &package);
    assert_eq!(value["data"]["phone"], format!("+{ANNAS_NUMBER}"));
    assert_eq!(value["data"]["ip"].as_array().expect("a list").len(), 2);

    // Used once, it is released; the same order without it finds nothing.
    office.tick(now_s).expect("ticks");
    assert!(world.outside().kept.is_empty());
    let (again, _) = receive(&world, &office, &order(), now_s);
    office.advance(again, now_s + 3_600).expect("entered");
    answer_all(&office, again, now_s + 3_600);
    let prepared = office
        .prepare(STAFF, again, now_s + 3_600)
        .expect("prepared");
    assert!(matches!(prepared, Preparation::Ended(_)));
}

#[test]
fn a_preservation_ends_by_itself_and_can_be_extended_once() {
    let world = World::new();
    let case = preserved(&world);
    let office = world.office();
    let extend = |days, now_s| {
        let until = TODAY.plus(days);
        let text = office.write_preservation_extension(case, until, Hash([6; 32]), now_s);
        office.complete(STAFF, &world.sign(&text.expect("written"), &[1, 2]), now_s)
    };
    assert!(extend(91, day_s(20)).is_err());
    let extended = extend(90, day_s(20)).expect("extended");
    assert_eq!(world.outside().extended, BTreeSet::from([extended]));
    assert!(extend(95, day_s(21)).is_err());
    office.tick(day_s(90)).expect("ticks");
    assert_eq!(world.outside().kept.len(), 1);
    office.tick(day_s(91)).expect("ticks");
    assert_eq!(world.outside().kept.len(), 0);
    let outside = world.outside();
    let logged = outside.scene.ledger.cases().all().last().expect("a case");
    assert_eq!(logged.closed.expect("closed").result, Ending::Ended);
    let findings = outside.scene.ledger.findings(Day(TODAY.0 + 91));
    assert!(
        findings.iter().all(|finding| finding.rule != 9),
        "released in time"
    );
}

#[test]
fn a_deadline_is_an_alarm_a_day_ahead() {
    let world = World::new();
    let office = world.office();
    let (case, _) = receive(&world, &office, &order(), NOON_S);
    office.advance(case, NOW_S).expect("entered");
    let alarmed = |now_s| {
        let alarms = office.tick(now_s).expect("ticks");
        alarms.iter().any(|alarm| {
            matches!(alarm, Alarm::Due { kind, case: own, .. } if kind == timer::ANSWER && *own == case)
        })
    };
    let due_s = NOON_S + 10 * DAY_S;
    assert!(!alarmed(due_s - DAY_S - 1));
    assert!(alarmed(due_s - DAY_S));
}

#[test]
fn a_quarter_is_reported_once_with_claims_that_reveals_bear_out() {
    let world = World::new();
    let office = world.office();
    let (case, _) = approved(&world, &office, &order());
    office.advance(case, NOW_S).expect("opened");
    // Another one is still under its gag when the quarter is over.
    let (gagged, _) = approved(&world, &office, &gagged("2027-03-01"));
    office.advance(gagged, NOW_S).expect("opened");
    assert!(
        office
            .log_reports(NOW_S)
            .expect("nothing is over")
            .is_empty()
    );

    let january_s = Day::from_civil(2027, 1, 2).expect("a day").start_unix();
    let entries = office.log_reports(january_s).expect("reported");
    assert_eq!(entries.len(), 2);
    assert!(office.log_reports(january_s).expect("once").is_empty());
    let outside = world.outside();
    let reports: Vec<_> = outside.scene.ledger.reports().all().collect();
    let claims: Vec<_> = reports
        .iter()
        .flat_map(|logged| &logged.report.claims)
        .collect();
    // The country's one gagged case would be told by any number.
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].place, Place::World);
    assert!(claims[0].counts.contains(&(Column::Received, 2)));
    assert!(claims[0].counts.contains(&(Column::Delivered, 2)));
    assert!(
        !claims[0]
            .counts
            .iter()
            .any(|(column, _)| *column == Column::Gag)
    );
}

#[test]
fn sums_are_opened_over_enough_cases_and_hold() {
    let world = World::new();
    let office = world.office();
    // Refused cases are enough: five for the number, five for both.
    for n in 0..10 {
        let mut form = gagged("indefinite");
        if n % 2 == 0 {
            form.data = vec!["phone".into()];
        }
        form.offence = "blasphemy".into();
        let (case, _) = receive(&world, &office, &form, NOON_S);
        office.advance(case, NOW_S).expect("entered");
        let reason = Outcome::OffenceNotCovered;
        office
            .refuse(STAFF, case, reason, "", NOW_S)
            .expect("refused");
        office.advance(case, NOW_S).expect("ended");
    }
    let january_s = Day::from_civil(2027, 1, 2).expect("a day").start_unix();
    office
        .log_reports(january_s)
        .expect("the log checks the sums");
    let outside = world.outside();
    let reports = outside.scene.ledger.reports();
    let sums: Vec<_> = reports
        .all()
        .flat_map(|logged| &logged.report.sums)
        .collect();
    let counts: Vec<_> = sums.iter().map(|sum| (sum.dimension, sum.count)).collect();
    assert_eq!(counts, [(Dimension::Kind, 5), (Dimension::Kind, 5)]);
}
