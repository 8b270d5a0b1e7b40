//! Nothing is sealed to a key whose proofs nobody has checked.

use heliograph_vault::keys::{GateMode, SealingKeys};
use heliograph_vault::keyset::{CheckedKeySet, KeySet};

fn pair(officers: CheckedKeySet, custodians: KeySet) {
    let _ = SealingKeys::new(officers, custodians, GateMode::Remote);
}

fn main() {}
