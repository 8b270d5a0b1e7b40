//! Encrypted files: opaque, up and down.

use crate::access::AccessKey;
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::MEDIA_DC;
use crate::router::{Access, Router};
use crate::upload::may_upload;
use heliograph_domain::secret_chats::{
    self, DropSecretFile, SaveSecretFile, ShareSecretFile, StoredFile,
};
use heliograph_model::{FileId, SecretChatId, SecretFile};
use heliograph_tl::enums::{EncryptedFile, InputEncryptedChat, InputEncryptedFile};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Write, upload_encrypted_file);
}

/// `messages.uploadEncryptedFile`: stores a file for a secret chat, to be sent by a message that names
/// it.
///
/// Fails with `CHAT_ID_INVALID`, `ENCRYPTION_DECLINED`, `FILE_EMTPY`, and the errors of uploads.
async fn upload_encrypted_file(
    cx: Ctx,
    req: f::messages::UploadEncryptedFile,
) -> Result<EncryptedFile> {
    let InputEncryptedChat::InputEncryptedChat(named) = &req.peer;
    let chat = cx.secret_chat(named)?;
    let upload = EncryptedUpload::take(&cx, chat, &req.file).await?;
    upload.keep(&cx).await?;
    Ok(encrypted_file(&cx.access, Some(&upload.file)))
}

/// A file as both devices name it. Its access hash is the same for both, and good only for people of a
/// chat in which it was sent.
pub(super) fn encrypted_file(access: &AccessKey, file: Option<&SecretFile>) -> EncryptedFile {
    let Some(file) = file else {
        return EncryptedFile::Empty;
    };
    types::EncryptedFile {
        id: file.id.0,
        access_hash: access.secret_file_hash(file.id),
        size: file.size_bytes as i64,
        dc_id: MEDIA_DC,
        key_fingerprint: file.key_fingerprint,
    }
    .into()
}

/// A file that is about to be sent.
pub(super) struct EncryptedUpload {
    /// The file.
    pub file: SecretFile,
    /// The number of its parts, where it was put together just now.
    parts: Option<i64>,
}

impl EncryptedUpload {
    /// Puts an uploaded file together and stores it for a chat, or finds one that is there already.
    pub async fn take(cx: &Ctx, chat: SecretChatId, given: &InputEncryptedFile) -> Result<Self> {
        let (number, parts, key_fingerprint) = match given {
            InputEncryptedFile::Uploaded(new) => (new.id, new.parts, new.key_fingerprint),
            InputEncryptedFile::BigUploaded(new) => (new.id, new.parts, new.key_fingerprint),
            InputEncryptedFile::InputEncryptedFile(known) => {
                return Self::again(cx, chat, known).await;
            }
            InputEncryptedFile::Empty => return Err(text::FILE_EMTPY.into()),
        };
        let uploader = cx.user()?;
        may_upload(cx).await?;
        let whole = cx.files.uploads.whole(uploader, number, parts).await?;
        let file = SecretFile {
            id: cx.new_file_id(),
            size_bytes: whole.size_bytes,
            key_fingerprint,
        };
        let save = SaveSecretFile {
            file,
            uploader,
            key: cx.caller().key,
            chat,
        };
        cx.write(save).await?;
        let upload = EncryptedUpload {
            file,
            parts: Some(number),
        };
        let stored = whole.keep(file.id).await;
        // The chat may have ended meanwhile, and the note of the file with it.
        let mut view = cx.store.view().await?;
        let known = secret_chats::fetchable(&mut *view, file.id, uploader).await?;
        drop(view);
        if stored.is_err() || known.is_none() {
            upload.drop(cx).await?;
        }
        stored?;
        if known.is_none() {
            return Err(text::ENCRYPTION_DECLINED.into());
        }
        Ok(upload)
    }

    async fn again(
        cx: &Ctx,
        chat: SecretChatId,
        known: &types::InputEncryptedFile,
    ) -> Result<Self> {
        let id = FileId(known.id);
        if known.access_hash != cx.access.secret_file_hash(id) {
            return Err(text::FILE_EMTPY.into());
        }
        let user = cx.user()?;
        let file = cx.write(ShareSecretFile { id, user, chat }).await?;
        Ok(EncryptedUpload { file, parts: None })
    }

    /// The file is sent: its parts go.
    pub async fn keep(&self, cx: &Ctx) -> Result<()> {
        if let Some(number) = self.parts {
            cx.files.uploads.forget(cx.user()?, number).await?;
        }
        Ok(())
    }

    /// The file is not sent: it goes, where it was made for this. Its parts stay for another try.
    pub async fn drop(&self, cx: &Ctx) -> Result<()> {
        if self.parts.is_some() {
            cx.write(DropSecretFile(self.file.id)).await?;
        }
        Ok(())
    }
}

/// The encrypted file that a location names: for the people of a chat in which it was sent.
pub(crate) async fn locate(
    cx: &Ctx,
    named: &types::InputEncryptedFileLocation,
) -> Result<StoredFile> {
    let id = FileId(named.id);
    if named.access_hash != cx.access.secret_file_hash(id) {
        return Err(text::LOCATION_INVALID.into());
    }
    let mut view = cx.store.view().await?;
    let found = secret_chats::fetchable(&mut *view, id, cx.user()?).await?;
    Ok(found.ok_or(text::LOCATION_INVALID)?)
}
