use super::*;
use crate::messages::testing::two;
use heliograph_domain::authorizations::SignOut;
use heliograph_domain::deletion::DeleteAccount;
use heliograph_domain::keys::DestroyKey;
use heliograph_domain::secret_chats::KEPT_S;
use heliograph_store::{KeyRange, Row, Scan, Table};

/// How many rows the tables of secret chats have for these owners.
async fn rows(world: &World, owners: &[heliograph_model::Owner]) -> Vec<(&'static str, usize)> {
    let mut view = world.services.store.view().await.expect("a view");
    let mut found = Vec::new();
    for table in [
        Table::SecretChat,
        Table::SecretPlace,
        Table::SecretQueue,
        Table::SecretHead,
        Table::SecretSent,
        Table::SecretFile,
    ] {
        for owner in owners {
            let count = view
                .count(table, *owner, KeyRange::all())
                .await
                .expect("a number");
            if count > 0 {
                found.push((table.name(), count));
            }
        }
    }
    found
}

fn owners(people: &[&Person], chat: i32) -> Vec<heliograph_model::Owner> {
    let mut owners = vec![SecretChatId(chat).into()];
    for person in people {
        owners.push(person.id.into());
        owners.push(key_of(person).into());
    }
    owners
}

fn over(updates: &[Update]) -> Option<bool> {
    match chats(updates).as_slice() {
        [] => None,
        [EncryptedChat::Discarded(over)] => Some(over.history_deleted),
        other => panic!("{} chats", other.len()),
    }
}

#[tokio::test]
async fn a_chat_that_is_discarded_is_over_for_both_and_leaves_no_name() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    send(&world, &ada, 77, &bytes(1)).await;
    world
        .call(&ben, f::messages::ReceivedQueue { max_qts: 2 })
        .await
        .expect("confirmed");
    pushed(&world, &ben).await;
    world.pass(60);
    let end = f::messages::DiscardEncryption {
        delete_history: true,
        ..discard(77)
    };
    assert_eq!(world.call(&ada, end).await, Ok(true));
    assert_eq!(over(&pushed(&world, &ben).await), Some(true));
    assert_eq!(
        over(&catch_up(&world, &ben, 2, world.clock_s()).await.updates),
        Some(true)
    );
    assert_eq!(
        over(&catch_up(&world, &ada, 1, world.clock_s()).await.updates),
        None
    );
    let call = message(&world, &ben, 77, &bytes(1));
    assert_eq!(
        world.call(&ben, call).await,
        Err(text::ENCRYPTION_DECLINED.into())
    );
    let call = message(&world, &ada, 77, &bytes(1));
    assert_eq!(
        world.call(&ada, call).await,
        Err(text::CHAT_ID_INVALID.into())
    );
    work(&world).await;
    // Ben's device is yet to be told; the heads count.
    let left = rows(&world, &owners(&[&ada, &ben], 77)).await;
    assert_eq!(left, [("secret_place", 1), ("secret_head", 1)]);
    world.pass(KEPT_S);
    work(&world).await;
    let left = rows(&world, &owners(&[&ada, &ben], 77)).await;
    assert_eq!(left, [("secret_head", 1)]);
}

#[tokio::test]
async fn of_two_who_discard_at_once_the_second_is_told_that_it_was_done() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    let (first, second) =
        tokio::join!(world.call(&ada, discard(77)), world.call(&ben, discard(77)));
    let mut answers = [first, second];
    answers.sort_by_key(Result::is_err);
    assert_eq!(
        answers,
        [Ok(true), Err(text::ENCRYPTION_ALREADY_DECLINED.into())]
    );
    let later = world.call(&ben, accept(&world, &ben, 77)).await;
    assert_eq!(later, Err(text::ENCRYPTION_ALREADY_DECLINED.into()));
}

#[tokio::test]
async fn a_request_that_is_declined_or_taken_back_is_over_on_every_device() {
    let (world, ada, ben) = two().await;
    let bens_other = world.another_device(ben.id).await;
    world
        .call(&ada, request(&world, &ada, &ben, 77))
        .await
        .expect("asked");
    world
        .call(&bens_other, discard(77))
        .await
        .expect("declined");
    assert_eq!(over(&pushed(&world, &ada).await), Some(false));
    for device in [&ada, &ben] {
        assert_eq!(
            over(&catch_up(&world, device, 1, world.clock_s()).await.updates),
            Some(false)
        );
    }
    assert_eq!(
        world.call(&ben, accept(&world, &ben, 77)).await,
        Err(text::ENCRYPTION_ALREADY_DECLINED.into())
    );

    world
        .call(&ada, request(&world, &ada, &ben, 78))
        .await
        .expect("asked");
    world.pass(60);
    world.call(&ada, discard(78)).await.expect("taken back");
    assert_eq!(
        over(
            &catch_up(&world, &bens_other, 1, world.clock_s())
                .await
                .updates
        ),
        Some(false)
    );
    assert_eq!(
        world.call(&ben, discard(78)).await,
        Err(text::ENCRYPTION_ALREADY_DECLINED.into())
    );

    // Nobody answers this one.
    world
        .call(&ada, request(&world, &ada, &ben, 79))
        .await
        .expect("asked");
    world.pass(KEPT_S);
    work(&world).await;
    assert_eq!(
        over(&catch_up(&world, &ada, 1, world.clock_s()).await.updates),
        Some(false)
    );
    assert_eq!(
        world.call(&ben, accept(&world, &ben, 79)).await,
        Err(text::ENCRYPTION_ALREADY_DECLINED.into())
    );
    world.pass(KEPT_S);
    work(&world).await;
    for id in 77..80 {
        assert_eq!(
            rows(&world, &owners(&[&ada, &ben, &bens_other], id)).await,
            []
        );
    }
}

