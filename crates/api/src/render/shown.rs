//! Who and what an answer shows, and so must bring along.

use super::{Viewer, chat, user};
use heliograph_domain::accounts;
use heliograph_model::{ChannelId, Message, Peer, UserId};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums;
use heliograph_tl::types;
use std::collections::BTreeSet;

/// The people and channels that an answer shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub people: BTreeSet<UserId>,
    pub channels: BTreeSet<ChannelId>,
}

/// The same as the viewer sees them.
#[derive(Default)]
pub(crate) struct Everyone {
    pub users: Vec<enums::User>,
    pub chats: Vec<enums::Chat>,
}

impl Shown {
    /// These people.
    pub fn people(people: impl IntoIterator<Item = UserId>) -> Self {
        Shown {
            people: people.into_iter().collect(),
            channels: BTreeSet::new(),
        }
    }

    /// This chat.
    pub fn chat(peer: Peer) -> Self {
        let mut shown = Shown::default();
        shown.add(peer);
        shown
    }

    /// Notes everyone whom another part of the answer shows.
    pub fn join(&mut self, other: Shown) {
        self.people.extend(other.people);
        self.channels.extend(other.channels);
    }

    /// Notes a person or channel.
    pub fn add(&mut self, peer: Peer) {
        match peer {
            Peer::User(user) => {
                self.people.insert(user);
            }
            Peer::Channel(channel) => {
                self.channels.insert(channel);
            }
            Peer::Chat(_) => {}
        }
    }

    /// Notes everyone whom a message shows. Who wrote in a channel's name is not shown.
    pub fn message(&mut self, message: &Message) {
        let part = message.body.channel.as_ref();
        match part.and_then(|part| part.in_name_of) {
            Some(channel) => self.add(channel.into()),
            None => self.add(message.from.into()),
        }
        self.add(message.peer);
        if let Some(forward) = &message.body.forward {
            let saved_from = forward.saved_from.map(|(peer, _)| peer);
            for peer in forward.from.into_iter().chain(saved_from) {
                self.add(peer);
            }
        }
        for entity in &message.body.entities {
            if let heliograph_model::EntityKind::MentionName(user) = entity.kind {
                self.add(user.into());
            }
        }
        if let Some(action) = &message.body.action {
            self.action(action);
        }
        let thread = message.counters.and_then(|counters| counters.thread);
        if let Some(group) = thread.and_then(|thread| thread.group) {
            self.add(group.into());
        }
    }

    /// Notes everyone whom these messages show.
    pub fn messages<'a>(&mut self, messages: impl IntoIterator<Item = &'a Message>) {
        for message in messages {
            self.message(message);
        }
    }

    fn action(&mut self, action: &heliograph_model::ServiceAction) {
        use heliograph_model::ServiceAction;
        match action {
            ServiceAction::AddUsers(users) => self.people.extend(users),
            ServiceAction::RemoveUser(user) | ServiceAction::JoinedByLink(user) => {
                self.people.insert(*user);
            }
            ServiceAction::ContactSignUp
            | ServiceAction::PinMessage
            | ServiceAction::HistoryClear
            | ServiceAction::ChannelCreate(_)
            | ServiceAction::EditTitle(_)
            | ServiceAction::JoinedByRequest
            | ServiceAction::EditPhoto
            | ServiceAction::DeletePhoto => {}
        }
    }

    /// All of them as the viewer sees them; ids without an account become `userEmpty`.
    pub async fn load(
        &self,
        viewer: Viewer<'_>,
        rows: &mut dyn Rows,
    ) -> Result<Everyone, StoreError> {
        let mut everyone = Everyone::default();
        for id in &self.people {
            everyone.users.push(match accounts::find(rows, *id).await? {
                Some(account) => user(viewer, rows, &account.person).await?,
                None => types::UserEmpty { id: id.0 }.into(),
            });
        }
        for id in &self.channels {
            everyone.chats.extend(chat(viewer, rows, *id).await?);
        }
        Ok(everyone)
    }
}
