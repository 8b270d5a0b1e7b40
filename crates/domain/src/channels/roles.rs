//! Admins, restrictions, bans.

use super::members::{Entry, enter, exit};
use super::participants::{Role, RoleRow};
use super::post::announce;
use super::{ChannelError, Standing, put_member, standing};
use heliograph_model::{
    Admin, AdminRights, Ban, BannedRights, ChannelId, Logged, Member, Notice, Peer, ServiceAction,
    UserId,
};
use heliograph_store::{Command, KeyRange, Locks, Order, StoreError, Tx, mailbox};
use std::sync::Arc;

/// How many admins a channel has at most, its owner included.
const ADMINS_MAX: usize = 50;

/// Gives somebody a post, other rights, or takes it from them (no rights).
#[derive(Clone, Debug)]
pub struct EditAdmin {
    /// Where.
    pub channel: ChannelId,
    /// Who decides.
    pub by: UserId,
    /// About whom.
    pub user: UserId,
    /// What they may do; none takes the post from them.
    pub rights: AdminRights,
    /// What the group calls them.
    pub rank: String,
}

impl Command for EditAdmin {
    /// The entry of the channel's log, where somebody came in by it.
    type Output = Option<Arc<Logged>>;
    type Error = ChannelError;
    const NAME: &'static str = "edit_admin";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel), self.user.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, ChannelError> {
        let now_s = tx.now().seconds();
        let giver = standing(tx, self.channel, self.by, now_s).await?;
        let standing = standing(tx, self.channel, self.user, now_s).await?;
        let rights = AdminRights(self.rights.0 & AdminRights::ALL.0);
        giver.may_read()?;
        if standing.is_creator() {
            return self.edit_own_post(tx, &giver, standing, rights).await;
        }
        giver.require(AdminRights::ADD_ADMINS)?;
        if !giver.is_creator() && !giver.has(AdminRights(rights.0 & !AdminRights::ANONYMOUS.0)) {
            return Err(ChannelError::RightForbidden);
        }
        may_change(&giver, &standing)?;
        let had = standing.admin();
        if had.is_none() && rights.0 == 0 {
            return Ok(None);
        }
        let mut logged = None;
        let mut channel = standing.channel.clone();
        if !standing.inside() {
            if standing.is_kicked() {
                return Err(ChannelError::Kicked);
            }
            giver.require(AdminRights::INVITE)?;
            let entry = Entry {
                invited_by: Some(self.by),
                by_request: false,
            };
            enter(tx, &mut channel, self.user, entry).await?;
            if !channel.broadcast {
                let action = ServiceAction::AddUsers(vec![self.user]);
                logged = Some(announce(tx, &channel, self.by, action).await?);
            }
        }
        if had.is_none() && admins(tx, self.channel).await? + 1 >= ADMINS_MAX {
            return Err(ChannelError::TooManyAdmins);
        }
        let place = super::member(tx, self.channel, self.user).await?;
        let mut place = place.ok_or(ChannelError::NotMember)?;
        place.admin = (rights.0 != 0).then_some(Admin {
            rights,
            by: self.by,
            rank: self.rank,
            since: now_s,
        });
        if place.admin.is_some() {
            place.ban = None;
        }
        put_member(tx, self.channel, self.user, &place).await?;
        tell(tx, self.channel, self.user, true).await?;
        Ok(logged)
    }
}

impl EditAdmin {
    /// The owner has every right; only rank and anonymity are theirs to choose.
    async fn edit_own_post(
        self,
        tx: &mut Tx<'_>,
        giver: &Standing,
        standing: Standing,
        rights: AdminRights,
    ) -> Result<Option<Arc<Logged>>, ChannelError> {
        if !giver.is_creator() {
            return Err(ChannelError::Creator);
        }
        let Some(mut place) = standing.member else {
            return Err(ChannelError::NotMember);
        };
        place.admin = Some(Admin {
            rights: AdminRights(rights.0 & AdminRights::ANONYMOUS.0),
            by: self.by,
            rank: self.rank,
            since: standing.now_s,
        });
        put_member(tx, self.channel, self.user, &place).await?;
        tell(tx, self.channel, self.user, true).await?;
        Ok(None)
    }
}

