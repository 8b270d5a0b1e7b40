//! Changing what a channel is.

use super::full::{named, parse};
use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::render::{self, parse_banned_rights};
use crate::router::{Access, Router};
use heliograph_domain::accounts;
use heliograph_domain::bus::Signal;
use heliograph_domain::channels::{
    self, ChannelError, DeleteChannel, EditAbout, EditTitle, SLOW_MODES_S, SetDefaultBanned,
    SetDiscussion, SetPublicName, Toggle, Toggles, public_of,
};
use heliograph_domain::services;
use heliograph_model::{AdminRights, Channel, ChannelId, Peer, Username};
use heliograph_tl::enums::messages::Chats;
use heliograph_tl::enums::{InputChannel, Updates};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, edit_title)
        .method(Access::User, Rate::Write, edit_chat_about)
        .method(Access::User, Rate::Lookup, check_username)
        .method(Access::User, Rate::Write, update_username)
        .method(Access::User, Rate::Read, get_admined_public_channels)
        .method(Access::User, Rate::Write, toggle_signatures)
        .method(Access::User, Rate::Write, toggle_slow_mode)
        .method(Access::User, Rate::Write, toggle_join_request)
        .method(Access::User, Rate::Write, toggle_join_to_send)
        .method(Access::User, Rate::Write, toggle_participants_hidden)
        .method(Access::User, Rate::Write, toggle_no_forwards)
        .method(Access::User, Rate::Write, edit_chat_default_banned_rights)
        .method(Access::User, Rate::Read, get_groups_for_discussion)
        .method(Access::User, Rate::Write, set_discussion_group)
        .method(Access::User, Rate::Write, delete_channel);
}

/// `channels.editTitle`: gives a channel another title, and tells its members by a message.
///
/// Fails with `CHAT_TITLE_EMPTY`, `CHAT_ADMIN_REQUIRED`, `CHAT_NOT_MODIFIED`, `CHANNEL_INVALID`,
/// `CHANNEL_PRIVATE` or `PUBLICATION_REFUSED`.
async fn edit_title(cx: Ctx, req: f::channels::EditTitle) -> Result<Updates> {
    let by = cx.user()?;
    let channel = cx.channel(&req.channel).await?;
    let (title, _) = parse(&req.title, "")?;
    let changed = title.clone();
    cx.check_face(channel, |it| it.title = changed).await?;
    let logged = cx.write(EditTitle { channel, by, title }).await?;
    cx.channel_changed(channel, [logged]).await
}

/// `messages.editChatAbout`: gives a channel another description.
///
/// Fails with `CHAT_ABOUT_TOO_LONG`, `CHAT_ABOUT_NOT_MODIFIED` and as [`edit_title`] does.
async fn edit_chat_about(cx: Ctx, req: f::messages::EditChatAbout) -> Result<bool> {
    let by = cx.user()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let (_, about) = parse("-", &req.about)?;
    let changed = about.clone();
    cx.check_face(channel, |it| it.about = changed).await?;
    let edited = cx.write(EditAbout { channel, by, about }).await;
    edited.map_err(|error| match error {
        ChannelError::NotModified => text::CHAT_ABOUT_NOT_MODIFIED.into(),
        other => RpcError::from(other),
    })?;
    cx.publish(Signal::ChannelChanged { channel });
    Ok(true)
}

/// `channels.checkUsername`: whether a channel could have this username; `channel` may be empty
/// while it is not made yet.
///
/// Fails with `USERNAME_INVALID`, `USERNAME_OCCUPIED` or `CHANNELS_ADMIN_PUBLIC_TOO_MUCH`.
async fn check_username(cx: Ctx, req: f::channels::CheckUsername) -> Result<bool> {
    let me = cx.user()?;
    let channel = match &req.channel {
        InputChannel::Empty => None,
        named => Some(cx.channel(named).await?),
    };
    let name = Username::parse(&req.username)?;
    let mut view = cx.store.view().await?;
    let holder = accounts::find_username(&mut *view, &name).await?;
    let free = holder.is_none_or(|holder| channel.is_some_and(|id| holder == Peer::Channel(id)));
    if !free || services::is_reserved(&name) {
        return Err(text::USERNAME_OCCUPIED.into());
    }
    let public = public_of(&mut *view, me).await?;
    let counts = public.iter().filter(|other| Some(other.id) != channel);
    if counts.count() >= channels::PUBLIC_MAX {
        return Err(text::CHANNELS_ADMIN_PUBLIC_TOO_MUCH.into());
    }
    Ok(true)
}

