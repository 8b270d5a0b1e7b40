//! What moderation has put on a public peer or post: where it is found, and what clients show of it.

use crate::UnixMs;
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// What was decided of a peer or a post, as it stands now. Nothing is put on most of them, and they
/// have no such row.
///
/// Every part names the decision that put it there, so that undoing that decision takes away just
/// this part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Measures {
    /// Where search shows it, strictest last decision first.
    #[n(0)]
    pub reach: Vec<Measure<Reach>>,
    /// Clients mark it.
    #[n(1)]
    pub warnings: Vec<Measure<Warning>>,
    /// Clients do not show it, here and there.
    #[n(2)]
    pub restrictions: Vec<Measure<Restriction>>,
    /// The account may only read.
    #[n(3)]
    pub frozen: Vec<Measure<Freeze>>,
    /// The account may not write to strangers.
    #[n(4)]
    pub limited: Vec<Measure<()>>,
}

/// One part, and the decision that put it there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Measure<T> {
    /// The number of the decision.
    #[n(0)]
    pub decision: u64,
    /// When it ends by itself; `None` until it is undone.
    #[n(1)]
    pub until: Option<UnixMs>,
    /// What was put there.
    #[n(2)]
    pub what: T,
}

/// Where search shows a peer or post. The order is from mild to strict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Reach {
    /// Behind everything else that matches.
    #[n(0)]
    Demoted,
    /// Not until somebody has looked at it.
    #[n(1)]
    Held,
    /// In no search of people in these countries, or of anybody. Its exact username still leads to
    /// it, and its members still find it among their own chats.
    #[n(2)]
    Delisted(#[n(0)] Territory),
    /// By no name at all.
    #[n(3)]
    Blocked,
}

/// Where a measure holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Territory {
    /// For people whose number is of one of these countries (ISO 3166, two letters each).
    #[n(0)]
    Countries(#[n(0)] Vec<String>),
    /// For everybody.
    #[n(1)]
    World,
}

impl Territory {
    /// Whether it holds for a viewer from `country`. A viewer without a country is under what holds
    /// for everybody only.
    pub fn holds_for(&self, country: Option<&str>) -> bool {
        match self {
            Territory::World => true,
            Territory::Countries(countries) => {
                country.is_some_and(|viewer| countries.iter().any(|one| one == viewer))
            }
        }
    }
}

/// A mark that clients put beside a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Warning {
    /// "SCAM".
    #[n(0)]
    Scam,
    /// "FAKE".
    #[n(1)]
    Fake,
}

/// What clients show in place of a peer or post (`restrictionReason`).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Restriction {
    /// `all`, or the clients it holds for: `android`, `ios`.
    #[n(0)]
    pub platform: String,
    /// A word that clients know: `terms`, `porn`, `copyright`.
    #[n(1)]
    pub reason: String,
    /// What people read instead.
    #[n(2)]
    pub text: String,
    /// For whom.
    #[n(3)]
    pub territory: Territory,
}

/// An account that may only read (`freeze_since_date`, `freeze_until_date`, `freeze_appeal_url`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Freeze {
    /// Since when.
    #[n(0)]
    pub since: UnixMs,
    /// When the account will be deleted, if nobody appeals.
    #[n(1)]
    pub delete_at: UnixMs,
}

impl Measures {
    /// Whether nothing is put on it.
    pub fn is_empty(&self) -> bool {
        *self == Measures::default()
    }

    /// The strictest reach that holds at `now` for a viewer from `country`; `None` where search
    /// shows it like anything else.
    pub fn reach(&self, country: Option<&str>, now: UnixMs) -> Option<&Reach> {
        let holds = |reach: &Reach| match reach {
            Reach::Delisted(territory) => territory.holds_for(country),
            _ => true,
        };
        let at_work = at_work(&self.reach, now);
        at_work.filter(|reach| holds(reach)).max()
    }

    /// The marks at `now`.
    pub fn warnings(&self, now: UnixMs) -> impl Iterator<Item = Warning> {
        at_work(&self.warnings, now).copied()
    }

    /// What clients of a viewer from `country` show in its place at `now`.
    pub fn restrictions(
        &self,
        country: Option<&str>,
        now: UnixMs,
    ) -> impl Iterator<Item = &Restriction> {
        at_work(&self.restrictions, now)
            .filter(move |restriction| restriction.territory.holds_for(country))
    }

