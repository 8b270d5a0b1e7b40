//! A threshold key as its public sees it: the key, its holders, and the proofs that it is sound.
//!
//! Three independent kinds of key guard the records: the officers' (K of N people), the
//! custodians' for addresses (one key a day) and the custodians' for phone numbers. Anyone who
//! uses one first calls [`KeySet::verify`]; everything that seals or opens asks for the
//! [`CheckedKeySet`] which only that function makes.

mod refresh;

pub use refresh::{RefreshError, check_refresh};

use crate::group::Point;
use crate::interpolation::{combine, factors_at, factors_of_highest};
use crate::possession::PossessionProof;
use crate::share::SecretShare;
use crate::wire::{ParseError, Reader};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::fmt;
use std::ops::Deref;

const VERSION: u8 = 1;

/// Who holds the shares of a key, and what it guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// The legal officers; their key guards every record.
    Officers = 1,
    /// Custodians of the address records of one day.
    IpCustodians = 2,
    /// Custodians of the phone records.
    PhoneCustodians = 3,
}

impl Role {
    pub(crate) fn parse(byte: u8) -> Result<Self, ParseError> {
        match byte {
            1 => Ok(Self::Officers),
            2 => Ok(Self::IpCustodians),
            3 => Ok(Self::PhoneCustodians),
            _ => Err(ParseError::Value("role")),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Officers => "officers",
            Self::IpCustodians => "address custodians",
            Self::PhoneCustodians => "phone custodians",
        })
    }
}

/// What a key was made for, and by which run of the ceremony; every proof is tied to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceremony {
    /// Who holds the shares.
    pub role: Role,
    /// Random name of the run that dealt these shares.
    pub session: [u8; 32],
    /// The day in UTC, counted from 1970-01-01, for [`Role::IpCustodians`]; otherwise 0.
    pub epoch: u32,
    /// How often the shares have been refreshed.
    pub generation: u32,
    /// Hash of everything that the holders saw and signed in that run.
    pub transcript: [u8; 32],
}

/// One holder of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The holder's number, never 0 and never given to another.
    pub index: u16,
    /// The public point of the share, `Y_i` in the papers.
    pub share_point: Point,
    /// Shows that the holder knows the share.
    pub possession: PossessionProof,
}

/// A threshold key as it was published, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet {
    /// What the key is for, and the run that dealt its shares.
    pub ceremony: Ceremony,
    /// How many holders must act together, K.
    pub threshold: u8,
    /// The holders, by ascending index.
    pub holders: Vec<Holder>,
    /// The key that records are sealed to.
    pub public_key: Point,
}

/// Why a key set must not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not 1 <= K <= N <= 255.
    #[error("{threshold} of {holders} holders is not a usable threshold")]
    Threshold {
        /// The number K.
        threshold: u8,
        /// The number N.
        holders: usize,
    },
    /// Only keys of address custodians belong to a day.
    #[error("the key of the {0} names a day")]
    Epoch(Role),
    /// An index that is 0, stands twice, or is not in ascending order.
    #[error("holder {0} is numbered 0, stands twice or out of order")]
    Index(u16),
    /// A holder does not prove to know the share.
    #[error("holder {0} does not prove possession of the share")]
    Possession(u16),
    /// A holder's point is not on the polynomial that the first K points determine.
    #[error("the share of holder {0} does not belong to this key")]
    OffPolynomial(u16),
    /// The polynomial has a lower degree: fewer than K holders could open records.
    #[error("fewer holders than {0} could use this key")]
    Degree(u8),
    /// The shares do not make up the public key.
    #[error("the public key is not the one whose shares are held")]
    PublicKey,
}

impl KeySet {
    /// The key of a single local custodian, with the proofs of any other key.
    pub fn single(ceremony: Ceremony, share: &SecretShare, entropy: &[u8; 32]) -> Self {
        Self {
            ceremony,
            threshold: 1,
            holders: vec![Holder {
                index: share.index(),
                share_point: *share.point(),
                possession: share.prove_possession(&ceremony, entropy),
            }],
            public_key: *share.point(),
        }
    }

