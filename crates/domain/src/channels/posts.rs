//! Editing, deleting and pinning a channel's messages.

use super::post::{MentionRow, ThreadRow, announce_as, kinds_of};
use super::{ChannelError, Standing, standing};
use crate::messages::{EDIT_WINDOW_S, Edit, Unfit, pin_in};
use crate::{bots, stale};
use heliograph_model::{
    AdminRights, BannedRights, Change, ChannelId, Logged, Message, MessageId, Owner, Peer,
    ServiceAction, UserId,
};
use heliograph_store::{Command, Locks, StoreError, Tx, mailbox};
use std::sync::Arc;

/// Gives a message of a channel another text or other media.
#[derive(Clone, Debug)]
pub struct EditPost {
    /// Who edits.
    pub by: UserId,
    /// Where.
    pub channel: ChannelId,
    /// Which message.
    pub id: MessageId,
    /// What changes.
    pub edit: Edit,
}

/// Whether somebody may edit a message of a channel: its author within [`EDIT_WINDOW_S`] who may
/// still write there, in a broadcast also admins with the right, and those for ever.
pub fn may_edit_post(standing: &Standing, message: &Message) -> Result<(), ChannelError> {
    let editable = message.body.action.is_none() && message.body.forward.is_none();
    let broadcast = standing.channel.broadcast;
    if editable && broadcast && standing.has(AdminRights::EDIT) {
        return Ok(());
    }
    let own = message.from == standing.user && (!broadcast || standing.has(AdminRights::POST));
    if !editable || !own {
        return Err(ChannelError::NotAuthor);
    }
    if standing.now_s - message.date > EDIT_WINDOW_S {
        return Err(ChannelError::TooOld);
    }
    if !broadcast {
        // Who was silenced could go on talking through old messages.
        standing.may_write(kinds_of(&message.body))?;
    }
    Ok(())
}

impl Command for EditPost {
    /// The entry of the channel's log.
    type Output = Arc<Logged>;
    type Error = ChannelError;
    const NAME: &'static str = "edit_post";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Arc<Logged>, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.by, now_s).await?;
        standing.may_read()?;
        let owner = standing.peer().into();
        let message = mailbox::load(tx, owner, self.id)
            .await?
            .ok_or(ChannelError::UnknownMessage)?;
        may_edit_post(&standing, &message)?;
        let edited = self.edit.apply(&message.body, now_s);
        let body = edited.map_err(|unfit| match unfit {
            Unfit::Same => ChannelError::NotModified,
            Unfit::Empty => ChannelError::Empty,
        })?;
        if !standing.channel.broadcast {
            // Other media may be of a kind that the caller may not send.
            standing.may_write(kinds_of(&body))?;
        }
        let (logged, _) = mailbox::edit(tx, owner, standing.peer(), self.id, body)
            .await?
            .ok_or(ChannelError::UnknownMessage)?;
        stale::note_posts(tx, &standing.channel, &[self.id]).await?;
        if let Change::Edited(message) = &logged.change {
            bots::queue_channel(tx, self.channel, message, true).await?;
        }
        Ok(logged)
    }
}

/// Deletes messages of a channel, for everyone.
#[derive(Clone, Debug)]
pub struct DeletePosts {
    /// Who deletes: the author, or an admin with the right.
    pub by: UserId,
    /// Where.
    pub channel: ChannelId,
    /// Which messages; those that are gone are passed over.
    pub ids: Vec<MessageId>,
}

impl Command for DeletePosts {
    /// The entry of the channel's log, `None` where none of them was there, and the channel's `pts`.
    type Output = (Option<Arc<Logged>>, u32);
    type Error = ChannelError;
    const NAME: &'static str = "delete_posts";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.by, now_s).await?;
        standing.may_read()?;
        let owner = Owner::from(standing.peer());
        let messages = mailbox::load_many(tx, owner, &self.ids).await?;
        let any = standing.has(AdminRights::DELETE);
        for message in &messages {
            let own = message.from == self.by
                && message.body.action.is_none()
                && (!standing.channel.broadcast || standing.has(AdminRights::POST));
            if !(any || own) {
                return Err(ChannelError::AdminRequired);
            }
        }
        forget(tx, standing.peer(), &messages)?;
        let gone: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
        stale::note_posts(tx, &standing.channel, &gone).await?;
        let logged = mailbox::delete(tx, owner, &self.ids).await?;
        Ok((logged, mailbox::state(tx, owner).await?.pts))
    }
}

