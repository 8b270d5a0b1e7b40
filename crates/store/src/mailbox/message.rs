//! Messages in their mailboxes.

use super::rows::{Mailbox, MessageIdRow, MessageRow, SentRow};
use super::{EventKind, record, state};
use crate::{KeyRange, Order, Rows, StoreError, Tx, uses};
use heliograph_model::{Body, Change, Logged, Message, MessageId, Owner, Peer, UserId};
use std::sync::Arc;

/// A message about to enter a mailbox.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The chat.
    pub peer: Peer,
    /// Who wrote it.
    pub from: UserId,
    /// Some of [`MessageRow`]'s flag bits.
    pub flags: u8,
    /// The message that it answers, in this mailbox's numbers.
    pub reply_to: Option<MessageId>,
    /// What it says.
    pub body: Body,
}

/// Appends a message that has no other copy: Saved Messages, and messages of service accounts.
pub async fn append(
    tx: &mut Tx<'_>,
    owner: Owner,
    message: NewMessage,
) -> Result<Arc<Logged>, StoreError> {
    let id = MessageId(state(tx, owner).await?.last_id + 1);
    let body = message.body.clone();
    put(tx, owner, id, None, message, Some(body)).await
}

/// Appends the two copies of a private message: the author's, with the text, and the reader's.
///
/// `reply_to_theirs` is the answered message in the reader's numbers.
pub async fn append_pair(
    tx: &mut Tx<'_>,
    author: UserId,
    reader: UserId,
    message: NewMessage,
    reply_to_theirs: Option<MessageId>,
) -> Result<(Arc<Logged>, Arc<Logged>), StoreError> {
    let mine = MessageId(state(tx, author.into()).await?.last_id + 1);
    let theirs = MessageId(state(tx, reader.into()).await?.last_id + 1);
    let copy = NewMessage {
        peer: author.into(),
        flags: message.flags & !MessageRow::OUT,
        reply_to: reply_to_theirs,
        ..message.clone()
    };
    let body = message.body.clone();
    let sent = put(tx, author.into(), mine, Some(theirs), message, Some(body)).await?;
    let received = put(tx, reader.into(), theirs, Some(mine), copy, None).await?;
    Ok((sent, received))
}

/// Writes one copy and its log entry. `stored` is the text where this copy keeps it.
async fn put(
    tx: &mut Tx<'_>,
    owner: Owner,
    id: MessageId,
    sibling: Option<MessageId>,
    message: NewMessage,
    stored: Option<Body>,
) -> Result<Arc<Logged>, StoreError> {
    let mut mailbox = state(tx, owner).await?;
    mailbox.pts += 1;
    mailbox.last_id = id.0;
    mailbox.changed_s = tx.now().seconds();
    tx.put::<Mailbox>(owner, &(), &mailbox)?;

    if let Some(body) = &stored {
        for file in body.files() {
            uses::add(tx, *file, (owner, id))?;
        }
    }
    let row = MessageRow {
        pts: mailbox.pts,
        date: tx.now().seconds(),
        from: message.from,
        sibling,
        reply_to: message.reply_to,
        flags: message.flags,
        body: stored,
    };
    tx.put(owner, &(message.peer, id), &row)?;
    tx.put(
        owner,
        &id,
        &MessageIdRow {
            peer: message.peer,
            pts: mailbox.pts,
        },
    )?;

    let change = Change::NewMessage(Box::new(join(id, message.peer, &row, message.body)));
    let logged = Arc::new(Logged {
        pts: mailbox.pts,
        pts_count: 1,
        change,
    });
    tx.note_logged(owner, logged.clone());
    Ok(logged)
}

fn join(id: MessageId, peer: Peer, row: &MessageRow, body: Body) -> Message {
    Message {
        id,
        peer,
        from: row.from,
        out: row.is(MessageRow::OUT),
        date: row.date,
        reply_to: row.reply_to,
        silent: row.is(MessageRow::SILENT),
        pinned: row.is(MessageRow::PINNED),
        pts: row.pts,
        body,
        counters: None,
    }
}

/// The place where a message's text is stored: its own row, or the sibling's.
fn place_of_body(
    owner: Owner,
    peer: Peer,
    id: MessageId,
    row: &MessageRow,
) -> Option<(Owner, Peer, MessageId)> {
    if row.body.is_some() {
        return Some((owner, peer, id));
    }
    Some((peer.into(), Peer::from_number(owner.0)?, row.sibling?))
}

async fn complete(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
    id: MessageId,
    mut row: MessageRow,
) -> Result<Message, StoreError> {
    let body = match row.body.take() {
        Some(body) => body,
        None => body_of_sibling(rows, owner, peer, id, &row).await?,
    };
    Ok(join(id, peer, &row, body))
}

