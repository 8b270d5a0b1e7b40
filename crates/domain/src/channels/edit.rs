//! Changing what a channel is, and deleting it.

use super::post::{SLOW_MODES_S, announce, announce_body};
use super::{ChannelError, erase, joined, put, standing};
use crate::{accounts, services};
use heliograph_model::{
    AdminRights, BannedRights, Body, Channel, ChannelId, Content, Description, Face, Logged, Media,
    MediaKind, MessageId, Peer, ServiceAction, Title, UserId, Username,
};
use heliograph_store::{Command, Locks, Tx, enqueue, uses};
use std::sync::Arc;

/// How many public channels somebody may own; app config tells clients the same.
pub const PUBLIC_MAX: usize = 10;

/// Gives a channel another title.
#[derive(Clone, Debug)]
pub struct EditTitle {
    /// Which.
    pub channel: ChannelId,
    /// Who changes it.
    pub by: UserId,
    /// The new title.
    pub title: Title,
}

impl Command for EditTitle {
    /// The entry of the channel's log that tells of it.
    type Output = Arc<Logged>;
    type Error = ChannelError;
    const NAME: &'static str = "edit_title";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Arc<Logged>, ChannelError> {
        let mut channel = may_change_info(tx, self.channel, self.by).await?;
        if channel.title == self.title {
            return Err(ChannelError::NotModified);
        }
        channel.title = self.title;
        put(tx, &channel).await?;
        let title = channel.title.as_str().to_owned();
        Ok(announce(tx, &channel, self.by, ServiceAction::EditTitle(title)).await?)
    }
}

/// Who may change what the channel says about itself: admins with the right, and members of a group
/// that lets them.
async fn may_change_info(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    by: UserId,
) -> Result<Channel, ChannelError> {
    let now_s = tx.now().seconds();
    let standing = standing(tx, channel, by, now_s).await?;
    standing.may(BannedRights::CHANGE_INFO, AdminRights::CHANGE_INFO)?;
    Ok(standing.channel)
}

/// Gives a channel another picture, or none.
#[derive(Clone, Debug)]
pub struct EditPhoto {
    /// Which.
    pub channel: ChannelId,
    /// Who changes it.
    pub by: UserId,
    /// The picture, and the photo that the service message shows.
    pub photo: Option<(Face, Content)>,
}

impl Command for EditPhoto {
    /// The entry of the channel's log that tells of it.
    type Output = Arc<Logged>;
    type Error = ChannelError;
    const NAME: &'static str = "edit_photo";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Arc<Logged>, ChannelError> {
        let mut channel = may_change_info(tx, self.channel, self.by).await?;
        let place = (channel.id.into(), MessageId(0));
        let before = channel.photo.take();
        let mut told = Body::default();
        match self.photo {
            Some((face, content)) => {
                if before
                    .as_ref()
                    .is_some_and(|before| before.file == face.file)
                {
                    return Err(ChannelError::NotModified);
                }
                uses::add(tx, face.file, place)?;
                told.action = Some(ServiceAction::EditPhoto);
                told.content = Some(content);
                told.media = Some(Media {
                    kind: MediaKind::Photo,
                    files: vec![face.file],
                });
                channel.photo = Some(face);
            }
            None if before.is_none() => return Err(ChannelError::NotModified),
            None => told.action = Some(ServiceAction::DeletePhoto),
        }
        if let Some(before) = before {
            uses::remove(tx, before.file, place).await?;
        }
        put(tx, &channel).await?;
        Ok(announce_body(tx, &channel, self.by, told, None).await?)
    }
}

/// Gives a channel another description.
#[derive(Clone, Debug)]
pub struct EditAbout {
    /// Which.
    pub channel: ChannelId,
    /// Who changes it.
    pub by: UserId,
    /// The new description.
    pub about: Description,
}

impl Command for EditAbout {
    type Output = Channel;
    type Error = ChannelError;
    const NAME: &'static str = "edit_about";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Channel, ChannelError> {
        let mut channel = may_change_info(tx, self.channel, self.by).await?;
        if channel.about == self.about {
            return Err(ChannelError::NotModified);
        }
        channel.about = self.about;
        put(tx, &channel).await?;
        Ok(channel)
    }
}

/// Makes a channel public under a name, or private.
#[derive(Clone, Debug)]
pub struct SetPublicName {
    /// Which.
    pub channel: ChannelId,
    /// Who changes it: only its owner.
    pub by: UserId,
    /// The name; `None` for a private channel.
    pub username: Option<Username>,
}

impl Command for SetPublicName {
    type Output = Channel;
    type Error = ChannelError;
    const NAME: &'static str = "set_public_name";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Channel, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.by, now_s).await?;
        standing.may_read()?;
        if !standing.is_creator() {
            return Err(ChannelError::AdminRequired);
        }
        let mut channel = standing.channel;
        let peer = Peer::Channel(channel.id);
        let before = channel.username.take();
        if before == self.username {
            return Err(ChannelError::NotModified);
        }
        if let Some(name) = &self.username {
            if before.is_none() && public_of(tx, self.by).await?.len() >= PUBLIC_MAX {
                return Err(ChannelError::TooMany);
            }
            let taken = services::is_reserved(name)
                || accounts::claim_username(tx, name, peer).await?.is_err();
            if taken {
                return Err(ChannelError::UsernameOccupied);
            }
        }
        let folded = self.username.as_ref().map(Username::folded);
        if let Some(before) = before.filter(|before| Some(before.folded()) != folded) {
            accounts::release_username(tx, &before, peer).await?;
        }
        channel.username = self.username;
        put(tx, &channel).await?;
        Ok(channel)
    }
}

