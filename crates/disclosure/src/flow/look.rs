//! What officers are shown. Every look is on record before it is answered.

use super::examine::{Questions, judged};
use super::standing::{PackageFacts, package};
use super::{FlowError, Office, Tally, act, approve};
use crate::case::{CaseFile, State};
use crate::order::Asked;
use heliograph_desk_store::{Act, CaseId, NoticeRow, StaffId, TimerRow, Token, View};
use heliograph_transparency::entry::{DAY_S, Outcome, Priority};
use heliograph_vault::label::Kind;

/// Most cases in one list.
const LISTED: u32 = 1_000;

/// How long a finished case stays in the list, in seconds.
const LATELY_S: u64 = 30 * DAY_S;

/// A case in the list.
pub struct CaseSummary {
    /// Its id.
    pub id: CaseId,
    /// Where it stands.
    pub state: State,
    /// How soon it must be answered.
    pub priority: Priority,
    /// When it arrived, in Unix seconds.
    pub received_s: u64,
    /// The authority's name.
    pub authority: String,
    /// The authority's file reference.
    pub file_reference: String,
    /// What is due next.
    pub next: Option<TimerRow>,
}

/// What an opening would disclose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Records {
    /// Whether the number is among the records.
    pub phone: bool,
    /// How many records of addresses there are.
    pub addresses: usize,
}

/// A case with everything that an officer decides on.
pub struct WholeCase {
    /// What arrived, and from whom.
    pub file: CaseFile,
    /// What is known and answered of it.
    pub questions: Questions,
    /// What was gathered for officers to approve.
    pub records: Option<Records>,
    /// Where the approvals stand, once officers are asked.
    pub approvals: Option<Tally>,
    /// How it ended, or will as soon as that is logged.
    pub outcome: Option<Outcome>,
    /// Its package.
    pub package: Option<PackageFacts>,
    /// Its timers.
    pub timers: Vec<TimerRow>,
    /// Notices to the person.
    pub notices: Vec<NoticeRow>,
    /// Its entries in the log: kind and index.
    pub entries: Vec<(String, u64)>,
}

impl WholeCase {
    /// How the case ends because it is beyond the desk, where it is.
    pub fn beyond(&self) -> Option<Outcome> {
        match &self.file.asked {
            Asked::Order(_) => None,
            Asked::OutOfDesk(request) => Some(request.beyond.outcome()),
        }
    }
}

impl Office {
    /// Lists the cases that are not finished, and those that were finished lately; the newest
    /// first. The looking is put on record.
    pub fn cases(&self, staff: StaffId, now_s: u64) -> Result<Vec<CaseSummary>, FlowError> {
        let act = Act {
            staff: Some(staff),
            name: Token::parse("list-cases")?,
            case: None,
        };
        self.desk.act(&act, now_s, |step| {
            let mut list = Vec::new();
            for row in step.cases(0, LISTED)? {
                let finished = row.state.as_str() == State::Finished.word();
                if finished && row.changed_s + LATELY_S <= now_s {
                    continue;
                }
                let file = CaseFile::load(step, &*self.secrets, row.id)?;
                let head = file.asked.head();
                list.push(CaseSummary {
                    id: row.id,
                    state: file.state,
                    priority: head.priority,
                    received_s: file.received_s(),
                    file_reference: head.file_reference.clone(),
                    next: next_due(step.timers_of(row.id)?),
                    authority: file.authority.name,
                });
            }
            Ok(list)
        })
    }

    /// Shows a case, which is put on record.
    pub fn whole_case(
        &self,
        staff: StaffId,
        case: CaseId,
        now_s: u64,
    ) -> Result<WholeCase, FlowError> {
        let log = self.log();
        let ledger = log.ledger();
        self.desk
            .act(&act(Some(staff), "view-case", case), now_s, |step| {
                let file = CaseFile::load(step, &*self.secrets, case)?;
                let approvals = match (approve::prepared_root(step, &file)?, ledger.officers()) {
                    (Some(root), Some(officers)) => {
                        Some(approve::tally(step, case, &root, officers, now_s)?)
                    }
                    _ => None,
                };
                let end = file.end(step)?;
                let logged = file.entries.iter().filter_map(|entry| {
                    let kind = entry.kind.as_str();
                    let kind = kind.strip_prefix(super::acts::PREFIX).unwrap_or(kind);
                    Some((kind.to_owned(), entry.entry?))
                });
                Ok(WholeCase {
                    questions: judged(step, &file, ledger, now_s)?,
                    records: records(step, &file)?,
                    approvals,
                    outcome: end.map(|end| end.outcome()).transpose()?,
                    package: package(step, &file)?,
                    timers: step.timers_of(case)?,
                    notices: step.notices_of(case)?,
                    entries: logged.collect(),
                    file,
                })
            })
    }
}

/// What is due next of a case.
pub fn next_due(timers: Vec<TimerRow>) -> Option<TimerRow> {
    let open = timers.into_iter().filter(|timer| timer.done_s.is_none());
    open.min_by_key(|timer| timer.due_s)
}

/// What an opening of the case would disclose, once its records are gathered.
fn records(view: &View<'_>, file: &CaseFile) -> Result<Option<Records>, FlowError> {
    let Some(prepared) = file.prepared(view)? else {
        return Ok(None);
    };
    let records = prepared.verified()?;
    let phones = records
        .iter()
        .filter(|record| record.label().kind == Kind::Phone)
        .count();
    Ok(Some(Records {
        phone: phones > 0,
        addresses: records.len() - phones,
    }))
}
