//! The record of a statement for the European database of statements of reasons.
//!
//! Source of its fields and words: the database's own interface
//! (<https://transparency.dsa.ec.europa.eu/page/api-documentation>). A record has no personal data: its
//! facts are those that the log's public fields tell, never the moderator's words.

use super::{day, what_is_done};
use crate::cases::Origin;
use crate::decisions::Decided;
use crate::terms;
use heliograph_model::Territory;
use heliograph_transparency::entry::Act;
use serde_json::{Map, Value, json};

/// The countries of which the database speaks: those of the European Economic Area.
const EEA: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// The record of a decision with this number in the log of this origin; `None` for what changes
/// nothing, and for what holds outside of the European Economic Area only.
pub fn record(decided: &Decided, number: u64, origin: &str) -> Option<Value> {
    let verdict = &decided.verdict;
    let clause = terms::version(decided.terms)?.clause(&verdict.clause)?;
    let category = verdict.category.word().replace('-', "_").to_uppercase();
    let fields = json!({
        "puid": puid(origin, number),
        "decision_facts": format!("Under the clause on {}: {}", clause.title, what_is_done(decided)),
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": format!(
            "Clause {} of the terms, version {}",
            clause.id, decided.terms
        ),
        "incompatible_content_explanation": clause.text,
        "category": format!("STATEMENT_CATEGORY_{category}"),
        "source_type": source_type(decided.origin),
        "automated_detection": if decided.found_by_machine { "Yes" } else { "No" },
        "automated_decision": automated(decided),
        "application_date": day(decided.at).to_string(),
        "content_date": day(decided.received).to_string(),
    });
    let Value::Object(mut record) = fields else {
        return None;
    };
    add_content_type(&mut record, &decided.kind);
    add_decision(&mut record, decided)?;
    if let Territory::Countries(countries) = &verdict.territory {
        let within: Vec<&String> = countries
            .iter()
            .filter(|country| EEA.contains(&country.as_str()))
            .collect();
        if within.is_empty() {
            return None;
        }
        record.insert("territorial_scope".into(), json!(within));
    }
    Some(Value::Object(record))
}

/// What names the statement among all of the platform's: letters, digits, `-` and `_` only.
fn puid(origin: &str, number: u64) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    let origin: String = origin.chars().map(plain).take(400).collect();
    format!("{origin}-{number}")
}

fn source_type(origin: Origin) -> &'static str {
    match origin {
        Origin::Report | Origin::Search | Origin::Order(_) => "SOURCE_TYPE_OTHER_NOTIFICATION",
        Origin::Notice => "SOURCE_ARTICLE_16",
        Origin::Machine
        | Origin::Own
        | Origin::Appeal
        | Origin::SecondLook
        | Origin::Refused
        | Origin::Sampled => "SOURCE_VOLUNTARY",
    }
}

fn automated(decided: &Decided) -> &'static str {
    if decided.is_by_machine() {
        "AUTOMATED_DECISION_FULLY"
    } else if decided.found_by_machine {
        "AUTOMATED_DECISION_PARTIALLY"
    } else {
        "AUTOMATED_DECISION_NOT_AUTOMATED"
    }
}

fn add_content_type(record: &mut Map<String, Value>, kind: &str) {
    let text = matches!(kind, "post" | "term");
    let content = if text {
        "CONTENT_TYPE_TEXT"
    } else {
        "CONTENT_TYPE_OTHER"
    };
    record.insert("content_type".into(), json!([content]));
    if !text {
        record.insert("content_type_other".into(), json!(kind));
    }
}

/// What was decided, in the one of the database's fields that fits, and until when.
fn add_decision(record: &mut Map<String, Value>, decided: &Decided) -> Option<()> {
    let (field, word, end) = match decided.verdict.act {
        Act::Nothing | Act::Undo | Act::Uphold => return None,
        Act::Freeze => (
            "decision_account",
            json!("DECISION_ACCOUNT_SUSPENDED"),
            "end_date_account_restriction",
        ),
        Act::Limit => (
            "decision_provision",
            json!("DECISION_PROVISION_PARTIAL_SUSPENSION"),
            "end_date_service_restriction",
        ),
        act => (
            "decision_visibility",
            json!([visibility(act)]),
            "end_date_visibility_restriction",
        ),
    };
    record.insert(field.into(), word);
    if let Some(until) = decided.verdict.until {
        record.insert(end.into(), json!(day(until).to_string()));
    }
    Some(())
}

