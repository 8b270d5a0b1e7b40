//! Invite links, and asking to be let in (<https://core.telegram.org/api/invites>).

use super::members::{CHANNELS_MAX, Entry, Joined, enter};
use super::post::announce;
use super::{ChannelError, Standing, find, joined, standing};
use heliograph_model::{AdminRights, ChannelId, Owner, Peer, ServiceAction, UserId};
use heliograph_store::{Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};

/// How many links an admin has at most.
const LINKS_MAX: usize = 200;

/// An invite link.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Invite {
    /// What stands behind the `+` of the link: 16 random characters or more.
    #[n(0)]
    pub hash: String,
    /// The channel it leads to.
    #[n(1)]
    pub channel: ChannelId,
    /// The admin who made it.
    #[n(2)]
    pub admin: UserId,
    /// When, in Unix seconds.
    #[n(3)]
    pub date: i32,
    /// Until when it holds, in Unix seconds.
    #[n(4)]
    pub expires: Option<i32>,
    /// How many may come by it.
    #[n(5)]
    pub usage_limit: Option<u32>,
    /// How many have.
    #[n(6)]
    pub usage: u32,
    /// How many wait to be let in.
    #[n(7)]
    pub requested: u32,
    /// Who comes by it waits for an admin.
    #[n(8)]
    pub request_needed: bool,
    /// What its admin calls it; often empty.
    #[n(9)]
    pub title: String,
    /// It leads nowhere any more.
    #[n(10)]
    pub revoked: bool,
    /// The one link of this admin that clients show as *the* link.
    #[n(11)]
    pub permanent: bool,
}

row!(Invite, Table::ChannelInvite, key: String);

/// The way from an admin to a link of theirs.
#[derive(Clone, Copy, Debug, Encode, Decode)]
struct AdminInviteRow;

row!(AdminInviteRow, Table::AdminInvite, key: (UserId, String));

/// Who came by a link, or asks to be let in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Importer {
    /// The link; a public name has none.
    #[n(0)]
    pub hash: Option<String>,
    /// When, in Unix seconds.
    #[n(1)]
    pub date: i32,
    /// Still waiting.
    #[n(2)]
    pub requested: bool,
    /// What they say about themselves.
    #[n(3)]
    pub about: String,
    /// Who let them in.
    #[n(4)]
    pub approved_by: Option<UserId>,
}

row!(Importer, Table::Importer, key: UserId);

fn place_of(hash: &str) -> Owner {
    Owner::of_name(hash.as_bytes())
}

impl Invite {
    /// Whether somebody may still come by it.
    pub fn holds(&self, now_s: i32) -> bool {
        !self.revoked
            && self.expires.is_none_or(|expires| expires > now_s)
            && self.usage_limit.is_none_or(|limit| self.usage < limit)
    }

    fn put(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.put(place_of(&self.hash), &self.hash, self)
    }
}

/// The link with this hash, whether it still holds or not.
pub async fn invite(rows: &mut dyn Rows, hash: &str) -> Result<Option<Invite>, StoreError> {
    rows.find(place_of(hash), &hash.to_owned()).await
}

/// The links of an admin, newest first.
pub async fn invites_of(
    rows: &mut dyn Rows,
    channel: ChannelId,
    admin: UserId,
) -> Result<Vec<Invite>, StoreError> {
    let range = KeyRange::within(&admin);
    let listed: Vec<((UserId, String), AdminInviteRow)> = rows
        .list(
            Peer::Channel(channel).into(),
            range,
            Order::Ascending,
            LINKS_MAX + 1,
        )
        .await?;
    let mut invites = Vec::with_capacity(listed.len());
    for ((_, hash), _) in listed {
        invites.extend(invite(rows, &hash).await?);
    }
    invites.sort_by_key(|invite| std::cmp::Reverse(invite.date));
    Ok(invites)
}

/// Makes a link.
#[derive(Clone, Debug)]
pub struct ExportInvite {
    /// Where it leads.
    pub channel: ChannelId,
    /// Who makes it.
    pub by: UserId,
    /// Its hash: random, from the caller.
    pub hash: String,
    /// Until when, in Unix seconds.
    pub expires: Option<i32>,
    /// How many may come by it.
    pub usage_limit: Option<u32>,
    /// Who comes by it waits for an admin.
    pub request_needed: bool,
    /// What the admin calls it.
    pub title: String,
    /// In place of the admin's permanent link, which ends.
    pub permanent: bool,
}

