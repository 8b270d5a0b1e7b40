//! Read marks.

use super::MessageError;
use heliograph_model::{Logged, MessageId, Notice, Peer, UserId};
use heliograph_store::mailbox::{self, EventKind};
use heliograph_store::{Command, KeyRange, Locks, Order, StoreError, Tx};
use std::sync::Arc;

/// Marks a chat as read up to a message, and tells the other side.
#[derive(Clone, Copy, Debug)]
pub struct ReadHistory {
    /// Who reads.
    pub owner: UserId,
    /// The chat.
    pub peer: UserId,
    /// The last message read, in the reader's numbers.
    pub max_id: MessageId,
}

/// What reading led to.
#[derive(Clone, Debug, Default)]
pub struct ReadOutcome {
    /// The entry of the reader's log; `None` when all was read before.
    pub logged: Option<Arc<Logged>>,
    /// The reader's `pts` afterwards.
    pub pts: u32,
}

impl Command for ReadHistory {
    type Output = ReadOutcome;
    type Error = MessageError;
    const NAME: &'static str = "read_history";

    fn locks(&self) -> Locks {
        Locks::of([self.owner, self.peer])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<ReadOutcome, MessageError> {
        let owner = self.owner.into();
        let peer = Peer::User(self.peer);
        let Some(mut dialog) = mailbox::dialog(tx, owner, peer).await? else {
            return Ok(ReadOutcome {
                logged: None,
                pts: mailbox::state(tx, owner).await?.pts,
            });
        };
        let mut changed = false;
        if dialog.unread_mark {
            dialog.unread_mark = false;
            changed = true;
            mailbox::note(tx, owner, Notice::UnreadMark(peer)).await?;
        }
        let logged = match self.newest_incoming(tx, dialog.read_in).await? {
            None => None,
            Some((max_id, sibling)) => {
                dialog.read_in = max_id;
                changed = true;
                let still_unread = mailbox::count_unread(tx, owner, peer, max_id).await?;
                if let Some(sibling) = sibling {
                    self.tell_author(tx, sibling).await?;
                }
                let kind = EventKind::ReadInbox {
                    peer,
                    max_id,
                    still_unread,
                };
                Some(mailbox::record(tx, owner, 1, kind).await?)
            }
        };
        if changed {
            mailbox::put_dialog(tx, owner, peer, &dialog)?;
        }
        Ok(ReadOutcome {
            logged,
            pts: mailbox::state(tx, owner).await?.pts,
        })
    }
}

impl ReadHistory {
    /// The newest message up to `max_id`, where an incoming one up to there was not read before,
    /// and the author's number for the newest of these.
    ///
    /// The mark may stand on an outgoing message: clients move it to the end of what they show.
    async fn newest_incoming(
        &self,
        tx: &mut Tx<'_>,
        read_in: MessageId,
    ) -> Result<Option<(MessageId, Option<MessageId>)>, StoreError> {
        let peer = Peer::User(self.peer);
        let end = if self.max_id.0 == 0 {
            u32::MAX
        } else {
            self.max_id.0.saturating_add(1)
        };
        let mut before = end;
        let mut newest = None;
        // In a chat that the reader wrote to last, a few outgoing messages stand on top.
        loop {
            let range = KeyRange::within(&peer)
                .from(&(peer, MessageId(read_in.0 + 1)))
                .before(&(peer, MessageId(before)));
            let found = tx
                .rows()
                .list::<mailbox::MessageRow>(self.owner.into(), range, Order::Descending, 16)
                .await?;
            for ((_, id), row) in &found {
                let mark = *newest.get_or_insert(*id);
                if !row.is(mailbox::MessageRow::OUT) {
                    return Ok(Some((mark, row.sibling)));
                }
            }
            match found.last() {
                Some(((_, id), _)) => before = id.0,
                None => return Ok(None),
            }
        }
    }

    /// Moves the author's mark of what the other side has read. An author who has removed the chat
    /// keeps no mark.
    async fn tell_author(&self, tx: &mut Tx<'_>, read: MessageId) -> Result<(), StoreError> {
        if self.owner == self.peer {
            return Ok(());
        }
        let author = self.peer.into();
        let peer = Peer::User(self.owner);
        let dialog = mailbox::dialog(tx, author, peer).await?;
        let Some(mut dialog) = dialog.filter(|dialog| dialog.begun) else {
            return Ok(());
        };
        if read <= dialog.read_out {
            return Ok(());
        }
        dialog.read_out = read;
        mailbox::put_dialog(tx, author, peer, &dialog)?;
        mailbox::record(tx, author, 1, EventKind::ReadOutbox { peer, max_id: read }).await?;
        Ok(())
    }
}
