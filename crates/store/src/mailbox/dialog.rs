//! A member's own side of a chat.

use super::rows::Dialog;
use crate::{KeyRange, Order, Rows, StoreError, Tx};
use heliograph_model::{Entity, MessageId, Owner, Peer};
use minicbor::{Decode, Encode};

/// A text begun and not sent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Draft {
    /// The text.
    #[n(0)]
    pub text: String,
    /// Its styled stretches.
    #[n(1)]
    pub entities: Vec<Entity>,
    /// The message that it would answer.
    #[n(2)]
    pub reply_to: Option<MessageId>,
    /// When it was saved, in Unix seconds.
    #[n(3)]
    pub date: i32,
    /// Without the preview of its link.
    #[n(4)]
    pub no_webpage: bool,
}

/// The owner's side of one chat; `None` when there is no such chat.
pub async fn dialog(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
) -> Result<Option<Dialog>, StoreError> {
    rows.find(owner, &peer).await
}

/// All chats of a mailbox, by peer.
pub async fn dialogs(rows: &mut dyn Rows, owner: Owner) -> Result<Vec<(Peer, Dialog)>, StoreError> {
    rows.list(owner, KeyRange::all(), Order::Ascending, usize::MAX)
        .await
}

/// Writes the owner's side of a chat.
pub fn put_dialog(
    tx: &mut Tx<'_>,
    owner: Owner,
    peer: Peer,
    dialog: &Dialog,
) -> Result<(), StoreError> {
    tx.put(owner, &peer, dialog)
}

/// Takes a chat out of the list. Its messages must be gone before.
pub fn delete_dialog(tx: &mut Tx<'_>, owner: Owner, peer: Peer) -> Result<(), StoreError> {
    tx.delete::<Dialog>(owner, &peer)
}
