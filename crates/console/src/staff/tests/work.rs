//! The desk's work, from its pages.

use crate::casework::CaseAct;
use crate::portal::hex;
use crate::staff::Role;
use crate::staff::session::{CSRF_FIELD, SESSION_S};
use crate::tests::{CASE, House, INTAKE, ORIGIN, PDF, SECRET, multipart, urlencoded};
use axum::body::Body;
use axum::http::header::COOKIE;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use heliograph_disclosure::case::State;
use sha2::{Digest as _, Sha256};

const SIGNING_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIObSfZO7oCGPK3Gm32XrT5A23PC0Z0S9/0kP2LyAnkFt court@example";

#[tokio::test]
async fn pages_of_the_desk_are_sound_in_every_state() {
    let house = House::new();
    let (officer, csrf) = house.sign_in("officer", &[Role::Officer, Role::Registrar]);
    for state in State::ALL {
        *house.casework.state.lock().unwrap() = *state;
        for (purpose, gag, priority) in [
            ("disclose", "none", "normal"),
            ("preserve", "indefinite", "emergency"),
        ] {
            house.casework.change_form(|form| {
                form.purpose = purpose.into();
                form.gag = gag.into();
                form.priority = priority.into();
            });
            let page = house.page(&format!("/console/case/{CASE}"), &officer).await;
            assert!(page.contains("&lt;b&gt;called back&lt;/b&gt;"), "{page}");
            assert!(page.contains("data-rung=\"signed\""), "{page}");
            assert!(page.matches("<form").count() <= page.matches("name=\"csrf\"").count());
        }
    }
    *house.casework.state.lock().unwrap() = State::Approved;
    let fields = [
        (CSRF_FIELD, &*csrf),
        ("code", "FR"),
        ("state", "open"),
        ("reason", "bound by law"),
    ];
    let written = house
        .send(urlencoded("/console/decisions/country", &officer, &fields))
        .await;
    assert_eq!(written.status, StatusCode::SEE_OTHER, "{}", written.text());
    for path in [
        "/console",
        &format!("/console/case/{CASE}/open"),
        &format!("/console/quarantine/{INTAKE}"),
        "/console/registry",
        "/console/decisions",
        "/console/decisions/custodians",
        "/console/audit",
        "/console/sign-in",
    ] {
        house.page(path, &officer).await;
    }
}

#[tokio::test]
async fn an_officer_works_through_a_case_without_scripts() {
    let house = House::new();
    let (cookie, csrf) = house.sign_in("officer", &[Role::Officer]);
    let send = async |act: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]| {
        let mut all = vec![(CSRF_FIELD, &*csrf)];
        all.extend(fields);
        let path = format!("/console/case/{CASE}/do/{act}");
        house
            .send(multipart(&path, &cookie, &all, files))
            .await
            .status
    };
    let answer = |yes, note| [("question", "suspect"), ("answer", yes), ("note", note)];
    assert_eq!(
        send("answer", &answer("yes", "named on page 2"), &[]).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(send("prepare", &[], &[]).await, StatusCode::SEE_OTHER);
    let response = ("response", "response.json", &b"{}"[..]);
    assert_eq!(
        send("respond", &[], &[response]).await,
        StatusCode::SEE_OTHER
    );
    *house.casework.state.lock().unwrap() = State::Approved;
    let page = house
        .page(&format!("/console/case/{CASE}/open"), &cookie)
        .await;
    assert!(
        page.contains("the record of the number and 3 records of addresses"),
        "{page}"
    );
    assert_eq!(
        send("open", &[("confirmed", "yes")], &[]).await,
        StatusCode::SEE_OTHER
    );
    let refuse = [("outcome", "incomplete"), ("note", "no signature")];
    assert_eq!(send("refuse", &refuse, &[]).await, StatusCode::SEE_OTHER);
    // What is not complete is not done.
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    assert_eq!(send("answer", &answer("", "x"), &[]).await, unprocessable);
    assert_eq!(
        send("answer", &answer("yes", " "), &[]).await,
        unprocessable
    );
    assert_eq!(send("open", &[], &[]).await, unprocessable);
    assert_eq!(
        send(
            "refuse",
            &[("outcome", "delivered-not"), ("note", "x")],
            &[]
        )
        .await,
        unprocessable
    );
    assert_eq!(send("respond", &[], &[]).await, unprocessable);
    assert_eq!(send("moderate", &[], &[]).await, StatusCode::NOT_FOUND);
    let done: Vec<_> = house
        .casework
        .done
        .lock()
        .unwrap()
        .iter()
        .map(|(_, what)| *what)
        .collect();
    assert_eq!(
        done,
        [
            "do-answer",
            "do-prepare",
            "do-respond",
            "case",
            "do-open",
            "do-refuse"
        ]
    );
    assert_eq!(CaseAct::Open.word(), "do-open");
}

