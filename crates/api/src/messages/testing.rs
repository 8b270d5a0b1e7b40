//! Two people who chat, for tests.

use crate::testing::{Person, World};
use heliograph_model::UserId;
use heliograph_tl::enums::messages::Messages;
use heliograph_tl::enums::{Message, Peer, Update, Updates, User};
use heliograph_tl::{functions as f, types};
use std::sync::atomic::{AtomicI64, Ordering};

/// A world with two people who have not met.
pub(crate) async fn two() -> (World, Person, Person) {
    let world = World::new().await;
    let ada = world.person("Ada", "4915112345601").await;
    let ben = world.person("Ben", "4915112345602").await;
    (world, ada, ben)
}

/// A number that no other call of the tests has used.
pub(crate) fn random_id() -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A text for somebody.
pub(crate) fn text(
    world: &World,
    from: &Person,
    to: &Person,
    message: &str,
) -> f::messages::SendMessage {
    f::messages::SendMessage {
        peer: world.input_peer(from, to),
        message: message.to_owned(),
        random_id: random_id(),
        ..Default::default()
    }
}

/// Sends a text; answers with its number in the sender's mailbox.
pub(crate) async fn say(world: &World, from: &Person, to: &Person, message: &str) -> i32 {
    let sent = world.call(from, text(world, from, to, message)).await;
    sent_id(&sent.expect("it is sent"))
}

/// The number of the message that an answer to sending tells.
pub(crate) fn sent_id(answer: &Updates) -> i32 {
    match answer {
        Updates::UpdateShortSentMessage(sent) => sent.id,
        Updates::Updates(all) => all
            .updates
            .iter()
            .find_map(|update| match update {
                Update::MessageID(of) => Some(of.id),
                _ => None,
            })
            .expect("the answer names the message"),
        other => panic!("{} answers no sending", other.constructor_name()),
    }
}

/// The updates of a container.
pub(crate) fn updates(container: Updates) -> types::Updates {
    match container {
        Updates::Updates(all) => all,
        other => panic!("{} is no container", other.constructor_name()),
    }
}

/// The history of a chat as numbers and texts, newest first.
pub(crate) async fn history(world: &World, of: &Person, with: &Person) -> Vec<(i32, String)> {
    let page = world
        .call(
            of,
            f::messages::GetHistory {
                peer: world.input_peer(of, with),
                limit: 100,
                ..Default::default()
            },
        )
        .await;
    let page = messages(page.expect("a page"));
    page.iter()
        .map(|message| (id_of(message), text_of(message)))
        .collect()
}

/// The messages of a page.
pub(crate) fn messages(page: Messages) -> Vec<Message> {
    match page {
        Messages::Messages(all) => all.messages,
        Messages::Slice(slice) => slice.messages,
        other => panic!("{} is no page", other.constructor_name()),
    }
}

/// The people of a page.
pub(crate) fn users(page: &Messages) -> Vec<UserId> {
    let users = match page {
        Messages::Messages(all) => &all.users,
        Messages::Slice(slice) => &slice.users,
        other => panic!("{} is no page", other.constructor_name()),
    };
    user_ids(users)
}

/// The ids of people.
pub(crate) fn user_ids(users: &[User]) -> Vec<UserId> {
    let id = |user: &User| match user {
        User::User(user) => user.id,
        User::Empty(user) => user.id,
    };
    users.iter().map(|user| UserId(id(user))).collect()
}

/// A message's number.
pub(crate) fn id_of(message: &Message) -> i32 {
    match message {
        Message::Message(message) => message.id,
        Message::Service(message) => message.id,
        Message::Empty(message) => message.id,
    }
}

/// A message's text; a service message gives the name of its action.
pub(crate) fn text_of(message: &Message) -> String {
    match message {
        Message::Message(message) => message.message.clone(),
        Message::Service(message) => message.action.constructor_name().to_owned(),
        Message::Empty(_) => String::new(),
    }
}

/// A private chat on the wire.
pub(crate) fn chat_with(person: &Person) -> Peer {
    types::PeerUser {
        user_id: person.id.0,
    }
    .into()
}

impl World {
    /// The time, in Unix seconds.
    pub(crate) fn clock_s(&self) -> i32 {
        self.services.clock.now().seconds()
    }
}
