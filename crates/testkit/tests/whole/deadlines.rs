//! How long a connection may dawdle.

use heliograph_testkit::{House, Line, Person, connect};
use heliograph_tl::functions;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

/// Seconds until the server closes the line.
async fn closes_after_s(mut line: Line) -> u64 {
    let begun = Instant::now();
    let mut rest = Vec::new();
    line.read_to_end(&mut rest).await.expect("a pipe");
    assert!(rest.is_empty(), "it closes without a word");
    begun.elapsed().as_secs()
}

async fn line_with(house: &House, bytes: &[u8]) -> Line {
    let mut line = house.line();
    line.write_all(bytes).await.expect("it reads");
    line
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_shows_no_key_is_closed_after_a_minute() {
    let house = House::new().await;
    assert_eq!(
        closes_after_s(line_with(&house, &[0xee; 4]).await).await,
        60
    );
    let half_a_length = [&[0xee; 4][..], &[40, 0]].concat();
    assert_eq!(
        closes_after_s(line_with(&house, &half_a_length).await).await,
        60
    );
}

#[tokio::test(start_paused = true)]
async fn one_byte_now_and_then_buys_no_time() {
    let house = House::new().await;
    let packet = [&1000_u32.to_le_bytes()[..], &[0; 40]].concat();
    let (mut reading, mut writing) = tokio::io::split(line_with(&house, &[0xee; 4]).await);
    let begun = Instant::now();
    let drip = async {
        for byte in packet {
            // In the end nobody is there any more to take it.
            if writing.write_all(&[byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_secs(5)).await;
        }
    };
    let close = async {
        let mut rest = Vec::new();
        reading.read_to_end(&mut rest).await.expect("a pipe");
        begun.elapsed().as_secs()
    };
    let ((), closed_after_s) = tokio::join!(drip, close);
    assert_eq!(closed_after_s, 60);
}

#[tokio::test(start_paused = true)]
async fn a_client_with_a_key_may_be_silent_for_ten_minutes() {
    let house = House::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "99966000001").await;
    sleep(Duration::from_secs(590)).await;
    ada.call(functions::updates::GetState {}).await;
    sleep(Duration::from_secs(610)).await;
    let late = ada.try_call(functions::updates::GetState {}).await;
    assert!(late.is_err(), "the line was closed");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_made_must_be_used_within_the_minute() {
    let house = House::new().await;
    let mut client = connect(&house).await;
    sleep(Duration::from_secs(61)).await;
    let late = client.call(&functions::help::GetNearestDc {}).await;
    assert!(late.is_err(), "the line was closed");
}
