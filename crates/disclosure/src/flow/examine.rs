//! Examination: the request is entered in the log, officers answer the questions.

use super::{FlowError, Office, act};
use crate::case::{CaseFile, State, note, open, timer};
use crate::registry::Standing;
use crate::validity::{Decision, Facts, Finding, Question, decide};
use crate::{entries, timers};
use heliograph_desk_store::{CaseId, Place, StaffId, View};
use heliograph_transparency::case::Gag;
use heliograph_transparency::entry::{Day, Priority};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::regions::Country;

/// What officers are asked about a case, and what they have answered.
pub struct Questions {
    /// What the machine knows.
    pub facts: Facts,
    /// The answers so far.
    pub findings: Vec<Finding>,
    /// What they come to.
    pub decision: Decision,
}

impl Office {
    /// Enters the request of a case in the log, as soon as its slot has come. False before that.
    pub fn enter(&self, case: CaseId, now_s: u64) -> Result<bool, FlowError> {
        let file = self.load_in(case, State::Received)?;
        let priority = file.asked.head().priority;
        if now_s < timers::entry_due_s(file.received_s(), priority) {
            return Ok(false);
        }
        let gag = file.asked.head().gag;
        let fields = file.fields()?;
        let policy = self.with_log(|log| {
            log.ledger()
                .registry()
                .policy()
                .map(|logged| logged.policy.clone())
        });
        let today = self.today(now_s);
        self.log_entry(
            Some(&file),
            "request",
            now_s,
            |ledger, day| {
                let number = ledger.cases().all().len() as u64 + 1;
                let follows = file.filed.follows;
                let request = entries::request(
                    &self.origin,
                    number,
                    &file.keys,
                    &fields,
                    priority,
                    follows,
                    day,
                );
                Ok(request?)
            },
            |step, _| {
                step.advance(case, file.version(), &State::InReview.token(), now_s)?;
                step.finish_timer(case, &timer::token(timer::ENTRY), now_s)?;
                let due = timers::reveal_due(today, gag);
                if gag != Gag::None {
                    let review = Day(due.0.saturating_sub(timers::REVIEW_AHEAD_DAYS));
                    step.set_timer(case, &timer::token(timer::GAG_REVIEW), review.start_unix())?;
                }
                if let (Priority::Emergency, Some(policy)) = (priority, &policy) {
                    let due_s = timers::judicial_order_due_s(today, policy);
                    step.set_timer(case, &timer::token(timer::JUDICIAL_ORDER), due_s)?;
                }
                Ok(())
            },
        )?;
        Ok(true)
    }

    /// The questions of a case and their answers, for someone, which is put on record.
    pub fn questions(
        &self,
        staff: StaffId,
        case: CaseId,
        now_s: u64,
    ) -> Result<Questions, FlowError> {
        let log = self.log();
        self.desk
            .act(&act(Some(staff), "view-questions", case), now_s, |step| {
                let file = CaseFile::load(step, &*self.secrets, case)?;
                judged(step, &file, log.ledger(), now_s)
            })
    }

    /// Keeps an officer's answer to a question. A later answer replaces it as long as officers
    /// have not been asked to approve; the audit records keep that there was an earlier one.
    pub fn answer(
        &self,
        staff: StaffId,
        case: CaseId,
        question: Question,
        yes: bool,
        reasoning: &str,
        now_s: u64,
    ) -> Result<(), FlowError> {
        let file = self.load_in(case, State::InReview)?;
        let name = self.desk.view(|view| view.staff(staff))?;
        let name = name.filter(|person| !person.disabled);
        let by = name.ok_or(FlowError::NotSetUp("such person"))?.name;
        let finding = Finding {
            question: question.word().to_owned(),
            yes,
            note: reasoning
                .chars()
                .take(crate::order::MAX_TEXT_BYTES)
                .collect(),
            by,
            at_s: now_s,
        };
        let place = Place::Finding(case, question.word().to_owned());
        let sealed = self.sealed(&file.keys.texts(), place, &finding);
        self.desk
            .act(&act(Some(staff), "answer-question", case), now_s, |step| {
                step.put_sealed(&sealed)?;
                step.advance(case, file.version(), &State::InReview.token(), now_s)?;
                Ok(())
            })
    }

    /// Asks the authority to correct a defective order, within five days, by what its receipt page
    /// shows. It adds documents there ([`Self::correct`]); an order whose fields are wrong is a new
    /// request that continues this one, which then ends as withdrawn. Otherwise it ends as
    /// incomplete.
    pub fn ask_to_correct(
        &self,
        staff: StaffId,
        case: CaseId,
        what: &str,
        now_s: u64,
    ) -> Result<(), FlowError> {
        let file = self.load_in(case, State::InReview)?;
        let sealed = self.sealed(&file.keys.texts(), file.note(note::CORRECTION), &what);
        self.desk
            .act(&act(Some(staff), "ask-to-correct", case), now_s, |step| {
                step.put_sealed(&sealed)?;
                let due_s = now_s + timers::CORRECTION_S;
                step.set_timer(case, &timer::token(timer::CORRECTION), due_s)?;
                step.advance(case, file.version(), &State::InReview.token(), now_s)?;
                Ok(())
            })
    }
}

/// What is known and answered of a case, and what it comes to.
pub(super) fn judged(
    view: &View<'_>,
    file: &CaseFile,
    ledger: &Ledger,
    now_s: u64,
) -> Result<Questions, FlowError> {
    let texts = file.keys.texts();
    let findings = view.findings_of(file.id)?;
    let findings = findings.iter().map(|sealed| open(sealed, &texts));
    let findings: Vec<Finding> = findings.collect::<Result<_, _>>()?;
    let version = view.authority_in_force(file.authority_id(), now_s)?;
    let country: Option<Country> = file.authority.country.parse().ok();
    // The policy and the countries are those of the request's own time.
    let entered = file.logged("request").unwrap_or(ledger.size());
    let registry = ledger.registry();
    let policy = registry.policy_at(entered);
    let listed = |offence: &String| *offence == file.asked.head().offence;
    let facts = Facts {
        standing: Standing::of(version.as_ref(), now_s),
        country_open: country.is_some_and(|country| registry.is_served(country, entered)),
        offence_listed: policy.is_some_and(|logged| logged.policy.offences.iter().any(listed)),
    };
    let decision = decide(&file.asked, facts, &findings);
    Ok(Questions {
        facts,
        findings,
        decision,
    })
}
