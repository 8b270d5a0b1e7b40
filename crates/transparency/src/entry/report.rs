//! `report`: what the operator says of a quarter, and sums that prove a part of it.

use std::fmt;
use std::str::FromStr;

use super::categories::{Dimension, Outcome, Region};
use super::date::Quarter;
use super::lines::{Lines, Malformed, Value, Writer};
use super::words::words;
use crate::encoding::to_base64;
use crate::regions::Country;

/// What a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// One country.
    Country(Country),
    /// A region.
    Region(Region),
    /// All of them.
    World,
}

impl Place {
    /// Whether requests from `country` count for it.
    pub fn holds(self, country: Country) -> bool {
        match self {
            Self::Country(own) => own == country,
            Self::Region(region) => country.region() == region,
            Self::World => true,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Country(country) => country.fmt(f),
            Self::Region(region) => region.fmt(f),
            Self::World => f.write_str("world"),
        }
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "world" {
            return Ok(Self::World);
        }
        let region = Region::from_word(text).map(Self::Region);
        region
            .or_else(|| text.parse().ok().map(Self::Country))
            .ok_or(())
    }
}

words! {
    /// What is counted in a report. The first group counts `request` entries, then come other
    /// entries of the quarter, then `closed` entries by their outcome.
    pub enum Column {
        /// Requests received.
        Received = "received",
        /// Of these, emergencies.
        Emergency = "emergency",
        /// Of these, for the phone number only.
        Phone = "phone",
        /// Of these, for addresses only.
        Ip = "ip",
        /// Of these, for both.
        Both = "both",
        /// Of these, with a gag.
        Gag = "gag",
        /// `preserve` entries.
        Preserved = "preserved",
        /// Notices to persons, told.
        Notices = "notices",
        /// Ended: the package was fetched.
        Delivered = "delivered",
        /// Ended: opened but not delivered.
        Failed = "failed",
        /// Ended, as [`Outcome::Withdrawn`].
        Withdrawn = "withdrawn",
        /// Ended, as [`Outcome::OutOfDesk`].
        OutOfDesk = "out-of-desk",
        /// Ended, as [`Outcome::OutOfDeskContested`].
        OutOfDeskContested = "out-of-desk-contested",
        /// Ended, as [`Outcome::OutOfDeskConflict`].
        OutOfDeskConflict = "out-of-desk-conflict",
        /// Ended, as [`Outcome::Incomplete`].
        Incomplete = "incomplete",
        /// Ended, as [`Outcome::ManifestError`].
        ManifestError = "manifest-error",
        /// Ended, as [`Outcome::InsufficientInfo`].
        InsufficientInfo = "insufficient-info",
        /// Ended, as [`Outcome::NotCompetentAuthority`].
        NotCompetentAuthority = "not-competent-authority",
        /// Ended, as [`Outcome::OffenceNotCovered`].
        OffenceNotCovered = "offence-not-covered",
        /// Ended, as [`Outcome::ServiceNotCovered`].
        ServiceNotCovered = "service-not-covered",
        /// Ended, as [`Outcome::ImmunityOrExpression`].
        ImmunityOrExpression = "immunity-or-expression",
        /// Ended, as [`Outcome::Impossible`].
        Impossible = "impossible",
        /// Ended, as [`Outcome::ConflictOfLaw`].
        ConflictOfLaw = "conflict-of-law",
        /// Ended, as [`Outcome::DataNotHeld`].
        DataNotHeld = "data-not-held",
    }
}

impl Column {
    /// The column of an outcome; both have the same word.
    pub fn of_outcome(outcome: Outcome) -> Self {
        Self::from_word(outcome.word()).expect("every outcome has a column")
    }
}

/// What the operator says about one place. It need not mention every column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Where.
    pub place: Place,
    /// At least one, in the order of [`Column::ALL`].
    pub counts: Vec<(Column, u64)>,
}

/// An opened sum: how many entries of a span committed to one of some categories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Counted by what.
    pub dimension: Dimension,
    /// The first entry of the span.
    pub from: u64,
    /// The entry after its last.
    pub to: u64,
    /// The merged categories, by position, ascending.
    pub categories: Vec<usize>,
    /// How many.
    pub count: u64,
    /// The sum of the blindings.
    pub blinding: [u8; 32],
}

