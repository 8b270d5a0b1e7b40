//! A holder's secret share of a key.

use crate::group::{ENCODED_BYTES, GroupError, Point, parse_secret_scalar};
use curve25519_dalek::scalar::Scalar;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Why bytes are no share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Index 0 is where the polynomial has the key itself.
    #[error("a share cannot have index 0")]
    Index,
    /// Not canonical, or zero.
    #[error("the share is not the canonical encoding of a scalar other than zero")]
    Scalar,
}

impl From<GroupError> for ShareError {
    fn from(_: GroupError) -> Self {
        Self::Scalar
    }
}

/// One holder's share: an index and a scalar. Erased when dropped; it cannot be printed, copied
/// or serialised, except by [`SecretShare::to_bytes`] for the file it is kept in.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretShare {
    index: u16,
    scalar: Scalar,
    #[zeroize(skip)]
    point: Point,
}

impl SecretShare {
    /// Reads the share of holder `index`, as a key ceremony made it.
    pub fn from_bytes(index: u16, bytes: &[u8; ENCODED_BYTES]) -> Result<Self, ShareError> {
        Self::new(index, parse_secret_scalar(bytes)?)
    }

    /// Makes the whole key of a single local custodian, from 64 secret random bytes.
    ///
    /// Fails with [`ShareError::Scalar`] with probability about 2^-252.
    pub fn single(entropy: &[u8; 64]) -> Result<Self, ShareError> {
        Self::new(1, Scalar::from_bytes_mod_order_wide(entropy))
    }

    /// The holder's index.
    pub fn index(&self) -> u16 {
        self.index
    }

    /// The public point of the share, `Y_i` in the papers.
    pub fn point(&self) -> &Point {
        &self.point
    }

    /// The canonical encoding of the scalar, for the file it is kept in.
    pub fn to_bytes(&self) -> Zeroizing<[u8; ENCODED_BYTES]> {
        Zeroizing::new(self.scalar.to_bytes())
    }

    pub(crate) fn new(index: u16, scalar: Scalar) -> Result<Self, ShareError> {
        if index == 0 {
            return Err(ShareError::Index);
        }
        if scalar == Scalar::ZERO {
            return Err(ShareError::Scalar);
        }
        Ok(Self {
            index,
            point: Point::base_times(&scalar),
            scalar,
        })
    }

    pub(crate) fn scalar(&self) -> &Scalar {
        &self.scalar
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    fn error(index: u16, bytes: [u8; 32]) -> Option<ShareError> {
        SecretShare::from_bytes(index, &bytes).err()
    }

    #[test]
    fn share_is_read_back_from_its_bytes() {
        let share = SecretShare::single(&[7; 64]).expect("not zero");
        let read = SecretShare::from_bytes(1, &share.to_bytes()).expect("canonical");
        assert_eq!(read.to_bytes(), share.to_bytes());
        assert_eq!(read.point(), share.point());
    }

    #[test]
    fn shares_that_would_weaken_the_key_are_refused() {
        let mut two = [0; 32];
        two[0] = 2;
        assert_eq!(error(0, two), Some(ShareError::Index));
        assert_eq!(error(1, two), None);
        assert_eq!(error(1, [0; 32]), Some(ShareError::Scalar));
        // 2 + the group's order.
        let raised = hex!("efd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        assert_eq!(error(1, raised), Some(ShareError::Scalar));
        let zero_reduced = hex!("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        assert_eq!(error(1, zero_reduced), Some(ShareError::Scalar));
    }
}
