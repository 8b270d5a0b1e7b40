//! The client's half of the protocol, for tests and the load generator: correct and plain, with
//! none of the patience of a real client.

mod handshake;
mod session;

pub use handshake::{Agreed, Chosen, Finished, Options, RsaPadding, ServerPublicKey, Start};
pub use session::{ClientSession, Incoming, seal_binding};

#[cfg(test)]
pub(crate) use handshake::{Inner, encrypt, factor, rsa_pad, sha1_padding};

use thiserror::Error;

use crate::{envelope::BadEnvelope, wire::Truncated};

/// The server said something that a client must not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the server's message is not acceptable")]
pub struct BadServer;

impl From<Truncated> for BadServer {
    fn from(_: Truncated) -> Self {
        Self
    }
}

impl From<BadEnvelope> for BadServer {
    fn from(_: BadEnvelope) -> Self {
        Self
    }
}
