//! Hiding something until a person has looked.

use super::{
    DecideError, Decided, MACHINE_S, Progress, Verdict, kind_of, machines_measure, put, waiting_on,
};
use crate::cases::Origin;
use crate::publication;
use crate::subject::{Subject, known};
use heliograph_store::{Command, Locks, Tx};

/// Hides something for 72 hours: what a machine may do, and what a report about a child or a life
/// does at once.
#[derive(Clone, Debug)]
pub struct Hide {
    /// What.
    pub subject: Subject,
    /// How: the log allows a machine to demote, hold or delist.
    pub verdict: Verdict,
    /// Whether a machine found it.
    pub found_by_machine: bool,
    /// The case in which a person will look at it.
    pub case: Option<u64>,
    /// 32 random bytes that hide the subject in the log.
    pub salt: [u8; 32],
}

impl Command for Hide {
    /// Its number in this installation's own count; `None` where it is hidden already, gone, not
    /// public, or the staff's.
    type Output = Option<u64>;
    type Error = DecideError;
    const NAME: &'static str = "hide";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<u64>, DecideError> {
        let now = tx.now();
        let found = known(tx.rows(), &self.subject).await?;
        let Some(found) = found.filter(|found| found.public && !found.staff) else {
            return Ok(None);
        };
        if machines_measure(tx.rows(), &self.subject, now)
            .await?
            .is_some()
        {
            return Ok(None);
        }
        if waiting_on(tx.rows(), &self.subject).await? {
            return Ok(None);
        }
        let verdict = Verdict {
            until: Some(now.plus_seconds(MACHINE_S)),
            ..self.verdict
        };
        let terms = publication::in_force(tx.rows(), now).await?;
        verdict.check(terms, now)?;
        let decided = Decided {
            id: tx.next_number("decision").await?,
            case: self.case,
            kind: kind_of(&self.subject, Some(&found)),
            subject: self.subject,
            verdict,
            settles: None,
            origin: Origin::Machine,
            received: now,
            found_by_machine: self.found_by_machine,
            by: Vec::new(),
            at: now,
            owner: found.owner,
            country: found.country,
            terms: terms.version,
            salt: self.salt,
            state: Progress::Waiting,
            settled: None,
            appeals: 0,
            told: None,
        };
        put(tx, &decided)?;
        Ok(Some(decided.id))
    }
}
