//! The web page for people without an app: the files that were built from `web/`, carried in the
//! program.

mod facts;

pub(super) use facts::{DC, Facts, facts};

use super::headers::WithScripts;
use super::{Shared, page};
use crate::net::PeerInfo;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use hyper::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::Arc;

/// Where the page keeps a place for what people without scripts read.
const WITHOUT_SCRIPTS: &str = "<!--without scripts-->";

/// A page and the files it loads.
#[derive(Clone, Copy, Debug)]
pub struct WebPage {
    /// The page at `/`.
    pub html: &'static str,
    /// The script at `/service-worker.js`, which opens the page while the server is away.
    pub service_worker: &'static str,
    /// What it loads from `/web/`. Their names change with their content.
    pub files: &'static [File],
}

/// A file of the page.
#[derive(Debug)]
pub struct File {
    /// Its name behind `/web/`.
    pub name: &'static str,
    /// As it is.
    pub plain: &'static [u8],
    /// Compressed at build time, where that was worth it.
    pub gzip: Option<&'static [u8]>,
    /// Compressed better, for browsers over TLS.
    pub brotli: Option<&'static [u8]>,
}

impl WebPage {
    /// The page in this program; `None` where it was built without one.
    pub const fn embedded() -> Option<Self> {
        EMBEDDED
    }

    fn file(&self, name: &str) -> Option<&'static File> {
        self.files.iter().find(|file| file.name == name)
    }
}

const EMBEDDED: Option<WebPage> = include!(concat!(env!("OUT_DIR"), "/web_page.rs"));

/// `/`: the web page, or without it how to connect with other programs.
pub(super) async fn front(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<PeerInfo>,
    headers: HeaderMap,
) -> Response {
    let connect = page::connect(&shared, peer);
    let Some(web) = shared.web else {
        return Html(page::document("Heliograph", &connect)).into_response();
    };
    let text = web.html.replacen(WITHOUT_SCRIPTS, &connect, 1);
    let tag = format!("\"{}\"", hex(&Sha256::digest(&text)[..8]));
    let mut response = if asks_for(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Html(text).into_response()
    };
    let set = response.headers_mut();
    // The page names the files of its version, so it is asked for each time.
    set.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        set.insert(ETAG, tag);
    }
    response.extensions_mut().insert(WithScripts);
    response
}

/// `/service-worker.js`: at the root, as it may only answer for addresses below its own.
pub(super) async fn service_worker(State(shared): State<Arc<Shared>>) -> Response {
    let Some(web) = shared.web else {
        return page::not_found().await;
    };
    let headers = [
        (CONTENT_TYPE, content_type("service-worker.js")),
        // Its name stays, so browsers ask each time whether there is another build.
        (CACHE_CONTROL, "no-cache"),
    ];
    let mut response = (headers, web.service_worker).into_response();
    response.extensions_mut().insert(WithScripts);
    response
}

/// `/web/…`: a file of the page.
pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(file) = shared.web.and_then(|web| web.file(&name)) else {
        return page::not_found().await;
    };
    let tag = format!("\"{name}\"");
    let mut response = if asks_for(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        body(file, &headers)
    };
    let set = response.headers_mut();
    set.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    set.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        set.insert(ETAG, tag);
    }
    // A worker's own scripts run under the policy that its file came with.
    response.extensions_mut().insert(WithScripts);
    response
}

fn body(file: &File, headers: &HeaderMap) -> Response {
    let kind = [(CONTENT_TYPE, content_type(file.name))];
    if let Some(bytes) = file.brotli.filter(|_| takes(headers, "br")) {
        return (kind, [(CONTENT_ENCODING, "br")], bytes).into_response();
    }
    if let Some(bytes) = file.gzip.filter(|_| takes(headers, "gzip")) {
        return (kind, [(CONTENT_ENCODING, "gzip")], bytes).into_response();
    }
    (kind, file.plain).into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// Whether the browser takes this encoding. One with a weight of nothing is refused by it.
fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter();
    let mut offers = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    offers.any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
        name.trim() == encoding && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

/// Whether the browser has this version already.
fn asks_for(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(IF_NONE_MATCH).iter();
    let mut tags = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    tags.any(|known| known.trim().trim_start_matches("W/") == tag)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
