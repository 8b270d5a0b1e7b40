//! An officer's response to a bundle: checked before it counts.

use crate::case::CaseFile;
use crate::grant::{CheckedApproval, Subject};
use crate::keys::{self, KeysOfRecordError};
use crate::package::hex;
use heliograph_transparency::approval::{Approval, MAX_APPROVAL_S, SignedApproval, Verdict};
use heliograph_transparency::case::records_root;
use heliograph_transparency::entry::Outcome;
use heliograph_transparency::files::Response;
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::cases::Case;
use heliograph_transparency::ledger::keys::LoggedKey;
use heliograph_vault::partial::{CaseContext, Partial, PartialContext, PartialError};
use heliograph_vault::record::VerifiedRecord;

/// What an officer answered.
pub enum Checked {
    /// Open the records.
    Approval(Box<CheckedApproval>),
    /// Do not, for this reason.
    Refusal {
        /// The officer's index.
        officer: u16,
        /// Why.
        outcome: Outcome,
    },
}

/// Why a response does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// Not a response file.
    #[error("the file is not a response: {0}")]
    Malformed(String),
    /// For another log, case, set of records, or key to deliver to.
    #[error("the response is about another {0}")]
    Other(&'static str),
    /// The set of officers that it names is not in force.
    #[error("entry {0} is not the set of officers in force")]
    NotInForce(u64),
    /// No officer of the set has this index.
    #[error("there is no officer {0}")]
    Unknown(u16),
    /// It has run out, or would be good for more than 72 hours.
    #[error("the response is good until a time that has passed, or for longer than 72 hours")]
    Term,
    /// The signature is not the officer's over exactly this.
    #[error("the signature of officer {0} does not hold")]
    Signature(u16),
    /// Not one partial decryption for each record.
    #[error("{found} partial decryptions for {expected} records")]
    Count {
        /// How many records.
        expected: usize,
        /// How many partial decryptions.
        found: usize,
    },
    /// A partial decryption does not hold.
    #[error("the partial decryption of record {record} does not hold: {error}")]
    Partial {
        /// Which record, from 0.
        record: usize,
        /// Why.
        error: PartialError,
    },
    /// A record has no keys any more.
    #[error(transparent)]
    Keys(#[from] KeysOfRecordError),
}

/// What a response must be about.
pub(crate) struct Expected<'a> {
    pub ledger: &'a Ledger,
    /// The request in the log.
    pub case: &'a Case,
    /// The set of officers that counts.
    pub officers: &'a LoggedKey,
    pub records: &'a [VerifiedRecord],
    pub fingerprint: [u8; 32],
    pub preserved: Option<u64>,
}

impl<'a> Expected<'a> {
    /// What responses to a case must be about now, or when `officers` were in force.
    pub fn of(
        ledger: &'a Ledger,
        file: &CaseFile,
        officers: &'a LoggedKey,
        prepared: &crate::case::Prepared,
        records: &'a [VerifiedRecord],
    ) -> Option<Self> {
        Some(Self {
            ledger,
            case: ledger.cases().at(file.logged("request")?)?,
            officers,
            records,
            fingerprint: prepared.fingerprint,
            preserved: prepared.preserved,
        })
    }

    /// What approvals of this are counted by.
    pub fn subject(&self) -> Subject {
        let hashes: Vec<[u8; 32]> = self.records.iter().map(|record| record.hash().0).collect();
        Subject {
            request: self.case.mark.index,
            officers: self.officers.mark.index,
            threshold: self.officers.keys.threshold,
            records_root: records_root(&hashes),
            n: self.records.len() as u32,
            fingerprint: self.fingerprint,
            preserved: self.preserved,
        }
    }
}

/// Checks a response that arrives at `now_s`: its term, and everything that [`check`] does.
pub(crate) fn check_arriving(
    response: &Response,
    expected: &Expected<'_>,
    now_s: u64,
) -> Result<Checked, ResponseError> {
    let latest_s = now_s.saturating_add(MAX_APPROVAL_S);
    if response.not_after < now_s || response.not_after > latest_s {
        return Err(ResponseError::Term);
    }
    check(response, expected)
}

/// Checks what a response is about, its signature, and every partial decryption against the shares
/// that are current.
pub(crate) fn check(
    response: &Response,
    expected: &Expected<'_>,
) -> Result<Checked, ResponseError> {
    let subject = expected.subject();
    let about = [
        (response.origin == expected.ledger.origin(), "log"),
        (response.request == subject.request, "case"),
        (
            response.records_root.0 == subject.records_root.0,
            "set of records",
        ),
        (response.n == subject.n, "number of records"),
        (
            response.fingerprint == hex(&subject.fingerprint),
            "key to deliver to",
        ),
    ];
    if let Some((_, what)) = about.iter().find(|(same, _)| !same) {
        return Err(ResponseError::Other(what));
    }
    if response.officers != subject.officers {
        return Err(ResponseError::NotInForce(response.officers));
    }
    let officer = response.officer;
    let holder = expected.officers.holder(officer);
    let holder = holder.ok_or(ResponseError::Unknown(officer))?;
    let verdict = Verdict::parse(&response.verdict)
        .ok_or_else(|| ResponseError::Malformed("the verdict".to_owned()))?;
    let signature = response.signature.0;
    let approval = Approval {
        origin: expected.ledger.origin(),
        request: subject.request,
        entry_hash: expected.case.hash,
        case_hash: expected.case.fields,
        records_root: subject.records_root,
        n: subject.n,
        fingerprint: subject.fingerprint,
        officers: subject.officers,
        verdict,
        not_after_s: response.not_after,
    };
    if !approval.holds(&holder.key, &signature) {
        return Err(ResponseError::Signature(officer));
    }
    let partials = match verdict {
        Verdict::Refuse(outcome) if response.partials.is_empty() => {
            return Ok(Checked::Refusal { officer, outcome });
        }
        Verdict::Refuse(_) => &[],
        Verdict::Approve => response.partials.as_slice(),
    };
    let (expected_count, found) = (expected.records.len(), partials.len());
    if found != expected_count {
        return Err(ResponseError::Count {
            expected: expected_count,
            found,
        });
    }
    let context = CaseContext {
        request: expected.case.hash.0,
        // Officers answer to the request; nothing of theirs names an opening.
        open: [0; 32],
        preserved: None,
    };
    let mut checked = Vec::new();
    for (position, (bytes, record)) in partials.iter().zip(expected.records).enumerate() {
        let malformed = |_| ResponseError::Malformed("a partial decryption".to_owned());
        let partial = Partial::parse(&bytes.0).map_err(malformed)?;
        let keys = keys::of_record(expected.ledger, record.label())?;
        let own = partial.index() == officer
            && partial.role() == heliograph_vault::keyset::Role::Officers
            && partial.context() == PartialContext::Request(context.request);
        if !own {
            return Err(ResponseError::Partial {
                record: position,
                error: PartialError::Context(partial.index()),
            });
        }
        partial
            .verify(record, &keys, &context)
            .map_err(|error| ResponseError::Partial {
                record: position,
                error,
            })?;
        checked.push(partial);
    }
    let approval = SignedApproval {
        officer,
        signature,
        not_after_s: response.not_after,
    };
    Ok(Checked::Approval(Box::new(CheckedApproval::new(
        subject, approval, checked,
    ))))
}
