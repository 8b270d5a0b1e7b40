use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use expect_test::expect;

use super::*;
use crate::entry::{
    Appeal, Category, Decision, Deed, Duty, Entry, Errand, Moderator, Scope, SubjectKind, Terms,
};
use crate::testing::{Scene, seed, signatures};
use crate::tree::Hash;

/// 2026-11-23, so that the second week lies in December.
const START: Day = Day(20_780);

/// A log with terms and three moderators.
struct Town {
    scene: Scene,
    moderators: BTreeMap<u16, SigningKey>,
}

impl Town {
    fn new() -> Self {
        let mut scene = Scene::new("demo.example/log", START);
        scene.push(Terms {
            version: 1,
            bundle: Hash(seed("terms")),
            effective: START,
        });
        let key = |number: u16| SigningKey::from_bytes(&seed(&format!("moderator {number}")));
        let moderators: BTreeMap<u16, SigningKey> = (1..=3).map(|n| (n, key(n))).collect();
        for (number, key) in &moderators {
            scene.push(Moderator {
                number: *number,
                key: key.verifying_key().to_bytes(),
                duty: Duty::On,
            });
        }
        Self { scene, moderators }
    }

    /// Adds a decision, received so many days before today; returns its number.
    fn decide(
        &mut self,
        act: Act,
        by: &[u16],
        days: u32,
        change: impl FnOnce(&mut Decision),
    ) -> u64 {
        let today = self.scene.today;
        let number = self.scene.ledger.moderation().decided() + 1;
        let machine = by.is_empty();
        let mut decision = Decision {
            number,
            subject: Hash(seed("subject")),
            of_kind: SubjectKind::Channel,
            act,
            scope: Scope::World,
            until: machine.then(|| Hour::first_of(today.plus(3))),
            settles: None,
            clause: "fraud.1".into(),
            terms: 1,
            category: Category::Fraud,
            source: if machine {
                Source::Machine
            } else {
                Source::Report
            },
            received: Hour::first_of(Day(today.0 - days)),
            country: "DE".parse().ok(),
            found_by: if machine {
                Decider::Machine
            } else {
                Decider::Person
            },
            decided_by: if machine {
                Decider::Machine
            } else {
                Decider::Person
            },
            authority: None,
            statement: Hash(seed("statement")),
        };
        change(&mut decision);
        let mut entry = Entry::new(today, decision);
        let message = entry.message("demo.example/log");
        let mut signers = self.moderators.clone();
        signers.retain(|number, _| by.contains(number));
        entry.by = signatures(&signers, &message, usize::MAX);
        self.scene.try_push(&entry).expect("the log takes it");
        number
    }

    fn appeal(&mut self, decision: u64) {
        let text = Hash(seed("appeal"));
        self.scene.push(Appeal { decision, text });
    }

    fn rows(&self) -> Vec<Row> {
        rows(&self.scene.ledger)
    }

    fn value(&self, measure: Measure, word: &str) -> u64 {
        let rows = self.rows();
        let mut own = rows
            .iter()
            .filter(|row| row.month == "all" && row.measure == measure && row.word == word);
        own.next().map_or(0, |row| row.value)
    }
}

fn settling(number: u64, source: Source) -> impl FnOnce(&mut Decision) {
    move |decision| {
        decision.settles = Some(number);
        decision.source = source;
    }
}

