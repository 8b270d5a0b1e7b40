//! How many key exchanges one network address may begin.
//!
//! An exchange costs the server some three milliseconds of arithmetic and leaves a key behind; to
//! begin one costs a client nothing. Beyond the limit the answer is the transport error -429.

use heliograph_mtproto::UnixMillis;
use std::collections::HashMap;

/// How many exchanges an address may begin at once: a lecture hall that opens its laptops, each
/// client making a handful of keys.
pub(crate) const AT_ONCE: u32 = 1_000;

/// How many more each minute: ten a second, 3% of what one core can do, for as long as it lasts.
pub(crate) const PER_MINUTE: u32 = 600;

/// How many addresses are kept in mind, at about 40 bytes each. One that has its whole allowance
/// again is forgotten first.
const ADDRESSES_MAX: usize = 100_000;

/// Milliseconds in which the allowance grows by one.
const MS_PER_EXCHANGE: i64 = 60_000 / PER_MINUTE as i64;

/// The allowances of the addresses that have used some of theirs.
///
/// Of each only the moment is kept at which it will be whole again: every exchange moves it on, and
/// it may lie [`AT_ONCE`] exchanges ahead of now.
#[derive(Default)]
pub(crate) struct ExchangeLimit {
    whole_again: HashMap<u64, UnixMillis>,
}

impl ExchangeLimit {
    /// Takes one exchange off the allowance of an address, if something is left.
    pub fn take(&mut self, address: u64, now: UnixMillis) -> bool {
        if self.whole_again.len() >= ADDRESSES_MAX && !self.whole_again.contains_key(&address) {
            self.whole_again.retain(|_, moment| *moment > now);
            // Everyone is busy at once: better to forget than to grow, or to shut newcomers out.
            if self.whole_again.len() >= ADDRESSES_MAX {
                self.whole_again.clear();
            }
        }
        let moment = self.whole_again.entry(address).or_insert(now);
        let furthest = now.plus_millis(MS_PER_EXCHANGE * i64::from(AT_ONCE));
        if *moment > furthest {
            // The clock was set back: nobody pays for time that did not pass.
            *moment = now;
        }
        let next = now.max(*moment).plus_millis(MS_PER_EXCHANGE);
        let allowed = next <= furthest;
        if allowed {
            *moment = next;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    #[test]
    fn an_address_has_its_allowance_and_no_more_until_time_passes() {
        let mut limit = ExchangeLimit::default();
        let taken =
            |limit: &mut ExchangeLimit, now| (0..5_000).filter(|_| limit.take(1, now)).count();
        assert_eq!(taken(&mut limit, NOW), AT_ONCE as usize);
        assert_eq!(taken(&mut limit, NOW.plus_seconds(60)), PER_MINUTE as usize);
        assert!(limit.take(2, NOW), "another address is not concerned");
        assert_eq!(
            taken(&mut limit, NOW.plus_seconds(86_400)),
            AT_ONCE as usize
        );
    }

    #[test]
    fn a_clock_that_is_set_back_shuts_nobody_out() {
        let mut limit = ExchangeLimit::default();
        assert!(limit.take(1, NOW.plus_seconds(86_400)));
        assert!(limit.take(1, NOW));
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let mut limit = ExchangeLimit::default();
        for address in 0..ADDRESSES_MAX as u64 * 2 {
            assert!(limit.take(address, NOW));
        }
        assert!(limit.whole_again.len() <= ADDRESSES_MAX);
    }
}
