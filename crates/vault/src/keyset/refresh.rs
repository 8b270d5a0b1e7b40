//! Refreshing the shares of a key without changing the key.
//!
//! New shares make stolen old ones worthless, and let holders come and go. What may change is
//! small, so that a refresh can be checked by anyone who has both key sets.

use super::CheckedKeySet;
use std::collections::BTreeSet;

/// Why a key set is not a refresh of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// Another role or day.
    #[error("the refreshed key is for another role or day")]
    Role,
    /// A refresh never changes K.
    #[error("the refresh changes how many holders must act together")]
    Threshold,
    /// A refresh never changes the public key.
    #[error("the refresh changes the public key")]
    PublicKey,
    /// The generation does not follow the old one.
    #[error("the refresh has generation {found}, not {expected}")]
    Generation {
        /// The number that follows the old one.
        expected: u64,
        /// The number of the new key set.
        found: u32,
    },
    /// A newcomer has the index of someone who once held a share.
    #[error("holder {0} is new but has the number of a former holder")]
    IndexReused(u16),
    /// A holder's share is what it was: a stolen copy would still count.
    #[error("the share of holder {0} was not refreshed")]
    ShareKept(u16),
}

/// Checks that `new` is `old` with fresh shares.
///
/// `ever_used` holds every index that any earlier generation of this key gave to a holder. A
/// newcomer's index must not be among them, for partial decryptions name their maker by index.
pub fn check_refresh(
    old: &CheckedKeySet,
    new: &CheckedKeySet,
    ever_used: &BTreeSet<u16>,
) -> Result<(), RefreshError> {
    if (new.ceremony.role, new.ceremony.epoch) != (old.ceremony.role, old.ceremony.epoch) {
        return Err(RefreshError::Role);
    }
    if new.threshold != old.threshold {
        return Err(RefreshError::Threshold);
    }
    if new.public_key != old.public_key {
        return Err(RefreshError::PublicKey);
    }
    let expected = u64::from(old.ceremony.generation) + 1;
    if u64::from(new.ceremony.generation) != expected {
        return Err(RefreshError::Generation {
            expected,
            found: new.ceremony.generation,
        });
    }
    for holder in &new.holders {
        match old.holder(holder.index) {
            Some(before) if before.share_point == holder.share_point => {
                return Err(RefreshError::ShareKept(holder.index));
            }
            None if ever_used.contains(&holder.index) => {
                return Err(RefreshError::IndexReused(holder.index));
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}
