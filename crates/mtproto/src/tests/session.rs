//! Sessions between a client and a server, message by message.

mod lossy;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    sync::Arc,
};

use bytes::{BufMut, BytesMut};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::NOW;
use crate::{
    AuthKey, FirstSalt, MsgId, MsgIdClock, Salts, UnixMillis,
    client::{ClientSession, Incoming},
    envelope::{self, Sender},
    fuzzing::Seeded,
    rpc,
    session::{CallState, Event, KeyDestroyed, Session},
    wire::{
        self, DESTROY_AUTH_KEY, DESTROY_SESSION, GET_FUTURE_SALTS, GZIP_PACKED, HTTP_WAIT,
        MSG_CONTAINER, MSG_RESEND_ANS_REQ, MSG_RESEND_REQ, MSGS_STATE_REQ, Object, PING,
        PING_DELAY_DISCONNECT, RPC_DROP_ANSWER,
    },
};

const CALL: [u8; 8] = [0xaa, 0xbb, 0xcc, 0xdd, 1, 2, 3, 4];
const FIRST_SALT: i64 = 0x5a17;

/// Both ends of a session, and a wire between them that loses nothing unless told to.
struct Link {
    client: ClientSession,
    key: Arc<AuthKey>,
    session: Session,
    salts: Salts,
    ids: MsgIdClock,
    now: UnixMillis,
    entropy: Seeded,
}

impl Link {
    fn new() -> Self {
        let key = Arc::new(AuthKey::from_bytes([5; 256]));
        let first = FirstSalt::of_new_key(FIRST_SALT, NOW);
        Self {
            client: ClientSession::new(AuthKey::from_bytes([5; 256]), FIRST_SALT, 1234),
            session: Session::new(1234, 99),
            salts: Salts::new([1; 32], key.id(), Some(first)),
            key,
            ids: MsgIdClock::starting_above(MsgId(0)),
            now: NOW,
            entropy: Seeded::new(6),
        }
    }

    /// A link whose `new_session_created` has been seen and acknowledged.
    fn established() -> Self {
        let mut link = Self::new();
        let id = link.call();
        link.session.answer(id, &b"done"[..]);
        link.receive();
        link.acknowledge();
        link
    }

    /// Gives a packet of the client to the server.
    fn deliver(&mut self, packet: BytesMut) -> Vec<Event> {
        let opened = envelope::open(&self.key, Sender::Client, packet).unwrap();
        assert_eq!(opened.header.session_id, self.session.id());
        let mut events = Vec::new();
        self.session
            .receive(opened, &self.salts, self.now, &mut events);
        events
    }

    fn send(&mut self, body: &[u8], is_content: bool) -> (MsgId, Vec<Event>) {
        let (msg_id, packet) = self
            .client
            .encode(body, is_content, self.now, &mut self.entropy);
        (msg_id, self.deliver(packet))
    }

    /// Sends a call and checks that it is handed out.
    #[track_caller]
    fn call(&mut self) -> MsgId {
        let (msg_id, packet) = self.client.encode_call(&CALL, self.now, &mut self.entropy);
        let events = self.deliver(packet);
        let body = CALL[..].to_vec().into();
        assert_eq!(events, [Event::Call { msg_id, body }]);
        msg_id
    }

    fn seal(&mut self, msg_id: MsgId, seqno: i32, body: &[u8]) -> BytesMut {
        self.client.seal(msg_id, seqno, body, &mut self.entropy)
    }

    /// Everything the server has to say now, in packets.
    fn packets(&mut self) -> Vec<BytesMut> {
        let mut packets = Vec::new();
        while let Some(packed) = self.session.pack(self.now, &self.ids) {
            let header = self.session.header(&packed, &self.salts, self.now);
            let mut out = BytesMut::new();
            envelope::seal(
                &self.key,
                Sender::Server,
                header,
                packed.len(),
                &mut out,
                &mut self.entropy,
                |out| packed.write(out),
            );
            packets.push(out);
        }
        packets
    }

    /// Everything the server has to say now, as the client reads it.
    fn receive(&mut self) -> Vec<Incoming> {
        let packets = self.packets();
        packets
            .into_iter()
            .flat_map(|packet| self.client.decode(packet).unwrap())
            .collect()
    }

