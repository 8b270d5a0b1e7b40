//! Being online.

use crate::context::Ctx;
use crate::error::Result;
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::bus::Signal;
use heliograph_domain::contacts;
use heliograph_model::UserId;
use heliograph_store::{Rows, StoreError, mailbox};
use heliograph_tl::functions as f;
use std::collections::BTreeSet;

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Write, update_status);
}

/// How many people are told at once that somebody came or went: the rest see it when they look. A
/// status is worth little, and telling thousands of people on every look at a telephone is not.
const TOLD_MAX: usize = 200;

/// `account.updateStatus`: the caller came or went.
///
/// People who know the caller by a chat or as a contact are told, when it is news and the caller's
/// privacy settings let them see it.
async fn update_status(cx: Ctx, req: f::account::UpdateStatus) -> Result<bool> {
    let me = cx.user()?;
    let (status, is_news) = cx.presence.set(me, !req.offline, cx.now());
    if is_news {
        let mut view = cx.store.view().await?;
        let told = acquaintances(&mut *view, me).await?;
        drop(view);
        for to in told {
            let user = me;
            cx.publish(Signal::Status { to, user, status });
        }
    }
    Ok(true)
}

/// Those who know somebody and may see when they are online, at most [`TOLD_MAX`].
async fn acquaintances(rows: &mut dyn Rows, me: UserId) -> Result<Vec<UserId>, StoreError> {
    let chats = mailbox::dialogs(rows, me.into()).await?;
    let mut known: BTreeSet<UserId> = chats.iter().filter_map(|(peer, _)| peer.user()).collect();
    known.extend(contacts::known_by(rows, me).await?);
    known.remove(&me);

    let mut told = Vec::new();
    for person in known.into_iter().take(TOLD_MAX) {
        if render::may_see_status(rows, me, person).await? {
            told.push(person);
        }
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};
    use heliograph_tl::enums::{InputPrivacyKey, InputPrivacyRule};

    async fn set(world: &World, person: &Person, offline: bool) -> Vec<UserId> {
        world.seen.signals.lock().expect("no panic").clear();
        let answer = world
            .call(person, f::account::UpdateStatus { offline })
            .await;
        assert_eq!(answer, Ok(true));
        let signals = world.seen.signals.lock().expect("no panic");
        let told = signals.iter().filter_map(|signal| match signal {
            Signal::Status { to, user, .. } if *user == person.id => Some(*to),
            _ => None,
        });
        told.collect()
    }

    async fn know(world: &World, owner: &Person, person: &Person) {
        let call = f::contacts::AddContact {
            id: world.input_user(owner, person),
            first_name: "Somebody".into(),
            ..Default::default()
        };
        world.call(owner, call).await.expect("added");
    }

    #[tokio::test]
    async fn who_has_the_person_as_a_contact_is_told_of_news_only() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        world.person("Eve", "4930123458").await;
        know(&world, &ben, &ada).await;
        assert_eq!(set(&world, &ada, false).await, [ben.id]);
        assert_eq!(set(&world, &ada, false).await, []);
        assert_eq!(set(&world, &ada, true).await, [ben.id]);
    }

    #[tokio::test]
    async fn who_may_not_see_it_is_not_told() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        know(&world, &ben, &ada).await;
        let hide = f::account::SetPrivacy {
            key: InputPrivacyKey::StatusTimestamp,
            rules: vec![InputPrivacyRule::InputPrivacyValueAllowContacts],
        };
        world.call(&ada, hide).await.expect("set");
        assert_eq!(set(&world, &ada, false).await, []);
        know(&world, &ada, &ben).await;
        assert_eq!(set(&world, &ada, true).await, [ben.id]);
    }
}
