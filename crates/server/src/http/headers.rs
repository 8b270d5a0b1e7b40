//! Headers on every response.

use axum::response::Response;
use hyper::HeaderMap;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

/// Pages load our own style sheet and nothing else, run nothing, and stand in nobody's frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// The web page runs its own scripts, of which one is WebAssembly, speaks with this server, and
/// shows pictures that it made out of what it fetched.
const POLICY_WITH_SCRIPTS: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
     style-src 'self'; img-src 'self' blob:; media-src blob:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// How to connect has buttons that copy, which are a script of ours.
const POLICY_WITH_COPY_BUTTONS: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// Marks an answer that belongs to the web page.
#[derive(Clone, Copy)]
pub(super) struct WithScripts;

/// Marks the page with buttons that copy.
#[derive(Clone, Copy)]
pub(super) struct WithCopyButtons;

/// Adds what keeps a browser careful.
pub(super) async fn secure(mut response: Response) -> Response {
    let marks = response.extensions();
    let policy = if marks.get::<WithScripts>().is_some() {
        POLICY_WITH_SCRIPTS
    } else if marks.get::<WithCopyButtons>().is_some() {
        POLICY_WITH_COPY_BUTTONS
    } else {
        POLICY
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, REFERRER_POLICY, "no-referrer");
    if !headers.contains_key(CACHE_CONTROL) {
        set(headers, CACHE_CONTROL, "no-store");
    }
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
