//! What the entries of a span show, counted: by themselves, and through reveals.

use std::collections::BTreeMap;

use super::Ledger;
use super::cases::Case;
use crate::case::Gag;
use crate::entry::{Column, Ending, Kinds, Place, Priority};
use crate::regions::Country;

/// One count for each of [`Column::ALL`].
pub type Counts = [u64; Column::ALL.len()];

/// What the reveals so far show of a span of entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// By country, region and for the world; places without any are left out.
    pub places: BTreeMap<Place, Counts>,
    /// The hours from receipt to end of the requests closed in the span, by place, ascending.
    pub hours: BTreeMap<Place, Vec<u32>>,
    /// Whether every request that has an entry in the span is revealed: then nothing is missing.
    pub complete: bool,
}

impl Tally {
    /// Counts what is revealed of the entries `from <= i < to`.
    pub fn of(ledger: &Ledger, from: u64, to: u64) -> Self {
        let mut tally = Self {
            complete: true,
            ..Self::default()
        };
        for case in ledger.cases().entered(from, to) {
            tally.add(case, Column::Received);
            let Some(revealed) = &case.revealed else {
                continue;
            };
            if case.priority == Priority::Emergency {
                tally.add(case, Column::Emergency);
            }
            tally.add(
                case,
                match revealed.fields.kinds {
                    Kinds::Phone => Column::Phone,
                    Kinds::Ip => Column::Ip,
                    Kinds::Both => Column::Both,
                },
            );
            if revealed.fields.gag != Gag::None {
                tally.add(case, Column::Gag);
            }
        }
        for case in ledger.cases().closed(from, to) {
            let Some(revealed) = &case.revealed else {
                tally.complete = false;
                continue;
            };
            tally.add(case, Column::of_outcome(revealed.outcome));
            for place in places(revealed.fields.country) {
                tally.hours.entry(place).or_default().push(revealed.hours);
            }
        }
        for kept in ledger.preservations().entered(from, to) {
            if let Some(case) = ledger.cases().at(kept.request) {
                tally.add(case, Column::Preserved);
            }
        }
        for case in ledger.cases().all() {
            if case
                .told
                .is_some_and(|mark| (from..to).contains(&mark.index))
            {
                tally.add(case, Column::Notices);
            }
        }
        tally
            .hours
            .values_mut()
            .for_each(|hours| hours.sort_unstable());
        tally
    }

    /// A count; zero where nothing is revealed.
    pub fn count(&self, place: Place, column: Column) -> u64 {
        let counts = self.places.get(&place);
        counts.map_or(0, |counts| counts[column as usize])
    }

    fn add(&mut self, case: &Case, column: Column) {
        let Some(revealed) = &case.revealed else {
            self.complete = false;
            return;
        };
        for place in places(revealed.fields.country) {
            self.places.entry(place).or_default()[column as usize] += 1;
        }
    }
}

fn places(country: Country) -> [Place; 3] {
    [
        Place::Country(country),
        Place::Region(country.region()),
        Place::World,
    ]
}

/// What everyone can count in a span without any reveal: these columns for the whole world.
pub fn open_counts(ledger: &Ledger, from: u64, to: u64) -> Vec<(Column, u64)> {
    let cases = ledger.cases();
    let count = |cases: &mut dyn Iterator<Item = &Case>| cases.count() as u64;
    let emergency = |case: &&Case| case.priority == Priority::Emergency;
    let ended = |ending: Ending| {
        move |case: &&Case| case.closed.is_some_and(|closing| closing.result == ending)
    };
    let told = |case: &&Case| {
        case.told
            .is_some_and(|mark| (from..to).contains(&mark.index))
    };
    let preserved = ledger.preservations().entered(from, to).count() as u64;
    vec![
        (Column::Received, count(&mut cases.entered(from, to))),
        (
            Column::Emergency,
            count(&mut cases.entered(from, to).filter(emergency)),
        ),
        (Column::Preserved, preserved),
        (Column::Notices, count(&mut cases.all().filter(told))),
        (
            Column::Delivered,
            count(&mut cases.closed(from, to).filter(ended(Ending::Delivered))),
        ),
        (
            Column::Failed,
            count(&mut cases.closed(from, to).filter(ended(Ending::Failed))),
        ),
    ]
}
