//! The envelope of MTProto 2.0 (<https://core.telegram.org/mtproto/description>).
//!
//! ```text
//! auth_key_id 8 | msg_key 16 | AES-256-IGE( salt 8 | session_id 8 | msg_id 8 | seqno 4 | length 4 | body | padding 12..1024 )
//! ```
//!
//! `msg_key` is a hash over part of the key and everything inside, so it is checked in constant
//! time before any field is read, and a wrong one looks like any other damage.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    aes_ige::AesIge,
    auth_key::AuthKey,
    entropy::{Entropy, draw},
    msg_id::MsgId,
    wire::{Reader, Truncated},
};

/// Key id and message key, in front of what is encrypted.
const OUTER_HEADER: usize = 24;

/// Salt, session, id, number and length, in front of the body.
const INNER_HEADER: usize = 32;

/// The least and the most padding that the protocol allows.
const MIN_PADDING: usize = 12;
const MAX_PADDING: usize = 1024;

/// Whose words an envelope carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// From client to server.
    Client,
    /// From server to client.
    Server,
}

impl Sender {
    /// Each direction takes other parts of the key (`x` in the documentation).
    fn offset(self) -> usize {
        match self {
            Self::Client => 0,
            Self::Server => 8,
        }
    }
}

/// What stands in front of an encrypted body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The server salt.
    pub salt: i64,
    /// Chosen by the client at random.
    pub session_id: i64,
    /// The message's id.
    pub msg_id: MsgId,
    /// Twice the number of content messages sent before, plus one for a content message.
    pub seqno: i32,
}

/// A message that was encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What stood in front of the body.
    pub header: Header,
    /// The message itself; shares memory with the packet.
    pub body: Bytes,
    /// What to return if the packet asked for a quick acknowledgement.
    pub quick_ack: u32,
}

/// The packet was not made with this key, or breaks the envelope's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a valid envelope")]
pub struct BadEnvelope;

impl From<Truncated> for BadEnvelope {
    fn from(_: Truncated) -> Self {
        Self
    }
}

/// The key id in front of a packet: zero for an unencrypted message. `None` if the packet is too
/// short to have one.
pub fn key_id(packet: &[u8]) -> Option<i64> {
    packet.first_chunk().copied().map(i64::from_le_bytes)
}

/// Reads an unencrypted message: its id and its body.
pub fn open_unencrypted(packet: &[u8]) -> Result<(MsgId, &[u8]), BadEnvelope> {
    let mut reader = Reader::new(packet);
    if reader.i64()? != 0 {
        return Err(BadEnvelope);
    }
    let msg_id = MsgId(reader.i64()?);
    let len = reader.u32()? as usize;
    let body = reader.take(len)?;
    if !len.is_multiple_of(4) || !reader.rest().is_empty() {
        return Err(BadEnvelope);
    }
    Ok((msg_id, body))
}

/// Makes an unencrypted message.
pub fn unencrypted(msg_id: MsgId, body: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(20 + body.len());
    packet.put_i64_le(0);
    packet.put_i64_le(msg_id.0);
    packet.put_u32_le(body.len() as u32);
    packet.put_slice(body);
    packet
}

