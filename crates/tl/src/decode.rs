//! Reading bytes that anyone may have sent.
//!
//! Three limits hold whatever arrives: boxed values nest at most [`MAX_DEPTH`] deep, a vector has at
//! most one element per four bytes that are left, and all that is allocated stays within a budget.

use crate::encode::{FALSE, TRUE, VECTOR};
use std::fmt;

/// How deep boxed values may nest. The deepest that clients send is about eight.
pub const MAX_DEPTH: u32 = 32;

/// How many bytes of memory a decoded value may take beyond its own size, unless the caller says
/// otherwise. A vector of four-byte elements can grow a hundredfold when decoded; without a budget a
/// packet of a megabyte could ask for hundreds.
pub const MEMORY_BUDGET: usize = 4 << 20;

/// Why bytes are not the TL form that was asked for. Holds nothing of the bytes themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecodeError {
    /// The bytes end before the value does.
    Truncated,
    /// Bytes are left after the value.
    TrailingBytes,
    /// An id that the type does not have.
    UnknownConstructor,
    /// A flag bit that the constructor does not have.
    UnknownFlag,
    /// A `string` that is no UTF-8.
    InvalidUtf8,
    /// A length that is never sent.
    InvalidLength,
    /// More elements than the bytes could hold.
    TooManyElements,
    /// Values nest deeper than [`MAX_DEPTH`].
    TooDeep,
    /// The value would take more memory than the budget allows.
    OverBudget,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DecodeError::Truncated => "the bytes end too early",
            DecodeError::TrailingBytes => "bytes are left over",
            DecodeError::UnknownConstructor => "unknown constructor",
            DecodeError::UnknownFlag => "unknown flag bit",
            DecodeError::InvalidUtf8 => "a string is not UTF-8",
            DecodeError::InvalidLength => "invalid length of a string",
            DecodeError::TooManyElements => "a vector is longer than the bytes",
            DecodeError::TooDeep => "nested too deep",
            DecodeError::OverBudget => "needs too much memory",
        })
    }
}

impl std::error::Error for DecodeError {}

/// A value that can be read from its TL form.
pub trait Decode: Sized {
    /// Reads one value and leaves `reader` behind it. After an error the reader is of no use.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Reads the value that `bytes` consist of, to the last byte.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = Self::decode(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }
}

/// Bytes being read, and what may still be spent on them.
#[derive(Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth_left: u32,
    budget_left: usize,
}

impl<'a> Reader<'a> {
    /// Reads `bytes` with a budget of [`MEMORY_BUDGET`].
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::with_budget(bytes, MEMORY_BUDGET)
    }

    /// Reads `bytes`; what is decoded may take `budget` bytes of memory.
    pub fn with_budget(bytes: &'a [u8], budget: usize) -> Self {
        Reader {
            rest: bytes,
            depth_left: MAX_DEPTH,
            budget_left: budget,
        }
    }

    /// The bytes that have not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Succeeds when every byte has been read.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::TrailingBytes)
        }
    }

    /// Reads `count` bytes as they are.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Reads `N` bytes as they are.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Reads 32 bits: an id, a count or a flags word.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Reads the id `expected`.
    pub fn expect_id(&mut self, expected: u32) -> Result<(), DecodeError> {
        if self.u32()? == expected {
            Ok(())
        } else {
            Err(DecodeError::UnknownConstructor)
        }
    }

    /// Reads a flags word that may have only the bits of `known`.
    pub fn flags(&mut self, known: u32) -> Result<u32, DecodeError> {
        let word = self.u32()?;
        if word & !known == 0 {
            Ok(word)
        } else {
            Err(DecodeError::UnknownFlag)
        }
    }

    /// Reads a `bytes` or `string` without copying it.
    ///
    /// Padding must be there; what it holds is not looked at, as some clients leave garbage in it.
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let [first] = self.array()?;
        let (prefix, length) = match first {
            255 => return Err(DecodeError::InvalidLength),
            254 => {
                let [low, middle, high] = self.array()?;
                (4, u32::from_le_bytes([low, middle, high, 0]) as usize)
            }
            length => (1, usize::from(length)),
        };
        let bytes = self.take(length)?;
        self.take((prefix + length).next_multiple_of(4) - prefix - length)?;
        Ok(bytes)
    }

    /// Reads a `string` without copying it.
    pub fn text(&mut self) -> Result<&'a str, DecodeError> {
        str::from_utf8(self.bytes()?).map_err(|_| DecodeError::InvalidUtf8)
    }

    /// Reads what stands before the elements of a boxed vector, and gives their number.
    ///
    /// Every element takes at least four bytes, so a number that cannot be true is refused here.
    pub fn vector_header(&mut self) -> Result<usize, DecodeError> {
        self.expect_id(VECTOR)?;
        let count = self.u32()? as usize;
        if count <= self.rest.len() / 4 {
            Ok(count)
        } else {
            Err(DecodeError::TooManyElements)
        }
    }

    /// Takes `size_bytes` of memory from the budget.
    pub fn charge(&mut self, size_bytes: usize) -> Result<(), DecodeError> {
        self.budget_left = self
            .budget_left
            .checked_sub(size_bytes)
            .ok_or(DecodeError::OverBudget)?;
        Ok(())
    }

    /// Begins a boxed value, within those that have begun already.
    pub(crate) fn enter(&mut self) -> Result<(), DecodeError> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or(DecodeError::TooDeep)?;
        Ok(())
    }

    /// Ends the boxed value that began last.
    pub(crate) fn leave(&mut self) {
        self.depth_left += 1;
    }
}

impl fmt::Debug for Reader<'_> {
    /// Tells how much is left, not what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("bytes_left", &self.rest.len())
            .finish_non_exhaustive()
    }
}

impl Decode for i32 {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(i32::from_le_bytes)
    }
}

impl Decode for i64 {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(i64::from_le_bytes)
    }
}

impl Decode for f64 {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(f64::from_le_bytes)
    }
}

impl<const N: usize> Decode for [u8; N] {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array()
    }
}

impl Decode for bool {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u32()? {
            TRUE => Ok(true),
            FALSE => Ok(false),
            _ => Err(DecodeError::UnknownConstructor),
        }
    }
}

impl Decode for String {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let text = reader.text()?;
        reader.charge(text.len())?;
        Ok(text.to_owned())
    }
}

impl Decode for Vec<u8> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = reader.bytes()?;
        reader.charge(bytes.len())?;
        Ok(bytes.to_vec())
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.vector_header()?;
        reader.charge(count.saturating_mul(size_of::<T>()))?;
        let mut elements = Vec::with_capacity(count);
        for _ in 0..count {
            elements.push(T::decode(reader)?);
        }
        Ok(elements)
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.charge(size_of::<T>())?;
        T::decode(reader).map(Box::new)
    }
}
