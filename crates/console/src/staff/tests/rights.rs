//! Who may do what, and that everything is on record.

use crate::staff::Role;
use crate::staff::session::CSRF_FIELD;
use crate::tests::{CASE, House, INTAKE, SECRET, multipart, urlencoded};
use axum::body::Body;
use axum::http::header::COOKIE;
use axum::http::{Request, StatusCode};
use heliograph_disclosure::case::State;

/// Who asks.
const WHO: [&str; 6] = [
    "nobody",
    "officer",
    "registrar",
    "auditor",
    "moderator",
    "authority",
];

/// Every page and form: method, path, and what each of [`WHO`] is answered.
///
/// `.` is allowed (whatever becomes of it), `s` is sent to sign in, `f` is forbidden, `r` is sent
/// to another page of the desk. A form is sent without its token, so that `t` is the most that
/// anyone gets: the right is there, the token is not.
const TABLE: [(&str, &str, &str); 48] = [
    ("GET", "/pages.css", "......"),
    ("GET", "/transparency", "......"),
    ("GET", "/transparency/check", "......"),
    ("GET", "/transparency/entries", "......"),
    ("GET", "/transparency/entry/1", "......"),
    ("GET", "/transparency/entry/1/proof", "......"),
    ("GET", "/transparency/reports/2026Q4", "......"),
    ("GET", "/log/checkpoint", "......"),
    ("GET", "/.well-known/heliograph", "......"),
    ("GET", "/law-enforcement", "......"),
    ("GET", "/privacy", "......"),
    ("GET", "/requests", "......"),
    ("GET", "/requests/quarantined", "......"),
    ("GET", "/requests/openapi.json", "......"),
    ("GET", "/requests/r/SECRET", "nnnnn."),
    ("GET", "/requests/r/SECRET/receipt", "nnnnn."),
    ("POST", "/requests/r/SECRET/documents", "nnnnn."),
    ("POST", "/requests/r/SECRET/package", "nnnnn."),
    ("GET", "/requests/api/v1/orders/SECRET", "nnnnn."),
    ("GET", "/requests/api/v1/orders/SECRET/receipt", "nnnnn."),
    ("POST", "/requests/api/v1/orders/SECRET/documents", "nnnnn."),
    ("POST", "/requests/api/v1/orders/SECRET/package", "nnnnn."),
    ("GET", "/console/passkey.js", "......"),
    ("GET", "/console/sign-in", "......"),
    ("POST", "/console/sign-out", "stttfs"),
    ("GET", "/console", "s.r.fs"),
    ("GET", "/console/case/CASE", "s.f.fs"),
    ("GET", "/console/case/CASE/document/0", "s.f.fs"),
    ("POST", "/console/case/CASE/bundle", "stfffs"),
    ("POST", "/console/case/CASE/passphrase", "stfffs"),
    ("GET", "/console/case/CASE/open", "s.fffs"),
    ("POST", "/console/case/CASE/do/answer", "stfffs"),
    ("POST", "/console/case/CASE/do/open", "stfffs"),
    ("POST", "/console/case/CASE/draft/preserve", "stfffs"),
    ("GET", "/console/quarantine/INTAKE", "s.f.fs"),
    ("POST", "/console/quarantine/INTAKE", "stfffs"),
    ("GET", "/console/quarantine/INTAKE/document/0", "s.f.fs"),
    ("GET", "/console/registry", "s...fs"),
    ("POST", "/console/registry", "sftffs"),
    ("GET", "/console/decisions", "s...fs"),
    ("POST", "/console/decisions/country", "stfffs"),
    ("POST", "/console/decisions/policy", "stfffs"),
    ("GET", "/console/decisions/custodians", "s.fffs"),
    ("POST", "/console/decisions/custodians", "stfffs"),
    ("GET", "/console/decisions/00/entry", "s...fs"),
    ("POST", "/console/decisions/00", "sttffs"),
    ("GET", "/console/audit", "s.f.fs"),
    ("GET", "/console/invitation/x", "nnnnnn"),
];

fn role(who: &str) -> Option<Role> {
    Role::from_word(who)
}

/// The form as anyone could make one up: of the kind that the path takes, without a token.
fn forged(path: &str, cookie: &str) -> Request<Body> {
    let files = [
        "/do/",
        "/draft/",
        "/decisions/00",
        "/custodians",
        "/documents",
    ];
    if files.iter().any(|part| path.contains(part)) {
        multipart(path, cookie, &[("x", "y")], &[])
    } else {
        urlencoded(path, cookie, &[("x", "y")])
    }
}

