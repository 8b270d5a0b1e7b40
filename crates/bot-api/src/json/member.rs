//! `ChatMember` objects and the rights in them.

use super::{Pool, peer_of};
use crate::args::Args;
use heliograph_model::{Ban, UserId};
use heliograph_tl::enums::{ChannelParticipant, ChatAdminRights, ChatBannedRights};
use heliograph_tl::types;
use serde_json::{Value, json};

/// Somebody's place in a chat.
pub fn member(pool: &Pool, of: &ChannelParticipant) -> Value {
    match of {
        ChannelParticipant::Creator(of) => {
            let ChatAdminRights::ChatAdminRights(rights) = &of.admin_rights;
            let mut object = json!({
                "user": pool.user(UserId(of.user_id)),
                "status": "creator",
                "is_anonymous": rights.anonymous,
            });
            title(&mut object, of.rank.as_ref());
            object
        }
        ChannelParticipant::Admin(of) => {
            let ChatAdminRights::ChatAdminRights(rights) = &of.admin_rights;
            let mut object = json!({
                "user": pool.user(UserId(of.user_id)),
                "status": "administrator",
                "can_be_edited": of.can_edit,
                "is_anonymous": rights.anonymous,
                "can_manage_chat": true,
                "can_change_info": rights.change_info,
                "can_post_messages": rights.post_messages,
                "can_edit_messages": rights.edit_messages,
                "can_delete_messages": rights.delete_messages,
                "can_restrict_members": rights.ban_users,
                "can_invite_users": rights.invite_users,
                "can_pin_messages": rights.pin_messages,
                "can_promote_members": rights.add_admins,
                "can_manage_video_chats": rights.manage_call,
                "can_manage_topics": rights.manage_topics,
                "can_post_stories": rights.post_stories,
                "can_edit_stories": rights.edit_stories,
                "can_delete_stories": rights.delete_stories,
            });
            title(&mut object, of.rank.as_ref());
            object
        }
        ChannelParticipant::Banned(of) => {
            let user = match peer_of(&of.peer).user() {
                Some(user) => pool.user(user),
                None => Value::Null,
            };
            let ChatBannedRights::ChatBannedRights(rights) = &of.banned_rights;
            let until = if rights.until_date == Ban::FOREVER {
                0
            } else {
                rights.until_date
            };
            if rights.view_messages {
                return json!({ "user": user, "status": "kicked", "until_date": until });
            }
            let mut object = permissions(rights);
            object["user"] = user;
            object["status"] = json!("restricted");
            object["is_member"] = json!(!of.left);
            object["until_date"] = json!(until);
            object
        }
        ChannelParticipant::Left(of) => {
            let user = peer_of(&of.peer).user().map(|user| pool.user(user));
            json!({ "user": user, "status": "left" })
        }
        ChannelParticipant::Self_(of) => {
            json!({ "user": pool.user(UserId(of.user_id)), "status": "member" })
        }
        ChannelParticipant::ChannelParticipant(of) => {
            json!({ "user": pool.user(UserId(of.user_id)), "status": "member" })
        }
    }
}

fn title(object: &mut Value, rank: Option<&String>) {
    if let Some(rank) = rank {
        object["custom_title"] = json!(rank);
    }
}

/// A `ChatPermissions` object: what is left of what may be forbidden.
pub fn permissions(rights: &types::ChatBannedRights) -> Value {
    json!({
        "can_send_messages": !rights.send_messages,
        "can_send_audios": !rights.send_audios,
        "can_send_documents": !rights.send_docs,
        "can_send_photos": !rights.send_photos,
        "can_send_videos": !rights.send_videos,
        "can_send_video_notes": !rights.send_roundvideos,
        "can_send_voice_notes": !rights.send_voices,
        "can_send_polls": !rights.send_polls,
        "can_send_other_messages": !rights.send_stickers,
        "can_add_web_page_previews": !rights.embed_links,
        "can_change_info": !rights.change_info,
        "can_invite_users": !rights.invite_users,
        "can_pin_messages": !rights.pin_messages,
        "can_manage_topics": !rights.manage_topics,
    })
}

/// What a `ChatPermissions` object does not allow.
pub fn restrictions(permissions: &Args, until_date: i32) -> ChatBannedRights {
    let denied = |name: &str| !permissions.switch(name);
    let silent = denied("can_send_messages");
    // What is not named goes with the right to send anything, as without independent permissions.
    let media = |name: &str| silent || denied(name);
    types::ChatBannedRights {
        view_messages: false,
        send_messages: silent,
        send_media: media("can_send_photos") && media("can_send_documents"),
        send_audios: media("can_send_audios"),
        send_docs: media("can_send_documents"),
        send_photos: media("can_send_photos"),
        send_videos: media("can_send_videos"),
        send_roundvideos: media("can_send_video_notes"),
        send_voices: media("can_send_voice_notes"),
        send_polls: media("can_send_polls"),
        send_stickers: media("can_send_other_messages"),
        send_gifs: media("can_send_other_messages"),
        send_games: media("can_send_other_messages"),
        send_inline: media("can_send_other_messages"),
        embed_links: media("can_add_web_page_previews"),
        change_info: denied("can_change_info"),
        invite_users: denied("can_invite_users"),
        pin_messages: denied("can_pin_messages"),
        manage_topics: denied("can_manage_topics"),
        until_date,
        ..Default::default()
    }
    .into()
}
