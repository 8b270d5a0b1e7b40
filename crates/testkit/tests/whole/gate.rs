//! What is published goes through the gate before anybody can find it; what is private never does.

use super::moderation::{channel, moderator, pages};
use heliograph_console::Moderating;
use heliograph_discovery::{Discovery, follow};
use heliograph_domain::services::BOT_FATHER;
use heliograph_model::UserId;
use heliograph_moderation::decisions::{Outcome, Verdict};
use heliograph_server::metrics::Classified;
use heliograph_testkit::{DeskHouse, Person};
use heliograph_tl::{enums, functions, types};
use heliograph_transparency::entry::{Act, Category};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// What the shipped model hides: Russian for quick money, unlimited, write to this name.
const SPAM: &str = "Заработок от 500$ в день! Пиши в личку @easy_money, места ограничены";

/// The same with letters that only look alike, invisible ones, and letters spelt out.
const DISGUISED: &str =
    "Зapaбoтoк oт 5OO$ в дeнь!\u{200b} Пиши в л и ч к у @easy_money, мeстa oгpaничeны";

/// How long a test waits for the index. It follows within a fraction of a second; a machine that is
/// busy with other things takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

fn peer((channel_id, access_hash): (i64, i64)) -> enums::InputPeer {
    types::InputPeerChannel {
        channel_id,
        access_hash,
    }
    .into()
}

async fn say(person: &mut Person, peer: enums::InputPeer, message: &str, random_id: i64) {
    let say = functions::messages::SendMessage {
        peer,
        message: message.into(),
        random_id,
        ..Default::default()
    };
    person.call(say).await;
}

/// How many posts a search for a word finds.
async fn posts_with(viewer: &mut Person, word: &str) -> usize {
    let search = functions::channels::SearchPosts {
        query: Some(word.into()),
        limit: 10,
        ..Default::default()
    };
    match viewer.call(search).await {
        enums::messages::Messages::Messages(found) => found.messages.len(),
        enums::messages::Messages::Slice(found) => found.messages.len(),
        other => panic!("{other:?}"),
    }
}

