//! Who is in a channel.

use super::{ChannelError, MemberRow, Standing, member};
use crate::{accounts, contacts};
use heliograph_model::{BannedRights, ChannelId, Member, Peer, Person, UserId};
use heliograph_store::{KeyRange, Order, Rows, StoreError, Table, row};
use minicbor::{Decode, Encode};

/// A list of members that is kept beside the members themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Role {
    Admin = 0,
    Restricted = 1,
    Kicked = 2,
    Bot = 3,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Admin, Role::Restricted, Role::Kicked, Role::Bot];

    /// Whether somebody with this place stands on the list. A ban stays listed after its end; who
    /// reads the list looks at the date.
    pub fn is_of(self, member: &Member) -> bool {
        let banned_from = |right| member.ban.as_ref().is_some_and(|ban| ban.rights.any(right));
        let kicked = banned_from(BannedRights::VIEW);
        match self {
            Role::Admin => member.inside && member.admin.is_some(),
            Role::Restricted => member.ban.is_some() && !kicked,
            Role::Kicked => kicked,
            Role::Bot => member.inside && member.bot,
        }
    }
}

/// That somebody stands on a list.
#[derive(Clone, Copy, Debug, Encode, Decode)]
pub(super) struct RoleRow;

// By the list's number, then by who.
row!(RoleRow, Table::Role, key: (u8, UserId));

/// Which members are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Everyone.
    Recent,
    /// The admins, the owner first.
    Admins,
    /// Those who were removed and may not come back.
    Kicked(String),
    /// Those who may do less than others.
    Restricted(String),
    /// Bots.
    Bots,
    /// Those whose name begins with this.
    Search(String),
    /// Those in the caller's address book.
    Contacts(String),
}

/// Somebody and their place.
#[derive(Clone, Debug)]
pub struct Participant {
    /// Who.
    pub user: UserId,
    /// Their place.
    pub member: Member,
}

/// A page of the list.
#[derive(Clone, Debug, Default)]
pub struct Participants {
    /// The members.
    pub list: Vec<Participant>,
    /// How many there are in all.
    pub total: usize,
}

/// Somebody's place; [`ChannelError::NotMember`] for those who have none.
pub async fn participant(
    rows: &mut dyn Rows,
    channel: ChannelId,
    user: UserId,
) -> Result<Participant, ChannelError> {
    let member = member(rows, channel, user).await?;
    let member = member.ok_or(ChannelError::NotMember)?;
    Ok(Participant { user, member })
}

/// How many members a search by name looks at.
const SEARCH_MAX: usize = 10_000;

/// How many members a page passes over and reads at a time.
const BATCH: usize = 1000;

/// A page of members, for somebody who may see it.
///
/// Lists of removed and restricted members are for admins; so is every list of a broadcast.
pub async fn participants(
    rows: &mut dyn Rows,
    viewer: &Standing,
    which: &Which,
    offset: usize,
    limit: usize,
) -> Result<Participants, ChannelError> {
    viewer.may_read()?;
    let for_admins = matches!(which, Which::Kicked(_) | Which::Restricted(_));
    let for_all = matches!(which, Which::Admins | Which::Bots) && !viewer.channel.broadcast;
    let allowed =
        viewer.admin().is_some() || (!for_admins && (for_all || viewer.may_see_members()));
    if !allowed {
        return Err(ChannelError::AdminRequired);
    }
    let channel = viewer.channel.id;
    if *which == Which::Recent {
        let list = everyone(rows, channel, offset, limit).await?;
        let total = viewer.channel.members as usize;
        return Ok(Participants { list, total });
    }
    let mut found = match which {
        Which::Recent => Vec::new(),
        Which::Admins => admins(rows, viewer).await?,
        Which::Bots => on_list(rows, channel, Role::Bot).await?,
        Which::Kicked(_) => on_list(rows, channel, Role::Kicked).await?,
        Which::Restricted(_) => on_list(rows, channel, Role::Restricted).await?,
        Which::Search(_) => everyone(rows, channel, 0, SEARCH_MAX).await?,
        Which::Contacts(_) => contacts_among(rows, viewer).await?,
    };
    if for_admins {
        found.retain(|found| found.member.banned(viewer.now_s) != BannedRights::default());
    }
    if let Which::Kicked(query)
    | Which::Restricted(query)
    | Which::Search(query)
    | Which::Contacts(query) = which
    {
        let query = query.trim().to_lowercase();
        if !query.is_empty() {
            found = named(rows, found, &query).await?;
        }
    }
    let total = found.len();
    let list = found.into_iter().skip(offset).take(limit).collect();
    Ok(Participants { list, total })
}

