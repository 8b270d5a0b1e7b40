//! Sessions under reconnects, repeats and clocks that jump.

use heliograph_mtproto::Entropy;
use heliograph_mtproto::client::Incoming;
use heliograph_server::gateway::SystemEntropy;
use heliograph_testkit::{House, Person};
use heliograph_tl::{Encode, enums, functions};

fn text(peer: enums::InputPeer, message: &str, random_id: i64) -> functions::messages::SendMessage {
    functions::messages::SendMessage {
        peer,
        message: message.into(),
        random_id,
        ..Default::default()
    }
}

async fn two_people(house: &House) -> (Person, Person) {
    let ada = Person::sign_up(house, "Ada", "99966000001").await;
    let ben = Person::sign_up(house, "Ben", "99966000002").await;
    (ada, ben)
}

/// How many messages a person's chat with another holds.
async fn count(house: &House, me: &mut Person, other: &Person) -> usize {
    let peer = me.peer(house, other);
    let call = functions::messages::GetHistory {
        peer,
        limit: 100,
        ..Default::default()
    };
    match me.call(call).await {
        enums::messages::Messages::Messages(page) => page.messages.len(),
        other => panic!(
            "the whole chat fits a page, not {}",
            other.constructor_name()
        ),
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_reaches_the_other_side_and_ones_other_devices() {
    let house = House::new().await;
    let (mut ada, mut ben) = two_people(&house).await;
    let mut adas_phone = ada.another_device(&house).await;
    while !ada.hears_nothing().await {}
    let peer = ada.peer(&house, &ben);
    ada.call(text(peer, "hello", 7)).await;
    for person in [&mut ben, &mut adas_phone] {
        let enums::Updates::Updates(updates) = person.next_updates().await else {
            panic!("a chat begins with the long form");
        };
        assert!(
            !updates.users.is_empty(),
            "the people are told with the first message"
        );
    }
    assert!(
        ada.hears_nothing().await,
        "the answer told the session that sent"
    );
}

#[tokio::test(start_paused = true)]
async fn a_packet_that_comes_twice_is_done_once() {
    let house = House::new().await;
    let (mut ada, ben) = two_people(&house).await;
    let peer = ada.peer(&house, &ben);
    let body = text(peer, "once", 7).to_bytes();
    let now = (house.client_clock())();
    let (id, packet) = ada
        .client
        .session()
        .encode_call(&body, now, &mut SystemEntropy);
    ada.client.write(&packet).await.expect("the line holds");
    ada.client.write(&packet).await.expect("the line holds");

    let mut answers = 0;
    while answers == 0 {
        for incoming in ada.client.receive().await.expect("the line holds") {
            if matches!(incoming, Incoming::Answer { call, .. } if call == id) {
                answers += 1;
            }
        }
    }
    assert_eq!(count(&house, &mut ada, &ben).await, 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_with_its_line_comes_over_the_next_one() {
    let house = House::new().await;
    let (mut ada, ben) = two_people(&house).await;
    let peer = ada.peer(&house, &ben);
    let body = text(peer, "over a bad line", 7).to_bytes();
    let now = (house.client_clock())();
    let (id, packet) = ada
        .client
        .session()
        .encode_call(&body, now, &mut SystemEntropy);
    ada.client.write(&packet).await.expect("the line holds");
    // The line breaks before the answer is read; the same session goes on over another one.
    tokio::task::yield_now().await;
    let client = ada
        .client
        .reconnect(house.line())
        .await
        .expect("the line holds");
    let mut ada = Person { client, ..ada };
    ada.client.write(&packet).await.expect("the line holds");
    loop {
        let incoming = ada.client.receive().await.expect("the line holds");
        if incoming
            .iter()
            .any(|one| matches!(one, Incoming::Answer { call, .. } if *call == id))
        {
            break;
        }
    }
    assert_eq!(count(&house, &mut ada, &ben).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_random_id_is_one_message_in_every_session() {
    let house = House::new().await;
    let (mut ada, ben) = two_people(&house).await;
    let peer = ada.peer(&house, &ben);
    ada.call(text(peer.clone(), "once", 7)).await;
    let mut ada = ada.come_back(&house).await;
    ada.call(text(peer, "once", 7)).await;
    assert_eq!(count(&house, &mut ada, &ben).await, 1);
}

#[tokio::test(start_paused = true)]
async fn server_message_ids_rise_when_the_clock_goes_back() {
    let house = House::new().await;
    let (mut ada, _) = two_people(&house).await;
    let before = house.gateway.last_msg_id();
    // Less than the half minute by which a client may be ahead.
    house.clock.turn(-20);
    ada.call(functions::updates::GetState {}).await;
    assert!(house.gateway.last_msg_id() > before);
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_without_a_line_is_announced() {
    let house = House::new().await;
    let (mut ada, mut ben) = two_people(&house).await;
    let peer = ada.peer(&house, &ben);
    ada.call(text(peer.clone(), "one", 1)).await;
    ben.next_updates().await;
    // Ben's line breaks, and the server notices.
    let nowhere = house.line();
    let client = ben.client.reconnect(nowhere).await.expect("the line holds");
    let ben = Person { client, ..ben };
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    ada.call(text(peer, "two", 2)).await;
    let client = ben
        .client
        .reconnect(house.line())
        .await
        .expect("the line holds");
    let mut ben = Person { client, ..ben };
    ben.call(functions::updates::GetState {}).await;
    assert!(matches!(ben.next_updates().await, enums::Updates::TooLong));
}

#[tokio::test(start_paused = true)]
async fn a_forged_packet_ends_the_connection_and_changes_nothing() {
    let house = House::new().await;
    let (mut ada, ben) = two_people(&house).await;
    let peer = ada.peer(&house, &ben);
    let body = text(peer, "forged", 7).to_bytes();
    let now = (house.client_clock())();
    let (_, mut packet) = ada
        .client
        .session()
        .encode_call(&body, now, &mut SystemEntropy);
    let mut noise = [0; 1];
    SystemEntropy.fill(&mut noise);
    let last = packet.len() - 1;
    packet[last] ^= noise[0] | 1;
    ada.client.write(&packet).await.expect("the line holds");
    let refused = ada.client.receive().await;
    assert!(refused.is_err(), "the server says -404 and closes");
    let mut ada = ada.come_back(&house).await;
    assert_eq!(count(&house, &mut ada, &ben).await, 0);
}
