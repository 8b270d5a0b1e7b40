//! Texts that the database holds as ciphertext only, each tied to its place.

use crate::{CaseId, IntakeId, NoticeId};
use heliograph_vault::seal::{NONCE_BYTES, OpenError, Opened, SealKey};
use std::fmt;

/// Where a sealed text belongs. It is authenticated with the text: a row copied to another case,
/// or to another document of the same case, does not open there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// What an order says.
    Order(CaseId),
    /// A document handed in with an order, by its position.
    Document(CaseId, u16),
    /// An officer's answer to a question about an order, by the question's word.
    Finding(CaseId, String),
    /// Who the order is about, once found.
    Target(CaseId),
    /// An officer's response to the bundle whose case this is, by officer and records root.
    Response(CaseId, u16, [u8; 32]),
    /// A note of a step: what was written to the authority, why something was delayed.
    Note(CaseId, String),
    /// A version of an entry in the registry of authorities: contact, call-back number, keys.
    Authority(u64, u32),
    /// What an unknown sender handed in.
    Intake(IntakeId),
    /// A document that came with it, by its position.
    IntakeDocument(IntakeId, u16),
    /// Person and text of a notice.
    Notice(NoticeId),
}

impl Place {
    /// The columns that name the place: kind, owner, and the item within the owner.
    pub(crate) fn columns(&self) -> (&'static str, Vec<u8>, Vec<u8>) {
        match self {
            Place::Order(case) => ("order", case.0.to_vec(), Vec::new()),
            Place::Document(case, n) => ("document", case.0.to_vec(), n.to_be_bytes().to_vec()),
            Place::Finding(case, question) => {
                ("finding", case.0.to_vec(), question.as_bytes().to_vec())
            }
            Place::Target(case) => ("target", case.0.to_vec(), Vec::new()),
            Place::Response(case, officer, root) => (
                "response",
                case.0.to_vec(),
                [officer.to_be_bytes().as_slice(), root].concat(),
            ),
            Place::Note(case, name) => ("note", case.0.to_vec(), name.as_bytes().to_vec()),
            Place::Authority(id, version) => (
                "authority",
                id.to_be_bytes().to_vec(),
                version.to_be_bytes().to_vec(),
            ),
            Place::Intake(id) => ("intake", id.0.to_vec(), Vec::new()),
            Place::IntakeDocument(id, n) => {
                ("intake-document", id.0.to_vec(), n.to_be_bytes().to_vec())
            }
            Place::Notice(id) => ("notice", id.0.to_vec(), Vec::new()),
        }
    }

    /// The associated data: each part with its length, so that no two places read alike.
    fn aad(&self) -> Vec<u8> {
        let (kind, owner, item) = self.columns();
        let mut aad = b"hg/desk/v1".to_vec();
        for part in [kind.as_bytes(), &owner, &item] {
            aad.extend_from_slice(&(part.len() as u32).to_be_bytes());
            aad.extend_from_slice(part);
        }
        aad
    }
}

/// A text sealed for its [`Place`]; the only form in which the desk's database takes one.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    place: Place,
    bytes: Vec<u8>,
}

impl Sealed {
    /// Seals `plaintext` for `place`. The nonce must be fresh random bytes for every call.
    pub fn seal(key: &SealKey, nonce: [u8; NONCE_BYTES], place: Place, plaintext: &[u8]) -> Self {
        let bytes = key.seal(nonce, &place.aad(), plaintext);
        Self { place, bytes }
    }

    /// Opens the text with the key it was sealed under.
    pub fn open(&self, key: &SealKey) -> Result<Opened, OpenError> {
        key.open(&self.place.aad(), &self.bytes)
    }

    /// Where it belongs.
    pub fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn stored(place: Place, bytes: Vec<u8>) -> Self {
        Self { place, bytes }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({:?}, {} bytes)", self.place, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_does_not_open_in_another_place() {
        let key = SealKey::new([1; 32]);
        let case = CaseId([2; 16]);
        let sealed = Sealed::seal(&key, [3; 24], Place::Document(case, 1), b"text");
        assert_eq!(&*sealed.open(&key).expect("its own place"), b"text");
        for place in [
            Place::Document(case, 2),
            Place::Document(CaseId([4; 16]), 1),
            Place::Order(case),
        ] {
            let moved = Sealed::stored(place, sealed.bytes.clone());
            assert_eq!(moved.open(&key).err(), Some(OpenError::Forged));
        }
    }
}
