//! Partial decryptions: what one holder contributes to opening one record in one case.
//!
//! A holder with share `x` answers `x·U`, and proves that it is that. The proof names the case,
//! so that an answer given in one case is no evidence of an answer in another. The share, and
//! with it the key, never leaves the holder.

use crate::equality::Statement;
use crate::group::{ENCODED_BYTES, PROOF_BYTES, Point, Proof};
use crate::keys::{LabelMismatch, OpeningKeys};
use crate::keyset::{CheckedKeySet, Role};
use crate::record::VerifiedRecord;
use crate::share::SecretShare;
use crate::wire::{ParseError, Reader};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const VERSION: u8 = 1;

/// On the strength of which log entry a holder answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartialContext {
    /// An officer: the request as it was examined. The opening is not logged yet at that time.
    Request([u8; 32]),
    /// A custodian: the logged and witnessed opening.
    Open([u8; 32]),
    /// A custodian, ahead of an opening: the logged order to preserve the record.
    Preserved([u8; 32]),
}

impl PartialContext {
    const BYTES: usize = 33;

    fn to_bytes(self) -> [u8; Self::BYTES] {
        let (kind, hash) = match self {
            Self::Request(hash) => (1, hash),
            Self::Open(hash) => (2, hash),
            Self::Preserved(hash) => (3, hash),
        };
        let mut bytes = [kind; Self::BYTES];
        bytes[1..].copy_from_slice(&hash);
        bytes
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let context = match reader.u8()? {
            1 => Self::Request,
            2 => Self::Open,
            3 => Self::Preserved,
            _ => return Err(ParseError::Value("context")),
        };
        Ok(context(reader.array()?))
    }
}

/// The log entries of one case, by the hashes that its partial decryptions must name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseContext {
    /// What officers answer to.
    pub request: [u8; 32],
    /// What custodians answer to.
    pub open: [u8; 32],
    /// The order to preserve that this case makes use of, if there was one.
    pub preserved: Option<[u8; 32]>,
}

impl CaseContext {
    fn allows(&self, role: Role, context: PartialContext) -> bool {
        match (role, context) {
            (Role::Officers, PartialContext::Request(hash)) => hash == self.request,
            (Role::Officers, _) | (_, PartialContext::Request(_)) => false,
            (_, PartialContext::Open(hash)) => hash == self.open,
            (_, PartialContext::Preserved(hash)) => Some(hash) == self.preserved,
        }
    }
}

/// One holder's contribution to opening one record. Erased when dropped; it cannot be printed or
/// copied, for enough of them open the record.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Partial {
    #[zeroize(skip)]
    origin: Origin,
    point: Point,
    #[zeroize(skip)]
    proof: Proof,
}

/// Whose answer it is, from which share, to what.
#[derive(Clone, Copy)]
struct Origin {
    role: Role,
    index: u16,
    generation: u32,
    context: PartialContext,
}

impl Origin {
    const BYTES: usize = 1 + 2 + 4 + PartialContext::BYTES;

    fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [self.role as u8; Self::BYTES];
        bytes[1..3].copy_from_slice(&self.index.to_be_bytes());
        bytes[3..7].copy_from_slice(&self.generation.to_be_bytes());
        bytes[7..].copy_from_slice(&self.context.to_bytes());
        bytes
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let role = Role::parse(reader.u8()?)?;
        let index = reader.u16()?;
        if index == 0 {
            return Err(ParseError::Value("index"));
        }
        Ok(Self {
            role,
            index,
            generation: reader.u32()?,
            context: PartialContext::read(reader)?,
        })
    }
}

/// Why a partial decryption was not made, or does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartialError {
    /// The record is not for these keys.
    #[error(transparent)]
    Label(#[from] LabelMismatch),
    /// The key of that role is not one of the pair.
    #[error("the {0} have no part in this record")]
    Role(Role),
    /// The share is not the one on record for its holder; replaced by a refresh, perhaps.
    #[error("the share of holder {0} is not the current one")]
    Share(u16),
    /// No current holder has this index.
    #[error("holder {0} is not among the current ones")]
    Holder(u16),
    /// Made with shares that have been replaced, or are not yet in force.
    #[error("holder {index} answers with a share of generation {found}, not {current}")]
    Generation {
        /// The holder.
        index: u16,
        /// The generation that the partial decryption names.
        found: u32,
        /// The generation of the current key set.
        current: u32,
    },
    /// Made for another case, or on the strength of another log entry.
    #[error("the answer of holder {0} belongs to another case")]
    Context(u16),
    /// The proof does not hold for this record, case, and holder.
    #[error("the proof of holder {0} does not hold")]
    Proof(u16),
}

