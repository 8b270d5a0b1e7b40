//! From what was typed to a request, with every mistake named beside its field.

use super::upload::Typed;
use crate::counter::Sender;
use crate::texts;
use heliograph_disclosure::documents::{Documents, Upload};
use heliograph_disclosure::order::{Asked, OrderForm, TargetForm};
use heliograph_transparency::entry::Class;
use heliograph_transparency::regions::Country;
use std::collections::BTreeMap;

/// Longest text of signatures, in bytes; one has about 300.
const MAX_SIGNATURES_BYTES: usize = 16 * 1024;

/// Longest text about the sender, in bytes.
const MAX_SENDER_BYTES: usize = 200;

/// What is wrong, by the name of the field.
pub(super) type Wrong = BTreeMap<&'static str, String>;

/// Reads the order out of the page's form.
pub(super) fn order(typed: &Typed) -> OrderForm {
    let text = |field| typed.one(field).to_owned();
    let target = text("targets");
    let target = match typed.one("target_kind") {
        "account" => Some(TargetForm::Account(target)),
        "username" => Some(TargetForm::Username(target)),
        "number" => Some(TargetForm::Number(target)),
        "address" => Some(TargetForm::Address(target)),
        _ => None,
    };
    let gag = match typed.one("gag") {
        "until" => text("gag_until"),
        other => other.to_owned(),
    };
    let emergency = typed.one("priority") == "emergency";
    OrderForm {
        official: text("official"),
        role: text("role"),
        file_reference: text("file_reference"),
        legal_basis: text("legal_basis"),
        offence: text("offence"),
        suspect: text("suspect"),
        clause: text("clause"),
        necessity: text("necessity"),
        targets: target.into_iter().collect(),
        from: minute(typed.one("from")),
        to: minute(typed.one("to")),
        data: typed.all("data").to_vec(),
        purpose: text("purpose"),
        priority: text("priority"),
        // The field is on the page in any case; what an ordinary request says there is not meant.
        threat: if emergency {
            text("threat")
        } else {
            String::new()
        },
        gag,
        delivery: text("delivery"),
    }
}

/// A minute as browsers send it, `2026-10-01T00:00`, in the form of an order. It is asked for in
/// UTC.
fn minute(text: &str) -> String {
    if text.is_empty() || text.ends_with('Z') {
        text.to_owned()
    } else {
        format!("{text}Z")
    }
}

/// Reads who sends it out of the page's form.
pub(super) fn sender(typed: &Typed) -> Sender {
    Sender {
        authority: typed.one("authority").parse().ok(),
        name: typed.one("name").to_owned(),
        country: typed.one("country").to_owned(),
        class: typed.one("class").to_owned(),
        contact: typed.one("contact").to_owned(),
        access_key: typed.one("access_key").to_owned(),
        signatures: typed.one("signatures").to_owned(),
    }
}

/// Everything that is wrong with a request, not only the first thing.
pub(super) fn check(sender: &Sender, form: &OrderForm, documents: &[Upload], now_s: u64) -> Wrong {
    let mut wrong = Wrong::new();
    check_sender(sender, &mut wrong);
    check_order(form, now_s, &mut wrong);
    if let Err(error) = Documents::check(documents) {
        wrong.insert("documents", format!("{}.", capital(&error.to_string())));
    }
    wrong
}

fn check_sender(sender: &Sender, wrong: &mut Wrong) {
    let mut line = |field, text: &str| {
        let why = if text.is_empty() {
            "is empty"
        } else if text.len() > MAX_SENDER_BYTES {
            "is longer than 200 bytes"
        } else if text.chars().any(char::is_control) {
            "holds control characters"
        } else {
            return;
        };
        wrong.insert(field, sentence(field, why));
    };
    line("name", &sender.name);
    line("contact", &sender.contact);
    // What is no key is treated as none; only its length is bounded.
    if !sender.access_key.is_empty() {
        line("access_key", &sender.access_key);
    }
    if sender.signatures.len() > MAX_SIGNATURES_BYTES {
        wrong.insert("signatures", sentence("signatures", "is too long"));
    }
    if sender.country.parse::<Country>().is_err() {
        wrong.insert("country", sentence("country", "is not chosen"));
    }
    if Class::from_word(&sender.class).is_none() {
        wrong.insert("class", sentence("class", "is not chosen"));
    }
}

