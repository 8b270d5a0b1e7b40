//! Answering for one opening.

use super::shares;
use super::{Custodian, CustodianError, Inner, preserve, refuse};
use crate::encoding::base64_bytes;
use crate::folder::{Folder, FolderError};
use crate::sealed_to::opening_keys;
use heliograph_transparency::approval::{
    Approval, MAX_APPROVAL_S, SignedApproval, Verdict, approvals_root,
};
use heliograph_transparency::case::records_root;
use heliograph_transparency::files::{Ask, Base64, Reply};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::cases::{Case, Opening};
use heliograph_transparency::tree::Hash;
use heliograph_vault::keys::OpeningKeys;
use heliograph_vault::partial::custodian_partial;
use heliograph_vault::record::{SealedRecord, VerifiedRecord};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

const PREFIX: &str = "answered-";

/// An opening that was answered. It is spent: nothing else will be answered for it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spent {
    /// SHA-256 of what was asked.
    #[serde(with = "base64_bytes")]
    ask: [u8; 32],
    /// What was answered, kept until the case is closed in case the desk did not get it.
    reply: Option<Base64>,
}

impl Custodian {
    /// Answers for an opening, or refuses. Asked again the same, it answers the same.
    pub fn answer(&self, ask: &Ask) -> Reply {
        match self.try_answer(ask) {
            Ok(reply) => reply,
            Err(error) => Reply::refusal(error.to_string()),
        }
    }

    fn try_answer(&self, ask: &Ask) -> Result<Reply, CustodianError> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        self.follow_fresh(inner)?;
        let ledger = inner.copy.ledger();
        if ask.origin != ledger.origin() {
            refuse!("the opening is of another log");
        }
        let Some((case, opening)) = ledger.cases().opening(ask.open) else {
            refuse!("entry {} of the log opens nothing", ask.open);
        };
        if case.closed.is_some() {
            refuse!("the case is closed");
        }
        let name = format!("{PREFIX}{}", ask.open);
        let asked: [u8; 32] = Sha256::digest(ask.to_bytes()).into();
        if let Some(bytes) = self.folder.read(&name)? {
            return repeat(&bytes, &asked).ok_or_else(|| self.folder.damaged(&name))?;
        }
        check_approvals(ledger, case, opening, ask, self.now_s())?;
        let parsed = ask.records.iter().map(|record| record.0.as_slice());
        let records = check_records(ledger, parsed, opening.records, opening.n)?;
        let partials = self.partials(inner, opening, &records, &ask.positions)?;
        let reply = Reply::answer(ask.positions.clone(), partials);
        let spent = Spent {
            ask: asked,
            reply: Some(Base64(reply.to_bytes())),
        };
        // On the disk before it leaves: whatever happens now, this opening is spent on these
        // records.
        self.folder.write(&name, &json(&spent))?;
        Ok(reply)
    }

    fn partials(
        &self,
        inner: &Inner,
        opening: &Opening,
        records: &[VerifiedRecord],
        positions: &[u32],
    ) -> Result<Vec<Base64>, CustodianError> {
        let ledger = inner.copy.ledger();
        let kept = match opening.preserved {
            Some(index) => preserve::find(&self.folder, index)?,
            None => Vec::new(),
        };
        let mut partials = Vec::new();
        for (record, keys) in self.own_records(ledger, records, positions)? {
            let session = keys.gate().ceremony.session;
            let share = match shares::find(&self.folder, &session)? {
                Some(kept) if keys.gate().ceremony.epoch == kept.epoch => Some(kept.share),
                _ => None,
            };
            let bytes = match share {
                Some(share) => {
                    let entropy = self.entropy.draw();
                    custodian_partial(&share, record, &keys, opening.hash.0, &entropy)
                        .map_err(|error| CustodianError::Refused(error.to_string()))?
                        .to_bytes()
                        .to_vec()
                }
                None => preserve::release(ledger, opening, &kept, record, &keys)?,
            };
            partials.push(Base64(bytes));
        }
        Ok(partials)
    }

    /// The records at these positions, each with the keys that it is sealed to. Refuses one that is
    /// sealed to a key of other custodians: the desk is to ask those.
    pub(super) fn own_records<'a>(
        &self,
        ledger: &Ledger,
        records: &'a [VerifiedRecord],
        positions: &[u32],
    ) -> Result<Vec<(&'a VerifiedRecord, OpeningKeys)>, CustodianError> {
        let mut own = Vec::new();
        for position in positions {
            let Some(record) = records.get(*position as usize) else {
                refuse!("there is no record {position}");
            };
            let Some(keys) = opening_keys(ledger, record.label()) else {
                refuse!("record {position} is sealed to keys that the log does not know");
            };
            let gate = ledger.custody().key_of(&keys.gate().ceremony);
            let mut holders = gate.map_or(&[][..], |gate| &gate.holders).iter();
            if !holders.any(|holder| holder.key == self.card().key) {
                refuse!("record {position} is sealed to a key of other custodians");
            }
            own.push((record, keys));
        }
        Ok(own)
    }

    /// How many openings were answered, ever.
    pub(super) fn answered(&self) -> Result<u64, FolderError> {
        Ok(self.folder.list(PREFIX)?.len() as u64)
    }
}

