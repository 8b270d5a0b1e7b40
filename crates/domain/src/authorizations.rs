//! Who is signed in where.

use crate::keys::{self, ClientInfo, KeyRow};
use crate::passwords::{self, Proof};
use crate::{accounts, secret_chats, services};
use heliograph_model::{AuthKeyId, UnixMs, UserId};
use heliograph_store::mailbox::{self, Mailbox};
use heliograph_store::{Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
use thiserror::Error;

/// One device of an account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Authorization {
    /// What the client said about itself.
    #[n(0)]
    pub client: ClientInfo,
    /// When it signed in, in Unix seconds.
    #[n(1)]
    pub created: i32,
    /// ISO 3166 code of the country it signed in from; the address itself is not kept.
    #[n(2)]
    pub country: Option<String>,
    /// The device whose sign-in this key took over: a client has a key for each data centre, and
    /// they are one device.
    #[n(3)]
    pub part_of: Option<AuthKeyId>,
}

row!(Authorization, Table::Session, key: i64);

/// Why a sign-in or sign-out failed.
#[derive(Debug, Error)]
pub enum AuthorizationError {
    /// The key is gone.
    #[error("no such key")]
    UnknownKey,
    /// The account is gone.
    #[error("no such account")]
    UnknownAccount,
    /// The account has a password, which was not given, or has changed since.
    #[error("the account has a password")]
    PasswordNeeded,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The devices of an account, by key. Further keys of a device are left out.
pub async fn list(
    rows: &mut dyn Rows,
    user: UserId,
) -> Result<Vec<(AuthKeyId, Authorization)>, StoreError> {
    let mut keys = all_keys(rows, user).await?;
    keys.retain(|(_, authorization)| authorization.part_of.is_none());
    Ok(keys)
}

/// The device that a key belongs to: the key itself, unless it took over another one's sign-in.
pub async fn device_of(
    rows: &mut dyn Rows,
    user: UserId,
    key: AuthKeyId,
) -> Result<AuthKeyId, StoreError> {
    let authorization: Option<Authorization> = rows.find(user.into(), &key.0).await?;
    Ok(authorization.and_then(|row| row.part_of).unwrap_or(key))
}

/// When each device of an account was last used, near enough ([`keys::NoteUse`]).
pub async fn last_used(
    rows: &mut dyn Rows,
    user: UserId,
) -> Result<BTreeMap<AuthKeyId, UnixMs>, StoreError> {
    let mut devices = BTreeMap::new();
    for (key, authorization) in all_keys(rows, user).await? {
        let used = keys::info(rows, key).await?.and_then(|row| row.used);
        if let Some(used) = used {
            let device = authorization.part_of.unwrap_or(key);
            let last = devices.entry(device).or_insert(used);
            *last = used.max(*last);
        }
    }
    Ok(devices)
}

async fn all_keys(
    rows: &mut dyn Rows,
    user: UserId,
) -> Result<Vec<(AuthKeyId, Authorization)>, StoreError> {
    let all = KeyRange::all();
    let found = rows
        .list::<Authorization>(user.into(), all, Order::Ascending, usize::MAX)
        .await?;
    Ok(found
        .into_iter()
        .map(|(key, row)| (AuthKeyId(key), row))
        .collect())
}

/// Gives a mailbox that was never used its first `pts`: clients take a state of 0 for none at all,
/// and would miss what happens before they have seen another.
async fn open_mailbox(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    let state = mailbox::state(tx, user.into()).await?;
    if state.pts > 0 {
        return Ok(());
    }
    tx.put(user.into(), &(), &Mailbox { pts: 1, ..state })
}

/// Signs a key in to an account; other devices are told by the service chat.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The key.
    pub key: AuthKeyId,
    /// The account.
    pub user: UserId,
    /// Where from.
    pub country: Option<String>,
    /// The signed-in key of the same client whose sign-in this one takes over; `None` for a new
    /// device.
    pub part_of: Option<AuthKeyId>,
    /// That the account's password was given, where it has one. A key that takes a sign-in over needs
    /// none: the other one has given it.
    pub password: Option<Proof>,
}

impl Command for SignIn {
    type Output = accounts::Account;
    type Error = AuthorizationError;
    const NAME: &'static str = "sign_in";

