//! The symmetric half of a record: key derivation and cipher.

use crate::group::{ENCODED_BYTES, Point};
use crate::label::Label;
use crate::secrets::RecordSecret;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305};
use curve25519_dalek::ristretto::RistrettoPoint;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Encrypts or decrypts one record.
pub(crate) struct RecordCipher {
    cipher: XChaCha20Poly1305,
    label: [u8; Label::BYTES],
}

impl RecordCipher {
    /// Derives the key of the record with this label and point.
    ///
    /// `officers` and `gate` are `r` times the two public keys. Their encodings stand side by
    /// side, so that whoever lacks one of them lacks the key.
    pub(crate) fn new(
        officers: &RistrettoPoint,
        gate: &RistrettoPoint,
        of_record: &RecordSecret,
        point: &Point,
        label: [u8; Label::BYTES],
    ) -> Self {
        let mut secret = Zeroizing::new([0; 2 * ENCODED_BYTES]);
        secret[..32].copy_from_slice(officers.compress().as_bytes());
        secret[32..].copy_from_slice(gate.compress().as_bytes());
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(of_record.as_bytes()), &*secret)
            .expand_multi_info(&[b"hg/vault/v1/key", point.as_bytes(), &label], &mut *key)
            .expect("32 bytes are within HKDF's limit of 8,160");
        Self {
            cipher: XChaCha20Poly1305::new(&Key::from(*key)),
            label,
        }
    }

    pub(crate) fn encrypt(&self, plaintext: &[u8]) -> Vec<u8> {
        self.cipher
            .encrypt(&NONCE.into(), self.payload(plaintext))
            .expect("a record in memory is below the cipher's limit of 256 GiB")
    }

    pub(crate) fn decrypt(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let plaintext = self.cipher.decrypt(&NONCE.into(), self.payload(ciphertext));
        plaintext.map(Zeroizing::new).ok()
    }

    fn payload<'a>(&'a self, msg: &'a [u8]) -> Payload<'a, 'a> {
        Payload {
            msg,
            aad: &self.label,
        }
    }
}

/// Constant, because no key encrypts twice: each is derived from a record's own random point.
const NONCE: [u8; 24] = [0; 24];
