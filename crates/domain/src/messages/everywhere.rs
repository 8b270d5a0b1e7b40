//! Searching everything that somebody may call theirs: private chats and the channels they are in.

use super::history::{Page, Run};
use super::search::{BATCH, Place, SEARCH_ROWS_MAX, Walk, Wanted, Way, walk};
use crate::channels;
use heliograph_model::{Message, MessageId, Owner, Peer, UserId};
use heliograph_store::{Order, Rows, StoreError, mailbox};
use std::cmp::Reverse;

/// In which chats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chats {
    /// In all of them.
    #[default]
    All,
    /// In broadcasts.
    Broadcasts,
    /// In groups.
    Groups,
    /// In private chats.
    People,
}

/// A place among messages of several chats. They stand newest first; those of one second by chat,
/// and then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// When, in Unix seconds.
    pub date: i32,
    /// In which chat; `None` for the place before all of that second.
    pub peer: Option<Peer>,
    /// The number there.
    pub id: MessageId,
}

impl Spot {
    /// Where a message stands.
    pub fn of(message: &Message) -> Self {
        Spot {
            date: message.date,
            peer: Some(message.peer),
            id: message.id,
        }
    }

    /// Larger stands earlier.
    fn order(self) -> (i32, Reverse<Option<i64>>, MessageId) {
        (self.date, Reverse(self.peer.map(Peer::number)), self.id)
    }
}

/// A page of the messages found that stand behind `after`. Channels share one row budget, those in
/// which something was last written first; where it ends early, the page is not [`Page::exact`].
pub async fn search_everywhere(
    rows: &mut dyn Rows,
    me: UserId,
    chats: Chats,
    wanted: &Wanted,
    after: Option<Spot>,
    limit: usize,
) -> Result<Page, StoreError> {
    let mut found = Vec::new();
    let mut exact = true;
    if matches!(chats, Chats::All | Chats::People) {
        let own = look_through(rows, me.into(), Place::Everywhere, SEARCH_ROWS_MAX, wanted).await?;
        exact &= own.to_the_end;
        found.extend(own.taken);
    }
    if chats != Chats::People {
        let mut left = SEARCH_ROWS_MAX;
        for peer in joined(rows, me, chats).await? {
            if left < BATCH {
                exact = false;
                break;
            }
            // A long archive must not keep the others from being looked at.
            let share = left.min(SEARCH_ROWS_MAX / 5);
            let place = Place::Chat(peer);
            let walked = look_through(rows, peer.into(), place, share, wanted).await?;
            left = left.saturating_sub(walked.read);
            exact &= walked.to_the_end;
            found.extend(walked.taken);
        }
    }
    found.sort_by_key(|message| Reverse(Spot::of(message).order()));
    let total = found.len();
    let order = after.map(Spot::order);
    let behind = |message: &Message| order.is_none_or(|after| Spot::of(message).order() < after);
    let position = found.iter().take_while(|message| !behind(message)).count();
    let messages = found.into_iter().skip(position).take(limit).collect();
    Ok(Page {
        messages,
        total,
        position,
        exact,
    })
}

async fn look_through(
    rows: &mut dyn Rows,
    owner: Owner,
    place: Place,
    rows_max: usize,
    wanted: &Wanted,
) -> Result<Walk, StoreError> {
    let way = Way {
        order: Order::Descending,
        run: Run {
            skip: 0,
            take: usize::MAX,
        },
        rows_max,
    };
    walk(rows, owner, place, 1..u32::MAX, way, wanted).await
}

/// The channels that somebody is in, those first in which something has happened last.
async fn joined(rows: &mut dyn Rows, me: UserId, chats: Chats) -> Result<Vec<Peer>, StoreError> {
    let mut joined = Vec::new();
    for id in channels::joined(rows, me).await? {
        let channel = channels::find(rows, id).await?;
        let wanted = channel.is_some_and(|channel| match chats {
            Chats::All => true,
            Chats::Broadcasts => channel.broadcast,
            Chats::Groups => !channel.broadcast,
            Chats::People => false,
        });
        let inside = channels::member(rows, id, me).await?;
        if wanted && inside.is_some_and(|place| place.inside) {
            let changed_s = mailbox::state(rows, id.into()).await?.changed_s;
            joined.push((Reverse(changed_s), Peer::Channel(id)));
        }
    }
    joined.sort_unstable();
    Ok(joined.into_iter().map(|(_, peer)| peer).collect())
}
