//! Transports: how packets are cut out of a stream of bytes
//! (<https://core.telegram.org/mtproto/mtproto-transports>).
//!
//! [`detect`] looks at a new connection and yields a [`Stream`]; the caller keeps the two buffers,
//! so an idle connection owns none.

mod abridged;
mod detect;
mod full;
mod intermediate;
mod obfuscation;

use bytes::{BufMut, BytesMut};
use thiserror::Error;

use crate::entropy::{Entropy, draw};

pub use detect::{Detected, ProxySecret, detect};
#[cfg(any(test, feature = "client"))]
pub use obfuscation::obfuscated_header;

use full::Counters;
use obfuscation::Obfuscation;

/// The largest packet taken from a client or sent to one. The documentation limits a message to
/// 1 MiB; the rest is room for the envelope and the container around it.
pub const MAX_PACKET: usize = 1024 * 1024 + 64 * 1024;

/// The ways to frame packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Begins with `ef`; lengths of one or four bytes, in words.
    Abridged,
    /// Begins with `eeeeeeee`; lengths of four bytes.
    Intermediate,
    /// Begins with `dddddddd`; as intermediate, with up to 15 random bytes behind each packet.
    Padded,
    /// No beginning of its own; length, number and CRC-32 with each packet.
    Full,
}

/// One packet from the other side.
#[derive(Debug)]
pub struct Packet {
    /// What was framed: an encrypted or an unencrypted message.
    pub payload: BytesMut,
    /// The sender wants a quick acknowledgement ([`Stream::quick_ack`]).
    pub quick_ack: bool,
}

/// A packet that no well-meaning sender sends; the connection is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Empty, longer than [`MAX_PACKET`], or not a multiple of four.
    #[error("a packet of a forbidden length")]
    Length,
    /// Full transport: packets must be numbered from zero.
    #[error("a packet out of order")]
    Number,
    /// Full transport: the check sum does not fit.
    #[error("a damaged packet")]
    Checksum,
}

/// What a server says below the message layer, as a packet of four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// -404: the key is unknown, or the key exchange failed.
    KeyNotFound,
    /// -429: too many connections or key exchanges from this address.
    Flood,
    /// -444: this server does not play the data centre that was asked for.
    InvalidDc,
}

impl TransportError {
    /// The number on the wire.
    pub fn code(self) -> i32 {
        match self {
            Self::KeyNotFound => -404,
            Self::Flood => -429,
            Self::InvalidDc => -444,
        }
    }
}

/// A connection whose transport is known: cuts what comes in, frames what goes out.
pub struct Stream {
    framing: Framing,
    counters: Counters,
    obfuscation: Option<Box<Obfuscation>>,
    /// How many bytes at the front of the caller's buffer have been decrypted already.
    decrypted: usize,
}

impl Stream {
    /// A stream without obfuscation. The sign at its beginning must have been consumed (server) or
    /// sent (client).
    pub fn plain(framing: Framing) -> Self {
        Self::new(framing, None)
    }

    fn new(framing: Framing, obfuscation: Option<Box<Obfuscation>>) -> Self {
        Self {
            framing,
            counters: Counters::default(),
            obfuscation,
            decrypted: 0,
        }
    }

    /// How packets are framed.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Whether the stream is wrapped in the cipher of obfuscated2.
    pub fn is_obfuscated(&self) -> bool {
        self.obfuscation.is_some()
    }

    /// Takes the next whole packet from the front of `buffer`, to whose end the caller appends
    /// what it read. Always the same buffer must be passed; `None` means that more is needed.
    pub fn feed(&mut self, buffer: &mut BytesMut) -> Result<Option<Packet>, FrameError> {
        if let Some(obfuscation) = &mut self.obfuscation {
            obfuscation.decrypt(&mut buffer[self.decrypted..]);
        }
        let before = buffer.len();
        let packet = match self.framing {
            Framing::Abridged => abridged::next(buffer),
            Framing::Intermediate => intermediate::next(buffer),
            Framing::Padded => intermediate::next_padded(buffer),
            Framing::Full => full::next(&mut self.counters, buffer),
        };
        debug_assert!(buffer.len() <= before);
        self.decrypted = buffer.len();
        packet
    }

    /// Appends one packet of `len` bytes to `out`. `write` must append exactly these bytes; it is
    /// given the entropy because sealing a message needs some too.
    pub fn frame(
        &mut self,
        len: usize,
        out: &mut BytesMut,
        entropy: &mut dyn Entropy,
        write: impl FnOnce(&mut BytesMut, &mut dyn Entropy),
    ) {
        let start = out.len();
        match self.framing {
            Framing::Abridged => {
                abridged::put_length(len, out);
                write(out, entropy);
            }
            Framing::Intermediate => {
                out.put_u32_le(len as u32);
                write(out, entropy);
            }
            Framing::Padded => {
                let random: [u8; 4] = draw(entropy);
                let padding = &random[..intermediate::padding_len(len, random[3])];
                out.put_u32_le((len + padding.len()) as u32);
                write(out, entropy);
                out.put_slice(padding);
            }
            Framing::Full => {
                self.counters.frame(len, out, |out| write(out, entropy));
            }
        }
        self.encrypt(&mut out[start..]);
    }

    /// Appends `payload` as one packet.
    pub fn send(&mut self, payload: &[u8], out: &mut BytesMut, entropy: &mut dyn Entropy) {
        self.frame(payload.len(), out, entropy, |out, _| out.put_slice(payload));
    }

    /// Appends a transport error.
    pub fn send_error(
        &mut self,
        error: TransportError,
        out: &mut BytesMut,
        entropy: &mut dyn Entropy,
    ) {
        self.send(&error.code().to_le_bytes(), out, entropy);
    }

    /// Appends a quick acknowledgement, `token` being
    /// [`Opened::quick_ack`](crate::envelope::Opened::quick_ack). The full transport has none.
    pub fn quick_ack(&mut self, token: u32, out: &mut BytesMut) {
        let start = out.len();
        // The highest bit tells a token from a length; it stands in the byte that is read first.
        let token = token | 1 << 31;
        match self.framing {
            Framing::Abridged => out.put_u32(token),
            Framing::Intermediate | Framing::Padded => out.put_u32_le(token),
            Framing::Full => {}
        }
        self.encrypt(&mut out[start..]);
    }

    fn encrypt(&mut self, bytes: &mut [u8]) {
        if let Some(obfuscation) = &mut self.obfuscation {
            obfuscation.encrypt(bytes);
        }
    }
}

/// Accepts the length of a packet that carries whole words.
fn check_length(len: usize) -> Result<usize, FrameError> {
    if len == 0 || len > MAX_PACKET || !len.is_multiple_of(4) {
        return Err(FrameError::Length);
    }
    Ok(len)
}

/// Splits `header` + `len` bytes off the buffer, if they are there, and drops the header.
fn split_packet(buffer: &mut BytesMut, header: usize, len: usize) -> Option<BytesMut> {
    if buffer.len() < header + len {
        return None;
    }
    let mut packet = buffer.split_to(header + len);
    let _ = packet.split_to(header);
    Some(packet)
}
