//! Lagrange interpolation over the points of share holders.
//!
//! Indices must be distinct and fewer than the group's order; callers check the former, `u16`
//! sees to the latter.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;

/// The factors with which values at `indices` add up to the value at `at`.
pub(crate) fn factors_at(at: u16, indices: &[u16]) -> Vec<Scalar> {
    let mut factors = factors_of_highest(indices);
    for (factor, own) in factors.iter_mut().zip(indices) {
        for other in indices.iter().filter(|other| *other != own) {
            *factor *= difference(at, *other);
        }
    }
    factors
}

/// The factors with which values at `indices` add up to the coefficient of the highest power of
/// the polynomial of degree `indices.len() - 1` through them.
pub(crate) fn factors_of_highest(indices: &[u16]) -> Vec<Scalar> {
    let mut factors: Vec<Scalar> = indices
        .iter()
        .map(|own| {
            let others = indices.iter().filter(|other| *other != own);
            others.map(|other| difference(*own, *other)).product()
        })
        .collect();
    Scalar::invert_batch_alloc(&mut factors);
    factors
}

/// The sum of points, each times its factor.
///
/// The time depends on the factors, which follow from public indices, and not on the points.
pub(crate) fn combine(factors: &[Scalar], points: &[RistrettoPoint]) -> RistrettoPoint {
    assert_eq!(factors.len(), points.len(), "one factor for each point");
    RistrettoPoint::vartime_multiscalar_mul(factors, points)
}

fn difference(a: u16, b: u16) -> Scalar {
    Scalar::from(a) - Scalar::from(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5 + 3x + 2x².
    fn value(x: u16) -> Scalar {
        let x = Scalar::from(x);
        Scalar::from(5_u64) + Scalar::from(3_u64) * x + Scalar::from(2_u64) * x * x
    }

    fn interpolated(factors: &[Scalar], indices: &[u16]) -> Scalar {
        assert_eq!(factors.len(), indices.len());
        factors
            .iter()
            .zip(indices)
            .map(|(f, x)| f * value(*x))
            .sum()
    }

    #[test]
    fn any_three_points_give_a_parabola() {
        for indices in [[1, 2, 3], [2, 40, 1000], [7, 300, u16::MAX]] {
            for at in [0, 1, 9, u16::MAX] {
                assert_eq!(interpolated(&factors_at(at, &indices), &indices), value(at));
            }
            let highest = factors_of_highest(&indices);
            assert_eq!(interpolated(&highest, &indices), Scalar::from(2_u64));
        }
    }

    #[test]
    fn two_points_do_not_give_a_parabola() {
        let indices = [1, 2];
        assert_ne!(interpolated(&factors_at(0, &indices), &indices), value(0));
    }

    #[test]
    fn one_point_is_a_constant() {
        assert_eq!(factors_at(0, &[9]), [Scalar::ONE]);
        assert_eq!(factors_of_highest(&[9]), [Scalar::ONE]);
    }
}
