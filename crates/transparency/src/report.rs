//! Quarterly tables, computed from the log alone.
//!
//! Each row is one figure with its basis: `revealed` (counted from reveals, and so a part of the
//! truth as long as gags last), `claimed` (said by the operator), `proved` (counted from what
//! everyone can see, or from opened sums of commitments). The same log gives the same bytes.

use std::fmt::Write;

use serde::Serialize;

use crate::entry::{Column, Day, Dimension, Place, Quarter};
use crate::ledger::Ledger;
use crate::ledger::tally::{Tally, open_counts};

/// What a figure rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Counted from reveals.
    Revealed,
    /// Said by the operator.
    Claimed,
    /// Counted from open entries or opened sums.
    Proved,
}

impl Basis {
    const fn word(self) -> &'static str {
        match self {
            Self::Revealed => "revealed",
            Self::Claimed => "claimed",
            Self::Proved => "proved",
        }
    }
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Row {
    /// The quarter, as `2026Q4`; `2026Q3-2026Q4` for a sum that waited for enough cases.
    pub quarter: String,
    /// `country`, `region` or `world`.
    pub level: &'static str,
    /// Country code or region; merged regions are joined with `+`.
    pub place: String,
    /// What it rests on.
    pub basis: Basis,
    /// What is counted: a [`Column`], `accounts`, `median-hours` or `p90-hours`; merged categories
    /// are joined with `+`.
    pub measure: String,
    /// How many, or how many hours.
    pub value: u64,
}

/// All figures of a quarter. `None` gives those of every quarter until the log's newest entry,
/// oldest first.
pub fn rows(ledger: &Ledger, quarter: Option<Quarter>) -> Vec<Row> {
    let quarters = match quarter {
        Some(quarter) => vec![quarter],
        None => quarters(ledger),
    };
    quarters
        .into_iter()
        .flat_map(|quarter| of_quarter(ledger, quarter))
        .collect()
}

/// The quarters in which the log has entries, and those between.
fn quarters(ledger: &Ledger) -> Vec<Quarter> {
    let (Some(first), Some(last)) = (ledger.first_date(), ledger.date()) else {
        return Vec::new();
    };
    let quarters = std::iter::successors(Some(first.quarter()), |quarter| Some(quarter.next()));
    quarters
        .take_while(|quarter| quarter.first_day() <= last)
        .collect()
}

fn of_quarter(ledger: &Ledger, quarter: Quarter) -> Vec<Row> {
    let mut rows = Rows {
        quarter,
        rows: Vec::new(),
    };
    let from = ledger.entries_before(quarter.first_day());
    let to = ledger.entries_before(quarter.next().first_day());
    rows.add_revealed(&Tally::of(ledger, from, to));
    for logged in ledger.reports().of(quarter) {
        for claim in &logged.report.claims {
            for (column, count) in &claim.counts {
                rows.add(claim.place, Basis::Claimed, column.word(), *count);
            }
        }
    }
    let opened = ledger.cases().openings();
    let opened = opened.filter(|(_, opening)| (from..to).contains(&opening.mark.index));
    let mut accounts: Vec<u64> = opened.map(|(case, _)| case.number).collect();
    accounts.dedup();
    for (column, count) in open_counts(ledger, from, to) {
        rows.add(Place::World, Basis::Proved, column.word(), count);
    }
    // Each request is about one account.
    rows.add(
        Place::World,
        Basis::Proved,
        "accounts",
        accounts.len() as u64,
    );
    rows.add_sums(ledger);
    rows.rows.sort();
    rows.rows.dedup();
    rows.rows
}

struct Rows {
    quarter: Quarter,
    rows: Vec<Row>,
}

impl Rows {
    fn add(&mut self, place: Place, basis: Basis, measure: &str, value: u64) {
        let level = match place {
            Place::Country(_) => "country",
            Place::Region(_) => "region",
            Place::World => "world",
        };
        self.rows.push(Row {
            quarter: self.quarter.to_string(),
            level,
            place: place.to_string(),
            basis,
            measure: measure.into(),
            value,
        });
    }

    fn add_revealed(&mut self, tally: &Tally) {
        for (place, counts) in &tally.places {
            for (column, count) in Column::ALL.iter().zip(counts) {
                self.add(*place, Basis::Revealed, column.word(), *count);
            }
        }
        for (place, hours) in &tally.hours {
            self.add(
                *place,
                Basis::Revealed,
                "median-hours",
                percentile(hours, 50),
            );
            self.add(*place, Basis::Revealed, "p90-hours", percentile(hours, 90));
        }
    }

    /// Sums that were proved in this quarter's report.
    fn add_sums(&mut self, ledger: &Ledger) {
        for logged in ledger.reports().of(self.quarter) {
            for sum in &logged.report.sums {
                let names = sum.dimension.categories();
                let group = sum.categories.iter().map(|category| names[*category]);
                let group = group.collect::<Vec<_>>().join("+");
                let begun = ledger.date_of(sum.from).map_or(self.quarter, Day::quarter);
                let quarter = if begun == self.quarter {
                    self.quarter.to_string()
                } else {
                    format!("{begun}-{}", self.quarter)
                };
                let (level, place, measure) = match sum.dimension {
                    Dimension::Region => ("region", group, Column::Received.word().into()),
                    Dimension::Kind | Dimension::Outcome => ("world", "world".into(), group),
                };
                self.rows.push(Row {
                    quarter,
                    level,
                    place,
                    basis: Basis::Proved,
                    measure,
                    value: sum.count,
                });
            }
        }
    }
}

/// The smallest of some ascending figures that at least so many percent do not exceed.
pub(crate) fn percentile(ascending: &[u32], percent: usize) -> u64 {
    let rank = (ascending.len() * percent).div_ceil(100).max(1);
    ascending.get(rank - 1).map_or(0, |hours| u64::from(*hours))
}

/// The rows as CSV (RFC 4180), with a header.
pub fn to_csv(rows: &[Row]) -> String {
    let mut csv = String::from("quarter,level,place,basis,measure,value\r\n");
    for row in rows {
        let Row {
            quarter,
            level,
            place,
            basis,
            measure,
            value,
        } = row;
        // No value holds a comma, a quote or a line end: all are words of the log's vocabulary.
        let basis = basis.word();
        write!(
            csv,
            "{quarter},{level},{place},{basis},{measure},{value}\r\n"
        )
        .expect("a string takes any text");
    }
    csv
}

/// The rows as JSON, with the log and how much of it they were computed from.
pub fn to_json(ledger: &Ledger, rows: &[Row]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        format: &'static str,
        origin: &'a str,
        entries: u64,
        rows: &'a [Row],
    }
    let document = Document {
        format: "heliograph-report/1",
        origin: ledger.origin(),
        entries: ledger.size(),
        rows,
    };
    let mut json = serde_json::to_string_pretty(&document).expect("texts and numbers");
    json.push('\n');
    json
}

#[cfg(test)]
mod tests;
