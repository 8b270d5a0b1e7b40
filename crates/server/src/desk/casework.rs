//! The desk as its officers work at it.

use super::{Desk, roster};
use heliograph_console::Casework;
use heliograph_console::casework::{
    Approvals, AuthorityLine, CaseAct, CaseLine, CaseView, CaseworkError, Desk as DeskPage,
    DocumentLine, Draft, Due, NoticeLine, Person, Prepared, QuarantineLine, Quarantined,
    RegistryDraft, RosterDraft, WaitingDecision, WantedRoster,
};
use heliograph_console::counter::{Package, Sender};
use heliograph_desk_store::{CaseId, DeskError, IntakeId, TimerRow};
use heliograph_disclosure::access_key::KeyChange;
use heliograph_disclosure::case::LoadError;
use heliograph_disclosure::documents::{Document, Documents, Upload};
use heliograph_disclosure::flow::{
    CaseSummary, FlowError, PackageFacts, Preparation, SignedAct, WaitingLine, WholeCase,
};
use heliograph_disclosure::registry::AuthorityDetails;
use heliograph_transparency::entry::{Change, Signed};
use heliograph_transparency::files::Response;
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::tree::Hash;
use std::sync::Arc;

/// The casework of a running desk.
pub struct DeskCasework(Arc<Desk>);

impl DeskCasework {
    /// The casework of this desk.
    pub fn new(desk: Arc<Desk>) -> Self {
        Self(desk)
    }

    /// Does what a step has made possible, as the clockwork would soon. What fails here is tried
    /// again there, and is no failure of the step.
    fn go_on(&self, case: CaseId, now_s: u64) {
        if let Err(error) = self.0.office.advance(case, now_s) {
            tracing::warn!(%case, %error, "case_waits");
        }
        self.0.wake();
    }

    /// The case as the log shows it once a step has ended it.
    fn done<T>(&self, case: CaseId, now_s: u64, step: Result<T, FlowError>) -> Done {
        step.map_err(not_done)?;
        self.go_on(case, now_s);
        Ok(())
    }
}

type Done = Result<(), CaseworkError>;

impl Casework for DeskCasework {
    fn desk(&self, who: &Person, now_s: u64) -> Result<DeskPage, CaseworkError> {
        let office = &self.0.office;
        let cases = office.cases(who.id, now_s).map_err(not_done)?;
        let waiting = office.intake(who.id, now_s).map_err(not_done)?;
        Ok(DeskPage {
            cases: cases.into_iter().map(case_line).collect(),
            quarantine: waiting.into_iter().map(quarantine_line).collect(),
        })
    }

    fn quarantined(
        &self,
        who: &Person,
        id: IntakeId,
        now_s: u64,
    ) -> Result<Quarantined, CaseworkError> {
        let waiting = self.0.office.waiting(who.id, id, now_s).map_err(not_done)?;
        Ok(Quarantined {
            line: quarantine_line(waiting.line),
            form: waiting.form,
            documents: waiting.documents.list().iter().map(document).collect(),
        })
    }

    fn quarantined_document(
        &self,
        who: &Person,
        id: IntakeId,
        position: usize,
        now_s: u64,
    ) -> Result<Upload, CaseworkError> {
        let position = position_of(position)?;
        let opened = self.0.office.waiting_document(who.id, id, position, now_s);
        Ok(upload(&opened.map_err(not_done)?))
    }

    fn decide_quarantined(
        &self,
        who: &Person,
        id: IntakeId,
        authority: Option<u64>,
        now_s: u64,
    ) -> Result<Option<String>, CaseworkError> {
        let office = &self.0.office;
        let Some(authority) = authority else {
            office.drop_intake(who.id, id, now_s).map_err(not_done)?;
            return Ok(None);
        };
        let accepted = office.accept_intake(who.id, id, authority, now_s);
        let (_, receipt) = accepted.map_err(not_done)?;
        self.0.wake();
        Ok(Some(receipt.secret.to_string()))
    }

    fn case(&self, who: &Person, id: CaseId, now_s: u64) -> Result<CaseView, CaseworkError> {
        let office = &self.0.office;
        let case = office.whole_case(who.id, id, now_s).map_err(not_done)?;
        Ok(office.with_log(|log| case_view(case, log.ledger())))
    }

    fn document(
        &self,
        who: &Person,
        id: CaseId,
        position: usize,
        now_s: u64,
    ) -> Result<Upload, CaseworkError> {
        let position = position_of(position)?;
        let opened = self.0.office.document(who.id, id, position, now_s);
        Ok(upload(&opened.map_err(not_done)?))
    }

    fn bundle(
        &self,
        who: &Person,
        id: CaseId,
        from: u64,
        now_s: u64,
    ) -> Result<Vec<u8>, CaseworkError> {
        let bundle = self.0.office.bundle(who.id, id, from, now_s);
        Ok(bundle.map_err(not_done)?.to_bytes())
    }

    fn passphrase(&self, who: &Person, id: CaseId, now_s: u64) -> Result<String, CaseworkError> {
        let shown = self.0.office.passphrase(who.id, id, now_s);
        Ok(shown.map_err(not_done)?.text().to_owned())
    }

