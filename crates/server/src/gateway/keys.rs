//! Authorization keys in use.

use heliograph_domain::keys::{self, ClientInfo, KeyError, NoteUse, SaveClient, SaveKey};
use heliograph_model::{AuthKeyId, UserId};
use heliograph_mtproto::{AuthKey, FirstSalt, Salts, UnixMillis};
use heliograph_store::Store;
use heliograph_vault::seal::{NONCE_BYTES, SealKey};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A key that nothing uses is forgotten after this long; a permanent one can be read again.
const FORGET_AFTER_S: i64 = 600;

/// A key in use, and what is known of its client.
pub(crate) struct KeyState {
    pub key: AuthKey,
    pub salts: Salts,
    /// When a temporary key ends; `None` for a permanent one.
    expires: Option<UnixMillis>,
    facts: Mutex<Facts>,
    destroyed: AtomicBool,
    /// When it was last used, in Unix seconds.
    used_s: AtomicI64,
    /// When its use was last noted in the store, in Unix seconds.
    noted_s: AtomicI64,
}

#[derive(Default)]
struct Facts {
    user: Option<UserId>,
    /// The layer, and the client's msg_id that said so.
    layer: Option<(u16, i64)>,
    client: Arc<ClientInfo>,
    dc: Option<i32>,
    /// The permanent key that a temporary one is bound to.
    permanent: Option<Arc<KeyState>>,
}

/// The data centre of clients that do not name one.
const DEFAULT_DC: i32 = 2;

impl KeyState {
    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A key like any other.
    #[cfg(test)]
    pub fn for_tests() -> Arc<Self> {
        let key = AuthKey::from_bytes([1; 256]);
        Arc::new(KeyState {
            salts: Salts::new([2; 32], key.id(), None),
            key,
            expires: None,
            facts: Mutex::default(),
            destroyed: AtomicBool::new(false),
            used_s: AtomicI64::new(0),
            noted_s: AtomicI64::new(0),
        })
    }

    pub fn id(&self) -> AuthKeyId {
        AuthKeyId(self.key.id())
    }

    pub fn is_temporary(&self) -> bool {
        self.expires.is_some()
    }

    pub fn has_expired(&self, now: UnixMillis) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    pub fn is_destroyed(&self) -> bool {
        self.destroyed.load(Ordering::Relaxed)
            || self
                .facts()
                .permanent
                .as_ref()
                .is_some_and(|key| key.destroyed.load(Ordering::Relaxed))
    }

    pub fn destroy(&self) {
        self.destroyed.store(true, Ordering::Relaxed);
    }

    /// The note that this key is in use, when one is due; for the permanent key behind it.
    pub fn note_use(self: &Arc<Self>, now: UnixMillis) -> Option<NoteUse> {
        let noted_s = self.noted_s.load(Ordering::Relaxed);
        if now.seconds() - noted_s < NoteUse::EVERY_S {
            return None;
        }
        let permanent = self.permanent()?;
        self.noted_s.store(now.seconds(), Ordering::Relaxed);
        Some(NoteUse(permanent.id()))
    }

    /// The permanent key behind this one: itself, or the one it is bound to.
    pub fn permanent(self: &Arc<Self>) -> Option<Arc<KeyState>> {
        if self.is_temporary() {
            self.facts().permanent.clone()
        } else {
            Some(self.clone())
        }
    }

    pub fn bind(&self, permanent: Arc<KeyState>) {
        self.facts().permanent = Some(permanent);
    }

    pub fn user(&self) -> Option<UserId> {
        self.facts().user
    }

    pub fn set_user(&self, user: Option<UserId>) {
        self.facts().user = user;
    }

    pub fn client(&self) -> Arc<ClientInfo> {
        self.facts().client.clone()
    }

    pub fn dc(&self) -> i32 {
        self.facts().dc.unwrap_or(DEFAULT_DC)
    }

    /// The layer of this key's client: its own word, else its permanent key's.
    pub fn layer(&self) -> Option<u16> {
        let permanent = {
            let facts = self.facts();
            if let Some((layer, _)) = facts.layer {
                return Some(layer);
            }
            facts.permanent.clone()
        };
        permanent.and_then(|key| key.layer())
    }

    /// Takes the client's word on its layer, unless a later message said otherwise; whether this
    /// changed anything.
    pub fn note_layer(&self, layer: u16, msg_id: i64) -> bool {
        let mut facts = self.facts();
        match facts.layer {
            Some((_, said)) if said > msg_id => false,
            Some((known, _)) => {
                facts.layer = Some((layer, msg_id));
                known != layer
            }
            None => {
                facts.layer = Some((layer, msg_id));
                true
            }
        }
    }

    /// Takes what the client says about itself; whether this changed anything.
    pub fn note_client(&self, client: ClientInfo) -> bool {
        let mut facts = self.facts();
        if *facts.client == client {
            return false;
        }
        facts.client = Arc::new(client);
        true
    }

    /// What is to be kept of the client's words.
    pub fn to_save(&self) -> SaveClient {
        let facts = self.facts();
        SaveClient {
            id: self.id(),
            layer: facts.layer,
            client: Some((*facts.client).clone()),
        }
    }
}

