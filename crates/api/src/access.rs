//! Access hashes: derived per viewer from a server key, never stored.
//!
//! Who shows the right hash for an id has been shown that id by this server before
//! (<https://core.telegram.org/api/peers>). The hash differs per viewer, so that ids cannot be
//! collected by one account and used by another.

use heliograph_model::{Peer, UserId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The key from which access hashes are derived.
#[derive(Clone)]
pub struct AccessKey(Hmac<Sha256>);

impl AccessKey {
    /// Takes 32 random bytes that stay the same for the life of the installation.
    pub fn new(key: &[u8; 32]) -> Self {
        AccessKey(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// The hash with which `viewer` may name `peer`.
    pub fn hash(&self, viewer: UserId, peer: impl Into<Peer>) -> i64 {
        let peer = peer.into().number().to_le_bytes();
        let digest = self.mac(&[b"hg/access/v1", &viewer.0.to_le_bytes(), &peer]);
        let (head, _) = digest.split_first_chunk().expect("SHA-256 gives 32 bytes");
        i64::from_le_bytes(*head)
    }

    /// A check sum over these bytes. The first piece says what it is for.
    pub fn mac(&self, pieces: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for piece in pieces {
            mac.update(piece);
        }
        mac.finalize().into_bytes().into()
    }

    /// Whether `hash` is the one with which `viewer` may name `peer`.
    ///
    /// The comparison need not be constant-time: a guess costs a flood-limited request.
    pub fn allows(&self, viewer: UserId, peer: impl Into<Peer>, hash: i64) -> bool {
        self.hash(viewer, peer) == hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_good_for_one_viewer_and_one_peer() {
        let key = AccessKey::new(&[1; 32]);
        let (ada, ben, eve) = (UserId(1), UserId(2), UserId(3));
        let hash = key.hash(ada, ben);
        assert!(key.allows(ada, ben, hash));
        assert!(!key.allows(eve, ben, hash));
        assert!(!key.allows(ada, eve, hash));
        assert!(!AccessKey::new(&[2; 32]).allows(ada, ben, hash));
    }
}
