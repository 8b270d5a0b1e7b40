//! What is published goes through the gate before anybody can find it; what is private never does.

use super::moderation::{channel, moderator, pages};
use heliograph_classifier::model::Model;
use heliograph_console::Moderating;
use heliograph_console::casework::Person as Staff;
use heliograph_discovery::{Discovery, follow};
use heliograph_domain::services::BOT_FATHER;
use heliograph_domain::stale;
use heliograph_model::{ChannelId, Territory, UserId};
use heliograph_moderation::cases::{OpenCase, Origin};
use heliograph_moderation::decisions::{Outcome, Verdict};
use heliograph_moderation::{Subject, reasons};
use heliograph_server::client::ClientError;
use heliograph_server::metrics::{Classified, Metrics};
use heliograph_server::moderation::banks;
use heliograph_server::moderation::{Models, ModelsError, Screen};
use heliograph_server::secrets::DataFolder;
use heliograph_testkit::{DeskHouse, Person, SAMPLED_PER_DAY};
use heliograph_tl::{enums, functions, types};
use heliograph_transparency::entry::{Act, Category, ModelState};
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

pub(crate) fn peer((channel_id, access_hash): (i64, i64)) -> enums::InputPeer {
    types::InputPeerChannel {
        channel_id,
        access_hash,
    }
    .into()
}

pub(crate) async fn say(
    person: &mut Person,
    peer: enums::InputPeer,
    message: &str,
    random_id: i64,
) {
    let say = functions::messages::SendMessage {
        peer,
        message: message.into(),
        random_id,
        ..Default::default()
    };
    person.call(say).await;
}

