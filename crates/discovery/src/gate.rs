//! Who looks at what is public before anybody can find it.

use heliograph_model::{MessageId, Peer, PublicPeer, PublicPost};
use heliograph_store::BoxFuture;

/// Something that is about to become findable, as it will be found. There is no way to make one of
/// what is private.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// The face of a peer: a new one, or one that has changed.
    Peer(PublicPeer),
    /// A post, new or changed.
    Post(PublicPost),
}

/// A peer, or one post of it: what measures are put on.
pub type Place = (Peer, Option<MessageId>);

/// Why a gate could not look. Nothing becomes findable then; it is asked again.
pub type GateError = Box<dyn std::error::Error + Send + Sync>;

/// Looks at what is about to become findable.
pub trait Gate: Send + Sync {
    /// When this answers, whatever is not to be found has its measure in the store, durably. The
    /// answer names the peers and posts whose measures may have changed.
    ///
    /// It may be asked about the same thing many times: after a crash, a rebuild, or a change that
    /// does not concern it.
    fn look(&self, candidates: Vec<Candidate>) -> BoxFuture<'_, Result<Vec<Place>, GateError>>;
}

/// Lets everything through: for tests and measurements of the index alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

impl Gate for Open {
    fn look(&self, _: Vec<Candidate>) -> BoxFuture<'_, Result<Vec<Place>, GateError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
