//! Diffie-Hellman in the group that all clients know.
//!
//! Some clients refuse every prime but this one, and the others check it fastest. It is a safe
//! prime, so the only small subgroups are those of 1 and -1, which the bounds exclude; a secret
//! exponent of 512 bits is then far stronger than the group itself.

use openssl::{
    bn::{BigNum, BigNumContext},
    error::ErrorStack,
};
use zeroize::Zeroizing;

use crate::entropy::{Entropy, draw};

/// The generator, `g`.
pub const GENERATOR: i32 = 3;

/// Size of the prime and of every public value, in bytes.
pub const DH_BYTES: usize = 256;

/// The prime of Telegram's servers, big-endian
/// (<https://core.telegram.org/mtproto/samples-auth_key>).
pub const PRIME: [u8; DH_BYTES] = [
    0xc7, 0x1c, 0xae, 0xb9, 0xc6, 0xb1, 0xc9, 0x04, 0x8e, 0x6c, 0x52, 0x2f, 0x70, 0xf1, 0x3f, 0x73,
    0x98, 0x0d, 0x40, 0x23, 0x8e, 0x3e, 0x21, 0xc1, 0x49, 0x34, 0xd0, 0x37, 0x56, 0x3d, 0x93, 0x0f,
    0x48, 0x19, 0x8a, 0x0a, 0xa7, 0xc1, 0x40, 0x58, 0x22, 0x94, 0x93, 0xd2, 0x25, 0x30, 0xf4, 0xdb,
    0xfa, 0x33, 0x6f, 0x6e, 0x0a, 0xc9, 0x25, 0x13, 0x95, 0x43, 0xae, 0xd4, 0x4c, 0xce, 0x7c, 0x37,
    0x20, 0xfd, 0x51, 0xf6, 0x94, 0x58, 0x70, 0x5a, 0xc6, 0x8c, 0xd4, 0xfe, 0x6b, 0x6b, 0x13, 0xab,
    0xdc, 0x97, 0x46, 0x51, 0x29, 0x69, 0x32, 0x84, 0x54, 0xf1, 0x8f, 0xaf, 0x8c, 0x59, 0x5f, 0x64,
    0x24, 0x77, 0xfe, 0x96, 0xbb, 0x2a, 0x94, 0x1d, 0x5b, 0xcd, 0x1d, 0x4a, 0xc8, 0xcc, 0x49, 0x88,
    0x07, 0x08, 0xfa, 0x9b, 0x37, 0x8e, 0x3c, 0x4f, 0x3a, 0x90, 0x60, 0xbe, 0xe6, 0x7c, 0xf9, 0xa4,
    0xa4, 0xa6, 0x95, 0x81, 0x10, 0x51, 0x90, 0x7e, 0x16, 0x27, 0x53, 0xb5, 0x6b, 0x0f, 0x6b, 0x41,
    0x0d, 0xba, 0x74, 0xd8, 0xa8, 0x4b, 0x2a, 0x14, 0xb3, 0x14, 0x4e, 0x0e, 0xf1, 0x28, 0x47, 0x54,
    0xfd, 0x17, 0xed, 0x95, 0x0d, 0x59, 0x65, 0xb4, 0xb9, 0xdd, 0x46, 0x58, 0x2d, 0xb1, 0x17, 0x8d,
    0x16, 0x9c, 0x6b, 0xc4, 0x65, 0xb0, 0xd6, 0xff, 0x9c, 0xa3, 0x92, 0x8f, 0xef, 0x5b, 0x9a, 0xe4,
    0xe4, 0x18, 0xfc, 0x15, 0xe8, 0x3e, 0xbe, 0xa0, 0xf8, 0x7f, 0xa9, 0xff, 0x5e, 0xed, 0x70, 0x05,
    0x0d, 0xed, 0x28, 0x49, 0xf4, 0x7b, 0xf9, 0x59, 0xd9, 0x56, 0x85, 0x0c, 0xe9, 0x29, 0x85, 0x1f,
    0x0d, 0x81, 0x15, 0xf6, 0x35, 0xb1, 0x05, 0xee, 0x2e, 0x4e, 0x15, 0xd0, 0x4b, 0x24, 0x54, 0xbf,
    0x6f, 0x4f, 0xad, 0xf0, 0x34, 0xb1, 0x04, 0x03, 0x11, 0x9c, 0xd8, 0xe3, 0xb9, 0x2f, 0xcc, 0x5b,
];

