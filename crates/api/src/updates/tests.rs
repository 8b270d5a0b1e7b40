//! Differences: one by one, and as a whole against random histories of three people.

use super::replica::Replica;
use super::*;
use crate::messages::testing::{id_of, random_id, say, text as text_to, two, user_ids};
use crate::testing::{Person, World};
use heliograph_domain::bus::Signal;
use heliograph_domain::contacts::{Contact, SaveContacts};
use heliograph_domain::profile::UpdateProfile;
use heliograph_model::{FirstName, LastName, Logged};
use heliograph_store::Wake;
use heliograph_tl::enums::{InputDialogPeer, InputPeer, Updates};
use heliograph_tl::{Decode, Function};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

fn since(pts: i32, date: i32) -> f::updates::GetDifference {
    f::updates::GetDifference {
        pts,
        date,
        ..Default::default()
    }
}

#[tokio::test]
async fn a_new_mailbox_stands_at_one() {
    let (world, ada, ben) = two().await;
    let state = |answer: Result<State>| {
        let State::State(state) = answer.expect("a state");
        (state.pts, state.qts, state.seq, state.unread_count)
    };
    assert_eq!(
        state(world.call(&ada, f::updates::GetState).await),
        (1, 1, 0, 0)
    );
    say(&world, &ben, &ada, "hello").await;
    say(&world, &ben, &ada, "hello").await;
    assert_eq!(
        state(world.call(&ada, f::updates::GetState).await),
        (3, 1, 0, 1)
    );
    assert_eq!(
        state(world.call(&ben, f::updates::GetState).await),
        (3, 1, 0, 0)
    );
}

