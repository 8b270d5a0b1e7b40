//! The lines of an entry: `key value`, each key at its place. A fault names its line.

use std::fmt::{Display, Write};
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::encoding::{from_base64, from_decimal, to_base64};
use crate::tile::MAX_ENTRY_BYTES;
use crate::tree::Hash;

/// An entry is not in the form the page asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} ({key}): {why}")]
pub struct Malformed {
    /// The line, counted from 1.
    pub line: usize,
    /// The key that stands there or is missing there.
    pub key: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Reads an entry line by line.
pub(crate) struct Lines<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    /// The lines of `bytes`, if they are ASCII text of a permitted length.
    pub(crate) fn of(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let fault = |line, why| Malformed {
            line,
            key: "entry".into(),
            why,
        };
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(fault(1, "longer than 8,192 bytes"));
        }
        let allowed = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n');
        if let Some(at) = bytes.iter().position(|byte| !allowed(byte)) {
            let line = bytes[..at].split(|byte| *byte == b'\n').count();
            return Err(fault(line, "holds a byte that is not printable ASCII"));
        }
        let text = str::from_utf8(bytes).map_err(|_| fault(1, "not ASCII"))?;
        if !text.ends_with('\n') {
            return Err(fault(
                text.split('\n').count(),
                "does not end in a line end",
            ));
        }
        Ok(Self {
            rest: text,
            line: 0,
        })
    }

    /// Whether the next line has this key.
    pub(crate) fn next_is(&self, key: &str) -> bool {
        self.rest
            .strip_prefix(key)
            .is_some_and(|tail| tail.starts_with([' ', '\n']))
    }

    /// The next line whole, which must be exactly `text`.
    pub(crate) fn exactly(&mut self, text: &'static str) -> Result<(), Malformed> {
        let line = self.advance(text)?;
        if line.text == text {
            Ok(())
        } else {
            Err(line.fault("something else stands here"))
        }
    }

    /// The value of the next line, which must have this key.
    pub(crate) fn take(&mut self, key: &'static str) -> Result<Value<'a>, Malformed> {
        let mut value = self.advance(key)?;
        let tail = value.text.strip_prefix(key);
        let Some(text) = tail.and_then(|tail| tail.strip_prefix(' ')) else {
            return Err(value.fault("missing, doubled or not at its place"));
        };
        if text.is_empty() {
            return Err(value.fault("empty"));
        }
        value.text = text;
        Ok(value)
    }

    /// All the next lines with this key.
    pub(crate) fn take_all(&mut self, key: &'static str) -> Result<Vec<Value<'a>>, Malformed> {
        let mut values = Vec::new();
        while self.next_is(key) {
            values.push(self.take(key)?);
        }
        Ok(values)
    }

    /// Nothing may follow.
    pub(crate) fn end(mut self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let surplus = self.advance("end")?;
        Err(surplus.fault("nothing may stand here"))
    }

    fn advance(&mut self, key: &'static str) -> Result<Value<'a>, Malformed> {
        self.line += 1;
        let (text, rest) = self.rest.split_once('\n').unwrap_or_default();
        let ended = self.rest.is_empty();
        self.rest = rest;
        let value = Value {
            line: self.line,
            key,
            text,
        };
        if ended {
            Err(value.fault("missing: the entry ends before it"))
        } else {
            Ok(value)
        }
    }
}

/// The value of a line, or one word of it, with its place for the error.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    line: usize,
    key: &'static str,
    text: &'a str,
}

impl<'a> Value<'a> {
    /// An error about this value.
    pub(crate) fn fault(&self, why: &'static str) -> Malformed {
        Malformed {
            line: self.line,
            key: self.key.into(),
            why,
        }
    }

    /// The value as it stands.
    pub(crate) fn as_str(&self) -> &'a str {
        self.text
    }

    /// The same place with a part of the text.
    pub(crate) fn part(&self, text: &'a str) -> Self {
        Self { text, ..*self }
    }

    /// Its words, which one space divides.
    pub(crate) fn words<const N: usize>(&self) -> Result<[Self; N], Malformed> {
        let mut words = [*self; N];
        let mut parts = self.text.split(' ');
        for word in &mut words {
            let text = parts.next().filter(|text| !text.is_empty());
            word.text = text.ok_or_else(|| self.fault("has too few words"))?;
        }
        match parts.next() {
            None => Ok(words),
            Some(_) => Err(self.fault("has too many words")),
        }
    }

    /// A decimal within a range.
    pub(crate) fn number<T>(&self, range: RangeInclusive<T>) -> Result<T, Malformed>
    where
        T: TryFrom<u64> + PartialOrd,
    {
        let number = from_decimal(self.text).ok_or_else(|| self.fault("not a decimal number"))?;
        T::try_from(number)
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.fault("outside its range"))
    }

    /// Any decimal of 64 bits.
    pub(crate) fn count(&self) -> Result<u64, Malformed> {
        self.number(0..=u64::MAX)
    }

    /// A decimal, or `-` for none.
    pub(crate) fn optional_count(&self) -> Result<Option<u64>, Malformed> {
        match self.text {
            "-" => Ok(None),
            _ => self.count().map(Some),
        }
    }

    /// Base64 of any length.
    pub(crate) fn base64(&self) -> Result<Vec<u8>, Malformed> {
        from_base64(self.text).ok_or_else(|| self.fault("not base64 in its one spelling"))
    }

    /// Base64 of exactly `N` bytes.
    pub(crate) fn bytes<const N: usize>(&self) -> Result<[u8; N], Malformed> {
        let bytes = self.base64()?;
        let length = "base64 of another length";
        bytes.try_into().map_err(|_| self.fault(length))
    }

    /// The base64 of a hash.
    pub(crate) fn hash(&self) -> Result<Hash, Malformed> {
        self.bytes().map(Hash)
    }

    /// The base64 of a hash, or `-` for none.
    pub(crate) fn optional_hash(&self) -> Result<Option<Hash>, Malformed> {
        match self.text {
            "-" => Ok(None),
            _ => self.hash().map(Some),
        }
    }

    /// A date or another value with one spelling of its own.
    pub(crate) fn parsed<T: FromStr>(&self) -> Result<T, Malformed> {
        self.text
            .parse()
            .map_err(|_| self.fault("not in its one spelling"))
    }

    /// One of a set of words.
    pub(crate) fn word<T>(&self, from_word: impl Fn(&str) -> Option<T>) -> Result<T, Malformed> {
        from_word(self.text).ok_or_else(|| self.fault("not one of its words"))
    }

    /// Free text of at most 200 characters, without spaces at its ends.
    pub(crate) fn text(&self) -> Result<String, Malformed> {
        if self.text.len() > 200 {
            return Err(self.fault("longer than 200 characters"));
        }
        if self.text.trim() != self.text {
            return Err(self.fault("begins or ends with a space"));
        }
        Ok(self.text.into())
    }

    /// A name or address without spaces, of at most 100 characters.
    pub(crate) fn name(&self) -> Result<String, Malformed> {
        if self.text.len() > 100 || self.text.contains(' ') {
            return Err(self.fault("longer than 100 characters or with a space"));
        }
        Ok(self.text.into())
    }
}

/// Writes an entry line by line.
pub(crate) struct Writer(pub(crate) String);

impl Writer {
    /// Adds a line.
    pub(crate) fn line(&mut self, key: &str, value: impl Display) {
        writeln!(self.0, "{key} {value}").expect("a string takes any text");
    }

    /// Adds a line whose value is bytes.
    pub(crate) fn bytes(&mut self, key: &str, bytes: &[u8]) {
        self.line(key, to_base64(bytes));
    }

    /// Adds a line with a number or `-`.
    pub(crate) fn optional(&mut self, key: &str, value: Option<impl Display>) {
        match value {
            Some(value) => self.line(key, value),
            None => self.line(key, '-'),
        }
    }
}
