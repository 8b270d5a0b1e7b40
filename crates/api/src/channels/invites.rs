//! Invite links (<https://core.telegram.org/api/invites>).

use super::full::everyone;
use super::members::came_in;
use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::render::{Everyone, chat_of, exported_invite, marks_for};
use crate::resolve::page_limit;
use crate::router::{Access, Router};
use heliograph_domain::channels::{
    self, EditInvite, ExportInvite, HideRequests, ImportInvite, Invite, Participants, Which,
    importers, invite, invites_of,
};
use heliograph_model::{ChannelId, UserId};
use heliograph_tl::enums::messages::{
    ChatAdminsWithInvites, ChatInviteImporters, ChatInviteJoinResult, ExportedChatInvites,
};
use heliograph_tl::enums::{
    self, ChatInvite, ChatInviteImporter, ExportedChatInvite, InputUser, Photo, Updates,
};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, export_chat_invite)
        .method(Access::User, Rate::Lookup, check_chat_invite)
        .method(Access::User, Rate::Lookup, import_chat_invite)
        .method(Access::User, Rate::Read, get_exported_chat_invites)
        .method(Access::User, Rate::Read, get_exported_chat_invite)
        .method(Access::User, Rate::Write, edit_exported_chat_invite)
        .method(Access::User, Rate::Write, delete_exported_chat_invite)
        .method(Access::User, Rate::Read, get_admins_with_invites)
        .method(Access::User, Rate::Read, get_chat_invite_importers)
        .method(Access::User, Rate::Write, hide_chat_join_request);
}

/// How a hash is written: 16 of 64 characters, 96 bits, too many to try.
const HASH_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn new_hash(cx: &Ctx) -> String {
    let random: [u8; 16] = cx.random();
    let chars = random.iter().map(|byte| HASH_CHARS[usize::from(byte & 63)]);
    chars.map(char::from).collect()
}

/// The hash of a link as clients send it back.
fn hash_of(link: &str) -> Result<String> {
    let hash = link.rsplit(['/', '+', '=']).next().unwrap_or("");
    let hash = hash.split(['?', '#']).next().unwrap_or("");
    if hash.is_empty() {
        return Err(text::INVITE_HASH_EMPTY.into());
    }
    if hash.len() > 64 {
        return Err(text::INVITE_HASH_EXPIRED.into());
    }
    Ok(hash.to_owned())
}

/// How many may come by one link.
const USAGE_MAX: i32 = 99_999;

fn usage(limit: Option<i32>) -> Option<u32> {
    limit
        .filter(|limit| *limit > 0)
        .map(|limit| limit.min(USAGE_MAX) as u32)
}

/// The longest name of a link, in characters.
const TITLE_CHARS_MAX: usize = 32;

fn link_title(title: Option<String>) -> Option<String> {
    title.map(|title| title.trim().chars().take(TITLE_CHARS_MAX).collect())
}

/// `messages.exportChatInvite`: makes an invite link.
///
/// Fails with `CHAT_ADMIN_REQUIRED`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn export_chat_invite(
    cx: Ctx,
    req: f::messages::ExportChatInvite,
) -> Result<ExportedChatInvite> {
    let by = cx.user()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let plain = req.expire_date.is_none() && req.usage_limit.is_none() && !req.request_needed;
    let export = ExportInvite {
        channel,
        by,
        hash: new_hash(&cx),
        expires: req.expire_date.filter(|date| *date > 0),
        usage_limit: usage(req.usage_limit),
        request_needed: req.request_needed,
        permanent: req.legacy_revoke_permanent || (plain && req.title.is_none()),
        title: link_title(req.title).unwrap_or_default(),
    };
    Ok(exported_invite(&cx.write(export).await?))
}

/// `messages.checkChatInvite`: where a link leads.
///
/// Fails with `INVITE_HASH_EMPTY` or `INVITE_HASH_EXPIRED`.
async fn check_chat_invite(cx: Ctx, req: f::messages::CheckChatInvite) -> Result<ChatInvite> {
    let viewer = cx.viewer()?;
    let (invite, standing) = holding(&cx, &req.hash).await?;
    if standing.inside() {
        let marks = marks_for(viewer, standing.channel.id.into());
        let chat = chat_of(viewer, &standing, &marks);
        return Ok(types::ChatInviteAlready { chat }.into());
    }
    let channel = &standing.channel;
    let about = channel.about.as_str();
    Ok(types::ChatInvite {
        channel: true,
        broadcast: channel.broadcast,
        public: channel.username.is_some(),
        megagroup: !channel.broadcast,
        request_needed: invite.request_needed,
        verified: channel.verified,
        title: channel.title.as_str().to_owned(),
        about: (!about.is_empty()).then(|| about.to_owned()),
        photo: Photo::Empty(types::PhotoEmpty { id: 0 }),
        participants_count: channel.members as i32,
        ..Default::default()
    }
    .into())
}

