use super::*;
use crate::entry::{Category, Entry, SubjectKind};
use crate::ledger::Violation;
use crate::testing::{Scene, seed, signatures};
use crate::tree::Hash;
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;

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
        let mut moderators = BTreeMap::new();
        for number in 1..=3_u16 {
            let key = SigningKey::from_bytes(&seed(&format!("moderator {number}")));
            scene.push(Moderator {
                number,
                key: key.verifying_key().to_bytes(),
                duty: Duty::On,
            });
            moderators.insert(number, key);
        }
        Self { scene, moderators }
    }

    /// An ordinary decision by one person.
    fn decision(&self, act: Act) -> Decision {
        Decision {
            number: self.scene.ledger.moderation().decided() + 1,
            subject: Hash(seed("subject")),
            of_kind: SubjectKind::Channel,
            act,
            scope: Scope::World,
            until: None,
            settles: None,
            clause: "fraud.1".into(),
            terms: 1,
            category: Category::Fraud,
            source: Source::Report,
            received: Hour::first_of(self.scene.today),
            country: None,
            found_by: Decider::Person,
            decided_by: Decider::Person,
            authority: None,
            statement: Hash(seed("statement")),
        }
    }

    fn decide(&mut self, decision: Decision, by: &[u16]) -> Result<u64, Violation> {
        let mut entry = Entry::new(self.scene.today, decision);
        let message = entry.message("demo.example/log");
        let mut signers = self.moderators.clone();
        signers.retain(|number, _| by.contains(number));
        entry.by = signatures(&signers, &message, usize::MAX);
        self.scene.try_push(&entry)
    }

    fn appeal(&mut self, decision: u64) -> Result<u64, Violation> {
        let text = Hash(seed("appeal"));
        let entry = Entry::new(self.scene.today, Appeal { decision, text });
        self.scene.try_push(&entry)
    }

    fn settling(&self, act: Act, source: Source, settles: u64) -> Decision {
        Decision {
            source,
            settles: Some(settles),
            ..self.decision(act)
        }
    }

    fn machine(&self, act: Act, days: u32) -> Decision {
        Decision {
            source: Source::Machine,
            until: Some(Hour::first_of(self.scene.today.plus(days))),
            found_by: Decider::Machine,
            decided_by: Decider::Machine,
            ..self.decision(act)
        }
    }
}

fn refused(result: Result<u64, Violation>, rule: u8, why: &str) {
    let violation = result.expect_err("the log refuses it");
    assert_eq!((violation.rule, violation.why.as_str()), (rule, why));
}

#[test]
fn a_decision_is_signed_by_somebody_who_moderates() {
    let mut town = Town::new();
    let decision = town.decision(Act::Delist);
    refused(
        town.decide(decision.clone(), &[]),
        15,
        "delist is decided by 1",
    );
    let key = town.moderators[&3].verifying_key().to_bytes();
    town.scene.push(Moderator {
        number: 3,
        key,
        duty: Duty::Off,
    });
    refused(
        town.decide(decision.clone(), &[3]),
        15,
        "3 does not moderate",
    );
    let strangers = SigningKey::from_bytes(&seed("stranger"));
    let own = town.moderators.insert(1, strangers).unwrap();
    let why = "the signature of moderator 1 does not verify";
    refused(town.decide(decision.clone(), &[1]), 15, why);
    town.moderators.insert(1, own);
    town.decide(decision, &[1]).unwrap();
}

#[test]
fn decisions_are_numbered_without_a_gap() {
    let mut town = Town::new();
    let decision = Decision {
        number: 2,
        ..town.decision(Act::Delist)
    };
    refused(town.decide(decision, &[1]), 15, "the next decision is 1");
}

#[test]
fn a_countrys_law_reaches_that_country_alone() {
    let mut town = Town::new();
    let under = |clause: &str, scope, decision| Decision {
        clause: clause.into(),
        scope,
        ..decision
    };
    let here = |codes: &[&str]| {
        let codes = codes.iter().map(|code| code.parse().unwrap());
        Scope::Countries(codes.collect())
    };
    let why = "a clause of the annex of DE reaches further than there";
    for wider in [Scope::World, here(&["DE", "FR"]), here(&["FR"])] {
        let decision = under("annex.DE.1", wider, town.decision(Act::Restrict));
        refused(town.decide(decision, &[1]), 15, why);
    }
    let right = under("annex.EU.1", here(&["DE"]), town.decision(Act::Restrict));
    let why = "a clause of the annex of EU reaches further than there";
    refused(town.decide(right, &[1]), 15, why);
    let there = under("annex.DE.1", here(&["DE"]), town.decision(Act::Restrict));
    town.decide(there, &[1]).unwrap();
    let nothing = under("annex.DE.1", Scope::World, town.decision(Act::Nothing));
    town.decide(nothing, &[1]).unwrap();
}

