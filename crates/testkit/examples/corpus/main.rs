//! Writes the seeds of the fuzz targets: `cargo run -p heliograph-testkit --example corpus -- fuzz/corpus`.
//!
//! Each is a small input that gets somewhere; fuzzers change them. Inputs that once broke something
//! are kept beside them, under names that begin with `found-`; this program does not touch those.

mod desk;

use bytes::{BufMut, BytesMut};
use heliograph_mtproto::envelope::{self, Header, Sender};
use heliograph_mtproto::fuzzing::Seeded;
use heliograph_mtproto::transport::{Framing, ProxySecret, Stream, obfuscated_header};
use heliograph_mtproto::{AuthKey, Entropy as _, MsgId, put_bytes};
use heliograph_tl::{Encode as _, enums, functions as f, types};
use std::path::PathBuf;

type Seeds = Vec<(String, Vec<u8>)>;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).unwrap_or("fuzz/corpus".into());
    for (target, seeds) in [
        ("transport", transport()),
        ("websocket", websocket()),
        ("envelope", envelopes()),
        ("handshake", handshake()),
        ("session", session()),
        ("wrappers", wrappers()),
        ("tl", tl()),
        ("layers", layers()),
        ("proxy-protocol", proxy_protocol()),
        ("settings", settings()),
        ("log", desk::log()),
        ("entries", desk::entries()),
        ("vault", desk::vault()),
    ] {
        let folder = PathBuf::from(&folder).join(target);
        std::fs::create_dir_all(&folder)?;
        for (name, bytes) in seeds {
            std::fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}

fn seed(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (name.into(), bytes.into())
}

fn words(ids: &[u32]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.to_le_bytes()).collect()
}

/// The first byte says in pieces of which size the rest arrives.
fn transport() -> Seeds {
    let mut seeds = Seeds::new();
    let signs: [(&str, Framing, &[u8]); 4] = [
        ("abridged", Framing::Abridged, &[0xef]),
        ("intermediate", Framing::Intermediate, &[0xee; 4]),
        ("padded", Framing::Padded, &[0xdd; 4]),
        ("full", Framing::Full, &[]),
    ];
    for (name, framing, sign) in signs {
        for (step, len) in [(0, 4), (255, 40), (6, 600)] {
            let bytes = [&[step], sign, &packets(&mut Stream::plain(framing), len)].concat();
            seeds.push(seed(format!("{name}-{len}"), bytes));
        }
        for secret in [None, Some(ProxySecret([7; 16]))] {
            let mut random = Seeded::new(1);
            let begun = (0..100).find_map(|_| {
                let mut header = [0; 64];
                random.fill(&mut header);
                obfuscated_header(header, framing, secret.as_ref())
            });
            let Some((header, mut stream)) = begun else {
                continue;
            };
            let bytes = [&[30], &header[..], &packets(&mut stream, 40)].concat();
            let way = if secret.is_some() {
                "proxy"
            } else {
                "obfuscated"
            };
            seeds.push(seed(format!("{way}-{name}"), bytes));
        }
    }
    let quick_ack = [&[9, 0xef, 0x81][..], &[1; 4], &[0xff, 1, 0, 0], &[2; 4]].concat();
    seeds.push(seed("abridged-quick-ack", quick_ack));
    let quick_ack = [
        &[9, 0xee, 0xee, 0xee, 0xee][..],
        &words(&[0x8000_0004]),
        &[1; 4],
    ]
    .concat();
    seeds.push(seed("intermediate-quick-ack", quick_ack));
    seeds.push(seed("abridged-length-zero", [9, 0xef, 0]));
    seeds.push(seed("abridged-longest", [9, 0xef, 0x7f, 0xff, 0xff, 0xff]));
    seeds.push(seed(
        "intermediate-longest",
        [&[9][..], &[0xee; 4], &[0xff; 4]].concat(),
    ));
    seeds.push(seed("http", b"\x05GET /apiws HTTP/1.1\r\n\r\n".to_vec()));
    seeds.push(seed("tls", [5, 0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]));
    seeds
}

/// Three packets in frames.
fn packets(stream: &mut Stream, len: usize) -> Vec<u8> {
    let mut out = BytesMut::new();
    for filling in 1..=3 {
        stream.send(&vec![filling; len], &mut out, &mut Seeded::new(2));
    }
    out.to_vec()
}

