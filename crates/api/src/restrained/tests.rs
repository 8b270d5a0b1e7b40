use crate::channels::testing::Kind;
use crate::messages::testing::{messages, say, sent_id, text};
use crate::render::channel_wake;
use crate::testing::{Person, World};
use heliograph_domain::bus::Signal;
use heliograph_domain::services::SPAM_BOT;
use heliograph_model::{
    Freeze, Measure, Measures, MessageId, Peer, Restriction, Territory, UnixMs, Warning,
};
use heliograph_store::mailbox;
use heliograph_tl::enums::messages::Messages;
use heliograph_tl::enums::updates::ChannelDifference;
use heliograph_tl::enums::{Chat, InputPeer, Message, Update, Updates};
use heliograph_tl::{Decode, Encode, functions as f, types};

fn one<T>(what: T) -> Vec<Measure<T>> {
    vec![Measure {
        decision: 7,
        until: None,
        what,
    }]
}

impl World {
    /// Puts something on a peer, as a decision does.
    fn put_on(&self, peer: impl Into<Peer>, post: Option<i32>, measures: Measures) {
        let post = post.map(|id| MessageId(id as u32));
        let measured = self.services.discovery.measured();
        measured.set(peer.into(), post, measures);
    }

    async fn seen_channel(&self, viewer: &Person, name: &str) -> types::Channel {
        let call = f::contacts::ResolveUsername {
            username: name.to_owned(),
            ..Default::default()
        };
        let found = self.call(viewer, call).await.expect("it is public");
        let heliograph_tl::enums::contacts::ResolvedPeer::ResolvedPeer(found) = found;
        match found.chats.as_slice() {
            [Chat::Channel(channel)] => channel.clone(),
            other => panic!("{other:?}"),
        }
    }
}

fn spam_bot(world: &World, person: &Person) -> InputPeer {
    types::InputPeerUser {
        user_id: SPAM_BOT.0,
        access_hash: world.services.access.hash(person.id, SPAM_BOT),
    }
    .into()
}

async fn three() -> (World, Person, Person, Person) {
    let world = World::new().await;
    let ada = world.person("Ada", "49151000001").await;
    let ben = world.person("Ben", "49151000002").await;
    let eve = world.person("Eve", "49151000003").await;
    (world, ada, ben, eve)
}

#[tokio::test]
async fn a_limited_account_answers_who_wrote_to_it_and_writes_to_no_stranger() {
    let (world, ada, ben, eve) = three().await;
    say(&world, &ben, &ada, "hello").await;
    let limited = Measures {
        limited: one(()),
        ..Measures::default()
    };
    world.put_on(ada.id, None, limited);
    let to_stranger = world.call(&ada, text(&world, &ada, &eve, "buy this")).await;
    assert_eq!(to_stranger.unwrap_err().message, "PEER_FLOOD");
    say(&world, &ada, &ben, "hello back").await;
    say(&world, &eve, &ada, "who are you?").await;
    say(&world, &ada, &eve, "nobody").await;
}

#[tokio::test]
async fn a_frozen_account_only_reads_and_asks_spam_bot() {
    let (world, ada, ben, _) = three().await;
    say(&world, &ben, &ada, "hello").await;
    let now = world.services.clock.now();
    let frozen = Measures {
        frozen: one(Freeze {
            since: now,
            delete_at: UnixMs(now.0 + 1_000_000),
        }),
        ..Measures::default()
    };
    world.put_on(ada.id, None, frozen);
    let sent = world.call(&ada, text(&world, &ada, &ben, "hello")).await;
    let refused = sent.unwrap_err();
    assert_eq!(
        (refused.code, &*refused.message),
        (420, "FROZEN_METHOD_INVALID")
    );
    let made = f::channels::CreateChannel {
        broadcast: true,
        title: "New".into(),
        ..Default::default()
    };
    let made = world.call(&ada, made).await;
    assert_eq!(made.unwrap_err().message, "FROZEN_METHOD_INVALID");
    let history = f::messages::GetHistory {
        peer: world.input_peer(&ada, &ben),
        limit: 10,
        ..Default::default()
    };
    assert_eq!(messages(world.call(&ada, history).await.unwrap()).len(), 1);
    let ask = f::messages::SendMessage {
        peer: spam_bot(&world, &ada),
        message: "/start".into(),
        random_id: 9,
        ..Default::default()
    };
    world.call(&ada, ask).await.expect("it can ask why");
    for name in [
        "freeze_since_date",
        "freeze_until_date",
        "freeze_appeal_url",
    ] {
        for (person, told) in [(&ada, true), (&ben, false)] {
            let config = f::help::GetAppConfig { hash: 0 };
            let config = world.call(person, config).await.unwrap().to_bytes();
            let mut words = config.windows(name.len());
            assert_eq!(words.any(|word| word == name.as_bytes()), told, "{name}");
        }
    }
}

