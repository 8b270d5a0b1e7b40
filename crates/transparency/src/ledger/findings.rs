//! What is overdue on a given day, and what has turned out to be untrue (rules 4, 8 to 12 and 16).
//!
//! These do not make the log wrong: time has passed without an entry that was owed, or a later
//! entry has shown what an earlier one should not have been. A log with findings fails
//! verification all the same, until what was owed is there.

use super::Ledger;
use super::cases::Case;
use crate::case::Gag;
use crate::entry::{Day, Outcome, Priority, words};

/// Days of grace until an ended preservation is released.
const RELEASE_GRACE_DAYS: u32 = 2;

/// Days of grace until the key of a day is erased.
const ERASE_GRACE_DAYS: u32 = 2;

/// Days in which a person is told.
const NOTICE_DAYS: u32 = 7;

words! {
    /// How bad a finding is.
    pub enum Degree {
        /// Something was owed by a day that has passed.
        Overdue = "OVERDUE",
        /// An emergency without its judicial order.
        Red = "RED",
        /// Something was said or done that a later entry contradicts.
        Untrue = "UNTRUE",
    }
}

/// Something that the public should ask about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{degree}: entry {index}, rule {rule}: {what}")]
pub struct Finding {
    /// How bad it is.
    pub degree: Degree,
    /// Index of the entry that it is about.
    pub index: u64,
    /// Number of the rule in `docs/formats/log-entries.md`.
    pub rule: u8,
    /// The last day on which all was well, or on which the untruth came out.
    pub since: Day,
    /// What is wrong, in a sentence.
    pub what: String,
}

impl Ledger {
    /// Everything that is overdue on `today` or has turned out untrue, by entry.
    pub fn findings(&self, today: Day) -> Vec<Finding> {
        let mut findings = Vec::new();
        for case in self.cases.all() {
            self.judge_case(case, today, &mut findings);
        }
        self.judge_preservations(today, &mut findings);
        self.judge_erasures(today, &mut findings);
        self.judge_appeals(today, &mut findings);
        for (mark, place, column, claimed, known) in self.false_claims() {
            findings.push(Finding {
                degree: Degree::Untrue,
                index: mark.index,
                rule: 12,
                since: mark.date,
                what: format!("it claims {column}={claimed} for {place}, the reveals show {known}"),
            });
        }
        findings.sort_by_key(|finding| (finding.index, finding.rule));
        findings
    }

    fn judge_case(&self, case: &Case, today: Day, findings: &mut Vec<Finding>) {
        let Case { number, due, .. } = *case;
        let mut add = |degree, rule, since: Day, what: String| {
            findings.push(Finding {
                degree,
                index: case.mark.index,
                rule,
                since,
                what,
            });
        };
        if case.revealed.is_none() && today > due {
            let what = format!("request {number} was to be revealed by {due}");
            add(Degree::Overdue, 4, due, what);
        }
        let policy = self.registry.policy_at(case.mark.index);
        let order_days = policy.map_or(0, |logged| logged.policy.order_after_days);
        let order_due = case.mark.date.plus(order_days);
        let nothing_opened = case.closed.is_some() && case.openings.is_empty();
        if case.priority == Priority::Emergency
            && case.confirmed.is_none()
            && !nothing_opened
            && today > order_due
        {
            let what = format!("emergency {number} needed its judicial order by {order_due}");
            add(Degree::Red, 4, order_due, what);
        }
        let Some(revealed) = &case.revealed else {
            return;
        };
        if revealed.outcome != Outcome::Delivered {
            return;
        }
        let country = revealed.fields.country;
        if !self.registry.is_served(country, case.mark.index) {
            let what = format!("request {number} came from {country}, which was not served");
            add(Degree::Untrue, 8, revealed.mark.date, what);
        }
        let offence = &revealed.fields.offence;
        if !policy.is_some_and(|logged| logged.policy.offences.contains(offence)) {
            let what = format!("request {number} was for an offence that is not on the list");
            add(Degree::Untrue, 8, revealed.mark.date, what);
        }
        if let Some(tell_by) = case.tell_by()
            && case.told.is_none()
            && today > tell_by
        {
            let what = format!("the person of request {number} was to be told by {tell_by}");
            add(Degree::Overdue, 11, tell_by, what);
        }
    }

    fn judge_preservations(&self, today: Day, findings: &mut Vec<Finding>) {
        for kept in self.preservations.all() {
            let until = kept.until;
            if kept.released.is_none() && today > until.plus(RELEASE_GRACE_DAYS) {
                findings.push(Finding {
                    degree: Degree::Overdue,
                    index: kept.mark.index,
                    rule: 9,
                    since: until,
                    what: format!("the preserved records were to be released by {until}"),
                });
            }
        }
    }

    fn judge_erasures(&self, today: Day, findings: &mut Vec<Finding>) {
        for (day, key) in self.custody.days() {
            if self.custody.erased(day).is_some() {
                continue;
            }
            let policy = self.registry.policy_on(day);
            let retention = policy.map_or(0, |logged| logged.policy.retention_days);
            let erase_by = day.plus(retention + ERASE_GRACE_DAYS);
            if today > erase_by {
                findings.push(Finding {
                    degree: Degree::Overdue,
                    index: key.mark.index,
                    rule: 10,
                    since: erase_by,
                    what: format!("the key of {day} was to be erased by {erase_by}"),
                });
            }
        }
    }
}

impl Case {
    /// By when the person must be told: known only of a request that was delivered and revealed.
    pub fn tell_by(&self) -> Option<Day> {
        let revealed = self.revealed.as_ref()?;
        let closed = self.closed?.mark.date;
        if revealed.outcome != Outcome::Delivered {
            return None;
        }
        let by_itself = match revealed.fields.gag {
            Gag::None => closed.plus(NOTICE_DAYS),
            Gag::Until(_) | Gag::Indefinite => revealed.mark.date.plus(NOTICE_DAYS),
        };
        Some(self.delayed.map_or(by_itself, |delay| delay.until))
    }
}
