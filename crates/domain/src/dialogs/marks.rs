//! Pinned chats, and chats marked unread by hand.

use super::{DialogError, PINNED_MAX, pinned};
use heliograph_model::{Notice, Owner, Peer, UserId};
use heliograph_store::mailbox::{self, Dialog};
use heliograph_store::{Command, Locks, StoreError, Tx};

/// Pins a chat on top of the list, or takes it down.
#[derive(Clone, Copy, Debug)]
pub struct PinDialog {
    /// Whose list.
    pub owner: UserId,
    /// The chat; an empty one cannot be pinned.
    pub peer: Peer,
    /// Pin, or unpin.
    pub pin: bool,
}

impl Command for PinDialog {
    type Output = ();
    type Error = DialogError;
    const NAME: &'static str = "pin_dialog";

    fn locks(&self) -> Locks {
        Locks::of([self.owner])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), DialogError> {
        let owner = Owner::from(self.owner);
        let mut dialog = mailbox::dialog(tx, owner, self.peer)
            .await?
            .ok_or(DialogError::UnknownDialog)?;
        if dialog.pinned.is_some() == self.pin {
            return Ok(());
        }
        dialog.pinned = None;
        if self.pin {
            if mailbox::top_message(tx, owner, self.peer).await?.is_none() {
                return Err(DialogError::UnknownDialog);
            }
            let others = pinned(tx, self.owner).await?;
            if others.len() >= PINNED_MAX {
                return Err(DialogError::PinnedTooMuch);
            }
            let highest = others.first().and_then(|(_, other)| other.pinned);
            dialog.pinned = Some(highest.unwrap_or(0) + 1);
        }
        mailbox::put_dialog(tx, owner, self.peer, &dialog)?;
        mailbox::note(tx, owner, Notice::DialogPinned(self.peer)).await?;
        Ok(())
    }
}

/// Puts the pinned chats in another order, and pins those named that are not pinned yet.
#[derive(Clone, Debug)]
pub struct ReorderPinned {
    /// Whose list.
    pub owner: UserId,
    /// The chats, topmost first; those that are not in the list are passed over.
    pub order: Vec<Peer>,
    /// Unpin those that are not named; otherwise they follow below.
    pub force: bool,
}

impl Command for ReorderPinned {
    type Output = ();
    type Error = DialogError;
    const NAME: &'static str = "reorder_pinned";

    fn locks(&self) -> Locks {
        Locks::of([self.owner])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), DialogError> {
        let owner = Owner::from(self.owner);
        let before = pinned(tx, self.owner).await?;
        let mut order: Vec<(Peer, Dialog)> = Vec::new();
        for peer in &self.order {
            if order.iter().any(|(known, _)| known == peer) {
                continue;
            }
            let dialog = mailbox::dialog(tx, owner, *peer).await?;
            if let Some(dialog) = dialog.filter(|dialog| dialog.begun) {
                order.push((*peer, dialog));
            }
        }
        let unnamed: Vec<_> = before
            .into_iter()
            .filter(|(peer, _)| !self.order.contains(peer))
            .collect();
        if self.force {
            for (peer, dialog) in unnamed {
                place(tx, owner, peer, dialog, None)?;
            }
        } else {
            order.extend(unnamed);
        }
        if order.len() > PINNED_MAX {
            return Err(DialogError::PinnedTooMuch);
        }
        let highest = order.len() as u32;
        for (below, (peer, dialog)) in (0..).zip(order) {
            place(tx, owner, peer, dialog, Some(highest - below))?;
        }
        mailbox::note(tx, owner, Notice::PinnedOrder).await?;
        Ok(())
    }
}

/// Writes a chat's place among the pinned ones, where it changes.
fn place(
    tx: &mut Tx<'_>,
    owner: Owner,
    peer: Peer,
    dialog: Dialog,
    pinned: Option<u32>,
) -> Result<(), StoreError> {
    if dialog.pinned == pinned {
        return Ok(());
    }
    mailbox::put_dialog(tx, owner, peer, &Dialog { pinned, ..dialog })
}

/// Marks a chat unread by hand, or takes the mark off.
#[derive(Clone, Copy, Debug)]
pub struct MarkUnread {
    /// Whose list.
    pub owner: UserId,
    /// The chat.
    pub peer: Peer,
    /// Mark, or take the mark off.
    pub unread: bool,
}

impl Command for MarkUnread {
    type Output = ();
    type Error = DialogError;
    const NAME: &'static str = "mark_unread";

    fn locks(&self) -> Locks {
        Locks::of([self.owner])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), DialogError> {
        let owner = Owner::from(self.owner);
        let mut dialog = mailbox::dialog(tx, owner, self.peer)
            .await?
            .filter(|dialog| dialog.begun)
            .ok_or(DialogError::UnknownDialog)?;
        if dialog.unread_mark != self.unread {
            dialog.unread_mark = self.unread;
            mailbox::put_dialog(tx, owner, self.peer, &dialog)?;
            mailbox::note(tx, owner, Notice::UnreadMark(self.peer)).await?;
        }
        Ok(())
    }
}