#[test]
fn something_grave_is_decided_by_two() {
    let mut town = Town::new();
    for act in [Act::Block, Act::Freeze, Act::Remove] {
        let decision = town.decision(act);
        let why = format!("{act} is decided by 2");
        refused(town.decide(decision.clone(), &[1]), 15, &why);
        town.decide(decision, &[1, 2]).unwrap();
    }
}

#[test]
fn a_machine_hides_for_72_hours_and_does_nothing_else() {
    let mut town = Town::new();
    let forever = Decision {
        until: None,
        ..town.machine(Act::Delist, 4)
    };
    let why = "what a machine does ends within 72 hours unless a person confirms it";
    refused(town.decide(forever, &[]), 15, why);
    let longer = town.machine(Act::Delist, 5);
    refused(town.decide(longer, &[]), 15, why);
    let frozen = town.machine(Act::Freeze, 1);
    refused(town.decide(frozen, &[]), 15, "a machine may not freeze");
    let hidden = town.machine(Act::Delist, 4);
    town.decide(hidden, &[]).unwrap();

    // A person confirms it: their decision takes its place.
    let confirmed = town.settling(Act::Delist, Source::Machine, 1);
    town.decide(confirmed, &[1]).unwrap();
    let moderation = town.scene.ledger.moderation();
    assert_eq!(moderation.decision(1).unwrap().settled, Some(2));
    let in_a_year = START.plus(365).start_unix();
    assert!(moderation.decision(2).unwrap().is_in_force(in_a_year));
}

#[test]
fn a_decision_is_undone_once() {
    let mut town = Town::new();
    town.decide(town.decision(Act::Delist), &[1]).unwrap();
    let nameless = town.decision(Act::Undo);
    let why = "it names no decision that it undoes or upholds";
    refused(town.decide(nameless, &[1]), 16, why);
    let undo = town.settling(Act::Undo, Source::Own, 1);
    let other = Decision {
        subject: Hash(seed("another")),
        ..undo.clone()
    };
    let why = "decision 1 is about something else";
    refused(town.decide(other, &[1]), 16, why);
    town.decide(undo, &[1]).unwrap();
    let moderation = town.scene.ledger.moderation();
    assert!(
        !moderation
            .decision(1)
            .unwrap()
            .is_in_force(START.start_unix())
    );
    let again = town.settling(Act::Undo, Source::Own, 1);
    refused(
        town.decide(again, &[1]),
        16,
        "decision 1 is settled already",
    );
    let undone = town.settling(Act::Undo, Source::Own, 2);
    refused(
        town.decide(undone, &[1]),
        16,
        "decision 2 has changed nothing",
    );
}

#[test]
fn an_appeal_is_heard_by_somebody_else() {
    let mut town = Town::new();
    town.decide(town.decision(Act::Delist), &[1]).unwrap();
    let uncontested = town.settling(Act::Uphold, Source::Appeal, 1);
    let why = "decision 1 is not contested";
    refused(town.decide(uncontested.clone(), &[2]), 16, why);
    town.appeal(1).unwrap();
    refused(town.appeal(1), 16, "decision 1 is contested already");
    let why = "moderator 1 decided 1 and hears the appeal";
    refused(town.decide(uncontested.clone(), &[1]), 16, why);
    refused(town.decide(uncontested, &[1, 2]), 16, why);
    town.decide(town.settling(Act::Uphold, Source::Appeal, 1), &[2])
        .unwrap();

    town.appeal(1).unwrap();
    town.decide(town.settling(Act::Undo, Source::Appeal, 1), &[3])
        .unwrap();
    refused(town.appeal(1), 16, "decision 1 is not in force");
}

#[test]
fn a_decision_is_contested_twice_at_most() {
    let mut town = Town::new();
    town.decide(town.decision(Act::Delist), &[1]).unwrap();
    for _ in 0..2 {
        town.appeal(1).unwrap();
        let upheld = town.settling(Act::Uphold, Source::Appeal, 1);
        town.decide(upheld, &[2]).unwrap();
    }
    refused(town.appeal(1), 16, "decision 1 was contested 2 times");
}

