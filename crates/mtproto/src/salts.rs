//! Server salts: numbers that change every half hour and must stand in every packet, so that a
//! recorded packet is of no use later.
//!
//! They are computed, not stored: the salt of a half hour is an HMAC over the key's id and the
//! number of that half hour, so a restarted server knows them all.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::msg_id::UnixMillis;

/// How long a salt is the current one. Telegram's documentation names half an hour, and clients
/// plan for it.
const WINDOW_S: i64 = 30 * 60;

/// The most salts that one `get_future_salts` brings (the documented limit).
pub const MAX_FUTURE_SALTS: i32 = 64;

/// The salt that client and server computed from their nonces when they made the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstSalt {
    /// The salt.
    pub salt: i64,
    /// Until when it is accepted.
    pub valid_until: UnixMillis,
}

impl FirstSalt {
    /// The first salt of a key made at `made_at`: it lives as long as any other salt.
    pub fn of_new_key(salt: i64, made_at: UnixMillis) -> Self {
        Self {
            salt,
            valid_until: made_at.plus_seconds(WINDOW_S),
        }
    }
}

/// One entry of an answer to `get_future_salts`. Seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FutureSalt {
    /// First second in which the salt is the current one.
    pub valid_since_s: i64,
    /// The second in which the next one takes over.
    pub valid_until_s: i64,
    /// The salt.
    pub salt: i64,
}

/// All salts of one authorization key.
pub struct Salts {
    secret: Zeroizing<[u8; 32]>,
    auth_key_id: i64,
    first: Option<FirstSalt>,
}

impl Salts {
    /// The salts of the key `auth_key_id`. `secret` is the server's, the same for all keys and
    /// across restarts.
    pub fn new(secret: [u8; 32], auth_key_id: i64, first: Option<FirstSalt>) -> Self {
        Self {
            secret: Zeroizing::new(secret),
            auth_key_id,
            first,
        }
    }

    /// `num` consecutive salts beginning with the current one, with windows that touch and do not
    /// overlap; `num` is clamped to 1..=[`MAX_FUTURE_SALTS`].
    pub fn future(&self, now: UnixMillis, num: i32) -> Vec<FutureSalt> {
        let current = window(now);
        let count = num.clamp(1, MAX_FUTURE_SALTS) as i64;
        (current..current + count)
            .map(|window| FutureSalt {
                valid_since_s: window * WINDOW_S,
                valid_until_s: (window + 1) * WINDOW_S,
                salt: self.of_window(window),
            })
            .collect()
    }

    fn of_window(&self, window: i64) -> i64 {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&*self.secret).expect("HMAC takes a key of any length");
        mac.update(b"heliograph/salt/v1");
        mac.update(&self.auth_key_id.to_le_bytes());
        mac.update(&window.to_le_bytes());
        let tag = mac.finalize().into_bytes();
        let salt = i64::from_le_bytes(*tag.first_chunk().expect("32 bytes hold 8"));
        // Clients that know no salt send zero, so zero is never valid.
        if salt == 0 { 1 } else { salt }
    }
}

fn window(now: UnixMillis) -> i64 {
    now.seconds().div_euclid(WINDOW_S)
}

/// The current and the previous salt, kept beside a session so that the HMAC is computed twice in
/// half an hour and not with every packet.
#[derive(Clone, Copy, Default)]
pub(crate) struct SaltCache {
    window: i64,
    current: i64,
    previous: i64,
}

impl SaltCache {
    /// The salt to put into packets now.
    pub(crate) fn current(&mut self, salts: &Salts, now: UnixMillis) -> i64 {
        let window = window(now);
        if self.window != window || self.current == 0 {
            *self = Self {
                window,
                current: salts.of_window(window),
                previous: salts.of_window(window - 1),
            };
        }
        self.current
    }

    /// Whether a packet with this salt is accepted: the current one, the one before (packets in
    /// flight, and clients that keep a salt for its full hour), the one after (clients whose clock
    /// is ahead), and the first one while it lives.
    pub(crate) fn accepts(&mut self, salt: i64, salts: &Salts, now: UnixMillis) -> bool {
        salt == self.current(salts, now)
            || salt == self.previous
            || salts
                .first
                .is_some_and(|first| first.salt == salt && now < first.valid_until)
            || salt == salts.of_window(self.window + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    #[test]
    fn future_salts_touch_and_do_not_overlap() {
        let salts = Salts::new([1; 32], 7, None);
        let future = salts.future(NOW, 1000);
        assert_eq!(future.len(), 64);
        assert!(future[0].valid_since_s <= NOW.seconds());
        assert!(future[0].valid_until_s > NOW.seconds());
        for pair in future.windows(2) {
            assert_eq!(pair[0].valid_until_s, pair[1].valid_since_s);
            assert_ne!(pair[0].salt, pair[1].salt);
        }
        assert_eq!(salts.future(NOW, -5).len(), 1);
    }

    #[test]
    fn salts_survive_a_restart_and_differ_between_keys() {
        let before = Salts::new([1; 32], 7, None).future(NOW, 3);
        assert_eq!(before, Salts::new([1; 32], 7, None).future(NOW, 3));
        assert_ne!(before, Salts::new([1; 32], 8, None).future(NOW, 3));
        assert_ne!(before, Salts::new([2; 32], 7, None).future(NOW, 3));
    }

    #[test]
    fn a_salt_is_accepted_half_an_hour_longer_than_it_is_current() {
        let salts = Salts::new([1; 32], 7, None);
        let mut cache = SaltCache::default();
        let salt = cache.current(&salts, NOW);
        assert!(cache.accepts(salt, &salts, NOW));
        assert!(cache.accepts(salt, &salts, NOW.plus_seconds(WINDOW_S)));
        assert!(!cache.accepts(salt, &salts, NOW.plus_seconds(2 * WINDOW_S)));
        assert!(!cache.accepts(0, &salts, NOW));
    }

    #[test]
    fn the_first_salt_of_a_key_lives_half_an_hour() {
        let first = FirstSalt::of_new_key(99, NOW);
        let salts = Salts::new([1; 32], 7, Some(first));
        let mut cache = SaltCache::default();
        assert!(cache.accepts(99, &salts, NOW.plus_seconds(WINDOW_S - 1)));
        assert!(!cache.accepts(99, &salts, NOW.plus_seconds(WINDOW_S)));
    }
}
