//! Channels and supergroups (<https://core.telegram.org/api/channel>).
//!
//! A channel is one mailbox that its members share: it has its own numbers, its own `pts` and its
//! own log. What a member has of it is one dialog row with their marks, so that a post writes
//! nothing per member.

mod create;
mod discussion;
mod edit;
mod erase;
mod invites;
mod members;
mod participants;
mod post;
mod posts;
mod read;
mod roles;
mod standing;
mod views;

pub use create::{CreateChannel, NewChannel};
pub use discussion::{SetDiscussion, discussion_of, thread};
pub use edit::{
    DeleteChannel, EditAbout, EditPhoto, EditTitle, PUBLIC_MAX, SetDefaultBanned, SetPublicName,
    Toggle, Toggles, public_of,
};
pub use invites::{
    EditInvite, ExportInvite, HideRequests, ImportInvite, Imported, Importer, Invite, importers,
    invite, invites_of,
};
pub use members::{AddMembers, Added, CHANNELS_MAX, Join, Joined, Leave};
pub use participants::{Participant, Participants, Which, participant, participants};
pub use post::{Post, SLOW_MODES_S};
pub use posts::{DeletePosts, EditPost, PinPost, UnpinAllPosts, erase_post, may_edit_post};
pub use read::{ReadChannel, ReadMentions, count_unread, read_by_others, unread_mentions};
pub use roles::{EditAdmin, EditBanned};
pub use standing::{Standing, standing};
pub use views::{AddViews, Seen, count};

pub(crate) use create::FIRST_CHANNEL_ID;
pub(crate) use discussion::{DISCUSS, discuss, locks as discuss_locks};
pub(crate) use erase::{ERASE_CHANNEL, erase, locks as erase_locks};
pub(crate) use members::forget_member;
pub(crate) use participants::bots_in;
pub(crate) use post::{NewPost, add_post, kinds_of, take_turn};

use crate::stale;
use heliograph_model::{BannedRights, Channel, ChannelId, Member, Peer, UserId};
use heliograph_store::{Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};
use thiserror::Error;

/// Why something could not be done in a channel.
#[derive(Debug, Error)]
pub enum ChannelError {
    /// There is no such channel.
    #[error("no such channel")]
    Unknown,
    /// The caller is not in it and it is not public, or the caller was removed from it.
    #[error("not the caller's to see")]
    Private,
    /// Only an admin with the right for it may do this.
    #[error("an admin's right is missing")]
    AdminRequired,
    /// Nobody may give or take this right.
    #[error("a right that the caller does not have")]
    RightForbidden,
    /// The person named is not in the channel.
    #[error("not a member")]
    NotMember,
    /// No such person.
    #[error("no such person")]
    UnknownPerson,
    /// Not with the channel's owner.
    #[error("the owner")]
    Creator,
    /// Not with an admin whom the caller has not made.
    #[error("another's admin")]
    OthersAdmin,
    /// The person was removed and must be let in again first.
    #[error("removed from the channel")]
    Kicked,
    /// The person is in it already.
    #[error("a member already")]
    AlreadyMember,
    /// The person does not let this caller add them.
    #[error("does not want to be added")]
    Unwilling,
    /// Members may not write here.
    #[error("members may not write")]
    WriteForbidden,
    /// The caller may not write here.
    #[error("banned from writing")]
    Banned,
    /// Neither text nor media would be left.
    #[error("nothing would be left")]
    Empty,
    /// Members may not send this kind of message here.
    #[error("this kind of message is not allowed")]
    KindForbidden(BannedRights),
    /// The caller must wait so many seconds.
    #[error("slow mode")]
    SlowMode(u32),
    /// Somebody else has the username.
    #[error("the username is taken")]
    UsernameOccupied,
    /// It stands so already.
    #[error("nothing changed")]
    NotModified,
    /// The caller is in too many channels, or has too many public ones.
    #[error("too many channels")]
    TooMany,
    /// The channel is full.
    #[error("the channel is full")]
    Full,
    /// There are as many admins as there may be.
    #[error("too many admins")]
    TooManyAdmins,
    /// The link is not known, was revoked or has run out.
    #[error("the link has expired")]
    LinkExpired,
    /// An admin must let the caller in; they have been asked.
    #[error("waiting to be let in")]
    RequestSent,
    /// Nobody asked to be let in.
    #[error("no request")]
    NoRequest,
    /// No such message.
    #[error("no such message")]
    UnknownMessage,
    /// Only the author may do this.
    #[error("not the author")]
    NotAuthor,
    /// Too late to edit.
    #[error("too old to edit")]
    TooOld,
    /// Not with this kind of channel.
    #[error("another kind of channel")]
    WrongKind,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A channel as it is stored.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(transparent)]
