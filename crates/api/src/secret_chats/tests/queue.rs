use super::*;
use crate::messages::testing::two;
use heliograph_domain::contacts::SetBlocked;
use heliograph_domain::secret_chats::{KEPT_S, QUEUE_BYTES_MAX, QUEUE_MAX};
use heliograph_store::{KeyRange, Table};

/// How many rows wait for a device.
async fn waiting(world: &World, device: &Person) -> usize {
    let mut view = world.services.store.view().await.expect("a view");
    let owner = key_of(device).into();
    view.count(Table::SecretQueue, owner, KeyRange::all())
        .await
        .expect("a number")
}

fn received(max_qts: i32) -> f::messages::ReceivedQueue {
    f::messages::ReceivedQueue { max_qts }
}

#[tokio::test]
async fn messages_are_numbered_pushed_and_kept_until_they_are_confirmed() {
    let (world, ada, ben) = two().await;
    let bens_other = world.another_device(ben.id).await;
    open(&world, &ada, &ben, 77).await;
    pushed(&world, &ben).await;
    let date = send(&world, &ada, 77, &bytes(1)).await;
    assert_eq!(date, world.clock_s());
    let service = f::messages::SendEncryptedService {
        peer: named(&world, &ada, 77),
        random_id: 12,
        data: bytes(2),
    };
    world.call(&ada, service).await.expect("it is sent");
    let pushes = pushed(&world, &ben).await;
    let [
        Update::NewEncryptedMessage(first),
        Update::NewEncryptedMessage(second),
    ] = pushes.as_slice()
    else {
        panic!("{} pushes", pushes.len());
    };
    // Clients take 1 for a mistake.
    assert_eq!((first.qts, second.qts), (2, 3));
    assert_eq!(
        (data(&first.message), data(&second.message)),
        (&bytes(1)[..], &bytes(2)[..])
    );
    assert!(matches!(second.message, EncryptedMessage::Service(_)));

    assert!(
        catch_up(&world, &bens_other, 1, world.clock_s())
            .await
            .messages
            .is_empty()
    );
    let told = catch_up(&world, &ben, 1, world.clock_s()).await;
    assert_eq!((told.messages.len(), told.qts, told.more), (2, 3, false));
    assert_eq!(
        told.messages,
        [first.message.clone(), second.message.clone()]
    );
    assert_eq!(
        catch_up(&world, &ben, 2, world.clock_s())
            .await
            .messages
            .len(),
        1
    );
    let state = world
        .call(&ben, f::updates::GetState)
        .await
        .expect("a state");
    let heliograph_tl::enums::updates::State::State(state) = state;
    assert_eq!(state.qts, 3);

    assert_eq!(
        world.call(&ben, received(2)).await.map(|ids| ids.len()),
        Ok(1)
    );
    assert_eq!(
        catch_up(&world, &ben, 1, world.clock_s())
            .await
            .messages
            .len(),
        1
    );
    assert_eq!(world.call(&ben, received(3)).await, Ok(vec![12]));
    assert_eq!(world.call(&ben, received(3)).await, Ok(vec![]));
    for wrong in [4, i32::MAX, -1] {
        assert_eq!(
            world.call(&ben, received(wrong)).await,
            Err(text::MAX_QTS_INVALID.into())
        );
    }
    assert_eq!(waiting(&world, &ben).await, 0);
    // The numbers go on from there.
    send(&world, &ada, 77, &bytes(3)).await;
    assert_eq!(catch_up(&world, &ben, 3, world.clock_s()).await.qts, 4);
}

#[tokio::test]
async fn the_way_in_which_tdlib_confirms_erases_too() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    for byte in 1..=3 {
        send(&world, &ada, 77, &bytes(byte)).await;
    }
    let asked_anew = catch_up(&world, &ben, 2, world.clock_s()).await;
    assert_eq!(
        (asked_anew.messages.len(), waiting(&world, &ben).await),
        (2, 3)
    );
    let confirm = |qts| f::updates::GetDifference {
        pts: 1,
        pts_limit: Some(1),
        date: i32::MAX,
        qts,
        qts_limit: Some(1),
        ..Default::default()
    };
    world.call(&ben, confirm(3)).await.expect("it is noted");
    assert_eq!(waiting(&world, &ben).await, 1);
    world
        .call(&ben, confirm(99))
        .await
        .expect("it says nothing");
    assert_eq!(waiting(&world, &ben).await, 1);
}

