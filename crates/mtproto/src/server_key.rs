//! The RSA key by which clients know this server.
//!
//! The arithmetic is OpenSSL's: constant time, blinded, and about seven times as fast as the pure
//! Rust crates. Everything that touches it is in this file and in [`crate::dh`].

use openssl::{
    error::ErrorStack,
    pkey::Private,
    rsa::{Padding, Rsa},
};
use sha1::{Digest, Sha1};
use subtle::{Choice, ConditionallySelectable};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::wire::put_bytes;

/// Size of the key, its signatures and its ciphertexts, in bytes.
pub(crate) const RSA_BYTES: usize = 256;

/// A key could not be made or read.
#[derive(Debug, Error)]
pub enum KeyError {
    /// OpenSSL refused: not PEM, not RSA, or its random source failed.
    #[error("not a usable RSA key")]
    Unusable(#[from] ErrorStack),
    /// Clients only take keys of 2048 bits.
    #[error("the RSA key must have 2048 bits, not {0}")]
    WrongSize(u32),
}

/// The server's RSA key. It has no `Debug`.
pub struct ServerKey {
    rsa: Rsa<Private>,
    modulus: [u8; RSA_BYTES],
    fingerprint: i64,
}

impl ServerKey {
    /// Makes a new key of 2048 bits from OpenSSL's own random source (takes 0.1 to 1 s).
    ///
    /// Its fingerprint has sixteen hexadecimal digits: mtcute writes fingerprints without leading
    /// zeros and would not find a shorter one.
    pub fn generate() -> Result<Self, KeyError> {
        loop {
            let key = Self::from_rsa(Rsa::generate(RSA_BYTES as u32 * 8)?)?;
            if key.fingerprint as u64 >> 60 != 0 {
                return Ok(key);
            }
        }
    }

    /// Reads a private key: PEM, PKCS#1 or PKCS#8.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::from_rsa(Rsa::private_key_from_pem(pem)?)
    }

    fn from_rsa(rsa: Rsa<Private>) -> Result<Self, KeyError> {
        let bits = rsa.n().num_bits();
        let modulus = rsa.n().to_vec();
        let Ok(modulus) = <[u8; RSA_BYTES]>::try_from(modulus) else {
            return Err(KeyError::WrongSize(bits as u32));
        };
        if bits != 2048 {
            return Err(KeyError::WrongSize(bits as u32));
        }
        let fingerprint = fingerprint(&modulus, &rsa.e().to_vec());
        Ok(Self {
            rsa,
            modulus,
            fingerprint,
        })
    }

    /// The private key as PKCS#1 PEM, for the key folder.
    pub fn private_pem(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        Ok(Zeroizing::new(self.rsa.private_key_to_pem()?))
    }

    /// The public key as PKCS#1 PEM (`BEGIN RSA PUBLIC KEY`), the form that clients take.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        let pem = self.rsa.public_key_to_pem_pkcs1()?;
        Ok(String::from_utf8(pem).expect("PEM is ASCII"))
    }

    /// The 64 lower bits of SHA-1 over modulus and exponent in TL, as clients compute it.
    pub fn fingerprint(&self) -> i64 {
        self.fingerprint
    }

    /// Modulus and exponent, big-endian.
    pub fn public_parts(&self) -> (Vec<u8>, Vec<u8>) {
        (self.modulus.to_vec(), self.rsa.e().to_vec())
    }

    /// The bare RSA operation, `x^d mod n`, and whether `x` was below `n`.
    ///
    /// An `x` that is too large is replaced, so that it costs what any other costs.
    pub(crate) fn decrypt_raw(&self, x: &[u8; RSA_BYTES]) -> (Zeroizing<[u8; RSA_BYTES]>, Choice) {
        let below = is_below(x, &self.modulus);
        // The modulus has its highest bit set, so a number without it is always below.
        let mut input = *x;
        input[0] = u8::conditional_select(&(input[0] & 0x7f), &input[0], below);
        let mut output = Zeroizing::new([0; RSA_BYTES]);
        let done = self
            .rsa
            .private_decrypt(&input, &mut *output, Padding::NONE)
            .is_ok();
        (output, below & Choice::from(u8::from(done)))
    }
}

