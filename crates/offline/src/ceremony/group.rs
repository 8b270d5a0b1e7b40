//! The little arithmetic that checks need: evaluating a committed polynomial, and Lagrange's
//! factors.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;

/// Reads a point; only its canonical encoding counts.
pub(super) fn point(bytes: &[u8]) -> Option<RistrettoPoint> {
    CompressedRistretto::from_slice(bytes).ok()?.decompress()
}

/// Reads a scalar; only its canonical encoding counts.
pub(super) fn scalar(bytes: &[u8]) -> Option<Scalar> {
    Scalar::from_canonical_bytes(bytes.try_into().ok()?).into()
}

/// The value at `x` of the polynomial whose coefficients are committed to, lowest first.
pub(super) fn evaluate(commitments: &[RistrettoPoint], x: u16) -> RistrettoPoint {
    let x = Scalar::from(x);
    let sum = |sum: RistrettoPoint, commitment: &RistrettoPoint| sum * x + commitment;
    commitments
        .iter()
        .rev()
        .fold(RistrettoPoint::default(), sum)
}

/// The factor with which the value at `own` counts for the value at `at`, given the values at
/// `indices`, which are distinct.
pub(super) fn factor(at: u16, indices: &[u16], own: u16) -> Scalar {
    let difference = |a: u16, b: u16| Scalar::from(a) - Scalar::from(b);
    let others = indices.iter().filter(|other| **other != own);
    others
        .map(|other| difference(at, *other) * difference(own, *other).invert())
        .product()
}

/// The value at `at` in the exponent, given those at some indices.
pub(super) fn interpolate(at: u16, values: &[(u16, RistrettoPoint)]) -> RistrettoPoint {
    let indices: Vec<u16> = values.iter().map(|(index, _)| *index).collect();
    let term = |(index, value): &(u16, RistrettoPoint)| value * factor(at, &indices, *index);
    values.iter().map(term).sum()
}
