use expect_test::expect;

use super::*;
use crate::entry::{Dimension, Kinds, Outcome, Priority};
use crate::testing::{Scene, TestCase};

const START: Day = Day(20_780);

/// Two quarters: twelve requests in the first, one of them still hidden; a report after each.
fn scene() -> Scene {
    let mut scene = Scene::new("demo.example/log", START);
    for number in 0..12_u32 {
        let case = TestCase {
            country: if number < 6 { "DE" } else { "FR" },
            kinds: if number % 2 == 0 {
                Kinds::Phone
            } else {
                Kinds::Both
            },
            priority: if number == 1 {
                Priority::Emergency
            } else {
                Priority::Normal
            },
            due: START.plus(364),
            hour: number,
            ..TestCase::ordinary(START)
        };
        scene.today = START;
        let request = scene.push_request(case);
        let outcome = if number < 7 {
            Outcome::Delivered
        } else {
            Outcome::Incomplete
        };
        scene.push_closed(request, outcome);
        if number > 0 {
            scene.push_reveal(request);
        }
        if number == 2 {
            scene.push_told(request);
        }
    }
    let mut report = {
        scene.today = scene.today.quarter().next().first_day();
        scene.report()
    };
    report.sums = scene.sums(Dimension::Kind, 0, report.to, &[&[0, 1], &[2]]);
    scene.push(report);
    scene
}

#[test]
fn a_report_says_what_each_figure_rests_on() {
    let scene = scene();
    let rows = rows(&scene.ledger, Some("2026Q4".parse().unwrap()));
    let csv = to_csv(&rows);
    let shown: Vec<&str> = csv
        .split("\r\n")
        .filter(|line| !line.ends_with(",0"))
        .filter(|line| !line.contains(",region,") || line.contains("received"))
        .collect();
    expect![[r"
        quarter,level,place,basis,measure,value
        2026Q4,country,DE,revealed,both,3
        2026Q4,country,DE,revealed,delivered,5
        2026Q4,country,DE,revealed,emergency,1
        2026Q4,country,DE,revealed,median-hours,1
        2026Q4,country,DE,revealed,notices,1
        2026Q4,country,DE,revealed,p90-hours,1
        2026Q4,country,DE,revealed,phone,2
        2026Q4,country,DE,revealed,received,5
        2026Q4,country,DE,claimed,both,3
    "]]
    .assert_eq(&(shown[..10].join("\n") + "\n"));
    assert!(csv.contains("2026Q4,world,world,proved,received,12\r\n"));
    assert!(csv.contains("2026Q4,world,world,proved,phone+ip,6\r\n"));
    assert!(csv.contains("2026Q4,world,world,proved,accounts,7\r\n"));
    assert!(csv.contains("2026Q4,world,world,revealed,received,11\r\n"));
    assert!(csv.contains("2026Q4,region,europe,revealed,received,11\r\n"));
}

#[test]
fn the_same_log_gives_the_same_bytes() {
    let scene = scene();
    let mut replayed = crate::ledger::Ledger::new("demo.example/log");
    for (index, entry) in (0..).zip(&scene.entries) {
        replayed.apply(index, entry).unwrap();
    }
    let make = |ledger: &Ledger| {
        let rows = rows(ledger, None);
        (to_csv(&rows), to_json(ledger, &rows))
    };
    let (csv, json) = make(&replayed);
    assert_eq!((csv.clone(), json.clone()), make(&scene.ledger));
    let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(parsed["format"], "heliograph-report/1");
    assert_eq!(
        parsed["rows"].as_array().unwrap().len() + 2,
        csv.split("\r\n").count()
    );
}

#[test]
fn without_a_quarter_all_are_told_and_an_empty_log_has_none() {
    let scene = scene();
    let all = rows(&scene.ledger, None);
    let quarters: std::collections::BTreeSet<_> = all.iter().map(|row| &row.quarter).collect();
    assert_eq!(quarters.len(), 2);
    assert_eq!(rows(&Ledger::new("demo.example/log"), None), []);
}

#[test]
fn percentiles_are_by_nearest_rank() {
    assert_eq!(percentile(&[], 50), 0);
    assert_eq!(percentile(&[7], 90), 7);
    assert_eq!(percentile(&[1, 2, 3, 4], 50), 2);
    let ten: Vec<u32> = (1..=10).collect();
    assert_eq!((percentile(&ten, 50), percentile(&ten, 90)), (5, 9));
}
