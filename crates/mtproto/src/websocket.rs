//! WebSocket frames, as far as MTProto needs them (RFC 6455, server side): browsers carry an
//! obfuscated stream in binary messages whose borders mean nothing.
//!
//! The stream needs no messages, so nothing is collected: payload is handed on as it arrives, and
//! memory stays bounded whatever lengths a frame claims.

use bytes::{Buf, BufMut, BytesMut};
use sha1::{Digest, Sha1};
use thiserror::Error;

/// Control frames hold at most 125 bytes (RFC 6455, section 5.5).
const MAX_CONTROL: usize = 125;

const CONTINUATION: u8 = 0;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The header `Sec-WebSocket-Accept` for a request's `Sec-WebSocket-Key` (section 4.2.2).
pub fn accept_key(key: &str) -> String {
    let hash = Sha1::new()
        .chain_update(key)
        .chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
        .finalize();
    openssl::base64::encode_block(&hash)
}

/// A frame that asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// To be answered with [`put_pong`].
    Ping(Vec<u8>),
    /// To be answered with [`put_close`]; nothing comes after it.
    Close,
}

/// A frame that breaks the rules; the connection is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a malformed WebSocket frame")]
pub struct BadFrame;

/// Reads the frames of a client.
#[derive(Debug, Default)]
pub struct Reader {
    /// Bytes of the current data frame that have not arrived yet.
    remaining: u64,
    mask: [u8; 4],
    /// A message has begun and its last frame has not come.
    in_message: bool,
}

impl Reader {
    /// Takes frames from the front of `incoming` and appends the payload of binary ones to
    /// `data`. Returns at the first control frame that asks for something; call again until
    /// `None`.
    pub fn feed(
        &mut self,
        incoming: &mut BytesMut,
        data: &mut BytesMut,
    ) -> Result<Option<Control>, BadFrame> {
        loop {
            if self.remaining > 0 {
                self.take_payload(incoming, data);
                if self.remaining > 0 {
                    return Ok(None);
                }
            }
            let Some(header) = Header::parse(incoming)? else {
                return Ok(None);
            };
            if header.opcode >= CLOSE {
                let Some(payload) = header.take_control(incoming)? else {
                    return Ok(None);
                };
                match header.opcode {
                    PING => return Ok(Some(Control::Ping(payload))),
                    CLOSE => return Ok(Some(Control::Close)),
                    PONG => continue,
                    _ => return Err(BadFrame),
                }
            }
            match (header.opcode, self.in_message) {
                (BINARY, false) | (CONTINUATION, true) => {}
                _ => return Err(BadFrame),
            }
            self.in_message = !header.last;
            self.remaining = header.len;
            self.mask = header.mask;
            incoming.advance(header.size);
        }
    }

    fn take_payload(&mut self, incoming: &mut BytesMut, data: &mut BytesMut) {
        let available = usize::try_from(self.remaining)
            .unwrap_or(usize::MAX)
            .min(incoming.len());
        let start = data.len();
        data.put_slice(&incoming[..available]);
        incoming.advance(available);
        unmask(&mut data[start..], self.mask);
        self.mask.rotate_left(available % 4);
        self.remaining -= available as u64;
    }
}

struct Header {
    last: bool,
    opcode: u8,
    len: u64,
    mask: [u8; 4],
    /// Bytes of the header itself.
    size: usize,
}

impl Header {
    /// Reads a header without taking it; `None` if it is not complete.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, BadFrame> {
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        // No extension was agreed on, and clients must mask (section 5.1).
        if first & 0x70 != 0 || second & 0x80 == 0 {
            return Err(BadFrame);
        }
        let (len, length_bytes) = match second & 0x7f {
            126 => match rest.first_chunk() {
                Some(len) => (u64::from(u16::from_be_bytes(*len)), 2),
                None => return Ok(None),
            },
            127 => match rest.first_chunk() {
                Some(len) => (u64::from_be_bytes(*len), 8),
                None => return Ok(None),
            },
            len => (u64::from(len), 0),
        };
        if len >> 63 != 0 {
            return Err(BadFrame);
        }
        let Some(mask) = rest[length_bytes..].first_chunk() else {
            return Ok(None);
        };
        Ok(Some(Self {
            last: first & 0x80 != 0,
            opcode: first & 0x0f,
            len,
            mask: *mask,
            size: 2 + length_bytes + 4,
        }))
    }

    /// Takes a whole control frame; `None` if it is not complete.
    fn take_control(&self, incoming: &mut BytesMut) -> Result<Option<Vec<u8>>, BadFrame> {
        let len = self.len as usize;
        if !self.last || self.len > MAX_CONTROL as u64 {
            return Err(BadFrame);
        }
        if incoming.len() < self.size + len {
            return Ok(None);
        }
        incoming.advance(self.size);
        let mut payload = incoming.split_to(len).to_vec();
        unmask(&mut payload, self.mask);
        Ok(Some(payload))
    }
}

