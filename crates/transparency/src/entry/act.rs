//! Signatures under an entry: what is signed, and checking it.

use ed25519_dalek::{Signature, VerifyingKey};

use super::lines::{Lines, Malformed, Value, Writer};
use crate::encoding::to_base64;

/// One signature under an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The holder's index in the set that signs.
    pub index: u16,
    /// An Ed25519 signature over [`message`].
    pub signature: [u8; 64],
}

/// The part of an entry that its signatures cover: everything up to the first `by` line, or all
/// of it where there is none yet.
pub fn signed_part(entry: &[u8]) -> &[u8] {
    let by_line = entry.windows(4).position(|bytes| bytes == b"\nby ");
    by_line.map_or(entry, |at| &entry[..=at])
}

/// The bytes that are signed for an entry of the log with this origin.
pub fn message(origin: &str, entry: &[u8]) -> Vec<u8> {
    [b"hg/act/v1\n", origin.as_bytes(), b"\n", signed_part(entry)].concat()
}

impl Signed {
    /// Whether this is the signature of `key` (an Ed25519 public key) over `message`.
    pub fn holds(&self, key: &[u8; 32], message: &[u8]) -> bool {
        VerifyingKey::from_bytes(key).is_ok_and(|key| {
            let signature = Signature::from_bytes(&self.signature);
            key.verify_strict(message, &signature).is_ok()
        })
    }

    fn read(line: Value<'_>) -> Result<Self, Malformed> {
        let [index, signature] = line.words()?;
        Ok(Self {
            index: index.number(1..=u16::MAX)?,
            signature: signature.bytes()?,
        })
    }
}

/// Reads signatures by ascending index.
pub(super) fn read(lines: &mut Lines<'_>, key: &'static str) -> Result<Vec<Signed>, Malformed> {
    let mut all: Vec<Signed> = Vec::new();
    for line in lines.take_all(key)? {
        let signed = Signed::read(line)?;
        if all.last().is_some_and(|last| last.index >= signed.index) {
            return Err(line.fault("not in ascending order of index"));
        }
        all.push(signed);
    }
    Ok(all)
}

pub(super) fn write(all: &[Signed], key: &str, out: &mut Writer) {
    for signed in all {
        let signature = to_base64(&signed.signature);
        out.line(key, format_args!("{} {signature}", signed.index));
    }
}
