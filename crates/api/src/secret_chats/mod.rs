//! `messages.*` of secret chats (<https://core.telegram.org/api/end-to-end>): carried, never read.

mod chats;
mod files;
mod queue;
mod send;
mod wire;

pub(crate) use files::locate;
pub(crate) use wire::{messages, since};
pub use wire::{push, typing};

use crate::access::AccessKey;
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::router::{Access, Benign, Router};
use heliograph_model::{FileId, SecretChatId, UserId};
use heliograph_tl::types::InputEncryptedChat;

pub(crate) fn register(router: &mut Router) {
    chats::register(router);
    send::register(router);
    files::register(router);
    queue::register(router);
    router
        .benign(
            Access::User,
            Benign::Error(text::CREATE_CALL_FAILED),
            &["phone.createConferenceCall", "phone.createGroupCall"],
        )
        .benign(
            Access::User,
            Benign::Error(text::GROUPCALL_INVALID),
            GROUP_CALLS,
        );
}

/// Calls among several people with keys of their own are not carried. There is none to be named, so
/// whoever names one is told so.
const GROUP_CALLS: &[&str] = &[
    "phone.declineConferenceCallInvite",
    "phone.deleteConferenceCallParticipants",
    "phone.getGroupCall",
    "phone.getGroupCallChainBlocks",
    "phone.inviteConferenceCallParticipant",
    "phone.joinGroupCall",
    "phone.sendConferenceCallBroadcast",
    "phone.sendGroupCallEncryptedMessage",
];

impl AccessKey {
    /// The hash with which `viewer` may name a secret chat.
    pub(crate) fn secret_chat_hash(&self, viewer: UserId, chat: SecretChatId) -> i64 {
        let (viewer, chat) = (viewer.0.to_le_bytes(), chat.0.to_le_bytes());
        self.head(&[b"hg/secret-chat/v1", &viewer, &chat])
    }

    /// The hash of an encrypted file: the same for both sides, for one sends it to the other.
    pub(crate) fn secret_file_hash(&self, file: FileId) -> i64 {
        self.head(&[b"hg/secret-file/v1", &file.0.to_le_bytes()])
    }

    fn head(&self, pieces: &[&[u8]]) -> i64 {
        let digest = self.mac(pieces);
        let (head, _) = digest.split_first_chunk().expect("SHA-256 gives 32 bytes");
        i64::from_le_bytes(*head)
    }
}

impl Ctx {
    /// The secret chat that is named; `CHAT_ID_INVALID` where the access hash is not the caller's.
    fn secret_chat(&self, named: &InputEncryptedChat) -> Result<SecretChatId> {
        let chat = SecretChatId(named.chat_id);
        let hash = self.access.secret_chat_hash(self.user()?, chat);
        if named.access_hash == hash {
            Ok(chat)
        } else {
            Err(text::CHAT_ID_INVALID.into())
        }
    }
}

#[cfg(test)]
mod tests;
