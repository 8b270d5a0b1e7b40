//! Officers' responses to a case's bundle; their bodies are sealed texts.

use super::{Step, View};
use crate::{CaseId, DeskError, Place, Sealed, Token};
use rusqlite::params;

/// An officer's response, without its signature and partial decryptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseRow {
    /// The officer's index in the set.
    pub officer: u16,
    /// The records it was given for.
    pub records_root: [u8; 32],
    /// `approve`, or the word of the refusal.
    pub verdict: Token,
    /// From then on it counts no more.
    pub not_after_s: u64,
    /// When it arrived.
    pub stored_s: u64,
}

impl View<'_> {
    /// The responses to a case's bundle with these records, ascending by officer.
    pub fn responses(
        &self,
        case: CaseId,
        records_root: &[u8; 32],
    ) -> Result<Vec<ResponseRow>, DeskError> {
        let mut list = self.tx.prepare_cached(
            "SELECT officer, records_root, verdict, not_after_s, stored_s FROM response
             WHERE case_id = ?1 AND records_root = ?2 ORDER BY officer",
        )?;
        let rows = list.query_map(params![case, records_root], |row| {
            Ok(ResponseRow {
                officer: row.get(0)?,
                records_root: row.get(1)?,
                verdict: row.get(2)?,
                not_after_s: row.get::<_, i64>(3)? as u64,
                stored_s: row.get::<_, i64>(4)? as u64,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Step<'_> {
    /// Keeps an officer's response, in place of an earlier one of the same officer to the same
    /// bundle. `body` must be sealed for the response's place.
    pub fn put_response(
        &self,
        case: CaseId,
        response: &ResponseRow,
        body: &Sealed,
    ) -> Result<(), DeskError> {
        if *body.place() != Place::Response(case, response.officer, response.records_root) {
            return Err(DeskError::Missing("body of the response"));
        }
        self.tx.execute(
            "INSERT INTO response (case_id, officer, records_root, verdict, not_after_s, stored_s)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (case_id, records_root, officer)
             DO UPDATE SET verdict = ?4, not_after_s = ?5, stored_s = ?6",
            params![
                case,
                response.officer,
                response.records_root,
                response.verdict,
                response.not_after_s as i64,
                response.stored_s as i64
            ],
        )?;
        self.put_sealed(body)
    }
}
