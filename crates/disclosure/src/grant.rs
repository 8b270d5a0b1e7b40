//! The right to open records: what K officers' approvals make, and nothing else does.

use heliograph_transparency::approval::{SignedApproval, approvals_root};
use heliograph_transparency::ledger::cases::Opening;
use heliograph_transparency::tree::Hash;
use heliograph_vault::partial::Partial;

/// What approvals must agree on to be counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Index of the request.
    pub request: u64,
    /// Index of the `keys` entry of the officers.
    pub officers: u64,
    /// How many of them must approve. It comes from the log.
    pub threshold: u8,
    /// The root over the records' hashes.
    pub records_root: Hash,
    /// How many records.
    pub n: u32,
    /// Fingerprint of what the package is sealed to.
    pub fingerprint: [u8; 32],
    /// Index of the `preserve` entry that kept the records, if one did.
    pub preserved: Option<u64>,
}

/// An approval whose signature and partial decryptions were checked; made by
/// `response::check` alone.
pub struct CheckedApproval {
    subject: Subject,
    approval: SignedApproval,
    partials: Vec<Partial>,
}

impl CheckedApproval {
    pub(crate) fn new(subject: Subject, approval: SignedApproval, partials: Vec<Partial>) -> Self {
        Self {
            subject,
            approval,
            partials,
        }
    }

    /// The officer who approves.
    pub fn officer(&self) -> u16 {
        self.approval.officer
    }

    /// The last second in which it counts.
    pub fn not_after_s(&self) -> u64 {
        self.approval.not_after_s
    }
}

/// K distinct officers approve of opening these records in this case.
///
/// There is no way to have one but [`Grant::new`] and [`Grant::resume`].
pub struct Grant {
    subject: Subject,
    /// Exactly K, ascending by officer.
    approvals: Vec<CheckedApproval>,
}

/// Why approvals are not a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Fewer than K.
    #[error("{have} officers approve, {need} are needed")]
    TooFew {
        /// How many do.
        have: usize,
        /// How many are needed.
        need: u8,
    },
    /// One officer twice.
    #[error("officer {0} approves twice")]
    Repeated(u16),
    /// An approval of something else stands among them.
    #[error("the approval of officer {0} is of something else")]
    OtherSubject(u16),
    /// The opening that the log names is another one.
    #[error("the log names another opening")]
    OtherOpening,
}

impl Grant {
    /// Puts approvals together that are not late at `now_s`; of more than K, those of the lowest
    /// indices count.
    pub fn new(approvals: Vec<CheckedApproval>, now_s: u64) -> Result<Self, GrantError> {
        let in_time = approvals
            .into_iter()
            .filter(|approval| now_s <= approval.not_after_s());
        Self::gather(in_time.collect())
    }

    /// Takes a grant up again whose opening is in the log: the approvals must be the logged ones.
    /// They were in time then, whatever the time is now.
    ///
    /// Among them may be some that had run out by then and were left out: a case is granted as
    /// soon as K are in time, so these K run out later than all others.
    pub fn resume(
        mut approvals: Vec<CheckedApproval>,
        opening: &Opening,
    ) -> Result<Self, GrantError> {
        approvals.sort_by_key(|approval| std::cmp::Reverse(approval.not_after_s()));
        let need = approvals
            .first()
            .map_or(0, |approval| approval.subject.threshold);
        approvals.truncate(usize::from(need));
        let grant = Self::gather(approvals)?;
        let subject = &grant.subject;
        let same = (
            subject.officers,
            subject.records_root,
            subject.n,
            subject.preserved,
        ) == (
            opening.officers,
            opening.records,
            opening.n,
            opening.preserved,
        );
        if same && grant.approvals_root() == opening.approvals {
            Ok(grant)
        } else {
            Err(GrantError::OtherOpening)
        }
    }

    fn gather(mut approvals: Vec<CheckedApproval>) -> Result<Self, GrantError> {
        approvals.sort_by_key(CheckedApproval::officer);
        let Some(first) = approvals.first() else {
            return Err(GrantError::TooFew { have: 0, need: 1 });
        };
        let subject = first.subject;
        for approval in &approvals {
            if approval.subject != subject {
                return Err(GrantError::OtherSubject(approval.officer()));
            }
        }
        for pair in approvals.windows(2) {
            if pair[0].officer() == pair[1].officer() {
                return Err(GrantError::Repeated(pair[0].officer()));
            }
        }
        let need = subject.threshold;
        if need == 0 || approvals.len() < usize::from(need) {
            let have = approvals.len();
            return Err(GrantError::TooFew { have, need });
        }
        approvals.truncate(usize::from(need));
        Ok(Self { subject, approvals })
    }

