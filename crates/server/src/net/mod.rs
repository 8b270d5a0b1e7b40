//! Connections.

pub mod accept;
pub mod backlog;
pub mod connection;
mod prefixed;

use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};

pub use prefixed::Prefixed;

/// Where a connection comes from, and to which of our addresses it came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PeerInfo {
    /// The client's address; behind a trusted proxy the one that the proxy tells.
    pub address: SocketAddr,
    /// The local address that the client came to.
    pub reached: SocketAddr,
}

/// Where connections come from.
pub trait Listener: Send + 'static {
    /// The next connection, and the address at its other end.
    fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send;
}

impl Listener for TcpListener {
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        TcpListener::accept(self).await
    }
}