/// How many texts were classified: posts, and peers.
fn classified(house: &DeskHouse) -> (u64, u64) {
    let count = |kind| house.metrics.classified_count(kind);
    (count(Classified::Post), count(Classified::Peer))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_post_is_found_at_once_and_a_bad_one_when_a_person_has_cleared_it() {
    let house = DeskHouse::new().await;
    house.follow();
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "+4915100000002").await;
    let town = channel(&mut ada, "town_news", "Новости города").await;

    let begun = Instant::now();
    say(
        &mut ada,
        peer(town),
        "Завтра в городе дождь, к вечеру прояснится",
        1,
    )
    .await;
    while posts_with(&mut ben, "дождь").await == 0 {
        assert!(begun.elapsed() < PATIENCE);
        sleep(Duration::from_millis(5)).await;
    }
    eprintln!("found {} ms after it was sent", begun.elapsed().as_millis());

    say(&mut ada, peer(town), SPAM, 2).await;
    say(&mut ada, peer(town), DISGUISED, 3).await;
    // What comes after them is found, so they have been through the gate.
    say(
        &mut ada,
        peer(town),
        "Библиотека закрыта до понедельника",
        4,
    )
    .await;
    while posts_with(&mut ben, "библиотека").await == 0 {
        assert_eq!(
            posts_with(&mut ben, "заработок").await,
            0,
            "not for a moment"
        );
        assert!(begun.elapsed() < 2 * PATIENCE);
    }
    assert_eq!(posts_with(&mut ben, "заработок").await, 0);

    // A person sees what the classifier says, and disagrees.
    let cleo = moderator(&house, "Cleo");
    for _ in 0..2 {
        let who = cleo.clone();
        let case = pages(&house, move |pages| pages.take(&who, None, false)).await;
        let case = case.expect("it works").expect("one waits");
        let who = cleo.clone();
        let sheet = pages(&house, move |pages| pages.case(&who, case)).await;
        let said = sheet.expect("it works").classifier.expect("it has read it");
        assert!(
            said.contains("language ru") && said.contains("Because of"),
            "{said}"
        );
        let who = cleo.clone();
        let verdict = Verdict {
            act: Act::Nothing,
            territory: heliograph_model::Territory::World,
            until: None,
            clause: "spam.1".into(),
            category: Category::Fraud,
            facts: "It is a quotation.".into(),
        };
        let decided = pages(&house, move |pages| pages.decide(&who, case, verdict)).await;
        assert!(matches!(decided, Ok(Outcome::Decided(_))));
    }
    while posts_with(&mut ben, "заработок").await == 0 {
        assert!(begun.elapsed() < 3 * PATIENCE);
        sleep(Duration::from_millis(5)).await;
    }

    // Nothing that happens to the index holds it again.
    house.reindex().await;
    assert!(posts_with(&mut ben, "заработок").await > 0);
    let ledger = house.desk().office.with_log(|log| log.ledger().clone());
    let by_machine = |by: &[u16]| by.is_empty();
    let decisions: Vec<_> = ledger.moderation().decisions().collect();
    let machine = decisions.iter().filter(|one| by_machine(&one.by)).count();
    assert_eq!((decisions.len(), machine), (4, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_stays_held_through_a_crash_and_a_new_index() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "+4915100000002").await;
    let town = channel(&mut ada, "town_news", "Новости города").await;
    house.take_in().await;
    say(&mut ada, peer(town), SPAM, 1).await;
    // The process ends after the gate and before the index has taken anything in.
    let (store, index) = (&house.services.store, &house.services.discovery);
    follow::take_in_and_crash(store, index, &*house.gate, false).await;
    house.reindex().await;
    assert_eq!(posts_with(&mut ben, "заработок").await, 0);
    house.take_in().await;
    assert_eq!(posts_with(&mut ben, "заработок").await, 0);
    let fresh = Arc::new(Discovery::in_memory().expect("it opens"));
    follow::load_measures(store, &fresh)
        .await
        .expect("it reads");
    assert!(!fresh.measured().get().is_empty());
    let ledger = house.desk().office.with_log(|log| log.ledger().clone());
    assert_eq!(ledger.moderation().decided(), 1, "it was decided once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_renamed_is_not_found_by_what_it_offers_now() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let town = channel(&mut ada, "town_news", "Новости города").await;
    house.take_in().await;
    assert_eq!(decided(&house), 0);
    let rename = functions::channels::EditTitle {
        channel: types::InputChannel {
            channel_id: town.0,
            access_hash: town.1,
        }
        .into(),
        title: SPAM.into(),
    };
    ada.call(rename).await;
    house.take_in().await;
    assert_eq!(decided(&house), 1);
}

/// How many decisions the log holds.
fn decided(house: &DeskHouse) -> u64 {
    let office = &house.desk().office;
    office.with_log(|log| log.ledger().moderation().decided())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_of_bad_posts_is_one_decision() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "+4915100000002").await;
    let town = channel(&mut ada, "town_news", "Новости города").await;
    for number in 0..20 {
        let text = format!("{SPAM} {number}");
        say(&mut ada, peer(town), &text, number + 1).await;
    }
    house.take_in().await;
    assert_eq!(posts_with(&mut ben, "заработок").await, 0);
    assert_eq!(decided(&house), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_text_never_reaches_the_classifier() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let ben = Person::sign_up(&house, "Ben", "+4915100000002").await;
    house.take_in().await;
    // The installation's own service accounts are public bots.
    let before = classified(&house);
    assert_eq!(before.0, 0);

    let to_ben = ada.peer(&house, &ben);
    say(&mut ada, to_ben, SPAM, 1).await;
    say(&mut ada, enums::InputPeer::Self_, SPAM, 2).await;
    let bot = types::InputPeerUser {
        user_id: BOT_FATHER.0,
        access_hash: house.services.access.hash(UserId(ada.id), BOT_FATHER),
    };
    say(&mut ada, bot.into(), SPAM, 3).await;
    for (number, broadcast) in [(4, true), (5, false)] {
        let made = functions::channels::CreateChannel {
            broadcast,
            megagroup: !broadcast,
            title: SPAM.into(),
            about: SPAM.into(),
            ..Default::default()
        };
        let enums::Updates::Updates(made) = ada.call(made).await else {
            panic!("no updates");
        };
        let [enums::Chat::Channel(private)] = made.chats.as_slice() else {
            panic!("{:?}", made.chats);
        };
        let private = (private.id, private.access_hash.expect("its owner's"));
        say(&mut ada, peer(private), SPAM, number).await;
    }
    house.take_in().await;
    house.reindex().await;
    assert_eq!(classified(&house), before);

    let town = channel(&mut ada, "town_news", "Новости города").await;
    say(&mut ada, peer(town), "Завтра дождь", 6).await;
    house.take_in().await;
    let (posts, peers) = classified(&house);
    assert_eq!(posts, 1);
    assert!(peers > before.1);
}
