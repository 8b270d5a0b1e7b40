//! Messages: sending, changing, forwarding, pinning; answers to buttons.

use super::shown::{message_of, sent_id};
use crate::ApiError;
use crate::args::Args;
use crate::call::Bot;
use crate::{json, text};
use heliograph_model::{MessageId, Peer};
use heliograph_store::mailbox;
use heliograph_tl::enums::{InputReplyTo, ReplyMarkup, SendMessageAction};
use heliograph_tl::{functions as f, types};
use serde::Deserialize;
use serde_json::Value;

/// A number for a message of which the bot gives none.
pub(super) fn random_id(bot: &Bot) -> i64 {
    i64::from_le_bytes(bot.cx().random())
}

pub(super) async fn chat(bot: &Bot, args: &Args) -> Result<Peer, ApiError> {
    bot.chat(&args.text("chat_id")).await
}

pub(super) fn message_id(args: &Args, name: &str) -> Result<i32, ApiError> {
    let id = args.number(name).and_then(|id| i32::try_from(id).ok());
    id.filter(|id| *id > 0)
        .ok_or_else(|| ApiError::bad_request("message identifier is not specified"))
}

pub(super) fn markup(args: &Args) -> Result<Option<ReplyMarkup>, ApiError> {
    let given: Option<Value> = args.structure("reply_markup")?;
    given.as_ref().map(json::parse_markup).transpose()
}

#[derive(Deserialize)]
struct ReplyParameters {
    message_id: i32,
    #[serde(default)]
    allow_sending_without_reply: bool,
}

/// The message that a new one answers.
pub(super) async fn reply_to(
    bot: &Bot,
    chat: Peer,
    args: &Args,
) -> Result<Option<InputReplyTo>, ApiError> {
    let parameters: Option<ReplyParameters> = args.structure("reply_parameters")?;
    let old = args
        .number("reply_to_message_id")
        .map(|id| ReplyParameters {
            message_id: id as i32,
            allow_sending_without_reply: args.switch("allow_sending_without_reply"),
        });
    let Some(reply) = parameters.or(old) else {
        return Ok(None);
    };
    let id = MessageId(reply.message_id.max(0) as u32);
    let mut view = bot.view().await?;
    let found = mailbox::load(&mut *view, chat.mailbox(bot.id), id).await;
    let found = found.map_err(ApiError::internal)?;
    if found.is_none_or(|found| found.peer != chat) && !reply.allow_sending_without_reply {
        return Err(ApiError::bad_request("message to be replied not found"));
    }
    Ok(Some(
        types::InputReplyToMessage {
            reply_to_msg_id: reply.message_id,
            ..Default::default()
        }
        .into(),
    ))
}

/// `sendMessage`.
pub async fn send_message(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let chat = chat(bot, args).await?;
    let (message, entities) = text::parse(bot, args, "text")?;
    let send = f::messages::SendMessage {
        silent: args.switch("disable_notification"),
        noforwards: args.switch("protect_content"),
        peer: bot.input_peer(chat),
        reply_to: reply_to(bot, chat, args).await?,
        message,
        random_id: random_id(bot),
        reply_markup: markup(args)?,
        entities: Some(entities),
        ..Default::default()
    };
    let sent = bot.invoke(send).await?;
    message_of(bot, chat, &sent).await
}

/// `editMessageText`. Inline messages are not served.
pub async fn edit_message_text(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let chat = chat(bot, args).await?;
    let (message, entities) = text::parse(bot, args, "text")?;
    let edit = f::messages::EditMessage {
        peer: bot.input_peer(chat),
        id: message_id(args, "message_id")?,
        message: Some(message),
        reply_markup: markup(args)?,
        entities: Some(entities),
        ..Default::default()
    };
    let edited = bot.invoke(edit).await?;
    message_of(bot, chat, &edited).await
}

/// `deleteMessage`.
pub async fn delete_message(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let chat = chat(bot, args).await?;
    let id = message_id(args, "message_id")?;
    let mut view = bot.view().await?;
    let number = MessageId(id as u32);
    let found = mailbox::load(&mut *view, chat.mailbox(bot.id), number).await;
    drop(view);
    let found = found.map_err(ApiError::internal)?;
    if found.is_none_or(|found| found.peer != chat) {
        return Err(ApiError::bad_request("message to delete not found"));
    }
    match chat {
        Peer::Channel(channel) => {
            let channel = bot.input_channel(channel);
            let id = vec![id];
            let deleted = bot
                .invoke(f::channels::DeleteMessages { channel, id })
                .await;
            deleted.map_err(|_| ApiError::bad_request("message can't be deleted"))?;
        }
        Peer::User(_) | Peer::Chat(_) => {
            let (revoke, id) = (true, vec![id]);
            bot.invoke(f::messages::DeleteMessages { revoke, id })
                .await?;
        }
    }
    Ok(true.into())
}

