//! Changing one's number, and whether it lies sealed.

use crate::accounts::{self, Account, Proof, find_phone};
use heliograph_keeper::PhoneTag;
use heliograph_model::UserId;
use heliograph_store::{Command, Locks, StoreError, Tx};
use thiserror::Error;

/// Why a number could not be changed.
#[derive(Debug, Error)]
pub enum NumberError {
    /// The account is gone.
    #[error("no such person")]
    Unknown,
    /// The number has an account, perhaps one's own.
    #[error("the number has an account")]
    Occupied,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives an account another number; the one before is free at once.
#[derive(Clone, Debug)]
pub struct ChangePhone {
    /// Whose.
    pub user: UserId,
    /// The tag of the new number.
    pub phone: PhoneTag,
    /// How it was proven.
    pub proven: Proof,
    /// ISO 3166 code of its country.
    pub country: Option<String>,
}

impl Command for ChangePhone {
    type Output = Account;
    type Error = NumberError;
    const NAME: &'static str = "change_phone";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Account, NumberError> {
        let mut account = accounts::find(tx, self.user)
            .await?
            .filter(|account| !account.person.deleted)
            .ok_or(NumberError::Unknown)?;
        if find_phone(tx, self.phone).await?.is_some() {
            return Err(NumberError::Occupied);
        }
        if let Some(before) = account.phone {
            accounts::release_phone(tx, before, self.user).await?;
        }
        let tag = self.phone.to_bytes();
        accounts::take_phone(tx, tag, self.user)?;
        account.phone = Some(tag);
        account.proven = self.proven;
        account.person.country = self.country;
        account.sealed = None;
        accounts::put(tx, &account).await?;
        Ok(account)
    }
}

/// Notes that an account's number lies sealed.
#[derive(Clone, Copy, Debug)]
pub struct NoteSealed {
    /// Whose.
    pub user: UserId,
    /// The tag of the number that was sealed. Where the account has another one by now, nothing
    /// is noted.
    pub phone: PhoneTag,
    /// Under which keys.
    pub pkid: [u8; 32],
}

impl Command for NoteSealed {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "note_sealed";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(mut account) = accounts::find(tx, self.user).await? else {
            return Ok(());
        };
        if account.phone != Some(self.phone.to_bytes()) {
            return Ok(());
        }
        account.sealed = Some(self.pkid);
        accounts::put(tx, &account).await
    }
}
