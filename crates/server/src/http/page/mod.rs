//! The pages for people: what this is, how to connect, and what is not there.

mod connect;
mod first_steps;
mod qr;

pub(super) use connect::{connect, how_to_connect, telegram_desktop};
pub(super) use first_steps::{FirstSteps, look};

use super::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use hyper::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use std::sync::Arc;

pub(super) async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, heliograph_console::BASE_STYLE)
}

/// `/copy.js`: buttons that copy. Where it does not run, the page is as complete without them.
pub(super) async fn copy_script() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, include_str!("copy.js"))
}

pub(super) async fn public_key(State(shared): State<Arc<Shared>>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/x-pem-file"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"server.pub.pem\"",
        ),
    ];
    (headers, shared.public_key.pem().to_owned()).into_response()
}

pub(super) async fn not_found() -> Response {
    let page = document(
        "Not found",
        "<h1>Not found</h1>\n<p>There is nothing at this address. \
         <a href=\"/\">To this server</a></p>",
    );
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}

/// A whole page around `body`, which is HTML already.
pub(super) fn document(title: &str, body: &str) -> String {
    document_with(title, "", body)
}

/// A whole page with more in its head.
fn document_with(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n{head}</head>\n\
         <body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
}

/// Text as it stands in HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
