//! The thread beside the writer: moves committed pages from the write-ahead log into the database,
//! and frees what the writer has done with.

use crate::files::BUSY_TIMEOUT;
use crate::reader::Readers;
use crate::recent::Segment;
use rusqlite::Connection;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long pages gather before they are moved: a page changed often meanwhile moves once.
const PAUSE: Duration = Duration::from_millis(250);

/// What writer and checkpoint thread tell each other.
#[derive(Debug, Default)]
pub(crate) struct Checkpoints {
    state: Mutex<State>,
    changed: Condvar,
    /// The log has grown beyond its limit: under steady load the checkpoints never quite catch up
    /// with the writer, so the writer itself has to finish one and start the log anew.
    overgrown: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    dirty: bool,
    stop: bool,
    running: bool,
    /// Segments that nobody needs any more.
    discarded: Vec<Arc<Segment>>,
}

impl Checkpoints {
    /// The writer has committed.
    pub fn committed(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.dirty {
            state.dirty = true;
            self.changed.notify_one();
        }
    }

    /// Frees a segment on this thread where it runs: the writer would be held up for milliseconds.
    pub fn discard(&self, segment: Arc<Segment>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.running {
            state.discarded.push(segment);
        }
    }

    /// Whether the writer should restart the log.
    pub fn take_overgrown(&self) -> bool {
        self.overgrown.swap(false, Ordering::Relaxed)
    }

    /// Ends the thread.
    pub fn stop(&self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .stop = true;
        self.changed.notify_one();
    }

    /// The thread: checkpoints after commits until it is stopped.
    pub fn run(&self, connection: &Connection, readers: &Readers, wal_limit_pages: i64) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .running = true;
        loop {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let idle = |state: &mut State| !state.dirty && !state.stop;
            let state = self
                .changed
                .wait_while(state, idle)
                .unwrap_or_else(PoisonError::into_inner);
            let (mut state, _) = self
                .changed
                .wait_timeout_while(state, PAUSE, |state| !state.stop)
                .unwrap_or_else(PoisonError::into_inner);
            if state.stop {
                return;
            }
            state.dirty = false;
            let discarded = std::mem::take(&mut state.discarded);
            drop(state);
            drop(discarded);
            readers.unpin();
            match passive(connection) {
                Ok(log_pages) if log_pages > wal_limit_pages => {
                    self.overgrown.store(true, Ordering::Relaxed);
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "checkpoint failed; the log keeps growing"),
            }
        }
    }
}

/// Moves what can be moved without waiting for anyone; answers with the size of the log in pages.
fn passive(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))
}

/// How long the writer waits for readers at most, since everybody waits for the writer. Where a view
/// is held longer the log grows on, and the next checkpoint asks again.
const RESTART_PATIENCE: Duration = Duration::from_millis(20);

/// Moves everything and lets the next commit start the log from its beginning.
pub(crate) fn restart(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(RESTART_PATIENCE)?;
    let restarted = connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    restarted
}
