//! The server dies and comes back on the same folder.

use heliograph_testkit::{House, Person};
use heliograph_tl::{enums, functions, types};

fn text(peer: enums::InputPeer, message: &str, random_id: i64) -> functions::messages::SendMessage {
    functions::messages::SendMessage {
        peer,
        message: message.into(),
        random_id,
        ..Default::default()
    }
}

async fn texts(house: &House, me: &mut Person, other: &Person) -> Vec<String> {
    let peer = me.peer(house, other);
    let call = functions::messages::GetHistory {
        peer,
        limit: 100,
        ..Default::default()
    };
    let enums::messages::Messages::Messages(page) = me.call(call).await else {
        panic!("the whole chat fits a page");
    };
    let text = |message: enums::Message| match message {
        enums::Message::Message(message) => message.message,
        other => panic!("a text, not {}", other.constructor_name()),
    };
    page.messages.into_iter().rev().map(text).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_acknowledged_is_there_after_a_restart_and_the_difference_tells_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = House::on_disk(folder.path()).await;
    let mut ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "99966000002").await;
    let peer = ada.peer(&house, &ben);
    let enums::updates::State::State(state) = ben.call(functions::updates::GetState {}).await;
    for (random_id, word) in ["one", "two", "three"].into_iter().enumerate() {
        ada.call(text(peer.clone(), word, random_id as i64 + 1))
            .await;
    }

    let house = house.restart(folder.path()).await;
    let mut ada = ada.come_back(&house).await;
    let mut ben = ben.come_back(&house).await;
    assert_eq!(texts(&house, &mut ada, &ben).await, ["one", "two", "three"]);
    // The same request again, as a client does that never saw the answer.
    ada.call(text(peer, "three", 3)).await;
    assert_eq!(texts(&house, &mut ben, &ada).await, ["one", "two", "three"]);

    let call = functions::updates::GetDifference {
        pts: state.pts,
        date: state.date,
        qts: state.qts,
        ..Default::default()
    };
    let enums::updates::Difference::Difference(missed) = ben.call(call).await else {
        panic!("three messages are not too many");
    };
    let told = missed
        .new_messages
        .iter()
        .filter(|m| matches!(m, enums::Message::Message(_)));
    assert_eq!(told.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_layer_of_a_key_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = House::on_disk(folder.path()).await;
    let ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let house = house.restart(folder.path()).await;
    let mut ada = ada.come_back(&house).await;
    // No introduction this time: the server must know the layer by itself.
    ada.client.skip_introduction();
    let users = ada
        .call(functions::users::GetUsers {
            id: vec![enums::InputUser::Self_],
        })
        .await;
    let [enums::User::User(types::User { self_: true, .. })] = users.as_slice() else {
        panic!("Ada finds herself");
    };
}
