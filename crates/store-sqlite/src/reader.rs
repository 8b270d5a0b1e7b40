//! Readers of committed rows.

use crate::files::{Files, engine_error};
use crate::recent::{Recent, Snapshot};
use crate::sql;
use heliograph_model::Owner;
use heliograph_store::{BoxFuture, Entry, RowName, Rows, Scan, StoreError, Table};
use rusqlite::Connection;
use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A connection with a read transaction that was begun while the segments were of a generation.
///
/// What the tables hold changes only by settling, and every row that is being settled stays in a
/// segment until the generation changes. So for as long as it does not, the transaction shows, with
/// a fresh snapshot of the segments over it, the present state: a view that finds one begins nothing.
struct Pinned {
    connection: Connection,
    generation: Option<u64>,
}

impl Pinned {
    fn begin(&mut self, generation: u64) -> rusqlite::Result<()> {
        self.end()?;
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        // The transaction takes its place at its first read.
        self.connection
            .prepare_cached("SELECT ms FROM clock")?
            .exists([])?;
        self.generation = Some(generation);
        Ok(())
    }

    fn end(&mut self) -> rusqlite::Result<()> {
        self.generation = None;
        if !self.connection.is_autocommit() {
            self.connection.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok(())
    }
}

/// Read connections that no view holds at the moment.
///
/// A view that finds none opens another: there are as many as views were ever held at once, and
/// nobody waits for a reader.
pub(crate) struct Readers {
    files: Files,
    recent: Arc<Recent>,
    kept: usize,
    /// Whether a transaction may outlive its view.
    pinning: AtomicBool,
    /// `None` once closed.
    idle: Mutex<Option<Vec<Pinned>>>,
}

impl Readers {
    pub fn new(files: Files, recent: Arc<Recent>, kept: usize) -> Self {
        Readers {
            files,
            recent,
            kept,
            pinning: AtomicBool::new(true),
            idle: Mutex::new(Some(Vec::new())),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Option<Vec<Pinned>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reader at the present state.
    pub fn view(&self) -> Result<Reader<'_>, StoreError> {
        let idle = self.idle().as_mut().ok_or(StoreError::Closed)?.pop();
        let mut pinned = match idle {
            Some(pinned) => pinned,
            None => Pinned {
                connection: self.files.reader()?,
                generation: None,
            },
        };
        loop {
            let snapshot = self.recent.snapshot();
            if pinned.generation == Some(snapshot.generation()) {
                return Ok(Reader {
                    readers: self,
                    snapshot,
                    pinned: Some(pinned),
                });
            }
            // The segments may change places before the transaction has begun: look again, and then
            // take a snapshot that is no older than the transaction.
            pinned.begin(snapshot.generation()).map_err(engine_error)?;
        }
    }

    /// Ends the transactions of idle connections, so that they hold up no checkpoint.
    pub fn unpin(&self) {
        if let Some(idle) = self.idle().as_mut() {
            idle.retain_mut(|pinned| pinned.end().is_ok());
        }
    }

    /// Calls `work` while no transaction outlives its view: work that has to wait for all readers.
    pub fn without_pins<T>(&self, work: impl FnOnce() -> T) -> T {
        self.pinning.store(false, Ordering::SeqCst);
        self.unpin();
        let outcome = work();
        self.pinning.store(true, Ordering::SeqCst);
        outcome
    }

    /// Closes idle connections, and those in use when their view is dropped.
    pub fn close(&self) {
        *self.idle() = None;
    }
}

/// One reader.
pub(crate) struct Reader<'a> {
    readers: &'a Readers,
    snapshot: Snapshot,
    pinned: Option<Pinned>,
}

impl Reader<'_> {
    fn connection(&self) -> &Connection {
        &self.pinned.as_ref().expect("taken only by drop").connection
    }
}

impl Rows for Reader<'_> {
    fn get<'a>(
        &'a mut self,
        table: Table,
        owner: Owner,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        let value = match self.snapshot.get(&RowName::of(table, owner, key)) {
            Some(value) => Ok(value.map(|value| value.to_vec())),
            None => sql::get(self.connection(), table, owner.0, key),
        };
        Box::pin(ready(value.map_err(engine_error)))
    }

    fn scan(&mut self, scan: Scan) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        let entries = self
            .snapshot
            .scan(&scan, |scan| sql::scan(self.connection(), scan));
        Box::pin(ready(entries.map_err(engine_error)))
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let Some(mut pinned) = self.pinned.take() else {
            return;
        };
        let keep = self.readers.pinning.load(Ordering::SeqCst)
            && pinned.generation == Some(self.readers.recent.generation());
        if !keep && pinned.end().is_err() {
            return;
        }
        if let Some(idle) = self.readers.idle().as_mut()
            && idle.len() < self.readers.kept
        {
            idle.push(pinned);
        }
    }
}
