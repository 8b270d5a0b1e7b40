//! Every transport, both ways, in any split.

use bytes::{BufMut, BytesMut};
use proptest::prelude::*;

use crate::{
    Entropy,
    fuzzing::Seeded,
    transport::{
        Detected, FrameError, Framing, MAX_PACKET, ProxySecret, Stream, TransportError, detect,
        obfuscated_header,
    },
};

static SECRETS: [ProxySecret; 2] = [ProxySecret([1; 16]), ProxySecret([2; 16])];

/// How a client begins: its framing, and the secret of obfuscation if there is any.
#[derive(Clone, Copy, Debug)]
struct Way {
    framing: Framing,
    obfuscated: bool,
    secret: Option<usize>,
}

fn ways() -> Vec<Way> {
    use Framing::{Abridged, Full, Intermediate, Padded};
    let mut ways = Vec::new();
    for framing in [Abridged, Intermediate, Padded, Full] {
        ways.push(Way {
            framing,
            obfuscated: false,
            secret: None,
        });
        if framing != Full {
            for secret in [None, Some(0), Some(1)] {
                ways.push(Way {
                    framing,
                    obfuscated: true,
                    secret,
                });
            }
        }
    }
    ways
}

/// The client's stream, after what it sends first.
fn begin(way: Way, entropy: &mut Seeded) -> (Vec<u8>, Stream) {
    if way.obfuscated {
        let secret = way.secret.map(|index| &SECRETS[index]);
        loop {
            let mut random = [0; 64];
            entropy.fill(&mut random);
            if let Some((header, stream)) = obfuscated_header(random, way.framing, secret) {
                return (header.to_vec(), stream);
            }
        }
    }
    let sign = match way.framing {
        Framing::Abridged => vec![0xef],
        Framing::Intermediate => vec![0xee; 4],
        Framing::Padded => vec![0xdd; 4],
        Framing::Full => Vec::new(),
    };
    (sign, Stream::plain(way.framing))
}

/// Encrypted-looking payloads: 24 bytes and whole blocks.
fn payload(blocks: usize, fill: u8) -> Vec<u8> {
    vec![fill | 1; 24 + 16 * blocks]
}

fn round_trip(way: Way, payloads: &[Vec<u8>], steps: &[usize], seed: u64) {
    let mut entropy = Seeded::new(seed);
    let (head, mut client) = begin(way, &mut entropy);
    let mut wire = BytesMut::from(&head[..]);
    for payload in payloads {
        client.send(payload, &mut wire, &mut entropy);
    }

    // The server reads in pieces.
    let (mut buffer, mut server, mut received) = (BytesMut::new(), None, Vec::new());
    let mut steps = steps.iter().copied().cycle();
    let mut rest = &wire[..];
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at(steps.next().unwrap().clamp(1, rest.len()));
        rest = tail;
        buffer.put_slice(piece);
        if server.is_none() {
            match detect(&mut buffer, &SECRETS) {
                Detected::Stream(stream) => server = Some(stream),
                Detected::NeedMore => continue,
                _ => panic!("{way:?} was not recognised"),
            }
        }
        let server = server.as_mut().unwrap();
        while let Some(packet) = server.feed(&mut buffer).unwrap() {
            assert!(!packet.quick_ack);
            received.push(packet.payload.to_vec());
        }
    }
    assert_eq!(received, payloads, "{way:?}");
    assert!(buffer.is_empty());
    let mut server = server.unwrap();
    assert_eq!(server.framing(), way.framing);
    assert_eq!(server.is_obfuscated(), way.obfuscated);

    // And back.
    let mut wire = BytesMut::new();
    for payload in payloads {
        server.send(payload, &mut wire, &mut entropy);
    }
    server.send_error(TransportError::KeyNotFound, &mut wire, &mut entropy);
    let mut received = Vec::new();
    while let Some(packet) = client.feed(&mut wire).unwrap() {
        received.push(packet.payload.to_vec());
    }
    let error = received.pop().unwrap();
    assert_eq!(error, (-404i32).to_le_bytes());
    assert_eq!(received, payloads, "{way:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn packets_come_through_in_any_split(
        sizes in prop::collection::vec((0usize..80, any::<u8>()), 1..6),
        steps in prop::collection::vec(1usize..90, 1..5),
        seed in any::<u64>(),
    ) {
        let payloads: Vec<_> = sizes.iter().map(|(blocks, fill)| payload(*blocks, *fill)).collect();
        for way in ways() {
            round_trip(way, &payloads, &steps, seed);
        }
    }
}

