//! How long an authorization key is kept.

use heliograph_domain::keys;
use heliograph_model::AuthKeyId;
use heliograph_mtproto::AuthKey;
use heliograph_server::client::{Client, Credentials};
use heliograph_testkit::{House, Line, Person, connect};
use heliograph_tl::functions;
use std::time::Duration;

const DAY_S: i64 = 86_400;

/// Lets days pass, and what is due then be done.
async fn days_pass(house: &House, days: i64) {
    house.clock.turn(days * DAY_S);
    tokio::time::sleep(Duration::from_secs(61)).await;
}

async fn is_kept(house: &House, key: &AuthKey) -> bool {
    let mut view = house.services.store.view().await.expect("a view");
    let found = keys::info(&mut *view, AuthKeyId(key.id())).await;
    found.expect("the store works").is_some()
}

fn copy(key: &AuthKey) -> AuthKey {
    AuthKey::from_bytes(*key.bytes())
}

/// Somebody who has not signed in comes back with their key.
async fn comes_back(house: &House, key: &AuthKey) -> Client<Line> {
    let credentials = Credentials {
        key: copy(key),
        salt: 0,
    };
    let client = Client::resume(house.line(), credentials, house.client_clock()).await;
    let mut client = client.expect("the line holds");
    let answer = client.call(&functions::help::GetNearestDc {}).await;
    answer.expect("the key is known");
    client
}

#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_signed_in_with_is_forgotten_after_a_week() {
    let house = House::new().await;
    let key = copy(connect(&house).await.key());
    days_pass(&house, 6).await;
    assert!(is_kept(&house, &key).await);
    days_pass(&house, 1).await;
    assert!(!is_kept(&house, &key).await);
    let credentials = Credentials { key, salt: 0 };
    let client = Client::resume(house.line(), credentials, house.client_clock()).await;
    let late = client
        .expect("the line holds")
        .call(&functions::help::GetNearestDc {})
        .await;
    assert!(late.is_err(), "the server says -404");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_used_is_kept_for_a_week_from_then() {
    let house = House::new().await;
    let key = copy(connect(&house).await.key());
    days_pass(&house, 5).await;
    comes_back(&house, &key).await;
    days_pass(&house, 6).await;
    assert!(is_kept(&house, &key).await);
    days_pass(&house, 1).await;
    assert!(!is_kept(&house, &key).await);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_signed_in_may_stay_away_for_years() {
    let house = House::new().await;
    let ada = Person::sign_up(&house, "Ada", "99966000001").await;
    days_pass(&house, 1000).await;
    let mut ada = ada.come_back(&house).await;
    ada.call(functions::updates::GetState {}).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_is_forgotten_a_week_after_its_person_signed_out() {
    let house = House::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let key = copy(ada.client.key());
    days_pass(&house, 30).await;
    ada = ada.come_back(&house).await;
    ada.call(functions::auth::LogOut {}).await;
    days_pass(&house, 6).await;
    assert!(is_kept(&house, &key).await);
    days_pass(&house, 1).await;
    assert!(!is_kept(&house, &key).await);
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_keys_are_forgotten_in_one_round() {
    let house = House::new().await;
    for n in 0..100 {
        let key = AuthKeyId(n + 1);
        let seal = heliograph_vault::seal::SealKey::new([9; 32]);
        let save = keys::SaveKey::new(key, &[n as u8; 256], None, &seal, [n as u8; 24]);
        house.services.store.write(save).await.expect("saved");
    }
    days_pass(&house, 7).await;
    let mut view = house.services.store.view().await.expect("a view");
    for n in 0..100 {
        let left = keys::info(&mut *view, AuthKeyId(n + 1)).await;
        assert!(left.expect("the store works").is_none(), "{n}");
    }
}
