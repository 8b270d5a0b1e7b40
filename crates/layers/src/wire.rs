//! The primitives of TL's byte form: words, strings and the header of a vector.

use crate::LayerError;

/// The constructor id before the elements of a boxed vector.
pub const VECTOR: u32 = 0x1cb5c415;
/// `boolTrue`.
pub const TRUE: u32 = 0x997275b5;
/// `boolFalse`.
pub const FALSE: u32 = 0xbc799737;

/// Reads from bytes that may be hostile; every step checks the length first.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    /// The offset of the next byte; never beyond the end.
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Cursor { bytes, at }
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn slice(&self, from: usize, to: usize) -> &'a [u8] {
        &self.bytes[from..to]
    }

    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], LayerError> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..count).ok_or(LayerError::Malformed)?;
        self.at += count;
        Ok(taken)
    }

    #[inline]
    pub fn u32(&mut self) -> Result<u32, LayerError> {
        let rest = &self.bytes[self.at..];
        let word = rest.first_chunk::<4>().ok_or(LayerError::Malformed)?;
        self.at += 4;
        Ok(u32::from_le_bytes(*word))
    }

    pub fn u64(&mut self) -> Result<u64, LayerError> {
        Ok(u64::from(self.u32()?) | u64::from(self.u32()?) << 32)
    }

    pub fn bool(&mut self) -> Result<bool, LayerError> {
        match self.u32()? {
            TRUE => Ok(true),
            FALSE => Ok(false),
            _ => Err(LayerError::Malformed),
        }
    }

    /// A `string` or `bytes` value with its length and padding; gives the content.
    #[inline]
    pub fn string(&mut self) -> Result<&'a [u8], LayerError> {
        let first = *self.bytes.get(self.at).ok_or(LayerError::Malformed)?;
        // Up to 253 bytes the length takes one byte; 254 announces three bytes of length; 255 is not used.
        let (header, length) = match first {
            0..=253 => (1, usize::from(first)),
            254 => (4, (Cursor::new(self.bytes, self.at).u32()? >> 8) as usize),
            255 => return Err(LayerError::Malformed),
        };
        let whole = self.take((header + length).next_multiple_of(4))?;
        Ok(&whole[header..header + length])
    }

    /// The header of a boxed vector; gives the number of elements, which cannot exceed a quarter of
    /// the bytes that remain because no element is shorter than four bytes.
    pub fn vector(&mut self) -> Result<usize, LayerError> {
        if self.u32()? != VECTOR {
            return Err(LayerError::Malformed);
        }
        let count = self.u32()? as usize;
        if count > self.remaining() / 4 {
            return Err(LayerError::Malformed);
        }
        Ok(count)
    }
}

/// Appends a 32-bit word.
#[inline]
pub fn put_u32(out: &mut Vec<u8>, word: u32) {
    out.extend_from_slice(&word.to_le_bytes());
}

/// Appends a `string` or `bytes` value.
pub fn put_string(out: &mut Vec<u8>, content: &[u8]) {
    let start = out.len();
    if content.len() < 254 {
        out.push(content.len() as u8);
    } else {
        out.push(254);
        out.extend_from_slice(&content.len().to_le_bytes()[..3]);
    }
    out.extend_from_slice(content);
    out.resize(start + (out.len() - start).next_multiple_of(4), 0);
}

/// Appends the header of a boxed vector.
pub fn put_vector(out: &mut Vec<u8>, count: u32) {
    put_u32(out, VECTOR);
    put_u32(out, count);
}
