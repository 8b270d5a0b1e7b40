//! What a session has to say: messages not sent yet, and those not acknowledged yet.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    msg_id::{MsgId, MsgIdClock, MsgKind, UnixMillis},
    wire::{MSG_CONTAINER, MSGS_ACK, Object, RPC_RESULT},
};

/// The most messages waiting to be sent or acknowledged. Clients acknowledge within a minute, and
/// the busiest have a few dozen calls under way.
pub(super) const MAX_MESSAGES: usize = 512;

/// The most bytes waiting to be sent or acknowledged: a handful of file parts. One message alone
/// may be larger.
pub(super) const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Messages in one container (documented: 1020 at most from a client; the same is safe here).
const MAX_PARTS: usize = 1020;

/// Bytes in one container, so that a slow connection gets its first answer soon. One message alone
/// may be larger, and acknowledgements come on top.
const MAX_CONTAINER: usize = 256 * 1024;

/// Acknowledgements in one message (documented: 8192 at most).
const MAX_ACKS: usize = 8192;

/// When this many acknowledgements wait, they go without anything to go with, as the
/// documentation advises.
const MANY_ACKS: usize = 16;

/// How long an acknowledgement waits for something to go with. Clients grow impatient after
/// several seconds.
const ACK_DELAY_MS: i64 = 1000;

/// Why a message is sent, which decides how long it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The answer to a call: `rpc_result`, kept until acknowledged.
    Answer(MsgId),
    /// Something the client did not ask for, kept until acknowledged.
    Push,
    /// An answer on the protocol's own level; not kept, because the client asks again.
    Service,
}

impl Purpose {
    /// Whether the message counts in the sequence and must be acknowledged.
    fn is_content(self) -> bool {
        !matches!(self, Self::Service)
    }
}

/// A message, with its numbers once it was sent.
#[derive(Clone)]
struct Message {
    msg_id: MsgId,
    seqno: i32,
    purpose: Purpose,
    body: Bytes,
}

impl Message {
    /// The length of the body on the wire.
    fn len(&self) -> usize {
        match self.purpose {
            Purpose::Answer(_) => RESULT_HEADER + self.body.len(),
            _ => self.body.len(),
        }
    }

    fn write(&self, out: &mut BytesMut) {
        if let Purpose::Answer(call) = self.purpose {
            out.put_u32_le(RPC_RESULT);
            out.put_i64_le(call.0);
        }
        out.put_slice(&self.body);
    }
}

/// `rpc_result` and the id of the call.
const RESULT_HEADER: usize = 12;

/// Container header, and the header of each message in it.
const CONTAINER_HEADER: usize = 8;
const PART_HEADER: usize = 16;

struct Kept {
    message: Message,
    send_again: bool,
}

#[derive(Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Message>,
    /// Sent and not acknowledged, by rising id.
    kept: VecDeque<Kept>,
    acks: Vec<MsgId>,
    acks_due: Option<UnixMillis>,
    content_sent: u32,
    bytes: usize,
    /// Some kept messages may be marked to be sent again.
    has_resends: bool,
    /// A push was dropped that the client certainly does not have.
    pushes_lost: bool,
    /// A push was dropped that was sent; if the connection breaks, it may not have arrived.
    pushes_unsure: bool,
}

impl Outbox {
    /// Queues a message. Gives the calls whose answers had to be dropped to make room.
    pub(super) fn queue(&mut self, purpose: Purpose, body: Bytes) -> Vec<MsgId> {
        let message = Message {
            msg_id: MsgId(0),
            seqno: 0,
            purpose,
            body,
        };
        self.bytes += message.len();
        self.waiting.push_back(message);
        self.make_room()
    }

