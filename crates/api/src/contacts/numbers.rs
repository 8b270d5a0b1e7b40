//! Finding people by their number.
//!
//! Each number costs its asker a part of the keeper's budget. Numbers that belong to nobody here, or
//! to somebody who does not want to be found by it, are forgotten with the call.

use super::findable_by_number;
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::accounts;
use heliograph_domain::contacts::{Contact, DeleteContacts, SaveContacts};
use heliograph_keeper::{KeeperError, PhoneTag, Purpose, TagError, phone_tags};
use heliograph_model::{E164, FirstName, LastName, UserId};
use heliograph_store::Rows;
use heliograph_tl::enums::{self, InputContact};
use heliograph_tl::{functions as f, types};
use std::collections::{BTreeMap, HashMap};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Lookup, import_contacts)
        .method(Access::User, Rate::Lookup, delete_by_phones)
        .method(Access::User, Rate::Lookup, resolve_phone);
}

/// An entry of the address book on somebody's telephone.
struct Entry {
    client_id: i64,
    phone: E164,
    contact: Contact,
}

/// `contacts.importContacts`: saves those among the numbers who are here as contacts.
///
/// Numbers that the caller's budget does not cover come back in `retry_contacts`. What is no number,
/// or has no name, is passed over like a number that nobody has.
async fn import_contacts(
    cx: Ctx,
    req: f::contacts::ImportContacts,
) -> Result<enums::contacts::ImportedContacts> {
    let me = cx.user()?;
    let entries: Vec<Entry> = req.contacts.iter().filter_map(entry).collect();
    // Each number is paid for once, in the order of the address book.
    let mut numbers: Vec<&E164> = Vec::with_capacity(entries.len());
    let mut asked: HashMap<&str, Option<UserId>> = HashMap::new();
    for entry in &entries {
        if asked.insert(entry.phone.digits(), None).is_none() {
            numbers.push(&entry.phone);
        }
    }
    let tags = match tags(&cx, &numbers).await {
        Err(TagError::Keeper(KeeperError::Budget { .. })) => Vec::new(),
        other => other?,
    };
    for beyond in &numbers[tags.len()..] {
        asked.remove(beyond.digits());
    }
    let mut view = cx.store.view().await?;
    for (number, tag) in numbers.iter().zip(tags) {
        let owner = findable(&mut *view, tag, me).await?;
        asked.insert(number.digits(), owner);
    }
    drop(view);

    let mut imported = Vec::new();
    let mut retry_contacts = Vec::new();
    let mut people = Vec::new();
    let mut phones: BTreeMap<UserId, &E164> = BTreeMap::new();
    for entry in &entries {
        let client_id = entry.client_id;
        match asked.get(entry.phone.digits()) {
            None => retry_contacts.push(client_id),
            Some(None) => {}
            Some(Some(user)) => {
                let user_id = user.0;
                imported.push(types::ImportedContact { user_id, client_id }.into());
                // One's own number is found, and nobody is a contact of themselves.
                if *user != me {
                    people.push((*user, entry.contact.clone()));
                }
                phones.insert(*user, &entry.phone);
            }
        }
    }
    if !people.is_empty() {
        cx.write(SaveContacts { owner: me, people }).await?;
    }
    let mut users = Vec::with_capacity(phones.len());
    for (user, phone) in phones {
        users.push(with_phone(&cx, user, phone).await?);
    }
    Ok(types::contacts::ImportedContacts {
        imported,
        popular_invites: Vec::new(),
        retry_contacts,
        users,
    }
    .into())
}

/// `contacts.deleteByPhones`: takes the people with these numbers out of the address book; false
/// when the caller's budget did not cover all of them.
///
/// Fails with `FLOOD_WAIT_n` when it covered none.
async fn delete_by_phones(cx: Ctx, req: f::contacts::DeleteByPhones) -> Result<bool> {
    let owner = cx.user()?;
    let phones: Vec<E164> = req
        .phones
        .iter()
        .filter_map(|phone| E164::parse(phone).ok())
        .collect();
    let numbers: Vec<&E164> = phones.iter().collect();
    let tags = tags(&cx, &numbers).await?;
    let all = tags.len() == numbers.len();
    let mut people = Vec::new();
    let mut view = cx.store.view().await?;
    for tag in tags {
        people.extend(accounts::find_phone(&mut *view, tag).await?);
    }
    drop(view);
    cx.write(DeleteContacts { owner, people }).await?;
    Ok(all)
}

