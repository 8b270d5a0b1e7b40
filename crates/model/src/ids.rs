//! Typed ids.

use crate::FileId;
use minicbor::{Decode, Encode};
use std::fmt;

/// A person or a bot. Ids are positive and fit 40 bits, as Telegram's do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct UserId(#[n(0)] pub i64);

impl UserId {
    /// The first id of a bot that somebody runs; people's ids lie below it.
    pub const FIRST_BOT: UserId = UserId(5_000_000_000);

    /// Whether this is a bot that somebody runs, not one of the installation's own.
    pub fn is_bot(self) -> bool {
        self >= Self::FIRST_BOT
    }
}

/// A basic group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct ChatId(#[n(0)] pub i64);

/// A channel or supergroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct ChannelId(#[n(0)] pub i64);

/// The 64-bit id of an authorization key: the low half of its SHA-1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct AuthKeyId(#[n(0)] pub i64);

impl fmt::Debug for AuthKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {:016x}", self.0)
    }
}

/// The number of a message in its mailbox, from 1 upwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct MessageId(#[n(0)] pub u32);

/// The other side of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Peer {
    /// A private chat; one's own id is Saved Messages.
    #[n(0)]
    User(#[n(0)] UserId),
    /// A basic group.
    #[n(1)]
    Chat(#[n(0)] ChatId),
    /// A channel or supergroup.
    #[n(2)]
    Channel(#[n(0)] ChannelId),
}

/// How far the kind is shifted in the one-number form of a peer.
const KIND_SHIFT: u32 = 56;
const KIND_CHAT: i64 = 1;
const KIND_CHANNEL: i64 = 2;

impl Peer {
    /// One number for any peer: the kind in the top byte, the id below; users sort first.
    pub fn number(self) -> i64 {
        match self {
            Peer::User(UserId(id)) => id,
            Peer::Chat(ChatId(id)) => id | KIND_CHAT << KIND_SHIFT,
            Peer::Channel(ChannelId(id)) => id | KIND_CHANNEL << KIND_SHIFT,
        }
    }

    /// The peer with this number; `None` when the kind is unknown.
    pub fn from_number(number: i64) -> Option<Self> {
        let id = number & ((1 << KIND_SHIFT) - 1);
        match number >> KIND_SHIFT {
            0 => Some(Peer::User(UserId(id))),
            KIND_CHAT => Some(Peer::Chat(ChatId(id))),
            KIND_CHANNEL => Some(Peer::Channel(ChannelId(id))),
            _ => None,
        }
    }

    /// The mailbox in which `reader` finds the chat's messages: their own, or the channel's.
    pub fn mailbox(self, reader: UserId) -> Owner {
        match self {
            Peer::Channel(_) => self.into(),
            Peer::User(_) | Peer::Chat(_) => reader.into(),
        }
    }

    /// The user, where the chat is private.
    pub fn user(self) -> Option<UserId> {
        match self {
            Peer::User(user) => Some(user),
            Peer::Chat(_) | Peer::Channel(_) => None,
        }
    }
}

impl From<ChannelId> for Peer {
    fn from(channel: ChannelId) -> Self {
        Peer::Channel(channel)
    }
}

impl From<UserId> for Peer {
    fn from(user: UserId) -> Self {
        Peer::User(user)
    }
}

/// The first column of every stored row: whose row it is.
///
/// Mailbox rows belong to a user, group or channel; directory rows (usernames, phone tags, keys) to
/// a hash of what is looked up, so that every table spreads over shards by this one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(pub i64);

impl Owner {
    /// Rows that belong to the installation as a whole (counters, settings).
    pub const INSTALLATION: Owner = Owner(0);

    /// The owner of a directory row that is found by `name`: 64-bit FNV-1a.
    ///
    /// The hash only spreads rows; the full name stands in the key, so a collision costs nothing.
    pub fn of_name(name: &[u8]) -> Self {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in name {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Owner(hash as i64)
    }
}

impl From<UserId> for Owner {
    fn from(user: UserId) -> Self {
        Owner(user.0)
    }
}

impl From<ChannelId> for Owner {
    fn from(channel: ChannelId) -> Self {
        Peer::Channel(channel).into()
    }
}

impl From<FileId> for Owner {
    fn from(file: FileId) -> Self {
        Owner(file.0)
    }
}

impl From<Peer> for Owner {
    fn from(peer: Peer) -> Self {
        Owner(peer.number())
    }
}

impl From<AuthKeyId> for Owner {
    fn from(key: AuthKeyId) -> Self {
        Owner(key.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_comes_back_from_its_number() {
        for peer in [
            Peer::User(UserId(777_000)),
            Peer::Chat(ChatId(5)),
            Peer::Channel(ChannelId((1 << 40) - 1)),
        ] {
            assert_eq!(Peer::from_number(peer.number()), Some(peer));
        }
        assert_eq!(Peer::from_number(7 << KIND_SHIFT), None);
    }
}
