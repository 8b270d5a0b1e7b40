//! Devices that have given a code, or whose QR code was accepted, and have still to give the
//! password. In memory only.

use super::PasswordError;
use crate::{accounts, keys, services};
use heliograph_model::{AuthKeyId, E164, UnixMs, UserId};
use heliograph_store::{Command, Locks, StoreError, Tx};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long a device may take to give the password, in seconds. A number that was typed stays in
/// memory for as long.
const TTL_S: i64 = 900;
/// How many devices wait at a time, about 200 bytes each. Each has given a code or was let in by
/// another device, so this is far from what honest people do.
const WAITING_MAX: usize = 20_000;
/// How long a client is asked to wait when they are too many, in seconds.
const FULL_WAIT_S: u32 = 60;
/// How long a device is told again that its QR code was accepted, in seconds: as long as the code
/// was shown. After that it may show another one.
const SHOWN_AGAIN_S: i64 = 60;

/// A device that has still to give the password. No `Debug`: it may hold a number.
#[derive(Clone)]
pub struct Arrival {
    /// Whose account it is to be signed in to.
    pub user: UserId,
    /// ISO 3166 code of the country it is in, where that is known.
    pub country: Option<String>,
    /// The number, where it was typed: it is shown and sealed once the sign-in is complete.
    pub phone: Option<Arc<E164>>,
    /// Whether it was let in by its QR code.
    pub by_qr: bool,
    /// When it came.
    pub since: UnixMs,
}

impl Arrival {
    fn expires(&self) -> UnixMs {
        self.since.plus_seconds(TTL_S)
    }
}

/// Every device that waits.
#[derive(Default)]
pub struct Arrivals {
    waiting: Mutex<HashMap<AuthKeyId, Arrival>>,
}

impl Arrivals {
    /// Remembers a device; it takes the place of what its key waited for before.
    pub fn put(&self, key: AuthKeyId, arrival: Arrival) -> Result<(), PasswordError> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, other| other.expires() > arrival.since);
        if waiting.len() >= WAITING_MAX {
            return Err(PasswordError::Flood(FULL_WAIT_S));
        }
        waiting.insert(key, arrival);
        Ok(())
    }

    /// What a key waits for.
    pub fn find(&self, key: AuthKeyId, now: UnixMs) -> Option<Arrival> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let arrival = waiting.get(&key)?;
        (arrival.expires() > now).then(|| arrival.clone())
    }

    /// Whether a key's QR code was accepted just now.
    pub fn was_accepted(&self, key: AuthKeyId, now: UnixMs) -> bool {
        let arrival = self.find(key, now);
        arrival.is_some_and(|one| one.by_qr && one.since.plus_seconds(SHOWN_AGAIN_S) > now)
    }

    /// The devices that wait to be signed in to an account.
    pub fn of(&self, user: UserId, now: UnixMs) -> Vec<(AuthKeyId, Arrival)> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let of_user = waiting
            .iter()
            .filter(|(_, arrival)| arrival.user == user && arrival.expires() > now);
        of_user.map(|(key, one)| (*key, one.clone())).collect()
    }

    /// Forgets a key, which has arrived or given up.
    pub fn end(&self, key: AuthKeyId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(&key);
    }

    /// Turns one device of an account away; whether it waited.
    pub fn turn_away(&self, user: UserId, key: AuthKeyId) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_theirs = waiting.get(&key).is_some_and(|one| one.user == user);
        is_theirs && waiting.remove(&key).is_some()
    }

    /// Turns every device of an account away.
    pub fn turn_all_away(&self, user: UserId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, arrival| arrival.user != user);
    }
}

/// Tells an account's devices that somebody has a code and no password yet.
#[derive(Clone, Debug)]
pub struct TellArrival {
    /// Whose account.
    pub user: UserId,
    /// The key that waits.
    pub key: AuthKeyId,
    /// Where from.
    pub country: Option<String>,
}

impl Command for TellArrival {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "tell_arrival";

    fn locks(&self) -> Locks {
        Locks::of([self.user])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let account = accounts::find(tx, self.user).await?;
        let key = keys::info(tx, self.key).await?;
        let (Some(account), Some(key)) = (account, key) else {
            return Ok(());
        };
        let (person, country) = (&account.person, self.country.as_deref());
        let text = services::unfinished_sign_in(person, &key.client, country, tx.now());
        services::tell(tx, self.user, text).await
    }
}
