//! Commands, mailboxes, jobs, and the contract that every storage engine keeps.
//!
//! A database is a set of [tables](Table) of rows `(owner, key) → value`, ordered by owner and then
//! by key. An engine knows how to read rows and how to commit a set of changed rows durably;
//! everything above that (row types, mailboxes, numbering, group commit, savepoints) is written once
//! here. `docs/decisions/0001-rows.md` tells why.
//!
//! - A *write* is a value: a [`Command`] that declares which mailboxes it locks and is applied to a
//!   [`Tx`]. Many commands share one durable commit, each in its own savepoint; [`Store::write`]
//!   answers after that commit.
//! - A *read* goes through [`Store::view`]. What it shows has been committed.
//! - A command's changes, the entries of the mailboxes' logs and its jobs commit together. After the
//!   commit the engine hands a [`Wake`] for each changed mailbox to its [`Listener`].

mod command;
mod engine;
mod group;
mod job;
mod key;
pub mod mailbox;
mod name;
mod row;
mod table;
mod tx;
pub mod uses;

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "memory")]
pub mod memory;

pub use command::{Command, Locks};
pub use engine::{BoxFuture, Clock, Engine, Listener, Store, Wake};
pub use group::{Change, Group, Pending, Sealed};
pub use job::{Job, JobKey, enqueue, last_number, next_number_of};
pub use key::{Key, KeyRange, Order};
pub use name::RowName;
pub use row::{Entry, Row, Rows, Scan, View, decode_row, encode_row};
pub use table::Table;
pub use tx::Tx;

use thiserror::Error;

/// Why the store could not do what was asked.
///
/// These are faults of the installation, never of a caller: a handler answers them with a bare 500.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A row does not read as what its table holds.
    #[error("a row of table {table} is damaged: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What did not fit.
        reason: String,
    },
    /// A command wrote to a mailbox that it had not declared.
    #[error("command {command} wrote to a mailbox that it did not lock")]
    Undeclared {
        /// The command.
        command: &'static str,
    },
    /// A command panicked: a mistake in the program. Nothing of it was written.
    #[error("command {command} panicked")]
    Panicked {
        /// The command.
        command: &'static str,
    },
    /// The engine failed (disk full, connection lost).
    #[error("storage engine: {0}")]
    Engine(String),
    /// Another process has the data open.
    #[error("the data is in use by another process ({0}): stop that one first")]
    InUse(String),
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
    /// The data folder was written by a newer version.
    #[error(
        "the data has format {found}, this version knows up to {known}: run a newer heliograph, or restore a backup made with this one"
    )]
    NewerFormat {
        /// The format found.
        found: u32,
        /// The newest format known.
        known: u32,
    },
}
