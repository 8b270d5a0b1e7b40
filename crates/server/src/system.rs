//! The real clock, keys from the system, and a process that keeps its memory to itself.

use heliograph_model::UnixMs;
use heliograph_store::Clock;
use rand::TryRng as _;
use rand::rngs::SysRng;
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl SystemClock {
    /// Seconds since 1970.
    pub fn now_s() -> u64 {
        (Self.now().0 / 1000).max(0) as u64
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one clock that all others are handed from"
    )]
    fn now(&self) -> UnixMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock set before 1970 reads as 1970: nothing in the server expects earlier times.
        UnixMs(since.map_or(0, |since| since.as_millis() as i64))
    }
}

/// 32 bytes straight from the system, for a key that will be kept.
pub fn key_from_system() -> io::Result<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    SysRng
        .try_fill_bytes(key.as_mut_slice())
        .map_err(io::Error::other)?;
    Ok(key)
}

/// Keeps this process's memory, and the keys in it, out of core dumps and out of the hands of other
/// processes of the same user.
pub fn keep_memory_private() -> io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    rustix::process::setrlimit(Resource::Core, none)?;
    // The limit alone does not hold where dumps are piped to a program (core(5)).
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Raises the limit of open files to what the system allows: each connection is one.
pub fn allow_many_connections() -> io::Result<()> {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    Ok(rustix::process::setrlimit(Resource::Nofile, raised)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_are_not_zero() {
        let (one, two) = (key_from_system(), key_from_system());
        let (one, two) = (one.expect("entropy"), two.expect("entropy"));
        assert_ne!(*one, *two);
        assert_ne!(*one, [0; 32]);
    }

    #[test]
    fn the_clock_tells_a_time_after_this_was_written() {
        assert!(SystemClock::now_s() > 1_760_000_000);
    }
}