#[test]
fn long_packets_come_through() {
    for way in ways() {
        round_trip(way, &[payload(32, 3), payload(60_000, 5)], &[4096], 1);
    }
}

#[test]
fn unencrypted_messages_lose_their_random_tail_too() {
    let message = crate::envelope::unencrypted(crate::MsgId(4), &[7; 20]);
    for seed in 0..20 {
        let way = Way {
            framing: Framing::Padded,
            obfuscated: false,
            secret: None,
        };
        round_trip(way, std::slice::from_ref(&message), &[7], seed);
    }
}

#[test]
fn padding_of_the_longest_form_is_taken_off() {
    let message = payload(2, 7);
    for padding in 0..16 {
        let mut buffer = BytesMut::new();
        buffer.put_u32_le((message.len() + padding) as u32);
        buffer.put_slice(&message);
        buffer.put_bytes(9, padding);
        let packet = Stream::plain(Framing::Padded).feed(&mut buffer);
        assert_eq!(packet.unwrap().unwrap().payload, message[..]);
    }
}

/// Telethon (1.36 and 1.45) takes off only what is left over from whole words.
#[test]
fn telethon_can_take_our_padding_off() {
    let message = payload(2, 7);
    for seed in 0..50 {
        let mut out = BytesMut::new();
        Stream::plain(Framing::Padded).send(&message, &mut out, &mut Seeded::new(seed));
        let len = (out.len() - 4) & !3;
        assert_eq!(out[4..4 + len], message[..]);
    }
}

