//! Too much of everything: memory stays bounded, others are served, and limits answer.

use crate::person::{Line, call, connect, connect_from, refusal, send_code, sign_up};
use crate::program::{Home, Server, now};
use crate::wire::{INTERMEDIATE, Transport, Wire};
use heliograph_mtproto::client::{ClientSession, Options, Start};
use heliograph_mtproto::fuzzing::Seeded;
use heliograph_mtproto::transport::Framing;
use heliograph_mtproto::{AuthKey, Entropy as _, MsgId, envelope};
use heliograph_server::client::ClientError;
use heliograph_server::gateway::SystemEntropy;
use heliograph_tl::{Encode as _, Function, functions as f};
use std::net::Ipv4Addr;

const MB: u64 = 1 << 20;

/// Somebody new comes in and is answered.
async fn others_are_served(server: &Server) {
    let mut client = connect_from(Ipv4Addr::new(127, 0, 0, 99), server).await;
    call(&mut client, &f::help::GetConfig {})
        .await
        .expect("it answers");
}

/// Begins a key exchange and goes no further.
async fn begin_exchange(wire: &mut Wire) {
    let start = Start::new(Options::default(), &mut SystemEntropy);
    wire.send_plain(&start.request()).await;
}

/// The memory of a server whose start is over: what it takes for the search index's first commit is
/// not what connections cost.
async fn memory_at_rest(server: &Server) -> u64 {
    let mut before = server.resident_bytes();
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let now = server.resident_bytes();
        if now <= before {
            return now;
        }
        before = now;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_half_open_key_exchanges_cost_little_and_lock_nobody_out() {
    let home = Home::new();
    let server = home.start(&["--flood-limits", "off"]);
    others_are_served(&server).await;
    // What the first of anything takes once is not what each of many costs.
    let mut wires = vec![Wire::open(&server, INTERMEDIATE).await];
    for _ in 0..50 {
        begin_exchange(&mut wires[0]).await;
        wires[0].receive_plain().await.expect("a puzzle");
    }
    let before = memory_at_rest(&server).await;
    for _ in 0..60 {
        let mut wire = Wire::open(&server, INTERMEDIATE).await;
        for _ in 0..50 {
            begin_exchange(&mut wire).await;
        }
        for _ in 0..50 {
            wire.receive_plain().await.expect("a puzzle");
        }
        wires.push(wire);
    }
    let growth = server.resident_bytes().saturating_sub(before);
    println!("3,000 half-open key exchanges: {} kB", growth / 1024);
    assert!(growth < 4 * MB, "{growth} bytes");
    others_are_served(&server).await;
    home.nothing_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_begins_too_many_key_exchanges_is_told_so() {
    let home = Home::new();
    let server = home.start(&[]);
    let busy = Ipv4Addr::new(127, 0, 0, 2);
    let (mut begun, mut refusals) = (0, Vec::new());
    'flood: for _ in 0..50 {
        let mut wire = Wire::open_from(busy, &server, INTERMEDIATE).await;
        for _ in 0..50 {
            begin_exchange(&mut wire).await;
            let answer = wire.receive().await.expect("an answer");
            if envelope::open_unencrypted(&answer).is_ok() {
                begun += 1;
                continue;
            }
            refusals.push(answer.to_vec());
            assert_eq!(wire.receive().await, None, "and then it closes");
            if refusals.len() == 20 {
                break 'flood;
            }
            continue 'flood;
        }
    }
    // The allowance grows by ten a second while this goes on.
    assert!((1_000..1_600).contains(&begun), "{begun} were begun");
    assert!(!refusals.is_empty());
    for refusal in refusals {
        assert_eq!(refusal, (-429_i32).to_le_bytes());
    }
    others_are_served(&server).await;
    let metrics = server.get("/metrics");
    assert!(
        !metrics.contains("handshakes_refused_total 0\n"),
        "{metrics}"
    );
    home.nothing_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_dawdle_cost_little_and_keep_nobody_waiting() {
    let home = Home::new();
    let server = home.start(&[]);
    others_are_served(&server).await;
    let before = server.resident_bytes();
    let mut wires = Vec::new();
    let beginnings: [&[u8]; 6] = [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nx: ",
        b"POST /api HTTP/1.1\r\ncontent-length: 1000\r\n\r\nhalf",
        &[0xee],
        &[0xef, 0x7f],
    ];
    for _ in 0..150 {
        for bytes in beginnings {
            let mut wire = Wire::open(&server, Transport::Plain(Framing::Full)).await;
            wire.send_bytes(bytes).await;
            wires.push(wire);
        }
    }
    others_are_served(&server).await;
    assert!(server.get("/readyz").contains("\"ready\":true"));
    let growth = server.resident_bytes().saturating_sub(before);
    let each = growth / wires.len() as u64;
    println!("{} connections that dawdle: {each} bytes each", wires.len());
    assert!(each < 32 * 1024, "{each} bytes each");
    home.nothing_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packets_that_never_end_are_held_up_to_a_bound() {
    let home = Home::new();
    let server = home.start(&[]);
    others_are_served(&server).await;
    let before = server.resident_bytes();
    let most_of_a_packet = [&(1_u32 << 20).to_le_bytes()[..], &vec![7; (1 << 20) - 4]].concat();
    let mut wires = Vec::new();
    for _ in 0..320 {
        let mut wire = Wire::open(&server, INTERMEDIATE).await;
        wire.send_bytes(&most_of_a_packet).await;
        wires.push(wire);
    }
    others_are_served(&server).await;
    let growth = server.resident_bytes().saturating_sub(before);
    println!(
        "320 MB of packets without an end: {} MB are held",
        growth / MB
    );
    assert!(growth < 300 * MB, "{growth} bytes");
    // The last ones were too many.
    let mut last = wires.pop().expect("there are some");
    assert_eq!(last.receive().await, None);
    drop(wires);
    home.nothing_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_carries_only_so_many_sessions() {
    let home = Home::new();
    let server = home.start(&[]);
    let client = connect(&server).await;
    let key = *client.key().bytes();
    let mut wire = Wire::open(&server, INTERMEDIATE).await;
    let ping = f::help::GetNearestDc {}.to_bytes();
    for session in 1..=17 {
        let mut session = ClientSession::new(AuthKey::from_bytes(key), 0, session);
        let (_, packet) = session.encode_call(&ping, now(), &mut SystemEntropy);
        wire.send(&packet).await;
    }
    let mut last = None;
    while let Some(packet) = wire.receive().await {
        last = Some(packet);
    }
    assert_eq!(last.as_deref(), Some(&(-429_i32).to_le_bytes()[..]));
    others_are_served(&server).await;
    home.nothing_panicked();
}

/// Makes a call until it is refused; how often it was not, and the wait.
async fn until_refused<F: Function>(client: &mut Line, it: &F, within: usize) -> (usize, u32) {
    for count in 0..within {
        if let Err(ClientError::Rpc { code: 420, message }) = call(client, it).await {
            let wait_s = message
                .strip_prefix("FLOOD_WAIT_")
                .expect("the word for it");
            return (count, wait_s.parse().expect("a number"));
        }
    }
    panic!("{} was answered {within} times", F::NAME);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_looks_too_many_people_up_must_wait() {
    let home = Home::new();
    let server = home.start(&[]);
    let (mut ada, _) = sign_up(&home, &server, "99966005001", "ada_curious").await;
    let (mut ben, _) = sign_up(&home, &server, "99966005002", "ben_patient").await;
    let find = f::contacts::ResolveUsername {
        username: "nobody_of_this_name".into(),
        referer: None,
    };
    let (answered, wait_s) = until_refused(&mut ada, &find, 100).await;
    assert!((50..=75).contains(&answered), "{answered} look-ups");
    assert!((1..=2).contains(&wait_s), "one more each second: {wait_s}");
    // What else she does goes on, and so does he.
    call(&mut ada, &f::updates::GetState {})
        .await
        .expect("it answers");
    assert_eq!(refusal(&mut ben, &find).await.0, 400);
    home.nothing_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_and_an_address_that_ask_for_too_many_codes_must_wait() {
    let home = Home::new();
    let server = home.start(&[]);
    let busy = Ipv4Addr::new(127, 0, 0, 3);
    let nonsense = send_code("1");
    let mut total = 0;
    for key in 0..60 {
        let mut client = connect_from(busy, &server).await;
        let (answered, wait_s) = until_refused(&mut client, &nonsense, 30).await;
        if key == 0 {
            assert_eq!(answered, 20, "a key's allowance");
            assert!((5..=7).contains(&wait_s), "{wait_s} s");
        }
        total += answered;
    }
    // Fifty keys' worth, and what has grown meanwhile: eight a second.
    assert!((1_000..1_150).contains(&total), "{total} requests");
    let mut elsewhere = connect(&server).await;
    assert_eq!(refusal(&mut elsewhere, &nonsense).await.0, 400);
    home.nothing_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noise_on_many_connections_breaks_nothing() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut random = Seeded::new(3);
    for _ in 0..400 {
        let mut bytes = vec![0; random.below(400)];
        random.fill(&mut bytes);
        let mut wire = Wire::open(&server, Transport::Plain(Framing::Full)).await;
        if random.below(2) == 0 {
            // As an unencrypted message, so that the noise gets further.
            let packet = envelope::unencrypted(MsgId::at(now()), &bytes[..bytes.len() & !3]);
            wire.send(&packet).await;
        } else {
            wire.send_bytes(&bytes).await;
        }
    }
    others_are_served(&server).await;
    home.nothing_panicked();
}
