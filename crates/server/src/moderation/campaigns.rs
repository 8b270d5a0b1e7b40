//! Fingerprints of public texts about which people have decided, in memory.

use heliograph_classifier::simhash::{Campaigns as Index, Fingerprint};
use heliograph_moderation::decisions;
use heliograph_moderation::precedents::{self, Precedent};
use heliograph_moderation::subject::Subject;
use heliograph_store::{Store, StoreError};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many precedents are read at a time.
const BATCH: usize = 500;

/// Finds what people have decided about texts that are nearly the same. The store has the truth; this
/// follows it, and forgets nothing, so what is found is looked up there.
#[derive(Default)]
pub struct Campaigns(Mutex<Known>);

#[derive(Default)]
struct Known {
    index: Index,
    /// The decision of each fingerprint, by its own number.
    decided: Vec<u64>,
    /// From which decision on precedents are looked for: the oldest that waits for the log may set one
    /// when later numbers have theirs.
    next: u64,
    /// Those from there on that were read.
    read: BTreeSet<u64>,
}

impl Campaigns {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the precedents that are new.
    pub async fn follow(&self, store: &Store) -> Result<(), StoreError> {
        let mut from = self.known().next;
        loop {
            let mut view = store.view().await?;
            let waiting = decisions::waiting(&mut *view, 1).await?;
            let read = precedents::list(&mut *view, from, BATCH).await?;
            drop(view);
            let whole = read.len() < BATCH;
            from = read.last().map_or(from, |(last, _)| last + 1);
            let next = waiting.first().map_or(from, |oldest| from.min(oldest.id));
            self.known().take(read, next);
            if whole {
                return Ok(());
            }
        }
    }

    /// The decisions about texts that are nearly the same, by their own numbers, newest first.
    pub fn near(&self, text: &str) -> Vec<u64> {
        let known = self.known();
        if known.decided.is_empty() {
            return Vec::new();
        }
        let Some(fingerprint) = Fingerprint::of(text) else {
            return Vec::new();
        };
        let ids = known.index.near(&fingerprint).into_iter();
        let mut near: Vec<u64> = ids.map(|id| known.decided[id as usize]).collect();
        near.sort_unstable_by(|one, other| other.cmp(one));
        near
    }

    /// The newest of these decisions that still counts, is about something of the same kind, and has
    /// something follow for what is nearly the same.
    pub async fn precedent(
        &self,
        store: &Store,
        near: &[u64],
        subject: &Subject,
    ) -> Result<Option<(u64, Precedent)>, StoreError> {
        let mut view = store.view().await?;
        for decided in near {
            let found = precedents::find(&mut *view, *decided).await?;
            let follows =
                |one: &Precedent| one.is_followed() && precedents::is_alike(&one.subject, subject);
            if let Some(found) = found.filter(follows) {
                return Ok(Some((*decided, found)));
            }
        }
        Ok(None)
    }
}

impl Known {
    /// Takes in what was not read before, by this call or by another one at the same time.
    fn take(&mut self, read: Vec<(u64, Precedent)>, next: u64) {
        for (decided, precedent) in read {
            if decided < self.next || !self.read.insert(decided) {
                continue;
            }
            if let Some(fingerprint) = precedents::fingerprint(&precedent) {
                self.index.add(fingerprint);
                self.decided.push(decided);
            }
        }
        self.next = self.next.max(next);
        self.read = self.read.split_off(&self.next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn precedent(text: &str) -> Precedent {
        let fingerprint = Fingerprint::of(text);
        Precedent {
            subject: Subject::Term("any".into()),
            text: [0; 32],
            fingerprint: fingerprint.map(|print| print.to_bytes().to_vec()),
            broke: None,
            by: vec![1],
            hidden: false,
            refused_until: None,
        }
    }

    #[test]
    fn a_precedent_that_comes_after_later_numbers_is_read_and_none_twice() {
        let (one, other) = (
            "kittens are given away in the old mill by our neighbour",
            "the library stays closed until monday because of the flood",
        );
        let mut known = Known::default();
        // 4 waits for the log while 5 is there.
        known.take(vec![(5, precedent(one))], 4);
        known.take(vec![(5, precedent(one))], 4);
        known.take(vec![(4, precedent(other)), (5, precedent(one))], 6);
        known.take(vec![(5, precedent(one))], 6);
        let campaigns = Campaigns(Mutex::new(known));
        assert_eq!(campaigns.near(one), [5]);
        assert_eq!(campaigns.near(other), [4]);
    }
}