/// A link that holds, and how the caller stands before its channel. A link that never was and one
/// that holds no more look alike, and so does one of somebody who was removed.
async fn holding(cx: &Ctx, hash: &str) -> Result<(Invite, channels::Standing)> {
    let hash = hash_of(hash)?;
    let expired = RpcError::from(text::INVITE_HASH_EXPIRED);
    let mut view = cx.store.view().await?;
    let invite = invite(&mut *view, &hash).await?;
    drop(view);
    let holds = |invite: &Invite| invite.holds(cx.now().seconds());
    let invite = invite.filter(holds).ok_or_else(|| expired.clone())?;
    let standing = cx.standing(invite.channel).await?;
    if standing.channel.deleted || standing.is_kicked() {
        return Err(expired);
    }
    Ok((invite, standing))
}

/// `messages.importChatInvite`: comes by a link.
///
/// Fails with `INVITE_HASH_EMPTY`, `INVITE_HASH_EXPIRED`, `INVITE_REQUEST_SENT`,
/// `USER_ALREADY_PARTICIPANT`, `USERS_TOO_MUCH` or `CHANNELS_TOO_MUCH`.
async fn import_chat_invite(
    cx: Ctx,
    req: f::messages::ImportChatInvite,
) -> Result<ChatInviteJoinResult> {
    let user = cx.user()?;
    let (invite, _) = holding(&cx, &req.hash).await?;
    let import = ImportInvite {
        hash: invite.hash,
        channel: invite.channel,
        user,
    };
    let imported = cx.write(import).await?;
    came_in(&cx, imported.channel, imported.joined).await
}

/// The admin whose links are asked for: the caller, or anyone where the caller owns the channel.
async fn admin_of(cx: &Ctx, channel: ChannelId, admin: &InputUser) -> Result<UserId> {
    let me = cx.user()?;
    let mut view = cx.store.view().await?;
    let admin = cx.resolve_user(&mut *view, admin).await?.person.id;
    drop(view);
    let standing = cx.standing(channel).await?;
    standing.require(heliograph_model::AdminRights::INVITE)?;
    if admin != me && !standing.is_creator() {
        return Err(text::CHAT_ADMIN_REQUIRED.into());
    }
    Ok(admin)
}

/// `messages.getExportedChatInvites`: the links of an admin, newest first.
///
/// Fails with `CHAT_ADMIN_REQUIRED`, `USER_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_exported_chat_invites(
    cx: Ctx,
    req: f::messages::GetExportedChatInvites,
) -> Result<ExportedChatInvites> {
    let viewer = cx.viewer()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let admin = admin_of(&cx, channel, &req.admin_id).await?;
    let mut view = cx.store.view().await?;
    let mut invites = invites_of(&mut *view, channel, admin).await?;
    invites.retain(|invite| invite.revoked == req.revoked);
    let count = invites.len() as i32;
    let after = req.offset_link.as_deref().map(hash_of).transpose()?;
    if let Some(place) = after.and_then(|hash| invites.iter().position(|i| i.hash == hash)) {
        invites.drain(..=place);
    }
    invites.truncate(page_limit(req.limit));
    let Everyone { users, .. } = everyone(viewer, &mut *view, [admin]).await?;
    Ok(types::messages::ExportedChatInvites {
        count,
        invites: invites.iter().map(exported_invite).collect(),
        users,
    }
    .into())
}

async fn answer(cx: &Ctx, invite: &Invite) -> Result<enums::messages::ExportedChatInvite> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let Everyone { users, .. } = everyone(viewer, &mut *view, [invite.admin]).await?;
    let invite = exported_invite(invite);
    Ok(types::messages::ExportedChatInvite { invite, users }.into())
}

/// `messages.getExportedChatInvite`: one link.
///
/// Fails with `INVITE_HASH_EXPIRED`, `CHAT_ADMIN_REQUIRED`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_exported_chat_invite(
    cx: Ctx,
    req: f::messages::GetExportedChatInvite,
) -> Result<enums::messages::ExportedChatInvite> {
    let me = cx.user()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let standing = cx.standing(channel).await?;
    standing.require(heliograph_model::AdminRights::INVITE)?;
    let mut view = cx.store.view().await?;
    let invite = invite(&mut *view, &hash_of(&req.link)?).await?;
    drop(view);
    let own = |invite: &Invite| {
        invite.channel == channel && (invite.admin == me || standing.is_creator())
    };
    let invite = invite.filter(own).ok_or(text::INVITE_HASH_EXPIRED)?;
    answer(&cx, &invite).await
}

/// `messages.editExportedChatInvite`: changes or revokes a link.
///
/// Fails with `INVITE_HASH_EXPIRED`, `CHAT_ADMIN_REQUIRED`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn edit_exported_chat_invite(
    cx: Ctx,
    req: f::messages::EditExportedChatInvite,
) -> Result<enums::messages::ExportedChatInvite> {
    let by = cx.user()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let edit = EditInvite {
        channel,
        by,
        hash: hash_of(&req.link)?,
        expires: req
            .expire_date
            .map(|date| Some(date).filter(|date| *date > 0)),
        usage_limit: req.usage_limit.map(|limit| usage(Some(limit))),
        request_needed: req.request_needed,
        title: link_title(req.title),
        revoke: req.revoked,
        delete: false,
    };
    let invite = cx.write(edit).await?;
    answer(&cx, &invite).await
}

