//! Sealing: what a server does at sign-in, knowing public keys only.

use super::{RecordCipher, SealedRecord, statement};
use crate::group::{Point, SECOND_GENERATOR, hash_to_scalar};
use crate::keys::SealingKeys;
use crate::label::{Kind, Label};
use crate::plaintext::{IpInterval, Phone};
use crate::secrets::{DaySecret, UserSecret, derive};
use zeroize::Zeroizing;

/// Why nothing was sealed. There is no other key to fall back to: the caller stores nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Keys for the other kind of record.
    #[error("these keys are not for records of this kind")]
    Kind,
    /// The custodians' key and the day's secret are of different days.
    #[error("the custodians' key is for day {key}, the day's secret for day {secret}")]
    Day {
        /// The day of the custodians' key.
        key: u32,
        /// The day of the secret.
        secret: u32,
    },
}

/// Seals a phone number, from 32 secret random bytes.
pub fn seal_phone(
    keys: &SealingKeys,
    user: &UserSecret,
    user_id: i64,
    phone: &Phone,
    entropy: &[u8; 32],
) -> Result<SealedRecord, SealError> {
    if keys.kind() != Kind::Phone {
        return Err(SealError::Kind);
    }
    Ok(seal(keys, user, None, user_id, &*phone.to_bytes(), entropy))
}

/// Seals an address and its times under the keys and the secret of one day, from 32 secret random
/// bytes.
pub fn seal_ip(
    keys: &SealingKeys,
    day: &DaySecret,
    user: &UserSecret,
    user_id: i64,
    interval: &IpInterval,
    entropy: &[u8; 32],
) -> Result<SealedRecord, SealError> {
    if keys.kind() != Kind::Ip {
        return Err(SealError::Kind);
    }
    let epoch = keys.gate().ceremony.epoch;
    if epoch != day.day() {
        return Err(SealError::Day {
            key: epoch,
            secret: day.day(),
        });
    }
    let plaintext = interval.to_bytes();
    Ok(seal(keys, user, Some(day), user_id, &*plaintext, entropy))
}

pub(crate) fn seal(
    keys: &SealingKeys,
    user: &UserSecret,
    day: Option<&DaySecret>,
    user_id: i64,
    plaintext: &[u8],
    entropy: &[u8; 32],
) -> SealedRecord {
    let label = Label {
        kind: keys.kind(),
        gate_mode: keys.mode(),
        epoch: keys.gate().ceremony.epoch,
        pkid: keys.pkid(),
        user: user.commitment(user_id),
    };
    let label_bytes = label.to_bytes();

    // The plaintext and the person's secret are in the hash, so that entropy used twice yields
    // the same record or an unrelated one, never two records under one key.
    let r = Zeroizing::new(hash_to_scalar(
        "hg/record/v1/r",
        &[entropy, user.as_bytes(), &label_bytes, plaintext],
    ));
    let point = Point::base_times(&r);
    let second_point = SECOND_GENERATOR.times(&r);
    let cipher = RecordCipher::new(
        &Zeroizing::new(keys.officers().public_key.as_point() * *r),
        &Zeroizing::new(keys.gate().public_key.as_point() * *r),
        &derive(user, day, &label_bytes, &point),
        &point,
        label_bytes,
    );
    let ciphertext = cipher.encrypt(plaintext);
    let bound = [&label_bytes[..], &ciphertext];
    let proof = statement(&bound, &point, &second_point).prove(&r, entropy);
    SealedRecord {
        label,
        point,
        second_point,
        proof,
        ciphertext,
    }
}
