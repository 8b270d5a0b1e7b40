//! Secret chats, as far as a server has words for them: numbers, public values, and bytes.
//!
//! What two devices say to each other is encrypted with a key that only they have
//! (<https://core.telegram.org/api/end-to-end>). The server carries it as [`OpaqueBlob`]s.

use crate::{AuthKeyId, FileId, Owner};
use minicbor::{Decode, Encode};
use thiserror::Error;

/// A secret chat: a random number that the device chose which asked for the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct SecretChatId(#[n(0)] pub i32);

impl From<SecretChatId> for Owner {
    fn from(chat: SecretChatId) -> Self {
        Owner(chat.0.into())
    }
}

/// Bytes that only the devices at both ends can read.
///
/// The type has a length and its bytes, and nothing else: no `Debug`, no `Display`, no way to a text.
/// What classifies, indexes or moderates takes texts, so a blob cannot get there.
#[derive(Clone, Encode, Decode)]
#[cbor(transparent)]
pub struct OpaqueBlob(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>);

impl OpaqueBlob {
    /// Takes bytes as they came.
    pub fn new(bytes: Vec<u8>) -> Self {
        OpaqueBlob(bytes)
    }

    /// How many bytes.
    pub fn size_bytes(&self) -> usize {
        self.0.len()
    }

    /// The bytes, to pass them on.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// An encrypted file, as a message names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SecretFile {
    /// Its id.
    #[n(0)]
    pub id: FileId,
    /// How many bytes it has.
    #[n(1)]
    pub size_bytes: u64,
    /// Four bytes by which the devices tell its key apart from others; the key goes in the message.
    #[n(2)]
    pub key_fingerprint: i32,
}

/// What a device has to be told of its secret chats: a wake-up, which names what is to be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretNews {
    /// A message waits in the device's queue, under this number.
    Message(AuthKeyId, u32),
    /// A chat stands differently for a device.
    Chat(AuthKeyId, SecretChatId),
    /// A chat was asked for, or the request is over: for all devices of the account but the one that
    /// answered it.
    Request(SecretChatId, Option<AuthKeyId>),
    /// The other side has read.
    Read(AuthKeyId, SecretChatId),
}

/// A member of the group in which clients agree on keys: `g^a mod p`, big-endian.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct GroupElement(#[cbor(n(0), with = "minicbor::bytes")] [u8; ELEMENT_BYTES]);

/// Size of the prime and of every element, in bytes.
pub const ELEMENT_BYTES: usize = 256;

/// The generator, `g`.
pub const GENERATOR: i32 = 3;

/// The number of this group in `messages.dhConfig`. It changes if the prime ever does.
pub const GROUP_VERSION: i32 = 1;

