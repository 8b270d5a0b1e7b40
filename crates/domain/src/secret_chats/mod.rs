//! Secret chats: two devices talk through a server that cannot read them
//! (<https://core.telegram.org/api/end-to-end>).
//!
//! A chat is bound to one authorization key on each side. Somebody's device asks for it
//! ([`RequestChat`]); the request is shown to all devices of the other account, and the one that
//! accepts ([`AcceptChat`]) is the other side from then on. What they send waits in a queue of the
//! receiving device, numbered without gaps (`qts`), until the device confirms it or [`KEPT_S`] are
//! over.
//!
//! What is kept, and for how long, is said in `docs/data-inventory.md` and `docs/trust.md`. The rows of
//! a queue name a chat and never a person; who talks to whom stands in the row of the chat alone, and
//! goes with it.

mod changes;
mod discard;
mod files;
mod forget;
mod queue;
mod request;
mod send;

pub use changes::{Change, Seen, changes_since, read_by_other, seen_by};
pub use discard::{DiscardChat, MarkRead};
pub use files::{
    DropSecretFile, NoteFetched, SaveSecretFile, ShareSecretFile, StoredFile, fetchable,
};
pub use queue::{
    Confirm, Confirmed, QUEUE_BYTES_MAX, QUEUE_MAX, Queued, Waiting, after, qts, waiting,
};
pub use request::{AcceptChat, RequestChat};
pub use send::{SendSecret, SentSecret, sent_before};

pub(crate) use discard::{end_request, refuse_requests};
pub(crate) use files::{FORGET_FILE, forget_file};
pub(crate) use forget::{
    END_CHAT, END_KEY, FORGET_PLACE, end_chat, end_key, forget_place, key_gone,
};
pub(crate) use queue::{FORGET_WAITING, forget_waiting};
pub(crate) use request::END_REQUEST;

use heliograph_model::{AuthKeyId, GroupElement, Owner, SecretChatId, UserId};
use heliograph_store::{KeyRange, Order, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};
use thiserror::Error;

/// For how long at most the server keeps what a device has not fetched, in seconds: messages, files,
/// requests that nobody answers, and word of chats that are over. Thirty days; the policy that people
/// read says the same.
pub const KEPT_S: i64 = 30 * 86_400;

/// How many secret chats a device may have, those that it has asked for included.
pub const CHATS_MAX: usize = 500;

/// How many requests may wait for an account.
pub const REQUESTS_MAX: usize = 1_000;

/// How many secret chats a device may have with one and the same person, so that nobody fills another's
/// devices by asking again and again: clients accept by themselves.
pub const CHATS_WITH_ONE_MAX: usize = 20;

/// A secret chat that is asked for or open.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct SecretChat {
    /// Who asked for it.
    #[n(0)]
    pub admin: UserId,
    /// With which device.
    #[n(1)]
    pub admin_key: AuthKeyId,
    /// Who was asked.
    #[n(2)]
    pub participant: UserId,
    /// When, in Unix seconds.
    #[n(3)]
    pub date: i32,
    /// How far it is.
    #[n(4)]
    pub state: State,
    /// Which `random_id`s of each side are remembered.
    #[n(5)]
    seen: [send::Window; 2],
}

row!(SecretChat, Table::SecretChat, key: ());

/// How far a secret chat is.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum State {
    /// Nobody has accepted yet.
    #[n(0)]
    Asked {
        /// The public value of the device that asked; it goes when somebody accepts.
        #[n(0)]
        g_a: GroupElement,
    },
    /// Both sides have a key.
    #[n(1)]
    Open {
        /// The device that accepted.
        #[n(0)]
        key: AuthKeyId,
        /// 64 bits of the SHA-1 of the key that the two devices agreed on, so that they notice an error.
        #[n(1)]
        key_fingerprint: i64,
        /// The public value of the device that accepted, until the other one has sent something: then
        /// it has it.
        #[n(2)]
        g_b: Option<GroupElement>,
    },
}

/// A side of a secret chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that asked.
    Admin,
    /// The one that was asked.
    Participant,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Side::Admin => Side::Participant,
            Side::Participant => Side::Admin,
        }
    }
}

impl SecretChat {
    /// The side that a device is; `None` for a device that has no part in the chat.
    pub fn side_of(&self, device: AuthKeyId) -> Option<Side> {
        if self.admin_key == device {
            return Some(Side::Admin);
        }
        match self.state {
            State::Open { key, .. } if key == device => Some(Side::Participant),
            _ => None,
        }
    }

    /// Whose device a side is.
    pub fn user_of(&self, side: Side) -> UserId {
        match side {
            Side::Admin => self.admin,
            Side::Participant => self.participant,
        }
    }

    /// The device of a side; none while nobody has accepted.
    pub fn key_of(&self, side: Side) -> Option<AuthKeyId> {
        match (side, &self.state) {
            (Side::Admin, _) => Some(self.admin_key),
            (Side::Participant, State::Open { key, .. }) => Some(*key),
            (Side::Participant, State::Asked { .. }) => None,
        }
    }

    /// The other side of an open chat, as this device sees it.
    pub fn other_end(&self, device: AuthKeyId) -> Option<(UserId, AuthKeyId)> {
        let other = self.side_of(device)?.other();
        Some((self.user_of(other), self.key_of(other)?))
    }
}

