//! What must hold before anything is given for an entry of the log.

use crate::secrets_client::{LogProof, MAX_RECORDS, Refusal};
use heliograph_transparency::case::records_root;
use heliograph_transparency::entry::{Body, Entry};
use heliograph_transparency::policy::{Freshness, Policy};
use heliograph_transparency::proof::TlogProof;
use heliograph_transparency::tree::{Hash, leaf_hash};
use heliograph_vault::record::{SealedRecord, VerifiedRecord};

/// Witnesses must have seen the entry within the hour, as for a custodian.
const FRESHNESS: Freshness = Freshness::within(3600);

/// An entry that is in the log.
pub(super) struct Logged {
    pub index: u64,
    pub hash: [u8; 32],
    pub body: Body,
}

/// Checks that the entry is in the log which `policy` names, witnessed as it asks, at `now_s`.
pub(super) fn logged(proof: &LogProof, policy: &Policy, now_s: u64) -> Result<Logged, Refusal> {
    let path: TlogProof = proof.proof.parse().map_err(|_| Refusal::Proof)?;
    path.verify(&proof.entry, policy, FRESHNESS, now_s)
        .map_err(|_| Refusal::Proof)?;
    let entry = Entry::parse(&proof.entry).map_err(|_| Refusal::Kind)?;
    Ok(Logged {
        index: path.index(),
        hash: leaf_hash(&proof.entry).0,
        body: entry.body,
    })
}

/// Checks that these are the `n` records under `root`, each with a proof of its own that holds.
pub(super) fn records(
    records: &[Vec<u8>],
    n: u32,
    root: Hash,
) -> Result<Vec<VerifiedRecord>, Refusal> {
    if records.len() > MAX_RECORDS || records.len() != n as usize {
        return Err(Refusal::Records);
    }
    let mut verified = Vec::with_capacity(records.len());
    for record in records {
        let record = SealedRecord::parse(record).map_err(|_| Refusal::Forged)?;
        verified.push(record.verify().map_err(|_| Refusal::Forged)?);
    }
    let hashes: Vec<[u8; 32]> = verified.iter().map(|record| record.hash().0).collect();
    if records_root(&hashes) != root {
        return Err(Refusal::Records);
    }
    Ok(verified)
}
