//! Calls that wait for the disk or for other machines, away from the threads that serve sockets.

use crate::Shared;
use crate::answer::Refusal;
use std::sync::Arc;

/// Runs `call` on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    shared: &Arc<Shared>,
    call: impl FnOnce(&Shared) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let shared = shared.clone();
    let done = tokio::task::spawn_blocking(move || call(&shared)).await;
    done.unwrap_or_else(|panic| Err(Refusal::internal(&panic)))
}