/// Whether `by` may change the post of somebody: the owner may, and whoever gave it.
fn may_change(by: &Standing, of: &Standing) -> Result<(), ChannelError> {
    let post = of.member.as_ref().and_then(|member| member.admin.as_ref());
    match post {
        Some(post) if !by.is_creator() && post.by != by.user => Err(ChannelError::OthersAdmin),
        _ => Ok(()),
    }
}

async fn admins(tx: &mut Tx<'_>, channel: ChannelId) -> Result<usize, StoreError> {
    let range = KeyRange::within(&(Role::Admin as u8));
    let rows: Vec<((u8, UserId), RoleRow)> = tx
        .rows()
        .list(
            Peer::Channel(channel).into(),
            range,
            Order::Ascending,
            ADMINS_MAX,
        )
        .await?;
    Ok(rows.len())
}

/// Tells somebody that their place has changed.
async fn tell(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    user: UserId,
    inside: bool,
) -> Result<(), StoreError> {
    mailbox::note(tx, user.into(), Notice::Channel(channel, inside)).await
}

/// Bans that are to last longer than this, or shorter than [`SHORTEST_S`], last for ever
/// (<https://core.telegram.org/constructor/chatBannedRights>).
const LONGEST_S: i32 = 366 * 86_400;
const SHORTEST_S: i32 = 30;

/// Restricts or removes somebody, or takes that back (no rights forbidden).
#[derive(Clone, Debug)]
pub struct EditBanned {
    /// Where.
    pub channel: ChannelId,
    /// Who decides.
    pub by: UserId,
    /// About whom.
    pub user: UserId,
    /// What they may not do; with [`BannedRights::VIEW`] they are removed.
    pub rights: BannedRights,
    /// Until when, in Unix seconds; 0 for ever.
    pub until: i32,
}

impl Command for EditBanned {
    /// The entry of the channel's log, where somebody was removed who was inside.
    type Output = Option<Arc<Logged>>;
    type Error = ChannelError;
    const NAME: &'static str = "edit_banned";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel), self.user.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, ChannelError> {
        let now_s = tx.now().seconds();
        let judge = standing(tx, self.channel, self.by, now_s).await?;
        let standing = standing(tx, self.channel, self.user, now_s).await?;
        judge.require(AdminRights::BAN)?;
        if standing.is_creator() {
            return Err(ChannelError::Creator);
        }
        may_change(&judge, &standing)?;
        let rights = BannedRights(self.rights.0 & BannedRights::ALL.0);
        let inside = standing.inside();
        let mut place = standing.member.unwrap_or_default();
        // A date of the client's: any number.
        let left_s = self.until.saturating_sub(now_s);
        let lasts = !(SHORTEST_S..=LONGEST_S).contains(&left_s);
        place.ban = (rights.0 != 0).then_some(Ban {
            rights,
            until: if lasts { Ban::FOREVER } else { self.until },
            by: self.by,
            since: now_s,
        });
        let mut channel = standing.channel;
        if !(inside && rights.any(BannedRights::VIEW)) {
            if rights.0 != 0 {
                place.admin = None;
            }
            put_member(tx, self.channel, self.user, &place).await?;
            if inside {
                tell(tx, self.channel, self.user, true).await?;
            }
            return Ok(None);
        }
        let place = Member {
            admin: None,
            ..place
        };
        exit(tx, &mut channel, self.user, self.by, place).await?;
        if channel.broadcast {
            return Ok(None);
        }
        let action = ServiceAction::RemoveUser(self.user);
        Ok(Some(announce(tx, &channel, self.by, action).await?))
    }
}