/// `channels.updateUsername`: makes a channel public under a name, or private (an empty name).
///
/// Fails with `USERNAME_INVALID`, `USERNAME_OCCUPIED`, `USERNAME_NOT_MODIFIED`,
/// `CHANNELS_ADMIN_PUBLIC_TOO_MUCH`, `CHAT_ADMIN_REQUIRED` or `PUBLICATION_REFUSED`.
async fn update_username(cx: Ctx, req: f::channels::UpdateUsername) -> Result<bool> {
    let by = cx.user()?;
    let channel = cx.channel(&req.channel).await?;
    let username = match req.username.as_str() {
        "" => None,
        name => Some(Username::parse(name)?),
    };
    let named = username.clone();
    cx.check_face(channel, |it| it.username = named).await?;
    let set = SetPublicName {
        channel,
        by,
        username,
    };
    cx.write(set).await.map_err(|error| match error {
        ChannelError::NotModified => text::USERNAME_NOT_MODIFIED.into(),
        ChannelError::TooMany => text::CHANNELS_ADMIN_PUBLIC_TOO_MUCH.into(),
        other => RpcError::from(other),
    })?;
    cx.publish(Signal::ChannelChanged { channel });
    Ok(true)
}

/// `channels.getAdminedPublicChannels`: the public channels that the caller owns.
///
/// With `check_limit`, fails with `CHANNELS_ADMIN_PUBLIC_TOO_MUCH` where there can be no more.
async fn get_admined_public_channels(
    cx: Ctx,
    req: f::channels::GetAdminedPublicChannels,
) -> Result<Chats> {
    let me = cx.user()?;
    let mut view = cx.store.view().await?;
    let public = public_of(&mut *view, me).await?;
    if req.check_limit && public.len() >= channels::PUBLIC_MAX {
        return Err(text::CHANNELS_ADMIN_PUBLIC_TOO_MUCH.into());
    }
    drop(view);
    chats(&cx, public).await
}

async fn chats(cx: &Ctx, channels: Vec<Channel>) -> Result<Chats> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let mut chats = Vec::with_capacity(channels.len());
    for channel in channels {
        chats.extend(render::chat(viewer, &mut *view, channel.id).await?);
    }
    Ok(types::messages::Chats { chats }.into())
}

async fn toggle(cx: &Ctx, channel: ChannelId, toggle: Toggle) -> Result<Updates> {
    let by = cx.user()?;
    let set = Toggles {
        channel,
        by,
        toggle,
    };
    cx.write(set).await?;
    cx.channel_changed(channel, []).await
}

/// `channels.toggleSignatures`: whether posts of a broadcast are signed with their author's name.
///
/// Fails with `CHAT_ADMIN_REQUIRED`, `CHAT_NOT_MODIFIED`, `CHANNEL_INVALID` for a group.
async fn toggle_signatures(cx: Ctx, req: f::channels::ToggleSignatures) -> Result<Updates> {
    let channel = cx.channel(&req.channel).await?;
    toggle(&cx, channel, Toggle::Signatures(req.signatures_enabled)).await
}

/// `channels.toggleSlowMode`: the pause between two messages of a member of a group.
///
/// Fails with `SECONDS_INVALID` and as [`toggle_signatures`] does.
async fn toggle_slow_mode(cx: Ctx, req: f::channels::ToggleSlowMode) -> Result<Updates> {
    let channel = cx.channel(&req.channel).await?;
    let pause_s = u32::try_from(req.seconds).ok();
    let pause_s = pause_s.filter(|pause_s| SLOW_MODES_S.contains(pause_s));
    let pause_s = pause_s.ok_or(text::SECONDS_INVALID)?;
    toggle(&cx, channel, Toggle::SlowMode(pause_s)).await
}

/// `channels.toggleJoinRequest`: who joins a public group waits for an admin.
///
/// Fails as [`toggle_signatures`] does.
async fn toggle_join_request(cx: Ctx, req: f::channels::ToggleJoinRequest) -> Result<Updates> {
    let channel = cx.channel(&req.channel).await?;
    toggle(&cx, channel, Toggle::JoinRequest(req.enabled)).await
}

/// `channels.toggleJoinToSend`: only members comment in a discussion group.
///
/// Fails as [`toggle_signatures`] does.
async fn toggle_join_to_send(cx: Ctx, req: f::channels::ToggleJoinToSend) -> Result<Updates> {
    let channel = cx.channel(&req.channel).await?;
    toggle(&cx, channel, Toggle::JoinToSend(req.enabled)).await
}

