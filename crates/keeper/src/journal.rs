//! The file that remembers what has been spent.
//!
//! Every change of the [`Budget`] is appended before the evaluation is answered, so a killed
//! keeper forgets nothing. The appends are not synced one by one: a power cut may lose the counts
//! of its last seconds, which an attacker on the network cannot bring about, and syncing would
//! make each evaluation a hundred times as slow. Now and then the file is replaced by a
//! short one that holds only what must be remembered.
//!
//! The file is a header and records of 17 bytes: a kind and two numbers, little-endian. A later
//! record replaces an earlier one on the same subject.

use crate::budget::{Budget, Evaluations, Spent};
use crate::files::{self, Folder, OpenError};
use std::fs::File;
use std::io::{self, Write};

const FILE: &str = "spent";
const MAGIC: &[u8] = b"heliograph spent";
const VERSION: u8 = 1;
const RECORD_BYTES: usize = 17;

/// The file is rewritten when this many records, and at least as many as a rewrite would keep,
/// have been appended: it stays below a few megabytes and the work below twice the appending.
const REWRITE_AFTER: usize = 20_000;

const DAY: u8 = b'd';
const IMPORT: u8 = b'i';
const DESK: u8 = b'c';

/// The journal of one budget.
pub(crate) struct Journal {
    folder: Folder,
    /// `None` after a failed write, whose torn record must not be appended to.
    file: Option<File>,
    appended: usize,
    kept: usize,
}

impl Journal {
    /// Whether this folder has ever recorded an evaluation.
    pub(crate) fn exists_in(folder: &Folder) -> bool {
        folder.path_of(FILE).exists()
    }

    /// Reads what was spent into `budget` and begins a fresh file.
    pub(crate) fn open(folder: Folder, budget: &mut Budget) -> Result<Self, OpenError> {
        let path = folder.path_of(FILE);
        if let Some(bytes) = folder.read(FILE)? {
            for record in files::body(&bytes, MAGIC, VERSION, &path)?.chunks(RECORD_BYTES) {
                // A record cut short was being written when the keeper was killed, before it
                // answered; zeros are what a power cut leaves of an append.
                let Ok(record) = <&[u8; RECORD_BYTES]>::try_from(record) else {
                    break;
                };
                if record[0] == 0 {
                    break;
                }
                let spent = decode(record).ok_or_else(|| OpenError::Damaged(path.clone()))?;
                budget.recall(spent);
            }
        }
        let mut journal = Self {
            folder,
            file: None,
            appended: 0,
            kept: 0,
        };
        journal.rewrite(budget).map_err(OpenError::io(&path))?;
        Ok(journal)
    }

    /// Records a change that `budget` already holds.
    ///
    /// After an error nothing may be answered on the strength of that change.
    pub(crate) fn record(
        &mut self,
        budget: &Budget,
        changes: impl Iterator<Item = Spent>,
    ) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return self.rewrite(budget);
        };
        let bytes: Vec<u8> = changes.flat_map(encode).collect();
        if let Err(error) = file.write_all(&bytes) {
            self.file = None;
            return Err(error);
        }
        self.appended += bytes.len() / RECORD_BYTES;
        if self.appended >= REWRITE_AFTER.max(self.kept) {
            self.rewrite(budget)?;
        }
        Ok(())
    }

    fn rewrite(&mut self, budget: &Budget) -> io::Result<()> {
        self.file = None;
        let mut contents = [MAGIC, &[VERSION]].concat();
        contents.extend(budget.spent().flat_map(encode));
        self.file = Some(self.folder.replace(FILE, &contents)?);
        self.kept = contents.len() / RECORD_BYTES;
        self.appended = 0;
        Ok(())
    }
}

fn encode(spent: Spent) -> [u8; RECORD_BYTES] {
    let (kind, first, second) = match spent {
        Spent::Day(Evaluations {
            day,
            sign_in,
            contacts,
            desk,
        }) => (DAY, pair(desk, day), pair(sign_in, contacts)),
        Spent::Import {
            account,
            full_at_ms,
        } => (IMPORT, account, full_at_ms),
        Spent::Desk { case } => (DESK, case, 0),
    };
    let mut record = [0; RECORD_BYTES];
    record[0] = kind;
    record[1..9].copy_from_slice(&first.to_le_bytes());
    record[9..].copy_from_slice(&second.to_le_bytes());
    record
}

fn pair(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

fn decode(record: &[u8; RECORD_BYTES]) -> Option<Spent> {
    let (kind, numbers) = record.split_first()?;
    let first = u64::from_le_bytes(*numbers.first_chunk()?);
    let second = u64::from_le_bytes(*numbers.last_chunk()?);
    match *kind {
        DAY => Some(Spent::Day(Evaluations {
            day: first as u32,
            sign_in: (second >> 32) as u32,
            contacts: second as u32,
            desk: (first >> 32) as u32,
        })),
        IMPORT => Some(Spent::Import {
            account: first,
            full_at_ms: second,
        }),
        DESK => Some(Spent::Desk { case: first }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Limits;
    use crate::client::Purpose;
    use std::collections::HashSet;
    use std::fs::OpenOptions;
    use std::path::Path;

    const NOW_S: u64 = 1_900_000_000;

    fn open(path: &Path) -> (Budget, Journal) {
        let mut budget = Budget::new(Limits::default());
        let folder = Folder::open(path).unwrap_or_else(|error| panic!("{error}"));
        let journal = Journal::open(folder, &mut budget).unwrap_or_else(|error| panic!("{error}"));
        (budget, journal)
    }

    fn spend(budget: &mut Budget, journal: &mut Journal, account: u64) -> io::Result<()> {
        let _ = budget.take(Purpose::Import, account, 1, NOW_S);
        journal.record(budget, budget.spent_by(Purpose::Import, account))
    }

    /// All that a budget remembers, in no order.
    fn memory(budget: &Budget) -> HashSet<[u8; RECORD_BYTES]> {
        budget.spent().map(encode).collect()
    }

    #[test]
    fn file_is_shortened_and_nothing_is_forgotten() {
        let outer = tempfile::tempdir().expect("a temporary folder");
        let path = outer.path().join("keeper");
        let (mut budget, mut journal) = open(&path);
        for round in 0..30_000 {
            spend(&mut budget, &mut journal, round % 100).expect("written");
        }
        let before = memory(&budget);
        let length = std::fs::metadata(path.join(FILE)).expect("it exists").len();
        assert!(length < 25_000 * RECORD_BYTES as u64, "{length} bytes");

        drop(journal);
        let (budget, _journal) = open(&path);
        assert_eq!(memory(&budget), before);
    }

    #[test]
    fn failed_write_is_reported_and_made_up_for() {
        let outer = tempfile::tempdir().expect("a temporary folder");
        let path = outer.path().join("keeper");
        let (mut budget, mut journal) = open(&path);
        spend(&mut budget, &mut journal, 1).expect("written");

        journal.file = OpenOptions::new().write(true).open("/dev/full").ok();
        assert!(spend(&mut budget, &mut journal, 2).is_err());
        spend(&mut budget, &mut journal, 3).expect("written anew");
        let before = memory(&budget);
        assert_eq!(before.len(), 1 + 3);

        drop(journal);
        let (budget, _journal) = open(&path);
        assert_eq!(memory(&budget), before);
    }
}