struct ChannelRow(#[n(0)] Channel);

row!(ChannelRow, Table::Channel, key: ());

/// Somebody's place as it is stored, with its channel.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(transparent)]
struct MemberRow(#[n(0)] Member);

row!(MemberRow, Table::Member, key: UserId);

/// The channel with this id, deleted ones included.
pub async fn find(rows: &mut dyn Rows, id: ChannelId) -> Result<Option<Channel>, StoreError> {
    let row: Option<ChannelRow> = rows.find(Peer::Channel(id).into(), &()).await?;
    Ok(row.map(|row| row.0))
}

/// Somebody's place in a channel; `None` for those who never were in it.
pub async fn member(
    rows: &mut dyn Rows,
    channel: ChannelId,
    user: UserId,
) -> Result<Option<Member>, StoreError> {
    let row: Option<MemberRow> = rows.find(Peer::Channel(channel).into(), &user).await?;
    Ok(row.map(|row| row.0))
}

/// The channels that somebody is in.
pub async fn joined(rows: &mut dyn Rows, user: UserId) -> Result<Vec<ChannelId>, StoreError> {
    let dialogs = heliograph_store::mailbox::dialogs(rows, user.into()).await?;
    let channels = dialogs.into_iter().filter(|(_, dialog)| dialog.begun);
    Ok(channels
        .filter_map(|(peer, _)| match peer {
            Peer::Channel(id) => Some(id),
            Peer::User(_) | Peer::Chat(_) => None,
        })
        .collect())
}

/// The channels of somebody's in which something has happened since a moment, in Unix seconds, and
/// where their logs stand.
pub async fn changed_since(
    rows: &mut dyn Rows,
    user: UserId,
    since_s: i32,
) -> Result<Vec<(ChannelId, u32)>, StoreError> {
    let mut changed = Vec::new();
    for channel in joined(rows, user).await? {
        let log = heliograph_store::mailbox::state(rows, channel.into()).await?;
        if log.changed_s >= since_s {
            changed.push((channel, log.pts));
        }
    }
    Ok(changed)
}

/// Writes a channel. The public index hears of what has changed for it.
pub(crate) async fn put(tx: &mut Tx<'_>, channel: &Channel) -> Result<(), StoreError> {
    let before = find(tx, channel.id).await?;
    stale::note_channel(tx, before.as_ref(), channel).await?;
    let owner = Peer::Channel(channel.id).into();
    tx.put(owner, &(), &ChannelRow(channel.clone()))
}

/// Writes somebody's place, and the lists that lead to it.
async fn put_member(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    user: UserId,
    member: &Member,
) -> Result<(), StoreError> {
    let owner = Peer::Channel(channel).into();
    let before = self::member(tx, channel, user).await?;
    for role in participants::Role::ALL {
        let had = before.as_ref().is_some_and(|before| role.is_of(before));
        match (had, role.is_of(member)) {
            (false, true) => tx.put(owner, &(role as u8, user), &participants::RoleRow)?,
            (true, false) => tx.delete::<participants::RoleRow>(owner, &(role as u8, user))?,
            _ => {}
        }
    }
    // Leaving ends neither a ban nor the pause of slow mode.
    let waits = member.next_send > tx.now().seconds();
    let keeps_a_place = member.inside || member.ban.is_some() || waits;
    if keeps_a_place {
        tx.put(owner, &user, &MemberRow(member.clone()))
    } else {
        tx.delete::<MemberRow>(owner, &user)
    }
}
