//! Who held a username or a number, from when to when.
//!
//! A legal order names a username or a number as it was at the time of an offence, so it must be
//! known whether it was the same person's then. A stretch that has ended is kept for
//! [`KEPT_DAYS`], then a job forgets it; the one that still runs is kept as long as it does.

use crate::jobs;
use heliograph_keeper::PhoneTag;
use heliograph_model::{Owner, Peer, UnixMs, UserId, Username};
use heliograph_store::{Key, KeyRange, Order, Row, Rows, StoreError, Table, Tx, enqueue, row};
use minicbor::{Decode, Encode};

/// For how many days the end of a stretch is remembered: twelve months, as long as the longest
/// retention of an IP record.
pub const KEPT_DAYS: i64 = 365;

/// The longest username, in bytes; names fill a fixed place in keys, so that the keys of one name
/// lie together.
const NAME_BYTES: usize = 32;

type NameKey = [u8; NAME_BYTES];
type TagKey = [u8; 16];

/// Since when (Unix milliseconds), and who.
type Stretch = (u64, Peer);

/// A stretch of time over which a username was somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct UsernameHeld {
    /// When it ended; `None` while it runs.
    #[n(0)]
    until: Option<UnixMs>,
}

row!(UsernameHeld, Table::UsernameHistory, key: (NameKey, Stretch));

/// A stretch of time over which a number was somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct PhoneHeld {
    /// When it ended; `None` while it runs.
    #[n(0)]
    until: Option<UnixMs>,
}

row!(PhoneHeld, Table::PhoneHistory, key: (TagKey, Stretch));

/// A row that says until when something was held.
trait Held: Row<Key = (Self::Name, Stretch)> {
    type Name: Key + Copy;

    fn new(until: Option<UnixMs>) -> Self;
    fn until(&self) -> Option<UnixMs>;
    fn owner(name: &Self::Name) -> Owner;
}

impl Held for UsernameHeld {
    type Name = NameKey;

    fn new(until: Option<UnixMs>) -> Self {
        UsernameHeld { until }
    }
    fn until(&self) -> Option<UnixMs> {
        self.until
    }
    fn owner(name: &NameKey) -> Owner {
        Owner::of_name(name)
    }
}

impl Held for PhoneHeld {
    type Name = TagKey;

    fn new(until: Option<UnixMs>) -> Self {
        PhoneHeld { until }
    }
    fn until(&self) -> Option<UnixMs> {
        self.until
    }
    fn owner(tag: &TagKey) -> Owner {
        Owner::of_name(tag)
    }
}

/// A stretch of time over which somebody held a username or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Who.
    pub peer: Peer,
    /// Since when.
    pub since: UnixMs,
    /// Until when; `None` while it runs.
    pub until: Option<UnixMs>,
}

/// Everybody who has held a username, oldest first, as far as it is remembered.
pub async fn of_username(rows: &mut dyn Rows, name: &Username) -> Result<Vec<Holding>, StoreError> {
    list::<UsernameHeld>(rows, &name_key(name)).await
}

/// Everybody who has held the number with this tag, oldest first, as far as it is remembered.
pub async fn of_phone(rows: &mut dyn Rows, tag: PhoneTag) -> Result<Vec<Holding>, StoreError> {
    list::<PhoneHeld>(rows, &tag.to_bytes()).await
}

/// Notes that a username is somebody's from now on.
pub(crate) fn begin_username(
    tx: &mut Tx<'_>,
    name: &Username,
    peer: Peer,
) -> Result<(), StoreError> {
    begin::<UsernameHeld>(tx, name_key(name), peer)
}

/// Notes that a username is no longer somebody's.
pub(crate) async fn end_username(
    tx: &mut Tx<'_>,
    name: &Username,
    peer: Peer,
) -> Result<(), StoreError> {
    let name = name_key(name);
    let since = end::<UsernameHeld>(tx, name, peer).await?;
    forget_later(tx, Forget::Username { name, since, peer }).await
}

