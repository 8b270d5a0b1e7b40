//! What connections hold of packets that are not whole yet: bounded for all of them together.
//!
//! A packet may have a megabyte, and a sender may stop one byte before its end. One connection costs
//! little by that; ten thousand of them would cost ten gigabytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use thiserror::Error;

/// How many bytes each may hold without being counted: what comes at once from a well-behaved
/// client, nearly always with the end of its packet.
const FREE_BYTES: usize = 16 * 1024;

/// Too much is held already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many bytes of unfinished packets are held")]
pub struct Full;

/// What all hold together.
#[derive(Debug)]
pub struct Backlog {
    held: AtomicUsize,
    max: usize,
}

impl Backlog {
    /// A backlog of at most `max` bytes.
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Backlog {
            held: AtomicUsize::new(0),
            max,
        })
    }

    /// The part of one connection, empty at first.
    pub fn share(self: &Arc<Self>) -> Share {
        Share {
            backlog: self.clone(),
            counted: 0,
        }
    }
}

/// What one connection holds; given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    backlog: Arc<Backlog>,
    counted: usize,
}

impl Share {
    /// Says how many bytes the connection holds now. When that is too much for all together, the
    /// one that wants more must go: those who hold less or wait keep what they have.
    pub fn hold(&mut self, bytes: usize) -> Result<(), Full> {
        let counted = bytes.saturating_sub(FREE_BYTES);
        if counted <= self.counted {
            self.give_back(self.counted - counted);
            return Ok(());
        }
        let more = counted - self.counted;
        let before = self.backlog.held.fetch_add(more, Ordering::Relaxed);
        self.counted = counted;
        if before + more > self.backlog.max {
            return Err(Full);
        }
        Ok(())
    }

    fn give_back(&mut self, bytes: usize) {
        if bytes > 0 {
            self.backlog.held.fetch_sub(bytes, Ordering::Relaxed);
            self.counted -= bytes;
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back(self.counted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_wants_too_much_is_refused_and_leaves_room_when_it_goes() {
        let backlog = Backlog::new(100_000);
        let (mut first, mut second) = (backlog.share(), backlog.share());
        first.hold(80_000).expect("there is room");
        assert_eq!(second.hold(80_000), Err(Full));
        drop(second);
        let mut third = backlog.share();
        third.hold(FREE_BYTES).expect("a little is free");
        assert_eq!(third.hold(80_000), Err(Full));
        drop((first, third));
        assert_eq!(backlog.held.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_was_finished_is_given_back() {
        let backlog = Backlog::new(100_000);
        let mut share = backlog.share();
        for _ in 0..10 {
            share.hold(90_000).expect("there is room");
            share.hold(0).expect("less is always possible");
        }
        assert_eq!(backlog.held.load(Ordering::Relaxed), 0);
    }
}
