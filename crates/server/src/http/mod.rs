//! The small web app on the same port: pages, health, metrics, and MTProto inside HTTP.

mod gateway;
mod headers;
mod mtproto;
mod operations;
mod owpengram;
mod page;
mod preview;
mod web;
mod websocket;

pub use mtproto::MtprotoOverHttp;
pub use operations::Readiness;
pub use web::{File, WebPage};

use crate::client_config::PublicKey;
use crate::metrics::Metrics;
use crate::net::PeerInfo;
use crate::net::backlog::Backlog;
use crate::settings::{Secret, Settings};
use crate::trust::Trust;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use heliograph_api::Services;
use heliograph_console::{PublicRecord, Visitor};
use heliograph_mtproto::transport::{MAX_PACKET, ProxySecret};
use hyper::body::Incoming;
use hyper::header::FORWARDED;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// The largest body of a request: one packet, with room to spare for nothing else.
const BODY_MAX: usize = MAX_PACKET + 128 * 1024;
/// How much all requests together may hold of bodies that are not whole yet.
const BODIES_BYTES: usize = 64 << 20;
/// How long the head of a request may take; also how long a connection may wait for the next one.
const HEAD_WAIT: Duration = Duration::from_secs(30);
/// How long the body of a request may take.
const BODY_WAIT: Duration = Duration::from_secs(30);
/// The most headers of a request.
const HEADERS_MAX: usize = 64;
/// The longest head of a request, in bytes.
const HEAD_MAX: usize = 16 * 1024;

/// What the app is made of.
pub struct Parts {
    /// The settings that pages and clients are told about.
    pub settings: Settings,
    /// The server's public key.
    pub public_key: PublicKey,
    /// What `/metrics` prints.
    pub metrics: Arc<Metrics>,
    /// Who is believed about a client's address.
    pub trust: Arc<Trust>,
    /// Where MTProto inside HTTP goes.
    pub mtproto: Arc<dyn MtprotoOverHttp>,
    /// Tells what is not well.
    pub readiness: Arc<dyn Readiness>,
    /// The pages of the desk and of the log, where there is a desk.
    pub pages: Option<Pages>,
    /// The Bot API.
    pub bots: Router,
    /// The web page; `None` serves a page with what other programs need to connect.
    pub web: Option<WebPage>,
    /// What public channels and posts are shown from, where there is any.
    pub services: Option<Arc<Services>>,
}

/// The pages of the desk and of the log. They set headers and bounds of their own.
pub struct Pages {
    /// The pages, see [`Desk::pages`](crate::desk::Desk::pages).
    pub router: Router,
    /// The log, of which the landing page shows the trust level.
    pub record: Arc<dyn PublicRecord>,
}

/// The app. One for the process, shared by all connections.
pub struct App {
    shared: Arc<Shared>,
    service: TowerToHyperService<Router>,
}

/// What requests are answered from.
struct Shared {
    public_key: PublicKey,
    advertise: Option<SocketAddr>,
    origin: Option<String>,
    first_steps: page::FirstSteps,
    metrics_token: Option<Secret>,
    metrics: Arc<Metrics>,
    trust: Arc<Trust>,
    mtproto: Arc<dyn MtprotoOverHttp>,
    readiness: Arc<dyn Readiness>,
    record: Option<Arc<dyn PublicRecord>>,
    /// Shown to whoever sits at this machine, and to nobody else.
    proxy_secrets: Vec<ProxySecret>,
    facts: web::Facts,
    web: Option<WebPage>,
    proxy_undeclared: bool,
    bodies: Arc<Backlog>,
}

/// The address of the socket's other end, before any header was looked at.
#[derive(Clone, Copy)]
struct Hop(SocketAddr);

impl App {
    /// Puts the app together.
    pub fn new(parts: Parts) -> Arc<Self> {
        let settings = parts.settings;
        // Others reach an address of this machine only: something stands in between.
        let published = settings.origin.is_some()
            || settings.advertise.is_some_and(|at| !at.ip().is_loopback());
        let proxy_undeclared =
            published && settings.listen.ip().is_loopback() && parts.trust.is_empty();
        let (pages, record) = match parts.pages {
            Some(Pages { router, record }) => (router, Some(record)),
            None => (Router::new(), None),
        };
        let shared = Arc::new(Shared {
            record,
            proxy_secrets: settings.mtproxy_secrets.clone(),
            facts: web::Facts::of(&settings),
            first_steps: page::FirstSteps::of(&settings, parts.services.clone()),
            web: parts.web,
            public_key: parts.public_key,
            advertise: settings.advertise,
            origin: settings.origin,
            metrics_token: settings.metrics_token,
            metrics: parts.metrics,
            trust: parts.trust,
            mtproto: parts.mtproto,
            readiness: parts.readiness,
            proxy_undeclared,
            bodies: Backlog::new(BODIES_BYTES),
        });
        let mut router = router(shared.clone(), pages.merge(parts.bots));
        if let Some(services) = parts.services {
            router = router.layer(from_fn_with_state(services, preview::answer));
        }
        Arc::new(App {
            shared,
            service: TowerToHyperService::new(router),
        })
    }

    /// Who speaks, when `hop` is the socket's other end and these are the request's headers.
    fn client(&self, hop: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let lines = |name: &str| {
            let values = headers.get_all(name).iter();
            // A header that is not text reads as an empty one, which ends the chain.
            values.map(|value| value.to_str().unwrap_or_default())
        };
        self.shared
            .trust
            .client(hop, lines(FORWARDED.as_str()), lines("x-forwarded-for"))
    }
}

/// Everything on the port that is HTTP. What stands in `pages` is not touched by our own layer.
fn router(shared: Arc<Shared>, pages: Router) -> Router {
    let packets = post(mtproto::exchange).options(mtproto::preflight);
    let websocket = get(websocket::upgrade);
    let looked = from_fn_with_state(shared.clone(), page::look);
    Router::new()
        .route("/", get(web::front).layer(looked.clone()))
        .route("/connect", get(page::how_to_connect).layer(looked))
        .route("/connect/tdesktop.zip", get(page::telegram_desktop))
        .route("/copy.js", get(page::copy_script))
        .route("/service-worker.js", get(web::service_worker))
        .route("/web/facts.json", get(web::facts))
        .route("/web/{name}", get(web::file))
        .route("/owpengram/server-info", get(owpengram::server_info))
        .route("/style.css", get(page::style))
        .route("/server.pub.pem", get(page::public_key))
        .route("/healthz", get(operations::health))
        .route("/readyz", get(operations::readiness))
        .route("/metrics", get(operations::metrics))
        .route("/api", packets.clone())
        .route("/apiw", packets.clone())
        .route("/apiw1", packets)
        .route("/apiws", websocket.clone())
        .route("/apiws1", websocket)
        .fallback(any(page::not_found))
        .layer(map_response(headers::secure))
        .with_state(shared)
        .merge(pages)
}

/// Serves one connection until it closes.
///
/// `peer` is who speaks as far as the socket (and a PROXY header in front) told; what trusted hops
/// say in HTTP headers is added here. A WebSocket goes on in a task of its own after this returns.
pub async fn serve(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    app: Arc<App>,
    peer: PeerInfo,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        let address = app.client(peer.address, request.headers());
        let client = PeerInfo { address, ..peer };
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(Hop(peer.address));
        request.extensions_mut().insert(Visitor(address.ip()));
        app.service.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    // A client that broke off or sent no HTTP is nobody's concern.
    let _ = connection.await;
}

/// A plain answer in words.
fn words(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

#[cfg(test)]
mod tests;
