//! The desk as authorities meet it at the portal.

use super::Desk;
use heliograph_console::Counter;
use heliograph_console::counter::{CounterError, HandedIn, Missing, Stage, Standing, Taken};
use heliograph_disclosure::access_key::AccessKey;
use heliograph_disclosure::case::State;
use heliograph_disclosure::documents::Upload;
use heliograph_disclosure::flow::{self, Claims, CorrectError, FlowError, ReceiveError, Received};
use std::sync::Arc;

/// The counter of a running desk.
pub struct DeskCounter(Arc<Desk>);

impl DeskCounter {
    /// The counter of this desk.
    pub fn new(desk: Arc<Desk>) -> Self {
        Self(desk)
    }
}

impl Counter for DeskCounter {
    fn hand_in(&self, request: HandedIn, now_s: u64) -> Result<Taken, CounterError> {
        let sender = request.sender;
        let sender = flow::Sender {
            key: AccessKey::parse(&sender.access_key),
            signatures: sender.signatures,
            claims: Claims {
                authority: sender.authority,
                name: sender.name,
                country: sender.country,
                class: sender.class,
                contact: sender.contact,
            },
        };
        let (form, documents) = (&request.form, &request.documents);
        let office = &self.0.office;
        let received = office.receive(&sender, form, documents, request.follows, now_s);
        Ok(match received.map_err(not_received)? {
            Received::Case(_, receipt) => {
                // An emergency is entered in the log at once.
                self.0.wake();
                Taken::Case {
                    secret: receipt.secret.to_string(),
                }
            }
            Received::Quarantined(id) => Taken::Quarantined {
                reference: id.to_string(),
            },
        })
    }

    fn standing(&self, secret: &str, now_s: u64) -> Result<Option<Standing>, CounterError> {
        let standing = self.0.office.standing(secret, now_s).map_err(failed)?;
        Ok(standing.map(shown))
    }

    fn correct(
        &self,
        secret: &str,
        documents: Vec<Upload>,
        now_s: u64,
    ) -> Result<Option<()>, CounterError> {
        let corrected = self.0.office.correct(secret, &documents, now_s);
        corrected.map_err(|error| match error {
            CorrectError::NothingMissing => CounterError::NothingMissing,
            CorrectError::Document(error) => error.into(),
            CorrectError::Flow(error) => failed(error),
        })
    }

    fn take_package(&self, secret: &str, now_s: u64) -> Result<Option<Vec<u8>>, CounterError> {
        let office = &self.0.office;
        let standing = office.standing(secret, now_s).map_err(failed)?;
        let Some(package) = standing.and_then(|standing| standing.package) else {
            return Ok(None);
        };
        office.fetch(secret, package.number, now_s).map_err(failed)
    }
}

/// What the receipt page shows of a case.
fn shown(standing: flow::Standing) -> Standing {
    Standing {
        stage: stage(standing.state, standing.opened),
        priority: standing.priority,
        received_s: standing.received_s,
        rung: standing.rung,
        answer_due_s: standing.answer_due_s,
        request: standing.request,
        missing: standing
            .missing
            .map(|(what, due_s)| Missing { what, due_s }),
        outcome: standing.outcome,
        statement: standing.statement,
        package: standing.package.map(super::casework::package),
        receipt: standing.receipt,
    }
}

/// The stage that a state is for the authority. An approval can run out, so that officers are
/// asked once more: the authority sees no difference.
fn stage(state: State, opened: bool) -> Stage {
    match state {
        State::Received => Stage::Received,
        State::InReview => Stage::Examined,
        State::AwaitingApprovals | State::Approved => Stage::Approving,
        State::Preserved => Stage::Preserved,
        State::Opened => Stage::Opening,
        State::Ending if opened => Stage::Opening,
        State::Ending | State::Ended | State::Finished => Stage::Ended,
    }
}

fn not_received(error: ReceiveError) -> CounterError {
    match error {
        ReceiveError::Form(error) => error.into(),
        ReceiveError::Document(error) => error.into(),
        ReceiveError::Flow(FlowError::QuarantineFull) => CounterError::Full,
        ReceiveError::Flow(FlowError::NotSetUp(_)) => CounterError::NotOpen,
        ReceiveError::Flow(error) => failed(error),
    }
}

fn failed(error: FlowError) -> CounterError {
    match error {
        // Someone at the desk was faster; the page is loaded anew.
        FlowError::Store(heliograph_desk_store::DeskError::Stale) => CounterError::NothingMissing,
        error => CounterError::Failed(Box::new(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_only_ever_move_on() {
        use State::{
            Approved, AwaitingApprovals, Ended, Ending, Finished, InReview, Opened, Preserved,
            Received,
        };
        let asked_again = [AwaitingApprovals, Approved, AwaitingApprovals, Approved];
        let delivered = [
            &[Received, InReview],
            &asked_again[..],
            &[Opened, Ending, Ended],
        ];
        let refused = [Received, InReview, Ending, Ended, Finished];
        let preserved = [InReview, AwaitingApprovals, Preserved, Ending, Finished];
        for (way, opened) in [
            (delivered.concat(), true),
            (refused.to_vec(), false),
            (preserved.to_vec(), false),
        ] {
            let stages: Vec<Stage> = way.iter().map(|state| stage(*state, opened)).collect();
            assert!(stages.is_sorted(), "{stages:?}");
        }
    }
}