impl Command for ExportInvite {
    type Output = Invite;
    type Error = ChannelError;
    const NAME: &'static str = "export_invite";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Invite, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.by, now_s).await?;
        standing.require(AdminRights::INVITE)?;
        let invites = invites_of(tx, self.channel, self.by).await?;
        if invites.len() >= LINKS_MAX {
            return Err(ChannelError::TooMany);
        }
        if self.permanent {
            for mut before in invites.into_iter().filter(|invite| invite.permanent) {
                before.permanent = false;
                before.revoked = true;
                before.put(tx)?;
            }
        }
        let invite = Invite {
            hash: self.hash,
            channel: self.channel,
            admin: self.by,
            date: now_s,
            expires: self.expires,
            usage_limit: self.usage_limit,
            usage: 0,
            requested: 0,
            request_needed: self.request_needed,
            title: self.title,
            revoked: false,
            permanent: self.permanent,
        };
        invite.put(tx)?;
        let owner = standing.peer().into();
        tx.put(owner, &(self.by, invite.hash.clone()), &AdminInviteRow)?;
        Ok(invite)
    }
}

/// Changes or revokes a link; `None` leaves a part as it is.
#[derive(Clone, Debug)]
pub struct EditInvite {
    /// Where it leads.
    pub channel: ChannelId,
    /// Who changes it: the admin who made it, or the owner.
    pub by: UserId,
    /// Which.
    pub hash: String,
    /// Until when, in Unix seconds; `Some(None)` for ever.
    pub expires: Option<Option<i32>>,
    /// How many may come by it; `Some(None)` for any number.
    pub usage_limit: Option<Option<u32>>,
    /// Who comes by it waits for an admin.
    pub request_needed: Option<bool>,
    /// What the admin calls it.
    pub title: Option<String>,
    /// It ends.
    pub revoke: bool,
    /// It is forgotten altogether, once revoked.
    pub delete: bool,
}

impl Command for EditInvite {
    type Output = Invite;
    type Error = ChannelError;
    const NAME: &'static str = "edit_invite";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Invite, ChannelError> {
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.by, now_s).await?;
        standing.require(AdminRights::INVITE)?;
        let invite = invite(tx, &self.hash).await?;
        let mut invite = invite
            .filter(|invite| invite.channel == self.channel)
            .ok_or(ChannelError::LinkExpired)?;
        if invite.admin != self.by && !standing.is_creator() {
            return Err(ChannelError::AdminRequired);
        }
        if self.delete {
            if !invite.revoked {
                return Err(ChannelError::NotModified);
            }
            tx.delete::<Invite>(place_of(&invite.hash), &invite.hash)?;
            let key = (invite.admin, invite.hash.clone());
            tx.delete::<AdminInviteRow>(standing.peer().into(), &key)?;
            return Ok(invite);
        }
        invite.revoked |= self.revoke;
        if invite.revoked {
            invite.permanent = false;
        }
        invite.expires = self.expires.unwrap_or(invite.expires);
        invite.usage_limit = self.usage_limit.unwrap_or(invite.usage_limit);
        invite.request_needed = self.request_needed.unwrap_or(invite.request_needed);
        if let Some(title) = self.title {
            invite.title = title;
        }
        invite.put(tx)?;
        Ok(invite)
    }
}

/// What coming by a link has led to, and where.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The channel.
    pub channel: ChannelId,
    /// In, or waiting.
    pub joined: Joined,
}

/// Comes by a link.
#[derive(Clone, Debug)]
pub struct ImportInvite {
    /// The link's hash.
    pub hash: String,
    /// The channel it leads to, which the caller has looked up: what is locked must be known before.
    pub channel: ChannelId,
    /// Who comes.
    pub user: UserId,
}

impl Command for ImportInvite {
    type Output = Imported;
    type Error = ChannelError;
    const NAME: &'static str = "import_invite";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel), self.user.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Imported, ChannelError> {
        let now_s = tx.now().seconds();
        let invite = invite(tx, &self.hash).await?;
        let mut invite = invite
            .filter(|invite| invite.channel == self.channel && invite.holds(now_s))
            .ok_or(ChannelError::LinkExpired)?;
        let standing = standing(tx, self.channel, self.user, now_s).await?;
        if standing.inside() {
            return Err(ChannelError::AlreadyMember);
        }
        if standing.channel.deleted || standing.is_kicked() {
            return Err(ChannelError::LinkExpired);
        }
        if joined(tx, self.user).await?.len() >= CHANNELS_MAX {
            return Err(ChannelError::TooMany);
        }
        if invite.request_needed {
            let waits = waiting(tx, self.channel, self.user).await?;
            if !waits {
                invite.requested += 1;
                invite.put(tx)?;
            }
            ask(tx, self.channel, self.user, self.hash).await?;
            let (channel, joined) = (self.channel, Joined::Asked);
            return Ok(Imported { channel, joined });
        }
        let mut channel = standing.channel;
        let entry = Entry {
            invited_by: Some(invite.admin),
            by_request: false,
        };
        enter(tx, &mut channel, self.user, entry).await?;
        invite.usage += 1;
        invite.put(tx)?;
        let came = Importer {
            hash: Some(self.hash),
            date: now_s,
            requested: false,
            about: String::new(),
            approved_by: None,
        };
        tx.put(Peer::Channel(channel.id).into(), &self.user, &came)?;
        let told = if channel.broadcast {
            None
        } else {
            let action = ServiceAction::JoinedByLink(invite.admin);
            Some(announce(tx, &channel, self.user, action).await?)
        };
        Ok(Imported {
            channel: channel.id,
            joined: Joined::In(told),
        })
    }
}

