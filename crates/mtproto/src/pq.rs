//! The small puzzle in front of a key exchange: the client factors a product of two primes before
//! the server spends an RSA operation on it.

use crate::entropy::{Entropy, draw};

/// Two primes of 31 bits, the smaller first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PqPair {
    /// The smaller prime.
    pub p: u32,
    /// The larger prime.
    pub q: u32,
}

impl PqPair {
    /// Draws two different primes with their highest bits set, so that the product always fills
    /// eight bytes.
    pub fn make(entropy: &mut dyn Entropy) -> Self {
        let first = draw_prime(entropy);
        loop {
            let second = draw_prime(entropy);
            if second != first {
                return Self {
                    p: first.min(second),
                    q: first.max(second),
                };
            }
        }
    }

    /// The product that the client has to factor.
    pub fn product(self) -> u64 {
        u64::from(self.p) * u64::from(self.q)
    }
}

/// Ready-made pairs, so that a flood of first messages costs no search for primes. A pair may
/// serve many clients: it is a puzzle, not a secret.
pub struct PqPool {
    pairs: Vec<PqPair>,
}

impl PqPool {
    /// Makes `count` pairs (about 30 us each).
    pub fn make(count: usize, entropy: &mut dyn Entropy) -> Self {
        Self {
            pairs: (0..count.max(1)).map(|_| PqPair::make(entropy)).collect(),
        }
    }

    /// One of the pairs, chosen at random.
    pub fn pick(&self, entropy: &mut dyn Entropy) -> PqPair {
        let index = u32::from_le_bytes(draw(entropy)) as usize % self.pairs.len();
        self.pairs[index]
    }
}

fn draw_prime(entropy: &mut dyn Entropy) -> u32 {
    loop {
        let candidate = u32::from_le_bytes(draw(entropy)) & 0x7fff_ffff | 0x4000_0001;
        if is_prime(candidate) {
            return candidate;
        }
    }
}

/// Miller-Rabin; the bases 2, 3, 5 and 7 decide every number below 3,215,031,751.
fn is_prime(n: u32) -> bool {
    if n < 11 {
        return matches!(n, 2 | 3 | 5 | 7);
    }
    if n.is_multiple_of(2) {
        return false;
    }
    let n = u64::from(n);
    let twos = (n - 1).trailing_zeros();
    let odd = (n - 1) >> twos;
    [2, 3, 5, 7].into_iter().all(|base| {
        let mut x = power_mod(base, odd, n);
        if x == 1 || x == n - 1 {
            return true;
        }
        for _ in 1..twos {
            x = x * x % n;
            if x == n - 1 {
                return true;
            }
        }
        false
    })
}

fn power_mod(mut base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % modulus;
        }
        base = base * base % modulus;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::Seeded;

    #[test]
    fn the_prime_test_agrees_with_trial_division() {
        let by_division = |n: u32| {
            n > 1
                && (2..n)
                    .take_while(|d| d * d <= n)
                    .all(|d| !n.is_multiple_of(d))
        };
        for n in (0..20_000).chain(1_229_739_300..1_229_739_330) {
            assert_eq!(is_prime(n), by_division(n), "{n}");
        }
        // Strong pseudoprimes to base 2, and Telegram's published example.
        assert!(!is_prime(2047) && !is_prime(1_373_653));
        assert!(is_prime(1_229_739_323) && is_prime(1_402_015_859));
    }

    #[test]
    fn pairs_are_ordered_and_their_product_fills_eight_bytes_below_the_sign() {
        let mut entropy = Seeded::new(2);
        let pool = PqPool::make(50, &mut entropy);
        for _ in 0..200 {
            let pair = pool.pick(&mut entropy);
            assert!(pair.p < pair.q && is_prime(pair.p) && is_prime(pair.q));
            assert!((1 << 60..1 << 63).contains(&pair.product()));
        }
    }
}