/// How many posts a search for a word finds.
pub(crate) async fn posts_with(viewer: &mut Person, word: &str) -> usize {
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
        let case = take(&house, &cleo).await.expect("one waits");
        let who = cleo.clone();
        let sheet = pages(&house, move |pages| pages.case(&who, case)).await;
        let said = sheet.expect("it works").classifier.expect("it has read it");
        assert!(
            said.contains("language ru") && said.contains("Because of"),
            "{said}"
        );
        decide(&house, &cleo, case, Act::Nothing).await;
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
pub(crate) fn decided(house: &DeskHouse) -> u64 {
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

/// A moderator opens a case about the newest post of a channel by themselves, and decides it.
pub(crate) async fn decide_about_newest(house: &DeskHouse, who: &Staff, channel: i64, act: Act) {
    let store = &house.services.store;
    let posts = {
        let mut view = store.view().await.expect("the store works");
        let posts = stale::newest_public_posts(&mut *view, ChannelId(channel), 1).await;
        posts.expect("the store works")
    };
    let subject = Subject::Post(ChannelId(channel), posts[0].id());
    decide_about(house, who, subject, act).await;
}

/// A moderator opens a case by themselves, and decides it.
pub(crate) async fn decide_about(house: &DeskHouse, who: &Staff, subject: Subject, act: Act) {
    let open = OpenCase {
        subject,
        origin: Origin::Own,
        reason: reasons::find("spam").expect("it is in the table"),
        statement: String::new(),
        not_wider: None,
    };
    let case = house.services.store.write(open).await;
    decide(house, who, case.expect("the store works"), act).await;
}

pub(crate) async fn decide(house: &DeskHouse, who: &Staff, case: u64, act: Act) {
    let who = who.clone();
    let verdict = Verdict {
        act,
        territory: Territory::World,
        until: None,
        clause: "spam.1".into(),
        category: Category::Fraud,
        facts: "The same is sent to everybody.".into(),
    };
    let decided = pages(house, move |pages| pages.decide(&who, case, verdict)).await;
    let done = matches!(decided, Ok(Outcome::Decided(_) | Outcome::Agreed));
    assert!(done, "{decided:?}");
    let moderation = house.moderation.clone().expect("a house with a desk");
    moderation.round().await.expect("the log takes it");
}

pub(crate) async fn take(house: &DeskHouse, who: &Staff) -> Option<u64> {
    let who = who.clone();
    let taken = pages(house, move |pages| pages.take(&who, None, false)).await;
    taken.expect("it works")
}

/// What the model lets pass.
pub(crate) const KITTENS: &str =
    "Раздаём пушистых котят породы мейнкун, самовывоз из Твери, спросить соседку Марину вечером";

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_held_as_one_case_and_ends_with_one_decision() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "+4915100000002").await;
    let cleo = moderator(&house, "Cleo");
    let mut channels = Vec::new();
    for name in ["first_pets", "second_pets", "third_pets", "fourth_pets"] {
        channels.push(channel(&mut ada, name, "Домашние животные").await);
    }
    say(&mut ada, peer(channels[0]), KITTENS, 1).await;
    house.take_in().await;
    assert_eq!(posts_with(&mut ben, "мейнкун").await, 1);

    decide_about_newest(&house, &cleo, channels[0].0, Act::Delist).await;
    for (number, channel) in channels[1..3].iter().enumerate() {
        let changed = KITTENS.replace("Марину", ["Ольгу", "Анну"][number]);
        say(&mut ada, peer(*channel), &changed, 2 + number as i64).await;
        house.take_in().await;
    }
    assert_eq!(posts_with(&mut ben, "мейнкун").await, 0);
    let case = take(&house, &cleo).await.expect("one waits");
    let who = cleo.clone();
    let sheet = pages(&house, move |pages| pages.case(&who, case)).await;
    assert_eq!(sheet.expect("it works").case.alike.len(), 1);
    decide(&house, &cleo, case, Act::Nothing).await;
    assert_eq!(take(&house, &cleo).await, None, "it was one case");
    house.take_in().await;
    assert_eq!(posts_with(&mut ben, "мейнкун").await, 2);

    // From now on it is known to be harmless.
    say(&mut ada, peer(channels[3]), KITTENS, 9).await;
    house.take_in().await;
    assert_eq!(posts_with(&mut ben, "мейнкун").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_learns_judges_in_shadow_then_in_earnest_and_is_rolled_back() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let cleo = moderator(&house, "Cleo");
    let town = channel(&mut ada, "town_news", "Новости города").await;
    let folder = tempfile::tempdir().expect("a folder");
    let data = DataFolder::new(folder.path());
    let moderation = house.moderation.clone().expect("a house with a desk");
    let open = async |screen: &Arc<Screen>| {
        let store = house.services.store.clone();
        Models::open(&data, store, moderation.clone(), screen.clone()).await
    };
    let models = open(&house.screen).await;
    let nothing = models.learn().await;
    assert!(matches!(nothing, Err(ModelsError::Learn(_))), "{nothing:?}");

    for (number, (text, act)) in [
        (KITTENS, Act::Delist),
        ("Завтра в городе дождь, к вечеру прояснится", Act::Nothing),
    ]
    .into_iter()
    .enumerate()
    {
        say(&mut ada, peer(town), text, number as i64 + 1).await;
        house.take_in().await;
        decide_about_newest(&house, &cleo, town.0, act).await;
    }
    let learned = models.learn().await.expect("it is no worse");
    assert_eq!((learned.version, learned.used), (2, 2));
    assert_eq!(
        house.screen.model().header.version,
        1,
        "nothing follows yet"
    );

    models.shadow(2).await.expect("it is there");
    say(
        &mut ada,
        peer(town),
        "Библиотека закрыта до понедельника",
        7,
    )
    .await;
    house.take_in().await;
    let (agreed, differed) = house.screen.shadow_counts();
    assert_eq!(agreed + differed, 1);

    models.switch_to(2).await.expect("it is there");
    assert_eq!(house.screen.model().header.version, 2);
    let fresh = || Screen::new(Model::shipped(), Arc::new(Metrics::default()));
    let restarted = fresh();
    open(&restarted).await;
    assert_eq!(restarted.model().header.version, 2, "the log says so");

    // A file that is not the one in the log does not judge.
    let file = data.models().join("000002.hcm");
    let whole = std::fs::read(&file).expect("it is there");
    let mut altered = whole.clone();
    let last = altered.len() - 1;
    altered[last] ^= 1;
    std::fs::write(&file, altered).expect("written");
    let restarted = fresh();
    open(&restarted).await;
    assert_eq!(restarted.model().header.version, 1);
    std::fs::write(&file, whole).expect("written");

    assert_eq!(models.roll_back().await.expect("there is one"), 1);
    assert_eq!(house.screen.model().header.version, 1);
    assert!(matches!(
        models.roll_back().await,
        Err(ModelsError::NothingBefore)
    ));
    let ledger = house.desk().office.with_log(|log| log.ledger().clone());
    let states = ledger.moderation().models().iter();
    let states: Vec<_> = states
        .map(|(_, it)| (it.version, it.state, it.learned))
        .collect();
    assert_eq!(
        states,
        [
            (2, ModelState::Shadow, 2),
            (2, ModelState::Live, 2),
            (1, ModelState::Live, 0),
            (2, ModelState::Withdrawn, 2),
        ]
    );
}

/// A published test picture with its name.
pub(crate) fn picture(name: &str) -> Vec<u8> {
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../classifier/tests/data/pdq");
    std::fs::read(format!("{vectors}/{name}")).expect("the picture is there")
}

/// Sends a picture with words or without.
pub(crate) async fn show(
    person: &mut Person,
    peer: enums::InputPeer,
    bytes: Vec<u8>,
    text: &str,
    id: i64,
) -> Result<enums::Updates, ClientError> {
    let part = functions::upload::SaveFilePart {
        file_id: id,
        file_part: 0,
        bytes,
    };
    person.call(part).await;
    let media = types::InputMediaUploadedPhoto {
        file: types::InputFile {
            id,
            parts: 1,
            name: "picture.jpg".into(),
            ..Default::default()
        }
        .into(),
        ..Default::default()
    };
    let send = functions::messages::SendMedia {
        peer,
        media: media.into(),
        message: text.into(),
        random_id: id,
        ..Default::default()
    };
    person.try_call(send).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_with_a_picture_of_a_list_is_held_and_another_is_not() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "+4915100000002").await;
    let cleo = moderator(&house, "Cleo");
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("list.csv");
    let bridge = "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22";
    std::fs::write(&list, bridge).expect("written");
    let reason = reasons::find("copyright").expect("it is in the table");
    let town = channel(&mut ada, "town_news", "Новости города").await;
    let lists = house.banks.folder();
    banks::add(lists, "bridges", reason, banks::Then::Hold, &list).expect("it reads");
    house.banks.load().expect("it reads");

    show(
        &mut ada,
        peer(town),
        picture("aaa-orig.jpg"),
        "Старый мост",
        1,
    )
    .await
    .expect("it is posted");
    let new = show(&mut ada, peer(town), picture("q0122.jpg"), "Новый мост", 2).await;
    new.expect("it is posted");
    house.take_in().await;
    assert_eq!(posts_with(&mut ben, "старый").await, 0);
    assert_eq!(posts_with(&mut ben, "новый").await, 1);
    let case = take(&house, &cleo).await.expect("a person is to look");
    decide(&house, &cleo, case, Act::Nothing).await;
    house.take_in().await;
    house.reindex().await;
    assert_eq!(posts_with(&mut ben, "старый").await, 1, "it stays cleared");
}

