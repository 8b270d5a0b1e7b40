//! Sealing of small records under a key outside the database.
//!
//! Whoever copies the database finds ciphertext: an authorization key stored this way
//! impersonates nobody. On one machine the sealing key lies beside the data folder, so this
//! protects copies, backups and stolen disks without `keys/`, not a taken-over machine.
//!
//! A sealed record is `version (1) | key id (4) | nonce (24) | ciphertext and tag`, by
//! XChaCha20-Poly1305. Version and key id are authenticated before the caller's associated data;
//! both are of fixed size, so no two pairs of header and associated data read alike.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use std::ops::Deref;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes that sealing adds to a record: header, nonce and authentication tag.
pub const OVERHEAD_BYTES: usize = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;

/// Size of the nonce, in bytes.
pub const NONCE_BYTES: usize = 24;

const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 4;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES;
const TAG_BYTES: usize = 16;

/// Why a sealed record does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Shorter than the smallest sealed record.
    #[error("the sealed record is cut short")]
    Truncated,
    /// A format version this build does not know.
    #[error("the sealed record has format version {0}, this program knows version {VERSION}")]
    Version(u8),
    /// Sealed under another key; [`key_id`] tells which.
    #[error("the record is sealed under another key")]
    OtherKey,
    /// Altered, or sealed with other associated data.
    #[error("the sealed record is altered or belongs elsewhere")]
    Forged,
}

/// Names a sealing key without telling anything about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId([u8; KEY_ID_BYTES]);

/// A sealing key.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SealKey {
    key: [u8; 32],
    #[zeroize(skip)]
    id: KeyId,
}

impl SealKey {
    /// Makes a key of 32 secret random bytes. Its id is derived from them.
    pub fn new(key: [u8; 32]) -> Self {
        let hash = Sha256::new()
            .chain_update(b"hg/seal/v1/key-id")
            .chain_update(key)
            .finalize();
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&hash[..KEY_ID_BYTES]);
        Self { key, id: KeyId(id) }
    }

    /// The id that every record sealed under this key carries.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Seals a record.
    ///
    /// `nonce` must be fresh random bytes for every call: a nonce used twice under one key gives
    /// both records away. `aad` ties the record to its place (for an authorization key, its id),
    /// so that a row copied elsewhere does not open there.
    pub fn seal(&self, nonce: [u8; NONCE_BYTES], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let header = self.header();
        let ciphertext = self
            .cipher()
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plaintext,
                    aad: &[&header, aad].concat(),
                },
            )
            .expect("a record in memory is below the cipher's limit of 256 GiB");
        [header.as_slice(), &nonce, &ciphertext].concat()
    }

    /// Opens a record sealed with the same key and associated data.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Opened, OpenError> {
        if key_id(sealed)? != self.id {
            return Err(OpenError::OtherKey);
        }
        let (header, body) = sealed.split_at(HEADER_BYTES);
        let (nonce, ciphertext) = body.split_at(NONCE_BYTES);
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().expect("split at the nonce's size");
        self.cipher()
            .decrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: ciphertext,
                    aad: &[header, aad].concat(),
                },
            )
            .map(Opened)
            .map_err(|_| OpenError::Forged)
    }

    fn header(&self) -> [u8; HEADER_BYTES] {
        let [a, b, c, d] = self.id.0;
        [VERSION, a, b, c, d]
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.key))
    }
}

/// Tells under which key a record is sealed, without opening it; for changing keys.
///
/// Fails with [`OpenError::Truncated`] or [`OpenError::Version`].
pub fn key_id(sealed: &[u8]) -> Result<KeyId, OpenError> {
    if sealed.len() < OVERHEAD_BYTES {
        return Err(OpenError::Truncated);
    }
    match *sealed {
        [VERSION, a, b, c, d, ..] => Ok(KeyId([a, b, c, d])),
        [version, ..] => Err(OpenError::Version(version)),
        [] => Err(OpenError::Truncated),
    }
}

/// The plaintext of an opened record; erased when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Opened(Vec<u8>);

impl Deref for Opened {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;
    use static_assertions::{assert_impl_all, assert_not_impl_any};

