//! All sessions, by key and id, and by who is signed in.

use super::keys::KeyState;
use super::session::SessionHandle;
use heliograph_model::{AuthKeyId, ChannelId, UserId};
use heliograph_mtproto::UnixMillis;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Sessions = HashMap<(i64, i64), Arc<SessionHandle>>;

/// How many parts the maps have, so that connections seldom wait for each other.
const SHARDS: usize = 32;

/// How many sessions one key may have: clients use a handful, and each costs memory.
const SESSIONS_PER_KEY: usize = 64;

/// The sessions of somebody who wants to be told of changes.
#[derive(Default)]
struct Audience {
    sessions: Vec<Arc<SessionHandle>>,
    /// The `pts` up to which they have been told; `None` before the first time.
    told_pts: Option<u32>,
    /// The channels that they are in, as [`Registry::follow`] was told.
    channels: HashSet<ChannelId>,
}

/// All sessions of this process.
pub(crate) struct Registry {
    sessions: [Mutex<Sessions>; SHARDS],
    audiences: [Mutex<HashMap<UserId, Audience>>; SHARDS],
    /// Of each channel, the members with a session here. A lock of `audiences` may be held while one
    /// of these is taken, never the other way round.
    channels: [Mutex<HashMap<ChannelId, HashSet<UserId>>>; SHARDS],
    next_origin: AtomicU64,
}

impl Default for Registry {
    fn default() -> Self {
        Registry {
            sessions: std::array::from_fn(|_| Mutex::default()),
            audiences: std::array::from_fn(|_| Mutex::default()),
            channels: std::array::from_fn(|_| Mutex::default()),
            next_origin: AtomicU64::new(1),
        }
    }
}

