//! Messages, read marks and typing.

use super::files::{EncryptedUpload, encrypted_file};
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::bus::Signal;
use heliograph_domain::secret_chats::{self, MarkRead, SendSecret, SentSecret};
use heliograph_model::{AuthKeyId, OpaqueBlob, SecretChatId, SecretFile};
use heliograph_tl::enums::{
    InputEncryptedChat, InputEncryptedFile, messages::SentEncryptedMessage,
};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Send, send_encrypted)
        .method(Access::User, Rate::Send, send_encrypted_service)
        .method(Access::User, Rate::Send, send_encrypted_file)
        .method(Access::User, Rate::Write, read_encrypted_history)
        .method(Access::User, Rate::Write, set_encrypted_typing);
}

/// The largest message, in bytes: the longest text in four-byte characters with all its styles, or a
/// description of a file with its small picture.
const MESSAGE_MAX: usize = 256 * 1024;

/// The smallest one, in bytes: the key's fingerprint, the message's key and one block.
const MESSAGE_MIN: usize = 8 + 16 + 16;

/// How far beyond now a client's dates may lie, in seconds.
const AHEAD_S: i32 = 86_400;

/// `messages.sendEncrypted`: carries a message to the other device. A repetition with the same
/// `random_id` carries nothing until the message is confirmed; then it is taken for one that is sent again.
///
/// Fails with `CHAT_ID_INVALID`, `DATA_INVALID`, `DATA_TOO_LONG`, `ENCRYPTION_DECLINED`,
/// `RANDOM_ID_EMPTY`, `USER_IS_BLOCKED`, or `FLOOD_WAIT_X` while the other device has as much waiting as
/// it may.
async fn send_encrypted(cx: Ctx, req: f::messages::SendEncrypted) -> Result<SentEncryptedMessage> {
    let InputEncryptedChat::InputEncryptedChat(named) = &req.peer;
    let message = Message::new(&cx, named, req.random_id, req.data, false).await?;
    let sent = message.send(&cx, None).await?;
    let date = sent.date;
    Ok(types::messages::SentEncryptedMessage { date }.into())
}

/// `messages.sendEncryptedService`: carries one of the messages that clients send by themselves (new
/// keys, deletions, self-destruct timers).
///
/// Fails as [`send_encrypted`] does.
async fn send_encrypted_service(
    cx: Ctx,
    req: f::messages::SendEncryptedService,
) -> Result<SentEncryptedMessage> {
    let InputEncryptedChat::InputEncryptedChat(named) = &req.peer;
    let message = Message::new(&cx, named, req.random_id, req.data, true).await?;
    let sent = message.send(&cx, None).await?;
    let date = sent.date;
    Ok(types::messages::SentEncryptedMessage { date }.into())
}

/// `messages.sendEncryptedFile`: carries a message with a file, which is encrypted under a key that the
/// message holds.
///
/// Fails as [`send_encrypted`] does, with `FILE_EMTPY`, and with the errors of uploads.
async fn send_encrypted_file(
    cx: Ctx,
    req: f::messages::SendEncryptedFile,
) -> Result<SentEncryptedMessage> {
    let InputEncryptedChat::InputEncryptedChat(named) = &req.peer;
    let message = Message::new(&cx, named, req.random_id, req.data, false).await?;
    // The parts of a file go when it is sent, so that a repetition finds none.
    let of_parts = !matches!(req.file, InputEncryptedFile::InputEncryptedFile(_));
    if of_parts && let Some(sent) = message.sent_before(&cx).await? {
        return Ok(with_file(&cx, &sent));
    }
    let upload = EncryptedUpload::take(&cx, message.id, &req.file).await?;
    let sent = message.send(&cx, Some(upload.file)).await;
    let sent = match sent {
        Ok(sent) if sent.file == Some(upload.file) => {
            upload.keep(&cx).await?;
            sent
        }
        // Not sent, or sent before with the file of that time.
        other => {
            upload.drop(&cx).await?;
            other?
        }
    };
    Ok(with_file(&cx, &sent))
}