#[tokio::test]
async fn a_repetition_sends_nothing_until_the_message_is_confirmed() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    let call = message(&world, &ada, 77, &bytes(1));
    let first = world.call(&ada, call.clone()).await;
    world.pass(5);
    assert_eq!(world.call(&ada, call.clone()).await, first);
    assert_eq!(waiting(&world, &ben).await, 1);
    for _ in 0..499 {
        send(&world, &ada, 77, &bytes(2)).await;
    }
    world.call(&ada, call.clone()).await.expect("it is known");
    assert_eq!(waiting(&world, &ben).await, 500);
    // What Ben's client has confirmed and lost it asks for, and Ada's sends it under the same number.
    world.call(&ben, received(501)).await.expect("confirmed");
    for _ in 0..2 {
        world.call(&ada, call.clone()).await.expect("it is sent");
        assert_eq!(waiting(&world, &ben).await, 1);
    }
    // The other side's numbers are its own.
    let back = f::messages::SendEncrypted {
        peer: named(&world, &ben, 77),
        ..call
    };
    world.call(&ben, back).await.expect("it is sent");
    assert_eq!(waiting(&world, &ada).await, 1);
    // What is remembered does not grow with what was sent.
    for number in 0..2_000 {
        if number % 500 == 0 {
            world.pass(60);
        }
        send(&world, &ada, 77, &bytes(3)).await;
    }
    let mut view = world.services.store.view().await.expect("a view");
    let owner = SecretChatId(77).into();
    let remembered = view
        .count(Table::SecretSent, owner, KeyRange::all())
        .await
        .expect("a number");
    assert!((500..=1_001).contains(&remembered), "{remembered}");
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    for (size, refusal) in [
        (0, "DATA_INVALID"),
        (39, "DATA_INVALID"),
        ((256 << 10) + 1, "DATA_TOO_LONG"),
        (512 << 10, "DATA_TOO_LONG"),
    ] {
        let call = message(&world, &ada, 77, &vec![1; size]);
        assert_eq!(
            refused(world.call(&ada, call).await),
            (400, refusal.to_owned()),
            "{size}"
        );
    }
    let none = f::messages::SendEncrypted {
        random_id: 0,
        ..message(&world, &ada, 77, &bytes(1))
    };
    assert_eq!(
        world.call(&ada, none).await,
        Err(text::RANDOM_ID_EMPTY.into())
    );
    send(&world, &ada, 77, &vec![1; 256 << 10]).await;
    let block = SetBlocked {
        owner: ben.id,
        person: ada.id,
        blocked: true,
    };
    world.services.store.write(block).await.expect("a block");
    let call = message(&world, &ada, 77, &bytes(1));
    assert_eq!(
        refused(world.call(&ada, call).await),
        (403, "USER_IS_BLOCKED".to_owned())
    );
    // Before anybody has accepted there is nobody to send to.
    let cleo = world.person("Cleo", "4915112345604").await;
    let asked = world.call(&cleo, request(&world, &cleo, &ben, 78)).await;
    asked.expect("it waits");
    let early = message(&world, &cleo, 78, &bytes(1));
    assert_eq!(
        world.call(&cleo, early).await,
        Err(text::CHAT_ID_INVALID.into())
    );
    assert_eq!(waiting(&world, &ben).await, 1);
}

#[tokio::test]
async fn ten_thousand_messages_wait_for_a_device_and_the_next_one_is_put_off() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    for number in 0..QUEUE_MAX {
        if number % 500 == 0 {
            world.pass(60);
        }
        send(&world, &ada, 77, &bytes(number as u8)).await;
    }
    let more = message(&world, &ada, 77, &bytes(9));
    assert_eq!(
        refused(world.call(&ada, more.clone()).await),
        (420, "FLOOD_WAIT_600".to_owned())
    );
    // A device that comes back fetches them in parts.
    let (mut qts, mut fetched, mut parts) = (1, 0, 0);
    loop {
        let told = catch_up(&world, &ben, qts, world.clock_s()).await;
        for (place, message) in told.messages.iter().enumerate() {
            assert_eq!(data(message)[0], (fetched + place) as u8);
        }
        fetched += told.messages.len();
        parts += 1;
        qts = told.qts;
        if !told.more {
            break;
        }
    }
    assert_eq!((fetched, qts), (QUEUE_MAX as usize, QUEUE_MAX as i32 + 1));
    assert_eq!(parts, 20);
    let confirmed = world.call(&ben, received(qts)).await.expect("confirmed");
    assert_eq!(
        (confirmed.len(), waiting(&world, &ben).await),
        (QUEUE_MAX as usize, 0)
    );
    world.call(&ada, more).await.expect("there is room again");
}

