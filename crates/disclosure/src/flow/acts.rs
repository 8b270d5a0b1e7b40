//! Decisions that officers sign offline: preservation, extensions, the judicial order of an
//! emergency, delayed notices, and everything that sets the desk up.
//!
//! The desk writes the text of an entry, officers sign it, the desk appends it with their
//! signatures. An entry carries its day, so it must be appended before the log has a later one:
//! in practice on the day on which it is signed.

use super::{FlowError, Office};
use crate::case::{CaseFile, LoadError, State, timer};
use crate::custodians::{self, Part};
use crate::keys::{self, KeysOfRecordError};
use crate::log::LogError;
use crate::order::{Asked, Purpose};
use crate::{entries, timers};
use heliograph_desk_store::{Act, CaseId, LogEntry, LogEntryId, StaffId, Step, Token};
use heliograph_transparency::entry::{Body, DAY_S, Day, Entry, Extend, Notice, Signed};
use heliograph_transparency::ledger::Violation;
use heliograph_transparency::tree::Hash;

/// An entry with the signatures of officers.
pub struct SignedAct {
    /// The text that the desk wrote.
    pub entry: Vec<u8>,
    /// Who signed it.
    pub by: Vec<Signed>,
}

/// Why a decision of officers was not logged.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Not an entry, or not one that officers sign.
    #[error("the text is not that of a decision of officers")]
    Malformed,
    /// The log's rules do not allow it, or too few signed.
    #[error(transparent)]
    Refused(#[from] Violation),
    /// The order asks for something else.
    #[error("the order is not one to {0}")]
    Purpose(&'static str),
    /// A record has no keys any more.
    #[error(transparent)]
    Keys(#[from] KeysOfRecordError),
    /// Too few custodians have confirmed that they keep a record.
    #[error("{have} custodians of a record's key keep it, {need} are needed")]
    Custodians {
        /// How many have.
        have: usize,
        /// How many are needed.
        need: u8,
    },
    /// It is in the log, and what follows from it failed; that is tried again by itself.
    #[error("it is entry {entry} of the log, and has not taken effect yet: {cause}")]
    NotInEffect {
        /// The index of the entry.
        entry: u64,
        /// What failed.
        #[source]
        cause: Box<FlowError>,
    },
    /// An earlier decision about the case has not taken effect.
    #[error("entry {0} of the log about this case has not taken effect yet; that comes first")]
    Waits(u64),
}

/// A decision that is in the log and has not taken effect.
#[derive(Debug)]
pub struct WaitingAct {
    /// Its row.
    id: LogEntryId,
    /// The index of its entry.
    pub entry: u64,
    /// The case that it concerns, if it concerns one.
    pub case: Option<CaseId>,
    /// What was decided.
    pub decision: Entry,
}

/// A decision that could not be finished, and why.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// The index of its entry; none when the log could not be searched for it.
    pub entry: Option<u64>,
    /// The case that it concerns, if it concerns one.
    pub case: Option<CaseId>,
    /// What failed.
    pub error: FlowError,
}

/// How planned decisions are told from the entries that the desk writes by itself.
pub(super) const PREFIX: &str = "act-";

impl Office {
    /// The text of a decision that concerns no case: policy, country, custodians, switch.
    pub fn write_decision(&self, body: Body, now_s: u64) -> Result<Vec<u8>, FlowError> {
        text(&Entry::new(self.today(now_s), body))
    }

    /// The text by which officers preserve the records of a prepared case until a day.
    pub fn write_preservation(
        &self,
        case: CaseId,
        until: Day,
        now_s: u64,
    ) -> Result<Vec<u8>, FlowError> {
        let file = self.load_in(case, State::AwaitingApprovals)?;
        if !is_for(&file, Purpose::Preserve) {
            return Err(ActError::Purpose("preserve").into());
        }
        let (prepared, records) = self.prepared(&file)?;
        let root = crate::bundle::records_root_of(&prepared)?;
        let request = request_of(&file)?;
        let today = self.today(now_s);
        text(&entries::preserve(
            request,
            root,
            records.len() as u32,
            until,
            today,
        ))
    }

    /// The text by which officers prolong the gag of a case until a Monday, on the strength of an
    /// order with these documents.
    pub fn write_gag_extension(
        &self,
        case: CaseId,
        until: Day,
        documents: Hash,
        now_s: u64,
    ) -> Result<Vec<u8>, FlowError> {
        let file = self.load(case)?;
        self.extension(&file, request_of(&file)?, until, documents, now_s)
    }

    /// The text by which officers prolong a preservation, once.
    pub fn write_preservation_extension(
        &self,
        case: CaseId,
        until: Day,
        documents: Hash,
        now_s: u64,
    ) -> Result<Vec<u8>, FlowError> {
        let file = self.load_in(case, State::Preserved)?;
        let preserve = file
            .logged("act-preserve")
            .ok_or(FlowError::NotSetUp("preservation"))?;
        self.extension(&file, preserve, until, documents, now_s)
    }

    /// The text by which officers prolong what the entry `of` began.
    fn extension(
        &self,
        file: &CaseFile,
        of: u64,
        until: Day,
        documents: Hash,
        now_s: u64,
    ) -> Result<Vec<u8>, FlowError> {
        let commitment = entries::later_order(&file.keys, documents);
        let today = self.today(now_s);
        text(&entries::extend(of, until, commitment, today))
    }

    /// The text by which officers confirm that the judicial order of an emergency has come.
    pub fn write_confirmation(
        &self,
        case: CaseId,
        documents: Hash,
        now_s: u64,
    ) -> Result<Vec<u8>, FlowError> {
        let file = self.load(case)?;
        let commitment = entries::later_order(&file.keys, documents);
        text(&entries::confirm(
            request_of(&file)?,
            commitment,
            self.today(now_s),
        ))
    }

    /// The text by which officers delay the notice of a case that would endanger a person.
    pub fn write_delay(
        &self,
        case: CaseId,
        until: Day,
        documents: Hash,
        now_s: u64,
    ) -> Result<Vec<u8>, FlowError> {
        let file = self.load_in(case, State::Ended)?;
        let commitment = entries::later_order(&file.keys, documents);
        text(&entries::delayed(
            request_of(&file)?,
            commitment,
            until,
            self.today(now_s),
        ))
    }

    /// Enters a decision in the log, with its signatures, and does what follows from it.
    pub fn complete(
        &self,
        staff: StaffId,
        signed: &SignedAct,
        now_s: u64,
    ) -> Result<u64, FlowError> {
        let mut entry = Entry::parse(&signed.entry).map_err(|_| ActError::Malformed)?;
        entry.by.clone_from(&signed.by);
        entry.by.sort_by_key(|signed| signed.index);
        self.complete_entry(Some(staff), &entry, now_s)
    }

    /// Enters an entry that comes with all its signatures: a key after a ceremony, an erasure.
    /// `staff` is who brought it; nobody when the server did by itself.
    pub fn complete_entry(
        &self,
        staff: Option<StaffId>,
        entry: &Entry,
        now_s: u64,
    ) -> Result<u64, FlowError> {
        if !entry.body.is_signed() {
            return Err(ActError::Malformed.into());
        }
        let bytes = text(entry)?;
        let kind = Token::parse(&format!("{PREFIX}{}", entry.body.kind()))?;
        let case = self.case_of(&entry.body)?;
        // What was decided before about the same case takes effect before, if it can. All else is
        // the clockwork's: no decision waits for another one's custodians.
        let own = |row: &LogEntry| row.bytes == bytes || (case.is_some() && row.case == case);
        self.recover_acts(own, now_s)?;
        let (id, index) = {
            let mut log = self.log();
            let size = log.ledger().size();
            log.ledger()
                .clone()
                .apply(size, &bytes)
                .map_err(ActError::from)?;
            let act = Act {
                staff,
                name: kind.clone(),
                case,
            };
            let id = self.desk.act(&act, now_s, |step| {
                step.plan_entry(case, &kind, &bytes, size)
            })?;
            (id, log.append(&bytes)?)
        };
        let act = WaitingAct {
            id,
            entry: index,
            case,
            decision: entry.clone(),
        };
        self.settle_act(&act, now_s)
            .map_err(|error| ActError::NotInEffect {
                entry: index,
                cause: Box::new(error),
            })?;
        Ok(index)
    }

    /// The decisions that are in the log and have not taken effect, because custodians have not
    /// confirmed them, say. They are tried again at every tick.
    pub fn waiting_acts(&self) -> Result<Vec<WaitingAct>, FlowError> {
        let mut waiting = Vec::new();
        for row in self.planned_acts()? {
            waiting.extend(self.waiting_act(&row)?);
        }
        Ok(waiting)
    }

    /// Fails when a decision about the case has not taken effect: what it is about must stay as it
    /// is until then.
    pub(super) fn no_act_waits(&self, case: CaseId) -> Result<(), FlowError> {
        for row in self.planned_acts()? {
            if row.case == Some(case)
                && let Some(act) = self.waiting_act(&row)?
            {
                return Err(ActError::Waits(act.entry).into());
            }
        }
        Ok(())
    }

    /// Finishes decisions that were planned when the process ended, or whose custodians did not
    /// confirm: those in the log take effect, the others are given up. Each for itself: the answer
    /// is those that could not be finished.
    pub(super) fn recover_acts(
        &self,
        which: impl Fn(&LogEntry) -> bool,
        now_s: u64,
    ) -> Result<Vec<Unfinished>, FlowError> {
        let mut unfinished = Vec::new();
        for row in self.planned_acts()?.iter().filter(|row| which(row)) {
            let (entry, result) = match self.waiting_act(row) {
                Ok(Some(act)) => (Some(act.entry), self.settle_act(&act, now_s)),
                Ok(None) => (None, self.drop_act(row.id, now_s)),
                Err(error) => (None, Err(error)),
            };
            if let Err(error) = result {
                let case = row.case;
                unfinished.push(Unfinished { entry, case, error });
            }
        }
        Ok(unfinished)
    }

    fn planned_acts(&self) -> Result<Vec<LogEntry>, FlowError> {
        let mut rows = self.planned()?;
        rows.retain(|row| row.kind.as_str().starts_with(PREFIX));
        Ok(rows)
    }

    /// The decision of a planned row, if it is in the log.
    fn waiting_act(&self, row: &LogEntry) -> Result<Option<WaitingAct>, FlowError> {
        let Some(entry) = self.with_log(|log| log.find(&row.bytes, row.from_size))? else {
            return Ok(None);
        };
        Ok(Some(WaitingAct {
            id: row.id,
            entry,
            case: row.case,
            decision: Entry::parse(&row.bytes).map_err(|_| ActError::Malformed)?,
        }))
    }

    fn drop_act(&self, id: LogEntryId, now_s: u64) -> Result<(), FlowError> {
        let act = Self::clockwork("drop-planned-entry");
        Ok(self
            .desk
            .act(&act, now_s, |step| step.drop_planned_entry(id))?)
    }

    /// Does what follows from a decision in the log. Safe to do twice.
    fn settle_act(&self, waiting: &WaitingAct, now_s: u64) -> Result<(), FlowError> {
        let (id, index, case) = (waiting.id, waiting.entry, waiting.case);
        let body = &waiting.decision.body;
        let file = case.map(|case| self.load(case)).transpose()?;
        if let (Body::Preserve(_), Some(file)) = (body, &file) {
            self.keep_preserved(file, index)?;
        }
        if let (Body::Extend(extend), Some(file)) = (body, &file)
            && file.logged("request") != Some(extend.of)
        {
            // Custodians see it in the log by themselves.
            self.secrets.extend(index)?;
        }
        let mut act = Self::clockwork("settle-decision");
        act.case = case;
        self.desk.act(&act, now_s, |step| {
            step.entry_logged(id, index)?;
            if let Body::Authority(authority) = body {
                let mut versions = step.authorities()?;
                versions.retain(|known| {
                    known.id == authority.id && known.commitment == authority.commitment.0
                });
                if let Some(version) = versions.last() {
                    step.authority_logged(version.id, version.version, index)?;
                }
            }
            match &file {
                Some(file) => follow(step, file, body, now_s),
                None => Ok(()),
            }
        })
    }

    /// Has the keeper and enough custodians keep what they need for preserved records.
    fn keep_preserved(&self, file: &CaseFile, preserve: u64) -> Result<(), FlowError> {
        let (prepared, records) = self.prepared(file)?;
        self.secrets
            .preserve(file.id, prepared.user(), preserve, &records)?;
        let ledger = self.with_log(|log| log.ledger().clone());
        let parts = custodians::parts(&ledger, &records).map_err(ActError::Keys)?;
        let answers = self
            .custodians
            .preserve(preserve, &prepared.records, &parts);
        let kept = parts.iter().zip(&answers).filter(|(_, kept)| kept.is_ok());
        for (position, record) in (0..).zip(&records) {
            let gate = keys::gate_of_record(&ledger, record.label()).map_err(ActError::Keys)?;
            let need = gate.keys.threshold;
            let mine = |part: &Part| part.positions.contains(&position);
            let have = kept.clone().filter(|(part, _)| mine(part)).count();
            if have < usize::from(need) {
                return Err(ActError::Custodians { have, need }.into());
            }
        }
        Ok(())
    }

    fn case_of(&self, body: &Body) -> Result<Option<CaseId>, FlowError> {
        let entry = match body {
            Body::Preserve(preserve) => preserve.request,
            Body::Confirm(confirm) => confirm.request,
            Body::Notice(notice) => notice.request,
            Body::Extend(extend) => extend.of,
            _ => return Ok(None),
        };
        let case = self.desk.view(|view| view.case_of_entry(entry))?;
        case.map(Some)
            .ok_or(LoadError::Corrupt("case of the entry").into())
    }
}

/// What a decision changes in its case.
fn follow(step: &Step<'_>, file: &CaseFile, body: &Body, now_s: u64) -> Result<(), FlowError> {
    let case = file.id;
    let mut next = file.state;
    match body {
        Body::Preserve(preserve) => {
            next = State::Preserved;
            let end_s = preserve.until.start_unix() + DAY_S;
            step.set_timer(case, &timer::token(timer::PRESERVATION), end_s)?;
        }
        Body::Extend(Extend { of, until, .. }) if file.logged("request") == Some(*of) => {
            let review = Day(until.0.saturating_sub(timers::REVIEW_AHEAD_DAYS));
            step.set_timer(case, &timer::token(timer::GAG_REVIEW), review.start_unix())?;
            postpone(step, case, *until)?;
        }
        Body::Extend(Extend { until, .. }) => {
            let end_s = until.start_unix() + DAY_S;
            step.set_timer(case, &timer::token(timer::PRESERVATION), end_s)?;
        }
        Body::Confirm(_) => {
            step.finish_timer(case, &timer::token(timer::JUDICIAL_ORDER), now_s)?;
        }
        Body::Notice(Notice {
            until: Some(until), ..
        }) => postpone(step, case, *until)?,
        _ => return Ok(()),
    }
    step.advance(case, file.version(), &next.token(), now_s)?;
    Ok(())
}

/// Moves the notices of a case that are not carried to a day, if that is later.
fn postpone(step: &Step<'_>, case: CaseId, until: Day) -> Result<(), FlowError> {
    for row in step.notices_of(case)? {
        if row.carried_s.is_none() && row.due_s < until.start_unix() {
            step.delay_notice(row.id, until.start_unix())?;
        }
    }
    Ok(())
}

/// Whether a case is an order for this purpose.
pub(super) fn is_for(file: &CaseFile, purpose: Purpose) -> bool {
    matches!(&file.asked, Asked::Order(order) if order.purpose == purpose)
}

fn request_of(file: &CaseFile) -> Result<u64, FlowError> {
    file.logged("request").ok_or(FlowError::NotSetUp("request"))
}

fn text(entry: &Entry) -> Result<Vec<u8>, FlowError> {
    let bytes = entry.to_bytes();
    bytes.map_err(|error| LogError::Refused(error.to_string()).into())
}
