//! The protocol's own messages
//! (<https://core.telegram.org/mtproto/service_messages>).

use super::{Event, Fate, Purpose, Session, Taking};
use crate::{
    msg_id::MsgId,
    wire::{
        BAD_MSG_NOTIFICATION, BAD_SERVER_SALT, DESTROY_AUTH_KEY, DESTROY_SESSION, FUTURE_SALTS,
        GET_FUTURE_SALTS, HTTP_WAIT, MSG_CONTAINER, MSG_DETAILED_INFO, MSG_NEW_DETAILED_INFO,
        MSG_RESEND_ANS_REQ, MSG_RESEND_REQ, MSGS_ACK, MSGS_ALL_INFO, MSGS_STATE_INFO,
        MSGS_STATE_REQ, Object, PING, PING_DELAY_DISCONNECT, PONG, RPC_ANSWER_DROPPED,
        RPC_ANSWER_DROPPED_RUNNING, RPC_ANSWER_UNKNOWN, RPC_DROP_ANSWER, Reader, Truncated,
    },
};

/// Ids in one message about messages (documented: 8192 at most).
const MAX_IDS: usize = 8192;

/// What kind of message a constructor begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Container,
    /// Never counts in the sequence, whoever wrote the client.
    Acks,
    /// Served here. Clients disagree on which of them count in the sequence.
    Service,
    /// Everything else is for the API.
    Call,
}

impl Class {
    pub(super) fn of(constructor: u32) -> Self {
        match constructor {
            MSG_CONTAINER => Self::Container,
            MSGS_ACK => Self::Acks,
            PING
            | PING_DELAY_DISCONNECT
            | MSGS_STATE_REQ
            | MSGS_STATE_INFO
            | MSGS_ALL_INFO
            | MSG_DETAILED_INFO
            | MSG_NEW_DETAILED_INFO
            | MSG_RESEND_REQ
            | MSG_RESEND_ANS_REQ
            | RPC_DROP_ANSWER
            | GET_FUTURE_SALTS
            | DESTROY_SESSION
            | DESTROY_AUTH_KEY
            | HTTP_WAIT
            | BAD_MSG_NOTIFICATION
            | BAD_SERVER_SALT => Self::Service,
            _ => Self::Call,
        }
    }
}

impl Session {
    /// Serves a message of the protocol's own level. Whether the reply tells the client that the
    /// message came, so that no acknowledgement is needed.
    pub(super) fn serve(&mut self, msg_id: MsgId, body: &[u8], taking: &mut Taking) -> bool {
        // One that cannot be read is passed over, as if it asked for nothing.
        self.try_serve(msg_id, body, taking).unwrap_or(false)
    }

    fn try_serve(
        &mut self,
        msg_id: MsgId,
        body: &[u8],
        taking: &mut Taking,
    ) -> Result<bool, Truncated> {
        let mut reader = Reader::new(body);
        match reader.u32()? {
            MSGS_ACK => {
                for id in reader.longs(MAX_IDS)? {
                    self.client_has(MsgId(id));
                }
                return Ok(false);
            }
            PING => self.pong(msg_id, reader.i64()?),
            PING_DELAY_DISCONNECT => {
                let ping_id = reader.i64()?;
                let seconds = reader.i32()?;
                self.pong(msg_id, ping_id);
                taking.events.push(Event::DisconnectAfter { seconds });
            }
            MSGS_STATE_REQ => {
                let ids = reader.longs(MAX_IDS)?;
                self.tell_states(msg_id, &ids);
            }
            MSG_RESEND_REQ => {
                let ids = reader.longs(MAX_IDS)?;
                let mut all = true;
                for id in &ids {
                    all &= self.outbox.resend(MsgId(*id));
                }
                if !all {
                    self.tell_states(msg_id, &ids);
                }
            }
            MSG_RESEND_ANS_REQ => {
                let ids = reader.longs(MAX_IDS)?;
                let mut all = true;
                for id in &ids {
                    all &= self.outbox.resend_answer(MsgId(*id));
                }
                if !all {
                    self.tell_states(msg_id, &ids);
                }
            }
            RPC_DROP_ANSWER => {
                let call = MsgId(reader.i64()?);
                self.drop_answer(msg_id, call, taking);
            }
            GET_FUTURE_SALTS => {
                let num = reader.i32()?;
                self.tell_salts(msg_id, num, taking);
            }
            DESTROY_SESSION => {
                let session_id = reader.i64()?;
                if session_id == self.id {
                    // A client cannot mean the session that it is speaking in.
                    self.session_destroyed(session_id, false);
                } else {
                    taking.events.push(Event::DestroySession { session_id });
                }
            }
            DESTROY_AUTH_KEY => taking.events.push(Event::DestroyKey { msg_id }),
            HTTP_WAIT => {
                taking.events.push(Event::HttpWait {
                    max_delay_ms: reader.i32()?,
                    wait_after_ms: reader.i32()?,
                    max_wait_ms: reader.i32()?,
                });
                return Ok(false);
            }
            // What clients tell about their state changes nothing here: what they have not
            // acknowledged is kept anyway.
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn client_has(&mut self, msg_id: MsgId) {
        if let Some(call) = self.outbox.acknowledged(msg_id) {
            self.received.set_fate(call, Fate::Settled);
        }
    }

    fn pong(&mut self, msg_id: MsgId, ping_id: i64) {
        self.say(Object::new(PONG).long(msg_id.0).long(ping_id));
    }

    fn tell_states(&mut self, request: MsgId, ids: &[i64]) {
        let states: Vec<u8> = ids
            .iter()
            .map(|id| self.received.status(MsgId(*id)))
            .collect();
        self.say(Object::new(MSGS_STATE_INFO).long(request.0).bytes(&states));
    }

    fn tell_salts(&mut self, request: MsgId, num: i32, taking: &Taking) {
        let salts = taking.salts.future(taking.now, num);
        let mut reply = Object::new(FUTURE_SALTS)
            .long(request.0)
            .int(taking.now.seconds() as i32)
            .int(salts.len() as i32);
        for salt in salts {
            reply = reply
                .int(salt.valid_since_s as i32)
                .int(salt.valid_until_s as i32)
                .long(salt.salt);
        }
        self.say(reply);
    }

    fn drop_answer(&mut self, request: MsgId, call: MsgId, taking: &mut Taking) {
        let reply = match self.received.fate(call) {
            Some(Fate::Running) => {
                self.received.set_fate(call, Fate::Settled);
                taking.events.push(Event::CallDropped { msg_id: call });
                Object::new(RPC_ANSWER_DROPPED_RUNNING)
            }
            Some(Fate::Answered) => {
                self.received.set_fate(call, Fate::Settled);
                match self.outbox.withdraw(call) {
                    Some((msg_id, seqno, len)) => Object::new(RPC_ANSWER_DROPPED)
                        .long(msg_id.0)
                        .int(seqno)
                        .int(len as i32),
                    None => Object::new(RPC_ANSWER_UNKNOWN),
                }
            }
            _ => Object::new(RPC_ANSWER_UNKNOWN),
        };
        // The one service message whose reply is wrapped and acknowledged like that of a call.
        self.received.set_fate(request, Fate::Answered);
        self.queue(Purpose::Answer(request), reply.into());
    }
}
