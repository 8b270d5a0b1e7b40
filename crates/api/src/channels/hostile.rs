//! Channels under people who mean them ill: floods, races, vectors without end, odd words and dates.

use super::testing::Kind;
use crate::error::text;
use crate::messages::testing::{random_id, two};
use crate::testing::{Person, World};
use crate::{Result, RpcError};
use heliograph_model::ChannelId;
use heliograph_store::mailbox;
use heliograph_tl::enums::channels::ChannelParticipants;
use heliograph_tl::enums::{
    ChannelParticipant, ChannelParticipantsFilter, Chat, InputMessage, messages,
};
use heliograph_tl::{Function, functions as f, types};
use std::collections::BTreeSet;
use tokio::task::JoinSet;

/// Starts all calls at once and waits for every answer.
async fn at_once<'a, F: Function>(
    world: &World,
    calls: impl IntoIterator<Item = (&'a Person, F)>,
) -> Vec<Result<()>> {
    let mut running = JoinSet::new();
    for (person, call) in calls {
        let started = world.router.call(person.cx.clone(), &call.to_bytes());
        running.spawn(async { started?.await.map(drop) });
    }
    running.join_all().await
}

async fn crowd(world: &World, count: usize) -> Vec<Person> {
    let mut people = Vec::with_capacity(count);
    for number in 0..count {
        let digits = format!("49151{number:08}");
        people.push(world.person(&format!("Guest {number}"), &digits).await);
    }
    people
}

/// How many members the channel says it has, and those whom its list names.
async fn members(world: &World, of: &Person, channel: ChannelId) -> (i32, BTreeSet<i64>) {
    let (mut named, mut count) = (BTreeSet::new(), 0);
    loop {
        let call = f::channels::GetParticipants {
            channel: world.input_channel(of, channel),
            filter: ChannelParticipantsFilter::ChannelParticipantsRecent,
            offset: named.len() as i32,
            limit: 200,
            hash: 0,
        };
        let page = world.call(of, call).await.expect("a page");
        let ChannelParticipants::ChannelParticipants(page) = page else {
            panic!("nothing was cached");
        };
        count = page.count.max(count);
        if page.participants.is_empty() {
            return (count, named);
        }
        for participant in page.participants {
            let new = named.insert(match participant {
                ChannelParticipant::Creator(of) => of.user_id,
                ChannelParticipant::ChannelParticipant(of) => of.user_id,
                ChannelParticipant::Self_(of) => of.user_id,
                other => panic!("{other:?}"),
            });
            assert!(new, "somebody is named twice");
        }
    }
}

#[tokio::test]
async fn five_hundred_come_and_go_at_once_and_are_counted_right() {
    let world = World::new().await;
    let ada = world.person("Ada", "4915112345601").await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.publish(&ada, group, "the_group").await;
    let guests = crowd(&world, 500).await;
    // Everybody asks twice.
    let joins = guests.iter().chain(&guests).map(|guest| {
        let channel = world.input_channel(guest, group);
        (guest, f::channels::JoinChannel { channel })
    });
    let answers = at_once(&world, joins).await;
    let came = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(came, guests.len());
    let (count, named) = members(&world, &ada, group).await;
    assert_eq!((count, named.len()), (501, 501));

    let leaves = guests.iter().take(300).map(|guest| {
        let channel = world.input_channel(guest, group);
        (guest, f::channels::LeaveChannel { channel })
    });
    let answers = at_once(&world, leaves).await;
    assert!(answers.iter().all(Result::is_ok));
    let (count, named) = members(&world, &ada, group).await;
    assert_eq!((count, named.len()), (201, 201));
    assert!(
        guests[300..]
            .iter()
            .all(|guest| named.contains(&guest.id.0))
    );
    // Its making, and a line for each who came and each who left.
    let mut view = world.services.store.view().await.expect("a view");
    let log = mailbox::state(&mut *view, group.into()).await;
    let log = log.expect("the store works");
    assert_eq!((log.pts, log.last_id), (802, 801));
}

#[tokio::test]
async fn of_all_who_claim_a_name_at_once_one_gets_it() {
    let world = World::new().await;
    let people = crowd(&world, 10).await;
    let mut channels = Vec::new();
    for person in &people {
        channels.push(world.channel(person, "News", Kind::Broadcast).await);
    }
    let claims = people.iter().zip(&channels).map(|(person, channel)| {
        let call = f::channels::UpdateUsername {
            channel: world.input_channel(person, *channel),
            username: "Breaking_News".into(),
        };
        (person, call)
    });
    let answers = at_once(&world, claims).await;
    let occupied = RpcError::from(text::USERNAME_OCCUPIED);
    let lost = answers.iter().filter(|a| **a == Err(occupied.clone()));
    assert_eq!(lost.count(), 9);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let own = f::account::UpdateUsername {
        username: "breaking_news".into(),
    };
    assert_eq!(world.call(&people[0], own).await, Err(occupied));
}

