//! Rule 12: reports, their claims and their sums.

use std::sync::LazyLock;

use super::{START, refused};
use crate::entry::{Claim, Column, Day, Dimension, Kinds, Outcome, Place, Region, Report, Sum};
use crate::testing::{Scene, TestCase};

/// A quarter with twelve requests, five of them under a gag; today is in the next one.
fn quarter() -> Scene {
    static SCENE: LazyLock<Scene> = LazyLock::new(|| {
        let mut scene = super::scene();
        for number in 0..12_u32 {
            let case = TestCase {
                country: if number < 6 { "DE" } else { "FR" },
                kinds: if number % 2 == 0 {
                    Kinds::Phone
                } else {
                    Kinds::Both
                },
                due: START.plus(364),
                ..TestCase::ordinary(START)
            };
            let request = scene.push_request(case);
            let outcome = if number < 7 {
                Outcome::Delivered
            } else {
                Outcome::Incomplete
            };
            scene.push_closed(request, outcome);
            if outcome == Outcome::Delivered {
                scene.push_told(request);
            }
            if number >= 5 {
                scene.push_reveal(request);
            }
        }
        scene.today = scene.today.quarter().next().first_day();
        scene
    });
    SCENE.clone()
}

const OUTCOMES: [&[usize]; 2] = [&[0, 1], &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]];

fn with_sums(scene: &Scene) -> Report {
    let mut report = scene.report();
    report.sums = scene.sums(Dimension::Kind, 0, report.to, &[&[0, 1], &[2]]);
    report
        .sums
        .extend(scene.sums(Dimension::Outcome, 0, report.to, &OUTCOMES));
    report
}

#[test]
fn a_report_says_what_all_can_count_and_proves_sums() {
    let mut scene = quarter();
    let report = with_sums(&scene);
    let counts: Vec<u64> = report.sums.iter().map(|sum| sum.count).collect();
    assert_eq!(counts, [6, 6, 7, 5]);
    scene.push(report);
    assert_eq!(scene.ledger.findings(scene.today), []);
}

#[test]
fn quarters_come_in_order_and_once() {
    let mut scene = quarter();
    let report = scene.report();
    let mut skipped = report.clone();
    skipped.quarter = report.quarter.next();
    refused(&scene, skipped, 12, "the next report is part 1 of 2026Q4");
    let mut early = scene.clone();
    early.today = Day(scene.today.0 - 1);
    refused(&early, report.clone(), 12, "2026Q4 is not over");
    scene.push(report.clone());
    refused(&scene, report, 12, "the next report is part 1 of 2027Q1");
}

#[test]
fn a_report_covers_exactly_its_quarter() {
    let scene = quarter();
    let why = format!(
        "the entries of 2026Q4 are those from 0 to {}",
        scene.ledger.size()
    );
    let mut shorter = scene.report();
    shorter.to -= 1;
    refused(&scene, shorter, 12, &why);
    let mut later = scene.report();
    later.from += 1;
    refused(&scene, later, 12, &why);
}

#[test]
fn parts_of_a_report_follow_each_other_and_claim_a_place_once() {
    let mut scene = quarter();
    let mut first = scene.report();
    first.parts = 2;
    scene.push(first.clone());
    refused(
        &scene,
        first.clone(),
        12,
        "the next report is part 2 of 2026Q4",
    );
    let mut second = first.clone();
    second.part = 2;
    refused(
        &scene,
        second.clone(),
        12,
        "an earlier part has a claim for DE",
    );
    second.claims.clear();
    scene.push(second);
    assert_eq!(scene.ledger.reports().all().len(), 2);
}

fn claiming(scene: &Scene, place: &str, column: Column, count: u64) -> Report {
    let mut report = scene.report();
    report.claims = vec![Claim {
        place: place.parse().unwrap(),
        counts: vec![(column, count)],
    }];
    report
}

#[test]
fn a_claim_is_not_below_what_is_revealed() {
    let mut scene = quarter();
    // Six French requests are revealed, and one German one; five more are hidden.
    let below = claiming(&scene, "FR", Column::Received, 5);
    let why = "it claims received=5 for FR where 6 are revealed";
    refused(&scene, below, 12, why);
    let world = claiming(&scene, "world", Column::Received, 11);
    refused(
        &scene,
        world,
        12,
        "it claims received=11 where the log has 12",
    );
    let delivered = claiming(&scene, "world", Column::Delivered, 8);
    refused(
        &scene,
        delivered,
        12,
        "it claims delivered=8 where the log has 7",
    );
    scene.push(claiming(&scene, "DE", Column::Received, 2));
}

