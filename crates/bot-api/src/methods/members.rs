//! Members and their rights.

use super::chats::full;
use crate::ApiError;
use crate::args::Args;
use crate::call::Bot;
use crate::json::{Pool, member, restrictions};
use heliograph_model::{ChannelId, Peer, UserId};
use heliograph_tl::enums::channels::{ChannelParticipant, ChannelParticipants};
use heliograph_tl::enums::{ChannelParticipantsFilter, ChatAdminRights, ChatBannedRights};
use heliograph_tl::{functions as f, types};
use serde_json::{Value, json};

/// The group or channel that a request names.
async fn channel(bot: &Bot, args: &Args) -> Result<ChannelId, ApiError> {
    match bot.chat(&args.text("chat_id")).await? {
        Peer::Channel(channel) => Ok(channel),
        Peer::User(_) | Peer::Chat(_) => Err(ApiError::bad_request(
            "there are no members in a private chat",
        )),
    }
}

fn user(args: &Args) -> Result<UserId, ApiError> {
    let id = args.number("user_id").filter(|id| *id > 0);
    id.map(UserId)
        .ok_or_else(|| ApiError::bad_request("invalid user_id specified"))
}

/// `getChatMemberCount`.
pub async fn get_chat_member_count(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let peer = bot.chat(&args.text("chat_id")).await?;
    let Peer::Channel(channel) = peer else {
        return Ok(2.into());
    };
    let full = full(bot, channel, &mut Pool::of(bot)).await?;
    Ok(full.participants_count.unwrap_or(0).into())
}

/// `getChatMember`.
pub async fn get_chat_member(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let (channel, user) = (channel(bot, args).await?, user(args)?);
    let call = f::channels::GetParticipant {
        channel: bot.input_channel(channel),
        participant: bot.input_peer(user.into()),
    };
    let mut pool = Pool::of(bot);
    match bot.invoke(call).await {
        Ok(ChannelParticipant::ChannelParticipant(found)) => {
            pool.add(found.users, found.chats);
            Ok(member(&pool, &found.participant))
        }
        // Who never was there has left, as the public Bot API tells it.
        Err(error) if error == ApiError::bad_request("user not found") => {
            let id = vec![bot.input_user(user)];
            pool.add(bot.invoke(f::users::GetUsers { id }).await?, Vec::new());
            Ok(json!({ "user": pool.user(user), "status": "left" }))
        }
        Err(error) => Err(error),
    }
}

/// `getChatAdministrators`: without other bots.
pub async fn get_chat_administrators(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let channel = channel(bot, args).await?;
    let call = f::channels::GetParticipants {
        channel: bot.input_channel(channel),
        filter: ChannelParticipantsFilter::ChannelParticipantsAdmins,
        limit: 200,
        ..Default::default()
    };
    let ChannelParticipants::ChannelParticipants(found) = bot.invoke(call).await? else {
        return Ok(json!([]));
    };
    let mut pool = Pool::of(bot);
    pool.add(found.users, found.chats);
    let members = found.participants.iter().map(|of| member(&pool, of));
    let shown = members.filter(|member| {
        let user = &member["user"];
        user["is_bot"] != json!(true) || user["id"] == json!(bot.id.0)
    });
    Ok(shown.collect())
}

async fn edit_banned(
    bot: &Bot,
    channel: ChannelId,
    user: UserId,
    banned_rights: ChatBannedRights,
) -> Result<Value, ApiError> {
    let edit = f::channels::EditBanned {
        channel: bot.input_channel(channel),
        participant: bot.input_peer(user.into()),
        banned_rights,
    };
    bot.invoke(edit).await?;
    Ok(true.into())
}

fn until(args: &Args) -> i32 {
    args.number("until_date")
        .unwrap_or(0)
        .clamp(0, i64::from(i32::MAX)) as i32
}

/// `banChatMember`.
pub async fn ban_chat_member(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let (channel, user) = (channel(bot, args).await?, user(args)?);
    let out = types::ChatBannedRights {
        view_messages: true,
        until_date: until(args),
        ..Default::default()
    };
    edit_banned(bot, channel, user, out.into()).await
}

/// `unbanChatMember`: without `only_if_banned`, a member is removed and may come back.
pub async fn unban_chat_member(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let (channel, user) = (channel(bot, args).await?, user(args)?);
    if !args.switch("only_if_banned") {
        let out = types::ChatBannedRights {
            view_messages: true,
            ..Default::default()
        };
        edit_banned(bot, channel, user, out.into()).await?;
    }
    edit_banned(
        bot,
        channel,
        user,
        types::ChatBannedRights::default().into(),
    )
    .await
}

/// `restrictChatMember`.
pub async fn restrict_chat_member(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let (channel, user) = (channel(bot, args).await?, user(args)?);
    let permissions: Option<Value> = args.structure("permissions")?;
    let permissions =
        permissions.ok_or_else(|| ApiError::bad_request("permissions are not specified"))?;
    let banned = restrictions(&Args::of(permissions), until(args));
    edit_banned(bot, channel, user, banned).await
}

/// `promoteChatMember`.
pub async fn promote_chat_member(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let (channel, user) = (channel(bot, args).await?, user(args)?);
    let rights = types::ChatAdminRights {
        change_info: args.switch("can_change_info"),
        post_messages: args.switch("can_post_messages"),
        edit_messages: args.switch("can_edit_messages"),
        delete_messages: args.switch("can_delete_messages"),
        ban_users: args.switch("can_restrict_members"),
        invite_users: args.switch("can_invite_users"),
        pin_messages: args.switch("can_pin_messages"),
        add_admins: args.switch("can_promote_members"),
        anonymous: args.switch("is_anonymous"),
        manage_call: args.switch("can_manage_video_chats"),
        other: args.switch("can_manage_chat"),
        manage_topics: args.switch("can_manage_topics"),
        ..Default::default()
    };
    let edit = f::channels::EditAdmin {
        channel: bot.input_channel(channel),
        user_id: bot.input_user(user),
        admin_rights: ChatAdminRights::ChatAdminRights(rights),
        rank: None,
    };
    bot.invoke(edit).await?;
    Ok(true.into())
}
