//! A server that ends in order.

use heliograph_server::client::ClientError;
use heliograph_testkit::{House, Person, connect};
use heliograph_tl::{functions, types};
use std::time::Duration;
use tokio::time::{Instant, sleep};

fn send_code() -> functions::auth::SendCode {
    functions::auth::SendCode {
        phone_number: "99966000009".into(),
        api_id: 1,
        api_hash: "0".repeat(32),
        settings: types::CodeSettings::default().into(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_begun_is_answered_before_the_server_ends() {
    let house = House::new().await;
    let mut client = connect(&house).await;
    let held = house.hold_codes().await;
    let ending = async {
        sleep(Duration::from_secs(1)).await;
        house.gateway.finish().await;
        house.services.store.close().await;
    };
    let releasing = async {
        sleep(Duration::from_secs(2)).await;
        drop(held);
    };
    let call = send_code();
    let (answer, (), ()) = tokio::join!(client.call(&call), ending, releasing);
    answer.expect("the code was sent");
    let next = client.receive().await;
    assert!(
        matches!(next, Err(ClientError::Io(_))),
        "the line is closed"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_end_cuts_off_gets_no_answer() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = House::on_disk(folder.path()).await;
    let mut client = connect(&house).await;
    let held = house.hold_codes().await;
    let call = send_code();
    let ending = async {
        sleep(Duration::from_secs(1)).await;
        let begun = Instant::now();
        house.gateway.finish().await;
        assert_eq!(begun.elapsed().as_secs(), 3);
        house.services.store.close().await;
        drop(held);
    };
    let (answer, ()) = tokio::join!(client.call(&call), ending);
    assert!(
        matches!(answer, Err(ClientError::Io(_))),
        "not an error that is final"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_comes_too_late_is_asked_again_of_the_next_process() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = House::on_disk(folder.path()).await;
    let mut ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let begun = Instant::now();
    house.gateway.finish().await;
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "nothing is waited for"
    );
    let late = ada.try_call(functions::updates::GetState {}).await;
    assert!(matches!(late, Err(ClientError::Io(_))));
    let house = house.restart(folder.path()).await;
    let mut ada = ada.come_back(&house).await;
    ada.call(functions::updates::GetState {}).await;
}