/// `contacts.resolvePhone`: the person with this number, if they want to be found by it.
///
/// Fails with `PHONE_NUMBER_INVALID`, `PHONE_NOT_OCCUPIED`, or `FLOOD_WAIT_n` when the caller's
/// budget is spent.
async fn resolve_phone(
    cx: Ctx,
    req: f::contacts::ResolvePhone,
) -> Result<enums::contacts::ResolvedPeer> {
    let me = cx.user()?;
    let phone = E164::parse(&req.phone)?;
    let tag = tags(&cx, &[&phone]).await?.pop();
    let tag = tag.ok_or(text::PHONE_NOT_OCCUPIED)?;
    let mut view = cx.store.view().await?;
    let found = findable(&mut *view, tag, me).await?;
    drop(view);
    let user = found.ok_or(text::PHONE_NOT_OCCUPIED)?;
    Ok(types::contacts::ResolvedPeer {
        peer: render::peer(user),
        chats: Vec::new(),
        users: vec![with_phone(&cx, user, &phone).await?],
    }
    .into())
}

/// An entry with a number and a name. A last name alone stands in for the first.
fn entry(input: &InputContact) -> Option<Entry> {
    let InputContact::InputPhoneContact(input) = input;
    let phone = E164::parse(&input.phone).ok()?;
    let last_name = LastName::parse(&input.last_name).ok()?;
    let contact = match FirstName::parse(&input.first_name) {
        Ok(first_name) => Contact {
            first_name,
            last_name,
        },
        Err(_) => Contact {
            first_name: FirstName::parse(last_name.as_str()).ok()?,
            last_name: LastName::default(),
        },
    };
    Some(Entry {
        client_id: input.client_id,
        phone,
        contact,
    })
}

/// The tags of the first of these numbers, as far as the caller's budget goes.
async fn tags(cx: &Ctx, phones: &[&E164]) -> Result<Vec<PhoneTag>, TagError> {
    let caller = cx.caller().user.map_or(0, |user| user.0 as u64);
    let digits: Vec<&str> = phones.iter().map(|phone| phone.digits()).collect();
    let fill = |out: &mut [u8]| cx.entropy.fill(out);
    phone_tags(&*cx.keeper, Purpose::Import, caller, &digits, fill).await
}

/// The person whose number has this tag, where they let `viewer` find them by it.
async fn findable(rows: &mut dyn Rows, tag: PhoneTag, viewer: UserId) -> Result<Option<UserId>> {
    let holder = accounts::find_phone(rows, tag).await?;
    findable_by_number(rows, holder, viewer).await
}

