//! What a client keeps of a group, against random acts of four people: pushes = difference = fresh
//! state.

use super::testing::Kind;
use crate::messages::testing::{id_of, updates};
use crate::render;
use crate::testing::{Person, World};
use heliograph_domain::bus::Signal;
use heliograph_model::ChannelId;
use heliograph_store::Wake;
use heliograph_tl::enums::messages::Messages;
use heliograph_tl::enums::updates::ChannelDifference;
use heliograph_tl::enums::{InputReplyTo, Message, MessageReplies, Update, Updates};
use heliograph_tl::{Decode, Function, functions as f, types};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Numbers of messages that acts are about; some are beyond what was written.
const IDS: i32 = 14;

#[derive(Clone, Debug)]
enum Act {
    Write(u8),
    Answer(i32),
    Mention,
    Edit(i32, u8),
    Delete(Vec<i32>),
    Pin(i32, bool),
    UnpinAll,
    Rename(u8),
    Mute(bool),
    Leave,
    Join,
}

#[derive(Clone, Debug)]
struct Step {
    who: usize,
    with: usize,
    act: Act,
    pause_s: i64,
    /// Who asks for what they missed after it, and how much at a time.
    catches_up: Option<(usize, i32)>,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => any::<u8>().prop_map(Act::Write),
        2 => (1..IDS).prop_map(Act::Answer),
        2 => Just(Act::Mention),
        3 => (1..IDS, any::<u8>()).prop_map(|(id, text)| Act::Edit(id, text)),
        3 => vec(1..IDS, 1..4).prop_map(Act::Delete),
        2 => (1..IDS, any::<bool>()).prop_map(|(id, pin)| Act::Pin(id, pin)),
        1 => Just(Act::UnpinAll),
        1 => any::<u8>().prop_map(Act::Rename),
        1 => any::<bool>().prop_map(Act::Mute),
        1 => Just(Act::Leave),
        2 => Just(Act::Join),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let catches_up = proptest::option::weighted(0.3, (0..4_usize, 1..6));
    (0..4_usize, 0..4_usize, act(), 0..3_i64, catches_up).prop_map(
        |(who, with, act, pause_s, catches_up)| Step {
            who,
            with,
            act,
            pause_s,
            catches_up,
        },
    )
}

/// Makes a call that may well be refused.
async fn attempt<F: Function>(world: &World, who: &Person, call: F) {
    let _ = world.call(who, call).await;
}

async fn perform(world: &World, group: ChannelId, who: &Person, with: &Person, act: Act) {
    let peer = world.channel_peer(who, group);
    let channel = world.input_channel(who, group);
    match act {
        Act::Write(text) => attempt(world, who, world.post(who, group, &text.to_string())).await,
        Act::Answer(id) => {
            let to = types::InputReplyToMessage {
                reply_to_msg_id: id,
                ..Default::default()
            };
            let mut answer = world.post(who, group, "indeed");
            answer.reply_to = Some(InputReplyTo::from(to));
            attempt(world, who, answer).await;
        }
        Act::Mention => {
            let text = format!("what says @person_{}?", with.id.0);
            attempt(world, who, world.post(who, group, &text)).await;
        }
        Act::Edit(id, text) => {
            let call = f::messages::EditMessage {
                peer,
                id,
                message: Some(format!("edited: {text}")),
                ..Default::default()
            };
            attempt(world, who, call).await;
        }
        Act::Delete(id) => attempt(world, who, f::channels::DeleteMessages { channel, id }).await,
        Act::Pin(id, pin) => {
            let call = f::messages::UpdatePinnedMessage {
                unpin: !pin,
                peer,
                id,
                ..Default::default()
            };
            attempt(world, who, call).await;
        }
        Act::UnpinAll => {
            let call = f::messages::UnpinAllMessages {
                peer,
                ..Default::default()
            };
            attempt(world, who, call).await;
        }
        Act::Rename(number) => {
            let title = format!("Group {number}");
            attempt(world, who, f::channels::EditTitle { channel, title }).await;
        }
        Act::Mute(send_messages) => {
            let rights = types::ChatBannedRights {
                send_messages,
                ..Default::default()
            };
            attempt(world, who, world.ban(who, group, with, rights)).await;
        }
        Act::Leave => attempt(world, who, f::channels::LeaveChannel { channel }).await,
        Act::Join => attempt(world, who, f::channels::JoinChannel { channel }).await,
    }
}

/// A client's copy of the group.
#[derive(Clone, Debug, PartialEq)]
struct Replica {
    pts: i32,
    messages: BTreeMap<i32, Message>,
}

impl Replica {
    fn new() -> Self {
        Replica {
            pts: 1,
            messages: BTreeMap::new(),
        }
    }

    fn put(&mut self, mut message: Message) {
        // How many answers a message has is told with the message alone, not when one more comes.
        if let Message::Message(message) = &mut message {
            message.replies = None::<MessageReplies>;
        }
        self.messages.insert(id_of(&message), message);
    }

