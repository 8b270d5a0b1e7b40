//! What a bot has still to be told: one queue for each bot, with its own counter.
//!
//! An entry is kept until it is confirmed, or newer ones push it out. It names a message; what is
//! told is the message as it stands when it is fetched, and nothing of one that is gone.

use super::find;
use crate::channels;
use heliograph_model::{ChannelId, EntityKind, Message, MessageId, Owner, Peer, UserId};
use heliograph_store::{
    Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, mailbox, next_number_of, row,
};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// How many updates wait for a bot at most; the oldest go when there are more.
pub const UPDATES_MAX: u64 = 10_000;

/// For how long an update waits, in seconds: a day, as the public Bot API has it.
const KEPT_S: i32 = 86_400;

/// What a bot is told.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum BotUpdate {
    /// A message arrived, or a post of a channel.
    #[n(0)]
    Message {
        /// The chat.
        #[n(0)]
        peer: Peer,
        /// The message, in the bot's numbers or the channel's.
        #[n(1)]
        id: MessageId,
        /// It was edited.
        #[n(2)]
        edited: bool,
    },
    /// Somebody pressed a button under one of its messages.
    #[n(1)]
    Callback {
        /// Names the question, for the answer.
        #[n(0)]
        query_id: i64,
        /// Who pressed.
        #[n(1)]
        from: UserId,
        /// Where, as the bot names the chat.
        #[n(2)]
        peer: Peer,
        /// Under which message.
        #[n(3)]
        id: MessageId,
        /// What stands on the button, for the bot.
        #[n(4)]
        data: ByteVec,
    },
    /// The bot's own place in a chat changed.
    #[n(2)]
    OwnPlace {
        /// The chat.
        #[n(0)]
        channel: ChannelId,
        /// Who changed it.
        #[n(1)]
        by: UserId,
        /// Whether it was in it before.
        #[n(2)]
        was_inside: bool,
        /// Whether it is now.
        #[n(3)]
        inside: bool,
    },
}

/// An entry of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Queued {
    /// When it happened, in Unix seconds.
    #[n(0)]
    pub date: i32,
    /// What.
    #[n(1)]
    pub update: BotUpdate,
}

// By the bot's own counter.
row!(Queued, Table::Queue, key: u64);

/// The counter of a bot's updates.
const COUNTER: &str = "updates";

async fn queue(tx: &mut Tx<'_>, bot: UserId, update: BotUpdate) -> Result<(), StoreError> {
    let owner = Owner::from(bot);
    let number = next_number_of(tx, owner, COUNTER).await?;
    let date = tx.now().seconds();
    tx.put(owner, &number, &Queued { date, update })?;
    if number > UPDATES_MAX {
        tx.delete::<Queued>(owner, &(number - UPDATES_MAX))?;
    }
    mailbox::ring(tx, owner);
    Ok(())
}

/// Tells a bot of a message of a private chat, where the other side is one.
pub(crate) async fn queue_private(
    tx: &mut Tx<'_>,
    bot: UserId,
    from: UserId,
    id: MessageId,
    edited: bool,
) -> Result<(), StoreError> {
    if !bot.is_bot() || bot == from {
        return Ok(());
    }
    let peer = Peer::User(from);
    queue(tx, bot, BotUpdate::Message { peer, id, edited }).await
}

/// How many bots a channel has at most; clients enforce the same.
const BOTS_IN_A_CHANNEL: usize = 20;

/// Tells the bots of a channel of a message there that is theirs to see.
pub(crate) async fn queue_channel(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    message: &Message,
    edited: bool,
) -> Result<(), StoreError> {
    for bot in channels::bots_in(tx, channel, BOTS_IN_A_CHANNEL).await? {
        if bot != message.from && sees(tx, bot, channel, message).await? {
            let peer = channel.into();
            let id = message.id;
            queue(tx, bot, BotUpdate::Message { peer, id, edited }).await?;
        }
    }
    Ok(())
}

