//! The pages for people: what this is, how to connect, and what is not there.

use super::Shared;
use crate::client_config::{self, Client, Target};
use crate::net::PeerInfo;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use heliograph_console::record::{Snapshot, meaning};
use heliograph_transparency::verify::Level;
use hyper::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use std::fmt::Write as _;
use std::sync::Arc;

pub(super) async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, heliograph_console::BASE_STYLE)
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

/// `/connect`: how to connect with other programs than the web page.
pub(super) async fn how_to_connect(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<PeerInfo>,
) -> Html<String> {
    Html(document("Connect", &connect(&shared, peer)))
}

/// What this server is, and how to connect to it, as HTML for whoever came by `peer`.
pub(super) fn connect(shared: &Shared, peer: PeerInfo) -> String {
    let target = Target {
        address: shared.advertise.unwrap_or(peer.reached),
        key: shared.public_key.clone(),
        // Links with secrets are for those whom the operator gives them to.
        proxy_secrets: Vec::new(),
    };
    let mut snippets = String::new();
    for (client, name) in Client::LIBRARIES {
        let Ok(text) = client_config::text_for(client, &target) else {
            continue;
        };
        let text = escape(&text);
        let _ = write!(
            snippets,
            "<details><summary>{name}</summary>\n\
             <pre tabindex=\"0\" aria-label=\"Program for {name}\"><code>{text}</code></pre>\n\
             </details>\n"
        );
    }
    let log = shared.record.as_ref().map(|record| record.snapshot());
    format!(
        "<h1>A Heliograph server</h1>\n\
         {trust}\
         <p class=\"lead\">It speaks Telegram’s own protocol, so the client libraries \
         that people have work here once they are pointed at it.</p>\n\
         {links}\
         <section aria-labelledby=\"connect\">\n\
         <h2 id=\"connect\">Connect</h2>\n\
         <dl>\n\
         <dt>Address</dt><dd><code>{address}</code></dd>\n\
         <dt>Key fingerprint</dt><dd><code>{fingerprint}</code></dd>\n\
         <dt>Public key</dt><dd><a href=\"/server.pub.pem\" download>server.pub.pem</a></dd>\n\
         </dl>\n\
         <p>Compare the fingerprint with the one that the operator gave you by another way: \
         this page could have been changed on its way to you.</p>\n\
         <p>Each program below connects, signs in, and sends a message to Saved Messages. Paste \
         it as it is.</p>\n\
         {snippets}\
         <p>In a browser, libraries connect to <code>/apiws</code> at this address.</p>\n\
         </section>",
        trust = trust(log.as_deref()),
        links = log.map_or("", |_| LINKS),
        address = target.address,
        fingerprint = target.key.fingerprint(),
    )
}

/// How far others vouch for this installation; without a log, nobody does.
fn trust(log: Option<&Snapshot>) -> String {
    let level = log.map_or(Level::SelfAttested, |log| log.trust);
    let demo = match log {
        Some(log) if log.ledger.is_demo() => {
            "<p><strong>This is a demonstration.</strong> Its keys are thrown away, its people and \
             orders are invented.</p>\n"
        }
        _ => "",
    };
    format!(
        "{demo}<section aria-labelledby=\"trust\">\n\
         <h2 id=\"trust\">Trust level: {level}</h2>\n\
         <p>{meaning}</p>\n\
         <p>Whoever runs the machine can read cloud chats and watch sign-ins as they happen.</p>\n\
         </section>\n",
        level = level.word(),
        meaning = escape(meaning(level)),
    )
}

/// The pages of the desk and of the log.
const LINKS: &str = "<nav aria-label=\"About this installation\">\n<ul>\n\
    <li><a href=\"/transparency\">Transparency</a>: what was disclosed, refused and decided</li>\n\
    <li><a href=\"/terms\">Terms</a>: the same in every country; the log commits to them</li>\n\
    <li><a href=\"/privacy\">Privacy</a>: what is kept of you, and who can open it</li>\n\
    <li><a href=\"/law-enforcement\">Guide for authorities</a>, and where they \
    <a href=\"/requests\">hand in requests</a></li>\n\
    <li><a href=\"/console\">The desk</a>, for its staff</li>\n\
    </ul>\n</nav>\n";

/// A whole page around `body`, which is HTML already.
pub(super) fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n\
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
