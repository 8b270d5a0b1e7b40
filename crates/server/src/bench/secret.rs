//! Secret chats between pairs: what `sends --secret` writes and reads instead of texts.

use super::Failure;
use super::people::Person;
use crate::client::ClientError;
use heliograph_tl::{Decode, enums, functions, types};

/// The length of an encrypted message, in bytes: a text of 100 bytes with its layer, its numbers and its
/// padding.
const MESSAGE_BYTES: usize = 24 + 192;

/// After how many messages a device confirms them, as clients do now and then.
const CONFIRM_EVERY: i32 = 100;

/// Opens a secret chat; how the one who asked for it names it. The public values lie in the group; what
/// keys would follow from them is no matter here.
pub(super) async fn open(
    writer: &mut Person,
    reader: &mut Person,
    to: enums::InputPeer,
    number: usize,
) -> Result<enums::InputEncryptedChat, Failure> {
    let enums::InputPeer::User(peer) = to else {
        return Err("the username leads to no person".into());
    };
    let user = types::InputUser {
        user_id: peer.user_id,
        access_hash: peer.access_hash,
    };
    let request = functions::messages::RequestEncryption {
        user_id: user.into(),
        random_id: number as i32 + 1,
        g_a: vec![7; 256],
    };
    let enums::EncryptedChat::Waiting(waiting) = writer.client.call(&request).await? else {
        return Err("the request does not wait".into());
    };
    let asked = loop {
        if let Some(enums::EncryptedChat::Requested(asked)) =
            chat_in(&reader.client.next_push().await?)
        {
            break asked;
        }
    };
    let accept = functions::messages::AcceptEncryption {
        peer: named(asked.id, asked.access_hash),
        g_b: vec![9; 256],
        key_fingerprint: 1,
    };
    reader.client.call(&accept).await?;
    Ok(named(waiting.id, waiting.access_hash))
}

fn named(chat_id: i32, access_hash: i64) -> enums::InputEncryptedChat {
    types::InputEncryptedChat {
        chat_id,
        access_hash,
    }
    .into()
}

/// The chat that a push tells of.
fn chat_in(push: &[u8]) -> Option<enums::EncryptedChat> {
    let Ok(enums::Updates::Updates(all)) = enums::Updates::from_bytes(push) else {
        return None;
    };
    all.updates.into_iter().find_map(|update| match update {
        enums::Update::Encryption(update) => Some(update.chat),
        _ => None,
    })
}

/// A message into a secret chat.
pub(super) fn message(
    chat: &enums::InputEncryptedChat,
    random_id: i64,
) -> functions::messages::SendEncrypted {
    functions::messages::SendEncrypted {
        silent: false,
        peer: chat.clone(),
        random_id,
        data: vec![random_id as u8; MESSAGE_BYTES],
    }
}

/// Reads the answer to a message.
pub(super) fn read_answer(body: &[u8]) -> Result<(), ClientError> {
    crate::client::read_answer::<enums::messages::SentEncryptedMessage>(body)?;
    Ok(())
}

/// What a device confirms after this push, if it is time.
pub(super) fn to_confirm(push: &[u8]) -> Option<i32> {
    match enums::Updates::from_bytes(push) {
        Ok(enums::Updates::UpdateShort(short)) => match short.update {
            enums::Update::NewEncryptedMessage(new) if new.qts % CONFIRM_EVERY == 0 => {
                Some(new.qts)
            }
            _ => None,
        },
        _ => None,
    }
}
