//! A connection on which anything can be said.

use crate::person::socket_from;
use crate::program::{PATIENCE, Server, now};
use bytes::BytesMut;
use heliograph_mtproto::fuzzing::Seeded;
use heliograph_mtproto::transport::{Framing, Stream, obfuscated_header};
use heliograph_mtproto::{Entropy as _, MsgId, envelope};
use std::net::Ipv4Addr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A transport as a client opens it.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Plain(Framing),
    Obfuscated(Framing),
}

pub const TRANSPORTS: [Transport; 7] = [
    Transport::Plain(Framing::Abridged),
    Transport::Plain(Framing::Intermediate),
    Transport::Plain(Framing::Padded),
    Transport::Plain(Framing::Full),
    Transport::Obfuscated(Framing::Abridged),
    Transport::Obfuscated(Framing::Intermediate),
    Transport::Obfuscated(Framing::Padded),
];

pub const INTERMEDIATE: Transport = Transport::Plain(Framing::Intermediate);

impl Transport {
    /// What stands at the beginning of a connection, and the stream behind it.
    fn begin(self) -> (Vec<u8>, Stream) {
        let framing = match self {
            Transport::Plain(framing) => framing,
            Transport::Obfuscated(framing) => {
                let mut random = Seeded::new(7);
                loop {
                    let mut header = [0; 64];
                    random.fill(&mut header);
                    if let Some((header, stream)) = obfuscated_header(header, framing, None) {
                        return (header.to_vec(), stream);
                    }
                }
            }
        };
        let sign: &[u8] = match framing {
            Framing::Abridged => &[0xef],
            Framing::Intermediate => &[0xee; 4],
            Framing::Padded => &[0xdd; 4],
            Framing::Full => &[],
        };
        (sign.to_vec(), Stream::plain(framing))
    }
}

pub struct Wire {
    io: TcpStream,
    stream: Stream,
    incoming: BytesMut,
}

impl Wire {
    pub async fn open(server: &Server, transport: Transport) -> Self {
        Self::open_from(Ipv4Addr::LOCALHOST, server, transport).await
    }

    pub async fn open_from(from: Ipv4Addr, server: &Server, transport: Transport) -> Self {
        let io = socket_from(from, server.address).await.expect("it listens");
        let (sign, stream) = transport.begin();
        let mut wire = Wire {
            io,
            stream,
            incoming: BytesMut::new(),
        };
        wire.send_bytes(&sign).await;
        wire
    }

    /// Sends bytes as they are; a server that has closed already is what the test asks about.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = timeout(PATIENCE, self.io.write_all(bytes))
            .await
            .expect("it reads");
    }

    /// Sends a packet in its frame.
    pub async fn send(&mut self, packet: &[u8]) {
        let mut out = BytesMut::new();
        self.stream.send(packet, &mut out, &mut Seeded::new(1));
        self.send_bytes(&out).await;
    }

    /// Sends an unencrypted message.
    pub async fn send_plain(&mut self, body: &[u8]) {
        self.send(&envelope::unencrypted(MsgId::at(now()), body))
            .await;
    }

    /// The next packet; `None` when the server closed the connection.
    pub async fn receive(&mut self) -> Option<BytesMut> {
        loop {
            if let Some(packet) = self.stream.feed(&mut self.incoming).expect("frames") {
                return Some(packet.payload);
            }
            let read = self.io.read_buf(&mut self.incoming);
            match timeout(PATIENCE, read).await.expect("it answers or closes") {
                Ok(1..) => {}
                Ok(0) | Err(_) => return None,
            }
        }
    }

    /// The body of the next unencrypted message.
    pub async fn receive_plain(&mut self) -> Option<Vec<u8>> {
        let packet = self.receive().await?;
        let (_, body) = envelope::open_unencrypted(&packet).ok()?;
        Some(body.to_vec())
    }

    /// The transport error with which the server closes the connection; 0 when it says nothing.
    pub async fn last_word(&mut self) -> i32 {
        let Some(packet) = self.receive().await else {
            return 0;
        };
        // Padded packets have random bytes behind.
        assert!(packet.len() < 20, "a packet of {} bytes", packet.len());
        let code = packet.first_chunk().map(|head| i32::from_le_bytes(*head));
        assert_eq!(self.receive().await, None, "and then it closes");
        code.expect("four bytes")
    }
}

impl Wire {
    /// What comes first, as text.
    pub async fn receive_text(&mut self) -> String {
        let read = self.io.read_buf(&mut self.incoming);
        let _ = timeout(PATIENCE, read).await.expect("it answers or closes");
        String::from_utf8_lossy(&self.incoming).into_owned()
    }
}
