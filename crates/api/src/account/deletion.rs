//! Deleting one's account.

use super::password::{asker, prove};
use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::bus::Signal;
use heliograph_domain::deletion::{DeleteAccount, DeletionError};
use heliograph_domain::passwords::AskDeletion;
use heliograph_tl::functions as f;

pub(super) fn register(router: &mut Router) {
    router.method(Access::Anyone, Rate::Write, delete_account);
}

/// `account.deleteAccount`: deletes the caller's account, for good and at once. The reason is not
/// looked at.
///
/// An account with a password is deleted at once when that is given. Without it, also by somebody who
/// has given a code and is asked for it, the account is deleted by a second call a week later, unless
/// one of its devices declines (`account.declinePasswordReset`) or the password is given meanwhile.
///
/// Every device is signed out. Others keep their messages, from a deleted account.
///
/// Fails with `2FA_CONFIRM_WAIT_n`, the seconds that are left, with `2FA_RECENT_CONFIRM` where a device
/// declined within a week, with `AUTH_KEY_UNREGISTERED`, and as `auth.checkPassword` does.
async fn delete_account(cx: Ctx, req: f::account::DeleteAccount) -> Result<bool> {
    let asker = asker(&cx)?;
    let user = asker.user;
    let password = match req.password {
        Some(check) => prove(&cx, asker, check).await?,
        None => None,
    };
    let ended = match cx.write(DeleteAccount { user, password }).await {
        Err(DeletionError::PasswordNeeded) => {
            let due = cx.write(AskDeletion { user }).await?.due;
            let wait_s = (due - cx.now().seconds()).max(1) as u32;
            return Err(RpcError::with_number(text::TWO_FA_CONFIRM_WAIT_X, wait_s));
        }
        other => other?,
    };
    cx.passwords.arrivals.turn_all_away(user);
    for key in ended {
        let destroyed = false;
        cx.publish(Signal::SignedOut { key, destroyed });
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};
    use heliograph_domain::jobs;
    use heliograph_model::Owner;
    use heliograph_store::{KeyRange, Table};
    use heliograph_tl::{enums, types};

    async fn delete(world: &World, person: &Person) -> Result<bool> {
        let call = f::account::DeleteAccount {
            reason: "none".into(),
            ..Default::default()
        };
        world.call(person, call).await
    }

    async fn run_jobs(world: &World) {
        let store = &world.services.store;
        while jobs::run_due(store, world.services.clock.now())
            .await
            .expect("the store works")
            > 0
        {}
    }

    async fn send(world: &World, from: &Person, to: &Person, text: &str) -> Result<enums::Updates> {
        let call = f::messages::SendMessage {
            peer: world.input_peer(from, to),
            message: text.into(),
            random_id: i64::from(text.as_bytes()[0]),
            ..Default::default()
        };
        world.call(from, call).await
    }

    async fn history(world: &World, of: &Person, with: &Person) -> Vec<(i64, String)> {
        let call = f::messages::GetHistory {
            peer: world.input_peer(of, with),
            limit: 100,
            ..Default::default()
        };
        let messages = match world.call(of, call).await.expect("read") {
            enums::messages::Messages::Messages(all) => all.messages,
            enums::messages::Messages::Slice(some) => some.messages,
            _ => panic!("no messages"),
        };
        let text = |message: enums::Message| match message {
            enums::Message::Message(message) => {
                let from = match message.from_id {
                    Some(enums::Peer::User(user)) => user.user_id,
                    _ if message.out => of.id.0,
                    _ => with.id.0,
                };
                (from, message.message)
            }
            _ => panic!("no text"),
        };
        messages.into_iter().map(text).collect()
    }

    async fn seen(world: &World, viewer: &Person, other: &Person) -> types::User {
        let call = f::users::GetUsers {
            id: vec![world.input_user(viewer, other)],
        };
        let users = world.call(viewer, call).await.expect("answered");
        match users.into_iter().next() {
            Some(enums::User::User(user)) => user,
            _ => panic!("nobody"),
        }
    }

    #[tokio::test]
    async fn a_deleted_account_keeps_its_id_and_loses_its_names() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let username = f::account::UpdateUsername {
            username: "countess".into(),
        };
        world.call(&ada, username.clone()).await.expect("free");
        assert_eq!(delete(&world, &ada).await, Ok(true));
        let user = seen(&world, &ben, &ada).await;
        assert!(user.deleted);
        assert_eq!((user.id, user.first_name), (ada.id.0, None));
        assert_eq!((user.username, user.status), (None, None));

        assert!(world.call(&ben, username).await.is_ok(), "the name is free");
        let next = world.person("Next", "4930123456").await;
        assert_ne!(next.id, ada.id, "the number is free");
        let twice = delete(&world, &ada).await;
        assert_eq!(twice, Err(text::USER_DEACTIVATED.into()));
    }

    #[tokio::test]
    async fn every_device_is_signed_out() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let laptop = world.another_device(ada.id).await;
        assert_eq!(delete(&world, &ada).await, Ok(true));
        let signals = world.seen.signals.lock().expect("no panic").clone();
        let ended: Vec<_> = signals
            .iter()
            .filter_map(|signal| match signal {
                Signal::SignedOut { key, .. } => Some(*key),
                _ => None,
            })
            .collect();
        assert_eq!(ended, [ada.cx.caller().key, laptop.cx.caller().key]);
    }

    #[tokio::test]
    async fn others_keep_the_messages_of_both() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        send(&world, &ada, &ben, "from Ada").await.expect("sent");
        send(&world, &ben, &ada, "to Ada").await.expect("sent");
        assert_eq!(delete(&world, &ada).await, Ok(true));
        run_jobs(&world).await;
        let texts = [
            (ben.id.0, "to Ada".to_owned()),
            (ada.id.0, "from Ada".to_owned()),
        ];
        assert_eq!(history(&world, &ben, &ada).await, texts);
        let refused = send(&world, &ben, &ada, "still there?").await;
        assert_eq!(refused, Err(text::PEER_ID_INVALID.into()));
    }

    #[tokio::test]
    async fn contacts_lose_the_account_and_learn_of_it() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        for (owner, other) in [(&ada, &ben), (&ben, &ada)] {
            let call = f::contacts::AddContact {
                id: world.input_user(owner, other),
                first_name: "Saved".into(),
                ..Default::default()
            };
            world.call(owner, call).await.expect("added");
        }
        assert_eq!(delete(&world, &ada).await, Ok(true));
        run_jobs(&world).await;
        let ids = world.call(&ben, f::contacts::GetContactIDs { hash: 0 });
        assert_eq!(ids.await, Ok(Vec::new()));
        let user = seen(&world, &ben, &ada).await;
        assert!(!user.contact && user.first_name.is_none());
    }

    #[tokio::test]
    async fn nothing_of_its_own_is_left_in_the_store() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        for number in 0..450 {
            let text = format!("{}{number}", char::from(b'a' + (number % 26) as u8));
            let call = f::messages::SendMessage {
                peer: world.input_peer(&ada, if number % 3 == 0 { &ada } else { &ben }),
                message: text,
                random_id: number + 1,
                ..Default::default()
            };
            world.call(&ada, call).await.expect("sent");
        }
        let block = f::contacts::Block {
            my_stories_from: false,
            id: world.input_peer(&ada, &ben),
        };
        world.call(&ada, block).await.expect("blocked");
        assert_eq!(delete(&world, &ada).await, Ok(true));
        run_jobs(&world).await;

        let mut view = world.services.store.view().await.expect("the store works");
        let owner = Owner::from(ada.id);
        let mut left = Vec::new();
        for table in Table::ALL {
            let rows = view.count(table, owner, KeyRange::all()).await;
            if rows.expect("the store works") > 0 {
                left.push(table);
            }
        }
        assert_eq!(left, [Table::Mailbox, Table::Account]);
        drop(view);
        assert_eq!(history(&world, &ben, &ada).await.len(), 100, "Ben's stay");
    }
}
