//! What moderators let nobody publish again is refused before it is published; its author is told why,
//! and can contest it.

use super::gate::{
    KITTENS, decide, decide_about, decide_about_newest, peer, picture, posts_with, say, show, take,
};
use super::moderation::{channel, moderator, pages, told_by};
use heliograph_console::Moderating;
use heliograph_console::casework::Person as Staff;
use heliograph_console::moderating::Alike;
use heliograph_domain::services::NOTIFICATIONS;
use heliograph_model::{ChannelId, UserId};
use heliograph_moderation::Subject;
use heliograph_moderation::cases::Origin;
use heliograph_moderation::reasons;
use heliograph_moderation::refusals::{ContestRefusal, Finding, TakeCount};
use heliograph_server::moderation::banks;
use heliograph_server::operator_bots;
use heliograph_testkit::{DeskHouse, Person};
use heliograph_tl::{Function, enums, functions, types};
use heliograph_transparency::entry::{Act, REFUSALS};
use std::fmt::Write as _;

fn text(message: &str, to: (i64, i64), random_id: i64) -> functions::messages::SendMessage {
    functions::messages::SendMessage {
        peer: peer(to),
        message: message.into(),
        random_id,
        ..Default::default()
    }
}

/// The number of a message that was sent.
fn id_of(updates: &enums::Updates) -> i32 {
    match updates {
        enums::Updates::UpdateShortSentMessage(sent) => sent.id,
        enums::Updates::Updates(sent) => match sent.updates.first() {
            Some(enums::Update::MessageID(sent)) => sent.id,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// What the error says that a call is answered with.
async fn refusal<F: Function>(person: &mut Person, call: F) -> String {
    match person.try_call(call).await {
        Ok(_) => panic!("it was let through"),
        Err(error) => error.to_string(),
    }
}

/// What the service chat says, newest first.
async fn told(house: &DeskHouse, person: &mut Person) -> Vec<String> {
    told_by(house, person, NOTIFICATIONS).await
}

/// A house in which a moderator has delisted a post, and has its like refused.
async fn with_a_refused_campaign() -> (DeskHouse, Person, Staff, (i64, i64)) {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let cleo = moderator(&house, "Cleo");
    let pets = channel(&mut ada, "first_pets", "Домашние животные").await;
    say(&mut ada, peer(pets), KITTENS, 1).await;
    house.take_in().await;
    decide_about_newest(&house, &cleo, pets.0, Act::Delist).await;
    alike(&house, &cleo, Alike::Refused).await;
    (house, ada, cleo, pets)
}

async fn alike(house: &DeskHouse, who: &Staff, alike: Alike) {
    let who = who.clone();
    let marked = pages(house, move |pages| pages.refuse_alike(&who, 1, alike)).await;
    marked.expect("it was about a text");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_like_one_that_is_refused_is_not_let_in_by_any_way() {
    let (house, mut ada, cleo, pets) = with_a_refused_campaign().await;
    let changed = KITTENS.replace("Марину", "Ольгу");
    let sent = refusal(&mut ada, text(&changed, pets, 2)).await;
    assert!(sent.contains("PUBLICATION_REFUSED"), "{sent}");
    let letters = told(&house, &mut ada).await;
    let letter = &letters[0];
    for words in [
        "R1",
        "spam.1",
        "version 1 of the terms",
        "decision 1",
        "/appeal R1",
    ] {
        assert!(letter.contains(words), "{words}: {letter}");
    }

    // A harmless post is edited into it, or it is forwarded from a private chat.
    let calm = ada.call(text("Сегодня всё спокойно", pets, 3)).await;
    let edit = functions::messages::EditMessage {
        peer: peer(pets),
        id: id_of(&calm),
        message: Some(changed.clone()),
        ..Default::default()
    };
    let edited = refusal(&mut ada, edit).await;
    assert!(edited.contains("PUBLICATION_REFUSED"), "{edited}");
    let own = functions::messages::SendMessage {
        peer: enums::InputPeer::Self_,
        ..text(&changed, pets, 4)
    };
    let own = id_of(&ada.call(own).await);
    let forward = functions::messages::ForwardMessages {
        from_peer: enums::InputPeer::Self_,
        id: vec![own],
        random_id: vec![5],
        to_peer: peer(pets),
        ..Default::default()
    };
    let forwarded = refusal(&mut ada, forward).await;
    assert!(forwarded.contains("PUBLICATION_REFUSED"), "{forwarded}");
    let again = told(&house, &mut ada).await.len();
    assert_eq!(again, letters.len(), "the same text is told of once");

    // A name is refused as well, and what is not alike passes.
    let rename = functions::channels::EditTitle {
        channel: types::InputChannel {
            channel_id: pets.0,
            access_hash: pets.1,
        }
        .into(),
        title: "Погода".into(),
    };
    ada.call(rename).await;
    let counted = house.services.store.write(TakeCount).await;
    assert_eq!(counted.expect("the store works"), 1);

    alike(&house, &cleo, Alike::Held).await;
    say(&mut ada, peer(pets), &changed, 6).await;
    let ledger = house.desk().office.with_log(|log| log.ledger().clone());
    let marks = ledger.moderation().controls().iter();
    let marks: Vec<_> = marks
        .map(|(_, it)| (it.name.as_str(), it.class.as_str(), it.until.is_some()))
        .collect();
    assert_eq!(
        marks,
        [
            (REFUSALS, "decision-1", true),
            (REFUSALS, "decision-1", false)
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_is_refused_by_the_bot_api_and_who_runs_it_is_told_and_can_contest() {
    let (house, mut ada, _, pets) = with_a_refused_campaign().await;
    let named = functions::account::UpdateUsername {
        username: "ada_runs_it".into(),
    };
    ada.call(named).await;
    let (store, entropy) = (&house.services.store, &*house.services.entropy);
    let token = operator_bots::create(store, entropy, "Pets", "pets_bot", "ada_runs_it").await;
    let token = token.expect("a free name");
    let bot = token.split_once(':').and_then(|(id, _)| id.parse().ok());
    let bot = UserId(bot.expect("a token begins with a number"));
    let promote = functions::channels::EditAdmin {
        channel: types::InputChannel {
            channel_id: pets.0,
            access_hash: pets.1,
        }
        .into(),
        user_id: types::InputUser {
            user_id: bot.0,
            access_hash: house.services.access.hash(UserId(ada.id), bot),
        }
        .into(),
        admin_rights: types::ChatAdminRights {
            post_messages: true,
            ..Default::default()
        }
        .into(),
        ..Default::default()
    };
    ada.call(promote).await;

    let changed = KITTENS.replace("Марину", "Ольгу");
    let mut encoded = String::new();
    for byte in changed.bytes() {
        write!(encoded, "%{byte:02X}").expect("a text takes any");
    }
    let send = |text: &str| format!("/bot{token}/sendMessage?chat_id=@first_pets&text={text}");
    let calm = house.get(&send("A%20calm%20day")).await;
    assert_eq!(calm.status, 200, "{}", calm.text);
    for _ in 0..2 {
        let refused = house.get(&send(&encoded)).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
        let answer: serde_json::Value = serde_json::from_str(&refused.text).expect("JSON");
        let words = answer["description"].as_str().expect("words");
        assert!(words.contains("the post is refused"), "{words}");
    }
    let letters = told(&house, &mut ada).await;
    let about = |letter: &&String| letter.contains("A post of a bot of yours was not published");
    assert_eq!(letters.iter().filter(about).count(), 1, "{letters:?}");
    let contest = ContestRefusal {
        author: UserId(ada.id),
        number: 1,
        text: "The bot repeats what I wrote.".into(),
    };
    store.write(contest).await.expect("it is hers");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_private_is_never_refused_until_it_is_published() {
    let (house, mut ada, cleo, _) = with_a_refused_campaign().await;
    say(&mut ada, enums::InputPeer::Self_, KITTENS, 7).await;
    let ben = Person::sign_up(&house, "Ben", "+4915100000002").await;
    let to_ben = ada.peer(&house, &ben);
    say(&mut ada, to_ben, KITTENS, 8).await;
    let made = functions::channels::CreateChannel {
        broadcast: true,
        title: "Котята".into(),
        about: KITTENS.into(),
        ..Default::default()
    };
    let enums::Updates::Updates(made) = ada.call(made).await else {
        panic!("no updates");
    };
    let [enums::Chat::Channel(private)] = made.chats.as_slice() else {
        panic!("{:?}", made.chats);
    };
    let private = (private.id, private.access_hash.expect("its owner's"));
    say(&mut ada, peer(private), KITTENS, 9).await;

    // A decision about a post binds posts, and one about a channel binds faces.
    let mut publish = functions::channels::UpdateUsername {
        channel: types::InputChannel {
            channel_id: private.0,
            access_hash: private.1,
        }
        .into(),
        username: "more_kittens".into(),
    };
    ada.call(publish.clone()).await;
    house.take_in().await;
    let subject = Subject::Channel(ChannelId(private.0));
    decide_about(&house, &cleo, subject, Act::Delist).await;
    let newest = {
        let office = &house.desk().office;
        office.with_log(|log| log.ledger().moderation().decided())
    };
    let who = cleo.clone();
    let marked = pages(&house, move |pages| {
        pages.refuse_alike(&who, newest, Alike::Refused)
    });
    marked.await.expect("it was about a text");
    publish.username = "yet_more_kittens".into();
    let renamed = refusal(&mut ada, publish).await;
    assert!(renamed.contains("PUBLICATION_REFUSED"), "{renamed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_contests_a_refusal_and_a_person_lets_it_through() {
    let (house, mut ada, cleo, pets) = with_a_refused_campaign().await;
    let changed = KITTENS.replace("Марину", "Ольгу");
    refusal(&mut ada, text(&changed, pets, 2)).await;
    let contest = ContestRefusal {
        author: UserId(ada.id),
        number: 1,
        text: "Котята настоящие.".into(),
    };
    let store = &house.services.store;
    store.write(contest.clone()).await.expect("it is theirs");
    assert!(store.write(contest).await.is_err(), "once");
    assert_eq!(take(&house, &cleo).await, None, "not who decided about it");
    let dora = moderator(&house, "Dora");
    let (case, sheet) = loop {
        let case = take(&house, &dora).await.expect("somebody else looks");
        let who = dora.clone();
        let sheet = pages(&house, move |pages| pages.case(&who, case)).await;
        let sheet = sheet.expect("it works");
        if sheet.case.origin == Origin::Refused {
            break (case, sheet);
        }
        // The first decision may have been drawn for a second look.
        decide(&house, &dora, case, Act::Delist).await;
    };
    assert_eq!(sheet.case.excerpts[0].text, changed);
    let settled = pages(&house, move |pages| {
        pages.settle_refusal(&dora, case, Finding::LetThrough)
    });
    settled.await.expect("it is theirs");
    assert!(told(&house, &mut ada).await[0].contains("finds nothing against it"));

    say(&mut ada, peer(pets), &changed, 3).await;
    house.take_in().await;
    assert_eq!(posts_with(&mut ada, "мейнкун").await, 1, "and it is found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_a_list_that_refuses_is_refused_until_somebody_lets_it_through() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let cleo = moderator(&house, "Cleo");
    let town = channel(&mut ada, "town_news", "Новости города").await;
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("list.csv");
    let bridge = "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22";
    std::fs::write(&list, bridge).expect("written");
    let lists = house.banks.folder();
    let urgent = reasons::find("child-sexual").expect("it is in the table");
    let warns = banks::add(lists, "children", urgent, banks::Then::Refuse, &list);
    assert!(warns.is_err(), "a refusal would warn");
    let reason = reasons::find("copyright").expect("it is in the table");
    banks::add(lists, "bridges", reason, banks::Then::Refuse, &list).expect("it reads");
    house.banks.load().expect("it reads");

    let (words, without) = ("Старый мост", "");
    for (id, caption) in [(1, words), (2, without)] {
        let refused = show(&mut ada, peer(town), picture("aaa-orig.jpg"), caption, id).await;
        let error = refused.expect_err("it is in a list").to_string();
        assert!(error.contains("PUBLICATION_REFUSED"), "{error}");
    }
    let shown = show(&mut ada, peer(town), picture("q0122.jpg"), "Новый мост", 3).await;
    assert!(shown.is_ok());

    let contest = ContestRefusal {
        author: UserId(ada.id),
        number: 1,
        text: "It is my own.".into(),
    };
    let contested = house.services.store.write(contest).await;
    contested.expect("it is theirs");
    let case = take(&house, &cleo).await.expect("a person looks");
    let settled = pages(&house, move |pages| {
        pages.settle_refusal(&cleo, case, Finding::LetThrough)
    });
    settled.await.expect("it is theirs");
    let shown = show(&mut ada, peer(town), picture("aaa-orig.jpg"), words, 4).await;
    assert!(shown.is_ok());
    house.take_in().await;
    assert_eq!(posts_with(&mut ada, "старый").await, 1, "nor is it held");
}
