//! The custodians, as the desk asks them: each for the records whose keys it has shares of.
//!
//! A record opens with the custodians who made the key that it is sealed to, whoever is on the
//! roster since. So the log is asked record by record who they are.

use crate::keys::{self, KeysOfRecordError};
use heliograph_transparency::files::{Answer, Ask};
use heliograph_transparency::ledger::Ledger;
use heliograph_vault::record::VerifiedRecord;
use std::collections::BTreeMap;

/// A custodian, by the Ed25519 key under which the log's rosters list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CustodianId(pub [u8; 32]);

/// What one custodian is needed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Who.
    pub custodian: CustodianId,
    /// The records of the case that it has a share of the key of, counted from zero, ascending.
    pub positions: Vec<u32>,
}

/// A custodian did not answer.
#[derive(Debug, thiserror::Error)]
#[error("custodian {custodian} does not answer: {why}")]
pub struct CustodianError {
    /// What the log calls it.
    pub custodian: String,
    /// What it said, or why it could not be reached.
    pub why: String,
}

/// Asks custodians for their part of an opening. Each of them follows the log by itself and
/// decides for itself; asked again, it gives the same answer.
pub trait Custodians: Send + Sync {
    /// Asks each of these, at the same time, and waits for those that answer in good time: one
    /// answer for each ask, in the same order.
    fn ask(&self, asks: &[(CustodianId, Ask)]) -> Vec<Result<Answer, CustodianError>>;

    /// Has each of these keep what it needs to open its part of `records` beyond their day, on the
    /// strength of the `preserve` entry with this index: one answer for each part, in the same
    /// order. Asked again, they have it already.
    fn preserve(
        &self,
        preserve: u64,
        records: &[Vec<u8>],
        parts: &[Part],
    ) -> Vec<Result<(), CustodianError>>;
}

/// Who is needed for which of these records.
pub(crate) fn parts(
    ledger: &Ledger,
    records: &[VerifiedRecord],
) -> Result<Vec<Part>, KeysOfRecordError> {
    let mut parts: BTreeMap<CustodianId, Vec<u32>> = BTreeMap::new();
    for (position, record) in (0..).zip(records) {
        for holder in &keys::gate_of_record(ledger, record.label())?.holders {
            let positions = parts.entry(CustodianId(holder.key)).or_default();
            positions.push(position);
        }
    }
    let part = |(custodian, positions)| Part {
        custodian,
        positions,
    };
    Ok(parts.into_iter().map(part).collect())
}
