//! Encrypted files. Their bytes lie with all others; what is known of one is its size and the chats in
//! which it was sent.
//!
//! A device that has confirmed a message may fetch its file later, so a file has an end of its own: a
//! day after the other side has fetched it, or with the chat, or after [`KEPT_S`].

use super::{KEPT_S, SecretChat, SecretChatError, load};
use crate::{files, jobs};
use heliograph_model::{AuthKeyId, FileId, Owner, SecretChatId, SecretFile, UserId};
use heliograph_store::{
    Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, enqueue, row,
};
use minicbor::{Decode, Encode};

/// For how long a file is kept after the other side has fetched its end, in seconds: parts are fetched
/// side by side, and one that was lost on the way is fetched again.
const FETCHED_KEPT_S: i64 = 86_400;

/// In how many chats one file may be sent.
const CHATS_OF_A_FILE_MAX: usize = 16;

/// What is known of an encrypted file.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StoredFile {
    /// Its id, size and the fingerprint of its key.
    #[n(0)]
    pub file: SecretFile,
    /// Who uploaded it.
    #[n(1)]
    pub uploader: UserId,
    /// When, in Unix seconds.
    #[n(2)]
    pub created: i32,
    /// The chats in which it was sent.
    #[n(3)]
    chats: Vec<SecretChatId>,
    /// Whether another side has fetched its end.
    #[n(4)]
    fetched: bool,
}

/// That a file was sent in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct InChat {}

/// The file itself, under its own id; the files of a chat, under the chat's. A file's id may be the
/// number of a chat, so the two have keys of their own.
const ITSELF: (u8, FileId) = (0, FileId(0));
const IN_CHAT: u8 = 1;

row!(StoredFile, Table::SecretFile, key: (u8, FileId));
row!(InChat, Table::SecretFile, key: (u8, FileId));

async fn find(rows: &mut dyn Rows, id: FileId) -> Result<Option<StoredFile>, StoreError> {
    rows.find(id.into(), &ITSELF).await
}

/// The file, where it was sent in a chat of `user` that is not over.
pub async fn fetchable(
    rows: &mut dyn Rows,
    id: FileId,
    user: UserId,
) -> Result<Option<StoredFile>, StoreError> {
    let Some(stored) = find(rows, id).await? else {
        return Ok(None);
    };
    for chat in &stored.chats {
        let chat: Option<SecretChat> = super::find(rows, *chat).await?;
        if chat.is_some_and(|chat| chat.admin == user || chat.participant == user) {
            return Ok(Some(stored));
        }
    }
    Ok(None)
}

/// Notes an encrypted file whose bytes are about to be stored. The note comes first, so that bytes which
/// a crash leaves behind are erased in time.
#[derive(Clone, Copy, Debug)]
pub struct SaveSecretFile {
    /// What it is.
    pub file: SecretFile,
    /// Who uploaded it.
    pub uploader: UserId,
    /// With which device.
    pub key: AuthKeyId,
    /// For which chat.
    pub chat: SecretChatId,
}

impl Command for SaveSecretFile {
    type Output = ();
    type Error = SecretChatError;
    const NAME: &'static str = "save_secret_file";

    fn locks(&self) -> Locks {
        Locks::of([Owner::from(self.chat)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), SecretChatError> {
        load(tx, self.chat, self.key).await?;
        let id = self.file.id;
        let stored = StoredFile {
            file: self.file,
            uploader: self.uploader,
            created: tx.now().seconds(),
            chats: vec![self.chat],
            fetched: false,
        };
        tx.put(id.into(), &ITSELF, &stored)?;
        tx.put(self.chat.into(), &(IN_CHAT, id), &InChat {})?;
        look_later(tx, id, KEPT_S).await?;
        Ok(())
    }
}

/// Erases a file that was not sent after all, or whose chat has ended while its bytes were being stored.
#[derive(Clone, Copy, Debug)]
pub struct DropSecretFile(pub FileId);

impl Command for DropSecretFile {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "drop_secret_file";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        match find(tx, self.0).await? {
            Some(stored) => erase(tx, &stored),
            None => files::note_gone(tx, self.0),
        }
    }
}

/// Names a file that is there already in one more chat.
#[derive(Clone, Copy, Debug)]
pub struct ShareSecretFile {
    /// Which file.
    pub id: FileId,
    /// Who sends it.
    pub user: UserId,
    /// In which chat.
    pub chat: SecretChatId,
}

impl Command for ShareSecretFile {
    type Output = SecretFile;
    type Error = SecretChatError;
    const NAME: &'static str = "share_secret_file";

