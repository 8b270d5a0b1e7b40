//! Accounts: finding them, and making them.

use crate::{history, stale};
use heliograph_keeper::PhoneTag;
use heliograph_model::{
    About, Face, FirstName, LastName, Owner, Peer, Person, PersonKind, UserId, Username,
};
use heliograph_store::{Command, Locks, Rows, StoreError, Table, Tx, last_number, row};
use minicbor::{Decode, Encode};
use thiserror::Error;

/// An account as it is stored. The phone number is not: only its tag.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Account {
    /// The public face.
    #[n(0)]
    pub person: Person,
    /// The tag of its number; service accounts and bots have none.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub phone: Option<[u8; 16]>,
    /// How the number was proven.
    #[n(2)]
    pub proven: Proof,
    /// The `pkid` under which this number lies sealed; `None` where it does not.
    #[cbor(n(3), with = "minicbor::bytes")]
    #[cbor(default)]
    pub sealed: Option<[u8; 32]>,
    /// Whether its owner works here: moderators decide nothing about themselves and each other.
    #[n(5)]
    #[cbor(default)]
    pub staff: bool,
    /// Its pictures, the newest first; the one that it wears stands in `person` besides.
    #[n(4)]
    #[cbor(default)]
    pub faces: Vec<Face>,
}

row!(Account, Table::Account, key: ());

/// How it was made sure that an account's number is its owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Proof {
    /// Not at all: the code was read off the operator's console, or there is no number.
    #[n(0)]
    None,
    /// The operator vouched for it.
    #[n(1)]
    Operator,
    /// A code went to the number itself.
    #[n(2)]
    Sms,
}

/// The way from a folded username to its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
struct UsernameRow(#[n(0)] Peer);

row!(UsernameRow, Table::Username, key: String);

/// The way from a phone tag to its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
struct PhoneRow(#[n(0)] UserId);

row!(PhoneRow, Table::Phone, key: [u8; 16]);

/// An invitation for the number with this tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct InviteRow {
    /// Who invited; `None` for the operator.
    #[n(0)]
    by: Option<UserId>,
    /// Until when it holds, in Unix seconds.
    #[n(1)]
    until: i32,
}

row!(InviteRow, Table::Invite, key: [u8; 16]);

/// The account with this id.
pub async fn find(rows: &mut dyn Rows, id: UserId) -> Result<Option<Account>, StoreError> {
    rows.find(id.into(), &()).await
}

/// The peer with this username.
pub async fn find_username(
    rows: &mut dyn Rows,
    name: &Username,
) -> Result<Option<Peer>, StoreError> {
    let folded = name.folded();
    let found: Option<UsernameRow> = rows
        .find(Owner::of_name(folded.as_bytes()), &folded)
        .await?;
    Ok(found.map(|row| row.0))
}

/// The account whose number has this tag.
pub async fn find_phone(rows: &mut dyn Rows, tag: PhoneTag) -> Result<Option<UserId>, StoreError> {
    let tag = tag.to_bytes();
    let found: Option<PhoneRow> = rows.find(Owner::of_name(&tag), &tag).await?;
    Ok(found.map(|row| row.0))
}

/// Who may make an account (`registration` in the settings).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Anyone.
    Open,
    /// Whose number was invited, and the very first account.
    Invite,
    /// Nobody.
    Closed,
}

/// Notes that an account's owner works here, or no longer does.
#[derive(Clone, Copy, Debug)]
pub struct MarkStaff {
    /// Whose account.
    pub user: UserId,
    /// Whether they work here.
    pub staff: bool,
}

impl Command for MarkStaff {
    /// Whether there is such an account.
    type Output = bool;
    type Error = StoreError;
    const NAME: &'static str = "mark_staff";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let Some(mut account) = find(tx, self.user).await? else {
            return Ok(false);
        };
        account.staff = self.staff;
        put(tx, &account).await?;
        Ok(true)
    }
}

/// Why an account could not be made.
#[derive(Debug, Error)]
pub enum SignUpError {
    /// The number has an account already.
    #[error("the number has an account")]
    Occupied,
    /// Nobody may make an account here.
    #[error("registration is closed")]
    Closed,
    /// The number was not invited.
    #[error("the number was not invited")]
    NotInvited,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The first id of a person; smaller ones belong to service accounts, 777000 among them.
pub(crate) const FIRST_USER_ID: i64 = 1_000_000;

/// Makes an account for a number.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// The tag of the number.
    pub phone: PhoneTag,
    /// How the number was proven.
    pub proven: Proof,
    /// The names.
    pub first_name: FirstName,
    /// The names.
    pub last_name: LastName,
    /// ISO 3166 code of the number's country.
    pub country: Option<String>,
    /// Who may make accounts.
    pub registration: Registration,
}

