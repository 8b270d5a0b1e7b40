//! The pages, as browsers without scripts use them.

use super::ORDER;
use crate::tests::{Answer, House, PDF, SECRET, multipart, parts, sound};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use heliograph_transparency::entry::Outcome;
use hyper::body::Frame;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

/// What a browser sends for a page filled in without a mistake.
const SOUND: [(&str, &str); 23] = [
    ("authority", "3"),
    ("name", "Amtsgericht Musterstadt"),
    ("country", "DE"),
    ("class", "court"),
    ("contact", "geschaeftsstelle@gericht.example"),
    ("official", "R. Richter"),
    ("role", "judge"),
    ("file_reference", "12 Gs 345/26"),
    ("legal_basis", "section 100k"),
    ("offence", "fraud"),
    ("suspect", "the holder of the account"),
    ("clause", "4.2"),
    ("necessity", "There is no other way."),
    ("priority", "normal"),
    ("threat", ""),
    ("target_kind", "username"),
    ("targets", "seller_77"),
    ("from", "2026-11-01T00:00"),
    ("to", "2026-11-10T23:59"),
    ("data", "phone"),
    ("purpose", "disclose"),
    ("gag", "none"),
    ("delivery", "passphrase"),
];

fn filled(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut fields = SOUND.to_vec();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

#[tokio::test]
async fn a_request_is_handed_in_without_scripts_and_leads_to_its_receipt() {
    let house = House::new();
    let form = house.page("/requests", "").await;
    assert!(form.contains("enctype=\"multipart/form-data\"") && !form.contains("<script"));
    for (field, _) in SOUND {
        assert!(form.contains(&format!(" name=\"{field}\"")), "{field}");
    }
    assert!(form.contains("<textarea id=\"signatures\""));
    let mut fields = SOUND.to_vec();
    fields.push(("data", "ip"));
    let answer = house
        .send(multipart("/requests", "", &fields, &[ORDER]))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(answer.location(), format!("/requests/r/{SECRET}"));
    let (sender, form, _) = sound();
    let taken = std::mem::take(&mut *house.counter.taken.lock().unwrap());
    assert!(taken[0].sender == sender && taken[0].form == form);
    assert_eq!(taken[0].documents[0].bytes, PDF);
    let page = house.page(&format!("/requests/r/{SECRET}"), "").await;
    for text in [
        "officers examine",
        "2026-12-01 10:05 UTC",
        "/transparency/entry/6",
        "by the access key",
        SECRET,
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let receipt = house.get(&format!("/requests/r/{SECRET}/receipt")).await;
    assert_eq!(receipt.text(), "heliograph-receipt/1\n");
    assert!(
        receipt
            .header("content-disposition")
            .starts_with("attachment")
    );
}

#[tokio::test]
async fn an_unknown_sender_is_told_of_the_quarantine() {
    let house = House::new();
    let fields = filled(&[("authority", "")]);
    let answer = house
        .send(multipart("/requests", "", &fields, &[ORDER]))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = house.page(answer.location(), "").await;
    assert!(
        page.contains("waits in quarantine") && page.contains("1a1a1a1a"),
        "{page}"
    );
    let foreign = house
        .page("/requests/quarantined?reference=call%20%2B4912345", "")
        .await;
    assert!(!foreign.contains("4912345"));
}

#[tokio::test]
async fn every_mistake_stands_beside_its_field_and_nothing_typed_is_lost() {
    let house = House::new();
    let fields = filled(&[
        ("official", ""),
        ("targets", "not a name!"),
        ("to", "2020-01-01T00:00"),
        ("necessity", "Line one.\nLine <two>."),
        ("authority", "three"),
    ]);
    let bad = ("documents", "order.pdf", &b"MZ"[..]);
    let answer = house
        .send(multipart("/requests", "", &fields, &[bad]))
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    for field in ["official", "targets", "to", "documents", "authority"] {
        assert!(
            page.contains(&format!("<a href=\"#{field}\">")),
            "{field}: {page}"
        );
        assert!(page.contains(&format!("id=\"{field}-wrong\"")), "{field}");
    }
    assert_eq!(page.matches("-wrong\">").count(), 5, "{page}");
    for kept in [
        "value=\"not a name!\"",
        "Line one.\nLine &lt;two&gt;.",
        "value=\"12 Gs 345/26\"",
    ] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    assert!(page.contains("<option value=\"fraud\" selected>"), "{page}");
    assert!(house.counter.taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn hostile_input_in_any_field_stays_text() {
    let house = House::new();
    let hostile = "\"><script>alert(1)</script>\u{202e}<img src=x onerror=alert(1)>";
    for (field, _) in SOUND {
        // Leaves one thing wrong in any case, so that the page comes back.
        let fields = filled(&[(field, hostile), ("gag", "never")]);
        let answer = house.send(multipart("/requests", "", &fields, &[])).await;
        let page = answer.text();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(
            !page.contains("<script") && !page.contains("<img"),
            "{field}: {page}"
        );
    }
}

#[tokio::test]
async fn a_gigabyte_is_cut_off_early_with_a_clear_page() {
    let house = House::new();
    let head = parts(&SOUND, &[("documents", "order.pdf", b"%PDF-1.7")], false);
    let sent = Arc::new(AtomicUsize::new(0));
    let gigabyte = Gigabyte {
        head: Some(Bytes::from(head)),
        chunk: Bytes::from(vec![b'x'; 1 << 20]),
        sent: sent.clone(),
    };
    let body = Body::new(gigabyte);
    let request = Request::post("/requests")
        .header(CONTENT_TYPE, "multipart/form-data; boundary=XbX")
        .body(body)
        .expect("a request");
    let answer = house.send(request).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let page = answer.text();
    assert!(page.contains("larger than 20 MiB") && page.contains("value=\"12 Gs 345/26\""));
    // 20 MiB are read, and 64 more so that a browser that sends them sees the page; the reader
    // looks ahead by one frame (of 1 MiB here) for each of the fields.
    assert!(
        sent.load(Ordering::SeqCst) < 128 << 20,
        "{}",
        sent.load(Ordering::SeqCst)
    );
    assert!(house.counter.taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_announced_gigabyte_is_not_read_at_all() {
    let house = House::new();
    let head = parts(&SOUND, &[("documents", "order.pdf", b"%PDF-1.7")], false);
    let request = Request::post("/requests")
        .header(CONTENT_TYPE, "multipart/form-data; boundary=XbX")
        .header("content-length", "1073741824")
        .body(Body::from(head))
        .expect("a request");
    assert_eq!(
        house.send(request).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

/// A body that goes on for a gigabyte, and counts what was read of it.
struct Gigabyte {
    head: Option<Bytes>,
    chunk: Bytes,
    sent: Arc<AtomicUsize>,
}

impl HttpBody for Gigabyte {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.head.take().unwrap_or_else(|| self.chunk.clone());
        let before = self.sent.fetch_add(next.len(), Ordering::SeqCst);
        Poll::Ready((before < 1 << 30).then(|| Ok(Frame::data(next))))
    }
}

#[tokio::test]
async fn what_is_missing_can_be_added_and_only_that() {
    let house = House::new();
    let here = format!("/requests/r/{SECRET}/documents");
    let add = |name, bytes: &'static [u8]| {
        house.send(multipart(&here, "", &[], &[("documents", name, bytes)]))
    };
    assert_eq!(add("order.pdf", PDF).await.status, StatusCode::CONFLICT);
    *house.counter.missing.lock().unwrap() = Some("page <two> of the order".into());
    let page = house.page(&format!("/requests/r/{SECRET}"), "").await;
    assert!(page.contains("page &lt;two&gt; of the order"), "{page}");
    let wrong = add("order.pdf", b"no pdf").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("id=\"documents-wrong\""));
    assert_eq!(add("order.pdf", PDF).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.counter.corrections.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_package_is_fetched_once_and_by_no_link() {
    let house = House::new();
    *house.counter.package.lock().unwrap() = Some(b"age-encryption.org/v1".to_vec());
    let here = format!("/requests/r/{SECRET}");
    let page = house.page(&here, "").await;
    assert!(page.contains("Fetch the package") && page.contains(&"09".repeat(32)));
    let path = format!("{here}/package");
    assert_eq!(
        house.get(&path).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let fetch = || Request::post(&path).body(Body::empty()).expect("a request");
    let first = house.send(fetch()).await;
    assert_eq!(first.bytes, b"age-encryption.org/v1");
    assert!(
        first
            .header("content-disposition")
            .contains("package.tar.age")
    );
    assert_eq!(house.send(fetch()).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_request_that_never_was_and_one_that_is_gone_are_answered_alike() {
    let house = House::new();
    let seen = |answer: Answer| (answer.status, answer.headers, answer.bytes);
    let never = seen(
        house
            .get("/requests/r/0000000000000000000000000000000000000000")
            .await,
    );
    for secret in ["x", "%22%3E%3Cscript%3E", &"f".repeat(4_000)] {
        let other = seen(house.get(&format!("/requests/r/{secret}")).await);
        assert_eq!(never, other);
    }
    assert_eq!(never.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_desk_without_a_policy_takes_nothing() {
    let house = House::new();
    *house.counter.closed.lock().unwrap() = true;
    let answer = house
        .send(multipart("/requests", "", &SOUND, &[ORDER]))
        .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().contains("is not open"));
}

#[tokio::test]
async fn an_outcome_is_told_by_its_reason_alone() {
    let house = House::new();
    *house.counter.outcome.lock().unwrap() = Some(Outcome::DataNotHeld);
    let page = house.page(&format!("/requests/r/{SECRET}"), "").await;
    assert!(page.contains("data-not-held") && page.contains("We hold no data of the kinds"));
}
