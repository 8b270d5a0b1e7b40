//! Proofs that whoever publishes a share's point knows the share (Schnorr).
//!
//! Without them a custodian could choose its public key as a difference to the officers' key and
//! so cancel it, or present another's point as its own. The proof is tied to one key ceremony,
//! so that one made earlier, or for another role, does not serve again.

use crate::group::{ENCODED_BYTES, GroupError, PROOF_BYTES, Point, Proof, hash_to_scalar};
use crate::keyset::Ceremony;
use crate::share::SecretShare;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use zeroize::Zeroizing;

const DOMAIN: &str = "hg/pop/v1";

/// A proof of possession: challenge and response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PossessionProof(Proof);

impl PossessionProof {
    /// Size of the encoding, in bytes.
    pub const BYTES: usize = PROOF_BYTES;

    /// Reads a proof; fails with [`GroupError::Scalar`] when a scalar is not canonical.
    pub fn parse(bytes: &[u8; Self::BYTES]) -> Result<Self, GroupError> {
        Proof::parse(bytes).map(Self)
    }

    /// The encoding: challenge, then response.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        self.0.to_bytes()
    }

    /// Whether the proof shows that holder `index` of this ceremony knows the share of
    /// `share_point`.
    pub fn holds(&self, ceremony: &Ceremony, index: u16, share_point: &Point) -> bool {
        let Proof {
            challenge: claimed,
            response,
        } = &self.0;
        let commitment = RistrettoPoint::vartime_double_scalar_mul_basepoint(
            &-claimed,
            share_point.as_point(),
            response,
        );
        let statement = statement(ceremony, index, share_point.as_bytes());
        challenge(&statement, &commitment) == *claimed
    }
}

impl SecretShare {
    /// Proves possession of this share in a ceremony, from 32 bytes of entropy.
    pub fn prove_possession(&self, ceremony: &Ceremony, entropy: &[u8; 32]) -> PossessionProof {
        let statement = statement(ceremony, self.index(), self.point().as_bytes());
        // Entropy that is poor or used twice gives nothing away: the statement is in the hash.
        let nonce = Zeroizing::new(hash_to_scalar(
            "hg/pop/v1/nonce",
            &[self.scalar().as_bytes(), entropy, &statement],
        ));
        let challenge = challenge(&statement, &RistrettoPoint::mul_base(&nonce));
        PossessionProof(Proof {
            challenge,
            response: *nonce + challenge * self.scalar(),
        })
    }
}

/// All fields are of fixed size: no two statements read alike.
fn statement(ceremony: &Ceremony, index: u16, share_point: &[u8; ENCODED_BYTES]) -> Vec<u8> {
    [
        &[ceremony.role as u8][..],
        &ceremony.session,
        &ceremony.epoch.to_be_bytes(),
        &ceremony.generation.to_be_bytes(),
        &index.to_be_bytes(),
        share_point,
        &ceremony.transcript,
    ]
    .concat()
}

fn challenge(statement: &[u8], commitment: &RistrettoPoint) -> Scalar {
    hash_to_scalar(DOMAIN, &[statement, commitment.compress().as_bytes()])
}
