//! `Message` and `MessageEntity` objects.

use super::media::{photo_sizes, put_media};
use super::{Pool, markup, peer_of, put};
use heliograph_model::{Peer, UserId};
use heliograph_tl::enums::{self, MessageAction, MessageEntity, MessageReplyHeader};
use heliograph_tl::types;
use serde_json::{Map, Value, json};

/// A message of the protocol as a `Message` object, with the message that it answers where that is
/// there; `None` for one that is gone.
pub fn rendered(
    pool: &Pool,
    bot: UserId,
    message: &enums::Message,
    answered: Option<Value>,
) -> Option<Value> {
    match message {
        enums::Message::Message(message) => Some(plain(pool, bot, message, answered)),
        enums::Message::Service(message) => Some(service(pool, bot, message, answered)),
        enums::Message::Empty(_) => None,
    }
}

/// What every message has: number, author, chat, date.
fn head(
    pool: &Pool,
    bot: UserId,
    (id, date): (i32, i32),
    (chat, from): (&enums::Peer, Option<&enums::Peer>),
    out: bool,
) -> Map<String, Value> {
    let chat = peer_of(chat);
    let mut object = Map::new();
    object.insert("message_id".into(), id.into());
    // In a private chat the author is not told: it is the bot, or the other side.
    let from = from.map(peer_of).or(match chat {
        Peer::User(other) => Some(Peer::User(if out { bot } else { other })),
        _ => None,
    });
    match from {
        Some(Peer::User(user)) => put(&mut object, "from", Some(pool.user(user))),
        Some(other) => put(&mut object, "sender_chat", Some(pool.chat(other))),
        None => put(&mut object, "sender_chat", Some(pool.chat(chat))),
    }
    object.insert("chat".into(), pool.chat(chat));
    object.insert("date".into(), date.into());
    object
}

fn plain(pool: &Pool, bot: UserId, message: &types::Message, answered: Option<Value>) -> Value {
    let peers = (&message.peer_id, message.from_id.as_ref());
    let mut object = head(pool, bot, (message.id, message.date), peers, message.out);
    put(&mut object, "reply_to_message", answered);
    if let Some(enums::MessageReplyHeader::MessageReplyHeader(reply)) = &message.reply_to {
        put(&mut object, "message_thread_id", reply.reply_to_top_id);
    }
    if let Some(enums::MessageFwdHeader::MessageFwdHeader(forward)) = &message.fwd_from {
        object.insert("forward_origin".into(), origin(pool, forward));
        if let Some(saved) = &forward.saved_from_peer
            && matches!(message.from_id, Some(enums::Peer::Channel(_)))
            && matches!(saved, enums::Peer::Channel(_))
        {
            object.insert("is_automatic_forward".into(), true.into());
        }
    }
    put(&mut object, "edit_date", message.edit_date);
    put(&mut object, "author_signature", message.post_author.clone());
    put(
        &mut object,
        "has_protected_content",
        message.noforwards.then_some(true),
    );
    let shows = message.media.as_ref();
    if let Some(media) = shows {
        put_media(pool.files(), &mut object, media);
        let album = message.grouped_id.map(|album| album.to_string());
        put(&mut object, "media_group_id", album);
    }
    let (text, styles) = match shows {
        Some(_) => ("caption", "caption_entities"),
        None => ("text", "entities"),
    };
    if shows.is_none() || !message.message.is_empty() {
        object.insert(text.into(), message.message.clone().into());
    }
    if let Some(styled) = &message.entities {
        let styled = entities(pool, styled);
        put(
            &mut object,
            styles,
            Some(styled).filter(|list| !list.is_empty()),
        );
    }
    let keyboard = message.reply_markup.as_ref();
    put(
        &mut object,
        "reply_markup",
        keyboard.and_then(markup::rendered),
    );
    Value::Object(object)
}

fn origin(pool: &Pool, forward: &types::MessageFwdHeader) -> Value {
    let date = forward.date;
    match forward.from_id.as_ref().map(peer_of) {
        Some(Peer::User(user)) => {
            json!({ "type": "user", "date": date, "sender_user": pool.user(user) })
        }
        Some(chat) => match forward.channel_post {
            Some(post) => {
                let mut object = Map::new();
                object.insert("type".into(), "channel".into());
                object.insert("date".into(), date.into());
                object.insert("chat".into(), pool.chat(chat));
                object.insert("message_id".into(), post.into());
                put(&mut object, "author_signature", forward.post_author.clone());
                Value::Object(object)
            }
            None => json!({ "type": "chat", "date": date, "sender_chat": pool.chat(chat) }),
        },
        None => {
            let name = forward.from_name.clone().unwrap_or_default();
            json!({ "type": "hidden_user", "date": date, "sender_user_name": name })
        }
    }
}

