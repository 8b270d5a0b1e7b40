//! Flood limits per account, key and address.

use crate::context::Caller;
use crate::error::RpcError;
use heliograph_model::UnixMs;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How dear a method is; each class has its own allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rate {
    /// Costs next to nothing.
    Free,
    /// Reads.
    Read,
    /// Changes something of one's own.
    Write,
    /// Reaches another person.
    Send,
    /// Finds people by number, name or word.
    Lookup,
    /// Asks for a code, or tries one.
    SignIn,
    /// Carries a part of a file, up or down.
    Part,
}

/// An allowance: so many at once, refilled at so many a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many at once.
    pub burst: u32,
    /// How many more each minute.
    pub per_minute: u32,
}

impl Allowance {
    /// What all behind one address have together.
    fn of_an_address(self) -> Self {
        Allowance {
            burst: self.burst * PER_ADDRESS,
            per_minute: self.per_minute * PER_ADDRESS,
        }
    }
}

impl Rate {
    /// The published defaults, per account (per key before sign-in).
    ///
    /// They lie well above what people and honest bots do, and below what makes one account a
    /// burden on the others; `docs/limits.md` repeats the table.
    pub fn allowance(self) -> Option<Allowance> {
        let (burst, per_minute) = match self {
            Rate::Free => return None,
            Rate::Read => (2_000, 6_000),
            Rate::Write => (500, 1_200),
            Rate::Send => (1_000, 60_000),
            Rate::Lookup => (60, 60),
            Rate::SignIn => (20, 10),
            Rate::Part => (4_000, 12_000),
        };
        Some(Allowance { burst, per_minute })
    }
}

/// One address may hold many accounts (a campus, a proxy): it gets this many times an account's
/// allowance.
const PER_ADDRESS: u32 = 50;

/// How many buckets are kept; full ones are forgotten first. About 100 bytes each.
const BUCKETS_MAX: usize = 200_000;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Account(i64),
    Key(i64),
    Address(u64),
}

struct Bucket {
    /// Calls left, in thousandths.
    left_milli: i64,
    filled: UnixMs,
}

/// The buckets of everyone who called lately.
pub struct Limits {
    buckets: Mutex<HashMap<(Who, Rate), Bucket>>,
    on: bool,
}

impl Limits {
    /// Limits with the published defaults.
    pub fn new() -> Self {
        Limits {
            buckets: Mutex::default(),
            on: true,
        }
    }

    /// No limits at all: for load tests on loopback.
    pub fn off() -> Self {
        Limits {
            buckets: Mutex::default(),
            on: false,
        }
    }

    /// Whether there are limits at all.
    pub fn are_on(&self) -> bool {
        self.on
    }

    /// Takes one call off the caller's allowances, or says how long to wait.
    pub fn take(&self, caller: &Caller, rate: Rate, now: UnixMs) -> Result<(), RpcError> {
        let Some(allowance) = rate.allowance().filter(|_| self.on) else {
            return Ok(());
        };
        let who = match caller.user {
            Some(user) => Who::Account(user.0),
            None => Who::Key(caller.key.0),
        };
        let wide = allowance.of_an_address();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            forget_full(&mut buckets, now);
        }
        take_from(&mut buckets, (who, rate), allowance, now)?;
        take_from(
            &mut buckets,
            (Who::Address(caller.address), rate),
            wide,
            now,
        )
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::new()
    }
}

fn take_from(
    buckets: &mut HashMap<(Who, Rate), Bucket>,
    key: (Who, Rate),
    allowance: Allowance,
    now: UnixMs,
) -> Result<(), RpcError> {
    let full = i64::from(allowance.burst) * 1000;
    let bucket = buckets.entry(key).or_insert(Bucket {
        left_milli: full,
        filled: now,
    });
    let gained = gained_milli(bucket, allowance, now);
    if gained > 0 {
        // Not before: whoever asks every millisecond would never see the allowance grow.
        bucket.left_milli = bucket.left_milli.saturating_add(gained).min(full);
        bucket.filled = now;
    }
    if bucket.left_milli < 1000 {
        let missing = 1000 - bucket.left_milli;
        let wait_ms = missing * 60 / i64::from(allowance.per_minute);
        return Err(RpcError::flood_wait((wait_ms / 1000 + 1) as u32));
    }
    bucket.left_milli -= 1000;
    Ok(())
}

