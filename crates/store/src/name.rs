//! A row's full name as one string of bytes.

use crate::Table;
use heliograph_model::Owner;
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Bytes of table and owner before the key.
const HEAD: usize = 9;

/// So many bytes of a name stand in the name itself: enough for all keys but texts and hashes, so
/// that the maps of a commit neither allocate nor follow a pointer for each comparison.
const INLINE: usize = 30;

/// Names one row: its table, owner and key in one string of bytes that sorts in this order.
#[derive(Clone)]
pub struct RowName(Bytes);

#[derive(Clone)]
enum Bytes {
    Inline { length: u8, bytes: [u8; INLINE] },
    Shared(Arc<[u8]>),
}

impl RowName {
    /// The name of a row.
    pub fn of(table: Table, owner: Owner, key: &[u8]) -> Self {
        let head = head(table, owner);
        let length = HEAD + key.len();
        if length > INLINE {
            return RowName(Bytes::Shared([head.as_slice(), key].concat().into()));
        }
        let mut bytes = [0; INLINE];
        bytes[..HEAD].copy_from_slice(&head);
        bytes[HEAD..length].copy_from_slice(key);
        RowName(Bytes::Inline {
            length: length as u8,
            bytes,
        })
    }

    /// The smallest name that no row of this owner and table reaches.
    pub fn end_of(table: Table, owner: Owner) -> Vec<u8> {
        match owner.0.checked_add(1) {
            Some(next) => head(table, Owner(next)).to_vec(),
            None => vec![table as u8 + 1],
        }
    }

    /// Reads a name; `None` when the bytes are not one.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (table, rest) = bytes.split_first()?;
        let table = *Table::ALL.get(usize::from(*table).checked_sub(1)?)?;
        let (owner, key) = rest.split_first_chunk()?;
        Some(Self::of(table, owner_of(*owner), key))
    }

    /// The name's bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Inline { length, bytes } => &bytes[..usize::from(*length)],
            Bytes::Shared(bytes) => bytes,
        }
    }

    /// The table.
    pub fn table(&self) -> Table {
        Table::ALL[usize::from(self.bytes()[0]) - 1]
    }

    /// Whose row.
    pub fn owner(&self) -> Owner {
        let owner = self.bytes()[1..]
            .first_chunk()
            .expect("a name has its head");
        owner_of(*owner)
    }

    /// Which row.
    pub fn key(&self) -> &[u8] {
        &self.bytes()[HEAD..]
    }
}

/// The sign bit is turned over so that negative owners sort first, as they do in SQL.
fn head(table: Table, owner: Owner) -> [u8; HEAD] {
    let mut head = [table as u8; HEAD];
    head[1..].copy_from_slice(&(owner.0 as u64 ^ 1 << 63).to_be_bytes());
    head
}

fn owner_of(bytes: [u8; 8]) -> Owner {
    Owner((u64::from_be_bytes(bytes) ^ 1 << 63) as i64)
}

// A name is found in maps by its bytes, so it compares and hashes as they do.
impl Borrow<[u8]> for RowName {
    fn borrow(&self) -> &[u8] {
        self.bytes()
    }
}

impl PartialEq for RowName {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for RowName {}

impl PartialOrd for RowName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RowName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl Hash for RowName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

/// Keys can be usernames and tags; only the table is told.
impl fmt::Debug for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row of {}", self.table().name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_table_owner_and_key_and_come_apart_again() {
        let mut names = Vec::new();
        for table in [Table::Mailbox, Table::Message, Table::Queue] {
            for owner in [i64::MIN, -1, 0, 1, i64::MAX].map(Owner) {
                for key in [
                    b"".as_slice(),
                    b"\x00",
                    b"a",
                    &[b'b'; 21],
                    &[b'b'; 22],
                    &[b'c'; 99],
                ] {
                    let name = RowName::of(table, owner, key);
                    assert_eq!(
                        (name.table(), name.owner(), name.key()),
                        (table, owner, key)
                    );
                    assert_eq!(RowName::read(name.bytes()).as_ref(), Some(&name));
                    assert!(name.bytes() < RowName::end_of(table, owner).as_slice());
                    names.push(name);
                }
            }
        }
        assert!(names.is_sorted());
        for damaged in [[0; 9].as_slice(), &[200; 9], &[1; 8], &[]] {
            assert_eq!(RowName::read(damaged), None);
        }
    }
}
