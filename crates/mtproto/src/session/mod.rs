//! What belongs to one client session, whatever connections it comes over.
//!
//! A [`Session`] takes opened envelopes and gives [`Event`]s; it takes answers and pushes and
//! gives [`Packed`] messages. It answers the protocol's own messages itself and hands API calls
//! out as raw bytes, in the order in which they came, each message id once.
//!
//! Every queue in here is bounded, and an idle session is small.

mod outbox;
mod received;
mod service;

use bytes::Bytes;

use crate::{
    envelope::{Header, Opened},
    gzip::{self, MAX_UNPACKED},
    msg_id::{MsgId, MsgIdClock, UnixMillis},
    salts::{SaltCache, Salts},
    wire::{
        BAD_MSG_NOTIFICATION, BAD_SERVER_SALT, DESTROY_AUTH_KEY_FAIL, DESTROY_AUTH_KEY_NONE,
        DESTROY_AUTH_KEY_OK, DESTROY_SESSION_NONE, DESTROY_SESSION_OK, NEW_SESSION_CREATED, Object,
        RPC_ERROR, Reader, Truncated, constructor,
    },
};

pub use outbox::Packed;
use outbox::{Outbox, Purpose};
use received::{Fate, Received, Refusal};
use service::Class;

/// Messages in one container (documented: 1020 at most).
const MAX_CONTAINER_PARTS: usize = 1020;

/// Something the session cannot do alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An API call. Answer it with [`Session::answer`]; it is never handed out again.
    Call {
        /// Names the call.
        msg_id: MsgId,
        /// The call, in whatever wrappers it came; unpacked, unless inside a wrapper.
        body: Bytes,
    },
    /// The client does not want the answer to this call any more.
    CallDropped {
        /// Names the call.
        msg_id: MsgId,
    },
    /// Close the connection if nothing else comes for so long (`ping_delay_disconnect`).
    /// Negative: never mind.
    DisconnectAfter {
        /// Seconds.
        seconds: i32,
    },
    /// Over HTTP: hold the answer back until there is something to say (`http_wait`).
    HttpWait {
        /// How long to wait for more once there is something, in milliseconds.
        max_delay_ms: i32,
        /// How long to wait after the last message, in milliseconds.
        wait_after_ms: i32,
        /// How long to wait at all, in milliseconds.
        max_wait_ms: i32,
    },
    /// Forget another session of this key, then call [`Session::session_destroyed`].
    DestroySession {
        /// The session to forget.
        session_id: i64,
    },
    /// Forget this authorization key, then call [`Session::key_destroyed`].
    DestroyKey {
        /// Names the request.
        msg_id: MsgId,
    },
}

/// How a call stands, for `invokeAfterMsg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// It never came, or too long ago.
    Unknown,
    /// It has not been answered.
    Running,
    /// It has been answered with a result, or dropped by the client.
    Answered,
    /// It has been answered with an error.
    Failed,
}

/// What came of `destroy_auth_key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDestroyed {
    /// The key is gone.
    Done,
    /// There was no such key.
    NoSuchKey,
    /// The key could not be removed.
    Failed,
}

/// The state of one session of one authorization key.
pub struct Session {
    id: i64,
    unique_id: i64,
    announced: bool,
    salt: SaltCache,
    received: Received,
    outbox: Outbox,
}

/// What the messages of one packet share while they are taken apart.
struct Taking<'a> {
    now: UnixMillis,
    salts: &'a Salts,
    events: &'a mut Vec<Event>,
    /// How many bytes may still come out of compressed messages.
    unpack_budget: usize,
}

impl Session {
    /// A session that the server does not know (or knows no longer). `unique_id` tells one from
    /// another in `new_session_created`; take it from the entropy source.
    pub fn new(id: i64, unique_id: i64) -> Self {
        Self {
            id,
            unique_id,
            announced: false,
            salt: SaltCache::default(),
            received: Received::default(),
            outbox: Outbox::default(),
        }
    }

    /// The id that the client chose.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Takes a message that was opened with this session's key and carries this session's id.
    /// Appends what the caller has to do to `events`.
    pub fn receive(
        &mut self,
        message: Opened,
        salts: &Salts,
        now: UnixMillis,
        events: &mut Vec<Event>,
    ) {
        let Opened { header, body, .. } = message;
        let known = self.received.fate(header.msg_id).is_some();
        if let Err(refusal) = Received::check_time(header.msg_id, now)
            && !known
        {
            return self.refuse(header.msg_id, header.seqno, refusal);
        }
        if !self.salt.accepts(header.salt, salts, now) {
            let salt = self.salt.current(salts, now);
            let notice = Object::new(BAD_SERVER_SALT)
                .long(header.msg_id.0)
                .int(header.seqno)
                .int(48)
                .long(salt);
            return self.say(notice);
        }
        if !self.announced {
            self.announced = true;
            self.announce(&header, &body, salts, now);
        }
        let mut taking = Taking {
            now,
            salts,
            events,
            unpack_budget: MAX_UNPACKED,
        };
        self.take(header.msg_id, header.seqno, body, false, &mut taking);
    }

