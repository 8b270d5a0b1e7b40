//! A moderator's verdict about a case.

use super::{
    DecideError, Decided, LARGE_MEMBERS, Progress, Verdict, by_number, kind_of, machines_measure,
    put, waiting_on,
};
use crate::cases::{self, Case, Ended, Origin, Proposal};
use crate::publication;
use crate::second_look;
use crate::subject::{Known, Subject, known};
use crate::terms::Terms;
use heliograph_model::UnixMs;
use heliograph_store::{Command, Locks, Tx};
use heliograph_transparency::entry::Act;

/// What came of a moderator's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is decided, and will be carried out when the log holds it.
    Decided(u64),
    /// It waits for a second moderator.
    Proposed,
    /// A second look came to the same: the first decision stands, and nothing new is entered.
    Agreed,
}

/// Decides a case. Something grave, or about a large or verified channel, is a proposal first; a
/// second moderator who decides the same makes it a decision.
#[derive(Clone, Debug)]
pub struct Decide {
    /// The moderator's number.
    pub moderator: u16,
    /// The case.
    pub case: u64,
    /// What is to be done.
    pub verdict: Verdict,
    /// 32 random bytes that hide the subject in the log.
    pub salt: [u8; 32],
}

impl Command for Decide {
    type Output = Outcome;
    type Error = DecideError;
    const NAME: &'static str = "decide";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(mut self, tx: &mut Tx<'_>) -> Result<Outcome, DecideError> {
        let now = tx.now();
        let terms = publication::in_force(tx.rows(), now).await?;
        self.verdict.check(terms, now)?;
        let case = cases::find(tx.rows(), self.case).await?;
        let mut case = case.ok_or(DecideError::Unknown)?;
        if !case.is_open_to(self.moderator, now) {
            return Err(DecideError::NotYours);
        }
        if case.refusal.is_some() {
            // It is let through or not; nothing is put on anybody.
            return Err(DecideError::WrongKind);
        }
        let found = known(tx.rows(), &case.subject).await?;
        self.check_rails(&case, found.as_ref())?;
        if let Some(first) = second_look::first(tx.rows(), &case).await?
            && first.verdict.act == self.verdict.act
        {
            second_look::agree(tx, case, &first)?;
            return Ok(Outcome::Agreed);
        }
        let settles = self.settled_by(tx, &case, now).await?;
        if let Some(number) = settles
            && let Some(earlier) = by_number(tx.rows(), number).await?
        {
            // The log compares commitments: what is about the same has the same.
            self.salt = earlier.salt;
        }

        let agreed = case.proposal.take().filter(|proposal| {
            proposal.by != self.moderator && proposal.verdict.act == self.verdict.act
        });
        let mut by = vec![self.moderator];
        match agreed {
            Some(proposal) => by.push(proposal.by),
            None if needs_two(&self.verdict, found.as_ref())
                || self.needs_two_for_any(tx, &case).await? =>
            {
                case.proposal = Some(Proposal {
                    by: self.moderator,
                    verdict: self.verdict,
                });
                case.taken = None;
                cases::put(tx, &mut case)?;
                return Ok(Outcome::Proposed);
            }
            None => {}
        }
        by.sort_unstable();
        for subject in case.alike.clone() {
            self.decide_alike(tx, &case, subject, &by, terms).await?;
        }
        let decided = Decided {
            id: tx.next_number("decision").await?,
            case: Some(case.number),
            subject: case.subject.clone(),
            verdict: self.verdict,
            settles,
            origin: case.origin,
            received: case.received,
            found_by_machine: case.origin == Origin::Machine,
            by,
            at: now,
            owner: found.as_ref().and_then(|found| found.owner),
            country: found.as_ref().and_then(|found| found.country.clone()),
            kind: kind_of(&case.subject, found.as_ref()),
            terms: terms.version,
            salt: self.salt,
            state: Progress::Waiting,
            settled: None,
            appeals: 0,
            told: None,
        };
        put(tx, &decided)?;
        case.taken = None;
        case.ended = Some(Ended {
            at: now,
            decided: decided.id,
        });
        cases::put(tx, &mut case)?;
        Ok(Outcome::Decided(decided.id))
    }
}

