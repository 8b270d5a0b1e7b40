//! The pictures of people.

use crate::accounts::{self, Account};
use crate::profile;
use heliograph_model::{Face, FileId, MessageId, Person, UserId};
use heliograph_store::{Command, Locks, StoreError, Tx, uses};
use thiserror::Error;

/// How many pictures an account keeps, the present one included; a further one makes the oldest go.
pub const FACES_MAX: usize = 100;

/// Why a picture could not be put up.
#[derive(Debug, Error)]
pub enum FaceError {
    /// The account is gone.
    #[error("no such person")]
    Unknown,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a person or bot a picture; the one before stays among the older ones.
#[derive(Clone, Debug)]
pub struct SetFace {
    /// Whose.
    pub user: UserId,
    /// The picture; `None` for none.
    pub face: Option<Face>,
}

impl Command for SetFace {
    type Output = Person;
    type Error = FaceError;
    const NAME: &'static str = "set_face";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Person, FaceError> {
        let mut account = living(tx, self.user).await?;
        let place = (self.user.into(), MessageId(0));
        let before = account.person.photo.clone();
        if let Some(face) = &self.face {
            account.faces.retain(|worn| worn.file != face.file);
            account.faces.insert(0, face.clone());
            uses::add(tx, face.file, place)?;
            while account.faces.len() > FACES_MAX
                && let Some(oldest) = account.faces.pop()
            {
                uses::remove(tx, oldest.file, place).await?;
            }
        }
        account.person.photo = self.face;
        accounts::put(tx, &account).await?;
        if account.person.photo != before {
            profile::tell_acquaintances(tx, self.user).await?;
        }
        Ok(account.person)
    }
}

/// Removes some of an account's pictures; where the present one is among them, the next older one
/// takes its place.
#[derive(Clone, Debug)]
pub struct DropFaces {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub files: Vec<FileId>,
}

impl Command for DropFaces {
    /// Those that went.
    type Output = Vec<FileId>;
    type Error = FaceError;
    const NAME: &'static str = "drop_faces";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Vec<FileId>, FaceError> {
        let mut account = living(tx, self.user).await?;
        let mut gone = Vec::new();
        account.faces.retain(|worn| {
            let stays = !self.files.contains(&worn.file);
            gone.extend((!stays).then_some(worn.file));
            stays
        });
        for file in &gone {
            uses::remove(tx, *file, (self.user.into(), MessageId(0))).await?;
        }
        let shown = account.person.photo.as_ref().map(|face| face.file);
        if shown.is_some_and(|shown| gone.contains(&shown)) {
            account.person.photo = account.faces.first().cloned();
            accounts::put(tx, &account).await?;
            profile::tell_acquaintances(tx, self.user).await?;
        } else if !gone.is_empty() {
            accounts::put(tx, &account).await?;
        }
        Ok(gone)
    }
}

async fn living(tx: &mut Tx<'_>, user: UserId) -> Result<Account, FaceError> {
    let account = accounts::find(tx, user).await?;
    account
        .filter(|account| !account.person.deleted)
        .ok_or(FaceError::Unknown)
}

/// Takes all pictures off an account that is being deleted.
pub(crate) async fn drop_all(tx: &mut Tx<'_>, account: &mut Account) -> Result<(), StoreError> {
    let place = (account.person.id.into(), MessageId(0));
    account.person.photo = None;
    for worn in std::mem::take(&mut account.faces) {
        uses::remove(tx, worn.file, place).await?;
    }
    Ok(())
}
