//! Points and scalars of ristretto255 as they arrive from outside.
//!
//! Only canonical encodings are read, and never the identity: a scalar that is reduced silently
//! gives one value two encodings, and a point of order one takes a key out of a computation.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use sha2::{Digest, Sha512};
use std::fmt;
use std::sync::LazyLock;
use zeroize::{Zeroize, Zeroizing};

/// Size of an encoded point or scalar, in bytes.
pub const ENCODED_BYTES: usize = 32;

/// Why 32 bytes are no point or scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// Not the canonical encoding of a point, or the identity.
    #[error("not the canonical encoding of a usable point")]
    Point,
    /// Not the canonical encoding of a scalar, or a share that is zero.
    #[error("not the canonical encoding of a usable scalar")]
    Scalar,
}

/// A public point of the group; never the identity.
#[derive(Clone, Copy)]
pub struct Point {
    point: RistrettoPoint,
    /// The encoding of `point`, kept because every hash asks for it and encoding is slow.
    bytes: [u8; ENCODED_BYTES],
}

impl Point {
    /// Reads a point; fails with [`GroupError::Point`].
    pub fn parse(bytes: &[u8; ENCODED_BYTES]) -> Result<Self, GroupError> {
        CompressedRistretto(*bytes)
            .decompress()
            .filter(|point| !point.is_identity())
            .map(|point| Self {
                point,
                bytes: *bytes,
            })
            .ok_or(GroupError::Point)
    }

    /// The canonical encoding.
    pub fn to_bytes(&self) -> [u8; ENCODED_BYTES] {
        self.bytes
    }

    /// `None` for the identity.
    pub(crate) fn new(point: RistrettoPoint) -> Option<Self> {
        (!point.is_identity()).then(|| Self {
            point,
            bytes: point.compress().to_bytes(),
        })
    }

    /// The product with a scalar that must not be zero.
    pub(crate) fn times(&self, scalar: &Scalar) -> Self {
        Self::new(self.point * scalar).expect("the order is prime and neither factor is zero")
    }

    /// The generator's product with a scalar that must not be zero.
    pub(crate) fn base_times(scalar: &Scalar) -> Self {
        Self::new(RistrettoPoint::mul_base(scalar)).expect("the scalar is not zero")
    }

    pub(crate) fn as_point(&self) -> &RistrettoPoint {
        &self.point
    }

    pub(crate) fn as_bytes(&self) -> &[u8; ENCODED_BYTES] {
        &self.bytes
    }
}

impl PartialEq for Point {
    fn eq(&self, other: &Self) -> bool {
        // Encodings are canonical: equal bytes are equal points.
        self.bytes == other.bytes
    }
}

