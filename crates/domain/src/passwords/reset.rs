//! What may be done without the password, after a week in which every device can say no.

use super::{Password, PasswordError, find};
use crate::services;
use heliograph_model::UserId;
use heliograph_store::{Command, Locks, Tx};

/// How long a password is waited for before it is removed, or the account deleted, without it; and
/// for how long neither may be asked for again after it was declined. In seconds: a week, as clients
/// tell it.
pub const WAIT_S: i64 = 7 * 86_400;

/// When what was asked for may be done, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// From then on.
    pub due: i32,
}

/// Asks, on a device that is signed in, that the forgotten password be removed.
#[derive(Clone, Copy, Debug)]
pub struct AskReset {
    /// Whose.
    pub user: UserId,
}

impl Command for AskReset {
    type Output = Asked;
    type Error = PasswordError;
    const NAME: &'static str = "ask_password_reset";

    fn locks(&self) -> Locks {
        Locks::of([self.user])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Asked, PasswordError> {
        let mut password = find(tx, self.user).await?.ok_or(PasswordError::Missing)?;
        if let Some(due) = password.reset {
            return Ok(Asked { due });
        }
        let due = ask(tx, &password)?;
        password.reset = Some(due);
        let what = "One of your devices asked to remove the password of your account without \
                    giving it.";
        tell(tx, self.user, &password, what, due).await
    }
}

/// Asks, without the password, that the account be deleted.
#[derive(Clone, Copy, Debug)]
pub struct AskDeletion {
    /// Whose.
    pub user: UserId,
}

impl Command for AskDeletion {
    type Output = Asked;
    type Error = PasswordError;
    const NAME: &'static str = "ask_deletion";

    fn locks(&self) -> Locks {
        Locks::of([self.user])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Asked, PasswordError> {
        let mut password = find(tx, self.user).await?.ok_or(PasswordError::Missing)?;
        if let Some(due) = password.deletion {
            return Ok(Asked { due });
        }
        let due = ask(tx, &password)?;
        password.deletion = Some(due);
        let what = "Somebody who could receive a code for your number, or uses one of your devices, \
                    asked to delete your account without giving its password.";
        tell(tx, self.user, &password, what, due).await
    }
}

/// Says no to whatever was asked for without the password.
#[derive(Clone, Copy, Debug)]
pub struct DeclineReset {
    /// Whose.
    pub user: UserId,
}

impl Command for DeclineReset {
    type Output = ();
    type Error = PasswordError;
    const NAME: &'static str = "decline_password_reset";

    fn locks(&self) -> Locks {
        Locks::of([self.user])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), PasswordError> {
        let mut password = find(tx, self.user)
            .await?
            .ok_or(PasswordError::NothingAsked)?;
        let (reset, deletion) = (password.reset.take(), password.deletion.take());
        if reset.or(deletion).is_none() {
            return Err(PasswordError::NothingAsked);
        }
        password.declined = Some(tx.now().plus_seconds(WAIT_S).seconds());
        tx.put(self.user.into(), &(), &password)?;
        let text = "What was asked for without your account's password was declined.";
        Ok(services::tell(tx, self.user, text.into()).await?)
    }
}

/// When what is asked for now may be done.
fn ask(tx: &Tx<'_>, password: &Password) -> Result<i32, PasswordError> {
    let now = tx.now();
    match password.declined {
        Some(until) if until > now.seconds() => Err(PasswordError::Declined(until)),
        _ => Ok(now.plus_seconds(WAIT_S).seconds()),
    }
}

async fn tell(
    tx: &mut Tx<'_>,
    user: UserId,
    password: &Password,
    what: &str,
    due: i32,
) -> Result<Asked, PasswordError> {
    tx.put(user.into(), &(), password)?;
    let text = format!(
        "{what} That becomes possible on {}.\n\nIf this wasn't you, decline it in Settings > Privacy \
         and Security > Two-Step Verification, or give your password there.",
        services::utc_of(due)
    );
    services::tell(tx, user, text).await?;
    Ok(Asked { due })
}
