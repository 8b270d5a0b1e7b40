//! Timers of cases: what is due, and when.

use super::{Step, View};
use crate::{CaseId, DeskError, Token};
use rusqlite::{Params, params};

/// A timer of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimerRow {
    /// The case.
    pub case: CaseId,
    /// What is due: a word of the desk's.
    pub kind: Token,
    /// When.
    pub due_s: u64,
    /// When it was done.
    pub done_s: Option<u64>,
}

impl View<'_> {
    /// The timers of a case.
    pub fn timers_of(&self, case: CaseId) -> Result<Vec<TimerRow>, DeskError> {
        self.timers("case_id = ?1 ORDER BY due_s, kind", params![case])
    }

    /// What is due by `until_s` and not done, the longest overdue first.
    pub fn timers_due(&self, until_s: u64, limit: u32) -> Result<Vec<TimerRow>, DeskError> {
        self.timers(
            "done_s IS NULL AND due_s <= ?1 ORDER BY due_s, case_id, kind LIMIT ?2",
            params![until_s as i64, limit],
        )
    }

    fn timers(&self, condition: &str, params: impl Params) -> Result<Vec<TimerRow>, DeskError> {
        let mut list = self.tx.prepare_cached(&format!(
            "SELECT case_id, kind, due_s, done_s FROM timer WHERE {condition}"
        ))?;
        let timers = list.query_map(params, |row| {
            Ok(TimerRow {
                case: row.get(0)?,
                kind: row.get(1)?,
                due_s: row.get::<_, i64>(2)? as u64,
                done_s: row.get::<_, Option<i64>>(3)?.map(|s| s as u64),
            })
        })?;
        Ok(timers.collect::<Result<_, _>>()?)
    }
}

impl Step<'_> {
    /// Sets a timer; one of the same kind is replaced and not done any more.
    pub fn set_timer(&self, case: CaseId, kind: &Token, due_s: u64) -> Result<(), DeskError> {
        self.tx
            .prepare_cached(
                "INSERT INTO timer (case_id, kind, due_s) VALUES (?1, ?2, ?3)
                 ON CONFLICT (case_id, kind) DO UPDATE SET due_s = ?3, done_s = NULL",
            )?
            .execute(params![case, kind, due_s as i64])?;
        Ok(())
    }

    /// Notes that what a timer stood for is done; without one, or a second time, nothing happens.
    pub fn finish_timer(&self, case: CaseId, kind: &Token, now_s: u64) -> Result<(), DeskError> {
        self.tx
            .prepare_cached(
                "UPDATE timer SET done_s = ?3 WHERE case_id = ?1 AND kind = ?2 AND done_s IS NULL",
            )?
            .execute(params![case, kind, now_s as i64])?;
        Ok(())
    }
}
