//! Trust policies: which logs and witnesses count, and how many of the latter
//! ([c2sp.org/tlog-policy](https://c2sp.org/tlog-policy)).
//!
//! A policy is satisfied or not; beyond that [`Standing`] says whether the quorum is one that two
//! different histories could not both have. A policy of no witnesses, or of a minority, is legal
//! but proves nothing to those whom the log could show another history.

mod parse;

use crate::checkpoint::Checkpoint;
use crate::note::{Note, NoteError, VerifierKey};

pub use parse::{MAX_POLICY_BYTES, MalformedPolicy};

/// A log that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Its key, whose name is the log's origin.
    pub key: VerifierKey,
    /// Where it is, as the policy puts it.
    pub url: Option<Vec<u8>>,
}

/// A witness whose cosignatures count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its name within the policy; bytes, not necessarily text.
    pub name: Vec<u8>,
    /// Its key.
    pub key: VerifierKey,
    /// Where it is, as the policy puts it.
    pub url: Option<Vec<u8>>,
}

/// Something that can have witnessed a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Party {
    /// Position in [`Policy::witnesses`].
    Witness(usize),
    /// So many of the parties at these positions, all of them before the group's own.
    Group {
        threshold: usize,
        members: Vec<usize>,
    },
}

/// Who must have witnessed a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quorum {
    Nobody,
    /// Position in [`Policy::parties`].
    Party(usize),
}

/// Which parties have witnessed a checkpoint that these witnesses have cosigned.
fn met(parties: &[Party], cosigned: &[bool]) -> Vec<bool> {
    let mut met: Vec<bool> = Vec::with_capacity(parties.len());
    for party in parties {
        met.push(match party {
            Party::Witness(witness) => cosigned[*witness],
            Party::Group { threshold, members } => {
                members.iter().filter(|member| met[**member]).count() >= *threshold
            }
        });
    }
    met
}

/// Of which parties any two sets of witnesses that satisfy them have a witness in common.
///
/// Two choices of k of n members share at least 2k - n of them. If each of these could be a
/// member that itself can be satisfied by two sets without a common witness, so can the group;
/// else one shared member has a witness in both. (No witness is in two members: a policy may
/// list each name once.) For a group of witnesses this says k > n/2.
fn overlapping(parties: &[Party]) -> Vec<bool> {
    let mut overlapping: Vec<bool> = Vec::with_capacity(parties.len());
    for party in parties {
        overlapping.push(match party {
            Party::Witness(_) => true,
            Party::Group { threshold, members } => {
                let shared = (2 * threshold).saturating_sub(members.len());
                let divisible = members.iter().filter(|member| !overlapping[**member]);
                shared > divisible.count()
            }
        });
    }
    overlapping
}

/// A parsed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    parties: Vec<Party>,
    quorum: Quorum,
    /// All keys, logs first, in the order of the two lists.
    keys: Vec<VerifierKey>,
}

/// How old a cosignature may be to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The greatest age, in seconds. `u64::MAX` for records of the past, whose checkpoints were
    /// cosigned when they were made.
    pub max_age_s: u64,
    /// How far the witness's clock may be ahead, in seconds.
    pub max_ahead_s: u64,
}

impl Freshness {
    /// How far any clock may be ahead: five minutes.
    pub const MAX_AHEAD_S: u64 = 300;

    /// A greatest age, with [`Self::MAX_AHEAD_S`].
    pub const fn within(max_age_s: u64) -> Self {
        Self {
            max_age_s,
            max_ahead_s: Self::MAX_AHEAD_S,
        }
    }
}

/// What a witness has said about a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cosigned {
    /// Nothing.
    Absent,
    /// Cosigned at this time (Unix seconds), and it counts.
    Fresh(u64),
    /// Too long ago.
    Stale(u64),
    /// At a time that has not come yet.
    Future(u64),
    /// Without a time: the tree is consistent, but may not have been the newest.
    Timeless,
}

/// How much the satisfied quorum is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No witness was needed, or so few that others could have met the quorum for another history.
    Unwitnessed,
    /// Any other history would need the cosignature of a witness that also cosigned this one.
    Witnessed,
}

/// A checkpoint that satisfies the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// What the log has signed.
    pub checkpoint: Checkpoint,
    /// How much the quorum is worth.
    pub standing: Standing,
    /// Each witness of the policy, in its order.
    pub witnesses: Vec<Cosigned>,
}

/// Why a checkpoint does not satisfy the policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The note is not a checkpoint.
    #[error("the note is not a checkpoint")]
    NoCheckpoint,
    /// No key of a log with this origin has signed.
    #[error("no log of the policy has signed the checkpoint")]
    UnknownLog,
    /// A signature by a known key is wrong.
    #[error(transparent)]
    Note(NoteError),
    /// Too few witnesses have cosigned recently enough.
    #[error("too few fresh cosignatures")]
    Quorum {
        /// Each witness of the policy, in its order.
        witnesses: Vec<Cosigned>,
    },
}

impl Policy {
    /// The accepted logs.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The witnesses that may count.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// What satisfying the quorum is worth.
    pub fn standing(&self) -> Standing {
        match self.quorum {
            Quorum::Party(party) if overlapping(&self.parties)[party] => Standing::Witnessed,
            _ => Standing::Unwitnessed,
        }
    }

    /// Checks a signed checkpoint at the time `now_s`, in Unix seconds.
    ///
    /// It must be signed by a log whose key bears the checkpoint's origin as its name, and
    /// cosigned by the quorum, each cosignature fresh. Signatures of others are ignored.
    pub fn evaluate(
        &self,
        note: &Note,
        freshness: Freshness,
        now_s: u64,
    ) -> Result<Evaluation, PolicyError> {
        let checkpoint: Checkpoint = note.text().parse().map_err(|_| PolicyError::NoCheckpoint)?;
        let verified = match note.verify(&self.keys) {
            Ok(verified) => verified,
            Err(NoteError::Unsigned) => return Err(PolicyError::UnknownLog),
            Err(error) => return Err(PolicyError::Note(error)),
        };
        let signed = self.logs.iter().any(|log| {
            log.key.name().as_str() == checkpoint.origin()
                && verified.iter().any(|signature| *signature.key == log.key)
        });
        if !signed {
            return Err(PolicyError::UnknownLog);
        }
        let witnesses: Vec<Cosigned> = self
            .witnesses
            .iter()
            .map(|witness| {
                let own = verified.iter().filter(|line| *line.key == witness.key);
                // A witness may have cosigned the same checkpoint again later.
                let newest = own.filter_map(|line| line.time_s).max();
                newest.map_or(Cosigned::Absent, |time_s| freshness.judge(time_s, now_s))
            })
            .collect();
        let counted: Vec<bool> = witnesses
            .iter()
            .map(|cosigned| matches!(cosigned, Cosigned::Fresh(_)))
            .collect();
        let met = match self.quorum {
            Quorum::Party(party) => met(&self.parties, &counted)[party],
            Quorum::Nobody => true,
        };
        if !met {
            return Err(PolicyError::Quorum { witnesses });
        }
        Ok(Evaluation {
            checkpoint,
            standing: self.standing(),
            witnesses,
        })
    }
}

impl Freshness {
    fn judge(self, time_s: u64, now_s: u64) -> Cosigned {
        if time_s == 0 {
            Cosigned::Timeless
        } else if time_s > now_s.saturating_add(self.max_ahead_s) {
            Cosigned::Future(time_s)
        } else if now_s.saturating_sub(time_s) > self.max_age_s {
            Cosigned::Stale(time_s)
        } else {
            Cosigned::Fresh(time_s)
        }
    }
}