#[test]
fn the_same_log_gives_the_same_table() {
    let mut town = Town::new();
    town.decide(Act::Delist, &[1], 1, |_| ());
    town.scene.today = START.plus(14);
    let second = town.decide(Act::WarnScam, &[1], 3, |decision| {
        decision.country = None;
        decision.clause = "a,\"b".into();
    });
    town.appeal(second);
    let undo = settling(second, Source::Appeal);
    town.decide(Act::Undo, &[2], 0, undo);
    let csv = to_csv(&town.rows()).replace('\r', "");
    expect![[r#"
        month,measure,word,value
        all,act,delist,1
        all,act,undo,1
        all,act,warn-scam,1
        all,clause,"a,""b",1
        all,clause,fraud.1,2
        all,category,scams-and-fraud,3
        all,source,appeal,1
        all,source,report,2
        all,country,DE,2
        all,country,unknown,1
        all,subject,channel,3
        all,appeals,filed,1
        all,appeals,overturned,1
        all,hours,median,48
        all,hours,p90,96
        all,appeal-hours,median,24
        all,appeal-hours,p90,24
        2026-11,act,delist,1
        2026-11,clause,fraud.1,1
        2026-11,category,scams-and-fraud,1
        2026-11,source,report,1
        2026-11,country,DE,1
        2026-11,subject,channel,1
        2026-11,hours,median,48
        2026-11,hours,p90,48
        2026-12,act,undo,1
        2026-12,act,warn-scam,1
        2026-12,clause,"a,""b",1
        2026-12,clause,fraud.1,1
        2026-12,category,scams-and-fraud,2
        2026-12,source,appeal,1
        2026-12,source,report,1
        2026-12,country,DE,1
        2026-12,country,unknown,1
        2026-12,subject,channel,2
        2026-12,appeals,filed,1
        2026-12,appeals,overturned,1
        2026-12,hours,median,96
        2026-12,hours,p90,96
        2026-12,appeal-hours,median,24
        2026-12,appeal-hours,p90,24
    "#]]
    .assert_eq(&csv);
}

#[test]
fn a_month_adds_up_to_all_time() {
    let mut town = Town::new();
    for day in 0..40 {
        town.scene.today = START.plus(day);
        town.decide(Act::Demote, &[1], day % 3, |_| ());
    }
    let rows = town.rows();
    let sum = |all: bool| -> u64 {
        let counted = rows.iter().filter(|row| {
            (row.month == "all") == all
                && !matches!(row.measure, Measure::Hours | Measure::AppealHours)
        });
        counted.map(|row| row.value).sum()
    };
    assert_eq!(sum(true), sum(false));
    assert_eq!(town.value(Measure::Act, "demote"), 40);
}

#[test]
fn an_appeal_is_counted_by_what_came_of_it() {
    let mut town = Town::new();
    for _ in 0..4 {
        town.decide(Act::Delist, &[1], 0, |_| ());
    }
    for number in 1..=4 {
        town.appeal(number);
    }
    town.decide(Act::Undo, &[2], 0, settling(1, Source::Appeal));
    town.decide(Act::Uphold, &[2], 0, settling(2, Source::Appeal));
    town.decide(Act::Demote, &[2], 0, settling(3, Source::Appeal));
    let counted = ["filed", "overturned", "upheld", "replaced", "waiting"];
    let counted = counted.map(|word| town.value(Measure::Appeals, word));
    assert_eq!(counted, [4, 1, 1, 1, 1]);
    town.appeal(2);
    assert_eq!(town.value(Measure::Appeals, "filed"), 5);
    // What is undone before the appeal is heard is no appeal that was won.
    town.decide(Act::Undo, &[2], 0, settling(4, Source::Own));
    assert_eq!(town.value(Measure::Appeals, "overturned"), 1);
    assert_eq!(town.value(Measure::Undone, "undone"), 1);
}

#[test]
fn a_machines_measure_is_confirmed_taken_back_or_runs_out() {
    let mut town = Town::new();
    for _ in 0..3 {
        town.decide(Act::Delist, &[], 0, |_| ());
    }
    let found = |decision: &mut Decision| {
        decision.found_by = Decider::Machine;
        decision.source = Source::Machine;
    };
    town.decide(Act::Delist, &[1], 0, |decision| {
        found(decision);
        decision.settles = Some(1);
    });
    town.decide(Act::Undo, &[1], 0, |decision| {
        found(decision);
        decision.settles = Some(2);
    });
    let became = |town: &Town| {
        let words = ["confirmed", "taken-back", "open", "ran-out"];
        words.map(|word| town.value(Measure::MachineMeasures, word))
    };
    assert_eq!(became(&town), [1, 1, 1, 0]);
    assert_eq!(town.value(Measure::Machine, "decided"), 3);
    assert_eq!(town.value(Measure::Machine, "found"), 2);
    // Three days later by the log's own newest entry, not by anybody's clock.
    town.scene.today = START.plus(3);
    town.decide(Act::Nothing, &[1], 0, |_| ());
    assert_eq!(became(&town), [1, 1, 0, 1]);
}

#[test]
fn the_time_to_a_decision_counts_to_the_end_of_its_day() {
    let mut town = Town::new();
    town.scene.today = START.plus(10);
    for days in 0..10 {
        town.decide(Act::Nothing, &[1], days, |_| ());
    }
    let own = |decision: &mut Decision| decision.source = Source::Own;
    town.decide(Act::Nothing, &[1], 10, own);
    assert_eq!(town.value(Measure::Hours, "median"), 5 * 24);
    assert_eq!(town.value(Measure::Hours, "p90"), 9 * 24);
}

#[test]
fn an_empty_log_has_no_figures() {
    assert!(rows(&Scene::empty("demo.example/log", START).ledger).is_empty());
    assert!(Town::new().rows().is_empty());
}

#[test]
fn a_quarter_has_its_own_months_and_what_was_done_beside_decisions() {
    let mut town = Town::new();
    let deed = |count| Deed {
        what: Errand::Erased,
        count,
        text: None,
    };
    town.scene.push(deed(2));
    town.scene.today = START.plus(60);
    town.scene.push(deed(5));
    let rows = rows(&town.scene.ledger);
    let in_all = rows.iter().find(|row| row.month == "all").unwrap();
    assert_eq!((in_all.measure, in_all.value), (Measure::Deeds, 7));
    let quarter = of_quarter(rows, "2026Q4".parse().unwrap());
    let figures: Vec<_> = quarter.iter().map(|row| (&*row.month, row.value)).collect();
    assert_eq!(figures, [("2026-11", 2)]);
}
