//! The address book.

use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::accounts;
use heliograph_domain::contacts::{self, Contact, DeleteContacts, SaveContacts};
use heliograph_model::{FirstName, LastName, Notice, UserId};
use heliograph_tl::enums;
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_contacts)
        .method(Access::User, Rate::Read, get_contact_ids)
        .method(Access::User, Rate::Read, get_statuses)
        .method(Access::User, Rate::Write, add_contact)
        .method(Access::User, Rate::Write, delete_contacts);
}

/// `contacts.getContacts`: the address book, or that it is as the client has it.
async fn get_contacts(cx: Ctx, req: f::contacts::GetContacts) -> Result<enums::contacts::Contacts> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let book = contacts::list(&mut *view, viewer.me).await?;
    let ids: Vec<UserId> = book.into_iter().map(|(person, _)| person).collect();
    if req.hash != 0 && req.hash == hash_of(&ids) {
        return Ok(enums::contacts::Contacts::NotModified);
    }
    let mut contacts = Vec::with_capacity(ids.len());
    for person in &ids {
        let mutual = contacts::is_mutual(&mut *view, viewer.me, *person).await?;
        let user_id = person.0;
        contacts.push(types::Contact { user_id, mutual }.into());
    }
    let users = render::users(viewer, &mut *view, ids).await?;
    Ok(types::contacts::Contacts {
        contacts,
        saved_count: SAVED_COUNT,
        users,
    }
    .into())
}

/// `contacts.getContactIDs`: the address book as ids; empty when it is as the client has it.
async fn get_contact_ids(cx: Ctx, req: f::contacts::GetContactIDs) -> Result<Vec<i32>> {
    let me = cx.user()?;
    let mut view = cx.store.view().await?;
    let book = contacts::list(&mut *view, me).await?;
    let ids: Vec<UserId> = book.into_iter().map(|(person, _)| person).collect();
    if req.hash != 0 && req.hash == hash_of(&ids) {
        return Ok(Vec::new());
    }
    // The method is as old as ids of 32 bits; larger ones do not fit into its answer.
    let small = ids.into_iter().filter_map(|id| i32::try_from(id.0).ok());
    Ok(small.collect())
}

/// `contacts.getStatuses`: how each contact stands, as far as they show it.
async fn get_statuses(cx: Ctx, _: f::contacts::GetStatuses) -> Result<Vec<enums::ContactStatus>> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let mut statuses = Vec::new();
    for (person, _) in contacts::list(&mut *view, viewer.me).await? {
        let Some(account) = accounts::find(&mut *view, person).await? else {
            continue;
        };
        if let Some(status) = render::status(viewer, &mut *view, &account.person).await? {
            let user_id = person.0;
            statuses.push(types::ContactStatus { user_id, status }.into());
        }
    }
    Ok(statuses)
}

/// `contacts.addContact`: saves a name for a person in the caller's address book. A number or note
/// that comes with it is not kept.
///
/// Fails with `CONTACT_NAME_EMPTY`, `LASTNAME_INVALID`, `USER_ID_INVALID`, or `CONTACT_ID_INVALID`
/// for oneself.
async fn add_contact(cx: Ctx, req: f::contacts::AddContact) -> Result<enums::Updates> {
    let owner = cx.user()?;
    let mut view = cx.store.view().await?;
    let person = cx.resolve_user(&mut *view, &req.id).await?.person.id;
    drop(view);
    let contact = Contact {
        first_name: FirstName::parse(&req.first_name).map_err(|_| text::CONTACT_NAME_EMPTY)?,
        last_name: LastName::parse(&req.last_name).map_err(|_| text::LASTNAME_INVALID)?,
    };
    let people = vec![(person, contact)];
    cx.write(SaveContacts { owner, people }).await?;
    told(&cx, &[Notice::Contact(person)]).await
}

/// `contacts.deleteContacts`: takes people out of the address book. Those who are not in it, or
/// cannot be resolved, are passed over.
async fn delete_contacts(cx: Ctx, req: f::contacts::DeleteContacts) -> Result<enums::Updates> {
    let owner = cx.user()?;
    let nobody = RpcError::from(text::USER_ID_INVALID);
    let mut people = Vec::new();
    let mut view = cx.store.view().await?;
    for user in req.id.iter().take(contacts::CONTACTS_MAX) {
        match cx.resolve_user(&mut *view, user).await {
            Ok(account) => people.push(account.person.id),
            Err(error) if error == nobody => {}
            Err(error) => return Err(error),
        }
    }
    drop(view);
    let notices: Vec<Notice> = people.iter().copied().map(Notice::Contact).collect();
    cx.write(DeleteContacts { owner, people }).await?;
    told(&cx, &notices).await
}

async fn told(cx: &Ctx, notices: &[Notice]) -> Result<enums::Updates> {
    let mut view = cx.store.view().await?;
    Ok(render::of_notices(cx.viewer()?, &mut *view, notices).await?)
}

