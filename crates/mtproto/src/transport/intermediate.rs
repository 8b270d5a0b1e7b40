//! The intermediate framing, a length of four bytes, and its padded form, which hides the exact
//! length behind some random bytes.

use bytes::BytesMut;

use super::{FrameError, MAX_PACKET, Packet, check_length, split_packet};

/// Set by clients that want a quick acknowledgement.
const QUICK_ACK: u32 = 1 << 31;

/// The most random bytes behind a padded packet of a client.
const MAX_PADDING: usize = 15;

/// The most random bytes behind a padded packet of ours. The documentation allows 15, but Telethon
/// takes off only what is left over from whole words.
const MAX_OWN_PADDING: usize = 3;

pub(super) fn next(buffer: &mut BytesMut) -> Result<Option<Packet>, FrameError> {
    let Some((len, quick_ack)) = length(buffer) else {
        return Ok(None);
    };
    let payload = split_packet(buffer, 4, check_length(len)?);
    Ok(payload.map(|payload| Packet { payload, quick_ack }))
}

pub(super) fn next_padded(buffer: &mut BytesMut) -> Result<Option<Packet>, FrameError> {
    let Some((len, quick_ack)) = length(buffer) else {
        return Ok(None);
    };
    if len == 0 || len > MAX_PACKET + MAX_PADDING {
        return Err(FrameError::Length);
    }
    let Some(mut payload) = split_packet(buffer, 4, len) else {
        return Ok(None);
    };
    payload.truncate(unpadded_len(&payload));
    Ok(Some(Packet { payload, quick_ack }))
}

fn length(buffer: &[u8]) -> Option<(usize, bool)> {
    let word = u32::from_le_bytes(*buffer.first_chunk()?);
    Some(((word & !QUICK_ACK) as usize, word & QUICK_ACK != 0))
}

/// How long the message in a padded packet is. An unencrypted message says so itself; an encrypted
/// one has 24 bytes of header and whole blocks of 16.
fn unpadded_len(payload: &[u8]) -> usize {
    match payload {
        [0, 0, 0, 0, 0, 0, 0, 0, rest @ ..] if rest.len() >= 12 => {
            let body = u32::from_le_bytes([rest[8], rest[9], rest[10], rest[11]]) as usize;
            payload.len().min(body.saturating_add(20))
        }
        _ if payload.len() >= 24 => payload.len() - (payload.len() - 24) % 16,
        _ => payload.len(),
    }
}

/// How many random bytes to put behind a packet. None behind the four bytes of a transport error:
/// clients tell those by their length.
pub(super) fn padding_len(len: usize, random: u8) -> usize {
    if len <= 4 {
        0
    } else {
        random as usize % (MAX_OWN_PADDING + 1)
    }
}
