//! Fingerprints of public texts about which people have decided, in memory.

use heliograph_classifier::simhash::{Campaigns as Index, Fingerprint};
use heliograph_moderation::precedents::{self, Precedent};
use heliograph_moderation::subject::Subject;
use heliograph_store::{Store, StoreError};
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
    /// From which decision on precedents have not been read. They come to be in the order of
    /// decisions, since the log takes those in their order.
    next: u64,
}

impl Campaigns {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the precedents that are new.
    pub async fn follow(&self, store: &Store) -> Result<(), StoreError> {
        loop {
            let from = self.known().next;
            let mut view = store.view().await?;
            let read = precedents::list(&mut *view, from, BATCH).await?;
            drop(view);
            let Some((last, _)) = read.last() else {
                return Ok(());
            };
            let mut known = self.known();
            known.next = last + 1;
            for (decided, precedent) in read {
                if let Some(fingerprint) = precedents::fingerprint(&precedent) {
                    known.index.add(fingerprint);
                    known.decided.push(decided);
                }
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
