//! Chats.

use crate::ApiError;
use crate::args::Args;
use crate::call::Bot;
use crate::json::{Pool, permissions, put};
use heliograph_model::{ChannelId, Peer};
use heliograph_tl::enums::{self, ChatBannedRights, ExportedChatInvite};
use heliograph_tl::{functions as f, types};
use serde_json::{Value, json};

/// `getChat`: a `ChatFullInfo` object.
pub async fn get_chat(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let chat = bot.chat(&args.text("chat_id")).await?;
    let mut pool = Pool::of(bot);
    let mut more = serde_json::Map::new();
    match chat {
        Peer::User(user) => {
            let id = bot.input_user(user);
            let enums::users::UserFull::UserFull(found) =
                bot.invoke(f::users::GetFullUser { id }).await?;
            pool.add(found.users, found.chats);
            let enums::UserFull::UserFull(full) = found.full_user;
            put(&mut more, "bio", full.about);
        }
        Peer::Channel(channel) => {
            let full = full(bot, channel, &mut pool).await?;
            let about = Some(full.about).filter(|about| !about.is_empty());
            put(&mut more, "description", about);
            let link = match full.exported_invite {
                Some(ExportedChatInvite::ChatInviteExported(invite)) => Some(invite.link),
                _ => None,
            };
            put(&mut more, "invite_link", link);
            let linked = full.linked_chat_id.map(ChannelId);
            let linked = linked.map(|linked| crate::call::chat_id(linked.into()));
            put(&mut more, "linked_chat_id", linked);
            put(&mut more, "slow_mode_delay", full.slowmode_seconds);
            if let Some(ChatBannedRights::ChatBannedRights(rights)) = pool.default_rights(channel) {
                more.insert("permissions".into(), permissions(rights));
            }
            if let Some(id) = full.pinned_msg_id {
                let pinned = super::shown::message(bot, chat, id).await?;
                put(&mut more, "pinned_message", pinned);
            }
        }
        Peer::Chat(_) => return Err(ApiError::bad_request("chat not found")),
    }
    let mut object = pool.chat(chat);
    object["accent_color_id"] = json!(0);
    object["max_reaction_count"] = json!(0);
    object["accepted_gift_types"] = json!({
        "unlimited_gifts": false,
        "limited_gifts": false,
        "unique_gifts": false,
        "premium_subscription": false,
        "gifts_from_channels": false,
    });
    for (name, value) in more {
        object[name] = value;
    }
    Ok(object)
}

/// A channel with everything the bot may know of it.
pub async fn full(
    bot: &Bot,
    channel: ChannelId,
    pool: &mut Pool,
) -> Result<types::ChannelFull, ApiError> {
    let channel = bot.input_channel(channel);
    let enums::messages::ChatFull::ChatFull(found) =
        bot.invoke(f::channels::GetFullChannel { channel }).await?;
    pool.add(found.users, found.chats);
    match found.full_chat {
        enums::ChatFull::ChannelFull(full) => Ok(full),
        enums::ChatFull::ChatFull(_) => Err(ApiError::bad_request("chat not found")),
    }
}

/// `leaveChat`.
pub async fn leave_chat(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let Peer::Channel(channel) = bot.chat(&args.text("chat_id")).await? else {
        return Err(ApiError::bad_request("chat not found"));
    };
    let channel = bot.input_channel(channel);
    bot.invoke(f::channels::LeaveChannel { channel }).await?;
    Ok(true.into())
}
