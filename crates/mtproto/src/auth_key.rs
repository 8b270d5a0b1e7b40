//! The shared key of a client and this server.

use sha1::{Digest, Sha1};
use zeroize::Zeroize;

/// An authorization key: 2048 bits that both sides computed and that never travel.
///
/// It has no `Debug`, cannot be cloned by accident, and is overwritten when dropped. Share it with
/// an `Arc`.
pub struct AuthKey {
    bytes: [u8; 256],
    id: i64,
    aux_hash: [u8; 8],
}

impl AuthKey {
    /// Takes the key's bytes, big-endian, and computes its two hashes.
    pub fn from_bytes(bytes: [u8; 256]) -> Self {
        let hash: [u8; 20] = Sha1::digest(bytes).into();
        let (aux_hash, rest) = hash.split_first_chunk().expect("20 bytes hold 8");
        let id = rest.last_chunk().expect("12 bytes hold 8");
        Self {
            bytes,
            id: i64::from_le_bytes(*id),
            aux_hash: *aux_hash,
        }
    }

    /// The key's bytes, for storage under another key.
    pub fn bytes(&self) -> &[u8; 256] {
        &self.bytes
    }

    /// The 64 lower bits of the key's SHA-1: its name in every packet.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The 64 higher bits of the key's SHA-1, used while the key is being agreed on.
    pub(crate) fn aux_hash(&self) -> [u8; 8] {
        self.aux_hash
    }
}

impl Drop for AuthKey {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}