#[test]
fn an_appeal_that_nobody_hears_is_overdue() {
    let mut town = Town::new();
    town.decide(town.decision(Act::Delist), &[1]).unwrap();
    town.appeal(1).unwrap();
    let found = |day: u32| {
        let findings = town.scene.ledger.findings(START.plus(day));
        findings.into_iter().any(|finding| finding.rule == 16)
    };
    assert!(!found(APPEAL_DAYS));
    assert!(found(APPEAL_DAYS + 1));
}

#[test]
fn an_order_names_its_authority_and_nothing_else_does() {
    let mut town = Town::new();
    let why = "an order, and only one, names its authority";
    let nameless = Decision {
        source: Source::Order,
        ..town.decision(Act::Delist)
    };
    refused(town.decide(nameless.clone(), &[1]), 15, why);
    let report = Decision {
        authority: Some(1),
        ..town.decision(Act::Delist)
    };
    refused(town.decide(report, &[1]), 15, why);
    let order = Decision {
        authority: Some(1),
        ..nameless
    };
    town.decide(order, &[1]).unwrap();
}

#[test]
fn later_terms_are_published_two_weeks_ahead() {
    let mut town = Town::new();
    let mut terms = Terms {
        version: 2,
        bundle: Hash(seed("terms 2")),
        effective: START.plus(13),
    };
    let entry = Entry::new(START, terms.clone());
    let why = format!("it would hold before {}", START.plus(14));
    refused(town.scene.try_push(&entry), 17, &why);
    terms.effective = START.plus(14);
    town.scene.push(terms);
}

#[test]
fn a_decision_cites_the_terms_in_force_on_its_day() {
    let mut town = Town::new();
    let under = |town: &Town, terms| Decision {
        terms,
        ..town.decision(Act::Delist)
    };
    let none = under(&town, 2);
    refused(town.decide(none, &[1]), 15, "the terms have no version 2");
    let holds_from = START.plus(20);
    town.scene.push(Terms {
        version: 2,
        bundle: Hash(seed("terms 2")),
        effective: holds_from,
    });
    town.decide(under(&town, 1), &[1]).unwrap();
    town.scene.today = Day(holds_from.0 - 1);
    let why = "version 2 of the terms is not in force yet";
    refused(town.decide(under(&town, 2), &[1]), 15, why);

    town.scene.today = holds_from;
    town.decide(under(&town, 2), &[1]).unwrap();
    // It was decided before midnight and entered after.
    town.decide(under(&town, 1), &[1]).unwrap();
    town.scene.today = holds_from.plus(1);
    let why = "version 1 of the terms was replaced by 2";
    refused(town.decide(under(&town, 1), &[1]), 15, why);

    // What was decided by the first version is taken back by it as well.
    let undo = Decision {
        terms: 1,
        ..town.settling(Act::Undo, Source::Own, 1)
    };
    town.decide(undo, &[1]).unwrap();
    let other = Decision {
        terms: 1,
        ..town.settling(Act::Undo, Source::Own, 2)
    };
    refused(town.decide(other, &[1]), 15, why);
}

#[test]
fn a_number_and_a_key_stay_with_their_moderator() {
    let mut town = Town::new();
    let key = town.moderators[&1].verifying_key().to_bytes();
    let again = Moderator {
        number: 4,
        key,
        duty: Duty::On,
    };
    let entry = Entry::new(START, again);
    let why = "another moderator has this key";
    refused(town.scene.try_push(&entry), 14, why);
    let off = Moderator {
        number: 1,
        key: seed("other"),
        duty: Duty::Off,
    };
    let entry = Entry::new(START, off);
    refused(
        town.scene.try_push(&entry),
        14,
        "moderator 1 has another key",
    );
}

#[test]
fn only_an_announcement_has_a_text() {
    let mut town = Town::new();
    let why = "an announcement, and nothing else, has a text";
    for what in Errand::ALL {
        let text = (*what != Errand::Announcement).then(|| Hash(seed("text")));
        let deed = Deed {
            what: *what,
            count: 1,
            text,
        };
        refused(town.scene.try_push(&Entry::new(START, deed)), 18, why);
    }
}

#[test]
fn no_more_accounts_cease_to_be_staffs_than_there_were() {
    let mut town = Town::new();
    let deed = |what| Deed {
        what,
        count: 1,
        text: None,
    };
    town.scene.push(deed(Errand::Staff));
    town.scene.push(deed(Errand::NoStaff));
    let entry = Entry::new(START, deed(Errand::NoStaff));
    let why = "more accounts are staff's no longer than there were";
    refused(town.scene.try_push(&entry), 18, why);
}
