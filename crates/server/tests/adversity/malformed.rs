//! Bytes that no honest client sends: each gets the protocol's own answer, and nothing breaks.

use crate::person::{Line, call, connect, sign_up, text};
use crate::program::{Home, PATIENCE, Server, now};
use crate::replica::fetch;
use crate::wire::{INTERMEDIATE, TRANSPORTS, Transport, Wire};
use heliograph_mtproto::client::{Chosen, Incoming, Options, Start};
use heliograph_mtproto::fuzzing::Seeded;
use heliograph_mtproto::transport::Framing;
use heliograph_mtproto::{MsgId, put_bytes};
use heliograph_server::client::{ClientError, read_answer};
use heliograph_server::gateway::SystemEntropy;
use heliograph_tl::{Encode as _, enums, functions as f};
use std::io::Write as _;
use tokio::time::timeout;

/// The server lives and lets people in, and nothing it said tells of a panic.
async fn all_is_well(home: &Home, server: &Server) {
    let mut client = connect(server).await;
    let ask = f::help::GetNearestDc {};
    call(&mut client, &ask).await.expect("it answers others");
    home.nothing_panicked();
}

/// The second message of a key exchange, as it should be, and what follows from it.
async fn choose(wire: &mut Wire, server: &Server) -> (Vec<u8>, Chosen) {
    let start = Start::new(Options::default(), &mut SystemEntropy);
    wire.send_plain(&start.request()).await;
    let res_pq = wire.receive_plain().await.expect("a puzzle");
    start
        .choose(&res_pq, &server.key, &mut SystemEntropy)
        .expect("a puzzle that can be solved")
}

