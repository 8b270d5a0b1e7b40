//! The keeper in its own process, reached over a Unix socket.

use crate::budget::Evaluations;
use crate::client::{BoxFuture, KeeperClient, KeeperError, Purpose};
use crate::secrets_client::{LogProof, Order, SecretsClient, SecretsError};
use crate::wire::secrets::{self, SecretsAnswer, SecretsRequest};
use crate::wire::{self, Answer};
use heliograph_vault::secrets::{DaySecret, RecordSecret, UserCommitment, UserSecret};
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

/// How long one call may take in all, waiting for its turn and for a keeper that is restarting
/// included. A keeper restarts well within it, and a person who signs in waits no longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pause between attempts to connect.
const CONNECT_PAUSE: Duration = Duration::from_millis(50);

/// Requests under way at once, for sign-in, for all other purposes and for secrets apart: imports
/// by many do not make a sign-in wait, nor a disk that is slow to keep a secret.
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
    secrets: Semaphore,
}

impl RemoteKeeper {
    /// Names the keeper's socket; nothing is opened yet.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self {
            socket: socket.into(),
            idle: Mutex::new(Vec::new()),
            sign_in: Semaphore::new(AT_ONCE),
            others: Semaphore::new(AT_ONCE),
            secrets: Semaphore::new(AT_ONCE),
        }
    }

    async fn evaluate(&self, purpose: Purpose, request: &[u8]) -> Answer {
        let turns = match purpose {
            Purpose::SignIn => &self.sign_in,
            Purpose::Import | Purpose::Desk => &self.others,
        };
        let _turn = turns.acquire().await.expect("never closed");
        self.call(request, wire::decode_answer, |answer| {
            *answer != Err(KeeperError::Malformed)
        })
        .await
        .unwrap_or(Err(KeeperError::Unavailable))
    }

    async fn secret(&self, request: SecretsRequest) -> SecretsAnswer {
        let request = wire::encode_secrets(&request);
        let exchange = async {
            let _turn = self.secrets.acquire().await.expect("never closed");
            self.call(&request, secrets::decode_answer, |answer| {
                *answer != Err(SecretsError::Malformed)
            })
            .await
        };
        match timeout(PATIENCE, exchange).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(SecretsError::Unavailable),
        }
    }

    /// Asks for a secret of 32 bytes.
    async fn secret_32(
        &self,
        request: SecretsRequest,
    ) -> Result<Zeroizing<[u8; 32]>, SecretsError> {
        let answer = self.secret(request).await?;
        let bytes: &[u8; 32] = answer
            .as_slice()
            .try_into()
            .map_err(|_| SecretsError::Malformed)?;
        Ok(Zeroizing::new(*bytes))
    }

    async fn done(&self, request: SecretsRequest) -> Result<(), SecretsError> {
        let answer = self.secret(request).await?;
        if answer.is_empty() {
            Ok(())
        } else {
            Err(SecretsError::Malformed)
        }
    }

    /// Sends a request over a connection that was kept, or a new one. `understood` says whether
    /// the connection is in step after this answer.
    async fn call<T>(
        &self,
        request: &[u8],
        decode: fn(&[u8]) -> T,
        understood: fn(&T) -> bool,
    ) -> io::Result<T> {
        if let Some(stream) = self.take_idle() {
            if let Ok(answer) = self.exchange(stream, request, decode, understood).await {
                return Ok(answer);
            }
            // The keeper closed it or went away, and its other connections with it. Asking again
            // may pay twice, when it died after paying: better than failing each time.
            self.idle().clear();
        }
        let stream = self.connect().await;
        self.exchange(stream, request, decode, understood).await
    }

    /// Sends a request and reads the answer. The connection is kept only after a whole exchange:
    /// one that was left in the middle would give the next caller this one's answer.
    async fn exchange<T>(
        &self,
        mut stream: UnixStream,
        request: &[u8],
        decode: fn(&[u8]) -> T,
        understood: fn(&T) -> bool,
    ) -> io::Result<T> {
        wire::write_frame(&mut stream, request).await?;
        let length = wire::read_length(&mut stream).await?;
        let rest = Zeroizing::new(wire::read_rest(&mut stream, length).await?);
        let answer = decode(&rest);
        if understood(&answer) {
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
            let request = wire::encode_evaluate(purpose, caller, blinded);
            let evaluated = timeout(PATIENCE, self.evaluate(purpose, &request))
                .await
                .unwrap_or(Err(KeeperError::Unavailable))?;
            if evaluated.len() > blinded.len() {
                return Err(KeeperError::Malformed);
            }
            Ok(evaluated)
        })
    }

    fn evaluations(&self) -> BoxFuture<'_, Result<Vec<Evaluations>, KeeperError>> {
        Box::pin(async move {
            let exchange = async {
                let _turn = self.others.acquire().await.expect("never closed");
                let request = wire::encode_evaluations();
                self.call(&request, wire::decode_days, Option::is_some)
                    .await
            };
            match timeout(PATIENCE, exchange).await {
                Ok(Ok(days)) => days.ok_or(KeeperError::Malformed),
                Ok(Err(_)) | Err(_) => Err(KeeperError::Unavailable),
            }
        })
    }
}