#[tokio::test]
async fn a_channel_is_marked_for_everybody_and_restricted_where_it_was_decided() {
    let (world, ada, ben, _) = three().await;
    let channel = world.channel(&ada, "Pills", Kind::Broadcast).await;
    world.publish(&ada, channel, "cheap_pills").await;
    let restriction = |territory| {
        one(Restriction {
            platform: "all".into(),
            reason: "terms".into(),
            text: "Not here.".into(),
            territory,
        })
    };
    let in_germany = Measures {
        warnings: one(Warning::Scam),
        restrictions: restriction(Territory::Countries(vec!["DE".into()])),
        ..Measures::default()
    };
    world.put_on(channel, None, in_germany);
    // Ben's number is of no country here.
    let seen = world.seen_channel(&ben, "cheap_pills").await;
    assert!(seen.scam && seen.restriction_reason.is_none());
    let everywhere = Measures {
        restrictions: restriction(Territory::World),
        ..Measures::default()
    };
    world.put_on(channel, None, everywhere);
    let seen = world.seen_channel(&ben, "cheap_pills").await;
    assert!(!seen.scam);
    let reasons = seen.restriction_reason.expect("a reason");
    let heliograph_tl::enums::RestrictionReason::RestrictionReason(reason) = &reasons[0];
    assert_eq!(
        (reason.platform.as_str(), reason.text.as_str()),
        ("all", "Not here.")
    );
    world.put_on(channel, None, Measures::default());
    let seen = world.seen_channel(&ben, "cheap_pills").await;
    assert!(seen.restriction_reason.is_none() && !seen.scam, "undone");
}

#[tokio::test]
async fn a_restricted_post_is_read_by_its_author_alone() {
    let (world, ada, ben, _) = three().await;
    let channel = world.channel(&ada, "Pills", Kind::Broadcast).await;
    world.publish(&ada, channel, "cheap_pills").await;
    let post = world.post(&ada, channel, "Pills that cure all");
    let id = sent_id(&world.call(&ada, post).await.unwrap());
    let restricted = Measures {
        restrictions: one(Restriction {
            platform: "all".into(),
            reason: "terms".into(),
            text: "Not here.".into(),
            territory: Territory::World,
        }),
        ..Measures::default()
    };
    world.put_on(channel, Some(id), restricted);
    for (viewer, expected) in [(&ben, "Not here."), (&ada, "Pills that cure all")] {
        let call = f::messages::GetHistory {
            peer: world.channel_peer(viewer, channel),
            limit: 1,
            ..Default::default()
        };
        let page = world.call(viewer, call).await.unwrap();
        let Messages::ChannelMessages(page) = page else {
            panic!("not a channel's page");
        };
        let [Message::Message(message)] = page.messages.as_slice() else {
            panic!("not one message");
        };
        assert_eq!(message.message, expected);
        assert_eq!(
            message.restriction_reason.is_some(),
            expected == "Not here."
        );
    }
}

