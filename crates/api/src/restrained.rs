//! Accounts that moderation has limited or frozen: what they can still do.
//!
//! A limited account writes to those who know it, a frozen one only reads
//! (<https://core.telegram.org/api/auth#frozen-accounts>). Both can write to service accounts, so
//! that they can ask why and contest it.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use heliograph_domain::services::is_service;
use heliograph_domain::{contacts, dialogs};
use heliograph_model::{Freeze, Peer, UserId};

/// What a frozen account may still call of what is written, besides its own settings and sign-ins.
const FROZEN_MAY: &[&str] = &[
    "channels.leaveChannel",
    "channels.readHistory",
    "channels.readMessageContents",
    "messages.discardEncryption",
    "messages.markDialogUnread",
    "messages.readEncryptedHistory",
    "messages.readHistory",
    "messages.readMentions",
    "messages.readMessageContents",
    // What a device has received is erased by this.
    "messages.receivedQueue",
    "messages.reportEncryptedSpam",
    // To a service account; the handler asks for that itself.
    "messages.sendMessage",
    "messages.saveDraft",
    "messages.setTyping",
];

/// Whether a frozen account may call this method.
fn frozen_may(name: &str, rate: Rate) -> bool {
    let changes_something = matches!(rate, Rate::Send | Rate::Write);
    let own = ["account.", "auth.", "help.", "langpack.", "updates."];
    !changes_something
        || own.iter().any(|namespace| name.starts_with(namespace))
        || FROZEN_MAY.contains(&name)
}

impl Ctx {
    /// The freeze of the caller's account, where it is frozen.
    pub(crate) fn frozen(&self) -> Option<Freeze> {
        let me = self.caller().user?;
        let measured = self.discovery.measured().get();
        let measures = measured.on_peer(Peer::User(me))?;
        measures.freeze(self.now()).copied()
    }

    /// Refuses what a frozen account may not call: `FROZEN_METHOD_INVALID`.
    pub(crate) fn check_frozen(&self, method: &str, rate: Rate) -> Result<()> {
        if frozen_may(method, rate) || self.frozen().is_none() {
            return Ok(());
        }
        Err(text::FROZEN_METHOD_INVALID.into())
    }

    /// Refuses a message that a limited or frozen account may not send: `PEER_FLOOD`,
    /// `FROZEN_METHOD_INVALID`.
    pub(crate) async fn check_may_write(&self, chat: Peer) -> Result<()> {
        let me = self.user()?;
        let measured = self.discovery.measured().get();
        let Some(measures) = measured.on_peer(Peer::User(me)) else {
            return Ok(());
        };
        if chat.user().is_some_and(is_service) {
            return Ok(());
        }
        if measures.freeze(self.now()).is_some() {
            return Err(text::FROZEN_METHOD_INVALID.into());
        }
        if measures.is_limited(self.now()) && !self.is_known_to(me, chat).await? {
            return Err(text::PEER_FLOOD.into());
        }
        Ok(())
    }

    /// Whether a person knows the caller: has them among their contacts, or has written to them.
    /// Channels and groups let in whom they like.
    async fn is_known_to(&self, me: UserId, chat: Peer) -> Result<bool> {
        let Peer::User(person) = chat else {
            return Ok(true);
        };
        let mut view = self.store.view().await?;
        let known = contacts::find(&mut *view, person, me).await?.is_some();
        Ok(known || dialogs::has_written(&mut *view, me, person).await?)
    }
}

#[cfg(test)]
mod tests;
