//! From the ways a client names somebody to the account.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::render::Shown;
use heliograph_domain::accounts::{self, Account};
use heliograph_domain::channels::{self, Standing};
use heliograph_domain::messages::Window;
use heliograph_model::{ChannelId, Message, MessageId, Peer, UserId};
use heliograph_store::{Rows, mailbox};
use heliograph_tl::enums::{InputChannel, InputPeer, InputUser};

impl Ctx {
    /// The person that an `InputUser` names, for the caller. `USER_ID_INVALID` where there is none
    /// or the access hash is not the caller's: missing and forbidden look alike.
    pub async fn resolve_user(&self, rows: &mut dyn Rows, user: &InputUser) -> Result<Account> {
        let me = self.user()?;
        let id = match user {
            InputUser::Empty => return Err(text::USER_ID_INVALID.into()),
            InputUser::Self_ => me,
            InputUser::InputUser(user) => self
                .named(UserId(user.user_id), user.access_hash)
                .ok_or(text::USER_ID_INVALID)?,
            InputUser::FromMessage(user) => self
                .seen_in(rows, &user.peer, user.msg_id, UserId(user.user_id))
                .await?
                .ok_or(text::USER_ID_INVALID)?,
        };
        Ok(accounts::find(rows, id)
            .await?
            .ok_or(text::USER_ID_INVALID)?)
    }

    /// The person that an `InputPeer` names. Groups and channels are `PEER_ID_NOT_SUPPORTED`,
    /// everything else that fails is `PEER_ID_INVALID`.
    ///
    /// Reads nothing but for `inputPeerUserFromMessage`: who shows an access hash was given it with
    /// the account, and an account's row outlives the account.
    pub async fn resolve_peer(&self, rows: &mut dyn Rows, peer: &InputPeer) -> Result<UserId> {
        let me = self.user()?;
        let id = match peer {
            InputPeer::Self_ => Some(me),
            InputPeer::User(user) => self.named(UserId(user.user_id), user.access_hash),
            InputPeer::UserFromMessage(user) => {
                self.seen_in(rows, &user.peer, user.msg_id, UserId(user.user_id))
                    .await?
            }
            InputPeer::Empty => None,
            InputPeer::Chat(_) | InputPeer::Channel(_) | InputPeer::ChannelFromMessage(_) => {
                return Err(text::PEER_ID_NOT_SUPPORTED.into());
            }
        };
        Ok(id.ok_or(text::PEER_ID_INVALID)?)
    }

    /// The chat that an `InputPeer` names: a person, or a channel that the caller may read. A basic
    /// group is `PEER_ID_NOT_SUPPORTED`; a channel fails with `CHANNEL_INVALID` or
    /// `CHANNEL_PRIVATE`, everything else with `PEER_ID_INVALID`.
    pub async fn chat(&self, peer: &InputPeer) -> Result<Peer> {
        let channel = match peer {
            InputPeer::Channel(channel) => {
                self.named_channel(channel.channel_id, channel.access_hash)?
            }
            InputPeer::ChannelFromMessage(channel) => {
                let wanted = ChannelId(channel.channel_id);
                self.channel_seen_in(&channel.peer, channel.msg_id, wanted)
                    .await?
            }
            person => return Ok(Peer::User(self.peer(person).await?)),
        };
        self.standing(channel).await?.may_read()?;
        Ok(channel.into())
    }

    /// The channel that an `InputChannel` names, whether the caller may read it or not; fails with
    /// `CHANNEL_INVALID`.
    pub async fn channel(&self, channel: &InputChannel) -> Result<ChannelId> {
        match channel {
            InputChannel::Empty => Err(text::CHANNEL_INVALID.into()),
            InputChannel::InputChannel(channel) => {
                self.named_channel(channel.channel_id, channel.access_hash)
            }
            InputChannel::FromMessage(channel) => {
                let wanted = ChannelId(channel.channel_id);
                self.channel_seen_in(&channel.peer, channel.msg_id, wanted)
                    .await
            }
        }
    }

    /// The channel that an `InputPeer` names, for methods about channels only.
    pub async fn channel_peer(&self, peer: &InputPeer) -> Result<ChannelId> {
        match self.chat(peer).await? {
            Peer::Channel(channel) => Ok(channel),
            Peer::User(_) | Peer::Chat(_) => Err(text::PEER_ID_INVALID.into()),
        }
    }

    /// How the caller stands before a channel.
    pub async fn standing(&self, channel: ChannelId) -> Result<Standing> {
        let me = self.user()?;
        let mut view = self.store.view().await?;
        let now_s = self.now().seconds();
        Ok(channels::standing(&mut *view, channel, me, now_s).await?)
    }

