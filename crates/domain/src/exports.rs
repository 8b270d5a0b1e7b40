//! Sign-ins on their way from one key of a client to another, in memory only.
//!
//! Clients keep a key per data centre. `auth.exportAuthorization` gives a secret over the signed-in
//! key, `auth.importAuthorization` brings it over the other one. One installation plays every data
//! centre, so both ends are here.

use heliograph_model::{AuthKeyId, UnixMs, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long a secret holds, in seconds: clients bring it at once.
const TTL_S: i64 = 60;
/// How many secrets wait at a time, about 100 bytes each; flood limits stop one account long before
/// it could crowd out the others.
const WAITING_MAX: usize = 50_000;

/// 32 random bytes that stand for a sign-in.
pub type Secret = [u8; 32];

#[derive(Clone, Copy)]
struct Export {
    user: UserId,
    from: AuthKeyId,
    expires: UnixMs,
}

/// Every secret that was given out and not brought back yet.
#[derive(Default)]
pub struct Exports {
    waiting: Mutex<HashMap<Secret, Export>>,
}

impl Exports {
    /// Keeps a secret for the sign-in of `user` on the key `from`; whether there was room.
    #[must_use]
    pub fn put(&self, secret: Secret, user: UserId, from: AuthKeyId, now: UnixMs) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, export| export.expires > now);
        if waiting.len() >= WAITING_MAX {
            return false;
        }
        let expires = now.plus_seconds(TTL_S);
        waiting.insert(
            secret,
            Export {
                user,
                from,
                expires,
            },
        );
        true
    }

    /// Takes a secret back, once: the key on which `user` is signed in. `None` for anything but a
    /// secret of that person that still holds.
    pub fn take(&self, secret: &[u8], user: UserId, now: UnixMs) -> Option<AuthKeyId> {
        let secret: Secret = secret.try_into().ok()?;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let export = *waiting.get(&secret)?;
        if export.user != user || export.expires <= now {
            return None;
        }
        waiting.remove(&secret);
        Some(export.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: UserId = UserId(1);
    const NOW: UnixMs = UnixMs(1_700_000_000_000);

    #[test]
    fn a_secret_works_once_and_for_its_person_only() {
        let exports = Exports::default();
        assert!(exports.put([7; 32], ADA, AuthKeyId(5), NOW));
        assert_eq!(exports.take(&[7; 32], UserId(2), NOW), None);
        assert_eq!(exports.take(&[7; 31], ADA, NOW), None);
        assert_eq!(exports.take(&[7; 32], ADA, NOW), Some(AuthKeyId(5)));
        assert_eq!(exports.take(&[7; 32], ADA, NOW), None);
    }

    #[test]
    fn a_secret_expires() {
        let exports = Exports::default();
        assert!(exports.put([7; 32], ADA, AuthKeyId(5), NOW));
        assert_eq!(exports.take(&[7; 32], ADA, NOW.plus_seconds(TTL_S)), None);
    }
}
