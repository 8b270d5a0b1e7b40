//! The abridged framing: a length in words, of one byte if it is below 127.

use bytes::{BufMut, BytesMut};

use super::{FrameError, Packet, check_length, split_packet};

/// Announces a length of three more bytes.
const LONG: u8 = 0x7f;
/// Set by clients that want a quick acknowledgement.
const QUICK_ACK: u8 = 0x80;

pub(super) fn next(buffer: &mut BytesMut) -> Result<Option<Packet>, FrameError> {
    let (words, header) = match buffer[..] {
        [first, a, b, c, ..] if first & LONG == LONG => (u32::from_le_bytes([a, b, c, 0]), 4),
        [first, ..] if first & LONG != LONG => (u32::from(first & LONG), 1),
        _ => return Ok(None),
    };
    let quick_ack = buffer[0] & QUICK_ACK != 0;
    let len = check_length(words as usize * 4)?;
    let payload = split_packet(buffer, header, len);
    Ok(payload.map(|payload| Packet { payload, quick_ack }))
}

pub(super) fn put_length(len: usize, out: &mut BytesMut) {
    let words = (len / 4) as u32;
    if words < u32::from(LONG) {
        out.put_u8(words as u8);
    } else {
        out.put_u32_le(words << 8 | u32::from(LONG));
    }
}
