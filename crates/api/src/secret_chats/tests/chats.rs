use super::*;
use crate::messages::testing::two;
use heliograph_domain::contacts::SetBlocked;
use heliograph_domain::secret_chats::{self, State};
use heliograph_model::{GROUP_VERSION, PRIME};
use heliograph_tl::enums::messages::DhConfig;

#[tokio::test]
async fn the_group_is_the_one_that_clients_know_and_is_told_once() {
    let (world, ada, _) = two().await;
    let ask = |version, random_length| f::messages::GetDhConfig {
        version,
        random_length,
    };
    let Ok(DhConfig::DhConfig(group)) = world.call(&ada, ask(0, 256)).await else {
        panic!("the group");
    };
    assert_eq!((group.g, group.version), (3, GROUP_VERSION));
    assert_eq!((group.p.as_slice(), group.random.len()), (&PRIME[..], 256));
    let Ok(DhConfig::NotModified(known)) = world.call(&ada, ask(group.version, 256)).await else {
        panic!("it has not changed");
    };
    assert_eq!(known.random.len(), 256);
    assert_ne!(known.random, group.random);
    for length in [-1, 1025, i32::MAX] {
        let answer = world.call(&ada, ask(0, length)).await;
        assert_eq!(answer, Err(text::RANDOM_LENGTH_INVALID.into()), "{length}");
    }
}

#[tokio::test]
async fn a_request_is_shown_to_all_devices_and_the_one_that_accepts_has_the_chat() {
    let (world, ada, ben) = two().await;
    let bens_other = world.another_device(ben.id).await;
    let adas_other = world.another_device(ada.id).await;
    let date = world.clock_s();
    world.pass(60);

    let asked = world.call(&ada, request(&world, &ada, &ben, 77)).await;
    let Ok(EncryptedChat::Waiting(waiting)) = asked else {
        panic!("{asked:?}");
    };
    assert_eq!(
        (waiting.id, waiting.admin_id, waiting.participant_id),
        (77, ada.id.0, ben.id.0)
    );
    for device in [&ben, &bens_other] {
        let told = catch_up(&world, device, 1, date).await;
        let EncryptedChat::Requested(shown) = one_chat(&told.updates) else {
            panic!("a request");
        };
        assert_eq!((shown.id, shown.g_a), (77, element(7)));
        assert_eq!(
            named(&world, device, 77),
            types::InputEncryptedChat {
                chat_id: 77,
                access_hash: shown.access_hash
            }
            .into()
        );
        assert!(told.users.iter().any(
            |user| matches!(user, heliograph_tl::enums::User::User(user) if user.id == ada.id.0)
        ));
    }
    let pushes = pushed(&world, &bens_other).await;
    assert!(matches!(
        chats(&pushes).as_slice(),
        [EncryptedChat::Requested(_)]
    ));

    let accepted = world.call(&ben, accept(&world, &ben, 77)).await;
    let Ok(EncryptedChat::EncryptedChat(of_ben)) = accepted else {
        panic!("{accepted:?}");
    };
    assert_eq!(
        (of_ben.g_a_or_b, of_ben.key_fingerprint),
        (element(7), 4711)
    );
    let told = catch_up(&world, &ada, 1, date).await;
    let EncryptedChat::EncryptedChat(of_ada) = one_chat(&told.updates) else {
        panic!("an open chat");
    };
    assert_eq!(
        (of_ada.g_a_or_b, of_ada.key_fingerprint),
        (element(9), 4711)
    );
    let told = catch_up(&world, &bens_other, 1, date).await;
    assert!(
        matches!(chats(&told.updates).as_slice(), [EncryptedChat::Discarded(over)] if !over.history_deleted)
    );
    assert!(
        chats(&catch_up(&world, &ben, 1, date).await.updates).is_empty(),
        "he knows"
    );
    assert!(chats(&catch_up(&world, &adas_other, 1, date).await.updates).is_empty());

    // What was needed to agree on the key is not kept once it has served.
    let chat = |world: &World| {
        let store = world.services.store.clone();
        async move {
            let mut view = store.view().await.expect("a view");
            secret_chats::find(&mut *view, SecretChatId(77))
                .await
                .expect("it reads")
                .expect("it is there")
        }
    };
    assert!(matches!(
        chat(&world).await.state,
        State::Open { g_b: Some(_), .. }
    ));
    send(&world, &ada, 77, &bytes(1)).await;
    assert!(matches!(
        chat(&world).await.state,
        State::Open { g_b: None, .. }
    ));
}