#[test]
fn a_claim_that_reveals_disprove_is_untrue() {
    let mut scene = quarter();
    let report = scene.push(claiming(&scene, "DE", Column::Received, 2));
    let hidden: Vec<u64> = scene
        .ledger
        .cases()
        .all()
        .filter(|case| case.revealed.is_none())
        .map(|case| case.mark.index)
        .collect();
    scene.push_reveal(hidden[0]);
    assert_eq!(scene.ledger.findings(scene.today), []);
    scene.push_reveal(hidden[1]);
    let findings = scene.ledger.findings(scene.today);
    assert_eq!(
        findings[0].to_string(),
        format!("UNTRUE: entry {report}, rule 12: it claims received=2 for DE, the reveals show 3")
    );
}

#[test]
fn a_claim_above_the_truth_is_untrue_once_all_is_revealed() {
    let mut scene = quarter();
    scene.push(claiming(&scene, "DE", Column::Received, 9));
    let hidden: Vec<u64> = scene
        .ledger
        .cases()
        .all()
        .filter(|case| case.revealed.is_none())
        .map(|case| case.mark.index)
        .collect();
    for (position, request) in hidden.iter().enumerate() {
        assert_eq!(scene.ledger.findings(scene.today), [], "{position}");
        scene.push_reveal(*request);
    }
    let untrue = scene.ledger.findings(scene.today);
    let why = "it claims received=9 for DE, the reveals show 6";
    assert!(
        untrue.iter().any(|finding| finding.what == why),
        "{untrue:?}"
    );
}

fn refused_sums(sums: impl FnOnce(&Scene, &mut Vec<Sum>), why: &str) {
    let scene = quarter();
    let mut report = with_sums(&scene);
    sums(&scene, &mut report.sums);
    refused(&scene, report, 12, why);
}

#[test]
fn a_wrong_sum_is_refused() {
    refused_sums(
        |_, sums| sums[0].count += 1,
        "the sums of kind: the count of group 0 is wrong",
    );
    refused_sums(
        |_, sums| sums[1].blinding = sums[0].blinding,
        "the sums of kind: the count of group 1 is wrong",
    );
}

#[test]
fn a_sum_that_could_point_at_a_case_is_refused() {
    refused_sums(
        |scene, sums| {
            let to = sums[0].to;
            sums.splice(..2, scene.sums(Dimension::Kind, 0, to, &[&[0], &[1], &[2]]));
        },
        "the sums of kind: a group of 0 cases is too small to be opened",
    );
    refused_sums(
        |scene, sums| {
            let to = sums[0].to;
            sums.splice(..2, scene.sums(Dimension::Kind, 0, to, &[&[0, 1, 2]]));
        },
        "the sums of kind: too few groups",
    );
    refused_sums(
        |_, sums| drop(sums.remove(1)),
        "the sums of kind: the groups do not divide the categories",
    );
}

#[test]
fn sums_are_over_whole_quarters_that_do_not_overlap() {
    refused_sums(
        |scene, sums| {
            let to = sums[0].to - 1;
            sums.splice(..2, scene.sums(Dimension::Kind, 0, to, &[&[0, 1], &[2]]));
        },
        "the sums of kind are not over whole quarters",
    );
    refused_sums(
        |_, sums| sums[0].from = 1,
        "the sums of kind are over different entries",
    );
    let mut scene = quarter();
    scene.push(with_sums(&scene));
    scene.today = scene.today.quarter().next().first_day();
    let mut next = scene.report();
    next.sums = scene.sums(Dimension::Kind, 0, next.to, &[&[0, 1], &[2]]);
    let why = format!("entries before {} are in a sum of kind already", next.from);
    refused(&scene, next, 12, &why);
}

#[test]
fn a_sum_may_wait_for_enough_cases_and_cover_more_than_one_quarter() {
    let mut scene = quarter();
    scene.push(scene.report());
    scene.today = scene.today.quarter().next().first_day();
    let mut next = scene.report();
    next.sums = scene.sums(Dimension::Kind, 0, next.to, &[&[0, 1], &[2]]);
    scene.push(next);
    assert_eq!(scene.ledger.reports().summed(Dimension::Region), 0);
}

#[test]
fn sums_in_one_region_cannot_be_divided() {
    let scene = quarter();
    let europe = Region::Europe as usize;
    let others: Vec<usize> = (0..Region::ALL.len())
        .filter(|region| *region != europe)
        .collect();
    let mut report = scene.report();
    report.sums = scene.sums(Dimension::Region, 0, report.to, &[&others, &[europe]]);
    let why = "the sums of region: a group of 0 cases is too small to be opened";
    refused(&scene, report, 12, why);
    assert_eq!("europe".parse(), Ok(Place::Region(Region::Europe)));
}
