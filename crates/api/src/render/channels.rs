//! Channels and supergroups as a viewer sees them.

use super::marks::{self, Marks};
use super::{Viewer, chat_photo, peer};
use heliograph_domain::channels::{self, ChannelError, Invite, Participant, Standing};
use heliograph_model::{AdminRights, Ban, BannedRights, Channel, ChannelId, Peer, UserId};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::{self, ChannelParticipant, ExportedChatInvite};
use heliograph_tl::types;

/// A channel: with its title alone where it is not the viewer's to see, `None` where there is none.
pub(crate) async fn chat(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    id: ChannelId,
) -> Result<Option<enums::Chat>, StoreError> {
    let now_s = viewer.services.clock.now().seconds();
    match channels::standing(rows, id, viewer.me, now_s).await {
        Ok(standing) => {
            let marks = marks::for_viewer(viewer, rows, id.into()).await?;
            Ok(Some(chat_of(viewer, &standing, &marks)))
        }
        Err(ChannelError::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The same, where it is known how the viewer stands.
pub(crate) fn chat_of(viewer: Viewer<'_>, standing: &Standing, marks: &Marks) -> enums::Chat {
    let channel = &standing.channel;
    let access_hash = viewer.services.access.hash(viewer.me, channel.id);
    if standing.may_read().is_err() {
        let ban = standing
            .member
            .as_ref()
            .and_then(|member| member.ban.as_ref());
        let until = ban
            .map(|ban| ban.until)
            .filter(|until| *until != Ban::FOREVER);
        return types::ChannelForbidden {
            broadcast: channel.broadcast,
            megagroup: !channel.broadcast,
            id: channel.id.0,
            access_hash,
            title: channel.title.as_str().to_owned(),
            until_date: until.filter(|_| standing.is_kicked()),
            ..Default::default()
        }
        .into();
    }
    let own = standing.own_ban();
    let ban = standing
        .member
        .as_ref()
        .and_then(|member| member.ban.as_ref());
    types::Channel {
        creator: standing.is_creator(),
        left: !standing.inside(),
        access_hash: Some(access_hash),
        admin_rights: standing.admin().map(admin_rights),
        banned_rights: (own != BannedRights::default())
            .then(|| banned_rights(own, ban.map_or(0, |ban| ban.until))),
        participants_count: Some(channel.members as i32),
        ..face(channel, marks)
    }
    .into()
}

/// What everyone sees of a channel: the `min` form, in which it stands beside pushed posts.
pub(crate) fn min_chat(channel: &Channel, marks: &Marks) -> enums::Chat {
    types::Channel {
        min: true,
        // Opens nothing; Pyrogram names a picture by it and fails on a picture without.
        access_hash: channel.photo.as_ref().map(|_| 0),
        ..face(channel, marks)
    }
    .into()
}

fn face(channel: &Channel, marks: &Marks) -> types::Channel {
    types::Channel {
        scam: marks.scam,
        fake: marks.fake,
        restriction_reason: marks.reasons(),
        broadcast: channel.broadcast,
        megagroup: !channel.broadcast,
        verified: channel.verified,
        signatures: channel.signatures,
        has_link: channel.linked.is_some(),
        slowmode_enabled: channel.slow_mode_s > 0,
        noforwards: channel.no_forwards,
        join_to_send: channel.join_to_send,
        join_request: channel.join_request,
        id: channel.id.0,
        title: channel.title.as_str().to_owned(),
        username: channel
            .username
            .as_ref()
            .map(|name| name.as_str().to_owned()),
        photo: chat_photo(channel.photo.as_ref()),
        date: channel.created.seconds(),
        default_banned_rights: (!channel.broadcast)
            .then(|| banned_rights(channel.default_banned, Ban::FOREVER)),
        ..Default::default()
    }
}

/// The rights of an admin on the wire.
pub(crate) fn admin_rights(rights: AdminRights) -> enums::ChatAdminRights {
    let has = |bit: u32| rights.0 & 1 << bit != 0;
    types::ChatAdminRights {
        change_info: has(0),
        post_messages: has(1),
        edit_messages: has(2),
        delete_messages: has(3),
        ban_users: has(4),
        invite_users: has(5),
        pin_messages: has(7),
        add_admins: has(9),
        anonymous: has(10),
        manage_call: has(11),
        other: has(12),
        manage_topics: has(13),
        post_stories: has(14),
        edit_stories: has(15),
        delete_stories: has(16),
        manage_direct_messages: has(17),
        manage_ranks: has(18),
    }
    .into()
}

/// The rights of an admin as a client sends them.
pub(crate) fn parse_admin_rights(rights: &enums::ChatAdminRights) -> AdminRights {
    let enums::ChatAdminRights::ChatAdminRights(rights) = rights;
    let bits = [
        (0, rights.change_info),
        (1, rights.post_messages),
        (2, rights.edit_messages),
        (3, rights.delete_messages),
        (4, rights.ban_users),
        (5, rights.invite_users),
        (7, rights.pin_messages),
        (9, rights.add_admins),
        (10, rights.anonymous),
        (11, rights.manage_call),
        (12, rights.other),
        (13, rights.manage_topics),
        (14, rights.post_stories),
        (15, rights.edit_stories),
        (16, rights.delete_stories),
        (17, rights.manage_direct_messages),
        (18, rights.manage_ranks),
    ];
    AdminRights(joined(&bits))
}

fn joined(bits: &[(u32, bool)]) -> u32 {
    let set = bits.iter().filter(|(_, set)| *set);
    set.fold(0, |joined, (bit, _)| joined | 1 << bit)
}

/// What is forbidden, on the wire.
pub(crate) fn banned_rights(rights: BannedRights, until_date: i32) -> enums::ChatBannedRights {
    let has = |bit: u32| rights.0 & 1 << bit != 0;
    types::ChatBannedRights {
        view_messages: has(0),
        send_messages: has(1),
        send_media: has(2),
        send_stickers: has(3),
        send_gifs: has(4),
        send_games: has(5),
        send_inline: has(6),
        embed_links: has(7),
        send_polls: has(8),
        change_info: has(10),
        invite_users: has(15),
        pin_messages: has(17),
        manage_topics: has(18),
        send_photos: has(19),
        send_videos: has(20),
        send_roundvideos: has(21),
        send_audios: has(22),
        send_voices: has(23),
        send_docs: has(24),
        send_plain: has(25),
        edit_rank: has(26),
        send_reactions: has(27),
        until_date,
    }
    .into()
}

/// What is to be forbidden, as a client sends it.
pub(crate) fn parse_banned_rights(rights: &enums::ChatBannedRights) -> (BannedRights, i32) {
    let enums::ChatBannedRights::ChatBannedRights(rights) = rights;
    let bits = [
        (0, rights.view_messages),
        (1, rights.send_messages),
        (2, rights.send_media),
        (3, rights.send_stickers),
        (4, rights.send_gifs),
        (5, rights.send_games),
        (6, rights.send_inline),
        (7, rights.embed_links),
        (8, rights.send_polls),
        (10, rights.change_info),
        (15, rights.invite_users),
        (17, rights.pin_messages),
        (18, rights.manage_topics),
        (19, rights.send_photos),
        (20, rights.send_videos),
        (21, rights.send_roundvideos),
        (22, rights.send_audios),
        (23, rights.send_voices),
        (24, rights.send_docs),
        (25, rights.send_plain),
        (26, rights.edit_rank),
        (27, rights.send_reactions),
    ];
    (BannedRights(joined(&bits)), rights.until_date)
}

/// Somebody's place, as the viewer sees it.
pub(crate) fn participant(viewer: &Standing, of: &Participant) -> ChannelParticipant {
    let user_id = of.user.0;
    let member = &of.member;
    let ban = member.ban.as_ref().filter(|ban| ban.holds(viewer.now_s));
    if let Some(ban) = ban {
        return types::ChannelParticipantBanned {
            left: !member.inside,
            peer: peer(of.user),
            kicked_by: ban.by.0,
            date: ban.since,
            banned_rights: banned_rights(ban.rights, ban.until),
            rank: None,
        }
        .into();
    }
    if !member.inside {
        let peer = peer(of.user);
        return types::ChannelParticipantLeft { peer }.into();
    }
    let post = member.admin.as_ref();
    let rank = post
        .map(|post| post.rank.clone())
        .filter(|rank| !rank.is_empty());
    if viewer.channel.creator == of.user {
        let anonymous = post.is_some_and(|post| post.rights.has(AdminRights::ANONYMOUS));
        let hidden = if anonymous {
            0
        } else {
            AdminRights::ANONYMOUS.0
        };
        return types::ChannelParticipantCreator {
            user_id,
            admin_rights: admin_rights(AdminRights(AdminRights::ALL.0 & !hidden)),
            rank,
        }
        .into();
    }
    if let Some(post) = post {
        let self_ = viewer.user == of.user;
        return types::ChannelParticipantAdmin {
            can_edit: viewer.is_creator() || post.by == viewer.user,
            user_id,
            inviter_id: self_.then(|| member.invited_by.unwrap_or(of.user).0),
            promoted_by: post.by.0,
            date: post.since,
            admin_rights: admin_rights(post.rights),
            rank,
        }
        .into();
    }
    if viewer.user == of.user {
        return types::ChannelParticipantSelf {
            via_request: member.by_request,
            user_id,
            inviter_id: member.invited_by.unwrap_or(of.user).0,
            date: member.joined,
            subscription_until_date: None,
            rank: None,
        }
        .into();
    }
    types::ChannelParticipant {
        user_id,
        date: member.joined,
        subscription_until_date: None,
        rank: None,
    }
    .into()
}

/// Everyone whom a place shows.
pub(crate) fn people_of_participant(of: &Participant) -> impl Iterator<Item = UserId> {
    let member = &of.member;
    let by = member.admin.as_ref().map(|post| post.by);
    let banned_by = member.ban.as_ref().map(|ban| ban.by);
    [Some(of.user), by, banned_by, member.invited_by]
        .into_iter()
        .flatten()
}

/// Links lead here; stock clients open them themselves and ask the server that they are on.
pub(crate) const LINKS: &str = "https://t.me";

/// An invite link.
pub(crate) fn exported_invite(invite: &Invite) -> ExportedChatInvite {
    types::ChatInviteExported {
        revoked: invite.revoked,
        permanent: invite.permanent,
        request_needed: invite.request_needed,
        link: format!("{LINKS}/+{}", invite.hash),
        admin_id: invite.admin.0,
        date: invite.date,
        expire_date: invite.expires,
        usage_limit: invite.usage_limit.map(|limit| limit as i32),
        usage: Some(invite.usage as i32).filter(|usage| *usage > 0),
        requested: Some(invite.requested as i32).filter(|waiting| *waiting > 0),
        title: Some(invite.title.clone()).filter(|title| !title.is_empty()),
        ..Default::default()
    }
    .into()
}

/// A channel as a chat of the list names it.
pub(crate) fn is_channel(peer: Peer) -> Option<ChannelId> {
    match peer {
        Peer::Channel(id) => Some(id),
        Peer::User(_) | Peer::Chat(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_come_back_from_the_wire() {
        for bit in (0..=18).filter(|bit| ![6, 8].contains(bit)) {
            let rights = AdminRights(1 << bit);
            assert_eq!(parse_admin_rights(&admin_rights(rights)), rights);
            assert!(AdminRights::ALL.has(rights));
        }
        for bit in 0..=27 {
            let rights = BannedRights(1 << bit);
            let known = BannedRights::ALL.any(rights);
            let expected = if known { rights } else { BannedRights(0) };
            let back = parse_banned_rights(&banned_rights(rights, 7));
            assert_eq!(back, (expected, 7), "bit {bit}");
        }
    }
}