type Ring = HashMap<i64, Arc<KeyState>>;

/// How many parts the ring has, so that connections seldom wait for each other.
const SHARDS: usize = 32;

/// Every key in use. Permanent keys are read from the store when they are first used.
pub(crate) struct KeyRing {
    shards: [Mutex<Ring>; SHARDS],
    store: Store,
    seal: SealKey,
    salts_secret: [u8; 32],
}

impl KeyRing {
    pub fn new(store: Store, seal: SealKey, salts_secret: [u8; 32]) -> Self {
        KeyRing {
            shards: std::array::from_fn(|_| Mutex::default()),
            store,
            seal,
            salts_secret,
        }
    }

    fn shard(&self, id: i64) -> MutexGuard<'_, Ring> {
        // The lowest bits of a SHA-1 are as good as any.
        let shard = &self.shards[id as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key, if it is in use.
    pub fn in_use(&self, id: i64, now: UnixMillis) -> Option<Arc<KeyState>> {
        let key = self.shard(id).get(&id).cloned()?;
        key.used_s.store(now.seconds(), Ordering::Relaxed);
        (!key.is_destroyed() && !key.has_expired(now)).then_some(key)
    }

    /// The key, from the store if need be; `None` when there is no such key.
    pub async fn find(&self, id: i64, now: UnixMillis) -> Result<Option<Arc<KeyState>>, KeyError> {
        if let Some(key) = self.in_use(id, now) {
            return Ok(Some(key));
        }
        let mut view = self.store.view().await?;
        let Some((bytes, row)) = keys::find(&mut *view, &self.seal, AuthKeyId(id)).await? else {
            return Ok(None);
        };
        let Ok(bytes) = <[u8; 256]>::try_from(&bytes[..]) else {
            return Ok(None);
        };
        let noted = row.used.unwrap_or(row.created);
        let facts = Facts {
            user: row.user,
            layer: row.layer,
            client: Arc::new(row.client),
            dc: row.dc,
            permanent: None,
        };
        let key = self.state(AuthKey::from_bytes(bytes), None, None, facts, now);
        let noted_s = i64::from(noted.seconds());
        key.noted_s.store(noted_s, Ordering::Relaxed);
        // Two connections may have read the same key; the first one in stays.
        Ok(Some(self.shard(id).entry(id).or_insert(key).clone()))
    }

    fn state(
        &self,
        key: AuthKey,
        first: Option<FirstSalt>,
        expires: Option<UnixMillis>,
        facts: Facts,
        now: UnixMillis,
    ) -> Arc<KeyState> {
        Arc::new(KeyState {
            salts: Salts::new(self.salts_secret, key.id(), first),
            key,
            expires,
            facts: Mutex::new(facts),
            destroyed: AtomicBool::new(false),
            used_s: AtomicI64::new(now.seconds()),
            noted_s: AtomicI64::new(now.seconds()),
        })
    }

    /// Whether a key with this id exists.
    pub async fn is_taken(&self, id: i64, now: UnixMillis) -> Result<bool, KeyError> {
        if self.in_use(id, now).is_some() {
            return Ok(true);
        }
        let mut view = self.store.view().await?;
        Ok(keys::info(&mut *view, AuthKeyId(id)).await?.is_some())
    }

    /// The command that keeps a new permanent key.
    pub fn to_save(
        &self,
        id: i64,
        bytes: &[u8; 256],
        dc: Option<i32>,
        nonce: [u8; NONCE_BYTES],
    ) -> SaveKey {
        SaveKey::new(AuthKeyId(id), bytes, dc, &self.seal, nonce)
    }

    /// Takes up a key that has just been agreed on.
    pub fn add(
        &self,
        key: AuthKey,
        first: FirstSalt,
        dc: Option<i32>,
        expires: Option<UnixMillis>,
        now: UnixMillis,
    ) {
        let id = key.id();
        let facts = Facts {
            dc,
            ..Facts::default()
        };
        let state = self.state(key, Some(first), expires, facts, now);
        self.shard(id).insert(id, state);
    }

    /// Forgets a key at once.
    pub fn remove(&self, id: AuthKeyId) -> Option<Arc<KeyState>> {
        self.shard(id.0).remove(&id.0)
    }

    /// Forgets keys that have ended, and those that nothing uses.
    pub fn sweep(&self, now: UnixMillis) {
        for shard in &self.shards {
            let mut ring = shard.lock().unwrap_or_else(PoisonError::into_inner);
            ring.retain(|_, key| {
                let idle_s = now.seconds() - key.used_s.load(Ordering::Relaxed);
                let unused = Arc::strong_count(key) == 1 && idle_s > FORGET_AFTER_S;
                // A temporary key may come back until it expires, if it acts for somebody; others
                // cost nothing but an exchange to make, and would fill the memory.
                let may_return = key.is_temporary() && key.permanent().is_some();
                !key.is_destroyed() && !key.has_expired(now) && (!unused || may_return)
            });
        }
    }
}
