//! What a client keeps of an account, for tests: fed by differences, by pushes, or fetched anew.

use crate::messages::testing::{id_of, messages, updates};
use crate::testing::{Person, World};
use heliograph_tl::enums::messages::{Dialogs, PeerDialogs};
use heliograph_tl::enums::updates::{Difference, State};
use heliograph_tl::enums::{
    Dialog, DialogPeer, DraftMessage, Message, Peer, Update, Updates, User,
};
use heliograph_tl::{functions as f, types};
use std::collections::{BTreeMap, BTreeSet};

/// A client's copy of an account.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Replica {
    me: i64,
    pub pts: i32,
    date: i32,
    messages: BTreeMap<i32, Message>,
    read_in: BTreeMap<i64, i32>,
    read_out: BTreeMap<i64, i32>,
    drafts: BTreeMap<i64, DraftMessage>,
    /// Topmost first.
    pinned: Vec<i64>,
    marked: BTreeSet<i64>,
    people: BTreeMap<i64, types::User>,
}

/// What a replica and a fresh fetch must agree on.
#[derive(Debug, PartialEq)]
pub(super) struct Shown {
    pts: i32,
    messages: BTreeMap<i32, Message>,
    unread: BTreeSet<i32>,
    /// The outgoing messages that the other side has read.
    seen: BTreeSet<i32>,
    drafts: BTreeMap<i64, DraftMessage>,
    pinned: Vec<i64>,
    marked: BTreeSet<i64>,
    /// First name, last name and username of everyone in a chat.
    names: BTreeMap<i64, [Option<String>; 3]>,
}

impl Replica {
    pub(super) fn new(person: &Person) -> Self {
        Replica {
            me: person.id.0,
            pts: 1,
            ..Replica::default()
        }
    }

    /// Asks for what was missed, `slice` entries at a time, and applies it.
    pub(super) async fn catch_up(&mut self, world: &World, person: &Person, slice: i32) {
        loop {
            let call = f::updates::GetDifference {
                pts: self.pts,
                pts_limit: Some(slice),
                date: self.date,
                ..Default::default()
            };
            match world.call(person, call).await.expect("a difference") {
                Difference::Empty(empty) => {
                    self.date = empty.date;
                    return;
                }
                Difference::Slice(part) => {
                    self.apply(part.users, part.new_messages, part.other_updates);
                    let before = self.pts;
                    self.stand_at(&part.intermediate_state);
                    assert!(self.pts > before, "every slice leads on");
                }
                Difference::Difference(rest) => {
                    self.apply(rest.users, rest.new_messages, rest.other_updates);
                    self.stand_at(&rest.state);
                    return;
                }
                Difference::TooLong(_) => panic!("nobody is that far behind"),
            }
        }
    }

    fn stand_at(&mut self, State::State(state): &State) {
        self.pts = state.pts;
        self.date = state.date;
    }

    fn apply(&mut self, users: Vec<User>, new: Vec<Message>, others: Vec<Update>) {
        self.meet(users);
        for message in new {
            self.put(message);
        }
        for update in others {
            self.change(update);
        }
    }

    /// Applies a pushed container; its updates must continue where the replica stands.
    pub(super) fn push(&mut self, container: Updates) {
        match container {
            Updates::UpdateShortMessage(short) => {
                assert_eq!(self.pts + short.pts_count, short.pts);
                assert!(
                    self.people.contains_key(&short.user_id),
                    "a stranger writes"
                );
                let (me, them) = (user(self.me), user(short.user_id));
                let message = types::Message {
                    out: short.out,
                    silent: short.silent,
                    id: short.id,
                    from_id: Some(if short.out { me } else { them.clone() }),
                    peer_id: them,
                    reply_to: short.reply_to,
                    date: short.date,
                    message: short.message,
                    entities: short.entities,
                    ..Default::default()
                };
                self.put(message.into());
                self.pts = short.pts;
            }
            container => {
                let all = updates(container);
                assert_eq!(all.seq, 0);
                self.meet(all.users);
                for update in all.updates {
                    if let Some((pts, count)) = place(&update) {
                        assert_eq!(self.pts + count, pts, "no update is left out");
                        self.pts = pts;
                    }
                    self.change(update);
                }
            }
        }
    }

