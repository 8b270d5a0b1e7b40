//! A copy of the log that believes nothing it has not recomputed.
//!
//! Custodians and officers each keep one. It holds the tree's right edge and the ledger, and is
//! brought forward by entries and a checkpoint ([`LogUpdate`]): it adds the entries to its own
//! tree and believes the checkpoint only if the root is the same. That is inclusion and
//! consistency at once: a history that was rewritten cannot be continued.
//!
//! The caller keeps it in two files: the entries, to which [`stored`] is appended, and the newest
//! checkpoint, which is replaced once the entries are durable. After a crash between the two the
//! surplus entries are cut off ([`Replica::restore`]).

use std::fmt;

use crate::files::LogUpdate;
use crate::ledger::{Ledger, Violation};
use crate::note::{Note, NoteError};
use crate::policy::{Evaluation, Freshness, Policy, PolicyError};
use crate::tile::{EntryTooLong, write_entry};
use crate::tree::{Hash, TreeHead, fold, leaf_hash, node_hash};

/// The hashes of the complete subtrees that make up a tree, largest first: enough to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Adds an entry.
    pub fn push(&mut self, entry: &[u8]) {
        let mut hash = leaf_hash(entry);
        // Each one at the end of the size's binary form is a subtree of the same height.
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("one peak for each bit that is set");
            hash = node_hash(left, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The tree's size and root.
    pub fn head(&self) -> TreeHead {
        TreeHead {
            size: self.size,
            root: fold(&self.peaks),
        }
    }
}

/// Why a replica did not go forward. It is then what it was before.
#[derive(Debug, thiserror::Error)]
pub enum AdvanceError {
    /// The checkpoint is not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The checkpoint does not satisfy the policy for another reason than the next two.
    #[error(transparent)]
    Policy(PolicyError),
    /// Too few witnesses have cosigned the checkpoint at all.
    #[error("too few witnesses have cosigned the checkpoint")]
    TooFewCosignatures,
    /// Enough witnesses have cosigned the checkpoint, but too long ago.
    #[error("the cosignatures are too old")]
    StaleCosignatures,
    /// The checkpoint is one of another log.
    #[error("the checkpoint is one of another log, {0}")]
    OtherLog(String),
    /// The checkpoint has fewer entries than the replica knows.
    #[error("the log went back from {known} entries to {offered}")]
    Older {
        /// Entries of the replica.
        known: u64,
        /// Entries of the checkpoint.
        offered: u64,
    },
    /// The checkpoint is about as many entries as the replica knows, but others.
    #[error("the log has two histories of {0} entries")]
    OtherHistory(u64),
    /// The entries do not begin where the replica ends.
    #[error("the update begins at entry {offered}, after the {known} known ones")]
    Gap {
        /// Entries of the replica.
        known: u64,
        /// Index of the update's first entry.
        offered: u64,
    },
    /// More or fewer entries than the checkpoint names.
    #[error("the update ends at entry {offered}, the checkpoint at {named}")]
    Incomplete {
        /// The entry after the update's last.
        offered: u64,
        /// Entries of the checkpoint.
        named: u64,
    },
    /// Added to what the replica knows, the entries do not lead to the root of the checkpoint:
    /// an entry was changed, or the log has another history.
    #[error("the entries do not lead to the root of the checkpoint")]
    WrongRoot,
    /// An entry breaks a rule.
    #[error(transparent)]
    Violation(#[from] Violation),
}

/// Why a replica cannot be read from what was stored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The stored entries end in the midst of one that the checkpoint names.
    #[error("the stored entries end before the stored checkpoint")]
    Truncated,
    /// As for an update.
    #[error(transparent)]
    Advance(#[from] AdvanceError),
}

/// A copy of the log, with everything it says.
#[derive(Clone)]
pub struct Replica {
    ledger: Ledger,
    frontier: Frontier,
    checkpoint: Option<Note>,
}

impl Replica {
    /// The empty copy of the log of this origin.
    pub fn new(origin: &str) -> Self {
        Self {
            ledger: Ledger::new(origin),
            frontier: Frontier::default(),
            checkpoint: None,
        }
    }

    /// What the log says.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Size and root of the copy.
    pub fn head(&self) -> TreeHead {
        self.frontier.head()
    }

    /// The newest checkpoint that was believed.
    pub fn checkpoint(&self) -> Option<&Note> {
        self.checkpoint.as_ref()
    }

    /// Goes forward to the checkpoint of an update.
    ///
    /// The checkpoint must satisfy `policy` with cosignatures as fresh as `freshness` asks at
    /// `now_s` (Unix seconds). An update whose entries are known already is welcome: it may bring
    /// fresher cosignatures. Before the answer is acted upon, what [`stored`] gives must be
    /// durable.
    pub fn advance(
        &mut self,
        update: &LogUpdate,
        policy: &Policy,
        freshness: Freshness,
        now_s: u64,
    ) -> Result<Evaluation, AdvanceError> {
        let note = Note::parse(update.checkpoint.as_bytes())?;
        let evaluation = evaluate(&note, policy, freshness, now_s)?;
        let checkpoint = &evaluation.checkpoint;
        if checkpoint.origin() != self.ledger.origin() {
            return Err(AdvanceError::OtherLog(checkpoint.origin().into()));
        }
        let (own, head) = (self.head(), checkpoint.head());
        if head.size < own.size {
            return Err(AdvanceError::Older {
                known: own.size,
                offered: head.size,
            });
        }
        if head.size == own.size && head != own {
            return Err(AdvanceError::OtherHistory(own.size));
        }
        if update.from > own.size {
            return Err(AdvanceError::Gap {
                known: own.size,
                offered: update.from,
            });
        }
        let end = update.from.saturating_add(update.entries.len() as u64);
        if end != head.size {
            return Err(AdvanceError::Incomplete {
                offered: end,
                named: head.size,
            });
        }
        let mut trial = self.clone();
        trial.take(self.unknown(update), head)?;
        trial.checkpoint = Some(note);
        *self = trial;
        Ok(evaluation)
    }

    /// The entries of an update that this copy does not hold yet.
    pub fn unknown<'a>(
        &self,
        update: &'a LogUpdate,
    ) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let known = self.frontier.size.saturating_sub(update.from);
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        update
            .entries
            .iter()
            .skip(known)
            .map(|entry| entry.0.as_slice())
    }

    /// Adds entries, if they lead to `head` and break no rule.
    fn take<'a>(
        &mut self,
        entries: impl Iterator<Item = &'a [u8]> + Clone,
        head: TreeHead,
    ) -> Result<(), AdvanceError> {
        for entry in entries.clone() {
            self.frontier.push(entry);
        }
        if self.frontier.head() != head {
            return Err(AdvanceError::WrongRoot);
        }
        Ok(self.ledger.apply_all(entries)?)
    }

    /// Reads a copy from its two files, and says how many bytes of the entries belong to it: what
    /// lies behind must be cut off before more is appended.
    ///
    /// Everything is checked again but for the age of the cosignatures.
    pub fn restore(
        origin: &str,
        entries: &[u8],
        checkpoint: &[u8],
        policy: &Policy,
    ) -> Result<(Self, usize), RestoreError> {
        let note = Note::parse(checkpoint).map_err(AdvanceError::Note)?;
        let any_age = Freshness {
            max_age_s: u64::MAX,
            max_ahead_s: u64::MAX,
        };
        let evaluation = evaluate(&note, policy, any_age, 0)?;
        let own = evaluation.checkpoint.origin();
        if own != origin {
            return Err(AdvanceError::OtherLog(own.into()).into());
        }
        let head = evaluation.checkpoint.head();
        let mut rest = entries;
        let mut parsed = Vec::new();
        for _ in 0..head.size {
            let split = rest.split_first_chunk().and_then(|(len, tail)| {
                tail.split_at_checked(usize::from(u16::from_be_bytes(*len)))
            });
            let (entry, tail) = split.ok_or(RestoreError::Truncated)?;
            parsed.push(entry);
            rest = tail;
        }
        let mut replica = Self::new(origin);
        replica.take(parsed.into_iter(), head)?;
        replica.checkpoint = Some(note);
        Ok((replica, entries.len() - rest.len()))
    }
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (origin, head) = (self.ledger.origin(), self.head());
        write!(f, "Replica({origin}, {head:?})")
    }
}

/// Entries as they are appended to the file of a replica: each behind its length, in two bytes.
pub fn stored<'a>(entries: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, EntryTooLong> {
    let mut bytes = Vec::new();
    for entry in entries {
        write_entry(&mut bytes, entry)?;
    }
    Ok(bytes)
}

/// Evaluates a checkpoint, and tells cosignatures that are missing from those that are too old.
fn evaluate(
    note: &Note,
    policy: &Policy,
    freshness: Freshness,
    now_s: u64,
) -> Result<Evaluation, AdvanceError> {
    let error = match policy.evaluate(note, freshness, now_s) {
        Ok(evaluation) => return Ok(evaluation),
        Err(error) => error,
    };
    if !matches!(error, PolicyError::Quorum { .. }) {
        return Err(AdvanceError::Policy(error));
    }
    let any_age = Freshness {
        max_age_s: u64::MAX,
        ..freshness
    };
    Err(match policy.evaluate(note, any_age, now_s) {
        Ok(_) => AdvanceError::StaleCosignatures,
        Err(_) => AdvanceError::TooFewCosignatures,
    })
}

#[cfg(test)]
mod tests;
