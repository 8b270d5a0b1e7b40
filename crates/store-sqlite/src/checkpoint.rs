//! The thread beside the writer: moves committed pages from the write-ahead log into the database,
//! and frees what the writer has done with.

use crate::files::BUSY_TIMEOUT;
use crate::reader::Readers;
use crate::recent::Segment;
use rusqlite::Connection;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

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

    /// The thread: checkpoints after commits until it is stopped, and empties the log every now and
    /// then.
    pub fn run(
        &self,
        connection: &Connection,
        readers: &Readers,
        wal_limit_pages: i64,
        emptied_every: Duration,
    ) {
        // What an earlier process has left is emptied soon, too.
        let mut empty_at = Some(Instant::now() + emptied_every);
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .running = true;
        loop {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let idle = |state: &mut State| !state.dirty && !state.stop;
            let wait = empty_at.map_or(Duration::MAX, |at| {
                at.saturating_duration_since(Instant::now())
            });
            let (state, _) = self
                .changed
                .wait_timeout_while(state, wait, idle)
                .unwrap_or_else(PoisonError::into_inner);
            let (mut state, _) = self
                .changed
                .wait_timeout_while(state, PAUSE, |state| !state.stop)
                .unwrap_or_else(PoisonError::into_inner);
            if state.stop {
                return;
            }
            if state.dirty {
                empty_at.get_or_insert_with(|| Instant::now() + emptied_every);
            }
            state.dirty = false;
            let discarded = std::mem::take(&mut state.discarded);
            drop(state);
            drop(discarded);
            readers.unpin();
            let log = match passive(connection) {
                Ok(log) => log,
                Err(error) => {
                    tracing::error!(%error, "checkpoint failed; the log keeps growing");
                    continue;
                }
            };
            if log.pages > wal_limit_pages {
                self.overgrown.store(true, Ordering::Relaxed);
            } else if log.moved == log.pages && empty_at.is_some_and(|at| at <= Instant::now()) {
                let emptied = readers.without_pins(|| finish(connection, "TRUNCATE"));
                // Somebody reads or writes: it is tried again.
                let is_empty = matches!(emptied, Ok(true));
                empty_at = (!is_empty).then(|| Instant::now() + emptied_every);
            }
        }
    }
}

/// The write-ahead log after a checkpoint.
struct Log {
    /// How many pages it has.
    pages: i64,
    /// How many of them have been moved into the database.
    moved: i64,
}

/// Moves what can be moved without waiting for anyone.
fn passive(connection: &Connection) -> rusqlite::Result<Log> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        Ok(Log {
            pages: row.get(1)?,
            moved: row.get(2)?,
        })
    })
}

/// How long is waited for readers at most, since everybody waits for the writer meanwhile. Where a
/// view is held longer the log grows on, and it is tried again.
const FINISH_PATIENCE: Duration = Duration::from_millis(20);

/// Moves everything and lets the next commit start the log from its beginning.
pub(crate) fn restart(connection: &Connection) -> rusqlite::Result<()> {
    finish(connection, "RESTART").map(drop)
}

/// A checkpoint that waits for readers, in this mode; whether it was finished.
fn finish(connection: &Connection, mode: &str) -> rusqlite::Result<bool> {
    connection.busy_timeout(FINISH_PATIENCE)?;
    let pragma = format!("PRAGMA wal_checkpoint({mode})");
    let busy = connection.query_row(&pragma, [], |row| row.get::<_, i64>(0));
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(busy? == 0)
}