impl Command for SignUp {
    type Output = Account;
    type Error = SignUpError;
    const NAME: &'static str = "sign_up";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Account, SignUpError> {
        if find_phone(tx, self.phone).await?.is_some() {
            return Err(SignUpError::Occupied);
        }
        let number = tx.next_number("user").await? as i64;
        let tag = self.phone.to_bytes();
        let owner = Owner::of_name(&tag);
        match self.registration {
            Registration::Open => {}
            // The first account is the operator's.
            _ if number == 1 => {}
            Registration::Closed => return Err(SignUpError::Closed),
            Registration::Invite => {
                let invite: Option<InviteRow> = tx.find(owner, &tag).await?;
                if invite.is_none_or(|invite| invite.until < tx.now().seconds()) {
                    return Err(SignUpError::NotInvited);
                }
                tx.delete::<InviteRow>(owner, &tag)?;
            }
        }
        let id = UserId(FIRST_USER_ID + number);
        let account = Account {
            person: Person {
                id,
                first_name: Some(self.first_name),
                last_name: self.last_name,
                username: None,
                about: About::default(),
                kind: PersonKind::Human,
                verified: false,
                deleted: false,
                created: tx.now(),
                country: self.country,
                photo: None,
            },
            phone: Some(tag),
            proven: self.proven,
            sealed: None,
            staff: false,
            faces: Vec::new(),
        };
        put(tx, &account).await?;
        take_phone(tx, tag, id)?;
        Ok(account)
    }
}

/// Whether a number could make an account now; told before a code is sent, so that nobody types a
/// code in vain.
pub async fn may_sign_up(
    rows: &mut dyn Rows,
    registration: Registration,
    tag: PhoneTag,
    now_s: i32,
) -> Result<(), SignUpError> {
    if registration == Registration::Open || is_empty(rows).await? {
        return Ok(());
    }
    if registration == Registration::Closed {
        return Err(SignUpError::Closed);
    }
    let tag = tag.to_bytes();
    let invite: Option<InviteRow> = rows.find(Owner::of_name(&tag), &tag).await?;
    match invite {
        Some(invite) if invite.until >= now_s => Ok(()),
        _ => Err(SignUpError::NotInvited),
    }
}

/// Whether no person has an account yet.
pub async fn is_empty(rows: &mut dyn Rows) -> Result<bool, StoreError> {
    Ok(find(rows, UserId(FIRST_USER_ID + 1)).await?.is_none())
}

/// How many people have made an account, deleted ones included.
pub async fn count(rows: &mut dyn Rows) -> Result<u64, StoreError> {
    last_number(rows, "user").await
}

/// How many people have an account now.
pub async fn count_living(rows: &mut dyn Rows) -> Result<u64, StoreError> {
    let deleted = last_number(rows, DELETED).await?;
    Ok(count(rows).await?.saturating_sub(deleted))
}

/// The counter of deleted accounts.
pub(crate) const DELETED: &str = "deleted";

/// Invites a number.
#[derive(Clone, Copy, Debug)]
pub struct Invite {
    /// The tag of the number.
    pub phone: PhoneTag,
    /// Who invites; `None` for the operator.
    pub by: Option<UserId>,
    /// For how many days it holds.
    pub days: u32,
}

impl Command for Invite {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "invite";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let tag = self.phone.to_bytes();
        let until = tx
            .now()
            .plus_seconds(i64::from(self.days) * 86_400)
            .seconds();
        tx.put(
            Owner::of_name(&tag),
            &tag,
            &InviteRow { by: self.by, until },
        )
    }
}

/// Gives a username to a peer; `Err` with the holder when it is taken.
pub(crate) async fn claim_username(
    tx: &mut Tx<'_>,
    name: &Username,
    peer: Peer,
) -> Result<Result<(), Peer>, StoreError> {
    if let Some(holder) = find_username(tx, name).await? {
        return Ok(if holder == peer { Ok(()) } else { Err(holder) });
    }
    let folded = name.folded();
    tx.put(
        Owner::of_name(folded.as_bytes()),
        &folded,
        &UsernameRow(peer),
    )?;
    history::begin_username(tx, name, peer)?;
    Ok(Ok(()))
}

/// Frees a username that `peer` holds.
pub(crate) async fn release_username(
    tx: &mut Tx<'_>,
    name: &Username,
    peer: Peer,
) -> Result<(), StoreError> {
    let folded = name.folded();
    tx.delete::<UsernameRow>(Owner::of_name(folded.as_bytes()), &folded)?;
    history::end_username(tx, name, peer).await
}

/// Gives a number that is free to an account.
pub(crate) fn take_phone(tx: &mut Tx<'_>, tag: [u8; 16], user: UserId) -> Result<(), StoreError> {
    tx.put(Owner::of_name(&tag), &tag, &PhoneRow(user))?;
    history::begin_phone(tx, tag, user)
}

/// Frees a number that an account has.
pub(crate) async fn release_phone(
    tx: &mut Tx<'_>,
    tag: [u8; 16],
    user: UserId,
) -> Result<(), StoreError> {
    tx.delete::<PhoneRow>(Owner::of_name(&tag), &tag)?;
    history::end_phone(tx, tag, user).await
}

/// Writes an account that is made or changed elsewhere in this crate. The public index hears of what
/// has changed for it.
pub(crate) async fn put(tx: &mut Tx<'_>, account: &Account) -> Result<(), StoreError> {
    let before = find(tx, account.person.id).await?;
    let before = before.as_ref().map(|before| &before.person);
    stale::note_person(tx, before, &account.person).await?;
    tx.put(account.person.id.into(), &(), account)
}
