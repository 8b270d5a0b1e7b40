//! `/connect`: each way to use this server.

use super::super::headers::WithCopyButtons;
use super::super::{Hop, Shared, operations};
use super::{document_with, escape, qr};
use crate::client_config::{self, Client, Target, tdesktop};
use crate::gateway::SystemEntropy;
use crate::net::PeerInfo;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use heliograph_console::record::{Snapshot, meaning};
use heliograph_mtproto::transport::ProxySecret;
use heliograph_transparency::verify::Level;
use hyper::HeaderMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

/// Loads what adds the buttons.
const COPY_SCRIPT: &str = "<script src=\"/copy.js\" defer></script>\n";

/// `/connect`: what this server is, and how to connect with other programs than the web page.
pub(in super::super) async fn how_to_connect(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<PeerInfo>,
    Extension(hop): Extension<Hop>,
    headers: HeaderMap,
) -> Response {
    let log = shared.record.as_ref().map(|record| record.snapshot());
    let local = operations::is_local(hop, &headers);
    let page = page(&shared, peer, log.as_deref(), local);
    let mut response = Html(document_with("Connect", COPY_SCRIPT, &page)).into_response();
    response.extensions_mut().insert(WithCopyButtons);
    response
}

/// The same for a browser without scripts at `/`, as HTML for whoever came by `peer`.
pub(in super::super) fn connect(shared: &Shared, peer: PeerInfo) -> String {
    let log = shared.record.as_ref().map(|record| record.snapshot());
    page(shared, peer, log.as_deref(), false)
}

