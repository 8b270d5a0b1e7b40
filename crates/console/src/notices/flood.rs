//! How many notices are taken: by network, and in all.
//!
//! A notice costs a moderator minutes and its sender nothing, so somebody who floods the form must
//! not keep others from being heard. No address is kept: networks are counted under a hash whose key
//! is in memory only and changes every day.

use crate::Visitor;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Notices of one network at once, and how many more each hour: a class of pupils that found the
/// same thing.
const OF_A_NETWORK: Allowance = Allowance {
    at_once: 20,
    per_hour: 20,
};

/// Notices of everybody at once, and how many more each hour: more than a team of moderators reads.
const OF_ALL: Allowance = Allowance {
    at_once: 1_000,
    per_hour: 500,
};

/// How many networks are kept in mind, at about 40 bytes each.
const NETWORKS_MAX: usize = 50_000;

/// Seconds in a day, after which hashes mean nothing any more.
const DAY_S: u64 = 86_400;

struct Allowance {
    at_once: u64,
    per_hour: u64,
}

impl Allowance {
    /// Takes one off, where something is left. `whole_again_s` is the moment at which the allowance
    /// will be whole again. Otherwise it says after how many seconds there is one more.
    fn take(&self, whole_again_s: &mut u64, now_s: u64) -> Result<(), u64> {
        let each_s = 3_600 / self.per_hour;
        let furthest = now_s + self.at_once * each_s;
        if *whole_again_s > furthest {
            // The clock was set back: nobody pays for time that did not pass.
            *whole_again_s = now_s;
        }
        let next = now_s.max(*whole_again_s) + each_s;
        if next > furthest {
            return Err(next - furthest);
        }
        *whole_again_s = next;
        Ok(())
    }
}

/// Who has sent notices lately, as hashes.
#[derive(Default)]
pub(crate) struct Flood(Mutex<State>);

#[derive(Default)]
struct State {
    day: u64,
    key: RandomState,
    networks: HashMap<u64, u64>,
    all: u64,
}

impl Flood {
    /// Takes one notice off the allowances, or says after how many seconds to try again.
    pub(crate) fn take(&self, from: Option<Visitor>, now_s: u64) -> Result<(), u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.day != now_s / DAY_S || state.networks.len() >= NETWORKS_MAX {
            let all = state.all;
            *state = State {
                day: now_s / DAY_S,
                all,
                ..State::default()
            };
        }
        if let Some(network) = from.and_then(network) {
            let hash = state.key.hash_one(network);
            let whole_again_s = state.networks.entry(hash).or_insert(now_s);
            OF_A_NETWORK.take(whole_again_s, now_s)?;
        }
        OF_ALL.take(&mut state.all, now_s)
    }
}

/// The network of an address: the first 24 bits of the older kind, the first 48 of the newer one.
/// None for this machine: behind a proxy that nobody declared, everybody would come from there.
fn network(Visitor(address): Visitor) -> Option<[u8; 6]> {
    let address = address.to_canonical();
    if address.is_loopback() {
        return None;
    }
    let mut network = [0; 6];
    match address {
        IpAddr::V4(address) => network[..3].copy_from_slice(&address.octets()[..3]),
        IpAddr::V6(address) => network.copy_from_slice(&address.octets()[..6]),
    }
    Some(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: u64 = 1_800_000_000;

    fn taken(flood: &Flood, from: &str, now_s: u64) -> usize {
        let from = Some(Visitor(from.parse().unwrap()));
        (0..2_000)
            .filter(|_| flood.take(from, now_s).is_ok())
            .count()
    }

    #[test]
    fn a_network_has_its_allowance_and_others_have_theirs() {
        let flood = Flood::default();
        assert_eq!(taken(&flood, "198.51.100.7", NOW_S), 20);
        assert_eq!(taken(&flood, "198.51.100.99", NOW_S), 0, "the same network");
        assert_eq!(
            taken(&flood, "::ffff:198.51.100.9", NOW_S),
            0,
            "written otherwise"
        );
        assert_eq!(taken(&flood, "203.0.113.7", NOW_S), 20);
        assert_eq!(taken(&flood, "2001:db8:1:ffff::1", NOW_S), 20);
        assert_eq!(taken(&flood, "2001:db8:1:2::3", NOW_S), 0);
        assert_eq!(taken(&flood, "198.51.100.7", NOW_S + 1_800), 10);
    }

    #[test]
    fn there_is_an_end_for_all_together_and_it_says_when_to_come_back() {
        let flood = Flood::default();
        assert_eq!(taken(&flood, "127.0.0.1", NOW_S), 1_000);
        let wait_s = flood.take(None, NOW_S).unwrap_err();
        assert!((1..=8).contains(&wait_s), "{wait_s}");
        assert!(flood.take(None, NOW_S + wait_s).is_ok());
    }

    #[test]
    fn a_clock_that_is_set_back_shuts_nobody_out() {
        let flood = Flood::default();
        assert_eq!(taken(&flood, "198.51.100.7", NOW_S + 1_000), 20);
        assert_eq!(taken(&flood, "198.51.100.7", NOW_S), 20);
    }
}
