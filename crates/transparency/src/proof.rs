//! Proofs that an entry is in a log, as files that are checked offline
//! ([c2sp.org/tlog-proof](https://c2sp.org/tlog-proof), version 1, `.tlog-proof`).
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <Base 64>              (optional)
//! index <number of the entry>
//! <Base 64 of a hash>          (as many as the path has)
//!
//! <the signed checkpoint>
//! ```

use std::fmt;
use std::str::FromStr;

use crate::checkpoint::Checkpoint;
use crate::encoding::{from_base64, from_decimal, to_base64};
use crate::note::{MAX_NOTE_BYTES, Note};
use crate::policy::{Evaluation, Freshness, Policy, PolicyError};
use crate::tree::{Hash, HashReader, ProofError, leaf_hash, prove_inclusion, verify_inclusion};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// The most extra data that a proof carries, in bytes.
pub const MAX_EXTRA_BYTES: usize = 64 * 1024;

/// The longest proof that is read, in bytes.
pub const MAX_PROOF_BYTES: usize = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES;

/// The path of an entry can be no longer, since sizes have 64 bits.
const MAX_PATH: usize = 64;

/// The text is not a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tlog-proof")]
pub struct MalformedProof;

/// Why a proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The entry is not where the proof says.
    #[error(transparent)]
    Inclusion(#[from] ProofError),
    /// The checkpoint is not signed as the policy asks.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// Why a proof could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError<E> {
    /// The log could not be read.
    #[error("the log could not be read")]
    Read(#[source] E),
    /// The note is not a checkpoint, or the extra data is too long.
    #[error(transparent)]
    Malformed(#[from] MalformedProof),
    /// The log does not hold the entry at this place of the checkpoint's tree.
    #[error(transparent)]
    Inclusion(#[from] ProofError),
}

/// An entry's number, its path to the root, and the checkpoint with that root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    extra: Option<Vec<u8>>,
    index: u64,
    path: Vec<Hash>,
    note: Note,
    checkpoint: Checkpoint,
}

impl TlogProof {
    /// Proves that `entry` has number `index` in the tree that `note`, a signed checkpoint, names.
    /// The proof was checked before it is returned; the signatures were not.
    pub fn make<R: HashReader>(
        reader: &mut R,
        entry: &[u8],
        index: u64,
        note: Note,
    ) -> Result<Self, MakeError<R::Error>> {
        let checkpoint: Checkpoint = note.text().parse().map_err(|_| MalformedProof)?;
        let size = checkpoint.head().size;
        if index >= size {
            return Err(ProofError::OutOfRange.into());
        }
        let path = prove_inclusion(reader, index, size).map_err(MakeError::Read)?;
        verify_inclusion(leaf_hash(entry), index, checkpoint.head(), &path)?;
        Ok(Self {
            extra: None,
            index,
            path,
            note,
            checkpoint,
        })
    }

    /// Adds data for the reader, at most [`MAX_EXTRA_BYTES`]. Nothing vouches for it.
    pub fn with_extra(self, extra: Vec<u8>) -> Result<Self, MalformedProof> {
        if extra.len() > MAX_EXTRA_BYTES {
            return Err(MalformedProof);
        }
        Ok(Self {
            extra: Some(extra),
            ..self
        })
    }

    /// Checks that `entry` is in a log which `policy` accepts, with cosignatures as fresh as
    /// `freshness` asks at `now_s` (Unix seconds). The answer says how well it is witnessed.
    pub fn verify(
        &self,
        entry: &[u8],
        policy: &Policy,
        freshness: Freshness,
        now_s: u64,
    ) -> Result<Evaluation, VerifyError> {
        let evaluation = policy.evaluate(&self.note, freshness, now_s)?;
        let head = evaluation.checkpoint.head();
        verify_inclusion(leaf_hash(entry), self.index, head, &self.path)?;
        Ok(evaluation)
    }

    /// The number of the entry, counted from zero.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The extra data, which nothing vouches for.
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// The signed checkpoint.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// The checkpoint, not verified.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_PROOF_BYTES {
            return None;
        }
        let (header, note) = text.split_once("\n\n")?;
        let mut lines = header.split('\n').peekable();
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let extra = match lines.next_if(|line| line.starts_with("extra ")) {
            Some(line) => Some(from_base64(&line["extra ".len()..])?),
            None => None,
        };
        if extra
            .as_ref()
            .is_some_and(|extra| extra.len() > MAX_EXTRA_BYTES)
        {
            return None;
        }
        let index = from_decimal(lines.next()?.strip_prefix("index ")?)?;
        let mut path = Vec::new();
        for line in lines {
            if path.len() == MAX_PATH {
                return None;
            }
            path.push(line.parse().ok()?);
        }
        let note = Note::parse(note.as_bytes()).ok()?;
        let checkpoint = note.text().parse().ok()?;
        Some(Self {
            extra,
            index,
            path,
            note,
            checkpoint,
        })
    }
}

impl FromStr for TlogProof {
    type Err = MalformedProof;

    fn from_str(text: &str) -> Result<Self, MalformedProof> {
        Self::parse(text).ok_or(MalformedProof)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", to_base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.note)
    }
}
