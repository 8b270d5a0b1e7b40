//! The list beside the bytes of a file on its way up: which parts are in their place, with their sums.
//!
//! It is only added to. What a crash or a power cut has torn is behind what is whole, and is not read.
//!
//! ```text
//! format 4 | size of a part 4 | began, Unix ms 8 | CRC-32 of these 4
//! number of a part 4 | its size 4 | CRC-32 of its bytes 4 | CRC-32 of these 4      for each that came
//! ```
//!
//! Numbers are little-endian. The last entry of a part counts; a size of 0 means that it is there no
//! more.

use heliograph_model::UnixMs;
use std::collections::BTreeMap;

/// The form that is written.
const FORMAT: u32 = 1;
const HEAD: usize = 20;
const ENTRY: usize = 16;

/// What a list says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct List {
    /// The size of a part: part n begins at n times this.
    pub step: u32,
    /// When the upload began.
    pub began: UnixMs,
    /// The parts that are in their place.
    pub placed: BTreeMap<u32, Placed>,
    /// How many of the list's bytes say so.
    pub len: u64,
}

/// A part in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// How many bytes it has.
    pub size: u32,
    /// Their CRC-32, against writes that were torn. Against people each part came under MTProto's own
    /// sum.
    pub sum: u32,
}

/// The beginning of a list.
pub(super) fn head(step: u32, began: UnixMs) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEAD + ENTRY);
    head.extend(FORMAT.to_le_bytes());
    head.extend(step.to_le_bytes());
    head.extend(began.0.to_le_bytes());
    sealed(head)
}

/// One more entry.
pub(super) fn entry(number: u32, placed: Placed) -> Vec<u8> {
    let words = [number, placed.size, placed.sum];
    sealed(words.into_iter().flat_map(u32::to_le_bytes).collect())
}

/// Reads a list as far as it is whole; `None` where that is not even its head, or the form is
/// unknown.
pub(super) fn read(bytes: &[u8]) -> Option<List> {
    let (head, entries) = bytes.split_at_checked(HEAD)?;
    let head = opened(head)?;
    let began = i64::from_le_bytes(*head.last_chunk()?);
    if word(head, 0)? != FORMAT {
        return None;
    }
    let mut list = List {
        step: word(head, 1)?,
        began: UnixMs(began),
        placed: BTreeMap::new(),
        len: HEAD as u64,
    };
    let whole = entries.chunks_exact(ENTRY).map_while(opened);
    for entry in whole {
        let (number, size, sum) = (word(entry, 0)?, word(entry, 1)?, word(entry, 2)?);
        match size {
            0 => list.placed.remove(&number),
            _ => list.placed.insert(number, Placed { size, sum }),
        };
        list.len += ENTRY as u64;
    }
    Some(list)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.get(at).copied().map(u32::from_le_bytes)
}

fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = crc32fast::hash(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

fn opened(bytes: &[u8]) -> Option<&[u8]> {
    let (bytes, sum) = bytes.split_last_chunk()?;
    (crc32fast::hash(bytes) == u32::from_le_bytes(*sum)).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(size: u32) -> Placed {
        Placed {
            size,
            sum: 7 * size,
        }
    }

    #[test]
    fn a_list_says_which_parts_came_last_and_which_went() {
        let mut bytes = head(1024, UnixMs(-5));
        for (number, size) in [(0, 1024), (9, 1024), (0, 1000), (1, 3), (9, 0)] {
            bytes.extend(entry(number, placed(size)));
        }
        let list = read(&bytes).expect("it is whole");
        assert_eq!((list.step, list.began), (1024, UnixMs(-5)));
        assert_eq!(list.len, bytes.len() as u64);
        let parts: Vec<_> = list.placed.into_iter().collect();
        assert_eq!(parts, [(0, placed(1000)), (1, placed(3))]);
    }

    #[test]
    fn a_torn_list_is_read_up_to_the_tear() {
        let mut bytes = head(1024, UnixMs(0));
        bytes.extend(entry(0, placed(1024)));
        let whole = bytes.len();
        bytes.extend(entry(1, placed(1024)));
        for end in 0..bytes.len() {
            let list = read(&bytes[..end]);
            assert_eq!(list.is_some(), end >= HEAD);
            let parts = list.map_or(0, |list| list.placed.len());
            assert_eq!(parts, usize::from(end >= whole), "{end}");
        }
        // Zeros where the end should be, as a file has that grew before its bytes came.
        bytes[whole..].fill(0);
        let list = read(&bytes).expect("the beginning is whole");
        assert_eq!((list.placed.len(), list.len), (1, whole as u64));
        for at in 0..whole {
            let mut torn = bytes.clone();
            torn[at] ^= 0x10;
            assert!(
                read(&torn).is_none_or(|list| list.placed.is_empty()),
                "{at}"
            );
        }
    }
}