/// What a bucket has gained since it was last filled, in thousandths of a call.
fn gained_milli(bucket: &Bucket, allowance: Allowance, now: UnixMs) -> i64 {
    let passed_ms = (now.0 - bucket.filled.0).max(0);
    passed_ms.saturating_mul(i64::from(allowance.per_minute)) / 60
}

/// Drops the buckets that have filled up again: they say nothing.
fn forget_full(buckets: &mut HashMap<(Who, Rate), Bucket>, now: UnixMs) {
    buckets.retain(|(who, rate), bucket| {
        let Some(allowance) = rate.allowance() else {
            return false;
        };
        let allowance = match who {
            Who::Address(_) => allowance.of_an_address(),
            Who::Account(_) | Who::Key(_) => allowance,
        };
        let left = bucket
            .left_milli
            .saturating_add(gained_milli(bucket, allowance, now));
        left < i64::from(allowance.burst) * 1000
    });
    // Everyone is busy at once: better to forget than to grow.
    if buckets.len() >= BUCKETS_MAX {
        buckets.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMs = UnixMs(1_800_000_000_000);
    const ALLOWANCE: Allowance = Allowance {
        burst: 20,
        per_minute: 10,
    };

    /// Asks once every `step_ms` for `span_ms`; how often it was allowed.
    fn allowed(step_ms: i64, span_ms: i64) -> usize {
        let mut buckets = HashMap::new();
        let moments = (0..span_ms / step_ms).map(|step| UnixMs(START.0 + step * step_ms));
        let key = (Who::Key(1), Rate::SignIn);
        moments
            .filter(|now| take_from(&mut buckets, key, ALLOWANCE, *now).is_ok())
            .count()
    }

    #[test]
    fn an_allowance_is_there_at_once_and_grows_evenly() {
        assert_eq!(allowed(1000, 20_000), 20);
        assert_eq!(allowed(1000, 120_000), 20 + 19);
    }

    #[test]
    fn an_allowance_grows_for_those_who_ask_every_millisecond_too() {
        assert_eq!(allowed(1, 120_000), 20 + 19);
    }

    #[test]
    fn after_the_wait_that_was_told_there_is_room() {
        let mut buckets = HashMap::new();
        let key = (Who::Key(1), Rate::SignIn);
        let refusal = loop {
            if let Err(error) = take_from(&mut buckets, key, ALLOWANCE, START) {
                break error;
            }
        };
        let wait_s = refusal.message.strip_prefix("FLOOD_WAIT_");
        let wait_s: i64 = wait_s.and_then(|n| n.parse().ok()).expect("a number");
        let later = UnixMs(START.0 + wait_s * 1000);
        assert!(take_from(&mut buckets, key, ALLOWANCE, later).is_ok());
    }

    #[test]
    fn an_address_keeps_its_own_measure_when_buckets_are_forgotten() {
        let mut buckets = HashMap::new();
        let allowance = Rate::SignIn.allowance().expect("it has one");
        let busy = (Who::Address(1), Rate::SignIn);
        let idle = (Who::Key(1), Rate::SignIn);
        for _ in 0..allowance.burst * 40 {
            take_from(&mut buckets, busy, allowance.of_an_address(), START).expect("wide");
        }
        take_from(&mut buckets, idle, allowance, START).expect("one call");
        forget_full(&mut buckets, UnixMs(START.0 + 10_000));
        assert!(buckets.contains_key(&busy) && !buckets.contains_key(&idle));
    }
}
