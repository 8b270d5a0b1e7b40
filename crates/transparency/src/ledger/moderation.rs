//! Decisions of moderation and what became of them (rules 14 to 18).

#[cfg(test)]
mod tests;

use super::chunks::Chunks;
use super::findings::{Degree, Finding};
use super::{At, Broken, Ledger, Mark, ensure};
use crate::entry::{
    Act, Appeal, Body, Control, Day, Decider, Decision, Deed, Duty, Errand, Hour, Model, Moderator,
    Scope, Signed, Source, Terms, annex_of,
};
use crate::regions::Country;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long a machine's measure may last: 72 hours, counted from the end of its day.
const MACHINE_DAYS: u32 = 4;

/// How long before it holds a later version of the terms is published, in days.
const TERMS_NOTICE_DAYS: u32 = 14;

/// How many people decide something grave.
const GRAVE_DECIDERS: usize = 2;

/// Days in which an appeal is decided.
pub const APPEAL_DAYS: u32 = 14;

/// How often a decision can be contested.
const APPEALS_MAX: u8 = 2;

/// A decision, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedDecision {
    /// Its entry.
    pub mark: Mark,
    /// What it says.
    pub decision: Decision,
    /// The numbers of the moderators who signed it.
    pub by: Vec<u16>,
    /// The number of the decision that undid or replaced it.
    pub settled: Option<u64>,
    /// How often it was contested.
    pub appeals: u8,
    /// The day of an appeal that nobody has decided.
    pub appealed: Option<Day>,
}

impl LoggedDecision {
    /// Whether its measure holds at this moment, in Unix seconds.
    pub fn is_in_force(&self, now_s: u64) -> bool {
        let ended = self
            .decision
            .until
            .is_some_and(|until| until.start_unix() <= now_s);
        self.decision.act.is_measure() && self.settled.is_none() && !ended
    }
}

/// Terms, moderators, decisions, switches of the operator and models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moderation {
    terms: Vec<(Mark, Terms)>,
    moderators: BTreeMap<u16, (Mark, Moderator)>,
    decisions: Chunks<Arc<LoggedDecision>>,
    controls: Vec<(Mark, Control)>,
    models: Vec<(Mark, Model)>,
    deeds: Vec<(Mark, Deed)>,
}

pub(super) enum Change {
    Terms(Mark, Terms),
    Moderator(Mark, Moderator),
    Decision(LoggedDecision),
    Appealed(LoggedDecision),
    Control(Mark, Control),
    Model(Mark, Model),
    Deed(Mark, Deed),
}

impl Moderation {
    /// All versions of the terms, oldest first.
    pub fn terms(&self) -> &[(Mark, Terms)] {
        &self.terms
    }

    /// Who moderates or has moderated, by number.
    pub fn moderators(&self) -> impl Iterator<Item = &(Mark, Moderator)> {
        self.moderators.values()
    }

    /// The moderator with this number.
    pub fn moderator(&self, number: u16) -> Option<&Moderator> {
        self.moderators.get(&number).map(|(_, moderator)| moderator)
    }

    /// How many decisions there are: the number of the newest.
    pub fn decided(&self) -> u64 {
        self.decisions.len() as u64
    }

    /// The decision with this number.
    pub fn decision(&self, number: u64) -> Option<&LoggedDecision> {
        let position = usize::try_from(number.checked_sub(1)?).ok()?;
        self.decisions.get(position).map(Arc::as_ref)
    }

    /// All decisions, oldest first.
    pub fn decisions(&self) -> impl ExactSizeIterator<Item = &LoggedDecision> {
        self.decisions
            .range(0, self.decisions.len())
            .map(Arc::as_ref)
    }

    /// What the operator has switched, oldest first.
    pub fn controls(&self) -> &[(Mark, Control)] {
        &self.controls
    }

    /// What became of versions of the classifier, oldest first.
    pub fn models(&self) -> &[(Mark, Model)] {
        &self.models
    }

