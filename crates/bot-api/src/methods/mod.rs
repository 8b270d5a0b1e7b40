//! The methods, by subject.

mod chats;
mod me;
mod media;
mod members;
mod send;
mod shown;
mod updates;

pub use updates::next_update;

use crate::ApiError;
use crate::args::Args;
use crate::call::Bot;
use serde_json::Value;

/// Answers a method; names are taken in any case, as the public Bot API does.
pub async fn call(bot: &Bot, method: &str, args: Args) -> Result<Value, ApiError> {
    match method.to_lowercase().as_str() {
        "getme" => me::get_me(bot).await,
        "setmycommands" => me::set_my_commands(bot, &args).await,
        "getmycommands" => me::get_my_commands(bot).await,
        "deletemycommands" => me::delete_my_commands(bot).await,
        "getupdates" => updates::get_updates(bot, &args).await,
        "setwebhook" => updates::set_webhook(bot, &args).await,
        "deletewebhook" => updates::delete_webhook(bot, &args).await,
        "getwebhookinfo" => updates::get_webhook_info(bot).await,
        "sendmessage" => send::send_message(bot, &args).await,
        "editmessagetext" => send::edit_message_text(bot, &args).await,
        "sendphoto" => media::send_photo(bot, &args).await,
        "senddocument" => media::send_document(bot, &args).await,
        "editmessagecaption" => media::edit_message_caption(bot, &args).await,
        "getfile" => media::get_file(bot, &args).await,
        "deletemessage" => send::delete_message(bot, &args).await,
        "forwardmessage" => send::forward_message(bot, &args).await,
        "copymessage" => send::copy_message(bot, &args).await,
        "sendchataction" => send::send_chat_action(bot, &args).await,
        "answercallbackquery" => send::answer_callback_query(bot, &args).await,
        "pinchatmessage" => send::pin_chat_message(bot, &args, true).await,
        "unpinchatmessage" => send::pin_chat_message(bot, &args, false).await,
        "getchat" => chats::get_chat(bot, &args).await,
        "leavechat" => chats::leave_chat(bot, &args).await,
        "getchatmembercount" => members::get_chat_member_count(bot, &args).await,
        "getchatmember" => members::get_chat_member(bot, &args).await,
        "getchatadministrators" => members::get_chat_administrators(bot, &args).await,
        "banchatmember" => members::ban_chat_member(bot, &args).await,
        "unbanchatmember" => members::unban_chat_member(bot, &args).await,
        "restrictchatmember" => members::restrict_chat_member(bot, &args).await,
        "promotechatmember" => members::promote_chat_member(bot, &args).await,
        _ => Err(ApiError::no_method()),
    }
}