async fn waiting(tx: &mut Tx<'_>, channel: ChannelId, user: UserId) -> Result<bool, StoreError> {
    let importer: Option<Importer> = tx.find(Peer::Channel(channel).into(), &user).await?;
    Ok(importer.is_some_and(|importer| importer.requested))
}

/// Notes that somebody asks to be let in; without a link (an empty hash) by the public name.
pub(super) async fn ask(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    user: UserId,
    hash: String,
) -> Result<(), StoreError> {
    let about = crate::accounts::find(tx, user).await?;
    let request = Importer {
        hash: Some(hash).filter(|hash| !hash.is_empty()),
        date: tx.now().seconds(),
        requested: true,
        about: about
            .map(|a| a.person.about.as_str().to_owned())
            .unwrap_or_default(),
        approved_by: None,
    };
    tx.put(Peer::Channel(channel).into(), &user, &request)
}

/// How many that came or wait are read at most.
const IMPORTERS_MAX: usize = 10_000;

/// Those who came by a link of the channel, or by any, or who wait to be let in; newest first.
pub async fn importers(
    rows: &mut dyn Rows,
    viewer: &Standing,
    requested: bool,
    hash: Option<&str>,
) -> Result<Vec<(UserId, Importer)>, ChannelError> {
    viewer.require(AdminRights::INVITE)?;
    let mut found: Vec<(UserId, Importer)> = rows
        .list(
            viewer.peer().into(),
            KeyRange::all(),
            Order::Ascending,
            IMPORTERS_MAX,
        )
        .await?;
    found.retain(|(_, importer)| {
        importer.requested == requested
            && hash.is_none_or(|hash| importer.hash.as_deref() == Some(hash))
    });
    found.sort_by_key(|(user, importer)| (std::cmp::Reverse(importer.date), *user));
    Ok(found)
}

/// Lets people in who wait, or turns them away.
#[derive(Clone, Debug)]
pub struct HideRequests {
    /// Where.
    pub channel: ChannelId,
    /// Who decides.
    pub by: UserId,
    /// Of whom, at most [`AddMembers::MAX`](super::AddMembers::MAX) at a time.
    pub users: Vec<UserId>,
    /// In, or away.
    pub approve: bool,
}

impl Command for HideRequests {
    /// How many waited.
    type Output = usize;
    type Error = ChannelError;
    const NAME: &'static str = "hide_requests";

    fn locks(&self) -> Locks {
        let people = self.users.iter().copied().map(Peer::User);
        Locks::of(people.chain([Peer::Channel(self.channel)]))
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<usize, ChannelError> {
        let now_s = tx.now().seconds();
        let judge = standing(tx, self.channel, self.by, now_s).await?;
        judge.require(AdminRights::INVITE)?;
        let owner = judge.peer().into();
        let mut decided = 0;
        for user in &self.users {
            let request: Option<Importer> = tx.find(owner, user).await?;
            let Some(mut request) = request.filter(|request| request.requested) else {
                continue;
            };
            decided += 1;
            if let Some(hash) = &request.hash
                && let Some(mut invite) = invite(tx, hash).await?
            {
                invite.requested = invite.requested.saturating_sub(1);
                invite.usage += u32::from(self.approve);
                invite.put(tx)?;
            }
            if !self.approve {
                tx.delete::<Importer>(owner, user)?;
                continue;
            }
            request.requested = false;
            request.approved_by = Some(self.by);
            tx.put(owner, user, &request)?;
            let Some(mut channel) = find(tx, self.channel).await? else {
                continue;
            };
            if standing(tx, self.channel, *user, now_s).await?.inside() {
                continue;
            }
            let entry = Entry {
                invited_by: Some(self.by),
                by_request: true,
            };
            enter(tx, &mut channel, *user, entry).await?;
            if !channel.broadcast {
                announce(tx, &channel, *user, ServiceAction::JoinedByRequest).await?;
            }
        }
        if decided == 0 {
            return Err(ChannelError::NoRequest);
        }
        Ok(decided)
    }
}
