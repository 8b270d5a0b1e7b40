//! Joining, adding others, leaving.

use super::post::announce;
use super::{ChannelError, joined, member, put, put_member, standing};
use crate::{accounts, bots, contacts, dialogs};
use heliograph_model::{
    AdminRights, BannedRights, Channel, ChannelId, Logged, Member, Notice, Peer, PersonKind,
    ServiceAction, UserId,
};
use heliograph_store::mailbox::{self, Dialog};
use heliograph_store::{Command, Locks, StoreError, Tx};
use std::sync::Arc;

/// In how many channels somebody may be; `config` and app config tell clients the same.
pub const CHANNELS_MAX: usize = 500;

/// How many may be in a channel that is no broadcast.
const GROUP_MAX: u32 = 200_000;

/// Puts a channel into a member's list of chats; what was written before counts as read.
pub(super) async fn begin(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    user: UserId,
) -> Result<(), StoreError> {
    let peer = Peer::Channel(channel);
    let newest = mailbox::state(tx, peer.into()).await?.last_id;
    let dialog = Dialog {
        begun: true,
        read_in: heliograph_model::MessageId(newest),
        ..Dialog::default()
    };
    mailbox::put_dialog(tx, user.into(), peer, &dialog)?;
    mailbox::note(tx, user.into(), Notice::Channel(channel, true)).await
}

/// Takes a channel out of somebody's list of chats.
pub(super) async fn end(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    user: UserId,
) -> Result<(), StoreError> {
    let peer = Peer::Channel(channel);
    dialogs::end(tx, user, peer).await?;
    mailbox::delete_dialog(tx, user.into(), peer)?;
    super::read::forget_mentions(tx, channel, user).await?;
    mailbox::note(tx, user.into(), Notice::Channel(channel, false)).await
}

/// How somebody comes in.
pub(super) struct Entry {
    /// Who added them.
    pub invited_by: Option<UserId>,
    /// An admin let them in.
    pub by_request: bool,
}

/// Lets somebody in who may come; the caller tells the others.
pub(super) async fn enter(
    tx: &mut Tx<'_>,
    channel: &mut Channel,
    user: UserId,
    entry: Entry,
) -> Result<(), ChannelError> {
    if !channel.broadcast && channel.members >= GROUP_MAX {
        return Err(ChannelError::Full);
    }
    let account = accounts::find(tx, user).await?;
    let Some(account) = account.filter(|account| !account.person.deleted) else {
        return Err(ChannelError::UnknownPerson);
    };
    let bot = bots::find(tx, user).await?;
    if bot.is_some_and(|bot| !bot.joins_groups && !channel.broadcast) {
        return Err(ChannelError::Unwilling);
    }
    let before = member(tx, channel.id, user).await?.unwrap_or_default();
    let place = Member {
        inside: true,
        joined: tx.now().seconds(),
        invited_by: entry.invited_by,
        by_request: entry.by_request,
        bot: account.person.kind == PersonKind::Bot,
        ..before
    };
    put_member(tx, channel.id, user, &place).await?;
    channel.members += 1;
    put(tx, channel).await?;
    begin(tx, channel.id, user).await?;
    let by = entry.invited_by.unwrap_or(user);
    bots::queue_member(tx, channel.id, user, by, false, true).await?;
    Ok(())
}

/// Takes somebody out who is inside; a ban stays. The caller tells the others.
pub(super) async fn exit(
    tx: &mut Tx<'_>,
    channel: &mut Channel,
    user: UserId,
    by: UserId,
    place: Member,
) -> Result<(), ChannelError> {
    let place = Member {
        inside: false,
        admin: None,
        ..place
    };
    put_member(tx, channel.id, user, &place).await?;
    channel.members = channel.members.saturating_sub(1);
    put(tx, channel).await?;
    end(tx, channel.id, user).await?;
    bots::queue_member(tx, channel.id, user, by, true, false).await?;
    Ok(())
}

/// Takes somebody out whose account is gone. The channel keeps what they have written, and a channel
/// that was theirs is left to its admins.
pub(crate) async fn forget_member(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    user: UserId,
) -> Result<(), StoreError> {
    if let Some(place) = member(tx, channel, user).await? {
        if place.inside
            && let Some(mut found) = super::find(tx, channel).await?
        {
            found.members = found.members.saturating_sub(1);
            put(tx, &found).await?;
        }
        put_member(tx, channel, user, &Member::default()).await?;
    }
    super::read::forget_mentions(tx, channel, user).await?;
    mailbox::delete_dialog(tx, user.into(), Peer::Channel(channel))
}

/// Joins a public channel.
#[derive(Clone, Copy, Debug)]
pub struct Join {
    /// Which.
    pub channel: ChannelId,
    /// Who.
    pub user: UserId,
}

