//! What stands openly on a sealed record. It is bound into the seal, so that nobody can turn one
//! person's record into another's, or one day's into another's.

use crate::keys::{GateMode, PkId};
use crate::secrets::UserCommitment;
use crate::wire::{ParseError, Reader};
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A phone number; kept as long as the account holds it.
    Phone = 1,
    /// An IP address with ports and times; kept for days.
    Ip = 2,
}

/// The open part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// What the record holds.
    pub kind: Kind,
    /// Whether the custodians were outside the operator's control when it was sealed.
    pub gate_mode: GateMode,
    /// The day in UTC, counted from 1970-01-01; 0 for phone records, which have none.
    pub epoch: u32,
    /// The keys it is sealed to.
    pub pkid: PkId,
    /// The person it belongs to.
    pub user: UserCommitment,
}

impl Label {
    /// Size of the encoding, in bytes.
    pub const BYTES: usize = 3 + 4 + 32 + 32;

    /// The encoding: `version 1 | kind 1 | gate mode 1 | epoch 4 | pkid 32 | user 32`.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..3].copy_from_slice(&[VERSION, self.kind as u8, self.gate_mode as u8]);
        bytes[3..7].copy_from_slice(&self.epoch.to_be_bytes());
        bytes[7..39].copy_from_slice(&self.pkid.0);
        bytes[39..].copy_from_slice(&self.user.0);
        bytes
    }

    /// Reads a label.
    pub fn parse(bytes: &[u8; Self::BYTES]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let kind = match reader.u8()? {
            1 => Kind::Phone,
            2 => Kind::Ip,
            _ => return Err(ParseError::Value("kind")),
        };
        let label = Self {
            kind,
            gate_mode: GateMode::parse(reader.u8()?)?,
            epoch: reader.u32()?,
            pkid: PkId(reader.array()?),
            user: UserCommitment(reader.array()?),
        };
        if label.kind == Kind::Phone && label.epoch != 0 {
            return Err(ParseError::Value("epoch"));
        }
        reader.finish()?;
        Ok(label)
    }

    /// Stands for the label in proofs.
    pub fn hash(&self) -> [u8; 32] {
        let hash = Sha256::new_with_prefix(b"hg/label/v1").chain_update(self.to_bytes());
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn label() -> Label {
        Label {
            kind: Kind::Ip,
            gate_mode: GateMode::Remote,
            epoch: 0x01020304,
            pkid: PkId([5; 32]),
            user: UserCommitment([6; 32]),
        }
    }

    #[test]
    fn fields_stand_where_the_format_says() {
        let bytes = label().to_bytes();
        assert_eq!(bytes[..7], [1, 2, 2, 1, 2, 3, 4]);
        assert_eq!((bytes[7], bytes[38], bytes[39], bytes[70]), (5, 5, 6, 6));
    }

    #[test]
    fn unknown_values_are_refused() {
        let check = |at: usize, value: u8, expected| {
            let mut bytes = label().to_bytes();
            bytes[at] = value;
            assert_eq!(Label::parse(&bytes), Err(expected));
        };
        check(0, 2, ParseError::Version(2));
        check(1, 0, ParseError::Value("kind"));
        check(1, 3, ParseError::Value("kind"));
        check(2, 0, ParseError::Value("gate mode"));
        check(2, 3, ParseError::Value("gate mode"));
        // A phone record with a day.
        check(1, 1, ParseError::Value("epoch"));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_alike(mut bytes: [u8; 32], tail: [u8; 39], head in 0_u8..8) {
            bytes[..3].copy_from_slice(&[1, 1 + (head & 1), 1 + (head >> 1 & 1)]);
            if head & 4 == 0 {
                bytes[3..7].fill(0);
            }
            let bytes: [u8; Label::BYTES] = [&bytes[..], &tail].concat().try_into().unwrap();
            match Label::parse(&bytes) {
                Ok(label) => prop_assert_eq!(label.to_bytes(), bytes),
                Err(error) => prop_assert_eq!(error, ParseError::Value("epoch")),
            }
        }
    }
}
