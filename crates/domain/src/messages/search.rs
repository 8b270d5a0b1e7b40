//! Searching chats.

use super::history::{Page, Run, Window, anchor, narrow};
use super::pin::pinned;
use heliograph_model::{
    EntityKind, MediaKind, Message, MessageId, Owner, Peer, ServiceAction, UserId,
};
use heliograph_store::{Order, Rows, StoreError, mailbox};
use std::ops::Range;

/// Where to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// One chat.
    Chat(Peer),
    /// All chats of the mailbox.
    Everywhere,
}

/// What a message must have to be found; what is left at its default does not matter.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What its text contains, in lower case; see [`Wanted::text()`].
    text: String,
    /// Its author.
    pub from: Option<UserId>,
    /// Sent after this moment, in Unix seconds.
    pub min_date: i32,
    /// Sent before this moment, in Unix seconds.
    pub max_date: i32,
    /// The part of Saved Messages it stands in, as [`saved_peer`] tells.
    pub saved_peer: Option<Peer>,
    /// Has a link.
    pub link: bool,
    /// Shows one of these.
    pub media: Option<&'static [MediaKind]>,
    /// Tells of a new picture of the chat.
    pub chat_photo: bool,
}

impl Wanted {
    /// Any message whose text contains `query`, without regard to case.
    pub fn text(query: &str) -> Self {
        Wanted {
            text: query.trim().to_lowercase(),
            ..Wanted::default()
        }
    }

    /// Any message of one author.
    pub fn by(author: UserId) -> Self {
        Wanted {
            from: Some(author),
            ..Wanted::default()
        }
    }

    /// Any message of one part of Saved Messages.
    pub fn saved_in(part: Peer) -> Self {
        Wanted {
            saved_peer: Some(part),
            ..Wanted::default()
        }
    }

    fn matches(&self, message: &Message) -> bool {
        self.from.is_none_or(|from| message.from == from)
            && (self.min_date == 0 || message.date > self.min_date)
            && (self.max_date == 0 || message.date < self.max_date)
            && self
                .saved_peer
                .is_none_or(|peer| saved_peer(message) == peer)
            && (!self.link || has_link(message))
            && self.shows_wanted_media(message)
            && (self.text.is_empty() || message.body.text.to_lowercase().contains(&self.text))
    }
}

impl Wanted {
    fn shows_wanted_media(&self, message: &Message) -> bool {
        let tells = message.body.action == Some(ServiceAction::EditPhoto);
        if self.chat_photo {
            return tells;
        }
        let kind = message.body.media.as_ref().map(|media| media.kind);
        self.media
            .is_none_or(|wanted| !tells && kind.is_some_and(|kind| wanted.contains(&kind)))
    }
}

fn has_link(message: &Message) -> bool {
    let entities = &message.body.entities;
    entities
        .iter()
        .any(|entity| matches!(entity.kind, EntityKind::Url | EntityKind::TextUrl(_)))
}

/// The part of Saved Messages that a message stands in: where it was forwarded from, or one's own
/// notes (<https://core.telegram.org/api/saved-messages>).
pub fn saved_peer(message: &Message) -> Peer {
    let forward = message.body.forward.as_ref();
    let source = forward.and_then(|f| f.saved_from.map(|(peer, _)| peer).or(f.from));
    source.unwrap_or(message.peer)
}

/// How many messages one search reads at most each way from its offset: what lies further is found
/// by asking again with another offset, so that one request never walks a whole archive.
pub(super) const SEARCH_ROWS_MAX: usize = 5_000;

/// How many messages are read at a time.
pub(super) const BATCH: usize = 200;

/// The page of the messages found that `window` describes. Where the row budget ended the count,
/// the page is not [`Page::exact`].
pub async fn search(
    rows: &mut dyn Rows,
    owner: Owner,
    place: Place,
    window: Window,
    wanted: &Wanted,
) -> Result<Page, StoreError> {
    let ids = window.ids();
    let anchor = match place {
        Place::Chat(peer) => anchor(rows, owner, peer, window).await?,
        Place::Everywhere if window.offset_id > 0 => window.offset_id,
        Place::Everywhere => u32::MAX,
    };
    let anchor = anchor.clamp(ids.start, ids.end);
    let (newer, older) = window.runs();

    let above = anchor..ids.end;
    let up = Way {
        order: Order::Ascending,
        run: newer,
        rows_max: SEARCH_ROWS_MAX,
    };
    let above = walk(rows, owner, place, above, up, wanted).await?;
    let below = ids.start..anchor;
    let down = Way {
        order: Order::Descending,
        run: older,
        ..up
    };
    let below = walk(rows, owner, place, below, down, wanted).await?;

    let position = if above.taken.is_empty() {
        above.count + older.skip.min(below.count)
    } else {
        above.count - newer.skip - above.taken.len()
    };
    let mut messages = above.taken;
    messages.reverse();
    messages.extend(below.taken);
    Ok(Page {
        messages,
        total: above.count + below.count,
        position,
        exact: above.to_the_end && below.to_the_end,
    })
}

