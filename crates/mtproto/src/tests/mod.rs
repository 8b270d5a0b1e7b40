//! Tests that need both sides of the protocol.

mod envelope;
mod fuzz;
mod handshake;
mod session;
mod timing;
mod transport;

use std::sync::OnceLock;

use crate::{ServerKey, UnixMillis};

pub(crate) const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

/// One RSA key for all tests: making one takes a second in a debug build.
pub(crate) fn server_key() -> &'static ServerKey {
    static KEY: OnceLock<ServerKey> = OnceLock::new();
    KEY.get_or_init(|| ServerKey::generate().unwrap())
}
