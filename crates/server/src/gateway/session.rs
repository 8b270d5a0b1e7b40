//! A session of one key, whatever connections it comes over.

use super::keys::KeyState;
use bytes::Bytes;
use heliograph_mtproto::session::Session;
use heliograph_mtproto::{MsgId, UnixMillis};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// `updatesTooLong#e317af7e`, the same in every layer: fetch what you missed.
pub(crate) const UPDATES_TOO_LONG: [u8; 4] = 0xe317_af7e_u32.to_le_bytes();

/// One session.
pub(crate) struct SessionHandle {
    pub key: Arc<KeyState>,
    /// Names the session among all of this process.
    pub origin: u64,
    state: Mutex<SessionState>,
    /// Told when a call has been answered, for those that wait for it.
    pub answered: Notify,
}

pub(crate) struct SessionState {
    pub protocol: Session,
    /// The connection that takes what is said; it is told when there is something.
    connection: Option<Arc<Notify>>,
    /// The client wants to be told of changes.
    pub wants_updates: bool,
    /// Something was not pushed because nobody was there to take it.
    missed: bool,
    /// When the last connection went, in Unix seconds.
    detached_s: i64,
}

impl SessionHandle {
    pub fn new(key: Arc<KeyState>, id: i64, unique_id: i64, origin: u64) -> Self {
        let state = SessionState {
            protocol: Session::new(id, unique_id),
            connection: None,
            wants_updates: false,
            missed: false,
            detached_s: 0,
        };
        SessionHandle {
            key,
            origin,
            state: Mutex::new(state),
            answered: Notify::new(),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes `connection` the one that takes what is said.
    pub fn attach(&self, connection: &Arc<Notify>) {
        let mut state = self.lock();
        if state
            .connection
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, connection))
        {
            return;
        }
        state.connection = Some(connection.clone());
        state.protocol.reconnected();
        if std::mem::take(&mut state.missed) {
            state.protocol.push(&UPDATES_TOO_LONG[..]);
        }
    }

    /// The connection is gone.
    pub fn detach(&self, connection: &Arc<Notify>, now: UnixMillis) {
        let mut state = self.lock();
        if state
            .connection
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, connection))
        {
            state.connection = None;
            state.detached_s = now.seconds();
        }
    }

    /// Answers a call.
    pub fn answer(&self, call: MsgId, result: Vec<u8>) {
        {
            let mut state = self.lock();
            state.protocol.answer(call, result);
            state.speak();
        }
        self.answered.notify_waiters();
    }

    /// Tells the client something that it did not ask for.
    pub fn push(&self, body: Bytes) {
        let mut state = self.lock();
        if state.connection.is_none() {
            state.missed = true;
            return;
        }
        state.protocol.push(body);
        if state.protocol.take_pushes_lost() {
            state.protocol.push(&UPDATES_TOO_LONG[..]);
        }
        state.speak();
    }

    /// Wakes the connection, so that it looks again.
    pub fn nudge(&self) {
        self.lock().speak();
    }

    /// Whether nobody has been there for so long that the session may be forgotten.
    pub fn is_forgotten(&self, now: UnixMillis) -> bool {
        let mut state = self.lock();
        if state.connection.is_some() {
            return false;
        }
        let away_s = now.seconds() - state.detached_s;
        if away_s > SHRINK_AFTER_S {
            state.protocol.shrink(now);
        }
        let keep_s = if state.protocol.is_idle() {
            KEEP_IDLE_S
        } else {
            KEEP_BUSY_S
        };
        away_s > keep_s
    }
}

/// A session without a connection gives memory back after this long.
const SHRINK_AFTER_S: i64 = 60;
/// It is forgotten after this long when nothing waits in it: a client that comes back later is told
/// so (`new_session_created`) and fetches what it missed.
const KEEP_IDLE_S: i64 = 300;
/// And after this long when answers wait in it.
const KEEP_BUSY_S: i64 = 900;

impl SessionState {
    fn speak(&self) {
        if let Some(connection) = &self.connection {
            connection.notify_one();
        }
    }
}