#[tokio::test(flavor = "multi_thread")]
async fn private_text_never_reaches_the_classifier() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let ben = Person::sign_up(&house, "Ben", "+4915100000002").await;
    house.take_in().await;
    let before = classified(&house);
    assert_eq!(before, (0, 0));

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

#[tokio::test(flavor = "multi_thread")]
async fn pictures_without_words_and_faces_are_compared_with_the_lists_as_well() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("list.csv");
    // Faces are square: the middle of a picture that is not would have another hash.
    let bridge = "d8f8f0cec4f4a84f0637022a078f67f0b36e2ee5b6621e1d33e6239c4e9c9b22";
    std::fs::write(&list, bridge).expect("written");
    let reason = reasons::find("copyright").expect("it is in the table");
    let lists = house.banks.folder();
    banks::add(lists, "bridges", reason, banks::Then::Hold, &list).expect("it reads");
    house.banks.load().expect("it reads");
    let town = channel(&mut ada, "town_news", "Новости города").await;
    let bridges = channel(&mut ada, "old_bridges", "Старые мосты").await;
    let before = classified(&house).0;
    let shown = show(&mut ada, peer(town), picture("square-256x256.jpg"), "", 1).await;
    shown.expect("it is posted");
    house.take_in().await;
    assert_eq!(decided(&house), 1, "the post");
    assert_eq!(
        classified(&house).0,
        before,
        "there is nothing to read in it"
    );

    // A channel, and a person whose photo everybody sees.
    let file = |id| types::InputFile {
        id,
        parts: 1,
        name: "picture.jpg".into(),
        ..Default::default()
    };
    for id in [2, 3, 4] {
        let part = functions::upload::SaveFilePart {
            file_id: id,
            file_part: 0,
            bytes: picture("square-256x256.jpg"),
        };
        ada.call(part).await;
    }
    let face = functions::channels::EditPhoto {
        channel: types::InputChannel {
            channel_id: bridges.0,
            access_hash: bridges.1,
        }
        .into(),
        photo: types::InputChatUploadedPhoto {
            file: Some(file(2).into()),
            ..Default::default()
        }
        .into(),
    };
    ada.call(face).await;
    house.take_in().await;
    assert_eq!(decided(&house), 2, "the channel");

    let own = |id| functions::photos::UploadProfilePhoto {
        file: Some(file(id).into()),
        ..Default::default()
    };
    ada.call(own(3)).await;
    house.take_in().await;
    assert_eq!(decided(&house), 2, "nobody finds her by a name");
    let name = functions::account::UpdateUsername {
        username: "ada_writes".into(),
    };
    let hidden = functions::account::SetPrivacy {
        key: enums::InputPrivacyKey::ProfilePhoto,
        rules: vec![enums::InputPrivacyRule::InputPrivacyValueAllowContacts],
    };
    ada.call(hidden).await;
    ada.call(name).await;
    house.take_in().await;
    assert_eq!(decided(&house), 2, "her photo is for her contacts");
    let open = functions::account::SetPrivacy {
        key: enums::InputPrivacyKey::ProfilePhoto,
        rules: vec![enums::InputPrivacyRule::InputPrivacyValueAllowAll],
    };
    ada.call(open).await;
    ada.call(own(4)).await;
    house.take_in().await;
    assert_eq!(decided(&house), 3, "and now for everybody");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_public_before_the_gate_is_judged_after_the_index_is_made_anew() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let town = channel(&mut ada, "town_news", "Новости города").await;
    say(&mut ada, peer(town), SPAM, 1).await;
    let shown = show(
        &mut ada,
        peer(town),
        picture("aaa-orig.jpg"),
        "Старый мост",
        2,
    )
    .await;
    shown.expect("it is posted");
    say(&mut ada, peer(town), "Завтра в городе дождь", 3).await;
    let (store, index) = (&house.services.store, &house.services.discovery);
    while follow::take_in(store, index, &heliograph_discovery::gate::Open)
        .await
        .expect("the index works")
        > 0
    {}
    assert_eq!(
        posts_with(&mut ada, "заработок").await,
        1,
        "no gate was there"
    );
    house.look_again().await;
    assert_eq!(decided(&house), 0, "nobody asked for it");

    house.reindex().await;
    house.look_again().await;
    assert_eq!(posts_with(&mut ada, "заработок").await, 0);
    assert_eq!(posts_with(&mut ada, "дождь").await, 1);
    assert_eq!(decided(&house), 1);

    // A list that came later.
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("list.csv");
    let bridge = "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22";
    std::fs::write(&list, bridge).expect("written");
    let reason = reasons::find("copyright").expect("it is in the table");
    let lists = house.banks.folder();
    banks::add(lists, "bridges", reason, banks::Then::Hold, &list).expect("it reads");
    house.banks.load().expect("it reads");
    house.reindex().await;
    assert_eq!(posts_with(&mut ada, "мост").await, 1);
    house.look_again().await;
    assert_eq!(posts_with(&mut ada, "мост").await, 0);
    assert_eq!(decided(&house), 2, "the other one was decided before");
}

