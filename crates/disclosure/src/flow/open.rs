//! From enough approvals to a sealed package: log the opening, wait for witnesses, ask custodians,
//! open, seal, erase.

use super::{FlowError, Office, act};
use crate::case::{CaseFile, End, LoadError, State, note, timer};
use crate::custodians::{self, CustodianId, Part};
use crate::entries;
use crate::grant::Grant;
use crate::opening::{self, Contributions, Disclosed, OpeningError};
use crate::order::{Asked, Order};
use crate::package::{Cover, Package, Passphrase, Recipient, hex};
use crate::timers;
use heliograph_desk_store::{CaseId, StaffId};
use heliograph_transparency::entry::{DAY_S, Minute, Outcome};
use heliograph_transparency::files::{Answer, Ask, AskFormat, Base64};
use heliograph_transparency::ledger::Ledger;
use heliograph_vault::partial::Partial;
use heliograph_vault::record::VerifiedRecord;
use sha2::{Digest, Sha256};

/// An opening whose custodians do not answer is given up after this time, in seconds.
const GIVE_UP_S: u64 = 3 * DAY_S;

/// Where a case stands after the machine has done what it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It waits for its slot in the log.
    AwaitingSlot,
    /// People have to do something first.
    AwaitingPeople(State),
    /// The opening is in the log and waits for the witnesses' cosignatures.
    AwaitingWitness,
    /// It has ended; reveal or notice are outstanding.
    Ended,
    /// Nothing is left to do.
    Finished,
}

impl Office {
    /// Does everything about a case that needs no person, as far as it goes now. Safe to call at
    /// any time and any number of times; after a kill it takes up where the case stands.
    pub fn advance(&self, case: CaseId, now_s: u64) -> Result<Progress, FlowError> {
        loop {
            let file = self.load(case)?;
            match file.state {
                State::Received => {
                    if !self.enter(case, now_s)? {
                        return Ok(Progress::AwaitingSlot);
                    }
                }
                State::InReview | State::AwaitingApprovals | State::Preserved => {
                    return Ok(Progress::AwaitingPeople(file.state));
                }
                State::Approved => match self.log_open(&file, now_s) {
                    Err(FlowError::Grant(_)) => self.ask_again(&file, now_s)?,
                    logged => logged?,
                },
                State::Opened => {
                    if !self.open(&file, now_s)? {
                        return Ok(Progress::AwaitingWitness);
                    }
                }
                State::Ending => self.log_end(case, now_s)?,
                State::Ended => {
                    if !self.conclude(&file, now_s)? {
                        return Ok(Progress::Ended);
                    }
                }
                State::Finished => return Ok(Progress::Finished),
            }
        }
    }

    /// Opens an approved case, for an officer who was shown what it discloses. What is left to do
    /// after a failure, the clockwork does.
    pub fn open_approved(
        &self,
        staff: StaffId,
        case: CaseId,
        now_s: u64,
    ) -> Result<Progress, FlowError> {
        self.desk
            .act(&act(Some(staff), "confirm-opening", case), now_s, |step| {
                let row = step.case(case)?;
                let state = State::from_word(row.state.as_str());
                let state = state.ok_or(LoadError::Corrupt("state"))?;
                match state {
                    State::Approved => Ok(()),
                    other => Err(FlowError::State(other, State::Approved)),
                }
            })?;
        self.advance(case, now_s)
    }

    fn log_open(&self, file: &CaseFile, now_s: u64) -> Result<(), FlowError> {
        let case = file.id;
        self.log_entry(
            Some(file),
            "open",
            now_s,
            |ledger, day| Ok(entries::open(&self.grant(file, ledger, now_s)?, day)),
            |step, _| {
                step.advance(case, file.version(), &State::Opened.token(), now_s)?;
                step.set_timer(case, &timer::token(timer::OPENING), now_s + GIVE_UP_S)
                    .map_err(FlowError::from)
            },
        )?;
        Ok(())
    }

    /// Approvals have run out, or officers were replaced, before the opening was logged.
    fn ask_again(&self, file: &CaseFile, now_s: u64) -> Result<(), FlowError> {
        self.desk
            .act(&act(None, "ask-again", file.id), now_s, |step| {
                let next = State::AwaitingApprovals.token();
                step.advance(file.id, file.version(), &next, now_s)?;
                Ok(())
            })
    }

    /// Opens a case whose opening is in the log; false while it is not witnessed.
    ///
    /// Nothing readable is stored: after a kill the custodians, who repeat their answers, are
    /// asked again.
    fn open(&self, file: &CaseFile, now_s: u64) -> Result<bool, FlowError> {
        let open = file.logged("open").ok_or(FlowError::NotSetUp("opening"))?;
        let (ledger, witnessed) = {
            let log = self.log();
            (log.ledger().clone(), log.is_witnessed(open, now_s)?)
        };
        if !witnessed {
            return Ok(false);
        }
        let Asked::Order(order) = &file.asked else {
            return Err(FlowError::NotAdmissible);
        };
        let (prepared, records) = self.prepared(file)?;
        let grant = self.resumed_grant(file, &ledger, open, &prepared, &records)?;
        let ask = self.ask(&grant, open, &prepared.records);
        let parts = custodians::parts(&ledger, &records).map_err(OpeningError::Keys)?;
        let asks: Vec<(CustodianId, Ask)> =
            parts.into_iter().map(|part| asked(part, &ask)).collect();
        let given = self.contributions(file, open, &asks, &prepared, &records)?;
        let user = prepared.commitment();
        let disclosed = opening::open(grant, &ledger, open, &records, given, user, order.window)?;
        self.seal_package(file, order, open, &prepared, &disclosed, now_s)?;
        Ok(true)
    }