    /// The client acknowledges whatever it has seen.
    fn acknowledge(&mut self) {
        if let Some(packet) = self.client.encode_acks(self.now, &mut self.entropy) {
            assert_eq!(self.deliver(packet), []);
        }
    }

    /// The code with which a message is refused.
    #[track_caller]
    fn refusal(&mut self, packet: BytesMut) -> i32 {
        assert_eq!(self.deliver(packet), []);
        match self.receive()[..] {
            [Incoming::BadMsg { code, .. }] => code,
            ref other => panic!("expected a refusal, not {other:?}"),
        }
    }

    fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus_seconds(seconds);
    }
}

fn answer(call: MsgId, body: &'static [u8]) -> Incoming {
    Incoming::Answer {
        call,
        body: body.into(),
    }
}

fn longs(constructor: u32, ids: &[MsgId]) -> Vec<u8> {
    Object::new(constructor)
        .longs(ids.iter().map(|id| id.0))
        .finish()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    Object::new(GZIP_PACKED)
        .bytes(&encoder.finish().unwrap())
        .finish()
}

#[test]
fn the_first_message_is_told_of_the_new_session_and_a_call_is_answered() {
    let mut link = Link::new();
    let call = link.call();
    assert_eq!(
        link.receive(),
        [
            Incoming::NewSession { first: call },
            Incoming::Acks(vec![call]),
        ]
    );
    link.session.answer(call, &b"done"[..]);
    assert_eq!(link.receive(), [answer(call, b"done")]);
    assert_eq!(link.receive(), []);
}

#[test]
fn an_answer_that_comes_at_once_needs_no_acknowledgement_before_it() {
    let mut link = Link::established();
    let call = link.call();
    link.session
        .answer(call, rpc::error(400, "PEER_ID_INVALID"));
    let packets = link.packets();
    assert_eq!(packets.len(), 1);
    let read = link.client.decode(packets[0].clone()).unwrap();
    let [Incoming::Answer { body, .. }] = &read[..] else {
        panic!("{read:?}");
    };
    assert_eq!(body[..4], wire::RPC_ERROR.to_le_bytes());
    assert_eq!(body[4..8], 400i32.to_le_bytes());
    assert_eq!(body[8..], [&[15][..], b"PEER_ID_INVALID"].concat());
}

#[test]
fn the_new_session_begins_with_the_lowest_message_of_a_container() {
    let mut link = Link::new();
    let (first, one) = link.client.number(link.now, true);
    let (second, three) = link.client.number(link.now, true);
    let packet = link.client.seal_container(
        &[(first, one, &CALL), (second, three, &CALL)],
        link.now,
        &mut link.entropy,
    );
    assert_eq!(link.deliver(packet).len(), 2);
    assert_eq!(link.receive()[0], Incoming::NewSession { first });
}

#[test]
fn a_wrong_salt_is_corrected_and_the_message_is_not_taken() {
    let mut link = Link::new();
    link.client = ClientSession::new(AuthKey::from_bytes([5; 256]), 0, 1234);
    let (msg_id, events) = link.send(&CALL, true);
    assert_eq!(events, []);
    assert_eq!(link.receive(), [Incoming::BadSalt { msg_id }]);
    // The same id may be used again, because it was not taken.
    let packet = link.seal(msg_id, 1, &CALL);
    assert_eq!(link.deliver(packet).len(), 1);
}

#[test]
fn salts_change_every_half_hour_and_overlap() {
    let mut link = Link::established();
    for _ in 0..10 {
        link.pass(25 * 60);
        // The client learns a new salt only when it is told to.
        let (_, events) = link.send(&CALL, true);
        if events.is_empty() {
            let received = link.receive();
            assert!(
                matches!(received[0], Incoming::BadSalt { .. }),
                "{received:?}"
            );
            assert_eq!(link.send(&CALL, true).1.len(), 1);
        }
    }
}

