//! What operators and their machines ask: is it alive, is it well, what has it done.

use super::{Hop, Shared, words};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use heliograph_store::BoxFuture;
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, FORWARDED, VIA};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Tells whether the server can do its work.
pub trait Readiness: Send + Sync + 'static {
    /// What stands in the way, in words for the operator; empty when nothing does.
    fn obstacles(&self) -> BoxFuture<'_, Vec<String>>;
}

/// The process answers.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

#[derive(Serialize)]
struct Report {
    ready: bool,
    /// Why it is not.
    reasons: Vec<String>,
    /// What works less well than it could.
    warnings: Vec<&'static str>,
}

/// The process can do its work: 200, or 503 with the reasons.
pub(super) async fn readiness(State(shared): State<Arc<Shared>>) -> Response {
    let reasons = shared.readiness.obstacles().await;
    let mut warnings = Vec::new();
    if shared.proxy_undeclared {
        warnings.push(
            "the server listens on a loopback address and is published through something that \
             `trusted-proxies` does not name: it cannot tell where clients come from",
        );
    }
    let status = if reasons.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let report = Report {
        ready: reasons.is_empty(),
        reasons,
        warnings,
    };
    let mut body = serde_json::to_string(&report).expect("texts are always JSON");
    body.push('\n');
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// The counters, for this machine or for who has the token.
pub(super) async fn metrics(
    State(shared): State<Arc<Shared>>,
    Extension(hop): Extension<Hop>,
    headers: HeaderMap,
) -> Response {
    if !is_local(hop, &headers) && !has_token(&shared, &headers) {
        return words(
            StatusCode::FORBIDDEN,
            "for this machine only, or with the token of the setting metrics-token\n",
        );
    }
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, shared.metrics.render()).into_response()
}

/// Whether the request comes from this machine itself. One that a proxy on it passed on does not.
pub(super) fn is_local(hop: Hop, headers: &HeaderMap) -> bool {
    let passed_on = headers.contains_key(FORWARDED)
        || headers.contains_key(VIA)
        || headers
            .keys()
            .any(|name| name.as_str().starts_with("x-forwarded"));
    hop.0.ip().to_canonical().is_loopback() && !passed_on
}

fn has_token(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let (Some(given), Some(token)) = (given, &shared.metrics_token) else {
        return false;
    };
    // Hashes are compared, so that the time tells nothing about the token.
    Sha256::digest(given) == Sha256::digest(token.expose())
}
