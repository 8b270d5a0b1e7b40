//! The records of a bundle: whose they are, how old, and whether the order covers them.

use super::Asked;
use super::whose::Whose;
use crate::officer::{OfficerError, fail};
use crate::sealed_to::opening_keys;
use heliograph_transparency::entry::{Day, Kinds};
use heliograph_transparency::files::{Bundle, Place};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::cases::Case;
use heliograph_transparency::tree::{Hash, TreeHead, leaf_hash, verify_inclusion};
use heliograph_vault::keys::OpeningKeys;
use heliograph_vault::label::Kind;
use heliograph_vault::record::{SealedRecord, VerifiedRecord};

/// Checks every record: its proof, its person, kind and day, its keys, and that it was sealed
/// before the last root of the vault was logged.
pub(super) fn check(
    bundle: &Bundle,
    ledger: &Ledger,
    asked: &Asked,
    whose: Option<&Whose>,
) -> Result<Vec<(VerifiedRecord, OpeningKeys)>, OfficerError> {
    let mut checked: Vec<(VerifiedRecord, OpeningKeys)> = Vec::new();
    if bundle.records.is_empty() {
        return Ok(checked);
    }
    let cap = ledger
        .registry()
        .policy()
        .map_or(0, |logged| logged.policy.cap);
    if bundle.records.len() > cap as usize {
        fail!(
            "{} records, where the policy allows {cap}",
            bundle.records.len()
        );
    }
    let Some(whose) = whose else {
        fail!("there are records, and nobody whose they are");
    };
    if asked
        .account
        .is_some_and(|account| account != whose.user_id)
    {
        fail!("the order names another account than the records are claimed to be of");
    }
    let vault = vault_head(bundle, ledger)?;
    for (number, (bytes, place)) in bundle.records.iter().zip(&bundle.vault.places).enumerate() {
        let number = number + 1;
        let Ok(record) = SealedRecord::parse(&bytes.0) else {
            fail!("record {number} is no sealed record");
        };
        let Ok(record) = record.verify() else {
            fail!("record {number} was altered or put together from others");
        };
        let label = record.label();
        // Of records that were checked before, the preserved root says which they are.
        let first = checked.first().map(|(first, _)| first.label().user);
        let user = whose.user.or(first).unwrap_or(label.user);
        if label.user != user {
            fail!("record {number} belongs to another person");
        }
        match (label.kind, asked.kinds) {
            (Kind::Phone, Kinds::Phone | Kinds::Both) | (Kind::Ip, Kinds::Ip | Kinds::Both) => {}
            _ => fail!("record {number} is of a kind that was not asked for"),
        }
        if label.kind == Kind::Ip {
            let day = Day(label.epoch);
            match asked.window {
                Some((from, to)) if (from..=to).contains(&day) => {}
                _ => fail!("record {number} is of {day}, outside the order's window of time"),
            }
        }
        if checked
            .iter()
            .any(|(other, _)| other.hash() == record.hash())
        {
            fail!("record {number} stands there twice");
        }
        let Some(keys) = opening_keys(ledger, label) else {
            fail!("record {number} is sealed to keys that the log does not know");
        };
        check_place(&record, place, vault, number)?;
        checked.push((record, keys));
    }
    Ok(checked)
}

/// The logged root of the vault that the bundle refers to.
fn vault_head(bundle: &Bundle, ledger: &Ledger) -> Result<TreeHead, OfficerError> {
    let mut roots = ledger.registry().vault_roots().iter();
    let Some((_, root)) = roots.find(|(mark, _)| mark.index == bundle.vault.entry) else {
        fail!(
            "entry {} of the log is no root of the vault",
            bundle.vault.entry
        );
    };
    if root.records != bundle.vault.size {
        fail!("the vault had another number of records at that entry");
    }
    Ok(TreeHead {
        size: root.records,
        root: root.root,
    })
}

fn check_place(
    record: &VerifiedRecord,
    place: &Place,
    vault: TreeHead,
    number: usize,
) -> Result<(), OfficerError> {
    let proof: Vec<Hash> = place.proof.iter().map(|hash| Hash(hash.0)).collect();
    let leaf = leaf_hash(&record.hash().0);
    if verify_inclusion(leaf, place.position, vault, &proof).is_err() {
        fail!("record {number} was not in the vault when its root was logged");
    }
    Ok(())
}

/// What is unusual about whose the records are, and when they came into the vault.
pub(super) fn warnings(
    bundle: &Bundle,
    ledger: &Ledger,
    case: &Case,
    whose: Option<&Whose>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let roots = ledger.registry().vault_roots();
    let root = roots
        .iter()
        .find(|(mark, _)| mark.index == bundle.vault.entry);
    if let Some((mark, _)) = root
        && mark.index > case.mark.index
        && !bundle.records.is_empty()
    {
        warnings.push(format!(
            "the vault's root was logged after the request: that these records existed before it \
             is not proved (entry {})",
            mark.index
        ));
    }
    if let Some((whose, index)) = whose.and_then(|whose| Some((whose, whose.preserved?))) {
        warnings.push(format!(
            "the account is gone: these are the records that entry {index} preserves, which you \
             checked before as those of account {}",
            whose.user_id
        ));
    }
    warnings
}
