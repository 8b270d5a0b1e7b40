//! Cases: state, version, and when they came.

use super::{Step, View};
use crate::{CaseId, DeskError, Token};
use rusqlite::{OptionalExtension, Row, params};

/// A case to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCase {
    /// Its random id.
    pub id: CaseId,
    /// Its first state.
    pub state: Token,
    /// `normal` or `emergency`.
    pub priority: Token,
    /// The hash of the secret on the authority's receipt, which opens the receipt page.
    pub receipt_hash: [u8; 32],
    /// When the order arrived.
    pub received_s: u64,
}

/// A case, without what its order says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// Its random id.
    pub id: CaseId,
    /// Its state, a word of the desk's.
    pub state: Token,
    /// Counts its steps; whoever takes the next one names the version it was decided on.
    pub version: u64,
    /// `normal` or `emergency`.
    pub priority: Token,
    /// When the order arrived.
    pub received_s: u64,
    /// When the last step was taken.
    pub changed_s: u64,
}

const COLUMNS: &str = "id, state, version, priority, received_s, changed_s";

fn case_row(row: &Row<'_>) -> rusqlite::Result<CaseRow> {
    Ok(CaseRow {
        id: row.get(0)?,
        state: row.get(1)?,
        version: row.get::<_, i64>(2)? as u64,
        priority: row.get(3)?,
        received_s: row.get::<_, i64>(4)? as u64,
        changed_s: row.get::<_, i64>(5)? as u64,
    })
}

impl View<'_> {
    /// A case by its id. Fails with [`DeskError::Missing`].
    pub fn case(&self, id: CaseId) -> Result<CaseRow, DeskError> {
        self.tx
            .prepare_cached(&format!("SELECT {COLUMNS} FROM cases WHERE id = ?1"))?
            .query_row(params![id], case_row)
            .optional()?
            .ok_or(DeskError::Missing("case"))
    }

    /// A case by the hash of its receipt's secret.
    pub fn case_by_receipt(&self, receipt_hash: &[u8; 32]) -> Result<Option<CaseRow>, DeskError> {
        let found = self
            .tx
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM cases WHERE receipt_hash = ?1"
            ))?
            .query_row(params![receipt_hash], case_row)
            .optional()?;
        Ok(found)
    }

    /// All cases in a state, the oldest first.
    pub fn cases_in(&self, state: &Token) -> Result<Vec<CaseRow>, DeskError> {
        let mut list = self.tx.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM cases WHERE state = ?1 ORDER BY received_s, id"
        ))?;
        let cases = list.query_map(params![state], case_row)?;
        Ok(cases.collect::<Result<_, _>>()?)
    }

    /// A page of all cases, the newest first.
    pub fn cases(&self, offset: u32, limit: u32) -> Result<Vec<CaseRow>, DeskError> {
        let mut list = self.tx.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM cases ORDER BY received_s DESC, id LIMIT ?2 OFFSET ?1"
        ))?;
        let cases = list.query_map(params![offset, limit], case_row)?;
        Ok(cases.collect::<Result<_, _>>()?)
    }
}

impl Step<'_> {
    /// Stores a new case, with version 1.
    pub fn create_case(&self, case: &NewCase) -> Result<(), DeskError> {
        self.tx.execute(
            "INSERT INTO cases (id, state, version, priority, receipt_hash, received_s, changed_s)
             VALUES (?1, ?2, 1, ?3, ?4, ?5, ?5)",
            params![
                case.id,
                case.state,
                case.priority,
                case.receipt_hash,
                case.received_s as i64
            ],
        )?;
        Ok(())
    }

    /// Moves a case on, provided that it still is as the decision found it; answers with the new
    /// version.
    ///
    /// Fails with [`DeskError::Stale`] when another step was first.
    pub fn advance(
        &self,
        id: CaseId,
        decided_on: u64,
        state: &Token,
        now_s: u64,
    ) -> Result<u64, DeskError> {
        let changed = self
            .tx
            .prepare_cached(
                "UPDATE cases SET state = ?3, version = version + 1, changed_s = ?4
                 WHERE id = ?1 AND version = ?2",
            )?
            .execute(params![id, decided_on as i64, state, now_s as i64])?;
        if changed == 1 {
            return Ok(decided_on + 1);
        }
        self.case(id)?;
        Err(DeskError::Stale)
    }
}
