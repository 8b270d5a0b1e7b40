//! The keeper's state: its key and its budget.

use crate::budget::{Budget, Evaluations, Limits};
use crate::client::{KeeperError, MAX_BATCH, Purpose};
use crate::files::{self, Folder, OpenError};
use crate::journal::Journal;
use crate::secrets::Secrets;
use crate::secrets_client::SecretsError;
use heliograph_vault::oprf::{self, Element, OprfKey, SCALAR_BYTES};
use std::path::Path;
use std::sync::Mutex;
use zeroize::Zeroizing;

const KEY_FILE: &str = "oprf.key";
const KEY_MAGIC: &[u8] = b"heliograph oprf key";
const KEY_VERSION: u8 = 1;

/// Names the key's use when it is derived from the first start's entropy.
const KEY_INFO: &[u8] = b"hg/keeper/v1/phone-tag";

/// Holds the phone-tag key and applies it as long as the budget lasts.
///
/// It reads no clock: each call says what time it is. It may be shared between threads; only the
/// budget is locked, and not while the key is applied.
pub struct Keeper {
    key: OprfKey,
    spending: Mutex<Spending>,
    secrets: Option<Secrets>,
}

/// The budget and where it is written; locked together, so that the file is in step.
struct Spending {
    budget: Budget,
    journal: Option<Journal>,
}

impl Keeper {
    /// Makes a keeper that remembers nothing beyond its life; for tests.
    pub fn in_memory(key: OprfKey, limits: Limits) -> Self {
        Self::with(key, Budget::new(limits), None)
    }

    /// Opens the keeper's folder (`keys/keeper/` in the data folder), which no other process may
    /// use at the same time.
    ///
    /// At the first start the folder is made (mode 0700) and a key is derived from `entropy`, 32
    /// secret random bytes, and written to a file of mode 0600. Later starts ignore `entropy`.
    ///
    /// Fails when the folder or a file in it is damaged, newer than this program, in use, open to
    /// others than its owner, or when the key is gone while the record of its use is there.
    pub fn open(folder: &Path, limits: Limits, entropy: &[u8; 32]) -> Result<Self, OpenError> {
        let folder = Folder::open(folder)?;
        let key = open_key(&folder, entropy)?;
        let mut budget = Budget::new(limits);
        let journal = Journal::open(folder, &mut budget)?;
        Ok(Self::with(key, budget, Some(journal)))
    }

    fn with(key: OprfKey, budget: Budget, journal: Option<Journal>) -> Self {
        Self {
            key,
            spending: Mutex::new(Spending { budget, journal }),
            secrets: None,
        }
    }

    /// Adds the secrets of sealed records. A keeper without them answers
    /// [`SecretsError::Unavailable`].
    #[must_use]
    pub fn with_secrets(self, secrets: Secrets) -> Self {
        let secrets = Some(secrets);
        Self { secrets, ..self }
    }

    /// The secrets of sealed records.
    pub fn secrets(&self) -> Result<&Secrets, SecretsError> {
        self.secrets.as_ref().ok_or(SecretsError::Unavailable)
    }

    /// Evaluates the elements in order, as far as the budget goes, at the time `now_s` (seconds
    /// since 1970). Works for up to 30 ms; see [`crate::KeeperClient::evaluate_batch`].
    ///
    /// A malformed element spoils the whole request before anything is spent.
    pub fn evaluate_batch(
        &self,
        purpose: Purpose,
        caller: u64,
        blinded: &[[u8; 32]],
        now_s: u64,
    ) -> Result<Vec<[u8; 32]>, KeeperError> {
        if blinded.is_empty() || blinded.len() > MAX_BATCH {
            return Err(KeeperError::Malformed);
        }
        // Elements the budget does not cover are read but never multiplied by the key.
        let mut elements = blinded
            .iter()
            .map(Element::from_bytes)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| KeeperError::Malformed)?;
        let taken = self.spend(purpose, caller, elements.len() as u32, now_s)?;
        elements.truncate(taken as usize);
        let evaluated = elements
            .iter()
            .map(|element| oprf::evaluate(&self.key, element).to_bytes())
            .collect();
        Ok(evaluated)
    }

    /// How many elements were evaluated on the days before that of `now_s`, a month of them at most,
    /// oldest first; days without any are left out.
    pub fn evaluations_before(&self, now_s: u64) -> Vec<Evaluations> {
        let mut spending = self
            .spending
            .lock()
            .expect("nothing panics while the budget is locked");
        spending.budget.days_before(now_s)
    }

    fn spend(
        &self,
        purpose: Purpose,
        caller: u64,
        wanted: u32,
        now_s: u64,
    ) -> Result<u32, KeeperError> {
        let mut spending = self
            .spending
            .lock()
            .expect("nothing panics while the budget is locked");
        let Spending { budget, journal } = &mut *spending;
        let taken = budget.take(purpose, caller, wanted, now_s)?;
        if let Some(journal) = journal
            && let Err(error) = journal.record(budget, budget.spent_by(purpose, caller))
        {
            // Answered but unrecorded, the evaluation would be free after a restart.
            tracing::error!(%error, "keeper_spending_not_recorded");
            return Err(KeeperError::Unavailable);
        }
        Ok(taken)
    }
}

fn open_key(folder: &Folder, entropy: &[u8; 32]) -> Result<OprfKey, OpenError> {
    let path = folder.path_of(KEY_FILE);
    if let Some(bytes) = folder.read(KEY_FILE)?.map(Zeroizing::new) {
        let scalar = files::body(&bytes, KEY_MAGIC, KEY_VERSION, &path)?;
        return <&[u8; SCALAR_BYTES]>::try_from(scalar)
            .ok()
            .and_then(|scalar| OprfKey::from_bytes(scalar).ok())
            .ok_or(OpenError::Damaged(path));
    }
    if Journal::exists_in(folder) {
        return Err(OpenError::KeyLost(path));
    }
    if entropy.iter().all(|byte| *byte == 0) {
        return Err(OpenError::Entropy);
    }
    let key = OprfKey::derive(entropy, KEY_INFO).map_err(|_| OpenError::Entropy)?;
    let mut contents = Zeroizing::new(Vec::with_capacity(KEY_MAGIC.len() + 1 + SCALAR_BYTES));
    contents.extend_from_slice(KEY_MAGIC);
    contents.push(KEY_VERSION);
    contents.extend_from_slice(&*key.to_bytes());
    folder
        .replace(KEY_FILE, &contents)
        .map_err(OpenError::io(&path))?;
    Ok(key)
}

#[cfg(test)]
mod tests;
