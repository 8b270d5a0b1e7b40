//! What is told to other sessions: wake-ups after commits, and what is never stored.
//!
//! A lost signal costs delay, never data: a session that missed a wake-up finds the change in its
//! mailbox's log.

use crate::bots::BotUpdate;
use crate::presence::Status;
use heliograph_model::{AuthKeyId, ChannelId, Peer, SecretChatId, UserId};
use heliograph_store::Wake;
use std::sync::Arc;

/// One piece of news.
#[derive(Clone, Debug)]
pub enum Signal {
    /// A mailbox changed.
    Wake(Arc<Wake>),
    /// Somebody is typing in a chat.
    Typing {
        /// Who is to see it.
        to: UserId,
        /// Who types.
        from: UserId,
        /// In which chat, as `to` names it.
        peer: Peer,
        /// What they do: one boxed `SendMessageAction`.
        action: Arc<[u8]>,
    },
    /// Somebody is typing in a channel.
    ChannelTyping {
        /// In which.
        channel: ChannelId,
        /// Who types.
        from: UserId,
        /// What they do: one boxed `SendMessageAction`.
        action: Arc<[u8]>,
    },
    /// Somebody is typing in a secret chat.
    SecretTyping {
        /// Who is to see it.
        to: UserId,
        /// On which device.
        device: AuthKeyId,
        /// In which chat.
        chat: SecretChatId,
    },
    /// What a channel is has changed (name, description, settings): its members' clients look anew.
    ChannelChanged {
        /// Which.
        channel: ChannelId,
    },
    /// Somebody pressed a button under a bot's message; the bot's sessions are told at once.
    BotCallback {
        /// Which bot.
        bot: UserId,
        /// What it is told.
        update: BotUpdate,
    },
    /// Somebody is told something that stands in no chat, at once.
    Notice {
        /// Whom.
        to: UserId,
        /// What, as people read it.
        text: String,
    },
    /// Somebody came or went.
    Status {
        /// Who is to see it.
        to: UserId,
        /// Who came or went.
        user: UserId,
        /// How they stand.
        status: Status,
    },
    /// A key was signed in to an account.
    SignedIn {
        /// The key.
        key: AuthKeyId,
        /// The account.
        user: UserId,
    },
    /// A key was signed out; where it was destroyed, its connections end.
    SignedOut {
        /// The key.
        key: AuthKeyId,
        /// Whether the key is gone altogether.
        destroyed: bool,
    },
    /// A login token that this key shows was accepted: the key is signed in, and its client asks.
    LoginToken {
        /// The key.
        key: AuthKeyId,
    },
}

/// Carries signals to every session of the installation.
///
/// Publishing never waits and never fails: a bus that is down loses signals, and sessions compare
/// their place in the log from time to time.
pub trait Bus: Send + Sync + 'static {
    /// Passes a signal on.
    fn publish(&self, signal: Signal);
}