/// A secret exponent `a` with its `g^a mod p`, made ahead of time. Used for one key only.
pub struct DhPair {
    secret: Zeroizing<[u8; 64]>,
    public: [u8; DH_BYTES],
}

impl DhPair {
    /// Draws an exponent of 512 bits and computes its public value (0.6 ms).
    pub fn make(entropy: &mut dyn Entropy) -> Self {
        loop {
            let mut secret = Zeroizing::new(draw::<64>(entropy));
            // A fixed length, so that the time to raise to it is fixed too.
            secret[0] |= 0x80;
            let mut generator = [0; DH_BYTES];
            generator[DH_BYTES - 1] = GENERATOR as u8;
            let public = power(&generator, &*secret);
            if is_in_bounds(&public) {
                return Self { secret, public };
            }
        }
    }

    /// `g^a mod p`, big-endian.
    pub fn public(&self) -> &[u8; DH_BYTES] {
        &self.public
    }

    /// `other^a mod p`, big-endian. `other` must have passed [`is_in_bounds`].
    pub fn agree(&self, other: &[u8; DH_BYTES]) -> Zeroizing<[u8; DH_BYTES]> {
        Zeroizing::new(power(other, &*self.secret))
    }
}

/// Whether a public value lies between 2^1984 and `p` - 2^1984, as the documentation of the
/// protocol asks both sides to check.
pub fn is_in_bounds(public: &[u8; DH_BYTES]) -> bool {
    // 2^1984 is a one followed by 248 zero bytes.
    let far_from_zero = public[..8].iter().any(|byte| *byte != 0);
    // The same bound from above: the highest 64 bits of p - x are not all zero.
    let mut difference = [0u8; DH_BYTES];
    let mut borrow = 0u16;
    for i in (0..DH_BYTES).rev() {
        let digit = u16::from(PRIME[i])
            .wrapping_sub(u16::from(public[i]))
            .wrapping_sub(borrow);
        difference[i] = digit as u8;
        borrow = digit >> 15;
    }
    far_from_zero && borrow == 0 && difference[..8].iter().any(|byte| *byte != 0)
}

/// `base^exponent mod p` in time that depends only on the exponent's length.
pub(crate) fn power(base: &[u8; DH_BYTES], exponent: &[u8]) -> [u8; DH_BYTES] {
    try_power(base, exponent).expect("OpenSSL fails only when out of memory")
}

fn try_power(base: &[u8], exponent: &[u8]) -> Result<[u8; DH_BYTES], ErrorStack> {
    let mut context = BigNumContext::new_secure()?;
    let prime = BigNum::from_slice(&PRIME)?;
    let base = BigNum::from_slice(base)?;
    let mut secret = BigNum::new_secure()?;
    secret.copy_from_slice(exponent)?;
    secret.set_const_time();
    let mut result = BigNum::new_secure()?;
    result.mod_exp(&base, &secret, &prime, &mut context)?;
    let bytes = Zeroizing::new(result.to_vec_padded(DH_BYTES as i32)?);
    secret.clear();
    result.clear();
    Ok(*bytes.first_chunk().expect("padded to this length"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::Seeded;

    #[test]
    fn both_sides_agree() {
        let mut entropy = Seeded::new(1);
        let (a, b) = (DhPair::make(&mut entropy), DhPair::make(&mut entropy));
        assert_eq!(*a.agree(b.public()), *b.agree(a.public()));
    }

    #[test]
    fn small_powers_are_right() {
        let mut three = [0; DH_BYTES];
        three[255] = 3;
        let mut expected = [0; DH_BYTES];
        expected[255] = 243;
        assert_eq!(power(&three, &[5]), expected);
    }

    #[test]
    fn values_near_zero_and_near_the_prime_are_out_of_bounds() {
        let mut value = [0; DH_BYTES];
        assert!(!is_in_bounds(&value));
        value[255] = 1;
        assert!(!is_in_bounds(&value));
        value[7] = 1; // 2^1984 + 1
        assert!(is_in_bounds(&value));
        value[7] = 0;
        value[8] = 0xff;
        assert!(!is_in_bounds(&value));

        assert!(!is_in_bounds(&PRIME));
        let mut near = PRIME;
        near[255] -= 1;
        assert!(!is_in_bounds(&near));
        let mut far = PRIME;
        far[6] -= 1;
        assert!(is_in_bounds(&far));
        assert!(!is_in_bounds(&[0xff; DH_BYTES]));
    }
}
