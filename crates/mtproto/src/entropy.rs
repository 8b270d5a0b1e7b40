//! Where random bytes come from: always an argument.

/// A source of unpredictable bytes.
///
/// Closures of the right shape are sources too, so callers can pass `|out| rng.fill(out)`.
pub trait Entropy {
    /// Fills `out` with bytes that nobody else can predict.
    fn fill(&mut self, out: &mut [u8]);
}

impl<F: FnMut(&mut [u8])> Entropy for F {
    fn fill(&mut self, out: &mut [u8]) {
        self(out);
    }
}

/// Draws a fixed number of bytes.
pub(crate) fn draw<const N: usize>(entropy: &mut dyn Entropy) -> [u8; N] {
    let mut out = [0; N];
    entropy.fill(&mut out);
    out
}
