//! The secrets that a keeper holds besides its own key, and what is derived from them.
//!
//! A person's secret is part of the key of all of that person's records, a day's secret of the
//! salt of all address records of the day. Erasing one makes those records unreadable even to
//! someone who has every share; neither is ever in the database or its backups.

use crate::label::Kind;
use crate::record::SealedRecord;
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A person's secret, made once with the account and erased with it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct UserSecret([u8; 32]);

impl UserSecret {
    /// Takes 32 secret random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for whoever stores or transports them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Names the person in records; whoever lacks the secret cannot tell whose name it is.
    pub fn commitment(&self, user_id: i64) -> UserCommitment {
        let hash = Sha256::new()
            .chain_update(b"hg/user/v1")
            .chain_update(self.0)
            .chain_update(user_id.to_be_bytes())
            .finalize();
        UserCommitment(hash.into())
    }
}

/// Stands in a record for the person it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserCommitment(pub [u8; 32]);

/// The secret of one day, erased when the day's records expire.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct DaySecret {
    #[zeroize(skip)]
    day: u32,
    bytes: [u8; 32],
}

impl DaySecret {
    /// Takes 32 secret random bytes for a day in UTC, counted from 1970-01-01.
    pub fn new(day: u32, bytes: [u8; 32]) -> Self {
        Self { day, bytes }
    }

    /// The day.
    pub fn day(&self) -> u32 {
        self.day
    }

    /// The bytes, for whoever stores or transports them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

/// What must be added to shares to open one record.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Salt([u8; 32]);

impl Salt {
    /// A salt that the keeper handed out.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to hand out.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Why a day's secret gives no salt for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaltError {
    /// Phone records have no day; [`phone_salt`] is theirs.
    #[error("the record is not an address record")]
    Kind,
    /// The record belongs to another day.
    #[error("the record belongs to day {record}, the secret to day {secret}")]
    Day {
        /// The day in the record's label.
        record: u32,
        /// The day of the secret.
        secret: u32,
    },
}

/// The salt of one address record. It tells nothing about the salt of any other.
pub fn ip_salt(secret: &DaySecret, record: &SealedRecord) -> Result<Salt, SaltError> {
    let label = record.label();
    if label.kind != Kind::Ip {
        return Err(SaltError::Kind);
    }
    if label.epoch != secret.day {
        return Err(SaltError::Day {
            record: label.epoch,
            secret: secret.day,
        });
    }
    Ok(ip_salt_of(
        secret,
        &label.to_bytes(),
        record.point().as_bytes(),
    ))
}

/// As [`ip_salt`], for a record that is just being made.
pub(crate) fn ip_salt_of(secret: &DaySecret, label: &[u8], point: &[u8; 32]) -> Salt {
    derive(&secret.bytes, &[b"hg/vault/v1/salt", label, point])
}

/// The salt of all phone records of a person.
pub fn phone_salt(user: &UserSecret) -> Salt {
    derive(&user.0, &[b"phone"])
}

/// HKDF-SHA256 (RFC 5869) without a salt of its own.
fn derive(secret: &[u8; 32], info: &[&[u8]]) -> Salt {
    let mut salt = Salt([0; 32]);
    Hkdf::<Sha256>::new(None, secret)
        .expand_multi_info(info, &mut salt.0)
        .expect("32 bytes are within HKDF's limit of 8,160");
    salt
}
