//! From a packet to what it asks for.

use super::keys::KeyState;
use super::session::SessionHandle;
use super::{Gateway, SystemEntropy};
use crate::net::PeerInfo;
use bytes::{Bytes, BytesMut};
use heliograph_domain::keys::DestroyKey;
use heliograph_domain::sealing::Connected;
use heliograph_model::UserId;
use heliograph_mtproto::envelope::{self, Sender};
use heliograph_mtproto::session::{Event, KeyDestroyed};
use heliograph_mtproto::transport::{Stream, TransportError};
use heliograph_mtproto::{Entropy, UnixMillis};
use std::sync::Arc;
use tokio::sync::Notify;

/// How many sessions one connection may carry; clients use one, seldom two.
const SESSIONS_PER_CONNECTION: usize = 16;

/// The sessions that a connection carries.
pub struct Link {
    pub(super) sessions: Vec<Arc<SessionHandle>>,
    signal: Arc<Notify>,
    peer: PeerInfo,
    /// Who was last seen signed in here; kept sealed as long as the connection is open.
    seen: Option<(UserId, Connected)>,
}

/// What a packet led to, beyond what sessions have to say.
#[derive(Debug, Default)]
pub struct Handled {
    /// To be sent as it is: an answer of the key exchange.
    pub plain: Option<Bytes>,
    /// To be said below the message layer; then the connection closes.
    pub error: Option<TransportError>,
    /// The quick acknowledgement that was asked for.
    pub quick_ack: Option<u32>,
    /// Close if nothing comes for so many seconds; negative: never mind.
    pub disconnect_after_s: Option<i32>,
    /// Over HTTP: how long to wait for something to say, in milliseconds.
    pub wait_ms: Option<i32>,
}

impl Handled {
    fn failed(error: TransportError) -> Self {
        Handled {
            error: Some(error),
            ..Handled::default()
        }
    }
}

impl Link {
    /// A link without sessions.
    pub fn new(peer: PeerInfo) -> Self {
        Link {
            sessions: Vec::new(),
            signal: Arc::new(Notify::new()),
            peer,
            seen: None,
        }
    }

    /// Told when a session has something to say.
    pub fn signal(&self) -> &Arc<Notify> {
        &self.signal
    }

    /// Whether an authorization key has been used here.
    pub fn has_session(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// When acknowledgements are due at the latest.
    pub fn acks_due(&self) -> Option<UnixMillis> {
        self.sessions
            .iter()
            .filter_map(|session| session.lock().protocol.acks_due())
            .min()
    }
}

impl Gateway {
    /// Takes one packet of a connection.
    pub async fn take_packet(
        self: &Arc<Self>,
        link: &mut Link,
        packet: BytesMut,
        wants_quick_ack: bool,
    ) -> Handled {
        if self.stopping.has_begun() {
            return Handled::default();
        }
        self.metrics.packets_in.add_one();
        let now = self.now();
        let Some(key_id) = envelope::key_id(&packet) else {
            return Handled::failed(TransportError::KeyNotFound);
        };
        if key_id == 0 {
            // Boxed, as are the other rare steps: a connection's task is as large as its largest one.
            return match Box::pin(self.exchange_keys(&packet, link.peer)).await {
                Ok(reply) => Handled {
                    plain: Some(reply),
                    ..Handled::default()
                },
                Err(error) => Handled::failed(error),
            };
        }
        let known = link
            .sessions
            .iter()
            .find(|session| session.key.key.id() == key_id);
        let key = match known
            .map(|session| session.key.clone())
            .or_else(|| self.keys.in_use(key_id, now))
        {
            Some(key) => key,
            None => match Box::pin(self.keys.find(key_id, now)).await {
                Ok(Some(key)) => key,
                Ok(None) => return Handled::failed(TransportError::KeyNotFound),
                Err(error) => {
                    tracing::error!(%error, "a key could not be read");
                    return Handled::failed(TransportError::KeyNotFound);
                }
            },
        };
        if key.is_destroyed() || key.has_expired(now) {
            return Handled::failed(TransportError::KeyNotFound);
        }
        let Ok(opened) = envelope::open(&key.key, Sender::Client, packet) else {
            self.metrics.bad_envelopes.add_one();
            return Handled::failed(TransportError::KeyNotFound);
        };
        let quick_ack = wants_quick_ack.then_some(opened.quick_ack);
        if let Some(note) = key.note_use(now) {
            // Queued at once; nobody waits for it.
            drop(self.services.store.write(note));
        }

        let id = opened.header.session_id;
        let unique_id = || {
            let mut bytes = [0; 8];
            Entropy::fill(&mut SystemEntropy, &mut bytes);
            i64::from_le_bytes(bytes)
        };
        let Some(session) = self.registry.session(&key, id, unique_id) else {
            return Handled::failed(TransportError::Flood);
        };
        if !link
            .sessions
            .iter()
            .any(|known| Arc::ptr_eq(known, &session))
        {
            if link.sessions.len() >= SESSIONS_PER_CONNECTION {
                return Handled::failed(TransportError::Flood);
            }
            link.sessions.push(session.clone());
        }
        session.attach(&link.signal);
        self.see(link, &key);

        let mut events = Vec::new();
        session
            .lock()
            .protocol
            .receive(opened, &key.salts, now, &mut events);
        let mut handled = Handled {
            quick_ack,
            ..Handled::default()
        };
        for event in events {
            self.take_event(link, &session, event, &mut handled).await;
        }
        handled
    }

