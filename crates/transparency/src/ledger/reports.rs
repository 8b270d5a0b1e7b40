//! What the operator has said of each quarter, and the sums that prove a part of it (rule 12).

use std::sync::Arc;

use super::tally::{Tally, open_counts};
use super::{At, Broken, Ledger, Mark, ensure};
use crate::counts::{Group, verify_groups};
use crate::entry::{Column, Dimension, Place, Quarter, Report, Sum};

/// A report, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedReport {
    /// Its entry.
    pub mark: Mark,
    /// What it says. Its sums are proved; its claims are not.
    pub report: Report,
}

/// All reports of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reports {
    all: Vec<Arc<LoggedReport>>,
    /// The entry after the last one that is in an opened sum, for each dimension.
    summed: [u64; Dimension::ALL.len()],
}

pub(super) type Change = LoggedReport;

impl Reports {
    /// All `report` entries, oldest first.
    pub fn all(&self) -> impl ExactSizeIterator<Item = &LoggedReport> {
        self.all.iter().map(Arc::as_ref)
    }

    /// The entries of one quarter's report.
    pub fn of(&self, quarter: Quarter) -> impl Iterator<Item = &LoggedReport> {
        self.all()
            .filter(move |logged| logged.report.quarter == quarter)
    }

    /// The entry up to which the vectors of a dimension have been summed.
    pub fn summed(&self, dimension: Dimension) -> u64 {
        self.summed[dimension as usize]
    }

    /// Where a quarter that was reported begins in the log.
    fn begins_at(&self, index: u64) -> bool {
        self.all().any(|logged| logged.report.from == index)
    }

    pub(super) fn commit(&mut self, change: Change) {
        for sum in &change.report.sums {
            self.summed[sum.dimension as usize] = sum.to;
        }
        self.all.push(Arc::new(change));
    }
}

impl Ledger {
    pub(super) fn judge_report(&self, report: &Report, at: &At<'_>) -> Result<Change, Broken> {
        self.check_quarter(report, at)?;
        self.check_claims(report)?;
        for dimension in Dimension::ALL {
            self.check_sums(report, *dimension)?;
        }
        Ok(LoggedReport {
            mark: at.mark,
            report: report.clone(),
        })
    }

    /// Quarters come in order from that of the first entry; each report covers exactly the entries
    /// that are dated in its quarter.
    fn check_quarter(&self, report: &Report, at: &At<'_>) -> Result<(), Broken> {
        let last = self.reports.all.last().map(|logged| &logged.report);
        let first_quarter = self
            .days
            .first()
            .map_or(at.mark.date, |mark| mark.date)
            .quarter();
        let (quarter, part, parts) = match last {
            None => (first_quarter, 1, report.parts),
            Some(last) if last.part < last.parts => (last.quarter, last.part + 1, last.parts),
            Some(last) => (last.quarter.next(), 1, report.parts),
        };
        ensure!(
            (report.quarter, report.part, report.parts) == (quarter, part, parts),
            12,
            "the next report is part {part} of {quarter}"
        );
        let end = quarter.next().first_day();
        ensure!(at.mark.date >= end, 12, "{quarter} is not over");
        let (from, to) = (
            self.entries_before(quarter.first_day()),
            self.entries_before(end),
        );
        ensure!(
            (report.from, report.to) == (from, to),
            12,
            "the entries of {quarter} are those from {from} to {to}"
        );
        Ok(())
    }

    /// A claim is never below what is known already, and says what all can count.
    fn check_claims(&self, report: &Report) -> Result<(), Broken> {
        let shown = Tally::of(self, report.from, report.to);
        let open = open_counts(self, report.from, report.to);
        for claim in &report.claims {
            let place = claim.place;
            let mut earlier = self.reports.of(report.quarter);
            let repeated = earlier.any(|logged| {
                let mut claims = logged.report.claims.iter();
                claims.any(|claim| claim.place == place)
            });
            ensure!(!repeated, 12, "an earlier part has a claim for {place}");
            for (column, claimed) in &claim.counts {
                let known = shown.count(place, *column);
                ensure!(
                    *claimed >= known && (*claimed == known || !shown.complete),
                    12,
                    "it claims {column}={claimed} for {place} where {known} are revealed"
                );
                let counted = open.iter().find(|(counted, _)| counted == column);
                if let (Place::World, Some((_, counted))) = (place, counted) {
                    ensure!(
                        claimed == counted,
                        12,
                        "it claims {column}={claimed} where the log has {counted}"
                    );
                }
            }
        }
        Ok(())
    }

    fn check_sums(&self, report: &Report, dimension: Dimension) -> Result<(), Broken> {
        let own = |sum: &&Sum| sum.dimension == dimension;
        let sums: Vec<&Sum> = report.sums.iter().filter(own).collect();
        let Some(first) = sums.first() else {
            return Ok(());
        };
        let (from, to) = (first.from, first.to);
        let one_span = sums.iter().all(|sum| (sum.from, sum.to) == (from, to));
        ensure!(
            one_span,
            12,
            "the sums of {dimension} are over different entries"
        );
        let whole_quarters =
            to == report.to && (from == report.from || self.reports.begins_at(from));
        ensure!(
            whole_quarters,
            12,
            "the sums of {dimension} are not over whole quarters"
        );
        let free = self.reports.summed(dimension);
        ensure!(
            from >= free,
            12,
            "entries before {free} are in a sum of {dimension} already"
        );

        let cases: Vec<_> = match dimension {
            Dimension::Region | Dimension::Kind => self.cases.entered(from, to).collect(),
            Dimension::Outcome => self.cases.closed(from, to).collect(),
        };
        let wrong = |error: &dyn std::fmt::Display| {
            Broken::new(12, format!("the sums of {dimension}: {error}"))
        };
        let vectors = cases.iter().map(|case| case.commitments(dimension));
        let vectors: Vec<_> = vectors
            .collect::<Result<_, _>>()
            .map_err(|error| wrong(&error))?;
        let groups: Vec<Group> = sums
            .iter()
            .map(|sum| Group {
                categories: sum.categories.clone(),
                count: sum.count,
                blinding: sum.blinding,
            })
            .collect();
        verify_groups(
            &vectors.iter().collect::<Vec<_>>(),
            dimension.category_count(),
            &groups,
        )
        .map_err(|error| wrong(&error))
    }

    /// Claims that later reveals have shown to be untrue: the report, the place, the column, what
    /// was claimed and what is known.
    pub(super) fn false_claims(&self) -> Vec<(Mark, Place, Column, u64, u64)> {
        let mut untrue = Vec::new();
        let mut shown: Option<(Quarter, Tally)> = None;
        for LoggedReport { mark, report } in self.reports.all() {
            if shown
                .as_ref()
                .is_none_or(|(quarter, _)| *quarter != report.quarter)
            {
                let tally = Tally::of(self, report.from, report.to);
                shown = Some((report.quarter, tally));
            }
            let Some((_, tally)) = &shown else { continue };
            for claim in &report.claims {
                for (column, claimed) in &claim.counts {
                    let known = tally.count(claim.place, *column);
                    if *claimed < known || (tally.complete && *claimed != known) {
                        untrue.push((*mark, claim.place, *column, *claimed, known));
                    }
                }
            }
        }
        untrue
    }
}
