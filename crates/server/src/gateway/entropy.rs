//! Randomness for everything that is not made by OpenSSL.

use heliograph_mtproto::Entropy;
use rand::Rng;

/// The process's generator: ChaCha, seeded and reseeded from the operating system, one per thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, out: &mut [u8]) {
        generator().fill_bytes(out);
    }
}

impl heliograph_api::Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) {
        generator().fill_bytes(out);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the home of the process's randomness"
)]
fn generator() -> rand::rngs::ThreadRng {
    rand::rng()
}
