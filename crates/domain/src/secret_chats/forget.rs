//! What is removed afterwards, a bounded commit at a time.

use super::{KEPT_S, OF_DEVICE, Place, Stand, discard, files, find, place, places, queue};
use crate::{deletion, jobs};
use heliograph_model::{AuthKeyId, Owner, SecretChatId, UserId};
use heliograph_store::{StoreError, Table, Tx, enqueue};
use minicbor::{Decode, Encode};

/// How many rows one job removes.
const BATCH: usize = 200;

/// The kind of job that forgets that a chat is over.
pub(crate) const FORGET_PLACE: &str = "forget_secret_place";

/// A place, as a job names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct PlaceName {
    #[n(0)]
    owner: i64,
    #[n(1)]
    kind: u8,
    #[n(2)]
    id: SecretChatId,
}

/// Has the place of a chat that is over forgotten in time.
pub(super) async fn place_later(
    tx: &mut Tx<'_>,
    owner: Owner,
    kind: u8,
    id: SecretChatId,
) -> Result<(), StoreError> {
    let owner = owner.0;
    let payload = minicbor::to_vec(PlaceName { owner, kind, id });
    let payload = payload.expect("encoding to memory does not fail");
    let due = tx.now().plus_seconds(KEPT_S);
    enqueue(tx, due, FORGET_PLACE, payload).await
}

/// Does a job of the kind [`FORGET_PLACE`].
pub(crate) async fn forget_place(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let PlaceName { owner, kind, id } = jobs::payload(payload)?;
    let owner = Owner(owner);
    let Some(found) = place(tx, owner, kind, id).await? else {
        return Ok(());
    };
    let told = i64::from(found.changed) + KEPT_S <= i64::from(tx.now().seconds());
    if told && found.stand != Stand::Here {
        tx.delete::<Place>(owner, &(kind, id))?;
    }
    Ok(())
}

/// The kind of job that removes what is left of a chat: its `random_id`s and files.
pub(crate) const END_CHAT: &str = "end_secret_chat";

/// Has the rest of a chat removed that is over.
pub(super) async fn chat_later(tx: &mut Tx<'_>, id: SecretChatId) -> Result<(), StoreError> {
    let payload = minicbor::to_vec(id).expect("encoding to memory does not fail");
    let now = tx.now();
    enqueue(tx, now, END_CHAT, payload).await
}

/// Does a job of the kind [`END_CHAT`].
pub(crate) async fn end_chat(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let id: SecretChatId = jobs::payload(payload)?;
    let done = deletion::wipe::<{ Table::SecretSent as u8 }>(tx, id).await?
        && files::leave_chat(tx, id, BATCH).await?;
    if done {
        return Ok(());
    }
    chat_later(tx, id).await
}

/// The kind of job that ends the chats of a device that was signed out, and erases its queue.
pub(crate) const END_KEY: &str = "end_secret_key";

/// A device that was signed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct GoneKey {
    #[n(0)]
    user: UserId,
    #[n(1)]
    key: AuthKeyId,
    /// Where its queue stood. Should it be signed in again at once, what comes then is its own.
    #[n(2)]
    qts: u32,
}

/// Has the chats of a device ended that was signed out, and its queue erased.
pub(crate) async fn key_gone(
    tx: &mut Tx<'_>,
    user: UserId,
    key: AuthKeyId,
) -> Result<(), StoreError> {
    let qts = queue::qts(tx, key).await?;
    let chats = super::count(tx, key.into(), OF_DEVICE).await?;
    if chats == 0 && qts == queue::Head::default().qts {
        return Ok(());
    }
    key_later(tx, GoneKey { user, key, qts }).await
}

async fn key_later(tx: &mut Tx<'_>, gone: GoneKey) -> Result<(), StoreError> {
    let payload = minicbor::to_vec(gone).expect("encoding to memory does not fail");
    let now = tx.now();
    enqueue(tx, now, END_KEY, payload).await
}

/// Does a job of the kind [`END_KEY`]: some chats, or some messages, and the next job.
pub(crate) async fn end_key(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let gone: GoneKey = jobs::payload(payload)?;
    let owner = Owner::from(gone.key);
    // A device has no more places than its chats and word of those that are over.
    let found = places(tx, owner, OF_DEVICE, usize::MAX).await?;
    let mut ended = 0;
    for (id, _) in found {
        if ended == BATCH / 4 {
            return key_later(tx, gone).await;
        }
        match find(tx, id).await? {
            Some(chat) => {
                let Some(side) = chat.side_of(gone.key) else {
                    continue;
                };
                // Signed in again, as somebody else: the chat is theirs.
                if chat.user_of(side) != gone.user {
                    continue;
                }
                discard::end(tx, id, &chat, Some((side, gone.key)), false).await?;
            }
            None => tx.delete::<Place>(owner, &(OF_DEVICE, id))?,
        }
        ended += 1;
    }
    if queue::erase(tx, gone.key, gone.qts).await? {
        return Ok(());
    }
    key_later(tx, gone).await
}
