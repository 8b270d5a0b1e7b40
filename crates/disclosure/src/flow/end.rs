//! The end of a case without an opening: refused, out of desk, withdrawn, nothing held.

use super::examine::judged;
use super::{FlowError, Office, act};
use crate::case::{CaseFile, End, State, note, timer};
use crate::entries::{self, InLog};
use crate::validity::Decision;
use heliograph_desk_store::{CaseId, StaffId, Step};
use heliograph_transparency::entry::Outcome;

impl Office {
    /// Ends a case for a reason that the desk gives. What counsel or the officers said goes into
    /// the file; the authority is told the reason alone.
    ///
    /// While questions are open this needs an officer's no, an open-and-shut fact, or a reason
    /// that no question stands for (withdrawn, out of desk). It cannot be DATA_NOT_HELD, which
    /// only the search for records says.
    pub fn refuse(
        &self,
        staff: StaffId,
        case: CaseId,
        outcome: Outcome,
        reasoning: &str,
        now_s: u64,
    ) -> Result<(), FlowError> {
        let file = self.load(case)?;
        let before_opening = [State::InReview, State::AwaitingApprovals, State::Preserved];
        if !before_opening.contains(&file.state) {
            return Err(FlowError::State(file.state, State::InReview));
        }
        let allowed = outcome.is_refusal() || outcome == Outcome::Withdrawn;
        if !allowed || outcome == Outcome::DataNotHeld {
            return Err(FlowError::NotARefusal(outcome));
        }
        self.no_act_waits(case)?;
        let log = self.log();
        self.desk
            .act(&act(Some(staff), "refuse", case), now_s, |step| {
                if file.state == State::InReview {
                    let decision = judged(step, &file, log.ledger(), now_s)?.decision;
                    let agrees = match decision {
                        Decision::Refuse(reason) => reason == outcome,
                        // What counsel found: answered outside the desk, contested, or in conflict
                        // with another law.
                        Decision::OutOfDesk(reason) => {
                            reason == outcome || outcome.is_out_of_desk()
                        }
                        Decision::Admissible | Decision::Unanswered(_) => {
                            outcome == Outcome::InsufficientInfo
                        }
                    };
                    if !agrees && outcome != Outcome::Withdrawn {
                        return Err(FlowError::NotARefusal(outcome));
                    }
                }
                self.decide_end(step, &file, outcome, reasoning, now_s)
            })
    }

    /// Notes how a case ends, in the transaction of a step; the log is told next.
    pub(super) fn decide_end(
        &self,
        step: &Step<'_>,
        file: &CaseFile,
        outcome: Outcome,
        reasoning: &str,
        now_s: u64,
    ) -> Result<(), FlowError> {
        let end = End {
            outcome: outcome.word().to_owned(),
            note: reasoning.to_owned(),
            at_s: now_s,
            package_bytes: 0,
        };
        let sealed = self.sealed(&file.keys.texts(), file.note(note::END), &end);
        step.put_sealed(&sealed)?;
        step.advance(file.id, file.version(), &State::Ending.token(), now_s)?;
        Ok(())
    }

    /// Enters the end of a case in the log. From then on its package can be fetched.
    pub(super) fn log_end(&self, case: CaseId, now_s: u64) -> Result<(), FlowError> {
        let file = self.load_in(case, State::Ending)?;
        let end = self.desk.view(|view| file.end(view))?;
        let end = end.ok_or(crate::case::LoadError::Corrupt("end"))?;
        let outcome = end.outcome()?;
        let request = file
            .logged("request")
            .ok_or(FlowError::NotSetUp("request"))?;
        self.log_entry(
            Some(&file),
            "closed",
            now_s,
            |ledger, day| {
                let logged = ledger.cases().at(request);
                let logged = logged.ok_or(FlowError::NotSetUp("request"))?;
                let place = InLog {
                    origin: ledger.origin(),
                    number: logged.number,
                    request,
                };
                let open = logged.openings.last().map(|opening| opening.mark.index);
                Ok(entries::closed(place, &file.keys, open, outcome, day))
            },
            |step, _| {
                step.advance(case, file.version(), &State::Ended.token(), now_s)?;
                for kind in [timer::ANSWER, timer::CORRECTION, timer::OPENING] {
                    step.finish_timer(case, &timer::token(kind), now_s)?;
                }
                step.erase_responses(case)?;
                step.erase_sealed(&file.note(note::PREPARED))?;
                step.erase_sealed(&file.note(note::PASSPHRASE))?;
                self.queue_notice(step, &file, outcome, now_s)
            },
        )?;
        self.desk.forget_erased()?;
        Ok(())
    }
}
