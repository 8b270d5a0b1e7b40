//! One connection that speaks MTProto: bytes in, packets to the gateway, bytes out.

use super::PeerInfo;
use super::backlog::{Full, Share};
use crate::gateway::{Gateway, Handled, Link, SystemEntropy};
use bytes::{Bytes, BytesMut};
use heliograph_mtproto::transport::{Detected, Stream, detect};
use heliograph_mtproto::websocket::{self, Control};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout_at};

/// How long a connection may take to show what it is, and to make or show a key. A key exchange
/// takes a client well under ten seconds on a bad line.
const INTRODUCTION: Duration = Duration::from_secs(60);

/// How long a connection with a key may be silent. Clients ping every minute or so.
const SILENCE: Duration = Duration::from_secs(600);

/// How much is read at once.
const READ_BYTES: usize = 16 * 1024;

/// How long a client may take to accept what is sent to it.
const WRITE_WAIT: Duration = Duration::from_secs(60);

/// Any stream of bytes that is not a plain socket.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// What carries a connection.
pub enum Pipe {
    /// A socket: while it is idle it owns no buffer.
    Tcp(TcpStream),
    /// Anything else: an upgraded HTTP connection, a pipe in a test.
    Other(Box<dyn Io>),
}

impl Pipe {
    /// The same as a stream, for protocols that keep buffers of their own.
    pub fn into_io(self) -> Box<dyn Io> {
        match self {
            Pipe::Tcp(socket) => Box::new(socket),
            Pipe::Other(io) => io,
        }
    }

    /// Waits for bytes and appends them to `buffer`; 0 is the end.
    pub async fn read(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        match self {
            Pipe::Tcp(socket) => loop {
                socket.readable().await?;
                buffer.reserve(READ_BYTES);
                match socket.try_read_buf(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        if buffer.is_empty() {
                            *buffer = BytesMut::new();
                        }
                    }
                    outcome => return outcome,
                }
            },
            Pipe::Other(io) => {
                buffer.reserve(READ_BYTES);
                io.read_buf(buffer).await
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Pipe::Tcp(socket) => socket.write_all(bytes).await,
            Pipe::Other(io) => {
                io.write_all(bytes).await?;
                io.flush().await
            }
        }
    }
}

/// A connection whose transport is known.
pub struct Connection {
    gateway: Arc<Gateway>,
    pipe: Pipe,
    websocket: Option<Frames>,
    stream: Stream,
    incoming: BytesMut,
    /// What `incoming` and the frames hold, counted with everybody else's.
    held: Share,
    link: Link,
    /// When it closes unless something comes.
    deadline: Instant,
    silence: Duration,
}

/// The frames of a WebSocket around the stream.
#[derive(Default)]
struct Frames {
    reader: websocket::Reader,
    /// What came and is not whole frames yet.
    raw: BytesMut,
}

/// Why a connection ended; only its end matters to anyone.
enum End {
    Closed,
    Broken,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        End::Broken
    }
}

impl From<Full> for End {
    fn from(_: Full) -> Self {
        End::Broken
    }
}

impl Connection {
    /// A connection whose transport was recognised; `incoming` holds what was read beyond that.
    pub fn new(
        gateway: Arc<Gateway>,
        pipe: Pipe,
        stream: Stream,
        incoming: BytesMut,
        peer: PeerInfo,
    ) -> Self {
        Connection {
            held: gateway.backlog().share(),
            gateway,
            pipe,
            websocket: None,
            stream,
            incoming,
            link: Link::new(peer),
            deadline: Instant::now() + INTRODUCTION,
            silence: SILENCE,
        }
    }

    /// The same inside a WebSocket: its transport is recognised from the first frames.
    pub async fn over_websocket(
        gateway: Arc<Gateway>,
        io: Box<dyn Io>,
        peer: PeerInfo,
    ) -> Option<Self> {
        let mut pipe = Pipe::Other(io);
        let mut frames = Frames::default();
        let mut data = BytesMut::new();
        let deadline = Instant::now() + INTRODUCTION;
        let stream = loop {
            match detect(&mut data, gateway.proxy_secrets()) {
                Detected::Stream(stream) => break stream,
                Detected::NeedMore => {}
                Detected::Http | Detected::Tls | Detected::Unknown => return None,
            }
            let read = timeout_at(deadline, pipe.read(&mut frames.raw)).await;
            if !matches!(read, Ok(Ok(1..))) {
                return None;
            }
            let mut replies = BytesMut::new();
            frames.unwrap(&mut data, &mut replies).ok()?;
            if !replies.is_empty() {
                pipe.write(&replies).await.ok()?;
            }
        };
        let connection = Connection::new(gateway, pipe, stream, data, peer);
        Some(Connection {
            websocket: Some(frames),
            ..connection
        })
    }

    /// Serves the connection until it ends.
    pub async fn run(mut self) {
        let gateway = self.gateway.clone();
        let _open = gateway.metrics().connections_open.enter();
        // However it ended, nobody is there any more to be told.
        let _ = self.serve().await;
        gateway.unlink(&self.link);
    }