    fn meet(&mut self, users: Vec<User>) {
        for user in users {
            if let User::User(user) = user {
                self.people.insert(user.id, user);
            }
        }
    }

    fn put(&mut self, message: Message) {
        let (from, peer) = match &message {
            Message::Message(m) => (&m.from_id, &m.peer_id),
            Message::Service(m) => (&m.from_id, &m.peer_id),
            Message::Empty(_) => panic!("an empty message is no news"),
        };
        for shown in from.iter().chain([peer]).map(id) {
            let known = shown == self.me || self.people.contains_key(&shown);
            assert!(known, "a stranger is shown");
        }
        self.messages.insert(id_of(&message), message);
    }

    fn change(&mut self, update: Update) {
        match update {
            Update::NewMessage(new) => self.put(new.message),
            Update::EditMessage(edited) => self.put(edited.message),
            Update::DeleteMessages(gone) => {
                for id in gone.messages {
                    self.messages.remove(&id);
                }
            }
            Update::PinnedMessages(pinned) => {
                for id in pinned.messages {
                    if let Some(Message::Message(message)) = self.messages.get_mut(&id) {
                        message.pinned = pinned.pinned;
                    }
                }
            }
            Update::ReadHistoryInbox(read) => {
                self.read_in.insert(id(&read.peer), read.max_id);
            }
            Update::ReadHistoryOutbox(read) => {
                self.read_out.insert(id(&read.peer), read.max_id);
            }
            Update::DraftMessage(changed) => {
                let chat = id(&changed.peer);
                match changed.draft {
                    DraftMessage::Empty(_) => self.drafts.remove(&chat),
                    draft @ DraftMessage::DraftMessage(_) => self.drafts.insert(chat, draft),
                };
            }
            Update::DialogPinned(changed) => {
                let chat = dialog_id(&changed.peer);
                self.pinned.retain(|known| *known != chat);
                if changed.pinned {
                    self.pinned.insert(0, chat);
                }
            }
            Update::PinnedDialogs(changed) => {
                let order = changed.order.expect("the order is told");
                self.pinned = order.iter().map(dialog_id).collect();
            }
            Update::DialogUnreadMark(changed) => {
                let chat = dialog_id(&changed.peer);
                if changed.unread {
                    self.marked.insert(chat);
                } else {
                    self.marked.remove(&chat);
                }
            }
            Update::UserName(changed) => {
                let Some(person) = self.people.get_mut(&changed.user_id) else {
                    panic!("a stranger is renamed");
                };
                // A contact is shown under the name that was saved for them.
                if !person.contact {
                    person.first_name = Some(changed.first_name);
                    person.last_name = Some(changed.last_name).filter(|name| !name.is_empty());
                }
            }
            Update::PeerSettings(changed) => {
                assert!(
                    self.people.contains_key(&id(&changed.peer)),
                    "a stranger is offered"
                );
            }
            other => panic!("{} was not expected", other.constructor_name()),
        }
    }

    /// Fetches everything as a client without a past would.
    pub(super) async fn fetch(world: &World, person: &Person) -> Self {
        let mut fresh = Replica::new(person);
        let call = f::messages::GetDialogs {
            limit: 100,
            ..Default::default()
        };
        let Dialogs::Dialogs(list) = world.call(person, call).await.expect("a list") else {
            panic!("the list is short");
        };
        fresh.meet(list.users);
        for dialog in list.dialogs {
            let Dialog::Dialog(dialog) = dialog else {
                panic!("there are no folders");
            };
            let chat = id(&dialog.peer);
            fresh.read_in.insert(chat, dialog.read_inbox_max_id);
            fresh.read_out.insert(chat, dialog.read_outbox_max_id);
            let access_hash = fresh.people[&chat].access_hash.expect("a hash");
            let peer = types::InputPeerUser {
                user_id: chat,
                access_hash,
            };
            let mut offset_id = 0;
            loop {
                let call = f::messages::GetHistory {
                    peer: peer.clone().into(),
                    offset_id,
                    limit: 100,
                    ..Default::default()
                };
                let page = world.call(person, call).await.expect("a page");
                let page = messages(page);
                let Some(last) = page.last() else { break };
                offset_id = id_of(last);
                for message in page {
                    fresh.messages.insert(id_of(&message), message);
                }
            }
            let unread = fresh.unread_in(chat).len();
            assert_eq!(dialog.unread_count as usize, unread, "unread in the list");
        }
        let drafts = world.call(person, f::messages::GetAllDrafts).await;
        let drafts = updates(drafts.expect("drafts"));
        fresh.apply(drafts.users, Vec::new(), drafts.updates);
        let pinned = f::messages::GetPinnedDialogs { folder_id: 0 };
        let PeerDialogs::PeerDialogs(pinned) = world.call(person, pinned).await.expect("pins");
        fresh.pinned = pinned
            .dialogs
            .iter()
            .map(|dialog| match dialog {
                Dialog::Dialog(dialog) => id(&dialog.peer),
                Dialog::Folder(_) => panic!("there are no folders"),
            })
            .collect();
        let marks = f::messages::GetDialogUnreadMarks::default();
        let marks = world.call(person, marks).await.expect("marks");
        fresh.marked = marks.iter().map(dialog_id).collect();
        let state = world.call(person, f::updates::GetState).await;
        fresh.stand_at(&state.expect("a state"));
        fresh
    }

