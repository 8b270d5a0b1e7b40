//! Finding people by name and username.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Everyone, Shown};
use crate::router::{Access, Router};
use heliograph_domain::accounts;
use heliograph_domain::contacts::{self, Contact};
use heliograph_model::{FirstName, Person, UserId, Username};
use heliograph_store::mailbox;
use heliograph_tl::enums;
use heliograph_tl::{functions as f, types};
use std::collections::BTreeMap;

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Lookup, search).method(
        Access::User,
        Rate::Lookup,
        resolve_username,
    );
}

/// How many of one's own people an answer names at most.
const RESULTS_MAX: usize = 50;
/// The longest query, in bytes: longer than any name.
const QUERY_BYTES_MAX: usize = 512;

/// `contacts.search`: people among the caller's contacts and chats whose names begin with the words
/// of the query, and whoever has it as a username.
///
/// Fails with `SEARCH_QUERY_EMPTY`.
async fn search(cx: Ctx, req: f::contacts::Search) -> Result<enums::contacts::Found> {
    let viewer = cx.viewer()?;
    let query = req.q.trim().trim_start_matches('@').to_lowercase();
    if query.is_empty() {
        return Err(text::SEARCH_QUERY_EMPTY.into());
    }
    let limit = usize::try_from(req.limit).map_or(0, |limit| limit.min(RESULTS_MAX));
    let mut mine = Vec::new();
    let mut found = Vec::new();
    let mut view = cx.store.view().await?;
    // Only people can be found yet, neither channels nor bots.
    if query.len() <= QUERY_BYTES_MAX && !req.broadcasts && !req.bots {
        let mut known: BTreeMap<UserId, Option<Contact>> = BTreeMap::new();
        for (peer, _) in mailbox::dialogs(&mut *view, viewer.me.into()).await? {
            known.extend(peer.user().map(|user| (user, None)));
        }
        for (person, contact) in contacts::list(&mut *view, viewer.me).await? {
            known.insert(person, Some(contact));
        }
        for (person, contact) in known {
            if mine.len() >= limit {
                break;
            }
            let Some(account) = accounts::find(&mut *view, person).await? else {
                continue;
            };
            if matches(&account.person, contact.as_ref(), &query) {
                mine.push(person);
            }
        }
        if let Ok(name) = Username::parse(&query) {
            let holder = accounts::find_username(&mut *view, &name).await?;
            let holder = holder.and_then(heliograph_model::Peer::user);
            found.extend(holder.filter(|user| !mine.contains(user)));
        }
    }
    let people: Vec<UserId> = mine.iter().chain(&found).copied().collect();
    let Everyone { users, chats } = Shown::people(people).load(viewer, &mut *view).await?;
    Ok(types::contacts::Found {
        my_results: mine.into_iter().map(render::peer).collect(),
        results: found.into_iter().map(render::peer).collect(),
        chats,
        users,
    }
    .into())
}

/// `contacts.resolveUsername`: who has this username.
///
/// Fails with `USERNAME_INVALID` or `USERNAME_NOT_OCCUPIED`.
async fn resolve_username(
    cx: Ctx,
    req: f::contacts::ResolveUsername,
) -> Result<enums::contacts::ResolvedPeer> {
    let viewer = cx.viewer()?;
    let name = Username::parse(&req.username)?;
    let mut view = cx.store.view().await?;
    let holder = accounts::find_username(&mut *view, &name).await?;
    let holder = holder.ok_or(text::USERNAME_NOT_OCCUPIED)?;
    let Everyone { users, chats } = Shown::chat(holder).load(viewer, &mut *view).await?;
    Ok(types::contacts::ResolvedPeer {
        peer: render::peer(holder),
        chats,
        users,
    }
    .into())
}

