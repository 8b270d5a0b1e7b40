//! Message ids and the time they carry (<https://core.telegram.org/mtproto/description>).

use std::sync::atomic::{AtomicI64, Ordering};

/// A moment: milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment `seconds` later (earlier if negative).
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// The moment `millis` later.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// The id of one message in a session: 32 bits of seconds since 1970, then a binary fraction of
/// a second whose two lowest bits tell who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MsgId(pub i64);

/// What a message id of the server stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MsgKind {
    /// An answer to a message of the client: `id % 4 == 1`.
    Answer,
    /// Said by the server of its own accord: `id % 4 == 3`.
    Notice,
}

impl MsgId {
    /// The lowest id that carries the moment `at`.
    pub fn at(at: UnixMillis) -> Self {
        let seconds = at.seconds();
        let fraction = (at.0.rem_euclid(1000) << 32) / 1000;
        Self(((seconds << 32) | fraction) & !3)
    }

    /// Whether a client may use this id: it is divisible by four.
    pub fn is_from_client(self) -> bool {
        self.0 % 4 == 0
    }
}

/// Gives out the message ids of a server: strictly increasing whatever the clock does, unique in
/// the process, and shared by all its threads.
#[derive(Debug)]
pub struct MsgIdClock {
    last: AtomicI64,
}

impl MsgIdClock {
    /// Begins above `last`, the highest id this server may have given out before (or
    /// `MsgId(0)`), so that a restart with a clock set back stays above it.
    pub fn starting_above(last: MsgId) -> Self {
        Self {
            last: AtomicI64::new(last.0),
        }
    }

    /// The next id: the one of `now`, or the one after the last if the clock went back or stood
    /// still.
    pub fn next(&self, now: UnixMillis, kind: MsgKind) -> MsgId {
        let low_bits = match kind {
            MsgKind::Answer => 1,
            MsgKind::Notice => 3,
        };
        let base = MsgId::at(now).0;
        let after = |last: i64| base.max((last & !3) + 4) | low_bits;
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(after(last))
            })
            .unwrap_or_else(|last| last);
        MsgId(after(last))
    }

    /// The highest id given out so far, to be handed to [`MsgIdClock::starting_above`] later.
    pub fn last(&self) -> MsgId {
        MsgId(self.last.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_when_the_clock_goes_back() {
        let clock = MsgIdClock::starting_above(MsgId(0));
        let mut last = MsgId(0);
        for (millis, kind) in [
            (2_000_000, MsgKind::Answer),
            (2_000_000, MsgKind::Notice),
            (1_000_000, MsgKind::Answer),
            (0, MsgKind::Notice),
            (2_000_001, MsgKind::Answer),
        ] {
            let id = clock.next(UnixMillis(millis), kind);
            assert!(id > last);
            assert_eq!(id.0 & 3, if kind == MsgKind::Answer { 1 } else { 3 });
            last = id;
        }
        assert_eq!(clock.last(), last);
    }

    #[test]
    fn the_id_carries_seconds_and_fraction() {
        let id = MsgId::at(UnixMillis(1_700_000_000_500));
        assert_eq!(id.0 >> 32, 1_700_000_000);
        assert_eq!(id.0 as u32, 1 << 31);
    }
}