/// Where things stand in `req_DH_params`: behind the constructor two nonces of 16 bytes, p and q
/// of four bytes with a length and padding, the fingerprint, then the ciphertext with its length.
const NONCE: usize = 4;
const SERVER_NONCE: usize = 20;
const P: usize = 37;
const FINGERPRINT: usize = 52;
const CIPHERTEXT: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_a_key_exchange_can_fail_looks_the_same() {
    let home = Home::new();
    let server = home.start(&[]);
    for at in [
        0,
        NONCE,
        SERVER_NONCE,
        P,
        FINGERPRINT,
        CIPHERTEXT,
        CIPHERTEXT + 255,
    ] {
        let mut wire = Wire::open(&server, INTERMEDIATE).await;
        let (mut request, _) = choose(&mut wire, &server).await;
        request[at] ^= 1;
        wire.send_plain(&request).await;
        assert_eq!(wire.last_word().await, -404, "byte {at}");
    }
    // Cut short, and a ciphertext above the modulus.
    let mut wire = Wire::open(&server, INTERMEDIATE).await;
    let (mut request, _) = choose(&mut wire, &server).await;
    request[CIPHERTEXT..CIPHERTEXT + 256].fill(0xff);
    wire.send_plain(&request).await;
    assert_eq!(wire.last_word().await, -404);
    for len in [0, 4, 20, CIPHERTEXT] {
        let mut wire = Wire::open(&server, INTERMEDIATE).await;
        let (request, _) = choose(&mut wire, &server).await;
        wire.send_plain(&request[..len]).await;
        assert_eq!(wire.last_word().await, -404, "{len} bytes");
    }

    // The third message, damaged in its nonces and in what it hides.
    for at in [0, NONCE, SERVER_NONCE, 40, 100, 300] {
        let mut wire = Wire::open(&server, INTERMEDIATE).await;
        let (request, chosen) = choose(&mut wire, &server).await;
        wire.send_plain(&request).await;
        let answer = wire.receive_plain().await.expect("the server's power");
        let agreed = chosen.agree(&answer, &mut SystemEntropy);
        let (mut request, _) = agreed.expect("a power that is right");
        request[at] ^= 1;
        wire.send_plain(&request).await;
        assert_eq!(wire.last_word().await, -404, "byte {at}");
    }

    // A message that was right works once.
    let mut wire = Wire::open(&server, INTERMEDIATE).await;
    let (request, _) = choose(&mut wire, &server).await;
    wire.send_plain(&request).await;
    wire.receive_plain().await.expect("the server's power");
    wire.send_plain(&request).await;
    assert_eq!(wire.last_word().await, -404);
    all_is_well(&home, &server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packets_that_open_with_no_key_are_answered_alike_on_every_transport() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut client = connect(&server).await;
    let ping = f::help::GetNearestDc {}.to_bytes();
    let (_, genuine) = client
        .session()
        .encode(&ping, true, now(), &mut SystemEntropy);
    let mut damaged = genuine.to_vec();
    damaged[40] ^= 1;
    let mut other_key = genuine.to_vec();
    other_key[0] ^= 1;
    let mut other_msg_key = genuine.to_vec();
    other_msg_key[8] ^= 1;
    let cut = genuine[..genuine.len() - 16].to_vec();
    let uneven = genuine[..genuine.len() - 4].to_vec();
    let head = genuine[..24].to_vec();
    for transport in TRANSPORTS {
        for packet in [&damaged, &other_key, &other_msg_key, &cut, &uneven, &head] {
            let mut wire = Wire::open(&server, transport).await;
            wire.send(packet).await;
            assert_eq!(wire.last_word().await, -404, "{transport:?}");
        }
    }
    all_is_well(&home, &server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn impossible_lengths_close_the_connection_without_a_word() {
    let home = Home::new();
    let server = home.start(&[]);
    let too_long = (2_u32 << 20).to_le_bytes();
    let cases: &[(Framing, &[u8])] = &[
        (Framing::Abridged, &[0]),
        (Framing::Abridged, &[0x7f, 0, 0, 0]),
        (Framing::Abridged, &[0x7f, 0xff, 0xff, 0xff]),
        (Framing::Intermediate, &[0; 4]),
        (Framing::Intermediate, &[5, 0, 0, 0]),
        (Framing::Intermediate, &too_long),
        (Framing::Intermediate, &[0xff, 0xff, 0xff, 0x7f]),
        (Framing::Padded, &[0; 4]),
        (Framing::Padded, &too_long),
        // Length, number 0, four bytes, a check sum that is none.
        (
            Framing::Full,
            &[16, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
        ),
        (Framing::Full, &[8, 0, 0, 0, 0, 0, 0, 0]),
        (Framing::Full, &[0xfc, 0xff, 0xff, 0x7f, 0, 0, 0, 0]),
    ];
    for (framing, bytes) in cases {
        let mut wire = Wire::open(&server, Transport::Plain(*framing)).await;
        wire.send_bytes(bytes).await;
        assert_eq!(wire.last_word().await, 0, "{framing:?} {bytes:02x?}");
    }
    // And what is no transport at all.
    for bytes in [
        &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..],
        &[0xaa; 64],
        b"NONSENSE / XY/1\r\n",
    ] {
        let mut wire = Wire::open(&server, Transport::Plain(Framing::Full)).await;
        wire.send_bytes(bytes).await;
        wire.send_bytes(&[0xaa; 64]).await;
        assert_eq!(wire.last_word().await, 0, "{bytes:02x?}");
    }
    all_is_well(&home, &server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_packet_runs_once_however_often_it_comes() {
    let home = Home::new();
    let server = home.start(&[]);
    let (mut ada, _) = sign_up(&home, &server, "99966002001", "ada_replay").await;
    let peer = enums::InputPeer::Self_;
    call(&mut ada, &text(&peer, "a text", 1))
        .await
        .expect("a text to oneself");
    let mailbox = fetch(&mut ada, std::slice::from_ref(&peer))
        .await
        .expect("a page");
    let (id, _) = mailbox.texts.into_iter().next().expect("the text");
    let edit = |words: &str| f::messages::EditMessage {
        peer: peer.clone(),
        id,
        message: Some(words.into()),
        ..Default::default()
    };
    // No random_id: nothing but the session keeps a repeat from running.
    let first = edit("first").to_bytes();
    let (_, packet) = ada.session().encode_call(&first, now(), &mut SystemEntropy);
    ada.write(&packet).await.expect("the line holds");
    call(&mut ada, &edit("second")).await.expect("another text");
    for _ in 0..5 {
        ada.write(&packet).await.expect("the line holds");
        let incoming = timeout(PATIENCE, ada.receive())
            .await
            .expect("an answer comes");
        incoming.expect("packets of ours");
    }
    for _ in 0..5 {
        let mut thief = Wire::open(&server, INTERMEDIATE).await;
        thief.send(&packet).await;
        thief
            .receive()
            .await
            .expect("the answer, which only Ada can read");
    }
    let mut ada = connect_again(ada, &server).await;
    let mailbox = fetch(&mut ada, &[peer]).await.expect("a page");
    let texts: Vec<&String> = mailbox.texts.values().collect();
    assert_eq!(texts, ["second"]);
    all_is_well(&home, &server).await;
}

async fn connect_again(client: Line, server: &Server) -> Line {
    let line = tokio::net::TcpStream::connect(server.address).await;
    let line = line.expect("it listens");
    client.reconnect(line).await.expect("the session goes on")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn message_ids_out_of_time_or_order_are_refused_by_number() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut client = connect(&server).await;
    call(&mut client, &f::help::GetNearestDc {})
        .await
        .expect("it answers");
    let body = f::help::GetNearestDc {}.to_bytes();
    let container = [&0x73f1_f8dc_u32.to_le_bytes()[..], &[0xff; 4]].concat();
    let bomb = packed(&vec![0; 64 << 20]);
    let id = |seconds| MsgId::at(now().plus_seconds(seconds));
    let cases = [
        (16, id(-400), 101, &body),
        (17, id(60), 101, &body),
        (18, MsgId(id(0).0 + 1), 101, &body),
        (35, id(1), 100, &body),
        (34, id(2), 101, &container),
        (64, id(3), 102, &container),
        (64, id(4), 103, &bomb),
    ];
    for (expected, msg_id, seqno, body) in cases {
        let packet = client
            .session()
            .seal(msg_id, seqno, body, &mut SystemEntropy);
        client.write(&packet).await.expect("the line holds");
        let code = refused(&mut client, msg_id).await;
        assert_eq!(code, expected, "{msg_id:?} {seqno}");
    }
    all_is_well(&home, &server).await;
}

/// The number in the `bad_msg_notification` about a message.
async fn refused(client: &mut Line, about: MsgId) -> i32 {
    loop {
        let incoming = timeout(PATIENCE, client.receive())
            .await
            .expect("an answer comes");
        for part in incoming.expect("packets of ours") {
            if let Incoming::BadMsg { msg_id, code } = part {
                assert_eq!(msg_id, about);
                return code;
            }
        }
    }
}

/// `gzip_packed` around these bytes.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).expect("memory");
    let mut out = 0x3072_cfa1_u32.to_le_bytes().to_vec();
    put_bytes(&mut out, &gzip.finish().expect("memory"));
    out
}

fn words(ids: &[u32]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.to_le_bytes()).collect()
}

/// Sends a call as bytes; the error that it is answered with.
async fn refusal_of(client: &mut Line, body: &[u8]) -> (i32, String) {
    let id = send_call(client, body).await;
    outcome_of(client, id).await.expect_err("not an answer")
}

async fn send_call(client: &mut Line, body: &[u8]) -> MsgId {
    let (id, packet) = client
        .session()
        .encode_call(body, now(), &mut SystemEntropy);
    client.write(&packet).await.expect("the line holds");
    id
}

/// What became of a call that answers with updates, or that failed.
async fn outcome_of(client: &mut Line, id: MsgId) -> Result<(), (i32, String)> {
    loop {
        let incoming = timeout(PATIENCE, client.receive())
            .await
            .expect("an answer comes");
        for part in incoming.expect("packets of ours") {
            if let Incoming::Answer { call, body } = part
                && call == id
            {
                // Any type does for errors: they are read before it.
                return match read_answer::<enums::Updates>(&body) {
                    Ok(_) => Ok(()),
                    Err(ClientError::Rpc { code, message }) => Err((code, message)),
                    _ => panic!("an answer of {} bytes", body.len()),
                };
            }
        }
    }
}

const INVOKE_WITH_LAYER: u32 = 0xda9b_0d0d;
const INIT_CONNECTION: u32 = 0xc1cd_5ea9;
const INVOKE_WITHOUT_UPDATES: u32 = 0xbf94_59b7;
const INVOKE_AFTER_MSG: u32 = 0xcb9f_372d;
const INVOKE_AFTER_MSGS: u32 = 0x3dc4_b4f0;
const VECTOR: u32 = 0x1cb5_c415;
const GET_USERS: u32 = 0x0d91_a548;
const SEND_MESSAGE: u32 = 0xfef4_8f62;
const INPUT_PEER_SELF: u32 = 0x7da0_7ec9;
const JSON_ARRAY: u32 = 0xf714_4e35;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_make_no_sense_are_refused_in_the_protocols_words() {
    let home = Home::new();
    let server = home.start(&["--flood-limits", "off"]);
    let mut stranger = connect(&server).await;
    let uninitialised = refusal_of(&mut stranger, &f::help::GetConfig {}.to_bytes()).await;
    assert_eq!(uninitialised, (400, "CONNECTION_NOT_INITED".into()));
    call(&mut stranger, &f::help::GetNearestDc {})
        .await
        .expect("it answers");
    let state = f::updates::GetState {}.to_bytes();
    let unauthorised = refusal_of(&mut stranger, &state).await;
    assert_eq!(unauthorised, (401, "AUTH_KEY_UNREGISTERED".into()));

    let (mut ada, _) = sign_up(&home, &server, "99966003001", "ada_nonsense").await;
    let unreadable = "INPUT_FETCH_ERROR";
    let deep_json = [
        words(&[INIT_CONNECTION, 2, 1, 0, 0, 0, 0, 0, 0]),
        words(&[JSON_ARRAY, VECTOR, 1]).repeat(20_000),
    ]
    .concat();
    let wrapped_bomb = [words(&[INVOKE_WITHOUT_UPDATES]), packed(&vec![0; 64 << 20])].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("INPUT_METHOD_INVALID", words(&[0xdead_beef])),
        ("INPUT_METHOD_INVALID", words(&[0xdead_beef]).repeat(1000)),
        // A type of the schema, not a method.
        ("INPUT_METHOD_INVALID", words(&[INPUT_PEER_SELF])),
        (unreadable, words(&[GET_USERS])),
        (unreadable, words(&[GET_USERS, VECTOR, 0x7fff_ffff])),
        (unreadable, words(&[GET_USERS, VECTOR, 0xffff_ffff])),
        (unreadable, words(&[GET_USERS, VECTOR, 1, 0xdead_beef])),
        (unreadable, words(&[GET_USERS, 0xdead_beef, 0])),
        // Behind the call stands something else.
        (unreadable, [state, words(&[1, 2, 3])].concat()),
        // Flags that promise a reply, entities and all the rest, and nothing comes.
        (
            unreadable,
            words(&[SEND_MESSAGE, 0x0000_0001, INPUT_PEER_SELF, 0, 1, 2]),
        ),
        (
            unreadable,
            words(&[SEND_MESSAGE, 0xffff_ffff, INPUT_PEER_SELF, 0, 1, 2]),
        ),
        (
            unreadable,
            words(&[SEND_MESSAGE, 0x0000_0008, INPUT_PEER_SELF, 0, 1, 2]),
        ),
        // A text that says it has 16 MB.
        (
            unreadable,
            words(&[SEND_MESSAGE, 0, INPUT_PEER_SELF, 0xffff_fffe]),
        ),
        (unreadable, deep_json),
        (unreadable, words(&[INVOKE_WITHOUT_UPDATES]).repeat(100_000)),
        (unreadable, words(&[INVOKE_WITH_LAYER])),
        (
            "CONNECTION_LAYER_INVALID",
            words(&[INVOKE_WITH_LAYER, 0x7fff_ffff, 0]),
        ),
        (unreadable, words(&[INVOKE_AFTER_MSGS, VECTOR, 0x7fff_ffff])),
        (
            "MSG_WAIT_FAILED",
            words(&[INVOKE_AFTER_MSG, 0xffff_fffc, 0x7fff_ffff, 0]),
        ),
        ("MSG_WAIT_FAILED", words(&[INVOKE_AFTER_MSG, 4, 0, 0])),
        ("INPUT_REQUEST_TOO_LONG", wrapped_bomb),
    ];
    for (number, (expected, body)) in cases.iter().enumerate() {
        let refusal = refusal_of(&mut ada, body).await;
        assert_eq!(refusal, (400, (*expected).to_owned()), "case {number}");
    }
    all_is_well(&home, &server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_of_calls_ends_where_one_of_them_fails() {
    let home = Home::new();
    let server = home.start(&[]);
    let (mut ada, _) = sign_up(&home, &server, "99966004002", "ada_chain").await;
    let after = |earlier: MsgId, body: &[u8]| {
        let id = earlier.0 as u64;
        let mut call = words(&[INVOKE_AFTER_MSG, id as u32, (id >> 32) as u32]);
        call.extend_from_slice(body);
        call
    };
    let note = |number| text(&enums::InputPeer::Self_, "a link of a chain", number).to_bytes();
    let failed = || Err((400, "MSG_WAIT_FAILED".to_owned()));

    let first = send_call(&mut ada, &note(1)).await;
    let second = send_call(&mut ada, &after(first, &note(2))).await;
    assert_eq!(outcome_of(&mut ada, second).await, Ok(()));

    // As a client does whose connection broke: the first of these waits for a call that has not come
    // here, and the two behind it must not overtake it.
    let lost = MsgId(second.0 - 4);
    let third = send_call(&mut ada, &after(lost, &note(3))).await;
    assert_eq!(outcome_of(&mut ada, third).await, failed());
    let fourth = send_call(&mut ada, &after(third, &note(4))).await;
    assert_eq!(outcome_of(&mut ada, fourth).await, failed());
    let fifth = send_call(&mut ada, &after(fourth, &note(5))).await;
    assert_eq!(outcome_of(&mut ada, fifth).await, failed());
    let sixth = send_call(&mut ada, &after(second, &note(3))).await;
    assert_eq!(outcome_of(&mut ada, sixth).await, Ok(()));
    all_is_well(&home, &server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_bytes_in_an_authentic_packet_break_nothing() {
    let home = Home::new();
    let server = home.start(&["--flood-limits", "off"]);
    let (mut ada, _) = sign_up(&home, &server, "99966004001", "ada_random").await;
    let genuine = text(&enums::InputPeer::Self_, "a text of some length", 5).to_bytes();
    let mut random = Seeded::new(1);
    for _ in 0..500 {
        let mut body = genuine.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(body.len());
            body[at] = random.next_u64() as u8;
        }
        body.truncate(4 * (1 + random.below(body.len() / 4)));
        let (_, packet) = ada.session().encode_call(&body, now(), &mut SystemEntropy);
        ada.write(&packet).await.expect("the line holds");
    }
    call(&mut ada, &f::updates::GetState {})
        .await
        .expect("it still answers");
    all_is_well(&home, &server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_that_is_out_of_bounds_is_refused_by_status() {
    let home = Home::new();
    let server = home.start(&[]);
    let cases = [
        (
            "POST /api HTTP/1.1\r\ncontent-length: 4\r\n\r\nabcd".to_owned(),
            "404",
        ),
        (
            "POST /api HTTP/1.1\r\ncontent-length: 0\r\n\r\n".to_owned(),
            "404",
        ),
        (
            "POST /api HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n".to_owned(),
            "400",
        ),
        (
            "POST /api HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(),
            "400",
        ),
        (
            format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(100)),
            "431",
        ),
        (
            format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(100_000)),
            "431",
        ),
        (
            "GET /apiws HTTP/1.1\r\nupgrade: websocket\r\n\r\n".to_owned(),
            "426",
        ),
    ];
    for (request, status) in cases {
        let mut wire = Wire::open(&server, Transport::Plain(Framing::Full)).await;
        wire.send_bytes(request.as_bytes()).await;
        let answer = wire.receive_text().await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request:.60}: {answer}"
        );
    }
    // A body of more than a packet, sent in full.
    let head = format!("POST /api HTTP/1.1\r\ncontent-length: {}\r\n\r\n", 4 << 20);
    let mut wire = Wire::open(&server, Transport::Plain(Framing::Full)).await;
    wire.send_bytes(head.as_bytes()).await;
    wire.send_bytes(&vec![0; 4 << 20]).await;
    let answer = wire.receive_text().await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 413 "),
        "{answer}"
    );
    all_is_well(&home, &server).await;
}
