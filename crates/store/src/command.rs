//! Writes as values.

use crate::{StoreError, Tx};
use heliograph_model::Owner;
use std::future::Future;

/// The mailboxes a command changes: ascending, without doubles, at most [`Locks::MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locks(Vec<Owner>);

impl Locks {
    /// How many mailboxes one command may change. What goes to more (a post to many, a new name for
    /// all who know a person) is follow-up work in jobs, so that no commit grows without bound.
    pub const MAX: usize = 200;

    /// No mailbox at all: the command touches directory rows only.
    pub fn none() -> Self {
        Locks(Vec::new())
    }

    /// The mailboxes of these owners.
    ///
    /// # Panics
    /// When there are more than [`Locks::MAX`]: the command should have made jobs.
    pub fn of(owners: impl IntoIterator<Item = impl Into<Owner>>) -> Self {
        let mut owners: Vec<Owner> = owners.into_iter().map(Into::into).collect();
        owners.sort_unstable();
        owners.dedup();
        assert!(
            owners.len() <= Self::MAX,
            "a command locks at most {} mailboxes",
            Self::MAX
        );
        Locks(owners)
    }

    /// The owners, ascending: the order in which an engine takes the locks, so that two commands
    /// never wait for each other.
    pub fn owners(&self) -> &[Owner] {
        &self.0
    }

    /// Whether this mailbox was declared.
    pub fn contains(&self, owner: Owner) -> bool {
        self.0.binary_search(&owner).is_ok()
    }
}

/// A write.
///
/// `apply` awaits nothing but `tx`: it may run in the middle of a group of others, on the engine's
/// own thread. An error takes back everything the command did, and nothing of its neighbours.
pub trait Command: Send + 'static {
    /// What the caller learns after the durable commit.
    type Output: Send + 'static;
    /// Why it was refused.
    type Error: From<StoreError> + Send + 'static;

    /// The command's name in logs and metrics.
    const NAME: &'static str;

    /// The mailboxes it will change.
    fn locks(&self) -> Locks;

    /// Does it.
    fn apply(
        self,
        tx: &mut Tx<'_>,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}
