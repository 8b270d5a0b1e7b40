//! Read marks and mentions in channels.

use super::post::MentionRow;
use super::{ChannelError, standing};
use heliograph_model::{ChannelId, MessageId, Notice, Owner, Peer, UserId};
use heliograph_store::mailbox::{self, MessageRow};
use heliograph_store::{Command, KeyRange, Locks, Order, Row, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// How far a group was read: by whoever is furthest, and by whoever comes after them, so that
/// everyone can be told how far *others* have read.
#[derive(Clone, Copy, Debug, Default, Encode, Decode)]
struct ReadMarkRow {
    #[n(0)]
    reader: Option<UserId>,
    #[n(1)]
    max_id: MessageId,
    #[n(2)]
    second: MessageId,
}

row!(ReadMarkRow, Table::ReadMark, key: ());

/// How far anyone but `user` has read a group.
pub async fn read_by_others(
    rows: &mut dyn Rows,
    channel: ChannelId,
    user: UserId,
) -> Result<MessageId, StoreError> {
    let owner = Peer::Channel(channel).into();
    let mark: ReadMarkRow = rows.find_or_default(owner, &()).await?;
    Ok(if mark.reader == Some(user) {
        mark.second
    } else {
        mark.max_id
    })
}

/// Marks a channel as read up to a message.
#[derive(Clone, Copy, Debug)]
pub struct ReadChannel {
    /// Who reads.
    pub user: UserId,
    /// What.
    pub channel: ChannelId,
    /// The last message read; 0 for all.
    pub max_id: MessageId,
}

/// How many messages are looked at for authors who learn that they were read.
const AUTHORS_LOOK: usize = 100;

impl Command for ReadChannel {
    /// Whether the mark moved.
    type Output = bool;
    type Error = ChannelError;
    const NAME: &'static str = "read_channel";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel), self.user.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.user, now_s).await?;
        standing.may_read()?;
        let (owner, peer) = (Owner::from(self.user), standing.peer());
        let Some(mut dialog) = mailbox::dialog(tx, owner, peer).await? else {
            return Ok(false);
        };
        let newest = MessageId(mailbox::state(tx, peer.into()).await?.last_id);
        let max_id = match self.max_id {
            MessageId(0) => newest,
            asked => asked.min(newest),
        };
        let was_marked = std::mem::take(&mut dialog.unread_mark);
        let moved = max_id > dialog.read_in;
        if was_marked {
            mailbox::note(tx, owner, Notice::UnreadMark(peer)).await?;
        }
        if moved {
            dialog.read_in = max_id;
            mailbox::note(tx, owner, Notice::ChannelRead(self.channel)).await?;
        }
        if was_marked || moved {
            mailbox::put_dialog(tx, owner, peer, &dialog)?;
        }
        if moved && !standing.channel.broadcast {
            self.tell_authors(tx, max_id).await?;
        }
        Ok(moved)
    }
}

impl ReadChannel {
    /// Moves the marks of how far others have read, and tells those whose messages these are.
    async fn tell_authors(&self, tx: &mut Tx<'_>, max_id: MessageId) -> Result<(), StoreError> {
        let peer = Peer::Channel(self.channel);
        let before: ReadMarkRow = tx.find_or_default(peer.into(), &()).await?;
        let mut mark = before;
        if mark.reader == Some(self.user) || mark.reader.is_none() {
            mark.reader = Some(self.user);
            mark.max_id = mark.max_id.max(max_id);
        } else if max_id > mark.max_id {
            mark = ReadMarkRow {
                reader: Some(self.user),
                max_id,
                second: before.max_id,
            };
        } else {
            mark.second = mark.second.max(max_id);
        }
        tx.put(peer.into(), &(), &mark)?;

        // Whose mark may have moved: that of the one furthest by the second mark, everyone else's by
        // the first.
        let from = MessageId(before.second.min(before.max_id).0 + 1);
        let range = KeyRange::within(&peer)
            .from(&(peer, from))
            .before(&(peer, MessageId(max_id.0.saturating_add(1))));
        let rows: Vec<((Peer, MessageId), MessageRow)> = tx
            .rows()
            .list(peer.into(), range, Order::Descending, AUTHORS_LOOK)
            .await?;
        let authors: BTreeSet<UserId> = rows.iter().map(|(_, row)| row.from).collect();
        for author in authors.into_iter().filter(|author| *author != self.user) {
            let before = if before.reader == Some(author) {
                before.second
            } else {
                before.max_id
            };
            let inside = super::member(tx, self.channel, author).await?;
            let learns = read_by_others(tx, self.channel, author).await? > before;
            if learns && inside.is_some_and(|place| place.inside) {
                let told = Notice::ChannelReadByOthers(self.channel);
                mailbox::note(tx, author.into(), told).await?;
            }
        }
        Ok(())
    }
}

