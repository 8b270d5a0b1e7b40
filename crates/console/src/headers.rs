//! Headers on every answer.

use crate::Shared;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::Response;
use std::sync::Arc;

/// A page loads our own style sheet, sends forms to us, runs nothing, and stands in nobody's
/// frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// As above, and runs our own script: on the two pages that speak with a passkey.
const POLICY_WITH_SCRIPT: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
                                  form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Marks an answer whose page runs the passkey script.
#[derive(Clone, Copy)]
pub(crate) struct WithScript;

/// Adds what keeps a browser careful.
pub(crate) async fn secure(State(shared): State<Arc<Shared>>, mut response: Response) -> Response {
    let policy = match response.extensions().get::<WithScript>() {
        Some(WithScript) => POLICY_WITH_SCRIPT,
        None => POLICY,
    };
    let headers = response.headers_mut();
    set(headers, CONTENT_SECURITY_POLICY, policy);
    set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, REFERRER_POLICY, "no-referrer");
    set(
        headers,
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    if shared.installation.is_https() {
        // Two years, as browsers' own lists ask for.
        set(headers, STRICT_TRANSPORT_SECURITY, "max-age=63072000");
    }
    let embedding = HeaderName::from_static("cross-origin-resource-policy");
    if !headers.contains_key(&embedding) {
        set(headers, embedding, "same-origin");
    }
    if !headers.contains_key(CACHE_CONTROL) {
        set(headers, CACHE_CONTROL, "no-store");
    }
    response
}

/// For files that other sites' tools may read as well: the log and its key.
pub(crate) fn for_everyone(headers: &mut HeaderMap) {
    set(
        headers,
        HeaderName::from_static("access-control-allow-origin"),
        "*",
    );
    set(
        headers,
        HeaderName::from_static("cross-origin-resource-policy"),
        "cross-origin",
    );
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