/// Notes that a number is somebody's from now on.
pub(crate) fn begin_phone(tx: &mut Tx<'_>, tag: TagKey, user: UserId) -> Result<(), StoreError> {
    begin::<PhoneHeld>(tx, tag, user.into())
}

/// Notes that a number is no longer somebody's.
pub(crate) async fn end_phone(
    tx: &mut Tx<'_>,
    tag: TagKey,
    user: UserId,
) -> Result<(), StoreError> {
    let peer = user.into();
    let since = end::<PhoneHeld>(tx, tag, peer).await?;
    forget_later(tx, Forget::Phone { tag, since, peer }).await
}

fn name_key(name: &Username) -> NameKey {
    let folded = name.folded();
    let mut key = [0; NAME_BYTES];
    key[..folded.len()].copy_from_slice(folded.as_bytes());
    key
}

async fn list<H: Held>(rows: &mut dyn Rows, name: &H::Name) -> Result<Vec<Holding>, StoreError> {
    let range = KeyRange::within(name);
    let found = rows
        .list::<H>(H::owner(name), range, Order::Ascending, usize::MAX)
        .await?;
    let holdings = found.into_iter().map(|((_, (since, peer)), row)| Holding {
        peer,
        since: UnixMs(since as i64),
        until: row.until(),
    });
    Ok(holdings.collect())
}

fn begin<H: Held>(tx: &mut Tx<'_>, name: H::Name, peer: Peer) -> Result<(), StoreError> {
    let since = tx.now().0.max(0) as u64;
    tx.put(H::owner(&name), &(name, (since, peer)), &H::new(None))
}

/// Ends the stretch that runs and answers with when it began.
async fn end<H: Held>(tx: &mut Tx<'_>, name: H::Name, peer: Peer) -> Result<u64, StoreError> {
    let running = list::<H>(tx, &name).await?;
    let running = running
        .iter()
        .find(|holding| holding.peer == peer && holding.until.is_none());
    // A holder from before there was a history has held it for all that is known.
    let since = running.map_or(0, |holding| holding.since.0.max(0) as u64);
    let now = tx.now();
    tx.put(H::owner(&name), &(name, (since, peer)), &H::new(Some(now)))?;
    Ok(since)
}

/// A stretch that is to be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
enum Forget {
    #[n(0)]
    Username {
        #[cbor(n(0), with = "minicbor::bytes")]
        name: NameKey,
        #[n(1)]
        since: u64,
        #[n(2)]
        peer: Peer,
    },
    #[n(1)]
    Phone {
        #[cbor(n(0), with = "minicbor::bytes")]
        tag: TagKey,
        #[n(1)]
        since: u64,
        #[n(2)]
        peer: Peer,
    },
}

/// The kind of job that forgets a stretch.
pub(crate) const FORGET: &str = "forget_holding";

async fn forget_later(tx: &mut Tx<'_>, forget: Forget) -> Result<(), StoreError> {
    let due = tx.now().plus_seconds(KEPT_DAYS * 86_400);
    let payload = minicbor::to_vec(forget).expect("encoding to memory does not fail");
    enqueue(tx, due, FORGET, payload).await
}

/// Does a job of the kind [`FORGET`].
///
/// A stretch that was begun anew in the millisecond in which it ended runs on, and stays.
pub(crate) async fn forget(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    match jobs::payload::<Forget>(payload)? {
        Forget::Username { name, since, peer } => {
            forget_ended::<UsernameHeld>(tx, name, (since, peer)).await
        }
        Forget::Phone { tag, since, peer } => {
            forget_ended::<PhoneHeld>(tx, tag, (since, peer)).await
        }
    }
}

async fn forget_ended<H: Held>(
    tx: &mut Tx<'_>,
    name: H::Name,
    stretch: Stretch,
) -> Result<(), StoreError> {
    let owner = H::owner(&name);
    let key = (name, stretch);
    let row: Option<H> = tx.find(owner, &key).await?;
    if row.is_some_and(|row| row.until().is_some()) {
        tx.delete::<H>(owner, &key)?;
    }
    Ok(())
}
