//! The log of a mailbox, joined from messages and events.

use super::message::load;
use super::rows::{EventRow, Mailbox, MessageIdRow, NoticeRow};
use super::{EventKind, state};
use crate::{KeyRange, Order, Rows, StoreError, Tx};
use heliograph_model::{Change, Logged, MessageId, Notice, Owner};
use std::sync::Arc;

/// A stretch of a mailbox's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The entries, by ascending `pts`.
    pub entries: Vec<Logged>,
    /// Where the reader stands after them. Deleted messages and their edits leave no entry, so this
    /// may lie above the last entry's `pts`.
    pub pts: u32,
    /// Whether more entries follow.
    pub more: bool,
}

/// Appends an event to a mailbox's log; it consumes `pts_count`.
pub async fn record(
    tx: &mut Tx<'_>,
    owner: Owner,
    pts_count: u32,
    kind: EventKind,
) -> Result<Arc<Logged>, StoreError> {
    let mut mailbox = state(tx, owner).await?;
    mailbox.pts += pts_count;
    mailbox.changed_s = tx.now().seconds();
    if let EventKind::Deleted(gone) = &kind {
        mailbox.removed += gone.len() as u32;
    }
    tx.put::<Mailbox>(owner, &(), &mailbox)?;
    tx.put(
        owner,
        &mailbox.pts,
        &EventRow {
            pts_count,
            kind: kind.clone(),
        },
    )?;

    // The message of an edit is there: `edit` has just written it.
    let change = change_of(tx, owner, kind)
        .await?
        .unwrap_or(Change::Deleted(Vec::new()));
    let logged = Arc::new(Logged {
        pts: mailbox.pts,
        pts_count,
        change,
    });
    tx.note_logged(owner, logged.clone());
    Ok(logged)
}

/// What an event tells today; `None` when it is about a message that is gone since.
async fn change_of(
    rows: &mut dyn Rows,
    owner: Owner,
    kind: EventKind,
) -> Result<Option<Change>, StoreError> {
    Ok(Some(match kind {
        EventKind::Edited(id) => match load(rows, owner, id).await? {
            Some(message) => Change::Edited(Box::new(message)),
            None => return Ok(None),
        },
        EventKind::Deleted(ids) => Change::Deleted(ids),
        EventKind::ReadInbox {
            peer,
            max_id,
            still_unread,
        } => Change::ReadInbox {
            peer,
            max_id,
            still_unread,
        },
        EventKind::ReadOutbox { peer, max_id } => Change::ReadOutbox { peer, max_id },
        EventKind::Pinned { peer, ids, pinned } => Change::Pinned { peer, ids, pinned },
        EventKind::ContentsRead(ids) => Change::ContentsRead(ids),
    }))
}

/// The entries after `pts`, at most `limit`.
pub async fn after(
    rows: &mut dyn Rows,
    owner: Owner,
    pts: u32,
    limit: usize,
) -> Result<Log, StoreError> {
    let end = state(rows, owner).await?.pts;
    let first = first_message_after(rows, owner, pts).await?;
    // One more than asked for tells whether anything follows.
    let take = limit.saturating_add(1);
    let messages = rows
        .list::<MessageIdRow>(owner, KeyRange::all().from(&first), Order::Ascending, take)
        .await?;
    let events = rows
        .list::<EventRow>(
            owner,
            KeyRange::all().from(&pts.saturating_add(1)),
            Order::Ascending,
            take,
        )
        .await?;
    // Beyond the last row of a list that was cut off, rows not read may stand between those read.
    let last_message = messages.last().map_or(end, |(_, row)| row.pts);
    let last_event = events.last().map_or(end, |(at, _)| *at);
    let messages_known_to = if messages.len() < take {
        end
    } else {
        last_message
    };
    let events_known_to = if events.len() < take { end } else { last_event };
    let known_to = end.min(messages_known_to).min(events_known_to);

    let mut messages = messages
        .into_iter()
        .filter(|(_, row)| row.pts <= known_to)
        .peekable();
    let mut events = events
        .into_iter()
        .filter(|(at, _)| *at <= known_to)
        .peekable();
    let mut log = Log {
        entries: Vec::new(),
        pts: known_to,
        more: known_to < end,
    };
    loop {
        let message_pts = messages.peek().map(|(_, row)| row.pts);
        let event_pts = events.peek().map(|(at, _)| *at);
        let Some(next) = message_pts.into_iter().chain(event_pts).min() else {
            break;
        };
        if log.entries.len() == limit {
            log.more = true;
            log.pts = log.entries.last().map_or(pts, |entry| entry.pts);
            break;
        }
        let entry = if message_pts == Some(next) {
            let (id, _) = messages.next().expect("peeked");
            let message = load(rows, owner, id).await?;
            message.map(|message| (1, Change::NewMessage(Box::new(message))))
        } else {
            let (_, event) = events.next().expect("peeked");
            let change = change_of(rows, owner, event.kind).await?;
            change.map(|change| (event.pts_count, change))
        };
        if let Some((pts_count, change)) = entry {
            log.entries.push(Logged {
                pts: next,
                pts_count,
                change,
            });
        }
    }
    Ok(log)
}