    fn resumed_grant(
        &self,
        file: &CaseFile,
        ledger: &Ledger,
        open: u64,
        prepared: &crate::case::Prepared,
        records: &[VerifiedRecord],
    ) -> Result<Grant, FlowError> {
        let (_, opening) = ledger
            .cases()
            .opening(open)
            .ok_or(FlowError::NotSetUp("opening"))?;
        let mut sets = ledger.officer_sets().iter();
        let officers = sets.find(|set| set.mark.index == opening.officers);
        let officers = officers.ok_or(FlowError::NotSetUp("officers"))?;
        let approvals = self.checked_approvals(file, ledger, officers, prepared, records)?;
        Ok(Grant::resume(approvals, opening)?)
    }

    fn contributions(
        &self,
        file: &CaseFile,
        open: u64,
        asks: &[(CustodianId, Ask)],
        prepared: &crate::case::Prepared,
        records: &[VerifiedRecord],
    ) -> Result<Contributions, FlowError> {
        let user = prepared.user();
        let secrets = self.secrets.record_secrets(file.id, user, open, records)?;
        let answers = self.custodians.ask(asks);
        let partials = asks.iter().zip(answers).filter_map(|((_, ask), answer)| {
            // Why one does not answer is told where it is asked.
            partials_of(ask, &answer.ok()?)
        });
        Ok(Contributions {
            custodians: partials.flatten().collect(),
            secrets,
        })
    }

    fn seal_package(
        &self,
        file: &CaseFile,
        order: &Order,
        open: u64,
        prepared: &crate::case::Prepared,
        disclosed: &Disclosed,
        now_s: u64,
    ) -> Result<(), FlowError> {
        let request = file
            .logged("request")
            .ok_or(FlowError::NotSetUp("request"))?;
        let (proof, trust) = {
            let log = self.log();
            (log.proof(open)?, log.trust(now_s))
        };
        let cover = Cover {
            trust_level: &trust.level,
            trust_meaning: &trust.meaning,
            origin: &self.origin,
            request,
            open,
            authority: &file.authority.name,
            file_reference: &order.head.file_reference,
            subject: &order.target.subject(),
            from: order.window.from,
            to: order.window.to,
            received: Minute::of_unix(file.received_s()),
            made: Minute::of_unix(now_s),
            proven: prepared.proven,
            proof: &proof,
        };
        let recipient = self.recipient(file, prepared)?;
        let sealed = Package::new(&cover, disclosed, &self.signer)?.seal(&recipient)?;
        let hash: [u8; 32] = Sha256::digest(&sealed).into();
        let end = End {
            outcome: Outcome::Delivered.word().to_owned(),
            note: String::new(),
            at_s: now_s,
            package_bytes: sealed.len() as u64,
        };
        let end = self.sealed(&file.keys.texts(), file.note(note::END), &end);
        self.desk
            .act(&act(None, "seal-package", file.id), now_s, |step| {
                step.put_package(file.id, &sealed, hash, now_s + timers::PACKAGE_S)?;
                step.put_sealed(&end)?;
                step.delivery_key_used(file.authority_id(), &prepared.fingerprint, now_s)?;
                step.advance(file.id, file.version(), &State::Ending.token(), now_s)?;
                Ok(())
            })
    }

    fn recipient(
        &self,
        file: &CaseFile,
        prepared: &crate::case::Prepared,
    ) -> Result<Recipient, FlowError> {
        if prepared.recipient != "passphrase" {
            return Ok(Recipient::key(&prepared.recipient)?);
        }
        let text: Option<String> = self.desk.view(|view| {
            crate::case::read(view, &file.note(note::PASSPHRASE), &file.keys.texts())
        })?;
        let text = text.map(zeroize::Zeroizing::new);
        let text = text.ok_or(FlowError::Delivery("the case has no passphrase"))?;
        Ok(Recipient::passphrase(
            &Passphrase::kept(&text),
            file.authority_id(),
        ))
    }

    /// Gives up an opening that does not come to an end: the log says `failed`, and since the
    /// records may have been opened, that stays a disclosure to ask about.
    pub fn give_up(
        &self,
        staff: Option<StaffId>,
        case: CaseId,
        reasoning: &str,
        now_s: u64,
    ) -> Result<(), FlowError> {
        let file = self.load_in(case, State::Opened)?;
        self.desk.act(&act(staff, "give-up", case), now_s, |step| {
            self.decide_end(step, &file, Outcome::Failed, reasoning, now_s)
        })
    }

    /// What custodians are asked; of each its own positions.
    fn ask(&self, grant: &Grant, open: u64, records: &[Vec<u8>]) -> Ask {
        Ask {
            format: AskFormat::V1,
            origin: self.origin.clone(),
            open,
            records: records.iter().cloned().map(Base64).collect(),
            positions: Vec::new(),
            fingerprint: hex(&grant.fingerprint()),
            approvals: grant.approvals().into_iter().map(Into::into).collect(),
        }
    }
}

/// What one custodian is asked: everything about the opening, and its own part of the records.
fn asked(part: Part, ask: &Ask) -> (CustodianId, Ask) {
    let ask = Ask {
        positions: part.positions,
        ..ask.clone()
    };
    (part.custodian, ask)
}

/// The partial decryptions of an answer, each with its record's position. An answer for other
/// records than was asked, or with a part too few or too many, is left out whole.
fn partials_of(ask: &Ask, answer: &Answer) -> Option<Vec<(u32, Partial)>> {
    let same = answer.positions == ask.positions && answer.partials.len() == ask.positions.len();
    let pairs = ask.positions.iter().zip(&answer.partials);
    let parsed = pairs.map(|(position, bytes)| Some((*position, Partial::parse(&bytes.0).ok()?)));
    same.then(|| parsed.collect()).flatten()
}
