//! Reading our own binary formats: fixed fields, big-endian numbers, nothing left over.

/// Why bytes are not an encoding of what they were read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Too short, too long, or not the length that an earlier field announces.
    #[error("the encoding has the wrong length")]
    Length,
    /// A format version that this build does not know.
    #[error("format version {0} is not known to this program")]
    Version(u8),
    /// A field whose value is not allowed; a point or scalar that is not canonical, for instance.
    #[error("the field `{0}` holds a value that is not allowed")]
    Value(&'static str),
    /// Not base64 with padding (RFC 4648, section 4).
    #[error("the text is not base64")]
    Base64,
}

/// Takes fields from the front of a byte string.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ParseError> {
        let (field, rest) = self.0.split_first_chunk().ok_or(ParseError::Length)?;
        self.0 = rest;
        Ok(*field)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, ParseError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, ParseError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ParseError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, ParseError> {
        self.array().map(u64::from_be_bytes)
    }

    /// Reads the version byte that every format begins with.
    pub(crate) fn version(&mut self, known: u8) -> Result<(), ParseError> {
        match self.u8()? {
            version if version == known => Ok(()),
            version => Err(ParseError::Version(version)),
        }
    }

    /// Everything that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Ends the reading; bytes left over are an error, so that an encoding has one form only.
    pub(crate) fn finish(self) -> Result<(), ParseError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ParseError::Length)
        }
    }
}
