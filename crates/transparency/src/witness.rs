//! The witness's side, and the log's, of `POST <prefix>/add-checkpoint`
//! ([c2sp.org/tlog-witness](https://c2sp.org/tlog-witness)).
//!
//! A witness remembers one [`TreeHead`] for each log and cosigns only what continues it:
//! 1. [`AddCheckpoint::parse`] reads the request; its origin says which head to look up.
//! 2. [`check`] decides.
//! 3. The caller replaces the head it looked up by [`Accepted::head`], durably, and only if it is
//!    still the same: two requests may be under way at once, and a head must never go back.
//! 4. [`Accepted::cosign`] makes the answer. A cosignature that left before step 3 was durable
//!    could be followed, after a crash, by one for another history.

use std::fmt::Write as _;

use crate::checkpoint::Checkpoint;
use crate::cosignature::CosignerKey;
use crate::encoding::from_decimal;
use crate::note::{Note, NoteError, SignatureLine, VerifierKey, parse_signatures};
use crate::tree::{Hash, TreeHead, verify_consistency};

/// The longest request that is read, in bytes.
pub const MAX_REQUEST_BYTES: usize = 128 * 1024;

/// The most hashes in a request's proof, set by the specification: a tree is at most 64 high.
pub const MAX_PROOF_LINES: usize = 63;

/// The `Content-Type` of an answer that names the size which the witness remembers.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// The request to cosign a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    old_size: u64,
    proof: Vec<Hash>,
    note: Note,
    checkpoint: Checkpoint,
}

impl AddCheckpoint {
    /// The log's request: `note` is its checkpoint, `proof` the consistency proof from `old_size`,
    /// the size that the witness remembers (zero if that is not known: the witness will say).
    ///
    /// Fails with [`Refusal::Malformed`] if the note is not a checkpoint or the proof too long.
    pub fn new(old_size: u64, proof: Vec<Hash>, note: Note) -> Result<Self, Refusal> {
        let checkpoint = note.text().parse().map_err(|_| Refusal::Malformed)?;
        if proof.len() > MAX_PROOF_LINES {
            return Err(Refusal::Malformed);
        }
        Ok(Self {
            old_size,
            proof,
            note,
            checkpoint,
        })
    }

    /// Reads the body of a request; fails with [`Refusal::Malformed`].
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        Self::parse_body(body).ok_or(Refusal::Malformed)
    }

    fn parse_body(body: &[u8]) -> Option<Self> {
        if body.len() > MAX_REQUEST_BYTES {
            return None;
        }
        let body = std::str::from_utf8(body).ok()?;
        let (header, note) = body.split_once("\n\n")?;
        let mut lines = header.split('\n');
        let old_size = from_decimal(lines.next()?.strip_prefix("old ")?)?;
        let mut proof = Vec::new();
        for line in lines {
            if proof.len() == MAX_PROOF_LINES {
                return None;
            }
            proof.push(line.parse().ok()?);
        }
        let note = Note::parse(note.as_bytes()).ok()?;
        Self::new(old_size, proof, note).ok()
    }

    /// The body of the request.
    pub fn to_body(&self) -> String {
        let mut body = format!("old {}\n", self.old_size);
        for hash in &self.proof {
            writeln!(body, "{hash}").expect("a string grows");
        }
        write!(body, "\n{}", self.note).expect("a string grows");
        body
    }

    /// Which log the checkpoint says it is from.
    pub fn origin(&self) -> &str {
        self.checkpoint.origin()
    }

    /// The checkpoint to cosign, as the log signed it.
    pub fn note(&self) -> &Note {
        &self.note
    }
}

