//! MTProto over HTTP: each request carries one packet, each response at most one.

use super::Gateway;
use super::packet::Link;
use crate::net::PeerInfo;
use bytes::{Bytes, BytesMut};
use heliograph_mtproto::transport::TransportError;
use std::sync::Arc;
use std::time::Duration;

/// How long a request is held open at most, whatever `http_wait` says: proxies give up at 30 s.
const WAIT_MAX: Duration = Duration::from_secs(25);

/// How long a request without `http_wait` is held open for the answers of its own calls.
const WAIT_FOR_ANSWER: Duration = Duration::from_secs(10);

impl Gateway {
    /// Takes the packet of one request and gives the packet of its response, or the transport error
    /// that the HTTP status stands for.
    pub async fn exchange(
        self: &Arc<Self>,
        packet: Bytes,
        peer: PeerInfo,
    ) -> Result<Bytes, TransportError> {
        let mut link = Link::new(peer);
        let handled = self
            .take_packet(&mut link, BytesMut::from(packet), false)
            .await;
        if let Some(error) = handled.error {
            return Err(error);
        }
        if let Some(reply) = handled.plain {
            return Ok(reply);
        }
        let wait = match handled.wait_ms {
            Some(wait_ms) => Duration::from_millis(wait_ms.max(0) as u64).min(WAIT_MAX),
            None => WAIT_FOR_ANSWER,
        };
        let answer = async {
            loop {
                let signalled = link.signal().clone();
                if let Some(packet) = self.next_packet(&link) {
                    return packet;
                }
                signalled.notified().await;
            }
        };
        let answer = tokio::time::timeout(wait, answer).await;
        self.unlink(&link);
        Ok(answer.unwrap_or_default())
    }
}
