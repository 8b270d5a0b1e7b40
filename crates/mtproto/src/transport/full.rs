//! The full framing: length, number, payload, CRC-32.

use bytes::{Buf, BufMut, BytesMut};

use super::{FrameError, MAX_PACKET, Packet, split_packet};

/// Length and number before a packet, check sum behind it.
const OVERHEAD: usize = 12;

/// Packets are numbered from zero in each direction.
#[derive(Default)]
pub(super) struct Counters {
    received: u32,
    sent: u32,
}

impl Counters {
    pub(super) fn frame(
        &mut self,
        len: usize,
        out: &mut BytesMut,
        write: impl FnOnce(&mut BytesMut),
    ) {
        let start = out.len();
        out.put_u32_le((len + OVERHEAD) as u32);
        out.put_u32_le(self.sent);
        write(out);
        out.put_u32_le(crc32fast::hash(&out[start..]));
        self.sent = self.sent.wrapping_add(1);
    }
}

pub(super) fn next(
    counters: &mut Counters,
    buffer: &mut BytesMut,
) -> Result<Option<Packet>, FrameError> {
    let Some(len) = buffer.first_chunk() else {
        return Ok(None);
    };
    let len = u32::from_le_bytes(*len) as usize;
    if len <= OVERHEAD || len > MAX_PACKET + OVERHEAD || !len.is_multiple_of(4) {
        return Err(FrameError::Length);
    }
    let Some(mut payload) = split_packet(buffer, 0, len) else {
        return Ok(None);
    };
    let checksum = payload.split_off(len - 4).get_u32_le();
    if crc32fast::hash(&payload) != checksum {
        return Err(FrameError::Checksum);
    }
    payload.advance(4);
    if payload.get_u32_le() != counters.received {
        return Err(FrameError::Number);
    }
    counters.received = counters.received.wrapping_add(1);
    Ok(Some(Packet {
        payload,
        quick_ack: false,
    }))
}
