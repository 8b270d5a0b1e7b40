//! Keys that the log has published, each checked before it counts (rule 1).

use std::collections::BTreeSet;
use std::sync::Arc;

use heliograph_vault::keyset::{CheckedKeySet, check_refresh};

use super::{At, Broken, Mark, ensure};
use crate::entry::{HolderLine, Keys, Mode, Signed};

/// A key of the log whose proofs and signatures hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedKey {
    /// Its entry.
    pub mark: Mark,
    /// Where its custodians are; none for officers.
    pub mode: Option<Mode>,
    /// The key and its shares' points.
    pub keys: CheckedKeySet,
    /// Who holds them.
    pub holders: Vec<HolderLine>,
}

impl LoggedKey {
    /// The holder with this index.
    pub fn holder(&self, index: u16) -> Option<&HolderLine> {
        self.holders.iter().find(|holder| holder.index == index)
    }

    pub(super) fn check(keys: &Keys, by: &[Signed], at: &At<'_>) -> Result<Self, Broken> {
        let broken = |why: String| Broken::new(1, why);
        let key_set = keys.key_set().map_err(|error| broken(error.to_string()))?;
        let checked = key_set
            .verify()
            .map_err(|error| broken(error.to_string()))?;
        let key = Self {
            mark: at.mark,
            mode: keys.mode,
            keys: checked,
            holders: keys.holders.clone(),
        };
        key.check_signed(by, at.message, keys.holders.len(), 1)?;
        Ok(key)
    }

    /// Checks that every signature is one of a holder, and that there are at least `needed`.
    pub(super) fn check_signed(
        &self,
        by: &[Signed],
        message: &[u8],
        needed: usize,
        rule: u8,
    ) -> Result<(), Broken> {
        for signed in by {
            let index = signed.index;
            let holder = self.holder(index);
            let Some(holder) = holder else {
                return Err(Broken::new(
                    rule,
                    format!("there is no holder {index} to sign it"),
                ));
            };
            let holds = signed.holds(&holder.key, message);
            ensure!(holds, rule, "the signature of holder {index} is wrong");
        }
        // The parser has seen to it that no index stands twice.
        let found = by.len();
        ensure!(
            found >= needed,
            rule,
            "signed by {found} where {needed} are needed"
        );
        Ok(())
    }
}

/// A key, its refreshes, and the keys that replaced it, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lineage {
    keys: Vec<Arc<LoggedKey>>,
    /// Every index that the newest public key has ever given to a holder.
    used: BTreeSet<u16>,
}

impl Lineage {
    pub(super) fn newest(&self) -> Option<&Arc<LoggedKey>> {
        self.keys.last()
    }

    pub(super) fn all(&self) -> &[Arc<LoggedKey>] {
        &self.keys
    }

    /// Checks that a key may follow: one of a new ceremony, or the newest one refreshed.
    pub(super) fn check_next(&self, next: &LoggedKey) -> Result<(), Broken> {
        let generation = next.keys.ceremony.generation;
        let Some(newest) = self.newest() else {
            ensure!(generation == 0, 1, "there is no key to refresh");
            return Ok(());
        };
        if generation == 0 {
            return Ok(());
        }
        check_refresh(&newest.keys, &next.keys, &self.used)
            .map_err(|error| Broken::new(1, error.to_string()))?;
        for holder in &next.holders {
            let before = newest.holder(holder.index);
            let same = before.is_none_or(|before| before.key == holder.key);
            ensure!(same, 1, "holder {} is not the same person", holder.index);
        }
        Ok(())
    }

    pub(super) fn push(&mut self, key: LoggedKey) {
        if key.keys.ceremony.generation == 0 {
            self.used.clear();
        }
        self.used
            .extend(key.holders.iter().map(|holder| holder.index));
        self.keys.push(Arc::new(key));
    }
}
