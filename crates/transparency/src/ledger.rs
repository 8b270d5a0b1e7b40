//! The log replayed: every rule over the whole log, and what the log says after each entry.
//!
//! [`Ledger::apply`] takes the entries one after the other and stops at the first that breaks a
//! rule of `docs/formats/log-entries.md`, saying which and why. What is merely late, or what a
//! later entry has shown to be untrue, does not stop it: [`Ledger::findings`] tells of that.
//!
//! - [`keys`], [`custody`]: officers, custodians, and the keys they hold.
//! - [`registry`]: policy, countries, authorities, switches, vault roots, keeper counts.
//! - [`cases`], [`preservation`]: requests and what was kept for them.
//! - [`moderation`]: terms, moderators, decisions and appeals.
//! - [`reports`], [`tally`]: what the operator says, and what the entries show.
//! - [`findings`]: what is overdue or untrue on a given day.
//!
//! A ledger is cheap to clone: it shares its cases with the copy.

pub mod cases;
mod check;
mod chunks;
pub mod custody;
pub mod findings;
pub mod keys;
pub mod moderation;
pub mod preservation;
pub mod registry;
pub mod reports;
pub mod tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

pub use check::{Check, Checker};

use crate::entry::{Body, Day, Entry, KeyRole, NoticeState};
use crate::tree::{Hash, leaf_hash};
use cases::Cases;
use custody::Custody;
use keys::{Lineage, LoggedKey};
use moderation::Moderation;
use preservation::Preservations;
use registry::Registry;
use reports::Reports;

/// Where an entry stands in the log, and its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Its index.
    pub index: u64,
    /// Its date.
    pub date: Day,
}

/// An entry breaks a rule. Nothing after it can be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {index} breaks rule {rule}: {why}")]
pub struct Violation {
    /// Index of the entry.
    pub index: u64,
    /// Number of the rule in `docs/formats/log-entries.md`.
    pub rule: u8,
    /// What is wrong, in a sentence.
    pub why: String,
}

/// A rule is broken by the entry at hand.
#[derive(Debug)]
pub(crate) struct Broken {
    rule: u8,
    why: String,
}

/// Refuses the entry under a rule, unless something holds.
macro_rules! ensure {
    ($holds:expr, $rule:expr, $($why:tt)+) => {
        if !$holds {
            return Err($crate::ledger::Broken::new($rule, format!($($why)+)));
        }
    };
}
pub(crate) use ensure;

impl Broken {
    pub(crate) fn new(rule: u8, why: impl Into<String>) -> Self {
        Self {
            rule,
            why: why.into(),
        }
    }
}

/// The form of entries, their dates and their signatures.
const FORM: u8 = 0;

/// An entry that is being applied.
pub(crate) struct At<'a> {
    /// Its place.
    pub(crate) mark: Mark,
    /// Its RFC 6962 leaf hash.
    pub(crate) hash: Hash,
    /// What its signatures are over.
    pub(crate) message: &'a [u8],
}

/// The state of the log after some of its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    origin: Arc<str>,
    size: u64,
    /// The first entry of each day that has any.
    days: Vec<Mark>,
    registry: Registry,
    officers: Lineage,
    custody: Custody,
    /// Every key that was ever made: none may come again.
    public_keys: BTreeSet<[u8; 32]>,
    cases: Cases,
    preservations: Preservations,
    reports: Reports,
    moderation: Moderation,
}

impl Ledger {
    /// The empty log of this origin.
    pub fn new(origin: &str) -> Self {
        Self {
            origin: origin.into(),
            size: 0,
            days: Vec::new(),
            registry: Registry::default(),
            officers: Lineage::default(),
            custody: Custody::default(),
            public_keys: BTreeSet::new(),
            cases: Cases::default(),
            preservations: Preservations::default(),
            reports: Reports::default(),
            moderation: Moderation::default(),
        }
    }

    /// Takes the entry with this index.
    ///
    /// Fails when it breaks a rule; the ledger is then what it was before.
    pub fn apply(&mut self, index: u64, bytes: &[u8]) -> Result<(), Violation> {
        let mut checks = Vec::new();
        let trial = self.judge(index, bytes, &mut checks)?;
        for check in checks {
            check.run(&self.origin)?;
        }
        self.commit(trial);
        Ok(())
    }