    fn named_channel(&self, id: i64, access_hash: i64) -> Result<ChannelId> {
        let (me, channel) = (self.user()?, ChannelId(id));
        // Bots know the channels that they are in by id alone.
        if self.access.allows(me, channel, access_hash) {
            Ok(channel)
        } else {
            Err(text::CHANNEL_INVALID.into())
        }
    }

    /// The channel, where a message that the caller may read shows it
    /// (`inputChannelFromMessage`).
    async fn channel_seen_in(
        &self,
        peer: &InputPeer,
        msg_id: i32,
        channel: ChannelId,
    ) -> Result<ChannelId> {
        let mut view = self.store.view().await?;
        let message = self.message_in(&mut *view, peer, msg_id).await?;
        let mut shown = Shown::default();
        shown.messages(&message);
        if shown.channels.contains(&channel) {
            Ok(channel)
        } else {
            Err(text::CHANNEL_INVALID.into())
        }
    }

    /// A message of a chat that the caller may read; `None` where there is none, or the chat is not
    /// for the caller.
    async fn message_in(
        &self,
        rows: &mut dyn Rows,
        peer: &InputPeer,
        msg_id: i32,
    ) -> Result<Option<Message>> {
        let me = self.user()?;
        let chat = match peer {
            InputPeer::Self_ => Some(Peer::User(me)),
            InputPeer::User(user) => {
                let user = self.named(UserId(user.user_id), user.access_hash);
                user.map(Peer::User)
            }
            InputPeer::Channel(channel) => {
                let id = self.named_channel(channel.channel_id, channel.access_hash)?;
                let now_s = self.now().seconds();
                let standing = channels::standing(rows, id, me, now_s).await?;
                standing.may_read()?;
                Some(id.into())
            }
            _ => None,
        };
        let Some(chat) = chat else { return Ok(None) };
        let message = mailbox::load(rows, chat.mailbox(me), message_id(msg_id)).await?;
        Ok(message.filter(|message| message.peer == chat))
    }

    /// The same for handlers that read nothing else: opens a view only where one is needed.
    pub async fn peer(&self, peer: &InputPeer) -> Result<UserId> {
        if let InputPeer::User(user) = peer {
            let named = self.named(UserId(user.user_id), user.access_hash);
            return Ok(named.ok_or(text::PEER_ID_INVALID)?);
        }
        if *peer == InputPeer::Self_ {
            return self.user();
        }
        let mut view = self.store.view().await?;
        self.resolve_peer(&mut *view, peer).await
    }

    /// The person whom an `InputUser` names by itself, without a look at any message.
    pub(crate) fn named_user(&self, user: &InputUser) -> Option<UserId> {
        match user {
            InputUser::Self_ => self.caller().user,
            InputUser::InputUser(user) => self.named(UserId(user.user_id), user.access_hash),
            InputUser::Empty | InputUser::FromMessage(_) => None,
        }
    }

    fn named(&self, user: UserId, access_hash: i64) -> Option<UserId> {
        let me = self.caller().user?;
        (user == me || self.access.allows(me, user, access_hash)).then_some(user)
    }

    /// The person, where a message of the caller's shows them (`inputUserFromMessage`).
    async fn seen_in(
        &self,
        rows: &mut dyn Rows,
        peer: &InputPeer,
        msg_id: i32,
        user: UserId,
    ) -> Result<Option<UserId>> {
        let message = self.message_in(rows, peer, msg_id).await?;
        let mut shown = Shown::default();
        shown.messages(&message);
        let shown = shown.people.contains(&user);
        Ok(shown.then_some(user))
    }
}

/// A message id as clients send it; what cannot be one becomes 0, which no message has.
pub(crate) fn message_id(id: i32) -> MessageId {
    MessageId(u32::try_from(id).unwrap_or(0))
}

/// How many entries a page may have at most.
const PAGE_MAX: i32 = 100;
/// How many a page has whose request leaves it to the server.
const PAGE_DEFAULT: usize = 20;

/// How many entries a page has, where 0 leaves it to the server.
pub(crate) fn page_limit(limit: i32) -> usize {
    match limit.clamp(0, PAGE_MAX) as usize {
        0 => PAGE_DEFAULT,
        limit => limit,
    }
}

/// Used by handlers that take a page of a chat; a `limit` of 0 asks for the count alone.
pub(crate) fn window(
    offset_id: i32,
    offset_date: i32,
    add_offset: i32,
    limit: i32,
    max_id: i32,
    min_id: i32,
) -> Window {
    Window {
        offset_id: message_id(offset_id).0,
        offset_date,
        add_offset,
        limit: limit.clamp(0, PAGE_MAX) as usize,
        max_id: message_id(max_id).0,
        min_id: message_id(min_id).0,
    }
}
