//! Making a channel.

use super::members::begin;
use super::post::{announce, mailbox_begins};
use super::{ChannelError, joined, members::CHANNELS_MAX, put, put_member};
use heliograph_model::{
    Channel, ChannelId, Description, Logged, Member, Peer, ServiceAction, Title, UserId,
};
use heliograph_store::{Command, Locks, StoreError, Tx};
use std::sync::Arc;

/// The first id of a channel. Small ids would look like those of other libraries' test servers; the
/// Bot API writes `-100` before the id and needs it below 997,852,516,352.
pub(crate) const FIRST_CHANNEL_ID: i64 = 1_000_000_000;

/// Sets an id aside for a channel: the command that makes it must name its mailbox beforehand.
#[derive(Clone, Copy, Debug)]
pub struct NewChannel;

impl Command for NewChannel {
    type Output = ChannelId;
    type Error = StoreError;
    const NAME: &'static str = "new_channel";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<ChannelId, StoreError> {
        let number = tx.next_number("channel").await? as i64;
        Ok(ChannelId(FIRST_CHANNEL_ID + number))
    }
}

/// Makes a channel or supergroup.
#[derive(Clone, Debug)]
pub struct CreateChannel {
    /// The id that [`NewChannel`] has set aside.
    pub id: ChannelId,
    /// Whose it will be.
    pub creator: UserId,
    /// Its title.
    pub title: Title,
    /// What it says about itself.
    pub about: Description,
    /// Only admins post.
    pub broadcast: bool,
}

impl Command for CreateChannel {
    /// The entry of the channel's log that tells of its making.
    type Output = Arc<Logged>;
    type Error = ChannelError;
    const NAME: &'static str = "create_channel";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.id), self.creator.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Arc<Logged>, ChannelError> {
        if joined(tx, self.creator).await?.len() >= CHANNELS_MAX {
            return Err(ChannelError::TooMany);
        }
        let channel = Channel {
            about: self.about,
            ..Channel::new(self.id, self.title, self.broadcast, self.creator, tx.now())
        };
        let place = Member {
            inside: true,
            joined: tx.now().seconds(),
            ..Member::default()
        };
        put(tx, &channel).await?;
        put_member(tx, self.id, self.creator, &place).await?;
        mailbox_begins(tx, self.id)?;
        let title = channel.title.as_str().to_owned();
        let told = announce(
            tx,
            &channel,
            self.creator,
            ServiceAction::ChannelCreate(title),
        )
        .await?;
        begin(tx, self.id, self.creator).await?;
        Ok(told)
    }
}