/// The first byte says in pieces of which size the rest arrives.
fn websocket() -> Seeds {
    let frame = |head: &[u8], payload: &[u8]| [head, &[1, 2, 3, 4], payload].concat();
    let mut seeds = Seeds::new();
    for (name, frames) in [
        ("binary", frame(&[0x82, 0x85], b"12345")),
        ("binary-empty", frame(&[0x82, 0x80], b"")),
        ("length-16-bits", frame(&[0x82, 0xfe, 0, 200], &[9; 200])),
        (
            "length-64-bits",
            frame(&[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 3], b"abc"),
        ),
        (
            "length-endless",
            frame(&[0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0], b"abc"),
        ),
        (
            "length-negative",
            frame(&[0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], b"abc"),
        ),
        (
            "fragments",
            [frame(&[0x02, 0x83], b"abc"), frame(&[0x80, 0x83], b"def")].concat(),
        ),
        (
            "ping-between",
            [
                frame(&[0x02, 0x83], b"abc"),
                frame(&[0x89, 0x82], b"hi"),
                frame(&[0x80, 0x81], b"d"),
            ]
            .concat(),
        ),
        ("continuation-of-nothing", frame(&[0x80, 0x83], b"abc")),
        (
            "two-beginnings",
            [frame(&[0x02, 0x81], b"a"), frame(&[0x02, 0x81], b"b")].concat(),
        ),
        ("text", frame(&[0x81, 0x83], b"abc")),
        ("ping", frame(&[0x89, 0x84], b"ping")),
        ("ping-too-long", frame(&[0x89, 0xfe, 0, 126], &[1; 126])),
        ("ping-in-fragments", frame(&[0x09, 0x81], b"a")),
        ("pong", frame(&[0x8a, 0x80], b"")),
        ("close", frame(&[0x88, 0x82], &[3, 0xe8])),
        ("unknown-control", frame(&[0x8b, 0x80], b"")),
        ("reserved-bit", frame(&[0xc2, 0x81], b"a")),
        ("unmasked", vec![0x82, 0x01, b'a']),
        ("head-cut", vec![0x82]),
    ] {
        seeds.push(seed(name, [&[255], &frames[..]].concat()));
        seeds.push(seed(format!("{name}-slowly"), [&[0], &frames[..]].concat()));
    }
    seeds
}

fn envelopes() -> Seeds {
    let mut seeds = Seeds::new();
    // The key that the target knows.
    let key = AuthKey::from_bytes([3; 256]);
    for len in [4, 8, 64, 200] {
        let header = Header {
            salt: 1,
            session_id: 2,
            msg_id: MsgId(4),
            seqno: 1,
        };
        let mut packet = BytesMut::new();
        let mut random = Seeded::new(3);
        envelope::seal(
            &key,
            Sender::Client,
            header,
            len,
            &mut packet,
            &mut random,
            |out| {
                out.put_bytes(1, len);
            },
        );
        seeds.push(seed(format!("sealed-{len}"), &packet[..]));
        seeds.push(seed(
            format!("sealed-{len}-cut"),
            &packet[..packet.len() - 16],
        ));
    }
    for len in [0, 4, 20, 100] {
        let packet = envelope::unencrypted(MsgId(4), &vec![1; len]);
        seeds.push(seed(format!("unencrypted-{len}"), packet));
    }
    seeds.push(seed(
        "unencrypted-lying",
        words(&[0, 0, 4, 0, 0x7fff_fffc, 1]),
    ));
    // gzip of "hello" and of a thousand zeros, as any gzip writes them.
    let hello = [
        31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 72, 205, 201, 201, 7, 0, 134, 166, 16, 54, 5, 0, 0, 0,
    ];
    let mut gzip = words(&[0x3072_cfa1]);
    put_bytes(&mut gzip, &hello);
    seeds.push(seed("gzip", gzip.clone()));
    seeds.push(seed("gzip-cut", &gzip[..20]));
    seeds.push(seed(
        "gzip-empty",
        [words(&[0x3072_cfa1]), vec![0; 4]].concat(),
    ));
    let mut proof = key.id().to_le_bytes().to_vec();
    proof.extend([5; 16 + 80]);
    seeds.push(seed("binding", proof));
    seeds.push(seed("nothing", []));
    seeds
}

