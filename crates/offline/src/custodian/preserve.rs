//! Keeping single records openable beyond the day their key is erased.
//!
//! A `preserve` entry carries the approvals of K officers itself, so that a custodian needs
//! nothing but the log and the records. What it keeps is its partial decryption of each, made
//! while the key is still there, and good for an opening that names the entry only.

use super::answer::check_records;
use super::{Custodian, CustodianError, refuse, shares};
use crate::encoding::base64_bytes;
use crate::folder::{Folder, FolderError};
use heliograph_transparency::entry::Day;
use heliograph_transparency::files::Base64;
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::cases::Opening;
use heliograph_vault::keys::OpeningKeys;
use heliograph_vault::partial::CaseContext;
use heliograph_vault::preserve::Preserved;
use heliograph_vault::record::VerifiedRecord;
use serde::{Deserialize, Serialize};

const PREFIX: &str = "preserved-";

/// Asks a custodian to keep what it needs for the records of a `preserve` entry
/// (`heliograph-preserve/1`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreserveAsk {
    format: String,
    /// The log's name.
    pub origin: String,
    /// Index of the `preserve` entry.
    pub preserve: u64,
    /// All sealed records of the entry.
    pub records: Vec<Base64>,
    /// Which of them this custodian is to keep, counted from zero, ascending. The others are sealed
    /// to keys of other custodians.
    pub positions: Vec<u32>,
}

impl PreserveAsk {
    const FORMAT: &str = "heliograph-preserve/1";

    /// Asks for the records of an entry that stand at these positions among them all.
    pub fn new(origin: &str, preserve: u64, records: &[Vec<u8>], positions: Vec<u32>) -> Self {
        Self {
            format: Self::FORMAT.into(),
            origin: origin.into(),
            preserve,
            records: records.iter().cloned().map(Base64).collect(),
            positions,
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let ask: Self = serde_json::from_slice(bytes).ok()?;
        (ask.format == Self::FORMAT).then_some(ask)
    }
}

/// What lies on the disk for one entry.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    partials: Vec<KeptPartial>,
}

impl Kept {
    fn push(&mut self, preserved: &Preserved) {
        self.partials.push(KeptPartial {
            preserved: preserved.to_bytes().to_vec(),
        });
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptPartial {
    #[serde(with = "base64_bytes")]
    preserved: Vec<u8>,
}

impl Custodian {
    /// Keeps what records of a `preserve` entry need. Asked again, it has it already.
    pub fn preserve(&self, ask: &PreserveAsk) -> Result<(), CustodianError> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        self.follow_fresh(inner)?;
        let ledger = inner.copy.ledger();
        if ask.origin != ledger.origin() {
            refuse!("the entry is of another log");
        }
        let Some(preservation) = ledger.preservations().at(ask.preserve) else {
            refuse!("entry {} of the log preserves nothing", ask.preserve);
        };
        if preservation.released.is_some() || self.today() > preservation.until {
            refuse!("the preservation is over");
        }
        let name = name_of(ask.preserve);
        let records = ask.records.iter().map(|record| record.0.as_slice());
        let records = check_records(ledger, records, preservation.records, preservation.n)?;
        let known = find(&self.folder, ask.preserve)?;
        let mut kept = Kept::default();
        for preserved in &known {
            kept.push(preserved);
        }
        for (record, keys) in self.own_records(ledger, &records, &ask.positions)? {
            if known.iter().any(|known| known.record() == record.hash()) {
                continue;
            }
            let session = keys.gate().ceremony.session;
            let Some(share) = shares::find(&self.folder, &session)? else {
                refuse!("the key of a record is not kept here any more");
            };
            let entropy = self.entropy.draw();
            let order = preservation.hash.0;
            let preserved =
                heliograph_vault::preserve::preserve(&share.share, record, &keys, order, &entropy)
                    .map_err(|error| CustodianError::Refused(error.to_string()))?;
            kept.push(&preserved);
        }
        let bytes = serde_json::to_vec(&kept).expect("strings");
        self.folder.write(&name, &bytes)?;
        Ok(())
    }
}

/// What is kept for an entry.
pub(super) fn find(folder: &Folder, index: u64) -> Result<Vec<Preserved>, FolderError> {
    let name = name_of(index);
    let Some(bytes) = folder.read(&name)? else {
        return Ok(Vec::new());
    };
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|_| folder.damaged(&name))?;
    let parsed = kept
        .partials
        .iter()
        .map(|kept| Preserved::parse(&kept.preserved));
    parsed
        .collect::<Result<_, _>>()
        .map_err(|_| folder.damaged(&name))
}

/// Hands out what was kept for a record, in an opening that names the entry.
pub(super) fn release(
    ledger: &Ledger,
    opening: &Opening,
    kept: &[Preserved],
    record: &VerifiedRecord,
    keys: &OpeningKeys,
) -> Result<Vec<u8>, CustodianError> {
    let order = opening
        .preserved
        .and_then(|index| ledger.preservations().at(index));
    let kept = kept.iter().find(|kept| kept.record() == record.hash());
    let (Some(order), Some(kept)) = (order, kept) else {
        refuse!("the key of a record is not kept here any more");
    };
    let context = CaseContext {
        // Officers' partial decryptions are not looked at here.
        request: [0; 32],
        open: opening.hash.0,
        preserved: Some(order.hash.0),
    };
    let partial = kept.release(record, keys, &context);
    let partial = partial.map_err(|error| CustodianError::Refused(error.to_string()))?;
    Ok(partial.to_bytes().to_vec())
}

/// Destroys what was kept for entries that are released or whose term is over.
pub(super) fn destroy_due(folder: &Folder, ledger: &Ledger, today: Day) -> Result<(), FolderError> {
    for name in folder.list(PREFIX)? {
        let index = name[PREFIX.len()..].parse().ok();
        let order = index.and_then(|index| ledger.preservations().at(index));
        if order.is_none_or(|order| order.released.is_some() || today > order.until) {
            folder.destroy(&name)?;
        }
    }
    Ok(())
}

fn name_of(index: u64) -> String {
    format!("{PREFIX}{index}")
}
