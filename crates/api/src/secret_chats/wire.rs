//! From a device's rows to what it is told.

use super::files::encrypted_file;
use crate::access::AccessKey;
use crate::render::{Shown, Viewer, date_of};
use heliograph_domain::secret_chats::{
    Change, Queued, SecretChat, Seen, changes_since, read_by_other, seen_by, waiting,
};
use heliograph_model::{AuthKeyId, GroupElement, SecretChatId, SecretNews};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::{EncryptedChat, EncryptedMessage, Update, Updates};
use heliograph_tl::{Encode, types};

/// A chat as a device of the viewer's sees it.
pub(super) fn encrypted_chat(viewer: Viewer<'_>, id: SecretChatId, seen: &Seen) -> EncryptedChat {
    let access_hash = viewer.services.access.secret_chat_hash(viewer.me, id);
    let id = id.0;
    let people = |chat: &SecretChat| (chat.date, chat.admin.0, chat.participant.0);
    match seen {
        Seen::Waiting(chat) => {
            let (date, admin_id, participant_id) = people(chat);
            types::EncryptedChatWaiting {
                id,
                access_hash,
                date,
                admin_id,
                participant_id,
            }
            .into()
        }
        Seen::Requested(chat, g_a) => {
            let (date, admin_id, participant_id) = people(chat);
            types::EncryptedChatRequested {
                folder_id: None,
                id,
                access_hash,
                date,
                admin_id,
                participant_id,
                g_a: g_a.to_vec(),
            }
            .into()
        }
        Seen::Open(chat, other, key_fingerprint) => {
            let (date, admin_id, participant_id) = people(chat);
            types::EncryptedChat {
                id,
                access_hash,
                date,
                admin_id,
                participant_id,
                g_a_or_b: other.as_ref().map_or(Vec::new(), GroupElement::to_vec),
                key_fingerprint: *key_fingerprint,
            }
            .into()
        }
        Seen::Over(history_deleted) => types::EncryptedChatDiscarded {
            history_deleted: *history_deleted,
            id,
        }
        .into(),
    }
}

/// Messages that wait, as clients read them.
pub(crate) fn messages(access: &AccessKey, waiting: Vec<(u32, Queued)>) -> Vec<EncryptedMessage> {
    let messages = waiting.into_iter();
    messages
        .map(|(_, queued)| message(access, queued))
        .collect()
}

fn message(access: &AccessKey, queued: Queued) -> EncryptedMessage {
    let (random_id, chat_id, date) = (queued.random_id, queued.chat.0, queued.date);
    let bytes = queued.blob.into_bytes();
    if queued.service {
        return types::EncryptedMessageService {
            random_id,
            chat_id,
            date,
            bytes,
        }
        .into();
    }
    types::EncryptedMessage {
        random_id,
        chat_id,
        date,
        bytes,
        file: encrypted_file(access, queued.file.as_ref()),
    }
    .into()
}

/// What has changed for a device of the viewer's since a date: chats, and how far others have read.
pub(crate) async fn since(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    device: AuthKeyId,
    date: i32,
    shown: &mut Shown,
) -> Result<Vec<Update>, StoreError> {
    let changes = changes_since(rows, viewer.me, device, date).await?;
    let mut updates = Vec::with_capacity(changes.len());
    for change in changes {
        updates.push(match change {
            Change::Chat(id, seen, date) => chat_update(viewer, id, &seen, date, shown),
            Change::Read { id, max_date, date } => read_update(id, max_date, date),
        });
    }
    Ok(updates)
}

fn chat_update(
    viewer: Viewer<'_>,
    id: SecretChatId,
    seen: &Seen,
    date: i32,
    shown: &mut Shown,
) -> Update {
    match seen {
        Seen::Waiting(chat) | Seen::Requested(chat, _) | Seen::Open(chat, ..) => {
            shown.add(chat.admin.into());
            shown.add(chat.participant.into());
        }
        Seen::Over(_) => {}
    }
    let chat = encrypted_chat(viewer, id, seen);
    types::UpdateEncryption { chat, date }.into()
}

fn read_update(id: SecretChatId, max_date: i32, date: i32) -> Update {
    types::UpdateEncryptedMessagesRead {
        chat_id: id.0,
        max_date,
        date,
    }
    .into()
}

/// One piece of news as the container that a device's sessions are pushed, in the canonical layer;
/// `None` where it is no news for this device, or not any more.
pub async fn push(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    device: AuthKeyId,
    news: SecretNews,
) -> Result<Option<Vec<u8>>, StoreError> {
    let access = &viewer.services.access;
    let date = date_of(viewer);
    let update: Update = match news {
        SecretNews::Message(to, qts) if to == device => {
            let Some(queued) = waiting(rows, device, qts).await? else {
                return Ok(None);
            };
            let message = message(access, queued);
            let qts = qts as i32;
            types::UpdateNewEncryptedMessage { message, qts }.into()
        }
        SecretNews::Read(to, id) if to == device => {
            let Some((max_date, date)) = read_by_other(rows, device, id).await? else {
                return Ok(None);
            };
            read_update(id, max_date, date)
        }
        SecretNews::Chat(to, id) if to == device => {
            return chat_push(viewer, rows, device, id).await;
        }
        SecretNews::Request(id, answered_by) if answered_by != Some(device) => {
            return chat_push(viewer, rows, device, id).await;
        }
        SecretNews::Message(..)
        | SecretNews::Read(..)
        | SecretNews::Chat(..)
        | SecretNews::Request(..) => return Ok(None),
    };
    Ok(Some(short(update, date)))
}

fn short(update: Update, date: i32) -> Vec<u8> {
    let short: Updates = types::UpdateShort { update, date }.into();
    short.to_bytes()
}

/// A chat that stands differently, with the people whom it shows.
async fn chat_push(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    device: AuthKeyId,
    id: SecretChatId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(seen) = seen_by(rows, viewer.me, device, id).await? else {
        return Ok(None);
    };
    let mut shown = Shown::default();
    let date = date_of(viewer);
    let update = chat_update(viewer, id, &seen, date, &mut shown);
    let everyone = shown.load(viewer, rows).await?;
    let container: Updates = types::Updates {
        updates: vec![update],
        users: everyone.users,
        chats: everyone.chats,
        date,
        seq: 0,
    }
    .into();
    Ok(Some(container.to_bytes()))
}

/// That somebody is typing in a secret chat, as a device's sessions are pushed.
pub fn typing(chat: SecretChatId, date: i32) -> Vec<u8> {
    let chat_id = chat.0;
    short(types::UpdateEncryptedChatTyping { chat_id }.into(), date)
}
