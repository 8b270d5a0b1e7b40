//! What is overdue, red or untrue: rules 4 and 8 to 12.

use super::{START, scene};
use crate::entry::{
    Confirm, CountryDecision, Day, Door, Notice, NoticeState, Outcome, Preserve, Priority, Release,
    ReleaseReason,
};
use crate::testing::{Scene, TestCase, seed};
use crate::tree::Hash;

/// The findings on a day, one a line.
fn findings(scene: &Scene, today: Day) -> Vec<String> {
    let findings = scene.ledger.findings(today);
    findings.iter().map(ToString::to_string).collect()
}

fn assert_well_until(scene: &Scene, last: Day, finding: &str) {
    assert_eq!(findings(scene, last), [] as [&str; 0]);
    assert_eq!(findings(scene, last.plus(1)), [finding]);
}

#[test]
fn a_request_that_is_not_revealed_by_its_due_day_is_overdue() {
    let mut scene = scene();
    let case = TestCase::ordinary(START);
    let due = case.due;
    let request = scene.push_request(case);
    scene.push_closed(request, Outcome::Incomplete);
    let overdue =
        format!("OVERDUE: entry {request}, rule 4: request 1 was to be revealed by {due}");
    assert_well_until(&scene, due, &overdue);
    scene.today = due.plus(3);
    scene.push_reveal(request);
    assert_eq!(findings(&scene, due.plus(9)), [] as [&str; 0]);
}

#[test]
fn an_emergency_without_its_order_is_red_unless_nothing_was_opened() {
    let mut scene = scene();
    let emergency = || TestCase {
        priority: Priority::Emergency,
        ..TestCase::ordinary(START)
    };
    let refused = scene.push_request(emergency());
    scene.push_closed(refused, Outcome::NotCompetentAuthority);
    let opened = scene.push_request(emergency());
    scene.push(scene.open(opened, 1));
    let red =
        format!("RED: entry {opened}, rule 4: emergency 2 needed its judicial order by 2026-11-28");
    assert_well_until(&scene, START.plus(5), &red);
    scene.push(Confirm {
        request: opened,
        fields: Hash(seed("order")),
    });
    assert_eq!(findings(&scene, START.plus(6)), [] as [&str; 0]);
}

#[test]
fn a_country_that_was_not_served_or_an_offence_not_listed_comes_out() {
    let mut scene = scene();
    let case = |country, offence| TestCase {
        country,
        offence,
        ..TestCase::ordinary(START)
    };
    let well = scene.push_whole_case(case("DE", "fraud"), Outcome::Delivered);
    let unserved = scene.push_whole_case(case("BR", "fraud"), Outcome::Delivered);
    let unlisted = scene.push_whole_case(case("DE", "gossip"), Outcome::Delivered);
    scene.push_whole_case(case("BR", "gossip"), Outcome::ConflictOfLaw);
    // Opened after the request was entered is too late.
    scene.push(CountryDecision {
        code: "BR".parse().unwrap(),
        state: Door::Open,
        reason: "late".into(),
    });
    assert_eq!(
        findings(&scene, START),
        [
            format!(
                "UNTRUE: entry {unserved}, rule 8: request 2 came from BR, which was not served"
            ),
            format!(
                "UNTRUE: entry {unlisted}, rule 8: request 3 was for an offence that is not on the list"
            ),
        ]
    );
    assert!(
        scene
            .ledger
            .registry()
            .is_served("DE".parse().unwrap(), well)
    );
    let served = scene.push_whole_case(case("BR", "fraud"), Outcome::Delivered);
    assert!(
        scene
            .ledger
            .registry()
            .is_served("BR".parse().unwrap(), served)
    );
    assert_eq!(findings(&scene, START).len(), 2);
}

#[test]
fn a_preservation_that_is_not_released_is_overdue_after_two_days_of_grace() {
    let mut scene = scene();
    let case = TestCase {
        due: START.plus(371).monday_on_or_after(),
        ..TestCase::ordinary(START)
    };
    let request = scene.push_request(case);
    let open = scene.open(request, 2);
    let kept = scene.push(Preserve {
        request,
        records: open.records,
        n: 2,
        until: START.plus(60),
    });
    let overdue = format!(
        "OVERDUE: entry {kept}, rule 9: the preserved records were to be released by 2027-01-22"
    );
    assert_well_until(&scene, START.plus(62), &overdue);
    scene.today = START.plus(63);
    scene.push(Release {
        preserve: kept,
        why: ReleaseReason::Due,
    });
    assert_eq!(findings(&scene, START.plus(63)), [] as [&str; 0]);
}

#[test]
fn a_day_whose_key_is_not_erased_is_overdue() {
    let mut scene = scene();
    let key = scene.push_day_key(START);
    let overdue = format!(
        "OVERDUE: entry {key}, rule 10: the key of 2026-11-23 was to be erased by 2027-02-23"
    );
    assert_well_until(&scene, START.plus(92), &overdue);
    // A longer retention does not reach back.
    scene.today = START.plus(1);
    let mut longer = crate::testing::policy(2, true);
    longer.retention_days = 365;
    scene.push(longer);
    assert_eq!(findings(&scene, START.plus(93)), [overdue]);
    scene.push_erase(START);
    assert_eq!(findings(&scene, START.plus(93)), [] as [&str; 0]);
}

#[test]
fn without_a_gag_the_person_is_told_within_seven_days_of_the_end() {
    let mut scene = scene();
    let request = scene.push_request(TestCase::ordinary(START));
    scene.push_closed(request, Outcome::Delivered);
    scene.push_reveal(request);
    let overdue = format!(
        "OVERDUE: entry {request}, rule 11: the person of request 1 was to be told by 2026-11-30"
    );
    assert_well_until(&scene, START.plus(7), &overdue);
    let mut delayed = scene.clone();
    delayed.push(Notice {
        request,
        commitment: Hash(seed("notice")),
        state: NoticeState::Delayed,
        until: Some(START.plus(40)),
    });
    let overdue = overdue.replace("2026-11-30", "2027-01-02");
    assert_well_until(&delayed, START.plus(40), &overdue);
    scene.push_told(request);
    assert_eq!(findings(&scene, START.plus(20)), [] as [&str; 0]);
}

#[test]
fn with_a_gag_the_person_is_told_within_seven_days_of_the_reveal() {
    let mut scene = scene();
    let request = scene.push_request(TestCase {
        gag: "indefinite".into(),
        ..TestCase::ordinary(START)
    });
    scene.push_closed(request, Outcome::Delivered);
    assert_eq!(scene.ledger.cases().at(request).unwrap().tell_by(), None);
    scene.today = START.plus(20);
    scene.push_reveal(request);
    let overdue = format!(
        "OVERDUE: entry {request}, rule 11: the person of request 1 was to be told by 2026-12-20"
    );
    assert_well_until(&scene, START.plus(27), &overdue);
}

#[test]
fn an_opening_of_which_nothing_was_heard_counts_as_a_disclosure() {
    let mut scene = scene();
    let request = scene.push_request(TestCase::ordinary(START));
    scene.push(scene.open(request, 1));
    assert!(scene.ledger.cases().at(request).unwrap().is_disclosed());
    let failed = scene.closed(request, Outcome::Failed);
    scene.try_push(&failed).unwrap();
    assert!(!scene.ledger.cases().at(request).unwrap().is_disclosed());
}
