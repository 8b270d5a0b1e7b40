//! The slow checks: proofs of vectors, and their openings. They depend on nothing but what is in
//! them, so that many can be run at once, and beside the reading of further entries.

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};

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
        result
            .and_then(|()| batch.verify())
            .map_err(|error| self.violation(error))
    }

    fn violation(&self, error: VectorError) -> Violation {
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
                batch.add(&context, &self.vector)
            }
            What::Opening {
                category,
                blindings,
            } => batch.add_opening(&self.vector, categories, *category, blindings),
        }
    }
}

/// How many checks are run as one batch: enough to gain from it, and so few that their points stay
/// in the cache beside a core.
const BATCH: usize = 256;

/// Runs the checks that [`super::Ledger::apply_deferring`] leaves, in batches on as many threads
/// as the machine has cores.
pub struct Checker<'scope> {
    queue: SyncSender<Vec<Check>>,
    workers: Vec<ScopedJoinHandle<'scope, Option<Violation>>>,
}

impl<'scope> Checker<'scope> {
    /// Starts the threads, for the log of this origin.
    pub fn start<'env>(scope: &'scope Scope<'scope, 'env>, origin: &Arc<str>) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        // A short queue: whoever reads waits for the checks, and does not fill the memory.
        let (queue, waiting) = sync_channel(2 * threads);
        let waiting = Arc::new(Mutex::new(waiting));
        let first_wrong = Arc::new(AtomicU64::new(u64::MAX));
        let start = |_| {
            let (origin, waiting) = (origin.clone(), waiting.clone());
            let first_wrong = first_wrong.clone();
            scope.spawn(move || work(&origin, &waiting, &first_wrong))
        };
        let workers = (0..threads).map(start).collect();
        Self { queue, workers }
    }

    /// Takes the checks once there are enough for a batch.
    pub fn offer(&self, checks: &mut Vec<Check>) {
        if checks.len() >= BATCH {
            self.take(std::mem::take(checks));
        }
    }

    fn take(&self, checks: Vec<Check>) {
        self.queue
            .send(checks)
            .expect("the threads outlive the queue");
    }

    /// Waits for all checks, the last ones included, and names the violation of the first entry
    /// that fails one.
    pub fn finish(self, last: Vec<Check>) -> Result<(), Violation> {
        self.take(last);
        drop(self.queue);
        // A check never panics; if one did, nothing would be proved.
        let results = self.workers.into_iter().map(ScopedJoinHandle::join);
        let violations = results.filter_map(|result| result.expect("checks do not panic"));
        let first = violations.min_by_key(|violation| violation.index);
        first.map_or(Ok(()), Err)
    }
}

impl Ledger {
    /// Takes the next entries, with their slow checks on all cores. Fails with the violation of the
    /// first that breaks a rule; the ledger is then not to be believed.
    pub fn apply_all<'a>(
        &mut self,
        entries: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), Violation> {
        let origin = self.origin.clone();
        std::thread::scope(|scope| {
            let checker = Checker::start(scope, &origin);
            let mut checks = Vec::new();
            let mut at_once = None;
            for entry in entries {
                let applied = self.apply_deferring(self.size, entry, &mut checks);
                if let Err(violation) = applied {
                    at_once = Some(violation);
                    break;
                }
                checker.offer(&mut checks);
            }
            // What was put off belongs to entries before the one that broke a rule at once.
            checker.finish(checks)?;
            at_once.map_or(Ok(()), Err)
        })
    }
}

/// Runs batches until there are no more, and gives the first violation among them. Nobody cares
/// about batches behind one that failed.
fn work(
    origin: &str,
    waiting: &Mutex<Receiver<Vec<Check>>>,
    first_wrong: &AtomicU64,
) -> Option<Violation> {
    let next = || {
        let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.recv().ok()
    };
    let mut found: Option<Violation> = None;
    while let Some(checks) = next() {
        let begins = checks.first().map_or(0, Check::index);
        if begins > first_wrong.load(Ordering::Relaxed) {
            continue;
        }
        if let Err(violation) = run(origin, &checks) {
            first_wrong.fetch_min(violation.index, Ordering::Relaxed);
            if found.as_ref().is_none_or(|own| violation.index < own.index) {
                found = Some(violation);
            }
        }
    }
    found
}

/// Runs a batch. Only if it fails does each check run by itself, for one of them fails as well.
fn run(origin: &str, checks: &[Check]) -> Result<(), Violation> {
    let mut batch = Batch::default();
    let mut added = checks.iter().map(|check| check.add_to(&mut batch, origin));
    if added.all(|added| added.is_ok()) && batch.verify().is_ok() {
        return Ok(());
    }
    let mut each = checks.iter().map(|check| check.run(origin));
    each.find_map(Result::err).map_or_else(
        || {
            // It cannot be that a batch fails whose parts all hold, but if it is, it has failed.
            let check = checks.first().expect("an empty batch does not fail");
            Err(check.violation(VectorError::Proof))
        },
        Err,
    )
}