/// Erases a message of a channel that moderation has removed, within a command that has locked the
/// channel's mailbox. Answers with whether it was there.
pub async fn erase_post(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    id: MessageId,
) -> Result<bool, StoreError> {
    let Some(channel) = super::find(tx.rows(), channel).await? else {
        return Ok(false);
    };
    let peer = Peer::Channel(channel.id);
    let messages = mailbox::load_many(tx, peer.into(), &[id]).await?;
    forget(tx, peer, &messages)?;
    stale::note_posts(tx, &channel, &[id]).await?;
    let logged = mailbox::delete(tx, peer.into(), &[id]).await?;
    Ok(logged.is_some())
}

/// Forgets what leads to messages that go: threads and mentions.
fn forget(tx: &mut Tx<'_>, peer: Peer, messages: &[Message]) -> Result<(), StoreError> {
    for message in messages {
        let Some(part) = &message.body.channel else {
            continue;
        };
        if let Some(thread) = part.thread {
            tx.delete::<ThreadRow>(peer.into(), &(thread, message.id))?;
        }
        for member in &part.mentioned {
            tx.delete::<MentionRow>((*member).into(), &(peer, message.id))?;
        }
        tx.delete::<super::views::PostRow>(peer.into(), &message.id)?;
    }
    Ok(())
}

/// Pins or unpins a message of a channel.
#[derive(Clone, Copy, Debug)]
pub struct PinPost {
    /// Who.
    pub by: UserId,
    /// Where.
    pub channel: ChannelId,
    /// Which message.
    pub id: MessageId,
    /// Pin, or unpin.
    pub pin: bool,
    /// Without telling the members by a message.
    pub silent: bool,
}

fn may_pin(standing: &Standing) -> Result<(), ChannelError> {
    // In a broadcast it goes with editing, as clients show it.
    let right = if standing.channel.broadcast {
        AdminRights::EDIT
    } else {
        AdminRights::PIN
    };
    standing.may(BannedRights::PIN, right)
}

impl Command for PinPost {
    /// The entries of the channel's log; none when it stood so already.
    type Output = Vec<Arc<Logged>>;
    type Error = ChannelError;
    const NAME: &'static str = "pin_post";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.by, now_s).await?;
        may_pin(&standing)?;
        let peer = standing.peer();
        if mailbox::load(tx, peer.into(), self.id).await?.is_none() {
            return Err(ChannelError::UnknownMessage);
        }
        let mut logged = pin_in(tx, peer.into(), peer, self.id, self.pin).await?;
        let tell = self.pin && !self.silent && !logged.is_empty();
        if tell {
            let action = ServiceAction::PinMessage;
            let channel = &standing.channel;
            logged.push(announce_as(tx, channel, self.by, action, Some(self.id)).await?);
        }
        Ok(logged)
    }
}

/// Unpins every message of a channel.
#[derive(Clone, Copy, Debug)]
pub struct UnpinAllPosts {
    /// Who.
    pub by: UserId,
    /// Where.
    pub channel: ChannelId,
}

impl Command for UnpinAllPosts {
    /// The entry of the channel's log; `None` when nothing was pinned.
    type Output = Option<Arc<Logged>>;
    type Error = ChannelError;
    const NAME: &'static str = "unpin_all_posts";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.by, now_s).await?;
        may_pin(&standing)?;
        let peer = standing.peer();
        Ok(crate::messages::unpin_all_in(tx, peer.into(), peer).await?)
    }
}