    /// `new_session_created`: whatever the client sent before its first message here must be sent
    /// again. In a container, the first message is the one with the lowest id.
    fn announce(&mut self, header: &Header, body: &Bytes, salts: &Salts, now: UnixMillis) {
        let first = parts(body)
            .ok()
            .and_then(|parts| parts.iter().map(|part| part.msg_id).min())
            .map_or(header.msg_id, |part| part.min(header.msg_id));
        let salt = self.salt.current(salts, now);
        let notice = Object::new(NEW_SESSION_CREATED)
            .long(first.0)
            .long(self.unique_id)
            .long(salt);
        self.queue(Purpose::Push, notice.into());
    }

    /// Takes one message, alone or out of a container.
    fn take(
        &mut self,
        msg_id: MsgId,
        seqno: i32,
        body: Bytes,
        in_container: bool,
        taking: &mut Taking,
    ) {
        if let Err(refusal) = self.try_take(msg_id, seqno, body, in_container, taking) {
            self.refuse(msg_id, seqno, refusal);
        }
    }

    fn try_take(
        &mut self,
        msg_id: MsgId,
        seqno: i32,
        mut body: Bytes,
        in_container: bool,
        taking: &mut Taking,
    ) -> Result<(), Refusal> {
        if !msg_id.is_from_client() {
            return Err(Refusal::IdBits);
        }
        if let Some(fate) = self.received.fate(msg_id) {
            return self.take_again(msg_id, fate, &body, in_container, taking);
        }
        let was_packed = gzip::is_packed(&body);
        if was_packed {
            body =
                gzip::unpack(&body, &mut taking.unpack_budget).map_err(|_| Refusal::Container)?;
        }
        let class = Class::of(constructor(&body).ok_or(Refusal::Container)?);
        let is_odd = seqno & 1 == 1;
        match class {
            // Not so with acknowledgements: mtcute numbers them as content.
            Class::Container if is_odd => return Err(Refusal::SeqnoMustBeEven),
            Class::Call if !is_odd => return Err(Refusal::SeqnoMustBeOdd),
            Class::Container if in_container || was_packed => return Err(Refusal::Container),
            _ => {}
        }
        let parts = match class {
            Class::Container => parts(&body).map_err(|_| Refusal::Container)?,
            _ => Vec::new(),
        };
        let fate = match class {
            Class::Container => Fate::Container,
            Class::Call => Fate::Running,
            Class::Acks | Class::Service => Fate::Service,
        };
        self.received.admit(msg_id, seqno, fate, taking.now)?;
        match class {
            Class::Container => self.take_parts(parts, taking),
            Class::Call => {
                self.outbox.acknowledge(msg_id, taking.now);
                taking.events.push(Event::Call { msg_id, body });
            }
            Class::Acks | Class::Service => {
                let is_acknowledged = self.serve(msg_id, &body, taking);
                if is_odd && !is_acknowledged {
                    self.outbox.acknowledge(msg_id, taking.now);
                }
            }
        }
        Ok(())
    }

    /// A message that has come before. A container is looked into, for the sake of its parts; a
    /// call gets the answer that it got.
    fn take_again(
        &mut self,
        msg_id: MsgId,
        fate: Fate,
        body: &Bytes,
        in_container: bool,
        taking: &mut Taking,
    ) -> Result<(), Refusal> {
        let class = constructor(body).map(Class::of);
        let is_container = class == Some(Class::Container);
        match fate {
            Fate::Container if is_container && !in_container => {
                let parts = parts(body).map_err(|_| Refusal::Container)?;
                self.take_parts(parts, taking);
            }
            _ if is_container => return Err(Refusal::ContainerIdUsed),
            Fate::Answered => {
                // False while it waits to be sent for the first time; then it is on its way.
                self.outbox.resend_answer(msg_id);
            }
            Fate::AnswerLost => return Err(Refusal::TooOld),
            Fate::Running => self.outbox.acknowledge(msg_id, taking.now),
            Fate::Settled | Fate::Service | Fate::Container => {}
        }
        Ok(())
    }

    fn take_parts(&mut self, parts: Vec<Part>, taking: &mut Taking) {
        for part in parts {
            self.take(part.msg_id, part.seqno, part.body, true, taking);
        }
    }

    fn refuse(&mut self, msg_id: MsgId, seqno: i32, refusal: Refusal) {
        let notice = Object::new(BAD_MSG_NOTIFICATION)
            .long(msg_id.0)
            .int(seqno)
            .int(refusal as i32);
        self.say(notice);
    }

    /// Answers a call with an encoded result or [`crate::rpc::error`]. Does nothing if the call
    /// was dropped, answered before, or never came.
    pub fn answer(&mut self, call: MsgId, result: impl Into<Bytes>) {
        if self.received.fate(call) == Some(Fate::Running) {
            let result = result.into();
            self.received.set_fate(call, Fate::Answered);
            if constructor(&result) == Some(RPC_ERROR) {
                self.received.set_failed(call);
            }
            self.outbox.answers(call);
            self.queue(Purpose::Answer(call), result);
        }
    }

