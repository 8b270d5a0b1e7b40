//! A request on its way: receipt, the judicial order of an emergency, opening, end, gag, notice.

use super::categories::{Dimension, Ending, NoticeState, Priority};
use super::date::Day;
use super::lines::{Lines, Malformed, Writer};
use crate::counts;
use crate::tree::Hash;

/// `intake`: what came from unknown senders since the last such entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    /// How many.
    pub count: u64,
    /// RFC 6962 root over the hashes of their receipts.
    pub root: Hash,
}

impl Intake {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            count: lines.take("count")?.number(1..=u64::MAX)?,
            root: lines.take("root")?.hash()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("count", self.count);
        out.line("root", self.root);
    }
}

/// `request`: an authority asked. What it asked is committed to, not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Counted from 1 without a gap.
    pub number: u64,
    /// How soon it must be answered.
    pub priority: Priority,
    /// Index of the earlier request that it continues: an order after its preservation.
    pub follows: Option<u64>,
    /// Root over its twelve fields.
    pub fields: Hash,
    /// Commitments to its region, with their proof.
    pub region: Vec<u8>,
    /// Commitments to what it asks for, with their proof.
    pub kind: Vec<u8>,
    /// By when it must be revealed: a Monday.
    pub due: Day,
}

impl Request {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            number: lines.take("number")?.number(1..=u64::MAX)?,
            priority: lines.take("priority")?.word(Priority::from_word)?,
            follows: lines.take("follows")?.optional_count()?,
            fields: lines.take("fields")?.hash()?,
            region: read_vector(lines, Dimension::Region)?,
            kind: read_vector(lines, Dimension::Kind)?,
            due: read_monday(lines, "due")?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("number", self.number);
        out.line("priority", self.priority);
        out.optional("follows", self.follows);
        out.line("fields", self.fields);
        out.bytes(vector_key(Dimension::Region), &self.region);
        out.bytes(vector_key(Dimension::Kind), &self.kind);
        out.line("due", self.due);
    }
}

/// The key of the line that holds a dimension's vector.
pub(super) const fn vector_key(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Region => "vector region",
        Dimension::Kind => "vector kind",
        Dimension::Outcome => "vector outcome",
    }
}

fn read_vector(lines: &mut Lines<'_>, dimension: Dimension) -> Result<Vec<u8>, Malformed> {
    let line = lines.take(vector_key(dimension))?;
    let vector = line.base64()?;
    if vector.len() == counts::encoded_len(dimension.category_count()) {
        Ok(vector)
    } else {
        Err(line.fault("base64 of another length"))
    }
}

fn read_monday(lines: &mut Lines<'_>, key: &'static str) -> Result<Day, Malformed> {
    let line = lines.take(key)?;
    let day: Day = line.parsed()?;
    if day.is_monday() {
        Ok(day)
    } else {
        Err(line.fault("not a Monday"))
    }
}

/// `confirm`: the judicial order that an emergency needs afterwards has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirm {
    /// Index of the request.
    pub request: u64,
    /// Commitment to the order.
    pub fields: Hash,
}

impl Confirm {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            request: lines.take("request")?.count()?,
            fields: lines.take("fields")?.hash()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("request", self.request);
        out.line("fields", self.fields);
    }
}

/// `open`: officers have approved, and these records may now be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Index of the request.
    pub request: u64,
    /// Index of the `keys` entry of the officers who approved.
    pub officers: u64,
    /// Root over the records' hashes.
    pub records: Hash,
    /// How many records.
    pub n: u32,
    /// Root over the approvals.
    pub approvals: Hash,
    /// Index of the `preserve` entry that kept the records, if one did.
    pub preserved: Option<u64>,
}

impl Open {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            request: lines.take("request")?.count()?,
            officers: lines.take("officers")?.count()?,
            records: lines.take("records")?.hash()?,
            n: lines.take("n")?.number(1..=1_000)?,
            approvals: lines.take("approvals")?.hash()?,
            preserved: lines.take("preserved")?.optional_count()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("request", self.request);
        out.line("officers", self.officers);
        out.line("records", self.records);
        out.line("n", self.n);
        out.line("approvals", self.approvals);
        out.optional("preserved", self.preserved);
    }
}

/// `closed`: a request has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Index of the request.
    pub request: u64,
    /// Index of its newest `open` entry, if anything was opened.
    pub open: Option<u64>,
    /// What may be known at once.
    pub result: Ending,
    /// Commitments to the outcome, with their proof.
    pub outcome: Vec<u8>,
}

impl Closed {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            request: lines.take("request")?.count()?,
            open: lines.take("open")?.optional_count()?,
            result: lines.take("result")?.word(Ending::from_word)?,
            outcome: read_vector(lines, Dimension::Outcome)?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("request", self.request);
        out.optional("open", self.open);
        out.line("result", self.result);
        out.bytes(vector_key(Dimension::Outcome), &self.outcome);
    }
}

/// `extend`: a gag or a preservation goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extend {
    /// Index of the `request` (its gag) or of the `preserve` (its term).
    pub of: u64,
    /// The new last day.
    pub until: Day,
    /// Commitment to the order that asks for it.
    pub commitment: Hash,
}

impl Extend {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            of: lines.take("of")?.count()?,
            until: lines.take("until")?.parsed()?,
            commitment: lines.take("commitment")?.hash()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("of", self.of);
        out.line("until", self.until);
        out.line("commitment", self.commitment);
    }
}

/// `notice`: the person was told, or will be later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Index of the request.
    pub request: u64,
    /// Commitment to the notice; the person holds its opening.
    pub commitment: Hash,
    /// Whether the person was told.
    pub state: NoticeState,
    /// The last day of a delay; none once the person was told.
    pub until: Option<Day>,
}

impl Notice {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        let request = lines.take("request")?.count()?;
        let commitment = lines.take("commitment")?.hash()?;
        let state = lines.take("state")?.word(NoticeState::from_word)?;
        let until_line = lines.take("until")?;
        let until = match (state, until_line.as_str()) {
            (NoticeState::Told, "-") => None,
            (NoticeState::Told, _) => {
                return Err(until_line.fault("there is no term once the person was told"));
            }
            (NoticeState::Delayed, _) => Some(until_line.parsed()?),
        };
        Ok(Self {
            request,
            commitment,
            state,
            until,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("request", self.request);
        out.line("commitment", self.commitment);
        out.line("state", self.state);
        out.optional("until", self.until);
    }
}
