//! The keys under which moderators sign: made from one secret of the installation, so that the log
//! shows which decisions are one person's, and nobody who the person is.

use crate::secrets::{DataFolder, SecretsError, open_key};
use ed25519_dalek::SigningKey;
use heliograph_desk_store::{DeskError, DeskStore, StaffId};
use heliograph_transparency::ledger::Ledger;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Makes each moderator's key.
///
/// The keys lie with the operator: a signature says which moderator the server had in front of it,
/// not that the operator could not have made it. `docs/trust.md` says so.
#[derive(Clone)]
pub struct ModeratorKeys {
    secret: Arc<Zeroizing<[u8; 32]>>,
    /// Everybody who was ever invited, to find whose number is whose.
    staff: DeskStore,
}

impl ModeratorKeys {
    /// Opens the secret of a data folder, or makes it. `has_moderators` says that the log knows
    /// some: then a lost secret must come back from a backup.
    pub fn open(
        data: &DataFolder,
        has_moderators: bool,
        staff: DeskStore,
    ) -> Result<Self, SecretsError> {
        let secret = open_key(&data.moderators_key(), !has_moderators)?;
        Ok(Self::new(secret, staff))
    }

    /// Makes keys of this secret.
    pub fn new(secret: Zeroizing<[u8; 32]>, staff: DeskStore) -> Self {
        Self {
            secret: Arc::new(secret),
            staff,
        }
    }

    fn key(&self, staff: StaffId) -> SigningKey {
        let mut mac = Hmac::<Sha256>::new_from_slice(&**self.secret).expect("any length will do");
        mac.update(b"hg/moderator/v1\n");
        mac.update(staff.to_string().as_bytes());
        SigningKey::from_bytes(&mac.finalize().into_bytes().into())
    }

    /// The public key of a member of staff.
    pub fn public(&self, staff: StaffId) -> [u8; 32] {
        self.key(staff).verifying_key().to_bytes()
    }

    /// The keys of the moderators with these numbers in the log, by ascending number.
    pub fn of(
        &self,
        ledger: &Ledger,
        numbers: &[u16],
    ) -> Result<Vec<(u16, SigningKey)>, DeskError> {
        let desk = self.staff.desk();
        let everybody = desk.view(|view| {
            let all: Result<_, DeskError> = view.all_staff();
            all
        })?;
        let mut found = Vec::with_capacity(numbers.len());
        for staff in everybody {
            let key = self.key(staff.id);
            let public = key.verifying_key().to_bytes();
            let moderators = ledger.moderation().moderators();
            let mut own = moderators.filter(|(_, known)| known.key == public);
            if let Some((_, known)) = own.next()
                && numbers.contains(&known.number)
            {
                found.push((known.number, key));
            }
        }
        found.sort_unstable_by_key(|(number, _)| *number);
        Ok(found)
    }
}
