//! Deleting an account.
//!
//! The account keeps its id and loses everything else: its names, its number, its sign-ins, its
//! address book, its own copies of all chats. What others have stays theirs: their copies of
//! messages, with their texts, from a person without a name.
//!
//! An account that moderation has removed loses what it has written in public as well.
//!
//! The names, the number, the password and the sign-ins go in the command itself. What can be much goes in a chain
//! of jobs, each a bounded commit that adds the next one. Sealed records and the person's secret lie
//! outside this database, so a row of [`pending`] stands until [`crate::sealing`] has erased them.

mod written;

use crate::accounts::Account;
use crate::passwords::{self, Password, Proof};
use crate::{
    accounts, authorizations, bots, channels, contacts, files, jobs, profile, secret_chats,
};
use heliograph_model::{
    About, AuthKeyId, ChannelId, LastName, MessageId, Owner, Peer, PersonKind, UserId,
};
use heliograph_store::mailbox::{self, MessageRow};
use heliograph_store::{
    Command, Job, Key, KeyRange, Locks, Order, Row, Rows, StoreError, Table, Tx, enqueue, row,
};
use minicbor::{Decode, Encode};
use thiserror::Error;

/// Why an account could not be deleted.
#[derive(Debug, Error)]
pub enum DeletionError {
    /// It is gone already, or not a person's.
    #[error("no such person")]
    Unknown,
    /// The account has a password, which was not given, and nobody has waited for it long enough.
    #[error("the account has a password")]
    PasswordNeeded,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Deletes an account, for good.
#[derive(Clone, Debug)]
pub struct DeleteAccount {
    /// Whose.
    pub user: UserId,
    /// That the account's password was given, where it has one. Without it, the deletion must have
    /// been asked for ([`passwords::AskDeletion`]) and waited for.
    pub password: Option<Proof>,
}

impl Command for DeleteAccount {
    /// The keys that were signed in.
    type Output = Vec<AuthKeyId>;
    type Error = DeletionError;
    const NAME: &'static str = "delete_account";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Vec<AuthKeyId>, DeletionError> {
        let account = accounts::find(tx, self.user).await?;
        let account = account.filter(|account| account.person.kind == PersonKind::Human);
        if !passwords::is_known(tx, self.user, self.password.as_ref()).await? {
            let password = passwords::find(tx, self.user).await?;
            let due = password.and_then(|password| password.deletion);
            if due.is_none_or(|due| due > tx.now().seconds()) {
                return Err(DeletionError::PasswordNeeded);
            }
        }
        delete(tx, account, Stage::Books).await
    }
}

/// Deletes an account that moderation has removed, a person's or a bot's, for good, with everything
/// that it has written in public.
#[derive(Clone, Copy, Debug)]
pub struct EraseAccount {
    /// Whose.
    pub user: UserId,
}

impl Command for EraseAccount {
    /// The keys that were signed in.
    type Output = Vec<AuthKeyId>;
    type Error = DeletionError;
    const NAME: &'static str = "erase_removed_account";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Vec<AuthKeyId>, DeletionError> {
        let account = accounts::find(tx, self.user).await?;
        bots::forget(tx, self.user).await?;
        delete(tx, account, written::FIRST).await
    }
}

/// Takes an account's names, number and sign-ins, and begins with the rest.
async fn delete(
    tx: &mut Tx<'_>,
    account: Option<Account>,
    first: Stage,
) -> Result<Vec<AuthKeyId>, DeletionError> {
    let account = account.filter(|account| !account.person.deleted);
    let mut account = account.ok_or(DeletionError::Unknown)?;
    let user = account.person.id;
    let person = &mut account.person;
    person.deleted = true;
    person.first_name = None;
    person.last_name = LastName::default();
    person.about = About::default();
    person.country = None;
    person.photo = None;
    if let Some(username) = person.username.take() {
        accounts::release_username(tx, &username, user.into()).await?;
    }
    if let Some(phone) = account.phone.take() {
        accounts::release_phone(tx, phone, user).await?;
    }
    account.sealed = None;
    tx.delete::<Password>(user.into(), &())?;
    files::drop_faces(tx, &mut account).await?;
    accounts::put(tx, &account).await?;
    if account.person.kind == PersonKind::Human {
        tx.next_number(accounts::DELETED).await?;
        tx.put(Owner::INSTALLATION, &user, &ErasureRow {})?;
    }
    profile::tell_acquaintances(tx, user).await?;
    go_on(tx, user, first).await?;
    Ok(authorizations::end_all(tx, user).await?)
}

/// An account's sealed records and secret are still to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct ErasureRow {}

row!(ErasureRow, Table::Erasure, key: UserId);

/// Deleted accounts whose sealed records and secrets are still to be erased; some of them, where
/// there are many.
pub async fn pending(rows: &mut dyn Rows) -> Result<Vec<UserId>, StoreError> {
    let all = KeyRange::all();
    let found = rows
        .list::<ErasureRow>(Owner::INSTALLATION, all, Order::Ascending, BATCH)
        .await?;
    Ok(found.into_iter().map(|(user, _)| user).collect())
}

/// Notes that nothing sealed is left of a deleted account.
#[derive(Clone, Copy, Debug)]
pub struct NoteErased {
    /// Whose.
    pub user: UserId,
}

impl Command for NoteErased {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "note_erased";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.delete::<ErasureRow>(Owner::INSTALLATION, &self.user)
    }
}

/// How many rows one job removes.
const BATCH: usize = 200;

