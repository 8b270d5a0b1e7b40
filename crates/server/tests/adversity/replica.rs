//! What a client believes its mailbox to be, from the differences it was told.

use crate::person::{Line, call};
use heliograph_server::client::ClientError;
use heliograph_tl::{enums, functions as f, types};
use std::collections::BTreeMap;

/// A mailbox as a client sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// Texts by message id.
    pub texts: BTreeMap<i32, String>,
    /// By person: up to where I have read, and up to where they have.
    pub read: BTreeMap<i64, (i32, i32)>,
}

/// A mailbox that is kept up to date by `updates.getDifference` alone.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    pub pts: i32,
    date: i32,
    pub mailbox: Mailbox,
}

impl Replica {
    /// Begins where the client's mailbox stands now.
    pub async fn begin(client: &mut Line) -> Result<Self, ClientError> {
        let enums::updates::State::State(state) = call(client, &f::updates::GetState {}).await?;
        Ok(Replica {
            pts: state.pts,
            date: state.date,
            mailbox: Mailbox::default(),
        })
    }

    /// Asks for everything since the last time, in slices of `slice` entries.
    pub async fn catch_up(&mut self, client: &mut Line, slice: i32) -> Result<(), ClientError> {
        loop {
            let ask = f::updates::GetDifference {
                pts: self.pts,
                pts_limit: Some(slice),
                date: self.date,
                ..Default::default()
            };
            match call(client, &ask).await? {
                enums::updates::Difference::Empty(_) => return Ok(()),
                enums::updates::Difference::Difference(all) => {
                    self.apply(all.new_messages, all.other_updates);
                    self.stand_at(all.state);
                    return Ok(());
                }
                enums::updates::Difference::Slice(part) => {
                    self.apply(part.new_messages, part.other_updates);
                    self.stand_at(part.intermediate_state);
                }
                enums::updates::Difference::TooLong(_) => {
                    panic!("nobody has missed that much")
                }
            }
        }
    }

    fn stand_at(&mut self, state: enums::updates::State) {
        let enums::updates::State::State(state) = state;
        assert!(state.pts >= self.pts, "a mailbox never goes back");
        (self.pts, self.date) = (state.pts, state.date);
    }

    fn apply(&mut self, new: Vec<enums::Message>, others: Vec<enums::Update>) {
        for message in new {
            if let Some((id, text)) = read(message) {
                let before = self.mailbox.texts.insert(id, text);
                assert!(before.is_none(), "message {id} came twice");
            }
        }
        for update in others {
            match update {
                enums::Update::EditMessage(edit) => {
                    if let Some((id, text)) = read(edit.message) {
                        self.mailbox.texts.insert(id, text);
                    }
                }
                enums::Update::DeleteMessages(delete) => {
                    for id in delete.messages {
                        self.mailbox.texts.remove(&id);
                    }
                }
                enums::Update::ReadHistoryInbox(read) => {
                    self.marks(&read.peer).0 = read.max_id;
                }
                enums::Update::ReadHistoryOutbox(read) => {
                    self.marks(&read.peer).1 = read.max_id;
                }
                _ => {}
            }
        }
    }

    fn marks(&mut self, peer: &enums::Peer) -> &mut (i32, i32) {
        let enums::Peer::User(peer) = peer else {
            panic!("there are private chats only");
        };
        self.mailbox.read.entry(peer.user_id).or_default()
    }
}

/// A text and its id; service messages and those of the notifications account do not count.
fn read(message: enums::Message) -> Option<(i32, String)> {
    let enums::Message::Message(message) = message else {
        return None;
    };
    let with_notifications =
        matches!(&message.peer_id, enums::Peer::User(peer) if peer.user_id == 777_000);
    (!with_notifications).then_some((message.id, message.message))
}

/// The chats with these people as they stand, page by page.
pub async fn fetch(client: &mut Line, peers: &[enums::InputPeer]) -> Result<Mailbox, ClientError> {
    let mut mailbox = Mailbox::default();
    for peer in peers {
        let mut offset_id = 0;
        loop {
            let page = page(client, peer, offset_id).await?;
            let Some(oldest) = page.iter().filter_map(id_of).min() else {
                break;
            };
            offset_id = oldest;
            mailbox.texts.extend(page.into_iter().filter_map(read));
        }
    }
    let peers = peers.iter().cloned();
    let ask = f::messages::GetPeerDialogs {
        peers: peers
            .map(|peer| types::InputDialogPeer { peer }.into())
            .collect(),
    };
    let enums::messages::PeerDialogs::PeerDialogs(found) = call(client, &ask).await?;
    for dialog in found.dialogs {
        if let enums::Dialog::Dialog(dialog) = dialog
            && let enums::Peer::User(peer) = dialog.peer
        {
            let marks = (dialog.read_inbox_max_id, dialog.read_outbox_max_id);
            mailbox.read.insert(peer.user_id, marks);
        }
    }
    Ok(mailbox)
}

async fn page(
    client: &mut Line,
    peer: &enums::InputPeer,
    offset_id: i32,
) -> Result<Vec<enums::Message>, ClientError> {
    let ask = f::messages::GetHistory {
        peer: peer.clone(),
        offset_id,
        limit: 50,
        ..Default::default()
    };
    Ok(match call(client, &ask).await? {
        enums::messages::Messages::Messages(types::messages::Messages { messages, .. })
        | enums::messages::Messages::Slice(types::messages::MessagesSlice { messages, .. }) => {
            messages
        }
        other => panic!("a page, not {}", other.constructor_name()),
    })
}

fn id_of(message: &enums::Message) -> Option<i32> {
    match message {
        enums::Message::Message(message) => Some(message.id),
        enums::Message::Service(message) => Some(message.id),
        enums::Message::Empty(_) => None,
    }
}
