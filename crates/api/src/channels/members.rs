//! Who is in a channel: joining, adding, leaving, lists.

use super::full::{everyone, named};
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Everyone, Shown, participant, people_of_participant};
use crate::resolve::page_limit;
use crate::router::{Access, Router};
use crate::settings;
use heliograph_domain::channels::{self, AddMembers, Join, Joined, Leave, Participants, Which};
use heliograph_model::{Peer, UserId};
use heliograph_tl::enums::channels::{ChannelParticipant, ChannelParticipants};
use heliograph_tl::enums::messages::{ChatInviteJoinResult, Chats, InvitedUsers};
use heliograph_tl::enums::{
    ChannelParticipantsFilter, ChatOnlines, InputPeer, PrivacyKey, Updates,
};
use heliograph_tl::{functions as f, types};
use std::collections::BTreeSet;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, join_channel)
        .method(Access::User, Rate::Write, leave_channel)
        .method(Access::User, Rate::Write, invite_to_channel)
        .method(Access::User, Rate::Read, get_participants)
        .method(Access::User, Rate::Read, get_participant)
        .method(Access::User, Rate::Read, get_common_chats);
}

/// `channels.joinChannel`: joins a public channel.
///
/// Fails with `CHANNEL_PRIVATE`, `CHANNELS_TOO_MUCH`, `USER_ALREADY_PARTICIPANT`, `USERS_TOO_MUCH`
/// or `INVITE_REQUEST_SENT`.
async fn join_channel(cx: Ctx, req: f::channels::JoinChannel) -> Result<ChatInviteJoinResult> {
    let user = cx.user()?;
    let channel = cx.channel(&req.channel).await?;
    let joined = cx.write(Join { channel, user }).await?;
    came_in(&cx, channel, joined).await
}

/// The answer to coming in: the channel, or that an admin will decide.
pub(super) async fn came_in(
    cx: &Ctx,
    channel: heliograph_model::ChannelId,
    joined: Joined,
) -> Result<ChatInviteJoinResult> {
    let logged = match joined {
        Joined::In(logged) => logged,
        Joined::Asked => return Err(text::INVITE_REQUEST_SENT.into()),
    };
    let updates = cx.channel_updates(channel, logged).await?;
    Ok(types::messages::ChatInviteJoinResultOk { updates }.into())
}

/// `channels.leaveChannel`: leaves a channel.
///
/// Fails with `USER_NOT_PARTICIPANT`, or `USER_CREATOR` for the owner, who deletes it instead.
async fn leave_channel(cx: Ctx, req: f::channels::LeaveChannel) -> Result<Updates> {
    let user = cx.user()?;
    let channel = cx.channel(&req.channel).await?;
    cx.write(Leave { channel, user }).await?;
    // Who has left reads a private channel no more, so the answer tells the change alone.
    cx.channel_updates(channel, []).await
}

/// `channels.inviteToChannel`: adds people to a channel. Those who let only others add them are
/// named in the answer.
///
/// Fails with `USERS_TOO_FEW`, `USERS_TOO_MUCH`, `USER_ID_INVALID`, `USER_KICKED`,
/// `CHAT_ADMIN_REQUIRED`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
pub(crate) async fn invite_to_channel(
    cx: Ctx,
    req: f::channels::InviteToChannel,
) -> Result<InvitedUsers> {
    let by = cx.user()?;
    let channel = cx.channel(&req.channel).await?;
    if req.users.is_empty() {
        return Err(text::USERS_TOO_FEW.into());
    }
    if req.users.len() > AddMembers::MAX {
        return Err(text::USERS_TOO_MUCH.into());
    }
    let mut users = Vec::with_capacity(req.users.len());
    let mut unwilling = Vec::new();
    let mut view = cx.store.view().await?;
    for user in &req.users {
        let user = cx.resolve_user(&mut *view, user).await?.person.id;
        if !settings::allows(&mut *view, user, &PrivacyKey::ChatInvite, by).await? {
            unwilling.push(user);
        }
        users.push(user);
    }
    drop(view);
    let adding = AddMembers {
        channel,
        by,
        users,
        unwilling,
    };
    let added = cx.write(adding).await?;
    let missing = added.missing.iter().map(|user| {
        types::MissingInvitee {
            user_id: user.0,
            ..Default::default()
        }
        .into()
    });
    Ok(types::messages::InvitedUsers {
        missing_invitees: missing.collect(),
        updates: cx.channel_updates(channel, added.logged).await?,
    }
    .into())
}