/// `/connect/tdesktop.zip`: a profile of Telegram Desktop that leads here.
pub(in super::super) async fn telegram_desktop(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<PeerInfo>,
) -> Response {
    let target = target(&shared, peer);
    let archive = match tdesktop::zipped(&target, &mut SystemEntropy) {
        Ok(archive) => archive,
        Err(error) => {
            tracing::error!(%error, "profile_not_packed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let name = format!("attachment; filename=\"{}.zip\"", tdesktop::FOLDER);
    let headers = [
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, archive).into_response()
}

fn target(shared: &Shared, peer: PeerInfo) -> Target {
    Target {
        address: shared.advertise.unwrap_or(peer.reached),
        key: shared.public_key.clone(),
        // Links with secrets are for those whom the operator gives them to.
        proxy_secrets: Vec::new(),
    }
}

/// The page, with what only who sits at this machine is shown.
fn page(shared: &Shared, peer: PeerInfo, log: Option<&Snapshot>, local: bool) -> String {
    let target = target(shared, peer);
    let missing = if local {
        shared.first_steps.missing(log)
    } else {
        String::new()
    };
    // Behind a proxy that nobody declared, everybody seems to be on this machine.
    let secrets = if local && !shared.proxy_undeclared {
        &shared.proxy_secrets[..]
    } else {
        &[]
    };
    // An operator reads what is missing before others come first, and below when they have come.
    let first = shared.first_steps.first_account();
    let (above, below) = match &first {
        Some(first) => (format!("{first}{missing}"), ""),
        None => (String::new(), missing.as_str()),
    };
    format!(
        "<h1>A Heliograph server</h1>\n\
         {above}{trust}\
         <p class=\"lead\">It speaks Telegram’s own protocol: there is a page in the browser, and \
         Telegram’s apps, libraries and bots work here once they are pointed at it.</p>\n\
         {links}{browser}{facts}{apps}{libraries}{below}",
        trust = trust(log),
        links = log.map_or("", |_| LINKS),
        browser = browser(shared.origin.as_deref(), target.address),
        facts = facts(&target),
        apps = apps(target.address, &proxy_links(target.address, secrets)),
        libraries = libraries(&target),
    )
}

/// The web page, and its address for a telephone.
fn browser(origin: Option<&str>, address: SocketAddr) -> String {
    let web = origin.map_or_else(|| format!("http://{address}"), str::to_owned);
    // A code for an address of this machine would lead a telephone to itself.
    let reachable = origin.is_some() || !address.ip().to_canonical().is_loopback();
    let code = reachable.then(|| qr::svg(&web)).flatten();
    let code = code.map_or_else(String::new, |svg| {
        format!(
            "<p>On a telephone, scan this; it leads to <code>{}</code>.</p>\n{svg}",
            escape(&web)
        )
    });
    format!(
        "<section aria-labelledby=\"browser\">\n<h2 id=\"browser\">In this browser</h2>\n\
         <p><a href=\"/\">Open the page</a> and sign in with a phone number. Nothing has to be \
         installed.</p>\n{code}</section>\n"
    )
}

/// What every other way needs to know.
fn facts(target: &Target) -> String {
    format!(
        "<section aria-labelledby=\"connect\">\n\
         <h2 id=\"connect\">Address and key</h2>\n\
         <dl>\n\
         <dt>Address</dt><dd data-copy=\"the address\"><code>{address}</code></dd>\n\
         <dt>Key fingerprint</dt>\
         <dd data-copy=\"the fingerprint\"><code>{fingerprint}</code></dd>\n\
         <dt>Public key</dt><dd><a href=\"/server.pub.pem\" download>server.pub.pem</a></dd>\n\
         </dl>\n\
         <p>Compare the fingerprint with the one that the operator gave you by another way: \
         this page could have been changed on its way to you.</p>\n</section>\n",
        address = target.address,
        fingerprint = target.key.fingerprint(),
    )
}

/// Apps, which are not programs to paste.
fn apps(address: SocketAddr, proxy_links: &str) -> String {
    format!(
        "<section aria-labelledby=\"apps\">\n<h2 id=\"apps\">With an app</h2>\n\
         <details><summary>Telegram Desktop, unmodified</summary>\n\
         <p>It needs a profile that leads here: <a href=\"/connect/tdesktop.zip\" download>\
         {folder}.zip</a>. It holds the address, the key and a random number, and no secret of the \
         server. Unpack it, and start the app on it; on Windows the program is \
         <code>Telegram.exe</code>.</p>\n\
         <pre class=\"command\" tabindex=\"0\" aria-label=\"Command to start Telegram Desktop\"><code>\
         telegram-desktop -workdir ./{folder} -many\n</code></pre>\n\
         <p>Whoever has a shell on the server’s machine writes the same with</p>\n\
         <pre class=\"command\" tabindex=\"0\" aria-label=\"Command for Telegram Desktop\"><code>\
         heliograph client-config --for tdesktop --address {address}\n</code></pre>\n\
         <p>Your own Telegram account stays in a profile of its own. It was tried with 4.6.5.</p>\n\
         </details>\n\
         <details><summary>OwpenGram’s apps</summary>\n\
         <p>They have <em>Add Server</em>: type the host <code>{host}</code> and the port \
         <code>{port}</code>. They fetch the key from here; compare its fingerprint.</p>\n\
         </details>\n\
         <details><summary>Programs on TDLib</summary>\n\
         <p>TDLib has Telegram’s key inside. This prints a program that puts this server’s key into a \
         copy of the library and signs in; the server has to have an MTProxy secret, and the \
         command says so if it has none:</p>\n\
         <pre class=\"command\" tabindex=\"0\" aria-label=\"Command for TDLib\"><code>\
         heliograph client-config --for tdlib --address {address} &gt; me.py\n</code></pre>\n\
         </details>\n\
         <details><summary>By an MTProxy link</summary>\n\
         {proxy_links}\
         <p>A link hides that you speak this protocol. It does not give an app the server’s key: \
         Telegram’s own mobile apps accept no other than Telegram’s, and cannot come here.</p>\n\
         </details>\n</section>\n",
        folder = tdesktop::FOLDER,
        host = address.ip(),
        port = address.port(),
    )
}

/// The links with their codes, where the page may show them; else, who has them.
fn proxy_links(address: SocketAddr, secrets: &[ProxySecret]) -> String {
    if secrets.is_empty() {
        return format!(
            "<p>A link holds a secret, so it does not stand on a public page: ask the operator for \
             one, who finds it here on the server’s own machine, or prints it with</p>\n\
             <pre class=\"command\" tabindex=\"0\" aria-label=\"Command for an MTProxy link\"><code>\
             heliograph client-config --for mtproxy --address {address}\n</code></pre>\n"
        );
    }
    let mut text = String::from(
        "<p>Only you see this, since you are on the server’s own machine. Whoever has a link can \
         come by it; they do not prove who you are.</p>\n",
    );
    for secret in secrets {
        let link = client_config::proxy_link(address, secret);
        let _ = write!(
            text,
            "<p data-copy=\"the link\"><code>{link}</code></p>\n{code}",
            link = escape(&link),
            code = qr::svg(&link).unwrap_or_default(),
        );
    }
    text
}

/// Programs to paste.
fn libraries(target: &Target) -> String {
    let mut snippets = String::new();
    for (client, name) in Client::LIBRARIES {
        let Ok(text) = client_config::text_for(client, target) else {
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
    format!(
        "<section aria-labelledby=\"libraries\">\n\
         <h2 id=\"libraries\">With a library</h2>\n\
         <p>Each program below connects, signs in, and sends a message to Saved Messages. Paste \
         it as it is.</p>\n\
         {snippets}\
         <p>In a browser, libraries connect to <code>/apiws</code> at this address.</p>\n\
         </section>"
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
