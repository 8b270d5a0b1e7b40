//! The clock and the random source, handed in so that tests can replace them.

use frost_ristretto255::rand_core;
use rand::TryRng as _;
use rand::rngs::SysRng;
#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// Tells the time, in Unix seconds.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the one clock that all others of this crate are handed from"
)]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        // Before 1970 everything is stale and nothing is due, which is the safe side.
        since.map_or(0, |since| since.as_secs())
    })
}

/// Draws secret random bytes.
#[derive(Clone)]
pub struct Entropy(Arc<dyn Fn() -> [u8; 32] + Send + Sync>);

impl Entropy {
    /// The system's random source.
    ///
    /// # Panics
    /// When it fails, upon drawing: without it no key can be made and nothing be answered.
    pub fn system() -> Self {
        Self(Arc::new(|| {
            let mut bytes = [0; 32];
            SysRng
                .try_fill_bytes(&mut bytes)
                .expect("the system gives random bytes");
            bytes
        }))
    }

    /// Bytes from elsewhere: each call of `draw` must give others.
    pub fn from_fn(draw: impl Fn() -> [u8; 32] + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    /// 32 bytes.
    pub fn draw(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new((self.0)())
    }

    /// 64 bytes.
    pub fn draw_wide(&self) -> Zeroizing<[u8; 64]> {
        let mut bytes = Zeroizing::new([0; 64]);
        bytes[..32].copy_from_slice(&*self.draw());
        bytes[32..].copy_from_slice(&*self.draw());
        bytes
    }
}

/// Keeps this process's memory, and the keys in it, out of core dumps and out of the hands of other
/// processes of the same user.
pub fn keep_memory_private() -> io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    // The limit alone does not hold where dumps are piped to a program (core(5)).
    #[cfg(target_os = "linux")]
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// The random source as the crate for key generation asks for it.
pub(crate) struct Draws<'a>(pub &'a Entropy);

impl rand_core::RngCore for Draws<'_> {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, target: &mut [u8]) {
        for chunk in target.chunks_mut(32) {
            chunk.copy_from_slice(&self.0.draw()[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(target);
        Ok(())
    }
}

impl rand_core::CryptoRng for Draws<'_> {}
