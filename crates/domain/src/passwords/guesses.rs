//! How often a password was guessed wrongly, in memory only.

use super::{Asker, PasswordError};
use heliograph_model::{AuthKeyId, UnixMs, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many guesses one key has within [`PER_KEY_WINDOW_S`]: a person who mistypes gets along.
const PER_KEY: usize = 5;
/// In seconds.
const PER_KEY_WINDOW_S: i64 = 900;
/// How many guesses an account takes within [`PER_ACCOUNT_WINDOW_S`], from however many keys: even a
/// password of four random digits holds for half a year.
const PER_ACCOUNT: usize = 20;
/// In seconds.
const PER_ACCOUNT_WINDOW_S: i64 = 86_400;

/// Whose guesses are counted together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    Key(AuthKeyId),
    Account { user: UserId, signed_in: bool },
}

impl Counted {
    fn limit(self) -> (usize, i64) {
        match self {
            Counted::Key(_) => (PER_KEY, PER_KEY_WINDOW_S),
            Counted::Account { .. } => (PER_ACCOUNT, PER_ACCOUNT_WINDOW_S),
        }
    }
}

fn counted(asker: Asker) -> [Counted; 2] {
    let Asker {
        user,
        key,
        signed_in,
    } = asker;
    [Counted::Key(key), Counted::Account { user, signed_in }]
}

/// The guesses of the last day. There is an entry for every key and account that guessed wrongly, and
/// a guess needs a code or a sign-in first, so they stay few.
#[derive(Default)]
pub(super) struct Guesses {
    made: Mutex<HashMap<Counted, Vec<UnixMs>>>,
}

impl Guesses {
    /// Counts a guess, or says how long to wait.
    pub fn count(&self, asker: Asker, now: UnixMs) -> Result<(), PasswordError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|counted, moments| {
            let since = now.plus_seconds(-counted.limit().1);
            moments.retain(|at| *at > since);
            !moments.is_empty()
        });
        for counted in counted(asker) {
            let (most, window_s) = counted.limit();
            let moments = made.get(&counted).map_or(&[][..], Vec::as_slice);
            if moments.len() >= most {
                let free = moments[0].plus_seconds(window_s);
                return Err(PasswordError::Flood(wait_s(now, free)));
            }
        }
        for counted in counted(asker) {
            made.entry(counted).or_default().push(now);
        }
        Ok(())
    }

    /// The last guess was right: it does not count, and the key begins anew.
    pub fn take_back(&self, asker: Asker) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        for counted in counted(asker) {
            match counted {
                Counted::Key(_) => {
                    made.remove(&counted);
                }
                Counted::Account { .. } => {
                    made.get_mut(&counted).and_then(Vec::pop);
                }
            }
        }
    }
}

/// Whole seconds from `now` to `then`, at least one.
fn wait_s(now: UnixMs, then: UnixMs) -> u32 {
    ((then.0 - now.0 + 999) / 1000).max(1) as u32
}