#[test]
fn each_rule_about_numbers_has_its_code() {
    let mut link = Link::established();
    let at = |seconds: i64| MsgId::at(NOW.plus_seconds(seconds));
    let call = link.call();
    link.session.answer(call, &b"done"[..]);
    link.receive();

    let packet = link.seal(at(-301), 1, &CALL);
    assert_eq!(link.refusal(packet), 16);
    let packet = link.seal(at(31), 1, &CALL);
    assert_eq!(link.refusal(packet), 17);
    let packet = link.seal(MsgId(at(1).0 | 1), 1, &CALL);
    assert_eq!(link.refusal(packet), 18);
    let container = Object::new(MSG_CONTAINER).int(0).finish();
    let packet = link.seal(call, 0, &container);
    assert_eq!(link.refusal(packet), 19);
    let packet = link.seal(at(1), 1, &CALL);
    assert_eq!(link.refusal(packet), 32);
    let packet = link.seal(at(-1), 9, &CALL);
    assert_eq!(link.refusal(packet), 33);
    let packet = link.seal(at(1), 21, &Object::new(MSG_CONTAINER).int(0).finish());
    assert_eq!(link.refusal(packet), 34);
    let packet = link.seal(at(1), 20, &CALL);
    assert_eq!(link.refusal(packet), 35);
    let packet = link.seal(at(1), 20, &Object::new(MSG_CONTAINER).int(7).finish());
    assert_eq!(link.refusal(packet), 64);
}

#[test]
fn a_message_older_than_what_is_remembered_is_refused_even_in_a_container() {
    let mut link = Link::established();
    let old = MsgId::at(NOW.plus_seconds(-601));
    let packet = link
        .client
        .seal_container(&[(old, 1, &CALL)], link.now, &mut link.entropy);
    assert_eq!(link.refusal(packet), 20);
}

#[test]
fn a_message_that_waited_is_taken_in_a_new_container() {
    let mut link = Link::established();
    let (waited, seqno) = link.client.number(link.now, true);
    link.pass(400);
    let packet = link
        .client
        .seal_container(&[(waited, seqno, &CALL)], link.now, &mut link.entropy);
    assert_eq!(link.deliver(packet).len(), 1);
}

#[test]
fn a_repeated_call_is_answered_again_with_the_same_message() {
    let mut link = Link::established();
    let (call, packet) = link.client.encode_call(&CALL, link.now, &mut link.entropy);
    assert_eq!(link.deliver(packet.clone()).len(), 1);

    // While it runs, a repeat only confirms that it came.
    assert_eq!(link.deliver(packet.clone()), []);
    assert_eq!(link.session.call_state(call), CallState::Running);
    link.session.answer(call, &b"done"[..]);
    let first = link.packets();
    assert_eq!(
        link.client.decode(first[0].clone()).unwrap(),
        [answer(call, b"done")]
    );

    assert_eq!(link.session.call_state(call), CallState::Answered);

    // Lost on its way, asked for again much later, and again.
    link.pass(1000);
    for _ in 0..2 {
        assert_eq!(link.deliver(packet.clone()), []);
        assert_eq!(link.receive(), [answer(call, b"done")]);
    }
    // Once the client has confirmed the answer, nothing is left to repeat.
    link.acknowledge();
    assert_eq!(link.deliver(packet), []);
    assert_eq!(link.receive(), []);
}

#[test]
fn a_repeated_container_runs_nothing_twice() {
    let mut link = Link::established();
    let (first, one) = link.client.number(link.now, true);
    let (second, three) = link.client.number(link.now, true);
    let packet = link.client.seal_container(
        &[(first, one, &CALL), (second, three, &CALL)],
        link.now,
        &mut link.entropy,
    );
    assert_eq!(link.deliver(packet.clone()).len(), 2);
    link.session.answer(first, &b"done"[..]);
    link.receive();
    assert_eq!(link.deliver(packet), []);
    assert_eq!(link.receive()[0], answer(first, b"done"));
}

#[test]
fn calls_of_a_container_keep_their_order() {
    let mut link = Link::established();
    let numbers: Vec<_> = (0..20)
        .map(|_| link.client.number(link.now, true))
        .collect();
    // The order in the container counts, not that of the ids.
    let parts: Vec<(MsgId, i32, &[u8])> = numbers
        .iter()
        .rev()
        .map(|(id, seqno)| (*id, *seqno, &CALL[..]))
        .collect();
    let packet = link
        .client
        .seal_container(&parts, link.now, &mut link.entropy);
    let called: Vec<MsgId> = link
        .deliver(packet)
        .into_iter()
        .map(|event| match event {
            Event::Call { msg_id, .. } => msg_id,
            other => panic!("{other:?}"),
        })
        .collect();
    let sent: Vec<MsgId> = parts.iter().map(|part| part.0).collect();
    assert_eq!(called, sent);
}

