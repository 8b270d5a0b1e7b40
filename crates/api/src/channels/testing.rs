//! Channels for tests.

use crate::messages::testing::{random_id, sent_id, updates};
use crate::testing::{Person, World};
use heliograph_model::ChannelId;
use heliograph_tl::enums::{Chat, ChatAdminRights, ChatBannedRights, InputChannel, InputPeer};
use heliograph_tl::{functions as f, types};

/// Two kinds of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Broadcast,
    Group,
}

impl World {
    /// A channel of `owner`'s.
    pub(crate) async fn channel(&self, owner: &Person, title: &str, kind: Kind) -> ChannelId {
        let made = f::channels::CreateChannel {
            broadcast: kind == Kind::Broadcast,
            megagroup: kind == Kind::Group,
            title: title.to_owned(),
            ..Default::default()
        };
        let made = updates(self.call(owner, made).await.expect("it is made"));
        let [Chat::Channel(channel)] = made.chats.as_slice() else {
            panic!("{:?}", made.chats);
        };
        assert!(channel.creator);
        ChannelId(channel.id)
    }

    /// How `viewer` names a channel to the server.
    pub(crate) fn input_channel(&self, viewer: &Person, channel: ChannelId) -> InputChannel {
        types::InputChannel {
            channel_id: channel.0,
            access_hash: self.services.access.hash(viewer.id, channel),
        }
        .into()
    }

    /// The same as a chat.
    pub(crate) fn channel_peer(&self, viewer: &Person, channel: ChannelId) -> InputPeer {
        types::InputPeerChannel {
            channel_id: channel.0,
            access_hash: self.services.access.hash(viewer.id, channel),
        }
        .into()
    }

    /// Makes a channel public.
    pub(crate) async fn publish(&self, owner: &Person, channel: ChannelId, name: &str) {
        let call = f::channels::UpdateUsername {
            channel: self.input_channel(owner, channel),
            username: name.to_owned(),
        };
        self.call(owner, call).await.expect("the name is free");
    }

    /// Somebody adds others.
    pub(crate) async fn add(&self, by: &Person, channel: ChannelId, people: &[&Person]) {
        let call = f::channels::InviteToChannel {
            channel: self.input_channel(by, channel),
            users: people
                .iter()
                .map(|person| self.input_user(by, person))
                .collect(),
        };
        self.call(by, call).await.expect("they are added");
    }

    /// A text for a channel.
    pub(crate) fn post(
        &self,
        from: &Person,
        to: ChannelId,
        text: &str,
    ) -> f::messages::SendMessage {
        f::messages::SendMessage {
            peer: self.channel_peer(from, to),
            message: text.to_owned(),
            random_id: random_id(),
            ..Default::default()
        }
    }

    /// Writes to a channel; answers with the message's number.
    pub(crate) async fn say_in(&self, from: &Person, to: ChannelId, text: &str) -> i32 {
        let sent = self.call(from, self.post(from, to, text)).await;
        sent_id(&sent.expect("it is sent"))
    }

    /// Somebody's rights as an admin.
    pub(crate) fn promote(
        &self,
        by: &Person,
        channel: ChannelId,
        whom: &Person,
        admin_rights: types::ChatAdminRights,
    ) -> f::channels::EditAdmin {
        f::channels::EditAdmin {
            channel: self.input_channel(by, channel),
            user_id: self.input_user(by, whom),
            admin_rights: ChatAdminRights::ChatAdminRights(admin_rights),
            rank: None,
        }
    }

    /// What somebody may not do.
    pub(crate) fn ban(
        &self,
        by: &Person,
        channel: ChannelId,
        whom: &Person,
        banned_rights: types::ChatBannedRights,
    ) -> f::channels::EditBanned {
        f::channels::EditBanned {
            channel: self.input_channel(by, channel),
            participant: self.input_peer(by, whom),
            banned_rights: ChatBannedRights::ChatBannedRights(banned_rights),
        }
    }

    /// Runs the follow-up work that is due.
    pub(crate) async fn run_jobs(&self) {
        let services = &self.services;
        let run = || heliograph_domain::jobs::run_due(&services.store, services.clock.now());
        while run().await.expect("jobs run") > 0 {}
    }
}
