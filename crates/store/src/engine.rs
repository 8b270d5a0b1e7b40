//! What an engine does, and the handle that everyone else holds.

use crate::group::{Pending, queue};
use crate::{Command, Rows, StoreError, View};
use heliograph_model::{Logged, Notice, Owner, SecretNews, UnixMs};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A boxed future, for methods behind `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A storage engine.
///
/// What every engine promises (and the conformance suite checks):
/// - commands submitted one after another are applied in that order, each after its predecessors
///   are visible to it;
/// - a command's caller is answered only after a commit that survives the loss of power;
/// - a command that fails, or a group whose commit fails, leaves no trace;
/// - a view shows only what has been committed, and everything whose commit was answered before the
///   view was asked for.
pub trait Engine: Send + Sync + 'static {
    /// Queues a command. It is applied even if its caller stops waiting.
    fn submit(&self, command: Box<dyn Pending>);

    /// A reader.
    fn view(&self) -> BoxFuture<'_, Result<Box<dyn Rows + '_>, StoreError>>;

    /// Finishes what is queued, makes it durable and lets go of the files.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// What changed in one mailbox, told after the commit.
///
/// It is a wake-up: whoever misses it finds the same in the log. The entries ride along so that the
/// common case need not read them back.
#[derive(Clone, Debug)]
pub struct Wake {
    /// The mailbox.
    pub owner: Owner,
    /// The entries of its log, in order; the last one's `pts` is the mailbox's.
    pub logged: Vec<Arc<Logged>>,
    /// Changes without pts.
    pub notices: Vec<Notice>,
    /// What the owner's devices have to be told of their secret chats.
    pub secret: Vec<SecretNews>,
    /// The session whose call made the change: its own answer tells it.
    pub origin: Option<u64>,
}

/// Who is told about commits. Called on the engine's thread: it must only pass the news on.
pub trait Listener: Send + Sync + 'static {
    /// These mailboxes changed; the commit is durable.
    fn committed(&self, wakes: Vec<Wake>);

    /// Jobs were added that are due now.
    fn jobs_due(&self) {}
}

/// A listener that ignores the news.
impl Listener for () {
    fn committed(&self, _: Vec<Wake>) {}
}

/// Tells the time. The server passes the system's clock, tests one that they turn by hand.
pub trait Clock: Send + Sync + 'static {
    /// The time now. It may go back; the time that commands see ([`crate::Tx::now`]) does not.
    fn now(&self) -> UnixMs;
}

/// The store, as handlers hold it: cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
}

impl Store {
    /// Wraps an engine.
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        Store { engine }
    }

    /// Runs a command and answers after its durable commit.
    ///
    /// The command is queued when this is called, not when the future is first polled: two writes
    /// called one after another are applied in that order.
    pub fn write<C: Command>(
        &self,
        command: C,
    ) -> impl Future<Output = Result<C::Output, C::Error>> + Send + use<C> {
        self.write_from(None, command)
    }

    /// The same, for the session `origin`, which need not be told of its own change.
    pub fn write_from<C: Command>(
        &self,
        origin: Option<u64>,
        command: C,
    ) -> impl Future<Output = Result<C::Output, C::Error>> + Send + use<C> {
        let (pending, answer) = queue(origin, command);
        self.engine.submit(pending);
        async move {
            match answer.await {
                Ok(outcome) => outcome,
                Err(_) => Err(StoreError::Closed.into()),
            }
        }
    }

    /// A reader of committed rows.
    pub async fn view(&self) -> Result<View<'_>, StoreError> {
        self.engine.view().await.map(View::new)
    }

    /// Finishes what is queued and closes the files.
    pub async fn close(&self) {
        self.engine.close().await;
    }
}