    /// Sends something that the client did not ask for.
    pub fn push(&mut self, body: impl Into<Bytes>) {
        self.queue(Purpose::Push, body.into());
    }

    /// Whether pushes had to be dropped since the last call. If so, tell the client to fetch what
    /// it missed (`updatesTooLong`).
    #[must_use]
    pub fn take_pushes_lost(&mut self) -> bool {
        self.outbox.take_pushes_lost()
    }

    /// Answers [`Event::DestroySession`].
    pub fn session_destroyed(&mut self, session_id: i64, existed: bool) {
        let constructor = if existed {
            DESTROY_SESSION_OK
        } else {
            DESTROY_SESSION_NONE
        };
        self.say(Object::new(constructor).long(session_id));
    }

    /// Answers [`Event::DestroyKey`]. Flush before the key is forgotten for good.
    pub fn key_destroyed(&mut self, result: KeyDestroyed) {
        self.say(Object::new(match result {
            KeyDestroyed::Done => DESTROY_AUTH_KEY_OK,
            KeyDestroyed::NoSuchKey => DESTROY_AUTH_KEY_NONE,
            KeyDestroyed::Failed => DESTROY_AUTH_KEY_FAIL,
        }));
    }

    /// How a call stands.
    pub fn call_state(&self, call: MsgId) -> CallState {
        match self.received.fate(call) {
            Some(Fate::Running) => CallState::Running,
            Some(_) if self.received.has_failed(call) => CallState::Failed,
            Some(Fate::Answered | Fate::Settled | Fate::AnswerLost) => CallState::Answered,
            _ => CallState::Unknown,
        }
    }

    /// To be called when the session gets another connection: everything that was not acknowledged
    /// will be sent again.
    pub fn reconnected(&mut self) {
        self.outbox.reconnected();
    }

    /// Packs the next packet to send, several messages in a container. Call until `None`, after
    /// everything else that may have left something to say. Over a connection, pass the result to
    /// [`envelope::seal`](crate::envelope::seal) with [`Session::header`].
    pub fn pack(&mut self, now: UnixMillis, ids: &MsgIdClock) -> Option<Packed> {
        self.outbox.pack(now, ids)
    }

    /// What stands in front of a packed message.
    pub fn header(&mut self, packed: &Packed, salts: &Salts, now: UnixMillis) -> Header {
        Header {
            salt: self.salt.current(salts, now),
            session_id: self.id,
            msg_id: packed.msg_id,
            seqno: packed.seqno,
        }
    }

    /// When [`Session::pack`] will have acknowledgements to send, if nothing else comes up before.
    pub fn acks_due(&self) -> Option<UnixMillis> {
        self.outbox.acks_due()
    }

    /// Lets acknowledgements go with the next [`Session::pack`]: over HTTP there may be no other
    /// occasion.
    pub fn hurry_acks(&mut self) {
        self.outbox.hurry_acks();
    }

    /// Whether nothing waits to be sent or acknowledged. Such a session may be forgotten when its
    /// connection is gone, at the price of a `new_session_created`.
    pub fn is_idle(&self) -> bool {
        self.outbox.is_empty()
    }

    /// Bytes of bodies that wait to be sent or acknowledged.
    pub fn held_bytes(&self) -> usize {
        self.outbox.bytes()
    }

    /// Gives memory back. Worth calling when the client has been quiet for some minutes.
    pub fn shrink(&mut self, now: UnixMillis) {
        self.received.forget_old(now);
        self.received.shrink();
        self.outbox.shrink();
    }

    /// Queues a message of the protocol's own level.
    fn say(&mut self, object: Object) {
        self.queue(Purpose::Service, object.into());
    }

    fn queue(&mut self, purpose: Purpose, body: Bytes) {
        for call in self.outbox.queue(purpose, body) {
            self.received.set_fate(call, Fate::AnswerLost);
        }
    }
}

/// One message of a container.
struct Part {
    msg_id: MsgId,
    seqno: i32,
    body: Bytes,
}

/// The messages of a container; fails if it is anything else, or not exactly as long as it says.
fn parts(container: &Bytes) -> Result<Vec<Part>, Truncated> {
    let mut reader = Reader::new(container);
    if reader.u32().map(Class::of) != Ok(Class::Container) {
        return Err(Truncated);
    }
    let count = reader.u32()? as usize;
    if count > MAX_CONTAINER_PARTS {
        return Err(Truncated);
    }
    let mut parts = Vec::with_capacity(count);
    for _ in 0..count {
        let msg_id = MsgId(reader.i64()?);
        let seqno = reader.i32()?;
        let len = reader.u32()? as usize;
        if !len.is_multiple_of(4) {
            return Err(Truncated);
        }
        let body = container.slice_ref(reader.take(len)?);
        parts.push(Part {
            msg_id,
            seqno,
            body,
        });
    }
    if !reader.rest().is_empty() {
        return Err(Truncated);
    }
    Ok(parts)
}
