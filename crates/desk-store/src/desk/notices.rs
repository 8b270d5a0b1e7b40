//! The outbox of notices to the persons concerned. Person and text are a sealed text.

use super::{Step, View};
use crate::{CaseId, DeskError, NoticeId, Place, Sealed};
use rusqlite::{Params, params};

/// A notice in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its id; its body lies at [`Place::Notice`] until it is carried.
    pub id: NoticeId,
    /// The case it tells of.
    pub case: CaseId,
    /// When it is to be carried.
    pub due_s: u64,
    /// When it was.
    pub carried_s: Option<u64>,
}

impl View<'_> {
    /// Notices to be carried by now, the longest due first.
    pub fn notices_due(&self, now_s: u64, limit: u32) -> Result<Vec<NoticeRow>, DeskError> {
        self.notices(
            "carried_s IS NULL AND due_s <= ?1 ORDER BY due_s, id LIMIT ?2",
            params![now_s as i64, limit],
        )
    }

    /// The notices of a case.
    pub fn notices_of(&self, case: CaseId) -> Result<Vec<NoticeRow>, DeskError> {
        self.notices("case_id = ?1 ORDER BY due_s, id", params![case])
    }

    fn notices(&self, condition: &str, params: impl Params) -> Result<Vec<NoticeRow>, DeskError> {
        let mut list = self.tx.prepare_cached(&format!(
            "SELECT id, case_id, due_s, carried_s FROM notice WHERE {condition}"
        ))?;
        let notices = list.query_map(params, |row| {
            Ok(NoticeRow {
                id: row.get(0)?,
                case: row.get(1)?,
                due_s: row.get::<_, i64>(2)? as u64,
                carried_s: row.get::<_, Option<i64>>(3)?.map(|s| s as u64),
            })
        })?;
        Ok(notices.collect::<Result<_, _>>()?)
    }
}

impl Step<'_> {
    /// Puts a notice into the outbox. The same id again changes nothing.
    pub fn queue_notice(
        &self,
        id: NoticeId,
        case: CaseId,
        due_s: u64,
        body: &Sealed,
    ) -> Result<(), DeskError> {
        if *body.place() != Place::Notice(id) {
            return Err(DeskError::Missing("body of the notice"));
        }
        let added = self.tx.execute(
            "INSERT INTO notice (id, case_id, due_s) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING",
            params![id, case, due_s as i64],
        )?;
        if added == 1 {
            self.put_sealed(body)?;
        }
        Ok(())
    }

    /// Moves the day of a notice that is not carried yet.
    pub fn delay_notice(&self, id: NoticeId, due_s: u64) -> Result<(), DeskError> {
        let changed = self.tx.execute(
            "UPDATE notice SET due_s = ?2 WHERE id = ?1 AND carried_s IS NULL",
            params![id, due_s as i64],
        )?;
        if changed == 1 {
            Ok(())
        } else {
            Err(DeskError::Missing("notice to delay"))
        }
    }

    /// Notes that a notice was carried to the person, and erases its body. The carrier may have
    /// carried it twice across a crash; a second note changes nothing.
    pub fn notice_carried(&self, id: NoticeId, now_s: u64) -> Result<(), DeskError> {
        self.tx.execute(
            "UPDATE notice SET carried_s = ?2 WHERE id = ?1 AND carried_s IS NULL",
            params![id, now_s as i64],
        )?;
        self.erase_sealed(&Place::Notice(id))
    }
}