#[tokio::test]
async fn a_client_that_has_seen_all_gets_an_empty_difference() {
    let (world, ada, ben) = two().await;
    say(&world, &ada, &ben, "hello").await;
    world.pass(60);
    let answer = world.call(&ada, since(2, world.clock_s())).await;
    let Ok(Difference::Empty(empty)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!((empty.date, empty.seq), (world.clock_s(), 0));
}

#[tokio::test]
async fn a_difference_brings_messages_other_changes_and_people() {
    let (world, ada, ben) = two().await;
    say(&world, &ada, &ben, "one").await;
    let id = say(&world, &ada, &ben, "two").await;
    world.pass(60);
    let date = world.clock_s();
    let edit = f::messages::EditMessage {
        peer: world.input_peer(&ada, &ben),
        id,
        message: Some("zwei".into()),
        ..Default::default()
    };
    world.call(&ada, edit).await.expect("it is edited");
    let draft = f::messages::SaveDraft {
        peer: world.input_peer(&ben, &ada),
        message: "begun".into(),
        ..Default::default()
    };
    world.call(&ben, draft).await.expect("it is saved");

    let answer = world.call(&ben, since(2, date)).await;
    let Ok(Difference::Difference(difference)) = answer else {
        panic!("{answer:?}");
    };
    let ids: Vec<i32> = difference.new_messages.iter().map(id_of).collect();
    assert_eq!(ids, [2], "the first message was seen");
    assert!(matches!(
        difference.other_updates.as_slice(),
        [Update::EditMessage(_), Update::DraftMessage(_)]
    ));
    assert_eq!(user_ids(&difference.users), [ada.id]);
    let State::State(state) = difference.state;
    assert_eq!((state.pts, state.date, state.unread_count), (4, date, 1));
}

#[tokio::test]
async fn slices_keep_the_clients_date_until_the_last() {
    let (world, ada, ben) = two().await;
    let date = world.clock_s();
    for _ in 0..5 {
        say(&world, &ada, &ben, "hello").await;
    }
    world.pass(100);
    let call = f::updates::GetDifference {
        pts_limit: Some(2),
        qts: 7,
        ..since(1, date)
    };
    let answer = world.call(&ben, call).await;
    let Ok(Difference::Slice(slice)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(slice.new_messages.len(), 2);
    assert_eq!(
        slice.other_updates,
        [],
        "the news of the chat comes with the last part"
    );
    let State::State(state) = slice.intermediate_state;
    assert_eq!((state.pts, state.date), (3, date));
}

#[tokio::test]
async fn a_client_too_far_behind_or_ahead_is_sent_to_the_present() {
    let (world, ada, ben) = two().await;
    for _ in 0..5 {
        say(&world, &ada, &ben, "hello").await;
    }
    let too_long = |pts, pts_total_limit| {
        let call = f::updates::GetDifference {
            pts_total_limit,
            ..since(pts, 0)
        };
        world.call(&ben, call)
    };
    let expected = || Ok(types::updates::DifferenceTooLong { pts: 6 }.into());
    assert_eq!(too_long(1, Some(4)).await, expected());
    assert_eq!(too_long(1000, None).await, expected());
    assert!(matches!(
        too_long(1, Some(5)).await,
        Ok(Difference::Difference(_))
    ));
    assert!(matches!(
        too_long(0, None).await,
        Ok(Difference::Difference(_))
    ));
}

#[tokio::test]
async fn what_was_committed_just_before_the_clients_date_is_told_again() {
    let (world, ada, ben) = two().await;
    let draft = f::messages::SaveDraft {
        peer: world.input_peer(&ada, &ben),
        message: "begun".into(),
        ..Default::default()
    };
    world.call(&ada, draft).await.expect("it is saved");
    let told = |date| world.call(&ada, since(1, date));
    let saved = world.clock_s();
    assert!(matches!(
        told(saved + OVERLAP_S).await,
        Ok(Difference::Difference(_))
    ));
    assert!(matches!(
        told(saved + OVERLAP_S + 1).await,
        Ok(Difference::Empty(_))
    ));
}

#[tokio::test]
async fn a_channel_that_is_not_named_has_no_difference() {
    let (world, ada, _) = two().await;
    let call = f::updates::GetChannelDifference::default();
    assert_eq!(
        world.call(&ada, call).await,
        Err(text::CHANNEL_INVALID.into())
    );
}

/// Something that one of three people does, with or to another. Numbers choose among what is there.
#[derive(Clone, Debug)]
enum Act {
    Send {
        answer: bool,
        clear_draft: bool,
    },
    Edit(usize),
    Delete {
        which: usize,
        revoke: bool,
    },
    DeleteChat {
        just_clear: bool,
        revoke: bool,
    },
    Forward(usize),
    Read,
    Draft(bool),
    PinChat(bool),
    ReorderChats(bool),
    MarkUnread(bool),
    PinMessage {
        which: usize,
        pin: bool,
        one_side: bool,
    },
    UnpinAll,
    Rename(u8),
    SaveContact(u8),
}

fn act() -> impl Strategy<Value = Act> {
    let any_index = 0..1000_usize;
    prop_oneof![
        12 => (any::<bool>(), any::<bool>()).prop_map(|(answer, clear_draft)| Act::Send {
            answer,
            clear_draft
        }),
        3 => any_index.clone().prop_map(Act::Edit),
        3 => (any_index.clone(), any::<bool>())
            .prop_map(|(which, revoke)| Act::Delete { which, revoke }),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(just_clear, revoke)| Act::DeleteChat {
            just_clear,
            revoke
        }),
        2 => any_index.clone().prop_map(Act::Forward),
        4 => Just(Act::Read),
        2 => any::<bool>().prop_map(Act::Draft),
        2 => any::<bool>().prop_map(Act::PinChat),
        1 => any::<bool>().prop_map(Act::ReorderChats),
        1 => any::<bool>().prop_map(Act::MarkUnread),
        2 => (any_index, any::<bool>(), any::<bool>()).prop_map(|(which, pin, one_side)| {
            Act::PinMessage { which, pin, one_side }
        }),
        1 => Just(Act::UnpinAll),
        1 => any::<u8>().prop_map(Act::Rename),
        1 => any::<u8>().prop_map(Act::SaveContact),
    ]
}

#[derive(Clone, Debug)]
struct Step {
    who: usize,
    with: usize,
    act: Act,
    pause_s: i64,
    /// Who catches up afterwards, in slices of what length.
    catches_up: Option<(usize, i32)>,
}

fn step() -> impl Strategy<Value = Step> {
    let catches_up = proptest::option::weighted(0.1, (0..3_usize, 1..8_i32));
    (0..3_usize, 0..3_usize, act(), 0..8_i64, catches_up).prop_map(
        |(who, with, act, pause_s, catches_up)| Step {
            who,
            with,
            act,
            pause_s,
            catches_up,
        },
    )
}

/// Makes a call whose refusal is as good as its success.
async fn attempt<F: Function>(world: &World, who: &Person, call: F) {
    let _ = world.call(who, call).await;
}

/// The numbers of the messages that somebody has in a chat.
async fn ids(world: &World, who: &Person, with: &Person) -> Vec<i32> {
    let history = crate::messages::testing::history(world, who, with).await;
    history.into_iter().map(|(id, _)| id).collect()
}

async fn perform(world: &World, who: &Person, with: &Person, act: Act) {
    let peer = world.input_peer(who, with);
    let dialog = |peer: InputPeer| InputDialogPeer::from(types::InputDialogPeer { peer });
    let there = ids(world, who, with).await;
    let chosen = |which: usize| there.get(which % there.len().max(1)).copied().unwrap_or(1);
    match act {
        Act::Send {
            answer,
            clear_draft,
        } => {
            let reply_to = types::InputReplyToMessage {
                reply_to_msg_id: chosen(0),
                ..Default::default()
            };
            let call = f::messages::SendMessage {
                clear_draft,
                reply_to: answer.then(|| reply_to.into()),
                ..text_to(world, who, with, "hello example.com")
            };
            attempt(world, who, call).await;
        }
        Act::Edit(which) => {
            let call = f::messages::EditMessage {
                peer,
                id: chosen(which),
                message: Some(format!("edited {}", random_id())),
                ..Default::default()
            };
            attempt(world, who, call).await;
        }
        Act::Delete { which, revoke } => {
            let id = vec![chosen(which), chosen(which + 1)];
            attempt(world, who, f::messages::DeleteMessages { revoke, id }).await;
        }
        Act::DeleteChat { just_clear, revoke } => {
            let call = f::messages::DeleteHistory {
                just_clear,
                revoke,
                peer,
                ..Default::default()
            };
            attempt(world, who, call).await;
        }
        Act::Forward(which) => {
            let call = f::messages::ForwardMessages {
                from_peer: peer,
                id: vec![chosen(which)],
                random_id: vec![random_id()],
                to_peer: InputPeer::Self_,
                ..Default::default()
            };
            attempt(world, who, call).await;
        }
        Act::Read => {
            let max_id = chosen(1);
            attempt(world, who, f::messages::ReadHistory { peer, max_id }).await;
        }
        Act::Draft(some) => {
            let message = if some { "begun" } else { "" }.to_owned();
            let call = f::messages::SaveDraft {
                peer,
                message,
                ..Default::default()
            };
            attempt(world, who, call).await;
        }
        Act::PinChat(pinned) => {
            let peer = dialog(peer);
            attempt(world, who, f::messages::ToggleDialogPin { pinned, peer }).await;
        }
        Act::ReorderChats(force) => {
            let call = f::messages::ReorderPinnedDialogs {
                force,
                folder_id: 0,
                order: vec![dialog(peer), dialog(InputPeer::Self_)],
            };
            attempt(world, who, call).await;
        }
        Act::MarkUnread(unread) => {
            let call = f::messages::MarkDialogUnread {
                unread,
                parent_peer: None,
                peer: dialog(peer),
            };
            attempt(world, who, call).await;
        }
        Act::PinMessage {
            which,
            pin,
            one_side,
        } => {
            let call = f::messages::UpdatePinnedMessage {
                unpin: !pin,
                pm_oneside: one_side,
                peer,
                id: chosen(which),
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
            let rename = UpdateProfile {
                user: who.id,
                first_name: FirstName::parse(&format!("Name {number}")).ok(),
                last_name: None,
                about: None,
            };
            world.services.store.write(rename).await.expect("a name");
        }
        Act::SaveContact(number) => {
            let contact = Contact {
                first_name: FirstName::parse(&format!("Friend {number}")).expect("a name"),
                last_name: LastName::default(),
            };
            let save = SaveContacts {
                owner: who.id,
                people: vec![(with.id, contact)],
            };
            // Oneself is no contact.
            let _ = world.services.store.write(save).await;
        }
    }
}

/// The wake-ups since the last call.
fn new_wakes(world: &World) -> Vec<Arc<Wake>> {
    let mut signals = world.seen.signals.lock().expect("nobody panicked");
    signals
        .drain(..)
        .filter_map(|signal| match signal {
            Signal::Wake(wake) => Some(wake),
            _ => None,
        })
        .collect()
}

async fn log_after(world: &World, person: &Person, pts: i32) -> Vec<Logged> {
    let mut view = world.services.store.view().await.expect("a view");
    let log = mailbox::after(&mut *view, person.id.into(), pts as u32, usize::MAX).await;
    log.expect("the store works").entries
}

/// Applies a wake-up to the replica of a session that is connected.
async fn push(world: &World, person: &Person, live: &mut Replica, wake: &Wake) {
    let viewer = person.cx.viewer().expect("signed in");
    let mut view = world.services.store.view().await.expect("a view");
    let containers = render::wake(viewer, &mut *view, wake).await;
    for bytes in containers.expect("the store works") {
        live.push(Updates::from_bytes(&bytes).expect("a container reads"));
    }
}

async fn live_through(steps: Vec<Step>) {
    let world = World::new().await;
    let people = [
        world.person("Ada", "4915112345601").await,
        world.person("Ben", "4915112345602").await,
        world.person("Cem", "4915112345603").await,
    ];
    new_wakes(&world);
    let mut stale = people.each_ref().map(Replica::new);
    let mut live = people.each_ref().map(Replica::new);
    for step in steps {
        perform(&world, &people[step.who], &people[step.with], step.act).await;
        let wakes = new_wakes(&world);
        for (person, live) in people.iter().zip(&mut live) {
            let before = live.pts;
            let mut told = Vec::new();
            for wake in wakes.iter().filter(|wake| wake.owner == person.id.into()) {
                told.extend(wake.logged.iter().map(|logged| Logged::clone(logged)));
                push(&world, person, live, wake).await;
            }
            assert_eq!(told, log_after(&world, person, before).await, "push = log");
        }
        world.pass(step.pause_s);
        if let Some((who, slice)) = step.catches_up {
            stale[who].catch_up(&world, &people[who], slice).await;
        }
    }
    for ((person, stale), live) in people.iter().zip(&mut stale).zip(&live) {
        stale.catch_up(&world, person, 3).await;
        let fresh = Replica::fetch(&world, person).await.shown();
        assert_eq!(stale.shown(), fresh, "difference = fresh state");
        assert_eq!(live.shown(), fresh, "push = fresh state");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whoever_catches_up_or_listens_knows_what_a_fresh_client_sees(steps in vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(live_through(steps));
    }
}
