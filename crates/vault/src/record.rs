//! A sealed record: a phone number or an address that nobody can read alone.
//!
//! The scheme is TDH2 (Shoup and Gennaro, "Securing threshold cryptosystems against chosen
//! ciphertext attack"), hybrid and with two keys. A record is
//!
//! ```text
//! label 71 | U 32 | Ū 32 | e 32 | f 32 | ciphertext
//! ```
//!
//! with `U = r·G` and `Ū = r·Ḡ` for a secret `r`, the ciphertext under a key derived from
//! `r·PK_officers`, `r·PK_custodians`, and the record's secret, and `(e, f)` a proof that
//! ties all of it together. The proof is what forbids copying the `U` of one person's record
//! into a record labelled as another's and having it opened under an order for that other: the
//! copyist does not know `r`. So holders of shares check it first, and [`VerifiedRecord`] is the
//! only thing they act on.

mod cipher;
mod sealing;

pub(crate) use cipher::RecordCipher;
#[cfg(test)]
pub(crate) use sealing::seal;
pub use sealing::{SealError, seal_ip, seal_phone};

use crate::equality::Statement;
use crate::group::{ENCODED_BYTES, PROOF_BYTES, Point, Proof, SECOND_GENERATOR};
use crate::label::{Kind, Label};
use crate::plaintext::{IpInterval, Phone};
use crate::wire::{ParseError, Reader};
use sha2::{Digest, Sha256};
use std::ops::Deref;

const DOMAIN: &str = "hg/record/v1/proof";

/// Size of the cipher's authentication tag, in bytes.
const TAG_BYTES: usize = 16;

/// A sealed record whose form is right. Whether its proof is, tells [`SealedRecord::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRecord {
    label: Label,
    point: Point,
    second_point: Point,
    proof: Proof,
    ciphertext: Vec<u8>,
}

/// Stands for a whole record in the roots that are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordHash(pub [u8; 32]);

/// The proof of a record does not hold: it was altered, relabelled, or put together from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record was altered or put together from others")]
pub struct RecordForged;

impl SealedRecord {
    /// Size of a record of this kind, in bytes.
    pub const fn bytes(kind: Kind) -> usize {
        let plaintext = match kind {
            Kind::Phone => Phone::BYTES,
            Kind::Ip => IpInterval::BYTES,
        };
        Label::BYTES + 2 * ENCODED_BYTES + PROOF_BYTES + plaintext + TAG_BYTES
    }

    /// Reads a record.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let label = Label::parse(&reader.array()?)?;
        if bytes.len() != Self::bytes(label.kind) {
            return Err(ParseError::Length);
        }
        let mut point = || Point::parse(&reader.array()?).map_err(|_| ParseError::Value("point"));
        let (point, second_point) = (point()?, point()?);
        let proof = Proof::parse(&reader.array()?).map_err(|_| ParseError::Value("proof"))?;
        Ok(Self {
            label,
            point,
            second_point,
            proof,
            ciphertext: reader.rest().to_vec(),
        })
    }

    /// The one encoding of the record.
    pub fn to_bytes(&self) -> Vec<u8> {
        [
            &self.label.to_bytes()[..],
            self.point.as_bytes(),
            self.second_point.as_bytes(),
            &self.proof.to_bytes(),
            &self.ciphertext,
        ]
        .concat()
    }

    /// What stands openly on the record.
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// The point that shares are applied to, `U` in the papers.
    pub fn point(&self) -> &Point {
        &self.point
    }

    /// Stands for the record in the roots that are logged.
    pub fn hash(&self) -> RecordHash {
        let hash = Sha256::new_with_prefix(b"hg/record/v1").chain_update(self.to_bytes());
        RecordHash(hash.finalize().into())
    }

    /// Checks that the record was sealed as it is, with this label, by one who knew its `r`.
    pub fn verify(&self) -> Result<VerifiedRecord, RecordForged> {
        let bound = [&self.label.to_bytes()[..], &self.ciphertext];
        if statement(&bound, &self.point, &self.second_point).holds(&self.proof) {
            Ok(VerifiedRecord(self.clone()))
        } else {
            Err(RecordForged)
        }
    }
}

/// A record whose proof holds. Read as the [`SealedRecord`] it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRecord(SealedRecord);

impl Deref for VerifiedRecord {
    type Target = SealedRecord;

    fn deref(&self) -> &SealedRecord {
        &self.0
    }
}

impl VerifiedRecord {
    pub(crate) fn ciphertext(&self) -> &[u8] {
        &self.0.ciphertext
    }
}

fn statement<'a>(
    bound: &'a [&'a [u8]],
    point: &'a Point,
    second_point: &'a Point,
) -> Statement<'a> {
    Statement {
        domain: DOMAIN,
        bound,
        left: point,
        base: &SECOND_GENERATOR,
        right: second_point,
    }
}

#[cfg(test)]
mod tests;
