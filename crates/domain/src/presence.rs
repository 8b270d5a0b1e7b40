//! Who is online: in memory, never stored.

use heliograph_model::{UnixMs, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long a client counts as online after it said so, in seconds; clients repeat themselves within
/// `config.online_update_period_ms`.
const ONLINE_S: i64 = 300;

/// What others may see of somebody's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Online until this moment, unless it is renewed.
    Online(UnixMs),
    /// Last seen at this moment.
    Offline(UnixMs),
    /// Nothing is known since the server started.
    Recently,
}

/// The presence of everyone who was seen since the server started.
#[derive(Default)]
pub struct Presence {
    people: Mutex<HashMap<UserId, Status>>,
}

impl Presence {
    /// Somebody came or went; answers with the status, and whether others must learn of it.
    pub fn set(&self, user: UserId, online: bool, now: UnixMs) -> (Status, bool) {
        let status = if online {
            Status::Online(now.plus_seconds(ONLINE_S))
        } else {
            Status::Offline(now)
        };
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let before = people.insert(user, status);
        let was_online = matches!(before, Some(Status::Online(until)) if until > now);
        (status, was_online != online)
    }

    /// How somebody stands now.
    pub fn of(&self, user: UserId, now: UnixMs) -> Status {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        match people.get(&user) {
            Some(Status::Online(until)) if *until <= now => Status::Offline(*until),
            Some(status) => *status,
            None => Status::Recently,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn online_ends_by_itself() {
        let presence = Presence::default();
        let (user, now) = (UserId(1), UnixMs(0));
        assert_eq!(presence.of(user, now), Status::Recently);
        assert!(presence.set(user, true, now).1, "coming online is news");
        assert!(!presence.set(user, true, now).1, "staying online is not");
        let later = now.plus_seconds(ONLINE_S);
        assert_eq!(presence.of(user, later), Status::Offline(later));
        assert!(presence.set(user, true, later).1, "coming back is news");
    }
}
