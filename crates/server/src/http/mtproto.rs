//! MTProto over HTTP: each request carries one packet, each response at most one
//! (<https://core.telegram.org/mtproto/transports#http>).

use super::{BODY_MAX, BODY_WAIT, Shared, words};
use crate::net::PeerInfo;
use crate::net::backlog::Share;
use crate::net::connection::Io;
use axum::Extension;
use axum::body::{Body, HttpBody as _};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use heliograph_mtproto::transport::TransportError;
use heliograph_store::BoxFuture;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE,
};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use tokio::time::timeout;

/// What stands behind `/api` and `/apiws`: the gateway, or a test's.
pub trait MtprotoOverHttp: Send + Sync + 'static {
    /// Takes the packet of a request and gives the packet of its response, or the transport error,
    /// which clients read off the HTTP status (404 for -404).
    fn exchange(
        &self,
        packet: Bytes,
        peer: PeerInfo,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>>;

    /// Speaks MTProto inside an upgraded connection, until it closes.
    fn serve_websocket(&self, io: Box<dyn Io>, peer: PeerInfo) -> BoxFuture<'static, ()>;
}

/// Pages of any origin may call, as they may at Telegram: the packet itself says who calls.
const FROM_ANYWHERE: [(hyper::header::HeaderName, &str); 1] = [(ACCESS_CONTROL_ALLOW_ORIGIN, "*")];

pub(super) async fn exchange(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<PeerInfo>,
    body: Body,
) -> Response {
    let packet = match timeout(BODY_WAIT, whole(body, shared.bodies.share())).await {
        Ok(Ok(packet)) => packet,
        Ok(Err(refusal)) => return refusal,
        Err(_) => return words(StatusCode::REQUEST_TIMEOUT, "too slow\n"),
    };
    match shared.mtproto.exchange(packet, peer).await {
        Ok(packet) => {
            let kind = [(CONTENT_TYPE, "application/octet-stream")];
            (FROM_ANYWHERE, kind, packet).into_response()
        }
        Err(TransportError::Flood) => {
            (StatusCode::TOO_MANY_REQUESTS, FROM_ANYWHERE).into_response()
        }
        Err(_) => (StatusCode::NOT_FOUND, FROM_ANYWHERE).into_response(),
    }
}

/// The whole body, or why it is not taken.
async fn whole(mut body: Body, mut held: Share) -> Result<Bytes, Response> {
    let mut packet = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| words(StatusCode::BAD_REQUEST, "broken off\n"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if packet.len() + data.len() > BODY_MAX {
            return Err(words(StatusCode::PAYLOAD_TOO_LARGE, "not one packet\n"));
        }
        packet.extend_from_slice(&data);
        let room = held.hold(packet.len());
        room.map_err(|_| words(StatusCode::SERVICE_UNAVAILABLE, "too much at once\n"))?;
    }
    Ok(packet.freeze())
}

/// Answers a browser that asks whether it may call.
pub(super) async fn preflight() -> impl IntoResponse {
    let allowed = [
        (ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        // A day, the longest that browsers keep to.
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, FROM_ANYWHERE, allowed)
}