/// How many numbers of the address book belong to nobody here: they are not kept.
const SAVED_COUNT: i32 = 0;

/// Telegram's hash of an address book: of [`SAVED_COUNT`] and the ids, ascending
/// (<https://core.telegram.org/api/offsets#hash-generation>).
fn hash_of(ids: &[UserId]) -> i64 {
    let mut hash: u64 = 0;
    for number in std::iter::once(i64::from(SAVED_COUNT)).chain(ids.iter().map(|id| id.0)) {
        hash ^= hash >> 21;
        hash ^= hash << 35;
        hash ^= hash >> 4;
        hash = hash.wrapping_add(number as u64);
    }
    hash as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};

    async fn add(
        world: &World,
        owner: &Person,
        other: &Person,
        name: &str,
    ) -> Result<enums::Updates> {
        let call = f::contacts::AddContact {
            id: world.input_user(owner, other),
            first_name: name.into(),
            phone: "+4930123499".into(),
            ..Default::default()
        };
        world.call(owner, call).await
    }

    async fn book(world: &World, owner: &Person, hash: i64) -> Option<types::contacts::Contacts> {
        match world.call(owner, f::contacts::GetContacts { hash }).await {
            Ok(enums::contacts::Contacts::Contacts(contacts)) => Some(contacts),
            Ok(enums::contacts::Contacts::NotModified) => None,
            Err(error) => panic!("{error:?}"),
        }
    }

    #[tokio::test]
    async fn a_contact_is_shown_under_the_saved_name_and_as_mutual() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Benjamin", "4930123457").await;
        let Ok(enums::Updates::Updates(updates)) = add(&world, &ada, &ben, "Benny").await else {
            panic!("refused");
        };
        assert!(matches!(
            updates.updates.as_slice(),
            [enums::Update::PeerSettings(_)]
        ));
        let contacts = book(&world, &ada, 0).await.expect("modified");
        let [enums::User::User(user)] = contacts.users.as_slice() else {
            panic!("one contact");
        };
        assert_eq!(user.first_name.as_deref(), Some("Benny"));
        assert_eq!(user.phone, None, "the number is not kept");
        assert!(user.contact && !user.mutual_contact);

        assert!(add(&world, &ben, &ada, "Ada").await.is_ok());
        let contacts = book(&world, &ada, 0).await.expect("modified").contacts;
        let [enums::Contact::Contact(contact)] = contacts.as_slice() else {
            panic!("one contact");
        };
        assert!(contact.mutual);
    }

    #[tokio::test]
    async fn an_address_book_that_the_client_has_is_not_sent_again() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let eve = world.person("Eve", "4930123458").await;
        for other in [&ben, &eve] {
            assert!(add(&world, &ada, other, "Other").await.is_ok());
        }
        let hash = hash_of(&[ben.id, eve.id]);
        assert_eq!(book(&world, &ada, hash).await, None);
        let ids = world.call(&ada, f::contacts::GetContactIDs { hash: 0 });
        assert_eq!(ids.await, Ok(vec![ben.id.0 as i32, eve.id.0 as i32]));

        let call = f::contacts::DeleteContacts {
            id: vec![world.input_user(&ada, &ben), enums::InputUser::Empty],
        };
        assert!(world.call(&ada, call).await.is_ok());
        let left = book(&world, &ada, hash).await.expect("modified");
        assert_eq!(left.contacts.len(), 1);
    }

    #[test]
    fn the_hash_follows_the_published_algorithm() {
        // Worked out by hand: 1 ^ 1 << 35 ^ (1 << 35) >> 4, plus 2. The zero in front changes nothing.
        assert_eq!(hash_of(&[]), 0);
        assert_eq!(hash_of(&[UserId(5)]), 5);
        assert_eq!(hash_of(&[UserId(1), UserId(2)]), 36_507_222_019);
    }

    #[tokio::test]
    async fn a_contact_needs_a_name_and_is_somebody_else() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        assert_eq!(
            add(&world, &ada, &ben, " ").await,
            Err(text::CONTACT_NAME_EMPTY.into())
        );
        assert_eq!(
            add(&world, &ada, &ada, "Me").await,
            Err(text::CONTACT_ID_INVALID.into())
        );
    }

    #[tokio::test]
    async fn statuses_are_those_of_contacts() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        assert!(add(&world, &ada, &ben, "Ben").await.is_ok());
        let online = f::account::UpdateStatus { offline: false };
        assert_eq!(world.call(&ben, online).await, Ok(true));
        let statuses = world
            .call(&ada, f::contacts::GetStatuses {})
            .await
            .expect("listed");
        let [enums::ContactStatus::ContactStatus(status)] = statuses.as_slice() else {
            panic!("one status");
        };
        assert_eq!(status.user_id, ben.id.0);
        assert!(matches!(status.status, enums::UserStatus::Online(_)));
    }
}