/// Whether every word of `query`, in small letters, begins a word of the person's names: their own
/// or the saved ones. One word may also begin their username.
fn matches(person: &Person, contact: Option<&Contact>, query: &str) -> bool {
    if person.deleted {
        return false;
    }
    let own = person.first_name.as_ref().map_or("", FirstName::as_str);
    let mut names = format!("{own} {}", person.last_name.as_str());
    if let Some(contact) = contact {
        names.push(' ');
        names.push_str(contact.first_name.as_str());
        names.push(' ');
        names.push_str(contact.last_name.as_str());
    }
    let names = names.to_lowercase();
    let begins_a_name = |word: &str| names.split_whitespace().any(|name| name.starts_with(word));
    let username = person.username.as_ref().map(Username::folded);
    query.split_whitespace().all(begins_a_name)
        || username.is_some_and(|username| username.starts_with(query))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};

    async fn find(world: &World, person: &Person, q: &str) -> Result<(Vec<i64>, Vec<i64>)> {
        let call = f::contacts::Search {
            q: q.into(),
            limit: 10,
            ..Default::default()
        };
        let enums::contacts::Found::Found(found) = world.call(person, call).await?;
        let ids = |peers: Vec<enums::Peer>| {
            let ids = peers.into_iter().map(|peer| match peer {
                enums::Peer::User(user) => user.user_id,
                _ => panic!("not a person"),
            });
            ids.collect()
        };
        Ok((ids(found.my_results), ids(found.results)))
    }

    async fn named(world: &World, person: &Person, username: &str) {
        let username = username.to_owned();
        world
            .call(person, f::account::UpdateUsername { username })
            .await
            .expect("free");
    }

    #[tokio::test]
    async fn contacts_are_found_by_either_name_and_by_username() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Benjamin", "4930123457").await;
        named(&world, &ben, "franklin").await;
        let call = f::contacts::AddContact {
            id: world.input_user(&ada, &ben),
            first_name: "Électricien".into(),
            last_name: "du Coin".into(),
            ..Default::default()
        };
        world.call(&ada, call).await.expect("added");

        for query in ["benja", "ÉLEC", "coin é", "@frank", "franklin"] {
            let (mine, _) = find(&world, &ada, query).await.expect("found");
            assert_eq!(mine, [ben.id.0], "{query}");
        }
        for query in ["jamin", "coin x", "franklins"] {
            let nothing = find(&world, &ada, query).await;
            assert_eq!(nothing, Ok((vec![], vec![])), "{query}");
        }
    }

    #[tokio::test]
    async fn a_stranger_is_found_by_the_whole_username_only() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Benjamin", "4930123457").await;
        named(&world, &ben, "Franklin").await;
        assert_eq!(
            find(&world, &ada, "@FRANKLIN").await,
            Ok((vec![], vec![ben.id.0]))
        );
        assert_eq!(find(&world, &ada, "frankli").await, Ok((vec![], vec![])));
        assert_eq!(find(&world, &ada, "benjamin").await, Ok((vec![], vec![])));
        assert_eq!(
            find(&world, &ada, " @ ").await,
            Err(text::SEARCH_QUERY_EMPTY.into())
        );
    }

    #[tokio::test]
    async fn a_username_that_nobody_has_is_not_occupied() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        named(&world, &ben, "Franklin").await;
        let resolve = |name: &str| {
            let username = name.to_owned();
            let call = f::contacts::ResolveUsername {
                username,
                referer: None,
            };
            world.call(&ada, call)
        };
        let Ok(enums::contacts::ResolvedPeer::ResolvedPeer(resolved)) = resolve("franklin").await
        else {
            panic!("not resolved");
        };
        assert_eq!(resolved.peer, render::peer(ben.id));
        assert_eq!(resolved.users.len(), 1);
        assert_eq!(
            resolve("franklins").await,
            Err(text::USERNAME_NOT_OCCUPIED.into())
        );
        assert_eq!(resolve("no").await, Err(text::USERNAME_INVALID.into()));
    }
}