    /// Has it sealed from where somebody is signed in. A connection names one person; most of the
    /// time this compares two numbers.
    fn see(&self, link: &mut Link, key: &Arc<KeyState>) {
        let Some(sealer) = &self.sealer else { return };
        let permanent = key.permanent();
        let user = permanent.as_ref().and_then(|key| key.user());
        if link.seen.as_ref().map(|(user, _)| *user) == user {
            return;
        }
        // The interval of whoever was here before is closed first.
        link.seen = None;
        if let (Some(user), Some(key)) = (user, permanent) {
            link.seen = Some((user, sealer.connected(user, key.id(), link.peer.address)));
        }
    }

    async fn take_event(
        self: &Arc<Self>,
        link: &mut Link,
        session: &Arc<SessionHandle>,
        event: Event,
        handled: &mut Handled,
    ) {
        match event {
            Event::Call { msg_id, body } => self.begin_call(session, msg_id, body, link.peer),
            // The session has noted that the answer is not wanted; the work goes on.
            Event::CallDropped { .. } => {}
            Event::DisconnectAfter { seconds } => handled.disconnect_after_s = Some(seconds),
            Event::HttpWait { max_wait_ms, .. } => handled.wait_ms = Some(max_wait_ms),
            Event::DestroySession { session_id } => {
                let own = session.lock().protocol.id() == session_id;
                let existed = !own && self.registry.remove(session.key.key.id(), session_id);
                link.sessions
                    .retain(|known| own || known.lock().protocol.id() != session_id);
                session
                    .lock()
                    .protocol
                    .session_destroyed(session_id, existed);
            }
            Event::DestroyKey { .. } => {
                let destroyed = Box::pin(self.destroy_key(session)).await;
                session.lock().protocol.key_destroyed(destroyed);
            }
        }
    }

    /// Forgets the key of a session. The session's last words are still sent under it.
    async fn destroy_key(&self, session: &SessionHandle) -> KeyDestroyed {
        let id = session.key.id();
        if session.key.is_temporary() {
            return if self.keys.remove(id).is_some() {
                KeyDestroyed::Done
            } else {
                KeyDestroyed::NoSuchKey
            };
        }
        match self.services.store.write(DestroyKey(id)).await {
            Ok(true) => {
                self.keys.remove(id);
                KeyDestroyed::Done
            }
            Ok(false) => KeyDestroyed::NoSuchKey,
            Err(error) => {
                tracing::error!(%error, "a key could not be destroyed");
                KeyDestroyed::Failed
            }
        }
    }

    /// Appends everything that the link's sessions have to say to `out`, framed for `stream`.
    /// Whether the connection is to close because a key is gone, or the server is about to be.
    pub fn write_pending(&self, link: &mut Link, stream: &mut Stream, out: &mut BytesMut) -> bool {
        let now = self.now();
        let mut closing = self.stopping.closes_connections();
        for session in &link.sessions {
            let mut state = session.lock();
            while let Some(packed) = state.protocol.pack(now, &self.ids) {
                let header = state.protocol.header(&packed, &session.key.salts, now);
                let body_len = packed.len();
                let len = envelope::sealed_len(body_len);
                self.metrics.packets_out.add_one();
                stream.frame(len, out, &mut SystemEntropy, |out, entropy| {
                    envelope::seal(
                        &session.key.key,
                        Sender::Server,
                        header,
                        body_len,
                        out,
                        entropy,
                        |out| {
                            packed.write(out);
                        },
                    );
                });
            }
            closing |= session.key.is_destroyed();
        }
        closing
    }

    /// The same without framing, one packet at a time: over HTTP.
    pub(super) fn next_packet(&self, link: &Link) -> Option<Bytes> {
        let now = self.now();
        for session in &link.sessions {
            let mut state = session.lock();
            state.protocol.hurry_acks();
            let Some(packed) = state.protocol.pack(now, &self.ids) else {
                continue;
            };
            let header = state.protocol.header(&packed, &session.key.salts, now);
            let mut out = BytesMut::new();
            let len = packed.len();
            envelope::seal(
                &session.key.key,
                Sender::Server,
                header,
                len,
                &mut out,
                &mut SystemEntropy,
                |out| {
                    packed.write(out);
                },
            );
            return Some(out.freeze());
        }
        None
    }

    /// The connection is gone; its sessions stay for a while.
    pub fn unlink(&self, link: &Link) {
        let now = self.now();
        for session in &link.sessions {
            session.detach(&link.signal, now);
        }
    }
}