/// What the operator says of a quarter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which quarter.
    pub quarter: Quarter,
    /// Its number among the entries of this quarter's report, from 1.
    pub part: u32,
    /// How many entries the report of this quarter has: more countries than fit into one.
    pub parts: u32,
    /// The first entry of the quarter.
    pub from: u64,
    /// The entry after its last.
    pub to: u64,
    /// By ascending place.
    pub claims: Vec<Claim>,
    /// Opened sums.
    pub sums: Vec<Sum>,
}

impl Report {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        let quarter = lines.take("quarter")?.parsed()?;
        let part_line = lines.take("part")?;
        let [part, parts] = part_line.words()?;
        let parts = parts.number(1..=1_000)?;
        let part = part.number(1..=parts)?;
        let from = lines.take("from")?.count()?;
        let to = lines.take("to")?.number(from..=u64::MAX)?;
        let mut claims: Vec<Claim> = Vec::new();
        for line in lines.take_all("claim")? {
            let claim = read_claim(line)?;
            if claims.last().is_some_and(|last| last.place >= claim.place) {
                return Err(line.fault("not in ascending order of place"));
            }
            claims.push(claim);
        }
        let mut sums: Vec<Sum> = Vec::new();
        for line in lines.take_all("sum")? {
            let sum = read_sum(line)?;
            let order = |sum: &Sum| (sum.dimension, sum.categories[0]);
            if sums.last().is_some_and(|last| order(last) >= order(&sum)) {
                return Err(line.fault("not in ascending order of dimension and category"));
            }
            sums.push(sum);
        }
        Ok(Self {
            quarter,
            part,
            parts,
            from,
            to,
            claims,
            sums,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("quarter", self.quarter);
        out.line("part", format_args!("{} {}", self.part, self.parts));
        out.line("from", self.from);
        out.line("to", self.to);
        for claim in &self.claims {
            let counts = claim.counts.iter();
            let counts: Vec<_> = counts.map(|(column, n)| format!("{column}={n}")).collect();
            out.line(
                "claim",
                format_args!("{} {}", claim.place, counts.join(",")),
            );
        }
        for sum in &self.sums {
            let Sum {
                dimension,
                from,
                to,
                count,
                ..
            } = sum;
            let names = dimension.categories();
            let categories = sum.categories.iter();
            let group: Vec<_> = categories
                .map(|category| names.get(*category).copied().unwrap_or("-"))
                .collect();
            let group = group.join("+");
            let blinding = to_base64(&sum.blinding);
            out.line(
                "sum",
                format_args!("{dimension} {from} {to} {group} {count} {blinding}"),
            );
        }
    }
}

fn read_claim(line: Value<'_>) -> Result<Claim, Malformed> {
    let [place, counts] = line.words()?;
    let mut claim = Claim {
        place: place.parsed()?,
        counts: Vec::new(),
    };
    for part in counts.as_str().split(',') {
        let Some((column, count)) = part.split_once('=') else {
            return Err(line.fault("not a list of `column=count`"));
        };
        let column = counts.part(column).word(Column::from_word)?;
        let count = counts.part(count).count()?;
        if claim.counts.last().is_some_and(|last| last.0 >= column) {
            return Err(line.fault("columns are not in their order"));
        }
        claim.counts.push((column, count));
    }
    Ok(claim)
}

fn read_sum(line: Value<'_>) -> Result<Sum, Malformed> {
    let [dimension, from, to, group, count, blinding] = line.words()?;
    let dimension = dimension.word(Dimension::from_word)?;
    let from = from.count()?;
    let mut categories: Vec<usize> = Vec::new();
    for name in group.as_str().split('+') {
        let category = group.part(name).word(|word| dimension.position(word))?;
        if categories.last().is_some_and(|last| *last >= category) {
            return Err(line.fault("categories are not in their order"));
        }
        categories.push(category);
    }
    Ok(Sum {
        dimension,
        from,
        to: to.number(from..=u64::MAX)?,
        categories,
        count: count.count()?,
        blinding: blinding.bytes()?,
    })
}