    /// Drops the oldest message until the bounds hold: what was sent before what was not, and
    /// among the unsent, pushes before answers and service messages. The newest is never dropped.
    fn make_room(&mut self) -> Vec<MsgId> {
        let mut lost_answers = Vec::new();
        while self.kept.len() + self.waiting.len() > MAX_MESSAGES
            || self.bytes > MAX_BYTES && self.kept.len() + self.waiting.len() > 1
        {
            let (message, was_sent) = if let Some(kept) = self.kept.pop_front() {
                (kept.message, true)
            } else {
                let older = self.waiting.len() - 1;
                let push = self
                    .waiting
                    .iter()
                    .take(older)
                    .position(|message| message.purpose == Purpose::Push);
                match self.waiting.remove(push.unwrap_or(0)) {
                    Some(message) => (message, false),
                    None => break,
                }
            };
            self.bytes -= message.len();
            match message.purpose {
                Purpose::Answer(call) => lost_answers.push(call),
                Purpose::Push if was_sent => self.pushes_unsure = true,
                Purpose::Push => self.pushes_lost = true,
                Purpose::Service => {}
            }
        }
        lost_answers
    }

    /// Notes that a message of the client must be acknowledged.
    pub(super) fn acknowledge(&mut self, msg_id: MsgId, now: UnixMillis) {
        if self.acks.len() < MAX_ACKS {
            self.acks.push(msg_id);
            self.acks_due.get_or_insert(now.plus_millis(ACK_DELAY_MS));
        }
    }

    /// An answer acknowledges its call by itself.
    pub(super) fn answers(&mut self, call: MsgId) {
        self.acks.retain(|ack| *ack != call);
        if self.acks.is_empty() {
            self.acks_due = None;
        }
    }

    /// Forgets a message that the client has. Gives the call that it answered.
    pub(super) fn acknowledged(&mut self, msg_id: MsgId) -> Option<MsgId> {
        let index = self
            .kept
            .binary_search_by_key(&msg_id, |kept| kept.message.msg_id)
            .ok()?;
        let message = self.kept.remove(index)?.message;
        self.bytes -= message.len();
        match message.purpose {
            Purpose::Answer(call) => Some(call),
            _ => None,
        }
    }

    /// Takes back the answer to a call, sent or not: its id, number and length.
    pub(super) fn withdraw(&mut self, call: MsgId) -> Option<(MsgId, i32, usize)> {
        let answers = |message: &Message| message.purpose == Purpose::Answer(call);
        let message = if let Some(index) = self.kept.iter().position(|kept| answers(&kept.message))
        {
            self.kept.remove(index)?.message
        } else {
            let index = self.waiting.iter().position(answers)?;
            self.waiting.remove(index)?
        };
        self.bytes -= message.len();
        Some((message.msg_id, message.seqno, message.len()))
    }

    /// Sends one kept message again; `false` if it is not kept.
    pub(super) fn resend(&mut self, msg_id: MsgId) -> bool {
        self.resend_if(|message| message.msg_id == msg_id)
    }

    /// Sends the answer to a call again; `false` if there is none that was sent.
    pub(super) fn resend_answer(&mut self, call: MsgId) -> bool {
        self.resend_if(|message| message.purpose == Purpose::Answer(call))
    }

    fn resend_if(&mut self, wanted: impl Fn(&Message) -> bool) -> bool {
        match self.kept.iter_mut().find(|kept| wanted(&kept.message)) {
            Some(kept) => {
                kept.send_again = true;
                self.has_resends = true;
                true
            }
            None => false,
        }
    }

    /// A new connection: whatever was not acknowledged goes again, because it may have been lost
    /// with the old one.
    pub(super) fn reconnected(&mut self) {
        for kept in &mut self.kept {
            kept.send_again = true;
        }
        self.has_resends = true;
        self.pushes_lost |= std::mem::take(&mut self.pushes_unsure);
    }

    /// Whether pushes were lost since the last call; the client must then be told to fetch them.
    pub(super) fn take_pushes_lost(&mut self) -> bool {
        std::mem::take(&mut self.pushes_lost)
    }

    /// When acknowledgements that wait must go, even alone.
    pub(super) fn acks_due(&self) -> Option<UnixMillis> {
        self.acks_due
    }