#[tokio::test]
async fn the_same_request_or_answer_again_changes_nothing() {
    let (world, ada, ben) = two().await;
    let first = world
        .call(&ada, request(&world, &ada, &ben, 77))
        .await
        .expect("asked");
    world.pass(10);
    let again = world
        .call(&ada, request(&world, &ada, &ben, 77))
        .await
        .expect("the same");
    assert_eq!(first, again);
    let other = f::messages::RequestEncryption {
        g_a: element(8),
        ..request(&world, &ada, &ben, 77)
    };
    assert_eq!(
        world.call(&ada, other).await,
        Err(text::RANDOM_ID_DUPLICATE.into())
    );
    assert_eq!(
        world.call(&ben, request(&world, &ben, &ada, 77)).await,
        Err(text::RANDOM_ID_DUPLICATE.into())
    );

    world
        .call(&ben, accept(&world, &ben, 77))
        .await
        .expect("accepted");
    let Ok(EncryptedChat::EncryptedChat(again)) = world.call(&ben, accept(&world, &ben, 77)).await
    else {
        panic!("the same answer");
    };
    assert_eq!(again.key_fingerprint, 4711);
    let another = f::messages::AcceptEncryption {
        key_fingerprint: 4712,
        ..accept(&world, &ben, 77)
    };
    let taken = Err(text::ENCRYPTION_ALREADY_ACCEPTED.into());
    assert_eq!(world.call(&ben, another).await, taken);
    let bens_other = world.another_device(ben.id).await;
    assert_eq!(
        world
            .call(&bens_other, accept(&world, &bens_other, 77))
            .await,
        taken
    );
    assert_eq!(
        world.call(&bens_other, discard(77)).await,
        Err(text::ENCRYPTION_ALREADY_ACCEPTED.into())
    );
}

#[tokio::test]
async fn public_values_that_no_honest_device_sends_are_refused_on_both_sides() {
    let (world, ada, ben) = two().await;
    world
        .call(&ada, request(&world, &ada, &ben, 77))
        .await
        .expect("asked");
    let mut prime_less_one = PRIME.to_vec();
    prime_less_one[255] -= 1;
    let mut near_zero = vec![0; 256];
    near_zero[8] = 0xff;
    let mut near_prime = PRIME.to_vec();
    near_prime[8] ^= 0x80;
    let wrong = [
        vec![],
        vec![0; 256],
        vec![1],
        near_zero,
        near_prime,
        prime_less_one,
        PRIME.to_vec(),
        vec![0xff; 256],
        vec![7; 257],
        vec![0; 1 << 16],
    ];
    for value in wrong {
        let refusal = Err(text::DH_G_A_INVALID.into());
        let ask = f::messages::RequestEncryption {
            g_a: value.clone(),
            ..request(&world, &ada, &ben, 78)
        };
        assert_eq!(
            world.call(&ada, ask).await,
            refusal,
            "{} bytes",
            value.len()
        );
        let answer = f::messages::AcceptEncryption {
            g_b: value,
            ..accept(&world, &ben, 77)
        };
        assert_eq!(world.call(&ben, answer).await, refusal);
    }
    assert!(GroupElement::parse(&element(9)).is_ok());
    world
        .call(&ben, accept(&world, &ben, 77))
        .await
        .expect("it is still asked for");
}

#[tokio::test]
async fn whoever_cannot_be_asked_is_not() {
    let (world, ada, ben) = two().await;
    let ask = |user_id| f::messages::RequestEncryption {
        user_id,
        random_id: 5,
        g_a: element(7),
    };
    let unknown = Err(text::USER_ID_INVALID.into());
    let service = types::InputUser {
        user_id: 777_000,
        access_hash: world
            .services
            .access
            .hash(ada.id, heliograph_model::UserId(777_000)),
    };
    assert_eq!(world.call(&ada, ask(service.into())).await, unknown);
    assert_eq!(
        world
            .call(&ada, ask(heliograph_tl::enums::InputUser::Self_))
            .await,
        unknown
    );
    assert_eq!(
        world
            .call(&ada, ask(heliograph_tl::enums::InputUser::Empty))
            .await,
        unknown
    );
    let forged = types::InputUser {
        user_id: ben.id.0,
        access_hash: 1,
    };
    assert_eq!(world.call(&ada, ask(forged.into())).await, unknown);
    let zero = f::messages::RequestEncryption {
        random_id: 0,
        ..request(&world, &ada, &ben, 1)
    };
    assert_eq!(
        world.call(&ada, zero).await,
        Err(text::RANDOM_ID_EMPTY.into())
    );
    let block = |owner, person, blocked| SetBlocked {
        owner,
        person,
        blocked,
    };
    let store = &world.services.store;
    store
        .write(block(ben.id, ada.id, true))
        .await
        .expect("a block");
    let answer = world.call(&ada, request(&world, &ada, &ben, 5)).await;
    assert_eq!(refused(answer), (403, "USER_IS_BLOCKED".into()));
    store
        .write(block(ben.id, ada.id, false))
        .await
        .expect("no block");
    store
        .write(block(ada.id, ben.id, true))
        .await
        .expect("a block");
    let answer = world.call(&ada, request(&world, &ada, &ben, 5)).await;
    assert_eq!(answer, Err(text::YOU_BLOCKED_USER.into()));
    assert!(
        catch_up(&world, &ben, 1, 1)
            .await
            .updates
            .iter()
            .all(|update| !matches!(update, Update::Encryption(_)))
    );
}

