//! Random histories: every reader of the log ends where a fresh reader begins.

use super::{Opened, Place, open, text, write};
use crate::mailbox::{self, EventKind, MessageRow, NewMessage};
use crate::{Order, Store, StoreError, Tx};
use heliograph_model::{Change, Logged, Message, MessageId, Peer, UserId};
use std::collections::BTreeMap;

const USERS: [UserId; 3] = [UserId(1), UserId(2), UserId(3)];
const STEPS: usize = 400;
const SEEDS: u64 = 4;

/// xorshift64*: reproducible choices without a dependency.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }
    fn user(&mut self) -> UserId {
        USERS[self.below(USERS.len())]
    }
}

/// A mailbox as a client that applies log entries knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    pts: u32,
    messages: BTreeMap<MessageId, Message>,
    read_in: BTreeMap<Peer, MessageId>,
    read_out: BTreeMap<Peer, MessageId>,
}

impl Known {
    fn apply(&mut self, entry: &Logged) {
        assert!(entry.pts > self.pts, "an entry was told twice");
        self.pts = entry.pts;
        match &entry.change {
            Change::NewMessage(message) | Change::Edited(message) => {
                self.messages.insert(message.id, (**message).clone());
            }
            Change::Deleted(ids) => ids.iter().for_each(|id| drop(self.messages.remove(id))),
            Change::ReadInbox { peer, max_id, .. } => drop(self.read_in.insert(*peer, *max_id)),
            Change::ReadOutbox { peer, max_id } => drop(self.read_out.insert(*peer, *max_id)),
            Change::Pinned { ids, pinned, .. } => {
                for id in ids {
                    self.messages
                        .entry(*id)
                        .and_modify(|message| message.pinned = *pinned);
                }
            }
            Change::ContentsRead(_) => {}
        }
    }

    /// Catches up through slices of `limit`.
    async fn catch_up(&mut self, store: &Store, user: UserId, limit: usize) {
        let mut view = store.view().await.expect("a view");
        loop {
            let log = mailbox::after(&mut *view, user.into(), self.pts, limit).await;
            let log = log.expect("a readable log");
            log.entries.iter().for_each(|entry| self.apply(entry));
            assert!(log.pts >= self.pts);
            self.pts = log.pts;
            if !log.more {
                return;
            }
        }
    }
}

/// Three users send, answer themselves, edit, delete for one or both, read and pin at random;
/// a stale reader that catches up in slices now and then, a listener that applies every push, and
/// a fresh fetch end with the same messages and marks.
pub async fn stale_readers_and_pushes_agree_with_the_fresh_state(place: &impl Place) {
    let Opened { store, ear, clock } = open(place);
    let mut readers: BTreeMap<UserId, Known> = BTreeMap::new();
    for seed in 1..=SEEDS {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut queued = Vec::new();
        for step in 0..STEPS {
            clock.advance(dice.below(3) as i64 * 400);
            let (user, peer) = (dice.user(), dice.user());
            let (action, seed) = (dice.below(10), dice.below(1 << 30) as u64 + 1);
            queued.push(write(&store, &[user.into(), peer.into()], move |tx| {
                Box::pin(async move { act(tx, user, peer, action, &mut Dice(seed)).await })
            }));
            // Often many are under way at once, so that they share commits.
            if dice.below(20) == 0 || step == STEPS - 1 {
                for write in queued.drain(..) {
                    write.await.expect("an action");
                }
                let reader = readers.entry(user).or_default();
                reader.catch_up(&store, user, 1 + dice.below(9)).await;
            }
        }
    }

    for user in USERS {
        let fresh = fetch(&store, user).await;
        let stale = readers.entry(user).or_default();
        stale.catch_up(&store, user, 3).await;
        assert_eq!(stale.messages, fresh, "differences of {user:?}");

        let mut pushed = Known::default();
        for entry in ear
            .heard()
            .iter()
            .filter(|w| w.owner == user.into())
            .flat_map(|w| &w.logged)
        {
            assert_eq!(
                entry.pts - entry.pts_count,
                pushed.pts,
                "pushes without a gap"
            );
            pushed.apply(entry);
        }
        assert_eq!(pushed.messages, fresh, "pushes of {user:?}");
        assert_eq!(&pushed, stale, "marks and pts of {user:?}");
    }
    store.close().await;
}

async fn fetch(store: &Store, user: UserId) -> BTreeMap<MessageId, Message> {
    let mut view = store.view().await.expect("a view");
    let mut all = BTreeMap::new();
    for peer in USERS {
        let order = if peer.0 % 2 == 0 {
            Order::Ascending
        } else {
            Order::Descending
        };
        let page = mailbox::history(
            &mut *view,
            user.into(),
            peer.into(),
            0..u32::MAX,
            order,
            usize::MAX,
        );
        for message in page.await.expect("a page") {
            let by_id = mailbox::load(&mut *view, user.into(), message.id).await;
            assert_eq!(by_id.expect("a message").as_ref(), Some(&message));
            all.insert(message.id, message);
        }
    }
    all
}

/// One random action of `user` in the chat with `peer`.
async fn act(
    tx: &mut Tx<'_>,
    user: UserId,
    peer: UserId,
    action: usize,
    dice: &mut Dice,
) -> Result<(), StoreError> {
    let last = mailbox::state(tx, user.into()).await?.last_id as usize;
    let id = MessageId(1 + dice.below(last + 2) as u32);
    let words = format!("text {}", dice.below(1000));
    match action {
        0..4 => {
            let message = NewMessage {
                peer: peer.into(),
                from: user,
                flags: MessageRow::OUT,
                reply_to: None,
                body: text(&words),
            };
            if user == peer {
                mailbox::append(tx, user.into(), message).await?;
            } else {
                mailbox::append_pair(tx, user, peer, message, None).await?;
            }
        }
        4 | 5 => {
            let mine = mailbox::load(tx, user.into(), id).await?;
            if mine.is_some_and(|message| message.peer == peer.into()) {
                mailbox::edit(tx, user.into(), peer.into(), id, text(&words)).await?;
            }
        }
        6 | 7 => {
            let messages = mailbox::load_many(tx, user.into(), &[id, MessageId(id.0 + 1)]).await?;
            let ids: Vec<MessageId> = messages
                .iter()
                .filter(|message| message.peer == peer.into())
                .map(|message| message.id)
                .collect();
            let for_both = dice.below(2) == 0 && user != peer;
            for id in ids.iter().filter(|_| for_both) {
                if let Some(theirs) = mailbox::sibling_of(tx, user.into(), peer.into(), *id).await?
                {
                    mailbox::delete(tx, peer.into(), &[theirs]).await?;
                }
            }
            mailbox::delete(tx, user.into(), &ids).await?;
        }
        8 => {
            let inbox = EventKind::ReadInbox {
                peer: peer.into(),
                max_id: id,
                still_unread: 0,
            };
            mailbox::record(tx, user.into(), 1, inbox).await?;
            let outbox = EventKind::ReadOutbox {
                peer: user.into(),
                max_id: id,
            };
            mailbox::record(tx, peer.into(), 1, outbox).await?;
        }
        _ => {
            let pinned = dice.below(2) == 0;
            mailbox::set_pinned(tx, user.into(), peer.into(), &[id], pinned).await?;
        }
    }
    Ok(())
}