/// Why something could not be done in a secret chat.
#[derive(Debug, Error)]
pub enum SecretChatError {
    /// No such person, or one who cannot be written to in secret: a bot, or oneself.
    #[error("no such person")]
    UnknownPerson,
    /// The person's account is gone.
    #[error("the account is gone")]
    Deleted,
    /// The other side has blocked the caller.
    #[error("blocked by the other side")]
    Blocked,
    /// The caller has blocked the other side.
    #[error("the other side is blocked")]
    BlockedByMe,
    /// Another chat has this number.
    #[error("the number is taken")]
    Occupied,
    /// The device, or the other account, has as many chats as it may.
    #[error("too many secret chats")]
    TooMany,
    /// There is no such chat, or not for this device.
    #[error("no such secret chat")]
    Unknown,
    /// It is over.
    #[error("the secret chat is over")]
    Declined,
    /// Another device has accepted it.
    #[error("the secret chat was accepted elsewhere")]
    AlreadyAccepted,
    /// As much waits for the other device as may.
    #[error("the other device's queue is full")]
    Full,
    /// There is no such file, or not for the caller.
    #[error("no such file")]
    UnknownFile,
    /// The queue has not given out this number.
    #[error("no such place in the queue")]
    UnknownPlace,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The chat with this number.
pub async fn find(rows: &mut dyn Rows, id: SecretChatId) -> Result<Option<SecretChat>, StoreError> {
    rows.find(id.into(), &()).await
}

/// The chat with this number, for a device that has, or had, a part in it.
pub async fn load(
    rows: &mut dyn Rows,
    id: SecretChatId,
    device: AuthKeyId,
) -> Result<SecretChat, SecretChatError> {
    if let Some(chat) = find(rows, id).await? {
        return match chat.side_of(device) {
            Some(_) => Ok(chat),
            None => Err(SecretChatError::Unknown),
        };
    }
    match place(rows, device.into(), OF_DEVICE, id).await? {
        Some(_) => Err(SecretChatError::Declined),
        None => Err(SecretChatError::Unknown),
    }
}

/// What a device, or a whole account, has to do with a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct Place {
    /// When it changed last in a way that it must be told, in Unix seconds; 0 where it knows.
    #[n(0)]
    changed: i32,
    /// How the chat stands for it.
    #[n(1)]
    stand: Stand,
    /// Up to which date the other side has read, and when it said so.
    #[n(2)]
    read: Option<(i32, i32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
enum Stand {
    /// As the chat's own row says.
    #[n(0)]
    Here,
    /// It is over; whether the history is to be deleted as well.
    #[n(1)]
    Over(#[n(0)] bool),
    /// One of the account's devices has accepted the request.
    #[n(2)]
    Taken(#[n(0)] AuthKeyId),
}

/// The places of accounts: requests that all devices of an account are shown.
const OF_ACCOUNT: u8 = 0;
/// The places of devices. The two kinds have keys of their own, for a number of a device may be that of
/// an account.
const OF_DEVICE: u8 = 1;

row!(Place, Table::SecretPlace, key: (u8, SecretChatId));

impl Place {
    /// A place whose owner knows how the chat stands.
    const KNOWN: Place = Place {
        changed: 0,
        stand: Stand::Here,
        read: None,
    };
}

async fn place(
    rows: &mut dyn Rows,
    owner: Owner,
    kind: u8,
    id: SecretChatId,
) -> Result<Option<Place>, StoreError> {
    rows.find(owner, &(kind, id)).await
}

/// How many places of a kind an owner has.
async fn count(rows: &mut dyn Rows, owner: Owner, kind: u8) -> Result<usize, StoreError> {
    rows.count(Table::SecretPlace, owner, KeyRange::within(&kind))
        .await
}

/// The places of a kind that an owner has.
async fn places(
    rows: &mut dyn Rows,
    owner: Owner,
    kind: u8,
    limit: usize,
) -> Result<Vec<(SecretChatId, Place)>, StoreError> {
    let range = KeyRange::within(&kind);
    let found: Vec<((u8, SecretChatId), Place)> =
        rows.list(owner, range, Order::Ascending, limit).await?;
    let named = found.into_iter().map(|((_, id), place)| (id, place));
    Ok(named.collect())
}

/// Whether an owner may have one more place. Word of chats that are over makes room: whoever was not
/// told is told when they name the chat.
async fn has_room(tx: &mut Tx<'_>, owner: Owner, kind: u8, max: usize) -> Result<bool, StoreError> {
    let count = count(tx, owner, kind).await?;
    if count < max {
        return Ok(true);
    }
    let mut left = 0;
    for (id, place) in places(tx, owner, kind, usize::MAX).await? {
        if place.stand == Stand::Here {
            left += 1;
        } else {
            tx.delete::<Place>(owner, &(kind, id))?;
        }
    }
    Ok(left < max)
}

/// Tells a device how a chat stands now: at once where it is connected, and when it asks what it has
/// missed.
fn tell(
    tx: &mut Tx<'_>,
    user: UserId,
    device: AuthKeyId,
    id: SecretChatId,
    stand: Stand,
) -> Result<(), StoreError> {
    let place = Place {
        changed: tx.now().seconds(),
        stand,
        read: None,
    };
    tx.put(device.into(), &(OF_DEVICE, id), &place)?;
    tx.note_secret(user, heliograph_model::SecretNews::Chat(device, id));
    Ok(())
}
