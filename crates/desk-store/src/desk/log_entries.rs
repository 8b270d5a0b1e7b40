//! Entries of the public log that the desk writes.
//!
//! An entry is planned in the commit of the step that decides on it, appended to the log, and then
//! noted with its index. After a crash in between, the log is searched for the very bytes from
//! `from_size` on: they are found, or appended now.

use super::{Step, View};
use crate::{CaseId, DeskError, Token};
use rusqlite::{Params, params};

/// Names a planned entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogEntryId(i64);

/// An entry of the log, planned or logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its id; ids ascend in the order of planning.
    pub id: LogEntryId,
    /// The case it belongs to.
    pub case: Option<CaseId>,
    /// Its kind.
    pub kind: Token,
    /// Its text.
    pub bytes: Vec<u8>,
    /// How many entries the log had when this one was planned.
    pub from_size: u64,
    /// Its index in the log, once it is there.
    pub entry: Option<u64>,
}

impl View<'_> {
    /// The entries of a case, in the order of planning.
    pub fn log_entries_of(&self, case: CaseId) -> Result<Vec<LogEntry>, DeskError> {
        self.log_entries("case_id = ?1", params![case])
    }

    /// Entries not known to be in the log, the oldest first.
    pub fn planned_entries(&self) -> Result<Vec<LogEntry>, DeskError> {
        self.log_entries("entry IS NULL", [])
    }

    /// The case that the entry with this index belongs to.
    pub fn case_of_entry(&self, entry: u64) -> Result<Option<CaseId>, DeskError> {
        let entries = self.log_entries("entry = ?1", params![entry as i64])?;
        Ok(entries.into_iter().next().and_then(|entry| entry.case))
    }

    fn log_entries(
        &self,
        condition: &str,
        params: impl Params,
    ) -> Result<Vec<LogEntry>, DeskError> {
        let mut list = self.tx.prepare_cached(&format!(
            "SELECT id, case_id, kind, bytes, from_size, entry FROM log_entry
             WHERE {condition} ORDER BY id"
        ))?;
        let entries = list.query_map(params, |row| {
            Ok(LogEntry {
                id: LogEntryId(row.get(0)?),
                case: row.get(1)?,
                kind: row.get(2)?,
                bytes: row.get(3)?,
                from_size: row.get::<_, i64>(4)? as u64,
                entry: row.get::<_, Option<i64>>(5)?.map(|entry| entry as u64),
            })
        })?;
        Ok(entries.collect::<Result<_, _>>()?)
    }
}

impl Step<'_> {
    /// Decides on an entry.
    pub fn plan_entry(
        &self,
        case: Option<CaseId>,
        kind: &Token,
        bytes: &[u8],
        from_size: u64,
    ) -> Result<LogEntryId, DeskError> {
        let id = self
            .tx
            .prepare_cached(
                "INSERT INTO log_entry (case_id, kind, bytes, from_size) VALUES (?1, ?2, ?3, ?4)",
            )?
            .insert(params![case, kind, bytes, from_size as i64])?;
        Ok(LogEntryId(id))
    }

    /// Notes where an entry is in the log. Noting the same index again changes nothing.
    ///
    /// Fails with [`DeskError::Done`] when another index is noted.
    pub fn entry_logged(&self, id: LogEntryId, entry: u64) -> Result<(), DeskError> {
        let changed = self
            .tx
            .prepare_cached(
                "UPDATE log_entry SET entry = ?2 WHERE id = ?1 AND (entry IS NULL OR entry = ?2)",
            )?
            .execute(params![id.0, entry as i64])?;
        if changed == 1 {
            Ok(())
        } else {
            Err(DeskError::Done("the entry"))
        }
    }

    /// Gives up an entry that never reached the log.
    pub fn drop_planned_entry(&self, id: LogEntryId) -> Result<(), DeskError> {
        self.tx.execute(
            "DELETE FROM log_entry WHERE id = ?1 AND entry IS NULL",
            [id.0],
        )?;
        Ok(())
    }
}