/// `channels.getParticipants`: a page of the members. `hash` is not looked at.
///
/// Fails with `CHAT_ADMIN_REQUIRED`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_participants(
    cx: Ctx,
    req: f::channels::GetParticipants,
) -> Result<ChannelParticipants> {
    use ChannelParticipantsFilter as Filter;
    let viewer = cx.viewer()?;
    let standing = named(&cx, &req.channel).await?;
    let which = match req.filter {
        Filter::ChannelParticipantsRecent => Which::Recent,
        Filter::ChannelParticipantsAdmins => Which::Admins,
        Filter::ChannelParticipantsKicked(filter) => Which::Kicked(filter.q),
        Filter::ChannelParticipantsBots => Which::Bots,
        Filter::ChannelParticipantsBanned(filter) => Which::Restricted(filter.q),
        Filter::ChannelParticipantsSearch(filter) => Which::Search(filter.q),
        Filter::ChannelParticipantsContacts(filter) => Which::Contacts(filter.q),
        Filter::ChannelParticipantsMentions(filter) => Which::Search(filter.q.unwrap_or_default()),
    };
    let offset = usize::try_from(req.offset).unwrap_or(0);
    // 200 is what clients ask for.
    let limit = usize::try_from(req.limit)
        .unwrap_or(0)
        .min(PARTICIPANTS_MAX);
    let mut view = cx.store.view().await?;
    let Participants { list, total } =
        channels::participants(&mut *view, &standing, &which, offset, limit).await?;
    let people: BTreeSet<UserId> = list.iter().flat_map(people_of_participant).collect();
    let Everyone { users, chats } = everyone(viewer, &mut *view, people).await?;
    Ok(types::channels::ChannelParticipants {
        count: total as i32,
        participants: list.iter().map(|of| participant(&standing, of)).collect(),
        chats,
        users,
    }
    .into())
}

/// How many members one page holds.
const PARTICIPANTS_MAX: usize = 200;

/// `channels.getParticipant`: somebody's place in a channel.
///
/// Fails with `USER_NOT_PARTICIPANT`, `PARTICIPANT_ID_INVALID`, `CHAT_ADMIN_REQUIRED`,
/// `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_participant(cx: Ctx, req: f::channels::GetParticipant) -> Result<ChannelParticipant> {
    let viewer = cx.viewer()?;
    let standing = named(&cx, &req.channel).await?;
    standing.may_read()?;
    let user = match &req.participant {
        InputPeer::Self_ => viewer.me,
        InputPeer::Channel(_) | InputPeer::Chat(_) => {
            return Err(text::PARTICIPANT_ID_INVALID.into());
        }
        peer => cx
            .peer(peer)
            .await
            .map_err(|_| text::PARTICIPANT_ID_INVALID)?,
    };
    let open = standing.may_see_members() || user == viewer.me;
    if !open {
        return Err(text::CHAT_ADMIN_REQUIRED.into());
    }
    let mut view = cx.store.view().await?;
    let of = channels::participant(&mut *view, standing.channel.id, user).await?;
    let Everyone { users, chats } =
        everyone(viewer, &mut *view, people_of_participant(&of)).await?;
    Ok(types::channels::ChannelParticipant {
        participant: participant(&standing, &of),
        chats,
        users,
    }
    .into())
}

/// `messages.getCommonChats`: the groups that the caller and somebody are both in.
///
/// Fails with `USER_ID_INVALID`.
async fn get_common_chats(cx: Ctx, req: f::messages::GetCommonChats) -> Result<Chats> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let other = cx.resolve_user(&mut *view, &req.user_id).await?.person.id;
    let mut shown = Shown::default();
    for id in channels::joined(&mut *view, viewer.me).await? {
        let place = channels::member(&mut *view, id, other).await?;
        let channel = channels::find(&mut *view, id).await?;
        let common = place.is_some_and(|place| place.inside)
            && channel.is_some_and(|channel| !channel.broadcast && !channel.members_hidden)
            && id.0 > req.max_id;
        if common && shown.channels.len() < page_limit(req.limit) {
            shown.add(id.into());
        }
    }
    let chats = shown.load(viewer, &mut *view).await?.chats;
    Ok(types::messages::Chats { chats }.into())
}

/// How many members of a group are online, as `messages.getOnlines` tells.
pub(crate) async fn onlines(cx: &Ctx, peer: Peer) -> Result<ChatOnlines> {
    let Some(channel) = render::is_channel(peer) else {
        return Err(text::PEER_ID_INVALID.into());
    };
    let standing = cx.standing(channel).await?;
    let mut view = cx.store.view().await?;
    let (mut online, now) = (0, cx.now());
    if standing.may_see_members() {
        let all = channels::participants(&mut *view, &standing, &Which::Recent, 0, ONLINE_LOOK);
        for member in all.await?.list {
            let status = cx.presence.of(member.user, now);
            online += i32::from(matches!(
                status,
                heliograph_domain::presence::Status::Online(_)
            ));
        }
    }
    Ok(types::ChatOnlines { onlines: online }.into())
}

/// How many members are looked at to count those online.
const ONLINE_LOOK: usize = 1000;
