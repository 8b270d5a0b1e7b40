//! The custodians, as the desk asks them.

use heliograph_transparency::files::{Answer, Ask};

/// A custodian did not answer.
#[derive(Debug, thiserror::Error)]
#[error("custodian {custodian} does not answer: {why}")]
pub struct CustodianError {
    /// Its index.
    pub custodian: u16,
    /// What it said, or why it could not be reached.
    pub why: String,
}

/// Asks custodians for their part of an opening. Each of them follows the log by itself and
/// decides for itself; asked again, it gives the same answer.
pub trait Custodians: Send + Sync {
    /// Asks all of them, and waits for those that answer in good time.
    fn ask(&self, ask: &Ask) -> Vec<Result<Answer, CustodianError>>;

    /// Has all of them keep what they need to open these records beyond their day, on the strength
    /// of a `preserve` entry; asked again, they have it already.
    fn preserve(&self, preserve: u64, records: &[Vec<u8>]) -> Vec<Result<(), CustodianError>>;
}