    /// The freeze at `now`.
    pub fn freeze(&self, now: UnixMs) -> Option<&Freeze> {
        at_work(&self.frozen, now).next()
    }

    /// Whether the account may not write to strangers at `now`.
    pub fn is_limited(&self, now: UnixMs) -> bool {
        at_work(&self.limited, now).next().is_some()
    }

    /// The decisions that have put something there, ended or not.
    pub fn decisions(&self) -> BTreeSet<u64> {
        let mut numbers = BTreeSet::new();
        numbers.extend(self.reach.iter().map(|measure| measure.decision));
        numbers.extend(self.warnings.iter().map(|measure| measure.decision));
        numbers.extend(self.restrictions.iter().map(|measure| measure.decision));
        numbers.extend(self.frozen.iter().map(|measure| measure.decision));
        numbers.extend(self.limited.iter().map(|measure| measure.decision));
        numbers
    }

    /// Takes away what one decision put there, and what has ended; whether anything was its.
    pub fn lift(&mut self, decision: u64, now: UnixMs) -> bool {
        let before = self.clone();
        keep_others(&mut self.reach, decision);
        keep_others(&mut self.warnings, decision);
        keep_others(&mut self.restrictions, decision);
        keep_others(&mut self.frozen, decision);
        keep_others(&mut self.limited, decision);
        let lifted = before != *self;
        drop_ended(&mut self.reach, now);
        drop_ended(&mut self.warnings, now);
        drop_ended(&mut self.restrictions, now);
        drop_ended(&mut self.frozen, now);
        drop_ended(&mut self.limited, now);
        lifted
    }
}

fn at_work<T>(measures: &[Measure<T>], now: UnixMs) -> impl Iterator<Item = &T> {
    let at_work = move |measure: &&Measure<T>| measure.until.is_none_or(|until| until > now);
    measures.iter().filter(at_work).map(|measure| &measure.what)
}

fn keep_others<T>(measures: &mut Vec<Measure<T>>, decision: u64) {
    measures.retain(|measure| measure.decision != decision);
}

fn drop_ended<T>(measures: &mut Vec<Measure<T>>, now: UnixMs) {
    measures.retain(|measure| measure.until.is_none_or(|until| until > now));
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_700_000_000_000);

    fn reach(decision: u64, until: Option<UnixMs>, what: Reach) -> Measure<Reach> {
        Measure {
            decision,
            until,
            what,
        }
    }

    fn in_germany() -> Reach {
        Reach::Delisted(Territory::Countries(vec!["DE".into()]))
    }

    #[test]
    fn the_strictest_measure_of_the_viewers_country_holds() {
        let mut measures = Measures::default();
        assert_eq!(measures.reach(Some("DE"), NOW), None);
        measures.reach.push(reach(1, None, in_germany()));
        measures.reach.push(reach(2, None, Reach::Demoted));
        assert_eq!(measures.reach(Some("DE"), NOW), Some(&in_germany()));
        assert_eq!(measures.reach(Some("FR"), NOW), Some(&Reach::Demoted));
        assert_eq!(measures.reach(None, NOW), Some(&Reach::Demoted));
    }

    #[test]
    fn a_measure_ends_at_its_time() {
        let mut measures = Measures::default();
        measures.reach.push(reach(1, Some(NOW), Reach::Held));
        let before = UnixMs(NOW.0 - 1);
        assert_eq!(measures.reach(None, before), Some(&Reach::Held));
        assert_eq!(measures.reach(None, NOW), None);
    }

    #[test]
    fn undoing_a_decision_takes_away_what_it_put_there_and_nothing_else() {
        let mut measures = Measures::default();
        measures.reach.push(reach(1, None, Reach::Blocked));
        measures.reach.push(reach(2, None, Reach::Demoted));
        measures.warnings.push(Measure {
            decision: 1,
            until: None,
            what: Warning::Scam,
        });
        assert!(measures.lift(1, NOW));
        assert_eq!(measures.reach(None, NOW), Some(&Reach::Demoted));
        assert_eq!(measures.warnings(NOW).count(), 0);
        assert!(!measures.lift(1, NOW));
        assert!(measures.lift(2, NOW));
        assert!(measures.is_empty());
    }
}