fn handshake() -> Seeds {
    let nonces = [6; 32];
    let begin = |id| [words(&[id]), vec![6; 16]].concat();
    let mut seeds = vec![
        seed("req-pq", begin(0x6046_9778)),
        seed("req-pq-multi", begin(0xbe7e_8ef1)),
        seed("req-pq-cut", words(&[0x6046_9778, 1])),
        seed("unknown", words(&[0xdead_beef])),
        seed("zeros", [0; 256]),
        seed("above-the-modulus", [0xff; 256]),
        seed("small", [1]),
    ];
    for len in [0, 4, 256, 260] {
        let mut request = [words(&[0xd712_e4be]), nonces.to_vec()].concat();
        put_bytes(&mut request, &[1, 2, 3, 4]);
        put_bytes(&mut request, &[5, 6, 7, 8]);
        request.extend([9; 8]);
        put_bytes(&mut request, &vec![7; len]);
        seeds.push(seed(format!("req-dh-params-{len}"), request));
        let mut request = [words(&[0xf504_5f1f]), nonces.to_vec()].concat();
        put_bytes(&mut request, &vec![7; len]);
        seeds.push(seed(format!("set-client-dh-params-{len}"), request));
    }
    seeds
}

/// A script: an action, two numbers (the second is a length in words too), then so many words.
fn session() -> Seeds {
    let step = |action: u8, a: u8, body: &[u32]| {
        let mut out = vec![action, a, body.len() as u8];
        out.extend(words(body));
        out
    };
    // Actions of 4 to 7 (modulo 8) receive a message; the constructor is number `action / 8` of the
    // target's list.
    let service = |index: u8, body: &[u32]| step(index * 8 + 4, 4, body);
    let call = step(255, 8, &[0xc4f9_186b]);
    let mut seeds = vec![
        seed("call", call.clone()),
        seed(
            "call-and-answer",
            [call.clone(), step(3, 0, &[0x9972_75b5])].concat(),
        ),
        seed(
            "call-twice",
            [call.clone(), call.clone(), step(3, 0, &[1])].concat(),
        ),
        seed(
            "push-and-reconnect",
            [step(0, 1, &[1, 2]), step(1, 1, &[]), step(0, 1, &[3])].concat(),
        ),
        seed(
            "shrink",
            [call.clone(), step(3, 1, &[1; 40]), step(2, 255, &[])].concat(),
        ),
        seed("wrong-salt", step(255, 255, &[0xc4f9_186b])),
    ];
    let bodies: [(&str, &[u32]); 18] = [
        ("container", &[2, 8, 0, 1, 4, 1, 12, 0, 3, 4, 2]),
        ("acks", &[0x1cb5_c415, 1, 4, 0]),
        ("gzip", &[0x0000_0004]),
        ("ping", &[1, 2]),
        ("ping-delay-disconnect", &[1, 2, 60]),
        ("msgs-state-req", &[0x1cb5_c415, 2, 4, 0, 8, 0]),
        ("msg-resend-req", &[0x1cb5_c415, 1, 4, 0]),
        ("msg-resend-ans-req", &[0x1cb5_c415, 1, 4, 0]),
        ("rpc-drop-answer", &[4, 0]),
        ("get-future-salts", &[64]),
        ("destroy-session", &[5, 0]),
        ("destroy-auth-key", &[]),
        ("http-wait", &[0, 0, 25_000]),
        ("msgs-all-info", &[0x1cb5_c415, 1, 4, 0, 1]),
        ("bad-msg-notification", &[4, 0, 1, 32]),
        ("rpc-result", &[4, 0, 0x9972_75b5]),
        ("vector", &[1, 2]),
        ("zero", &[]),
    ];
    for (index, (name, body)) in bodies.into_iter().enumerate() {
        let message = service(index as u8, body);
        seeds.push(seed(name, message.clone()));
        seeds.push(seed(
            format!("{name}-among-calls"),
            [call.clone(), message, call.clone(), step(3, 0, &[1])].concat(),
        ));
    }
    seeds
}

