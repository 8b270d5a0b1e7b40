//! The pairs of keys that a record is sealed to, and opened with.
//!
//! A record needs both keys of a pair, officers' and custodians'. They stay apart in the key
//! derivation: were they added up, a custodian who chose its key last could cancel the
//! officers'.

use crate::keyset::{CheckedKeySet, Role};
use crate::label::{Kind, Label};
use crate::wire::ParseError;
use sha2::{Digest, Sha256};

/// Whether the custodians are outside the operator's control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum GateMode {
    /// One custodian on the operator's own machine.
    Local = 1,
    /// Custodians elsewhere, run by others.
    Remote = 2,
}

impl GateMode {
    pub(crate) fn parse(byte: u8) -> Result<Self, ParseError> {
        match byte {
            1 => Ok(Self::Local),
            2 => Ok(Self::Remote),
            _ => Err(ParseError::Value("gate mode")),
        }
    }
}

/// Names a pair of keys and everything that was agreed about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PkId(pub [u8; 32]);

/// The name of a pair of keys: a hash over both keys, their roles, K and N, W and M, the hashes
/// of both transcripts, and the gate mode.
pub fn pkid(officers: &CheckedKeySet, gate: &CheckedKeySet, mode: GateMode) -> PkId {
    let mut hash = Sha256::new_with_prefix(b"hg/pkid/v1");
    for keys in [officers, gate] {
        let holders = u8::try_from(keys.holders.len()).expect("checked: at most 255");
        hash.update(keys.public_key.as_bytes());
        hash.update([keys.ceremony.role as u8, keys.threshold, holders]);
        hash.update(keys.ceremony.transcript);
    }
    hash.update([mode as u8]);
    PkId(hash.finalize().into())
}

/// Why two key sets are not a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// The first key set is not the officers'.
    #[error("the officers' key was made for the {0}")]
    NotOfficers(Role),
    /// The second key set is not custodians'.
    #[error("the custodians' key was made for the {0}")]
    NotCustodians(Role),
    /// One key for both: who holds it needs nobody else.
    #[error("officers and custodians have the same key")]
    SameKey,
    /// A current key set does not continue the one that records were sealed to.
    #[error("the key of the {0} is not the one that the record was sealed to")]
    Replaced(Role),
}

/// A pair of checked keys to seal records to. All of its records are of one kind.
#[derive(Clone, Debug)]
pub struct SealingKeys {
    officers: CheckedKeySet,
    gate: CheckedKeySet,
    mode: GateMode,
    kind: Kind,
    pkid: PkId,
}

impl SealingKeys {
    /// Pairs the officers' key with a key of custodians.
    pub fn new(
        officers: CheckedKeySet,
        gate: CheckedKeySet,
        mode: GateMode,
    ) -> Result<Self, KeysError> {
        if officers.ceremony.role != Role::Officers {
            return Err(KeysError::NotOfficers(officers.ceremony.role));
        }
        let kind = match gate.ceremony.role {
            Role::Officers => return Err(KeysError::NotCustodians(Role::Officers)),
            Role::IpCustodians => Kind::Ip,
            Role::PhoneCustodians => Kind::Phone,
        };
        if officers.public_key == gate.public_key {
            return Err(KeysError::SameKey);
        }
        let pkid = pkid(&officers, &gate, mode);
        Ok(Self {
            officers,
            gate,
            mode,
            kind,
            pkid,
        })
    }

    /// The officers' key.
    pub fn officers(&self) -> &CheckedKeySet {
        &self.officers
    }

    /// The custodians' key.
    pub fn gate(&self) -> &CheckedKeySet {
        &self.gate
    }

    /// Whether the custodians are outside the operator's control.
    pub fn mode(&self) -> GateMode {
        self.mode
    }

    /// The kind of records that this pair seals.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The name of the pair, which stands in every record sealed to it.
    pub fn pkid(&self) -> PkId {
        self.pkid
    }
}

/// Why a record is not for a pair of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelMismatch {
    /// Sealed to other keys.
    #[error("the record is sealed to other keys")]
    PkId,
    /// An address record under phone custodians, or the reverse.
    #[error("the record is of another kind than the custodians' key")]
    Kind,
    /// The custodians' key is for another day.
    #[error("the record belongs to day {record}, the custodians' key to day {key}")]
    Epoch {
        /// The day in the record's label.
        record: u32,
        /// The day of the key.
        key: u32,
    },
    /// The label claims other custodians than the key has.
    #[error("the record names another gate mode than its keys")]
    Mode,
}

/// The pair that records were sealed to, with the holders of today.
///
/// A label names the key sets of the day it was sealed. A refresh changes their holders and so
/// the name of the pair, but not the keys; partial decryptions count against current shares only.
#[derive(Clone, Debug)]
pub struct OpeningKeys {
    sealed_to: SealingKeys,
    officers: CheckedKeySet,
    gate: CheckedKeySet,
}

impl OpeningKeys {
    /// For keys whose shares have not been refreshed since records were sealed to them.
    pub fn unrefreshed(sealed_to: SealingKeys) -> Self {
        Self {
            officers: sealed_to.officers.clone(),
            gate: sealed_to.gate.clone(),
            sealed_to,
        }
    }

    /// For keys whose shares were refreshed: `officers` and `gate` are the latest logged key sets,
    /// each step towards them checked by [`check_refresh`](crate::keyset::check_refresh).
    ///
    /// Fails with [`KeysError::Replaced`] when one of them is another key.
    pub fn refreshed(
        sealed_to: SealingKeys,
        officers: CheckedKeySet,
        gate: CheckedKeySet,
    ) -> Result<Self, KeysError> {
        for (now, then) in [(&officers, &sealed_to.officers), (&gate, &sealed_to.gate)] {
            if !now.continues(then) {
                return Err(KeysError::Replaced(then.ceremony.role));
            }
        }
        Ok(Self {
            sealed_to,
            officers,
            gate,
        })
    }

    /// The officers' key with its current holders.
    pub fn officers(&self) -> &CheckedKeySet {
        &self.officers
    }

    /// The custodians' key with its current holders.
    pub fn gate(&self) -> &CheckedKeySet {
        &self.gate
    }

    /// The key set of a role, if it is one of the pair.
    pub fn of(&self, role: Role) -> Option<&CheckedKeySet> {
        [&self.officers, &self.gate]
            .into_iter()
            .find(|keys| keys.ceremony.role == role)
    }

    /// Whether a record with this label can be opened with these keys.
    pub fn fit(&self, label: &Label) -> Result<(), LabelMismatch> {
        if label.pkid != self.sealed_to.pkid {
            return Err(LabelMismatch::PkId);
        }
        if label.kind != self.sealed_to.kind {
            return Err(LabelMismatch::Kind);
        }
        if label.epoch != self.gate.ceremony.epoch {
            return Err(LabelMismatch::Epoch {
                record: label.epoch,
                key: self.gate.ceremony.epoch,
            });
        }
        if label.gate_mode != self.sealed_to.mode {
            return Err(LabelMismatch::Mode);
        }
        Ok(())
    }
}
