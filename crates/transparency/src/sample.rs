//! Many invented cases, to measure with.
//!
//! They are what most of a busy log consists of: requests under gag, openings and ends, each with
//! its vectors and proofs. Whoever measures brings the entries before them, policy and keys.

use std::num::NonZero;

use sha2::{Digest, Sha256};

use crate::case::CaseKey;
use crate::counts::{Context, prove};
use crate::entry::{Body, Closed, Day, Dimension, Ending, Entry, Open, Outcome, Priority, Request};
use crate::ledger::{Ledger, Violation};
use crate::tree::Hash;

/// Of so many requests, [`OPENED`] are opened and delivered and [`ENDED`] end in other ways; the
/// rest are not closed.
const OF: u64 = 20;
const OPENED: u64 = 8;
const ENDED: u64 = 11;

/// An entry whose vectors are still to be made.
struct Draft {
    entry: Entry,
    number: u64,
}

/// Adds `requests` requests of one day and what becomes of them to a log whose officers have their
/// key: 1,000 requests are 2,350 entries. Everything follows from the ledger and `seed`.
///
/// Fails when the ledger refuses an entry; proofs are made and not checked.
///
/// # Panics
/// When the ledger has no officers.
pub fn add_cases(
    ledger: &mut Ledger,
    entries: &mut Vec<Vec<u8>>,
    day: Day,
    requests: u64,
    seed: &[u8; 32],
) -> Result<(), Violation> {
    let mut drafts = draft_day(ledger, day, requests, seed);
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = drafts.len().div_ceil(threads).max(1);
    let origin = ledger.origin();
    std::thread::scope(|scope| {
        for drafts in drafts.chunks_mut(share) {
            scope.spawn(move || {
                let fill = |draft: &mut Draft| draft.fill(origin, seed);
                drafts.iter_mut().for_each(fill);
            });
        }
    });
    for draft in drafts {
        let bytes = draft.entry.to_bytes().expect("an entry of the right form");
        ledger.apply_deferring(ledger.size(), &bytes, &mut Vec::new())?;
        entries.push(bytes);
    }
    Ok(())
}

fn draft_day(ledger: &Ledger, day: Day, requests: u64, seed: &[u8; 32]) -> Vec<Draft> {
    let officers = ledger.officers().expect("officers with a key").mark.index;
    let known = ledger.cases().all().len() as u64;
    let mut drafts = Vec::new();
    for number in known + 1..=known + requests {
        let hash = |what: &str| Hash(derive(seed, what, number));
        let add = |drafts: &mut Vec<Draft>, body: Body| {
            let index = ledger.size() + drafts.len() as u64;
            let entry = Entry::new(day, body);
            drafts.push(Draft { entry, number });
            index
        };
        let request = Request {
            number,
            priority: Priority::Normal,
            follows: None,
            fields: hash("fields"),
            region: Vec::new(),
            kind: Vec::new(),
            due: day.plus(360).monday_on_or_after(),
        };
        let request = add(&mut drafts, request.into());
        let (open, result) = match number % OF {
            rest if rest < OPENED => {
                let open = Open {
                    request,
                    officers,
                    records: hash("records"),
                    n: 3,
                    approvals: hash("approvals"),
                    preserved: None,
                };
                (Some(add(&mut drafts, open.into())), Ending::Delivered)
            }
            rest if rest < OPENED + ENDED => (None, Ending::Ended),
            _ => continue,
        };
        let closed = Closed {
            request,
            open,
            result,
            outcome: Vec::new(),
        };
        add(&mut drafts, closed.into());
    }
    drafts
}

impl Draft {
    fn fill(&mut self, origin: &str, seed: &[u8; 32]) {
        let blank = self.entry.without_vectors();
        let vectors = CaseKey::new(derive(seed, "case", self.number)).vector_seed();
        let vector = |dimension: Dimension, category: usize| {
            let context = Context {
                origin,
                sequence: self.number,
                entry: &blank,
                dimension: dimension.word(),
                categories: dimension.category_count(),
            };
            prove(&context, category, &vectors).0
        };
        let any = usize::from(derive(seed, "category", self.number)[0]);
        let one_of = |dimension: Dimension| any % dimension.category_count();
        match &mut self.entry.body {
            Body::Request(request) => {
                request.region = vector(Dimension::Region, one_of(Dimension::Region));
                request.kind = vector(Dimension::Kind, one_of(Dimension::Kind));
            }
            Body::Closed(closed) => {
                let outcome = match closed.result {
                    Ending::Delivered => Outcome::Delivered,
                    Ending::Failed => Outcome::Failed,
                    Ending::Ended => Outcome::Withdrawn,
                };
                closed.outcome = vector(Dimension::Outcome, outcome as usize);
            }
            _ => {}
        }
    }
}

fn derive(seed: &[u8; 32], what: &str, number: u64) -> [u8; 32] {
    let hash = Sha256::new_with_prefix(seed).chain_update(what);
    hash.chain_update(number.to_be_bytes()).finalize().into()
}