/// The safe prime `p`, big-endian (<https://core.telegram.org/mtproto/samples-auth_key>): the one that
/// clients know to be good, where any other would cost them two tests of primality. The key exchange
/// uses the same one; `mtproto` imports nothing, so it stands there as well, and a test of the server
/// compares them.
pub const PRIME: [u8; ELEMENT_BYTES] = [
    0xc7, 0x1c, 0xae, 0xb9, 0xc6, 0xb1, 0xc9, 0x04, 0x8e, 0x6c, 0x52, 0x2f, 0x70, 0xf1, 0x3f, 0x73,
    0x98, 0x0d, 0x40, 0x23, 0x8e, 0x3e, 0x21, 0xc1, 0x49, 0x34, 0xd0, 0x37, 0x56, 0x3d, 0x93, 0x0f,
    0x48, 0x19, 0x8a, 0x0a, 0xa7, 0xc1, 0x40, 0x58, 0x22, 0x94, 0x93, 0xd2, 0x25, 0x30, 0xf4, 0xdb,
    0xfa, 0x33, 0x6f, 0x6e, 0x0a, 0xc9, 0x25, 0x13, 0x95, 0x43, 0xae, 0xd4, 0x4c, 0xce, 0x7c, 0x37,
    0x20, 0xfd, 0x51, 0xf6, 0x94, 0x58, 0x70, 0x5a, 0xc6, 0x8c, 0xd4, 0xfe, 0x6b, 0x6b, 0x13, 0xab,
    0xdc, 0x97, 0x46, 0x51, 0x29, 0x69, 0x32, 0x84, 0x54, 0xf1, 0x8f, 0xaf, 0x8c, 0x59, 0x5f, 0x64,
    0x24, 0x77, 0xfe, 0x96, 0xbb, 0x2a, 0x94, 0x1d, 0x5b, 0xcd, 0x1d, 0x4a, 0xc8, 0xcc, 0x49, 0x88,
    0x07, 0x08, 0xfa, 0x9b, 0x37, 0x8e, 0x3c, 0x4f, 0x3a, 0x90, 0x60, 0xbe, 0xe6, 0x7c, 0xf9, 0xa4,
    0xa4, 0xa6, 0x95, 0x81, 0x10, 0x51, 0x90, 0x7e, 0x16, 0x27, 0x53, 0xb5, 0x6b, 0x0f, 0x6b, 0x41,
    0x0d, 0xba, 0x74, 0xd8, 0xa8, 0x4b, 0x2a, 0x14, 0xb3, 0x14, 0x4e, 0x0e, 0xf1, 0x28, 0x47, 0x54,
    0xfd, 0x17, 0xed, 0x95, 0x0d, 0x59, 0x65, 0xb4, 0xb9, 0xdd, 0x46, 0x58, 0x2d, 0xb1, 0x17, 0x8d,
    0x16, 0x9c, 0x6b, 0xc4, 0x65, 0xb0, 0xd6, 0xff, 0x9c, 0xa3, 0x92, 0x8f, 0xef, 0x5b, 0x9a, 0xe4,
    0xe4, 0x18, 0xfc, 0x15, 0xe8, 0x3e, 0xbe, 0xa0, 0xf8, 0x7f, 0xa9, 0xff, 0x5e, 0xed, 0x70, 0x05,
    0x0d, 0xed, 0x28, 0x49, 0xf4, 0x7b, 0xf9, 0x59, 0xd9, 0x56, 0x85, 0x0c, 0xe9, 0x29, 0x85, 0x1f,
    0x0d, 0x81, 0x15, 0xf6, 0x35, 0xb1, 0x05, 0xee, 0x2e, 0x4e, 0x15, 0xd0, 0x4b, 0x24, 0x54, 0xbf,
    0x6f, 0x4f, 0xad, 0xf0, 0x34, 0xb1, 0x04, 0x03, 0x11, 0x9c, 0xd8, 0xe3, 0xb9, 0x2f, 0xcc, 0x5b,
];

/// Why bytes are no public value of an honest device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not an element of the group, or one too near its ends")]
pub struct ElementError;

impl GroupElement {
    /// Reads a public value; leading zeros may be missing.
    ///
    /// It must lie between 1 and `p` - 1, and between 2^1984 and `p` - 2^1984, as both devices must
    /// check, too: near the ends its exponent, and with it the key, could be guessed.
    pub fn parse(bytes: &[u8]) -> Result<Self, ElementError> {
        let pad = ELEMENT_BYTES.checked_sub(bytes.len()).ok_or(ElementError)?;
        let mut value = [0; ELEMENT_BYTES];
        value[pad..].copy_from_slice(bytes);
        // 2^1984 is a one followed by 248 zero bytes. The bounds near 1 and p - 1 lie within these.
        let is_far = |value: &[u8; ELEMENT_BYTES]| value[..8].iter().any(|byte| *byte != 0);
        match below_prime(&value) {
            Some(rest) if is_far(&value) && is_far(&rest) => Ok(GroupElement(value)),
            _ => Err(ElementError),
        }
    }

