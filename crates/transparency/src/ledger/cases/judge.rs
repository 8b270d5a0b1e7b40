//! What may happen to a request, and when (rules 3 to 7 and 11).

use super::{Case, Cases, Change, Closing, Delay, Opening, Revelation};
use crate::case::{Revealed, root_of_shown};
use crate::entry::{
    Closed, Confirm, Day, Ending, Extend, Kinds, Notice, NoticeState, Open, Outcome, Priority,
    Region, Request, Reveal, Shown,
};
use crate::ledger::{At, Broken, ensure};

/// The longest time to a reveal: 365 days, rounded up to a Monday.
const MAX_DUE_DAYS: u32 = 371;

/// The longest delay of a notice.
const MAX_DELAY_DAYS: u32 = 90;

impl Cases {
    fn find(&self, index: u64, rule: u8) -> Result<&Case, Broken> {
        let missing = || Broken::new(rule, format!("entry {index} is not an earlier request"));
        self.at(index).ok_or_else(missing)
    }

    pub(in crate::ledger) fn judge_request(
        &self,
        request: &Request,
        at: &At<'_>,
    ) -> Result<Change, Broken> {
        let number = self.all.len() as u64 + 1;
        ensure!(
            request.number == number,
            3,
            "the next request is number {number}"
        );
        check_due(request.due, at, 3)?;
        if let Some(earlier) = request.follows {
            self.find(earlier, 3)?;
        }
        Ok(Change(Case {
            mark: at.mark,
            hash: at.hash,
            number,
            priority: request.priority,
            follows: request.follows,
            fields: request.fields,
            due: request.due,
            extensions: 0,
            confirmed: None,
            openings: Vec::new(),
            closed: None,
            revealed: None,
            told: None,
            delayed: None,
            region: request.region.clone(),
            kind: request.kind.clone(),
            outcome: Vec::new(),
        }))
    }

    pub(in crate::ledger) fn judge_confirm(
        &self,
        confirm: &Confirm,
        at: &At<'_>,
    ) -> Result<Change, Broken> {
        let case = self.find(confirm.request, 4)?;
        let awaited = case.priority == Priority::Emergency && case.confirmed.is_none();
        ensure!(
            awaited,
            4,
            "the request is no emergency that still needs its order"
        );
        Ok(Change(Case {
            confirmed: Some(at.mark),
            ..case.clone()
        }))
    }

    pub(in crate::ledger) fn judge_open(&self, open: &Open, at: &At<'_>) -> Result<Change, Broken> {
        let case = self.find(open.request, 5)?;
        ensure!(case.closed.is_none(), 5, "the request is closed");
        let mut earlier = case.openings.iter();
        let repeated = earlier.any(|opening| opening.records == open.records);
        ensure!(
            !repeated,
            5,
            "these records were opened for this request before"
        );
        let mut case = case.clone();
        case.openings.push(Opening {
            mark: at.mark,
            hash: at.hash,
            officers: open.officers,
            records: open.records,
            n: open.n,
            approvals: open.approvals,
            preserved: open.preserved,
        });
        Ok(Change(case))
    }

    pub(in crate::ledger) fn judge_closed(
        &self,
        closed: &Closed,
        at: &At<'_>,
    ) -> Result<Change, Broken> {
        let case = self.find(closed.request, 6)?;
        ensure!(case.closed.is_none(), 6, "the request was closed before");
        let newest = case.openings.last().map(|opening| opening.mark.index);
        ensure!(
            closed.open == newest,
            6,
            "it does not name the newest opening of the request"
        );
        let opened = newest.is_some();
        ensure!(
            opened == (closed.result != Ending::Ended),
            6,
            "the result does not fit: records were {}opened",
            if opened { "" } else { "not " }
        );
        Ok(Change(Case {
            closed: Some(Closing {
                mark: at.mark,
                result: closed.result,
            }),
            outcome: closed.outcome.clone(),
            ..case.clone()
        }))
    }