/// Whether `a < b`, big-endian, in constant time: the borrow of `a - b`.
fn is_below(a: &[u8; RSA_BYTES], b: &[u8; RSA_BYTES]) -> Choice {
    let mut borrow = 0u16;
    for (a, b) in a.iter().zip(b).rev() {
        borrow = u16::from(*a)
            .wrapping_sub(u16::from(*b))
            .wrapping_sub(borrow)
            >> 15;
    }
    Choice::from(borrow as u8)
}

fn fingerprint(modulus: &[u8], exponent: &[u8]) -> i64 {
    let mut parts = Vec::with_capacity(272);
    put_bytes(&mut parts, modulus);
    put_bytes(&mut parts, exponent);
    let hash: [u8; 20] = Sha1::digest(&parts).into();
    i64::from_le_bytes(*hash.last_chunk().expect("20 bytes hold 8"))
}

/// The bare public operation, `x^e mod n`; `None` if `x` is not below `n`.
#[cfg(any(test, feature = "client"))]
pub(crate) fn encrypt_raw(
    modulus: &[u8],
    exponent: &[u8],
    x: &[u8; RSA_BYTES],
) -> Option<[u8; RSA_BYTES]> {
    use openssl::bn::BigNum;

    let rsa = Rsa::from_public_components(
        BigNum::from_slice(modulus).ok()?,
        BigNum::from_slice(exponent).ok()?,
    )
    .ok()?;
    let mut out = [0; RSA_BYTES];
    rsa.public_encrypt(x, &mut out, Padding::NONE).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::server_key;

    #[test]
    fn a_key_survives_its_pem() {
        let key = server_key();
        let again = ServerKey::from_pem(&key.private_pem().unwrap()).unwrap();
        assert_eq!(again.fingerprint(), key.fingerprint());
        assert_eq!(again.public_pem().unwrap(), key.public_pem().unwrap());
        let pem = key.public_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN RSA PUBLIC KEY-----\n"));
        assert_eq!(pem.len(), 426);
    }

    #[test]
    fn the_fingerprint_of_telegrams_published_key_is_the_known_one() {
        // The production key in the documentation of Telegram's clients, whose fingerprint is
        // d09d1d85de64fd85.
        let pem = include_bytes!("tests/telegram_public_key.pem");
        let rsa = Rsa::public_key_from_pem_pkcs1(pem).unwrap();
        let found = fingerprint(&rsa.n().to_vec(), &rsa.e().to_vec());
        assert_eq!(found as u64, 0xd09d1d85de64fd85);
    }

    #[test]
    fn private_undoes_public() {
        let key = server_key();
        let (n, e) = key.public_parts();
        let mut x = [0x5a; RSA_BYTES];
        x[0] = 0;
        let y = encrypt_raw(&n, &e, &x).unwrap();
        let (back, ok) = key.decrypt_raw(&y);
        assert!(bool::from(ok));
        assert_eq!(*back, x);
    }

    #[test]
    fn numbers_from_the_modulus_up_are_marked() {
        let key = server_key();
        let mut x = key.modulus;
        assert!(!bool::from(key.decrypt_raw(&x).1));
        x[255] -= 1; // The modulus is odd.
        assert!(bool::from(key.decrypt_raw(&x).1));
        assert!(!bool::from(key.decrypt_raw(&[0xff; RSA_BYTES]).1));
    }

    #[test]
    fn a_key_of_another_size_is_refused() {
        let pem = Rsa::generate(1024).unwrap().private_key_to_pem().unwrap();
        assert!(matches!(
            ServerKey::from_pem(&pem),
            Err(KeyError::WrongSize(1024))
        ));
        assert!(ServerKey::from_pem(b"nothing").is_err());
    }
}