#[tokio::test(flavor = "multi_thread")]
async fn some_of_what_the_model_has_no_opinion_about_comes_to_people_and_no_more_in_a_day() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let cleo = moderator(&house, "Cleo");
    let town = channel(&mut ada, "town_news", "城市新闻").await;
    for number in 0..300 {
        let text = format!("第{number}条新闻：今天的天气很好，大家一起去公园散步吧");
        say(&mut ada, peer(town), &text, number + 1).await;
    }
    house.take_in().await;
    assert_eq!(decided(&house), 0, "nothing is held");
    assert!(posts_with(&mut ada, "公园").await > 0, "and all is found");
    let mut sampled = 0;
    while let Some(case) = take(&house, &cleo).await {
        let who = cleo.clone();
        let sheet = pages(&house, move |pages| pages.case(&who, case)).await;
        let sheet = sheet.expect("it works");
        assert_eq!(sheet.case.origin, Origin::Sampled);
        assert!(
            sheet
                .classifier
                .expect("it was read")
                .contains("it abstains")
        );
        decide(&house, &cleo, case, Act::Nothing).await;
        sampled += 1;
    }
    assert_eq!(sampled, SAMPLED_PER_DAY);

    // Nor does a new index bring more of them on the same day.
    house.reindex().await;
    house.look_again().await;
    assert_eq!(take(&house, &cleo).await, None);
}
