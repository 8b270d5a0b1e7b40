//! Deleting.

use super::MessageError;
use crate::dialogs;
use heliograph_model::{Body, Logged, MessageId, Owner, Peer, ServiceAction, UserId};
use heliograph_store::mailbox::{self, MessageRow, NewMessage};
use heliograph_store::{Command, KeyRange, Locks, Order, StoreError, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many messages one request removes at most; clients name no more than this, and the rest of a
/// long history goes in further requests (`messages.affectedHistory.offset`).
pub const DELETE_MAX: usize = 1000;

/// Removes messages, from one's own mailbox or from both.
#[derive(Clone, Debug)]
pub struct DeleteMessages {
    /// Whose mailbox.
    pub owner: UserId,
    /// Which messages; they may stand in different chats.
    pub ids: Vec<MessageId>,
    /// The chats that the messages stand in, as the caller has looked them up; a message elsewhere
    /// is passed over.
    pub peers: Vec<UserId>,
    /// For the other side too.
    pub revoke: bool,
}

/// What deleting led to.
#[derive(Clone, Debug, Default)]
pub struct Deleted {
    /// The entry of the owner's log; `None` when nothing was there.
    pub logged: Option<Arc<Logged>>,
    /// The mailbox's `pts` after the deletion.
    pub pts: u32,
    /// Whether more of the history is left to remove.
    pub more: bool,
}

impl Command for DeleteMessages {
    type Output = Deleted;
    type Error = MessageError;
    const NAME: &'static str = "delete_messages";

    fn locks(&self) -> Locks {
        // A text whose author deletes it moves to the other copy: the other mailbox is written
        // to even without `revoke`.
        Locks::of(self.peers.iter().copied().chain([self.owner]))
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Deleted, MessageError> {
        let owner = Owner::from(self.owner);
        let mut ids = Vec::new();
        for id in self.ids.into_iter().take(DELETE_MAX) {
            if let Some(message) = mailbox::load(tx, owner, id).await?
                && message
                    .peer
                    .user()
                    .is_some_and(|peer| self.peers.contains(&peer))
            {
                ids.push((message.peer, id));
            }
        }
        remove(tx, self.owner, ids, self.revoke).await
    }
}

/// Removes the history of a chat, all of it or a stretch.
#[derive(Clone, Copy, Debug)]
pub struct DeleteHistory {
    /// Whose mailbox.
    pub owner: UserId,
    /// The chat.
    pub peer: UserId,
    /// Which messages go.
    pub stretch: Stretch,
    /// For the other side too.
    pub revoke: bool,
    /// Only the messages; the emptied chat stays in the list, with a message that says so.
    pub just_clear: bool,
}

/// The messages of a chat that a request removes: those within all the bounds that are not 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stretch {
    /// The last message to go.
    pub max_id: MessageId,
    /// Only messages sent after this moment, in Unix seconds.
    pub min_date: i32,
    /// Only messages sent before this moment, in Unix seconds.
    pub max_date: i32,
}

impl Command for DeleteHistory {
    type Output = Deleted;
    type Error = MessageError;
    const NAME: &'static str = "delete_history";

    fn locks(&self) -> Locks {
        Locks::of([self.owner, self.peer])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Deleted, MessageError> {
        let owner = Owner::from(self.owner);
        let peer = Peer::User(self.peer);
        let range = self.range(tx).await?;
        let found = tx
            .rows()
            .list::<MessageRow>(owner, range, Order::Ascending, DELETE_MAX + 1)
            .await?;
        let more = found.len() > DELETE_MAX;
        let ids = found
            .into_iter()
            .take(DELETE_MAX)
            .map(|(key, _)| key)
            .collect();
        let mut deleted = remove(tx, self.owner, ids, self.revoke).await?;
        deleted.more = more;

        if mailbox::top_message(tx, owner, peer).await?.is_some() {
            return Ok(deleted);
        }
        if !self.just_clear {
            dialogs::end(tx, self.owner, peer).await?;
        } else if deleted.logged.is_some() {
            self.say_cleared(tx).await?;
        }
        Ok(deleted)
    }
}

impl DeleteHistory {
    async fn range(&self, tx: &mut Tx<'_>) -> Result<KeyRange, StoreError> {
        let Stretch {
            max_id,
            min_date,
            max_date,
        } = self.stretch;
        let owner = Owner::from(self.owner);
        let peer = Peer::User(self.peer);
        let mut range = KeyRange::within(&peer);
        if max_id.0 > 0 {
            range = range.before(&(peer, MessageId(max_id.0.saturating_add(1))));
        }
        if min_date > 0 {
            let since = min_date.saturating_add(1);
            let first = mailbox::first_since(tx, owner, peer, since).await?;
            range = range.from(&(peer, first));
        }
        if max_date > 0 {
            let end = mailbox::first_since(tx, owner, peer, max_date).await?;
            range = range.before(&(peer, end));
        }
        Ok(range)
    }

    /// Leaves a message in the emptied chat, so that it keeps its place in the list.
    async fn say_cleared(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let message = NewMessage {
            peer: self.peer.into(),
            from: self.owner,
            flags: MessageRow::OUT,
            reply_to: None,
            body: Body {
                action: Some(ServiceAction::HistoryClear),
                ..Body::default()
            },
        };
        mailbox::append(tx, self.owner.into(), message).await?;
        Ok(())
    }
}

async fn remove(
    tx: &mut Tx<'_>,
    owner: UserId,
    ids: Vec<(Peer, MessageId)>,
    revoke: bool,
) -> Result<Deleted, MessageError> {
    let mine: Vec<MessageId> = ids.iter().map(|(_, id)| *id).collect();
    if revoke {
        let mut theirs: BTreeMap<UserId, Vec<MessageId>> = BTreeMap::new();
        for (peer, id) in ids {
            let Some(user) = peer.user().filter(|user| *user != owner) else {
                continue;
            };
            if let Some(sibling) = mailbox::sibling_of(tx, owner.into(), peer, id).await? {
                theirs.entry(user).or_default().push(sibling);
            }
        }
        for (user, ids) in theirs {
            mailbox::delete(tx, user.into(), &ids).await?;
        }
    }
    let logged = mailbox::delete(tx, owner.into(), &mine).await?;
    let pts = mailbox::state(tx, owner.into()).await?.pts;
    Ok(Deleted {
        logged,
        pts,
        more: false,
    })
}
