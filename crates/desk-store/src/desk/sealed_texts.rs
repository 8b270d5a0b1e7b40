//! The one table of sealed texts.

use super::{Step, View};
use crate::{CaseId, DeskError, Place, Sealed};
use rusqlite::{OptionalExtension, params};

impl View<'_> {
    /// The text at a place.
    pub fn sealed(&self, place: &Place) -> Result<Option<Sealed>, DeskError> {
        let (kind, owner, item) = place.columns();
        let bytes = self
            .tx
            .prepare_cached(
                "SELECT bytes FROM sealed WHERE kind = ?1 AND owner = ?2 AND item = ?3",
            )?
            .query_row(params![kind, owner, item], |row| row.get(0))
            .optional()?;
        Ok(bytes.map(|bytes| Sealed::stored(place.clone(), bytes)))
    }

    /// The questions of a case that have been answered, by their words.
    pub fn findings_of(&self, case: CaseId) -> Result<Vec<Sealed>, DeskError> {
        let mut list = self.tx.prepare_cached(
            "SELECT item, bytes FROM sealed WHERE kind = 'finding' AND owner = ?1 ORDER BY item",
        )?;
        let mut rows = list.query(params![case])?;
        let mut findings = Vec::new();
        while let Some(row) = rows.next()? {
            let question =
                String::from_utf8(row.get(0)?).map_err(|_| DeskError::Corrupt("question"))?;
            findings.push(Sealed::stored(Place::Finding(case, question), row.get(1)?));
        }
        Ok(findings)
    }
}

impl Step<'_> {
    /// Keeps a text at its place, instead of what was there.
    pub fn put_sealed(&self, sealed: &Sealed) -> Result<(), DeskError> {
        let (kind, owner, item) = sealed.place().columns();
        self.tx
            .prepare_cached(
                "INSERT INTO sealed (kind, owner, item, bytes) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (kind, owner, item) DO UPDATE SET bytes = ?4",
            )?
            .execute(params![kind, owner, item, sealed.bytes()])?;
        Ok(())
    }

    /// Erases the text at a place.
    pub fn erase_sealed(&self, place: &Place) -> Result<(), DeskError> {
        let (kind, owner, item) = place.columns();
        self.tx
            .prepare_cached("DELETE FROM sealed WHERE kind = ?1 AND owner = ?2 AND item = ?3")?
            .execute(params![kind, owner, item])?;
        Ok(())
    }

    /// Erases the officers' responses of a case, partial decryptions and all, which are of no use
    /// once it is closed.
    pub fn erase_responses(&self, case: CaseId) -> Result<(), DeskError> {
        self.tx
            .prepare_cached("DELETE FROM sealed WHERE owner = ?1 AND kind = 'response'")?
            .execute(params![case])?;
        Ok(())
    }
}
