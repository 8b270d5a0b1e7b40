//! Agreeing on a key: the group, the request, its answer, the end.

use super::wire::encrypted_chat;
use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::secret_chats::{
    AcceptChat, DiscardChat, RequestChat, SecretChatError, Seen, State,
};
use heliograph_model::{GENERATOR, GROUP_VERSION, GroupElement, PRIME, Peer, SecretChatId};
use heliograph_tl::enums::messages::DhConfig;
use heliograph_tl::enums::{EncryptedChat, InputEncryptedChat};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_dh_config)
        .method(Access::User, Rate::Lookup, request_encryption)
        .method(Access::User, Rate::Write, accept_encryption)
        .method(Access::User, Rate::Write, discard_encryption)
        .method(Access::User, Rate::Write, report_encrypted_spam);
}

/// How many random bytes a client may ask for; clients ask for 256.
const RANDOM_MAX: usize = 1024;

/// `messages.getDhConfig`: the group in which keys are agreed on, and random bytes that a client mixes
/// with its own.
///
/// Fails with `RANDOM_LENGTH_INVALID`.
async fn get_dh_config(cx: Ctx, req: f::messages::GetDhConfig) -> Result<DhConfig> {
    let length = usize::try_from(req.random_length).ok();
    let length = length.filter(|length| *length <= RANDOM_MAX);
    let mut random = vec![0; length.ok_or(text::RANDOM_LENGTH_INVALID)?];
    cx.entropy.fill(&mut random);
    if req.version == GROUP_VERSION {
        return Ok(types::messages::DhConfigNotModified { random }.into());
    }
    Ok(types::messages::DhConfig {
        g: GENERATOR,
        p: PRIME.to_vec(),
        version: GROUP_VERSION,
        random,
    }
    .into())
}

/// `messages.requestEncryption`: asks a person for a secret chat. `random_id` is its number from now
/// on. All devices of the other account are told.
///
/// Fails with `DH_G_A_INVALID`, `USER_ID_INVALID`, `INPUT_USER_DEACTIVATED`, `RANDOM_ID_EMPTY`,
/// `RANDOM_ID_DUPLICATE`, `USER_IS_BLOCKED`, `YOU_BLOCKED_USER` or `PEER_FLOOD`.
async fn request_encryption(cx: Ctx, req: f::messages::RequestEncryption) -> Result<EncryptedChat> {
    let viewer = cx.viewer()?;
    let g_a = element(&req.g_a)?;
    if req.random_id == 0 {
        return Err(text::RANDOM_ID_EMPTY.into());
    }
    let participant = {
        let mut view = cx.store.view().await?;
        cx.resolve_user(&mut *view, &req.user_id).await?.person.id
    };
    cx.check_may_write(Peer::User(participant)).await?;
    let id = SecretChatId(req.random_id);
    let request = RequestChat {
        id,
        admin: viewer.me,
        key: cx.caller().key,
        participant,
        g_a,
    };
    let chat = cx.write(request).await?;
    Ok(encrypted_chat(viewer, id, &Seen::Waiting(chat)))
}

/// `messages.acceptEncryption`: accepts a request with this device. Asked again by the same device it
/// answers the same, without the other's public value.
///
/// Fails with `DH_G_A_INVALID`, `CHAT_ID_INVALID`, `ENCRYPTION_ALREADY_ACCEPTED` or
/// `ENCRYPTION_ALREADY_DECLINED`.
async fn accept_encryption(cx: Ctx, req: f::messages::AcceptEncryption) -> Result<EncryptedChat> {
    let viewer = cx.viewer()?;
    let InputEncryptedChat::InputEncryptedChat(named) = &req.peer;
    let id = cx.secret_chat(named)?;
    let accept = AcceptChat {
        id,
        user: viewer.me,
        key: cx.caller().key,
        g_b: element(&req.g_b)?,
        key_fingerprint: req.key_fingerprint,
    };
    let accepted = cx.write(accept).await;
    let (chat, g_a) = accepted.map_err(|error| match error {
        SecretChatError::Declined => text::ENCRYPTION_ALREADY_DECLINED.into(),
        error => RpcError::from(error),
    })?;
    let seen = match chat.state {
        State::Open {
            key_fingerprint, ..
        } => Seen::Open(chat, g_a, key_fingerprint),
        State::Asked { .. } => Seen::Over(false),
    };
    Ok(encrypted_chat(viewer, id, &seen))
}

/// `messages.discardEncryption`: ends a secret chat, or declines a request, for good.
///
/// Fails with `ENCRYPTION_ID_INVALID`, `ENCRYPTION_ALREADY_DECLINED`, or `ENCRYPTION_ALREADY_ACCEPTED`
/// where another device has the chat.
async fn discard_encryption(cx: Ctx, req: f::messages::DiscardEncryption) -> Result<bool> {
    let discard = DiscardChat {
        id: SecretChatId(req.chat_id),
        user: cx.user()?,
        key: cx.caller().key,
        delete_history: req.delete_history,
    };
    cx.write(discard).await.map_err(|error| match error {
        SecretChatError::Declined => text::ENCRYPTION_ALREADY_DECLINED.into(),
        SecretChatError::Unknown => text::ENCRYPTION_ID_INVALID.into(),
        error => RpcError::from(error),
    })?;
    Ok(true)
}

/// `messages.reportEncryptedSpam`: reports the person at the other end. Nothing of what was said goes
/// with the report, for nobody here can read it.
///
/// Fails with `CHAT_ID_INVALID`.
async fn report_encrypted_spam(cx: Ctx, req: f::messages::ReportEncryptedSpam) -> Result<bool> {
    let me = cx.user()?;
    let InputEncryptedChat::InputEncryptedChat(named) = &req.peer;
    let id = cx.secret_chat(named)?;
    let found = {
        let mut view = cx.store.view().await?;
        heliograph_domain::secret_chats::find(&mut *view, id).await?
    };
    let chat = found.ok_or(text::CHAT_ID_INVALID)?;
    let other = match me {
        me if me == chat.admin => chat.participant,
        me if me == chat.participant => chat.admin,
        _ => return Err(text::CHAT_ID_INVALID.into()),
    };
    crate::reports::spam_from(&cx, other).await?;
    Ok(true)
}

fn element(bytes: &[u8]) -> Result<GroupElement> {
    GroupElement::parse(bytes).map_err(|_| text::DH_G_A_INVALID.into())
}
