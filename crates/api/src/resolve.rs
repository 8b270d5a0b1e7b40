//! From the ways a client names somebody to the account.

use crate::context::Ctx;
use crate::error::{Result, text};
use heliograph_domain::accounts::{self, Account};
use heliograph_domain::messages::Window;
use heliograph_model::{MessageId, Peer, UserId};
use heliograph_store::{Rows, mailbox};
use heliograph_tl::enums::{InputPeer, InputUser};

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
        let me = self.user()?;
        let chat = match peer {
            InputPeer::Self_ => me,
            InputPeer::User(chat) => match self.named(UserId(chat.user_id), chat.access_hash) {
                Some(chat) => chat,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        let message = mailbox::load(rows, me.into(), MessageId(msg_id.max(0) as u32)).await?;
        let shown = message.is_some_and(|message| {
            message.peer == Peer::User(chat)
                && (message.from == user
                    || message
                        .body
                        .forward
                        .is_some_and(|f| f.from == Some(Peer::User(user))))
        });
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