    /// What was done around moderation that is no decision, oldest first.
    pub fn deeds(&self) -> &[(Mark, Deed)] {
        &self.deeds
    }

    /// How many accounts are marked as staff's.
    fn staff(&self) -> u64 {
        let mut staff = 0_u64;
        for (_, deed) in &self.deeds {
            match deed.what {
                Errand::Staff => staff = staff.saturating_add(deed.count),
                Errand::NoStaff => staff = staff.saturating_sub(deed.count),
                _ => {}
            }
        }
        staff
    }

    pub(super) fn judge(&self, body: &Body, by: &[Signed], at: &At<'_>) -> Result<Change, Broken> {
        match body {
            Body::Terms(terms) => self.judge_terms(terms, at),
            Body::Moderator(moderator) => self.judge_moderator(moderator, at),
            Body::Decision(decision) => self.judge_decision(decision, by, at),
            Body::Appeal(appeal) => self.judge_appeal(appeal, at),
            Body::Control(control) => Ok(Change::Control(at.mark, control.clone())),
            Body::Model(model) => Ok(Change::Model(at.mark, model.clone())),
            Body::Deed(deed) => self.judge_deed(deed, at),
            _ => unreachable!("handed over by kind"),
        }
    }

    fn judge_terms(&self, terms: &Terms, at: &At<'_>) -> Result<Change, Broken> {
        let expected = self.terms.len() as u64 + 1;
        ensure!(
            terms.version == expected,
            17,
            "the next version of the terms is {expected}"
        );
        let wait = if expected == 1 { 0 } else { TERMS_NOTICE_DAYS };
        let earliest = at.mark.date.plus(wait);
        ensure!(
            terms.effective >= earliest,
            17,
            "it would hold before {earliest}"
        );
        Ok(Change::Terms(at.mark, terms.clone()))
    }

    fn judge_moderator(&self, moderator: &Moderator, at: &At<'_>) -> Result<Change, Broken> {
        let Moderator { number, key, duty } = *moderator;
        let known = self.moderator(number);
        let on_duty = known.is_some_and(|known| known.duty == Duty::On);
        ensure!(
            on_duty == (duty == Duty::Off),
            14,
            "moderator {number} cannot begin twice, nor end before beginning"
        );
        if let Some(known) = known {
            ensure!(known.key == key, 14, "moderator {number} has another key");
        } else {
            let mut others = self.moderators.values();
            let taken = others.any(|(_, other)| other.key == key);
            ensure!(!taken, 14, "another moderator has this key");
        }
        Ok(Change::Moderator(at.mark, moderator.clone()))
    }

    fn judge_decision(
        &self,
        decision: &Decision,
        by: &[Signed],
        at: &At<'_>,
    ) -> Result<Change, Broken> {
        let expected = self.decided() + 1;
        ensure!(
            decision.number == expected,
            15,
            "the next decision is {expected}"
        );
        self.check_terms(decision, at.mark.date)?;
        let received = Hour::first_of(at.mark.date.plus(1));
        ensure!(decision.received < received, 15, "received after its day");
        match decision.decided_by {
            Decider::Machine => check_machine(decision, at.mark.date)?,
            Decider::Person => self.check_people(decision, by, at)?,
        }
        let order = decision.source == Source::Order;
        ensure!(
            order == decision.authority.is_some(),
            15,
            "an order, and only one, names its authority"
        );
        check_annex(decision)?;
        let by: Vec<u16> = by.iter().map(|signed| signed.index).collect();
        self.check_settled(decision, &by)?;
        Ok(Change::Decision(LoggedDecision {
            mark: at.mark,
            decision: decision.clone(),
            by,
            settled: None,
            appeals: 0,
            appealed: None,
        }))
    }