fn visibility(act: Act) -> &'static str {
    match act {
        // Its exact name still leads to it.
        Act::Demote | Act::Hold | Act::Delist => "DECISION_VISIBILITY_CONTENT_DEMOTED",
        Act::WarnScam | Act::WarnFake => "DECISION_VISIBILITY_CONTENT_LABELLED",
        Act::Remove => "DECISION_VISIBILITY_CONTENT_REMOVED",
        _ => "DECISION_VISIBILITY_CONTENT_DISABLED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decisions::{Progress, Verdict};
    use crate::reasons::REASONS;
    use crate::subject::Subject;
    use heliograph_model::{UnixMs, UserId};
    use heliograph_transparency::entry::{Category, SubjectKind};

    const NOW: UnixMs = UnixMs(1_800_000_000_000);

    fn decided(act: Act, category: Category, origin: Origin, kind: SubjectKind) -> Decided {
        Decided {
            id: 1,
            case: None,
            subject: Subject::User(UserId(7_654_321)),
            verdict: Verdict {
                act,
                territory: Territory::World,
                until: Some(NOW.plus_seconds(86_400)),
                clause: "fraud.3".into(),
                category,
                facts: "Klara Person, +49 30 123456, klara@person.example".into(),
            },
            settles: None,
            origin,
            received: NOW,
            found_by_machine: origin == Origin::Machine,
            by: if origin == Origin::Machine {
                vec![]
            } else {
                vec![3]
            },
            at: NOW,
            owner: Some(UserId(1_234_567)),
            country: Some("DE".into()),
            kind: kind.word().into(),
            terms: 1,
            salt: [7; 32],
            state: Progress::Waiting,
            settled: None,
            appeals: 0,
            told: None,
        }
    }

    /// What the database would say of a record; nothing of a sound one.
    fn faults(record: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        let text = |field: &str| record[field].as_str().unwrap_or_default();
        for (field, most) in [
            ("decision_facts", 5_000),
            ("incompatible_content_ground", 500),
            ("incompatible_content_explanation", 2_000),
            ("puid", 500),
        ] {
            if text(field).is_empty() || text(field).chars().count() > most {
                faults.push(format!("{field}: {}", record[field]));
            }
        }
        let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if !text("puid").chars().all(sound) {
            faults.push(format!("puid {}", record["puid"]));
        }
        let decisions = [
            "decision_visibility",
            "decision_provision",
            "decision_account",
        ];
        if !decisions.iter().any(|field| record.get(*field).is_some()) {
            faults.push("no decision".into());
        }
        let other = record["content_type"] == json!(["CONTENT_TYPE_OTHER"]);
        if other != record.get("content_type_other").is_some() {
            faults.push("content type".into());
        }
        for field in ["application_date", "content_date"] {
            if text(field).len() != 10 {
                faults.push(field.into());
            }
        }
        faults
    }

    #[test]
    fn every_measure_of_every_origin_makes_a_record_that_the_database_takes() {
        let mut made = 0;
        let origins = [
            Origin::Report,
            Origin::Notice,
            Origin::Search,
            Origin::Machine,
            Origin::Own,
            Origin::Order(3),
            Origin::Appeal,
            Origin::SecondLook,
            Origin::Refused,
            Origin::Sampled,
        ];
        for act in Act::ALL.iter().filter(|act| act.is_measure()) {
            for category in Category::ALL {
                for origin in origins {
                    for kind in SubjectKind::ALL {
                        for reason in REASONS {
                            let mut decided = decided(*act, *category, origin, *kind);
                            decided.verdict.clause = reason.clause.into();
                            let record = record(&decided, 12, "chat.example/log").unwrap();
                            assert_eq!(faults(&record), [""; 0], "{record}");
                            let said = record.to_string();
                            for personal in ["Klara", "123456", "@", "1234567", "7654321"] {
                                assert!(!said.contains(personal), "{personal}: {said}");
                            }
                            made += 1;
                        }
                    }
                }
            }
        }
        assert!(made > 10_000, "{made}");
    }

    #[test]
    fn what_holds_elsewhere_alone_or_changes_nothing_has_no_record() {
        let mut delisted = decided(
            Act::Delist,
            Category::Fraud,
            Origin::Own,
            SubjectKind::Channel,
        );
        let countries = |codes: &[&str]| {
            let codes = codes.iter().map(|code| (*code).to_owned());
            Territory::Countries(codes.collect())
        };
        delisted.verdict.territory = countries(&["BR", "DE"]);
        let made = record(&delisted, 1, "x").unwrap();
        assert_eq!(made["territorial_scope"], json!(["DE"]));
        delisted.verdict.territory = countries(&["BR"]);
        assert_eq!(record(&delisted, 1, "x"), None);
        delisted.verdict.act = Act::Undo;
        delisted.verdict.territory = Territory::World;
        assert_eq!(record(&delisted, 1, "x"), None);
    }
}