/// Why a witness does not cosign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body is not a request, or the old size is above that of the checkpoint.
    #[error("not a request to cosign a checkpoint")]
    Malformed,
    /// No key of the log has signed, or one wrongly.
    #[error("no trusted key of the log has signed the checkpoint")]
    Unsigned,
    /// The witness does not watch this log.
    #[error("the log is not known here")]
    UnknownLog,
    /// The witness remembers another size than the request builds on (or, after two requests
    /// at once, the other one came first).
    #[error("the newest checkpoint cosigned has {0} entries")]
    OtherSize(u64),
    /// A checkpoint of the remembered size with another root: the log shows two histories.
    #[error("the log has signed another tree of {0} entries")]
    OtherRoot(u64),
    /// The proof does not show that the checkpoint continues the remembered one.
    #[error("the consistency proof does not hold")]
    Inconsistent,
}

/// An answer to the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type` of the body.
    pub content_type: &'static str,
    /// The body, ending in a newline.
    pub body: String,
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::Malformed => 400,
            Refusal::Unsigned => 403,
            Refusal::UnknownLog => 404,
            Refusal::OtherSize(_) | Refusal::OtherRoot(_) => 409,
            Refusal::Inconsistent => 422,
        };
        // Only a log that builds on another size gains by knowing the remembered one.
        let (content_type, body) = match refusal {
            Refusal::OtherSize(size) => (SIZE_CONTENT_TYPE, format!("{size}\n")),
            other => ("text/plain; charset=utf-8", format!("{other}\n")),
        };
        Self {
            status,
            content_type,
            body,
        }
    }
}

/// A checkpoint that may be cosigned as soon as its head has been stored.
#[derive(Clone, Debug)]
pub struct Accepted<'a> {
    request: &'a AddCheckpoint,
}

/// Decides on a request.
///
/// `keys` are those trusted for the request's origin (none: [`Refusal::UnknownLog`]), `latest` is
/// the head last cosigned for it, [`TreeHead::EMPTY`] if there is none.
pub fn check<'a>(
    request: &'a AddCheckpoint,
    keys: &[VerifierKey],
    latest: TreeHead,
) -> Result<Accepted<'a>, Refusal> {
    if keys.is_empty() {
        return Err(Refusal::UnknownLog);
    }
    if request.note.verify(keys).is_err() {
        return Err(Refusal::Unsigned);
    }
    let new = request.checkpoint.head();
    if request.old_size > new.size {
        return Err(Refusal::Malformed);
    }
    if request.old_size != latest.size {
        return Err(Refusal::OtherSize(latest.size));
    }
    if request.old_size == new.size && latest.root != new.root && latest.size > 0 {
        return Err(Refusal::OtherRoot(latest.size));
    }
    verify_consistency(latest, new, &request.proof).map_err(|_| Refusal::Inconsistent)?;
    Ok(Accepted { request })
}

impl Accepted<'_> {
    /// What must be durably remembered for [`Self::origin`] before anything is answered.
    pub fn head(&self) -> TreeHead {
        self.request.checkpoint.head()
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        self.request.origin()
    }

    /// Cosigns as of `now_s` (Unix seconds), after [`Self::head`] was stored.
    pub fn cosign(self, key: &CosignerKey, now_s: u64) -> Answer {
        let line = key
            .cosign(self.request.note.text(), now_s)
            .expect("the request holds a checkpoint");
        Answer {
            status: 200,
            content_type: "text/plain; charset=utf-8",
            body: format!("{line}\n"),
        }
    }
}

/// Reads the body of an answer with status 200: signature lines for [`Note::add`]. They are not
/// verified; [`crate::policy`] does that.
pub fn parse_cosignatures(body: &[u8]) -> Result<Vec<SignatureLine>, NoteError> {
    if body.len() > MAX_REQUEST_BYTES {
        return Err(NoteError::TooLong);
    }
    let body = std::str::from_utf8(body).map_err(|_| NoteError::Malformed)?;
    parse_signatures(body)
}

/// Reads the body of an answer with status 409 and [`SIZE_CONTENT_TYPE`]: the size to build on.
pub fn parse_size(body: &[u8]) -> Option<u64> {
    from_decimal(std::str::from_utf8(body).ok()?.strip_suffix('\n')?)
}
