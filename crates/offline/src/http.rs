//! HTTP between the server and its custodians and witnesses: small requests, small answers.

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::fs::{self, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

/// Connections served at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 64;

/// How long one connection may live. A request is a few kilobytes; the longest takes seconds.
const CONNECTION: Duration = Duration::from_secs(120);

/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(10);

/// Pause after a failed `accept` (out of file descriptors, say), so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Not `unix:PATH`, `http://…` or `https://…`.
    #[error("an address is unix:PATH, http://HOST:PORT or https://HOST")]
    Address,
    /// Nobody answers, or not in time.
    #[error("no answer: {0}")]
    Silent(String),
    /// What came back is not HTTP, or too long.
    #[error("the answer is not HTTP, or too long")]
    Malformed,
}

/// Where somebody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket on this machine.
    Unix(PathBuf),
    /// A web address, without a slash at its end.
    Web(String),
}

impl FromStr for Address {
    type Err = HttpError;

    fn from_str(text: &str) -> Result<Self, HttpError> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Unix(path.into()));
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return Ok(Self::Web(text.trim_end_matches('/').to_owned()));
        }
        Err(HttpError::Address)
    }
}

/// Posts `body` to a path and returns status and body of the answer. Blocks.
pub fn exchange(
    address: &Address,
    path: &str,
    body: &[u8],
    max_bytes: usize,
    patience: Duration,
) -> Result<(u16, Vec<u8>), HttpError> {
    match address {
        Address::Unix(socket) => over_socket(socket, path, body, max_bytes, patience),
        Address::Web(base) => over_web(base, path, body, max_bytes, patience),
    }
}

fn over_web(
    base: &str,
    path: &str,
    body: &[u8],
    max_bytes: usize,
    patience: Duration,
) -> Result<(u16, Vec<u8>), HttpError> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(patience))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent("heliograph")
        .build()
        .into();
    // The error itself may repeat the address, which may hold a secret.
    let answer = agent.post(format!("{base}{path}")).send(body);
    let mut answer = answer.map_err(|error| match error {
        ureq::Error::Timeout(_) => HttpError::Silent("not in time".into()),
        _ => HttpError::Silent("unreachable".into()),
    })?;
    let status = answer.status().as_u16();
    let body = answer
        .body_mut()
        .with_config()
        .limit(max_bytes as u64)
        .read_to_vec();
    Ok((status, body.map_err(|_| HttpError::Malformed)?))
}

/// One request over a socket of its own, read to the end.
fn over_socket(
    socket: &Path,
    path: &str,
    body: &[u8],
    max_bytes: usize,
    patience: Duration,
) -> Result<(u16, Vec<u8>), HttpError> {
    let talk = || -> io::Result<Vec<u8>> {
        let mut stream = BlockingStream::connect(socket)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        // 16 KiB for the head of the answer.
        stream
            .take(max_bytes as u64 + 16_384)
            .read_to_end(&mut answer)?;
        Ok(answer)
    };
    let answer = talk().map_err(|error| HttpError::Silent(error.kind().to_string()))?;
    read_answer(&answer).ok_or(HttpError::Malformed)
}

/// Status and body of an answer whose length is announced, as our own servers do.
fn read_answer(answer: &[u8]) -> Option<(u16, Vec<u8>)> {
    let split = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..split]).ok()?;
    let body = &answer[split + 4..];
    let mut lines = head.split("\r\n");
    let status = lines
        .next()?
        .strip_prefix("HTTP/1.1 ")?
        .get(..3)?
        .parse()
        .ok()?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>())
    })?;
    (length.ok()? == body.len()).then(|| (status, body.to_vec()))
}

/// A request as a service sees it.
pub struct Asked {
    /// `POST`, mostly.
    pub method: String,
    /// The path, without a query.
    pub path: String,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer.
pub struct Told {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type` of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// What answers requests. It may block.
pub type Service = Arc<dyn Fn(Asked) -> Told + Send + Sync>;

/// A bound listener.
pub enum Listener {
    /// A socket on this machine, open to its owner only.
    Unix(UnixListener),
    /// A TCP port.
    Tcp(TcpListener),
}

impl Listener {
    /// Binds `unix:PATH` (mode 0600, replacing what a dead process left) or `ADDRESS:PORT`.
    ///
    /// Must be called within a tokio runtime. Fails with `AddrInUse` when somebody answers there.
    pub async fn bind(text: &str) -> io::Result<Self> {
        let text = text.strip_prefix("http://").unwrap_or(text);
        let Some(path) = text.strip_prefix("unix:") else {
            return TcpListener::bind(text).await.map(Self::Tcp);
        };
        let socket = Path::new(path);
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
        Ok(Self::Unix(listener))
    }

    /// The address as a client names it, when it is a port.
    pub fn web_address(&self) -> Option<String> {
        match self {
            Self::Unix(_) => None,
            Self::Tcp(listener) => {
                let address = listener.local_addr().ok()?;
                Some(format!("http://{address}"))
            }
        }
    }
}

/// Answers requests until dropped. Bodies longer than `max_bytes` are refused.
pub async fn serve(listener: Listener, max_bytes: usize, service: Service) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let place = place.expect("the semaphore is never closed");
        while connections.try_join_next().is_some() {}
        let service = Arc::clone(&service);
        let accepted = match &listener {
            Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                connections.spawn(async move {
                    converse(stream, max_bytes, service).await;
                    drop(place);
                });
            }),
            Listener::Tcp(listener) => listener.accept().await.map(|(stream, _)| {
                connections.spawn(async move {
                    converse(stream, max_bytes, service).await;
                    drop(place);
                });
            }),
        };
        if let Err(error) = accepted {
            tracing::warn!(%error, "accept_failed");
            sleep(ACCEPT_PAUSE).await;
        }
    }
}

async fn converse<S>(stream: S, max_bytes: usize, service: Service)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = service_fn(move |request| answer(request, max_bytes, Arc::clone(&service)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(16_384)
        .serve_connection(TokioIo::new(stream), answer);
    // A connection that fails is over; its client tries a new one.
    let _ = timeout(CONNECTION, connection).await;
}

async fn answer(
    request: Request<Incoming>,
    max_bytes: usize,
    service: Service,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let told = match Limited::new(body, max_bytes).collect().await {
        Ok(body) => {
            let asked = Asked {
                method: head.method.to_string(),
                path: head.uri.path().to_owned(),
                body: body.to_bytes().to_vec(),
            };
            let told = spawn_blocking(move || service(asked)).await;
            told.unwrap_or_else(|_| Told::text(500, "failed"))
        }
        Err(_) => Told::text(413, "too long"),
    };
    let mut response = Response::new(Full::new(Bytes::from(told.body)));
    *response.status_mut() = hyper::StatusCode::from_u16(told.status)
        .unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        CONTENT_TYPE,
        hyper::header::HeaderValue::from_static(told.content_type),
    );
    Ok(response)
}

impl Told {
    /// A line of text.
    pub fn text(status: u16, line: &str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            body: format!("{line}\n").into_bytes(),
        }
    }
}
