//! Which messages of a client have come, so that none is taken twice.

use std::collections::VecDeque;

use crate::msg_id::{MsgId, UnixMillis};

/// How far behind our clock a new message's id may be (documented: 300 s).
const PAST_S: i64 = 300;

/// How far ahead of our clock it may be (documented: 30 s).
const FUTURE_S: i64 = 30;

/// The most ids remembered: 64 KiB of them. A client would have to send fourteen messages a second
/// for five minutes to need more; what is older than the oldest is refused, never run again.
const MAX_REMEMBERED: usize = 4096;

/// How long ids are remembered at least, if there are not too many: beyond the time in which a
/// repeat could still pass the check of its time.
const REMEMBER_S: i64 = 2 * PAST_S;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Served on the spot.
    Service,
    /// A container: its parts are remembered one by one.
    Container,
    /// A call that has not been answered.
    Running,
    /// A call whose answer waits to be sent or acknowledged.
    Answered,
    /// A call whose answer the client has, or has renounced.
    Settled,
    /// A call whose answer was dropped to bound memory.
    AnswerLost,
}

struct Seen {
    msg_id: MsgId,
    seqno: i32,
    fate: Fate,
    /// A call that was answered with an error.
    failed: bool,
}

/// Why a message is not taken; the code of its `bad_msg_notification`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    IdTooLow = 16,
    IdTooHigh = 17,
    IdBits = 18,
    ContainerIdUsed = 19,
    TooOld = 20,
    SeqnoTooLow = 32,
    SeqnoTooHigh = 33,
    SeqnoMustBeEven = 34,
    SeqnoMustBeOdd = 35,
    Container = 64,
}

/// Ids in ascending order.
#[derive(Default)]
pub(super) struct Received {
    seen: VecDeque<Seen>,
    /// Nothing is known any more about ids up to here.
    forgotten: Option<MsgId>,
}

impl Received {
    /// Checks the id of a message that stands alone or contains others.
    pub(super) fn check_time(msg_id: MsgId, now: UnixMillis) -> Result<(), Refusal> {
        if !msg_id.is_from_client() {
            Err(Refusal::IdBits)
        } else if msg_id < MsgId::at(now.plus_seconds(-PAST_S)) {
            Err(Refusal::IdTooLow)
        } else if msg_id > MsgId::at(now.plus_seconds(FUTURE_S)) {
            Err(Refusal::IdTooHigh)
        } else {
            Ok(())
        }
    }

    pub(super) fn fate(&self, msg_id: MsgId) -> Option<Fate> {
        self.find(msg_id).ok().map(|index| self.seen[index].fate)
    }

    pub(super) fn set_fate(&mut self, msg_id: MsgId, fate: Fate) {
        if let Ok(index) = self.find(msg_id) {
            self.seen[index].fate = fate;
        }
    }

    /// Whether a call was answered with an error.
    pub(super) fn has_failed(&self, msg_id: MsgId) -> bool {
        self.find(msg_id).is_ok_and(|index| self.seen[index].failed)
    }

    pub(super) fn set_failed(&mut self, msg_id: MsgId) {
        if let Ok(index) = self.find(msg_id) {
            self.seen[index].failed = true;
        }
    }

    /// Remembers a message that has not come before, if its numbers fit those around it. Parts of
    /// a container may be older than the container may be, because old messages are sent again in
    /// new containers, but not older than what is remembered.
    pub(super) fn admit(
        &mut self,
        msg_id: MsgId,
        seqno: i32,
        fate: Fate,
        now: UnixMillis,
    ) -> Result<(), Refusal> {
        self.forget_old(now);
        let Err(index) = self.find(msg_id) else {
            return Err(Refusal::TooOld);
        };
        let horizon = MsgId::at(now.plus_seconds(-REMEMBER_S));
        if msg_id <= self.forgotten.unwrap_or(horizon) {
            return Err(Refusal::TooOld);
        }
        // Numbers rise with ids. They stay the same only after a message that does not count.
        let before = index.checked_sub(1).map(|index| &self.seen[index]);
        if before.is_some_and(|seen| seen.seqno > seqno || seen.seqno == seqno && seqno & 1 == 1) {
            return Err(Refusal::SeqnoTooLow);
        }
        let after = self.seen.get(index);
        if after.is_some_and(|seen| seen.seqno < seqno || seen.seqno == seqno && seqno & 1 == 1) {
            return Err(Refusal::SeqnoTooHigh);
        }
        self.seen.insert(
            index,
            Seen {
                msg_id,
                seqno,
                fate,
                failed: false,
            },
        );
        Ok(())
    }

