//! What a removed account has written in public: in groups with a username, and as posts of public
//! channels of its own. A post in somebody else's channel is that channel's.

use super::{BATCH, Stage};
use crate::channels::{self, FIRST_CHANNEL_ID};
use heliograph_model::{Channel, ChannelId, Message, MessageId, Peer, UserId};
use heliograph_store::{Order, StoreError, Tx, last_number, mailbox};

/// How many channels are passed by in one job at most.
const PASSED: usize = 500;

/// Where it begins: in front of every channel.
pub(super) const FIRST: Stage = Stage::Written(ChannelId(FIRST_CHANNEL_ID), MessageId(0));

/// Erases a stretch of what was written in one channel, which is locked; answers with where to go on,
/// `None` behind the last channel.
pub(super) async fn erase(
    tx: &mut Tx<'_>,
    user: UserId,
    channel: ChannelId,
    from: MessageId,
) -> Result<Option<Stage>, StoreError> {
    let found = channels::find(tx.rows(), channel).await?;
    if found.is_some_and(|found| may_have_written(&found, user)) {
        let peer = Peer::from(channel);
        let read = mailbox::history(
            tx.rows(),
            peer.into(),
            peer,
            from.0..u32::MAX,
            Order::Ascending,
            BATCH,
        )
        .await?;
        let own = |message: &&Message| is_theirs(message, user);
        let gone: Vec<MessageId> = read.iter().filter(own).map(|message| message.id).collect();
        for id in gone {
            channels::erase_post(tx, channel, id).await?;
        }
        if read.len() == BATCH
            && let Some(last) = read.last()
        {
            let next = MessageId(last.id.0.saturating_add(1));
            return Ok(Some(Stage::Written(channel, next)));
        }
    }
    next_channel(tx, user, channel).await
}

fn is_theirs(message: &Message, user: UserId) -> bool {
    message.from == user && message.body.action.is_none()
}

fn may_have_written(channel: &Channel, user: UserId) -> bool {
    let public = channel.username.is_some() && !channel.deleted;
    public && (!channel.broadcast || channel.creator == user)
}

/// The next channel in which the account has or had a place.
async fn next_channel(
    tx: &mut Tx<'_>,
    user: UserId,
    after: ChannelId,
) -> Result<Option<Stage>, StoreError> {
    let count = i64::try_from(last_number(tx.rows(), "channel").await?).unwrap_or(0);
    let last = FIRST_CHANNEL_ID.saturating_add(count);
    for (passed, id) in (after.0 + 1..=last).enumerate() {
        let channel = ChannelId(id);
        if passed == PASSED || channels::member(tx.rows(), channel, user).await?.is_some() {
            return Ok(Some(Stage::Written(channel, MessageId(0))));
        }
    }
    Ok(None)
}
