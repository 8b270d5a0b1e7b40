//! A bot's calls through the table of methods, and the chats that it names.

use crate::files::FileNames;
use crate::{ApiError, BotApi};
use heliograph_api::{Caller, Ctx};
use heliograph_domain::keys::ClientInfo;
use heliograph_domain::{accounts, channels};
use heliograph_model::{AuthKeyId, ChannelId, FileId, Peer, UserId, Username};
use heliograph_store::mailbox;
use heliograph_tl::enums::{InputChannel, InputPeer, InputUser};
use heliograph_tl::{Decode, Function, types};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// Channels are written below this in the Bot API: `-100` and the id.
const CHANNELS_BELOW: i64 = -1_000_000_000_000;

/// A bot that was recognised by its token.
#[derive(Clone)]
pub struct Bot {
    pub api: Arc<BotApi>,
    pub id: UserId,
    cx: Ctx,
}

impl Bot {
    /// The bot `id` as a caller of its own.
    pub fn new(api: Arc<BotApi>, id: UserId) -> Self {
        let caller = Caller {
            // No key stands behind requests over HTTP: the token does.
            key: AuthKeyId(0),
            session: u64::MAX,
            user: Some(id),
            dc: 2,
            reached: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            address: id.0 as u64,
            country: None,
            client: Arc::new(ClientInfo::default()),
        };
        let cx = Ctx::new(api.services.clone(), Arc::new(caller));
        Bot { api, id, cx }
    }

    /// The context of the bot's calls.
    pub fn cx(&self) -> &Ctx {
        &self.cx
    }

    /// Makes a call as the bot.
    pub async fn invoke<F: Function>(&self, call: F) -> Result<F::Return, ApiError> {
        let bytes = self
            .api
            .methods
            .call(self.cx.clone(), &call.to_bytes())?
            .await?;
        F::Return::from_bytes(&bytes).map_err(|_| ApiError::bad_request("INTERNAL"))
    }

    /// The chat that a `chat_id` names: a number, or the public name of a channel.
    pub async fn chat(&self, named: &str) -> Result<Peer, ApiError> {
        let not_found = || ApiError::bad_request("chat not found");
        if named.is_empty() {
            return Err(ApiError::bad_request("chat_id is empty"));
        }
        let peer = if let Some(name) = named.strip_prefix('@') {
            let name = Username::parse(name).map_err(|_| not_found())?;
            let mut view = self.view().await?;
            let holder = accounts::find_username(&mut *view, &name).await;
            holder.map_err(ApiError::internal)?.ok_or_else(not_found)?
        } else {
            let id: i64 = named.trim().parse().map_err(|_| not_found())?;
            match id {
                1.. => Peer::User(UserId(id)),
                id if id < CHANNELS_BELOW => Peer::Channel(ChannelId(CHANNELS_BELOW - id)),
                _ => return Err(not_found()),
            }
        };
        self.known(peer).await?;
        Ok(peer)
    }

    /// A bot knows who has begun a chat with it, and the channels that it is in or that are public.
    async fn known(&self, peer: Peer) -> Result<(), ApiError> {
        let mut view = self.view().await?;
        match peer {
            Peer::User(_) => {
                let dialog = mailbox::dialog(&mut *view, self.id.into(), peer).await;
                let begun = dialog.map_err(ApiError::internal)?;
                if begun.is_none_or(|dialog| !dialog.begun) {
                    return Err(ApiError::bad_request("chat not found"));
                }
            }
            Peer::Channel(channel) => {
                let found = channels::find(&mut *view, channel).await;
                let found = found.map_err(ApiError::internal)?;
                let found = found.filter(|found| !found.deleted);
                let found = found.ok_or_else(|| ApiError::bad_request("chat not found"))?;
                let place = channels::member(&mut *view, channel, self.id).await;
                let place = place.map_err(ApiError::internal)?;
                let inside = place.is_some_and(|place| place.inside);
                if !inside && found.username.is_none() {
                    let kind = if found.broadcast {
                        "channel"
                    } else {
                        "supergroup"
                    };
                    let words = format!("bot is not a member of the {kind} chat");
                    return Err(ApiError::forbidden(&words));
                }
            }
            Peer::Chat(_) => return Err(ApiError::bad_request("chat not found")),
        }
        Ok(())
    }

    /// A view of the store.
    pub async fn view(&self) -> Result<heliograph_store::View<'_>, ApiError> {
        self.api
            .services
            .store
            .view()
            .await
            .map_err(ApiError::internal)
    }

    /// Names files to the bot.
    pub fn file_names(&self) -> FileNames {
        FileNames::new(self.cx.access.clone(), self.id)
    }

    /// A file that the bot may have, as it is named to the table of methods.
    pub fn reference(&self, file: FileId) -> (i64, Vec<u8>) {
        let now_s = self.cx.now().seconds();
        self.cx.access.name_file(file, self.id, now_s)
    }

    /// A chat, as the bot names it to the table of methods.
    pub fn input_peer(&self, peer: Peer) -> InputPeer {
        let access_hash = self.cx.access.hash(self.id, peer);
        match peer {
            Peer::User(user) => types::InputPeerUser {
                user_id: user.0,
                access_hash,
            }
            .into(),
            Peer::Chat(chat) => types::InputPeerChat { chat_id: chat.0 }.into(),
            Peer::Channel(channel) => types::InputPeerChannel {
                channel_id: channel.0,
                access_hash,
            }
            .into(),
        }
    }

    /// A channel, as the bot names it.
    pub fn input_channel(&self, channel: ChannelId) -> InputChannel {
        types::InputChannel {
            channel_id: channel.0,
            access_hash: self.cx.access.hash(self.id, channel),
        }
        .into()
    }

    /// A person, as the bot names them.
    pub fn input_user(&self, user: UserId) -> InputUser {
        types::InputUser {
            user_id: user.0,
            access_hash: self.cx.access.hash(self.id, user),
        }
        .into()
    }
}

/// A chat's number in the Bot API.
pub fn chat_id(peer: Peer) -> i64 {
    match peer {
        Peer::User(user) => user.0,
        Peer::Chat(chat) => -chat.0,
        Peer::Channel(channel) => CHANNELS_BELOW - channel.0,
    }
}
