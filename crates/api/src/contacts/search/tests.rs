//! Who is found, by what, and by whom.

use super::*;
use crate::channels::testing::Kind;
use crate::testing::{Person, World};
use heliograph_model::{Measure, Territory};

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
            enums::Peer::Channel(channel) => channel.channel_id,
            enums::Peer::Chat(_) => panic!("a basic group"),
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

async fn resolve(world: &World, person: &Person, name: &str) -> Result<enums::Peer> {
    let call = f::contacts::ResolveUsername {
        username: name.to_owned(),
        referer: None,
    };
    let enums::contacts::ResolvedPeer::ResolvedPeer(resolved) = world.call(person, call).await?;
    assert_eq!(resolved.users.len() + resolved.chats.len(), 1);
    Ok(resolved.peer)
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
async fn a_stranger_is_found_by_the_username_and_never_by_the_name() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let ben = world.person("Benjamin", "4930123457").await;
    named(&world, &ben, "Franklin").await;
    // By the whole of it at once, by its beginning when the index has it.
    assert_eq!(
        find(&world, &ada, "@FRANKLIN").await,
        Ok((vec![], vec![ben.id.0]))
    );
    world.take_in().await;
    assert_eq!(
        find(&world, &ada, "frankl").await,
        Ok((vec![], vec![ben.id.0]))
    );
    assert_eq!(find(&world, &ada, "benjamin").await, Ok((vec![], vec![])));
    assert_eq!(
        find(&world, &ada, " @ ").await,
        Err(text::SEARCH_QUERY_EMPTY.into())
    );
}

#[tokio::test]
async fn ones_own_channels_come_first_and_are_not_told_twice() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let ben = world.person("Ben", "4930123457").await;
    let private = world.channel(&ada, "Weather watchers", Kind::Group).await;
    let public = world.channel(&ada, "Weather news", Kind::Broadcast).await;
    world.publish(&ada, public, "weather_news").await;
    let other = world
        .channel(&ben, "Weather elsewhere", Kind::Broadcast)
        .await;
    world.publish(&ben, other, "weather_elsewhere").await;
    world.take_in().await;

    let (mut mine, others) = find(&world, &ada, "weath").await.expect("found");
    mine.sort_unstable();
    assert_eq!(mine, [private.0, public.0]);
    assert_eq!(others, [other.0]);
    assert_eq!(
        find(&world, &ben, "weather watchers").await,
        Ok((vec![], vec![])),
        "a private group is its members' alone"
    );
    let bots = f::contacts::Search {
        q: "weather".into(),
        limit: 10,
        bots: true,
        ..Default::default()
    };
    let enums::contacts::Found::Found(bots) = world.call(&ada, bots).await.expect("found");
    assert!(bots.my_results.is_empty() && bots.results.is_empty());
}

#[tokio::test]
async fn a_channel_that_is_not_public_any_more_is_not_found_even_before_the_index_knows() {
    let world = World::new().await;
    let (ada, ben) = (
        world.person("Ada", "4930123456").await,
        world.person("Ben", "4930123457").await,
    );
    let channel = world.channel(&ada, "Weather", Kind::Broadcast).await;
    world.publish(&ada, channel, "weather").await;
    world.take_in().await;
    assert_eq!(
        find(&world, &ben, "weather").await.expect("found").1,
        [channel.0]
    );
    world.publish(&ada, channel, "").await;
    assert_eq!(find(&world, &ben, "weather").await, Ok((vec![], vec![])));
}

#[tokio::test]
async fn decisions_hide_from_strangers_and_blocking_from_everybody() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let ben = world.person("Ben", "4930123457").await;
    let channel = world.channel(&ada, "Weather", Kind::Broadcast).await;
    world.publish(&ada, channel, "weather").await;
    world.take_in().await;
    let of_channel = async |what: Option<Reach>| {
        let reach = what.into_iter().map(|what| Measure {
            decision: 1,
            until: None,
            what,
        });
        let measures = Measures {
            reach: reach.collect(),
            ..Measures::default()
        };
        world.measure(channel.into(), None, measures).await;
    };

    of_channel(Some(Reach::Delisted(Territory::World))).await;
    assert_eq!(find(&world, &ben, "weather").await, Ok((vec![], vec![])));
    // By its exact name it is there, and its members find it as ever.
    assert_eq!(
        find(&world, &ben, "@weather").await.expect("found").1,
        [channel.0]
    );
    assert!(resolve(&world, &ben, "weather").await.is_ok());
    assert_eq!(
        find(&world, &ada, "weather").await.expect("found").0,
        [channel.0]
    );

    of_channel(Some(Reach::Blocked)).await;
    for person in [&ada, &ben] {
        assert_eq!(find(&world, person, "@weather").await, Ok((vec![], vec![])));
        let refused = resolve(&world, person, "weather").await;
        assert_eq!(refused, Err(text::USERNAME_NOT_OCCUPIED.into()));
    }

    of_channel(None).await;
    assert_eq!(
        find(&world, &ben, "weather").await.expect("found").1,
        [channel.0]
    );
}

#[tokio::test]
async fn a_barred_term_finds_nothing_public_and_ones_own_all_the_same() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let ben = world.person("Ben", "4930123457").await;
    let pills = world.channel(&ada, "Cheap Pills", Kind::Broadcast).await;
    world.publish(&ada, pills, "cheap_pills").await;
    world.take_in().await;
    let (_, found) = find(&world, &ben, "cheap pills").await.expect("found");
    assert_eq!(found, [pills.0]);

    world.bar("cheap pills", Territory::World, 1).await;
    for query in ["cheap pills", "PILLS, cheap", "cheap_pills"] {
        let (_, found) = find(&world, &ben, query).await.expect("answered");
        assert!(found.is_empty(), "{query}");
    }
    let (mine, _) = find(&world, &ada, "cheap pills").await.expect("found");
    assert_eq!(mine, [pills.0], "its owner finds it");
    let (_, found) = find(&world, &ben, "@cheap_pills").await.expect("found");
    assert_eq!(found, [pills.0], "an exact username leads to it");
}

#[tokio::test]
async fn a_username_that_nobody_has_is_not_occupied() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let ben = world.person("Ben", "4930123457").await;
    named(&world, &ben, "Franklin").await;
    let found = resolve(&world, &ada, "franklin").await;
    assert_eq!(found, Ok(render::peer(ben.id)));
    assert_eq!(
        resolve(&world, &ada, "franklins").await,
        Err(text::USERNAME_NOT_OCCUPIED.into())
    );
    assert_eq!(
        resolve(&world, &ada, "no").await,
        Err(text::USERNAME_INVALID.into())
    );
}