    /// A decision cites the terms in force when it is made: on the day of its entry or, because one of
    /// the last minutes of a day may be entered in the next, the day before. What settles an earlier
    /// decision may cite its version instead: nobody is judged by rules that came later.
    fn check_terms(&self, decision: &Decision, date: Day) -> Result<(), Broken> {
        let cited = decision.terms;
        ensure!(
            (1..=self.terms.len() as u64).contains(&cited),
            15,
            "the terms have no version {cited}"
        );
        let settled = decision.settles.and_then(|number| self.decision(number));
        if settled.is_some_and(|settled| settled.decision.terms == cited) {
            return Ok(());
        }
        let yesterday = Day(date.0.saturating_sub(1));
        let (first, last) = (self.terms_on(yesterday), self.terms_on(date));
        ensure!(
            cited <= last,
            15,
            "version {cited} of the terms is not in force yet"
        );
        ensure!(
            cited >= first,
            15,
            "version {cited} of the terms was replaced by {first}"
        );
        Ok(())
    }

    /// The version of the terms in force on a day; 0 for none.
    pub fn terms_on(&self, day: Day) -> u64 {
        let mut newest_first = self.terms.iter().rev();
        let holds = newest_first.find(|(_, terms)| terms.effective <= day);
        holds.map_or(0, |(_, terms)| terms.version)
    }

    fn check_people(&self, decision: &Decision, by: &[Signed], at: &At<'_>) -> Result<(), Broken> {
        let needed = if decision.act.is_grave() {
            GRAVE_DECIDERS
        } else {
            1
        };
        ensure!(
            by.len() >= needed,
            15,
            "{} is decided by {needed}",
            decision.act
        );
        for signed in by {
            let moderator = self.moderator(signed.index);
            let moderator = moderator.filter(|moderator| moderator.duty == Duty::On);
            let Some(moderator) = moderator else {
                return Err(Broken::new(
                    15,
                    format!("{} does not moderate", signed.index),
                ));
            };
            ensure!(
                signed.holds(&moderator.key, at.message),
                15,
                "the signature of moderator {} does not verify",
                signed.index
            );
        }
        Ok(())
    }

    /// What a decision does to the one that it names.
    fn check_settled(&self, decision: &Decision, by: &[u16]) -> Result<(), Broken> {
        let needs_one =
            matches!(decision.act, Act::Undo | Act::Uphold) || decision.source == Source::Appeal;
        let Some(number) = decision.settles else {
            ensure!(
                !needs_one,
                16,
                "it names no decision that it undoes or upholds"
            );
            return Ok(());
        };
        let Some(earlier) = self.decision(number) else {
            return Err(Broken::new(16, format!("there is no decision {number}")));
        };
        ensure!(
            earlier.decision.act.is_measure(),
            16,
            "decision {number} has changed nothing"
        );
        ensure!(
            earlier.settled.is_none(),
            16,
            "decision {number} is settled already"
        );
        ensure!(
            earlier.decision.subject == decision.subject,
            16,
            "decision {number} is about something else"
        );
        let on_appeal = decision.source == Source::Appeal;
        if on_appeal || decision.act == Act::Uphold {
            ensure!(
                on_appeal && earlier.appealed.is_some(),
                16,
                "decision {number} is not contested"
            );
            let same = by.iter().find(|number| earlier.by.contains(number));
            if let Some(same) = same {
                return Err(Broken::new(
                    16,
                    format!("moderator {same} decided {number} and hears the appeal"),
                ));
            }
        }
        Ok(())
    }

    fn judge_appeal(&self, appeal: &Appeal, _: &At<'_>) -> Result<Change, Broken> {
        let number = appeal.decision;
        let Some(logged) = self.decision(number) else {
            return Err(Broken::new(16, format!("there is no decision {number}")));
        };
        ensure!(
            logged.decision.act.is_measure() && logged.settled.is_none(),
            16,
            "decision {number} is not in force"
        );
        ensure!(
            logged.appealed.is_none(),
            16,
            "decision {number} is contested already"
        );
        ensure!(
            logged.appeals < APPEALS_MAX,
            16,
            "decision {number} was contested {APPEALS_MAX} times"
        );
        Ok(Change::Appealed(LoggedDecision {
            appeals: logged.appeals + 1,
            ..logged.clone()
        }))
    }

