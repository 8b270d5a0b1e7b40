//! Changing one's own names.

use crate::{accounts, contacts, jobs, services};
use heliograph_model::{About, FirstName, LastName, Notice, Peer, Person, UserId, Username};
use heliograph_store::{Command, Locks, StoreError, Tx, mailbox};
use std::collections::BTreeSet;
use thiserror::Error;

/// Why a profile could not be changed.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// The account is gone.
    #[error("no such person")]
    Unknown,
    /// Somebody else has the username.
    #[error("the username is taken")]
    UsernameOccupied,
    /// It is one's own already.
    #[error("nothing changed")]
    UsernameNotModified,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes names or the about line; `None` leaves a part as it is.
#[derive(Clone, Debug)]
pub struct UpdateProfile {
    /// Whose.
    pub user: UserId,
    /// The new first name.
    pub first_name: Option<FirstName>,
    /// The new last name.
    pub last_name: Option<LastName>,
    /// The new line under the name.
    pub about: Option<About>,
}

impl Command for UpdateProfile {
    type Output = Person;
    type Error = ProfileError;
    const NAME: &'static str = "update_profile";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Person, ProfileError> {
        let mut account = accounts::find(tx, self.user)
            .await?
            .ok_or(ProfileError::Unknown)?;
        let before = account.person.clone();
        let person = &mut account.person;
        if self.first_name.is_some() {
            person.first_name = self.first_name;
        }
        if let Some(last_name) = self.last_name {
            person.last_name = last_name;
        }
        if let Some(about) = self.about {
            person.about = about;
        }
        if account.person == before {
            return Ok(before);
        }
        accounts::put(tx, &account).await?;
        let renamed = account.person.first_name != before.first_name
            || account.person.last_name != before.last_name;
        if renamed {
            tell_acquaintances(tx, self.user).await?;
        }
        Ok(account.person)
    }
}

/// Takes a username, or gives it up.
#[derive(Clone, Debug)]
pub struct SetUsername {
    /// Whose.
    pub user: UserId,
    /// The new one; `None` for none.
    pub username: Option<Username>,
}

impl Command for SetUsername {
    type Output = Person;
    type Error = ProfileError;
    const NAME: &'static str = "set_username";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Person, ProfileError> {
        let mut account = accounts::find(tx, self.user)
            .await?
            .ok_or(ProfileError::Unknown)?;
        let before = account.person.username.take();
        if before == self.username {
            return Err(ProfileError::UsernameNotModified);
        }
        if let Some(name) = &self.username {
            if services::is_reserved(name) {
                return Err(ProfileError::UsernameOccupied);
            }
            let claimed = accounts::claim_username(tx, name, Peer::User(self.user)).await?;
            claimed.map_err(|_| ProfileError::UsernameOccupied)?;
        }
        if let Some(before) = before {
            let folded = self.username.as_ref().map(Username::folded);
            if folded != Some(before.folded()) {
                accounts::release_username(tx, &before, Peer::User(self.user)).await?;
            }
        }
        account.person.username = self.username;
        accounts::put(tx, &account).await?;
        tell_acquaintances(tx, self.user).await?;
        Ok(account.person)
    }
}

/// Notes a new name in the mailboxes of all who know the person: by a chat or as a contact.
///
/// The first [`Locks::MAX`] learn it in this commit, the rest by jobs.
pub(crate) async fn tell_acquaintances(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    let mut known: BTreeSet<UserId> = BTreeSet::from([user]);
    for (peer, _) in mailbox::dialogs(tx, user.into()).await? {
        known.extend(peer.user());
    }
    known.extend(contacts::known_by(tx, user).await?);
    let known: Vec<UserId> = known.into_iter().collect();
    let (now, later) = known.split_at(known.len().min(Locks::MAX));
    for person in now {
        mailbox::note(tx, (*person).into(), Notice::Name(user)).await?;
    }
    for some in later.chunks(Locks::MAX) {
        jobs::tell_name(tx, user, some).await?;
    }
    Ok(())
}