    assert_not_impl_any!(SealKey: std::fmt::Debug, std::fmt::Display, Clone);
    assert_not_impl_any!(Opened: std::fmt::Debug, std::fmt::Display, Clone);
    assert_impl_all!(SealKey: ZeroizeOnDrop);
    assert_impl_all!(Opened: ZeroizeOnDrop);

    const NONCE: [u8; NONCE_BYTES] = [9; NONCE_BYTES];

    fn opened(key: &SealKey, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        key.open(aad, sealed).map(|plain| plain.to_vec())
    }

    #[test]
    fn cipher_matches_the_published_xchacha20_poly1305_vector() {
        // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
        let key = SealKey::new(hex!(
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
        ));
        let plaintext = b"Ladies and Gentlemen of the class of '99: If I could offer you \
            only one tip for the future, sunscreen would be it.";
        let ciphertext = key
            .cipher()
            .encrypt(
                &XNonce::from(hex!("404142434445464748494a4b4c4d4e4f5051525354555657")),
                Payload {
                    msg: plaintext,
                    aad: &hex!("50515253c0c1c2c3c4c5c6c7"),
                },
            )
            .expect("a short record");
        assert_eq!(ciphertext[..16], hex!("bd6d179d3e83d43b9576579493c0e939"));
        assert_eq!(
            ciphertext[plaintext.len()..],
            hex!("c0875924c1c7987947deafd8780acf49")
        );
    }

    #[test]
    fn stored_form_stays_as_it_is() {
        // Records outlive releases: a change of these bytes needs a new version number.
        let expected = hex!(
            "01 15615582 090909090909090909090909090909090909090909090909"
            "8188dcf92ca2c7da97103ebc0b682a85552870bbbee6"
        );
        let key = SealKey::new([1; 32]);
        let sealed = key.seal(NONCE, b"aad", b"record");
        assert_eq!(sealed.len(), OVERHEAD_BYTES + b"record".len());
        assert_eq!(sealed, expected);
        assert_eq!(opened(&key, b"aad", &expected), Ok(b"record".to_vec()));
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let key = SealKey::new([1; 32]);
        let sealed = key.seal(NONCE, b"aad", b"record");
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            let expected = match index {
                0 => OpenError::Version(0),
                1..=4 => OpenError::OtherKey,
                _ => OpenError::Forged,
            };
            assert_eq!(
                opened(&key, b"aad", &altered),
                Err(expected),
                "byte {index}"
            );
        }
    }

    #[test]
    fn record_does_not_open_in_another_place() {
        let key = SealKey::new([1; 32]);
        let sealed = key.seal(NONCE, b"key 17", b"record");
        assert_eq!(opened(&key, b"key 18", &sealed), Err(OpenError::Forged));
        assert_eq!(opened(&key, b"", &sealed), Err(OpenError::Forged));
    }

    #[test]
    fn record_of_another_key_names_that_key() {
        let (old, new) = (SealKey::new([1; 32]), SealKey::new([2; 32]));
        let sealed = old.seal(NONCE, b"aad", b"record");
        assert_eq!(opened(&new, b"aad", &sealed), Err(OpenError::OtherKey));
        assert_eq!(key_id(&sealed), Ok(old.id()));
        assert_ne!(old.id(), new.id());
    }

    #[test]
    fn record_cut_short_is_refused() {
        let key = SealKey::new([1; 32]);
        let sealed = key.seal(NONCE, b"aad", b"");
        assert_eq!(opened(&key, b"aad", &sealed), Ok(Vec::new()));
        for len in 0..sealed.len() {
            assert_eq!(
                opened(&key, b"aad", &sealed[..len]),
                Err(OpenError::Truncated)
            );
        }
    }

    proptest! {
        #[test]
        fn opening_undoes_sealing(
            key: [u8; 32], nonce: [u8; NONCE_BYTES], aad: Vec<u8>, plaintext: Vec<u8>,
        ) {
            let key = SealKey::new(key);
            let sealed = key.seal(nonce, &aad, &plaintext);
            prop_assert_eq!(opened(&key, &aad, &sealed), Ok(plaintext));
        }

        #[test]
        fn bytes_from_disk_never_panic(sealed: Vec<u8>) {
            prop_assert!(opened(&SealKey::new([1; 32]), b"", &sealed).is_err());
        }
    }
}
