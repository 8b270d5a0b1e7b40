//! The second half of an exchange: both sides' powers, under a key made of the nonces.

use sha1::{Digest, Sha1};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{Inner, NewNonce, Nonces, left_pad};
use crate::{
    aes_ige::AesIge,
    auth_key::AuthKey,
    dh::{DH_BYTES, DhPair, is_in_bounds},
    entropy::Entropy,
    wire::{CLIENT_DH_INNER_DATA, Reader, Truncated},
};

/// The longest `encrypted_data` of `set_client_DH_params`: a hash of 20 bytes, inner data of 304,
/// and 12 of padding make 336.
pub(super) const MAX_CLIENT_DATA: usize = 336;

/// The state of an exchange whose client knows our `g^a`.
pub(super) struct Agree {
    pub(super) inner: Inner,
    pub(super) pair: DhPair,
    pub(super) temp_key: TempKey,
    /// What the client must repeat: zero, or the hash of the key that was refused.
    pub(super) retry_id: i64,
    pub(super) retries: u8,
    pub(super) encrypted: Vec<u8>,
}

impl Agree {
    pub(super) fn new(nonces: &Nonces, inner: Inner, pair: DhPair) -> Self {
        Self {
            temp_key: TempKey::derive(&inner.new_nonce, &nonces.server_nonce),
            inner,
            pair,
            retry_id: 0,
            retries: 0,
            encrypted: Vec::new(),
        }
    }

    /// Decrypts the client's power and computes the key. What is wrong with the message shows only
    /// at the end: a stand-in for the power is raised all the same.
    pub(super) fn run(&self, nonces: &Nonces) -> Option<AuthKey> {
        let mut data = Zeroizing::new(self.encrypted.clone());
        let power = if bool::from(self.temp_key.open(&mut data)) {
            self.read(nonces, &data[20..]).ok().flatten()
        } else {
            None
        };
        let key = self
            .pair
            .agree(power.as_ref().unwrap_or(self.pair.public()));
        power.map(|_| AuthKey::from_bytes(*key))
    }

    fn read(&self, nonces: &Nonces, data: &[u8]) -> Result<Option<[u8; DH_BYTES]>, Truncated> {
        let mut reader = Reader::new(data);
        let fits = reader.u32()? == CLIENT_DH_INNER_DATA
            && Nonces::read(&mut reader)? == *nonces
            && reader.i64()? == self.retry_id;
        let power = left_pad(reader.bytes()?);
        Ok(power.filter(|power| fits && is_in_bounds(power)))
    }
}

/// The AES key under which the two powers travel.
pub(crate) struct TempKey(AesIge);

impl TempKey {
    /// Derives the key from the nonces, as the protocol prescribes.
    pub(crate) fn derive(new_nonce: &NewNonce, server_nonce: &[u8; 16]) -> Self {
        let sha1 = |a: &[u8], b: &[u8]| -> [u8; 20] {
            Sha1::new()
                .chain_update(a)
                .chain_update(b)
                .finalize()
                .into()
        };
        let new_server = sha1(&**new_nonce, server_nonce);
        let server_new = sha1(server_nonce, &**new_nonce);
        let new_new = sha1(&**new_nonce, &**new_nonce);
        let mut key = Zeroizing::new([0; 32]);
        key[..20].copy_from_slice(&new_server);
        key[20..].copy_from_slice(&server_new[..12]);
        let mut iv = Zeroizing::new([0; 32]);
        iv[..8].copy_from_slice(&server_new[12..]);
        iv[8..28].copy_from_slice(&new_new);
        iv[28..].copy_from_slice(&new_nonce[..4]);
        Self(AesIge { key, iv })
    }

    /// SHA-1, data, and random padding to whole blocks, encrypted.
    pub(crate) fn seal(&self, data: &[u8], entropy: &mut dyn Entropy) -> Vec<u8> {
        let mut sealed = Sha1::digest(data).to_vec();
        sealed.extend_from_slice(data);
        let unpadded = sealed.len();
        sealed.resize(unpadded.next_multiple_of(16), 0);
        entropy.fill(&mut sealed[unpadded..]);
        self.0.encrypt(&mut sealed);
        sealed
    }

