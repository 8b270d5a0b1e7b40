//! `gzip_packed`, with a bound on what comes out.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{GzDecoder, ZlibDecoder};
use thiserror::Error;

use crate::wire::{GZIP_PACKED, Reader, constructor};

/// The most that may come out of one packet, all its compressed parts together. Telegram's
/// clients compress only API calls, none of which is larger than a file part of 512 KiB.
pub const MAX_UNPACKED: usize = 10 * 1024 * 1024;

/// How gzip begins (RFC 1952). What begins otherwise is read as zlib (RFC 1950): mtcute packs its calls
/// so, and Telegram takes it.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The data is neither gzip nor zlib, or more comes out of it than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("compressed data is damaged or too large")]
pub struct BadGzip;

/// Whether `body` is a `gzip_packed` object.
pub fn is_packed(body: &[u8]) -> bool {
    constructor(body) == Some(GZIP_PACKED)
}

/// Unpacks a `gzip_packed` object and takes what came out from `budget`.
///
/// Fails on damaged data, and before more than `budget` bytes have been produced.
pub fn unpack(body: &[u8], budget: &mut usize) -> Result<Bytes, BadGzip> {
    let mut reader = Reader::new(body);
    if reader.u32() != Ok(GZIP_PACKED) {
        return Err(BadGzip);
    }
    let packed = reader.bytes().map_err(|_| BadGzip)?;
    let mut unpacked = Vec::new();
    // One byte more than allowed tells "exactly at the limit" from "over it".
    let limit = *budget as u64 + 1;
    let read = if packed.starts_with(&GZIP_MAGIC) {
        GzDecoder::new(packed)
            .take(limit)
            .read_to_end(&mut unpacked)
    } else {
        ZlibDecoder::new(packed)
            .take(limit)
            .read_to_end(&mut unpacked)
    };
    read.map_err(|_| BadGzip)?;
    *budget = budget.checked_sub(unpacked.len()).ok_or(BadGzip)?;
    Ok(unpacked.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::wire::Object;

    fn pack(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(data).unwrap();
        Object::new(GZIP_PACKED)
            .bytes(&encoder.finish().unwrap())
            .finish()
    }

    #[test]
    fn zlib_is_unpacked_as_well() {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&[5; 60]).unwrap();
        let packed = Object::new(GZIP_PACKED)
            .bytes(&encoder.finish().unwrap())
            .finish();
        let mut budget = 60;
        assert_eq!(unpack(&packed, &mut budget), Ok(vec![5; 60].into()));
        assert_eq!(unpack(&packed, &mut budget), Err(BadGzip), "charged alike");
    }

    #[test]
    fn what_was_packed_comes_out_and_is_charged() {
        let mut budget = 100;
        assert_eq!(unpack(&pack(&[5; 60]), &mut budget), Ok(vec![5; 60].into()));
        assert_eq!(budget, 40);
        assert_eq!(unpack(&pack(&[5; 41]), &mut budget), Err(BadGzip));
        assert_eq!(unpack(&pack(&[5; 40]), &mut budget), Ok(vec![5; 40].into()));
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = pack(&vec![0; MAX_UNPACKED + 1]);
        assert!(bomb.len() < 20_000);
        assert_eq!(unpack(&bomb, &mut MAX_UNPACKED.clone()), Err(BadGzip));
    }

    #[test]
    fn damaged_data_is_refused() {
        let mut packed = pack(b"some text that is long enough to be compressed");
        let middle = packed.len() / 2;
        packed[middle] ^= 0xff;
        assert_eq!(unpack(&packed, &mut 1000), Err(BadGzip));
        assert_eq!(unpack(&packed[..8], &mut 1000), Err(BadGzip));
    }
}
