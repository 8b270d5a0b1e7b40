//! How many messages a chat has.
//!
//! Every page tells its place in the whole chat, and a store can only count by walking. So what has
//! been counted is remembered: while somebody scrolls through a chat, each page counts from the page
//! before it. The memory belongs to one process; without it everything is counted again.

use heliograph_model::{MessageId, Owner, Peer};
use heliograph_store::mailbox::{self, Mailbox};
use heliograph_store::{KeyRange, Rows, StoreError, Table};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// Of how many chats counts are remembered; some 100 bytes each, and up to a kilobyte for one that
/// is scrolled through. When there are more, all are forgotten: what is still read costs one count.
const CHATS_MAX: usize = 10_000;

/// How many places of a chat are remembered.
const PLACES_MAX: usize = 64;

/// What has been counted lately.
#[derive(Debug, Default)]
pub struct Counts(Mutex<HashMap<(Owner, Peer), Counted>>);

/// How many messages of a chat have at most this number, for some numbers.
#[derive(Clone, Debug, Default)]
struct Counted {
    /// How many messages had been removed from the mailbox by then. A message that arrives comes
    /// after all others and changes none of the counts.
    removed: u32,
    places: BTreeMap<u32, usize>,
}

/// Where a message stands in its chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// How many messages the chat has.
    pub total: usize,
    /// How many of them are newer than the message.
    pub newer: usize,
}

impl Counts {
    /// Where the message `id` stands in the chat of `owner` with `peer`.
    pub(super) async fn standing(
        &self,
        rows: &mut dyn Rows,
        owner: Owner,
        peer: Peer,
        id: MessageId,
    ) -> Result<Standing, StoreError> {
        let Mailbox {
            last_id, removed, ..
        } = mailbox::state(rows, owner).await?;
        let mut counted = self.recall((owner, peer), removed);
        let chat = (owner, peer);
        let through = counted.through(rows, chat, id.0.min(last_id)).await?;
        let total = counted.through(rows, chat, last_id).await?;
        self.remember((owner, peer), counted);
        Ok(Standing {
            total,
            newer: total - through,
        })
    }

    fn recall(&self, chat: (Owner, Peer), removed: u32) -> Counted {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = known.get(&chat);
        let valid = counted.filter(|counted| counted.removed == removed);
        valid.cloned().unwrap_or(Counted {
            removed,
            ..Counted::default()
        })
    }

    fn remember(&self, chat: (Owner, Peer), counted: Counted) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CHATS_MAX && !known.contains_key(&chat) {
            known.clear();
        }
        known.insert(chat, counted);
    }
}

impl Counted {
    /// How many messages have at most the number `id`, counted from the nearest place known.
    async fn through(
        &mut self,
        rows: &mut dyn Rows,
        (owner, peer): (Owner, Peer),
        id: u32,
    ) -> Result<usize, StoreError> {
        let known = |place: Option<(&u32, &usize)>| place.map(|(id, count)| (*id, *count));
        let below = known(self.places.range(..=id).next_back()).unwrap_or((0, 0));
        let above = known(self.places.range(id..).next());
        let between = |from: u32, through: u32| {
            KeyRange::within(&peer)
                .from(&(peer, MessageId(from.saturating_add(1))))
                .before(&(peer, MessageId(through.saturating_add(1))))
        };
        let count = match above {
            Some((above, count)) if above - id < id - below.0 => {
                let range = between(id, above);
                count - rows.count(Table::Message, owner, range).await?
            }
            _ => {
                let range = between(below.0, id);
                below.1 + rows.count(Table::Message, owner, range).await?
            }
        };
        if self.places.len() >= PLACES_MAX && !self.places.contains_key(&id) {
            // The newest place tells the total, this one is where somebody reads.
            let newest = self.places.pop_last();
            self.places = newest.into_iter().collect();
        }
        self.places.insert(id, count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_store::{BoxFuture, Entry, Scan};
    use proptest::prelude::*;

    /// A chat of which messages can be removed, and a count of the rows that were walked over.
    struct Chat {
        ids: Vec<u32>,
        mailbox: Mailbox,
        walked: usize,
    }

    const OWNER: Owner = Owner(7);
    const PEER: Peer = Peer::User(heliograph_model::UserId(8));

    impl Chat {
        fn new(count: u32) -> Self {
            let mut chat = Chat {
                ids: Vec::new(),
                mailbox: Mailbox::default(),
                walked: 0,
            };
            chat.grow(count);
            chat
        }

        fn grow(&mut self, count: u32) {
            self.ids
                .extend(self.mailbox.last_id + 1..=self.mailbox.last_id + count);
            self.mailbox.last_id += count;
        }

        fn remove(&mut self, index: usize) {
            self.ids.remove(index);
            self.mailbox.removed += 1;
        }

        async fn standing(&mut self, counts: &Counts, id: u32) -> Standing {
            let standing = counts.standing(self, OWNER, PEER, MessageId(id)).await;
            standing.expect("memory does not fail")
        }

        fn truth(&self, id: u32) -> Standing {
            let newer = self.ids.iter().filter(|other| **other > id).count();
            Standing {
                total: self.ids.len(),
                newer,
            }
        }
    }

    impl Rows for Chat {
        fn get<'a>(
            &'a mut self,
            table: Table,
            _: Owner,
            _: &'a [u8],
        ) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
            assert_eq!(table, Table::Mailbox);
            let row = heliograph_store::encode_row(&self.mailbox);
            Box::pin(std::future::ready(Ok(Some(row))))
        }

        fn scan(&mut self, scan: Scan) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
            use heliograph_store::Key;
            let keys = self.ids.iter().map(|id| (PEER, MessageId(*id)).bytes());
            let found: Vec<Entry> = keys
                .filter(|key| scan.range.contains(key))
                .map(|key| (key, Vec::new()))
                .collect();
            self.walked += found.len();
            Box::pin(std::future::ready(Ok(found)))
        }
    }

    #[tokio::test]
    async fn the_whole_chat_is_counted_once_while_somebody_scrolls() {
        let (mut chat, counts) = (Chat::new(10_000), Counts::default());
        for page in 0..90 {
            let first = 10_000 - page * 100;
            let standing = chat.standing(&counts, first).await;
            assert_eq!(standing, chat.truth(first));
            if page > 0 {
                assert!(chat.walked <= 200, "{} rows for page {page}", chat.walked);
            }
            chat.walked = 0;
        }
        chat.grow(5);
        assert_eq!(chat.standing(&counts, 1000).await, chat.truth(1000));
        assert!(
            chat.walked <= 1000,
            "only what is new, and what lies between"
        );
    }

    proptest! {
        #[test]
        fn counts_stay_right_when_messages_come_and_go(
            steps in prop::collection::vec((0..3, 0..1000_u32), 1..60)
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.expect("a runtime").block_on(async {
                let (mut chat, counts) = (Chat::new(50), Counts::default());
                for (kind, number) in steps {
                    match kind {
                        0 => chat.grow(number % 7),
                        1 if !chat.ids.is_empty() => {
                            chat.remove(number as usize % chat.ids.len());
                        }
                        _ => {
                            let id = number % (chat.mailbox.last_id + 5);
                            assert_eq!(chat.standing(&counts, id).await, chat.truth(id));
                        }
                    }
                }
            });
        }
    }
}
