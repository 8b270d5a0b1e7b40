//! Envelopes against an independent client's, and against damage.

use bytes::{BufMut, BytesMut};
use grammers_crypto::{DequeBuffer, decrypt_data_v2, encrypt_data_v2};
use sha2::{Digest, Sha256};

use super::NOW;
use crate::{
    AuthKey, Entropy, MsgId,
    binding::{self, Binding},
    client::seal_binding,
    envelope::{
        BadEnvelope, Header, Sender, open, open_unencrypted, seal, sealed_len, unencrypted,
    },
    fuzzing::Seeded,
};

fn key_bytes() -> [u8; 256] {
    std::array::from_fn(|i| (i * 7) as u8)
}

fn key() -> AuthKey {
    AuthKey::from_bytes(key_bytes())
}

const HEADER: Header = Header {
    salt: 11,
    session_id: 22,
    msg_id: MsgId(44),
    seqno: 3,
};

fn sealed(sender: Sender, body: &[u8]) -> BytesMut {
    let mut out = BytesMut::new();
    let mut entropy = Seeded::new(1);
    seal(
        &key(),
        sender,
        HEADER,
        body.len(),
        &mut out,
        &mut entropy,
        |out| {
            out.put_slice(body);
        },
    );
    out
}

/// An envelope made by hand, so that it can break the rules.
fn forged(plaintext: &[u8]) -> BytesMut {
    let mut buffer = DequeBuffer::with_capacity(plaintext.len(), 64);
    buffer.extend(plaintext);
    let theirs = grammers_crypto::AuthKey::from_bytes(key_bytes());
    encrypt_data_v2(&mut buffer, &theirs);
    buffer[..].into()
}

fn plaintext(len: i32, body: usize) -> Vec<u8> {
    let mut plain = Vec::new();
    plain.put_i64_le(HEADER.salt);
    plain.put_i64_le(HEADER.session_id);
    plain.put_i64_le(HEADER.msg_id.0);
    plain.put_i32_le(HEADER.seqno);
    plain.put_i32_le(len);
    plain.put_bytes(5, body);
    plain
}

#[test]
fn what_is_sealed_opens_at_every_length() {
    for sender in [Sender::Client, Sender::Server] {
        for len in (0..200).step_by(4).chain([1000, 65_536]) {
            let body = vec![9; len];
            let packet = sealed(sender, &body);
            assert_eq!(packet.len(), sealed_len(len));
            let opened = open(&key(), sender, packet).unwrap();
            assert_eq!((opened.header, &opened.body[..]), (HEADER, &body[..]));
        }
    }
}

#[test]
fn another_projects_client_opens_ours_and_we_open_its() {
    let theirs = grammers_crypto::AuthKey::from_bytes(key_bytes());
    let mut packet = sealed(Sender::Server, &[7; 40]);
    let plain = decrypt_data_v2(&mut packet, &theirs).unwrap();
    assert_eq!(plain[..72], [&plaintext(40, 0)[..], &[7; 40]].concat());

    let opened = open(&key(), Sender::Client, forged(&plaintext(40, 40))).unwrap();
    assert_eq!((opened.header, &opened.body[..]), (HEADER, &[5; 40][..]));
}

#[test]
fn any_flipped_bit_is_noticed() {
    let good = sealed(Sender::Client, &[1; 20]);
    for index in 0..good.len() {
        let mut bad = good.clone();
        bad[index] ^= 0x10;
        assert_eq!(open(&key(), Sender::Client, bad), Err(BadEnvelope));
    }
    assert_eq!(open(&key(), Sender::Server, good), Err(BadEnvelope));
}

#[test]
fn truncated_packets_are_refused() {
    let good = sealed(Sender::Client, &[1; 20]);
    for len in 0..good.len() {
        assert_eq!(
            open(&key(), Sender::Client, good[..len].into()),
            Err(BadEnvelope)
        );
    }
}

#[test]
fn lengths_and_paddings_against_the_rules_are_refused() {
    // In order: an odd length, a negative one, one beyond the end; our forger pads with 12 to 27.
    for len in [39, -4, 80, 1 << 30] {
        assert_eq!(
            open(&key(), Sender::Client, forged(&plaintext(len, 40))),
            Err(BadEnvelope)
        );
    }
    // More than 1024 bytes of padding, and less than 12.
    assert_eq!(
        open(&key(), Sender::Client, forged(&plaintext(0, 1024))),
        Err(BadEnvelope)
    );
    assert!(open(&key(), Sender::Client, forged(&plaintext(0, 1000))).is_ok());
    assert_eq!(
        open(&key(), Sender::Client, forged(&plaintext(56, 40))),
        Err(BadEnvelope)
    );
}

#[test]
fn quick_acknowledgements_are_the_start_of_the_hash() {
    let opened = open(&key(), Sender::Client, sealed(Sender::Client, &[1; 20])).unwrap();
    // 52 bytes of header and body leave 12 of padding, which our entropy draws in one go.
    let mut padding = [0; 27];
    Seeded::new(1).fill(&mut padding);
    let hash = Sha256::new()
        .chain_update(&key_bytes()[88..120])
        .chain_update(plaintext(20, 0))
        .chain_update([1; 20])
        .chain_update(&padding[..12])
        .finalize();
    assert_eq!(opened.quick_ack.to_le_bytes(), hash[..4]);
}

#[test]
fn unencrypted_messages_come_back_and_lying_ones_do_not() {
    let packet = unencrypted(MsgId(8), &[1, 2, 3, 4]);
    assert_eq!(open_unencrypted(&packet), Ok((MsgId(8), &[1, 2, 3, 4][..])));
    for len in 0..packet.len() {
        assert_eq!(open_unencrypted(&packet[..len]), Err(BadEnvelope));
    }
    let mut encrypted = packet;
    encrypted[0] = 1;
    assert_eq!(open_unencrypted(&encrypted), Err(BadEnvelope));
}

#[test]
fn a_binding_is_opened_only_with_the_right_key_and_call() {
    let binding = Binding {
        nonce: 1,
        temp_auth_key_id: 2,
        perm_auth_key_id: key().id(),
        temp_session_id: 4,
        expires_at_s: 5,
    };
    let call = MsgId::at(NOW);
    let proof = seal_binding(&key(), &binding, call, &mut Seeded::new(3));
    assert_eq!(binding::open(&key(), &proof, call), Ok(binding));

    let other_call = MsgId(call.0 + 4);
    assert!(binding::open(&key(), &proof, other_call).is_err());
    let other_key = AuthKey::from_bytes([1; 256]);
    assert!(binding::open(&other_key, &proof, call).is_err());
    for index in 0..proof.len() {
        let mut bad = proof.clone();
        bad[index] ^= 1;
        // The last eight bytes of plaintext are padding, which the old hash does not cover; but
        // flipping a bit of the ciphertext garbles the whole block, or the next ones.
        assert!(binding::open(&key(), &bad, call).is_err() || index >= proof.len() - 16);
        assert!(binding::open(&key(), &proof[..index], call).is_err());
    }
}
