//! Recognising a transport by the first bytes of a connection.

use bytes::{Buf, BytesMut};
use zeroize::Zeroize;

use super::{
    Framing, Stream,
    obfuscation::{HEADER, Obfuscation},
};

/// The secret of an MTProxy link: without the byte `dd` that some links have in front, which only
/// tells the client to use padded packets.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxySecret(pub [u8; 16]);

impl Drop for ProxySecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What the first bytes of a connection say.
pub enum Detected {
    /// Too few bytes to tell.
    NeedMore,
    /// MTProto. The sign or header of the transport has been taken from the buffer.
    Stream(Stream),
    /// The beginning of an HTTP/1 request; nothing has been taken.
    Http,
    /// The beginning of a TLS connection; nothing has been taken.
    Tls,
    /// None of these. Whoever sent it should learn nothing but that the connection closes.
    Unknown,
}

/// Recognises the transport of a new connection (or of what comes out of a WebSocket). Obfuscated
/// streams are tried without a secret first, then with each of `secrets`.
pub fn detect(buffer: &mut BytesMut, secrets: &[ProxySecret]) -> Detected {
    if buffer.first() == Some(&0xef) {
        buffer.advance(1);
        return Detected::Stream(Stream::plain(Framing::Abridged));
    }
    let Some(sign) = buffer.first_chunk::<4>().copied() else {
        return Detected::NeedMore;
    };
    let plain = match &sign {
        [0xee, 0xee, 0xee, 0xee] => Some(Framing::Intermediate),
        [0xdd, 0xdd, 0xdd, 0xdd] => Some(Framing::Padded),
        b"GET " | b"POST" | b"HEAD" | b"OPTI" | b"PUT " | b"DELE" => return Detected::Http,
        _ => None,
    };
    if let Some(framing) = plain {
        buffer.advance(4);
        return Detected::Stream(Stream::plain(framing));
    }
    // The full transport has no sign; its second word is the number of the first packet, zero.
    let Some(second) = buffer.get(4..8) else {
        return Detected::NeedMore;
    };
    if is_tls(sign, second) {
        return Detected::Tls;
    }
    if second == [0; 4] {
        return Detected::Stream(Stream::plain(Framing::Full));
    }
    let Some(header) = buffer.first_chunk::<HEADER>().copied() else {
        return Detected::NeedMore;
    };
    let accepted = Obfuscation::accept(&header, None).or_else(|| {
        secrets
            .iter()
            .find_map(|secret| Obfuscation::accept(&header, Some(secret)))
    });
    match accepted {
        Some((framing, obfuscation)) => {
            buffer.advance(HEADER);
            Detected::Stream(Stream::new(framing, Some(obfuscation)))
        }
        None => Detected::Unknown,
    }
}

/// A TLS record (type 22, version 3.x) with a ClientHello (type 1) of less than 64 KiB in it. A
/// random header looks like that once in 2^38.
fn is_tls(sign: [u8; 4], second: &[u8]) -> bool {
    matches!((sign, second), ([0x16, 3, 0..=4, _], [_, 1, 0, _]))
}
