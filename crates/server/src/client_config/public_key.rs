//! The server's public key as clients want it told.

use heliograph_mtproto::put_bytes;
use openssl::rsa::Rsa;
use sha1::{Digest, Sha1};
use std::path::Path;
use thiserror::Error;

/// The public key, its fingerprint and its number.
#[derive(Clone, Debug)]
pub struct PublicKey {
    pem: String,
    fingerprint: i64,
    modulus: Vec<u8>,
    modulus_hex: String,
}

/// Why a public key cannot be read.
#[derive(Debug, Error)]
pub enum PublicKeyError {
    /// The file is not there: no server has been started on this data folder.
    #[error(
        "{0}: there is no public key; start the server once, or name its data folder with --data"
    )]
    Missing(String),
    /// Not PEM of a PKCS#1 public key.
    #[error("not a PKCS#1 public key in PEM")]
    NotAKey,
}

impl PublicKey {
    /// Reads PKCS#1 PEM (`BEGIN RSA PUBLIC KEY`).
    pub fn read(pem: &str) -> Result<Self, PublicKeyError> {
        let rsa =
            Rsa::public_key_from_pem_pkcs1(pem.as_bytes()).map_err(|_| PublicKeyError::NotAKey)?;
        let modulus_hex = rsa.n().to_hex_str().map_err(|_| PublicKeyError::NotAKey)?;
        // As clients compute it: the lower 64 bits of SHA-1 over both numbers in TL.
        let mut parts = Vec::new();
        put_bytes(&mut parts, &rsa.n().to_vec());
        put_bytes(&mut parts, &rsa.e().to_vec());
        let hash: [u8; 20] = Sha1::digest(&parts).into();
        let lower = hash.last_chunk().expect("20 bytes hold 8");
        Ok(PublicKey {
            pem: pem.to_owned(),
            fingerprint: i64::from_le_bytes(*lower),
            modulus: rsa.n().to_vec(),
            modulus_hex: modulus_hex.to_ascii_lowercase(),
        })
    }

    /// Reads the file that a server wrote into its data folder.
    pub fn open(path: &Path) -> Result<Self, PublicKeyError> {
        let pem = std::fs::read_to_string(path)
            .map_err(|_| PublicKeyError::Missing(path.display().to_string()))?;
        Self::read(&pem)
    }

    /// The key as PKCS#1 PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The number by which clients name the key.
    pub fn fingerprint(&self) -> i64 {
        self.fingerprint
    }

    /// The modulus, its highest byte first.
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The modulus in hexadecimal; the exponent is always 65537.
    pub fn modulus_hex(&self) -> &str {
        &self.modulus_hex
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_mtproto::ServerKey;

    #[test]
    fn the_fingerprint_is_the_one_that_the_server_computes() {
        let server = ServerKey::generate().expect("a key");
        let public = PublicKey::read(&server.public_pem().expect("PEM")).expect("a key");
        assert_eq!(public.fingerprint(), server.fingerprint());
        assert_eq!(public.modulus_hex().len(), 512);
    }

    #[test]
    fn other_files_are_refused() {
        for text in [
            "",
            "-----BEGIN RSA PUBLIC KEY-----\n-----END RSA PUBLIC KEY-----\n",
        ] {
            assert!(matches!(
                PublicKey::read(text),
                Err(PublicKeyError::NotAKey)
            ));
        }
    }
}