/// Decrypts a packet in place and checks it.
pub fn open(key: &AuthKey, sender: Sender, mut packet: BytesMut) -> Result<Opened, BadEnvelope> {
    let mut reader = Reader::new(&packet);
    let key_id = reader.i64()?;
    let msg_key: [u8; 16] = reader.array()?;
    let encrypted = reader.rest().len();
    if key_id != key.id() || encrypted < INNER_HEADER + 16 || !encrypted.is_multiple_of(16) {
        return Err(BadEnvelope);
    }
    packet.advance(OUTER_HEADER);

    derive(key, sender, &msg_key).decrypt(&mut packet);
    let hash = hash_plaintext(key, sender, &packet);
    if !bool::from(hash[8..24].ct_eq(&msg_key)) {
        return Err(BadEnvelope);
    }

    let mut reader = Reader::new(&packet);
    let header = Header {
        salt: reader.i64()?,
        session_id: reader.i64()?,
        msg_id: MsgId(reader.i64()?),
        seqno: reader.i32()?,
    };
    let len = reader.u32()? as usize;
    let padding = reader.rest().len().checked_sub(len).ok_or(BadEnvelope)?;
    if !len.is_multiple_of(4) || !(MIN_PADDING..=MAX_PADDING).contains(&padding) {
        return Err(BadEnvelope);
    }
    let body = packet.freeze().slice(INNER_HEADER..INNER_HEADER + len);
    let quick_ack = u32::from_le_bytes(*hash.first_chunk().expect("32 bytes hold 4"));
    Ok(Opened {
        header,
        body,
        quick_ack,
    })
}

/// The length of the packet that [`seal`] makes of a body of `body_len` bytes.
pub fn sealed_len(body_len: usize) -> usize {
    OUTER_HEADER + (INNER_HEADER + body_len + MIN_PADDING).next_multiple_of(16)
}

/// Appends an encrypted packet to `out`. `write` must append exactly `body_len` bytes, the body.
pub fn seal(
    key: &AuthKey,
    sender: Sender,
    header: Header,
    body_len: usize,
    out: &mut BytesMut,
    entropy: &mut dyn Entropy,
    write: impl FnOnce(&mut BytesMut),
) {
    let start = out.len();
    out.reserve(sealed_len(body_len));
    out.put_i64_le(key.id());
    out.put_bytes(0, 16);
    out.put_i64_le(header.salt);
    out.put_i64_le(header.session_id);
    out.put_i64_le(header.msg_id.0);
    out.put_i32_le(header.seqno);
    out.put_u32_le(body_len as u32);
    write(out);
    debug_assert_eq!(out.len() - start, OUTER_HEADER + INNER_HEADER + body_len);
    // At least 12 bytes of padding, and as many more as the last block needs: at most 27.
    let padding: [u8; MIN_PADDING + 15] = draw(entropy);
    let missing = sealed_len(body_len) - (out.len() - start);
    out.put_slice(&padding[..missing]);

    let (outer, inner) = out[start..].split_at_mut(OUTER_HEADER);
    let hash = hash_plaintext(key, sender, inner);
    let msg_key: [u8; 16] = *hash[8..].first_chunk().expect("24 bytes hold 16");
    outer[8..].copy_from_slice(&msg_key);
    derive(key, sender, &msg_key).encrypt(inner);
}

/// The hash whose middle is the message key and whose beginning is the quick acknowledgement.
fn hash_plaintext(key: &AuthKey, sender: Sender, plaintext: &[u8]) -> [u8; 32] {
    let from = 88 + sender.offset();
    Sha256::new()
        .chain_update(&key.bytes()[from..from + 32])
        .chain_update(plaintext)
        .finalize()
        .into()
}

/// The AES key of one message.
fn derive(auth_key: &AuthKey, sender: Sender, msg_key: &[u8; 16]) -> AesIge {
    let x = sender.offset();
    let part = |from: usize| &auth_key.bytes()[from + x..from + x + 36];
    let a = Sha256::new()
        .chain_update(msg_key)
        .chain_update(part(0))
        .finalize();
    let b = Sha256::new()
        .chain_update(part(40))
        .chain_update(msg_key)
        .finalize();
    let mut key = Zeroizing::new([0; 32]);
    key[..8].copy_from_slice(&a[..8]);
    key[8..24].copy_from_slice(&b[8..24]);
    key[24..].copy_from_slice(&a[24..]);
    let mut iv = Zeroizing::new([0; 32]);
    iv[..8].copy_from_slice(&b[..8]);
    iv[8..24].copy_from_slice(&a[8..24]);
    iv[24..].copy_from_slice(&b[24..]);
    AesIge { key, iv }
}