#[test]
fn the_published_bytes_of_each_framing_are_written() {
    let written = |framing, len: usize| {
        let mut out = BytesMut::new();
        Stream::plain(framing).send(&vec![0; len], &mut out, &mut Seeded::new(0));
        out
    };
    assert_eq!(written(Framing::Abridged, 4)[..1], [1]);
    assert_eq!(written(Framing::Abridged, 126 * 4)[..1], [126]);
    assert_eq!(written(Framing::Abridged, 127 * 4)[..4], [0x7f, 127, 0, 0]);
    assert_eq!(
        written(Framing::Abridged, 0x1_0203 * 4)[..4],
        [0x7f, 3, 2, 1]
    );
    assert_eq!(written(Framing::Intermediate, 300)[..4], [44, 1, 0, 0]);
    let full = written(Framing::Full, 4);
    assert_eq!(full[..12], [16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(full[12..], crc32fast::hash(&full[..12]).to_le_bytes());
}

#[test]
fn quick_acknowledgements_are_asked_for_and_given() {
    let token = 0x0102_0304;
    for (framing, request, reply) in [
        (Framing::Abridged, vec![0x80 | 0x0a], [0x81, 2, 3, 4]),
        (Framing::Intermediate, vec![40, 0, 0, 0x80], [4, 3, 2, 0x81]),
        (Framing::Padded, vec![40, 0, 0, 0x80], [4, 3, 2, 0x81]),
    ] {
        let mut stream = Stream::plain(framing);
        let mut buffer = BytesMut::from(&request[..]);
        buffer.put_bytes(9, 40);
        assert!(stream.feed(&mut buffer).unwrap().unwrap().quick_ack);
        let mut out = BytesMut::new();
        stream.quick_ack(token, &mut out);
        assert_eq!(out[..], reply);
    }
    let long = [&[0xff, 0x80, 0, 0][..], &[1; 512]].concat();
    let packet = Stream::plain(Framing::Abridged).feed(&mut long[..].into());
    assert!(packet.unwrap().unwrap().quick_ack);
}

#[test]
fn forbidden_lengths_are_refused_before_anything_is_buffered() {
    let too_long = MAX_PACKET as u32 + 64;
    let words = (too_long / 4).to_le_bytes();
    for (framing, bytes) in [
        (Framing::Abridged, vec![0]),
        (Framing::Abridged, vec![0x7f, words[0], words[1], words[2]]),
        (Framing::Intermediate, vec![0; 4]),
        (Framing::Intermediate, vec![5, 0, 0, 0]),
        (Framing::Intermediate, too_long.to_le_bytes().to_vec()),
        (Framing::Padded, vec![0; 4]),
        (Framing::Padded, too_long.to_le_bytes().to_vec()),
        (Framing::Full, vec![12, 0, 0, 0]),
        (Framing::Full, vec![17, 0, 0, 0]),
        (Framing::Full, too_long.to_le_bytes().to_vec()),
    ] {
        let fed = Stream::plain(framing).feed(&mut bytes[..].into());
        assert_eq!(fed.err(), Some(FrameError::Length), "{framing:?} {bytes:?}");
    }
}

#[test]
fn full_packets_must_be_whole_and_in_order() {
    let mut sender = Stream::plain(Framing::Full);
    let mut wire = BytesMut::new();
    sender.send(&[1; 8], &mut wire, &mut Seeded::new(0));
    let first = wire.clone();
    sender.send(&[2; 8], &mut wire, &mut Seeded::new(0));
    let second = wire[first.len()..].to_vec();

    let fed = Stream::plain(Framing::Full).feed(&mut second[..].into());
    assert_eq!(fed.err(), Some(FrameError::Number));
    let mut damaged = first;
    damaged[9] ^= 1;
    let fed = Stream::plain(Framing::Full).feed(&mut damaged);
    assert_eq!(fed.err(), Some(FrameError::Checksum));
}

#[test]
fn http_and_tls_are_told_apart_and_left_alone() {
    for request in [
        "GET /",
        "POST /api",
        "HEAD /",
        "OPTIONS /",
        "PUT /x",
        "DELETE /x",
    ] {
        let mut buffer = BytesMut::from(request);
        assert!(matches!(detect(&mut buffer, &SECRETS), Detected::Http));
        assert_eq!(buffer, request);
    }
    // The beginnings of ClientHello messages of 250 and of 1537 bytes.
    for hello in [
        [0x16, 3, 1, 0, 0xfa, 1, 0, 0, 0xf6, 3, 3],
        [0x16, 3, 1, 6, 1, 1, 0, 5, 0xfd, 3, 3],
    ] {
        assert!(matches!(
            detect(&mut hello[..].into(), &SECRETS),
            Detected::Tls
        ));
    }
}

#[test]
fn nothing_is_decided_too_early_or_for_a_stranger() {
    let mut entropy = Seeded::new(4);
    let way = Way {
        framing: Framing::Padded,
        obfuscated: true,
        secret: Some(1),
    };
    let (header, _) = begin(way, &mut entropy);
    for len in 0..64 {
        assert!(matches!(
            detect(&mut header[..len].into(), &SECRETS),
            Detected::NeedMore
        ));
    }
    assert!(matches!(
        detect(&mut header[..].into(), &SECRETS),
        Detected::Stream(_)
    ));
    assert!(matches!(
        detect(&mut header[..].into(), &SECRETS[..1]),
        Detected::Unknown
    ));
}

#[test]
fn an_idle_stream_is_small() {
    assert!(size_of::<Stream>() <= 40, "{}", size_of::<Stream>());
}
