//! Which keys a record is sealed to, and who holds their shares now.

use heliograph_transparency::entry::{Day, Mode};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::keys::LoggedKey;
use heliograph_vault::keys::{GateMode, KeysError, OpeningKeys, SealingKeys, pkid};
use heliograph_vault::label::{Kind, Label};
use std::sync::Arc;

/// Why there are no keys for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysOfRecordError {
    /// The log has no pair of keys with the record's name.
    #[error("the record is sealed to keys that the log does not have")]
    Unknown,
    /// The officers have another key now: the record opens for nobody.
    #[error(transparent)]
    Replaced(#[from] KeysError),
}

/// The custodians' key that a record with this label is sealed to, with those who hold its shares
/// now.
pub(crate) fn gate_of_record<'a>(
    ledger: &'a Ledger,
    label: &Label,
) -> Result<&'a LoggedKey, KeysOfRecordError> {
    let keys = of_record(ledger, label)?;
    let gate = ledger.custody().key_of(&keys.gate().ceremony);
    gate.map(Arc::as_ref).ok_or(KeysOfRecordError::Unknown)
}

/// The pair of keys that a record with this label is sealed to, with the holders of today.
pub(crate) fn of_record(ledger: &Ledger, label: &Label) -> Result<OpeningKeys, KeysOfRecordError> {
    let custody = ledger.custody();
    let gates: &[Arc<LoggedKey>] = match label.kind {
        Kind::Ip => custody
            .day_key(Day(label.epoch))
            .map_or(&[], std::slice::from_ref),
        Kind::Phone => custody.phone_keys(),
    };
    for gate in gates {
        let mode = match gate.mode {
            Some(Mode::Local) => GateMode::Local,
            Some(Mode::Remote) => GateMode::Remote,
            None => continue,
        };
        for officers in ledger.officer_sets() {
            if pkid(&officers.keys, &gate.keys, mode) != label.pkid {
                continue;
            }
            let sealed_to = SealingKeys::new(officers.keys.clone(), gate.keys.clone(), mode)?;
            let officers_now = ledger.officers().ok_or(KeysOfRecordError::Unknown)?;
            let gate_now = match label.kind {
                Kind::Ip => gate,
                // Custodians who came later have another key; this one's shares are still kept.
                Kind::Phone => custody
                    .phone_key_of(&gate.keys.public_key.to_bytes())
                    .ok_or(KeysOfRecordError::Unknown)?,
            };
            let keys = OpeningKeys::refreshed(
                sealed_to,
                officers_now.keys.clone(),
                gate_now.keys.clone(),
            )?;
            return Ok(keys);
        }
    }
    Err(KeysOfRecordError::Unknown)
}
