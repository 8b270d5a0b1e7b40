//! Which keys a record is sealed to, found in the log.

use heliograph_transparency::entry::{Day, Mode};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::keys::LoggedKey;
use heliograph_vault::keys::{GateMode, OpeningKeys, SealingKeys, pkid};
use heliograph_vault::label::{Kind, Label};
use std::sync::Arc;

/// The pair of keys that a record's label names, with the current holders of both; nothing when
/// the log knows no such pair. A key that was never logged opens nothing.
pub(crate) fn opening_keys(ledger: &Ledger, label: &Label) -> Option<OpeningKeys> {
    let gates: Vec<&Arc<LoggedKey>> = match label.kind {
        Kind::Ip => ledger
            .custody()
            .day_key(Day(label.epoch))
            .into_iter()
            .collect(),
        Kind::Phone => ledger.custody().phone_keys().iter().collect(),
    };
    for gate in &gates {
        let mode = match gate.mode? {
            Mode::Local => GateMode::Local,
            Mode::Remote => GateMode::Remote,
        };
        for officers in ledger.officer_sets() {
            if pkid(&officers.keys, &gate.keys, mode) != label.pkid {
                continue;
            }
            let sealed_to =
                SealingKeys::new(officers.keys.clone(), gate.keys.clone(), mode).ok()?;
            let officers = newest(ledger.officer_sets().iter(), officers)?;
            let gate = newest(gates.iter().copied(), gate)?;
            return OpeningKeys::refreshed(sealed_to, officers.keys.clone(), gate.keys.clone())
                .ok();
        }
    }
    None
}

/// The newest generation of a key, among keys oldest first.
fn newest<'a>(
    mut keys: impl DoubleEndedIterator<Item = &'a Arc<LoggedKey>>,
    of: &LoggedKey,
) -> Option<&'a Arc<LoggedKey>> {
    keys.rfind(|key| key.keys.public_key == of.keys.public_key)
}
