//! Setting, changing and removing a password.

use super::{Password, PasswordError, Proof, compare, find};
use crate::services;
use heliograph_model::UserId;
use heliograph_srp::Verifier;
use heliograph_store::{Command, Locks, StoreError, Tx};

/// A password as a client sets it. No `Debug`.
pub struct NewPassword {
    /// What the client made of it.
    pub verifier: Verifier,
    /// The salt of the slow hash, with the client's part.
    pub salt1: Vec<u8>,
    /// The other salt.
    pub salt2: Vec<u8>,
    /// What to remember it by; may be empty.
    pub hint: String,
}

/// Sets an account's password, or changes it.
pub struct SetPassword {
    /// Whose.
    pub user: UserId,
    /// That the caller knows the one before; `None` where there is none.
    pub proof: Option<Proof>,
    /// The new one, sealed.
    pub password: Password,
}

impl Command for SetPassword {
    type Output = ();
    type Error = PasswordError;
    const NAME: &'static str = "set_password";

    fn locks(&self) -> Locks {
        Locks::of([self.user])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), PasswordError> {
        let before = find(tx, self.user).await?;
        compare(self.user, before.as_ref(), self.proof.as_ref())?;
        tx.put(self.user.into(), &(), &self.password)?;
        let what = match before {
            Some(_) => "The password of your account was changed.",
            None => "A password was set for your account. New devices will be asked for it.",
        };
        tell(tx, self.user, what).await
    }
}

/// Removes an account's password.
#[derive(Clone, Debug)]
pub struct RemovePassword {
    /// Whose.
    pub user: UserId,
    /// That the caller knows it. Without this, a reset must have been asked for and waited for.
    pub proof: Option<Proof>,
}

impl Command for RemovePassword {
    type Output = ();
    type Error = PasswordError;
    const NAME: &'static str = "remove_password";

    fn locks(&self) -> Locks {
        Locks::of([self.user])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), PasswordError> {
        let password = find(tx, self.user).await?.ok_or(PasswordError::Missing)?;
        let now_s = tx.now().seconds();
        match &self.proof {
            None if password.reset.is_some_and(|reset| reset <= now_s) => {}
            proof => compare(self.user, Some(&password), proof.as_ref())?,
        }
        tx.delete::<Password>(self.user.into(), &())?;
        let what = "The password of your account was removed. A code is enough to sign in now.";
        tell(tx, self.user, what).await
    }
}

/// Notes that somebody has just given an account's password: what was asked for without it is off.
#[derive(Clone, Debug)]
pub struct NoteKnown {
    /// What they have shown.
    pub proof: Proof,
}

impl Command for NoteKnown {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "note_password_known";

    fn locks(&self) -> Locks {
        Locks::of([self.proof.user])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        known(tx, &self.proof).await
    }
}

/// See [`NoteKnown`]; for commands that have locked the account's mailbox.
pub(crate) async fn known(tx: &mut Tx<'_>, proof: &Proof) -> Result<(), StoreError> {
    let user = proof.user;
    let Some(mut password) = find(tx, user).await? else {
        return Ok(());
    };
    let asked = (password.reset.take()).or(password.deletion.take());
    if password.stamp != proof.stamp || asked.is_none() {
        return Ok(());
    }
    tx.put(user.into(), &(), &password)?;
    let text = "The password of your account was given, so what was asked for without it is off.";
    services::tell(tx, user, text.into()).await
}

async fn tell(tx: &mut Tx<'_>, user: UserId, what: &str) -> Result<(), PasswordError> {
    let text = format!(
        "{what}\n\nIf this wasn't you, look at Settings > Devices (or Privacy and Security > Active \
         Sessions), and end every session that you do not know."
    );
    Ok(services::tell(tx, user, text).await?)
}