    /// The incoming messages of a chat beyond the read mark.
    fn unread_in(&self, chat: i64) -> BTreeSet<i32> {
        let read = self.read_in.get(&chat).copied().unwrap_or(0);
        let of_chat = self
            .messages
            .values()
            .filter(|m| chat_of(m) == chat && !is_own(m, self.me));
        of_chat.map(id_of).filter(|id| *id > read).collect()
    }

    pub(super) fn shown(&self) -> Shown {
        let chats: BTreeSet<i64> = self.messages.values().map(chat_of).collect();
        let seen = self.messages.values().filter(|message| {
            let read = self.read_out.get(&chat_of(message)).copied().unwrap_or(0);
            is_own(message, self.me) && id_of(message) <= read
        });
        Shown {
            pts: self.pts,
            messages: self.messages.clone(),
            unread: chats
                .iter()
                .flat_map(|chat| self.unread_in(*chat))
                .collect(),
            seen: seen.map(id_of).collect(),
            drafts: self.drafts.clone(),
            pinned: self.pinned.clone(),
            marked: self.marked.clone(),
            names: chats
                .iter()
                .filter_map(|chat| self.people.get(chat))
                .map(|user| {
                    let user = user.clone();
                    (user.id, [user.first_name, user.last_name, user.username])
                })
                .collect(),
        }
    }
}

/// The place of an update in the log: `pts` and how many it consumed.
fn place(update: &Update) -> Option<(i32, i32)> {
    match update {
        Update::NewMessage(u) => Some((u.pts, u.pts_count)),
        Update::EditMessage(u) => Some((u.pts, u.pts_count)),
        Update::DeleteMessages(u) => Some((u.pts, u.pts_count)),
        Update::ReadHistoryInbox(u) => Some((u.pts, u.pts_count)),
        Update::ReadHistoryOutbox(u) => Some((u.pts, u.pts_count)),
        Update::PinnedMessages(u) => Some((u.pts, u.pts_count)),
        _ => None,
    }
}

/// Whether the client's own person wrote it; what was forwarded to oneself is not "sent".
fn is_own(message: &Message, me: i64) -> bool {
    let from = match message {
        Message::Message(m) => &m.from_id,
        Message::Service(m) => &m.from_id,
        Message::Empty(_) => &None,
    };
    from.as_ref().is_some_and(|from| id(from) == me)
}

fn chat_of(message: &Message) -> i64 {
    match message {
        Message::Message(message) => id(&message.peer_id),
        Message::Service(message) => id(&message.peer_id),
        Message::Empty(_) => panic!("an empty message stands nowhere"),
    }
}

fn user(user_id: i64) -> Peer {
    types::PeerUser { user_id }.into()
}

fn id(peer: &Peer) -> i64 {
    match peer {
        Peer::User(user) => user.user_id,
        other => panic!("{}", other.constructor_name()),
    }
}

fn dialog_id(peer: &DialogPeer) -> i64 {
    match peer {
        DialogPeer::DialogPeer(dialog) => id(&dialog.peer),
        DialogPeer::Folder(_) => panic!("there are no folders"),
    }
}