    /// As [`Ledger::apply`], but leaves the slow checks of vectors to the caller, who can have many
    /// run at once by a [`Checker`]. Until all of them have passed, the ledger is not to be believed.
    pub fn apply_deferring(
        &mut self,
        index: u64,
        bytes: &[u8],
        checks: &mut Vec<Check>,
    ) -> Result<(), Violation> {
        let trial = self.judge(index, bytes, checks)?;
        self.commit(trial);
        Ok(())
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The log's name, for other threads.
    pub(crate) fn shared_origin(&self) -> &Arc<str> {
        &self.origin
    }

    /// Whether the log is one of a demonstration.
    pub fn is_demo(&self) -> bool {
        self.origin.starts_with("demo.")
    }

    /// How many entries it has taken.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The date of the newest entry.
    pub fn date(&self) -> Option<Day> {
        self.days.last().map(|mark| mark.date)
    }

    /// The date of the first entry.
    pub fn first_date(&self) -> Option<Day> {
        self.days.first().map(|mark| mark.date)
    }

    /// The date of the entry with this index.
    pub fn date_of(&self, index: u64) -> Option<Day> {
        let later = self.days.partition_point(|mark| mark.index <= index);
        let day = self.days[..later].last()?;
        (index < self.size).then_some(day.date)
    }

    /// Policy, countries, authorities, switches, vault roots and keeper counts.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The set of officers in force.
    pub fn officers(&self) -> Option<&Arc<LoggedKey>> {
        self.officers.newest()
    }

    /// The set of officers that this `keys` entry published, in force or not.
    pub fn officers_of(&self, index: u64) -> Option<&Arc<LoggedKey>> {
        let mut sets = self.officers.all().iter();
        sets.find(|set| set.mark.index == index)
    }

    /// All sets of officers, oldest first.
    pub fn officer_sets(&self) -> &[Arc<LoggedKey>] {
        self.officers.all()
    }

    /// Custodians and their keys.
    pub fn custody(&self) -> &Custody {
        &self.custody
    }

    /// Requests and what became of them.
    pub fn cases(&self) -> &Cases {
        &self.cases
    }

    /// Preserved records.
    pub fn preservations(&self) -> &Preservations {
        &self.preservations
    }

    /// Reports and their proofs.
    pub fn reports(&self) -> &Reports {
        &self.reports
    }

    /// How many entries are dated before this day.
    pub fn entries_before(&self, day: Day) -> u64 {
        let later = self.days.partition_point(|mark| mark.date < day);
        self.days.get(later).map_or(self.size, |mark| mark.index)
    }
}

/// A change that an entry makes once it is accepted.
struct Accepted {
    date: Day,
    change: Change,
}

/// What an entry changes. Every part checks first and gives back what it will become, so that a
/// refused entry changes nothing.
enum Change {
    Registry(Box<registry::Change>),
    Officers(Box<LoggedKey>),
    Custody(custody::Change),
    Case(Box<cases::Change>),
    Preservation(preservation::Change),
    Report(Box<reports::Change>),
    Moderation(Box<moderation::Change>),
}

impl Ledger {
    fn judge(
        &self,
        index: u64,
        bytes: &[u8],
        checks: &mut Vec<Check>,
    ) -> Result<Accepted, Violation> {
        self.judge_entry(index, bytes, checks)
            .map_err(|Broken { rule, why }| Violation { index, rule, why })
    }

    fn judge_entry(
        &self,
        index: u64,
        bytes: &[u8],
        checks: &mut Vec<Check>,
    ) -> Result<Accepted, Broken> {
        ensure!(index == self.size, FORM, "the next entry is {}", self.size);
        let entry = Entry::parse(bytes).map_err(|error| Broken::new(FORM, error.to_string()))?;
        let date = entry.date;
        let first = matches!(entry.body, Body::Policy(_)) || self.size > 0;
        ensure!(first, FORM, "the first entry is not a policy");
        let previous = self.date().unwrap_or(date);
        ensure!(
            date >= previous,
            FORM,
            "it is dated {date}, after an entry of {previous}"
        );
        let message = crate::entry::act::message(&self.origin, bytes);
        let at = At {
            mark: Mark { index, date },
            hash: leaf_hash(bytes),
            message: &message,
        };
        self.check_act(&entry, &at)?;
        let change = self.change(&entry, &at)?;
        check::collect(&self.cases, index, &entry, checks);
        Ok(Accepted { date, change })
    }

    /// Checks the signatures of officers under a decision of theirs.
    fn check_act(&self, entry: &Entry, at: &At<'_>) -> Result<(), Broken> {
        let needs_two = |threshold: usize| threshold.min(2);
        let (needed, before_officers): (fn(usize) -> usize, bool) = match &entry.body {
            Body::Policy(_) | Body::Custodians(_) | Body::Switch(_) => (|all| all, true),
            Body::Country(_) | Body::Confirm(_) | Body::Preserve(_) | Body::Extend(_) => {
                (|all| all, false)
            }
            Body::Notice(notice) if notice.state == NoticeState::Delayed => (|all| all, false),
            Body::Authority(_) => (needs_two, false),
            // Holders sign keys and erasures, moderators their decisions, which is checked with
            // them; nobody signs the rest.
            _ => return Ok(()),
        };
        if let Some(officers) = self.officers() {
            let needed = needed(usize::from(officers.keys.threshold));
            return officers.check_signed(&entry.by, at.message, needed, FORM);
        }
        ensure!(
            before_officers,
            FORM,
            "there are no officers yet to decide it"
        );
        ensure!(
            entry.by.is_empty(),
            FORM,
            "signed by officers that do not exist yet"
        );
        Ok(())
    }