#[tokio::test]
async fn invite_links_cannot_be_tried_in_great_number() {
    let (world, _, ben) = two().await;
    let guess = |number: usize| f::messages::CheckChatInvite {
        hash: format!("{number:016}"),
    };
    let mut number = 0;
    let refused = loop {
        let answer = world.call(&ben, guess(number)).await;
        if answer != Err(text::INVITE_HASH_EXPIRED.into()) {
            break answer;
        }
        number += 1;
        assert!(number < 1000, "nobody stops it");
    };
    assert_eq!(number, 60);
    assert_eq!(refused.err(), Some(RpcError::flood_wait(2)));
    let import = f::messages::ImportChatInvite {
        hash: "0000000000000001".into(),
    };
    let refused = world.call(&ben, import).await;
    assert_eq!(refused.err(), Some(RpcError::flood_wait(2)));
}

#[tokio::test]
async fn slow_mode_lets_one_of_many_messages_at_once_through() {
    let (world, ada, ben) = two().await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.add(&ada, group, &[&ben]).await;
    let slow = f::channels::ToggleSlowMode {
        channel: world.input_channel(&ada, group),
        seconds: 60,
    };
    world.call(&ada, slow).await.expect("slow mode is on");
    let sends = (0..20).map(|number| (&ben, world.post(&ben, group, &number.to_string())));
    let answers = at_once(&world, sends.collect::<Vec<_>>()).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let forward = f::messages::ForwardMessages {
        from_peer: world.channel_peer(&ben, group),
        id: vec![1, 2],
        random_id: vec![random_id(), random_id()],
        to_peer: world.channel_peer(&ben, group),
        ..Default::default()
    };
    assert!(
        world.call(&ben, forward).await.is_err(),
        "nor by forwarding"
    );
}

#[tokio::test]
async fn slow_mode_is_not_escaped_by_leaving() {
    let (world, ada, ben) = two().await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    let news = world.channel(&ada, "News", Kind::Broadcast).await;
    world.publish(&ada, group, "the_group").await;
    let link = f::channels::SetDiscussionGroup {
        broadcast: world.input_channel(&ada, news),
        group: world.input_channel(&ada, group),
    };
    world.call(&ada, link).await.expect("it is discussed there");
    let slow = f::channels::ToggleSlowMode {
        channel: world.input_channel(&ada, group),
        seconds: 60,
    };
    world.call(&ada, slow).await.expect("slow mode is on");
    let channel = world.input_channel(&ben, group);
    let join = f::channels::JoinChannel {
        channel: channel.clone(),
    };
    let leave = f::channels::LeaveChannel { channel };

    world.call(&ben, join.clone()).await.expect("he is in");
    world.say_in(&ben, group, "one").await;
    world.call(&ben, leave.clone()).await.expect("he is out");
    let outside = world.call(&ben, world.post(&ben, group, "two")).await;
    assert_eq!(outside.expect_err("too early").message, "SLOWMODE_WAIT_60");
    world.call(&ben, join).await.expect("he is in again");
    let again = world.call(&ben, world.post(&ben, group, "two")).await;
    assert_eq!(again.expect_err("too early").message, "SLOWMODE_WAIT_60");

    world.call(&ben, leave).await.expect("he is out");
    world.pass(60);
    world.say_in(&ben, group, "a comment from outside").await;
    let second = world
        .call(&ben, world.post(&ben, group, "and one more"))
        .await;
    assert_eq!(second.expect_err("too early").message, "SLOWMODE_WAIT_60");
    let (count, named) = members(&world, &ada, group).await;
    assert_eq!((count, named.len()), (1, 1), "who waits is no member");
}

