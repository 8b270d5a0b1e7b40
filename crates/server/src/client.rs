//! A small client in the canonical layer, for the load generator and for tests.
//!
//! It is correct and plain: one connection, one call at a time, no patience. Real clients are the
//! judges of the server; this one only keeps it busy.

mod channel;

pub use channel::Channel;

use crate::gateway::SystemEntropy;
use bytes::{BufMut, Bytes, BytesMut};
use heliograph_mtproto::client::{ClientSession, Incoming, Options, ServerPublicKey, Start};
use heliograph_mtproto::transport::{Framing, Stream};
use heliograph_mtproto::{AuthKey, Entropy, MsgId, UnixMillis, envelope};
use heliograph_tl::{Decode, Function, enums};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Tells a client the time.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// Why a call failed.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The connection ended.
    #[error("the connection ended: {0}")]
    Io(#[from] io::Error),
    /// The server said what a client must not accept.
    #[error("the server's bytes are not acceptable")]
    BadServer,
    /// The transport error that the server sent (`-404` and the like).
    #[error("transport error {0}")]
    Transport(i32),
    /// The call was answered with an error.
    #[error("{code} {message}")]
    Rpc {
        /// The code.
        code: i32,
        /// The text.
        message: String,
    },
}

/// A connection with a key and a session.
pub struct Client<S> {
    io: S,
    stream: Stream,
    incoming: BytesMut,
    session: ClientSession,
    introduced: bool,
    layer: u16,
    pushes: VecDeque<Bytes>,
    /// Everything else that came and that a test may want to see.
    pub notices: Vec<Incoming>,
    clock: Clock,
}

/// A key and a salt: what a client keeps to come back with.
pub struct Credentials {
    /// The key.
    pub key: AuthKey,
    /// The salt to begin with; 0 makes the server tell the right one.
    pub salt: i64,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Makes a key over a new connection and begins a session with it.
    pub async fn connect(
        io: S,
        server: &ServerPublicKey,
        clock: Clock,
    ) -> Result<Self, ClientError> {
        Self::connect_with(Options::default(), io, server, clock).await
    }

    /// The same with another form of the key exchange, or for a temporary key.
    pub async fn connect_with(
        options: Options,
        mut io: S,
        server: &ServerPublicKey,
        clock: Clock,
    ) -> Result<Self, ClientError> {
        let mut line = Line::begin(&mut io).await?;
        let credentials = line.make_key(options, &mut io, server, &clock).await?;
        Ok(Self::over(io, line, credentials, clock))
    }

    /// Begins a session with a key from before, over a new connection.
    pub async fn resume(
        mut io: S,
        credentials: Credentials,
        clock: Clock,
    ) -> Result<Self, ClientError> {
        let line = Line::begin(&mut io).await?;
        Ok(Self::over(io, line, credentials, clock))
    }

    /// Goes on with the same session over a new connection.
    pub async fn reconnect(self, mut io: S) -> Result<Self, ClientError> {
        let line = Line::begin(&mut io).await?;
        Ok(Client {
            io,
            stream: line.stream,
            incoming: line.incoming,
            ..self
        })
    }

    fn over(io: S, line: Line, credentials: Credentials, clock: Clock) -> Self {
        let mut id = [0; 8];
        SystemEntropy.fill(&mut id);
        let id = i64::from_le_bytes(id);
        Client {
            io,
            stream: line.stream,
            incoming: line.incoming,
            session: ClientSession::new(credentials.key, credentials.salt, id),
            introduced: false,
            layer: heliograph_tl::LAYER,
            pushes: VecDeque::new(),
            notices: Vec::new(),
            clock,
        }
    }

    /// The key, to come back with.
    pub fn key(&self) -> &AuthKey {
        self.session.key()
    }

    /// Makes a call and waits for its answer. Pushes that come before it are kept.
    pub async fn call<F: Function>(&mut self, call: &F) -> Result<F::Return, ClientError> {
        let body = self.wrapped(call);
        let mut id = self.send(&body).await?;
        loop {
            for incoming in self.receive().await? {
                match incoming {
                    Incoming::Answer { call, body } if call == id => return read_answer(&body),
                    Incoming::BadSalt { msg_id } if msg_id == id => {
                        id = self.send(&body).await?;
                    }
                    other => self.keep(other),
                }
            }
        }
    }

    /// Sends a call without waiting for its answer.
    pub async fn send_call<F: Function>(&mut self, call: &F) -> Result<MsgId, ClientError> {
        let body = self.wrapped(call);
        self.send(&body).await
    }

    /// The call, with an introduction if it is the first.
    fn wrapped<F: Function>(&mut self, call: &F) -> Vec<u8> {
        let mut body = Vec::new();
        if !self.introduced {
            self.introduced = true;
            introduce(self.layer, &mut body);
        }
        call.encode(&mut body);
        body
    }

    /// The next thing that the server says of its own accord.
    pub async fn next_push(&mut self) -> Result<Bytes, ClientError> {
        loop {
            if let Some(push) = self.pushes.pop_front() {
                return Ok(push);
            }
            for incoming in self.receive().await? {
                self.keep(incoming);
            }
        }
    }

    /// The next push as updates.
    pub async fn next_updates(&mut self) -> Result<enums::Updates, ClientError> {
        let push = self.next_push().await?;
        enums::Updates::from_bytes(&push).map_err(|_| ClientError::BadServer)
    }

    /// Acknowledges what has come, if it has not been.
    pub async fn acknowledge(&mut self) -> Result<(), ClientError> {
        let Some(packet) = self.session.encode_acks((self.clock)(), &mut SystemEntropy) else {
            return Ok(());
        };
        self.write(&packet).await
    }

