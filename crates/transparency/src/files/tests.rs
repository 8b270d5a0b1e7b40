use serde_json::{Value, json};

use super::*;
use crate::case::Field;

fn b64(bytes: &[u8]) -> String {
    crate::encoding::to_base64(bytes)
}

fn bundle() -> Value {
    let fields: Vec<Value> = Field::ALL
        .iter()
        .map(|field| {
            let value = match field {
                Field::Received => "2026-11-20T09:30Z",
                Field::Country => "DE",
                Field::Class => "court",
                Field::Kinds => "both",
                Field::Gag => "none",
                _ => "something",
            };
            json!({"name": field.word(), "salt": b64(&[1; 32]), "value": value})
        })
        .collect();
    json!({
        "format": "heliograph-bundle/1",
        "origin": "demo.example/log",
        "log": {"from": 0, "entries": [b64(b"entry")], "checkpoint": "note"},
        "request": 131,
        "fields": fields,
        "documents": [{"name": "order.pdf", "sha256": b64(&[2; 32]), "bytes": b64(b"%PDF")}],
        "person": {"user_id": 7, "us": b64(&[3; 32])},
        "records": [b64(b"record")],
        "vault": {"entry": 128, "size": 4021, "places": [{"position": 17, "proof": [b64(&[4; 32])]}]},
        "preserved": null,
        "delivery": {"recipient": "passphrase", "fingerprint": "ab".repeat(32)},
        "findings": [{"question": "authority", "answer": "yes", "note": "known", "by": "A. Name"}],
    })
}

fn response() -> Value {
    json!({
        "format": "heliograph-response/1", "origin": "demo.example/log", "request": 131,
        "officer": 2, "verdict": "approve", "not_after": 1_795_300_000, "records_root": b64(&[1; 32]),
        "n": 1, "fingerprint": "ab".repeat(32), "officers": 4, "signature": b64(&[2; 64]),
        "partials": [b64(b"partial")], "checkpoint": {"size": 140, "root": b64(&[3; 32])},
    })
}

fn ask() -> Value {
    let approval = |officer| json!({"officer": officer, "signature": b64(&[1; 64]), "not_after": 1_795_300_000});
    json!({
        "format": "heliograph-ask/1", "origin": "demo.example/log", "open": 140,
        "records": [b64(b"record"), b64(b"another")], "positions": [1], "fingerprint": "ab".repeat(32),
        "approvals": [approval(1), approval(2)],
    })
}

type Reader = fn(&[u8]) -> Result<Vec<u8>, FileError>;

/// Every file, and a reader that writes it again.
fn files() -> Vec<(Value, Reader)> {
    vec![
        (bundle(), |bytes| {
            Bundle::parse(bytes).map(|file| file.to_bytes())
        }),
        (response(), |bytes| {
            Response::parse(bytes).map(|file| file.to_bytes())
        }),
        (ask(), |bytes| Ask::parse(bytes).map(|file| file.to_bytes())),
        (
            json!({"format": "heliograph-answer/1", "positions": [1], "partials": [b64(b"partial")]}),
            |bytes| Reply::parse(bytes).map(|file| file.to_bytes()),
        ),
        (
            json!({"format": "heliograph-refusal/1", "reason": "not in my log"}),
            |bytes| Reply::parse(bytes).map(|file| file.to_bytes()),
        ),
        (
            json!({"from": 3, "entries": [b64(b"e")], "checkpoint": "note"}),
            |bytes| LogUpdate::parse(bytes).map(|file| file.to_bytes()),
        ),
    ]
}

/// One of each file, as bytes.
pub(crate) fn good_files() -> Vec<Vec<u8>> {
    files()
        .iter()
        .map(|(file, _)| file.to_string().into_bytes())
        .collect()
}

#[test]
fn every_file_reads_back_as_it_was_written() {
    for (file, reader) in files() {
        let written = reader(file.to_string().as_bytes()).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), file);
    }
}

/// All places in a value, as JSON pointers.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.into());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{at}/{name}"), all);
            }
        }
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{position}"), all);
            }
        }
        _ => {}
    }
}

#[test]
fn a_member_more_less_or_of_another_kind_is_refused_anywhere() {
    for (file, reader) in files() {
        let mut all = Vec::new();
        places(&file, "", &mut all);
        for place in all {
            let mut more = file.clone();
            if let Some(Value::Object(members)) = more.pointer_mut(&place) {
                members.insert("surplus".into(), Value::Null);
                assert!(reader(more.to_string().as_bytes()).is_err(), "{place}");
                for name in members_of(&file, &place) {
                    let mut less = file.clone();
                    let Some(Value::Object(members)) = less.pointer_mut(&place) else {
                        panic!()
                    };
                    members.remove(&name);
                    // A member that may be null may not be absent either.
                    let refused = reader(less.to_string().as_bytes()).is_err();
                    assert!(refused, "{place} without {name}");
                }
            }
            let mut other = file.clone();
            *other.pointer_mut(&place).unwrap() = json!([[true]]);
            assert!(reader(other.to_string().as_bytes()).is_err(), "{place}");
        }
        let text = file.to_string();
        let doubled = text.replacen('{', "{\"format\":\"heliograph-bundle/1\",", 1);
        assert!(reader(doubled.as_bytes()).is_err());
        assert!(reader(&text.as_bytes()[..text.len() - 1]).is_err());
        assert!(reader(format!("{text} {{}}").as_bytes()).is_err());
    }
}