    fn change(&self, entry: &Entry, at: &At<'_>) -> Result<Change, Broken> {
        let case = |change| Change::Case(Box::new(change));
        Ok(match &entry.body {
            Body::Policy(_)
            | Body::Country(_)
            | Body::Authority(_)
            | Body::Switch(_)
            | Body::Vault(_)
            | Body::Keeper(_)
            | Body::Intake(_) => {
                let change = self.registry.judge(&self.origin, &entry.body, at)?;
                Change::Registry(Box::new(change))
            }
            Body::Custodians(roster) => Change::Custody(self.custody.judge_roster(roster, at)?),
            Body::Erase(erase) => Change::Custody(self.custody.judge_erase(erase, &entry.by, at)?),
            Body::Keys(keys) => {
                let key = LoggedKey::check(keys, &entry.by, at)?;
                let known = self.public_keys.contains(&keys.public_key);
                ensure!(
                    keys.generation > 0 || !known,
                    1,
                    "the public key was used before"
                );
                if keys.role == KeyRole::Officers {
                    self.officers.check_next(&key)?;
                    self.check_prior(entry, at)?;
                    Change::Officers(Box::new(key))
                } else {
                    Change::Custody(self.custody.judge_key(key)?)
                }
            }
            Body::Request(request) => case(self.cases.judge_request(request, at)?),
            Body::Confirm(confirm) => case(self.cases.judge_confirm(confirm, at)?),
            Body::Open(open) => {
                let in_force = self.officers().map(|officers| officers.mark.index);
                ensure!(
                    in_force == Some(open.officers),
                    5,
                    "entry {} is not the set of officers in force",
                    open.officers
                );
                self.check_cap(open.n, 5)?;
                let change = self.cases.judge_open(open, at)?;
                if let Some(preserve) = open.preserved {
                    let follows = self.cases.at(open.request).and_then(|case| case.follows);
                    self.preservations.check_open(preserve, open, follows, at)?;
                }
                case(change)
            }
            Body::Closed(closed) => case(self.cases.judge_closed(closed, at)?),
            Body::Extend(extend) if self.preservations.at(extend.of).is_some() => {
                Change::Preservation(self.preservations.judge_extend(extend, at)?)
            }
            Body::Extend(extend) => case(self.cases.judge_extend(extend, at)?),
            Body::Reveal(reveal) => case(self.cases.judge_reveal(reveal, at)?),
            Body::Notice(notice) => case(self.cases.judge_notice(notice, at)?),
            Body::Preserve(preserve) => {
                self.check_cap(preserve.n, 9)?;
                let case = self.cases.at(preserve.request);
                let open = case.is_some_and(|case| case.closed.is_none());
                ensure!(open, 9, "entry {} is not an open request", preserve.request);
                Change::Preservation(Preservations::judge_preserve(preserve, at)?)
            }
            Body::Release(release) => {
                let opened = self.cases.opened_from(release.preserve);
                Change::Preservation(self.preservations.judge_release(release, opened, at)?)
            }
            Body::Report(report) => Change::Report(Box::new(self.judge_report(report, at)?)),
            Body::Terms(_)
            | Body::Moderator(_)
            | Body::Decision(_)
            | Body::Appeal(_)
            | Body::Control(_)
            | Body::Model(_)
            | Body::Deed(_) => {
                let change = self.moderation.judge(&entry.body, &entry.by, at)?;
                Change::Moderation(Box::new(change))
            }
        })
    }

    fn check_cap(&self, n: u32, rule: u8) -> Result<(), Broken> {
        let cap = self.registry.policy().map_or(0, |logged| logged.policy.cap);
        ensure!(
            n <= cap,
            rule,
            "{n} records are more than the policy's {cap}"
        );
        Ok(())
    }

    /// A later set of officers is signed by enough of the set before it.
    fn check_prior(&self, entry: &Entry, at: &At<'_>) -> Result<(), Broken> {
        if let Some(before) = self.officers() {
            let needed = usize::from(before.keys.threshold);
            return before.check_signed(&entry.prior, at.message, needed, 1);
        }
        ensure!(
            entry.prior.is_empty(),
            1,
            "there is no earlier set to sign it"
        );
        Ok(())
    }

    fn commit(&mut self, Accepted { date, change }: Accepted) {
        if self.date() != Some(date) {
            self.days.push(Mark {
                index: self.size,
                date,
            });
        }
        match change {
            Change::Registry(change) => self.registry.commit(*change),
            Change::Officers(key) => {
                self.public_keys.insert(key.keys.public_key.to_bytes());
                self.officers.push(*key);
            }
            Change::Custody(change) => {
                if let custody::Change::Key(key) = &change {
                    self.public_keys.insert(key.keys.public_key.to_bytes());
                }
                self.custody.commit(change);
            }
            Change::Case(change) => self.cases.commit(*change),
            Change::Preservation(change) => self.preservations.commit(change),
            Change::Report(change) => self.reports.commit(*change),
            Change::Moderation(change) => self.moderation.commit(*change, date),
        }
        self.size += 1;
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} of {}", self.index, self.date)
    }
}
