//! AES-256 in the IGE mode, in place.

use aes::{Aes256Dec, Aes256Enc};
use ige::{
    Decryptor, Encryptor,
    cipher::{Block, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit},
};
use zeroize::Zeroizing;

/// A key with the two blocks that stand in front of the first one.
pub(crate) struct AesIge {
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) iv: Zeroizing<[u8; 32]>,
}

impl AesIge {
    /// A key that is used once needs no other first blocks than zeros.
    pub(crate) fn with_zero_iv(key: Zeroizing<[u8; 32]>) -> Self {
        Self {
            key,
            iv: Zeroizing::new([0; 32]),
        }
    }

    /// Encrypts whole blocks of 16 bytes; what is behind the last one stays as it is.
    pub(crate) fn encrypt(&self, data: &mut [u8]) {
        let mut cipher = Encryptor::<Aes256Enc>::new((&*self.key).into(), (&*self.iv).into());
        cipher.encrypt_blocks(Block::<Aes256Enc>::slice_as_chunks_mut(data).0);
    }

    /// Decrypts whole blocks of 16 bytes; what is behind the last one stays as it is.
    pub(crate) fn decrypt(&self, data: &mut [u8]) {
        let mut cipher = Decryptor::<Aes256Dec>::new((&*self.key).into(), (&*self.iv).into());
        cipher.decrypt_blocks(Block::<Aes256Dec>::slice_as_chunks_mut(data).0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an independent implementation gives for the same key and blocks.
    #[test]
    fn both_directions_agree_with_another_project() {
        let ige = AesIge {
            key: Zeroizing::new(std::array::from_fn(|i| i as u8)),
            iv: Zeroizing::new(std::array::from_fn(|i| i as u8 ^ 0xa5)),
        };
        let plain: Vec<u8> = (0..160).collect();
        let (mut ours, mut theirs) = (plain.clone(), plain.clone());
        ige.encrypt(&mut ours);
        grammers_crypto::aes::ige_encrypt(&mut theirs, &ige.key, &ige.iv);
        assert_eq!(ours, theirs);
        ige.decrypt(&mut ours);
        assert_eq!(ours, plain);
        // And with OpenSSL's, which wrote the mode down first.
        let key = openssl::aes::AesKey::new_encrypt(&*ige.key).unwrap();
        let mut out = vec![0; plain.len()];
        openssl::aes::aes_ige(
            &plain,
            &mut out,
            &key,
            &mut ige.iv.clone()[..],
            openssl::symm::Mode::Encrypt,
        );
        assert_eq!(out, theirs);
    }
}