fn members_of(file: &Value, place: &str) -> Vec<String> {
    let Some(Value::Object(members)) = file.pointer(place) else {
        panic!()
    };
    members.keys().cloned().collect()
}

fn bundle_with(place: &str, value: Value) -> Option<FileError> {
    let mut file = bundle();
    *file.pointer_mut(place).unwrap() = value;
    Bundle::parse(file.to_string().as_bytes()).err()
}

#[test]
fn base64_and_fingerprints_have_one_spelling() {
    for wrong in ["AQ", "AQ=", "AR==", "AQ==\n", "_w==", "aaaa "] {
        assert!(
            bundle_with("/records/0", json!(wrong)).is_some(),
            "{wrong:?}"
        );
    }
    assert!(bundle_with("/person/us", json!(b64(&[1; 31]))).is_some());
    for wrong in [
        "AB".repeat(32),
        "ab".repeat(31),
        "+1".repeat(32),
        "é".repeat(32),
    ] {
        assert!(
            bundle_with("/delivery/fingerprint", json!(wrong)).is_some(),
            "{wrong:?}"
        );
    }
}

#[test]
fn limits_hold() {
    let records = vec![b64(b"r"); MAX_RECORDS + 1];
    assert!(matches!(
        bundle_with("/records", json!(records)),
        Some(FileError::TooManyRecords)
    ));
    let big = b64(&vec![0; MAX_DOCUMENTS_BYTES + 1]);
    assert!(matches!(
        bundle_with("/documents/0/bytes", json!(big)),
        Some(FileError::DocumentsTooLong)
    ));
    assert!(matches!(
        bundle_with("/vault/places", json!([])),
        Some(FileError::Inconsistent(_))
    ));
    let long = vec![b' '; MAX_FILE_BYTES + 1];
    assert!(matches!(Ask::parse(&long), Err(FileError::TooLong)));
}

#[test]
fn fields_stand_in_their_order_and_are_of_their_kind() {
    for (place, value) in [
        ("/fields/0/name", json!("country")),
        ("/fields/1/value", json!("Germany")),
        ("/fields/11/value", json!("")),
        ("/fields", json!([])),
    ] {
        assert!(bundle_with(place, value).is_some(), "{place}");
    }
}

#[test]
fn a_response_has_as_many_partials_as_its_verdict_asks_for() {
    let response_with = |place: &str, value: Value| {
        let mut file = response();
        *file.pointer_mut(place).unwrap() = value;
        Response::parse(file.to_string().as_bytes()).err()
    };
    assert!(response_with("/n", json!(2)).is_some());
    assert!(response_with("/verdict", json!("refuse impossible")).is_some());
    assert!(response_with("/verdict", json!("refuse delivered")).is_some());
    let mut refusal = response();
    refusal["verdict"] = json!("refuse impossible");
    refusal["partials"] = json!([]);
    assert!(Response::parse(refusal.to_string().as_bytes()).is_ok());
}

#[test]
fn approvals_of_one_officer_do_not_count_twice() {
    let mut twice = ask();
    twice["approvals"][1]["officer"] = json!(1);
    assert!(Ask::parse(twice.to_string().as_bytes()).is_err());
}

#[test]
fn positions_name_each_record_once_and_none_that_is_not_there() {
    for (good, positions) in [
        (true, json!([0])),
        (true, json!([0, 1])),
        (false, json!([])),
        (false, json!([2])),
        (false, json!([1, 1])),
        (false, json!([1, 0])),
    ] {
        let mut file = ask();
        file["positions"] = positions.clone();
        let parsed = Ask::parse(file.to_string().as_bytes());
        assert_eq!(parsed.is_ok(), good, "{positions}");
    }
}

#[test]
fn an_answer_has_as_many_partials_as_positions() {
    let answer = |positions: Value, partials: Value| {
        let file = json!({
            "format": "heliograph-answer/1", "positions": positions, "partials": partials,
        });
        Reply::parse(file.to_string().as_bytes()).is_ok()
    };
    let partial = b64(b"partial");
    assert!(answer(json!([0, 2]), json!([partial, partial])));
    assert!(!answer(json!([0, 2]), json!([partial])));
    assert!(!answer(json!([0]), json!([partial, partial])));
    assert!(!answer(json!([]), json!([])));
}

#[test]
fn an_error_repeats_nothing_of_the_file() {
    let mut file = bundle();
    file["person"]["user_id"] = json!("+4915100000000");
    let error = Bundle::parse(file.to_string().as_bytes()).err().unwrap();
    assert!(!error.to_string().contains("4915"), "{error}");
    assert!(!format!("{error:?}").contains("4915"), "{error:?}");
}
