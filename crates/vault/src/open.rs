//! Opening one record with the contributions of enough holders.

use crate::interpolation::{combine, factors_at};
use crate::keys::{LabelMismatch, OpeningKeys};
use crate::keyset::{CheckedKeySet, Role};
use crate::label::Kind;
use crate::partial::{CaseContext, Partial, PartialError};
use crate::plaintext::{IpInterval, Phone};
use crate::record::{RecordCipher, VerifiedRecord};
use crate::secrets::{RecordSecret, UserCommitment};
use curve25519_dalek::ristretto::RistrettoPoint;
use zeroize::Zeroizing;

/// Everything about an opening except the holders' contributions.
pub struct Opening<'a> {
    /// The record to open.
    pub record: &'a VerifiedRecord,
    /// The keys it is sealed to, with their current holders.
    pub keys: &'a OpeningKeys,
    /// The log entries that allow it.
    pub case: &'a CaseContext,
    /// The person named in the case, as records name people.
    pub user: UserCommitment,
    /// The record's secret, which the keeper handed out.
    pub secret: &'a RecordSecret,
}

/// What was in a record: erased when dropped, and it cannot be printed.
pub enum Opened {
    /// A phone number.
    Phone(Phone),
    /// An address with ports and times.
    Ip(IpInterval),
}

/// Why a record was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The record is not for these keys.
    #[error(transparent)]
    Label(#[from] LabelMismatch),
    /// The record belongs to another person than the case names.
    #[error("the record belongs to another person")]
    User,
    /// Not exactly as many contributions as the key asks for.
    #[error("{found} contributions of the {role}, where {needed} are needed")]
    Count {
        /// Whose contributions.
        role: Role,
        /// How many the key asks for.
        needed: u8,
        /// How many there are.
        found: usize,
    },
    /// A contribution of one role stands among those of the other.
    #[error("a contribution of the {found} stands among those of the {expected}")]
    Role {
        /// Whose contributions were expected.
        expected: Role,
        /// Whose it is.
        found: Role,
    },
    /// A holder contributes twice.
    #[error("holder {index} of the {role} contributes twice")]
    Repeated {
        /// The holder's role.
        role: Role,
        /// The holder's index.
        index: u16,
    },
    /// A contribution does not count.
    #[error("of the {role}: {error}")]
    Partial {
        /// Whose contribution.
        role: Role,
        /// Why it does not count.
        error: PartialError,
    },
    /// The ciphertext does not open: the secret is not the record's, or it was sealed wrongly.
    #[error("the secret is not the record's, or the record was sealed wrongly")]
    Cipher,
    /// The plaintext is not of the form that the label names: it was sealed by another program.
    #[error("the record does not hold what its label says")]
    Plaintext,
}

impl Opening<'_> {
    /// Opens the record with exactly K officers' and W custodians' partial decryptions.
    ///
    /// Every one of them is verified before any is used.
    pub fn open(&self, officers: &[Partial], custodians: &[Partial]) -> Result<Opened, OpenError> {
        let (label, keys) = (self.record.label(), self.keys);
        keys.fit(label)?;
        if self.user != label.user {
            return Err(OpenError::User);
        }
        self.check(officers, keys.officers())?;
        self.check(custodians, keys.gate())?;
        self.decrypt(&combined(officers), &combined(custodians))
    }

    fn check(&self, partials: &[Partial], keys: &CheckedKeySet) -> Result<(), OpenError> {
        let role = keys.ceremony.role;
        if partials.len() != usize::from(keys.threshold) {
            return Err(OpenError::Count {
                role,
                needed: keys.threshold,
                found: partials.len(),
            });
        }
        for (at, partial) in partials.iter().enumerate() {
            if partial.role() != role {
                return Err(OpenError::Role {
                    expected: role,
                    found: partial.role(),
                });
            }
            let index = partial.index();
            if partials[..at].iter().any(|other| other.index() == index) {
                return Err(OpenError::Repeated { role, index });
            }
            partial
                .verify(self.record, self.keys, self.case)
                .map_err(|error| OpenError::Partial { role, error })?;
        }
        Ok(())
    }

    fn decrypt(
        &self,
        officers: &RistrettoPoint,
        gate: &RistrettoPoint,
    ) -> Result<Opened, OpenError> {
        let label = self.record.label();
        let plaintext = RecordCipher::new(
            officers,
            gate,
            self.secret,
            self.record.point(),
            label.to_bytes(),
        )
        .decrypt(self.record.ciphertext())
        .ok_or(OpenError::Cipher)?;
        let opened = match label.kind {
            Kind::Phone => Phone::parse(&plaintext).map(Opened::Phone),
            Kind::Ip => IpInterval::parse(&plaintext).map(Opened::Ip),
        };
        opened.map_err(|_| OpenError::Plaintext)
    }
}

/// The public key's product with the record's `r`, from products of shares with distinct indices.
fn combined(partials: &[Partial]) -> Zeroizing<RistrettoPoint> {
    let indices: Vec<u16> = partials.iter().map(Partial::index).collect();
    let points: Zeroizing<Vec<RistrettoPoint>> =
        Zeroizing::new(partials.iter().map(|p| *p.point().as_point()).collect());
    Zeroizing::new(combine(&factors_at(0, &indices), &points))
}

#[cfg(test)]
mod tests;
