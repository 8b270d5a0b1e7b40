//! What is kept and for how long: the vault's root, the keeper's counts, erasure, preservation.

use super::categories::ReleaseReason;
use super::date::Day;
use super::lines::{Lines, Malformed, Writer};
use crate::tree::Hash;

/// `vault`: the root over all sealed records, so that none can be planted later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultRoot {
    /// RFC 6962 root over the records' hashes.
    pub root: Hash,
    /// How many records there are.
    pub records: u64,
    /// How many of them are phone numbers.
    pub phones: u64,
    /// How many accounts there are.
    pub accounts: u64,
}

impl VaultRoot {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        let root = lines.take("root")?.hash()?;
        let records = lines.take("records")?.count()?;
        Ok(Self {
            root,
            records,
            phones: lines.take("phones")?.number(0..=records)?,
            accounts: lines.take("accounts")?.count()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("root", self.root);
        out.line("records", self.records);
        out.line("phones", self.phones);
        out.line("accounts", self.accounts);
    }
}

/// `keeper`: how many phone numbers were looked up on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeeperDay {
    /// Which day.
    pub day: Day,
    /// Evaluations for people who signed in.
    pub sign_in: u64,
    /// Evaluations for contact lists.
    pub contacts: u64,
    /// Evaluations inside cases.
    pub desk: u64,
}

impl KeeperDay {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            day: Day(lines.take("day")?.number(0..=Day::LAST.0)?),
            sign_in: lines.take("sign-in")?.count()?,
            contacts: lines.take("contacts")?.count()?,
            desk: lines.take("desk")?.count()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("day", self.day.0);
        out.line("sign-in", self.sign_in);
        out.line("contacts", self.contacts);
        out.line("desk", self.desk);
    }
}

/// `erase`: the custodians have destroyed their shares of a day's key, and with it its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erase {
    /// Which day.
    pub day: Day,
    /// How many records became unreadable.
    pub records: u64,
}

impl Erase {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            day: Day(lines.take("day")?.number(0..=Day::LAST.0)?),
            records: lines.take("records")?.count()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("day", self.day.0);
        out.line("records", self.records);
    }
}

/// `preserve`: some records outlive their term for a while, because an order is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preserve {
    /// Index of the request.
    pub request: u64,
    /// Root over the records' hashes.
    pub records: Hash,
    /// How many records.
    pub n: u32,
    /// The last day.
    pub until: Day,
}

impl Preserve {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            request: lines.take("request")?.count()?,
            records: lines.take("records")?.hash()?,
            n: lines.take("n")?.number(1..=1_000)?,
            until: lines.take("until")?.parsed()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("request", self.request);
        out.line("records", self.records);
        out.line("n", self.n);
        out.line("until", self.until);
    }
}

/// `release`: the custodians have destroyed what they had preserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Index of the `preserve` entry.
    pub preserve: u64,
    /// Why.
    pub why: ReleaseReason,
}

impl Release {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            preserve: lines.take("preserve")?.count()?,
            why: lines.take("why")?.word(ReleaseReason::from_word)?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("preserve", self.preserve);
        out.line("why", self.why);
    }
}