fn unmask(bytes: &mut [u8], mask: [u8; 4]) {
    for (byte, mask) in bytes.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
}

/// Appends `payload` as one binary message.
pub fn put_binary(payload: &[u8], out: &mut BytesMut) {
    put_frame(BINARY, payload, out);
}

/// Appends the answer to a ping.
pub fn put_pong(payload: &[u8], out: &mut BytesMut) {
    put_frame(PONG, &payload[..payload.len().min(MAX_CONTROL)], out);
}

/// Appends a close frame with a status (section 7.4), such as 1000 for a normal end.
pub fn put_close(status: u16, out: &mut BytesMut) {
    put_frame(CLOSE, &status.to_be_bytes(), out);
}

fn put_frame(opcode: u8, payload: &[u8], out: &mut BytesMut) {
    out.put_u8(0x80 | opcode);
    match payload.len() {
        len @ 0..=125 => out.put_u8(len as u8),
        len @ 126..=0xffff => {
            out.put_u8(126);
            out.put_u16(len as u16);
        }
        len => {
            out.put_u8(127);
            out.put_u64(len as u64);
        }
    }
    out.put_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        let mut frame = vec![first];
        match payload.len() {
            len @ 0..=125 => frame.push(0x80 | len as u8),
            len @ 126..=0xffff => {
                frame.push(0x80 | 0x7e);
                frame.extend((len as u16).to_be_bytes());
            }
            len => {
                frame.push(0x80 | 0x7f);
                frame.extend((len as u64).to_be_bytes());
            }
        }
        frame.extend(mask);
        let mut payload = payload.to_vec();
        unmask(&mut payload, mask);
        frame.extend(payload);
        frame
    }

    #[test]
    fn the_accept_key_is_that_of_the_rfc() {
        assert_eq!(
            accept_key("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn the_masked_hello_of_the_rfc_is_read() {
        let frame = [
            0x82, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        let mut data = BytesMut::new();
        let read = Reader::default().feed(&mut frame[..].into(), &mut data);
        assert_eq!(read, Ok(None));
        assert_eq!(&data[..], b"Hello");
    }

    #[test]
    fn fragments_and_controls_in_any_split_give_the_same_bytes() {
        let mut wire = masked(BINARY, &vec![1; 70_000]);
        wire.extend(masked(0x80 | PING, b"are you there"));
        wire.extend(masked(CONTINUATION, &[2; 300]));
        wire.extend(masked(0x80 | PONG, b""));
        wire.extend(masked(0x80 | CONTINUATION, &[]));
        wire.extend(masked(0x80 | CLOSE, &[3, 0xe8]));
        for step in [1, 2, 3, 7, 1000, wire.len()] {
            let (mut reader, mut incoming, mut data) =
                (Reader::default(), BytesMut::new(), BytesMut::new());
            let mut controls = Vec::new();
            for chunk in wire.chunks(step) {
                incoming.put_slice(chunk);
                while let Some(control) = reader.feed(&mut incoming, &mut data).unwrap() {
                    controls.push(control);
                }
            }
            assert_eq!(
                controls,
                [Control::Ping(b"are you there".to_vec()), Control::Close]
            );
            assert_eq!(data.len(), 70_300);
            assert!(data[..70_000].iter().all(|byte| *byte == 1));
        }
    }

    #[test]
    fn frames_against_the_rules_are_refused() {
        let unmasked = [0x82, 0x01, 0x00];
        let text = masked(0x81, b"x");
        let reserved = masked(0xc2, b"x");
        let lone_continuation = masked(0x80, b"x");
        let long_ping = masked(0x80 | PING, &[0; 126]);
        let split_ping = masked(PING, b"x");
        let unknown_control = masked(0x8b, b"x");
        for frame in [
            &unmasked[..],
            &text,
            &reserved,
            &lone_continuation,
            &long_ping,
            &split_ping,
            &unknown_control,
        ] {
            let read = Reader::default().feed(&mut frame.into(), &mut BytesMut::new());
            assert_eq!(read, Err(BadFrame), "{:x?}", &frame[..3]);
        }
    }

    #[test]
    fn written_frames_have_the_shortest_length() {
        for (len, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let mut out = BytesMut::new();
            put_binary(&vec![0; len], &mut out);
            assert_eq!(out.len(), header + len);
        }
    }
}