    /// Decrypts in place; whether the hash at the front is that of the data behind it. The data
    /// are whole words, so there are four possible lengths of padding; all are tried.
    pub(crate) fn open(&self, sealed: &mut [u8]) -> Choice {
        self.0.decrypt(sealed);
        let Some((hash, data)) = sealed.split_at_checked(20) else {
            return Choice::from(0);
        };
        let mut ok = Choice::from(0);
        for padding in [0, 4, 8, 12] {
            if let Some(len) = data.len().checked_sub(padding) {
                ok |= Sha1::digest(&data[..len]).as_slice().ct_eq(hash);
            }
        }
        ok
    }
}

/// The proof in a verdict: `number` is 1 for ok, 2 for retry and 3 for fail.
pub(crate) fn new_nonce_hash(new_nonce: &NewNonce, number: u8, key: &AuthKey) -> [u8; 16] {
    let hash: [u8; 20] = Sha1::new()
        .chain_update(new_nonce.as_slice())
        .chain_update([number])
        .chain_update(key.aux_hash())
        .finalize()
        .into();
    *hash.last_chunk().expect("20 bytes hold 16")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of <https://core.telegram.org/mtproto/samples-auth_key> (as of 2013).
    #[test]
    fn the_key_of_the_published_example_is_derived() {
        let new_nonce = Zeroizing::new([
            0x31, 0x1c, 0x85, 0xdb, 0x23, 0x4a, 0xa2, 0x64, 0x0a, 0xfc, 0x4a, 0x76, 0xa7, 0x35,
            0xcf, 0x5b, 0x1f, 0x0f, 0xd6, 0x8b, 0xd1, 0x7f, 0xa1, 0x81, 0xe1, 0x22, 0x9a, 0xd8,
            0x67, 0xcc, 0x02, 0x4d,
        ]);
        let server_nonce = [
            0xa5, 0xcf, 0x4d, 0x33, 0xf4, 0xa1, 0x1e, 0xa8, 0x77, 0xba, 0x4a, 0xa5, 0x73, 0x90,
            0x73, 0x30,
        ];
        let derived = TempKey::derive(&new_nonce, &server_nonce);
        assert_eq!(
            *derived.0.key,
            [
                0xf0, 0x11, 0x28, 0x08, 0x87, 0xc7, 0xbb, 0x01, 0xdf, 0x0f, 0xc4, 0xe1, 0x78, 0x30,
                0xe0, 0xb9, 0x1f, 0xbb, 0x8b, 0xe4, 0xb2, 0x26, 0x7c, 0xb9, 0x85, 0xae, 0x25, 0xf3,
                0x3b, 0x52, 0x72, 0x53,
            ]
        );
        assert_eq!(
            *derived.0.iv,
            [
                0x32, 0x12, 0xd5, 0x79, 0xee, 0x35, 0x45, 0x2e, 0xd2, 0x3e, 0x0d, 0x0c, 0x92, 0x84,
                0x1a, 0xa7, 0xd3, 0x1b, 0x2e, 0x9b, 0xde, 0xf2, 0x15, 0x1e, 0x80, 0xd1, 0x58, 0x60,
                0x31, 0x1c, 0x85, 0xdb,
            ]
        );
    }

    #[test]
    fn sealed_data_open_and_damaged_ones_do_not() {
        let key = TempKey::derive(&Zeroizing::new([1; 32]), &[2; 16]);
        for len in (0..340).step_by(4) {
            let sealed = key.seal(&vec![3; len], &mut |out: &mut [u8]| out.fill(9));
            let mut opened = sealed.clone();
            assert!(bool::from(key.open(&mut opened)));
            assert_eq!(opened[20..20 + len], vec![3; len]);
            let mut damaged = sealed;
            damaged[0] ^= 1;
            assert!(!bool::from(key.open(&mut damaged)));
        }
        assert!(!bool::from(key.open(&mut [])));
    }
}
