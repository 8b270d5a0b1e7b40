//! Reading a chat back, page by page.

use super::Counts;
use super::counts::Standing;
use heliograph_model::{Message, MessageId, Owner, Peer};
use heliograph_store::mailbox::{self, MessageRow};
use heliograph_store::{KeyRange, Order, Rows, StoreError};
use std::ops::Range;

/// Which stretch of a list of messages a client asks for, as `messages.getHistory` counts
/// (<https://core.telegram.org/api/offsets>).
///
/// The list is newest first and holds what lies between `min_id` and `max_id`. The page begins
/// `add_offset` places after the messages that are not older than the offset, and has `limit`
/// places; those before the beginning of the list stay empty and are not filled with older
/// messages, which is how clients that walk towards the newest message notice its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    /// The page lies before this message; 0 for the newest.
    pub offset_id: u32,
    /// The page lies before this moment (Unix seconds); 0 for none. `offset_id` wins.
    pub offset_date: i32,
    /// How far the page is moved: positive towards older messages, negative towards newer ones.
    pub add_offset: i32,
    /// How many messages.
    pub limit: usize,
    /// Only messages below this one; 0 for no bound.
    pub max_id: u32,
    /// Only messages above this one; 0 for no bound.
    pub min_id: u32,
}

/// How many messages to pass over and how many to take, going one way from the offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub skip: usize,
    pub take: usize,
}

impl Window {
    /// The numbers that the list may hold.
    pub(super) fn ids(&self) -> Range<u32> {
        let end = if self.max_id == 0 {
            u32::MAX
        } else {
            self.max_id
        };
        let start = self.min_id.saturating_add(1);
        start.min(end)..end
    }

    /// What the page takes of the messages not older than the offset, nearest first, and of the
    /// older ones.
    pub(super) fn runs(&self) -> (Run, Run) {
        let towards_newer = self.add_offset.min(0).unsigned_abs() as usize;
        let newer = Run {
            skip: towards_newer.saturating_sub(self.limit),
            take: towards_newer.min(self.limit),
        };
        let older = Run {
            skip: self.add_offset.max(0) as usize,
            take: self.limit - newer.take,
        };
        (newer, older)
    }
}

/// A page of a list of messages.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The messages, newest first.
    pub messages: Vec<Message>,
    /// How many messages the list has in all.
    pub total: usize,
    /// How many of them are newer than the first of the page.
    pub position: usize,
    /// Whether `total` was counted to the end.
    pub exact: bool,
}

impl Page {
    /// The page of an empty list.
    pub fn nothing() -> Self {
        Page {
            exact: true,
            ..Page::default()
        }
    }
}

/// The page of a chat that `window` describes. Its `total` is that of the whole chat.
pub async fn page(
    rows: &mut dyn Rows,
    counts: &Counts,
    owner: Owner,
    peer: Peer,
    window: Window,
) -> Result<Page, StoreError> {
    let ids = window.ids();
    let anchor = anchor(rows, owner, peer, window).await?;
    let anchor = anchor.clamp(ids.start, ids.end);
    let (newer, older) = window.runs();

    let above = anchor..ids.end;
    let mut messages = stretch(rows, owner, peer, above, Order::Ascending, newer).await?;
    messages.reverse();
    let below = ids.start..anchor;
    messages.extend(stretch(rows, owner, peer, below, Order::Descending, older).await?);

    let first = messages.first().map_or(MessageId(u32::MAX), |m| m.id);
    let Standing { total, newer } = counts.standing(rows, owner, peer, first).await?;
    Ok(Page {
        messages,
        total,
        position: newer,
        exact: true,
    })
}

/// The number below which the page begins.
pub(super) async fn anchor(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
    window: Window,
) -> Result<u32, StoreError> {
    if window.offset_id > 0 {
        return Ok(window.offset_id);
    }
    if window.offset_date > 0 {
        let first = mailbox::first_since(rows, owner, peer, window.offset_date).await?;
        return Ok(first.0);
    }
    Ok(u32::MAX)
}

/// How many rows are passed over at a time, so that a far offset takes no memory.
const SKIP_ROWS: usize = 1000;

/// The messages of a run through `ids`.
async fn stretch(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
    mut ids: Range<u32>,
    order: Order,
    run: Run,
) -> Result<Vec<Message>, StoreError> {
    let Run { mut skip, take } = run;
    if take == 0 {
        return Ok(Vec::new());
    }
    while skip > 0 && !ids.is_empty() {
        let range = KeyRange::within(&peer)
            .from(&(peer, MessageId(ids.start)))
            .before(&(peer, MessageId(ids.end)));
        let wanted = skip.min(SKIP_ROWS);
        let passed = rows.list::<MessageRow>(owner, range, order, wanted).await?;
        let Some(((_, last), _)) = passed.last() else {
            return Ok(Vec::new());
        };
        narrow(&mut ids, *last, order);
        skip -= passed.len();
    }
    mailbox::history(rows, owner, peer, ids, order, take).await
}

/// Leaves of `ids` what comes after `last` in that order.
pub(super) fn narrow(ids: &mut Range<u32>, last: MessageId, order: Order) {
    match order {
        Order::Ascending => ids.start = last.0 + 1,
        Order::Descending => ids.end = last.0,
    }
}
