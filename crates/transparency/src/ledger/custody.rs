//! Custodians, their keys by day, and the erasure of these (rules 2 and 10).

use std::collections::BTreeMap;
use std::sync::Arc;

use heliograph_vault::keyset::{Ceremony, Role};

use super::keys::{Lineage, LoggedKey};
use super::{At, Broken, Mark, ensure};
use crate::entry::{Day, Erase, Mode, Roster, Signed};

/// A roster of custodians, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRoster {
    /// Its entry.
    pub mark: Mark,
    /// The custodians.
    pub roster: Roster,
}

/// The erasure of a day's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Its entry.
    pub mark: Mark,
    /// How many records became unreadable.
    pub records: u64,
}

/// Custodians and everything they hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Custody {
    rosters: Vec<Arc<LoggedRoster>>,
    days: BTreeMap<Day, Arc<LoggedKey>>,
    phones: Lineage,
    erased: BTreeMap<Day, Erased>,
}

pub(super) enum Change {
    Roster(LoggedRoster),
    Key(Box<LoggedKey>),
    Erased(Day, Erased),
}

impl Custody {
    /// The roster in force.
    pub fn roster(&self) -> Option<&LoggedRoster> {
        self.rosters.last().map(Arc::as_ref)
    }

    /// All rosters that were ever in force, oldest first.
    pub fn rosters(&self) -> impl Iterator<Item = &LoggedRoster> {
        self.rosters.iter().map(Arc::as_ref)
    }

    /// The key that this ceremony made, with those who hold its shares.
    pub fn key_of(&self, ceremony: &Ceremony) -> Option<&Arc<LoggedKey>> {
        let made = |key: &&Arc<LoggedKey>| key.keys.ceremony == *ceremony;
        match ceremony.role {
            Role::IpCustodians => self.days.get(&Day(ceremony.epoch)).filter(made),
            Role::PhoneCustodians => self.phones.all().iter().find(made),
            Role::Officers => None,
        }
    }

    /// The key under which a day's address records are sealed.
    pub fn day_key(&self, day: Day) -> Option<&Arc<LoggedKey>> {
        self.days.get(&day)
    }

    /// All days that have a key.
    pub fn days(&self) -> impl Iterator<Item = (Day, &Arc<LoggedKey>)> {
        self.days.iter().map(|(day, key)| (*day, key))
    }

    /// The key under which phone records are sealed.
    pub fn phone_key(&self) -> Option<&Arc<LoggedKey>> {
        self.phones.newest()
    }

    /// All phone keys, oldest first; each refresh is one of its own.
    pub fn phone_keys(&self) -> &[Arc<LoggedKey>] {
        self.phones.all()
    }

    /// The newest shares of the phone key with this public key, which need not be the newest: a
    /// record stays under the key that it was sealed to.
    pub fn phone_key_of(&self, public_key: &[u8; 32]) -> Option<&Arc<LoggedKey>> {
        let mut newest_first = self.phones.all().iter().rev();
        newest_first.find(|key| key.keys.public_key.to_bytes() == *public_key)
    }

    /// When the key of a day was erased.
    pub fn erased(&self, day: Day) -> Option<Erased> {
        self.erased.get(&day).copied()
    }

    /// Whether every custodian's key that has not been erased is kept by remote custodians, and
    /// there is one.
    pub fn is_remote(&self) -> bool {
        let days = self.days.iter();
        let kept = days.filter(|(day, _)| !self.erased.contains_key(day));
        let mut keys = kept
            .map(|(_, key)| key)
            .chain(self.phones.newest())
            .peekable();
        keys.peek().is_some() && keys.all(|key| key.mode == Some(Mode::Remote))
    }

    pub(super) fn judge_roster(&self, roster: &Roster, at: &At<'_>) -> Result<Change, Broken> {
        let expected = self.rosters.len() as u64 + 1;
        ensure!(
            roster.set == expected,
            2,
            "the next set of custodians is {expected}"
        );
        Ok(Change::Roster(LoggedRoster {
            mark: at.mark,
            roster: roster.clone(),
        }))
    }

    pub(super) fn judge_key(&self, key: LoggedKey) -> Result<Change, Broken> {
        let Some(LoggedRoster { roster, .. }) = self.roster() else {
            return Err(Broken::new(2, "there is no roster of custodians"));
        };
        ensure!(
            key.mode == Some(roster.mode) && key.keys.threshold == roster.threshold,
            2,
            "mode or threshold is not that of the roster"
        );
        let count = key.holders.len() == roster.custodians.len();
        let pairs = key.holders.iter().zip(&roster.custodians);
        let mut same =
            pairs.map(|(holder, own)| (holder.index, holder.key) == (own.index, own.key));
        ensure!(
            count && same.all(|same| same),
            2,
            "the holders are not the custodians of the roster"
        );
        if key.keys.ceremony.role == Role::IpCustodians {
            let day = Day(key.keys.ceremony.epoch);
            let generation = key.keys.ceremony.generation;
            ensure!(generation == 0, 2, "the key of a day is not refreshed");
            ensure!(!self.days.contains_key(&day), 2, "{day} has a key already");
            ensure!(
                key.mark.date <= day,
                2,
                "the key of {day} comes after that day"
            );
        } else {
            self.phones.check_next(&key)?;
        }
        Ok(Change::Key(Box::new(key)))
    }

    pub(super) fn judge_erase(
        &self,
        erase: &Erase,
        by: &[Signed],
        at: &At<'_>,
    ) -> Result<Change, Broken> {
        let day = erase.day;
        let Some(key) = self.day_key(day) else {
            return Err(Broken::new(10, format!("{day} has no key")));
        };
        ensure!(
            !self.erased.contains_key(&day),
            10,
            "the key of {day} is erased already"
        );
        ensure!(at.mark.date > day, 10, "{day} is not over");
        key.check_signed(by, at.message, key.holders.len(), 10)?;
        let erased = Erased {
            mark: at.mark,
            records: erase.records,
        };
        Ok(Change::Erased(day, erased))
    }

    pub(super) fn commit(&mut self, change: Change) {
        match change {
            Change::Roster(roster) => self.rosters.push(Arc::new(roster)),
            Change::Key(key) if key.keys.ceremony.role == Role::IpCustodians => {
                let day = Day(key.keys.ceremony.epoch);
                self.days.insert(day, Arc::from(key));
            }
            Change::Key(key) => self.phones.push(*key),
            Change::Erased(day, erased) => {
                self.erased.insert(day, erased);
            }
        }
    }
}
