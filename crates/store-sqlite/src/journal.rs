//! The journal: each commit's changes as one blob, until they are settled in their tables.
//!
//! A commit that wrote its rows where they belong would change a dozen pages for each message, all
//! over the file. Appended to the journal they fill a page or two for many messages together.

use crate::recent::{Commit, Value};
use heliograph_model::UnixMs;
use heliograph_store::{Change, RowName, StoreError};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// Appends a commit's changes.
pub(crate) fn append(
    connection: &Connection,
    commit: Commit,
    now: UnixMs,
    changes: &[Change],
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO journal (id, ms, changes) VALUES (?1, ?2, ?3)")?
        .execute(params![commit as i64, now.0, encode(changes)])?;
    Ok(())
}

/// Removes the entries up to a commit: all their rows are settled.
pub(crate) fn trim(connection: &Connection, through: Commit) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM journal WHERE id <= ?1")?
        .execute([through as i64])?;
    Ok(())
}

/// Notes the time, for when the journal that would tell it is empty.
pub(crate) fn note_time(connection: &Connection, now: UnixMs) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO clock (id, ms) VALUES (1, ?1)")?
        .execute([now.0])?;
    Ok(())
}

/// What the last process left behind.
pub(crate) struct Found {
    /// The last commit in the journal; 0 when it is empty.
    pub commit: Commit,
    /// The latest time that a command has seen.
    pub latest: UnixMs,
    /// Rows that may not have reached their tables, by name.
    pub rows: BTreeMap<RowName, Value>,
}

/// Reads the whole journal.
pub(crate) fn read(connection: &Connection) -> Result<Found, StoreError> {
    let sqlite = crate::files::engine_error;
    let latest = connection
        .query_row("SELECT ms FROM clock", [], |row| row.get(0))
        .optional();
    let latest = UnixMs(latest.map_err(sqlite)?.unwrap_or(0));
    let mut found = Found {
        commit: 0,
        latest,
        rows: BTreeMap::new(),
    };

    let mut entries = connection
        .prepare("SELECT id, ms, changes FROM journal ORDER BY id")
        .map_err(sqlite)?;
    let mut entries = entries.query([]).map_err(sqlite)?;
    while let Some(entry) = entries.next().map_err(sqlite)? {
        let id: i64 = entry.get(0).map_err(sqlite)?;
        found.commit = id as Commit;
        found.latest = found.latest.max(UnixMs(entry.get(1).map_err(sqlite)?));
        let blob = entry
            .get_ref(2)
            .and_then(|blob| Ok(blob.as_blob()?))
            .map_err(sqlite)?;
        decode(blob, &mut found.rows).ok_or_else(|| StoreError::Corrupt {
            table: "journal",
            reason: format!("entry {id} does not read"),
        })?;
    }
    Ok(found)
}

/// Each change is its name and its value, with their lengths before them (u32, little-endian); the
/// value's is one more than it is, and 0 stands for a row that is removed.
fn encode(changes: &[Change]) -> Vec<u8> {
    let size = |change: &Change| {
        8 + change.name.bytes().len() + change.value.as_ref().map_or(0, |value| value.len())
    };
    let mut blob = Vec::with_capacity(changes.iter().map(size).sum());
    for Change { name, value } in changes {
        let name = name.bytes();
        blob.extend_from_slice(&(name.len() as u32).to_le_bytes());
        blob.extend_from_slice(name);
        let length = value.as_ref().map_or(0, |value| value.len() as u32 + 1);
        blob.extend_from_slice(&length.to_le_bytes());
        blob.extend_from_slice(value.as_deref().unwrap_or_default());
    }
    blob
}

/// Lays an entry's changes over `rows`; `None` when it is not one.
fn decode(mut blob: &[u8], rows: &mut BTreeMap<RowName, Value>) -> Option<()> {
    while !blob.is_empty() {
        let length = take_length(&mut blob)?;
        let (name, rest) = blob.split_at_checked(length)?;
        let name = RowName::read(name)?;
        blob = rest;
        let value = match take_length(&mut blob)?.checked_sub(1) {
            None => None,
            Some(length) => {
                let (value, rest) = blob.split_at_checked(length)?;
                blob = rest;
                Some(value.into())
            }
        };
        rows.insert(name, value);
    }
    Some(())
}

fn take_length(blob: &mut &[u8]) -> Option<usize> {
    let (length, rest) = blob.split_first_chunk()?;
    *blob = rest;
    usize::try_from(u32::from_le_bytes(*length)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteOptions;
    use crate::files::Files;
    use heliograph_model::Owner;
    use heliograph_store::Table;
    use std::sync::Arc;

    #[test]
    fn an_entry_reads_back_and_a_damaged_one_is_refused() {
        let name = |key: &[u8]| RowName::of(Table::Message, Owner(-3), key);
        let change = |key: &[u8], value: Option<&[u8]>| Change {
            name: name(key),
            value: value.map(Arc::from),
        };
        let changes = [
            change(b"a", Some(b"value")),
            change(b"b", None),
            change(b"c", Some(b"")),
        ];
        let blob = encode(&changes);
        let mut rows = BTreeMap::new();
        assert_eq!(decode(&blob, &mut rows), Some(()));
        let value = |key: &[u8]| rows.get(&name(key)).cloned();
        assert_eq!(value(b"a"), Some(Some(Arc::from(*b"value"))));
        assert_eq!(value(b"b"), Some(None));
        assert_eq!(value(b"c"), Some(Some(Arc::from(*b""))));
        // Cut between two changes it is a shorter entry; anywhere else it is none.
        let whole: Vec<usize> = (0..=3)
            .map(|changes_kept| encode(&changes[..changes_kept]).len())
            .collect();
        for cut in 0..blob.len() {
            let read = decode(&blob[..cut], &mut BTreeMap::new());
            assert_eq!(read.is_some(), whole.contains(&cut), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_read_is_the_last_value_of_each_row_and_the_latest_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::new(&folder.path().join("journal.db"), SqliteOptions::default());
        let connection = files.writer().expect("a database");
        let name = RowName::of(Table::Account, Owner(1), b"key");
        let change = |value: &[u8]| Change {
            name: name.clone(),
            value: Some(value.into()),
        };
        note_time(&connection, UnixMs(500)).expect("a time");
        for (commit, ms, value) in [(7, 1000, b"a"), (8, 3000, b"b"), (9, 2000, b"c")] {
            append(&connection, commit, UnixMs(ms), &[change(value)]).expect("an entry");
        }
        let found = read(&connection).expect("a journal");
        assert_eq!((found.commit, found.latest), (9, UnixMs(3000)));
        assert_eq!(found.rows, BTreeMap::from([(name, Some(Arc::from(*b"c")))]));

        trim(&connection, 8).expect("trimmed");
        assert_eq!(read(&connection).expect("a journal").commit, 9);
        trim(&connection, 9).expect("trimmed");
        let empty = read(&connection).expect("a journal");
        assert_eq!((empty.commit, empty.latest), (0, UnixMs(500)));
    }
}
