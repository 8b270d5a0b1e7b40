//! Pinned messages.

use super::MessageError;
use super::send::{flags, may_write, post};
use heliograph_model::{Body, Logged, MessageId, Owner, Peer, ServiceAction, UserId};
use heliograph_store::mailbox::{self, Dialog, MessageRow, NewMessage};
use heliograph_store::{Command, Locks, Rows, StoreError, Tx};
use std::sync::Arc;

/// How many messages of a chat stay pinned; beyond that the one pinned first gives way.
pub const PINNED_MESSAGES_MAX: usize = 100;

/// The pinned messages of a chat, newest first.
pub async fn pinned(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
) -> Result<Vec<MessageId>, StoreError> {
    let dialog = mailbox::dialog(rows, owner, peer).await?;
    let mut pinned = Vec::new();
    for id in dialog.unwrap_or_default().pinned_messages {
        let row: Option<MessageRow> = rows.find(owner, &(peer, id)).await?;
        if row.is_some_and(|row| row.is(MessageRow::PINNED)) {
            pinned.push(id);
        }
    }
    pinned.sort_unstable_by(|a, b| b.cmp(a));
    Ok(pinned)
}

/// Pins or unpins one message of a private chat.
#[derive(Clone, Copy, Debug)]
pub struct PinMessage {
    /// Who pins.
    pub owner: UserId,
    /// The chat.
    pub peer: UserId,
    /// The message.
    pub id: MessageId,
    /// Pin, or unpin.
    pub pin: bool,
    /// Only in one's own mailbox.
    pub one_side: bool,
    /// Without a sound.
    pub silent: bool,
}

impl Command for PinMessage {
    /// The entries of the owner's log; none when it stood so already.
    type Output = Vec<Arc<Logged>>;
    type Error = MessageError;
    const NAME: &'static str = "pin_message";

    fn locks(&self) -> Locks {
        Locks::of([self.owner, self.peer])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, MessageError> {
        let owner = Owner::from(self.owner);
        let peer = Peer::User(self.peer);
        let row: Option<MessageRow> = tx.find(owner, &(peer, self.id)).await?;
        if row.is_none() {
            return Err(MessageError::UnknownMessage);
        }
        let both = !self.one_side && self.owner != self.peer;
        if both {
            may_write(tx, self.owner, self.peer).await?;
            if let Some(sibling) = mailbox::sibling_of(tx, owner, peer, self.id).await? {
                let me = Peer::User(self.owner);
                pin_in(tx, self.peer.into(), me, sibling, self.pin).await?;
            }
        }
        let mut logged = pin_in(tx, owner, peer, self.id, self.pin).await?;
        if self.pin && both && !logged.is_empty() {
            logged.push(self.announce(tx).await?);
        }
        Ok(logged)
    }
}

impl PinMessage {
    /// Tells both sides by a service message that answers the pinned one.
    async fn announce(&self, tx: &mut Tx<'_>) -> Result<Arc<Logged>, StoreError> {
        let message = NewMessage {
            peer: self.peer.into(),
            from: self.owner,
            flags: flags(self.silent),
            reply_to: Some(self.id),
            body: Body {
                action: Some(ServiceAction::PinMessage),
                ..Body::default()
            },
        };
        post(tx, self.owner, self.peer, message).await
    }
}

/// Pins or unpins a message in one mailbox, and keeps the chat's list of pinned messages. Answers
/// with the log entries; none when it stood so already.
pub(crate) async fn pin_in(
    tx: &mut Tx<'_>,
    owner: Owner,
    peer: Peer,
    id: MessageId,
    pin: bool,
) -> Result<Vec<Arc<Logged>>, StoreError> {
    let Some(logged) = mailbox::set_pinned(tx, owner, peer, &[id], pin).await? else {
        return Ok(Vec::new());
    };
    let mut logged = vec![logged];
    let mut dialog: Dialog = tx.find_or_default(owner, &peer).await?;
    let pinned = &mut dialog.pinned_messages;
    pinned.retain(|known| *known != id);
    if pin {
        pinned.push(id);
    }
    let oldest = (pinned.len() > PINNED_MESSAGES_MAX).then(|| pinned.remove(0));
    mailbox::put_dialog(tx, owner, peer, &dialog)?;
    if let Some(oldest) = oldest {
        logged.extend(mailbox::set_pinned(tx, owner, peer, &[oldest], false).await?);
    }
    Ok(logged)
}

/// Unpins every message of a private chat, on both sides.
#[derive(Clone, Copy, Debug)]
pub struct UnpinAll {
    /// Who unpins.
    pub owner: UserId,
    /// The chat.
    pub peer: UserId,
}

impl Command for UnpinAll {
    /// The entry of the owner's log; `None` when nothing was pinned.
    type Output = Option<Arc<Logged>>;
    type Error = MessageError;
    const NAME: &'static str = "unpin_all";

    fn locks(&self) -> Locks {
        Locks::of([self.owner, self.peer])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, MessageError> {
        if self.owner != self.peer {
            unpin_all_in(tx, self.peer.into(), self.owner.into()).await?;
        }
        Ok(unpin_all_in(tx, self.owner.into(), self.peer.into()).await?)
    }
}

/// Unpins every message of a chat in one mailbox.
pub(crate) async fn unpin_all_in(
    tx: &mut Tx<'_>,
    owner: Owner,
    peer: Peer,
) -> Result<Option<Arc<Logged>>, StoreError> {
    let Some(mut dialog) = mailbox::dialog(tx, owner, peer).await? else {
        return Ok(None);
    };
    let pinned = std::mem::take(&mut dialog.pinned_messages);
    if pinned.is_empty() {
        return Ok(None);
    }
    mailbox::put_dialog(tx, owner, peer, &dialog)?;
    mailbox::set_pinned(tx, owner, peer, &pinned, false).await
}