/// What asking to come in has led to.
#[derive(Clone, Debug)]
pub enum Joined {
    /// They are in; with the entry of the channel's log that tells the others. A broadcast's members
    /// are not told.
    In(Option<Arc<Logged>>),
    /// An admin will decide.
    Asked,
}

impl Command for Join {
    type Output = Joined;
    type Error = ChannelError;
    const NAME: &'static str = "join_channel";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel), self.user.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Joined, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.user, now_s).await?;
        if standing.inside() {
            return Err(ChannelError::AlreadyMember);
        }
        standing.may_read()?;
        if joined(tx, self.user).await?.len() >= CHANNELS_MAX {
            return Err(ChannelError::TooMany);
        }
        let mut channel = standing.channel;
        if channel.join_request {
            super::invites::ask(tx, self.channel, self.user, String::new()).await?;
            return Ok(Joined::Asked);
        }
        let entry = Entry {
            invited_by: None,
            by_request: false,
        };
        enter(tx, &mut channel, self.user, entry).await?;
        if channel.broadcast {
            return Ok(Joined::In(None));
        }
        let action = ServiceAction::AddUsers(vec![self.user]);
        let told = announce(tx, &channel, self.user, action).await?;
        Ok(Joined::In(Some(told)))
    }
}

/// Leaves a channel.
#[derive(Clone, Copy, Debug)]
pub struct Leave {
    /// Which.
    pub channel: ChannelId,
    /// Who.
    pub user: UserId,
}

impl Command for Leave {
    /// The entry of the channel's log that tells the others.
    type Output = Option<Arc<Logged>>;
    type Error = ChannelError;
    const NAME: &'static str = "leave_channel";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel), self.user.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.user, now_s).await?;
        let Some(place) = standing.member.clone().filter(|member| member.inside) else {
            return Err(ChannelError::NotMember);
        };
        if standing.is_creator() {
            return Err(ChannelError::Creator);
        }
        let mut channel = standing.channel;
        exit(tx, &mut channel, self.user, self.user, place).await?;
        if channel.broadcast || channel.deleted {
            return Ok(None);
        }
        let action = ServiceAction::RemoveUser(self.user);
        Ok(Some(announce(tx, &channel, self.user, action).await?))
    }
}

/// Adds people to a channel: at most [`AddMembers::MAX`] at a time.
#[derive(Clone, Debug)]
pub struct AddMembers {
    /// Which channel.
    pub channel: ChannelId,
    /// Who adds.
    pub by: UserId,
    /// Whom.
    pub users: Vec<UserId>,
    /// Of these, those who let only some people add them, of whom the caller is none.
    pub unwilling: Vec<UserId>,
}

/// Whom adding has brought in.
#[derive(Clone, Debug, Default)]
pub struct Added {
    /// The entry of the channel's log that tells the others.
    pub logged: Option<Arc<Logged>>,
    /// Those who did not want to be added, or are in too many channels: a link can be sent to them.
    pub missing: Vec<UserId>,
}

impl AddMembers {
    /// How many people one command adds.
    pub const MAX: usize = 100;
}

impl Command for AddMembers {
    type Output = Added;
    type Error = ChannelError;
    const NAME: &'static str = "add_members";

    fn locks(&self) -> Locks {
        let people = self.users.iter().copied().map(Peer::User);
        Locks::of(people.chain([Peer::Channel(self.channel)]))
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Added, ChannelError> {
        let now_s = tx.now().seconds();
        let adder = standing(tx, self.channel, self.by, now_s).await?;
        adder.may(BannedRights::INVITE, AdminRights::INVITE)?;
        let may_unban = adder.has(AdminRights::BAN);
        let mut channel = adder.channel;
        let mut missing = Vec::new();
        let mut came = Vec::new();
        for user in &self.users {
            let added = standing(tx, self.channel, *user, now_s).await?;
            if added.inside() {
                continue;
            }
            // Who was removed comes back only by somebody who may undo that.
            if added.is_kicked() && !may_unban {
                return Err(ChannelError::Kicked);
            }
            let unwilling = self.unwilling.contains(user)
                || contacts::is_blocked(tx, *user, self.by).await?
                || joined(tx, *user).await?.len() >= CHANNELS_MAX;
            if unwilling {
                missing.push(*user);
                continue;
            }
            // Only a removal ends by it: who was silenced and left comes back silenced.
            let kicked = added.is_kicked();
            if let Some(mut place) = added.member.filter(|_| kicked) {
                place.ban = None;
                put_member(tx, self.channel, *user, &place).await?;
            }
            let entry = Entry {
                invited_by: Some(self.by),
                by_request: false,
            };
            enter(tx, &mut channel, *user, entry).await?;
            came.push(*user);
        }
        let logged = if came.is_empty() || channel.broadcast {
            None
        } else {
            Some(announce(tx, &channel, self.by, ServiceAction::AddUsers(came)).await?)
        };
        Ok(Added { logged, missing })
    }
}
