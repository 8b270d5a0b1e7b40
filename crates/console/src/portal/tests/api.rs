//! The JSON interface, against its description.

use super::ORDER;
use crate::counter::Stage;
use crate::portal::api::ROUTES;
use crate::portal::openapi::TEXT;
use crate::tests::{Answer, House, SECRET, multipart, sound};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use heliograph_disclosure::order::{OrderForm, TargetForm};
use heliograph_transparency::entry::Outcome;
use serde_json::{Value, json};

fn description() -> Value {
    serde_json::from_str(TEXT).expect("JSON")
}

/// Checks a value against the parts of JSON Schema that the description uses.
fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{why}: {value} against {schema}"));
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let all = description();
        let target = all
            .pointer(reference.trim_start_matches('#'))
            .expect("it leads somewhere");
        return fits(target, value);
    }
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let fitting = choices
            .iter()
            .filter(|choice| fits(choice, value).is_ok())
            .count();
        return if fitting == 1 {
            Ok(())
        } else {
            wrong("not exactly one")
        };
    }
    let is = |kind: &str| match kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is not known here"),
    };
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return wrong("no type"),
    };
    if !kinds.into_iter().any(is) {
        return wrong("another type");
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        return wrong("not one of the values");
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        list.iter().try_for_each(|item| fits(items, item))?;
    }
    if let Some(object) = value.as_object() {
        assert_eq!(schema["additionalProperties"], json!(false), "{schema}");
        for required in schema["required"].as_array().expect("a list") {
            if !object.contains_key(required.as_str().expect("a name")) {
                return wrong("a member is missing");
            }
        }
        for (name, member) in object {
            let Some(known) = schema["properties"].get(name) else {
                return wrong("a member too many");
            };
            fits(known, member)?;
        }
    }
    Ok(())
}

fn schema(name: &str) -> Value {
    description()["components"]["schemas"][name].clone()
}

fn request() -> Value {
    let (sender, form, _) = sound();
    json!({
        "sender": {
            "authority": 3,
            "name": sender.name,
            "country": sender.country,
            "class": sender.class,
            "contact": sender.contact,
            "access_key": "00".repeat(32),
        },
        "follows": null,
        "order": serde_json::to_value(form).expect("JSON"),
    })
}

async fn create(house: &House, request: &Value) -> Answer {
    let text = request.to_string();
    let fields = [("request", text.as_str())];
    house
        .send(multipart("/requests/api/v1/orders", "", &fields, &[ORDER]))
        .await
}

#[test]
fn the_description_lists_exactly_the_routes() {
    let all = description();
    let mut listed: Vec<(String, String)> = Vec::new();
    for (path, methods) in all["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            listed.push((method.clone(), path.clone()));
        }
    }
    let mut routes: Vec<_> = ROUTES
        .iter()
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    listed.sort();
    routes.sort();
    assert_eq!(listed, routes);
    assert_eq!(all["openapi"], "3.1.0");
}

#[tokio::test]
async fn each_route_answers_and_no_other_method_does() {
    let house = House::new();
    for (method, path) in ROUTES {
        let path = path.replace("{secret}", "x");
        let other = if method == "get" { "DELETE" } else { "GET" };
        for (method, expected) in [(method.to_uppercase(), false), (other.to_owned(), true)] {
            let request = Request::builder()
                .method(method.as_str())
                .uri(&path)
                .body(Body::empty());
            let status = house.send(request.expect("a request")).await.status;
            let unknown = status == StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(unknown, expected, "{method} {path}: {status}");
        }
    }
}

#[test]
fn the_words_of_the_description_are_those_of_the_program() {
    let words = |pointer: &str| -> Vec<String> {
        let all = description();
        let list = all
            .pointer(pointer)
            .and_then(Value::as_array)
            .cloned()
            .expect("a list");
        list.iter()
            .map(|word| word.as_str().expect("a word").to_owned())
            .collect()
    };
    let stages: Vec<_> = Stage::ALL
        .iter()
        .map(|stage| stage.word().to_owned())
        .collect();
    assert_eq!(
        words("/components/schemas/Status/properties/state/enum"),
        stages
    );
    let outcomes: Vec<_> = Outcome::ALL
        .iter()
        .map(|outcome| outcome.word().to_owned())
        .collect();
    let pointer = "/components/schemas/Status/properties/outcome/oneOf/1/properties/code/enum";
    assert_eq!(words(pointer), outcomes);
}

