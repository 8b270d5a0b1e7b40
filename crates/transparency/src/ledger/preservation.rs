//! Records that outlive their term while an order is on its way (rule 9).

use std::sync::Arc;

use super::{At, Broken, Mark, ensure};
use crate::entry::{Day, Extend, Open, Preserve, Release, ReleaseReason};
use crate::tree::Hash;

/// The longest first term.
const MAX_TERM_DAYS: u32 = 60;

/// The longest extension.
const MAX_EXTENSION_DAYS: u32 = 30;

/// Preserved records and what became of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preservation {
    /// Its `preserve` entry.
    pub mark: Mark,
    /// RFC 6962 leaf hash of that entry.
    pub hash: Hash,
    /// Index of the request.
    pub request: u64,
    /// Root over the records' hashes.
    pub records: Hash,
    /// How many records.
    pub n: u32,
    /// The last day, as last extended.
    pub until: Day,
    /// When its term was extended.
    pub extended: Option<Mark>,
    /// When the custodians destroyed what they kept, and why.
    pub released: Option<(Mark, ReleaseReason)>,
}

/// All preservations of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preservations(Vec<Arc<Preservation>>);

/// A preservation as an entry leaves it.
pub(super) struct Change(Preservation);

impl Preservations {
    /// All of them, oldest first.
    pub fn all(&self) -> impl ExactSizeIterator<Item = &Preservation> {
        self.0.iter().map(Arc::as_ref)
    }

    /// The preservation whose entry has this index.
    pub fn at(&self, index: u64) -> Option<&Preservation> {
        let found = self.0.binary_search_by_key(&index, |kept| kept.mark.index);
        found.ok().map(|position| self.0[position].as_ref())
    }

    /// Those whose entries are in a span.
    pub fn entered(&self, from: u64, to: u64) -> impl Iterator<Item = &Preservation> {
        let span = from..to;
        self.all()
            .filter(move |kept| span.contains(&kept.mark.index))
    }

    fn find_kept(&self, index: u64, rule: u8) -> Result<&Preservation, Broken> {
        let Some(kept) = self.at(index) else {
            return Err(Broken::new(
                rule,
                format!("entry {index} preserves nothing"),
            ));
        };
        ensure!(
            kept.released.is_none(),
            rule,
            "the records are released already"
        );
        Ok(kept)
    }

    /// Checks that an opening may use what was preserved.
    pub(super) fn check_open(
        &self,
        preserve: u64,
        open: &Open,
        follows: Option<u64>,
        at: &At<'_>,
    ) -> Result<(), Broken> {
        let kept = self.find_kept(preserve, 5)?;
        let own = kept.request == open.request || Some(kept.request) == follows;
        ensure!(own, 5, "the records were preserved for another request");
        ensure!(
            (kept.records, kept.n) == (open.records, open.n),
            5,
            "other records were preserved"
        );
        ensure!(
            at.mark.date <= kept.until,
            5,
            "the preservation ended on {}",
            kept.until
        );
        Ok(())
    }

    pub(super) fn judge_preserve(preserve: &Preserve, at: &At<'_>) -> Result<Change, Broken> {
        let latest = at.mark.date.plus(MAX_TERM_DAYS);
        ensure!(
            (at.mark.date..=latest).contains(&preserve.until),
            9,
            "a term is at most {MAX_TERM_DAYS} days"
        );
        Ok(Change(Preservation {
            mark: at.mark,
            hash: at.hash,
            request: preserve.request,
            records: preserve.records,
            n: preserve.n,
            until: preserve.until,
            extended: None,
            released: None,
        }))
    }

    pub(super) fn judge_extend(&self, extend: &Extend, at: &At<'_>) -> Result<Change, Broken> {
        let kept = self.find_kept(extend.of, 9)?;
        ensure!(kept.extended.is_none(), 9, "the term was extended before");
        ensure!(
            at.mark.date <= kept.until,
            9,
            "the term ended on {}",
            kept.until
        );
        let latest = kept.until.plus(MAX_EXTENSION_DAYS);
        ensure!(
            extend.until > kept.until && extend.until <= latest,
            9,
            "an extension is 1 to {MAX_EXTENSION_DAYS} days"
        );
        Ok(Change(Preservation {
            until: extend.until,
            extended: Some(at.mark),
            ..kept.clone()
        }))
    }

    pub(super) fn judge_release(
        &self,
        release: &Release,
        opened: bool,
        at: &At<'_>,
    ) -> Result<Change, Broken> {
        let kept = self.find_kept(release.preserve, 9)?;
        match release.why {
            ReleaseReason::Due => {
                ensure!(
                    at.mark.date >= kept.until,
                    9,
                    "the term lasts until {}",
                    kept.until
                );
            }
            ReleaseReason::Opened => ensure!(opened, 9, "no opening has used the records"),
            ReleaseReason::Withdrawn => {}
        }
        Ok(Change(Preservation {
            released: Some((at.mark, release.why)),
            ..kept.clone()
        }))
    }

    pub(super) fn commit(&mut self, Change(kept): Change) {
        let found = self
            .0
            .binary_search_by_key(&kept.mark.index, |kept| kept.mark.index);
        match found {
            Ok(position) => self.0[position] = Arc::new(kept),
            Err(_) => self.0.push(Arc::new(kept)),
        }
    }
}