#[test]
fn containers_in_containers_and_lying_containers_are_refused() {
    let inner = Object::new(MSG_CONTAINER).int(0).finish();
    for body in [
        // Nested, plainly and compressed.
        Object::new(MSG_CONTAINER)
            .int(1)
            .long(MsgId::at(NOW).0 + 400)
            .int(20)
            .int(8)
            .raw(&inner),
        // More parts than there are, too many parts, a length beyond the end, an odd length, and
        // something behind the last part.
        Object::new(MSG_CONTAINER).int(3),
        Object::new(MSG_CONTAINER).int(1021).raw(&[0; 1021 * 16]),
        Object::new(MSG_CONTAINER).int(-1),
        Object::new(MSG_CONTAINER).int(1).long(4).int(1).int(400),
        Object::new(MSG_CONTAINER)
            .int(1)
            .long(4)
            .int(1)
            .int(3)
            .raw(&[0; 4]),
        Object::new(MSG_CONTAINER).int(0).int(0),
    ] {
        let mut link = Link::established();
        let (msg_id, _) = link.client.number(link.now, false);
        let packet = link.seal(msg_id, 20, &body.finish());
        assert_eq!(link.refusal(packet), 64);
    }
    let mut link = Link::established();
    let (msg_id, _) = link.client.number(link.now, false);
    let packet = link.seal(msg_id, 20, &gzip(&inner));
    assert_eq!(link.refusal(packet), 64);
}

#[test]
fn compressed_calls_are_unpacked_and_bombs_refused() {
    let mut link = Link::established();
    let (msg_id, events) = link.send(&gzip(&CALL), true);
    let body = CALL[..].to_vec().into();
    assert_eq!(events, [Event::Call { msg_id, body }]);
    link.session.answer(msg_id, &b"done"[..]);
    link.receive();

    // Each alone is within the limit; together they are not.
    let large = gzip(&vec![1; 6 * 1024 * 1024]);
    let (first, one) = link.client.number(link.now, true);
    let (second, three) = link.client.number(link.now, true);
    let packet = link.client.seal_container(
        &[(first, one, &large), (second, three, &large)],
        link.now,
        &mut link.entropy,
    );
    assert_eq!(link.deliver(packet).len(), 1);
    let refused = Incoming::BadMsg {
        msg_id: second,
        code: 64,
    };
    assert!(link.receive().contains(&refused));
}

#[test]
fn pings_are_answered_and_deadlines_passed_on() {
    let mut link = Link::established();
    for is_content in [false, true] {
        let ping = Object::new(PING).long(42).finish();
        assert_eq!(link.send(&ping, is_content).1, []);
        assert_eq!(link.receive(), [Incoming::Pong { ping_id: 42 }]);
    }
    let ping = Object::new(PING_DELAY_DISCONNECT).long(43).int(75).finish();
    let events = link.send(&ping, false).1;
    assert_eq!(events, [Event::DisconnectAfter { seconds: 75 }]);
    assert_eq!(link.receive(), [Incoming::Pong { ping_id: 43 }]);
}

#[test]
fn states_are_told() {
    let mut link = Link::established();
    let call = link.call();
    let never = MsgId(call.0 + 4);
    let later = MsgId::at(NOW.plus_seconds(10));
    link.pass(1);
    let request = longs(MSGS_STATE_REQ, &[call, never, later]);
    link.send(&request, true);
    let states = Incoming::States(vec![4 + 32, 2, 3]);
    assert!(link.receive().contains(&states));
    link.session.answer(call, &b"done"[..]);
    link.send(&request, true);
    let states = Incoming::States(vec![4 + 32 + 64, 2, 3]);
    assert!(link.receive().contains(&states));
}

#[test]
fn messages_are_sent_again_on_request_with_their_old_ids() {
    let mut link = Link::established();
    let call = link.call();
    link.session.answer(call, &b"done"[..]);
    link.session.push(&b"news"[..]);
    let first = link.receive();
    let Incoming::Push { msg_id: pushed, .. } = first[1] else {
        panic!("{first:?}");
    };
    link.send(&longs(MSG_RESEND_REQ, &[pushed]), false);
    assert_eq!(link.receive(), first[1..]);
    link.send(&longs(MSG_RESEND_ANS_REQ, &[call]), false);
    assert_eq!(link.receive(), first[..1]);
    // What is not kept is answered with states.
    link.acknowledge();
    link.send(&longs(MSG_RESEND_REQ, &[pushed]), false);
    assert!(matches!(link.receive()[..], [Incoming::States(_)]));
}

