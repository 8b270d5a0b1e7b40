//! How a device's secret chats stand, for pushes and for devices that have missed some.

use super::{OF_ACCOUNT, OF_DEVICE, Place, SecretChat, Side, Stand, State, find, place, places};
use heliograph_model::{AuthKeyId, GroupElement, Owner, SecretChatId, UserId};
use heliograph_store::{Rows, StoreError};

/// A chat as a device sees it.
#[derive(Clone, PartialEq, Eq)]
pub enum Seen {
    /// The device has asked for it, and nobody has accepted yet.
    Waiting(SecretChat),
    /// Somebody asks for it; any device of the account may accept.
    Requested(SecretChat, GroupElement),
    /// It is open: the other device's public value, unless this one has it, and the fingerprint of the
    /// key.
    Open(SecretChat, Option<GroupElement>, i64),
    /// It is over; whether the history is to be deleted as well.
    Over(bool),
}

/// A change that a device is told.
pub enum Change {
    /// A chat stands differently, since this time (Unix seconds).
    Chat(SecretChatId, Box<Seen>, i32),
    /// The other side has read.
    Read {
        /// In which chat.
        id: SecretChatId,
        /// Messages up to this date, in Unix seconds.
        max_date: i32,
        /// When it did.
        date: i32,
    },
}

impl SecretChat {
    /// How an open chat, or one that is asked for, looks to a side.
    pub fn seen_from(&self, side: Side) -> Seen {
        match (&self.state, side) {
            (State::Asked { .. }, Side::Admin) => Seen::Waiting(self.clone()),
            (State::Asked { g_a }, Side::Participant) => Seen::Requested(self.clone(), g_a.clone()),
            (
                State::Open {
                    key_fingerprint,
                    g_b,
                    ..
                },
                side,
            ) => {
                let other = g_b.clone().filter(|_| side == Side::Admin);
                Seen::Open(self.clone(), other, *key_fingerprint)
            }
        }
    }
}

/// How a chat stands for a device of `user` now; `None` where it has nothing to do with it.
pub async fn seen_by(
    rows: &mut dyn Rows,
    user: UserId,
    device: AuthKeyId,
    id: SecretChatId,
) -> Result<Option<Seen>, StoreError> {
    let own = place(rows, device.into(), OF_DEVICE, id).await?;
    let of_account = place(rows, user.into(), OF_ACCOUNT, id).await?;
    match own.or(of_account) {
        Some(place) => seen_at(rows, user, device, id, place).await,
        None => Ok(None),
    }
}

async fn seen_at(
    rows: &mut dyn Rows,
    user: UserId,
    device: AuthKeyId,
    id: SecretChatId,
    place: Place,
) -> Result<Option<Seen>, StoreError> {
    match place.stand {
        Stand::Over(delete_history) => return Ok(Some(Seen::Over(delete_history))),
        // The device that took it has a place of its own.
        Stand::Taken(key) => return Ok((key != device).then_some(Seen::Over(false))),
        Stand::Here => {}
    }
    let Some(chat) = find(rows, id).await? else {
        return Ok(None);
    };
    let side = match chat.side_of(device) {
        Some(side) => side,
        None if chat.participant == user => Side::Participant,
        None => return Ok(None),
    };
    Ok(Some(chat.seen_from(side)))
}

/// What has changed for a device of `user` since a time (Unix seconds), that second included: how
/// chats stand, and how far others have read. What changed several times is told as it stands now.
pub async fn changes_since(
    rows: &mut dyn Rows,
    user: UserId,
    device: AuthKeyId,
    since: i32,
) -> Result<Vec<Change>, StoreError> {
    let mut changes = Vec::new();
    // What a device has never been told carries no date, and a client may come from the year 1970.
    let since = since.max(1);
    for (owner, kind) in [
        (Owner::from(user), OF_ACCOUNT),
        (Owner::from(device), OF_DEVICE),
    ] {
        for (id, place) in places(rows, owner, kind, usize::MAX).await? {
            if place.changed >= since
                && let Some(seen) = seen_at(rows, user, device, id, place).await?
            {
                changes.push(Change::Chat(id, Box::new(seen), place.changed));
            }
            if let Some((max_date, date)) = place.read.filter(|(_, date)| *date >= since) {
                changes.push(Change::Read { id, max_date, date });
            }
        }
    }
    Ok(changes)
}

/// How far the other side of a chat has read, as a device was told last.
pub async fn read_by_other(
    rows: &mut dyn Rows,
    device: AuthKeyId,
    id: SecretChatId,
) -> Result<Option<(i32, i32)>, StoreError> {
    let place = place(rows, device.into(), OF_DEVICE, id).await?;
    Ok(place.and_then(|place| place.read))
}