#[test]
fn every_target_fits_the_description() {
    let (_, form, _) = sound();
    let text = || "x".to_owned();
    let all = [
        TargetForm::Account(text()),
        TargetForm::Username(text()),
        TargetForm::Number(text()),
        TargetForm::Address(text()),
    ];
    let form = OrderForm {
        targets: all.into(),
        ..form
    };
    fits(&schema("Order"), &serde_json::to_value(form).expect("JSON")).expect("it fits");
}

#[tokio::test]
async fn a_request_by_machine_is_read_as_described() {
    let house = House::new();
    fits(&schema("Request"), &request()).expect("it fits");
    let answer = create(&house, &request()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let created: Value = serde_json::from_slice(&answer.bytes).expect("JSON");
    fits(&schema("Created"), &created).expect("it fits");
    assert_eq!(
        answer.location(),
        format!("/requests/api/v1/orders/{SECRET}")
    );
    let mut signed = request();
    signed["sender"]["signatures"] = json!("-----BEGIN SSH SIGNATURE-----\n");
    fits(&schema("Request"), &signed).expect("it fits");
    assert_eq!(create(&house, &signed).await.status, StatusCode::CREATED);
    let brought = house.counter.taken.lock().unwrap().pop().expect("taken");
    assert_eq!(brought.sender.signatures, "-----BEGIN SSH SIGNATURE-----");
    signed["sender"]["signatures"] = json!("A".repeat(16 * 1024 + 1));
    let refused = create(&house, &signed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut unknown = request();
    unknown["sender"]["authority"] = Value::Null;
    let answer = create(&house, &unknown).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let created: Value = serde_json::from_slice(&answer.bytes).expect("JSON");
    fits(&schema("Created"), &created).expect("it fits");
}

#[tokio::test]
async fn members_missing_or_unknown_are_refused_as_described() {
    let house = House::new();
    for object in ["/sender", "/order", ""] {
        let mut more = request();
        more.pointer_mut(object).expect("there")["note"] = json!("x");
        assert!(fits(&schema("Request"), &more).is_err(), "{object}");
        assert_eq!(
            create(&house, &more).await.status,
            StatusCode::BAD_REQUEST,
            "{object}"
        );
    }
    let names: Vec<String> = request()["order"]
        .as_object()
        .expect("one")
        .keys()
        .cloned()
        .collect();
    for name in names {
        let mut less = request();
        less["order"].as_object_mut().expect("one").remove(&name);
        assert!(fits(&schema("Request"), &less).is_err(), "{name}");
        assert_eq!(
            create(&house, &less).await.status,
            StatusCode::BAD_REQUEST,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_problem_names_every_field() {
    let house = House::new();
    let mut wrong = request();
    wrong["order"]["official"] = json!("");
    wrong["order"]["gag"] = json!("never");
    let answer = create(&house, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem: Value = serde_json::from_slice(&answer.bytes).expect("JSON");
    fits(&schema("Problem"), &problem).expect("it fits");
    let fields: Vec<_> = problem["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|error| &error["field"])
        .collect();
    assert_eq!(fields, ["gag", "official"]);
    let gone = house.get("/requests/api/v1/orders/x").await;
    let problem: Value = serde_json::from_slice(&gone.bytes).expect("JSON");
    fits(&schema("Problem"), &problem).expect("it fits");
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn status_correction_and_package_by_machine_are_as_described() {
    let house = House::new();
    let base = format!("/requests/api/v1/orders/{SECRET}");
    *house.counter.missing.lock().unwrap() = Some("page two".into());
    *house.counter.outcome.lock().unwrap() = Some(Outcome::Incomplete);
    *house.counter.package.lock().unwrap() = Some(b"sealed".to_vec());
    let status = house.get(&base).await;
    let read: Value = serde_json::from_slice(&status.bytes).expect("JSON");
    fits(&schema("Status"), &read).expect("it fits");
    assert_eq!(read["missing"]["what"], "page two");
    let add = multipart(&format!("{base}/documents"), "", &[], &[ORDER]);
    let added = house.send(add).await;
    let read: Value = serde_json::from_slice(&added.bytes).expect("JSON");
    fits(&schema("Status"), &read).expect("it fits");
    assert_eq!(
        house.get(&format!("{base}/receipt")).await.text(),
        "heliograph-receipt/1\n"
    );
    let fetch = || {
        Request::post(format!("{base}/package"))
            .body(Body::empty())
            .expect("one")
    };
    assert_eq!(house.send(fetch()).await.bytes, b"sealed");
    assert_eq!(house.send(fetch()).await.status, StatusCode::NOT_FOUND);
    *house.counter.outcome.lock().unwrap() = None;
    let status = house.get(&base).await;
    let read: Value = serde_json::from_slice(&status.bytes).expect("JSON");
    fits(&schema("Status"), &read).expect("it fits");
}