#[test]
fn what_was_lost_with_a_connection_comes_over_the_next() {
    let mut link = Link::established();
    let call = link.call();
    link.session.answer(call, &b"done"[..]);
    link.session.push(&b"news"[..]);
    let lost = link.packets();
    assert_eq!(lost.len(), 1);
    assert_eq!(link.receive(), []);
    link.session.reconnected();
    let received = link.receive();
    assert_eq!(received, link.client.decode(lost[0].clone()).unwrap());
    assert_eq!(received.len(), 2);
    link.acknowledge();
    link.session.reconnected();
    assert_eq!(link.receive(), []);
    assert!(link.session.is_idle());
    assert_eq!(link.session.held_bytes(), 0);
}

#[test]
fn answers_are_dropped_in_each_of_the_three_ways() {
    let dropped = |link: &mut Link, call: MsgId| {
        let request = Object::new(RPC_DROP_ANSWER).long(call.0).finish();
        let (request, events) = link.send(&request, true);
        let reply = link
            .receive()
            .into_iter()
            .find_map(|incoming| match incoming {
                Incoming::Answer { call, body } if call == request => Some(body),
                _ => None,
            });
        (wire::constructor(&reply.unwrap()).unwrap(), events)
    };
    let mut link = Link::established();

    let running = link.call();
    let (reply, events) = dropped(&mut link, running);
    assert_eq!(reply, wire::RPC_ANSWER_DROPPED_RUNNING);
    assert_eq!(events, [Event::CallDropped { msg_id: running }]);
    link.session.answer(running, &b"unwanted"[..]);
    assert_eq!(link.receive(), []);

    let answered = link.call();
    link.session.answer(answered, &b"done"[..]);
    link.packets();
    assert_eq!(dropped(&mut link, answered).0, wire::RPC_ANSWER_DROPPED);
    assert_eq!(dropped(&mut link, answered).0, wire::RPC_ANSWER_UNKNOWN);
    link.session.reconnected();
    let again = link.receive();
    assert!(!again.contains(&answer(answered, b"done")), "{again:?}");
}

#[test]
fn future_salts_are_those_that_will_be_accepted() {
    let mut link = Link::established();
    let (_, events) = link.send(&Object::new(GET_FUTURE_SALTS).int(64).finish(), false);
    assert_eq!(events, []);
    let received = link.receive();
    let [Incoming::FutureSalts(salts)] = &received[..] else {
        panic!("{received:?}");
    };
    assert_eq!(salts.len(), 64);
    let (since, _, salt) = salts[5];
    link.now = UnixMillis(i64::from(since) * 1000);
    link.client = ClientSession::new(AuthKey::from_bytes([5; 256]), salt, 1234);
    let (_, packet) = link.client.encode(&CALL, true, link.now, &mut link.entropy);
    // Numbers begin again with a new client, so only the salt can be right here.
    link.session = Session::new(1234, 100);
    assert_eq!(link.deliver(packet).len(), 1);
}

#[test]
fn requests_for_the_caller_are_passed_on_and_answered() {
    let mut link = Link::established();
    let destroy = |id: i64| Object::new(DESTROY_SESSION).long(id).finish();
    let (_, events) = link.send(&destroy(777), false);
    assert_eq!(events, [Event::DestroySession { session_id: 777 }]);
    link.session.session_destroyed(777, true);
    let reply = Object::new(wire::DESTROY_SESSION_OK).long(777).finish();
    assert_eq!(link.receive(), [Incoming::Other(reply.into())]);
    // Not the session in which it is asked for.
    assert_eq!(link.send(&destroy(1234), false).1, []);
    let reply = Object::new(wire::DESTROY_SESSION_NONE).long(1234).finish();
    assert_eq!(link.receive(), [Incoming::Other(reply.into())]);

    let (msg_id, events) = link.send(&Object::new(DESTROY_AUTH_KEY).finish(), true);
    assert_eq!(events, [Event::DestroyKey { msg_id }]);
    link.session.key_destroyed(KeyDestroyed::Done);
    let reply = Object::new(wire::DESTROY_AUTH_KEY_OK).finish();
    assert_eq!(link.receive(), [Incoming::Other(reply.into())]);

    let wait = Object::new(HTTP_WAIT).int(1).int(2).int(3).finish();
    assert_eq!(
        link.send(&wait, false).1,
        [Event::HttpWait {
            max_delay_ms: 1,
            wait_after_ms: 2,
            max_wait_ms: 3,
        }]
    );
}

