//! Officers' responses: kept when they hold; enough approvals move a case on.

use super::acts::{ActError, is_for};
use super::{FlowError, Office, act};
use crate::bundle;
use crate::case::{CaseFile, LoadError, Prepared, State, open};
use crate::grant::Grant;
use crate::order::Purpose;
use crate::response::{self, Checked, Expected, ResponseError};
use heliograph_desk_store::{CaseId, Place, ResponseRow, StaffId, Token, View};
use heliograph_transparency::files::{Bundle, Response};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::keys::LoggedKey;
use heliograph_vault::record::VerifiedRecord;

/// Where the approvals of a case stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The officers who approve, in time.
    pub approve: Vec<u16>,
    /// The officers who refuse, with the word of their reason.
    pub refuse: Vec<(u16, String)>,
    /// How many must approve.
    pub need: u8,
}

impl Office {
    /// The bundle of a case for an officer who holds the log's first `from` entries.
    pub fn bundle(
        &self,
        staff: StaffId,
        case: CaseId,
        from: u64,
        now_s: u64,
    ) -> Result<Bundle, FlowError> {
        let file = self.load_in(case, State::AwaitingApprovals)?;
        let log = self.log();
        self.desk
            .act(&act(Some(staff), "export-bundle", case), now_s, |step| {
                bundle::build(step, &file, &**log, &*self.secrets, from)
            })
    }

    /// Takes an officer's response in. It is brought by a file, so whoever brings it needs no
    /// rights: the signature in it counts.
    pub fn respond(
        &self,
        staff: StaffId,
        case: CaseId,
        response: &Response,
        now_s: u64,
    ) -> Result<Tally, FlowError> {
        let file = self.load_in(case, State::AwaitingApprovals)?;
        if !is_for(&file, Purpose::Disclose) {
            return Err(ActError::Purpose("disclose").into());
        }
        let ledger = self.with_log(|log| log.ledger().clone());
        let officers = ledger.officers().ok_or(FlowError::NotSetUp("officers"))?;
        let (prepared, records) = self.prepared(&file)?;
        let expected = Expected::of(&ledger, &file, officers, &prepared, &records)
            .ok_or(FlowError::NotSetUp("request"))?;
        let checked = response::check_arriving(response, &expected, now_s)?;
        let (officer, verdict) = match &checked {
            Checked::Approval(approval) => (approval.officer(), "approve"),
            Checked::Refusal { officer, outcome } => (*officer, outcome.word()),
        };
        let row = ResponseRow {
            officer,
            records_root: expected.subject().records_root.0,
            verdict: Token::parse(verdict)?,
            not_after_s: response.not_after,
            stored_s: now_s,
        };
        let place = Place::Response(case, officer, row.records_root);
        let body = self.sealed(&file.keys.texts(), place, response);
        self.desk
            .act(&act(Some(staff), "import-response", case), now_s, |step| {
                // The version was read before the response was checked: whoever prepares the case anew
                // meanwhile, or moves it on, makes this one come too late.
                let current = step.case(case)?;
                if current.state != State::AwaitingApprovals.token() {
                    return Err(heliograph_desk_store::DeskError::Stale.into());
                }
                let root = prepared_root(step, &file)?;
                if root != Some(row.records_root) {
                    return Err(ResponseError::Other("set of records").into());
                }
                step.put_response(case, &row, &body)?;
                let tally = tally(step, case, &row.records_root, officers, now_s)?;
                let next = if tally.approve.len() >= usize::from(tally.need) {
                    State::Approved
                } else {
                    State::AwaitingApprovals
                };
                step.advance(case, current.version, &next.token(), now_s)?;
                Ok(tally)
            })
    }

    /// Where the approvals of a case stand.
    pub fn approvals(&self, case: CaseId, now_s: u64) -> Result<Tally, FlowError> {
        let file = self.load(case)?;
        let ledger = self.with_log(|log| log.ledger().clone());
        let officers = ledger.officers().ok_or(FlowError::NotSetUp("officers"))?;
        self.desk.view(|view| {
            let root = prepared_root(view, &file)?;
            let root = root.ok_or(FlowError::NotSetUp("bundle"))?;
            tally(view, case, &root, officers, now_s)
        })
    }

    pub(super) fn prepared(
        &self,
        file: &CaseFile,
    ) -> Result<(Prepared, Vec<VerifiedRecord>), FlowError> {
        let prepared = self.desk.view(|view| file.prepared(view))?;
        let prepared = prepared.ok_or(LoadError::Corrupt("bundle"))?;
        let records = prepared.verified()?;
        Ok((prepared, records))
    }

    /// The approvals of a case, each checked again against `ledger`. Those that hold no more (of
    /// an officer who was replaced, say) are left out.
    pub(super) fn checked_approvals(
        &self,
        file: &CaseFile,
        ledger: &Ledger,
        officers: &LoggedKey,
        prepared: &Prepared,
        records: &[VerifiedRecord],
    ) -> Result<Vec<crate::grant::CheckedApproval>, FlowError> {
        let expected = Expected::of(ledger, file, officers, prepared, records)
            .ok_or(FlowError::NotSetUp("request"))?;
        let root = expected.subject().records_root.0;
        let texts = file.keys.texts();
        let responses: Vec<Response> = self.desk.view(|view| {
            let mut responses = Vec::new();
            for row in view.responses(file.id, &root)? {
                let place = Place::Response(file.id, row.officer, root);
                if let Some(sealed) = view.sealed(&place)? {
                    responses.push(open(&sealed, &texts)?);
                }
            }
            Ok::<_, FlowError>(responses)
        })?;
        let checked =
            responses
                .iter()
                .filter_map(|response| match response::check(response, &expected) {
                    Ok(Checked::Approval(approval)) => Some(*approval),
                    Ok(Checked::Refusal { .. }) | Err(_) => None,
                });
        Ok(checked.collect())
    }

    /// The grant of a case whose opening is to be logged at `now_s`.
    pub(super) fn grant(
        &self,
        file: &CaseFile,
        ledger: &Ledger,
        now_s: u64,
    ) -> Result<Grant, FlowError> {
        let officers = ledger.officers().ok_or(FlowError::NotSetUp("officers"))?;
        let (prepared, records) = self.prepared(file)?;
        let approvals = self.checked_approvals(file, ledger, officers, &prepared, &records)?;
        Ok(Grant::new(approvals, now_s)?)
    }
}

/// The root over the records that officers are asked about now.
pub(super) fn prepared_root(
    view: &View<'_>,
    file: &CaseFile,
) -> Result<Option<[u8; 32]>, FlowError> {
    let Some(prepared) = file.prepared(view)? else {
        return Ok(None);
    };
    Ok(Some(bundle::records_root_of(&prepared)?.0))
}

/// Counts the responses that are kept, one for each officer.
pub(super) fn tally(
    view: &View<'_>,
    case: CaseId,
    root: &[u8; 32],
    officers: &LoggedKey,
    now_s: u64,
) -> Result<Tally, FlowError> {
    let mut tally = Tally {
        approve: Vec::new(),
        refuse: Vec::new(),
        need: officers.keys.threshold,
    };
    for row in view.responses(case, root)? {
        let in_force = row.not_after_s >= now_s && officers.holder(row.officer).is_some();
        match (row.verdict.as_str(), in_force) {
            ("approve", true) => tally.approve.push(row.officer),
            ("approve", false) => {}
            (reason, _) => tally.refuse.push((row.officer, reason.to_owned())),
        }
    }
    Ok(tally)
}