/// The order is read by the desk's own parser, which stops at the first mistake. So each mistake
/// is noted and mended in a copy, until the parser is content.
fn check_order(form: &OrderForm, now_s: u64, wrong: &mut Wrong) {
    let mut copy = form.clone();
    while let Err(error) = Asked::parse(&copy, now_s) {
        let known = wrong
            .insert(error.field, sentence(error.field, error.why))
            .is_some();
        // One field may be at fault for a second reason after it was mended, never for a third.
        if !mend(&mut copy, error.field) || known {
            return;
        }
    }
}

/// Puts a value into a field that the parser accepts. False for a field that it does not know.
fn mend(form: &mut OrderForm, field: &str) -> bool {
    let some = || "-".to_owned();
    match field {
        "official" => form.official = some(),
        "role" => form.role = some(),
        "file_reference" => form.file_reference = some(),
        "legal_basis" => form.legal_basis = some(),
        "offence" => form.offence = some(),
        "suspect" => form.suspect = some(),
        "clause" => form.clause = some(),
        "necessity" => form.necessity = some(),
        "threat" if form.priority == "emergency" => form.threat = some(),
        "threat" => form.threat.clear(),
        "targets" => form.targets = vec![TargetForm::Account("1".into())],
        "from" => form.from = "2000-01-01T00:00Z".into(),
        // The end is named as well where the span of both is at fault.
        "to" => {
            form.from = "2000-01-01T00:00Z".into();
            form.to = "2000-01-01T00:00Z".into();
        }
        "data" => form.data = vec!["phone".into()],
        "purpose" => form.purpose = "disclose".into(),
        "priority" => {
            form.priority = "normal".into();
            form.threat.clear();
        }
        "gag" => form.gag = "none".into(),
        "delivery" => form.delivery = "passphrase".into(),
        _ => return false,
    }
    true
}

/// What is wrong with a field, in a sentence that names it.
fn sentence(field: &'static str, why: &str) -> String {
    let label = texts::FIELDS.iter().find(|(name, ..)| *name == field);
    let label = label.map_or(field, |(_, label, _)| label);
    format!("“{label}” {why}.")
}

/// A sentence of ours that begins small, with a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sound;

    const NOW_S: u64 = 1_795_255_500;

    fn wrong(change: impl FnOnce(&mut OrderForm)) -> Vec<&'static str> {
        let (sender, mut form, documents) = sound();
        change(&mut form);
        check(&sender, &form, &documents, NOW_S)
            .into_keys()
            .collect()
    }

    #[test]
    fn a_sound_request_has_nothing_wrong() {
        assert!(wrong(|_| ()).is_empty());
    }

    #[test]
    fn every_mistake_of_an_empty_form_is_named_at_once() {
        let all = check(&Sender::default(), &OrderForm::default(), &[], NOW_S);
        let fields: Vec<_> = all.keys().copied().collect();
        let expected = [
            "class",
            "clause",
            "contact",
            "country",
            "data",
            "delivery",
            "documents",
            "file_reference",
            "from",
            "gag",
            "legal_basis",
            "name",
            "necessity",
            "offence",
            "official",
            "priority",
            "purpose",
            "role",
            "suspect",
            "targets",
            "to",
        ];
        assert_eq!(fields, expected);
        for text in all.values() {
            assert!(text.ends_with('.') && text.len() > 12, "{text}");
        }
    }

    #[test]
    fn a_span_that_is_wrong_is_named_at_its_end() {
        assert_eq!(wrong(|form| form.to = "2020-01-01T00:00Z".into()), ["to"]);
    }

    #[test]
    fn an_emergency_without_a_threat_lacks_it() {
        assert_eq!(wrong(|form| form.priority = "emergency".into()), ["threat"]);
    }
}
