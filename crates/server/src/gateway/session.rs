//! A session of one key, whatever connections it comes over.

use super::keys::KeyState;
use bytes::Bytes;
use heliograph_model::AuthKeyId;
use heliograph_mtproto::session::Session;
use heliograph_mtproto::{MsgId, UnixMillis};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// `updatesTooLong#e317af7e`, the same in every layer: fetch what you missed.
pub(crate) const UPDATES_TOO_LONG: [u8; 4] = 0xe317_af7e_u32.to_le_bytes();

/// How many bytes of calls a session may have in progress: thirty file parts of the largest size,
/// or any number of ordinary calls. Nearly all are answered within a millisecond; this bounds what
/// waits for others (`invokeAfterMsg`) or for the world outside.
const IN_PROGRESS_BYTES: usize = 16 << 20;

/// A call in progress, until this is dropped.
pub(crate) struct Place {
    session: Arc<SessionHandle>,
    bytes: usize,
}

impl Place {
    /// Whose call it is.
    pub fn session(&self) -> &Arc<SessionHandle> {
        &self.session
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.session
            .in_progress
            .fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// One session.
pub(crate) struct SessionHandle {
    pub key: Arc<KeyState>,
    /// Names the session among all of this process.
    pub origin: u64,
    state: Mutex<SessionState>,
    /// How many bytes of calls are in progress.
    in_progress: AtomicUsize,
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
            in_progress: AtomicUsize::new(0),
            answered: Notify::new(),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The device: its permanent key, where it has one.
    pub fn device(&self) -> Option<AuthKeyId> {
        self.key.permanent().map(|key| key.id())
    }

    /// A place for one more call; `None` when the session has too much in progress.
    pub fn place(self: &Arc<Self>, bytes: usize) -> Option<Place> {
        let before = self.in_progress.fetch_add(bytes, Ordering::Relaxed);
        let place = Place {
            session: self.clone(),
            bytes,
        };
        // One call may be as large as a packet lets it; dropping the place gives it back.
        (before == 0 || before + bytes <= IN_PROGRESS_BYTES).then_some(place)
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

    /// Since when nobody has been there, in Unix seconds; `None` while a connection is.
    pub fn left_s(&self) -> Option<i64> {
        let state = self.lock();
        (state.connection.is_none() && state.detached_s > 0).then_some(state.detached_s)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::keys::KeyState;

    #[test]
    fn a_session_has_only_so_much_in_progress() {
        let session = Arc::new(SessionHandle::new(KeyState::for_tests(), 1, 2, 3));
        let first = session.place(IN_PROGRESS_BYTES * 2);
        assert!(first.is_some(), "one call may be of any size");
        assert!(session.place(1).is_none());
        drop(first);
        let small: Vec<_> = (0..100).map_while(|_| session.place(1000)).collect();
        assert_eq!(small.len(), 100);
        assert!(session.place(IN_PROGRESS_BYTES).is_none());
    }
}