    fn locks(&self) -> Locks {
        Locks::of([Owner::from(self.chat)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<SecretFile, SecretChatError> {
        let found = fetchable(tx, self.id, self.user).await?;
        let mut stored = found.ok_or(SecretChatError::UnknownFile)?;
        if !stored.chats.contains(&self.chat) {
            if stored.chats.len() >= CHATS_OF_A_FILE_MAX {
                return Err(SecretChatError::UnknownFile);
            }
            stored.chats.push(self.chat);
            tx.put(self.chat.into(), &(IN_CHAT, self.id), &InChat {})?;
        }
        // Whoever is sent it now has yet to fetch it.
        stored.fetched = false;
        tx.put(self.id.into(), &ITSELF, &stored)?;
        Ok(stored.file)
    }
}

/// Notes that the other side has fetched a file.
#[derive(Clone, Copy, Debug)]
pub struct NoteFetched {
    /// Which file.
    pub id: FileId,
    /// Who has.
    pub by: UserId,
}

impl Command for NoteFetched {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "note_secret_fetched";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(mut stored) = find(tx, self.id).await? else {
            return Ok(());
        };
        // One that was sent in several chats waits for its term: the others may not have it yet.
        if stored.fetched || stored.uploader == self.by || stored.chats.len() > 1 {
            return Ok(());
        }
        stored.fetched = true;
        tx.put(self.id.into(), &ITSELF, &stored)?;
        look_later(tx, self.id, FETCHED_KEPT_S).await
    }
}

impl StoredFile {
    /// Whether a stretch of it that begins at `offset` reaches its end, for one who has not been seen to
    /// fetch it.
    pub fn is_news(&self, by: UserId, offset: u64, length: usize) -> bool {
        !self.fetched && self.uploader != by && offset + length as u64 >= self.file.size_bytes
    }
}

/// The kind of job that looks whether a file is to go.
pub(crate) const FORGET_FILE: &str = "forget_secret_file";

async fn look_later(tx: &mut Tx<'_>, id: FileId, in_s: i64) -> Result<(), StoreError> {
    let payload = minicbor::to_vec(id).expect("encoding to memory does not fail");
    let due = tx.now().plus_seconds(in_s);
    enqueue(tx, due, FORGET_FILE, payload).await
}

/// Does a job of the kind [`FORGET_FILE`].
pub(crate) async fn forget_file(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let id: FileId = jobs::payload(payload)?;
    let Some(stored) = find(tx, id).await? else {
        return Ok(());
    };
    let is_old = i64::from(stored.created) + KEPT_S <= i64::from(tx.now().seconds());
    if is_old || stored.fetched {
        erase(tx, &stored)?;
    }
    Ok(())
}

/// Erases a file; its bytes follow within a minute.
fn erase(tx: &mut Tx<'_>, stored: &StoredFile) -> Result<(), StoreError> {
    let id = stored.file.id;
    for chat in &stored.chats {
        tx.delete::<InChat>((*chat).into(), &(IN_CHAT, id))?;
    }
    tx.delete::<StoredFile>(id.into(), &ITSELF)?;
    files::note_gone(tx, id)
}

/// Takes files out of a chat that is over, at most `limit`; whether that was all.
pub(super) async fn leave_chat(
    tx: &mut Tx<'_>,
    chat: SecretChatId,
    limit: usize,
) -> Result<bool, StoreError> {
    let owner = Owner::from(chat);
    let range = KeyRange::within(&IN_CHAT);
    let found: Vec<((u8, FileId), InChat)> = tx
        .rows()
        .list(owner, range, Order::Ascending, limit)
        .await?;
    for (name, _) in &found {
        let (_, id) = *name;
        tx.delete::<InChat>(owner, name)?;
        let Some(mut stored) = find(tx, id).await? else {
            continue;
        };
        stored.chats.retain(|other| *other != chat);
        if stored.chats.is_empty() {
            erase(tx, &stored)?;
        } else {
            tx.put(id.into(), &ITSELF, &stored)?;
        }
    }
    Ok(found.len() < limit)
}
