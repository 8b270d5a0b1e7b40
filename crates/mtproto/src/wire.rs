//! The little TL that the protocol itself needs: constructor ids, and fields in a row.
//!
//! The protocol's own objects are few and fixed, so they are read and written by hand here; API
//! objects never are.

use bytes::Bytes;
use thiserror::Error;

// Ids of <https://core.telegram.org/schema/mtproto>, by the names used there.
pub(crate) const REQ_PQ: u32 = 0x60469778;
pub(crate) const REQ_PQ_MULTI: u32 = 0xbe7e8ef1;
pub(crate) const RES_PQ: u32 = 0x05162463;
pub(crate) const P_Q_INNER_DATA: u32 = 0x83c95aec;
pub(crate) const P_Q_INNER_DATA_DC: u32 = 0xa9f55f95;
pub(crate) const P_Q_INNER_DATA_TEMP: u32 = 0x3c6a84d4;
pub(crate) const P_Q_INNER_DATA_TEMP_DC: u32 = 0x56fddf88;
pub(crate) const REQ_DH_PARAMS: u32 = 0xd712e4be;
pub(crate) const SERVER_DH_PARAMS_OK: u32 = 0xd0e8075c;
pub(crate) const SERVER_DH_INNER_DATA: u32 = 0xb5890dba;
pub(crate) const SET_CLIENT_DH_PARAMS: u32 = 0xf5045f1f;
pub(crate) const CLIENT_DH_INNER_DATA: u32 = 0x6643b654;
pub(crate) const DH_GEN_OK: u32 = 0x3bcbf734;
pub(crate) const DH_GEN_RETRY: u32 = 0x46dc1fb9;
pub(crate) const DH_GEN_FAIL: u32 = 0xa69dae02;
pub(crate) const BIND_AUTH_KEY_INNER: u32 = 0x75a3f765;
pub(crate) const VECTOR: u32 = 0x1cb5c415;
pub(crate) const MSG_CONTAINER: u32 = 0x73f1f8dc;
pub(crate) const GZIP_PACKED: u32 = 0x3072cfa1;
pub(crate) const RPC_RESULT: u32 = 0xf35c6d01;
pub(crate) const RPC_ERROR: u32 = 0x2144ca19;
pub(crate) const MSGS_ACK: u32 = 0x62d6b459;
pub(crate) const BAD_MSG_NOTIFICATION: u32 = 0xa7eff811;
pub(crate) const BAD_SERVER_SALT: u32 = 0xedab447b;
pub(crate) const NEW_SESSION_CREATED: u32 = 0x9ec20908;
pub(crate) const PING: u32 = 0x7abe77ec;
pub(crate) const PING_DELAY_DISCONNECT: u32 = 0xf3427b8c;
pub(crate) const PONG: u32 = 0x347773c5;
pub(crate) const MSGS_STATE_REQ: u32 = 0xda69fb52;
pub(crate) const MSGS_STATE_INFO: u32 = 0x04deb57d;
pub(crate) const MSGS_ALL_INFO: u32 = 0x8cc0d131;
pub(crate) const MSG_DETAILED_INFO: u32 = 0x276d3ec6;
pub(crate) const MSG_NEW_DETAILED_INFO: u32 = 0x809db6df;
pub(crate) const MSG_RESEND_REQ: u32 = 0x7d861a08;
pub(crate) const MSG_RESEND_ANS_REQ: u32 = 0x8610baeb;
pub(crate) const RPC_DROP_ANSWER: u32 = 0x58e4a740;
pub(crate) const RPC_ANSWER_UNKNOWN: u32 = 0x5e2ad36e;
pub(crate) const RPC_ANSWER_DROPPED_RUNNING: u32 = 0xcd78e586;
pub(crate) const RPC_ANSWER_DROPPED: u32 = 0xa43ad8b7;
pub(crate) const GET_FUTURE_SALTS: u32 = 0xb921bd04;
pub(crate) const FUTURE_SALTS: u32 = 0xae500895;
pub(crate) const DESTROY_SESSION: u32 = 0xe7512126;
pub(crate) const DESTROY_SESSION_OK: u32 = 0xe22045fc;
pub(crate) const DESTROY_SESSION_NONE: u32 = 0x62d350c9;
pub(crate) const DESTROY_AUTH_KEY: u32 = 0xd1435160;
pub(crate) const DESTROY_AUTH_KEY_OK: u32 = 0xf660e1d4;
pub(crate) const DESTROY_AUTH_KEY_NONE: u32 = 0x0a9f2259;
pub(crate) const DESTROY_AUTH_KEY_FAIL: u32 = 0xea109b13;
pub(crate) const HTTP_WAIT: u32 = 0x9299359f;