async fn body_of_sibling(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
    id: MessageId,
    row: &MessageRow,
) -> Result<Body, StoreError> {
    let missing = || StoreError::Corrupt {
        table: "message",
        reason: "neither copy has the text".into(),
    };
    let (owner, peer, id) = place_of_body(owner, peer, id, row).ok_or_else(missing)?;
    let sibling: MessageRow = rows.find(owner, &(peer, id)).await?.ok_or_else(missing)?;
    sibling.body.ok_or_else(missing)
}

/// The message with this number.
pub async fn load(
    rows: &mut dyn Rows,
    owner: Owner,
    id: MessageId,
) -> Result<Option<Message>, StoreError> {
    let Some(place) = rows.find::<MessageIdRow>(owner, &id).await? else {
        return Ok(None);
    };
    let Some(row) = rows.find::<MessageRow>(owner, &(place.peer, id)).await? else {
        return Ok(None);
    };
    complete(rows, owner, place.peer, id, row).await.map(Some)
}

/// The messages with these numbers; those that are gone are left out.
pub async fn load_many(
    rows: &mut dyn Rows,
    owner: Owner,
    ids: &[MessageId],
) -> Result<Vec<Message>, StoreError> {
    let mut messages = Vec::with_capacity(ids.len());
    for id in ids {
        messages.extend(load(rows, owner, *id).await?);
    }
    Ok(messages)
}

/// The messages of a chat whose numbers lie in `ids`, from one end, at most `limit`.
pub async fn history(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
    ids: std::ops::Range<u32>,
    order: Order,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let range = KeyRange::within(&peer)
        .from(&(peer, MessageId(ids.start)))
        .before(&(peer, MessageId(ids.end)));
    let found = rows.list::<MessageRow>(owner, range, order, limit).await?;
    let mut messages = Vec::with_capacity(found.len());
    for ((peer, id), row) in found {
        messages.push(complete(rows, owner, peer, id, row).await?);
    }
    Ok(messages)
}

/// The newest message of a chat.
pub async fn top_message(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
) -> Result<Option<Message>, StoreError> {
    let newest = history(rows, owner, peer, 0..u32::MAX, Order::Descending, 1).await?;
    Ok(newest.into_iter().next())
}

/// How many incoming messages of a chat come after `read_in`.
pub async fn count_unread(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
    read_in: MessageId,
) -> Result<u32, StoreError> {
    let range = KeyRange::within(&peer).from(&(peer, MessageId(read_in.0 + 1)));
    let rows = rows
        .list::<MessageRow>(owner, range, Order::Ascending, usize::MAX)
        .await?;
    Ok(rows
        .iter()
        .filter(|(_, row)| !row.is(MessageRow::OUT))
        .count() as u32)
}

/// The number of the first message of a chat sent at or after `date` (Unix seconds).
///
/// Dates ascend with numbers in a mailbox, so a binary search over the numbers finds it.
pub async fn first_since(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
    date: i32,
) -> Result<MessageId, StoreError> {
    let (mut low, mut high) = (1, state(rows, owner).await?.last_id + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let range = KeyRange::within(&peer)
            .from(&(peer, MessageId(middle)))
            .before(&(peer, MessageId(high)));
        let next = rows
            .list::<MessageRow>(owner, range, Order::Ascending, 1)
            .await?;
        match next.first() {
            Some(((_, id), row)) if row.date < date => low = id.0 + 1,
            _ => high = middle,
        }
    }
    Ok(MessageId(low))
}

/// The number of the other side's copy; `None` when it is gone or there never was one.
pub async fn sibling_of(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
    id: MessageId,
) -> Result<Option<MessageId>, StoreError> {
    let Some(row) = rows.find::<MessageRow>(owner, &(peer, id)).await? else {
        return Ok(None);
    };
    let (Some(sibling), Some(me)) = (row.sibling, Peer::from_number(owner.0)) else {
        return Ok(None);
    };
    let theirs = rows.find::<MessageRow>(peer.into(), &(me, sibling)).await?;
    Ok(theirs.map(|_| sibling))
}

/// Gives a message another text, in both mailboxes that hold it.
///
/// Answers with the log entries of the mailbox and, where there is a sibling, of the other one.
pub async fn edit(
    tx: &mut Tx<'_>,
    owner: Owner,
    peer: Peer,
    id: MessageId,
    body: Body,
) -> Result<Option<(Arc<Logged>, Option<Arc<Logged>>)>, StoreError> {
    let Some(row) = tx.find::<MessageRow>(owner, &(peer, id)).await? else {
        return Ok(None);
    };
    let sibling = sibling_of(tx, owner, peer, id).await?;
    let Some((holder, holder_peer, holder_id)) = place_of_body(owner, peer, id, &row) else {
        return Ok(None);
    };
    let Some(mut held) = tx
        .find::<MessageRow>(holder, &(holder_peer, holder_id))
        .await?
    else {
        return Ok(None);
    };
    let place = (holder, holder_id);
    let before = held.body.take().unwrap_or_default();
    for file in body.files() {
        uses::add(tx, *file, place)?;
    }
    for file in before.files() {
        if !body.files().contains(file) {
            uses::remove(tx, *file, place).await?;
        }
    }
    held.body = Some(body);
    tx.put(holder, &(holder_peer, holder_id), &held)?;

    let mine = record(tx, owner, 1, EventKind::Edited(id)).await?;
    let theirs = match sibling {
        Some(sibling) => Some(record(tx, peer.into(), 1, EventKind::Edited(sibling)).await?),
        None => None,
    };
    Ok(Some((mine, theirs)))
}

