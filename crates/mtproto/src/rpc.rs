//! Answers to API calls.

use crate::wire::{Object, RPC_ERROR};

/// Encodes `rpc_error`, to be passed to [`crate::session::Session::answer`]. `code` is like an
/// HTTP status; `text` is one of the texts that the API documents, such as `PEER_ID_INVALID`.
pub fn error(code: i32, text: &str) -> Vec<u8> {
    Object::new(RPC_ERROR)
        .int(code)
        .bytes(text.as_bytes())
        .finish()
}
