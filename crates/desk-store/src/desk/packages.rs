//! Packages: sealed to the authority, downloaded once.

use super::{Step, View};
use crate::{CaseId, DeskError};
use rusqlite::{OptionalExtension, params};

/// A package as the desk sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageRow {
    /// Counts the packages of a case from 1.
    pub number: u32,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// From then on it cannot be downloaded.
    pub expires_s: u64,
    /// When it was downloaded.
    pub taken_s: Option<u64>,
}

impl View<'_> {
    /// The packages of a case, in order.
    pub fn packages_of(&self, case: CaseId) -> Result<Vec<PackageRow>, DeskError> {
        let mut list = self.tx.prepare_cached(
            "SELECT number, hash, expires_s, taken_s FROM package WHERE case_id = ?1 ORDER BY number",
        )?;
        let rows = list.query_map(params![case], |row| {
            Ok(PackageRow {
                number: row.get(0)?,
                hash: row.get(1)?,
                expires_s: row.get::<_, i64>(2)? as u64,
                taken_s: row.get::<_, Option<i64>>(3)?.map(|s| s as u64),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Step<'_> {
    /// Keeps a package for download; answers with its number.
    pub fn put_package(
        &self,
        case: CaseId,
        bytes: &[u8],
        hash: [u8; 32],
        expires_s: u64,
    ) -> Result<u32, DeskError> {
        let number = self.tx.query_row(
            "INSERT INTO package (case_id, number, bytes, hash, expires_s)
             SELECT ?1, 1 + count(*), ?2, ?3, ?4 FROM package WHERE case_id = ?1
             RETURNING number",
            params![case, bytes, hash, expires_s as i64],
            |row| row.get(0),
        )?;
        Ok(number)
    }

    /// Hands out a package and erases it; `None` when there is none, when it expired, or when it
    /// was handed out before.
    pub fn take_package(
        &self,
        case: CaseId,
        number: u32,
        now_s: u64,
    ) -> Result<Option<Vec<u8>>, DeskError> {
        let bytes = self
            .tx
            .query_row(
                "SELECT bytes FROM package
                 WHERE case_id = ?1 AND number = ?2 AND expires_s > ?3 AND bytes IS NOT NULL",
                params![case, number, now_s as i64],
                |row| row.get(0),
            )
            .optional()?;
        if bytes.is_some() {
            self.tx.execute(
                "UPDATE package SET bytes = NULL, taken_s = ?3 WHERE case_id = ?1 AND number = ?2",
                params![case, number, now_s as i64],
            )?;
        }
        Ok(bytes)
    }

    /// Erases packages that nobody fetched in time; tells how many.
    pub fn erase_expired_packages(&self, now_s: u64) -> Result<u64, DeskError> {
        let erased = self.tx.execute(
            "UPDATE package SET bytes = NULL WHERE expires_s <= ?1 AND bytes IS NOT NULL",
            [now_s as i64],
        )?;
        Ok(erased as u64)
    }
}