/// How many messages are read one by one to leave out the reader's own.
const OWN_LOOK: usize = 500;

/// How many messages of others in a channel come after `read_in`; where there are many, the
/// reader's own count too.
pub async fn count_unread(
    rows: &mut dyn Rows,
    user: UserId,
    channel: ChannelId,
    read_in: MessageId,
) -> Result<u32, StoreError> {
    let peer = Peer::Channel(channel);
    let range = KeyRange::within(&peer).from(&(peer, MessageId(read_in.0.saturating_add(1))));
    let newest: Vec<((Peer, MessageId), MessageRow)> = rows
        .list(peer.into(), range.clone(), Order::Ascending, OWN_LOOK)
        .await?;
    if newest.len() == OWN_LOOK {
        let all = rows.count(MessageRow::TABLE, peer.into(), range).await?;
        return Ok(all as u32);
    }
    let others = newest.iter().filter(|(_, row)| row.from != user);
    Ok(others.count() as u32)
}

/// The mentions that somebody has not opened yet, newest first, at most `limit`.
pub async fn unread_mentions(
    rows: &mut dyn Rows,
    user: UserId,
    channel: ChannelId,
    limit: usize,
) -> Result<Vec<MessageId>, StoreError> {
    let range = KeyRange::within(&Peer::Channel(channel));
    let rows: Vec<((Peer, MessageId), MentionRow)> = rows
        .list(user.into(), range, Order::Descending, limit)
        .await?;
    Ok(rows.into_iter().map(|((_, id), _)| id).collect())
}

/// Notes that somebody has opened mentions.
#[derive(Clone, Debug)]
pub struct ReadMentions {
    /// Who.
    pub user: UserId,
    /// Where.
    pub channel: ChannelId,
    /// Which messages; `None` for all.
    pub ids: Option<Vec<MessageId>>,
}

/// How many mentions one command opens.
const OPEN_MAX: usize = 500;

impl Command for ReadMentions {
    /// Which of them had not been opened.
    type Output = Vec<MessageId>;
    type Error = ChannelError;
    const NAME: &'static str = "read_mentions";

    fn locks(&self) -> Locks {
        Locks::of([self.user])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Vec<MessageId>, ChannelError> {
        let mut open = unread_mentions(tx, self.user, self.channel, OPEN_MAX).await?;
        if let Some(ids) = &self.ids {
            open.retain(|id| ids.contains(id));
        }
        let peer = Peer::Channel(self.channel);
        for id in &open {
            tx.delete::<MentionRow>(self.user.into(), &(peer, *id))?;
        }
        if !open.is_empty() {
            let told = Notice::MentionsRead(self.channel, open.clone());
            mailbox::note(tx, self.user.into(), told).await?;
        }
        Ok(open)
    }
}

/// Forgets the mentions of somebody who leaves.
pub(super) async fn forget_mentions(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    user: UserId,
) -> Result<(), StoreError> {
    let peer = Peer::Channel(channel);
    for id in unread_mentions(tx, user, channel, usize::MAX).await? {
        tx.delete::<MentionRow>(user.into(), &(peer, id))?;
    }
    Ok(())
}