/// An officer's contribution to the case whose examined request has this hash.
pub fn officer_partial(
    share: &SecretShare,
    record: &VerifiedRecord,
    keys: &OpeningKeys,
    request: [u8; 32],
    entropy: &[u8; 32],
) -> Result<Partial, PartialError> {
    keys.fit(record.label())?;
    let context = PartialContext::Request(request);
    make(share, record, keys.officers(), context, entropy)
}

/// A custodian's contribution to the case whose logged opening has this hash.
pub fn custodian_partial(
    share: &SecretShare,
    record: &VerifiedRecord,
    keys: &OpeningKeys,
    open: [u8; 32],
    entropy: &[u8; 32],
) -> Result<Partial, PartialError> {
    keys.fit(record.label())?;
    let context = PartialContext::Open(open);
    make(share, record, keys.gate(), context, entropy)
}

/// Makes a partial decryption of a record that is known to fit the key set.
pub(crate) fn make(
    share: &SecretShare,
    record: &VerifiedRecord,
    keys: &CheckedKeySet,
    context: PartialContext,
    entropy: &[u8; 32],
) -> Result<Partial, PartialError> {
    let index = share.index();
    let holder = keys.holder(index).ok_or(PartialError::Holder(index))?;
    if holder.share_point != *share.point() {
        return Err(PartialError::Share(index));
    }
    let origin = Origin {
        role: keys.ceremony.role,
        index,
        generation: keys.ceremony.generation,
        context,
    };
    let point = record.point().times(share.scalar());
    let bound = [&origin.to_bytes()[..], &record.label().hash()];
    let proof = statement(origin.role, &bound, share.point(), record, &point)
        .prove(share.scalar(), entropy);
    Ok(Partial {
        origin,
        point,
        proof,
    })
}

/// `Y = x·G` and `x·U` have the same logarithm, said by one holder about one record in one case.
fn statement<'a>(
    role: Role,
    bound: &'a [&'a [u8]],
    share_point: &'a Point,
    record: &'a VerifiedRecord,
    point: &'a Point,
) -> Statement<'a> {
    let domain = match role {
        Role::Officers => "hg/dleq/officer",
        Role::IpCustodians | Role::PhoneCustodians => "hg/dleq/gate",
    };
    Statement {
        domain,
        bound,
        left: share_point,
        base: record.point(),
        right: point,
    }
}

impl Partial {
    /// Size of the encoding, in bytes.
    pub const BYTES: usize = 1 + Origin::BYTES + ENCODED_BYTES + PROOF_BYTES;

    /// The holder's index.
    pub fn index(&self) -> u16 {
        self.origin.index
    }

    /// The holder's role.
    pub fn role(&self) -> Role {
        self.origin.role
    }

    /// The log entry on the strength of which it was made.
    pub fn context(&self) -> PartialContext {
        self.origin.context
    }

    /// The encoding:
    /// `version 1 | role 1 | index 2 | generation 4 | context 1 + 32 | point 32 | proof 64`.
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::BYTES]> {
        let mut bytes = Zeroizing::new([VERSION; Self::BYTES]);
        bytes[1..41].copy_from_slice(&self.origin.to_bytes());
        bytes[41..73].copy_from_slice(self.point.as_bytes());
        bytes[73..].copy_from_slice(&self.proof.to_bytes());
        bytes
    }

    /// Reads a partial decryption, which may still be anyone's invention.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let partial = Self {
            origin: Origin::read(&mut reader)?,
            point: Point::parse(&reader.array()?).map_err(|_| ParseError::Value("point"))?,
            proof: Proof::parse(&reader.array()?).map_err(|_| ParseError::Value("proof"))?,
        };
        reader.finish()?;
        Ok(partial)
    }

    /// Checks that a current holder made this for this record in this case.
    pub fn verify(
        &self,
        record: &VerifiedRecord,
        keys: &OpeningKeys,
        case: &CaseContext,
    ) -> Result<(), PartialError> {
        keys.fit(record.label())?;
        let Origin {
            role,
            index,
            generation,
            context,
        } = self.origin;
        let keys = keys.of(role).ok_or(PartialError::Role(role))?;
        let holder = keys.holder(index).ok_or(PartialError::Holder(index))?;
        let current = keys.ceremony.generation;
        if generation != current {
            return Err(PartialError::Generation {
                index,
                found: generation,
                current,
            });
        }
        if !case.allows(role, context) {
            return Err(PartialError::Context(index));
        }
        let bound = [&self.origin.to_bytes()[..], &record.label().hash()];
        if statement(role, &bound, &holder.share_point, record, &self.point).holds(&self.proof) {
            Ok(())
        } else {
            Err(PartialError::Proof(index))
        }
    }

    pub(crate) fn point(&self) -> &Point {
        &self.point
    }
}

#[cfg(test)]
mod tests;
