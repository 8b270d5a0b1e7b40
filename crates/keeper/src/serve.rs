//! The keeper's end of the socket.

use crate::client::{Clock, KeeperError};
use crate::keeper::Keeper;
use crate::secrets_client::SecretsError;
use crate::wire::secrets::{self, SecretsAnswer, SecretsRequest};
use crate::wire::{self, Answer, Evaluate, Request};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

/// Connections served at once; more wait to be accepted. A server keeps at most twelve, each with
/// one request at a time, so this also bounds the evaluations under way.
const MAX_CONNECTIONS: usize = 16;

/// How long a connection may stay silent between requests. Short enough that idle ones do not
/// keep others waiting for a place.
const IDLE: Duration = Duration::from_secs(60);

/// How long the rest of a frame may take in either direction. Both ends are on one machine.
const FRAME: Duration = Duration::from_secs(5);

/// Pause after a failed `accept` (out of file descriptors, say), so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Binds the keeper's socket with mode 0600, replacing what a dead keeper left.
///
/// Fails with `AddrInUse` when a keeper answers there, and when the path is longer than a
/// socket's may be (about 100 bytes). Must be called within a tokio runtime.
pub fn bind(socket: &Path) -> io::Result<UnixListener> {
    if BlockingStream::connect(socket).is_ok() {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    // Under its final name the socket is never open to others, not for a moment.
    let draft = socket.with_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&draft)?;
    fs::set_permissions(&draft, Permissions::from_mode(0o600))?;
    fs::rename(&draft, socket)?;
    Ok(listener)
}

/// Answers requests until dropped, then drops all connections.
pub async fn serve(listener: UnixListener, keeper: Arc<Keeper>, clock: Clock) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let place = Arc::clone(&places)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let (keeper, clock) = (Arc::clone(&keeper), Arc::clone(&clock));
                connections.spawn(async move {
                    // A connection that fails is over; its client tries a new one.
                    let _ = converse(stream, keeper, clock).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "keeper_accept_failed");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers one connection's requests, one after another, until it closes, stalls or errs.
async fn converse(mut stream: UnixStream, keeper: Arc<Keeper>, clock: Clock) -> io::Result<()> {
    loop {
        let request = match timeout(IDLE, wire::read_length(&mut stream)).await? {
            Ok(length) => {
                let rest = timeout(FRAME, wire::read_rest(&mut stream, length)).await??;
                wire::decode_request(&rest)
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => None,
            Err(error) => return Err(error),
        };
        let Some(request) = request else {
            // What follows cannot be told apart from frames, so the connection ends.
            reply(&mut stream, &Err(KeeperError::Malformed)).await?;
            return Ok(());
        };
        let (keeper, now_s) = (Arc::clone(&keeper), clock());
        match request {
            Request::Evaluate(Evaluate {
                purpose,
                caller,
                blinded,
            }) => {
                let evaluation =
                    spawn_blocking(move || keeper.evaluate_batch(purpose, caller, &blinded, now_s));
                let answer = evaluation.await.unwrap_or(Err(KeeperError::Unavailable));
                reply(&mut stream, &answer).await?;
            }
            Request::Evaluations => {
                let days = keeper.evaluations_before(now_s);
                send(&mut stream, &wire::encode_days(&days)).await?;
            }
            Request::Secrets(request) => {
                let answering = spawn_blocking(move || answer_secret(&keeper, request, now_s));
                let answer = answering.await.unwrap_or(Err(SecretsError::Unavailable));
                send(&mut stream, &secrets::encode_answer(&answer)).await?;
            }
        }
    }
}

fn answer_secret(keeper: &Keeper, request: SecretsRequest, now_s: u64) -> SecretsAnswer {
    let secrets = keeper.secrets()?;
    let nothing = |()| Zeroizing::new(Vec::new());
    let bytes = |secret: &[u8]| Zeroizing::new(secret.to_vec());
    match request {
        SecretsRequest::Person(user_id) => Ok(bytes(secrets.person(user_id)?.as_bytes())),
        SecretsRequest::ForgetPerson(user_id) => secrets.forget_person(user_id).map(nothing),
        SecretsRequest::Today(day) => Ok(bytes(secrets.today(day, now_s)?.as_bytes())),
        SecretsRequest::CaseKey(case) => Ok(bytes(&*secrets.case_key(case)?)),
        SecretsRequest::PinLog(policy) => secrets.pin_log(&policy).map(nothing),
        SecretsRequest::Open(order) => {
            let released = secrets.secrets_for_open(&order, now_s)?;
            let mut all = Zeroizing::new(Vec::with_capacity(32 * released.len()));
            for secret in &released {
                all.extend(secret.as_bytes());
            }
            Ok(all)
        }
        SecretsRequest::Preserve(order) => secrets.preserve_secrets(&order, now_s).map(nothing),
        SecretsRequest::Extend(logged) => secrets.extend(&logged, now_s).map(nothing),
        SecretsRequest::Release(preserve) => secrets.release(preserve).map(nothing),
        SecretsRequest::PreservedPerson(preserve) => {
            let (user_id, name) = secrets.preserved_person(preserve)?;
            let mut both = Zeroizing::new(Vec::with_capacity(8 + 32));
            both.extend(user_id.to_le_bytes());
            both.extend(name.0);
            Ok(both)
        }
        SecretsRequest::EraseDue(retention_days) => {
            let days = secrets.erase_due(retention_days, now_s)?;
            Ok(bytes(
                &days
                    .into_iter()
                    .flat_map(u32::to_le_bytes)
                    .collect::<Vec<_>>(),
            ))
        }
    }
}

async fn reply(stream: &mut UnixStream, answer: &Answer) -> io::Result<()> {
    send(stream, &wire::encode_answer(answer)).await
}

async fn send(stream: &mut UnixStream, rest: &[u8]) -> io::Result<()> {
    timeout(FRAME, wire::write_frame(stream, rest)).await?
}
