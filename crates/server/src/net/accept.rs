//! Taking connections, and finding out what each one speaks.

use super::connection::{Connection, Io};
use super::prefixed::Prefixed;
use super::{Accepted, Listener, PeerInfo};
use crate::gateway::Gateway;
use crate::http::{self, App};
use crate::proxy_protocol::{self, Parsed};
use crate::trust::Trust;
use bytes::{Buf, BytesMut};
use heliograph_mtproto::transport::{Detected, detect};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a new connection may take to show what it speaks.
const RECOGNITION: Duration = Duration::from_secs(30);

/// How many connections are held at a time. Beyond it new ones are closed at once, so that those
/// who are here keep what they have; each costs the server some ten kilobytes.
const CONNECTIONS_MAX: i64 = 200_000;

/// How long to wait when the system has no more descriptors.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// What every connection needs.
pub struct Door {
    /// Where MTProto goes.
    pub gateway: Arc<Gateway>,
    /// Where HTTP goes.
    pub http: Arc<App>,
    /// Which proxies are believed.
    pub trust: Arc<Trust>,
}

/// Takes connections until the task ends.
pub async fn run(mut listener: impl Listener, door: Arc<Door>) {
    loop {
        let accepted = match listener.accept().await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken");
                tokio::time::sleep(EXHAUSTED).await;
                continue;
            }
        };
        let metrics = door.gateway.metrics();
        metrics.connections.add_one();
        if metrics.connections_open.count() >= CONNECTIONS_MAX {
            continue;
        }
        let door = door.clone();
        crate::spawn("connection", async move {
            // Counted from the first moment; a connection that speaks MTProto counts itself.
            let open = door.gateway.metrics().connections_open.enter();
            match recognise(accepted, &door).await {
                None => {}
                Some(Recognised::Mtproto(connection)) => {
                    drop(open);
                    connection.run().await;
                }
                Some(Recognised::Http(io, peer)) => http::serve(io, door.http.clone(), peer).await,
            }
        });
    }
}

enum Recognised {
    Mtproto(Box<Connection>),
    Http(Prefixed<Box<dyn Io>>, PeerInfo),
}

/// Reads until it is clear what the connection speaks; `None` when it speaks nothing we know.
async fn recognise(accepted: Accepted, door: &Door) -> Option<Recognised> {
    let deadline = Instant::now() + RECOGNITION;
    let Accepted { mut pipe, mut peer } = accepted;
    let mut incoming = BytesMut::new();
    // Only a trusted proxy may say where a connection comes from; from anyone else the same bytes
    // are noise.
    let mut awaits_header = door.trust.believes(peer.address.ip());
    loop {
        if !matches!(
            timeout_at(deadline, pipe.read(&mut incoming)).await,
            Ok(Ok(1..))
        ) {
            return None;
        }
        if awaits_header {
            match proxy_protocol::parse(&incoming) {
                Parsed::NeedMore => continue,
                Parsed::NotProxy => {}
                Parsed::Header { source, len } => {
                    incoming.advance(len);
                    peer.address = source.unwrap_or(peer.address);
                }
                Parsed::Bad => return None,
            }
            awaits_header = false;
        }
        match detect(&mut incoming, door.gateway.proxy_secrets()) {
            Detected::NeedMore => {}
            Detected::Stream(stream) => {
                let gateway = door.gateway.clone();
                let connection = Connection::new(gateway, pipe, stream, incoming, peer);
                return Some(Recognised::Mtproto(Box::new(connection)));
            }
            Detected::Http => {
                let io = Prefixed::new(incoming.freeze(), pipe.into_io());
                return Some(Recognised::Http(io, peer));
            }
            Detected::Tls | Detected::Unknown => return None,
        }
    }
}
