//! Sending.

use super::MessageError;
use crate::dialogs::{self, Begun};
use crate::{accounts, bots, contacts};
use heliograph_model::{Body, Change, Logged, MessageId, Owner, Peer, UserId};
use heliograph_store::mailbox::{self, MessageRow, NewMessage};
use heliograph_store::{Command, Locks, StoreError, Tx};
use std::sync::Arc;

/// Sends a message to a person, or to oneself (Saved Messages).
#[derive(Clone, Debug)]
pub struct SendMessage {
    /// Who sends.
    pub from: UserId,
    /// To whom.
    pub to: UserId,
    /// The client's own number for this message: a repetition finds what the first one became.
    pub random_id: i64,
    /// What it says.
    pub body: Body,
    /// The message of the chat that it answers, in the sender's numbers; one that is gone is
    /// dropped, never guessed.
    pub reply_to: Option<MessageId>,
    /// Without a sound.
    pub silent: bool,
    /// Whether the chat's draft goes with it.
    pub clear_draft: bool,
}

/// What sending led to.
#[derive(Clone, Debug)]
pub enum Sent {
    /// The message is new.
    New {
        /// The entry of the sender's log.
        logged: Arc<Logged>,
        /// Whether the chat has just begun, so that the clients do not know its people yet.
        first: bool,
    },
    /// The same `random_id` was sent before and became this message; it may be gone since.
    Before(MessageId),
}

impl Command for SendMessage {
    type Output = Sent;
    type Error = MessageError;
    const NAME: &'static str = "send_message";

    fn locks(&self) -> Locks {
        Locks::of([self.from, self.to])
    }

    /// Reads eight rows for a plain text: the `random_id`, the other's account, two blocks, two
    /// dialogs and two counters.
    async fn apply(self, tx: &mut Tx<'_>) -> Result<Sent, MessageError> {
        let (from, to) = (self.from, self.to);
        let owner = Owner::from(from);
        if let Some(id) = mailbox::sent_as(tx, owner, self.random_id).await? {
            return Ok(Sent::Before(id));
        }
        may_write(tx, from, to).await?;

        let peer = Peer::User(to);
        let Begun { dialog, first } = dialogs::begin(tx, from, peer).await?;
        let reply_to = existing(tx, owner, peer, self.reply_to).await?;
        let message = NewMessage {
            peer,
            from,
            flags: flags(self.silent),
            reply_to,
            body: self.body,
        };
        let logged = post(tx, from, to, message).await?;
        if let Change::NewMessage(message) = &logged.change {
            mailbox::remember_sent(tx, owner, self.random_id, message.id)?;
        }
        if self.clear_draft {
            dialogs::clear_draft(tx, from, peer, dialog).await?;
        }
        Ok(Sent::New { logged, first })
    }
}

/// The flags of an outgoing message.
pub(super) fn flags(silent: bool) -> u8 {
    MessageRow::OUT | if silent { MessageRow::SILENT } else { 0 }
}

/// Puts a message of `from`'s into both mailboxes, or into one's own; the sender's side of the chat
/// is there. Answers with the entry of the sender's log.
pub(super) async fn post(
    tx: &mut Tx<'_>,
    from: UserId,
    to: UserId,
    message: NewMessage,
) -> Result<Arc<Logged>, StoreError> {
    if from == to {
        return mailbox::append(tx, from.into(), message).await;
    }
    dialogs::begin(tx, to, Peer::User(from)).await?;
    let theirs = match message.reply_to {
        Some(id) => mailbox::sibling_of(tx, from.into(), message.peer, id).await?,
        None => None,
    };
    let (mine, other) = mailbox::append_pair(tx, from, to, message, theirs).await?;
    if let Change::NewMessage(copy) = &other.change {
        bots::queue_private(tx, to, from, copy.id, false).await?;
    }
    Ok(mine)
}

/// Whether `from` may write to `to` at all.
pub(super) async fn may_write(
    tx: &mut Tx<'_>,
    from: UserId,
    to: UserId,
) -> Result<(), MessageError> {
    if from == to {
        return Ok(());
    }
    match accounts::find(tx, to).await? {
        Some(account) if !account.person.deleted => {}
        _ => return Err(MessageError::UnknownPeer),
    }
    if contacts::is_blocked(tx, to, from).await? {
        return Err(MessageError::Blocked);
    }
    if contacts::is_blocked(tx, from, to).await? {
        return Err(MessageError::BlockedByMe);
    }
    Ok(())
}

/// The message, where it stands in that chat of that mailbox.
async fn existing(
    tx: &mut Tx<'_>,
    owner: Owner,
    peer: Peer,
    id: Option<MessageId>,
) -> Result<Option<MessageId>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    Ok(tx.find::<MessageRow>(owner, &(peer, id)).await?.map(|_| id))
}