/// The same among the pinned messages of a chat.
pub async fn search_pinned(
    rows: &mut dyn Rows,
    owner: Owner,
    peer: Peer,
    window: Window,
    wanted: &Wanted,
) -> Result<Page, StoreError> {
    let ids = window.ids();
    let anchor = anchor(rows, owner, peer, window).await?;
    let pinned = pinned(rows, owner, peer).await?;
    let mut found = mailbox::load_many(rows, owner, &pinned).await?;
    found.retain(|message| ids.contains(&message.id.0) && wanted.matches(message));

    let newer = found.iter().filter(|found| found.id.0 >= anchor).count();
    let start = newer as i64 + i64::from(window.add_offset);
    let end = start.saturating_add(window.limit as i64);
    let place = |bound: i64| bound.clamp(0, found.len() as i64) as usize;
    let (position, end) = (place(start), place(end));
    let total = found.len();
    Ok(Page {
        messages: found.drain(position..end.max(position)).collect(),
        total,
        position,
        exact: true,
    })
}

/// How to walk.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// Towards newer messages, or older ones.
    pub order: Order,
    /// What is passed over and taken of those found.
    pub run: Run,
    /// How many messages are read at most.
    pub rows_max: usize,
}

/// What one way from the offset led to.
pub(super) struct Walk {
    /// The messages taken.
    pub taken: Vec<Message>,
    /// How many were found.
    pub count: usize,
    /// Whether the budget sufficed.
    pub to_the_end: bool,
    /// How many messages were read, about.
    pub read: usize,
}

/// Looks through the messages with these numbers.
pub(super) async fn walk(
    rows: &mut dyn Rows,
    owner: Owner,
    place: Place,
    mut ids: Range<u32>,
    way: Way,
    wanted: &Wanted,
) -> Result<Walk, StoreError> {
    let Way {
        order,
        run,
        rows_max,
    } = way;
    let mut walk = Walk {
        taken: Vec::new(),
        count: 0,
        to_the_end: false,
        read: 0,
    };
    while walk.read < rows_max {
        let batch = match place {
            Place::Chat(peer) => {
                let ids = ids.clone();
                mailbox::history(rows, owner, peer, ids, order, BATCH).await?
            }
            Place::Everywhere => everywhere(rows, owner, &mut ids, order).await?,
        };
        match (place, batch.last()) {
            (Place::Chat(_), Some(last)) => narrow(&mut ids, last.id, order),
            (Place::Chat(_), None) => ids.end = ids.start,
            (Place::Everywhere, _) => {}
        }
        walk.read += BATCH;
        for message in batch {
            if wanted.matches(&message) {
                if walk.count >= run.skip && walk.taken.len() < run.take {
                    walk.taken.push(message);
                }
                walk.count += 1;
            }
        }
        if ids.is_empty() {
            walk.to_the_end = true;
            break;
        }
    }
    Ok(walk)
}

/// The messages with the next [`BATCH`] numbers of a mailbox, which are taken off `ids`.
async fn everywhere(
    rows: &mut dyn Rows,
    owner: Owner,
    ids: &mut Range<u32>,
    order: Order,
) -> Result<Vec<Message>, StoreError> {
    let newest = mailbox::state(rows, owner).await?.last_id;
    ids.end = ids.end.min(newest + 1).max(ids.start);
    let batch = BATCH as u32;
    let numbers: Vec<MessageId> = match order {
        Order::Ascending => {
            let end = ids.end.min(ids.start.saturating_add(batch));
            let numbers = (ids.start..end).map(MessageId).collect();
            ids.start = end;
            numbers
        }
        Order::Descending => {
            let start = ids.start.max(ids.end.saturating_sub(batch));
            let numbers = (start..ids.end).rev().map(MessageId).collect();
            ids.end = start;
            numbers
        }
    };
    mailbox::load_many(rows, owner, &numbers).await
}

/// A part of Saved Messages: whose forwards it holds, and its newest message.
pub type SavedPart = (Peer, Message);

/// The parts of Saved Messages, the one with the newest message first, as far back as one search
/// reads.
pub async fn saved_parts(rows: &mut dyn Rows, owner: UserId) -> Result<Vec<SavedPart>, StoreError> {
    let everything = Window {
        limit: usize::MAX,
        ..Window::default()
    };
    let place = Place::Chat(Peer::User(owner));
    let saved = search(rows, owner.into(), place, everything, &Wanted::default()).await?;
    let mut parts: Vec<SavedPart> = Vec::new();
    for message in saved.messages {
        let peer = saved_peer(&message);
        if parts.iter().all(|(known, _)| *known != peer) {
            parts.push((peer, message));
        }
    }
    Ok(parts)
}