/// The bytes ended before the field did, or are not the field that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the bytes end too early or are malformed")]
pub struct Truncated;

/// Reads TL fields one after another. Never panics, whatever the bytes are.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Begins at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `N` bytes, as they are.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    /// `int` as a constructor id.
    pub fn u32(&mut self) -> Result<u32, Truncated> {
        self.array().map(u32::from_le_bytes)
    }

    /// `int`.
    pub fn i32(&mut self) -> Result<i32, Truncated> {
        self.array().map(i32::from_le_bytes)
    }

    /// `long`.
    pub fn i64(&mut self) -> Result<i64, Truncated> {
        self.array().map(i64::from_le_bytes)
    }

    /// The next `len` bytes, as they are.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Truncated> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// `bytes` or `string`: a length of one byte, or `fe` and three, then padding to four.
    pub fn bytes(&mut self) -> Result<&'a [u8], Truncated> {
        let [first] = self.array()?;
        let (len, prefix) = match first {
            0..=253 => (first as usize, 1),
            254 => {
                let [a, b, c] = self.array()?;
                (u32::from_le_bytes([a, b, c, 0]) as usize, 4)
            }
            255 => return Err(Truncated),
        };
        let value = self.take(len)?;
        self.take((prefix + len).wrapping_neg() & 3)?;
        Ok(value)
    }

    /// `Vector<long>`, of at most `limit` items.
    pub fn longs(&mut self, limit: usize) -> Result<Vec<i64>, Truncated> {
        if self.u32()? != VECTOR {
            return Err(Truncated);
        }
        let count = self.u32()? as usize;
        if count > limit || count > self.rest.len() / 8 {
            return Err(Truncated);
        }
        (0..count).map(|_| self.i64()).collect()
    }
}

/// Appends `value` as TL `bytes`, padding included.
pub fn put_bytes(out: &mut Vec<u8>, value: &[u8]) {
    let before = out.len();
    if value.len() < 254 {
        out.push(value.len() as u8);
    } else {
        debug_assert!(value.len() < 1 << 24, "TL bytes hold at most 16 MiB");
        out.push(254);
        out.extend_from_slice(&(value.len() as u32).to_le_bytes()[..3]);
    }
    out.extend_from_slice(value);
    let padding = (out.len() - before).wrapping_neg() & 3;
    out.resize(out.len() + padding, 0);
}

/// The constructor id in front of a body, if there are four bytes at all.
pub(crate) fn constructor(body: &[u8]) -> Option<u32> {
    body.first_chunk().copied().map(u32::from_le_bytes)
}

/// Builds an object of the protocol: an id, then fields in a row.
pub(crate) struct Object(Vec<u8>);

impl Object {
    pub(crate) fn new(id: u32) -> Self {
        Self(id.to_le_bytes().to_vec())
    }

    pub(crate) fn int(mut self, value: i32) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(crate) fn long(mut self, value: i64) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(crate) fn raw(mut self, value: &[u8]) -> Self {
        self.0.extend_from_slice(value);
        self
    }

    pub(crate) fn bytes(mut self, value: &[u8]) -> Self {
        put_bytes(&mut self.0, value);
        self
    }

    pub(crate) fn longs(mut self, values: impl ExactSizeIterator<Item = i64>) -> Self {
        self = self.int(VECTOR as i32).int(values.len() as i32);
        for value in values {
            self = self.long(value);
        }
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

impl From<Object> for Bytes {
    fn from(object: Object) -> Self {
        object.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_every_length_come_back() {
        for len in [0, 1, 2, 3, 4, 252, 253, 254, 255, 256, 70_000] {
            let value = vec![7; len];
            let mut out = Vec::new();
            put_bytes(&mut out, &value);
            assert_eq!(out.len() % 4, 0);
            let mut reader = Reader::new(&out);
            assert_eq!(reader.bytes(), Ok(&value[..]));
            assert!(reader.rest().is_empty());
        }
    }

    #[test]
    fn a_lying_length_is_an_error() {
        assert_eq!(
            Reader::new(&[254, 255, 255, 255, 0]).bytes(),
            Err(Truncated)
        );
        assert_eq!(Reader::new(&[3, 1, 2]).bytes(), Err(Truncated));
        assert_eq!(Reader::new(&[255; 8]).bytes(), Err(Truncated));
        let huge = Object::new(VECTOR).int(i32::MAX).finish();
        assert_eq!(Reader::new(&huge).longs(usize::MAX), Err(Truncated));
    }
}
