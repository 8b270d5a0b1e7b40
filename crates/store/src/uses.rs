//! What shows a file, and so keeps it.
//!
//! A file is kept as long as something shows it: a stored message, or the face of a person or
//! channel. Mailboxes note this by themselves wherever a message's text comes, changes, moves to the
//! other copy or goes, so no way of sending or deleting can forget it.

use crate::{KeyRange, Order, Rows, StoreError, Table, Tx, enqueue, row};
use heliograph_model::{FileId, MessageId, Owner};
use minicbor::{Decode, Encode};

/// Where a file is shown: a mailbox and the message there; message 0 is the face of its owner.
pub type Place = (Owner, MessageId);

/// That a file is shown somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct FileUse;

row!(FileUse, Table::FileUse, key: (i64, MessageId));

/// The kind of job that removes a file which nothing shows; its payload is the file's id in eight
/// bytes, the highest first.
pub const FORGET_FILE: &str = "forget_file";

/// For how long a file is kept that nothing shows, in seconds: a client may still be about to send
/// what it has uploaded, or send again what it has just deleted.
pub const UNSHOWN_S: i64 = 86_400;

/// Notes that a file is shown at a place.
pub fn add(tx: &mut Tx<'_>, file: FileId, place: Place) -> Result<(), StoreError> {
    let (owner, message) = place;
    tx.put(file.into(), &(owner.0, message), &FileUse)
}

/// Notes that a file is no longer shown at a place; a file that nothing else shows is forgotten a
/// day later.
pub async fn remove(tx: &mut Tx<'_>, file: FileId, place: Place) -> Result<(), StoreError> {
    let (owner, message) = place;
    tx.delete::<FileUse>(file.into(), &(owner.0, message))?;
    if is_shown(tx, file).await? {
        return Ok(());
    }
    forget_later(tx, file).await
}

/// Adds the job that looks in a day whether anything shows the file.
pub async fn forget_later(tx: &mut Tx<'_>, file: FileId) -> Result<(), StoreError> {
    let due = tx.now().plus_seconds(UNSHOWN_S);
    enqueue(tx, due, FORGET_FILE, file.0.to_be_bytes().to_vec()).await
}

/// Whether anything shows the file.
pub async fn is_shown(rows: &mut dyn Rows, file: FileId) -> Result<bool, StoreError> {
    let any = rows
        .list::<FileUse>(file.into(), KeyRange::all(), Order::Ascending, 1)
        .await?;
    Ok(!any.is_empty())
}
