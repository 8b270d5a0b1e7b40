//! Entry points for fuzzers, also run with seeded input by the tests: each takes any bytes and
//! panics only if a promise is broken.

use std::{collections::BTreeSet, sync::OnceLock};

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    AuthKey, Entropy, MsgId, MsgIdClock, Salts, ServerKey, UnixMillis,
    dh::DhPair,
    envelope::{self, Header, Opened, Sender},
    handshake::{Handshakes, Outcome, Step},
    pq::PqPool,
    session::{Event, Session},
    transport::{Detected, MAX_PACKET, ProxySecret, detect},
    websocket, wire,
};

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

/// A reproducible stand-in for entropy (SplitMix64). Not for anything that must be secret.
pub struct Seeded(u64);

impl Seeded {
    /// The same seed gives the same bytes.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next_u64() % bound.max(1) as u64) as usize
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A new connection on which `data` arrives in pieces.
pub fn fuzz_transport(data: &[u8]) {
    let Some((step, data)) = data.split_first() else {
        return;
    };
    let secrets = [ProxySecret([7; 16])];
    let (mut buffer, mut stream) = (BytesMut::new(), None);
    for chunk in data.chunks(*step as usize + 1) {
        buffer.put_slice(chunk);
        if stream.is_none() {
            match detect(&mut buffer, &secrets) {
                Detected::Stream(detected) => stream = Some(detected),
                Detected::NeedMore => continue,
                Detected::Http | Detected::Tls | Detected::Unknown => break,
            }
        }
        let Some(stream) = &mut stream else { break };
        loop {
            match stream.feed(&mut buffer) {
                Ok(Some(packet)) => assert!(packet.payload.len() <= MAX_PACKET + 15),
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
}

/// A WebSocket on which `data` arrives in pieces.
pub fn fuzz_websocket(data: &[u8]) {
    let Some((step, data)) = data.split_first() else {
        return;
    };
    let mut reader = websocket::Reader::default();
    let (mut incoming, mut out) = (BytesMut::new(), BytesMut::new());
    for chunk in data.chunks(*step as usize + 1) {
        incoming.put_slice(chunk);
        loop {
            match reader.feed(&mut incoming, &mut out) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
        assert!(out.len() + incoming.len() <= data.len());
    }
}

/// A packet for a known key; then a packet that was made with the key but holds anything.
pub fn fuzz_envelope(data: &[u8]) {
    let key = AuthKey::from_bytes([3; 256]);
    let _ = envelope::open(&key, Sender::Client, data.into());
    let _ = envelope::open_unencrypted(data);
    let _ = crate::binding::open(&key, data, MsgId(0));
    let _ = crate::gzip::unpack(data, &mut 10_000);
    let whole_words = &data[..data.len() & !3];
    let mut out = BytesMut::new();
    let header = Header {
        salt: 1,
        session_id: 2,
        msg_id: MsgId(4),
        seqno: 1,
    };
    let len = whole_words.len();
    let mut entropy = Seeded::new(len as u64);
    envelope::seal(
        &key,
        Sender::Client,
        header,
        len,
        &mut out,
        &mut entropy,
        |out| out.put_slice(whole_words),
    );
    let opened = envelope::open(&key, Sender::Client, out).expect("what was sealed opens");
    assert_eq!((opened.header, &opened.body[..]), (header, whole_words));
}

/// Unencrypted messages, some of them with the right nonces.
pub fn fuzz_handshake(data: &[u8]) {
    static KEY: OnceLock<ServerKey> = OnceLock::new();
    let key = KEY.get_or_init(|| ServerKey::generate().expect("OpenSSL makes a key"));
    let mut entropy = Seeded::new(data.len() as u64);
    let puzzles = PqPool::make(2, &mut entropy);
    let mut handshakes = Handshakes::new(puzzles, key.fingerprint());
    let _ = handshakes.receive(data, NOW, &mut entropy);
    // The data may have begun an exchange of its own.
    let begun = handshakes.pending();
    assert!(begun <= 1);

    let mut begin = wire::REQ_PQ_MULTI.to_le_bytes().to_vec();
    begin.extend_from_slice(&[0; 16]);
    let Step::Reply(res_pq) = handshakes.receive(&begin, NOW, &mut entropy) else {
        unreachable!("a first message is always answered");
    };
    // A request that is right up to the ciphertext, which is the data.
    let pq = u64::from_be_bytes(
        *res_pq[37..]
            .first_chunk()
            .expect("resPQ has eight bytes here"),
    );
    let factors = |candidate: &u64| pq.is_multiple_of(*candidate);
    let pool = PqPool::make(2, &mut Seeded::new(data.len() as u64));
    let Some(p) = (0..64)
        .map(|_| u64::from(pool.pick(&mut entropy).p))
        .find(factors)
    else {
        return;
    };
    let mut encrypted = [0; 256];
    for (out, byte) in encrypted.iter_mut().zip(data) {
        *out = *byte;
    }
    let mut request = wire::REQ_DH_PARAMS.to_le_bytes().to_vec();
    request.extend_from_slice(&res_pq[4..36]);
    wire::put_bytes(&mut request, &(p as u32).to_be_bytes());
    wire::put_bytes(&mut request, &((pq / p) as u32).to_be_bytes());
    request.extend_from_slice(&key.fingerprint().to_le_bytes());
    wire::put_bytes(&mut request, &encrypted);
    let Step::Compute(job) = handshakes.receive(&request, NOW, &mut entropy) else {
        unreachable!("the puzzle was solved");
    };
    let output = job.run(key, || DhPair::make(&mut Seeded::new(1)));
    assert!(matches!(
        handshakes.complete(output, NOW, &mut entropy),
        Outcome::Fail
    ));
    assert_eq!(handshakes.pending(), begun);
}

/// A session whose client sends anything, and a server that answers at its leisure.
pub fn fuzz_session(data: &[u8]) {
    let salts = Salts::new([1; 32], 1, None);
    let mut session = Session::new(1, 2);
    let ids = MsgIdClock::starting_above(MsgId(0));
    let (mut events, mut handed_out) = (Vec::new(), BTreeSet::new());
    let mut now = NOW;
    let mut rest = data;
    while let [action, a, b, tail @ ..] = rest {
        let len = (*b as usize * 4).min(tail.len() & !3);
        let (body, tail) = tail.split_at(len);
        rest = tail;
        now = now.plus_millis(i64::from(*a));
        match action % 8 {
            0 => session.push(Bytes::copy_from_slice(body)),
            1 => session.reconnected(),
            2 => session.shrink(now.plus_seconds(i64::from(*a))),
            3 => {
                for msg_id in &handed_out {
                    session.answer(*msg_id, Bytes::copy_from_slice(body));
                }
            }
            _ => {
                let salt = salts.future(now, 1)[0].salt;
                let mut forged = BytesMut::new();
                if let Some(constructor) = INTERESTING.get(*action as usize / 8) {
                    forged.put_u32_le(*constructor);
                }
                forged.put_slice(body);
                let opened = Opened {
                    header: Header {
                        salt: if *a == 255 { 0 } else { salt },
                        session_id: 1,
                        msg_id: MsgId(MsgId::at(now).0 + i64::from(*a as i8)),
                        seqno: i32::from(*b),
                    },
                    body: forged.freeze(),
                    quick_ack: 0,
                };
                session.receive(opened, &salts, now, &mut events);
            }
        }
        for event in events.drain(..) {
            if let Event::Call { msg_id, .. } = event {
                assert!(handed_out.insert(msg_id), "a call was handed out twice");
            }
        }
        if action % 3 == 0 {
            let mut last = ids.last();
            while let Some(packed) = session.pack(now, &ids) {
                assert!(packed.msg_id > last, "ids must rise");
                last = packed.msg_id;
                let mut out = BytesMut::new();
                packed.write(&mut out);
                assert_eq!(out.len(), packed.len());
            }
        }
    }
}

const INTERESTING: [u32; 18] = [
    wire::MSG_CONTAINER,
    wire::MSGS_ACK,
    wire::GZIP_PACKED,
    wire::PING,
    wire::PING_DELAY_DISCONNECT,
    wire::MSGS_STATE_REQ,
    wire::MSG_RESEND_REQ,
    wire::MSG_RESEND_ANS_REQ,
    wire::RPC_DROP_ANSWER,
    wire::GET_FUTURE_SALTS,
    wire::DESTROY_SESSION,
    wire::DESTROY_AUTH_KEY,
    wire::HTTP_WAIT,
    wire::MSGS_ALL_INFO,
    wire::BAD_MSG_NOTIFICATION,
    wire::RPC_RESULT,
    wire::VECTOR,
    0,
];
