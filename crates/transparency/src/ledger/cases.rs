//! Requests and what became of each.

mod judge;

use std::sync::Arc;

use super::Mark;
use super::chunks::Chunks;
use crate::case::Revealed;
use crate::counts::{Commitments, VectorError};
use crate::entry::{Day, Dimension, Ending, Outcome, Priority};
use crate::tree::Hash;

/// An opening that officers have approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Its entry.
    pub mark: Mark,
    /// RFC 6962 leaf hash of its entry.
    pub hash: Hash,
    /// Index of the `keys` entry of the officers who approved.
    pub officers: u64,
    /// Root over the records' hashes.
    pub records: Hash,
    /// How many records.
    pub n: u32,
    /// Root over the approvals.
    pub approvals: Hash,
    /// Index of the `preserve` entry that kept the records.
    pub preserved: Option<u64>,
}

/// The end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Its entry.
    pub mark: Mark,
    /// What may be known at once.
    pub result: Ending,
}

/// What a request was, shown at the end of its gag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revelation {
    /// Its entry.
    pub mark: Mark,
    /// The fields that are shown.
    pub fields: Revealed,
    /// How it ended.
    pub outcome: Outcome,
    /// Whole hours from receipt to its end.
    pub hours: u32,
}

/// A notice that officers have put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    /// Its entry.
    pub mark: Mark,
    /// The last day.
    pub until: Day,
}

/// A request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its `request` entry.
    pub mark: Mark,
    /// RFC 6962 leaf hash of that entry.
    pub hash: Hash,
    /// Counted from 1.
    pub number: u64,
    /// How soon it must be answered.
    pub priority: Priority,
    /// The earlier request that it continues.
    pub follows: Option<u64>,
    /// Root over its fields.
    pub fields: Hash,
    /// By when it must be revealed, as last extended.
    pub due: Day,
    /// How often its gag was extended.
    pub extensions: u32,
    /// The judicial order of an emergency.
    pub confirmed: Option<Mark>,
    /// Openings, oldest first.
    pub openings: Vec<Opening>,
    /// Its end.
    pub closed: Option<Closing>,
    /// What it was.
    pub revealed: Option<Revelation>,
    /// The person was told.
    pub told: Option<Mark>,
    /// The notice was put off.
    pub delayed: Option<Delay>,
    region: Vec<u8>,
    kind: Vec<u8>,
    /// Empty until the request is closed.
    outcome: Vec<u8>,
}

impl Case {
    /// The vector of a dimension with its proof; empty for the outcome of a request that is open.
    pub fn vector(&self, dimension: Dimension) -> &[u8] {
        match dimension {
            Dimension::Region => &self.region,
            Dimension::Kind => &self.kind,
            Dimension::Outcome => &self.outcome,
        }
    }

    /// The commitments of a dimension.
    pub(crate) fn commitments(&self, dimension: Dimension) -> Result<Commitments, VectorError> {
        Commitments::read(self.vector(dimension), dimension.category_count())
    }

    /// Whether records were opened and not reported as failed to be delivered. An opening of
    /// which nothing more was heard counts as a disclosure.
    pub fn is_disclosed(&self) -> bool {
        match self.closed {
            Some(closing) => closing.result == Ending::Delivered,
            None => !self.openings.is_empty(),
        }
    }
}

/// All requests of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cases {
    /// By number, which is also by index.
    all: Chunks<Arc<Case>>,
    /// Indices of `closed` entries, and which request each closed.
    closings: Chunks<(u64, u64)>,
    /// Indices of `open` entries, and which request each opened.
    openings: Chunks<(u64, u64)>,
}

/// A request as an entry leaves it.
pub(super) struct Change(Case);

impl Cases {
    /// All requests, oldest first.
    pub fn all(&self) -> impl ExactSizeIterator<Item = &Case> {
        self.all.range(0, self.all.len()).map(Arc::as_ref)
    }

    /// The request with this number.
    pub fn numbered(&self, number: u64) -> Option<&Case> {
        let position = usize::try_from(number.checked_sub(1)?).ok()?;
        self.all.get(position).map(Arc::as_ref)
    }

    /// The request whose entry has this index.
    pub fn at(&self, index: u64) -> Option<&Case> {
        let position = self.all.partition_point(|case| case.mark.index < index);
        let case = self.all.get(position)?;
        (case.mark.index == index).then_some(case)
    }

    /// The opening whose entry has this index, and its request.
    pub fn opening(&self, index: u64) -> Option<(&Case, &Opening)> {
        let position = self.openings.partition_point(|(at, _)| *at < index);
        let (_, number) = self.openings.get(position).filter(|(at, _)| *at == index)?;
        let case = self.numbered(*number)?;
        let opening = case
            .openings
            .iter()
            .find(|opening| opening.mark.index == index)?;
        Some((case, opening))
    }

    /// All openings, oldest first: what custodians may ever have answered.
    pub fn openings(&self) -> impl Iterator<Item = (&Case, &Opening)> {
        self.openings
            .range(0, self.openings.len())
            .filter_map(|(index, _)| self.opening(*index))
    }

    /// Requests whose entries are in a span.
    pub fn entered(&self, from: u64, to: u64) -> impl Iterator<Item = &Case> {
        let start = self.all.partition_point(|case| case.mark.index < from);
        let end = self.all.partition_point(|case| case.mark.index < to);
        self.all.range(start, end).map(Arc::as_ref)
    }

    /// Requests whose `closed` entries are in a span.
    pub fn closed(&self, from: u64, to: u64) -> impl Iterator<Item = &Case> {
        let start = self.closings.partition_point(|(index, _)| *index < from);
        let end = self.closings.partition_point(|(index, _)| *index < to);
        let span = self.closings.range(start, end);
        span.filter_map(|(_, number)| self.numbered(*number))
    }

    /// Whether an opening has used what this `preserve` entry kept.
    pub(super) fn opened_from(&self, preserve: u64) -> bool {
        self.openings()
            .any(|(_, opening)| opening.preserved == Some(preserve))
    }

    pub(super) fn commit(&mut self, Change(case): Change) {
        // Only the entry at hand can be newer than all that are listed.
        if let Some(closing) = case.closed
            && self
                .closings
                .last()
                .is_none_or(|(index, _)| *index < closing.mark.index)
        {
            self.closings.push((closing.mark.index, case.number));
        }
        if let Some(opening) = case.openings.last()
            && self
                .openings
                .last()
                .is_none_or(|(index, _)| *index < opening.mark.index)
        {
            self.openings.push((opening.mark.index, case.number));
        }
        let position = case.number as usize - 1;
        if position == self.all.len() {
            self.all.push(Arc::new(case));
        } else {
            self.all.replace(position, Arc::new(case));
        }
    }
}