#[tokio::test]
async fn a_post_is_restricted_for_people_of_some_countries_alone() {
    let (world, ada, ben, _) = three().await;
    let klara = world.person_from("Klara", "4930999999", Some("DE")).await;
    let channel = world.channel(&ada, "Pills", Kind::Broadcast).await;
    world.publish(&ada, channel, "cheap_pills").await;
    let post = world.post(&ada, channel, "Pills that cure all");
    let id = sent_id(&world.call(&ada, post).await.unwrap());
    let in_germany = Measures {
        restrictions: one(Restriction {
            platform: "all".into(),
            reason: "terms".into(),
            text: "Not here.".into(),
            territory: Territory::Countries(vec!["DE".into()]),
        }),
        ..Measures::default()
    };
    world.put_on(channel, Some(id), in_germany);
    for (viewer, expected) in [(&ben, "Pills that cure all"), (&klara, "Not here.")] {
        let by_page = f::messages::GetHistory {
            peer: world.channel_peer(viewer, channel),
            limit: 1,
            ..Default::default()
        };
        let page = world.call(viewer, by_page).await.unwrap();
        let Messages::ChannelMessages(page) = page else {
            panic!("not a channel's page");
        };
        let [Message::Message(message)] = page.messages.as_slice() else {
            panic!("not one message");
        };
        assert_eq!(message.message, expected);
    }
}

#[tokio::test]
async fn a_push_and_a_difference_restrict_a_post_in_the_same_countries_as_a_page() {
    let (world, ada, ben, _) = three().await;
    let klara = world.person_from("Klara", "4930999999", Some("DE")).await;
    let channel = world.channel(&ada, "Pills", Kind::Broadcast).await;
    world.publish(&ada, channel, "cheap_pills").await;
    world.add(&ada, channel, &[&ben, &klara]).await;
    let post = world.post(&ada, channel, "Pills that cure all");
    let id = sent_id(&world.call(&ada, post).await.unwrap());
    let in_germany = Measures {
        restrictions: one(Restriction {
            platform: "all".into(),
            reason: "terms".into(),
            text: "Not here.".into(),
            territory: Territory::Countries(vec!["DE".into()]),
        }),
        ..Measures::default()
    };
    world.put_on(channel, Some(id), in_germany);
    let pts = {
        let mut view = world.services.store.view().await.unwrap();
        let state = mailbox::state(&mut *view, channel.into()).await.unwrap();
        state.pts
    };
    let edit = f::messages::EditMessage {
        peer: world.channel_peer(&ada, channel),
        id,
        message: Some("Pills that cure everything".into()),
        ..Default::default()
    };
    world.call(&ada, edit).await.unwrap();

    let said = |update: &Update| match update {
        Update::EditChannelMessage(edited) => match &edited.message {
            Message::Message(message) => message.message.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let wake = {
        let mut signals = world.seen.signals.lock().unwrap();
        let mut wakes = signals.drain(..).filter_map(|signal| match signal {
            Signal::Wake(wake) if wake.owner == channel.into() => Some(wake),
            _ => None,
        });
        wakes.next_back().expect("it was pushed")
    };
    let mut view = world.services.store.view().await.unwrap();
    let here = [ben.id, klara.id];
    let pushed = channel_wake(&world.services, &mut *view, channel, &wake, &here).await;
    let pushed = pushed.unwrap();
    drop(view);
    for (viewer, expected) in [(&ben, "Pills that cure everything"), (&klara, "Not here.")] {
        let own = pushed.for_some.get(&viewer.id).unwrap_or(&pushed.for_all);
        let Ok(Updates::Updates(container)) = Updates::from_bytes(own) else {
            panic!("a container reads");
        };
        assert_eq!(said(&container.updates[0]), expected);
        let ask = f::updates::GetChannelDifference {
            channel: world.input_channel(viewer, channel),
            pts: pts as i32,
            limit: 10,
            ..Default::default()
        };
        let answer = world.call(viewer, ask).await.unwrap();
        let ChannelDifference::ChannelDifference(difference) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(said(&difference.other_updates[0]), expected);
    }
}

/// What the table of methods is to a frozen account, so that a new method is thought about.
#[test]
fn what_changes_something_for_others_is_refused_to_the_frozen() {
    use super::frozen_may;
    use crate::Rate;
    assert!(!frozen_may("messages.forwardMessages", Rate::Send));
    assert!(!frozen_may("channels.editTitle", Rate::Write));
    assert!(!frozen_may("contacts.addContact", Rate::Write));
    assert!(frozen_may("messages.getHistory", Rate::Read));
    assert!(frozen_may("account.updateStatus", Rate::Write));
    assert!(frozen_may("auth.logOut", Rate::Write));
}
