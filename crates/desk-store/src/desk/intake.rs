//! The quarantine: what unknown senders hand in, until someone has looked at it.

use super::{Step, View};
use crate::{DeskError, IntakeId, Place, Sealed};
use rusqlite::{Params, Row, params};

/// Where something handed in stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntakeState {
    /// Nobody has decided on it.
    Waiting,
    /// Its sender was registered, and it became a case.
    Accepted,
    /// It was put aside.
    Dropped,
}

impl IntakeState {
    fn word(self) -> &'static str {
        match self {
            IntakeState::Waiting => "waiting",
            IntakeState::Accepted => "accepted",
            IntakeState::Dropped => "dropped",
        }
    }

    fn parse(word: &str) -> Result<Self, DeskError> {
        [Self::Waiting, Self::Accepted, Self::Dropped]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or(DeskError::Corrupt("state of an intake"))
    }
}

/// Something handed in; its text lies at [`Place::Intake`], its documents at
/// [`Place::IntakeDocument`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeRow {
    /// Its id.
    pub id: IntakeId,
    /// When it came.
    pub received_s: u64,
    /// Its leaf under the root of the day's `intake` entry.
    pub hash: [u8; 32],
    /// Where it stands.
    pub state: IntakeState,
    /// The index of the `intake` entry that counts it.
    pub entry: Option<u64>,
}

fn intake(row: &Row<'_>) -> Result<IntakeRow, DeskError> {
    Ok(IntakeRow {
        id: row.get(0)?,
        received_s: row.get::<_, i64>(1)? as u64,
        hash: row.get(2)?,
        state: IntakeState::parse(&row.get::<_, String>(3)?)?,
        entry: row.get::<_, Option<i64>>(4)?.map(|entry| entry as u64),
    })
}

impl View<'_> {
    /// What waits, the oldest first.
    pub fn intake_waiting(&self) -> Result<Vec<IntakeRow>, DeskError> {
        self.intake("state = 'waiting' ORDER BY received_s, id", [])
    }

    /// What came before `before_s` and no `intake` entry counts yet, in order.
    pub fn intake_uncounted(&self, before_s: u64) -> Result<Vec<IntakeRow>, DeskError> {
        self.intake(
            "entry IS NULL AND received_s < ?1 ORDER BY received_s, id",
            params![before_s as i64],
        )
    }

    fn intake(&self, condition: &str, params: impl Params) -> Result<Vec<IntakeRow>, DeskError> {
        let mut list = self.tx.prepare_cached(&format!(
            "SELECT id, received_s, hash, state, entry FROM intake WHERE {condition}"
        ))?;
        let mut rows = list.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(intake(row)?);
        }
        Ok(found)
    }
}

impl Step<'_> {
    /// Puts something into quarantine; `body` must be sealed for its place.
    pub fn put_intake(
        &self,
        id: IntakeId,
        hash: [u8; 32],
        received_s: u64,
        body: &Sealed,
    ) -> Result<(), DeskError> {
        if *body.place() != Place::Intake(id) {
            return Err(DeskError::Missing("body of the intake"));
        }
        self.tx.execute(
            "INSERT INTO intake (id, received_s, hash, state) VALUES (?1, ?2, ?3, 'waiting')",
            params![id, received_s as i64, hash],
        )?;
        self.put_sealed(body)
    }

    /// Decides on something that waits, and erases its text and documents: a case has its own copy.
    ///
    /// Fails with [`DeskError::Done`] when it was decided before.
    pub fn decide_intake(&self, id: IntakeId, state: IntakeState) -> Result<(), DeskError> {
        let changed = self.tx.execute(
            "UPDATE intake SET state = ?2 WHERE id = ?1 AND state = 'waiting'",
            params![id, state.word()],
        )?;
        if changed == 0 {
            return Err(DeskError::Done("the decision"));
        }
        if state != IntakeState::Waiting {
            self.erase_sealed(&Place::Intake(id))?;
            self.tx.execute(
                "DELETE FROM sealed WHERE owner = ?1 AND kind = 'intake-document'",
                params![id],
            )?;
        }
        Ok(())
    }

    /// Notes which `intake` entry counts something.
    pub fn intake_counted(&self, id: IntakeId, entry: u64) -> Result<(), DeskError> {
        self.tx.execute(
            "UPDATE intake SET entry = ?2 WHERE id = ?1 AND entry IS NULL",
            params![id, entry as i64],
        )?;
        Ok(())
    }
}
