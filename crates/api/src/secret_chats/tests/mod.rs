//! Secret chats between devices of a small world.

mod chats;
mod ends;
mod files;
mod queue;
mod replica;

use crate::error::{Result, text};
use crate::messages::testing::random_id;
use crate::testing::{Person, World};
use heliograph_domain::bus::Signal;
use heliograph_domain::jobs;
use heliograph_model::{AuthKeyId, GroupElement, SecretChatId};
use heliograph_tl::enums::messages::SentEncryptedMessage;
use heliograph_tl::enums::updates::Difference;
use heliograph_tl::enums::{EncryptedChat, EncryptedMessage, InputEncryptedChat, Update, Updates};
use heliograph_tl::{Decode, functions as f, types};

/// A public value: big enough, and below the prime.
pub(super) fn element(byte: u8) -> Vec<u8> {
    assert!((1..0xc7).contains(&byte));
    vec![byte; 256]
}

/// How a device names a chat.
pub(super) fn named(world: &World, by: &Person, chat: i32) -> InputEncryptedChat {
    let id = SecretChatId(chat);
    let access_hash = world.services.access.secret_chat_hash(by.id, id);
    types::InputEncryptedChat {
        chat_id: chat,
        access_hash,
    }
    .into()
}

pub(super) fn request(
    world: &World,
    from: &Person,
    to: &Person,
    id: i32,
) -> f::messages::RequestEncryption {
    f::messages::RequestEncryption {
        user_id: world.input_user(from, to),
        random_id: id,
        g_a: element(7),
    }
}

pub(super) fn accept(world: &World, by: &Person, id: i32) -> f::messages::AcceptEncryption {
    f::messages::AcceptEncryption {
        peer: named(world, by, id),
        g_b: element(9),
        key_fingerprint: 4711,
    }
}

pub(super) fn discard(id: i32) -> f::messages::DiscardEncryption {
    f::messages::DiscardEncryption {
        delete_history: false,
        chat_id: id,
    }
}

pub(super) fn message(
    world: &World,
    by: &Person,
    id: i32,
    data: &[u8],
) -> f::messages::SendEncrypted {
    f::messages::SendEncrypted {
        silent: false,
        peer: named(world, by, id),
        random_id: random_id(),
        data: data.to_vec(),
    }
}

/// Bytes as long as the shortest message.
pub(super) fn bytes(byte: u8) -> Vec<u8> {
    vec![byte; 64]
}

/// An open chat between two devices.
pub(super) async fn open(world: &World, from: &Person, to: &Person, id: i32) {
    world
        .call(from, request(world, from, to, id))
        .await
        .expect("it is asked for");
    world
        .call(to, accept(world, to, id))
        .await
        .expect("it is accepted");
}

/// Sends bytes that are accepted.
pub(super) async fn send(world: &World, by: &Person, id: i32, data: &[u8]) -> i32 {
    let sent = world.call(by, message(world, by, id, data)).await;
    match sent.expect("it is sent") {
        SentEncryptedMessage::SentEncryptedMessage(sent) => sent.date,
        SentEncryptedMessage::SentEncryptedFile(sent) => sent.date,
    }
}

/// What a device is told that has seen everything up to `qts` and `date`.
pub(super) struct Told {
    pub messages: Vec<EncryptedMessage>,
    pub updates: Vec<Update>,
    pub users: Vec<heliograph_tl::enums::User>,
    pub qts: i32,
    pub more: bool,
}

pub(super) async fn catch_up(world: &World, device: &Person, qts: i32, date: i32) -> Told {
    let ask = f::updates::GetDifference {
        pts: 1,
        date,
        qts,
        ..Default::default()
    };
    match world.call(device, ask).await.expect("a difference") {
        Difference::Difference(all) => {
            let heliograph_tl::enums::updates::State::State(state) = all.state;
            Told {
                messages: all.new_encrypted_messages,
                updates: all.other_updates,
                users: all.users,
                qts: state.qts,
                more: false,
            }
        }
        Difference::Slice(part) => {
            let heliograph_tl::enums::updates::State::State(state) = part.intermediate_state;
            Told {
                messages: part.new_encrypted_messages,
                updates: part.other_updates,
                users: part.users,
                qts: state.qts,
                more: true,
            }
        }
        Difference::Empty(_) => Told {
            messages: Vec::new(),
            updates: Vec::new(),
            users: Vec::new(),
            qts,
            more: false,
        },
        Difference::TooLong(_) => panic!("little has happened"),
    }
}

/// The chats of which a device is told.
pub(super) fn chats(updates: &[Update]) -> Vec<EncryptedChat> {
    let chats = updates.iter().filter_map(|update| match update {
        Update::Encryption(update) => Some(update.chat.clone()),
        _ => None,
    });
    chats.collect()
}

/// The only chat of which a device is told.
pub(super) fn one_chat(updates: &[Update]) -> EncryptedChat {
    let mut chats = chats(updates);
    assert_eq!(chats.len(), 1);
    chats.remove(0)
}

pub(super) fn data(message: &EncryptedMessage) -> &[u8] {
    match message {
        EncryptedMessage::EncryptedMessage(message) => &message.bytes,
        EncryptedMessage::Service(message) => &message.bytes,
    }
}

/// What a device's sessions are pushed of all that has happened since this was asked last.
pub(super) async fn pushed(world: &World, device: &Person) -> Vec<Update> {
    let signals: Vec<Signal> =
        std::mem::take(&mut *world.seen.signals.lock().expect("nobody panicked"));
    let mut updates = Vec::new();
    for signal in signals {
        let Signal::Wake(wake) = signal else { continue };
        if wake.owner != device.id.into() {
            continue;
        }
        for news in &wake.secret {
            let viewer = device.cx.viewer().expect("signed in");
            let mut view = world.services.store.view().await.expect("a view");
            let key = device.cx.caller().key;
            let container = super::push(viewer, &mut *view, key, *news)
                .await
                .expect("it works");
            let Some(container) = container else { continue };
            match Updates::from_bytes(&container).expect("it reads") {
                Updates::UpdateShort(short) => updates.push(short.update),
                Updates::Updates(all) => updates.extend(all.updates),
                other => panic!("{}", other.constructor_name()),
            }
        }
    }
    updates
}

/// Does the work that is due.
pub(super) async fn work(world: &World) {
    let now = || heliograph_store::Clock::now(&*world.clock);
    while jobs::run_due(&world.services.store, now())
        .await
        .expect("it works")
        > 0
    {}
    let (store, files) = (&world.services.store, &world.services.files);
    heliograph_domain::files::sweep(store, files, now())
        .await
        .expect("it works");
}

pub(super) fn refused<T>(answer: Result<T>) -> (i32, String) {
    let error = answer.err().expect("it is refused");
    (error.code, error.message.into_owned())
}

pub(super) fn key_of(device: &Person) -> AuthKeyId {
    device.cx.caller().key
}
