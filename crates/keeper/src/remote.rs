//! The keeper in its own process, reached over a Unix socket.

use crate::client::{BoxFuture, KeeperClient, KeeperError, Purpose};
use crate::wire::{self, Answer};
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// How long one call may take in all, waiting for its turn and for a keeper that is restarting
/// included. A keeper restarts well within it, and a person who signs in waits no longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pause between attempts to connect.
const CONNECT_PAUSE: Duration = Duration::from_millis(50);

/// Requests under way at once, for sign-in and for all other purposes apart: imports by many do
/// not make a sign-in wait.
const AT_ONCE: usize = 4;

/// Calls a keeper that another process [serves](crate::serve).
///
/// Connections are made when needed and kept. When the keeper restarts, a call under way may fail
/// with [`KeeperError::Unavailable`]; later ones wait a few seconds for it to come back.
pub struct RemoteKeeper {
    socket: PathBuf,
    idle: Mutex<Vec<UnixStream>>,
    sign_in: Semaphore,
    others: Semaphore,
}

impl RemoteKeeper {
    /// Names the keeper's socket; nothing is opened yet.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self {
            socket: socket.into(),
            idle: Mutex::new(Vec::new()),
            sign_in: Semaphore::new(AT_ONCE),
            others: Semaphore::new(AT_ONCE),
        }
    }

    async fn call(&self, purpose: Purpose, request: &[u8]) -> Answer {
        let turns = match purpose {
            Purpose::SignIn => &self.sign_in,
            Purpose::Import | Purpose::Desk => &self.others,
        };
        let _turn = turns.acquire().await.expect("never closed");

        if let Some(stream) = self.take_idle() {
            if let Ok(answer) = self.exchange(stream, request).await {
                return answer;
            }
            // The keeper closed it or went away, and its other connections with it. Asking again
            // may pay twice, when it died after paying: better than failing each time.
            self.idle().clear();
        }
        let stream = self.connect().await;
        self.exchange(stream, request)
            .await
            .unwrap_or(Err(KeeperError::Unavailable))
    }

    /// Sends a request and reads the answer. The connection is kept only after a whole exchange:
    /// one that was left in the middle would give the next caller this one's answer.
    async fn exchange(&self, mut stream: UnixStream, request: &[u8]) -> io::Result<Answer> {
        wire::write_frame(&mut stream, request).await?;
        let length = wire::read_length(&mut stream).await?;
        let answer = wire::decode_answer(&wire::read_rest(&mut stream, length).await?);
        if answer != Err(KeeperError::Malformed) {
            self.idle().push(stream);
        }
        Ok(answer)
    }

    /// Connects, however long it takes; the caller's patience bounds it.
    async fn connect(&self) -> UnixStream {
        loop {
            match UnixStream::connect(&self.socket).await {
                Ok(stream) => return stream,
                Err(error) => tracing::debug!(%error, "keeper_not_reached"),
            }
            sleep(CONNECT_PAUSE).await;
        }
    }

    fn take_idle(&self) -> Option<UnixStream> {
        self.idle().pop()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<UnixStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeeperClient for RemoteKeeper {
    fn evaluate_batch<'a>(
        &'a self,
        purpose: Purpose,
        caller: u64,
        blinded: &'a [[u8; 32]],
    ) -> BoxFuture<'a, Result<Vec<[u8; 32]>, KeeperError>> {
        Box::pin(async move {
            if blinded.is_empty() || blinded.len() > crate::MAX_BATCH {
                return Err(KeeperError::Malformed);
            }
            let request = wire::encode_request(purpose, caller, blinded);
            let evaluated = timeout(PATIENCE, self.call(purpose, &request))
                .await
                .unwrap_or(Err(KeeperError::Unavailable))?;
            if evaluated.len() > blinded.len() {
                return Err(KeeperError::Malformed);
            }
            Ok(evaluated)
        })
    }
}