/// The public channels that somebody owns.
pub async fn public_of(
    rows: &mut dyn heliograph_store::Rows,
    owner: UserId,
) -> Result<Vec<Channel>, heliograph_store::StoreError> {
    let mut public = Vec::new();
    for id in joined(rows, owner).await? {
        let channel = super::find(rows, id).await?;
        public.extend(channel.filter(|c| c.creator == owner && c.username.is_some()));
    }
    Ok(public)
}

/// A setting that is on or off, or counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toggle {
    /// Posts are signed: a broadcast's.
    Signatures(bool),
    /// The pause between two messages of a member, one of [`SLOW_MODES_S`]: a group's.
    SlowMode(u32),
    /// Who joins by the public name waits for an admin.
    JoinRequest(bool),
    /// Only members comment: a discussion group's.
    JoinToSend(bool),
    /// Messages cannot be forwarded or saved.
    NoForwards(bool),
    /// Only admins see who is in it: a group's.
    MembersHidden(bool),
}

/// Changes a setting of a channel.
#[derive(Clone, Copy, Debug)]
pub struct Toggles {
    /// Which channel.
    pub channel: ChannelId,
    /// Who changes it.
    pub by: UserId,
    /// What.
    pub toggle: Toggle,
}

impl Command for Toggles {
    type Output = Channel;
    type Error = ChannelError;
    const NAME: &'static str = "toggle";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Channel, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.by, now_s).await?;
        let needed = match self.toggle {
            Toggle::SlowMode(_)
            | Toggle::JoinRequest(_)
            | Toggle::JoinToSend(_)
            | Toggle::MembersHidden(_) => AdminRights::BAN,
            Toggle::Signatures(_) | Toggle::NoForwards(_) => AdminRights::CHANGE_INFO,
        };
        standing.require(needed)?;
        // Whether words may leave the channel is its owner's alone to say.
        if matches!(self.toggle, Toggle::NoForwards(_)) && !standing.is_creator() {
            return Err(ChannelError::AdminRequired);
        }
        let before = standing.channel;
        let mut channel = before.clone();
        match self.toggle {
            Toggle::Signatures(on) if channel.broadcast => channel.signatures = on,
            Toggle::SlowMode(pause_s) if !channel.broadcast && SLOW_MODES_S.contains(&pause_s) => {
                channel.slow_mode_s = pause_s;
            }
            Toggle::JoinRequest(on) if !channel.broadcast => channel.join_request = on,
            Toggle::JoinToSend(on) if channel.linked.is_some() && !channel.broadcast => {
                channel.join_to_send = on;
            }
            Toggle::NoForwards(on) => channel.no_forwards = on,
            Toggle::MembersHidden(on) if !channel.broadcast => channel.members_hidden = on,
            _ => return Err(ChannelError::WrongKind),
        }
        if channel == before {
            return Err(ChannelError::NotModified);
        }
        put(tx, &channel).await?;
        Ok(channel)
    }
}

/// Says what members of a group may not do.
#[derive(Clone, Copy, Debug)]
pub struct SetDefaultBanned {
    /// Which group.
    pub channel: ChannelId,
    /// Who changes it.
    pub by: UserId,
    /// What members may not do.
    pub rights: BannedRights,
}

impl Command for SetDefaultBanned {
    type Output = Channel;
    type Error = ChannelError;
    const NAME: &'static str = "set_default_banned";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Channel, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.by, now_s).await?;
        standing.require(AdminRights::BAN)?;
        let mut channel = standing.channel;
        if channel.broadcast || self.rights.any(BannedRights::VIEW) {
            return Err(ChannelError::WrongKind);
        }
        if channel.default_banned == self.rights {
            return Err(ChannelError::NotModified);
        }
        channel.default_banned = self.rights;
        put(tx, &channel).await?;
        Ok(channel)
    }
}

/// Deletes a channel: its name is free at once, members and messages go by jobs.
#[derive(Clone, Copy, Debug)]
pub struct DeleteChannel {
    /// Which.
    pub channel: ChannelId,
    /// Who: only its owner.
    pub by: UserId,
}

impl Command for DeleteChannel {
    type Output = Channel;
    type Error = ChannelError;
    const NAME: &'static str = "delete_channel";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel), self.by.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Channel, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.by, now_s).await?;
        standing.may_read()?;
        if !standing.is_creator() {
            return Err(ChannelError::AdminRequired);
        }
        let mut channel = standing.channel;
        if let Some(name) = channel.username.take() {
            accounts::release_username(tx, &name, Peer::Channel(channel.id)).await?;
        }
        if let Some(linked) = channel.linked.take()
            && let Some(mut other) = super::find(tx, linked).await?
        {
            other.linked = None;
            put(tx, &other).await?;
        }
        channel.deleted = true;
        put(tx, &channel).await?;
        // The owner sees it go at once, the others within moments.
        super::members::end(tx, channel.id, self.by).await?;
        let now = tx.now();
        enqueue(tx, now, erase::ERASE_CHANNEL, erase::payload(channel.id)).await?;
        Ok(channel)
    }
}
