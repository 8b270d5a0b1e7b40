//! What somebody may do in a channel.

use super::{ChannelError, find, member};
use heliograph_model::{AdminRights, BannedRights, Channel, ChannelId, Member, Peer, UserId};
use heliograph_store::{Rows, StoreError};

/// Somebody before a channel: who they are there, and so what they may do.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The channel.
    pub channel: Channel,
    /// Who.
    pub user: UserId,
    /// Their place, where they have one.
    pub member: Option<Member>,
    /// The moment for which it is asked, in Unix seconds: bans end by themselves.
    pub now_s: i32,
    /// A group whose messages are the comments of a public channel: anyone may read them.
    pub open_comments: bool,
}

/// How somebody stands before a channel; [`ChannelError::Unknown`] where there is none.
///
/// A channel that was deleted is nobody's to see, but for its title.
pub async fn standing(
    rows: &mut dyn Rows,
    channel: ChannelId,
    user: UserId,
    now_s: i32,
) -> Result<Standing, ChannelError> {
    let channel = find(rows, channel).await?.ok_or(ChannelError::Unknown)?;
    let member = member(rows, channel.id, user).await?;
    let inside = member.as_ref().is_some_and(|member| member.inside);
    let open_comments = !inside && comments_of_a_public_channel(rows, &channel).await?;
    Ok(Standing {
        channel,
        user,
        member,
        now_s,
        open_comments,
    })
}

async fn comments_of_a_public_channel(
    rows: &mut dyn Rows,
    channel: &Channel,
) -> Result<bool, StoreError> {
    let Some(linked) = channel.linked.filter(|_| !channel.broadcast) else {
        return Ok(false);
    };
    let broadcast = find(rows, linked).await?;
    Ok(broadcast.is_some_and(|broadcast| broadcast.username.is_some()))
}

impl Standing {
    /// The channel as a peer.
    pub fn peer(&self) -> Peer {
        Peer::Channel(self.channel.id)
    }

    /// Whether they are in it.
    pub fn inside(&self) -> bool {
        self.member.as_ref().is_some_and(|member| member.inside)
    }

    /// Whether it is theirs.
    pub fn is_creator(&self) -> bool {
        self.channel.creator == self.user
    }

    /// Their rights as an admin; the owner has all, `None` for everyone else. The owner is
    /// anonymous only where they chose to be.
    pub fn admin(&self) -> Option<AdminRights> {
        let own = self
            .member
            .as_ref()
            .and_then(|member| member.admin.as_ref());
        if self.is_creator() && self.inside() {
            let anonymous = own.is_some_and(|own| own.rights.has(AdminRights::ANONYMOUS));
            let all = AdminRights::ALL.0;
            return Some(AdminRights(if anonymous {
                all
            } else {
                all & !AdminRights::ANONYMOUS.0
            }));
        }
        own.map(|admin| admin.rights)
    }

    /// What the group calls them, where it calls them anything.
    pub fn rank(&self) -> Option<&str> {
        let post = self.member.as_ref()?.admin.as_ref()?;
        Some(post.rank.as_str()).filter(|rank| !rank.is_empty())
    }

    /// Whether they may do what an admin with `rights` may.
    pub fn has(&self, rights: AdminRights) -> bool {
        self.admin().is_some_and(|own| own.has(rights))
    }

    /// The same as an error.
    pub fn require(&self, rights: AdminRights) -> Result<(), ChannelError> {
        self.may_read()?;
        if self.has(rights) {
            Ok(())
        } else {
            Err(ChannelError::AdminRequired)
        }
    }

    /// What a ban of their own keeps them from.
    pub fn own_ban(&self) -> BannedRights {
        self.member
            .as_ref()
            .map(|member| member.banned(self.now_s))
            .unwrap_or_default()
    }

    /// Whether they were removed and may not come back.
    pub fn is_kicked(&self) -> bool {
        self.own_ban().any(BannedRights::VIEW)
    }

    /// Whether they may read it: members, and anyone where it is public.
    pub fn may_read(&self) -> Result<(), ChannelError> {
        let open = self.channel.username.is_some() || self.open_comments;
        if self.channel.deleted || self.is_kicked() || !(self.inside() || open) {
            return Err(ChannelError::Private);
        }
        Ok(())
    }

    /// Whether they may do as a member what `right` forbids: admins with `as_admin` always,
    /// members where neither the group nor a ban of their own forbids it. What a public group is, and
    /// what is pinned there, is for its admins alone: anybody can be a member.
    pub fn may(&self, right: BannedRights, as_admin: AdminRights) -> Result<(), ChannelError> {
        self.may_read()?;
        if self.has(as_admin) {
            return Ok(());
        }
        let shown_to_all = BannedRights(BannedRights::CHANGE_INFO.0 | BannedRights::PIN.0);
        let forbidden = self.channel.broadcast
            || (self.channel.username.is_some() && shown_to_all.any(right))
            || !self.inside()
            || self.own_ban().any(right)
            || self.channel.default_banned.any(right);
        if forbidden {
            return Err(ChannelError::AdminRequired);
        }
        Ok(())
    }

    /// Whether they may write a message that needs none of `kinds` forbidden.
    pub fn may_write(&self, kinds: BannedRights) -> Result<(), ChannelError> {
        self.may_read()?;
        if self.channel.broadcast {
            return if self.has(AdminRights::POST) {
                Ok(())
            } else {
                Err(ChannelError::AdminRequired)
            };
        }
        if self.admin().is_some() {
            return Ok(());
        }
        let commenting = self.channel.linked.is_some() && !self.channel.join_to_send;
        if !self.inside() && !commenting {
            return Err(ChannelError::WriteForbidden);
        }
        let own = self.own_ban();
        if own.any(BannedRights::SEND) {
            return Err(ChannelError::Banned);
        }
        if self.channel.default_banned.any(BannedRights::SEND) {
            return Err(ChannelError::WriteForbidden);
        }
        if own.and(self.channel.default_banned).any(kinds) {
            return Err(ChannelError::KindForbidden(kinds));
        }
        Ok(())
    }

    /// How long slow mode still keeps them from writing, in seconds.
    pub fn slow_mode_wait_s(&self) -> Option<u32> {
        if self.channel.slow_mode_s == 0 || self.admin().is_some() {
            return None;
        }
        let next = self.member.as_ref().map_or(0, |member| member.next_send);
        u32::try_from(next - self.now_s)
            .ok()
            .filter(|wait| *wait > 0)
    }

    /// Whether the list of members is shown to them.
    pub fn may_see_members(&self) -> bool {
        let open = !self.channel.broadcast && !self.channel.members_hidden;
        self.may_read().is_ok()
            && (self.admin().is_some() || (open && self.inside()) || {
                open && self.channel.username.is_some()
            })
    }
}
