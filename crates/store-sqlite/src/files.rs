//! The files: opening, settings, the lock against a second process, format versions.

use crate::SqliteOptions;
use heliograph_store::{StoreError, Table};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{FlockOperation, flock};
use std::fmt::Write;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Turns SQLite's words into the store's error.
#[expect(
    clippy::needless_pass_by_value,
    reason = "so that it can be named in map_err"
)]
pub(crate) fn engine_error(error: rusqlite::Error) -> StoreError {
    StoreError::Engine(error.to_string())
}

/// The right to write: a lock on a file beside the database, until it is dropped.
///
/// SQLite would let two processes write by turns; this engine keeps rows and numbers in memory and
/// must be the only one. The kernel lets go of the lock when the process dies.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held, never read")] File);

impl Lock {
    /// Takes the lock of the database at `path`.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let lock_path = PathBuf::from(name);
        let in_file = |error: std::io::Error| {
            StoreError::Engine(format!("cannot open {}: {error}", lock_path.display()))
        };
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(in_file)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| StoreError::InUse(path.display().to_string()))?;
        Ok(Lock(lock))
    }
}

/// Where the database is and how it is to be opened.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    path: PathBuf,
    options: SqliteOptions,
}

impl Files {
    pub fn new(path: &Path, options: SqliteOptions) -> Self {
        Files {
            path: path.to_owned(),
            options,
        }
    }

    /// The connection that writes; it creates the database and brings it to the newest format.
    pub fn writer(&self) -> Result<Connection, StoreError> {
        let mut connection = self.connect(OpenFlags::SQLITE_OPEN_CREATE)?;
        migrate(&mut connection).map_err(|error| match error {
            Migration::Newer(found) => StoreError::NewerFormat {
                found,
                known: FORMAT,
            },
            Migration::Sqlite(error) => engine_error(error),
        })?;
        Ok(connection)
    }

    /// A connection for a reader or for checkpoints.
    pub fn reader(&self) -> Result<Connection, StoreError> {
        self.connect(OpenFlags::empty())
    }

    fn connect(&self, extra: OpenFlags) -> Result<Connection, StoreError> {
        let options = &self.options;
        // Each connection stays in one thread at a time, so SQLite need not lock it.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
        let connect = || -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.pragma_update(None, "page_size", options.page_bytes)?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", options.durability.pragma())?;
            let deleted = options.deleted.pragma();
            connection.pragma_update_and_check(None, "secure_delete", deleted, |_| Ok(()))?;
            connection.pragma_update(None, "wal_autocheckpoint", options.autocheckpoint_pages())?;
            connection.pragma_update(None, "cache_size", -options.page_cache_kib)?;
            if let Some(pages) = options.file_limit_pages {
                connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
            }
            // Without it a statement may be prepared again for every value that is bound to it.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
            Ok(connection)
        };
        connect().map_err(engine_error)
    }
}

/// Copies a database as it stands at one moment, without the free pages.
pub(crate) fn copy(from: &Path, to: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(from, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    Ok(())
}

/// The locks that one connection of ours may have to wait for (a checkpoint, recovery after a
/// crash) are held for milliseconds; longer than this means that something else is wrong.
pub(crate) const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// All statements of all tables fit, so none is ever prepared twice.
const STATEMENTS_KEPT: usize = 256;

/// The format that this version writes: the number of steps.
pub(crate) const FORMAT: u32 = STEPS.len() as u32;

/// Each step brings the format from its index to the next. Steps are never changed once released,
/// only added.
const STEPS: [fn(&Connection) -> rusqlite::Result<()>; 6] = [
    create_tables,
    add_histories,
    add_channels,
    add_files_and_moderation,
    add_secret_chats,
    add_passwords,
];

enum Migration {
    Newer(u32),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Migration {
    fn from(error: rusqlite::Error) -> Self {
        Migration::Sqlite(error)
    }
}

fn migrate(connection: &mut Connection) -> Result<(), Migration> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > FORMAT {
        return Err(Migration::Newer(found));
    }
    for (from, step) in STEPS.iter().enumerate().skip(found as usize) {
        let transaction = connection.transaction()?;
        step(&transaction)?;
        transaction.pragma_update(None, "user_version", from as u32 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Format 1: the tables 1 to 20.
fn create_tables(connection: &Connection) -> rusqlite::Result<()> {
    let mut sql = sql_of_tables(&Table::ALL[..20]);
    // `journal`: the changes of each commit, until they are settled in their tables.
    // `clock`: one row, the latest time that a command has seen, for when the journal is empty.
    sql.push_str(
        "CREATE TABLE journal (id INTEGER PRIMARY KEY, ms INTEGER NOT NULL, changes BLOB NOT NULL);
         CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), ms INTEGER NOT NULL);",
    );
    connection.execute_batch(&sql)
}

/// Format 2: who held a username or a number, and whose records are to be erased (21 to 23).
fn add_histories(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&sql_of_tables(&Table::ALL[20..23]))
}

/// Format 3: channels, their members, invite links, threads and counts, and bots (24 to 36).
fn add_channels(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&sql_of_tables(&Table::ALL[23..36]))
}

/// Format 4: files, what the search index has yet to see, moderation (37 to 50).
fn add_files_and_moderation(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&sql_of_tables(&Table::ALL[36..50]))
}

/// Format 5: secret chats (51 to 56).
fn add_secret_chats(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&sql_of_tables(&Table::ALL[50..56]))
}

/// Format 6: cloud passwords (57).
fn add_passwords(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&sql_of_tables(&Table::ALL[56..57]))
}

fn sql_of_tables(tables: &[Table]) -> String {
    let mut sql = String::new();
    for table in tables {
        writeln!(
            sql,
            "CREATE TABLE \"{}\" (owner INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
             PRIMARY KEY (owner, key)) WITHOUT ROWID;",
            table.name()
        )
        .expect("writing to memory does not fail");
    }
    sql
}