    /// The bytes, all 256 of them.
    pub fn to_vec(&self) -> Vec<u8> {
        self.0.to_vec()
    }
}

/// `p - value`; `None` where that is negative.
fn below_prime(value: &[u8; ELEMENT_BYTES]) -> Option<[u8; ELEMENT_BYTES]> {
    let mut rest = [0; ELEMENT_BYTES];
    let mut borrow = false;
    for i in (0..ELEMENT_BYTES).rev() {
        let (digit, first) = PRIME[i].overflowing_sub(value[i]);
        let (digit, second) = digit.overflowing_sub(borrow.into());
        rest[i] = digit;
        borrow = first || second;
    }
    (!borrow).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(value: &[u8]) -> bool {
        GroupElement::parse(value).is_err()
    }

    /// A value with `byte` at `place`, counted from the highest.
    fn power(place: usize, byte: u8) -> [u8; ELEMENT_BYTES] {
        let mut value = [0; ELEMENT_BYTES];
        value[place] = byte;
        value
    }

    fn prime_minus(value: &[u8; ELEMENT_BYTES]) -> [u8; ELEMENT_BYTES] {
        below_prime(value).expect("it is smaller")
    }

    #[test]
    fn what_lies_near_the_ends_of_the_group_is_refused() {
        let (one, least) = (power(255, 1), power(7, 1));
        for value in [
            [0; ELEMENT_BYTES],
            one,
            power(255, 2),
            power(8, 0xff),
            PRIME,
        ] {
            assert!(refused(&value));
        }
        assert!(refused(&[0xff; ELEMENT_BYTES]));
        assert!(refused(&prime_minus(&one)));
        assert!(refused(&prime_minus(&power(8, 0xff))));
        assert!(!refused(&least) && !refused(&prime_minus(&least)));
    }

    #[test]
    fn leading_zeros_may_be_missing_and_nothing_may_be_too_much() {
        assert!(!refused(&power(7, 1)[7..]));
        assert!(refused(&power(7, 1)[8..]) && refused(&[]));
        assert!(refused(&[0; ELEMENT_BYTES + 1]));
        let padded = [&[0], power(0, 1).as_slice()].concat();
        assert!(refused(&padded));
        let short = GroupElement::parse(&power(7, 1)[7..]).expect("it is in bounds");
        assert_eq!(short.to_vec(), power(7, 1));
    }

    #[test]
    fn a_blob_comes_back_as_it_went_in() {
        let bytes: Vec<u8> = (0..=255).collect();
        let stored = minicbor::to_vec(OpaqueBlob::new(bytes.clone())).expect("it is encoded");
        let blob: OpaqueBlob = minicbor::decode(&stored).expect("it reads");
        assert_eq!(blob.size_bytes(), 256);
        assert_eq!(blob.into_bytes(), bytes);
    }

    /// A blob that could be printed would be: in a log line, in an error, in a test's output. The
    /// inherent constant is taken where the bound holds, the trait's where it does not.
    #[test]
    fn a_blob_cannot_be_printed() {
        trait Otherwise {
            const HAS_DEBUG: bool = false;
            const HAS_DISPLAY: bool = false;
        }
        impl<T> Otherwise for Of<T> {}
        struct Of<T>(std::marker::PhantomData<T>);
        struct Shown<T>(std::marker::PhantomData<T>);
        impl<T> Otherwise for Shown<T> {}
        impl<T: std::fmt::Debug> Of<T> {
            const HAS_DEBUG: bool = true;
        }
        impl<T: std::fmt::Display> Shown<T> {
            const HAS_DISPLAY: bool = true;
        }
        const { assert!(Of::<String>::HAS_DEBUG && !Of::<OpaqueBlob>::HAS_DEBUG) };
        const { assert!(Shown::<String>::HAS_DISPLAY && !Shown::<OpaqueBlob>::HAS_DISPLAY) };
    }
}
