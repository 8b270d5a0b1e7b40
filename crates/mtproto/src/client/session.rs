//! A session, client side.

use bytes::{BufMut, Bytes, BytesMut};
use sha1::{Digest, Sha1};

use super::BadServer;
use crate::{
    auth_key::AuthKey,
    binding::{self, Binding, Half},
    entropy::{Entropy, draw},
    envelope::{self, Header, Sender},
    gzip::{self, MAX_UNPACKED},
    msg_id::{MsgId, UnixMillis},
    wire::{
        BAD_MSG_NOTIFICATION, BAD_SERVER_SALT, BIND_AUTH_KEY_INNER, FUTURE_SALTS, MSG_CONTAINER,
        MSGS_ACK, MSGS_STATE_INFO, NEW_SESSION_CREATED, Object, PONG, RPC_RESULT, Reader,
        Truncated,
    },
};

/// What came from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The answer to a call: a result, or `rpc_error`.
    Answer {
        /// Names the call.
        call: MsgId,
        /// The encoded result.
        body: Bytes,
    },
    /// Something that was not asked for.
    Push {
        /// Its id.
        msg_id: MsgId,
        /// The encoded object.
        body: Bytes,
    },
    /// `new_session_created`.
    NewSession {
        /// Messages below this one must be sent again.
        first: MsgId,
    },
    /// `bad_server_salt`: the new salt is in use already; send the message again.
    BadSalt {
        /// The message that was not taken.
        msg_id: MsgId,
    },
    /// `bad_msg_notification`.
    BadMsg {
        /// The message that was not taken.
        msg_id: MsgId,
        /// Why.
        code: i32,
    },
    /// `pong`.
    Pong {
        /// As sent.
        ping_id: i64,
    },
    /// `msgs_ack`.
    Acks(Vec<MsgId>),
    /// `msgs_state_info`.
    States(Vec<u8>),
    /// `future_salts`: since, until, salt.
    FutureSalts(Vec<(i32, i32, i64)>),
    /// Any other message of the protocol's own level.
    Other(Bytes),
}

/// A session with a server.
pub struct ClientSession {
    key: AuthKey,
    id: i64,
    salt: i64,
    last_id: MsgId,
    content_sent: i32,
    acks: Vec<MsgId>,
}

impl ClientSession {
    /// Begins a session. A `salt` of zero makes the server tell the right one.
    pub fn new(key: AuthKey, salt: i64, id: i64) -> Self {
        Self {
            key,
            id,
            salt,
            last_id: MsgId(0),
            content_sent: 0,
            acks: Vec::new(),
        }
    }

    /// The authorization key.
    pub fn key(&self) -> &AuthKey {
        &self.key
    }

    /// The session's id.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// An API call as a packet, in a container with the acknowledgements that have gathered.
    pub fn encode_call(
        &mut self,
        body: &[u8],
        now: UnixMillis,
        entropy: &mut dyn Entropy,
    ) -> (MsgId, BytesMut) {
        let acks = std::mem::take(&mut self.acks);
        let (msg_id, seqno) = self.number(now, true);
        if acks.is_empty() {
            return (msg_id, self.seal(msg_id, seqno, body, entropy));
        }
        let acks = Object::new(MSGS_ACK)
            .longs(acks.iter().map(|ack| ack.0))
            .finish();
        let (acks_id, acks_seqno) = self.number(now, false);
        let packet = self.seal_container(
            &[(msg_id, seqno, body), (acks_id, acks_seqno, &acks)],
            now,
            entropy,
        );
        (msg_id, packet)
    }

    /// Any message as a packet; `is_content` says whether it counts in the sequence.
    pub fn encode(
        &mut self,
        body: &[u8],
        is_content: bool,
        now: UnixMillis,
        entropy: &mut dyn Entropy,
    ) -> (MsgId, BytesMut) {
        let (msg_id, seqno) = self.number(now, is_content);
        (msg_id, self.seal(msg_id, seqno, body, entropy))
    }

    /// The acknowledgements that have gathered, if any.
    pub fn encode_acks(&mut self, now: UnixMillis, entropy: &mut dyn Entropy) -> Option<BytesMut> {
        let acks = std::mem::take(&mut self.acks);
        if acks.is_empty() {
            return None;
        }
        let body = Object::new(MSGS_ACK).longs(acks.iter().map(|ack| ack.0));
        Some(self.encode(&body.finish(), false, now, entropy).1)
    }

    /// The next id and number.
    pub fn number(&mut self, now: UnixMillis, is_content: bool) -> (MsgId, i32) {
        let seqno = self.content_sent * 2 + i32::from(is_content);
        self.content_sent += i32::from(is_content);
        self.last_id = MsgId::at(now).max(MsgId(self.last_id.0 + 4));
        (self.last_id, seqno)
    }

    /// A packet around a message with given numbers.
    pub fn seal(
        &self,
        msg_id: MsgId,
        seqno: i32,
        body: &[u8],
        entropy: &mut dyn Entropy,
    ) -> BytesMut {
        let header = Header {
            salt: self.salt,
            session_id: self.id,
            msg_id,
            seqno,
        };
        let mut out = BytesMut::new();
        envelope::seal(
            &self.key,
            Sender::Client,
            header,
            body.len(),
            &mut out,
            entropy,
            |out| out.put_slice(body),
        );
        out
    }

