//! The gateway behind the web app.

use super::MtprotoOverHttp;
use crate::gateway::Gateway;
use crate::net::PeerInfo;
use crate::net::connection::{Connection, Io};
use bytes::Bytes;
use heliograph_mtproto::transport::TransportError;
use heliograph_store::BoxFuture;
use std::sync::Arc;

impl MtprotoOverHttp for Arc<Gateway> {
    fn exchange(
        &self,
        packet: Bytes,
        peer: PeerInfo,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        let gateway = self.clone();
        Box::pin(async move { gateway.exchange(packet, peer).await })
    }

    fn serve_websocket(&self, io: Box<dyn Io>, peer: PeerInfo) -> BoxFuture<'static, ()> {
        let gateway = self.clone();
        Box::pin(async move {
            if let Some(connection) = Connection::over_websocket(gateway, io, peer).await {
                connection.run().await;
            }
        })
    }
}