impl Eq for Point {}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Point(")?;
        for byte in self.bytes {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

impl Zeroize for Point {
    fn zeroize(&mut self) {
        self.point.zeroize();
        self.bytes.zeroize();
    }
}

/// Reads a scalar of a proof, where zero is a value like any other.
pub(crate) fn parse_scalar(bytes: &[u8; ENCODED_BYTES]) -> Result<Scalar, GroupError> {
    Option::from(Scalar::from_canonical_bytes(*bytes)).ok_or(GroupError::Scalar)
}

/// Challenge and response of a proof; the verifier recomputes the commitments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    pub challenge: Scalar,
    pub response: Scalar,
}

/// Size of an encoded proof, in bytes.
pub(crate) const PROOF_BYTES: usize = 2 * ENCODED_BYTES;

impl Proof {
    pub(crate) fn parse(bytes: &[u8; PROOF_BYTES]) -> Result<Self, GroupError> {
        let (mut challenge, mut response) = ([0; ENCODED_BYTES], [0; ENCODED_BYTES]);
        challenge.copy_from_slice(&bytes[..ENCODED_BYTES]);
        response.copy_from_slice(&bytes[ENCODED_BYTES..]);
        Ok(Self {
            challenge: parse_scalar(&challenge)?,
            response: parse_scalar(&response)?,
        })
    }

    pub(crate) fn to_bytes(self) -> [u8; PROOF_BYTES] {
        let mut bytes = [0; PROOF_BYTES];
        bytes[..ENCODED_BYTES].copy_from_slice(self.challenge.as_bytes());
        bytes[ENCODED_BYTES..].copy_from_slice(self.response.as_bytes());
        bytes
    }
}

/// Reads a secret scalar, which must not be zero.
pub(crate) fn parse_secret_scalar(bytes: &[u8; ENCODED_BYTES]) -> Result<Scalar, GroupError> {
    parse_scalar(bytes).and_then(|scalar| {
        if scalar == Scalar::ZERO {
            Err(GroupError::Scalar)
        } else {
            Ok(scalar)
        }
    })
}

/// Hashes to a scalar: SHA-512, reduced modulo the group's order.
///
/// The domain and every part are preceded by their length (`u64`, big-endian), so that no two
/// lists of parts read alike. Reducing 512 bits leaves a bias of about 2^-260.
pub(crate) fn hash_to_scalar(domain: &str, parts: &[&[u8]]) -> Scalar {
    let mut hash = Sha512::new();
    for part in [domain.as_bytes()].iter().chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let wide = Zeroizing::new(<[u8; 64]>::from(hash.finalize()));
    Scalar::from_bytes_mod_order_wide(&wide)
}

/// The second generator of the sealing proof.
///
/// Nobody knows its logarithm to the base of the first: it is the one-way map of a hash.
pub(crate) static SECOND_GENERATOR: LazyLock<Point> = LazyLock::new(|| {
    let hash = Sha512::digest(b"hg/vault/v1/second-generator");
    Point::new(RistrettoPoint::from_uniform_bytes(&hash.into()))
        .expect("a constant, not the identity")
});

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    /// The order of the group, 2^252 + 27742317777372353535851937790883648493, little-endian.
    const ORDER: [u8; 32] =
        hex!("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

    #[test]
    fn identity_is_no_point() {
        assert_eq!(Point::parse(&[0; 32]), Err(GroupError::Point));
    }

    #[test]
    fn encodings_that_are_not_canonical_are_no_points() {
        // RFC 9496, appendix A.2: field elements out of range, negative ones, and non-squares.
        let bad = [
            hex!("00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
            hex!("f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
            hex!("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
            hex!("0100000000000000000000000000000000000000000000000000000000000000"),
            hex!("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
        ];
        for bytes in bad {
            assert_eq!(Point::parse(&bytes), Err(GroupError::Point), "{bytes:02x?}");
        }
    }

    #[test]
    fn generator_is_read_and_written_alike() {
        // RFC 9496, appendix A.1, the first multiple of the generator.
        let bytes = hex!("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76");
        assert_eq!(
            Point::parse(&bytes).map(|point| point.to_bytes()),
            Ok(bytes)
        );
        assert_eq!(Point::parse(&bytes), Ok(Point::base_times(&Scalar::ONE)));
    }

    #[test]
    fn scalar_and_order_is_not_the_scalar() {
        for small in [0_u8, 1, 0x12] {
            // No carry: the lowest byte of the order is 0xed.
            let mut raised = ORDER;
            raised[0] += small;
            assert_eq!(parse_scalar(&raised), Err(GroupError::Scalar));
            let mut plain = [0; 32];
            plain[0] = small;
            assert_eq!(parse_scalar(&plain), Ok(Scalar::from(small)));
        }
    }

    #[test]
    fn zero_is_no_share() {
        assert_eq!(parse_scalar(&[0; 32]), Ok(Scalar::ZERO));
        assert_eq!(parse_secret_scalar(&[0; 32]), Err(GroupError::Scalar));
    }

    #[test]
    fn moving_a_byte_between_parts_changes_the_hash() {
        let whole = hash_to_scalar("d", &[b"ab", b"c"]);
        assert_ne!(whole, hash_to_scalar("d", &[b"a", b"bc"]));
        assert_ne!(whole, hash_to_scalar("da", &[b"b", b"c"]));
        assert_ne!(whole, hash_to_scalar("d", &[b"ab", b"c", b""]));
    }
}