/// Copies a message from one chat to another; answers with where and which number it has there.
async fn copy(bot: &Bot, args: &Args, drop_author: bool) -> Result<(Peer, i32), ApiError> {
    let to = chat(bot, args).await?;
    let from = bot.chat(&args.text("from_chat_id")).await?;
    let forward = f::messages::ForwardMessages {
        silent: args.switch("disable_notification"),
        drop_author,
        from_peer: bot.input_peer(from),
        id: vec![message_id(args, "message_id")?],
        random_id: vec![random_id(bot)],
        to_peer: bot.input_peer(to),
        ..Default::default()
    };
    let sent = bot.invoke(forward).await?;
    let id = sent_id(&sent).ok_or_else(|| ApiError::bad_request("message to forward not found"))?;
    Ok((to, id))
}

/// `forwardMessage`.
pub async fn forward_message(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let (chat, id) = copy(bot, args, false).await?;
    let shown = super::shown::message(bot, chat, id).await?;
    shown.ok_or_else(|| ApiError::bad_request("message to forward not found"))
}

/// `copyMessage`.
pub async fn copy_message(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let (_, id) = copy(bot, args, true).await?;
    Ok(serde_json::json!({ "message_id": id }))
}

/// `sendChatAction`.
pub async fn send_chat_action(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let chat = chat(bot, args).await?;
    let progress = 0;
    let action: SendMessageAction = match args.text("action").as_str() {
        "typing" => SendMessageAction::SendMessageTypingAction,
        "upload_photo" => types::SendMessageUploadPhotoAction { progress }.into(),
        "upload_document" => types::SendMessageUploadDocumentAction { progress }.into(),
        "record_video" => SendMessageAction::SendMessageRecordVideoAction,
        "upload_video" => types::SendMessageUploadVideoAction { progress }.into(),
        "record_voice" => SendMessageAction::SendMessageRecordAudioAction,
        "upload_voice" => types::SendMessageUploadAudioAction { progress }.into(),
        "choose_sticker" => SendMessageAction::SendMessageChooseStickerAction,
        "find_location" => SendMessageAction::SendMessageGeoLocationAction,
        _ => return Err(ApiError::bad_request("wrong parameter action in request")),
    };
    let typing = f::messages::SetTyping {
        peer: bot.input_peer(chat),
        top_msg_id: None,
        action,
    };
    Ok(bot.invoke(typing).await?.into())
}

/// `answerCallbackQuery`.
pub async fn answer_callback_query(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let query_id = args.number("callback_query_id");
    let query_id = query_id.ok_or_else(|| ApiError::bad_request("invalid callback query ID"))?;
    let answer = f::messages::SetBotCallbackAnswer {
        alert: args.switch("show_alert"),
        query_id,
        message: args.find_text("text"),
        url: args.find_text("url"),
        cache_time: args.number("cache_time").unwrap_or(0) as i32,
    };
    Ok(bot.invoke(answer).await?.into())
}

/// `pinChatMessage` and `unpinChatMessage`; the latter without a number takes down the newest.
pub async fn pin_chat_message(bot: &Bot, args: &Args, pin: bool) -> Result<Value, ApiError> {
    let chat = chat(bot, args).await?;
    let id = if !pin && args.number("message_id").is_none() {
        let mut view = bot.view().await?;
        let owner = chat.mailbox(bot.id);
        let pinned = heliograph_domain::messages::pinned(&mut *view, owner, chat).await;
        let pinned = pinned.map_err(ApiError::internal)?;
        match pinned.first() {
            Some(newest) => newest.0 as i32,
            None => return Ok(true.into()),
        }
    } else {
        message_id(args, "message_id")?
    };
    let update = f::messages::UpdatePinnedMessage {
        silent: args.switch("disable_notification"),
        unpin: !pin,
        pm_oneside: false,
        peer: bot.input_peer(chat),
        id,
    };
    bot.invoke(update).await?;
    Ok(true.into())
}
