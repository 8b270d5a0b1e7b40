//! The file: connections, settings, format version.

use crate::{DeskError, schema};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// `HGDK`, in the header of every desk database.
const APPLICATION_ID: i32 = 0x4847_444b;

/// Another process (the command line) may hold the write lock for the length of one commit.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What a commit withstands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The loss of power: a step that was answered for is on the disk.
    #[default]
    Power,
    /// The death of the process only. For tests on throw-away data.
    Process,
}

impl Durability {
    fn pragma(self) -> &'static str {
        match self {
            Durability::Power => "FULL",
            Durability::Process => "OFF",
        }
    }
}

/// One connection that writes and one that reads, so that a page of the desk does not wait for a
/// commit to reach the disk.
///
/// Lock order: writer before reader.
pub(crate) struct Database {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl Database {
    pub fn open(path: &Path, durability: Durability) -> Result<Self, DeskError> {
        let mut writer = connect(path, durability, OpenFlags::SQLITE_OPEN_CREATE)?;
        migrate(&mut writer)?;
        let reader = connect(path, durability, OpenFlags::empty())?;
        Ok(Self {
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
        })
    }

    /// Runs `change` in one transaction: all of it is on the disk when this returns, or nothing.
    ///
    /// The write lock is taken at the start, so what `change` reads is still so when it writes.
    pub fn write<T, E: From<DeskError>>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = lock(&self.writer);
        let transaction = writer
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(DeskError::from)?;
        // Dropped without a commit, a transaction is rolled back.
        let result = change(&transaction)?;
        transaction.commit().map_err(DeskError::from)?;
        Ok(result)
    }

    /// Runs `look` on one consistent state.
    pub fn read<T, E: From<DeskError>>(
        &self,
        look: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut reader = lock(&self.reader);
        let transaction = reader.transaction().map_err(DeskError::from)?;
        look(&transaction)
    }

    /// As [`Self::write`], for erasing: afterwards the write-ahead log, too, holds nothing of it.
    ///
    /// Erased cells are overwritten in the database itself by `secure_delete`; their older pages
    /// would stay in the log until it happens to be reused.
    pub fn erase<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        let result = self.write(change)?;
        self.truncate_log()?;
        Ok(result)
    }

    /// Moves everything from the write-ahead log into the database and empties the log. When
    /// another process reads at this moment, the log stays until the next time.
    pub fn truncate_log(&self) -> Result<(), DeskError> {
        let writer = lock(&self.writer);
        let _nobody_here_reads_old_pages = lock(&self.reader);
        let mut checkpoint = writer.prepare_cached("PRAGMA wal_checkpoint(TRUNCATE)")?;
        checkpoint.query_row([], |_| Ok(()))?;
        Ok(())
    }
}

/// A panic inside a transaction has rolled it back; the connection is as good as before.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Copies a database as it stands at one moment, without the free pages.
pub fn copy(from: &Path, to: &Path) -> Result<(), DeskError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(from, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    Ok(())
}

fn connect(path: &Path, durability: Durability, extra: OpenFlags) -> Result<Connection, DeskError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", durability.pragma())?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Sorting must not spill to a file that nobody erases.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), DeskError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let application: i32 =
        transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let ours = application == APPLICATION_ID;
    if !ours && (tables > 0 || application != 0) {
        return Err(DeskError::OtherFile);
    }
    if found > schema::FORMAT {
        return Err(DeskError::NewerFormat {
            found,
            known: schema::FORMAT,
        });
    }
    for (from, step) in schema::STEPS.iter().enumerate().skip(found as usize) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", from as u32 + 1)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()?;
    Ok(())
}
