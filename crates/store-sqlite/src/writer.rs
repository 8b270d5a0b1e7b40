//! The one writer: applies groups of commands and commits them.

use crate::cache::{Cache, Hit};
use crate::checkpoint::{self, Checkpoints};
use crate::files::{Lock, engine_error};
use crate::reader::Readers;
use crate::recent::{Commit, Recent, Segment};
use crate::{SqliteOptions, journal, sql};
use heliograph_model::{Owner, UnixMs};
use heliograph_store::{
    BoxFuture, Clock, Entry, Group, Listener, Pending, RowName, Rows, Scan, Sealed, StoreError,
    Table,
};
use rusqlite::{Connection, Transaction};
use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Owns the connection that writes.
pub(crate) struct Writer {
    rows: WriterRows,
    settling: Settling,
    /// The last commit.
    commit: Commit,
    /// The latest time a command has seen.
    latest: UnixMs,
    clock: Arc<dyn Clock>,
    listener: Arc<dyn Listener>,
    checkpoints: Arc<Checkpoints>,
    readers: Arc<Readers>,
    /// Let go of after the connection: fields are dropped in order.
    _lock: Arc<Lock>,
}

impl Writer {
    /// Takes over a database: what its journal holds becomes a segment to be settled.
    pub fn new(
        lock: Arc<Lock>,
        connection: Connection,
        options: &SqliteOptions,
        clock: Arc<dyn Clock>,
        listener: Arc<dyn Listener>,
        checkpoints: Arc<Checkpoints>,
        open_readers: impl FnOnce(Arc<Recent>) -> Readers,
    ) -> Result<Self, StoreError> {
        let found = journal::read(&connection)?;
        let left = !found.rows.is_empty();
        let sealed = left.then(|| Segment::at(found.commit, found.rows));
        let recent = Arc::new(Recent::new(found.commit, sealed));
        let readers = Arc::new(open_readers(recent.clone()));
        let cache = Cache::new(options.row_cache_bytes);
        let rows = WriterRows {
            connection,
            cache,
            recent,
        };
        let settling = Settling::new(options, found.commit, left);
        Ok(Writer {
            rows,
            settling,
            commit: found.commit,
            latest: found.latest,
            clock,
            listener,
            checkpoints,
            readers,
            _lock: lock,
        })
    }

    pub fn readers(&self) -> Arc<Readers> {
        self.readers.clone()
    }

    /// Applies commands, commits what they changed, and answers them.
    pub fn write(&mut self, commands: Vec<Box<dyn Pending>>) {
        self.latest = self.latest.max(self.clock.now());
        let Some(sealed) = apply(commands, &mut self.rows, self.latest) else {
            return;
        };
        match self.commit(&sealed) {
            Ok(()) => sealed.committed(&*self.listener),
            Err(error) => {
                tracing::error!(%error, "commit failed; its commands are refused");
                sealed.failed(&error.to_string());
            }
        }
    }

    fn commit(&mut self, sealed: &Sealed) -> rusqlite::Result<()> {
        let changes = sealed.changes();
        if changes.is_empty() {
            return Ok(());
        }
        let commit = self.commit + 1;
        let transaction = self.rows.connection.transaction()?;
        journal::append(&transaction, commit, self.latest, changes)?;
        let settled = self
            .settling
            .step(&transaction, &self.rows.recent, changes.len())?;
        transaction.commit()?;

        self.commit = commit;
        let added = self.rows.recent.publish(commit, changes);
        for change in changes {
            self.rows.cache.refresh(change);
        }
        let generation = self.rows.recent.generation();
        let done = self
            .settling
            .advance(&self.rows.recent, settled, commit, added);
        if self.rows.recent.generation() != generation {
            self.readers.unpin();
        }
        if let Some(segment) = done {
            self.checkpoints.discard(segment);
        }
        self.checkpoints.committed();
        if self.checkpoints.take_overgrown() {
            let connection = &self.rows.connection;
            let restarted = self
                .readers
                .without_pins(|| checkpoint::restart(connection));
            if let Err(error) = restarted {
                tracing::warn!(%error, "the write-ahead log could not be restarted");
            }
        }
        Ok(())
    }

    /// Settles everything if something has waited too long: where little is written a segment takes
    /// days to fill, and what was deleted would stand in the journal, and in its table, until then.
    pub fn settle_old(&mut self) {
        if !self.settling.is_old() {
            return;
        }
        if let Err(error) = self.settle_all() {
            tracing::error!(%error, "the journal could not be settled; it is tried again");
            return;
        }
        self.settling.all_is_settled(self.commit);
        let recent = &self.rows.recent;
        let sealed = recent.take_sealed();
        recent.seal();
        let active = recent.take_sealed();
        self.readers.unpin();
        for segment in [sealed, active].into_iter().flatten() {
            self.checkpoints.discard(segment);
        }
        self.checkpoints.committed();
    }

    /// Settles everything, so that the database is whole without its journal.
    pub fn close(mut self) {
        if let Err(error) = self.settle_all() {
            // Nothing is lost: the journal still has it.
            tracing::error!(%error, "the journal could not be settled; the next start reads it");
        }
    }

    fn settle_all(&mut self) -> rusqlite::Result<()> {
        let snapshot = self.rows.recent.snapshot();
        let transaction = self.rows.connection.transaction()?;
        for segment in snapshot.oldest_first() {
            segment.settle(None, usize::MAX, |name, value| {
                sql::apply(&transaction, name, value)
            })?;
        }
        journal::trim(&transaction, self.commit)?;
        journal::note_time(&transaction, self.latest)?;
        transaction.commit()
    }
}

