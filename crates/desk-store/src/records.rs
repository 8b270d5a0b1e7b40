//! Sealed records: one of the phone number per account, and those of addresses by day.

use crate::database::Database;
use crate::{DeskError, UserId};
use rusqlite::{OptionalExtension, Row, params};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The handle for sealing at sign-in. Records are bytes that it cannot read; their hashes (the
/// leaves under the daily vault root) are the caller's.
#[derive(Clone)]
pub struct SealedRecords {
    pub(crate) database: Arc<Database>,
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// The account's phone number.
    Phone,
    /// An address with its port and times.
    Ip,
}

impl RecordKind {
    /// The number of the kind in a record's label.
    pub fn number(self) -> u8 {
        match self {
            RecordKind::Phone => 1,
            RecordKind::Ip => 2,
        }
    }

    pub(crate) fn from_number(number: u8) -> Result<Self, DeskError> {
        match number {
            1 => Ok(RecordKind::Phone),
            2 => Ok(RecordKind::Ip),
            _ => Err(DeskError::Corrupt("kind of record")),
        }
    }
}

/// Which kinds of records are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// The phone record.
    Phone,
    /// The address records.
    Ip,
    /// Both.
    Both,
}

impl Kinds {
    /// Whether the phone record is among them.
    pub fn phone(self) -> bool {
        self != Kinds::Ip
    }

    /// Whether the address records are among them.
    pub fn ip(self) -> bool {
        self != Kinds::Phone
    }
}

/// A sealed record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// What it is about.
    pub kind: RecordKind,
    /// Its day since 1970; 0 for a phone record.
    pub day: u32,
    /// The sealed bytes.
    pub bytes: Vec<u8>,
    /// Its leaf under a vault root.
    pub hash: [u8; 32],
}

/// How many records there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Accounts with a phone record.
    pub phones: u64,
    /// Address records.
    pub ip_records: u64,
}

/// What was erased for an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Phone records, 0 or 1.
    pub phones: u64,
    /// Address records.
    pub ip_records: u64,
}

impl SealedRecords {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }

    /// Keeps the phone record of an account, in place of the one before.
    pub fn put_phone(&self, user: UserId, record: &[u8], hash: [u8; 32]) -> Result<(), DeskError> {
        self.database.write(|tx| {
            tx.prepare_cached(
                "INSERT INTO phone (user_id, record, hash) VALUES (?1, ?2, ?3)
                 ON CONFLICT (user_id) DO UPDATE SET record = ?2, hash = ?3",
            )
            .and_then(|mut put| put.execute(params![user.0, record, hash]))?;
            Ok(())
        })
    }

    /// Whether the account has a phone record.
    pub fn has_phone(&self, user: UserId) -> Result<bool, DeskError> {
        self.database.read(|tx| {
            let found = tx
                .prepare_cached("SELECT 1 FROM phone WHERE user_id = ?1")
                .and_then(|mut find| find.exists([user.0]))?;
            Ok(found)
        })
    }

    /// Keeps an address record of a day; answers with the id by which it is replaced when the
    /// connection closes.
    pub fn insert_ip(
        &self,
        user: UserId,
        day: u32,
        record: &[u8],
        hash: [u8; 32],
    ) -> Result<i64, DeskError> {
        self.database.write(|tx| {
            tx.prepare_cached(
                "INSERT INTO ip (user_id, at_day, record, hash) VALUES (?1, ?2, ?3, ?4)",
            )
            .and_then(|mut put| put.insert(params![user.0, day, record, hash]))
            .map_err(DeskError::from)
        })
    }

    /// Replaces an address record with one that tells more of the same interval; false when it was
    /// erased in the meantime.
    pub fn replace_ip(&self, id: i64, record: &[u8], hash: [u8; 32]) -> Result<bool, DeskError> {
        self.database.write(|tx| {
            let changed = tx
                .prepare_cached("UPDATE ip SET record = ?2, hash = ?3 WHERE id = ?1")
                .and_then(|mut put| put.execute(params![id, record, hash]))?;
            Ok(changed == 1)
        })
    }

    /// The records of one account: the phone record first, then the address records of `days` in
    /// order. There is no call for more than one account.
    pub fn records_of(
        &self,
        user: UserId,
        kinds: Kinds,
        days: RangeInclusive<u32>,
    ) -> Result<Vec<StoredRecord>, DeskError> {
        self.database.read(|tx| {
            let mut records = Vec::new();
            if kinds.phone() {
                let phone = tx
                    .prepare_cached("SELECT 1, 0, record, hash FROM phone WHERE user_id = ?1")
                    .and_then(|mut find| find.query_row([user.0], stored_record).optional())?;
                records.extend(phone.transpose()?);
            }
            if kinds.ip() {
                let mut find = tx.prepare_cached(
                    "SELECT 2, at_day, record, hash FROM ip
                     WHERE user_id = ?1 AND at_day BETWEEN ?2 AND ?3 ORDER BY at_day, id",
                )?;
                for record in
                    find.query_map(params![user.0, days.start(), days.end()], stored_record)?
                {
                    records.push(record??);
                }
            }
            Ok(records)
        })
    }

    /// Erases everything of an account that goes.
    pub fn erase_user(&self, user: UserId) -> Result<Erased, DeskError> {
        self.database.erase(|tx| {
            Ok(Erased {
                phones: tx.execute("DELETE FROM phone WHERE user_id = ?1", [user.0])? as u64,
                ip_records: tx.execute("DELETE FROM ip WHERE user_id = ?1", [user.0])? as u64,
            })
        })
    }

    /// Erases the phone record of an account that gave up its number; tells whether it had one.
    pub fn erase_phone(&self, user: UserId) -> Result<bool, DeskError> {
        self.database
            .erase(|tx| Ok(tx.execute("DELETE FROM phone WHERE user_id = ?1", [user.0])? == 1))
    }

    /// Erases the address records of a day whose keys are gone; tells how many there were.
    pub fn erase_day(&self, day: u32) -> Result<u64, DeskError> {
        self.database
            .erase(|tx| Ok(tx.execute("DELETE FROM ip WHERE at_day = ?1", [day])? as u64))
    }

    /// The days that have address records, ascending.
    pub fn days(&self) -> Result<Vec<u32>, DeskError> {
        self.database.read(|tx| {
            let mut list = tx.prepare_cached("SELECT DISTINCT at_day FROM ip ORDER BY at_day")?;
            let days = list.query_map([], |row| row.get(0))?;
            Ok(days.collect::<Result<_, _>>()?)
        })
    }

    /// How many records there are.
    pub fn coverage(&self) -> Result<Coverage, DeskError> {
        self.database.read(|tx| {
            let count = |sql| tx.query_row(sql, [], |row| row.get::<_, i64>(0));
            Ok(Coverage {
                phones: count("SELECT count(*) FROM phone")? as u64,
                ip_records: count("SELECT count(*) FROM ip")? as u64,
            })
        })
    }
}

fn stored_record(row: &Row<'_>) -> rusqlite::Result<Result<StoredRecord, DeskError>> {
    let kind = match RecordKind::from_number(row.get(0)?) {
        Ok(kind) => kind,
        Err(error) => return Ok(Err(error)),
    };
    Ok(Ok(StoredRecord {
        kind,
        day: row.get(1)?,
        bytes: row.get(2)?,
        hash: row.get(3)?,
    }))
}
