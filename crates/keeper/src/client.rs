//! How the rest of the server sees the keeper.

use crate::budget::Evaluations;
use std::pin::Pin;
use std::sync::Arc;

/// The most elements one request may carry.
///
/// It equals the default burst of an import ([`crate::Limits`]), costs the keeper about 30 ms and
/// makes a frame of 16 kB.
pub const MAX_BATCH: usize = 500;

/// A boxed future, so that [`KeeperClient`] can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Tells the time in seconds since 1970 (UTC).
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What an evaluation is for; decides which part of the budget pays for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Signing in or up, or changing one's number. The caller is the authorization key's id.
    ///
    /// It has a reserved share of the day. It has no allowance per caller: before sign-in a
    /// caller is a throw-away key, and the limits per address lie with the server.
    SignIn,
    /// Looking people up by number: imported contacts, a resolved number. The caller is the
    /// account's id.
    Import,
    /// A look-up by the legal desk. The caller is the case's number, and a case has one.
    Desk,
}

/// Why the keeper gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeeperError {
    /// The caller's allowance or the day's budget is spent; in `wait_s` seconds there is some
    /// again, unless others take it first.
    #[error("the keeper's budget is spent; there is more in {wait_s} s")]
    Budget {
        /// Seconds to wait, at least 1.
        wait_s: u32,
    },
    /// The desk's case has had its one look-up.
    #[error("this case has had its look-up")]
    CaseAnswered,
    /// The keeper does not answer, or cannot record what it spends. Trying again later may help.
    #[error("the keeper is not available")]
    Unavailable,
    /// The request was not understood: an element that is not canonical, or none, or too many.
    /// From a client, also an answer that was not understood.
    #[error("malformed keeper request or answer")]
    Malformed,
}

/// Applies the phone-tag key to blinded elements.
///
/// Every evaluation is paid for before the answer is given and is never paid back, not even when
/// the answer is lost on the way.
pub trait KeeperClient: Send + Sync {
    /// Evaluates up to [`MAX_BATCH`] elements, in order.
    ///
    /// When the budget does not cover them all, the answer holds the first ones only, at least
    /// one: an import goes as far as it may, and the rest can be tried again another day.
    /// Otherwise fails with [`KeeperError::Budget`] and nothing is spent.
    fn evaluate_batch<'a>(
        &'a self,
        purpose: Purpose,
        caller: u64,
        blinded: &'a [[u8; 32]],
    ) -> BoxFuture<'a, Result<Vec<[u8; 32]>, KeeperError>>;

    /// How many elements were evaluated on each day that is over, a month of them at most, oldest
    /// first; days without any are left out.
    fn evaluations(&self) -> BoxFuture<'_, Result<Vec<Evaluations>, KeeperError>>;

    /// Evaluates one element.
    fn evaluate(
        &self,
        purpose: Purpose,
        caller: u64,
        blinded: [u8; 32],
    ) -> BoxFuture<'_, Result<[u8; 32], KeeperError>> {
        Box::pin(async move {
            let evaluated = self.evaluate_batch(purpose, caller, &[blinded]).await?;
            evaluated.first().copied().ok_or(KeeperError::Malformed)
        })
    }
}