fn wrappers() -> Seeds {
    let call = f::help::GetConfig {}.to_bytes();
    let with = |head: Vec<u8>| [head, call.clone()].concat();
    let init = |flags: u32, extra: &[u8]| {
        let mut out = words(&[0xc1cd_5ea9, flags, 6]);
        for word in ["device", "system", "1.0", "en", "", "en"] {
            put_bytes(&mut out, word.as_bytes());
        }
        [out, extra.to_vec()].concat()
    };
    let layer = words(&[0xda9b_0d0d, 227]);
    let proxy = {
        let mut out = words(&[0x7558_8b3f]);
        put_bytes(&mut out, b"proxy.example");
        [out, words(&[443])].concat()
    };
    let json = types::JsonArray {
        value: vec![enums::JSONValue::JsonNull; 3],
    };
    let json = enums::JSONValue::from(json).to_bytes();
    let both = [proxy.clone(), json.clone()].concat();
    vec![
        seed("bare", call.clone()),
        seed("layer", with(layer.clone())),
        seed(
            "layer-and-init",
            with([layer.clone(), init(0, &[])].concat()),
        ),
        seed(
            "init-and-layer",
            with([init(0, &[]), layer.clone()].concat()),
        ),
        seed("init-with-proxy", with(init(1, &proxy))),
        seed("init-with-params", with(init(2, &json))),
        seed("init-with-both", with(init(3, &both))),
        seed("init-flags-lie", with(init(3, &[]))),
        seed("without-updates", with(words(&[0xbf94_59b7]))),
        seed("after-msg", with(words(&[0xcb9f_372d, 4, 0]))),
        seed(
            "after-msgs",
            with(words(&[0x3dc4_b4f0, 0x1cb5_c415, 2, 4, 0, 8, 0])),
        ),
        seed(
            "after-too-many",
            with(words(&[0x3dc4_b4f0, 0x1cb5_c415, 0x7fff_ffff, 4, 0])),
        ),
        seed(
            "messages-range",
            with(words(&[0x3652_75f2, 0x0ae3_0253, 1, 2])),
        ),
        seed("takeout", with(words(&[0xaca9_fd2e, 1, 2]))),
        seed(
            "all-at-once",
            with(
                [
                    layer.clone(),
                    init(0, &[]),
                    words(&[0xbf94_59b7, 0xcb9f_372d, 4, 0]),
                ]
                .concat(),
            ),
        ),
        seed("endless", words(&[0xbf94_59b7]).repeat(50)),
        seed("layer-cut", words(&[0xda9b_0d0d])),
        seed("layer-too-large", with(words(&[0xda9b_0d0d, 0xffff_ffff]))),
        seed("gzip-of-nothing", words(&[0x3072_cfa1, 0])),
        seed("nothing", []),
    ]
}

fn peers() -> [enums::InputPeer; 3] {
    [
        enums::InputPeer::Self_,
        types::InputPeerUser {
            user_id: 7,
            access_hash: 8,
        }
        .into(),
        types::InputPeerChat { chat_id: 9 }.into(),
    ]
}

fn calls() -> Seeds {
    let mut seeds = Seeds::new();
    for (number, peer) in peers().into_iter().enumerate() {
        let plain = f::messages::SendMessage {
            peer: peer.clone(),
            message: "a text with \u{1f600} in it".into(),
            random_id: 5,
            ..Default::default()
        };
        seeds.push(seed(format!("0-send-{number}"), plain.to_bytes()));
        let rich = f::messages::SendMessage {
            entities: Some(vec![
                types::MessageEntityBold {
                    offset: 0,
                    length: 6,
                }
                .into(),
            ]),
            reply_to: Some(
                types::InputReplyToMessage {
                    reply_to_msg_id: 3,
                    ..Default::default()
                }
                .into(),
            ),
            silent: true,
            ..plain
        };
        seeds.push(seed(format!("0-send-rich-{number}"), rich.to_bytes()));
        let edit = f::messages::EditMessage {
            peer: peer.clone(),
            id: 4,
            message: Some("b".into()),
            ..Default::default()
        };
        seeds.push(seed(format!("1-edit-{number}"), edit.to_bytes()));
        let forward = f::messages::ForwardMessages {
            from_peer: peer.clone(),
            to_peer: peer,
            id: vec![1, 2, 3],
            random_id: vec![4, 5, 6],
            ..Default::default()
        };
        seeds.push(seed(format!("2-forward-{number}"), forward.to_bytes()));
    }
    let dialogs = f::messages::GetDialogs {
        limit: 100,
        ..Default::default()
    };
    seeds.push(seed("3-dialogs", dialogs.to_bytes()));
    let contact = types::InputPhoneContact {
        client_id: 1,
        phone: "1".into(),
        first_name: "A".into(),
        ..Default::default()
    };
    let import = f::contacts::ImportContacts {
        contacts: vec![contact.into(); 3],
    };
    seeds.push(seed("4-import", import.to_bytes()));
    let users = f::users::GetUsers {
        id: vec![enums::InputUser::Self_; 4],
    };
    seeds.push(seed("5-users", users.to_bytes()));
    let code = f::auth::SendCode {
        phone_number: "1".into(),
        api_id: 1,
        api_hash: "0".repeat(32),
        settings: types::CodeSettings::default().into(),
    };
    seeds.push(seed("6-send-code", code.to_bytes()));
    let privacy = f::account::SetPrivacy {
        key: enums::InputPrivacyKey::StatusTimestamp,
        rules: vec![enums::InputPrivacyRule::InputPrivacyValueAllowAll],
    };
    seeds.push(seed("7-privacy", privacy.to_bytes()));
    seeds
}

