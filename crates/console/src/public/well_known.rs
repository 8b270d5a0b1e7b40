//! `/.well-known/heliograph`: what a verifier needs to begin.

use crate::Shared;
use crate::headers;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
struct WellKnown<'a> {
    /// The log's name.
    origin: &'a str,
    /// The log's key in the form of signed-note.
    log_key: String,
    /// The text of the tlog-policy: which witnesses count.
    policy: &'a str,
    trust_level: &'a str,
    /// Where the log's files are.
    log: String,
}

/// The document. A verifier that has seen the key before must compare, not replace.
pub(super) async fn json(State(shared): State<Arc<Shared>>) -> Response {
    let log = shared.record.snapshot();
    let body = WellKnown {
        origin: log.ledger.origin(),
        log_key: log.log_key.to_string(),
        policy: &log.policy,
        trust_level: log.trust.word(),
        log: format!("{}/log/", shared.installation.address()),
    };
    let mut text = serde_json::to_string_pretty(&body).expect("texts always become JSON");
    text.push('\n');
    let kind = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-cache"),
    ];
    let mut response = (kind, text).into_response();
    headers::for_everyone(response.headers_mut());
    response
}
