//! Address books and blocks.

use crate::accounts;
use heliograph_model::{FirstName, LastName, Notice, UserId};
use heliograph_store::{
    Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, mailbox, row,
};
use minicbor::{Decode, Encode};
use thiserror::Error;

/// A person in somebody's address book, under the name that was saved for them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Contact {
    /// The saved name.
    #[n(0)]
    pub first_name: FirstName,
    /// The saved name.
    #[n(1)]
    pub last_name: LastName,
}

row!(Contact, Table::Contact, key: UserId);

/// The other direction: who has a person in their address book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
struct ContactOf {}

row!(ContactOf, Table::ContactOf, key: UserId);

/// Somebody was blocked at this time (Unix seconds).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct BlockedRow {
    #[n(0)]
    date: i32,
}

row!(BlockedRow, Table::Blocked, key: UserId);

/// How many contacts an address book holds at most.
pub const CONTACTS_MAX: usize = 5000;

/// Why an address book could not be changed.
#[derive(Debug, Error)]
pub enum ContactError {
    /// No such person, or it is oneself.
    #[error("no such person")]
    UnknownPerson,
    /// [`CONTACTS_MAX`] are reached.
    #[error("the address book is full")]
    TooMany,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The address book, by id.
pub async fn list(
    rows: &mut dyn Rows,
    owner: UserId,
) -> Result<Vec<(UserId, Contact)>, StoreError> {
    rows.list(
        owner.into(),
        KeyRange::all(),
        Order::Ascending,
        CONTACTS_MAX,
    )
    .await
}

/// The name under which `owner` knows `person`; `None` when they are no contact.
pub async fn find(
    rows: &mut dyn Rows,
    owner: UserId,
    person: UserId,
) -> Result<Option<Contact>, StoreError> {
    rows.find(owner.into(), &person).await
}

/// Whether both have each other in their address books.
pub async fn is_mutual(
    rows: &mut dyn Rows,
    owner: UserId,
    person: UserId,
) -> Result<bool, StoreError> {
    Ok(rows
        .find::<ContactOf>(owner.into(), &person)
        .await?
        .is_some())
}

/// Those who have a person in their address book.
pub async fn known_by(rows: &mut dyn Rows, person: UserId) -> Result<Vec<UserId>, StoreError> {
    let all = KeyRange::all();
    let found = rows
        .list::<ContactOf>(person.into(), all, Order::Ascending, usize::MAX)
        .await?;
    Ok(found.into_iter().map(|(owner, _)| owner).collect())
}

/// Whether `owner` has blocked `person`.
pub async fn is_blocked(
    rows: &mut dyn Rows,
    owner: UserId,
    person: UserId,
) -> Result<bool, StoreError> {
    Ok(rows
        .find::<BlockedRow>(owner.into(), &person)
        .await?
        .is_some())
}

/// Whom `owner` has blocked, with the dates.
pub async fn blocked(rows: &mut dyn Rows, owner: UserId) -> Result<Vec<(UserId, i32)>, StoreError> {
    let all = KeyRange::all();
    let found = rows
        .list::<BlockedRow>(owner.into(), all, Order::Ascending, usize::MAX)
        .await?;
    Ok(found
        .into_iter()
        .map(|(person, row)| (person, row.date))
        .collect())
}

/// Saves people in an address book, or renames them there.
#[derive(Clone, Debug)]
pub struct SaveContacts {
    /// Whose address book.
    pub owner: UserId,
    /// Who, under which name.
    pub people: Vec<(UserId, Contact)>,
}

impl Command for SaveContacts {
    type Output = ();
    type Error = ContactError;
    const NAME: &'static str = "save_contacts";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), ContactError> {
        let mut known = tx
            .rows()
            .count(Table::Contact, self.owner.into(), KeyRange::all())
            .await?;
        for (person, contact) in self.people {
            let account = accounts::find(tx, person).await?;
            if person == self.owner || account.is_none_or(|account| account.person.deleted) {
                return Err(ContactError::UnknownPerson);
            }
            match find(tx, self.owner, person).await? {
                Some(before) if before == contact => continue,
                Some(_) => {}
                None => known += 1,
            }
            if known > CONTACTS_MAX {
                return Err(ContactError::TooMany);
            }
            tx.put(self.owner.into(), &person, &contact)?;
            tx.put(person.into(), &self.owner, &ContactOf {})?;
            mailbox::note(tx, self.owner.into(), Notice::Contact(person)).await?;
        }
        Ok(())
    }
}

/// Takes people out of an address book; those who are not in it are passed over.
#[derive(Clone, Debug)]
pub struct DeleteContacts {
    /// Whose address book.
    pub owner: UserId,
    /// Whom.
    pub people: Vec<UserId>,
}

impl Command for DeleteContacts {
    type Output = ();
    type Error = ContactError;
    const NAME: &'static str = "delete_contacts";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), ContactError> {
        for person in self.people {
            if find(tx, self.owner, person).await?.is_none() {
                continue;
            }
            tx.delete::<Contact>(self.owner.into(), &person)?;
            tx.delete::<ContactOf>(person.into(), &self.owner)?;
            mailbox::note(tx, self.owner.into(), Notice::Contact(person)).await?;
        }
        Ok(())
    }
}

/// Empties the address book of somebody whose account is deleted, and takes them out of those of
/// others, whose clients learn of it: up to `limit` of each; whether that was all.
pub(crate) async fn leave_books(
    tx: &mut Tx<'_>,
    user: UserId,
    limit: usize,
) -> Result<bool, StoreError> {
    let all = KeyRange::all();
    let own = tx
        .rows()
        .list::<Contact>(user.into(), all.clone(), Order::Ascending, limit)
        .await?;
    for (person, _) in &own {
        tx.delete::<Contact>(user.into(), person)?;
        tx.delete::<ContactOf>((*person).into(), &user)?;
    }
    let others = tx
        .rows()
        .list::<ContactOf>(user.into(), all, Order::Ascending, limit)
        .await?;
    for (owner, _) in &others {
        tx.delete::<Contact>((*owner).into(), &user)?;
        tx.delete::<ContactOf>(user.into(), owner)?;
        mailbox::note(tx, (*owner).into(), Notice::Contact(user)).await?;
    }
    Ok(own.len() < limit && others.len() < limit)
}

/// Blocks or unblocks a person.
#[derive(Clone, Copy, Debug)]
pub struct SetBlocked {
    /// Who blocks.
    pub owner: UserId,
    /// Whom.
    pub person: UserId,
    /// Block, or unblock.
    pub blocked: bool,
}

impl Command for SetBlocked {
    type Output = ();
    type Error = ContactError;
    const NAME: &'static str = "set_blocked";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), ContactError> {
        if self.person == self.owner || accounts::find(tx, self.person).await?.is_none() {
            return Err(ContactError::UnknownPerson);
        }
        if is_blocked(tx, self.owner, self.person).await? == self.blocked {
            return Ok(());
        }
        if self.blocked {
            let date = tx.now().seconds();
            tx.put(self.owner.into(), &self.person, &BlockedRow { date })?;
        } else {
            tx.delete::<BlockedRow>(self.owner.into(), &self.person)?;
        }
        mailbox::note(tx, self.owner.into(), Notice::Blocked(self.person)).await?;
        Ok(())
    }
}