/// The first byte says which type is read: the digit that the names of calls begin with.
fn tl() -> Seeds {
    let mut seeds: Seeds = calls()
        .into_iter()
        .map(|(name, bytes)| {
            let choice = name.as_bytes()[0] - b'0';
            seed(name, [&[choice], &bytes[..]].concat())
        })
        .collect();
    let mut nested = enums::JSONValue::JsonNull;
    for _ in 0..10 {
        nested = types::JsonArray {
            value: vec![nested],
        }
        .into();
    }
    for (name, bytes) in [
        ("8-json", [vec![8], nested.to_bytes()].concat()),
        (
            "8-json-deep",
            [vec![8], words(&[0xf714_4e35, 0x1cb5_c415, 1]).repeat(60)].concat(),
        ),
        (
            "8-json-wide",
            [vec![8], words(&[0xf714_4e35, 0x1cb5_c415, 0x7fff_ffff])].concat(),
        ),
        ("9-peer", [vec![9], peers()[1].to_bytes()].concat()),
        (
            "10-message",
            [
                vec![10],
                enums::Message::from(types::Message::default()).to_bytes(),
            ]
            .concat(),
        ),
        ("11-too-long", [vec![11], words(&[0xe317_af7e])].concat()),
        (
            "11-short-sent",
            [
                vec![11],
                enums::Updates::from(types::UpdateShortSentMessage::default()).to_bytes(),
            ]
            .concat(),
        ),
    ] {
        seeds.push(seed(name, bytes));
    }
    seeds
}

fn layers() -> Seeds {
    let mut seeds = calls();
    // messages.sendMessage as it was from layer 143 on, with a text and nothing else.
    for id in [
        0x0d9d_75a4,
        0x1cc2_0387,
        0x280d_096f,
        0xdff8_042c,
        0x983f_9745,
        0xfbf2_340a,
        0xfe05_dc9a,
        0x545c_d15a,
    ] {
        let plain = words(&[id, 0, 0x7da0_7ec9, 0x0063_6203, 5, 0]);
        seeds.push(seed(format!("old-send-{id:08x}"), plain));
        let reply = words(&[id, 1, 0x7da0_7ec9, 17, 0x0063_6203, 5, 0]);
        seeds.push(seed(format!("old-reply-{id:08x}"), reply));
    }
    seeds.push(seed(
        "answer-message",
        enums::Message::from(types::Message::default()).to_bytes(),
    ));
    seeds.push(seed("answer-updates", words(&[0xe317_af7e])));
    seeds.push(seed("unknown", words(&[0xdead_beef])));
    seeds.push(seed("nothing", []));
    seeds
}

