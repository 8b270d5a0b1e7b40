//! What is counted of a channel's messages.

use super::post::ThreadRow;
use super::{ChannelError, discussion_of, find, standing, thread};
use heliograph_model::{ChannelId, Counters, Message, MessageId, Peer, Thread, UserId};
use heliograph_store::{Command, KeyRange, Locks, Order, Row, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// What is counted of one message. A message without a row was never counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct PostRow {
    #[n(0)]
    pub views: u32,
    #[n(1)]
    pub forwards: u32,
    /// The post's copy in the discussion group.
    #[n(2)]
    pub discussion: Option<(ChannelId, MessageId)>,
}

row!(PostRow, Table::Post, key: MessageId);

/// How many views are remembered so that they count once; 24 bytes each. When there are more, all
/// are forgotten: a view may then count twice.
const SEEN_MAX: usize = 500_000;

/// Who has seen which post lately, so that nobody counts twice.
#[derive(Debug, Default)]
pub struct Seen(Mutex<HashSet<(UserId, ChannelId, MessageId)>>);

impl Seen {
    /// Those among `ids` that `user` has not seen before; they count as seen from now on.
    pub fn first(&self, user: UserId, channel: ChannelId, ids: &[MessageId]) -> Vec<MessageId> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() + ids.len() > SEEN_MAX {
            seen.clear();
        }
        let first = ids.iter().filter(|id| seen.insert((user, channel, **id)));
        first.copied().collect()
    }
}

/// Counts views, or forwards, of posts.
#[derive(Clone, Debug)]
pub struct AddViews {
    /// Who sees them.
    pub viewer: UserId,
    /// Where.
    pub channel: ChannelId,
    /// Which; those that are gone are passed over.
    pub ids: Vec<MessageId>,
    /// They were forwarded besides.
    pub forwarded: bool,
}

impl Command for AddViews {
    type Output = ();
    type Error = ChannelError;
    const NAME: &'static str = "add_views";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.viewer, now_s).await?;
        standing.may_read()?;
        let owner = standing.peer().into();
        for id in self.ids {
            let there: Option<heliograph_store::mailbox::MessageRow> =
                tx.find(owner, &(standing.peer(), id)).await?;
            if there.is_none() {
                continue;
            }
            let mut row: PostRow = tx.find_or_default(owner, &id).await?;
            if self.forwarded {
                row.forwards = row.forwards.saturating_add(1);
            } else {
                row.views = row.views.saturating_add(1);
            }
            tx.put(owner, &id, &row)?;
        }
        Ok(())
    }
}

/// Fills in what is counted of messages that stand in channels.
///
/// Views and forwards are a broadcast's; a thread is shown under a post whose channel has a
/// discussion group, and under every message of a group that was answered.
pub async fn count(rows: &mut dyn Rows, messages: &mut [Message]) -> Result<(), StoreError> {
    let mut known = None;
    for message in messages {
        let Peer::Channel(id) = message.peer else {
            continue;
        };
        if message.body.action.is_some() {
            continue;
        }
        if !matches!(&known, Some((known, _)) if *known == id) {
            known = find(rows, id).await?.map(|channel| (id, channel));
        }
        let Some((_, channel)) = &known else { continue };
        let owner = message.peer.into();
        let row: PostRow = rows.find_or_default(owner, &message.id).await?;
        let replies = match discussion_of(rows, channel, message.id).await? {
            Some((group, first)) => replies(rows, group, first).await?,
            None => None,
        };
        let thread = match (channel.broadcast, channel.linked, replies) {
            (true, Some(group), found) => Some(Thread {
                group: Some(group),
                ..found.unwrap_or(Thread {
                    replies: 0,
                    newest: None,
                    group: None,
                })
            }),
            (true, None, _) => None,
            (false, _, found) => found,
        };
        message.counters = Some(Counters {
            // Its author has seen it.
            views: row.views.max(1),
            forwards: row.forwards,
            thread,
        });
    }
    Ok(())
}

async fn replies(
    rows: &mut dyn Rows,
    group: ChannelId,
    first: MessageId,
) -> Result<Option<Thread>, StoreError> {
    let all = 0..u32::MAX;
    let newest = thread(rows, group, first, all, Order::Descending, 1).await?;
    let Some(newest) = newest.first() else {
        return Ok(None);
    };
    let owner = Peer::Channel(group).into();
    let count = rows
        .count(ThreadRow::TABLE, owner, KeyRange::within(&first))
        .await?;
    Ok(Some(Thread {
        replies: count as u32,
        newest: Some(*newest),
        group: None,
    }))
}