    pub(in crate::ledger) fn judge_extend(
        &self,
        extend: &Extend,
        at: &At<'_>,
    ) -> Result<Change, Broken> {
        let case = self.find(extend.of, 4)?;
        ensure!(
            case.revealed.is_none(),
            4,
            "the request is revealed already"
        );
        ensure!(extend.until.is_monday(), 4, "a gag ends on a Monday");
        ensure!(
            extend.until > case.due,
            4,
            "the gag lasts until {} already",
            case.due
        );
        check_due(extend.until, at, 4)?;
        Ok(Change(Case {
            due: extend.until,
            extensions: case.extensions + 1,
            ..case.clone()
        }))
    }

    pub(in crate::ledger) fn judge_reveal(
        &self,
        reveal: &Reveal,
        at: &At<'_>,
    ) -> Result<Change, Broken> {
        let case = self.find(reveal.request, 7)?;
        ensure!(
            case.revealed.is_none(),
            7,
            "the request was revealed before"
        );
        let Some(closing) = case.closed else {
            return Err(Broken::new(7, "the request is not closed yet"));
        };
        ensure!(
            root_of_shown(&reveal.fields) == case.fields,
            7,
            "the fields do not hash to what the request committed to"
        );
        let fields = Revealed::read(|field| match &reveal.fields[field as usize] {
            Shown::Opened { value, .. } => value,
            Shown::Hidden(_) => "",
        });
        let fields = fields.map_err(|error| Broken::new(7, error.to_string()))?;

        let region = Region::ALL[reveal.region.category];
        let own = fields.country.region();
        ensure!(
            region == own,
            7,
            "{} is in {own}, not {region}",
            fields.country
        );
        let kinds = Kinds::ALL[reveal.kind.category];
        ensure!(
            kinds == fields.kinds,
            7,
            "the request was for {}, not {kinds}",
            fields.kinds
        );
        let outcome = Outcome::ALL[reveal.outcome.category];
        ensure!(
            outcome.result() == closing.result,
            7,
            "a request that was closed as {} did not end as {outcome}",
            closing.result
        );
        check_times(case, &fields, closing, reveal.hours)?;
        Ok(Change(Case {
            revealed: Some(Revelation {
                mark: at.mark,
                fields,
                outcome,
                hours: reveal.hours,
            }),
            ..case.clone()
        }))
    }

    pub(in crate::ledger) fn judge_notice(
        &self,
        notice: &Notice,
        at: &At<'_>,
    ) -> Result<Change, Broken> {
        let case = self.find(notice.request, 11)?;
        let ended = case.closed.is_some() && !case.openings.is_empty();
        ensure!(
            ended,
            11,
            "there is nothing to tell: no opening of the request has ended"
        );
        ensure!(case.told.is_none(), 11, "the person was told before");
        let mut case = case.clone();
        match (notice.state, notice.until) {
            (NoticeState::Delayed, Some(until)) => {
                ensure!(case.delayed.is_none(), 11, "the notice was delayed before");
                let latest = at.mark.date.plus(MAX_DELAY_DAYS);
                ensure!(
                    (at.mark.date..=latest).contains(&until),
                    11,
                    "a delay ends within {MAX_DELAY_DAYS} days"
                );
                case.delayed = Some(Delay {
                    mark: at.mark,
                    until,
                });
            }
            _ => case.told = Some(at.mark),
        }
        Ok(Change(case))
    }
}

fn check_due(due: Day, at: &At<'_>, rule: u8) -> Result<(), Broken> {
    let latest = at.mark.date.plus(MAX_DUE_DAYS);
    ensure!(
        (at.mark.date..=latest).contains(&due),
        rule,
        "{due} is not within {MAX_DUE_DAYS} days"
    );
    Ok(())
}

/// The hours lead from the receipt to the day of the `closed` entry, and the request was entered
/// on the day of its receipt or later.
fn check_times(case: &Case, fields: &Revealed, closing: Closing, hours: u32) -> Result<(), Broken> {
    const HOUR_S: u64 = 3_600;
    let received = fields.received;
    ensure!(
        received.day() <= case.mark.date,
        7,
        "it was entered before it was received"
    );
    // The hours are rounded down, so the end is within the hour that follows.
    let end = received.start_unix() + u64::from(hours) * HOUR_S;
    let day = closing.mark.date;
    let fits = end + HOUR_S > day.start_unix() && end < day.plus(1).start_unix();
    ensure!(
        fits,
        7,
        "{hours} hours after its receipt it was not closed, on {day}"
    );
    Ok(())
}