    fn change(&mut self, update: Update) {
        match update {
            Update::NewChannelMessage(new) => self.put(new.message),
            Update::EditChannelMessage(edited) => self.put(edited.message),
            Update::DeleteChannelMessages(gone) => {
                for id in gone.messages {
                    self.messages.remove(&id);
                }
            }
            Update::PinnedChannelMessages(pinned) => {
                for id in pinned.messages {
                    if let Some(Message::Message(message)) = self.messages.get_mut(&id) {
                        message.pinned = pinned.pinned;
                    }
                }
            }
            other => panic!("{} was not expected", other.constructor_name()),
        }
    }

    /// Applies a pushed container; it must continue where the replica stands.
    fn push(&mut self, container: Updates) {
        for update in updates(container).updates {
            let (pts, count) = match &update {
                Update::NewChannelMessage(u) => (u.pts, u.pts_count),
                Update::EditChannelMessage(u) => (u.pts, u.pts_count),
                Update::DeleteChannelMessages(u) => (u.pts, u.pts_count),
                Update::PinnedChannelMessages(u) => (u.pts, u.pts_count),
                other => panic!("{} was not expected", other.constructor_name()),
            };
            assert_eq!(self.pts + count, pts, "no update is left out");
            self.pts = pts;
            self.change(update);
        }
    }

    async fn catch_up(&mut self, world: &World, person: &Person, group: ChannelId, slice: i32) {
        loop {
            let call = f::updates::GetChannelDifference {
                channel: world.input_channel(person, group),
                pts: self.pts,
                limit: slice,
                ..Default::default()
            };
            match world.call(person, call).await.expect("a difference") {
                ChannelDifference::Empty(_) => return,
                ChannelDifference::ChannelDifference(part) => {
                    assert!(part.pts > self.pts, "every slice leads on");
                    self.pts = part.pts;
                    part.new_messages.into_iter().for_each(|new| self.put(new));
                    part.other_updates
                        .into_iter()
                        .for_each(|update| self.change(update));
                    if part.final_ {
                        return;
                    }
                }
                ChannelDifference::TooLong(_) => panic!("nobody is that far behind"),
            }
        }
    }

    async fn fetch(world: &World, person: &Person, group: ChannelId) -> Self {
        let call = f::messages::GetHistory {
            peer: world.channel_peer(person, group),
            limit: 100,
            ..Default::default()
        };
        let Ok(Messages::ChannelMessages(page)) = world.call(person, call).await else {
            panic!("anyone may read it");
        };
        let mut fresh = Replica::new();
        fresh.pts = page.pts;
        page.messages
            .into_iter()
            .for_each(|message| fresh.put(message));
        fresh
    }
}

fn new_wakes(world: &World, group: ChannelId) -> Vec<Arc<Wake>> {
    let mut signals = world.seen.signals.lock().expect("nobody panicked");
    let wakes = signals.drain(..).filter_map(|signal| match signal {
        Signal::Wake(wake) if wake.owner == group.into() => Some(wake),
        _ => None,
    });
    wakes.collect()
}

async fn live_through(steps: Vec<Step>) {
    let world = World::new().await;
    let people = [
        world.person("Ada", "4915112345601").await,
        world.person("Ben", "4915112345602").await,
        world.person("Cem", "4915112345603").await,
        world.person("Dua", "4915112345604").await,
    ];
    for person in &people {
        let username = format!("person_{}", person.id.0);
        let call = f::account::UpdateUsername { username };
        world.call(person, call).await.expect("it is free");
    }
    let [ada, ben, cem, _] = &people;
    let group = world.channel(ada, "Group", Kind::Group).await;
    world.publish(ada, group, "the_group").await;
    world.add(ada, group, &[ben, cem]).await;
    let mut stale = [(); 4].map(|()| Replica::new());
    let mut live = [(); 4].map(|()| Replica::new());
    for step in steps {
        let (who, with) = (&people[step.who], &people[step.with]);
        perform(&world, group, who, with, step.act).await;
        for wake in new_wakes(&world, group) {
            let mut view = world.services.store.view().await.expect("a view");
            let pushed = render::channel_wake(&world.services, &mut *view, group, &wake, &[]).await;
            let pushed = pushed.expect("the store works");
            for (person, live) in people.iter().zip(&mut live) {
                let own = pushed.for_some.get(&person.id).unwrap_or(&pushed.for_all);
                live.push(Updates::from_bytes(own).expect("a container reads"));
            }
        }
        world.pass(step.pause_s);
        if let Some((who, slice)) = step.catches_up {
            stale[who]
                .catch_up(&world, &people[who], group, slice)
                .await;
        }
    }
    for ((person, stale), live) in people.iter().zip(&mut stale).zip(&live) {
        stale.catch_up(&world, person, group, 3).await;
        let fresh = Replica::fetch(&world, person, group).await;
        assert_eq!(*stale, fresh, "difference = fresh state");
        assert_eq!(*live, fresh, "push = fresh state");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_group_is_the_same_pushed_caught_up_with_and_fetched(steps in vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(live_through(steps));
    }
}
