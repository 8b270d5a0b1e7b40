//! A dealer who knows the whole key: for tests, where a ceremony would only be slow.
//!
//! It is not compiled into any program, for whoever deals could open everything.

use crate::group::{Point, hash_to_scalar};
use crate::keyset::{Ceremony, Holder, KeySet};
use crate::share::SecretShare;
use curve25519_dalek::scalar::Scalar;

/// Deals a key to the holders numbered `indices`, any `threshold` of whom can use it.
///
/// The same `key` gives the same public key; other `entropy` then gives other shares of it, as a
/// refresh does. Panics on indices that no key set may have; `threshold` is not checked.
pub fn deal_for_tests(
    ceremony: Ceremony,
    threshold: u8,
    indices: &[u16],
    key: &[u8; 32],
    entropy: &[u8; 32],
) -> (KeySet, Vec<SecretShare>) {
    let coefficient = |power: u8| match power {
        0 => hash_to_scalar("hg/test/key", &[key]),
        _ => hash_to_scalar("hg/test/coefficient", &[key, entropy, &[power]]),
    };
    let coefficients: Vec<Scalar> = (0..threshold).map(coefficient).collect();
    let shares: Vec<SecretShare> = indices
        .iter()
        .map(|index| {
            let x = Scalar::from(*index);
            let value = coefficients
                .iter()
                .rev()
                .fold(Scalar::ZERO, |sum, coefficient| sum * x + coefficient);
            SecretShare::new(*index, value).expect("an index other than 0")
        })
        .collect();
    let holders = shares.iter().map(|share| Holder {
        index: share.index(),
        share_point: *share.point(),
        possession: share.prove_possession(&ceremony, entropy),
    });
    let key_set = KeySet {
        ceremony,
        threshold,
        holders: holders.collect(),
        public_key: Point::base_times(&coefficients[0]),
    };
    (key_set, shares)
}
