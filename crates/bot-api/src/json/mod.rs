//! From the protocol's objects to the Bot API's JSON.

mod markup;
mod media;
mod member;
mod message;

pub use markup::parse as parse_markup;
pub use member::{member, permissions, restrictions};
pub use message::{answered_id, rendered};

use crate::call::{Bot, chat_id};
use crate::files::FileNames;
use heliograph_model::{ChannelId, Peer, UserId};
use heliograph_tl::enums;
use heliograph_tl::types;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The people and chats that an answer of the protocol brought along.
pub struct Pool {
    files: FileNames,
    users: HashMap<i64, types::User>,
    chats: HashMap<i64, types::Channel>,
}

impl Pool {
    /// An empty one, whose files are named to this bot.
    pub fn of(bot: &Bot) -> Self {
        Pool {
            files: bot.file_names(),
            users: HashMap::new(),
            chats: HashMap::new(),
        }
    }

    /// Names files to the bot.
    pub fn files(&self) -> &FileNames {
        &self.files
    }

    /// Takes them in.
    pub fn add(&mut self, users: Vec<enums::User>, chats: Vec<enums::Chat>) {
        for user in users {
            if let enums::User::User(user) = user {
                self.users.insert(user.id, user);
            }
        }
        for chat in chats {
            if let enums::Chat::Channel(channel) = chat {
                self.chats.insert(channel.id, channel);
            }
        }
    }

    /// Takes in what another pool holds.
    pub fn merge(&mut self, other: Pool) {
        self.users.extend(other.users);
        self.chats.extend(other.chats);
    }

    /// What members of a group may not do.
    pub fn default_rights(&self, channel: ChannelId) -> Option<&enums::ChatBannedRights> {
        self.chats.get(&channel.0)?.default_banned_rights.as_ref()
    }

    /// A `User` object; the id alone where nothing else is known.
    pub fn user(&self, id: UserId) -> Value {
        let Some(user) = self.users.get(&id.0) else {
            return json!({ "id": id.0, "is_bot": id.is_bot(), "first_name": "" });
        };
        let mut object = Map::new();
        object.insert("id".into(), user.id.into());
        object.insert("is_bot".into(), user.bot_info_version.is_some().into());
        let first = user.first_name.clone().unwrap_or_default();
        object.insert("first_name".into(), first.into());
        put(&mut object, "last_name", user.last_name.clone());
        put(&mut object, "username", user.username.clone());
        Value::Object(object)
    }

    /// A `Chat` object.
    pub fn chat(&self, peer: Peer) -> Value {
        let mut object = Map::new();
        object.insert("id".into(), chat_id(peer).into());
        match peer {
            Peer::User(id) => {
                if let Some(user) = self.users.get(&id.0) {
                    put(&mut object, "first_name", user.first_name.clone());
                    put(&mut object, "last_name", user.last_name.clone());
                    put(&mut object, "username", user.username.clone());
                }
                object.insert("type".into(), "private".into());
            }
            Peer::Channel(id) => {
                let channel = self.chats.get(&id.0);
                let title = channel.map(|channel| channel.title.clone());
                put(&mut object, "title", title);
                put(
                    &mut object,
                    "username",
                    channel.and_then(|c| c.username.clone()),
                );
                let broadcast = channel.is_some_and(|channel| channel.broadcast);
                let kind = if broadcast { "channel" } else { "supergroup" };
                object.insert("type".into(), kind.into());
            }
            Peer::Chat(_) => {
                object.insert("type".into(), "group".into());
            }
        }
        Value::Object(object)
    }
}

/// Puts a field in, where there is one.
pub fn put(object: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}

/// A peer of the protocol.
pub fn peer_of(peer: &enums::Peer) -> Peer {
    match peer {
        enums::Peer::User(user) => Peer::User(UserId(user.user_id)),
        enums::Peer::Chat(chat) => Peer::Chat(heliograph_model::ChatId(chat.chat_id)),
        enums::Peer::Channel(channel) => Peer::Channel(ChannelId(channel.channel_id)),
    }
}