/// Somebody as the caller sees them, with the number that the caller has just given.
async fn with_phone(cx: &Ctx, user: UserId, phone: &E164) -> Result<enums::User> {
    let mut view = cx.store.view().await?;
    let mut users = render::users(cx.viewer()?, &mut *view, [user]).await?;
    let mut user = users.pop().ok_or(text::PHONE_NOT_OCCUPIED)?;
    if let enums::User::User(user) = &mut user {
        user.phone = Some(phone.digits().to_owned());
    }
    Ok(user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};
    use heliograph_domain::contacts;
    use heliograph_model::Owner;
    use heliograph_store::{BoxFuture, Entry, Scan, StoreError, Table};
    use heliograph_tl::enums::{InputPrivacyKey, InputPrivacyRule};

    fn input(client_id: i64, phone: &str, first_name: &str) -> InputContact {
        types::InputPhoneContact {
            client_id,
            phone: phone.into(),
            first_name: first_name.into(),
            ..Default::default()
        }
        .into()
    }

    async fn import(
        world: &World,
        person: &Person,
        contacts: Vec<InputContact>,
    ) -> types::contacts::ImportedContacts {
        let call = f::contacts::ImportContacts { contacts };
        let enums::contacts::ImportedContacts::ImportedContacts(answer) =
            world.call(person, call).await.expect("imported");
        answer
    }

    async fn resolve(world: &World, person: &Person, phone: &str) -> Result<i64> {
        let phone = phone.to_owned();
        let answer = world
            .call(person, f::contacts::ResolvePhone { phone })
            .await?;
        let enums::contacts::ResolvedPeer::ResolvedPeer(resolved) = answer;
        match resolved.peer {
            enums::Peer::User(user) => Ok(user.user_id),
            _ => panic!("not a person"),
        }
    }

    async fn hide(world: &World, person: &Person) {
        let call = f::account::SetPrivacy {
            key: InputPrivacyKey::AddedByPhone,
            rules: vec![InputPrivacyRule::InputPrivacyValueAllowContacts],
        };
        world.call(person, call).await.expect("set");
    }

    #[tokio::test]
    async fn an_address_book_finds_those_who_are_here() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let answer = import(
            &world,
            &ada,
            vec![
                input(1, "+49 30 123457", "Benny"),
                input(2, "+49 30 999999", "Nobody"),
                input(3, "letters", "No number"),
                input(4, "004930123457", "Zero first"),
                input(5, "4930123457", " "),
                input(6, "4930123456", "Myself"),
            ],
        )
        .await;
        let found = |person: &Person, client_id| {
            let user_id = person.id.0;
            types::ImportedContact { user_id, client_id }.into()
        };
        assert_eq!(answer.imported, [found(&ben, 1), found(&ada, 6)]);
        assert!(answer.retry_contacts.is_empty());
        let [_, enums::User::User(user)] = answer.users.as_slice() else {
            panic!("Ada and Ben");
        };
        assert_eq!(user.first_name.as_deref(), Some("Benny"));
        assert_eq!(user.phone.as_deref(), Some("4930123457"));

        let delete = f::contacts::DeleteByPhones {
            phones: vec!["+4930123457".into()],
        };
        assert_eq!(world.call(&ada, delete).await, Ok(true));
        let mut view = world.services.store.view().await.expect("the store works");
        let book = contacts::list(&mut *view, ada.id).await.expect("read");
        assert!(book.is_empty());
    }

    #[tokio::test]
    async fn who_hides_their_number_looks_like_nobody() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        assert_eq!(resolve(&world, &ada, "+4930123457").await, Ok(ben.id.0));
        hide(&world, &ben).await;

        let hidden = resolve(&world, &ada, "+4930123457").await;
        let absent = resolve(&world, &ada, "+4930123499").await;
        assert_eq!(hidden, Err(text::PHONE_NOT_OCCUPIED.into()));
        assert_eq!(hidden, absent);
        let answer = import(&world, &ada, vec![input(1, "4930123457", "Benny")]).await;
        assert_eq!(answer, types::contacts::ImportedContacts::default());

        // Ben's own contacts still find Ben.
        let call = f::contacts::AddContact {
            id: world.input_user(&ben, &ada),
            first_name: "Ada".into(),
            ..Default::default()
        };
        world.call(&ben, call).await.expect("added");
        assert_eq!(resolve(&world, &ada, "+4930123457").await, Ok(ben.id.0));
    }

    /// Notes which rows are read, by table.
    struct Noting<'a> {
        rows: &'a mut dyn Rows,
        read: Vec<Table>,
    }

    impl Rows for Noting<'_> {
        fn get<'a>(
            &'a mut self,
            table: Table,
            owner: Owner,
            key: &'a [u8],
        ) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
            self.read.push(table);
            self.rows.get(table, owner, key)
        }

        fn scan(&mut self, scan: Scan) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
            self.read.push(scan.table);
            self.rows.scan(scan)
        }
    }

    #[tokio::test]
    async fn a_number_that_hides_costs_the_same_look_ups_as_one_that_nobody_has() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        hide(&world, &ben).await;
        let mut look_ups = Vec::new();
        for digits in ["4930123457", "4930123499"] {
            let phone = E164::parse(digits).expect("a number");
            let tag = tags(&ada.cx, &[&phone]).await.expect("tagged")[0];
            let mut view = world.services.store.view().await.expect("the store works");
            let rows = &mut *view;
            let mut noting = Noting { rows, read: vec![] };
            let found = findable(&mut noting, tag, ada.id).await;
            assert_eq!(found, Ok(None));
            look_ups.push(noting.read);
        }
        assert_eq!(look_ups[0], look_ups[1]);
        assert_eq!(look_ups[0].len(), 5);
    }

    #[tokio::test]
    async fn numbers_beyond_the_budget_are_to_be_tried_again() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        world.person("Ben", "4930123457").await;
        let crowd = |from: i64| -> Vec<InputContact> {
            let numbers = from..from + 300;
            numbers
                .map(|n| input(n, &(4_930_200_000 + n).to_string(), "Somebody"))
                .collect()
        };
        let first = import(&world, &ada, crowd(0)).await;
        assert!(first.retry_contacts.is_empty());
        // The same number twice is paid for once.
        let doubled = [crowd(300), crowd(300)].concat();
        let second = import(&world, &ada, doubled).await;
        assert_eq!(second.retry_contacts.len(), 200, "500 are covered at once");
        let third = import(&world, &ada, vec![input(1, "4930123457", "Ben")]).await;
        assert_eq!(third.retry_contacts, [1]);
        let refused = resolve(&world, &ada, "+4930123457").await;
        let refused = refused.expect_err("nothing is left");
        assert!(refused.message.starts_with("FLOOD_WAIT_"));
    }
}