fn with_file(cx: &Ctx, sent: &SentSecret) -> SentEncryptedMessage {
    let file = encrypted_file(&cx.access, sent.file.as_ref());
    let date = sent.date;
    types::messages::SentEncryptedFile { date, file }.into()
}

/// A message that may be sent.
struct Message {
    id: SecretChatId,
    to: AuthKeyId,
    random_id: i64,
    blob: OpaqueBlob,
    service: bool,
}

impl Message {
    async fn new(
        cx: &Ctx,
        named: &types::InputEncryptedChat,
        random_id: i64,
        data: Vec<u8>,
        service: bool,
    ) -> Result<Self> {
        let blob = OpaqueBlob::new(data);
        let id = cx.secret_chat(named)?;
        if random_id == 0 {
            return Err(text::RANDOM_ID_EMPTY.into());
        }
        if blob.size_bytes() < MESSAGE_MIN {
            return Err(text::DATA_INVALID.into());
        }
        if blob.size_bytes() > MESSAGE_MAX {
            return Err(text::DATA_TOO_LONG.into());
        }
        let (_, to) = other_end(cx, id).await?;
        Ok(Message {
            id,
            to,
            random_id,
            blob,
            service,
        })
    }

    /// What the message became when it was sent before.
    async fn sent_before(&self, cx: &Ctx) -> Result<Option<SentSecret>> {
        let (device, now_s) = (cx.caller().key, cx.now().seconds());
        let mut view = cx.store.view().await?;
        let rows = &mut *view;
        Ok(secret_chats::sent_before(rows, self.id, device, self.random_id, now_s).await?)
    }

    async fn send(self, cx: &Ctx, file: Option<SecretFile>) -> Result<SentSecret> {
        let send = SendSecret {
            id: self.id,
            from: cx.caller().key,
            to: self.to,
            random_id: self.random_id,
            blob: self.blob,
            service: self.service,
            file,
        };
        Ok(cx.write(send).await?)
    }
}

/// The other end of an open chat of the caller's device.
async fn other_end(cx: &Ctx, id: SecretChatId) -> Result<(heliograph_model::UserId, AuthKeyId)> {
    let device = cx.caller().key;
    let mut view = cx.store.view().await?;
    let chat = secret_chats::load(&mut *view, id, device).await?;
    Ok(chat.other_end(device).ok_or(text::CHAT_ID_INVALID)?)
}

/// `messages.readEncryptedHistory`: tells the other device how far this one has read, which starts the
/// timers of messages that destroy themselves.
///
/// Fails with `CHAT_ID_INVALID`, `ENCRYPTION_DECLINED` or `MAX_DATE_INVALID`.
async fn read_encrypted_history(cx: Ctx, req: f::messages::ReadEncryptedHistory) -> Result<bool> {
    let InputEncryptedChat::InputEncryptedChat(named) = &req.peer;
    let id = cx.secret_chat(named)?;
    let latest = cx.now().seconds().saturating_add(AHEAD_S);
    if !(1..=latest).contains(&req.max_date) {
        return Err(text::MAX_DATE_INVALID.into());
    }
    let read = MarkRead {
        id,
        key: cx.caller().key,
        max_date: req.max_date,
    };
    cx.write(read).await?;
    Ok(true)
}

/// `messages.setEncryptedTyping`: shows the other device that the caller is typing. Nothing is stored.
///
/// Fails with `CHAT_ID_INVALID` or `ENCRYPTION_DECLINED`.
async fn set_encrypted_typing(cx: Ctx, req: f::messages::SetEncryptedTyping) -> Result<bool> {
    let InputEncryptedChat::InputEncryptedChat(named) = &req.peer;
    let chat = cx.secret_chat(named)?;
    let (to, device) = other_end(&cx, chat).await?;
    if req.typing {
        cx.publish(Signal::SecretTyping { to, device, chat });
    }
    Ok(true)
}