/// What is left to remove of a deleted account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
enum Stage {
    /// Its address book, and its place in those of others.
    #[n(0)]
    Books,
    /// Its copies of the messages of a chat.
    #[n(1)]
    Chat(#[n(0)] Peer),
    /// Settings, blocks, and what its clients had still to be told.
    #[n(2)]
    Traces,
    /// What it has written in public, where moderation has removed it: in this channel, from this
    /// message on. Comes first, while it is known where it has a place.
    #[n(3)]
    Written(#[n(0)] ChannelId, #[n(1)] MessageId),
}

/// The payload of a job of the kind [`ERASE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct Erase {
    #[n(0)]
    user: UserId,
    #[n(1)]
    stage: Stage,
}

/// The kind of job that removes what is left of a deleted account.
pub(crate) const ERASE: &str = "erase_account";

/// The mailboxes that a job of the kind [`ERASE`] changes: a text whose author's copy goes moves to
/// the other copy.
pub(crate) fn locks(job: &Job) -> Locks {
    match jobs::payload::<Erase>(&job.payload) {
        Ok(Erase { user, stage }) => match stage {
            Stage::Chat(peer) => Locks::of([Owner::from(user), Owner::from(peer)]),
            Stage::Written(channel, _) => Locks::of([Peer::Channel(channel)]),
            Stage::Books | Stage::Traces => Locks::of([user]),
        },
        // Running it tells what is wrong.
        Err(_) => Locks::none(),
    }
}

/// Does a job of the kind [`ERASE`]: one batch, and the next job.
pub(crate) async fn erase(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let Erase { user, stage } = jobs::payload(payload)?;
    let done = match stage {
        Stage::Books => contacts::leave_books(tx, user, BATCH).await?,
        Stage::Chat(peer) => erase_chat(tx, user, peer).await?,
        Stage::Traces => erase_traces(tx, user).await?,
        Stage::Written(channel, from) => {
            let next = written::erase(tx, user, channel, from).await?;
            return go_on(tx, user, next.unwrap_or(Stage::Books)).await;
        }
    };
    let next = match (done, stage) {
        (false, stage) => Some(stage),
        (true, Stage::Traces) => None,
        (true, _) => Some(next_stage(tx, user).await?),
    };
    match next {
        Some(stage) => go_on(tx, user, stage).await,
        None => Ok(()),
    }
}

/// A chat that is left; when none is, the traces.
async fn next_stage(tx: &mut Tx<'_>, user: UserId) -> Result<Stage, StoreError> {
    let chats = mailbox::dialogs(tx, user.into()).await?;
    Ok(chats
        .first()
        .map_or(Stage::Traces, |(peer, _)| Stage::Chat(*peer)))
}

async fn go_on(tx: &mut Tx<'_>, user: UserId, stage: Stage) -> Result<(), StoreError> {
    let now = tx.now();
    let payload =
        minicbor::to_vec(Erase { user, stage }).expect("encoding to memory does not fail");
    enqueue(tx, now, ERASE, payload).await
}

/// Removes some of the account's copies of a chat; whether that was all.
async fn erase_chat(tx: &mut Tx<'_>, user: UserId, peer: Peer) -> Result<bool, StoreError> {
    if let Peer::Channel(channel) = peer {
        channels::forget_member(tx, channel, user).await?;
        return Ok(true);
    }
    let range = KeyRange::within(&peer);
    let found = tx
        .rows()
        .list::<MessageRow>(user.into(), range, Order::Ascending, BATCH)
        .await?;
    let ids: Vec<_> = found.iter().map(|((_, id), _)| *id).collect();
    mailbox::delete(tx, user.into(), &ids).await?;
    if ids.len() == BATCH {
        return Ok(false);
    }
    mailbox::delete_dialog(tx, user.into(), peer)?;
    Ok(true)
}

/// Removes some of what stands in tables of the account's own; whether that was all.
async fn erase_traces(tx: &mut Tx<'_>, user: UserId) -> Result<bool, StoreError> {
    Ok(secret_chats::refuse_requests(tx, user, BATCH).await?
        && wipe::<{ Table::Setting as u8 }>(tx, user).await?
        && wipe::<{ Table::Blocked as u8 }>(tx, user).await?
        && wipe::<{ Table::Notice as u8 }>(tx, user).await?
        && wipe::<{ Table::Sent as u8 }>(tx, user).await?
        && wipe::<{ Table::Queue as u8 }>(tx, user).await?
        && wipe::<{ Table::Reporter as u8 }>(tx, user).await?
        && wipe::<{ Table::Terms as u8 }>(tx, user).await?
        && wipe::<{ Table::Appeal as u8 }>(tx, user).await?
        // Last, for the removal of messages is logged there.
        && wipe::<{ Table::Event as u8 }>(tx, user).await?)
}

/// Removes some of what an owner has in a table; whether that was all.
pub(crate) async fn wipe<const TABLE: u8>(
    tx: &mut Tx<'_>,
    owner: impl Into<Owner>,
) -> Result<bool, StoreError> {
    let owner = owner.into();
    let all = KeyRange::all();
    let found = tx
        .rows()
        .list::<Bare<TABLE>>(owner, all, Order::Ascending, BATCH)
        .await?;
    for (key, _) in &found {
        tx.delete::<Bare<TABLE>>(owner, key)?;
    }
    Ok(found.len() < BATCH)
}

/// A row of the table with this number, whatever it holds.
struct Bare<const TABLE: u8>;

impl<const TABLE: u8> Row for Bare<TABLE> {
    const TABLE: Table = Table::ALL[TABLE as usize - 1];
    type Key = BareKey;

    fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }
    fn from_bytes(_: &[u8]) -> Result<Self, StoreError> {
        Ok(Bare)
    }
}

/// A key of any form.
struct BareKey(Vec<u8>);

impl Key for BareKey {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(BareKey(std::mem::take(bytes).to_vec()))
    }
}