/// Removes messages from one mailbox, and logs it as one entry that consumes as many `pts`.
///
/// The other side's copies stay; where a text stood only here, it moves to the copy that is left.
/// Answers with `None` when none of the messages was there.
pub async fn delete(
    tx: &mut Tx<'_>,
    owner: Owner,
    ids: &[MessageId],
) -> Result<Option<Arc<Logged>>, StoreError> {
    let mut gone = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(place) = tx.find::<MessageIdRow>(owner, id).await? else {
            continue;
        };
        let peer = place.peer;
        let Some(row) = tx.find::<MessageRow>(owner, &(peer, *id)).await? else {
            continue;
        };
        if let Some(body) = row.body.clone() {
            let files = body.files().to_vec();
            let heir = hand_over(tx, owner, peer, &row, body).await?;
            for file in files {
                if let Some(heir) = heir {
                    uses::add(tx, file, heir)?;
                }
                uses::remove(tx, file, (owner, *id)).await?;
            }
        }
        tx.delete::<MessageRow>(owner, &(peer, *id))?;
        tx.delete::<MessageIdRow>(owner, id)?;
        gone.push(*id);
    }
    if gone.is_empty() {
        return Ok(None);
    }
    let count = gone.len() as u32;
    record(tx, owner, count, EventKind::Deleted(gone))
        .await
        .map(Some)
}

/// Moves a text to the other copy, where that copy still relies on it; answers with its place.
async fn hand_over(
    tx: &mut Tx<'_>,
    owner: Owner,
    peer: Peer,
    row: &MessageRow,
    body: Body,
) -> Result<Option<uses::Place>, StoreError> {
    let (Some(sibling), Some(me)) = (row.sibling, Peer::from_number(owner.0)) else {
        return Ok(None);
    };
    let Some(mut theirs) = tx.find::<MessageRow>(peer.into(), &(me, sibling)).await? else {
        return Ok(None);
    };
    if theirs.body.is_some() {
        return Ok(None);
    }
    theirs.body = Some(body);
    tx.put(peer.into(), &(me, sibling), &theirs)?;
    Ok(Some((peer.into(), sibling)))
}

/// Pins or unpins messages of a chat in one mailbox; answers with the log entry, `None` when all
/// stood so already.
pub async fn set_pinned(
    tx: &mut Tx<'_>,
    owner: Owner,
    peer: Peer,
    ids: &[MessageId],
    pinned: bool,
) -> Result<Option<Arc<Logged>>, StoreError> {
    let mut changed = Vec::new();
    for id in ids {
        let Some(mut row) = tx.find::<MessageRow>(owner, &(peer, *id)).await? else {
            continue;
        };
        if row.is(MessageRow::PINNED) == pinned {
            continue;
        }
        row.flags ^= MessageRow::PINNED;
        tx.put(owner, &(peer, *id), &row)?;
        changed.push(*id);
    }
    if changed.is_empty() {
        return Ok(None);
    }
    let count = changed.len() as u32;
    record(
        tx,
        owner,
        count,
        EventKind::Pinned {
            peer,
            ids: changed,
            pinned,
        },
    )
    .await
    .map(Some)
}

/// What a sender's `random_id` became, where it has been used before.
pub async fn sent_as(
    rows: &mut dyn Rows,
    owner: Owner,
    random_id: i64,
) -> Result<Option<MessageId>, StoreError> {
    Ok(rows
        .find::<SentRow>(owner, &random_id)
        .await?
        .map(|sent| sent.0))
}

/// Notes what a sender's `random_id` became, so that a repeated request finds it.
pub fn remember_sent(
    tx: &mut Tx<'_>,
    owner: Owner,
    random_id: i64,
    id: MessageId,
) -> Result<(), StoreError> {
    tx.put(owner, &random_id, &SentRow(id))
}

/// Frees a `random_id`.
pub fn forget_sent(tx: &mut Tx<'_>, owner: Owner, random_id: i64) -> Result<(), StoreError> {
    tx.delete::<SentRow>(owner, &random_id)
}