/// Most readers lack little: so many of the newest numbers are looked at before searching them all.
const NEAR: u32 = 32;

/// The number of the first message that arrived after `pts`: numbers ascend with `pts`.
async fn first_message_after(
    rows: &mut dyn Rows,
    owner: Owner,
    pts: u32,
) -> Result<MessageId, StoreError> {
    let (mut low, mut high) = (1, state(rows, owner).await?.last_id + 1);
    let near = high.saturating_sub(NEAR).max(1);
    if let Some((id, row)) = next_id(rows, owner, near, high).await? {
        if row.pts <= pts {
            low = id.0;
        } else {
            high = id.0;
        }
    }
    while low < high {
        let middle = low + (high - low) / 2;
        match next_id(rows, owner, middle, high).await? {
            Some((id, row)) if row.pts <= pts => low = id.0 + 1,
            _ => high = middle,
        }
    }
    Ok(MessageId(low))
}

async fn next_id(
    rows: &mut dyn Rows,
    owner: Owner,
    from: u32,
    before: u32,
) -> Result<Option<(MessageId, MessageIdRow)>, StoreError> {
    let range = KeyRange::all()
        .from(&MessageId(from))
        .before(&MessageId(before));
    let found = rows.list(owner, range, Order::Ascending, 1).await?;
    Ok(found.into_iter().next())
}

/// Wakes the readers of a mailbox after the commit, though its log has nothing new: something else of
/// its owner's has.
pub fn ring(tx: &mut Tx<'_>, owner: Owner) {
    tx.note_ring(owner);
}

/// Records a change without pts in a mailbox.
pub async fn note(tx: &mut Tx<'_>, owner: Owner, notice: Notice) -> Result<(), StoreError> {
    let second = tx.now().seconds().max(0) as u32;
    let range = KeyRange::within(&second);
    let newest = tx
        .rows()
        .list::<NoticeRow>(owner, range, Order::Descending, 1)
        .await?;
    let number = newest.first().map_or(0, |((_, number), _)| number + 1);
    tx.put(owner, &(second, number), &NoticeRow(notice.clone()))?;
    tx.note_notice(owner, notice);
    Ok(())
}

/// The changes without pts since `date` (Unix seconds), that second included, at most `limit` and
/// each only once, oldest first.
///
/// What changed several times stands where it changed last: a new order of the pinned chats, say,
/// comes after the pins that it has put in order.
pub async fn notices_since(
    rows: &mut dyn Rows,
    owner: Owner,
    date: i32,
    limit: usize,
) -> Result<Vec<Notice>, StoreError> {
    let range = KeyRange::all().from(&(date.max(0) as u32, 0_u32));
    let found = rows
        .list::<NoticeRow>(owner, range, Order::Ascending, limit)
        .await?;
    let mut notices: Vec<Notice> = Vec::new();
    for (_, NoticeRow(notice)) in found.into_iter().rev() {
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }
    notices.reverse();
    Ok(notices)
}
