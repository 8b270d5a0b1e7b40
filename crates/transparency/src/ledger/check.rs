//! The slow checks: proofs of vectors, and their openings. They depend on nothing but what is in
//! them, so that many can be run at once.

use std::thread::ScopedJoinHandle;

use super::cases::Cases;
use super::{Ledger, Violation};
use crate::counts::{Batch, Context, VectorError};
use crate::entry::{Body, Dimension, Entry};

/// A check that an entry still needs.
#[derive(Clone, Debug)]
pub struct Check {
    index: u64,
    dimension: Dimension,
    vector: Vec<u8>,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// The vector commits to one category, and was made for this entry.
    Proof { number: u64, entry: Vec<u8> },
    /// It commits to this category.
    Opening { category: usize, blindings: Vec<u8> },
}

/// Adds the checks that an accepted entry needs.
pub(super) fn collect(cases: &Cases, index: u64, entry: &Entry, checks: &mut Vec<Check>) {
    let number = match &entry.body {
        Body::Request(request) => Some(request.number),
        Body::Closed(closed) => cases.at(closed.request).map(|case| case.number),
        _ => None,
    };
    if let Some(number) = number {
        for (dimension, vector) in entry.body.vectors() {
            let what = What::Proof {
                number,
                entry: entry.without_vectors(),
            };
            checks.push(Check {
                index,
                dimension,
                vector: vector.into(),
                what,
            });
        }
    }
    if let Body::Reveal(reveal) = &entry.body
        && let Some(case) = cases.at(reveal.request)
    {
        for dimension in Dimension::ALL {
            let opened = reveal.vector(*dimension);
            let what = What::Opening {
                category: opened.category,
                blindings: opened.blindings.clone(),
            };
            checks.push(Check {
                index,
                dimension: *dimension,
                vector: case.vector(*dimension).into(),
                what,
            });
        }
    }
}

impl Check {
    /// Index of the entry that needs it.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Runs it, for the log of this origin.
    pub fn run(&self, origin: &str) -> Result<(), Violation> {
        let mut batch = Batch::default();
        let result = self.add_to(&mut batch, origin);
        result.and_then(|()| batch.verify()).map_err(|error| {
            let rule = match (&self.what, self.dimension) {
                (What::Opening { .. }, _) => 7,
                (What::Proof { .. }, Dimension::Outcome) => 6,
                (What::Proof { .. }, Dimension::Region | Dimension::Kind) => 3,
            };
            Violation {
                index: self.index,
                rule,
                why: format!("vector {}: {error}", self.dimension),
            }
        })
    }

    fn add_to(&self, batch: &mut Batch, origin: &str) -> Result<(), VectorError> {
        let categories = self.dimension.category_count();
        match &self.what {
            What::Proof { number, entry } => {
                let context = Context {
                    origin,
                    sequence: *number,
                    entry,
                    dimension: self.dimension.word(),
                    categories,
                };
                batch.add(&context, &self.vector).map(drop)
            }
            What::Opening {
                category,
                blindings,
            } => batch.add_opening(&self.vector, categories, *category, blindings),
        }
    }
}

impl Ledger {
    /// Runs checks that [`Ledger::apply_deferring`] has left, in batches on as many threads as the
    /// machine has cores, and names the violation of the first entry that fails one.
    pub fn run_checks(&self, checks: &[Check]) -> Result<(), Violation> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = checks.len().div_ceil(threads).max(1);
        let run = |checks: &[Check]| {
            let mut batch = Batch::default();
            let mut added = checks
                .iter()
                .map(|check| check.add_to(&mut batch, &self.origin));
            if added.all(|added| added.is_ok()) && batch.verify().is_ok() {
                return Ok(());
            }
            // Somewhere in it is one that fails by itself.
            checks.iter().try_for_each(|check| check.run(&self.origin))
        };
        let mut violations = std::thread::scope(|scope| {
            let workers: Vec<_> = checks
                .chunks(share)
                .map(|checks| scope.spawn(move || run(checks)))
                .collect();
            // A check never panics; if one did, nothing would be proved.
            let results = workers.into_iter().map(ScopedJoinHandle::join);
            results
                .map(|result| result.expect("checks do not panic"))
                .filter_map(Result::err)
                .collect::<Vec<_>>()
        });
        violations.sort_by_key(|violation| violation.index);
        violations.into_iter().next().map_or(Ok(()), Err)
    }
}
