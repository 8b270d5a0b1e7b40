//! `@transparency` answers whoever writes to it, in their own layer, from the public log alone.

use heliograph_domain::services::{TRANSPARENCY, questions};
use heliograph_testkit::{House, Person};
use heliograph_tl::{enums, functions, types};
use heliograph_transparency::entry::{Day, Kinds, Outcome};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::testing::{Scene, TestCase};

/// A log with a report: of two German requests one was served, of one French request none.
fn reported() -> Ledger {
    const START: Day = Day(20_780);
    let mut scene = Scene::new("demo.example/log", START);
    let cases = [
        ("DE", Kinds::Both, Outcome::Delivered),
        ("DE", Kinds::Phone, Outcome::ManifestError),
        ("FR", Kinds::Ip, Outcome::OutOfDesk),
    ];
    for (country, kinds, outcome) in cases {
        let case = TestCase {
            country,
            kinds,
            ..TestCase::ordinary(START)
        };
        scene.push_whole_case(case, outcome);
    }
    scene.today = START.quarter().next().first_day();
    scene.push(scene.report());
    scene.ledger
}

async fn find(me: &mut Person) -> enums::InputPeer {
    let call = functions::contacts::ResolveUsername {
        username: "transparency".into(),
        referer: None,
    };
    let enums::contacts::ResolvedPeer::ResolvedPeer(found) = me.call(call).await;
    let [enums::User::User(user)] = found.users.as_slice() else {
        panic!("one account has the name");
    };
    assert!(user.verified && user.bot_info_version.is_some());
    types::InputPeerUser {
        user_id: user.id,
        access_hash: user.access_hash.expect("it was just found"),
    }
    .into()
}

fn text(
    peer: &enums::InputPeer,
    message: &str,
    random_id: i64,
) -> functions::messages::SendMessage {
    functions::messages::SendMessage {
        peer: peer.clone(),
        message: message.into(),
        random_id,
        ..Default::default()
    }
}

/// Asks, and reads the answer that is pushed.
async fn ask(me: &mut Person, peer: &enums::InputPeer, message: &str, random_id: i64) -> String {
    me.call(text(peer, message, random_id)).await;
    match me.next_updates().await {
        enums::Updates::UpdateShortMessage(short) => short.message,
        enums::Updates::Updates(all) => {
            let texts = all.updates.into_iter().filter_map(|update| match update {
                enums::Update::NewMessage(new) => match new.message {
                    enums::Message::Message(message) => Some(message.message),
                    _ => None,
                },
                _ => None,
            });
            texts.collect()
        }
        other => panic!("an answer comes, not {}", other.constructor_name()),
    }
}

#[tokio::test(start_paused = true)]
async fn two_people_on_two_layers_are_told_of_any_country() {
    let house = House::new().await;
    house.record.show(reported());
    let mut ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "99966000002").await;
    let peer = find(&mut ada).await;

    let help = ask(&mut ada, &peer, "/start", 1).await;
    assert!(help.contains("Send me a country"), "{help}");
    let germany = ask(&mut ada, &peer, "Germany", 2).await;
    for line in [
        "Germany (DE)",
        "2026Q4",
        "Received: 2",
        "Fulfilled: 1",
        "Refused: 1",
        "Out of desk: 0",
        "Accounts opened: 1",
        "Persons told: 1",
        "For phone number / IP / both: 1 / 0 / 1",
        "/transparency",
        "heliograph-verify",
    ] {
        assert!(germany.contains(line), "{line} is missing in {germany}");
    }
    let france = ask(&mut ada, &peer, "fr", 3).await;
    assert!(france.contains("Out of desk: 1"), "{france}");
    let japan = ask(&mut ada, &peer, "Japan", 4).await;
    assert!(japan.contains("No request is reported"), "{japan}");

    let peer = find(&mut ben).await;
    ben.client.speak_layer(158);
    let sent = ben.client.send_call(&text(&peer, "DE", 5)).await;
    sent.expect("the line holds");
    let push = ben.client.next_push().await.expect("an answer comes");
    let germany = "Germany (DE)".as_bytes();
    assert!(push.windows(germany.len()).any(|part| part == germany));

    let mut view = house.services.store.view().await.expect("the store works");
    let kept = questions(&mut *view, TRANSPARENCY).await;
    assert_eq!(kept.expect("the store works").len(), 0, "nothing is kept");
}

#[tokio::test(start_paused = true)]
async fn it_is_found_by_search_and_says_when_there_is_no_report() {
    let house = House::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let search = functions::contacts::Search {
        q: "@transparency".into(),
        limit: 10,
        ..Default::default()
    };
    let enums::contacts::Found::Found(found) = ada.call(search).await;
    let [enums::Peer::User(user)] = found.results.as_slice() else {
        panic!("one account is found");
    };
    assert_eq!(user.user_id, TRANSPARENCY.0);
    let peer = find(&mut ada).await;
    let answer = ask(&mut ada, &peer, "Germany", 1).await;
    assert!(answer.contains("no report yet"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_without_end_is_told_once_and_answered_again_later() {
    let house = House::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let peer = find(&mut ada).await;
    for number in 1..=30 {
        let answer = ask(&mut ada, &peer, "DE", number).await;
        assert!(answer.starts_with("Germany"), "{answer}");
    }
    let answer = ask(&mut ada, &peer, "DE", 31).await;
    assert!(answer.contains("in a minute"), "{answer}");
    ada.call(text(&peer, "DE", 32)).await;
    assert!(ada.hears_nothing().await, "the limit is told of once");
    house.clock.turn(60);
    let answer = ask(&mut ada, &peer, "DE", 33).await;
    assert!(answer.starts_with("Germany"), "{answer}");
}
