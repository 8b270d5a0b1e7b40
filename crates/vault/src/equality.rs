//! Proofs that two points have the same logarithm (Chaum and Pedersen), made non-interactive.
//!
//! One construction serves twice: the maker of a record shows `U = r·G` and `Ū = r·Ḡ`, and a
//! share holder shows `Y = x·G` and `Z = x·U`. Each use has its own domain.

use crate::group::{Point, Proof, hash_to_scalar};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use zeroize::Zeroizing;

/// `left = x·G` and `right = x·base`, said in a domain about the bytes in `bound`.
pub(crate) struct Statement<'a> {
    pub domain: &'static str,
    pub bound: &'a [&'a [u8]],
    pub left: &'a Point,
    pub base: &'a Point,
    pub right: &'a Point,
}

impl Statement<'_> {
    /// Proves the statement, of which `secret` is the logarithm.
    ///
    /// The nonce is a hash of the secret, the statement and 32 bytes of entropy: entropy that is
    /// poor or used twice gives nothing away.
    pub(crate) fn prove(&self, secret: &Scalar, entropy: &[u8; 32]) -> Proof {
        let points = self.points();
        let mut parts: Vec<&[u8]> = vec![secret.as_bytes(), entropy, self.domain.as_bytes()];
        parts.extend(self.bound);
        parts.push(&points);
        let nonce = Zeroizing::new(hash_to_scalar("hg/equality/nonce", &parts));

        let challenge = self.challenge(
            &RistrettoPoint::mul_base(&nonce),
            &(self.base.as_point() * *nonce),
        );
        Proof {
            challenge,
            response: *nonce + challenge * secret,
        }
    }

    /// Whether the proof shows this statement.
    pub(crate) fn holds(&self, proof: &Proof) -> bool {
        let Proof {
            challenge,
            response,
        } = proof;
        let left = RistrettoPoint::vartime_double_scalar_mul_basepoint(
            &-challenge,
            self.left.as_point(),
            response,
        );
        let right = RistrettoPoint::vartime_multiscalar_mul(
            [*response, -challenge],
            [self.base.as_point(), self.right.as_point()],
        );
        self.challenge(&left, &right) == *challenge
    }

    fn challenge(&self, left: &RistrettoPoint, right: &RistrettoPoint) -> Scalar {
        let points = self.points();
        let (left, right) = (left.compress(), right.compress());
        let mut parts = self.bound.to_vec();
        parts.extend([&points[..], left.as_bytes(), right.as_bytes()]);
        hash_to_scalar(self.domain, &parts)
    }

    fn points(&self) -> Vec<u8> {
        [self.left, self.base, self.right]
            .map(Point::to_bytes)
            .concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAIN: &str = "hg/test";

    struct Fixture {
        secret: Scalar,
        left: Point,
        base: Point,
        right: Point,
    }

    fn fixture() -> Fixture {
        let secret = Scalar::from(7_u64);
        let base = Point::base_times(&Scalar::from(11_u64));
        Fixture {
            secret,
            left: Point::base_times(&secret),
            base,
            right: base.times(&secret),
        }
    }

    fn statement<'a>(fixture: &'a Fixture, bound: &'a [&'a [u8]]) -> Statement<'a> {
        Statement {
            domain: DOMAIN,
            bound,
            left: &fixture.left,
            base: &fixture.base,
            right: &fixture.right,
        }
    }

    #[test]
    fn proof_holds_for_its_statement_only() {
        let fixture = fixture();
        let proof = statement(&fixture, &[b"case"]).prove(&fixture.secret, &[1; 32]);
        assert!(statement(&fixture, &[b"case"]).holds(&proof));
        assert!(!statement(&fixture, &[b"cas", b"e"]).holds(&proof));
        assert!(!statement(&fixture, &[b"other"]).holds(&proof));
        let other_domain = Statement {
            domain: "hg/other",
            ..statement(&fixture, &[b"case"])
        };
        assert!(!other_domain.holds(&proof));
        let other_point = Statement {
            right: &fixture.base,
            ..statement(&fixture, &[b"case"])
        };
        assert!(!other_point.holds(&proof));
    }

    #[test]
    fn unequal_logarithms_cannot_be_proved_by_the_honest_prover() {
        let mut fixture = fixture();
        fixture.right = fixture.base.times(&Scalar::from(8_u64));
        let proof = statement(&fixture, &[]).prove(&fixture.secret, &[1; 32]);
        assert!(!statement(&fixture, &[]).holds(&proof));
    }

    #[test]
    fn entropy_used_twice_does_not_repeat_the_nonce() {
        // Two responses under one nonce and two challenges would give the secret away:
        // nonce = response - challenge · secret.
        let fixture = fixture();
        let nonce = |bound: &[&[u8]]| {
            let proof = statement(&fixture, bound).prove(&fixture.secret, &[0; 32]);
            proof.response - proof.challenge * fixture.secret
        };
        assert_ne!(nonce(&[b"a"]), nonce(&[b"b"]));
    }
}