#[tokio::test]
async fn vectors_without_end_are_cut_or_refused() {
    const MANY: i32 = 10_000;
    let (world, ada, ben) = two().await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    let first = world.say_in(&ada, group, "first").await;
    let channel = world.input_channel(&ada, group);
    let many = || (1..=MANY).collect::<Vec<i32>>();

    let call = f::channels::GetChannels {
        id: vec![channel.clone(); MANY as usize],
    };
    let refused = world.call(&ada, call).await;
    assert_eq!(refused.err(), Some(text::LIMIT_INVALID.into()));
    let call = f::channels::InviteToChannel {
        channel: channel.clone(),
        users: vec![world.input_user(&ada, &ben); MANY as usize],
    };
    let refused = world.call(&ada, call).await;
    assert_eq!(refused.err(), Some(text::USERS_TOO_MUCH.into()));

    let call = f::channels::GetMessages {
        channel: channel.clone(),
        id: many()
            .into_iter()
            .map(|id| InputMessage::ID(types::InputMessageID { id }))
            .collect(),
    };
    let page = world.call(&ada, call).await.expect("a page");
    assert!(
        matches!(page, messages::Messages::ChannelMessages(page) if page.messages.len() == 200)
    );
    let call = f::messages::GetMessagesViews {
        peer: world.channel_peer(&ada, group),
        id: many(),
        increment: true,
    };
    let messages::MessageViews::MessageViews(counted) =
        world.call(&ada, call).await.expect("counts");
    assert_eq!(counted.views.len(), 100);
    let call = f::channels::ReadMessageContents {
        channel: channel.clone(),
        id: many(),
    };
    assert_eq!(world.call(&ada, call).await, Ok(true));
    let call = f::messages::ForwardMessages {
        from_peer: world.channel_peer(&ada, group),
        id: many(),
        random_id: many().into_iter().map(i64::from).collect(),
        to_peer: world.channel_peer(&ada, group),
        ..Default::default()
    };
    assert!(world.call(&ada, call).await.is_err());
    let call = f::channels::DeleteMessages {
        channel,
        id: (first..first + MANY).collect(),
    };
    let messages::AffectedMessages::AffectedMessages(gone) =
        world.call(&ada, call).await.expect("one is deleted");
    assert_eq!(gone.pts_count, 1);
}

#[tokio::test]
async fn a_title_shows_something_and_spills_over_nothing() {
    let (world, ada, _) = two().await;
    let make = |title: &str| f::channels::CreateChannel {
        megagroup: true,
        title: title.to_owned(),
        about: "a\u{202e}bout".into(),
        ..Default::default()
    };
    for nothing in [
        "",
        " \n ",
        "\u{200b}\u{200b}",
        "\u{0}\u{7}",
        "\u{2066}\u{2069}",
    ] {
        let made = world.call(&ada, make(nothing)).await;
        assert_eq!(
            made.err(),
            Some(text::CHAT_TITLE_EMPTY.into()),
            "{nothing:?}"
        );
    }
    let made = world.call(&ada, make(&"é".repeat(10_000))).await;
    assert!(made.is_err());
    let turned = make("News \u{202e}\u{0}moc.live");
    let made = crate::messages::testing::updates(world.call(&ada, turned).await.expect("a title"));
    let [Chat::Channel(channel)] = made.chats.as_slice() else {
        panic!("{:?}", made.chats);
    };
    assert_eq!(channel.title, "News moc.live");
}

#[tokio::test]
async fn any_date_may_stand_in_a_restriction() {
    let (world, ada, ben) = two().await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.add(&ada, group, &[&ben]).await;
    for until_date in [i32::MIN, -1, 0, 1, world.clock_s() + 10, i32::MAX] {
        let rights = types::ChatBannedRights {
            send_messages: true,
            until_date,
            ..Default::default()
        };
        let mute = world.ban(&ada, group, &ben, rights);
        world.call(&ada, mute).await.expect("he is muted");
        let refused = world.call(&ben, world.post(&ben, group, "but")).await;
        assert_eq!(refused.err(), Some(text::USER_BANNED_IN_CHANNEL.into()));
    }
}

#[tokio::test]
async fn who_was_silenced_comes_back_silenced() {
    let (world, ada, ben) = two().await;
    let cem = world.person("Cem", "4915112345603").await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.add(&ada, group, &[&ben, &cem]).await;
    let rights = types::ChatBannedRights {
        send_messages: true,
        ..Default::default()
    };
    let mute = world.ban(&ada, group, &ben, rights);
    world.call(&ada, mute).await.expect("he is muted");
    let leave = f::channels::LeaveChannel {
        channel: world.input_channel(&ben, group),
    };
    world.call(&ben, leave).await.expect("he leaves");
    world.add(&cem, group, &[&ben]).await;
    let refused = world
        .call(&ben, world.post(&ben, group, "here again"))
        .await;
    assert_eq!(refused.err(), Some(text::USER_BANNED_IN_CHANNEL.into()));
}