    fn act(&self, who: &Person, id: CaseId, act: CaseAct, now_s: u64) -> Done {
        let (office, by) = (&self.0.office, who.id);
        match act {
            CaseAct::Answer {
                question,
                yes,
                note,
            } => {
                let answered = office.answer(by, id, question, yes, &note, now_s);
                answered.map_err(not_done)
            }
            CaseAct::AskCorrection { what } => {
                let asked = office.ask_to_correct(by, id, &what, now_s);
                asked.map_err(not_done)
            }
            CaseAct::Prepare => match self.prepare(who, id, now_s).map_err(not_done)? {
                Preparation::Ready => Ok(()),
                Preparation::Ended(_) => self.done(id, now_s, Ok(())),
            },
            CaseAct::Respond { response } => {
                let response = Response::parse(&response);
                let response =
                    response.map_err(|error| CaseworkError::NotNow(error.to_string()))?;
                // An approved case waits: it is opened by someone who was shown what it discloses.
                let kept = office.respond(by, id, &response, now_s);
                kept.map(drop).map_err(not_done)
            }
            CaseAct::Open => {
                let opened = office.open_approved(by, id, now_s);
                self.0.wake();
                opened.map(drop).map_err(not_done)
            }
            CaseAct::Refuse { outcome, note } => {
                let refused = office.refuse(by, id, outcome, &note, now_s);
                self.done(id, now_s, refused)
            }
            CaseAct::GiveUp { note } => {
                let given_up = office.give_up(Some(by), id, &note, now_s);
                self.done(id, now_s, given_up)
            }
            CaseAct::LiftGag { note } => {
                let lifted = office.lift_gag(by, id, &note, now_s);
                self.done(id, now_s, lifted)
            }
        }
    }

    fn draft(&self, _: &Person, draft: Draft, now_s: u64) -> Result<Vec<u8>, CaseworkError> {
        let office = &self.0.office;
        let written = match draft {
            Draft::Body(body) => office.write_decision(*body, now_s),
            Draft::Preserve(case, until) => office.write_preservation(case, until, now_s),
            Draft::ExtendGag(case, until, documents) => {
                office.write_gag_extension(case, until, root(&documents)?, now_s)
            }
            Draft::ExtendPreservation(case, until, documents) => {
                office.write_preservation_extension(case, until, root(&documents)?, now_s)
            }
            Draft::Confirm(case, documents) => {
                office.write_confirmation(case, root(&documents)?, now_s)
            }
            Draft::DelayNotice(case, until, documents) => {
                office.write_delay(case, until, root(&documents)?, now_s)
            }
        };
        written.map_err(not_done)
    }

    fn draft_roster(
        &self,
        _: &Person,
        wanted: WantedRoster,
        now_s: u64,
    ) -> Result<RosterDraft, CaseworkError> {
        let office = &self.0.office;
        let custody = office.with_log(|log| log.ledger().custody().clone());
        let next = roster::next(&custody, &wanted);
        let (roster, cards) = next.map_err(|error| CaseworkError::NotNow(error.to_string()))?;
        let newcomers = cards.into_iter().map(|card| {
            let words = card.fingerprint();
            (card.name, words)
        });
        Ok(RosterDraft {
            entry: office
                .write_decision(roster.into(), now_s)
                .map_err(not_done)?,
            newcomers: newcomers.collect(),
        })
    }

    fn waiting(&self, _: &Person, _: u64) -> Result<Vec<WaitingDecision>, CaseworkError> {
        let waiting = self.0.office.waiting_acts().map_err(not_done)?.into_iter();
        let lines = waiting.map(|act| WaitingDecision {
            entry: act.entry,
            case: act.case,
            decision: act.decision,
        });
        Ok(lines.collect())
    }

    fn complete(
        &self,
        who: &Person,
        entry: &[u8],
        by: Vec<Signed>,
        now_s: u64,
    ) -> Result<u64, CaseworkError> {
        let signed = SignedAct {
            entry: entry.to_vec(),
            by,
        };
        let index = self.0.office.complete(who.id, &signed, now_s);
        self.0.wake();
        index.map_err(not_done)
    }

    fn authorities(&self, who: &Person, now_s: u64) -> Result<Vec<AuthorityLine>, CaseworkError> {
        let rows = self.0.office.authorities(who.id, now_s);
        let rows = rows
            .map_err(not_done)?
            .into_iter()
            .map(|row| AuthorityLine {
                id: row.version.id,
                details: row.details,
                standing: row.standing,
                effective_s: row.version.effective_s,
                expires_s: row.version.expires_s,
                entry: row.version.entry,
            });
        Ok(rows.collect())
    }

    fn change_registry(
        &self,
        who: &Person,
        id: Option<u64>,
        action: Change,
        details: AuthorityDetails,
        key: KeyChange,
        now_s: u64,
    ) -> Result<RegistryDraft, CaseworkError> {
        let office = &self.0.office;
        let change = office.change_registry(who.id, id, action, details, key, now_s);
        let change = change.map_err(not_done)?;
        Ok(RegistryDraft {
            entry: change.entry,
            look_alikes: change.look_alikes,
            access_key: change.access_key.map(|key| key.text().to_string()),
        })
    }
}

