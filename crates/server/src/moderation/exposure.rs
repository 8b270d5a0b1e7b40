//! How many cases about children and lives a moderator has looked at in a day: in memory only, for
//! nobody but them.

use heliograph_model::UnixMs;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

/// Who has looked at which cases today (UTC).
#[derive(Default)]
pub struct Exposure(Mutex<Today>);

#[derive(Default)]
struct Today {
    day: i64,
    seen: HashSet<(u16, u64)>,
}

impl Exposure {
    /// Notes a look; a second one at the same case counts no more.
    pub fn note(&self, moderator: u16, case: u64, now: UnixMs) {
        self.with(now, |seen| seen.insert((moderator, case)));
    }

    /// How many cases a moderator has looked at today.
    pub fn of(&self, moderator: u16, now: UnixMs) -> usize {
        self.with(now, |seen| {
            seen.iter().filter(|(own, _)| *own == moderator).count()
        })
    }

    fn with<T>(&self, now: UnixMs, work: impl FnOnce(&mut HashSet<(u16, u64)>) -> T) -> T {
        let mut today = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let day = now.0.div_euclid(DAY_MS);
        if today.day != day {
            today.day = day;
            today.seen.clear();
        }
        work(&mut today.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_counts_once_and_a_day_ends() {
        let exposure = Exposure::default();
        let now = UnixMs(5 * DAY_MS);
        for (moderator, case) in [(1, 7), (1, 7), (1, 8), (2, 7)] {
            exposure.note(moderator, case, now);
        }
        assert_eq!([1, 2, 3].map(|who| exposure.of(who, now)), [2, 1, 0]);
        assert_eq!(exposure.of(1, UnixMs(6 * DAY_MS)), 0);
    }
}
