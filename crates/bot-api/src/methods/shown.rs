//! Messages of a chat as a bot is shown them.

use crate::ApiError;
use crate::call::Bot;
use crate::json::{Pool, answered_id, rendered};
use heliograph_model::Peer;
use heliograph_tl::enums::messages::Messages;
use heliograph_tl::enums::{InputMessage, Message, Update, Updates};
use heliograph_tl::{functions as f, types};
use serde_json::Value;

/// Messages of a chat by their numbers, and who they show.
async fn fetch(bot: &Bot, chat: Peer, ids: &[i32]) -> Result<(Vec<Message>, Pool), ApiError> {
    let id: Vec<InputMessage> = ids
        .iter()
        .map(|id| types::InputMessageID { id: *id }.into())
        .collect();
    let page = match chat {
        Peer::Channel(channel) => {
            let channel = bot.input_channel(channel);
            bot.invoke(f::channels::GetMessages { channel, id }).await?
        }
        Peer::User(_) | Peer::Chat(_) => bot.invoke(f::messages::GetMessages { id }).await?,
    };
    let mut pool = Pool::of(bot);
    let messages = match page {
        Messages::Messages(page) => {
            pool.add(page.users, page.chats);
            page.messages
        }
        Messages::Slice(page) => {
            pool.add(page.users, page.chats);
            page.messages
        }
        Messages::ChannelMessages(page) => {
            pool.add(page.users, page.chats);
            page.messages
        }
        Messages::NotModified(_) => Vec::new(),
    };
    Ok((messages, pool))
}

/// One message as a `Message` object, with the one that it answers; `None` where it is gone.
pub async fn message(bot: &Bot, chat: Peer, id: i32) -> Result<Option<Value>, ApiError> {
    let (found, mut pool) = fetch(bot, chat, &[id]).await?;
    let Some(message) = found.first() else {
        return Ok(None);
    };
    let mut answered = None;
    if let Some(id) = answered_id(message) {
        let (found, other) = fetch(bot, chat, &[id]).await?;
        let first = found.first();
        answered = first.and_then(|first| rendered(&other, bot.id, first, None));
        pool.merge(other);
    }
    Ok(rendered(&pool, bot.id, message, answered))
}

/// The message that an answer to sending or editing tells of, as a `Message` object.
pub async fn message_of(bot: &Bot, chat: Peer, updates: &Updates) -> Result<Value, ApiError> {
    let id = sent_id(updates).ok_or_else(|| ApiError::bad_request("message was not sent"))?;
    let shown = message(bot, chat, id).await?;
    shown.ok_or_else(|| ApiError::bad_request("message not found"))
}

/// The number of the message that an answer tells of.
pub fn sent_id(updates: &Updates) -> Option<i32> {
    let all = match updates {
        Updates::UpdateShortSentMessage(sent) => return Some(sent.id),
        Updates::Updates(all) => &all.updates,
        _ => return None,
    };
    all.iter().find_map(|update| match update {
        Update::MessageID(of) => Some(of.id),
        Update::EditMessage(edited) => number(&edited.message),
        Update::EditChannelMessage(edited) => number(&edited.message),
        _ => None,
    })
}

fn number(message: &Message) -> Option<i32> {
    match message {
        Message::Message(message) => Some(message.id),
        Message::Service(message) => Some(message.id),
        Message::Empty(_) => None,
    }
}
