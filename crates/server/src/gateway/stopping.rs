//! The end of a gateway: what was begun is answered, and nobody is told of a failure that is none.
//!
//! A client takes the answer `500` for final. A call that finds the store closed must not get one:
//! its connection ends instead, and the client asks the next process again.

use super::Gateway;
use crate::metrics::Gauge;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long calls in progress may take. Nearly all are answered within milliseconds; those that wait
/// for the world outside (a code that is being sent) are asked again.
const CALLS_WAIT: Duration = Duration::from_secs(3);

/// How long connections may take to send what they have, and to close.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// How often it is looked whether all is done.
const LOOK: Duration = Duration::from_millis(5);

const SERVING: u8 = 0;
const FINISHING: u8 = 1;
const CLOSING: u8 = 2;

/// How far the end has come.
#[derive(Default)]
pub(super) struct Stopping {
    stage: AtomicU8,
    /// Calls that have begun and are not answered.
    pub calls: Gauge,
}

impl Stopping {
    /// Whether nothing new is begun.
    pub fn has_begun(&self) -> bool {
        self.stage.load(Ordering::Relaxed) != SERVING
    }

    /// Whether connections close when they have sent what they have.
    pub fn closes_connections(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == CLOSING
    }

    fn enter(&self, stage: u8) {
        self.stage.store(stage, Ordering::Relaxed);
    }
}

impl Gateway {
    /// Ends the work in order: takes nothing new, lets the calls in progress be answered, and closes
    /// the connections. What does not end within some seconds is left as it is.
    pub async fn finish(&self) {
        self.stopping.enter(FINISHING);
        until(CALLS_WAIT, || self.stopping.calls.count() == 0).await;
        self.stopping.enter(CLOSING);
        self.registry.nudge_all();
        until(CLOSE_WAIT, || self.registry.all_left()).await;
    }
}

async fn until(patience: Duration, done: impl Fn() -> bool) {
    let deadline = Instant::now() + patience;
    while !done() && Instant::now() < deadline {
        sleep(LOOK).await;
    }
}
