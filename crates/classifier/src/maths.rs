//! Exponential and logarithm from the four operations, which every machine rounds alike.
//!
//! The standard library asks the system for these two, and systems differ in the last bit. Weights
//! that anyone can reproduce bit for bit must not depend on that.

use std::f64::consts::LN_2;

/// e to the power of `x`, within a few units in the last place; 0 and a large number beyond ±700.
pub(crate) fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let halvings = (x / LN_2).round();
    let rest = x - halvings * LN_2;
    let mut sum = 1.0;
    // |rest| is at most 0.35: the fifteenth term is below the precision.
    for k in (1..=15).rev() {
        sum = 1.0 + sum * rest / f64::from(k);
    }
    // The exponent lies within ±1010, so the bits are those of a normal number.
    sum * f64::from_bits(((halvings as i64 + 1023) as u64) << 52)
}

/// The natural logarithm of a positive number.
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.max(f64::MIN_POSITIVE).to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    // ln m = 2 artanh((m - 1) / (m + 1)), and that fraction is at most a third.
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let square = t * t;
    let mut sum = 0.0;
    for k in (0..18).rev() {
        sum = sum * square + 1.0 / f64::from(2 * k + 1);
    }
    2.0 * t * sum + exponent as f64 * LN_2
}

/// The probability whose log-odds are `z`.
pub(crate) fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + exp(-z))
}

/// A sequence of numbers that looks random and is the same on every machine (SplitMix64).
pub(crate) struct Sequence(pub u64);

impl Sequence {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Puts a list into another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            let other = self.next() % (end as u64 + 1);
            list.swap(end, other as usize);
        }
    }
}

/// A hash of bytes that is the same on every machine (FNV-1a with a final mix).
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    }
    Sequence(hash).next()
}

#[cfg(test)]
mod tests {
    use super::{exp, ln};

    #[test]
    fn they_agree_with_the_standard_library() {
        for step in -400..400 {
            let x = f64::from(step) / 10.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-14, "exp {x}");
            assert!((ln(exp(x)) - x).abs() < 1e-12, "ln exp {x}");
        }
        assert_eq!((exp(-1e9), exp(1e9)), (exp(-700.0), exp(700.0)));
    }
}
