//! The second look: some decisions of people are looked at again by somebody else.
//!
//! Nobody chooses which. It follows from what the public log holds of the decision, so that everybody
//! can say of each whether it was to be looked at twice. Whoever looks is not told what was decided
//! first; where both say the same, it stands, and otherwise the second takes the place of the first.

use crate::cases::{self, Case, Ended, Origin};
use crate::decisions::{self, Decided};
use crate::{reasons, statement};
use heliograph_store::{Rows, StoreError, Tx};
use sha2::{Digest, Sha256};

/// Of a hundred decisions so many are looked at twice, about.
pub const PERCENT: u64 = 5;

/// Whether the decision with this number in the log is to be looked at twice: by the hash over what
/// its entry holds of statement and subject. The operator, who makes the salts, could try others
/// until a decision falls out of the sample; nobody else can.
pub fn is_sampled(decided: &Decided, number: u64) -> bool {
    let by_people = !decided.is_by_machine();
    let first = !matches!(decided.origin, Origin::Appeal | Origin::SecondLook);
    if !by_people || !first || decided.settles.is_some() {
        return false;
    }
    let mut digest = Sha256::new();
    digest.update(b"hg/second-look/v1\n");
    digest.update(statement::hash(decided, number).0);
    digest.update(decided.subject.commitment(&decided.salt).0);
    let digest: [u8; 32] = digest.finalize().into();
    let (first, _) = digest.split_at(8);
    let drawn = u64::from_be_bytes(first.try_into().expect("eight bytes"));
    drawn % 100 < PERCENT
}

/// Opens the case of a second look, once for each decision.
pub(crate) async fn begin(
    tx: &mut Tx<'_>,
    decided: &Decided,
    number: u64,
) -> Result<(), StoreError> {
    let reason = reasons::of_clause(&decided.verdict.clause);
    let subject = decided.subject.clone();
    if cases::open_second_look(tx.rows(), &subject)
        .await?
        .is_some()
    {
        // One is under way about the same: two would tell no more.
        return Ok(());
    }
    let mut case = cases::begin(tx, subject, Origin::SecondLook, reason).await?;
    case.not_by.clone_from(&decided.by);
    case.contests = Some(number);
    if let Some(first) = decided.case
        && let Some(first) = cases::find(tx.rows(), first).await?
    {
        case.excerpts = first.excerpts;
        case.statement = first.statement;
        case.not_wider = first.not_wider;
    }
    cases::put(tx, &mut case)
}

/// The decision that a case looks at for the second time.
pub(crate) async fn first(rows: &mut dyn Rows, case: &Case) -> Result<Option<Decided>, StoreError> {
    match case.contests {
        Some(number) if case.origin == Origin::SecondLook => {
            decisions::by_number(rows, number).await
        }
        _ => Ok(None),
    }
}

/// Ends a second look that came to the same.
pub(crate) fn agree(tx: &mut Tx<'_>, mut case: Case, first: &Decided) -> Result<(), StoreError> {
    case.taken = None;
    case.proposal = None;
    case.ended = Some(Ended {
        at: tx.now(),
        decided: first.id,
    });
    cases::put(tx, &mut case)
}
