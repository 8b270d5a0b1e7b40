//! Taking back what an earlier decision did.

use super::{DecideError, Decided, Progress, Verdict, by_number, put, waiting};
use crate::cases::Origin;
use crate::terms;
use heliograph_model::Territory;
use heliograph_store::{Command, Locks, Rows, StoreError, Tx};
use heliograph_transparency::entry::Act;

/// Takes back what an earlier decision did, without a case.
#[derive(Clone, Debug)]
pub struct Undo {
    /// The moderator's number.
    pub moderator: u16,
    /// The log's number of the decision.
    pub number: u64,
    /// Why, as the owner reads it.
    pub facts: String,
}

impl Command for Undo {
    /// The number of the new decision in this installation's own count.
    type Output = u64;
    type Error = DecideError;
    const NAME: &'static str = "undo_decision";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64, DecideError> {
        let now = tx.now();
        let earlier = by_number(tx.rows(), self.number).await?;
        let earlier = earlier.ok_or(DecideError::Unknown)?;
        if !earlier.verdict.act.is_measure() || earlier.settled.is_some() {
            return Err(DecideError::NotInForce);
        }
        if waiting_about(tx.rows(), self.number).await? {
            return Err(DecideError::NotInForce);
        }
        let verdict = Verdict {
            act: Act::Undo,
            territory: Territory::World,
            until: None,
            clause: earlier.verdict.clause.clone(),
            category: earlier.verdict.category,
            facts: self.facts,
        };
        // Taken back is by the rule that was broken, even where later terms have it no more.
        let terms = terms::version(earlier.terms).ok_or(DecideError::Unknown)?;
        verdict.check(terms, now)?;
        let decided = Decided {
            id: tx.next_number("decision").await?,
            case: None,
            verdict,
            settles: Some(self.number),
            origin: Origin::Own,
            received: now,
            found_by_machine: false,
            by: vec![self.moderator],
            at: now,
            // The commitment is that of the earlier decision: it is about the same subject.
            state: Progress::Waiting,
            settled: None,
            appeals: 0,
            told: None,
            ..earlier
        };
        put(tx, &decided)?;
        Ok(decided.id)
    }
}

/// Whether a decision about this one waits for the log already.
async fn waiting_about(rows: &mut dyn Rows, number: u64) -> Result<bool, StoreError> {
    let waiting = waiting(rows, usize::MAX).await?;
    Ok(waiting
        .iter()
        .any(|decided| decided.settles == Some(number)))
}
