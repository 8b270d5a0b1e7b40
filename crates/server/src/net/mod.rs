//! Connections.

pub mod accept;
pub mod backlog;
pub mod connection;
pub mod in_process;
mod prefixed;

use connection::Pipe;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;

pub use prefixed::Prefixed;

/// Where a connection comes from, and to which of our addresses it came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PeerInfo {
    /// The client's address; behind a trusted proxy the one that the proxy tells.
    pub address: SocketAddr,
    /// The local address that the client came to.
    pub reached: SocketAddr,
}

/// A connection that has been taken and has said nothing yet.
pub struct Accepted {
    /// What carries it.
    pub pipe: Pipe,
    /// Who is at its other end.
    pub peer: PeerInfo,
}

/// Where connections come from: a socket, or an [`in_process`] one.
pub trait Listener: Send + 'static {
    /// Waits for the next connection. An error is a condition of the listener, such as too few
    /// descriptors; a connection that broke off before it was taken is passed over.
    fn accept(&mut self) -> impl Future<Output = io::Result<Accepted>> + Send;
}

impl Listener for TcpListener {
    async fn accept(&mut self) -> io::Result<Accepted> {
        loop {
            let (socket, address) = TcpListener::accept(self).await?;
            // Answers are written whole; waiting to fill a segment would only delay them.
            let (Ok(reached), Ok(())) = (socket.local_addr(), socket.set_nodelay(true)) else {
                continue;
            };
            let pipe = Pipe::Tcp(socket);
            let peer = PeerInfo { address, reached };
            return Ok(Accepted { pipe, peer });
        }
    }
}
