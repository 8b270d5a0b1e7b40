//! Signed notes: a text and the signatures of named keys below it
//! ([c2sp.org/signed-note](https://c2sp.org/signed-note)).
//!
//! ```text
//! <text, ending in a newline>
//!
//! — <key name> <Base 64 of: 4-byte key id, signature>
//! ```
//!
//! A signature by a key that the reader does not know is ignored, so that keys can be replaced and
//! witnesses added; one by a known key must be valid, or the whole note is refused.

mod key;

use std::fmt;
use std::str::FromStr;

pub(crate) use key::KeyPair;
pub use key::{Algorithm, KeyId, KeyName, MalformedKey, SignerKey, VerifierKey};

use crate::encoding::{from_base64, to_base64};

/// The longest note that is read, in bytes. It holds [`MAX_SIGNATURES`] signatures of the
/// post-quantum kinds that the specification reckons with.
pub const MAX_NOTE_BYTES: usize = 512 * 1024;

/// The most signatures a note may carry. The specification asks for at least 16.
pub const MAX_SIGNATURES: usize = 64;

/// Why a note was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It does not have the form of a note, or its text cannot be that of one.
    #[error("not a signed note")]
    Malformed,
    /// Longer than [`MAX_NOTE_BYTES`] or with more than [`MAX_SIGNATURES`] signatures.
    #[error("the note is too long or has too many signatures")]
    TooLong,
    /// A known key's signature is wrong.
    #[error("the signature of {0} is wrong")]
    WrongSignature(KeyName),
    /// No known key has signed.
    #[error("no known key has signed the note")]
    Unsigned,
}

/// One signature below a note. Its text form is the line without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// Who is said to have signed.
    pub name: KeyName,
    /// With which of their keys.
    pub key_id: KeyId,
    /// What follows the key id; its form depends on the key.
    pub signature: Vec<u8>,
}

impl FromStr for SignatureLine {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<Self, NoteError> {
        let parse = || {
            let (name, base64) = line.strip_prefix("— ")?.split_once(' ')?;
            let bytes = from_base64(base64)?;
            let (key_id, signature) = bytes.split_first_chunk()?;
            Some(Self {
                name: name.parse().ok()?,
                key_id: KeyId(*key_id),
                signature: (!signature.is_empty()).then(|| signature.to_vec())?,
            })
        };
        parse().ok_or(NoteError::Malformed)
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id.0[..], &self.signature].concat();
        write!(f, "— {} {}", self.name, to_base64(&bytes))
    }
}

/// A note whose signatures are yet to be checked with [`Note::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

/// A signature that is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<'k> {
    /// The key that made it.
    pub key: &'k VerifierKey,
    /// When, in Unix seconds, if the key makes cosignatures.
    pub time_s: Option<u64>,
}

impl Note {
    /// Signs `text`, which must end in a newline and hold no other control characters.
    pub fn signed(text: String, key: &SignerKey) -> Result<Self, NoteError> {
        if !text.ends_with('\n') || has_control_characters(&text) {
            return Err(NoteError::Malformed);
        }
        let signatures = vec![key.sign(&text)];
        Ok(Self { text, signatures })
    }

    /// Reads a note. Nothing about it is known to be true until it is verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        if has_control_characters(note) {
            return Err(NoteError::Malformed);
        }
        // The last blank line divides them: a text may contain others.
        let blank = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, signatures) = (&note[..=blank], &note[blank + 2..]);
        let signatures = parse_signatures(signatures)?;
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// The text that is signed, with its final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signatures, checked or not.
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// Adds a signature, unless the note already carries it.
    pub fn add(&mut self, signature: SignatureLine) -> Result<(), NoteError> {
        if self.signatures.contains(&signature) {
            return Ok(());
        }
        if self.signatures.len() == MAX_SIGNATURES {
            return Err(NoteError::TooLong);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Adds a signature in the place of one by the same key, if there is one: a witness may cosign
    /// a checkpoint again later.
    pub fn replace(&mut self, signature: SignatureLine) -> Result<(), NoteError> {
        let same_key =
            |own: &SignatureLine| (&own.name, own.key_id) == (&signature.name, signature.key_id);
        match self.signatures.iter().position(same_key) {
            Some(position) => {
                self.signatures[position] = signature;
                Ok(())
            }
            None => self.add(signature),
        }
    }

    /// Checks every signature by one of `keys` and returns those, of which there is at least one.
    ///
    /// Fails with [`NoteError::WrongSignature`] or [`NoteError::Unsigned`].
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<Verified<'k>>, NoteError> {
        let mut verified = Vec::new();
        for line in &self.signatures {
            let known = keys
                .iter()
                .find(|key| *key.name() == line.name && key.id() == line.key_id);
            let Some(key) = known else { continue };
            let time_s = key.verify(&self.text, &line.signature)?;
            verified.push(Verified { key, time_s });
        }
        if verified.is_empty() {
            return Err(NoteError::Unsigned);
        }
        Ok(verified)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            writeln!(f, "{signature}")?;
        }
        Ok(())
    }
}

/// Reads one or more signature lines, each with its end.
pub(crate) fn parse_signatures(lines: &str) -> Result<Vec<SignatureLine>, NoteError> {
    let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;
    let mut signatures = Vec::new();
    for line in lines.split('\n') {
        if signatures.len() == MAX_SIGNATURES {
            return Err(NoteError::TooLong);
        }
        signatures.push(line.parse()?);
    }
    Ok(signatures)
}

pub(crate) fn has_control_characters(text: &str) -> bool {
    text.bytes().any(|byte| byte < 0x20 && byte != b'\n')
}