/// `messages.deleteExportedChatInvite`: forgets a link that was revoked.
///
/// Fails with `INVITE_HASH_EXPIRED`, `CHAT_NOT_MODIFIED` while it still holds,
/// `CHAT_ADMIN_REQUIRED`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn delete_exported_chat_invite(
    cx: Ctx,
    req: f::messages::DeleteExportedChatInvite,
) -> Result<bool> {
    let by = cx.user()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let edit = EditInvite {
        channel,
        by,
        hash: hash_of(&req.link)?,
        expires: None,
        usage_limit: None,
        request_needed: None,
        title: None,
        revoke: false,
        delete: true,
    };
    cx.write(edit).await?;
    Ok(true)
}

/// `messages.getAdminsWithInvites`: how many links each admin has; for the channel's owner.
///
/// Fails with `CHAT_ADMIN_REQUIRED`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_admins_with_invites(
    cx: Ctx,
    req: f::messages::GetAdminsWithInvites,
) -> Result<ChatAdminsWithInvites> {
    let viewer = cx.viewer()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let standing = cx.standing(channel).await?;
    if !standing.is_creator() {
        return Err(text::CHAT_ADMIN_REQUIRED.into());
    }
    let mut view = cx.store.view().await?;
    let all = channels::participants(&mut *view, &standing, &Which::Admins, 0, usize::MAX).await?;
    let Participants { list, .. } = all;
    let (mut admins, mut people) = (Vec::new(), Vec::new());
    for admin in list {
        let invites = invites_of(&mut *view, channel, admin.user).await?;
        if invites.is_empty() {
            continue;
        }
        let revoked = invites.iter().filter(|invite| invite.revoked).count();
        people.push(admin.user);
        admins.push(
            types::ChatAdminWithInvites {
                admin_id: admin.user.0,
                invites_count: (invites.len() - revoked) as i32,
                revoked_invites_count: revoked as i32,
            }
            .into(),
        );
    }
    let Everyone { users, .. } = everyone(viewer, &mut *view, people).await?;
    Ok(types::messages::ChatAdminsWithInvites { admins, users }.into())
}

/// `messages.getChatInviteImporters`: who came by a link, or who waits to be let in.
///
/// Fails with `CHAT_ADMIN_REQUIRED`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_chat_invite_importers(
    cx: Ctx,
    req: f::messages::GetChatInviteImporters,
) -> Result<ChatInviteImporters> {
    let viewer = cx.viewer()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let standing = cx.standing(channel).await?;
    let hash = req.link.as_deref().map(hash_of).transpose()?;
    let mut view = cx.store.view().await?;
    let mut found = importers(&mut *view, &standing, req.requested, hash.as_deref()).await?;
    let count = found.len() as i32;
    if req.offset_date > 0 {
        let last = cx.named_user(&req.offset_user);
        found.retain(|(user, importer)| {
            importer.date < req.offset_date
                || (importer.date == req.offset_date && last.is_some_and(|last| *user > last))
        });
    }
    found.truncate(page_limit(req.limit));
    let people: Vec<UserId> = found.iter().map(|(user, _)| *user).collect();
    let importers = found
        .into_iter()
        .map(|(user, importer)| -> ChatInviteImporter {
            types::ChatInviteImporter {
                requested: importer.requested,
                via_chatlist: false,
                user_id: user.0,
                date: importer.date,
                about: Some(importer.about).filter(|about| !about.is_empty()),
                approved_by: importer.approved_by.map(|by| by.0),
            }
            .into()
        });
    let importers = importers.collect();
    let Everyone { users, .. } = everyone(viewer, &mut *view, people).await?;
    Ok(types::messages::ChatInviteImporters {
        count,
        importers,
        users,
    }
    .into())
}

/// `messages.hideChatJoinRequest`: lets somebody in who waits, or turns them away.
///
/// Fails with `HIDE_REQUESTER_MISSING`, `CHAT_ADMIN_REQUIRED`, `USER_ID_INVALID`, `CHANNEL_INVALID`
/// or `CHANNEL_PRIVATE`.
async fn hide_chat_join_request(cx: Ctx, req: f::messages::HideChatJoinRequest) -> Result<Updates> {
    let by = cx.user()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let mut view = cx.store.view().await?;
    let user = cx.resolve_user(&mut *view, &req.user_id).await?.person.id;
    drop(view);
    let hide = HideRequests {
        channel,
        by,
        users: vec![user],
        approve: req.approved,
    };
    cx.write(hide).await?;
    cx.channel_updates(channel, []).await
}