impl SecretsClient for RemoteKeeper {
    fn person(&self, user_id: i64) -> BoxFuture<'_, Result<UserSecret, SecretsError>> {
        Box::pin(async move {
            let secret = self.secret_32(SecretsRequest::Person(user_id)).await?;
            Ok(UserSecret::new(*secret))
        })
    }

    fn forget_person(&self, user_id: i64) -> BoxFuture<'_, Result<(), SecretsError>> {
        Box::pin(self.done(SecretsRequest::ForgetPerson(user_id)))
    }

    fn today(&self, day: u32) -> BoxFuture<'_, Result<DaySecret, SecretsError>> {
        Box::pin(async move {
            let secret = self.secret_32(SecretsRequest::Today(day)).await?;
            Ok(DaySecret::new(day, *secret))
        })
    }

    fn case_key(&self, case: [u8; 16]) -> BoxFuture<'_, Result<Zeroizing<[u8; 32]>, SecretsError>> {
        Box::pin(self.secret_32(SecretsRequest::CaseKey(case)))
    }

    fn pin_log<'a>(&'a self, policy: &'a str) -> BoxFuture<'a, Result<(), SecretsError>> {
        Box::pin(self.done(SecretsRequest::PinLog(policy.to_owned())))
    }

    fn secrets_for_open<'a>(
        &'a self,
        order: &'a Order,
    ) -> BoxFuture<'a, Result<Vec<RecordSecret>, SecretsError>> {
        Box::pin(async move {
            let answer = self.secret(SecretsRequest::Open(order.clone())).await?;
            let (released, rest) = answer.as_chunks::<32>();
            if released.len() != order.records.len() || !rest.is_empty() {
                return Err(SecretsError::Malformed);
            }
            Ok(released.iter().map(|one| RecordSecret::new(*one)).collect())
        })
    }

    fn preserve_secrets<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<(), SecretsError>> {
        Box::pin(self.done(SecretsRequest::Preserve(order.clone())))
    }

    fn extend<'a>(&'a self, logged: &'a LogProof) -> BoxFuture<'a, Result<(), SecretsError>> {
        Box::pin(self.done(SecretsRequest::Extend(logged.clone())))
    }

    fn release(&self, preserve: u64) -> BoxFuture<'_, Result<(), SecretsError>> {
        Box::pin(self.done(SecretsRequest::Release(preserve)))
    }

    fn preserved_person(
        &self,
        preserve: u64,
    ) -> BoxFuture<'_, Result<(i64, UserCommitment), SecretsError>> {
        Box::pin(async move {
            let answer = self
                .secret(SecretsRequest::PreservedPerson(preserve))
                .await?;
            let (user_id, name) = answer.split_first_chunk().ok_or(SecretsError::Malformed)?;
            let name: &[u8; 32] = name.try_into().map_err(|_| SecretsError::Malformed)?;
            Ok((i64::from_le_bytes(*user_id), UserCommitment(*name)))
        })
    }

    fn erase_due(&self, retention_days: u32) -> BoxFuture<'_, Result<Vec<u32>, SecretsError>> {
        Box::pin(async move {
            let answer = self
                .secret(SecretsRequest::EraseDue(retention_days))
                .await?;
            let (days, rest) = answer.as_chunks::<4>();
            if !rest.is_empty() {
                return Err(SecretsError::Malformed);
            }
            Ok(days.iter().map(|day| u32::from_le_bytes(*day)).collect())
        })
    }
}
