//! Authorization keys, sealed at rest.
//!
//! The 256-byte key is sealed under a key outside the database: a copied database impersonates
//! nobody. Temporary keys live in the server's memory only.
//!
//! Anyone can have a key made, so a key that nobody signed in with is not kept for ever: a job looks
//! at it when it may have been left behind.

use crate::jobs;
use heliograph_model::{AuthKeyId, UnixMs, UserId};
use heliograph_store::{Command, Locks, Rows, StoreError, Table, Tx, enqueue, row};
use heliograph_vault::seal::{NONCE_BYTES, OpenError, Opened, SealKey};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use thiserror::Error;

/// A permanent authorization key as it is stored.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct KeyRow {
    /// The sealed key.
    #[n(0)]
    sealed: ByteVec,
    /// When it was made.
    #[n(1)]
    pub created: UnixMs,
    /// The data centre that the client believes to be on.
    #[n(2)]
    pub dc: Option<i32>,
    /// Who is signed in with it.
    #[n(3)]
    pub user: Option<UserId>,
    /// The layer its client speaks, and the client's msg_id that said so.
    #[n(4)]
    pub layer: Option<(u16, i64)>,
    /// What the client said about itself (`initConnection`).
    #[n(5)]
    pub client: ClientInfo,
    /// When it was last used; noted once in an hour at most ([`NoteUse`]).
    #[n(6)]
    pub used: Option<UnixMs>,
    /// A job will look whether the key has been left behind.
    #[n(7)]
    #[cbor(default)]
    watched: bool,
}

row!(KeyRow, Table::AuthKey, key: ());

/// What a client says about itself in `initConnection`; each text is cut to 64 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ClientInfo {
    /// The application's own number.
    #[n(0)]
    pub api_id: i32,
    /// The device's model.
    #[n(1)]
    pub device_model: String,
    /// The operating system.
    #[n(2)]
    pub system_version: String,
    /// The application's version.
    #[n(3)]
    pub app_version: String,
    /// The language of the system.
    #[n(4)]
    pub system_lang_code: String,
    /// The language of the application.
    #[n(5)]
    pub lang_code: String,
}

/// Why a stored key could not be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// It does not open under the installation's sealing key.
    #[error("an authorization key does not open: {0}")]
    Sealed(#[from] OpenError),
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Binds a sealed key to its place, so that rows cannot be exchanged.
fn associated_data(id: AuthKeyId) -> Vec<u8> {
    [b"hg/auth-key/v1:".as_slice(), &id.0.to_le_bytes()].concat()
}

/// The key with this id, opened, and what is known of its client.
pub async fn find(
    rows: &mut dyn Rows,
    seal: &SealKey,
    id: AuthKeyId,
) -> Result<Option<(Opened, KeyRow)>, KeyError> {
    let Some(row) = rows.find::<KeyRow>(id.into(), &()).await? else {
        return Ok(None);
    };
    let key = seal.open(&associated_data(id), &row.sealed)?;
    Ok(Some((key, row)))
}

/// What is known of a key's client, without opening the key.
pub async fn info(rows: &mut dyn Rows, id: AuthKeyId) -> Result<Option<KeyRow>, StoreError> {
    rows.find(id.into(), &()).await
}

/// Keeps a new permanent key.
#[derive(Clone)]
pub struct SaveKey {
    /// Its id.
    pub id: AuthKeyId,
    /// The data centre that the client believes to be on.
    pub dc: Option<i32>,
    sealed: Vec<u8>,
}

impl SaveKey {
    /// Seals the key; `nonce` must be random.
    pub fn new(
        id: AuthKeyId,
        key: &[u8; 256],
        dc: Option<i32>,
        seal: &SealKey,
        nonce: [u8; NONCE_BYTES],
    ) -> Self {
        let sealed = seal.seal(nonce, &associated_data(id), key);
        SaveKey { id, dc, sealed }
    }
}

impl Command for SaveKey {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "save_key";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = tx.now();
        let mut row = KeyRow {
            sealed: self.sealed.into(),
            created: now,
            dc: self.dc,
            user: None,
            layer: None,
            client: ClientInfo::default(),
            used: Some(now),
            watched: false,
        };
        watch(tx, self.id, &mut row).await?;
        tx.put(self.id.into(), &(), &row)
    }
}

/// Notes the layer that a key's client speaks, and what the client says about itself.
#[derive(Clone, Debug)]
pub struct SaveClient {
    /// The key.
    pub id: AuthKeyId,
    /// The layer, and the client's msg_id that said so: an older one changes nothing.
    pub layer: Option<(u16, i64)>,
    /// What the client says about itself.
    pub client: Option<ClientInfo>,
}

