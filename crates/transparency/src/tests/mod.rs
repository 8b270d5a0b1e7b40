//! Tests across modules, and what they share.

mod fuzz;
mod log;
mod notes;
mod oracles;
mod policy;
mod proof;
mod timing;
mod tree;
mod vectors;
mod witness;

use std::collections::BTreeMap;

use crate::append::{File, Writer};
use crate::cosignature::CosignerKey;
use crate::note::SignerKey;

const ORIGIN: &str = "log.example/heliograph";

/// A log in memory.
#[derive(Default)]
struct MemoryLog {
    files: BTreeMap<String, Vec<u8>>,
    writer: Writer,
}

impl MemoryLog {
    /// A log of the first `size` test entries, appended at once.
    fn of(size: u64) -> Self {
        let mut log = Self::default();
        log.grow_to(size);
        log
    }

    fn grow_to(&mut self, size: u64) {
        let entries: Vec<Vec<u8>> = (self.writer.head().size..size).map(entry).collect();
        let appended = self.writer.append(&entries).unwrap();
        for File { tile, bytes } in appended.files {
            let replaced = self.files.insert(tile.to_string(), bytes);
            assert!(replaced.is_none(), "{tile} was written twice");
        }
        self.writer = appended.writer;
    }
}

/// The test entry with this number; its length varies.
fn entry(number: u64) -> Vec<u8> {
    format!("entry {number} {}", "x".repeat(number as usize % 7)).into_bytes()
}

fn log_key() -> SignerKey {
    SignerKey::new(ORIGIN.parse().unwrap(), &[1; 32])
}

/// The key of a witness that is told apart by a number.
fn witness_key(number: u8) -> CosignerKey {
    let name = format!("witness.example/w{number}");
    CosignerKey::new(name.parse().unwrap(), &[100 + number; 32])
}

/// Each variant of `bytes` with one bit flipped.
fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}
