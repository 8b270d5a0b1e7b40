//! The task that keeps the index equal to the store.

use heliograph_discovery::again::look_again;
use heliograph_discovery::follow::{self, Progress};
use heliograph_discovery::gate::Gate;
use heliograph_discovery::{Discovery, IndexError};
use heliograph_store::Store;
use serde::{Deserialize, Serialize};
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How often it looks when nobody has rung.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After how long without anything new the index lets go of what writing takes, some 25 MB.
const REST_AFTER: Duration = Duration::from_secs(60);
/// How long changes are gathered before they are taken in together: each time costs a few file
/// flushes and some megabytes of fresh memory, however little is new.
const GATHER: Duration = Duration::from_millis(100);
/// The longest that changes are gathered, so that a post can be found within a second.
const GATHER_MAX: Duration = Duration::from_millis(400);
/// They are gathered for so many times as long as the last ones took to be taken in: the index has a
/// small share of the machine however often somebody posts.
const GATHER_TIMES: u32 = 10;
/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(5);
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// Where the index stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Whether everything is in it.
    pub complete: bool,
    /// Of a rebuild: peers looked at.
    pub peers: u64,
    /// Of a rebuild: peers there are.
    pub of_peers: u64,
    /// Peers and posts in it.
    pub documents: u64,
}

impl State {
    /// A line that shows how far a rebuild is.
    pub fn bar(&self) -> String {
        const WIDTH: u64 = 30;
        let done = (self.peers * WIDTH)
            .checked_div(self.of_peers)
            .unwrap_or(WIDTH);
        let (done, left) = (done as usize, (WIDTH - done.min(WIDTH)) as usize);
        let percent = (self.peers * 100).checked_div(self.of_peers).unwrap_or(100);
        let (bar, rest) = ("#".repeat(done), ".".repeat(left));
        let documents = self.documents;
        format!("search index [{bar}{rest}] {percent:3} %  {documents} peers and posts")
    }
}

/// Keeps the index equal to the store.
pub struct Follower {
    store: Store,
    index: Arc<Discovery>,
    gate: Arc<dyn Gate>,
    rung: Arc<Notify>,
    asked_anew: AtomicBool,
    progress: Mutex<Progress>,
}

impl Follower {
    /// `rung` rings when [`heliograph_domain::stale`] has something new; `gate` looks at it before
    /// it can be found.
    pub fn new(
        store: Store,
        index: Arc<Discovery>,
        gate: Arc<dyn Gate>,
        rung: Arc<Notify>,
    ) -> Arc<Self> {
        Arc::new(Follower {
            store,
            index,
            gate,
            rung,
            asked_anew: AtomicBool::new(false),
            progress: Mutex::default(),
        })
    }

    /// Has the index made anew.
    pub fn begin_anew(&self) {
        self.asked_anew.store(true, Ordering::Release);
        self.rung.notify_one();
    }

    /// Where the index stands.
    pub fn state(&self) -> State {
        let complete = self.index.is_complete() && !self.asked_anew.load(Ordering::Acquire);
        let progress = *self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let documents = if complete {
            self.index.peers().count() + self.index.posts().count()
        } else {
            progress.documents
        };
        State {
            complete,
            peers: progress.peers,
            of_peers: progress.of_peers,
            documents,
        }
    }

    /// Follows until dropped.
    pub async fn run(&self) {
        let mut written = Some(Instant::now());
        loop {
            let begun = Instant::now();
            match self.step().await {
                Ok(0) if self.looks_again().await => {}
                Ok(0) => {
                    if written.is_some_and(|at| at.elapsed() >= REST_AFTER) {
                        written = None;
                        self.rest().await;
                    }
                    let _ = timeout(LOOK_EVERY, self.rung.notified()).await;
                    sleep(GATHER).await;
                }
                Ok(count) => {
                    written = Some(Instant::now());
                    // More waits already where so many were there.
                    if count < follow::BATCH {
                        sleep(gather_for(begun.elapsed())).await;
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "search_index_not_followed");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Nothing was written for a while: the writers of the index are not needed.
    async fn rest(&self) {
        if let Err(error) = follow::rest(&self.index).await {
            tracing::warn!(%error, "search_index_writers_not_closed");
        }
    }

    /// Makes the index anew where it must be, and takes in what is new; answers with how much.
    pub(crate) async fn step(&self) -> Result<usize, IndexError> {
        if self.asked_anew.load(Ordering::Acquire) || !self.index.is_complete() {
            self.rebuild().await?;
            self.asked_anew.store(false, Ordering::Release);
        }
        follow::take_in(&self.store, &self.index, &*self.gate).await
    }

    /// Has the gate look again at a few things, where it has not looked at everything since the index
    /// was made; answers with whether there are more.
    async fn looks_again(&self) -> bool {
        let looked = look_again(&self.store, &self.index, &*self.gate).await;
        looked.unwrap_or_else(|error| {
            // The next round goes on where this one began.
            tracing::error!(%error, "public_posts_not_looked_at_again");
            false
        })
    }

    async fn rebuild(&self) -> Result<(), IndexError> {
        let begun = Instant::now();
        let mut told = begun;
        follow::rebuild(&self.store, &self.index, &*self.gate, |progress| {
            *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                tell(&self.state(), false);
            }
        })
        .await?;
        let state = self.state();
        // A new installation has nothing to wait for, and nothing to tell.
        if begun.elapsed() >= TELL_EVERY {
            tell(&state, true);
            let seconds = begun.elapsed().as_secs();
            tracing::info!(documents = state.documents, seconds, "search_index_made");
        }
        Ok(())
    }
}

/// How long to gather after it took so long to take in what was new.
fn gather_for(taking_in: Duration) -> Duration {
    taking_in
        .saturating_mul(GATHER_TIMES)
        .clamp(GATHER, GATHER_MAX)
}

/// Draws the bar where somebody looks on.
fn tell(state: &State, last: bool) {
    let mut out = std::io::stderr();
    if out.is_terminal() {
        let _ = write!(out, "\r{}{}", state.bar(), if last { "\n" } else { "" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_has_a_small_share_of_the_machine_and_a_post_is_found_within_a_second() {
        assert_eq!(gather_for(Duration::ZERO), GATHER);
        assert_eq!(
            gather_for(Duration::from_millis(20)),
            Duration::from_millis(200)
        );
        assert_eq!(gather_for(Duration::from_secs(9)), GATHER_MAX);
        assert!(GATHER_MAX + GATHER < Duration::from_millis(600));
    }

    #[test]
    fn the_bar_shows_how_far_it_is() {
        let state = State {
            peers: 500,
            of_peers: 1000,
            documents: 7,
            ..State::default()
        };
        let half = "search index [###############...............]  50 %  7 peers and posts";
        assert_eq!(state.bar(), half);
        let nothing = State::default().bar();
        assert!(nothing.contains("100 %"), "{nothing}");
    }
}