#[tokio::test]
async fn chats_that_are_unknown_or_another_devices_are_refused_everywhere() {
    let (world, ada, ben) = two().await;
    let eve = world.person("Eve", "4915112345603").await;
    let adas_other = world.another_device(ada.id).await;
    let bens_other = world.another_device(ben.id).await;
    open(&world, &ada, &ben, 77).await;
    let unknown = (400, "CHAT_ID_INVALID".to_owned());
    // By the wrong hash, by a stranger, from another device of either side, and a chat that is not there.
    for (by, peer) in [
        (
            &ada,
            types::InputEncryptedChat {
                chat_id: 77,
                access_hash: 1,
            }
            .into(),
        ),
        (&ben, named(&world, &ada, 77)),
        (&eve, named(&world, &eve, 77)),
        (&adas_other, named(&world, &ada, 77)),
        (&bens_other, named(&world, &ben, 77)),
        (&ada, named(&world, &ada, 78)),
        (&ada, named(&world, &ada, -77)),
    ] {
        let send = f::messages::SendEncrypted {
            peer: peer.clone(),
            ..message(&world, by, 77, &bytes(1))
        };
        assert_eq!(refused(world.call(by, send).await), unknown);
        let service = f::messages::SendEncryptedService {
            peer: peer.clone(),
            random_id: random_id(),
            data: bytes(1),
        };
        assert_eq!(refused(world.call(by, service).await), unknown);
        let file = f::messages::SendEncryptedFile {
            peer: peer.clone(),
            random_id: random_id(),
            data: bytes(1),
            ..Default::default()
        };
        assert_eq!(refused(world.call(by, file).await), unknown);
        let read = f::messages::ReadEncryptedHistory {
            peer: peer.clone(),
            max_date: world.clock_s(),
        };
        assert_eq!(refused(world.call(by, read).await), unknown);
        let typing = f::messages::SetEncryptedTyping {
            peer: peer.clone(),
            typing: true,
        };
        assert_eq!(refused(world.call(by, typing).await), unknown);
    }
    for by in [&eve, &adas_other] {
        assert_eq!(
            world.call(by, discard(77)).await,
            Err(text::ENCRYPTION_ID_INVALID.into())
        );
        let take = world.call(by, accept(&world, by, 77)).await;
        assert_eq!(refused(take), unknown);
        let spam = f::messages::ReportEncryptedSpam {
            peer: named(&world, &eve, 77),
        };
        assert_eq!(refused(world.call(by, spam).await), unknown);
    }
    assert_eq!(
        world.call(&ada, discard(78)).await,
        Err(text::ENCRYPTION_ID_INVALID.into())
    );
    assert!(catch_up(&world, &ben, 1, 1).await.messages.is_empty());
}

#[tokio::test]
async fn a_report_is_about_the_person_and_holds_nothing_that_was_said() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    send(&world, &ada, 77, &bytes(1)).await;
    let report = f::messages::ReportEncryptedSpam {
        peer: named(&world, &ben, 77),
    };
    assert_eq!(world.call(&ben, report).await, Ok(true));
    let mut view = world.services.store.view().await.expect("a view");
    let cases = heliograph_moderation::cases::queue(&mut *view, 10)
        .await
        .expect("a queue");
    assert_eq!(cases.len(), 1);
    assert_eq!(
        cases[0].subject,
        heliograph_moderation::Subject::User(ada.id)
    );
    assert!(cases[0].excerpts.is_empty());
}

#[tokio::test]
async fn group_calls_with_keys_of_their_own_are_refused() {
    let (world, ada, _) = two().await;
    let answer = |name| world.router.find_benign(&ada.cx, name);
    for name in [
        "phone.joinGroupCall",
        "phone.getGroupCallChainBlocks",
        "phone.sendConferenceCallBroadcast",
    ] {
        assert_eq!(
            answer(name),
            Some(Err(text::GROUPCALL_INVALID.into())),
            "{name}"
        );
    }
    let made = answer("phone.createConferenceCall");
    assert_eq!(made, Some(Err(text::CREATE_CALL_FAILED.into())));
}

#[tokio::test]
async fn nobody_fills_anothers_devices_by_asking_again_and_again() {
    let (world, ada, ben) = two().await;
    let cleo = world.person("Cleo", "4915112345604").await;
    // What was asked for and ended leaves no room taken.
    for id in 1..1_100 {
        if id % 30 == 0 {
            world.pass(60);
        }
        open(&world, &ada, &ben, id).await;
        world.call(&ada, discard(id)).await.expect("over");
    }
    // Of chats that are open there are few between the same two.
    world.pass(60);
    for id in 2_001..=2_020 {
        open(&world, &ada, &ben, id).await;
    }
    let more = world.call(&ada, request(&world, &ada, &ben, 2_021)).await;
    assert_eq!(refused(more), (420, "FLOOD_WAIT_600".into()));
    open(&world, &ada, &cleo, 2_022).await;
    open(&world, &cleo, &ben, 2_023).await;
}