impl Registry {
    fn sessions(&self, key: i64) -> MutexGuard<'_, Sessions> {
        // All sessions of a key are in one part.
        let shard = &self.sessions[key as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn audiences(&self, user: UserId) -> MutexGuard<'_, HashMap<UserId, Audience>> {
        let shard = &self.audiences[user.0 as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session with this id, made if there is none. Where a key has many, the one that was left
    /// longest ago makes room; `None` when all are in use.
    pub fn session(
        &self,
        key: &Arc<KeyState>,
        id: i64,
        unique_id: impl FnOnce() -> i64,
    ) -> Option<Arc<SessionHandle>> {
        let key_id = key.key.id();
        let mut sessions = self.sessions(key_id);
        if let Some(session) = sessions.get(&(key_id, id)) {
            return Some(session.clone());
        }
        // Each session holds its key, so that few holders mean few sessions.
        let mut left = None;
        if Arc::strong_count(key) > SESSIONS_PER_KEY {
            let of_key = sessions.iter().filter(|((key, _), _)| *key == key_id);
            if of_key.clone().count() >= SESSIONS_PER_KEY {
                let since = of_key.filter_map(|(name, session)| Some((session.left_s()?, *name)));
                let (_, oldest) = since.min()?;
                left = sessions.remove(&oldest);
            }
        }
        let origin = self.next_origin.fetch_add(1, Ordering::Relaxed);
        let session = Arc::new(SessionHandle::new(key.clone(), id, unique_id(), origin));
        sessions.insert((key_id, id), session.clone());
        drop(sessions);
        if let Some(left) = left {
            self.leave(&left);
        }
        Some(session)
    }

    /// Forgets a session; whether there was one.
    pub fn remove(&self, key: i64, id: i64) -> bool {
        let removed = self.sessions(key).remove(&(key, id));
        let Some(session) = removed else { return false };
        self.leave(&session);
        true
    }

    /// Every session whose key is this one, or is bound to it.
    pub fn of_permanent_key(&self, key: AuthKeyId) -> Vec<Arc<SessionHandle>> {
        let mut found = Vec::new();
        for shard in &self.sessions {
            let sessions = shard.lock().unwrap_or_else(PoisonError::into_inner);
            found.extend(sessions.values().cloned());
        }
        found.retain(|session| {
            session
                .key
                .permanent()
                .is_some_and(|permanent| permanent.id() == key)
        });
        found
    }

    /// Wakes every connection that carries a session.
    pub fn nudge_all(&self) {
        self.each(SessionHandle::nudge);
    }

    /// Whether no connection carries a session any more.
    pub fn all_left(&self) -> bool {
        let mut left = true;
        self.each(|session| left &= session.left_s().is_some());
        left
    }

    fn each(&self, mut see: impl FnMut(&SessionHandle)) {
        for shard in &self.sessions {
            let sessions = shard.lock().unwrap_or_else(PoisonError::into_inner);
            sessions.values().for_each(|session| see(session));
        }
    }

    fn members(&self, channel: ChannelId) -> MutexGuard<'_, HashMap<ChannelId, HashSet<UserId>>> {
        let shard = &self.channels[channel.0 as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the session is told of the user's changes. Answers whether it is the first one:
    /// then [`Registry::follow`] must be told of the user's channels.
    pub fn join(&self, user: UserId, session: &Arc<SessionHandle>) -> bool {
        let mut audiences = self.audiences(user);
        let first = !audiences.contains_key(&user);
        let audience = audiences.entry(user).or_default();
        if !audience
            .sessions
            .iter()
            .any(|known| Arc::ptr_eq(known, session))
        {
            audience.sessions.push(session.clone());
        }
        first
    }

    /// The session is told nothing any more.
    pub fn leave(&self, session: &Arc<SessionHandle>) {
        for shard in &self.audiences {
            let mut audiences = shard.lock().unwrap_or_else(PoisonError::into_inner);
            audiences.retain(|user, audience| {
                audience
                    .sessions
                    .retain(|known| !Arc::ptr_eq(known, session));
                self.keep(*user, audience)
            });
        }
    }

    /// Whether an audience stays; one without sessions takes its place in channels with it.
    fn keep(&self, user: UserId, audience: &mut Audience) -> bool {
        if !audience.sessions.is_empty() {
            return true;
        }
        for channel in audience.channels.drain() {
            let mut members = self.members(channel);
            if let Some(there) = members.get_mut(&channel) {
                there.remove(&user);
                if there.is_empty() {
                    members.remove(&channel);
                }
            }
        }
        false
    }

    /// Notes that a user is in these channels and in no others.
    pub fn follow(&self, user: UserId, channels: &[ChannelId]) {
        let mut audiences = self.audiences(user);
        let Some(audience) = audiences.get_mut(&user) else {
            return;
        };
        let now: HashSet<ChannelId> = channels.iter().copied().collect();
        let left: Vec<ChannelId> = audience.channels.difference(&now).copied().collect();
        let came: Vec<ChannelId> = now.difference(&audience.channels).copied().collect();
        for channel in left {
            self.place(audience, user, channel, false);
        }
        for channel in came {
            self.place(audience, user, channel, true);
        }
    }

    /// Notes that a user has joined or left a channel.
    pub fn set_member(&self, user: UserId, channel: ChannelId, inside: bool) {
        if let Some(audience) = self.audiences(user).get_mut(&user) {
            self.place(audience, user, channel, inside);
        }
    }

    fn place(&self, audience: &mut Audience, user: UserId, channel: ChannelId, inside: bool) {
        let mut members = self.members(channel);
        if inside {
            audience.channels.insert(channel);
            members.entry(channel).or_default().insert(user);
            return;
        }
        audience.channels.remove(&channel);
        if let Some(there) = members.get_mut(&channel) {
            there.remove(&user);
            if there.is_empty() {
                members.remove(&channel);
            }
        }
    }

    /// The members of a channel who have a session here.
    pub fn members_here(&self, channel: ChannelId) -> Vec<UserId> {
        let members = self.members(channel);
        members
            .get(&channel)
            .into_iter()
            .flatten()
            .copied()
            .collect()
    }

    /// Those who want to be told of a user's changes, and up to where they have been told.
    pub fn audience(&self, user: UserId) -> Option<(Vec<Arc<SessionHandle>>, Option<u32>)> {
        let audiences = self.audiences(user);
        let audience = audiences.get(&user)?;
        Some((audience.sessions.clone(), audience.told_pts))
    }

    /// Notes up to where a user's sessions have been told.
    pub fn told(&self, user: UserId, pts: u32) {
        if let Some(audience) = self.audiences(user).get_mut(&user) {
            audience.told_pts = Some(pts);
        }
    }

    /// Forgets sessions that nobody has come back to.
    pub fn sweep(&self, now: UnixMillis) {
        let mut gone = Vec::new();
        for shard in &self.sessions {
            let mut sessions = shard.lock().unwrap_or_else(PoisonError::into_inner);
            sessions.retain(|_, session| {
                let forgotten = session.is_forgotten(now) || session.key.is_destroyed();
                if forgotten {
                    gone.push(session.clone());
                }
                !forgotten
            });
        }
        for shard in &self.audiences {
            if gone.is_empty() {
                break;
            }
            let mut audiences = shard.lock().unwrap_or_else(PoisonError::into_inner);
            audiences.retain(|user, audience| {
                audience
                    .sessions
                    .retain(|known| !gone.iter().any(|s| Arc::ptr_eq(s, known)));
                self.keep(*user, audience)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Notify;

    #[test]
    fn who_has_no_session_is_no_member_here() {
        let registry = Registry::default();
        let key = KeyState::for_tests();
        let (user, channel, other) = (UserId(1), ChannelId(5), ChannelId(6));
        let session = registry.session(&key, 1, || 0).expect("there is room");
        assert!(registry.join(user, &session), "it is the first one");
        registry.follow(user, &[channel, other]);
        registry.set_member(user, other, false);
        assert_eq!(registry.members_here(channel), [user]);
        assert!(registry.members_here(other).is_empty());
        registry.leave(&session);
        assert!(registry.members_here(channel).is_empty());
        registry.set_member(user, channel, true);
        assert!(registry.members_here(channel).is_empty());
    }

    #[test]
    fn of_many_sessions_of_a_key_the_one_left_longest_ago_makes_room() {
        let registry = Registry::default();
        let key = KeyState::for_tests();
        let connection = Arc::new(Notify::new());
        for id in 0..SESSIONS_PER_KEY as i64 {
            let session = registry.session(&key, id, || 0).expect("there is room");
            session.attach(&connection);
        }
        assert!(
            registry.session(&key, 1000, || 0).is_none(),
            "all are in use"
        );
        for (id, left_s) in [(7, 300), (8, 200), (9, 400)] {
            let session = registry.session(&key, id, || 0).expect("it is there");
            session.detach(&connection, UnixMillis(left_s * 1000));
        }
        registry.session(&key, 1000, || 0).expect("8 makes room");
        assert_eq!(registry.sessions(key.key.id()).len(), SESSIONS_PER_KEY);
        assert!(!registry.remove(key.key.id(), 8));
        assert!(registry.remove(key.key.id(), 7) && registry.remove(key.key.id(), 1000));
    }
}
