//! The desk's handle: consistent views, and steps that commit together with their audit record.

pub mod audit;
pub mod authorities;
pub mod cases;
pub mod intake;
pub mod log_entries;
pub mod notices;
pub mod packages;
pub mod responses;
pub mod sealed_texts;
pub mod staff;
pub mod timers;

use crate::DeskError;
use crate::database::Database;
use audit::{Act, AuditId};
use rusqlite::Transaction;
use std::ops::Deref;
use std::sync::Arc;

/// The handle for the desk.
#[derive(Clone)]
pub struct Desk {
    database: Arc<Database>,
}

/// Reads one consistent state of the database.
pub struct View<'a> {
    tx: &'a Transaction<'a>,
}

/// Reads and writes in the one transaction of a step.
pub struct Step<'a> {
    view: View<'a>,
}

impl<'a> Deref for Step<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl Desk {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }

    /// Looks at one consistent state. Pages shown to staff go through [`Self::act`] instead, so
    /// that the looking is on record.
    pub fn view<T, E: From<DeskError>>(
        &self,
        look: impl FnOnce(&View<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.database.read(|tx| look(&View { tx }))
    }

    /// Opens an audit record, does the step, and closes the record in the step's own commit.
    ///
    /// If the record cannot be opened, nothing runs. If the step fails, nothing of it stays and
    /// the record says `failed`; if the process dies in between, the record stays open.
    pub fn act<T, E: From<DeskError>>(
        &self,
        act: &Act,
        now_s: u64,
        step: impl FnOnce(&Step<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let audit = self.open_audit(act, now_s)?;
        let done = self.finish_audit(audit, now_s, step);
        if done.is_err() {
            self.database
                .write(|tx| audit::close(tx, audit, "failed", now_s))?;
        }
        done
    }

    /// Opens the audit record of an act that takes longer than one transaction.
    pub fn open_audit(&self, act: &Act, now_s: u64) -> Result<AuditId, DeskError> {
        self.database.write(|tx| audit::open(tx, act, now_s))
    }

    /// Does the step that ends a longer act, and closes its audit record in the same commit.
    ///
    /// Fails with [`DeskError::Done`] when the record is closed already.
    pub fn finish_audit<T, E: From<DeskError>>(
        &self,
        audit: AuditId,
        now_s: u64,
        step: impl FnOnce(&Step<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.database.write(|tx| {
            let result = step(&Step { view: View { tx } })?;
            audit::close(tx, audit, "done", now_s)?;
            Ok(result)
        })
    }

    /// Closes the audit record of an act that came to nothing.
    pub fn fail_audit(&self, audit: AuditId, now_s: u64) -> Result<(), DeskError> {
        self.database
            .write(|tx| audit::close(tx, audit, "failed", now_s))
    }

    /// Empties the write-ahead log, so that texts erased by earlier steps are in no file any more.
    /// To be called after a case was closed, and daily.
    pub fn forget_erased(&self) -> Result<(), DeskError> {
        self.database.truncate_log()
    }
}