    /// Reads a key set; [`CheckedKeySet::to_bytes`] writes it.
    ///
    /// ```text
    /// version 1 | role 1 | session 32 | epoch 4 | generation 4 | threshold 1 | transcript 32
    /// | public key 32 | number of holders 1 | holders: index 2 | point 32 | proof 64
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let role = Role::parse(reader.u8()?)?;
        let session = reader.array()?;
        let epoch = reader.u32()?;
        let generation = reader.u32()?;
        let threshold = reader.u8()?;
        let transcript = reader.array()?;
        let public_key = read_point(&mut reader, "public key")?;
        let count = reader.u8()?;
        let holders = (0..count)
            .map(|_| {
                Ok(Holder {
                    index: reader.u16()?,
                    share_point: read_point(&mut reader, "share point")?,
                    possession: PossessionProof::parse(&reader.array()?)
                        .map_err(|_| ParseError::Value("proof of possession"))?,
                })
            })
            .collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self {
            ceremony: Ceremony {
                role,
                session,
                epoch,
                generation,
                transcript,
            },
            threshold,
            holders,
            public_key,
        })
    }

    /// Reads the text that [`CheckedKeySet::to_base64`] writes.
    pub fn from_base64(text: &str) -> Result<Self, ParseError> {
        let bytes = BASE64.decode(text).map_err(|_| ParseError::Base64)?;
        Self::parse(&bytes)
    }

    /// Checks everything that makes the key usable; the error names the holder at fault.
    ///
    /// All holders must prove possession of their shares, and all shares must lie on one
    /// polynomial of degree K - 1 whose value at 0 belongs to the public key.
    pub fn verify(self) -> Result<CheckedKeySet, KeySetError> {
        let holders = self.holders.len();
        if self.threshold == 0 || holders < usize::from(self.threshold) || holders > 255 {
            return Err(KeySetError::Threshold {
                threshold: self.threshold,
                holders,
            });
        }
        if self.ceremony.epoch != 0 && self.ceremony.role != Role::IpCustodians {
            return Err(KeySetError::Epoch(self.ceremony.role));
        }
        let mut previous = 0;
        for holder in &self.holders {
            if holder.index <= previous {
                return Err(KeySetError::Index(holder.index));
            }
            previous = holder.index;
        }
        for Holder {
            index,
            share_point,
            possession,
        } in &self.holders
        {
            if !possession.holds(&self.ceremony, *index, share_point) {
                return Err(KeySetError::Possession(*index));
            }
        }
        self.verify_polynomial()?;
        Ok(CheckedKeySet(self))
    }

    fn verify_polynomial(&self) -> Result<(), KeySetError> {
        let (first, others) = self.holders.split_at(usize::from(self.threshold));
        let indices: Vec<u16> = first.iter().map(|holder| holder.index).collect();
        let points: Vec<_> = first.iter().map(|h| *h.share_point.as_point()).collect();
        for holder in others {
            let expected = combine(&factors_at(holder.index, &indices), &points);
            if expected != *holder.share_point.as_point() {
                return Err(KeySetError::OffPolynomial(holder.index));
            }
        }
        if combine(&factors_at(0, &indices), &points) != *self.public_key.as_point() {
            return Err(KeySetError::PublicKey);
        }
        if Point::new(combine(&factors_of_highest(&indices), &points)).is_none() {
            return Err(KeySetError::Degree(self.threshold));
        }
        Ok(())
    }

    /// The holder with this index, if it is one now.
    pub fn holder(&self, index: u16) -> Option<&Holder> {
        self.holders.iter().find(|holder| holder.index == index)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let Ceremony {
            role,
            session,
            epoch,
            generation,
            transcript,
        } = &self.ceremony;
        let count = u8::try_from(self.holders.len()).expect("read or checked: at most 255");
        let mut bytes = vec![VERSION, *role as u8];
        bytes.extend_from_slice(session);
        bytes.extend_from_slice(&epoch.to_be_bytes());
        bytes.extend_from_slice(&generation.to_be_bytes());
        bytes.push(self.threshold);
        bytes.extend_from_slice(transcript);
        bytes.extend_from_slice(self.public_key.as_bytes());
        bytes.push(count);
        for holder in &self.holders {
            bytes.extend_from_slice(&holder.index.to_be_bytes());
            bytes.extend_from_slice(holder.share_point.as_bytes());
            bytes.extend_from_slice(&holder.possession.to_bytes());
        }
        bytes
    }
}

/// A key set that [`KeySet::verify`] found sound. Its fields are read as those of the [`KeySet`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedKeySet(KeySet);

impl CheckedKeySet {
    /// The one encoding of the key set, as [`KeySet::parse`] reads it.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.encode()
    }

    /// [`CheckedKeySet::to_bytes`] in base64 with padding, for a line of text.
    pub fn to_base64(&self) -> String {
        BASE64.encode(self.0.encode())
    }

    /// Whether `self` holds the same key as `earlier`, perhaps with refreshed shares.
    pub(crate) fn continues(&self, earlier: &Self) -> bool {
        self.ceremony.role == earlier.ceremony.role
            && self.ceremony.epoch == earlier.ceremony.epoch
            && self.ceremony.generation >= earlier.ceremony.generation
            && self.threshold == earlier.threshold
            && self.public_key == earlier.public_key
    }
}

impl Deref for CheckedKeySet {
    type Target = KeySet;

    fn deref(&self) -> &KeySet {
        &self.0
    }
}

fn read_point(reader: &mut Reader<'_>, field: &'static str) -> Result<Point, ParseError> {
    Point::parse(&reader.array()?).map_err(|_| ParseError::Value(field))
}

#[cfg(test)]
mod tests;