/// The stored answer, or a refusal when something else was asked; nothing for bytes that are none.
fn repeat(bytes: &[u8], asked: &[u8; 32]) -> Option<Result<Reply, CustodianError>> {
    let spent: Spent = serde_json::from_slice(bytes).ok()?;
    if spent.ask != *asked {
        let why = "this opening was answered before, for another question";
        return Some(Err(CustodianError::Refused(why.into())));
    }
    Reply::parse(&spent.reply?.0).ok().map(Ok)
}

/// Checks that K officers of the set in force have approved exactly this.
fn check_approvals(
    ledger: &Ledger,
    case: &Case,
    opening: &Opening,
    ask: &Ask,
    now_s: u64,
) -> Result<(), CustodianError> {
    let officers = match ledger.officers() {
        Some(officers) if officers.mark.index == opening.officers => officers,
        _ => refuse!("the officers who approved are not the set in force"),
    };
    let approvals: Vec<SignedApproval> = ask
        .approvals
        .iter()
        .map(|approval| (*approval).into())
        .collect();
    if approvals_root(&approvals) != opening.approvals {
        refuse!("the approvals are not those of the logged opening");
    }
    let needed = officers.keys.threshold;
    let distinct: BTreeSet<u16> = approvals.iter().map(|approval| approval.officer).collect();
    if distinct.len() != approvals.len() || approvals.len() != usize::from(needed) {
        refuse!(
            "{} approvals, where {needed} officers are needed",
            approvals.len()
        );
    }
    let Some(fingerprint) = from_hex(&ask.fingerprint) else {
        refuse!("the fingerprint of the delivery key is none");
    };
    for approval in &approvals {
        let index = approval.officer;
        let Some(officer) = officers.holder(index) else {
            refuse!("there is no officer {index}");
        };
        let signed = Approval {
            origin: ledger.origin(),
            request: case.mark.index,
            entry_hash: case.hash,
            case_hash: case.fields,
            records_root: opening.records,
            n: opening.n,
            fingerprint,
            officers: officers.mark.index,
            verdict: Verdict::Approve,
            not_after_s: approval.not_after_s,
        };
        if !signed.holds(&officer.key, &approval.signature) {
            refuse!("the approval of officer {index} is not one of this opening");
        }
        if approval.not_after_s < now_s {
            refuse!("the approval of officer {index} has run out");
        }
        if approval.not_after_s > now_s + MAX_APPROVAL_S + CLOCKS_APART_S {
            refuse!("the approval of officer {index} is given for too long");
        }
    }
    Ok(())
}

/// How far the clocks of an officer and a custodian may be apart, in seconds.
const CLOCKS_APART_S: u64 = 300;

/// Reads whole records and checks that they are the logged ones, sound, and one person's.
pub(super) fn check_records<'a>(
    ledger: &Ledger,
    records: impl Iterator<Item = &'a [u8]>,
    root: Hash,
    n: u32,
) -> Result<Vec<VerifiedRecord>, CustodianError> {
    let cap = ledger
        .registry()
        .policy()
        .map_or(0, |logged| logged.policy.cap);
    let mut verified: Vec<VerifiedRecord> = Vec::new();
    let mut hashes = Vec::new();
    for bytes in records {
        if verified.len() as u64 >= u64::from(n.min(cap)) {
            refuse!("more records than the log or the policy allows");
        }
        let Ok(record) = SealedRecord::parse(bytes) else {
            refuse!("something that is no sealed record");
        };
        let Ok(record) = record.verify() else {
            refuse!("a record was altered or put together from others");
        };
        if hashes.contains(&record.hash().0) {
            refuse!("a record stands there twice");
        }
        hashes.push(record.hash().0);
        verified.push(record);
    }
    let Some(first) = verified.first() else {
        refuse!("no record at all");
    };
    if verified.len() != n as usize || records_root(&hashes) != root {
        refuse!("the records are not those of the log's entry");
    }
    if verified
        .iter()
        .any(|record| record.label().user != first.label().user)
    {
        refuse!("the records are of more than one person");
    }
    Ok(verified)
}

/// Destroys the answers of closed cases; that they were given stays known.
pub(super) fn destroy_due(folder: &Folder, ledger: &Ledger) -> Result<(), FolderError> {
    for name in folder.list(PREFIX)? {
        let open = name[PREFIX.len()..].parse().ok();
        let closed = open
            .and_then(|open| ledger.cases().opening(open))
            .is_some_and(|(case, _)| case.closed.is_some());
        if !closed {
            continue;
        }
        let bytes = folder.read(&name)?.unwrap_or_default();
        let spent: Spent = serde_json::from_slice(&bytes).map_err(|_| folder.damaged(&name))?;
        if spent.reply.is_some() {
            folder.write(
                &name,
                &json(&Spent {
                    reply: None,
                    ..spent
                }),
            )?;
        }
    }
    Ok(())
}

fn json(spent: &Spent) -> Vec<u8> {
    serde_json::to_vec(spent).expect("strings")
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}
