//! Preservation: keeping one record openable beyond the day its keys are erased.
//!
//! On a logged order to preserve, each custodian makes its partial decryption of the record at
//! once, under the order's hash, and keeps that; the keeper keeps the record's secret. When
//! the day's keys are gone, or the account, the neighbours of the record are lost and it is not. A kept partial decryption alone opens nothing: it is handed out in a case whose logged
//! opening names the order, and then needs the officers as ever.
//!
//! How long it is kept is the caller's to see to: what was kept is dropped when due or released.

use crate::keys::OpeningKeys;
use crate::partial::{CaseContext, Partial, PartialContext, PartialError, make};
use crate::record::{RecordHash, VerifiedRecord};
use crate::share::SecretShare;
use crate::wire::{ParseError, Reader};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const VERSION: u8 = 1;

/// What a custodian keeps of one preserved record. Erased when dropped; it cannot be printed or
/// copied.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Preserved {
    #[zeroize(skip)]
    record: RecordHash,
    partial: Partial,
}

/// Why a preserved partial decryption is not handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Kept for another record.
    #[error("another record was preserved")]
    Record,
    /// The case names no order to preserve, or another one.
    #[error("the case does not name the order to preserve")]
    Order,
    /// What was kept does not hold any more.
    #[error(transparent)]
    Partial(#[from] PartialError),
}

/// Makes what a custodian keeps of a record, while it still has its share of the key.
///
/// `order` is the hash of the logged and witnessed order to preserve.
pub fn preserve(
    share: &SecretShare,
    record: &VerifiedRecord,
    keys: &OpeningKeys,
    order: [u8; 32],
    entropy: &[u8; 32],
) -> Result<Preserved, PartialError> {
    keys.fit(record.label())?;
    let context = PartialContext::Preserved(order);
    Ok(Preserved {
        record: record.hash(),
        partial: make(share, record, keys.gate(), context, entropy)?,
    })
}

impl Preserved {
    /// Size of the encoding, in bytes.
    pub const BYTES: usize = 1 + 32 + Partial::BYTES;

    /// The record it was kept for.
    pub fn record(&self) -> RecordHash {
        self.record
    }

    /// The encoding: `version 1 | hash of the record 32 | partial decryption`.
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::BYTES]> {
        let mut bytes = Zeroizing::new([VERSION; Self::BYTES]);
        bytes[1..33].copy_from_slice(&self.record.0);
        bytes[33..].copy_from_slice(&*self.partial.to_bytes());
        bytes
    }

    /// Reads what was kept.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let record = RecordHash(reader.array()?);
        let partial = Partial::parse(reader.rest())?;
        match partial.context() {
            PartialContext::Preserved(_) => Ok(Self { record, partial }),
            PartialContext::Request(_) | PartialContext::Open(_) => {
                Err(ParseError::Value("context"))
            }
        }
    }

    /// Hands out the partial decryption for a case that names the order it was kept under.
    pub fn release(
        &self,
        record: &VerifiedRecord,
        keys: &OpeningKeys,
        case: &CaseContext,
    ) -> Result<&Partial, ReleaseError> {
        if record.hash() != self.record {
            return Err(ReleaseError::Record);
        }
        match (self.partial.context(), case.preserved) {
            (PartialContext::Preserved(kept), Some(named)) if kept == named => {}
            _ => return Err(ReleaseError::Order),
        }
        self.partial.verify(record, keys, case)?;
        Ok(&self.partial)
    }
}

#[cfg(test)]
mod tests;
