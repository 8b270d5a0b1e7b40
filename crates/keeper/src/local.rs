//! The keeper in the same process.

use crate::client::{BoxFuture, Clock, KeeperClient, KeeperError, Purpose};
use crate::keeper::Keeper;
use std::sync::Arc;

/// Calls a [`Keeper`] in this process, on the caller's thread.
///
/// It is for tests, where the whole server runs in one thread under a simulated clock: a process
/// that holds both the key and the database gives up what the keeper is for.
pub struct LocalKeeper {
    keeper: Arc<Keeper>,
    clock: Clock,
}

impl LocalKeeper {
    /// Wraps a keeper; `clock` tells the time of each request.
    pub fn new(keeper: Arc<Keeper>, clock: Clock) -> Self {
        Self { keeper, clock }
    }
}

impl KeeperClient for LocalKeeper {
    fn evaluate_batch<'a>(
        &'a self,
        purpose: Purpose,
        caller: u64,
        blinded: &'a [[u8; 32]],
    ) -> BoxFuture<'a, Result<Vec<[u8; 32]>, KeeperError>> {
        Box::pin(async move {
            self.keeper
                .evaluate_batch(purpose, caller, blinded, (self.clock)())
        })
    }
}