#[tokio::test]
async fn a_device_that_is_signed_out_loses_its_chats_and_what_waits_for_it() {
    for way in 0..4 {
        let (world, ada, ben) = two().await;
        open(&world, &ada, &ben, 77).await;
        open(&world, &ben, &ada, 78).await;
        for _ in 0..300 {
            send(&world, &ada, 77, &bytes(1)).await;
        }
        world.pass(60);
        let store = &world.services.store;
        match way {
            0 => {
                world.call(&ben, f::auth::LogOut {}).await.expect("out");
            }
            1 => {
                let out = SignOut {
                    user: ben.id,
                    keys: vec![key_of(&ben)],
                    destroy: true,
                };
                store.write(out).await.expect("out");
            }
            2 => assert!(store.write(DestroyKey(key_of(&ben))).await.expect("gone")),
            _ => {
                store
                    .write(DeleteAccount {
                        user: ben.id,
                        password: None,
                    })
                    .await
                    .expect("deleted");
            }
        }
        work(&world).await;
        let told = catch_up(&world, &ada, 1, world.clock_s()).await;
        let ended = chats(&told.updates);
        assert_eq!(ended.len(), 2, "way {way}");
        assert!(
            ended
                .iter()
                .all(|chat| matches!(chat, EncryptedChat::Discarded(_)))
        );
        let call = message(&world, &ada, 77, &bytes(1));
        assert_eq!(
            world.call(&ada, call).await,
            Err(text::ENCRYPTION_DECLINED.into())
        );
        let left = rows(
            &world,
            &[
                key_of(&ben).into(),
                ben.id.into(),
                SecretChatId(77).into(),
                SecretChatId(78).into(),
            ],
        )
        .await;
        assert_eq!(left, [], "way {way}");
    }
}

#[tokio::test]
async fn a_sender_who_goes_in_the_middle_of_the_exchange_leaves_nothing_behind() {
    let (world, ada, ben) = two().await;
    world
        .call(&ada, request(&world, &ada, &ben, 77))
        .await
        .expect("asked");
    world
        .services
        .store
        .write(DestroyKey(key_of(&ada)))
        .await
        .expect("gone");
    work(&world).await;
    assert_eq!(
        world.call(&ben, accept(&world, &ben, 77)).await,
        Err(text::ENCRYPTION_ALREADY_DECLINED.into())
    );
    assert_eq!(
        over(&catch_up(&world, &ben, 1, world.clock_s()).await.updates),
        Some(false)
    );

    // And whoever is asked may be gone as well.
    let eve = world.person("Eve", "4915112345603").await;
    world
        .call(&eve, request(&world, &eve, &ben, 78))
        .await
        .expect("asked");
    world
        .services
        .store
        .write(DeleteAccount {
            user: ben.id,
            password: None,
        })
        .await
        .expect("deleted");
    work(&world).await;
    assert_eq!(
        over(&catch_up(&world, &eve, 1, world.clock_s()).await.updates),
        Some(false)
    );
    let again = world.call(&eve, request(&world, &eve, &ben, 79)).await;
    assert_eq!(again, Err(text::INPUT_USER_DEACTIVATED.into()));
}

/// What is stored of a message names its chat and its bytes, and nobody: neither of the two accounts,
/// nor the device that sent it.
#[tokio::test]
async fn what_waits_names_nobody() {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77_000_000).await;
    send(&world, &ada, 77_000_000, &bytes(0xee)).await;
    let mut view = world.services.store.view().await.expect("a view");
    let scan = Scan {
        table: heliograph_domain::secret_chats::Queued::TABLE,
        owner: key_of(&ben).into(),
        range: KeyRange::all(),
        order: heliograph_store::Order::Ascending,
        limit: 10,
    };
    let (_, row) = view.scan(scan).await.expect("it reads").remove(0);
    // As CBOR writes a number of four bytes.
    let holds = |number: i64| {
        let stored = [&[0x1a], (number as u32).to_be_bytes().as_slice()].concat();
        row.windows(stored.len()).any(|window| window == stored)
    };
    // The numbers of devices are small in this world, so only those of accounts can be told apart.
    assert!(holds(77_000_000) && !holds(ada.id.0) && !holds(ben.id.0));
}
