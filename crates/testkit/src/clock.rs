//! Time, turned by hand.

use heliograph_model::UnixMs;
use heliograph_store::Clock;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that stands still until it is turned. It starts in November 2023.
pub struct HandClock(AtomicI64);

impl Default for HandClock {
    fn default() -> Self {
        HandClock(AtomicI64::new(1_700_000_000_000))
    }
}

impl HandClock {
    /// A clock that stands at this time.
    pub fn at(unix_s: u64) -> Self {
        HandClock(AtomicI64::new(unix_s as i64 * 1000))
    }

    /// Lets time pass; a negative number sets the clock back.
    pub fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    /// Each look takes a millisecond, so that two moments differ.
    fn now(&self) -> UnixMs {
        UnixMs(self.0.fetch_add(1, Ordering::Relaxed))
    }
}
