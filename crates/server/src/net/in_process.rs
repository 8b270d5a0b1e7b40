//! A listener inside the process: connections are pipes in memory, so that tests reach the very
//! code that stands behind a socket, under simulated time.

use super::connection::Pipe;
use super::{Accepted, Listener, PeerInfo};
use std::io;
use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How many bytes may be under way in one direction: as much as a socket's buffers hold.
const PIPE_BYTES: usize = 1 << 20;

/// Makes a listener, and what connects to it.
pub fn listen() -> (Dialer, InProcess) {
    let (dialed, incoming) = unbounded_channel();
    (Dialer { dialed }, InProcess { incoming })
}

/// Connects to an [`InProcess`] listener.
#[derive(Clone)]
pub struct Dialer {
    dialed: UnboundedSender<Accepted>,
}

impl Dialer {
    /// Opens a connection that the listener takes for one of `peer`'s.
    ///
    /// Fails with [`io::ErrorKind::ConnectionRefused`] when nobody listens any more.
    pub fn connect(&self, peer: PeerInfo) -> io::Result<DuplexStream> {
        let (near, far) = duplex(PIPE_BYTES);
        let pipe = Pipe::Other(Box::new(far));
        let dialed = self.dialed.send(Accepted { pipe, peer });
        dialed.map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        Ok(near)
    }
}

/// A listener that a [`Dialer`] connects to.
pub struct InProcess {
    incoming: UnboundedReceiver<Accepted>,
}

impl Listener for InProcess {
    async fn accept(&mut self) -> io::Result<Accepted> {
        match self.incoming.recv().await {
            Some(accepted) => Ok(accepted),
            // Nobody is left who could connect; like a socket, it goes on waiting.
            None => std::future::pending().await,
        }
    }
}