impl DeskCasework {
    /// Gathers the records; where they are newer than the last root in the log, a new one is
    /// entered first. One that waited since a kill is entered before it, so there may be two.
    fn prepare(&self, who: &Person, id: CaseId, now_s: u64) -> Result<Preparation, FlowError> {
        let office = &self.0.office;
        for _ in 0..2 {
            match office.prepare(who.id, id, now_s) {
                Err(FlowError::NotCovered(_)) => self.0.log_vault_now()?,
                prepared => return prepared,
            }
        }
        office.prepare(who.id, id, now_s)
    }
}

fn case_line(case: CaseSummary) -> CaseLine {
    CaseLine {
        id: case.id,
        state: case.state,
        priority: case.priority,
        received_s: case.received_s,
        authority: case.authority,
        file_reference: case.file_reference,
        next: case.next.as_ref().map(due),
    }
}

fn due(timer: &TimerRow) -> Due {
    Due {
        kind: timer.kind.to_string(),
        due_s: timer.due_s,
        done_s: timer.done_s,
    }
}

fn quarantine_line(line: WaitingLine) -> QuarantineLine {
    QuarantineLine {
        id: line.id,
        received_s: line.received_s,
        sender: Sender {
            authority: line.claims.authority,
            name: line.claims.name,
            country: line.claims.country,
            class: line.claims.class,
            contact: line.claims.contact,
            // What was typed there is not kept.
            access_key: String::new(),
            signatures: String::new(),
        },
        look_alikes: line.look_alikes,
    }
}

fn document(document: &Document) -> DocumentLine {
    DocumentLine {
        name: document.name.clone(),
        size_bytes: document.size,
        sha256: document.sha256,
    }
}

/// A document as a download; its name is the page's.
fn upload(bytes: &[u8]) -> Upload {
    Upload {
        name: "document.pdf".to_owned(),
        bytes: bytes.to_vec(),
    }
}

pub(super) fn package(facts: PackageFacts) -> Package {
    Package {
        sha256: facts.sha256,
        size_bytes: facts.size_bytes,
        expires_s: facts.expires_s,
        taken_s: facts.taken_s,
    }
}

fn case_view(case: WholeCase, ledger: &Ledger) -> CaseView {
    let beyond = case.beyond();
    let file = case.file;
    let documents = file.documents.list().iter().chain(file.added());
    let approvals = case.approvals.map(|tally| {
        let name = |index: u16| {
            let holder = ledger
                .officers()
                .and_then(|officers| officers.holder(index));
            holder.map_or_else(|| format!("officer {index}"), |holder| holder.name.clone())
        };
        Approvals {
            approve: tally.approve.into_iter().map(name).collect(),
            refuse: tally
                .refuse
                .into_iter()
                .map(|(index, reason)| (name(index), reason))
                .collect(),
            need: tally.need,
        }
    });
    let notices = case.notices.iter().map(|notice| NoticeLine {
        due_s: notice.due_s,
        carried_s: notice.carried_s,
    });
    CaseView {
        id: file.id,
        state: file.state,
        received_s: file.received_s(),
        rung: file.rung(),
        authority: file.authority.clone(),
        authority_id: file.authority_id(),
        form: file.form().clone(),
        beyond,
        documents: documents.map(document).collect(),
        facts: case.questions.facts,
        findings: case.questions.findings,
        decision: case.questions.decision,
        prepared: case.records.map(|records| Prepared {
            phone: records.phone,
            addresses: records.addresses,
        }),
        approvals,
        outcome: case.outcome,
        package: case.package.map(package),
        timers: case.timers.iter().map(due).collect(),
        notices: notices.collect(),
        entries: case.entries,
    }
}

fn position_of(position: usize) -> Result<u16, CaseworkError> {
    u16::try_from(position).map_err(|_| CaseworkError::Missing)
}

/// What a later order commits to: the root over its documents.
fn root(documents: &[Upload]) -> Result<Hash, CaseworkError> {
    let checked = Documents::check(documents);
    let checked = checked.map_err(|error| CaseworkError::NotNow(error.to_string()))?;
    Ok(checked.root())
}

/// Whether a step was not taken because of the case, which the officer is told, or because
/// something failed here, which the operator is.
fn not_done(error: FlowError) -> CaseworkError {
    match error {
        FlowError::Store(DeskError::Missing(_))
        | FlowError::Load(LoadError::Store(DeskError::Missing(_))) => CaseworkError::Missing,
        FlowError::State(..)
        | FlowError::Store(DeskError::Stale | DeskError::Done(_))
        | FlowError::NotSetUp(_)
        | FlowError::NotAdmissible
        | FlowError::NotARefusal(_)
        | FlowError::Delivery(_)
        | FlowError::NotCovered(_)
        | FlowError::TooMany { .. }
        | FlowError::Response(_)
        | FlowError::Grant(_)
        | FlowError::Opening(_)
        | FlowError::Act(_) => CaseworkError::NotNow(error.to_string()),
        error => CaseworkError::Failed(Box::new(error)),
    }
}
