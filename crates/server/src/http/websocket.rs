//! Upgrading to a WebSocket (RFC 6455, section 4.2). The frames are MTProto's concern.

use super::{Shared, words};
use crate::net::PeerInfo;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use heliograph_mtproto::websocket::accept_key;
use hyper::HeaderMap;
use hyper::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The subprotocol that MTProto clients offer.
const BINARY: &str = "binary";
/// A key is 16 bytes in base64.
const KEY_LEN: usize = 24;
/// How long the response may take to be written before the connection is ours.
const HAND_OVER: Duration = Duration::from_secs(10);

pub(super) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<PeerInfo>,
    mut request: Request,
) -> Response {
    let headers = request.headers();
    if !has_token(headers, &UPGRADE, "websocket") || !has_token(headers, &CONNECTION, "upgrade") {
        let mut refusal = words(
            StatusCode::UPGRADE_REQUIRED,
            "This address takes WebSocket connections of MTProto clients.\n",
        );
        let value = hyper::header::HeaderValue::from_static("websocket");
        refusal.headers_mut().insert(UPGRADE, value);
        return refusal;
    }
    if !has_token(headers, &SEC_WEBSOCKET_VERSION, "13") {
        let known = [(SEC_WEBSOCKET_VERSION, "13")];
        return (
            StatusCode::BAD_REQUEST,
            known,
            "WebSocket version 13 only\n",
        )
            .into_response();
    }
    let key = headers
        .get(SEC_WEBSOCKET_KEY)
        .and_then(|key| key.to_str().ok())
        .filter(|key| key.len() == KEY_LEN);
    let Some(accept) = key.map(accept_key) else {
        return words(StatusCode::BAD_REQUEST, "no WebSocket key\n");
    };
    // A client that offers protocols must find one of them in the answer.
    let offers = headers.contains_key(SEC_WEBSOCKET_PROTOCOL);
    if offers && !has_token(headers, &SEC_WEBSOCKET_PROTOCOL, BINARY) {
        return words(StatusCode::BAD_REQUEST, "the subprotocol is `binary`\n");
    }
    let Some(upgraded) = request.extensions_mut().remove::<OnUpgrade>() else {
        return words(
            StatusCode::BAD_REQUEST,
            "this connection cannot be upgraded\n",
        );
    };
    crate::spawn("websocket", async move {
        if let Ok(Ok(io)) = timeout(HAND_OVER, upgraded).await {
            let io = Box::new(TokioIo::new(io));
            shared.mtproto.serve_websocket(io, peer).await;
        }
    });
    let mut response = (
        StatusCode::SWITCHING_PROTOCOLS,
        [
            (UPGRADE, "websocket"),
            (CONNECTION, "upgrade"),
            (SEC_WEBSOCKET_ACCEPT, accept.as_str()),
        ],
    )
        .into_response();
    if offers {
        let value = hyper::header::HeaderValue::from_static(BINARY);
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, value);
    }
    response
}

/// Whether a header that holds a list has this word in it, in either case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let lines = headers.get_all(name).iter();
    let mut words = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    words.any(|word| word.trim().eq_ignore_ascii_case(token))
}