fn service(
    pool: &Pool,
    bot: UserId,
    message: &types::MessageService,
    answered: Option<Value>,
) -> Value {
    let peers = (&message.peer_id, message.from_id.as_ref());
    let mut object = head(pool, bot, (message.id, message.date), peers, message.out);
    let author = message.from_id.as_ref().map(peer_of).and_then(Peer::user);
    let (name, value) = match &message.action {
        MessageAction::ChannelCreate(_) if message.post => ("channel_chat_created", json!(true)),
        MessageAction::ChannelCreate(_) => ("supergroup_chat_created", json!(true)),
        MessageAction::ChatEditTitle(action) => ("new_chat_title", json!(action.title)),
        MessageAction::ChatAddUser(action) => {
            let users = action.users.iter().map(|user| pool.user(UserId(*user)));
            ("new_chat_members", users.collect())
        }
        MessageAction::ChatJoinedByLink(_) | MessageAction::ChatJoinedByRequest => {
            let joined: Vec<Value> = author.map(|user| pool.user(user)).into_iter().collect();
            ("new_chat_members", json!(joined))
        }
        MessageAction::ChatDeleteUser(action) => {
            ("left_chat_member", pool.user(UserId(action.user_id)))
        }
        MessageAction::ChatEditPhoto(action) => {
            let sizes = photo_sizes(pool.files(), &action.photo);
            ("new_chat_photo", json!(sizes))
        }
        MessageAction::ChatDeletePhoto => ("delete_chat_photo", json!(true)),
        MessageAction::PinMessage => ("pinned_message", answered.unwrap_or(Value::Null)),
        _ => return Value::Object(object),
    };
    object.insert(name.to_owned(), value);
    Value::Object(object)
}

/// The number of the message that this one answers.
pub fn answered_id(message: &enums::Message) -> Option<i32> {
    let reply = match message {
        enums::Message::Message(message) => message.reply_to.as_ref(),
        enums::Message::Service(message) => message.reply_to.as_ref(),
        enums::Message::Empty(_) => None,
    };
    let MessageReplyHeader::MessageReplyHeader(header) = reply?;
    header.reply_to_msg_id
}

/// `MessageEntity` objects.
pub fn entities(pool: &Pool, entities: &[MessageEntity]) -> Vec<Value> {
    entities
        .iter()
        .filter_map(|one| entity(pool, one))
        .collect()
}

fn entity(pool: &Pool, entity: &MessageEntity) -> Option<Value> {
    let at = |kind: &str, offset: i32, length: i32| json!({ "type": kind, "offset": offset, "length": length });
    let mut more = None;
    let mut object = match entity {
        MessageEntity::Mention(e) => at("mention", e.offset, e.length),
        MessageEntity::Hashtag(e) => at("hashtag", e.offset, e.length),
        MessageEntity::Cashtag(e) => at("cashtag", e.offset, e.length),
        MessageEntity::BotCommand(e) => at("bot_command", e.offset, e.length),
        MessageEntity::Url(e) => at("url", e.offset, e.length),
        MessageEntity::Email(e) => at("email", e.offset, e.length),
        MessageEntity::Phone(e) => at("phone_number", e.offset, e.length),
        MessageEntity::Bold(e) => at("bold", e.offset, e.length),
        MessageEntity::Italic(e) => at("italic", e.offset, e.length),
        MessageEntity::Underline(e) => at("underline", e.offset, e.length),
        MessageEntity::Strike(e) => at("strikethrough", e.offset, e.length),
        MessageEntity::Spoiler(e) => at("spoiler", e.offset, e.length),
        MessageEntity::Code(e) => at("code", e.offset, e.length),
        MessageEntity::Blockquote(e) => {
            let kind = if e.collapsed {
                "expandable_blockquote"
            } else {
                "blockquote"
            };
            at(kind, e.offset, e.length)
        }
        MessageEntity::Pre(e) => {
            let language = Some(e.language.clone()).filter(|language| !language.is_empty());
            more = language.map(|language| ("language", json!(language)));
            at("pre", e.offset, e.length)
        }
        MessageEntity::TextUrl(e) => {
            more = Some(("url", json!(e.url)));
            at("text_link", e.offset, e.length)
        }
        MessageEntity::MentionName(e) => {
            more = Some(("user", pool.user(UserId(e.user_id))));
            at("text_mention", e.offset, e.length)
        }
        MessageEntity::CustomEmoji(e) => {
            more = Some(("custom_emoji_id", json!(e.document_id.to_string())));
            at("custom_emoji", e.offset, e.length)
        }
        _ => return None,
    };
    if let Some((name, value)) = more {
        object[name] = value;
    }
    Some(object)
}
