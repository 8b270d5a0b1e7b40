//! The secrets that a keeper holds besides its own key, and what is derived from them.
//!
//! A person's secret is behind all of that person's records, a day's secret behind all address
//! records of the day. Erasing one makes those records unreadable even to someone who has every
//! share; neither is ever in the database or its backups. For an opening the keeper hands out
//! neither of them, but the [`RecordSecret`] of each record that the opening names; the same is
//! what it keeps of a record that is to be preserved longer than its day or its account.

use crate::group::Point;
use crate::label::{Kind, Label};
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

/// What must be added to shares to open one record. It tells nothing about any other record, nor
/// about the secrets that it comes from.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RecordSecret([u8; 32]);

impl RecordSecret {
    /// A secret that the keeper handed out.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to hand out.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Why there is no secret for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordSecretError {
    /// A record of the other kind; phone records have no day.
    #[error("the record is of the other kind")]
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

/// The secret of one address record.
pub fn ip_secret(
    user: &UserSecret,
    day: &DaySecret,
    record: &SealedRecord,
) -> Result<RecordSecret, RecordSecretError> {
    let label = record.label();
    if label.kind != Kind::Ip {
        return Err(RecordSecretError::Kind);
    }
    if label.epoch != day.day {
        return Err(RecordSecretError::Day {
            record: label.epoch,
            secret: day.day,
        });
    }
    Ok(derive(user, Some(day), &label.to_bytes(), record.point()))
}

/// The secret of one phone record.
pub fn phone_secret(
    user: &UserSecret,
    record: &SealedRecord,
) -> Result<RecordSecret, RecordSecretError> {
    let label = record.label();
    if label.kind != Kind::Phone {
        return Err(RecordSecretError::Kind);
    }
    Ok(derive(user, None, &label.to_bytes(), record.point()))
}

/// HKDF-SHA256 (RFC 5869) over the person's secret, salted with the day's, for the record with
/// this label and point.
pub(crate) fn derive(
    user: &UserSecret,
    day: Option<&DaySecret>,
    label: &[u8; Label::BYTES],
    point: &Point,
) -> RecordSecret {
    let mut secret = RecordSecret([0; 32]);
    Hkdf::<Sha256>::new(day.map(|day| &day.bytes[..]), &user.0)
        .expand_multi_info(
            &[b"hg/vault/v1/record", label, point.as_bytes()],
            &mut secret.0,
        )
        .expect("32 bytes are within HKDF's limit of 8,160");
    secret
}
