//! MTProto 2.0 as a server speaks it, without sockets, clocks or randomness: bytes, time and
//! entropy are arguments.
//!
//! From the outside in:
//!
//! 1. [`transport`] recognises a connection by its first bytes and cuts it into packets;
//!    [`websocket`] does the same inside a browser's connection.
//! 2. [`handshake`] makes authorization keys. Its heavy steps are values ([`handshake::Job`]) that
//!    can run on another thread.
//! 3. [`envelope`] opens and seals encrypted packets under an [`AuthKey`].
//! 4. [`session`] keeps what belongs to one (key, session) pair: which messages came, which
//!    answers wait to be acknowledged, which salts are valid. It hands API calls out as raw bytes.
//!
//! Two steps draw randomness of their own, inside OpenSSL: the making of the server's RSA key and
//! the blinding of its use. Nothing else does.

mod aes_ige;
mod auth_key;
pub mod binding;
pub mod dh;
mod entropy;
pub mod envelope;
pub mod gzip;
pub mod handshake;
pub mod local;
mod msg_id;
pub mod pq;
pub mod rpc;
mod salts;
mod server_key;
pub mod session;
pub mod transport;
pub mod websocket;
mod wire;

#[cfg(any(test, feature = "client"))]
pub mod client;
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod tests;

pub use auth_key::AuthKey;
pub use entropy::Entropy;
pub use msg_id::{MsgId, MsgIdClock, MsgKind, UnixMillis};
pub use salts::{FirstSalt, FutureSalt, MAX_FUTURE_SALTS, Salts};
pub use server_key::{KeyError, ServerKey};
pub use wire::{Reader, Truncated, put_bytes};