    /// Leaves out `invokeWithLayer` and `initConnection`, which come with the first call otherwise.
    pub fn skip_introduction(&mut self) {
        self.introduced = true;
    }

    /// Says with the next call that the client speaks another layer. What it is told then is of
    /// that layer, and can be read as [`Client::next_push`] gives it.
    pub fn speak_layer(&mut self, layer: u16) {
        self.layer = layer;
        self.introduced = false;
    }

    /// The session, for tests that send what no client would.
    pub fn session(&mut self) -> &mut ClientSession {
        &mut self.session
    }

    /// Sends a packet as it is.
    pub async fn write(&mut self, packet: &[u8]) -> Result<(), ClientError> {
        let mut out = BytesMut::new();
        self.stream.send(packet, &mut out, &mut SystemEntropy);
        self.io.write_all(&out).await?;
        self.io.flush().await?;
        Ok(())
    }

    async fn send(&mut self, body: &[u8]) -> Result<MsgId, ClientError> {
        let (id, packet) = self
            .session
            .encode_call(body, (self.clock)(), &mut SystemEntropy);
        self.write(&packet).await?;
        Ok(id)
    }

    /// Waits for the next packet and takes it apart.
    pub async fn receive(&mut self) -> Result<Vec<Incoming>, ClientError> {
        let packet = next_packet(&mut self.io, &mut self.stream, &mut self.incoming).await?;
        self.session
            .decode(packet)
            .map_err(|_| ClientError::BadServer)
    }

    fn keep(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Push { body, .. } => self.pushes.push_back(body),
            other => self.notices.push(other),
        }
    }
}

/// A connection before it has a key.
struct Line {
    stream: Stream,
    incoming: BytesMut,
}

/// Unencrypted messages are numbered for the whole process.
static PLAIN_ID: AtomicI64 = AtomicI64::new(4);

impl Line {
    /// Says which transport it speaks: intermediate.
    async fn begin<S: AsyncWrite + Unpin>(io: &mut S) -> Result<Self, ClientError> {
        io.write_all(&[0xee; 4]).await?;
        Ok(Line {
            stream: Stream::plain(Framing::Intermediate),
            incoming: BytesMut::new(),
        })
    }

    async fn make_key<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        options: Options,
        io: &mut S,
        server: &ServerPublicKey,
        clock: &Clock,
    ) -> Result<Credentials, ClientError> {
        let bad = |_| ClientError::BadServer;
        let entropy = &mut SystemEntropy;
        let start = Start::new(options, entropy);
        let answer = self.ask(io, &start.request(), clock).await?;
        let (request, chosen) = start.choose(&answer, server, entropy).map_err(bad)?;
        let answer = self.ask(io, &request, clock).await?;
        let (request, agreed) = chosen.agree(&answer, entropy).map_err(bad)?;
        let answer = self.ask(io, &request, clock).await?;
        let finished = agreed.finish(&answer).map_err(bad)?;
        Ok(Credentials {
            key: finished.key,
            salt: finished.salt,
        })
    }

    async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        io: &mut S,
        body: &[u8],
        clock: &Clock,
    ) -> Result<Vec<u8>, ClientError> {
        let id = PLAIN_ID.fetch_add(4, Ordering::Relaxed);
        let id = MsgId(MsgId::at(clock()).0 + (id & 0xffff));
        let mut out = BytesMut::new();
        self.stream.send(
            &envelope::unencrypted(id, body),
            &mut out,
            &mut SystemEntropy,
        );
        io.write_all(&out).await?;
        io.flush().await?;
        let packet = next_packet(io, &mut self.stream, &mut self.incoming).await?;
        let (_, body) = envelope::open_unencrypted(&packet).map_err(|_| ClientError::BadServer)?;
        Ok(body.to_vec())
    }
}

async fn next_packet<S: AsyncRead + Unpin>(
    io: &mut S,
    stream: &mut Stream,
    incoming: &mut BytesMut,
) -> Result<BytesMut, ClientError> {
    loop {
        if let Some(packet) = stream.feed(incoming).map_err(|_| ClientError::BadServer)? {
            let payload = packet.payload;
            if let Ok(code) = <[u8; 4]>::try_from(&payload[..]) {
                return Err(ClientError::Transport(i32::from_le_bytes(code)));
            }
            return Ok(payload);
        }
        incoming.reserve(16 * 1024);
        if io.read_buf(incoming).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
}

/// `invokeWithLayer` and `initConnection` in front of the first call.
fn introduce(layer: u16, out: &mut Vec<u8>) {
    out.put_u32_le(0xda9b_0d0d);
    out.put_u32_le(u32::from(layer));
    out.put_u32_le(0xc1cd_5ea9);
    out.put_u32_le(0);
    out.put_i32_le(1);
    for word in [
        "bench",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_VERSION"),
        "en",
        "",
        "en",
    ] {
        heliograph_tl::put_bytes(out, word.as_bytes());
    }
}

/// Reads the answer to a call, or the error in its place.
pub fn read_answer<T: Decode>(body: &[u8]) -> Result<T, ClientError> {
    let mut reader = heliograph_tl::Reader::new(body);
    if reader.u32() == Ok(0x2144_ca19) {
        let code = reader.u32().map_err(|_| ClientError::BadServer)? as i32;
        let message = reader
            .text()
            .map_err(|_| ClientError::BadServer)?
            .to_owned();
        return Err(ClientError::Rpc { code, message });
    }
    T::from_bytes(body).map_err(|_| ClientError::BadServer)
}