    /// A packet around several messages with given numbers.
    pub fn seal_container(
        &mut self,
        parts: &[(MsgId, i32, &[u8])],
        now: UnixMillis,
        entropy: &mut dyn Entropy,
    ) -> BytesMut {
        let mut container = Object::new(MSG_CONTAINER).int(parts.len() as i32);
        for (msg_id, seqno, body) in parts {
            container = container
                .long(msg_id.0)
                .int(*seqno)
                .int(body.len() as i32)
                .raw(body);
        }
        self.encode(&container.finish(), false, now, entropy).1
    }

    /// Opens a packet of the server and takes it apart.
    pub fn decode(&mut self, packet: BytesMut) -> Result<Vec<Incoming>, BadServer> {
        let opened = envelope::open(&self.key, Sender::Server, packet)?;
        if opened.header.session_id != self.id {
            return Err(BadServer);
        }
        let mut incoming = Vec::new();
        let header = opened.header;
        self.take(header.msg_id, header.seqno, &opened.body, &mut incoming)?;
        Ok(incoming)
    }

    fn take(
        &mut self,
        msg_id: MsgId,
        seqno: i32,
        body: &Bytes,
        incoming: &mut Vec<Incoming>,
    ) -> Result<(), BadServer> {
        let mut reader = Reader::new(body);
        if seqno & 1 == 1 {
            self.acks.push(msg_id);
        }
        let message = match reader.u32()? {
            MSG_CONTAINER => {
                for _ in 0..reader.u32()? {
                    let (msg_id, seqno) = (MsgId(reader.i64()?), reader.i32()?);
                    let len = reader.u32()? as usize;
                    let part = body.slice_ref(reader.take(len)?);
                    self.take(msg_id, seqno, &part, incoming)?;
                }
                return Ok(());
            }
            RPC_RESULT => {
                let call = MsgId(reader.i64()?);
                let mut result = body.slice_ref(reader.rest());
                if gzip::is_packed(&result) {
                    result =
                        gzip::unpack(&result, &mut MAX_UNPACKED.clone()).map_err(|_| BadServer)?;
                }
                Incoming::Answer { call, body: result }
            }
            NEW_SESSION_CREATED => {
                let first = MsgId(reader.i64()?);
                let _unique_id = reader.i64()?;
                self.salt = reader.i64()?;
                Incoming::NewSession { first }
            }
            BAD_SERVER_SALT => {
                let msg_id = MsgId(reader.i64()?);
                let _seqno_and_code = reader.i64()?;
                self.salt = reader.i64()?;
                Incoming::BadSalt { msg_id }
            }
            BAD_MSG_NOTIFICATION => {
                let msg_id = MsgId(reader.i64()?);
                let _seqno = reader.i32()?;
                let code = reader.i32()?;
                Incoming::BadMsg { msg_id, code }
            }
            PONG => {
                let _msg_id = reader.i64()?;
                let ping_id = reader.i64()?;
                Incoming::Pong { ping_id }
            }
            MSGS_ACK => Incoming::Acks(reader.longs(8192)?.into_iter().map(MsgId).collect()),
            MSGS_STATE_INFO => {
                let _request = reader.i64()?;
                Incoming::States(reader.bytes()?.to_vec())
            }
            FUTURE_SALTS => Incoming::FutureSalts(future_salts(&mut reader)?),
            _ if seqno & 1 == 1 => Incoming::Push {
                msg_id,
                body: body.clone(),
            },
            _ => Incoming::Other(body.clone()),
        };
        incoming.push(message);
        Ok(())
    }
}

fn future_salts(reader: &mut Reader) -> Result<Vec<(i32, i32, i64)>, Truncated> {
    let _request = reader.i64()?;
    let _now = reader.i32()?;
    (0..reader.i32()?)
        .map(|_| Ok((reader.i32()?, reader.i32()?, reader.i64()?)))
        .collect()
}

/// `encrypted_message` of `auth.bindTempAuthKey`: the proof of having the permanent key. `call` is
/// the id of the message in which the call will travel.
pub fn seal_binding(
    permanent: &AuthKey,
    binding: &Binding,
    call: MsgId,
    entropy: &mut dyn Entropy,
) -> Vec<u8> {
    let inner = Object::new(BIND_AUTH_KEY_INNER)
        .long(binding.nonce)
        .long(binding.temp_auth_key_id)
        .long(binding.perm_auth_key_id)
        .long(binding.temp_session_id)
        .int(binding.expires_at_s)
        .finish();
    let mut plaintext = draw::<16>(entropy).to_vec();
    plaintext.put_i64_le(call.0);
    plaintext.put_i32_le(0);
    plaintext.put_u32_le(inner.len() as u32);
    plaintext.put_slice(&inner);
    let hash: [u8; 20] = Sha1::digest(&plaintext).into();
    let msg_key = hash.last_chunk().expect("20 bytes hold 16");
    plaintext.put_slice(&draw::<8>(entropy));
    binding::derive(permanent, msg_key, Half::ToServer).encrypt(&mut plaintext);
    let mut proof = permanent.id().to_le_bytes().to_vec();
    proof.put_slice(msg_key);
    proof.put_slice(&plaintext);
    proof
}
