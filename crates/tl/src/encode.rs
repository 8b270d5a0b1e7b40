//! Writing.

/// The id of a boxed vector.
pub(crate) const VECTOR: u32 = 0x1cb5c415;
/// `boolTrue`.
pub(crate) const TRUE: u32 = 0x997275b5;
/// `boolFalse`.
pub(crate) const FALSE: u32 = 0xbc799737;

/// A length that TL can still express: three bytes.
const MAX_LENGTH: usize = (1 << 24) - 1;

/// A value with a TL form. The form's length is always a multiple of four.
pub trait Encode {
    /// Appends the TL form of `self` to `out`.
    ///
    /// Panics if a text or byte string is longer than 16 MiB - 1, which TL cannot express; nothing
    /// the server stores or has read comes near.
    fn encode(&self, out: &mut Vec<u8>);

    /// The TL form of `self`.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}

/// Appends a `string` or `bytes`: its length in one or four bytes, the bytes, zeros up to a multiple
/// of four.
///
/// Panics if there are more than 16 MiB - 1 of them.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = bytes.len();
    assert!(
        length <= MAX_LENGTH,
        "TL cannot express a string of {length} bytes"
    );
    let prefix = if length < 254 {
        out.push(length as u8);
        1
    } else {
        out.push(254);
        out.extend_from_slice(&(length as u32).to_le_bytes()[..3]);
        4
    };
    out.extend_from_slice(bytes);
    let padding = (prefix + length).next_multiple_of(4) - prefix - length;
    out.extend_from_slice(&[0; 3][..padding]);
}

/// Appends what stands before the elements of a boxed vector.
pub fn put_vector_header(out: &mut Vec<u8>, count: usize) {
    VECTOR.encode(out);
    (count as u32).encode(out);
}

/// Writes a value that shares its flag bit with one that is there.
pub(crate) fn encode_or_default<T: Encode + Default>(value: Option<&T>, out: &mut Vec<u8>) {
    match value {
        Some(value) => value.encode(out),
        None => T::default().encode(out),
    }
}

impl Encode for u32 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

impl Encode for i32 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

impl Encode for i64 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

impl Encode for f64 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

impl<const N: usize> Encode for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        // int128 and int256 are the only ones the schema has.
        const { assert!(N.is_multiple_of(4)) };
        out.extend_from_slice(self);
    }
}

impl Encode for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        let id = if *self { TRUE } else { FALSE };
        id.encode(out);
    }
}

impl Encode for String {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.as_bytes());
    }
}

impl Encode for Vec<u8> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(out, self);
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_vector_header(out, self.len());
        for element in self {
            element.encode(out);
        }
    }
}

impl<T: Encode> Encode for Box<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (**self).encode(out);
    }
}
