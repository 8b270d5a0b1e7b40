//! Entry points for fuzzers, also run with seeded input by the tests: each takes any bytes and
//! panics only if a promise is broken.

use super::{Entry, act};
use crate::files::{Ask, Bundle, FileError, LogUpdate, Reply, Response};
use crate::ledger::Ledger;

/// The text of an entry: what is read is written again byte for byte.
pub fn fuzz_entry(data: &[u8]) {
    assert!(data.starts_with(act::signed_part(data)));
    if let Ok(entry) = Entry::parse(data) {
        assert_eq!(entry.to_bytes().as_deref(), Ok(data));
        assert!(entry.message("x").ends_with(act::signed_part(data)));
    }
}

/// Entries of a log, divided by zero bytes: a refused one changes nothing.
pub fn fuzz_ledger(data: &[u8]) {
    let mut ledger = Ledger::new("demo.example/log");
    for entry in data.split(|byte| *byte == 0) {
        let before = ledger.clone();
        let index = ledger.size();
        match ledger.apply(index, entry) {
            Ok(()) => assert_eq!(ledger.size(), index + 1),
            Err(violation) => {
                assert_eq!(violation.index, index);
                assert_eq!(ledger, before);
            }
        }
    }
}

/// A file between desk, officers and custodians: what is read and written reads the same.
pub fn fuzz_files(data: &[u8]) {
    fn same<T: PartialEq>(
        data: &[u8],
        parse: fn(&[u8]) -> Result<T, FileError>,
        write: fn(&T) -> Vec<u8>,
    ) {
        if let Ok(file) = parse(data) {
            assert!(parse(&write(&file)).is_ok_and(|again| again == file));
        }
    }
    same(data, Bundle::parse, Bundle::to_bytes);
    same(data, Response::parse, Response::to_bytes);
    same(data, Ask::parse, Ask::to_bytes);
    same(data, Reply::parse, Reply::to_bytes);
    same(data, LogUpdate::parse, LogUpdate::to_bytes);
}