#[tokio::test]
async fn everyone_gets_what_their_role_includes_and_nothing_else() {
    let house = House::new();
    *house.casework.state.lock().unwrap() = State::Approved;
    *house.counter.missing.lock().unwrap() = Some("page two".into());
    let cookies =
        WHO.map(|who| role(who).map_or_else(String::new, |role| house.sign_in(who, &[role]).0));
    for (method, path, expected) in TABLE {
        for ((who, cookie), expected) in WHO.iter().zip(&cookies).zip(expected.chars()) {
            let secret = if *who == "authority" { SECRET } else { "0000" };
            let path = path
                .replace("SECRET", secret)
                .replace("CASE", &CASE.to_string())
                .replace("INTAKE", &INTAKE.to_string());
            let request = if method == "POST" {
                forged(&path, cookie)
            } else {
                Request::get(&path)
                    .header(COOKIE, cookie)
                    .body(Body::empty())
                    .expect("one")
            };
            let answer = house.send(request).await;
            let signed_out = answer.location() == "/console/sign-in";
            let got = match answer.status {
                StatusCode::SEE_OTHER if signed_out => 's',
                StatusCode::SEE_OTHER if answer.location() == "/console/registry" => 'r',
                StatusCode::FORBIDDEN if answer.text().contains("role does not include") => 'f',
                StatusCode::FORBIDDEN => 't',
                StatusCode::NOT_FOUND if expected == 'n' => 'n',
                StatusCode::METHOD_NOT_ALLOWED | StatusCode::INTERNAL_SERVER_ERROR => '!',
                _ => '.',
            };
            assert_eq!(got, expected, "{who}: {method} {path}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn nothing_is_done_for_a_form_without_the_token_of_its_session() {
    let house = House::new();
    let (cookie, csrf) = house.sign_in("officer", &[Role::Officer]);
    let (_, other) = house.sign_in("another", &[Role::Officer]);
    let path = format!("/console/case/{CASE}/do/prepare");
    for token in ["", "x", &other] {
        let answer = house
            .send(multipart(&path, &cookie, &[(CSRF_FIELD, token)], &[]))
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(
            answer
                .text()
                .contains("not sent from a page of your session")
        );
    }
    let mut foreign = multipart(&path, &cookie, &[(CSRF_FIELD, &csrf)], &[]);
    foreign
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().expect("a value"));
    assert_eq!(house.send(foreign).await.status, StatusCode::FORBIDDEN);
    assert!(house.casework.done.lock().unwrap().is_empty());
    let own = house
        .send(multipart(&path, &cookie, &[(CSRF_FIELD, &csrf)], &[]))
        .await;
    assert_eq!(own.status, StatusCode::SEE_OTHER);
    assert_eq!(
        *house.casework.done.lock().unwrap(),
        [("officer".to_owned(), "do-prepare")]
    );
}

/// The acts on record, oldest first, with how they ended.
fn records(house: &House) -> Vec<(String, String)> {
    let read = house.desk.view(|view| view.audit_before(None, 1_000));
    let mut records: Vec<_> = read
        .map_err(|error: heliograph_desk_store::DeskError| error)
        .expect("read")
        .into_iter()
        .filter(|record| record.act.name.as_str() != "test")
        .map(|record| {
            let outcome = record
                .closed
                .map_or("open".to_owned(), |(_, outcome)| outcome.to_string());
            (record.act.name.to_string(), outcome)
        })
        .collect();
    records.reverse();
    records
}

#[tokio::test]
async fn every_look_and_every_act_is_on_record() {
    let house = House::new();
    *house.casework.state.lock().unwrap() = State::Approved;
    let (cookie, csrf) = house.sign_in("officer", &[Role::Officer]);
    let case = format!("/console/case/{CASE}");
    for path in [
        "/console".to_owned(),
        case.clone(),
        format!("{case}/document/0"),
        format!("{case}/document/9"),
        format!("{case}/open"),
        format!("/console/quarantine/{INTAKE}"),
        "/console/registry".into(),
        "/console/decisions".into(),
        "/console/audit".into(),
    ] {
        let request = Request::get(&path)
            .header(COOKIE, &cookie)
            .body(Body::empty());
        house.send(request.expect("a request")).await;
    }
    let give_up = [(CSRF_FIELD, &*csrf), ("note", "no answer")];
    let answer = house
        .send(multipart(
            &format!("{case}/do/give-up"),
            &cookie,
            &give_up,
            &[],
        ))
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(
        answer
            .text()
            .contains("Nothing was done: the case is not open.")
    );
    let passphrase = urlencoded(
        &format!("{case}/passphrase"),
        &cookie,
        &[(CSRF_FIELD, &csrf)],
    );
    assert!(house.send(passphrase).await.text().contains("abcde-fghjk"));
    let done = |name: &str| (name.to_owned(), "done".to_owned());
    let failed = |name: &str| (name.to_owned(), "failed".to_owned());
    assert_eq!(
        records(&house),
        [
            done("see-cases"),
            done("see-case"),
            done("see-document"),
            failed("see-document"),
            done("see-case"),
            done("see-quarantined"),
            done("see-registry"),
            done("see-decisions"),
            done("see-audit"),
            failed("do-give-up"),
            done("see-passphrase"),
        ]
    );
}

#[tokio::test]
async fn without_an_audit_record_nothing_is_shown_and_nothing_runs() {
    let house = House::new();
    let (cookie, csrf) = house.sign_in("officer", &[Role::Officer]);
    let path = house.folder.path().join("desk.db");
    let other = rusqlite::Connection::open(path).expect("opens");
    other
        .execute_batch(
            "CREATE TRIGGER no_records BEFORE INSERT ON audit
             BEGIN SELECT RAISE(ABORT, 'no room'); END",
        )
        .expect("a trigger");
    for path in [
        "/console",
        &format!("/console/case/{CASE}"),
        "/console/registry",
    ] {
        let request = Request::get(path)
            .header(COOKIE, &cookie)
            .body(Body::empty());
        let answer = house.send(request.expect("a request")).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(!answer.text().contains("no room"), "{path}");
    }
    let prepare = format!("/console/case/{CASE}/do/prepare");
    let answer = house
        .send(multipart(&prepare, &cookie, &[(CSRF_FIELD, &csrf)], &[]))
        .await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(house.casework.done.lock().unwrap().is_empty());
}