    fn judge_deed(&self, deed: &Deed, at: &At<'_>) -> Result<Change, Broken> {
        let announced = deed.what == Errand::Announcement;
        ensure!(
            announced == deed.text.is_some(),
            18,
            "an announcement, and nothing else, has a text"
        );
        let ends = if deed.what == Errand::NoStaff {
            deed.count
        } else {
            0
        };
        ensure!(
            ends <= self.staff(),
            18,
            "more accounts are staff's no longer than there were"
        );
        Ok(Change::Deed(at.mark, deed.clone()))
    }

    pub(super) fn commit(&mut self, change: Change, date: Day) {
        match change {
            Change::Terms(mark, terms) => self.terms.push((mark, terms)),
            Change::Moderator(mark, moderator) => {
                self.moderators.insert(moderator.number, (mark, moderator));
            }
            Change::Decision(decision) => {
                self.settle(&decision);
                self.decisions.push(Arc::new(decision));
            }
            Change::Appealed(mut decision) => {
                decision.appealed = Some(date);
                self.replace(decision);
            }
            Change::Control(mark, control) => self.controls.push((mark, control)),
            Change::Model(mark, model) => self.models.push((mark, model)),
            Change::Deed(mark, deed) => self.deeds.push((mark, deed)),
        }
    }

    fn settle(&mut self, by: &LoggedDecision) {
        let Some(number) = by.decision.settles else {
            return;
        };
        let earlier = self.decision(number).expect("checked when it was judged");
        let mut earlier = earlier.clone();
        if by.decision.act != Act::Uphold {
            earlier.settled = Some(by.decision.number);
        }
        earlier.appealed = None;
        self.replace(earlier);
    }

    fn replace(&mut self, decision: LoggedDecision) {
        let position = decision.decision.number - 1;
        let position = usize::try_from(position).expect("as many as fit in memory");
        self.decisions.replace(position, Arc::new(decision));
    }
}

/// What a country's law asks for holds there, and nowhere else.
fn check_annex(decision: &Decision) -> Result<(), Broken> {
    let Some(place) = annex_of(&decision.clause) else {
        return Ok(());
    };
    let there = place.parse().map(|country| Scope::Countries(vec![country]));
    ensure!(
        !decision.act.is_measure() || there.is_ok_and(|there| decision.scope == there),
        15,
        "a clause of the annex of {place} reaches further than there"
    );
    Ok(())
}

fn check_machine(decision: &Decision, date: Day) -> Result<(), Broken> {
    ensure!(
        decision.act.is_for_machines(),
        15,
        "a machine may not {}",
        decision.act
    );
    ensure!(
        decision.settles.is_none() && decision.source == Source::Machine,
        15,
        "a machine settles nothing of others"
    );
    let latest = Hour::first_of(date.plus(MACHINE_DAYS));
    let ends = decision.until.is_some_and(|until| until <= latest);
    ensure!(
        ends,
        15,
        "what a machine does ends within 72 hours unless a person confirms it"
    );
    Ok(())
}

impl Ledger {
    /// Terms, moderators, decisions, switches of the operator and models.
    pub fn moderation(&self) -> &Moderation {
        &self.moderation
    }

    /// Appeals that nobody has decided in time.
    pub(super) fn judge_appeals(&self, today: Day, findings: &mut Vec<Finding>) {
        for logged in self.moderation.decisions() {
            let Some(appealed) = logged.appealed else {
                continue;
            };
            let due = appealed.plus(APPEAL_DAYS);
            if today > due {
                findings.push(Finding {
                    degree: Degree::Overdue,
                    index: logged.mark.index,
                    rule: 16,
                    since: due,
                    what: format!(
                        "the appeal against decision {} was to be decided by {due}",
                        logged.decision.number
                    ),
                });
            }
        }
    }
}

impl Scope {
    /// Whether a measure with this scope holds for people of a country.
    pub fn holds_in(&self, country: Country) -> bool {
        match self {
            Self::World => true,
            Self::Countries(countries) => countries.contains(&country),
        }
    }
}