#[tokio::test]
async fn a_decision_is_written_down_signed_elsewhere_and_completed() {
    let house = House::new();
    let (cookie, csrf) = house.sign_in("officer", &[Role::Officer]);
    let path = format!("/console/case/{CASE}/draft/extend-gag");
    let fields = [(CSRF_FIELD, &*csrf), ("until", "2027-03-01")];
    let order = ("documents", "order.pdf", PDF);
    let written = house
        .send(multipart(&path, &cookie, &fields, &[order]))
        .await;
    let name = written
        .location()
        .strip_prefix("/console/decisions#d-")
        .expect("its place");
    let page = house.page("/console/decisions", &cookie).await;
    assert!(
        page.contains("Officers decided that orders from FR are examined"),
        "{page}"
    );
    let text = Request::get(format!("/console/decisions/{name}/entry")).header(COOKIE, &cookie);
    let text = house
        .send(text.body(Body::empty()).expect("a request"))
        .await;
    assert!(text.text().starts_with("heliograph/dd@v1\nkind country\n"));
    let complete = |bytes| {
        let file = ("signatures", "signed.txt", bytes);
        let fields = [(CSRF_FIELD, &*csrf)];
        house.send(multipart(
            &format!("/console/decisions/{name}"),
            &cookie,
            &fields,
            &[file],
        ))
    };
    assert_eq!(
        complete(b"nothing").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let signed = serde_json::json!({
        "format": "heliograph-signature/1",
        "origin": ORIGIN,
        "entry": hex(&Sha256::digest(&text.bytes)),
        "index": 2,
        "signature": STANDARD.encode([7; 64]),
    });
    let signed = signed.to_string();
    assert_eq!(
        complete(signed.as_bytes()).await.location(),
        "/transparency/entry/7"
    );
    assert_eq!(house.casework.signed.lock().unwrap()[0].index, 2);
    assert_eq!(
        complete(signed.as_bytes()).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_decision_without_effect_stands_on_the_page_of_decisions() {
    let house = House::new();
    let (officer, _) = house.sign_in("officer", &[Role::Officer]);
    let (registrar, _) = house.sign_in("registrar", &[Role::Registrar]);
    let page = house.page("/console/decisions", &officer).await;
    assert!(!page.contains("not-in-effect"));
    *house.casework.stuck.lock().unwrap() = true;
    let link = format!("href=\"/console/case/{CASE}\"");
    let page = house.page("/console/decisions", &officer).await;
    assert!(page.contains("href=\"/transparency/entry/6\""), "{page}");
    assert!(page.contains(&link));
    // Who may not see cases is not told which one it is.
    let page = house.page("/console/decisions", &registrar).await;
    assert!(page.contains("not-in-effect") && !page.contains(&link));
}

#[tokio::test]
async fn a_roster_of_custodians_is_written_down_without_scripts() {
    let house = House::new();
    let (cookie, csrf) = house.sign_in("officer", &[Role::Officer]);
    let path = "/console/decisions/custodians";
    let page = house.page(path, &cookie).await;
    // Who is on the roster now stands in the form.
    let lines = "custodian-1 https://custodian-1.example\ncustodian-2 https://custodian-2.example";
    assert!(page.contains(lines), "{page}");
    let send = async |custodians: &str, threshold: &str| {
        let fields = [
            (CSRF_FIELD, &*csrf),
            ("custodians", custodians),
            ("threshold", threshold),
        ];
        let card = ("cards", "town-hall.json", &b"{}"[..]);
        let form = multipart(path, &cookie, &fields, &[card]);
        house.send(form).await
    };
    for (custodians, threshold, status) in [
        (
            "town-hall https://town.example",
            "two",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        ("town-hall", "1", StatusCode::UNPROCESSABLE_ENTITY),
        ("", "1", StatusCode::CONFLICT),
    ] {
        let refused = send(custodians, threshold).await;
        assert_eq!(refused.status, status, "{}", refused.text());
    }
    let written = send("town-hall https://town.example\r\ncustodian-1 -\r\n", "2").await;
    assert_eq!(written.status, StatusCode::OK);
    // What the newcomer reads aloud is shown, and the text waits for officers.
    assert!(written.text().contains("lusab-babad"), "{}", written.text());
    let decisions = house.page("/console/decisions", &cookie).await;
    assert!(decisions.contains("<article class=\"card\" id=\"d-"));
    let wanted = house.casework.roster.lock().unwrap();
    let wanted = wanted.as_ref().expect("asked for");
    assert_eq!((wanted.threshold, wanted.cards.len()), (2, 1));
    let asked: Vec<_> = wanted
        .custodians
        .iter()
        .map(|(a, b)| (&**a, &**b))
        .collect();
    assert_eq!(
        asked,
        [("town-hall", "https://town.example"), ("custodian-1", "-")]
    );
}

#[tokio::test]
async fn the_registry_changes_only_after_a_call_back() {
    let house = House::new();
    let (cookie, csrf) = house.sign_in("registrar", &[Role::Registrar]);
    let mut fields = vec![
        (CSRF_FIELD, &*csrf),
        ("action", "add"),
        ("name", "Tribunal de Lyon"),
        ("country", "FR"),
        ("class", "court"),
        ("contact", "greffe"),
        ("call_back", "+33 4 00000000"),
        ("source", "the ministry's directory"),
        ("key", "keep"),
    ];
    let path = "/console/registry";
    let without = house.send(urlencoded(path, &cookie, &fields)).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(without.text().contains("Call the authority back first"));
    fields.push(("spoke_with", "Mme Greffier"));
    let written = house.send(urlencoded(path, &cookie, &fields)).await;
    assert_eq!(written.status, StatusCode::OK, "{}", written.text());
    assert!(written.text().contains("could be mistaken for"));
    assert!(!written.text().contains("0001-0203"));
    for (name, value) in &mut fields {
        if *name == "key" {
            *value = "new";
        }
    }
    let written = house.send(urlencoded(path, &cookie, &fields)).await;
    assert!(written.text().contains("0001-0203"), "the key is shown");
    let again = house.page(path, &cookie).await;
    assert!(!again.contains("0001-0203"), "once");
    for (line, status) in [
        ("ssh-rsa AAAA", StatusCode::UNPROCESSABLE_ENTITY),
        (SIGNING_KEY, StatusCode::OK),
    ] {
        fields.push(("signing_key", line));
        let written = house.send(urlencoded(path, &cookie, &fields)).await;
        assert_eq!(written.status, status, "{}", written.text());
        fields.pop();
    }
    fields.push(("recipient", "age1wrong"));
    let wrong = house.send(urlencoded(path, &cookie, &fields)).await;
    assert!(wrong.text().contains("not an age recipient"));
}

#[tokio::test]
async fn a_session_ends_after_a_day_of_work_and_at_sign_out() {
    let house = House::new();
    let (cookie, csrf) = house.sign_in("officer", &[Role::Officer]);
    let status = async || {
        let request = Request::get("/console")
            .header(COOKIE, &cookie)
            .body(Body::empty());
        house.send(request.expect("a request")).await.status
    };
    assert_eq!(status().await, StatusCode::OK);
    let out = house
        .send(urlencoded(
            "/console/sign-out",
            &cookie,
            &[(CSRF_FIELD, &csrf)],
        ))
        .await;
    assert!(
        out.header("set-cookie")
            .starts_with("__Host-desk=; Path=/; Max-Age=0; Secure")
    );
    assert_eq!(status().await, StatusCode::SEE_OTHER);
    let (cookie, _) = house.sign_in("Ines", &[Role::Officer]);
    house.clock.pass(SESSION_S);
    let request = Request::get("/console")
        .header(COOKIE, &cookie)
        .body(Body::empty());
    let answer = house.send(request.expect("a request")).await;
    assert_eq!(answer.location(), "/console/sign-in");
}

#[tokio::test]
async fn what_is_taken_in_from_quarantine_has_a_receipt_for_the_authority() {
    let house = House::new();
    let (cookie, csrf) = house.sign_in("officer", &[Role::Officer]);
    let path = format!("/console/quarantine/{INTAKE}");
    let decide = |decision, authority| {
        let fields = [
            (CSRF_FIELD, &*csrf),
            ("decision", decision),
            ("authority", authority),
        ];
        house.send(urlencoded(&path, &cookie, &fields))
    };
    let taken = decide("accept", "3").await.text();
    assert!(
        taken.contains(&format!("http://localhost:8443/requests/r/{SECRET}")),
        "{taken}"
    );
    assert_eq!(decide("drop", "").await.location(), "/console");
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    assert_eq!(decide("accept", "three").await.status, unprocessable);
    assert_eq!(decide("", "3").await.status, unprocessable);
    let done: Vec<_> = house
        .casework
        .done
        .lock()
        .unwrap()
        .iter()
        .map(|(_, what)| *what)
        .collect();
    assert_eq!(done, ["accept", "drop"]);
}
