//! Records are those of one account.

use heliograph_desk_store::{Kinds, SealedRecords, UserId};

fn gather(records: &SealedRecords) {
    let _ = records.records_of(&[UserId(1), UserId(2)], Kinds::Both, 0..=1);
}

fn main() {}