    /// The status byte of `msgs_state_info`
    /// (<https://core.telegram.org/mtproto/service_messages_about_messages>).
    pub(super) fn status(&self, msg_id: MsgId) -> u8 {
        const UNKNOWN: u8 = 1;
        const NOT_RECEIVED: u8 = 2;
        const NOT_RECEIVED_YET: u8 = 3;
        const RECEIVED: u8 = 4;
        const NEEDS_NO_ACK: u8 = 16;
        const CALL: u8 = 32;
        const ANSWERED: u8 = 64;
        match self.fate(msg_id) {
            Some(Fate::Service | Fate::Container) => RECEIVED | NEEDS_NO_ACK,
            Some(Fate::Running) => RECEIVED | CALL,
            Some(Fate::Answered | Fate::Settled | Fate::AnswerLost) => RECEIVED | CALL | ANSWERED,
            None if self.forgotten.is_some_and(|forgotten| msg_id <= forgotten) => UNKNOWN,
            None if self.seen.back().is_some_and(|last| msg_id > last.msg_id) => NOT_RECEIVED_YET,
            None => NOT_RECEIVED,
        }
    }

    pub(super) fn forget_old(&mut self, now: UnixMillis) {
        let horizon = MsgId::at(now.plus_seconds(-REMEMBER_S));
        while let Some(oldest) = self.seen.front()
            && (self.seen.len() >= MAX_REMEMBERED
                || oldest.msg_id < horizon
                    && !matches!(oldest.fate, Fate::Running | Fate::Answered))
        {
            self.forgotten = Some(oldest.msg_id);
            self.seen.pop_front();
        }
    }

    pub(super) fn shrink(&mut self) {
        self.seen.shrink_to_fit();
    }

    fn find(&self, msg_id: MsgId) -> Result<usize, usize> {
        // Almost every new message is the newest.
        match self.seen.back() {
            Some(last) if last.msg_id >= msg_id => {
                self.seen.binary_search_by_key(&msg_id, |seen| seen.msg_id)
            }
            _ => Err(self.seen.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    fn id(seconds: i64) -> MsgId {
        MsgId::at(NOW.plus_seconds(seconds))
    }

    #[test]
    fn ids_outside_the_window_are_refused() {
        assert_eq!(Received::check_time(id(0), NOW), Ok(()));
        assert_eq!(Received::check_time(id(-300), NOW), Ok(()));
        assert_eq!(Received::check_time(id(-301), NOW), Err(Refusal::IdTooLow));
        assert_eq!(Received::check_time(id(31), NOW), Err(Refusal::IdTooHigh));
        for bits in 1..4 {
            let odd = MsgId(id(0).0 | bits);
            assert_eq!(Received::check_time(odd, NOW), Err(Refusal::IdBits));
        }
    }

    #[test]
    fn numbers_must_rise_with_ids() {
        let mut received = Received::default();
        let mut admit = |second, seqno| received.admit(id(second), seqno, Fate::Running, NOW);
        assert_eq!(admit(0, 5), Ok(()));
        assert_eq!(admit(1, 5), Err(Refusal::SeqnoTooLow));
        assert_eq!(admit(1, 4), Err(Refusal::SeqnoTooLow));
        assert_eq!(admit(1, 6), Ok(()));
        assert_eq!(admit(2, 6), Ok(()));
        assert_eq!(admit(3, 7), Ok(()));
        assert_eq!(admit(-1, 5), Err(Refusal::SeqnoTooHigh));
        assert_eq!(admit(-1, 9), Err(Refusal::SeqnoTooHigh));
        assert_eq!(admit(-1, 3), Ok(()));
    }

    #[test]
    fn what_is_no_longer_remembered_is_refused() {
        let mut received = Received::default();
        for n in 0..MAX_REMEMBERED as i64 + 10 {
            let msg_id = MsgId(id(0).0 + n * 4);
            assert_eq!(received.admit(msg_id, 0, Fate::Service, NOW), Ok(()));
        }
        assert!(received.seen.len() <= MAX_REMEMBERED);
        assert_eq!(
            received.admit(id(0), 0, Fate::Service, NOW),
            Err(Refusal::TooOld)
        );
        assert_eq!(received.status(id(0)), 1);
    }

    #[test]
    fn old_ids_are_forgotten_but_running_calls_are_not() {
        let mut received = Received::default();
        received.admit(id(0), 1, Fate::Running, NOW).unwrap();
        received.admit(id(1), 3, Fate::Settled, NOW).unwrap();
        let later = NOW.plus_seconds(3600);
        received.forget_old(later);
        assert_eq!(received.fate(id(0)), Some(Fate::Running));
        received.set_fate(id(0), Fate::Settled);
        received.forget_old(later);
        assert_eq!(received.fate(id(0)), None);
        assert_eq!(received.fate(id(1)), None);
        assert_eq!(received.status(id(1)), 1);
    }

    #[test]
    fn status_tells_what_became_of_a_message() {
        let mut received = Received::default();
        received.admit(id(0), 1, Fate::Running, NOW).unwrap();
        received.admit(id(2), 2, Fate::Service, NOW).unwrap();
        assert_eq!(received.status(id(0)), 4 + 32);
        received.set_fate(id(0), Fate::Answered);
        assert_eq!(received.status(id(0)), 4 + 32 + 64);
        assert_eq!(received.status(id(1)), 2);
        assert_eq!(received.status(id(2)), 4 + 16);
        assert_eq!(received.status(id(3)), 3);
    }
}