fn proxy_protocol() -> Seeds {
    let v2 = |head: &[u8], rest: &[u8]| [b"\r\n\r\n\0\r\nQUIT\n", head, rest].concat();
    vec![
        seed(
            "v1-tcp4",
            *b"PROXY TCP4 198.51.100.7 127.0.0.1 40000 443\r\n",
        ),
        seed("v1-tcp6", *b"PROXY TCP6 2001:db8::7 ::1 40000 443\r\n"),
        seed("v1-unknown", *b"PROXY UNKNOWN\r\n"),
        seed(
            "v1-unknown-with-words",
            *b"PROXY UNKNOWN ffff:f...f:ffff 1 2 3\r\n",
        ),
        seed(
            "v1-port-too-large",
            *b"PROXY TCP4 198.51.100.7 127.0.0.1 70000 443\r\n",
        ),
        seed(
            "v1-families-mixed",
            *b"PROXY TCP4 2001:db8::7 ::1 40000 443\r\n",
        ),
        seed("v1-no-end", [&b"PROXY TCP4 "[..], &[b'1'; 120]].concat()),
        seed("v1-cut", *b"PROXY TCP"),
        seed(
            "v2-tcp4",
            v2(
                &[0x21, 0x11, 0, 12],
                &[198, 51, 100, 7, 127, 0, 0, 1, 156, 64, 1, 187],
            ),
        ),
        seed("v2-tcp6", v2(&[0x21, 0x21, 0, 36], &[7; 36])),
        seed("v2-unix", v2(&[0x21, 0x31, 0, 216], &[1; 216])),
        seed("v2-local", v2(&[0x20, 0, 0, 0], &[])),
        seed(
            "v2-extras",
            v2(
                &[0x21, 0x11, 0, 19],
                &[
                    198, 51, 100, 7, 127, 0, 0, 1, 156, 64, 1, 187, 4, 0, 4, 1, 2, 3, 4,
                ],
            ),
        ),
        seed("v2-too-short", v2(&[0x21, 0x11, 0, 4], &[1, 2, 3, 4])),
        seed("v2-too-long", v2(&[0x21, 0x11, 0xff, 0xff], &[1; 40])),
        seed("v2-version-3", v2(&[0x31, 0x11, 0, 12], &[1; 12])),
        seed("v2-command-2", v2(&[0x22, 0x11, 0, 12], &[1; 12])),
        seed("v2-cut", v2(&[0x21], &[])),
        seed("mtproto", [0xee; 8]),
        seed("nothing", []),
    ]
}

fn settings() -> Seeds {
    [
        ("listen", "HELIOGRAPH_LISTEN=0.0.0.0:443"),
        ("listen-bad", "HELIOGRAPH_LISTEN=somewhere"),
        ("advertise", "HELIOGRAPH_ADVERTISE=[2001:db8::1]:443"),
        ("origin", "HELIOGRAPH_ORIGIN=https://chat.example"),
        ("origin-path", "HELIOGRAPH_ORIGIN=https://chat.example/path?query#fragment"),
        ("store", "HELIOGRAPH_STORE=postgres://u:secret@h/db"),
        ("codes-file", "HELIOGRAPH_CODES=file:/tmp/codes"),
        ("codes-webhook", "HELIOGRAPH_CODES=webhook:https://codes.example/hook\nHELIOGRAPH_WEBHOOK_SECRET=s"),
        ("registration", "HELIOGRAPH_REGISTRATION=invite"),
        ("trusted-proxies", "HELIOGRAPH_TRUSTED_PROXIES=10.0.0.0/8, 127.0.0.1,2001:db8::/32"),
        ("trusted-proxies-bad", "HELIOGRAPH_TRUSTED_PROXIES=10.0.0.0/33"),
        ("mtproxy-secret", "HELIOGRAPH_MTPROXY_SECRET=00112233445566778899aabbccddeeff,dd00112233445566778899aabbccddeeff"),
        ("flood-limits", "HELIOGRAPH_FLOOD_LIMITS=off\nHELIOGRAPH_LISTEN=127.0.0.1:1"),
        ("flood-limits-public", "HELIOGRAPH_FLOOD_LIMITS=off\nHELIOGRAPH_LISTEN=0.0.0.0:1"),
        ("log", "HELIOGRAPH_LOG=trace"),
        ("unknown", "HELIOGRAPH_NOTHING=1"),
        ("others", "PATH=/bin\nHELIOGRAPH_TARGET=x"),
        ("not-text", "HELIOGRAPH_LOG=\u{fffd}"),
    ]
    .map(|(name, text)| seed(name, text))
    .to_vec()
}