    fn locks(&self) -> Locks {
        Locks::of([self.user, services::NOTIFICATIONS])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<accounts::Account, AuthorizationError> {
        let account = accounts::find(tx, self.user)
            .await?
            .filter(|account| !account.person.deleted)
            .ok_or(AuthorizationError::UnknownAccount)?;
        let others = list(tx, self.user).await?;
        let part_of = if let Some(from) = self.part_of {
            let device = device_of(tx, self.user, from).await?;
            if tx
                .find::<Authorization>(self.user.into(), &device.0)
                .await?
                .is_none()
            {
                return Err(AuthorizationError::UnknownKey);
            }
            Some(device).filter(|device| *device != self.key)
        } else {
            let proof = self.password.as_ref();
            if !passwords::is_known(tx, self.user, proof).await? {
                return Err(AuthorizationError::PasswordNeeded);
            }
            None
        };
        let KeyRow {
            client,
            user: before,
            ..
        } = keys::set_user(tx, self.key, Some(self.user))
            .await?
            .ok_or(AuthorizationError::UnknownKey)?;
        if let Some(before) = before.filter(|before| *before != self.user) {
            remove(tx, before, self.key).await?;
        }
        if part_of.is_some() {
            // It is no device of its own any more, so nothing may be a part of it.
            remove(tx, self.user, self.key).await?;
        }
        open_mailbox(tx, self.user).await?;
        if let Some(proof) = &self.password {
            passwords::known(tx, proof).await?;
        }
        let is_new = part_of.is_none() && others.iter().all(|(key, _)| *key != self.key);
        if is_new && !others.is_empty() {
            let text =
                services::new_sign_in(&account.person, &client, self.country.as_deref(), tx.now());
            services::write_to(tx, self.user, text).await?;
        }
        let authorization = Authorization {
            client,
            created: tx.now().seconds(),
            country: self.country,
            part_of,
        };
        tx.put(self.user.into(), &self.key.0, &authorization)?;
        Ok(account)
    }
}

/// Ends sign-ins, with all keys of each device.
#[derive(Clone, Debug)]
pub struct SignOut {
    /// The account.
    pub user: UserId,
    /// Which devices, by key.
    pub keys: Vec<AuthKeyId>,
    /// Whether the keys themselves are destroyed.
    pub destroy: bool,
}

impl Command for SignOut {
    /// The keys that were signed in.
    type Output = Vec<AuthKeyId>;
    type Error = AuthorizationError;
    const NAME: &'static str = "sign_out";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Vec<AuthKeyId>, AuthorizationError> {
        let mut ended = Vec::new();
        for (key, authorization) in all_keys(tx, self.user).await? {
            let named = |key| self.keys.contains(&key);
            if !named(key) && !authorization.part_of.is_some_and(named) {
                continue;
            }
            tx.delete::<Authorization>(self.user.into(), &key.0)?;
            secret_chats::key_gone(tx, self.user, key).await?;
            if self.destroy {
                tx.delete::<KeyRow>(key.into(), &())?;
            } else {
                keys::set_user(tx, key, None).await?;
            }
            ended.push(key);
        }
        Ok(ended)
    }
}

/// Takes one key out of an account, and ends its secret chats. Further keys of the same device stay signed in, as devices of
/// their own: nobody may be signed in where the account's owner cannot see it.
pub(crate) async fn remove(
    tx: &mut Tx<'_>,
    user: UserId,
    key: AuthKeyId,
) -> Result<(), StoreError> {
    for (other, mut authorization) in all_keys(tx, user).await? {
        if authorization.part_of == Some(key) {
            authorization.part_of = None;
            tx.put(user.into(), &other.0, &authorization)?;
        }
    }
    secret_chats::key_gone(tx, user, key).await?;
    tx.delete::<Authorization>(user.into(), &key.0)
}

/// Signs every key out of an account that is deleted; answers with the keys. They stay good for
/// another sign-in.
pub(crate) async fn end_all(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<AuthKeyId>, StoreError> {
    let mut ended = Vec::new();
    for (key, _) in all_keys(tx, user).await? {
        tx.delete::<Authorization>(user.into(), &key.0)?;
        secret_chats::key_gone(tx, user, key).await?;
        keys::set_user(tx, key, None).await?;
        ended.push(key);
    }
    Ok(ended)
}
