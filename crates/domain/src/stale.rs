//! What the public index has not taken in yet.
//!
//! Every command that changes what is public leaves a row here in its own commit, so that nothing is
//! lost whenever the process ends. The index reads the rows in order, takes in what each one names
//! *as it stands by then*, makes that durable, and only then removes the rows: doing it twice is
//! doing it once.
//!
//! Nothing private comes by here: a row names a peer or a post and holds no text, and what is read
//! for it are [`PublicPeer`] and [`PublicPost`], which cannot be made of anything private.

use crate::channels::{self, FIRST_CHANNEL_ID};
use crate::{accounts, services};
use heliograph_model::{
    Channel, ChannelId, MessageId, Owner, Peer, Person, PublicPeer, PublicPost, UserId,
};
use heliograph_store::{
    Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, last_number, mailbox, row,
};
use minicbor::{Decode, Encode};
use std::ops::Range;

/// Whose readers are woken when something is added here.
pub const READER: Owner = Owner::INSTALLATION;

/// Something that has changed for the public index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Stale {
    /// The face of a peer: its names, its size.
    #[n(0)]
    Peer(#[n(0)] Peer),
    /// One post.
    #[n(1)]
    Post(#[n(0)] ChannelId, #[n(1)] MessageId),
    /// Every post of a channel: it has become public, or is not any more.
    #[n(2)]
    Posts(#[n(0)] ChannelId),
    /// What moderation has put on a peer, or on one post of it.
    #[n(3)]
    Measures {
        /// The peer.
        #[n(0)]
        peer: Peer,
        /// The post.
        #[n(1)]
        post: Option<MessageId>,
    },
}

#[derive(Clone, Copy, Debug, Encode, Decode)]
#[cbor(transparent)]
struct StaleRow(#[n(0)] Stale);

row!(StaleRow, Table::Stale, key: u64);

/// The counter that numbers the rows.
const COUNTER: &str = "stale";

/// Adds a row.
pub(crate) async fn note(tx: &mut Tx<'_>, stale: Stale) -> Result<(), StoreError> {
    let number = tx.next_number(COUNTER).await?;
    tx.put(READER, &number, &StaleRow(stale))?;
    mailbox::ring(tx, READER);
    Ok(())
}

/// Notes what has changed of a channel for the index; nothing for one that is and was private.
pub(crate) async fn note_channel(
    tx: &mut Tx<'_>,
    before: Option<&Channel>,
    after: &Channel,
) -> Result<(), StoreError> {
    let face_before = before.and_then(PublicPeer::of_channel);
    if face_before != PublicPeer::of_channel(after) {
        note(tx, Stale::Peer(after.id.into())).await?;
    }
    if before.is_some_and(PublicPost::are_in) != PublicPost::are_in(after) {
        note(tx, Stale::Posts(after.id)).await?;
    }
    Ok(())
}

/// Notes what has changed of a person or bot for the index; nothing for those without a username.
pub(crate) async fn note_person(
    tx: &mut Tx<'_>,
    before: Option<&Person>,
    after: &Person,
) -> Result<(), StoreError> {
    let face_before = before.and_then(PublicPeer::of_person);
    if face_before != PublicPeer::of_person(after) {
        note(tx, Stale::Peer(after.id.into())).await?;
    }
    Ok(())
}

/// Notes that messages of a channel are new, changed or gone; nothing where they are not public.
pub(crate) async fn note_posts(
    tx: &mut Tx<'_>,
    channel: &Channel,
    ids: &[MessageId],
) -> Result<(), StoreError> {
    if !PublicPost::are_in(channel) {
        return Ok(());
    }
    for id in ids {
        note(tx, Stale::Post(channel.id, *id)).await?;
    }
    Ok(())
}

/// The oldest rows with their numbers, at most `limit`.
pub async fn list(rows: &mut dyn Rows, limit: usize) -> Result<Vec<(u64, Stale)>, StoreError> {
    list_from(rows, 0, limit).await
}

/// The oldest rows with numbers from `from` upwards, at most `limit`.
pub async fn list_from(
    rows: &mut dyn Rows,
    from: u64,
    limit: usize,
) -> Result<Vec<(u64, Stale)>, StoreError> {
    let range = KeyRange::all().from(&from);
    let found: Vec<(u64, StaleRow)> = rows.list(READER, range, Order::Ascending, limit).await?;
    Ok(found
        .into_iter()
        .map(|(number, StaleRow(stale))| (number, stale))
        .collect())
}

/// Removes rows whose subjects the index has taken in, durably.
#[derive(Clone, Debug)]
pub struct TakenIn {
    /// Their numbers.
    pub numbers: Vec<u64>,
}

impl Command for TakenIn {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "taken_in";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for number in &self.numbers {
            tx.delete::<StaleRow>(READER, number)?;
        }
        Ok(())
    }
}

/// The public face of a peer as it stands; `None` for one that has none.
pub async fn public_peer(
    rows: &mut dyn Rows,
    peer: Peer,
) -> Result<Option<PublicPeer>, StoreError> {
    Ok(match peer {
        Peer::User(user) => {
            let account = accounts::find(rows, user).await?;
            account.and_then(|account| PublicPeer::of_person(&account.person))
        }
        Peer::Channel(channel) => {
            let channel = channels::find(rows, channel).await?;
            channel.as_ref().and_then(PublicPeer::of_channel)
        }
        Peer::Chat(_) => None,
    })
}

/// A post as it stands; `None` where it is gone or not public.
pub async fn public_post(
    rows: &mut dyn Rows,
    channel: ChannelId,
    id: MessageId,
) -> Result<Option<PublicPost>, StoreError> {
    let Some(channel) = channels::find(rows, channel).await? else {
        return Ok(None);
    };
    if !PublicPost::are_in(&channel) {
        return Ok(None);
    }
    let message = mailbox::load(rows, channel.id.into(), id).await?;
    Ok(message.and_then(|message| PublicPost::of(&channel, &message)))
}

/// The public posts of a channel with numbers from `from` upwards, and the number to go on from;
/// `None` at the end. At most `limit` messages are read.
pub async fn public_posts(
    rows: &mut dyn Rows,
    channel: ChannelId,
    from: MessageId,
    limit: usize,
) -> Result<(Vec<PublicPost>, Option<MessageId>), StoreError> {
    let Some(channel) = channels::find(rows, channel).await? else {
        return Ok((Vec::new(), None));
    };
    if !PublicPost::are_in(&channel) {
        return Ok((Vec::new(), None));
    }
    let peer = Peer::Channel(channel.id);
    let ids = from.0..u32::MAX;
    let read = mailbox::history(rows, peer.into(), peer, ids, Order::Ascending, limit).await?;
    let next = (read.len() == limit)
        .then(|| read.last().map(|last| MessageId(last.id.0 + 1)))
        .flatten();
    let posts = read
        .iter()
        .filter_map(|message| PublicPost::of(&channel, message))
        .collect();
    Ok((posts, next))
}

/// The public posts among the newest `messages` messages of a channel, oldest first.
pub async fn newest_public_posts(
    rows: &mut dyn Rows,
    channel: ChannelId,
    messages: u32,
) -> Result<Vec<PublicPost>, StoreError> {
    let next = mailbox::state(rows, channel.into()).await?.last_id + 1;
    let from = MessageId(next.saturating_sub(messages));
    let (posts, _) = public_posts(rows, channel, from, messages as usize).await?;
    Ok(posts)
}

/// Every peer that there may be, for an index that is made anew: deleted and private ones are among
/// them, and nothing is read for them here.
#[derive(Clone, Debug)]
pub struct EveryPeer {
    /// Stretches of [`Peer::number`]: ids are given out in order.
    stretches: Vec<Range<i64>>,
}

impl EveryPeer {
    /// The peers there are now.
    pub async fn now(rows: &mut dyn Rows) -> Result<Self, StoreError> {
        let services = services::FIRST.0..services::LAST.0 + 1;
        let mut stretches = Vec::from([services]);
        let counted = [
            (Peer::User(UserId(accounts::FIRST_USER_ID)), "user"),
            (Peer::User(UserId::FIRST_BOT), "bot"),
            (Peer::Channel(ChannelId(FIRST_CHANNEL_ID)), "channel"),
        ];
        for (before_the_first, counter) in counted {
            let first = before_the_first.number() + 1;
            let count = last_number(rows, counter).await?;
            stretches.push(first..first.saturating_add(count as i64));
        }
        Ok(EveryPeer { stretches })
    }

    /// Those from the one with this number on; all for a number that is nobody's.
    #[must_use]
    pub fn starting_at(mut self, number: i64) -> Self {
        if let Some(at) = self.stretches.iter().position(|one| one.contains(&number)) {
            self.stretches.drain(..at);
            self.stretches[0].start = number;
        }
        self
    }

    /// How many are left.
    pub fn left(&self) -> u64 {
        let lengths = self.stretches.iter().map(|s| s.end.abs_diff(s.start));
        lengths.sum()
    }
}

impl Iterator for EveryPeer {
    type Item = Peer;

    fn next(&mut self) -> Option<Peer> {
        let number = self.stretches.iter_mut().find_map(Iterator::next)?;
        Peer::from_number(number)
    }
}