impl Decide {
    /// What nobody may do, whoever they are.
    fn check_rails(&self, case: &Case, found: Option<&Known>) -> Result<(), DecideError> {
        let act = self.verdict.act;
        let Some(found) = found else {
            let harmless = matches!(act, Act::Nothing | Act::Undo | Act::Uphold);
            return if harmless {
                Ok(())
            } else {
                Err(DecideError::Gone)
            };
        };
        if found.staff && act.is_measure() {
            return Err(DecideError::Staff);
        }
        if let Some(limit) = &case.not_wider
            && act.is_measure()
            && !self.verdict.is_within(limit)
        {
            return Err(DecideError::WiderThanTheOrder);
        }
        let account = matches!(case.subject, Subject::User(_));
        if matches!(act, Act::Limit | Act::Freeze) && !account {
            return Err(DecideError::WrongKind);
        }
        let term = matches!(case.subject, Subject::Term(_));
        if term && act.is_measure() && act != Act::Delist {
            return Err(DecideError::WrongKind);
        }
        let appeal = case.origin == Origin::Appeal;
        match act {
            Act::Uphold if !appeal => Err(DecideError::NoAppeal),
            // All is well with what is contested: then the decision is taken back.
            Act::Nothing if appeal => Err(DecideError::NotInForce),
            _ => Ok(()),
        }
    }

    /// Whether two people must decide it because of something that is decided with it.
    async fn needs_two_for_any(&self, tx: &mut Tx<'_>, case: &Case) -> Result<bool, DecideError> {
        for subject in &case.alike {
            let found = known(tx.rows(), subject).await?;
            if needs_two(&self.verdict, found.as_ref()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Decides the same about something that is nearly the same and that a machine still hides. What
    /// was decided otherwise since, or came back after its 72 hours, is passed over: the gate acts on
    /// a text once, and people see it by itself if somebody reports it.
    async fn decide_alike(
        &self,
        tx: &mut Tx<'_>,
        case: &Case,
        subject: Subject,
        by: &[u16],
        terms: &Terms,
    ) -> Result<(), DecideError> {
        let now = tx.now();
        let found = known(tx.rows(), &subject).await?;
        let settles = machines_measure(tx.rows(), &subject, now).await?;
        let mut about = case.clone();
        about.subject = subject;
        if found.is_none()
            || self.check_rails(&about, found.as_ref()).is_err()
            || waiting_on(tx.rows(), &about.subject).await?
        {
            return Ok(());
        }
        let Some(number) = settles else {
            return Ok(());
        };
        let Some(earlier) = by_number(tx.rows(), number).await? else {
            return Ok(());
        };
        let mut verdict = self.verdict.clone();
        if verdict.act == Act::Nothing {
            verdict.act = Act::Undo;
        }
        let decided = Decided {
            id: tx.next_number("decision").await?,
            // The case is ended by the decision about its own subject.
            case: None,
            kind: kind_of(&about.subject, found.as_ref()),
            subject: about.subject,
            verdict,
            settles,
            origin: case.origin,
            received: case.received,
            found_by_machine: true,
            by: by.to_vec(),
            at: now,
            owner: found.as_ref().and_then(|found| found.owner),
            country: found.and_then(|found| found.country),
            terms: terms.version,
            // The log compares commitments: what is about the same has the same.
            salt: earlier.salt,
            state: Progress::Waiting,
            settled: None,
            appeals: 0,
            told: None,
        };
        put(tx, &decided)?;
        Ok(())
    }

    /// Which decision this one settles: the contested one, or what a machine did. Where all is well
    /// with something that a machine hid, that is taken back.
    async fn settled_by(
        &mut self,
        tx: &mut Tx<'_>,
        case: &Case,
        now: UnixMs,
    ) -> Result<Option<u64>, DecideError> {
        if let Some(first) = second_look::first(tx.rows(), case).await? {
            return Ok(self.settle_first(&first, now));
        }
        if let Some(number) = case.contests {
            return Ok(Some(number));
        }
        let of_machine = machines_measure(tx.rows(), &case.subject, now).await?;
        match (self.verdict.act, of_machine) {
            (Act::Nothing, Some(number)) => {
                self.verdict.act = Act::Undo;
                Ok(Some(number))
            }
            (Act::Undo, None) => Err(DecideError::NotInForce),
            (_, number) => Ok(number),
        }
    }
}

impl Decide {
    /// What a second look that comes to something else does to the first decision: it takes its
    /// place, or takes it back where nothing should have been done.
    fn settle_first(&mut self, first: &Decided, now: UnixMs) -> Option<u64> {
        if !first.is_in_force(now) {
            return None;
        }
        if self.verdict.act == Act::Nothing {
            self.verdict.act = Act::Undo;
        }
        first.number()
    }
}

/// Whether two people must decide it.
fn needs_two(verdict: &Verdict, found: Option<&Known>) -> bool {
    let eminent = found.is_some_and(|found| found.verified || found.members >= LARGE_MEMBERS);
    verdict.act.is_grave() || (eminent && verdict.act.is_measure())
}
