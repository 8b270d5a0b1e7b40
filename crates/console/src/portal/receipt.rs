//! The receipt page: where a request stands, what is missing, and the package.

use super::upload;
use crate::answer::Refusal;
use crate::blocking::blocking;
use crate::counter::{CounterError, Package, Standing};
use crate::page::{Page, moment, number};
use crate::public::{demo, entry_path};
use crate::{Shared, texts};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use heliograph_disclosure::letters;
use heliograph_transparency::entry::Priority;
use maud::{Markup, html};
use serde::Deserialize;
use std::fmt::Write;
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/requests/r/{secret}", get(page))
        .route("/requests/r/{secret}/receipt", get(receipt))
        .route("/requests/r/{secret}/documents", post(correct))
        .route("/requests/r/{secret}/package", post(package))
}

#[derive(Deserialize)]
pub(super) struct Reference {
    #[serde(default)]
    reference: String,
}

/// Where an unknown sender ends up.
pub(super) async fn quarantined(Query(Reference { reference }): Query<Reference>) -> Page {
    // The page says nothing that somebody else put into a link.
    let own = reference.len() <= 64 && reference.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let body = html! {
        h1 { "Your request is in quarantine" }
        p #quarantined { (texts::QUARANTINED) }
        @if own && !reference.is_empty() {
            dl { dt { "Reference" } dd { code #reference { (reference) } } }
        }
    };
    Page::new("In quarantine", body)
}

async fn find(shared: &Arc<Shared>, secret: String) -> Result<Standing, Refusal> {
    let now_s = shared.clock.now_s();
    blocking(shared, move |shared| {
        let found = shared.counter.standing(&secret, now_s);
        found.map_err(Refusal::from)?.ok_or(Refusal::NotFound)
    })
    .await
}

/// `GET /requests/r/…`.
async fn page(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
) -> Result<Page, Refusal> {
    let standing = find(&shared, secret.clone()).await?;
    Ok(show(&shared, &secret, &standing, None))
}

fn show(shared: &Shared, secret: &str, standing: &Standing, wrong: Option<&str>) -> Page {
    let now_s = shared.clock.now_s();
    let here = format!("/requests/r/{secret}");
    let log = shared.record.snapshot();
    let body = html! {
        (demo(&log))
        h1 { "Your request" }
        p .card {
            "Keep the address of this page: it is the only way back to your request, and whoever has it can "
            "fetch the package."
            code .secret #secret { (shared.installation.address()) (here) }
        }
        dl {
            dt { "State" } dd #stage data-stage=(standing.stage.word()) { (texts::stage(standing.stage)) }
            dt { "Received" } dd { (moment(standing.received_s)) }
            @if let Some(rung) = standing.rung {
                dt { "You were recognised" }
                dd #recognised data-rung=(rung.word()) { (texts::rung(rung)) }
            }
            @if standing.outcome.is_none() {
                dt { "Answered by" }
                dd #due {
                    (moment(standing.answer_due_s))
                    @if standing.priority == Priority::Emergency { " (emergency)" }
                    @if now_s > standing.answer_due_s { strong .wrong { "This deadline has passed." } }
                }
            }
            @if let Some(request) = standing.request {
                dt { "In the public log" }
                dd { a href=(entry_path(request)) { "entry " (request) } }
            }
            dt { "Signed receipt" }
            dd { a #receipt href={ (here) "/receipt" } download { "receipt.txt" } }
        }
        p {
            "The receipt says what the log must commit to. If no entry of the log does so within a day, the receipt "
            "proves that your request was withheld from it."
        }
        @if let Some(missing) = &standing.missing {
            section .alarm aria-labelledby="missing" {
                h2 #missing { "Something is missing" }
                p .text { bdi { (missing.what) } }
                p { "Please add it by " (moment(missing.due_s)) "." }
                form method="post" action={ (here) "/documents" } enctype="multipart/form-data" {
                    div .field {
                        label for="documents" { "Corrected or missing documents" }
                        @if let Some(wrong) = wrong { span .wrong #documents-wrong { (wrong) } }
                        input type="file" #documents name="documents" multiple accept="application/pdf,.pdf"
                            aria-describedby=[wrong.map(|_| "documents-wrong")];
                    }
                    button type="submit" #add-documents { "Add the documents" }
                }
            }
        }
        @if let Some(outcome) = standing.outcome {
            section aria-labelledby="outcome" {
                h2 #outcome { "How it ended" }
                p { code { (outcome.word()) } }
                @if let Some(words) = letters::refusal(outcome) { p { (words) } }
                @if let Some(statement) = &standing.statement { p #statement { (statement) } }
            }
        }
        @if let Some(package) = &standing.package { (the_package(&here, package, now_s)) }
    };
    Page::new("Your request", body)
}

fn the_package(here: &str, package: &Package, now_s: u64) -> Markup {
    html! {
        section aria-labelledby="package" {
            h2 #package { "The package" }
            dl {
                dt { "SHA-256" } dd { code { (hex(&package.sha256)) } }
                dt { "Size" } dd { (number(package.size_bytes)) " bytes" }
                @match package.taken_s {
                    Some(taken_s) => { dt { "Fetched" } dd { (moment(taken_s)) } }
                    None => { dt { "Can be fetched until" } dd { (moment(package.expires_s)) } }
                }
            }
            @if package.taken_s.is_some() {
                p { "It was fetched and is not kept here any more." }
            } @else if now_s >= package.expires_s {
                p { "It was not fetched in time and has been destroyed. A new one needs a new approval." }
            } @else {
                p { "It can be fetched " strong { "once" } ". It is sealed: open it with "
                    code { "age --decrypt" } " and your key, or the passphrase of the call-back." }
                form method="post" action={ (here) "/package" } {
                    button type="submit" #fetch { "Fetch the package" }
                }
            }
        }
    }
}

/// `GET /requests/r/…/receipt`: the signed note.
async fn receipt(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
) -> Result<Response, Refusal> {
    let standing = find(&shared, secret).await?;
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"receipt.txt\""),
    ];
    Ok((headers, standing.receipt).into_response())
}

/// `POST /requests/r/…/documents`.
async fn correct(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    // Before anything is read: who has no receipt has no upload either.
    let standing = find(&shared, secret.clone()).await?;
    let sent = match upload::read(request).await {
        Ok(sent) => sent,
        Err(upload::Unread::TooLarge(_)) => {
            let page = show(&shared, &secret, &standing, Some(texts::TOO_LARGE));
            return Ok(page.status(StatusCode::PAYLOAD_TOO_LARGE).into_response());
        }
        Err(other) => return Err(other.into()),
    };
    let now_s = shared.clock.now_s();
    let own = secret.clone();
    let done = blocking(&shared, move |shared| {
        match shared.counter.correct(&own, sent.documents, now_s) {
            Ok(Some(())) => Ok(None),
            Ok(None) => Err(Refusal::NotFound),
            Err(CounterError::Documents(error)) => Ok(Some(error)),
            Err(other) => Err(other.into()),
        }
    })
    .await?;
    Ok(match done {
        None => Redirect::to(&format!("/requests/r/{secret}")).into_response(),
        Some(error) => {
            let page = show(&shared, &secret, &standing, Some(&format!("{error}.")));
            page.status(StatusCode::UNPROCESSABLE_ENTITY)
                .into_response()
        }
    })
}

/// `POST /requests/r/…/package`: a GET must not use up the one download.
async fn package(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
) -> Result<Response, Refusal> {
    let now_s = shared.clock.now_s();
    let bytes = blocking(&shared, move |shared| {
        let taken = shared.counter.take_package(&secret, now_s);
        taken.map_err(Refusal::from)?.ok_or(Refusal::NotFound)
    })
    .await?;
    Ok(sealed(bytes))
}

/// A sealed package as a download.
pub(super) fn sealed(bytes: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/octet-stream"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"package.tar.age\"",
        ),
    ];
    (headers, bytes).into_response()
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}