    async fn serve(&mut self) -> Result<(), End> {
        let signal = self.link.signal().clone();
        // What came together with the transport's sign.
        self.take_packets().await?;
        let timer = sleep_until(self.next_wake());
        tokio::pin!(timer);
        loop {
            self.flush().await?;
            // One that goes off too early costs a second look, and is seldom; moving it for each
            // packet costs something for each.
            let wake = self.next_wake();
            if timer.is_elapsed() || wake < timer.deadline() {
                timer.as_mut().reset(wake);
            }
            tokio::select! {
                () = signal.notified() => {}
                read = self.pipe.read(self.websocket.as_mut().map_or(&mut self.incoming, |frames| &mut frames.raw)) => {
                    if read? == 0 {
                        return Err(End::Closed);
                    }
                    self.deadline = Instant::now() + self.silence_allowed();
                    self.take_packets().await?;
                }
                () = timer.as_mut() => {
                    if Instant::now() >= self.deadline {
                        return Err(End::Closed);
                    }
                }
            }
        }
    }

    /// Before a key is shown, silence counts from the beginning.
    fn silence_allowed(&self) -> Duration {
        if self.link.has_session() {
            self.silence
        } else {
            self.deadline.saturating_duration_since(Instant::now())
        }
    }

    /// When to look again if nothing comes: for acknowledgements, or to close.
    fn next_wake(&self) -> Instant {
        let Some(due) = self.link.acks_due() else {
            return self.deadline;
        };
        let wait_ms = (due.0 - self.gateway.now_ms()).max(0) as u64;
        self.deadline
            .min(Instant::now() + Duration::from_millis(wait_ms))
    }

    /// Takes every whole packet that has come.
    async fn take_packets(&mut self) -> Result<(), End> {
        if let Some(frames) = &mut self.websocket {
            let mut replies = BytesMut::new();
            let unwrapped = frames.unwrap(&mut self.incoming, &mut replies);
            if !replies.is_empty() {
                self.pipe.write(&replies).await?;
            }
            unwrapped?;
        }
        while let Some(packet) = self
            .stream
            .feed(&mut self.incoming)
            .map_err(|_| End::Broken)?
        {
            let handled = self
                .gateway
                .take_packet(&mut self.link, packet.payload, packet.quick_ack)
                .await;
            self.follow(handled).await?;
        }
        if self.incoming.is_empty() {
            // Nothing is kept for a connection that is silent.
            self.incoming = BytesMut::new();
        }
        let framed = self.websocket.as_ref().map_or(0, |frames| frames.raw.len());
        Ok(self.held.hold(self.incoming.len() + framed)?)
    }

    async fn follow(&mut self, handled: Handled) -> Result<(), End> {
        let mut out = BytesMut::new();
        if let Some(token) = handled.quick_ack {
            self.stream.quick_ack(token, &mut out);
        }
        if let Some(plain) = handled.plain {
            self.stream.send(&plain, &mut out, &mut SystemEntropy);
        }
        match handled.disconnect_after_s {
            Some(seconds) if seconds >= 0 => {
                self.silence = Duration::from_secs(seconds as u64).min(SILENCE);
                self.deadline = Instant::now() + self.silence;
            }
            Some(_) => self.silence = SILENCE,
            None => {}
        }
        if let Some(error) = handled.error {
            self.stream.send_error(error, &mut out, &mut SystemEntropy);
            self.send(out).await?;
            return Err(End::Closed);
        }
        self.send(out).await
    }

    /// Sends what the sessions have to say.
    async fn flush(&mut self) -> Result<(), End> {
        let mut out = BytesMut::new();
        let closing = self
            .gateway
            .write_pending(&mut self.link, &mut self.stream, &mut out);
        self.send(out).await?;
        if closing { Err(End::Closed) } else { Ok(()) }
    }

    async fn send(&mut self, out: BytesMut) -> Result<(), End> {
        if out.is_empty() {
            return Ok(());
        }
        let out: Bytes = if self.websocket.is_some() {
            let mut framed = BytesMut::with_capacity(out.len() + 10);
            websocket::put_binary(&out, &mut framed);
            framed.freeze()
        } else {
            out.freeze()
        };
        match timeout_at(Instant::now() + WRITE_WAIT, self.pipe.write(&out)).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(End::Broken),
        }
    }
}

impl Frames {
    /// Moves the payload of whole frames to `data`, and what must be said back to `replies`.
    fn unwrap(&mut self, data: &mut BytesMut, replies: &mut BytesMut) -> Result<(), End> {
        loop {
            match self.reader.feed(&mut self.raw, data) {
                Ok(None) => return Ok(()),
                Ok(Some(Control::Ping(payload))) => websocket::put_pong(&payload, replies),
                Ok(Some(Control::Close)) => {
                    websocket::put_close(1000, replies);
                    return Err(End::Closed);
                }
                Err(_) => {
                    websocket::put_close(1002, replies);
                    return Err(End::Broken);
                }
            }
        }
    }
}