/// Applies the commands in one go: every row is read at once, so none of them has to wait.
fn apply(commands: Vec<Box<dyn Pending>>, rows: &mut WriterRows, now: UnixMs) -> Option<Sealed> {
    let applied = pin!(Group::apply(commands, rows, now));
    match applied.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(sealed) => Some(sealed),
        Poll::Pending => {
            // The commands are dropped with the group, and so their callers are refused.
            tracing::error!("a command waited for something other than its transaction");
            None
        }
    }
}

/// Moves rows from the sealed segment into their tables, a stretch at a time.
struct Settling {
    /// The active segment is sealed when it is larger.
    segment_bytes: usize,
    active_bytes: usize,
    /// The last commit of the sealed segment.
    sealed_through: Commit,
    /// The last row settled.
    position: Option<RowName>,
    /// Rows that ought to be settled by now and are not.
    due: usize,
    /// They are settled when there are so many.
    stretch: usize,
    /// How long a change may wait.
    within: Duration,
    /// Since when the oldest change of the sealed and of the active segment have waited.
    sealed_since: Option<Instant>,
    active_since: Option<Instant>,
}

/// Where a commit has brought the settling.
enum Settled {
    Nothing,
    /// Up to this row.
    UpTo(RowName),
    /// The whole segment; its journal entries are removed.
    All,
}

impl Settling {
    /// So many rows are settled together: fewer would share too few pages, more would hold up the
    /// commit that they ride on.
    const STRETCH: usize = 512;

    /// `left`: there is a sealed segment, which an earlier process has left.
    fn new(options: &SqliteOptions, sealed_through: Commit, left: bool) -> Self {
        let segment_bytes = options.segment_bytes;
        Settling {
            segment_bytes,
            active_bytes: 0,
            sealed_through,
            position: None,
            due: 0,
            // A small segment (in tests) goes in small steps, too.
            stretch: (segment_bytes / 8192).min(Self::STRETCH),
            within: options.settled_within,
            sealed_since: left.then(Instant::now),
            active_since: None,
        }
    }

    /// Whether something has waited for too long.
    fn is_old(&self) -> bool {
        let oldest = self.sealed_since.or(self.active_since);
        oldest.is_some_and(|since| since.elapsed() >= self.within)
    }

    /// Nothing waits any more.
    fn all_is_settled(&mut self, commit: Commit) {
        self.active_bytes = 0;
        self.sealed_through = commit;
        self.position = None;
        self.due = 0;
        self.sealed_since = None;
        self.active_since = None;
    }

    /// Settles, in the transaction of a commit that changes so many rows, two for each of them: the
    /// sealed segment is through before the active one is full.
    fn step(
        &mut self,
        transaction: &Transaction<'_>,
        recent: &Recent,
        changed: usize,
    ) -> rusqlite::Result<Settled> {
        let Some(sealed) = recent.sealed() else {
            return Ok(Settled::Nothing);
        };
        self.due += 2 * changed;
        if self.due < self.stretch {
            return Ok(Settled::Nothing);
        }
        let last = sealed.settle(self.position.as_ref(), self.due, |name, value| {
            sql::apply(transaction, name, value)
        })?;
        if let Some(row) = last {
            return Ok(Settled::UpTo(row));
        }
        journal::trim(transaction, self.sealed_through)?;
        Ok(Settled::All)
    }

    /// Takes note of a commit that succeeded; answers with the segment that is settled thereby.
    fn advance(
        &mut self,
        recent: &Recent,
        settled: Settled,
        commit: Commit,
        added_bytes: usize,
    ) -> Option<Arc<Segment>> {
        self.active_bytes += added_bytes;
        self.active_since.get_or_insert_with(Instant::now);
        let mut done = None;
        match settled {
            Settled::Nothing => {}
            Settled::UpTo(row) => {
                self.position = Some(row);
                self.due = 0;
            }
            Settled::All => {
                done = recent.take_sealed();
                self.position = None;
                self.due = 0;
                self.sealed_since = None;
            }
        }
        if self.active_bytes > self.segment_bytes && recent.sealed().is_none() {
            recent.seal();
            self.active_bytes = 0;
            self.sealed_through = commit;
            self.sealed_since = self.active_since.take();
        }
        done
    }
}

/// The committed rows as the writer reads them.
struct WriterRows {
    connection: Connection,
    cache: Cache,
    recent: Arc<Recent>,
}

impl WriterRows {
    fn read(
        &mut self,
        table: Table,
        owner: Owner,
        key: &[u8],
    ) -> rusqlite::Result<Option<Vec<u8>>> {
        let name = RowName::of(table, owner, key);
        if let Some(Hit(value)) = self.cache.get(&name) {
            return Ok(value);
        }
        let value = match self.recent.snapshot().get(&name) {
            Some(value) => value.map(|value| value.to_vec()),
            None => sql::get(&self.connection, table, owner.0, key)?,
        };
        self.cache.put(name, value.as_deref());
        Ok(value)
    }
}

impl Rows for WriterRows {
    fn get<'a>(
        &'a mut self,
        table: Table,
        owner: Owner,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        let value = self.read(table, owner, key);
        Box::pin(ready(value.map_err(engine_error)))
    }

    fn scan(&mut self, scan: Scan) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        let recent = self.recent.snapshot();
        let entries = recent.scan(&scan, |scan| sql::scan(&self.connection, scan));
        Box::pin(ready(entries.map_err(engine_error)))
    }
}
