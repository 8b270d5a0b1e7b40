//! Row keys: bytes that sort as the values they stand for.

use heliograph_model::{ChannelId, FileId, MessageId, Peer, SecretChatId, UserId};

/// A value that can be (part of) a row's key.
///
/// `write` must keep the order: if `a < b`, the bytes of `a` sort before the bytes of `b`.
pub trait Key: Sized {
    /// Appends the key's bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// Takes the key off the front of `bytes`; `None` when they do not hold one.
    fn read(bytes: &mut &[u8]) -> Option<Self>;

    /// The key's bytes.
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16);
        self.write(&mut out);
        out
    }
}

impl Key for () {
    fn write(&self, _: &mut Vec<u8>) {}
    fn read(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

macro_rules! big_endian_key {
    ($($ty:ty),*) => {$(
        impl Key for $ty {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn read(bytes: &mut &[u8]) -> Option<Self> {
                let (head, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(<$ty>::from_be_bytes(*head))
            }
        }
    )*};
}
big_endian_key!(u8, u32, u64);

impl Key for i64 {
    /// The sign bit is turned over so that negative numbers sort first.
    fn write(&self, out: &mut Vec<u8>) {
        (*self as u64 ^ 1 << 63).write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u64::read(bytes).map(|bits| (bits ^ 1 << 63) as i64)
    }
}

impl Key for MessageId {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u32::read(bytes).map(MessageId)
    }
}

impl Key for UserId {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        i64::read(bytes).map(UserId)
    }
}

impl Key for ChannelId {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        i64::read(bytes).map(ChannelId)
    }
}

impl Key for FileId {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        i64::read(bytes).map(FileId)
    }
}

impl Key for SecretChatId {
    fn write(&self, out: &mut Vec<u8>) {
        i64::from(self.0).write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let number = i64::read(bytes)?;
        number.try_into().ok().map(SecretChatId)
    }
}

impl Key for Peer {
    fn write(&self, out: &mut Vec<u8>) {
        self.number().write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        i64::read(bytes).and_then(Peer::from_number)
    }
}

/// Text as the last part of a key.
impl Key for String {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.to_owned();
        *bytes = &[];
        Some(text)
    }
}

impl<const N: usize> Key for [u8; N] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(*head)
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::read(bytes)?, B::read(bytes)?))
    }
}

/// Which end of a range comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest key first.
    Ascending,
    /// Largest key first.
    Descending,
}

/// A stretch of keys of one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The smallest key, included.
    pub from: Vec<u8>,
    /// The first key beyond; `None` for no end.
    pub to: Option<Vec<u8>>,
}

impl KeyRange {
    /// Every key of the owner.
    pub fn all() -> Self {
        KeyRange {
            from: Vec::new(),
            to: None,
        }
    }

    /// The keys that begin with `prefix`.
    pub fn within<K: Key>(prefix: &K) -> Self {
        let from = prefix.bytes();
        let to = successor(&from);
        KeyRange { from, to }
    }

    /// Only the keys at or after `key`.
    #[must_use]
    pub fn from<K: Key>(mut self, key: &K) -> Self {
        self.from = self.from.max(key.bytes());
        self
    }

    /// Only the keys before `key`.
    #[must_use]
    pub fn before<K: Key>(mut self, key: &K) -> Self {
        let key = key.bytes();
        self.to = Some(self.to.map_or(key.clone(), |to| to.min(key)));
        self
    }

    /// Whether `key` lies in the range.
    pub fn contains(&self, key: &[u8]) -> bool {
        key >= self.from.as_slice() && self.to.as_deref().is_none_or(|to| key < to)
    }
}

/// The first key after every key that begins with `prefix`; `None` when there is none.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut next = prefix.to_vec();
    while let Some(last) = next.pop() {
        if last < u8::MAX {
            next.push(last + 1);
            return Some(next);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_as_their_bytes() {
        let numbers = [i64::MIN, -1, 0, 1, 255, 256, i64::MAX];
        let keys: Vec<_> = numbers.iter().map(Key::bytes).collect();
        assert!(keys.is_sorted());
        for number in numbers {
            assert_eq!(i64::read(&mut number.bytes().as_slice()), Some(number));
        }
    }

    #[test]
    fn a_prefix_holds_its_keys_and_no_others() {
        let peer = Peer::User(UserId(7));
        let range = KeyRange::within(&peer);
        assert!(range.contains(&(peer, MessageId(0)).bytes()));
        assert!(range.contains(&(peer, MessageId(u32::MAX)).bytes()));
        assert!(!range.contains(&(Peer::User(UserId(8)), MessageId(0)).bytes()));
        assert_eq!(successor(&[255, 255]), None);
    }
}