#[test]
fn acknowledgements_wait_a_second_for_company() {
    let mut link = Link::established();
    let call = link.call();
    assert_eq!(link.session.acks_due(), Some(link.now.plus_seconds(1)));
    assert_eq!(link.receive(), []);
    link.pass(1);
    assert_eq!(link.receive(), [Incoming::Acks(vec![call])]);
    assert_eq!(link.session.acks_due(), None);

    let calls: Vec<MsgId> = (0..16).map(|_| link.call()).collect();
    assert_eq!(link.receive(), [Incoming::Acks(calls)]);

    let call = link.call();
    link.session.hurry_acks();
    assert_eq!(link.receive(), [Incoming::Acks(vec![call])]);
}

#[test]
fn pushes_to_nobody_are_bounded_and_their_loss_is_told() {
    let mut link = Link::established();
    for _ in 0..10_000 {
        link.session.push(vec![0; 4096]);
        assert!(link.session.held_bytes() <= 4 * 1024 * 1024);
    }
    assert!(link.session.take_pushes_lost());
    assert!(!link.session.take_pushes_lost());
    assert_eq!(link.receive().len(), 512);
}

#[test]
fn pushes_that_may_not_have_arrived_are_lost_only_with_the_connection() {
    let mut link = Link::established();
    for _ in 0..2000 {
        link.session.push(vec![0; 16]);
        link.packets();
    }
    assert!(!link.session.take_pushes_lost());
    link.session.reconnected();
    assert!(link.session.take_pushes_lost());
}

#[test]
fn answers_that_nobody_fetches_are_bounded_and_never_made_twice() {
    let mut link = Link::established();
    let (first, packet) = link.client.encode_call(&CALL, link.now, &mut link.entropy);
    link.deliver(packet.clone());
    link.session.answer(first, vec![0; 1024 * 1024]);
    for _ in 0..4 {
        let call = link.call();
        link.session.answer(call, vec![0; 1024 * 1024]);
    }
    assert!(link.session.held_bytes() <= 4 * 1024 * 1024);
    link.packets();
    assert_eq!(link.refusal(packet), 20);
    assert_eq!(link.session.call_state(first), CallState::Answered);
}

#[test]
fn a_call_that_was_answered_with_an_error_has_failed_for_good() {
    let mut link = Link::established();
    let call = link.call();
    link.session
        .answer(call, rpc::error(400, "PEER_ID_INVALID"));
    assert_eq!(link.session.call_state(call), CallState::Failed);
    link.receive();
    link.acknowledge();
    assert_eq!(link.session.call_state(call), CallState::Failed);
}

#[test]
fn large_answers_go_in_packets_of_their_own() {
    let mut link = Link::established();
    let calls: Vec<MsgId> = (0..3).map(|_| link.call()).collect();
    for call in &calls {
        link.session.answer(*call, vec![0; 512 * 1024]);
    }
    let packets = link.packets();
    assert_eq!(packets.len(), 3);
    for packet in packets {
        assert!(packet.len() < crate::transport::MAX_PACKET);
        assert_eq!(link.client.decode(packet).unwrap().len(), 1);
    }
}

#[test]
fn garbage_in_service_messages_is_passed_over() {
    let mut link = Link::established();
    for constructor in [
        PING,
        MSGS_STATE_REQ,
        RPC_DROP_ANSWER,
        GET_FUTURE_SALTS,
        HTTP_WAIT,
    ] {
        assert_eq!(link.send(&Object::new(constructor).finish(), false).1, []);
        assert_eq!(link.receive(), []);
    }
    let (msg_id, _) = link.client.number(link.now, true);
    let packet = link.seal(msg_id, 21, &[]);
    assert_eq!(link.refusal(packet), 64);
}

#[test]
fn an_idle_session_is_small() {
    assert!(size_of::<Session>() <= 320, "{}", size_of::<Session>());
    let mut link = Link::established();
    link.pass(3600);
    link.session.shrink(link.now);
    assert!(link.session.is_idle());
}