    /// Index of the request.
    pub fn request(&self) -> u64 {
        self.subject.request
    }

    /// Index of the `keys` entry of the officers.
    pub fn officers(&self) -> u64 {
        self.subject.officers
    }

    /// The root over the records' hashes.
    pub fn records_root(&self) -> Hash {
        self.subject.records_root
    }

    /// How many records.
    pub fn n(&self) -> u32 {
        self.subject.n
    }

    /// Fingerprint of what the package is sealed to.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.subject.fingerprint
    }

    /// Index of the `preserve` entry that kept the records, if one did.
    pub fn preserved(&self) -> Option<u64> {
        self.subject.preserved
    }

    /// The approvals, ascending by officer.
    pub fn approvals(&self) -> Vec<SignedApproval> {
        self.approvals
            .iter()
            .map(|checked| checked.approval)
            .collect()
    }

    /// The root that the `open` entry carries.
    pub fn approvals_root(&self) -> Hash {
        approvals_root(&self.approvals())
    }

    /// Takes the partial decryptions out: of each officer, one for every record.
    pub(crate) fn into_partials(self) -> Vec<Vec<Partial>> {
        self.approvals
            .into_iter()
            .map(|checked| checked.partials)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject {
            request: 131,
            officers: 2,
            threshold: 2,
            records_root: Hash([1; 32]),
            n: 0,
            fingerprint: [2; 32],
            preserved: None,
        }
    }

    fn approval(officer: u16, subject: Subject) -> CheckedApproval {
        let approval = SignedApproval {
            officer,
            signature: [officer as u8; 64],
            not_after_s: 1_000 + u64::from(officer),
        };
        CheckedApproval::new(subject, approval, Vec::new())
    }

    fn error(officers: &[u16], now_s: u64) -> Option<GrantError> {
        let approvals = officers.iter().map(|officer| approval(*officer, subject()));
        Grant::new(approvals.collect(), now_s).err()
    }

    #[test]
    fn fewer_than_k_distinct_officers_in_time_grant_nothing() {
        assert_eq!(error(&[], 0), Some(GrantError::TooFew { have: 0, need: 1 }));
        assert_eq!(
            error(&[1], 0),
            Some(GrantError::TooFew { have: 1, need: 2 })
        );
        assert_eq!(error(&[3, 3], 0), Some(GrantError::Repeated(3)));
        assert_eq!(error(&[1, 2], 1_001), None);
        // The first one has run out.
        assert_eq!(
            error(&[1, 2], 1_002),
            Some(GrantError::TooFew { have: 1, need: 2 })
        );
        assert_eq!(error(&[1, 2, 3], 1_002), None);
    }

    #[test]
    fn approvals_of_different_things_are_not_counted_together() {
        let changes: [fn(&mut Subject); 6] = [
            |subject| subject.request += 1,
            |subject| subject.officers += 1,
            |subject| subject.records_root.0[0] ^= 1,
            |subject| subject.n += 1,
            |subject| subject.fingerprint[0] ^= 1,
            |subject| subject.preserved = Some(7),
        ];
        for change in changes {
            let mut other = subject();
            change(&mut other);
            let approvals = vec![approval(1, subject()), approval(2, other)];
            assert_eq!(
                Grant::new(approvals, 0).err(),
                Some(GrantError::OtherSubject(2))
            );
        }
    }

    #[test]
    fn of_more_than_k_always_the_same_count() {
        let grant = |officers: &[u16]| {
            let approvals = officers.iter().map(|officer| approval(*officer, subject()));
            match Grant::new(approvals.collect(), 0) {
                Ok(grant) => grant,
                Err(error) => panic!("{error}"),
            }
        };
        let root = grant(&[1, 2, 3]).approvals_root();
        assert_eq!(grant(&[3, 2, 1]).approvals_root(), root);
        assert_eq!(grant(&[2, 1]).approvals_root(), root);
        assert_eq!(grant(&[1, 2, 3]).approvals().len(), 2);
    }
}