async fn everyone(
    rows: &mut dyn Rows,
    channel: ChannelId,
    offset: usize,
    limit: usize,
) -> Result<Vec<Participant>, StoreError> {
    let owner = Peer::Channel(channel).into();
    let mut list = Vec::new();
    let mut range = KeyRange::all();
    let mut passed = 0;
    while list.len() < limit {
        let batch: Vec<(UserId, MemberRow)> = rows
            .list(owner, range.clone(), Order::Ascending, BATCH)
            .await?;
        let Some((last, _)) = batch.last() else { break };
        range = range.from(&UserId(last.0 + 1));
        for (user, MemberRow(member)) in batch {
            if !member.inside {
                continue;
            }
            passed += 1;
            if passed > offset && list.len() < limit {
                list.push(Participant { user, member });
            }
        }
    }
    Ok(list)
}

async fn on_list(
    rows: &mut dyn Rows,
    channel: ChannelId,
    role: Role,
) -> Result<Vec<Participant>, StoreError> {
    let owner = Peer::Channel(channel).into();
    let range = KeyRange::within(&(role as u8));
    let listed: Vec<((u8, UserId), RoleRow)> = rows
        .list(owner, range, Order::Ascending, SEARCH_MAX)
        .await?;
    let mut list = Vec::with_capacity(listed.len());
    for ((_, user), _) in listed {
        if let Some(member) = member(rows, channel, user).await? {
            list.push(Participant { user, member });
        }
    }
    Ok(list)
}

/// The bots in a channel, at most `limit`.
pub(crate) async fn bots_in(
    rows: &mut dyn Rows,
    channel: ChannelId,
    limit: usize,
) -> Result<Vec<UserId>, StoreError> {
    let range = KeyRange::within(&(Role::Bot as u8));
    let listed: Vec<((u8, UserId), RoleRow)> = rows
        .list(channel.into(), range, Order::Ascending, limit)
        .await?;
    Ok(listed.into_iter().map(|((_, bot), _)| bot).collect())
}

async fn admins(rows: &mut dyn Rows, viewer: &Standing) -> Result<Vec<Participant>, StoreError> {
    let channel = &viewer.channel;
    let mut list = on_list(rows, channel.id, Role::Admin).await?;
    list.retain(|admin| admin.user != channel.creator);
    // Who is anonymous is seen by other admins only.
    if viewer.admin().is_none() {
        list.retain(|admin| {
            let post = admin.member.admin.as_ref();
            !post.is_some_and(|post| post.rights.has(heliograph_model::AdminRights::ANONYMOUS))
        });
    }
    if let Some(member) = member(rows, channel.id, channel.creator).await?
        && member.inside
    {
        let user = channel.creator;
        list.insert(0, Participant { user, member });
    }
    Ok(list)
}

async fn contacts_among(
    rows: &mut dyn Rows,
    viewer: &Standing,
) -> Result<Vec<Participant>, StoreError> {
    let mut list = Vec::new();
    for (user, _) in contacts::list(rows, viewer.user).await? {
        if let Some(member) = member(rows, viewer.channel.id, user).await?
            && member.inside
        {
            list.push(Participant { user, member });
        }
    }
    Ok(list)
}

/// Those whose first or last name, or username, begins with `query`.
async fn named(
    rows: &mut dyn Rows,
    list: Vec<Participant>,
    query: &str,
) -> Result<Vec<Participant>, StoreError> {
    let mut kept = Vec::new();
    for found in list {
        let account = accounts::find(rows, found.user).await?;
        if account.is_some_and(|account| name_begins(&account.person, query)) {
            kept.push(found);
        }
    }
    Ok(kept)
}

fn name_begins(person: &Person, query: &str) -> bool {
    let first = person.first_name.as_ref().map_or("", |name| name.as_str());
    let full = format!("{first} {}", person.last_name.as_str()).to_lowercase();
    let username = person
        .username
        .as_ref()
        .map(heliograph_model::Username::folded);
    full.starts_with(query)
        || full.split(' ').any(|word| word.starts_with(query))
        || username.is_some_and(|name| name.starts_with(query.trim_start_matches('@')))
}
