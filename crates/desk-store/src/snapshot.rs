//! Snapshots of the records' hashes for the daily vault root.
//!
//! An officer refuses a record that does not stand under a vault root logged before the case was
//! bundled: evidence cannot be planted afterwards. The leaves behind a logged root are therefore
//! kept, although records come and go, until the root after the next one is logged: a bundle made
//! on the old root may still be under way.

use crate::{DeskError, SealedRecords};
use rusqlite::{OptionalExtension, params};

/// The leaves of one vault root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Names it in [`SealedRecords::snapshot_logged`].
    pub id: i64,
    /// When it was taken.
    pub taken_s: u64,
    /// How many of the records are phone records.
    pub phones: u64,
    /// The records' hashes, ascending. Their order tells nothing: hashes are as good as random.
    pub leaves: Vec<[u8; 32]>,
    /// The index of the `vault` entry that has its root.
    pub entry: Option<u64>,
}

impl Snapshot {
    /// The position of a record's hash among the leaves.
    pub fn position(&self, hash: &[u8; 32]) -> Option<u64> {
        self.leaves.binary_search(hash).ok().map(|at| at as u64)
    }
}

/// So many logged snapshots stay.
const LOGGED_KEPT: i64 = 2;

impl SealedRecords {
    /// Keeps the hashes of all records as they are now, for a root about to be logged; `None`, and
    /// nothing is kept, when there are no records.
    pub fn take_snapshot(&self, now_s: u64) -> Result<Option<Snapshot>, DeskError> {
        self.database.write(|tx| {
            let mut list =
                tx.prepare_cached("SELECT hash FROM phone UNION ALL SELECT hash FROM ip")?;
            let hashes = list.query_map([], |row| row.get(0))?;
            let mut leaves = hashes.collect::<Result<Vec<[u8; 32]>, _>>()?;
            if leaves.is_empty() {
                return Ok(None);
            }
            leaves.sort_unstable();
            let phones: i64 = tx.query_row("SELECT count(*) FROM phone", [], |row| row.get(0))?;
            // One that was never logged belongs to an attempt that was given up.
            tx.execute("DELETE FROM snapshot WHERE entry IS NULL", [])?;
            tx.execute(
                "INSERT INTO snapshot (taken_s, phones, leaves) VALUES (?1, ?2, ?3)",
                params![now_s as i64, phones, leaves.as_flattened()],
            )?;
            Ok(Some(Snapshot {
                id: tx.last_insert_rowid(),
                taken_s: now_s,
                phones: phones as u64,
                leaves,
                entry: None,
            }))
        })
    }

    /// Notes that the root of a snapshot is in the log, and lets go of those too old to be needed.
    pub fn snapshot_logged(&self, id: i64, entry: u64) -> Result<(), DeskError> {
        self.database.write(|tx| {
            let changed = tx.execute(
                "UPDATE snapshot SET entry = ?2 WHERE id = ?1",
                params![id, entry as i64],
            )?;
            if changed == 0 {
                return Err(DeskError::Missing("snapshot"));
            }
            tx.execute(
                "DELETE FROM snapshot WHERE entry NOT IN
                 (SELECT entry FROM snapshot WHERE entry IS NOT NULL ORDER BY entry DESC LIMIT ?1)",
                [LOGGED_KEPT],
            )?;
            Ok(())
        })
    }

    /// The snapshot behind the newest logged root.
    pub fn last_logged_snapshot(&self) -> Result<Option<Snapshot>, DeskError> {
        self.one_snapshot(
            "SELECT id, taken_s, phones, leaves, entry FROM snapshot
             WHERE entry IS NOT NULL ORDER BY entry DESC LIMIT 1",
        )
    }

    /// A snapshot whose root was about to be logged when the process ended.
    pub fn unlogged_snapshot(&self) -> Result<Option<Snapshot>, DeskError> {
        self.one_snapshot(
            "SELECT id, taken_s, phones, leaves, entry FROM snapshot WHERE entry IS NULL LIMIT 1",
        )
    }

    fn one_snapshot(&self, sql: &str) -> Result<Option<Snapshot>, DeskError> {
        self.database.read(|tx| {
            let found = tx
                .query_row(sql, [], |row| {
                    let leaves: Vec<u8> = row.get(3)?;
                    Ok(Snapshot {
                        id: row.get(0)?,
                        taken_s: row.get::<_, i64>(1)? as u64,
                        phones: row.get::<_, i64>(2)? as u64,
                        leaves: leaves.as_chunks::<32>().0.to_vec(),
                        entry: row.get::<_, Option<i64>>(4)?.map(|entry| entry as u64),
                    })
                })
                .optional()?;
            Ok(found)
        })
    }
}