/// Whether a bot is shown a channel's message: all as an admin or without privacy mode, else what
/// concerns it (<https://core.telegram.org/bots/features#privacy-mode>).
pub async fn sees(
    rows: &mut dyn Rows,
    bot: UserId,
    channel: ChannelId,
    message: &Message,
) -> Result<bool, StoreError> {
    let place = channels::member(rows, channel, bot).await?;
    let Some(place) = place.filter(|place| place.inside) else {
        return Ok(false);
    };
    if place.admin.is_some() || message.body.action.is_some() {
        return Ok(true);
    }
    if find(rows, bot).await?.is_none_or(|bot| !bot.privacy) {
        return Ok(true);
    }
    let part = message.body.channel.as_ref();
    if part.is_some_and(|part| part.mentioned.contains(&bot)) {
        return Ok(true);
    }
    // A command that names another bot is not for this one; that one was mentioned.
    let first = message.body.entities.first();
    let command = first.filter(|first| first.offset == 0 && first.kind == EntityKind::BotCommand);
    let Some(command) = command else {
        return Ok(false);
    };
    let text: Vec<u16> = message.body.text.encode_utf16().collect();
    let written = text
        .get(..command.length as usize)
        .map(String::from_utf16_lossy);
    let Some(name) = written
        .as_deref()
        .and_then(|written| written.split_once('@'))
    else {
        return Ok(true);
    };
    let account = crate::accounts::find(rows, bot).await?;
    let own = account.and_then(|account| account.person.username);
    Ok(own.is_some_and(|own| own.folded() == name.1.to_ascii_lowercase()))
}

/// Tells a bot that its place in a channel has changed.
pub(crate) async fn queue_member(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    bot: UserId,
    by: UserId,
    was_inside: bool,
    inside: bool,
) -> Result<(), StoreError> {
    if !bot.is_bot() {
        return Ok(());
    }
    let update = BotUpdate::OwnPlace {
        channel,
        by,
        was_inside,
        inside,
    };
    queue(tx, bot, update).await
}

/// Tells a bot that somebody has pressed a button of its.
#[derive(Clone, Debug)]
pub struct QueueCallback {
    /// Which bot.
    pub bot: UserId,
    /// What it is told.
    pub update: BotUpdate,
}

impl Command for QueueCallback {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "queue_callback";

    fn locks(&self) -> Locks {
        Locks::of([self.bot])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        queue(tx, self.bot, self.update).await
    }
}

/// The updates that wait for a bot from this number on, at most `limit`.
pub async fn updates_from(
    rows: &mut dyn Rows,
    bot: UserId,
    from: u64,
    limit: usize,
    now_s: i32,
) -> Result<Vec<(u64, Queued)>, StoreError> {
    let range = KeyRange::all().from(&from);
    let mut found: Vec<(u64, Queued)> = rows
        .list(bot.into(), range, Order::Ascending, limit)
        .await?;
    found.retain(|(_, queued)| now_s - queued.date < KEPT_S);
    Ok(found)
}

/// How many updates wait for a bot, and the number of the last one.
pub async fn pending(rows: &mut dyn Rows, bot: UserId) -> Result<(usize, u64), StoreError> {
    let owner = Owner::from(bot);
    let count = rows.count(Table::Queue, owner, KeyRange::all()).await?;
    let last: Vec<(u64, Queued)> = rows
        .list(owner, KeyRange::all(), Order::Descending, 1)
        .await?;
    Ok((count, last.first().map_or(0, |(number, _)| *number)))
}

/// Forgets the updates below a number: the bot has them.
#[derive(Clone, Copy, Debug)]
pub struct Confirm {
    /// Which bot.
    pub bot: UserId,
    /// The first one that it has not.
    pub before: u64,
}

impl Command for Confirm {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "confirm_updates";

    fn locks(&self) -> Locks {
        Locks::of([self.bot])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let owner = Owner::from(self.bot);
        let range = KeyRange::all().before(&self.before);
        let old: Vec<(u64, Queued)> = tx
            .rows()
            .list(owner, range, Order::Ascending, UPDATES_MAX as usize)
            .await?;
        for (number, _) in old {
            tx.delete::<Queued>(owner, &number)?;
        }
        Ok(())
    }
}