/// `channels.toggleParticipantsHidden`: only admins see who is in a group.
///
/// Fails as [`toggle_signatures`] does.
async fn toggle_participants_hidden(
    cx: Ctx,
    req: f::channels::ToggleParticipantsHidden,
) -> Result<Updates> {
    let channel = cx.channel(&req.channel).await?;
    toggle(&cx, channel, Toggle::MembersHidden(req.enabled)).await
}

/// `messages.toggleNoForwards`: messages of a channel cannot be forwarded or saved.
///
/// Fails as [`toggle_signatures`] does.
async fn toggle_no_forwards(cx: Ctx, req: f::messages::ToggleNoForwards) -> Result<Updates> {
    let channel = cx.channel_peer(&req.peer).await?;
    toggle(&cx, channel, Toggle::NoForwards(req.enabled)).await
}

/// `messages.editChatDefaultBannedRights`: what members of a group may not do.
///
/// Fails as [`toggle_signatures`] does.
async fn edit_chat_default_banned_rights(
    cx: Ctx,
    req: f::messages::EditChatDefaultBannedRights,
) -> Result<Updates> {
    let by = cx.user()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let (rights, _) = parse_banned_rights(&req.banned_rights);
    let set = SetDefaultBanned {
        channel,
        by,
        rights,
    };
    cx.write(set).await?;
    cx.channel_changed(channel, []).await
}

/// `channels.getGroupsForDiscussion`: the groups that the caller could join with a broadcast.
async fn get_groups_for_discussion(
    cx: Ctx,
    _: f::channels::GetGroupsForDiscussion,
) -> Result<Chats> {
    let me = cx.user()?;
    let mut view = cx.store.view().await?;
    let mut groups = Vec::new();
    for id in channels::joined(&mut *view, me).await? {
        let standing = channels::standing(&mut *view, id, me, cx.now().seconds()).await?;
        let group = &standing.channel;
        if !group.broadcast && group.linked.is_none() && standing.has(AdminRights::CHANGE_INFO) {
            groups.push(standing.channel);
        }
    }
    drop(view);
    chats(&cx, groups).await
}

/// `channels.setDiscussionGroup`: joins a broadcast with the group in which it is discussed, or
/// parts them (an empty group, or an empty broadcast).
///
/// Fails with `BROADCAST_ID_INVALID`, `MEGAGROUP_ID_INVALID`, `LINK_NOT_MODIFIED` or
/// `CHAT_ADMIN_REQUIRED`.
async fn set_discussion_group(cx: Ctx, req: f::channels::SetDiscussionGroup) -> Result<bool> {
    let by = cx.user()?;
    let group = match &req.group {
        InputChannel::Empty => None,
        group => Some(named(&cx, group).await?),
    };
    let broadcast = match (&req.broadcast, &group) {
        (InputChannel::Empty, Some(group)) => {
            let linked = group.channel.linked.ok_or(text::LINK_NOT_MODIFIED)?;
            cx.standing(linked).await?
        }
        (broadcast, _) => named(&cx, broadcast).await?,
    };
    if !broadcast.channel.broadcast {
        return Err(text::BROADCAST_ID_INVALID.into());
    }
    let parting = req.broadcast == InputChannel::Empty;
    let group = group.map(|group| group.channel.id).filter(|_| !parting);
    let before = broadcast.channel.linked;
    let broadcast = broadcast.channel.id;
    let set = SetDiscussion {
        by,
        broadcast,
        group,
    };
    cx.write(set).await.map_err(|error| match error {
        ChannelError::NotModified => text::LINK_NOT_MODIFIED.into(),
        ChannelError::WrongKind => text::MEGAGROUP_ID_INVALID.into(),
        other => RpcError::from(other),
    })?;
    for channel in [Some(broadcast), group, before].into_iter().flatten() {
        cx.publish(Signal::ChannelChanged { channel });
    }
    Ok(true)
}

/// `channels.deleteChannel`: deletes a channel for everyone.
///
/// Fails with `CHAT_ADMIN_REQUIRED` for all but its owner.
async fn delete_channel(cx: Ctx, req: f::channels::DeleteChannel) -> Result<Updates> {
    let by = cx.user()?;
    let channel = cx.channel(&req.channel).await?;
    cx.write(DeleteChannel { channel, by }).await?;
    cx.channel_updates(channel, []).await
}