#[tokio::test]
async fn large_messages_come_in_parts_of_a_megabyte_or_two_and_fill_a_queue_by_their_bytes() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    let large = vec![5; 256 << 10];
    let fit = QUEUE_BYTES_MAX as usize / large.len();
    for _ in 0..fit {
        send(&world, &ada, 77, &large).await;
    }
    let more = message(&world, &ada, 77, &large);
    assert_eq!(refused(world.call(&ada, more).await).0, 420);
    let (mut qts, mut fetched) = (1, 0);
    loop {
        let told = catch_up(&world, &ben, qts, world.clock_s()).await;
        assert!(told.messages.len() <= 12, "{}", told.messages.len());
        fetched += told.messages.len();
        qts = told.qts;
        if !told.more {
            break;
        }
    }
    assert_eq!(fetched, fit);
}

#[tokio::test]
async fn what_a_device_never_confirms_goes_after_its_term_and_the_rest_stays() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    for _ in 0..100 {
        send(&world, &ada, 77, &bytes(1)).await;
    }
    world.pass(86_400);
    send(&world, &ada, 77, &bytes(2)).await;
    work(&world).await;
    assert_eq!(waiting(&world, &ben).await, 101);
    world.pass(KEPT_S - 86_400);
    work(&world).await;
    let told = catch_up(&world, &ben, 1, world.clock_s()).await;
    assert_eq!((told.messages.len(), told.qts), (1, 102));
    world.pass(86_400);
    work(&world).await;
    assert_eq!(waiting(&world, &ben).await, 0);
    // The chat itself goes on, and so does the watch over what waits.
    send(&world, &ada, 77, &bytes(3)).await;
    assert_eq!(catch_up(&world, &ben, 102, world.clock_s()).await.qts, 103);
    world.pass(KEPT_S);
    work(&world).await;
    assert_eq!(waiting(&world, &ben).await, 0);
}

#[tokio::test]
async fn read_marks_and_typing_reach_the_other_device_alone() {
    let (world, ada, ben) = two().await;
    let adas_other = world.another_device(ada.id).await;
    open(&world, &ada, &ben, 77).await;
    let date = send(&world, &ada, 77, &bytes(1)).await;
    world.pass(60);
    pushed(&world, &ada).await;
    let read = |max_date| f::messages::ReadEncryptedHistory {
        peer: named(&world, &ben, 77),
        max_date,
    };
    assert_eq!(world.call(&ben, read(date)).await, Ok(true));
    assert_eq!(world.call(&ben, read(date - 5)).await, Ok(true));
    let pushes = pushed(&world, &ada).await;
    assert!(
        matches!(pushes.as_slice(), [Update::EncryptedMessagesRead(read)] if (read.chat_id, read.max_date, read.date) == (77, date, world.clock_s()))
    );
    let reads = |told: &Told| {
        told.updates
            .iter()
            .filter(|update| matches!(update, Update::EncryptedMessagesRead(_)))
            .count()
    };
    assert_eq!(reads(&catch_up(&world, &ada, 1, date).await), 1);
    assert_eq!(reads(&catch_up(&world, &adas_other, 1, date).await), 0);
    for wrong in [0, -1, i32::MAX] {
        assert_eq!(
            world.call(&ben, read(wrong)).await,
            Err(text::MAX_DATE_INVALID.into())
        );
    }
    let typing = |typing| f::messages::SetEncryptedTyping {
        peer: named(&world, &ben, 77),
        typing,
    };
    world.seen.signals.lock().expect("nobody panicked").clear();
    assert_eq!(world.call(&ben, typing(false)).await, Ok(true));
    assert_eq!(world.call(&ben, typing(true)).await, Ok(true));
    let signals = world.seen.signals.lock().expect("nobody panicked");
    let [Signal::SecretTyping { to, device, chat }] = signals.as_slice() else {
        panic!("{signals:?}");
    };
    assert_eq!(
        (*to, *device, *chat),
        (ada.id, key_of(&ada), SecretChatId(77))
    );
}

#[tokio::test]
async fn a_device_that_was_away_learns_that_the_chat_is_open_before_its_messages_come_in_parts() {
    let (world, ada, ben) = two().await;
    let date = world.clock_s();
    open(&world, &ada, &ben, 77).await;
    for _ in 0..600 {
        send(&world, &ben, 77, &bytes(1)).await;
    }
    let first = catch_up(&world, &ada, 1, date).await;
    assert!(first.more && first.messages.len() == 500);
    let EncryptedChat::EncryptedChat(open) = one_chat(&first.updates) else {
        panic!("an open chat");
    };
    assert_eq!(open.g_a_or_b, element(9));
    assert!(!first.users.is_empty());
    let second = catch_up(&world, &ada, first.qts, date).await;
    assert_eq!((second.more, second.messages.len()), (false, 100));
    assert_eq!(one_chat(&second.updates), one_chat(&first.updates));
}
