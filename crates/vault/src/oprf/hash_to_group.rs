//! Hashing into ristretto255 and its scalars, as RFC 9497 (section 4.1) asks.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

/// Output size of SHA-512, `b_in_bytes` of RFC 9380.
const HASH_BYTES: usize = 64;

/// Input block size of SHA-512, `s_in_bytes` of RFC 9380.
const BLOCK_BYTES: usize = 128;

// Domain separation tags: a label and the context string of RFC 9497, section 3.1
// (`"OPRFV1-" || I2OSP(mode, 1) || "-" || identifier`), whose mode is 0 here.
const HASH_TO_GROUP: &[u8] = b"HashToGroup-OPRFV1-\x00-ristretto255-SHA512";
const DERIVE_KEY_PAIR: &[u8] = b"DeriveKeyPairOPRFV1-\x00-ristretto255-SHA512";

/// `HashToGroup`: an element whose discrete logarithm nobody knows.
pub(super) fn hash_to_group(input: &[u8]) -> RistrettoPoint {
    RistrettoPoint::from_uniform_bytes(&expand_message_xmd(input, HASH_TO_GROUP))
}

/// `HashToScalar` under the tag of `DeriveKeyPair`.
pub(super) fn derive_scalar(input: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&expand_message_xmd(input, DERIVE_KEY_PAIR))
}

/// `expand_message_xmd` with SHA-512 (RFC 9380, section 5.3.1): `N` uniform bytes from a message.
///
/// `tag` must be at most 255 bytes and `N` at most 255 hashes long; both are constants here.
fn expand_message_xmd<const N: usize>(message: &[u8], tag: &[u8]) -> [u8; N] {
    const {
        assert!(
            N <= u8::MAX as usize * HASH_BYTES,
            "one byte counts the blocks"
        );
    }
    let tag_len = u8::try_from(tag.len()).expect("tags are short constants");

    // b_0 = H(Z_pad || msg || I2OSP(N, 2) || I2OSP(0, 1) || DST_prime)
    let first: [u8; HASH_BYTES] = Sha512::new()
        .chain_update([0; BLOCK_BYTES])
        .chain_update(message)
        .chain_update((N as u16).to_be_bytes())
        .chain_update([0])
        .chain_update(tag)
        .chain_update([tag_len])
        .finalize()
        .into();

    // b_i = H((b_0 XOR b_(i-1)) || I2OSP(i, 1) || DST_prime), where the first sees b_0 alone
    let mut out = [0; N];
    let mut previous = [0; HASH_BYTES];
    for (index, chunk) in out.chunks_mut(HASH_BYTES).enumerate() {
        for (byte, mask) in previous.iter_mut().zip(first) {
            *byte ^= mask;
        }
        previous = Sha512::new()
            .chain_update(previous)
            .chain_update([index as u8 + 1])
            .chain_update(tag)
            .chain_update([tag_len])
            .finalize()
            .into();
        chunk.copy_from_slice(&previous[..chunk.len()]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    // RFC 9380, appendix K.3.
    const TAG: &[u8] = b"QUUX-V01-CS02-with-expander-SHA512-256";

    fn message(prefix: &str, letter: &str, count: usize) -> Vec<u8> {
        [prefix, &letter.repeat(count)].concat().into_bytes()
    }

    #[test]
    fn one_block_matches_rfc_9380() {
        let cases: [(Vec<u8>, [u8; 32]); 5] = [
            (
                message("", "", 0),
                hex!("6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba"),
            ),
            (
                message("abc", "", 0),
                hex!("0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc"),
            ),
            (
                message("abcdef0123456789", "", 0),
                hex!("087e45a86e2939ee8b91100af1583c4938e0f5fc6c9db4b107b83346bc967f58"),
            ),
            (
                message("q128_", "q", 128),
                hex!("7336234ee9983902440f6bc35b348352013becd88938d2afec44311caf8356b3"),
            ),
            (
                message("a512_", "a", 512),
                hex!("57b5f7e766d5be68a6bfe1768e3c2b7f1228b3e4b3134956dd73a59b954c66f4"),
            ),
        ];
        for (message, expected) in cases {
            assert_eq!(expand_message_xmd::<32>(&message, TAG), expected);
        }
    }

    #[test]
    fn chained_blocks_match_rfc_9380() {
        let cases: [(Vec<u8>, [u8; 128]); 2] = [
            (
                message("abc", "", 0),
                hex!(
                    "7f1dddd13c08b543f2e2037b14cefb255b44c83cc397c1786d975653e36a6b11"
                    "bdd7732d8b38adb4a0edc26a0cef4bb45217135456e58fbca1703cd6032cb134"
                    "7ee720b87972d63fbf232587043ed2901bce7f22610c0419751c065922b48843"
                    "1851041310ad659e4b23520e1772ab29dcdeb2002222a363f0c2b1c972b3efe1"
                ),
            ),
            (
                message("a512_", "a", 512),
                hex!(
                    "05b0bfef265dcee87654372777b7c44177e2ae4c13a27f103340d9cd11c86cb2"
                    "426ffcad5bd964080c2aee97f03be1ca18e30a1f14e27bc11ebbd650f305269c"
                    "c9fb1db08bf90bfc79b42a952b46daf810359e7bc36452684784a64952c343c5"
                    "2e5124cd1f71d474d5197fefc571a92929c9084ffe1112cf5eea5192ebff330b"
                ),
            ),
        ];
        for (message, expected) in cases {
            assert_eq!(expand_message_xmd::<128>(&message, TAG), expected);
        }
    }
}
