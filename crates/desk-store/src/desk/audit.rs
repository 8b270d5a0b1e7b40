//! Audit records: opened before an act, closed with it.

use super::View;
use crate::{CaseId, DeskError, StaffId, Token};
use rusqlite::{Transaction, params};

/// What someone is about to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Who; `None` is the desk's own clockwork.
    pub staff: Option<StaffId>,
    /// What, in a word: `view-case`, `answer-question`, `log-open`.
    pub name: Token,
    /// On which case.
    pub case: Option<CaseId>,
}

/// Names an audit record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditId(i64);

/// An audit record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its id; ids ascend.
    pub id: AuditId,
    /// What was to be done.
    pub act: Act,
    /// When it was opened.
    pub opened_s: u64,
    /// When it was closed, and how: `done` or `failed`. `None` after a crash in between.
    pub closed: Option<(u64, Token)>,
}

pub(super) fn open(tx: &Transaction<'_>, act: &Act, now_s: u64) -> Result<AuditId, DeskError> {
    let id = tx
        .prepare_cached(
            "INSERT INTO audit (staff_id, act, case_id, opened_s) VALUES (?1, ?2, ?3, ?4)",
        )?
        .insert(params![act.staff, act.name, act.case, now_s as i64])?;
    Ok(AuditId(id))
}

pub(super) fn close(
    tx: &Transaction<'_>,
    audit: AuditId,
    outcome: &str,
    now_s: u64,
) -> Result<(), DeskError> {
    let changed = tx
        .prepare_cached(
            "UPDATE audit SET closed_s = ?2, outcome = ?3 WHERE id = ?1 AND closed_s IS NULL",
        )?
        .execute(params![audit.0, now_s as i64, outcome])?;
    if changed == 1 {
        Ok(())
    } else {
        Err(DeskError::Done("the act"))
    }
}

impl View<'_> {
    /// The audit records of a case, in order.
    pub fn audit_of(&self, case: CaseId) -> Result<Vec<AuditRecord>, DeskError> {
        self.audit_where("case_id = ?1", params![case])
    }

    /// The newest audit records before `before` (`None`: the newest of all), newest first.
    pub fn audit_before(
        &self,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, DeskError> {
        let before = before.map_or(i64::MAX, |id| id.0);
        let mut records = self.audit_where(
            "id IN (SELECT id FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2)",
            params![before, limit],
        )?;
        records.reverse();
        Ok(records)
    }

    /// Records that were opened and never closed: a crash, or an act under way.
    pub fn audit_open(&self) -> Result<Vec<AuditRecord>, DeskError> {
        self.audit_where("closed_s IS NULL", [])
    }

    fn audit_where(
        &self,
        condition: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<AuditRecord>, DeskError> {
        let mut list = self.tx.prepare_cached(&format!(
            "SELECT id, staff_id, act, case_id, opened_s, closed_s, outcome FROM audit
             WHERE {condition} ORDER BY id"
        ))?;
        let records = list.query_map(params, |row| {
            let closed_s: Option<i64> = row.get(5)?;
            let outcome: Option<Token> = row.get(6)?;
            Ok(AuditRecord {
                id: AuditId(row.get(0)?),
                act: Act {
                    staff: row.get(1)?,
                    name: row.get(2)?,
                    case: row.get(3)?,
                },
                opened_s: row.get::<_, i64>(4)? as u64,
                closed: closed_s.map(|s| s as u64).zip(outcome),
            })
        })?;
        Ok(records.collect::<Result<_, _>>()?)
    }
}