impl Command for SaveClient {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "save_client";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(mut row) = tx.find::<KeyRow>(self.id.into(), &()).await? else {
            return Ok(());
        };
        if let Some(layer) = self.layer
            && row.layer.is_none_or(|known| layer.1 >= known.1)
        {
            row.layer = Some(layer);
        }
        if let Some(client) = self.client {
            row.client = client;
        }
        tx.put(self.id.into(), &(), &row)
    }
}

/// Notes that a key is in use.
#[derive(Clone, Copy, Debug)]
pub struct NoteUse(pub AuthKeyId);

impl NoteUse {
    /// How long the next note may wait, in seconds: an hour is near enough for a person who looks
    /// through the devices and for the job that forgets unused keys, and costs next to no writes.
    pub const EVERY_S: i64 = 3600;
}

impl Command for NoteUse {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "note_use";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(mut row) = tx.find::<KeyRow>(self.0.into(), &()).await? else {
            return Ok(());
        };
        row.used = Some(tx.now());
        // A key from before there were such jobs gets one now.
        if row.user.is_none() {
            watch(tx, self.0, &mut row).await?;
        }
        tx.put(self.0.into(), &(), &row)
    }
}

/// How long a key is kept that nobody is signed in with and that is not used, in days. A client
/// makes its key when it is first opened, and whoever opened it may wait for an invitation or lay the
/// phone aside over a holiday; a week covers that. What is lost then is one key exchange: clients
/// make a new key when the server does not know theirs.
const UNUSED_DAYS: i64 = 7;

/// The kind of job that looks at a key.
pub(crate) const FORGET_UNUSED: &str = "forget_unused_key";

/// Has the key looked at when it may have been left behind, unless it will be anyway.
async fn watch(tx: &mut Tx<'_>, id: AuthKeyId, row: &mut KeyRow) -> Result<(), StoreError> {
    if !row.watched {
        row.watched = true;
        look_later(tx, id, row).await?;
    }
    Ok(())
}

async fn look_later(tx: &mut Tx<'_>, id: AuthKeyId, row: &KeyRow) -> Result<(), StoreError> {
    let payload = minicbor::to_vec(id.0).expect("encoding to memory does not fail");
    enqueue(tx, row.left_behind(), FORGET_UNUSED, payload).await
}

impl KeyRow {
    /// When the key counts as left behind, unless it is used before or somebody signs in with it.
    fn left_behind(&self) -> UnixMs {
        let used = self.used.unwrap_or(self.created);
        used.plus_seconds(UNUSED_DAYS * 86_400)
    }
}

/// Does a job of the kind [`FORGET_UNUSED`]: forgets the key, unless it was used since.
pub(crate) async fn forget_unused(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let id = AuthKeyId(jobs::payload(payload)?);
    let Some(mut row) = tx.find::<KeyRow>(id.into(), &()).await? else {
        return Ok(());
    };
    if row.user.is_some() {
        // Whoever signs out has it watched again.
        row.watched = false;
        return tx.put(id.into(), &(), &row);
    }
    if row.left_behind() > tx.now() {
        return look_later(tx, id, &row).await;
    }
    tx.delete::<KeyRow>(id.into(), &())
}

/// Forgets a key: `destroy_auth_key`, or a sign-in ended from elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct DestroyKey(pub AuthKeyId);

impl Command for DestroyKey {
    /// Whether there was such a key.
    type Output = bool;
    type Error = StoreError;
    const NAME: &'static str = "destroy_key";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let Some(row) = tx.find::<KeyRow>(self.0.into(), &()).await? else {
            return Ok(false);
        };
        if let Some(user) = row.user {
            crate::authorizations::remove(tx, user, self.0).await?;
        }
        tx.delete::<KeyRow>(self.0.into(), &())?;
        Ok(true)
    }
}

/// Signs a key in or out; used by [`crate::authorizations`].
pub(crate) async fn set_user(
    tx: &mut Tx<'_>,
    id: AuthKeyId,
    user: Option<UserId>,
) -> Result<Option<KeyRow>, StoreError> {
    let Some(mut row) = tx.find::<KeyRow>(id.into(), &()).await? else {
        return Ok(None);
    };
    row.user = user;
    if user.is_none() {
        watch(tx, id, &mut row).await?;
    }
    tx.put(id.into(), &(), &row)?;
    Ok(Some(row))
}
