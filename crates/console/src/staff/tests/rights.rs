//! Who may do what, and that everything is on record.

use crate::staff::Role;
use crate::staff::session::CSRF_FIELD;
use crate::tests::{CASE, House, INTAKE, SECRET, multipart, urlencoded};
use axum::body::Body;
use axum::http::header::COOKIE;
use axum::http::{Request, StatusCode};
use heliograph_disclosure::case::State;

/// Who asks.
const WHO: [&str; 7] = [
    "nobody",
    "officer",
    "registrar",
    "auditor",
    "moderator",
    "child-safety",
    "authority",
];

/// Every page and form: method, path, and what each of [`WHO`] is answered.
///
/// `.` is allowed (whatever becomes of it), `s` is sent to sign in, `f` is forbidden, `r` is sent
/// to another page of the desk, `q` to moderation's queue. A form is sent without its token, so that `t` is the most that
/// anyone gets: the right is there, the token is not.
const TABLE: [(&str, &str, &str); 77] = [
    ("GET", "/pages.css", "......."),
    ("GET", "/transparency", "......."),
    ("GET", "/transparency/check", "......."),
    ("GET", "/transparency/entries", "......."),
    ("GET", "/transparency/entry/1", "......."),
    ("GET", "/transparency/entry/1/proof", "......."),
    ("GET", "/transparency/reports/2026Q4", "......."),
    ("GET", "/log/checkpoint", "......."),
    ("GET", "/.well-known/heliograph", "......."),
    ("GET", "/transparency/moderation", "......."),
    ("GET", "/transparency/moderation.csv", "......."),
    ("GET", "/transparency/moderation.json", "......."),
    ("GET", "/terms", "......."),
    ("GET", "/terms/1", "......."),
    ("GET", "/report", "......."),
    ("POST", "/report", "......."),
    ("GET", "/report/0000", "nnnnnnn"),
    ("GET", "/law-enforcement", "......."),
    ("GET", "/privacy", "......."),
    ("GET", "/requests", "......."),
    ("GET", "/requests/quarantined", "......."),
    ("GET", "/requests/openapi.json", "......."),
    ("GET", "/requests/r/SECRET", "nnnnnn."),
    ("GET", "/requests/r/SECRET/receipt", "nnnnnn."),
    ("POST", "/requests/r/SECRET/documents", "nnnnnn."),
    ("POST", "/requests/r/SECRET/package", "nnnnnn."),
    ("GET", "/requests/api/v1/orders/SECRET", "nnnnnn."),
    ("GET", "/requests/api/v1/orders/SECRET/receipt", "nnnnnn."),
    (
        "POST",
        "/requests/api/v1/orders/SECRET/documents",
        "nnnnnn.",
    ),
    ("POST", "/requests/api/v1/orders/SECRET/package", "nnnnnn."),
    ("GET", "/console/passkey.js", "......."),
    ("GET", "/console/sign-in", "......."),
    ("POST", "/console/sign-out", "sttttts"),
    ("GET", "/console", "s.r.qqs"),
    ("GET", "/console/case/CASE", "s.f.ffs"),
    ("GET", "/console/case/CASE/document/0", "s.f.ffs"),
    ("POST", "/console/case/CASE/bundle", "stffffs"),
    ("POST", "/console/case/CASE/passphrase", "stffffs"),
    ("GET", "/console/case/CASE/open", "s.ffffs"),
    ("POST", "/console/case/CASE/do/answer", "stffffs"),
    ("POST", "/console/case/CASE/do/open", "stffffs"),
    ("POST", "/console/case/CASE/draft/preserve", "stffffs"),
    ("GET", "/console/quarantine/INTAKE", "s.f.ffs"),
    ("POST", "/console/quarantine/INTAKE", "stffffs"),
    ("GET", "/console/quarantine/INTAKE/document/0", "s.f.ffs"),
    ("GET", "/console/registry", "s...ffs"),
    ("POST", "/console/registry", "sftfffs"),
    ("GET", "/console/decisions", "s...ffs"),
    ("POST", "/console/decisions/country", "stffffs"),
    ("POST", "/console/decisions/policy", "stffffs"),
    ("GET", "/console/decisions/custodians", "s.ffffs"),
    ("POST", "/console/decisions/custodians", "stffffs"),
    ("GET", "/console/decisions/00/entry", "s...ffs"),
    ("POST", "/console/decisions/00", "sttfffs"),
    ("GET", "/console/audit", "s.f.ffs"),
    ("GET", "/console/queue", "sfff..s"),
    ("POST", "/console/queue/take", "sffftts"),
    ("GET", "/console/moderation/12", "sfff..s"),
    ("GET", "/console/moderation/13", "sfffn.s"),
    ("POST", "/console/moderation/12/leave", "sffftts"),
    ("POST", "/console/moderation/12/verdict", "sffftts"),
    ("POST", "/console/moderation/13/open", "sffffts"),
    ("GET", "/console/moderation/13/hotline", "sfffn.s"),
    ("POST", "/console/moderation/13/hotline", "sffftts"),
    ("GET", "/console/decisions-of-moderation", "sfff..s"),
    ("GET", "/console/decisions-of-moderation/4", "sfff..s"),
    ("GET", "/console/decisions-of-moderation/5", "sfffn.s"),
    ("POST", "/console/decisions-of-moderation/4/undo", "sffftts"),
    ("POST", "/console/decisions-of-moderation/4/tell", "sffftts"),
    (
        "POST",
        "/console/decisions-of-moderation/4/refuse",
        "sffftts",
    ),
    ("POST", "/console/moderation/12/refused", "sffftts"),
    ("POST", "/console/moderation/13/evidence", "sffftts"),
    ("GET", "/console/undo-decisions", "sfff..s"),
    ("POST", "/console/undo-decisions", "sffftts"),
    ("GET", "/console/open-case", "sfff..s"),
    ("POST", "/console/open-case", "sffftts"),
    ("GET", "/console/invitation/x", "nnnnnnn"),
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
                StatusCode::SEE_OTHER if answer.location() == "/console/queue" => 'q',
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
async fn every_look_and_every_act_of_moderation_is_on_record_with_its_case() {
    let house = House::new();
    let (cookie, csrf) = house.sign_in("Mo", &[Role::Moderator]);
    for path in [
        "/console/queue",
        "/console/moderation/12",
        "/console/moderation/13",
        "/console/decisions-of-moderation",
        "/console/decisions-of-moderation/4",
    ] {
        let request = Request::get(path)
            .header(COOKIE, &cookie)
            .body(Body::empty());
        house.send(request.expect("a request")).await;
    }
    for (path, field) in [
        ("/console/queue/take", ("case", "12")),
        ("/console/moderation/12/leave", ("", "")),
        ("/console/queue/take", ("case", "99")),
        (
            "/console/decisions-of-moderation/4/undo",
            ("facts", "It was wrong."),
        ),
    ] {
        let fields = [(CSRF_FIELD, &*csrf), field];
        house.send(urlencoded(path, &cookie, &fields)).await;
    }
    let done = |name: &str| (name.to_owned(), "done".to_owned());
    let failed = |name: &str| (name.to_owned(), "failed".to_owned());
    assert_eq!(
        records(&house),
        [
            done("see-queue"),
            done("see-moderation-case"),
            failed("see-moderation-case"),
            done("see-moderation-decisions"),
            done("see-moderation-decision"),
            done("do-take"),
            done("do-leave"),
            failed("do-take"),
            done("do-undo"),
        ]
    );
    let (auditor, _) = house.sign_in("auditor", &[Role::Auditor]);
    let audit = house.page("/console/audit", &auditor).await;
    assert!(audit.contains("moderation 12"), "{audit}");
    assert!(!audit.contains("/console/case/"), "{audit}");
}

#[tokio::test]
async fn without_an_audit_record_nothing_of_moderation_is_shown_and_nothing_runs() {
    let house = House::new();
    let (cookie, csrf) = house.sign_in("Mo", &[Role::Moderator]);
    let path = house.folder.path().join("desk.db");
    let other = rusqlite::Connection::open(path).expect("opens");
    other
        .execute_batch(
            "CREATE TRIGGER no_records BEFORE INSERT ON audit
             BEGIN SELECT RAISE(ABORT, 'no room'); END",
        )
        .expect("a trigger");
    for path in ["/console/queue/take", "/console/moderation/12/leave"] {
        let answer = house
            .send(urlencoded(path, &cookie, &[(CSRF_FIELD, &csrf)]))
            .await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
    assert!(house.moderation.done.lock().unwrap().is_empty());
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
