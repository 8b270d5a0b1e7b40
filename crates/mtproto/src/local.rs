//! How Telegram Desktop seals what it keeps in files: in the envelope of MTProto 1.0, under a key of
//! its own.

use sha1::{Digest, Sha1};

use crate::{
    auth_key::AuthKey,
    binding::{Half, derive},
    entropy::Entropy,
};

const BLOCK: usize = 16;
/// The length of the data with itself, in front of it.
const LENGTH: usize = 4;

/// Seals `data`: 16 bytes of its hash, then the data behind its length, in whole blocks.
pub fn seal(key: &AuthKey, data: &[u8], entropy: &mut dyn Entropy) -> Vec<u8> {
    let length = LENGTH + data.len();
    let mut plaintext = vec![0; length.next_multiple_of(BLOCK)];
    plaintext[..LENGTH].copy_from_slice(&(length as u32).to_le_bytes());
    plaintext[LENGTH..length].copy_from_slice(data);
    entropy.fill(&mut plaintext[length..]);
    let hash: [u8; 20] = Sha1::digest(&plaintext).into();
    let msg_key: &[u8; 16] = hash.first_chunk().expect("20 bytes hold 16");
    derive(key, msg_key, Half::ToClient).encrypt(&mut plaintext);
    [&msg_key[..], &plaintext].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_with_the_same_key_and_tells_its_length() {
        let key = AuthKey::from_bytes(std::array::from_fn(|place| place as u8 ^ 0x5a));
        for len in [0, 1, 11, 12, 13, 300] {
            let data = vec![7; len];
            let mut sealed = seal(&key, &data, &mut |out: &mut [u8]| out.fill(3));
            let (msg_key, encrypted) = sealed.split_first_chunk_mut().expect("a hash");
            derive(&key, msg_key, Half::ToClient).decrypt(encrypted);
            assert_eq!(&Sha1::digest(&*encrypted)[..16], &msg_key[..]);
            assert_eq!(encrypted[..4], (4 + len as u32).to_le_bytes());
            assert_eq!(&encrypted[4..4 + len], &data[..]);
        }
    }
}