    pub(super) fn hurry_acks(&mut self) {
        if self.acks_due.is_some() {
            self.acks_due = Some(UnixMillis(i64::MIN));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.kept.is_empty() && self.acks.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn shrink(&mut self) {
        self.waiting.shrink_to_fit();
        self.kept.shrink_to_fit();
        self.acks.shrink_to_fit();
    }

    /// Packs the next packet: what must be sent again, what waits, acknowledgements. `None` when
    /// there is nothing to say now.
    pub(super) fn pack(&mut self, now: UnixMillis, ids: &MsgIdClock) -> Option<Packed> {
        let mut parts = Vec::new();
        let mut room = MAX_CONTAINER;
        // Parts keep their old ids, so they need a container whose id is new.
        let mut needs_container = false;
        if std::mem::take(&mut self.has_resends) {
            for kept in self.kept.iter_mut().filter(|kept| kept.send_again) {
                if !take_room(&mut room, kept.message.len(), parts.len()) {
                    self.has_resends = true;
                    break;
                }
                kept.send_again = false;
                needs_container = true;
                parts.push(kept.message.clone());
            }
        }
        while let Some(next) = self.waiting.front() {
            if !take_room(&mut room, next.len(), parts.len()) {
                break;
            }
            let Message { purpose, body, .. } = self.waiting.pop_front()?;
            let message = self.number(now, ids, purpose, body);
            if purpose.is_content() {
                self.kept.push_back(Kept {
                    message: message.clone(),
                    send_again: false,
                });
            } else {
                self.bytes -= message.len();
            }
            parts.push(message);
        }
        let due = self.acks_due.is_some_and(|due| due <= now) || self.acks.len() >= MANY_ACKS;
        if !self.acks.is_empty() && (due || !parts.is_empty()) {
            let acks = std::mem::take(&mut self.acks);
            self.acks_due = None;
            let body = Object::new(MSGS_ACK).longs(acks.iter().map(|ack| ack.0));
            parts.push(self.number(now, ids, Purpose::Service, body.into()));
        }
        let [first, others @ ..] = &parts[..] else {
            return None;
        };
        if others.is_empty() && !needs_container {
            return Some(Packed {
                msg_id: first.msg_id,
                seqno: first.seqno,
                parts,
                is_container: false,
            });
        }
        Some(Packed {
            msg_id: ids.next(now, MsgKind::Answer),
            seqno: self.next_seqno(false),
            parts,
            is_container: true,
        })
    }

    fn number(
        &mut self,
        now: UnixMillis,
        ids: &MsgIdClock,
        purpose: Purpose,
        body: Bytes,
    ) -> Message {
        let kind = match purpose {
            Purpose::Answer(_) | Purpose::Service => MsgKind::Answer,
            Purpose::Push => MsgKind::Notice,
        };
        Message {
            msg_id: ids.next(now, kind),
            seqno: self.next_seqno(purpose.is_content()),
            purpose,
            body,
        }
    }

    /// Twice the number of content messages so far, plus one for a content message.
    fn next_seqno(&mut self, is_content: bool) -> i32 {
        let seqno = self.content_sent.wrapping_mul(2) | u32::from(is_content);
        self.content_sent = self.content_sent.wrapping_add(u32::from(is_content));
        seqno as i32
    }
}

/// Takes room for a part in a container that has `count` already. The first always fits.
fn take_room(room: &mut usize, len: usize, count: usize) -> bool {
    let needed = PART_HEADER + len;
    if count > 0 && (needed > *room || count >= MAX_PARTS) {
        return false;
    }
    *room = room.saturating_sub(needed);
    true
}

/// One packet's worth of messages, ready for the envelope.
pub struct Packed {
    /// The id of the message or of the container.
    pub msg_id: MsgId,
    /// Its number.
    pub seqno: i32,
    parts: Vec<Message>,
    is_container: bool,
}

impl Packed {
    /// The length of the body in bytes.
    #[expect(clippy::len_without_is_empty, reason = "a packet is never empty")]
    pub fn len(&self) -> usize {
        let bodies: usize = self.parts.iter().map(Message::len).sum();
        if self.is_container {
            CONTAINER_HEADER + self.parts.len() * PART_HEADER + bodies
        } else {
            bodies
        }
    }

    /// Appends the body to `out`.
    pub fn write(&self, out: &mut BytesMut) {
        if self.is_container {
            out.put_u32_le(MSG_CONTAINER);
            out.put_u32_le(self.parts.len() as u32);
        }
        for part in &self.parts {
            if self.is_container {
                out.put_i64_le(part.msg_id.0);
                out.put_i32_le(part.seqno);
                out.put_u32_le(part.len() as u32);
            }
            part.write(out);
        }
    }
}
