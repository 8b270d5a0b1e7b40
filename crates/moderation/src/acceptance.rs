//! Who has accepted which version of the terms.
//!
//! Signing up accepts the version in force, which is shown then. A later one is offered by
//! `help.getTermsOfServiceUpdate` until it is accepted.

use crate::publication::{self, Published};
use crate::terms;
use heliograph_model::{UnixMs, UserId};
use heliograph_store::{Command, Locks, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};
use thiserror::Error;

/// The newest version of the terms that an account has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Accepted {
    /// The version.
    #[n(0)]
    pub version: u64,
    /// When.
    #[n(1)]
    pub at: UnixMs,
}

row!(Accepted, Table::Terms, key: ());

/// What an account has accepted; `None` for one that is older than the terms.
pub async fn of(rows: &mut dyn Rows, user: UserId) -> Result<Option<Accepted>, StoreError> {
    rows.find(user.into(), &()).await
}

/// The version that an account has still to accept: the newest that is published, also before it
/// holds.
pub async fn due(rows: &mut dyn Rows, user: UserId) -> Result<Option<Published>, StoreError> {
    let accepted = of(rows, user).await?.map_or(0, |accepted| accepted.version);
    let newest = publication::newest(rows).await?;
    Ok((accepted < newest.terms.version).then_some(newest))
}

/// Why an acceptance was not taken.
#[derive(Debug, Error)]
pub enum AcceptError {
    /// There is no such version.
    #[error("there is no such version of the terms")]
    Unknown,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Accepts a version of the terms. An older one than was accepted before changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct Accept {
    /// Who.
    pub user: UserId,
    /// Which.
    pub version: u64,
}

impl Command for Accept {
    type Output = ();
    type Error = AcceptError;
    const NAME: &'static str = "accept_terms";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), AcceptError> {
        if terms::version(self.version).is_none() {
            return Err(AcceptError::Unknown);
        }
        let before = of(tx.rows(), self.user).await?;
        if before.is_some_and(|before| before.version >= self.version) {
            return Ok(());
        }
        let accepted = Accepted {
            version: self.version,
            at: tx.now(),
        };
        Ok(tx.put(self.user.into(), &(), &accepted)?)
    }
}
