//! Challenges that wait for their answer, in memory only.

use super::{Asker, PasswordError};
use heliograph_model::UnixMs;
use heliograph_srp::Challenge;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long a challenge holds, in seconds: clients fetch one when the password has been typed, some
/// when they begin to ask for it.
const TTL_S: i64 = 600;
/// How many challenges a key has open; the oldest goes first. Clients ask a few times at once.
const PER_KEY: usize = 4;
/// How many wait at a time, about 600 bytes each.
const WAITING_MAX: usize = 20_000;
/// How long a client is asked to wait when they are too many, in seconds.
const FULL_WAIT_S: u32 = 60;

struct Open {
    asker: Asker,
    /// Of the password that the challenge was made for.
    stamp: [u8; 16],
    challenge: Challenge,
    expires: UnixMs,
    /// The order in which they came.
    number: u64,
}

#[derive(Default)]
struct State {
    open: HashMap<i64, Open>,
    next: u64,
}

/// Every challenge of the last minutes that was not answered.
#[derive(Default)]
pub(super) struct Challenges {
    state: Mutex<State>,
}

impl Challenges {
    /// Keeps a challenge.
    pub fn put(
        &self,
        srp_id: i64,
        asker: Asker,
        stamp: [u8; 16],
        challenge: Challenge,
        now: UnixMs,
    ) -> Result<(), PasswordError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open.retain(|_, open| open.expires > now);
        let of_key = state
            .open
            .iter()
            .filter(|(_, open)| open.asker.key == asker.key);
        let mut of_key: Vec<(u64, i64)> = of_key.map(|(id, open)| (open.number, *id)).collect();
        of_key.sort_unstable();
        if of_key.len() >= PER_KEY {
            state.open.remove(&of_key[0].1);
        }
        if state.open.len() >= WAITING_MAX {
            return Err(PasswordError::Flood(FULL_WAIT_S));
        }
        let open = Open {
            asker,
            stamp,
            challenge,
            expires: now.plus_seconds(TTL_S),
            number: state.next,
        };
        state.next += 1;
        state.open.insert(srp_id, open);
        Ok(())
    }

    /// Takes a challenge out, for the one answer that it gets. Only the key that asked for it can, and
    /// only for the same account.
    pub fn take(
        &self,
        srp_id: i64,
        asker: Asker,
        now: UnixMs,
    ) -> Result<([u8; 16], Challenge), PasswordError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_right = |open: &Open| {
            let of = &open.asker;
            (of.user, of.key) == (asker.user, asker.key) && open.expires > now
        };
        if !state.open.get(&srp_id).is_some_and(is_right) {
            return Err(PasswordError::UnknownChallenge);
        }
        let open = state.open.remove(&srp_id).expect("it was there just now");
        Ok((open.stamp, open.challenge))
    }
}
