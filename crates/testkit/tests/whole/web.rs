//! The one port, seen from a browser: pages, health, and MTProto inside HTTP and WebSocket.

use heliograph_mtproto::client::{Options, Start};
use heliograph_mtproto::{MsgId, envelope};
use heliograph_server::client::Client;
use heliograph_server::gateway::SystemEntropy;
use heliograph_testkit::{House, Line, Person, connect, websocket};
use heliograph_tl::{enums, functions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

/// What the server answers to a request, up to the end of the connection.
async fn ask(house: &House, request: &[u8]) -> Vec<u8> {
    let mut line = house.line();
    line.write_all(request).await.expect("it reads");
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).await.expect("a pipe");
    answer
}

async fn get(house: &House, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    String::from_utf8_lossy(&ask(house, request.as_bytes()).await).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_browser_finds_the_landing_page_on_the_port_of_the_clients() {
    let house = House::new().await;
    connect(&house).await;
    let page = get(&house, "/").await;
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    assert!(page.contains("TelegramClient"), "{page}");
    let key = get(&house, "/server.pub.pem").await;
    assert!(
        key.ends_with(&house.services.policy.public_key_pem),
        "{key}"
    );
    let unknown = get(&house, "/nowhere").await;
    assert!(unknown.starts_with("HTTP/1.1 404 "), "{unknown}");
}

#[tokio::test(start_paused = true)]
async fn the_first_account_is_asked_for_until_there_is_one() {
    let house = House::new().await;
    let asked = "Make the first account";
    for path in ["/", "/connect"] {
        assert!(get(&house, path).await.contains(asked), "{path}");
    }
    Person::sign_up(&house, "Ada", "99966000001").await;
    for path in ["/", "/connect"] {
        assert!(!get(&house, path).await.contains(asked), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn health_is_told_until_the_store_is_gone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = House::on_disk(folder.path()).await;
    assert!(get(&house, "/healthz").await.ends_with("\r\n\r\nok\n"));
    let well = get(&house, "/readyz").await;
    assert!(well.starts_with("HTTP/1.1 200 "), "{well}");
    house.services.store.close().await;
    let ill = get(&house, "/readyz").await;
    assert!(ill.starts_with("HTTP/1.1 503 "), "{ill}");
}

#[tokio::test(start_paused = true)]
async fn every_connection_is_counted_once_whatever_it_speaks() {
    let house = House::new().await;
    let _held = connect(&house).await;
    get(&house, "/healthz").await;
    let metrics = get(&house, "/metrics").await;
    let value = |name: &str| {
        let mut lines = metrics.lines();
        let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} in {metrics}"))
            .to_owned()
    };
    assert_eq!(value("heliograph_connections_total"), "3");
    // The client's, and the one that asks.
    assert_eq!(value("heliograph_connections_open"), "2");
}

#[tokio::test(start_paused = true)]
async fn the_first_step_of_a_key_is_made_in_one_post() {
    let house = House::new().await;
    let start = Start::new(Options::default(), &mut SystemEntropy);
    let id = MsgId::at((house.client_clock())());
    let packet = envelope::unencrypted(id, &start.request());
    let head = format!(
        "POST /api HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        packet.len()
    );
    let answer = ask(&house, &[head.as_bytes(), &packet].concat()).await;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, packet) = answer.split_at(end.expect("a head has an end") + 4);
    assert!(head.starts_with(b"HTTP/1.1 200 "));
    let (_, body) = envelope::open_unencrypted(packet).expect("a packet");
    let chosen = start.choose(body, &house.key, &mut SystemEntropy);
    assert!(chosen.is_ok(), "the answer is resPQ");
}

#[tokio::test(start_paused = true)]
async fn people_in_a_browser_and_in_a_client_write_to_each_other() {
    let house = House::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "99966000002").await;
    let browser = websocket::upgrade(house.line()).await;
    let client = ben.client.reconnect(browser).await;
    ben.client = client.expect("the line holds");
    ben.call(functions::updates::GetState {}).await;

    let text = |peer, random_id| functions::messages::SendMessage {
        peer,
        message: "through a window".into(),
        random_id,
        ..Default::default()
    };
    ada.call(text(ada.peer(&house, &ben), 1)).await;
    assert!(matches!(
        ben.next_updates().await,
        enums::Updates::Updates(_)
    ));
    ben.call(text(ben.peer(&house, &ada), 2)).await;
    ada.next_updates().await;
}

#[tokio::test(start_paused = true)]
async fn a_key_is_made_inside_a_websocket() {
    let house = House::new().await;
    let browser = websocket::upgrade(house.line()).await;
    let mut client = Client::connect(browser, &house.key, house.client_clock())
        .await
        .expect("the server and the client agree");
    let answer = client.call(&functions::help::GetNearestDc {}).await;
    answer.expect("the call succeeds");
}

/// Seconds until the server closes the line, having said nothing or little.
async fn closes_after_s(mut line: Line) -> u64 {
    let begun = Instant::now();
    let mut rest = Vec::new();
    line.read_to_end(&mut rest).await.expect("a pipe");
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn nobody_holds_a_line_without_saying_what_it_speaks() {
    let house = House::new().await;
    assert_eq!(closes_after_s(house.line()).await, 30);
    let mut half_a_head = house.line();
    let written = half_a_head.write_all(b"GET / HTTP/1.1\r\nhost: ").await;
    written.expect("it reads");
    assert_eq!(closes_after_s(half_a_head).await, 30);
    let browser = websocket::upgrade(house.line()).await;
    assert_eq!(closes_after_s(browser).await, 60);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_speaks_is_closed_at_once() {
    let house = House::new().await;
    let mut tls = house.line();
    let hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[0; 64]].concat();
    tls.write_all(&hello).await.expect("it reads");
    assert_eq!(closes_after_s(tls).await, 0);
}
