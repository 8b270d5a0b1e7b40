//! The quarterly report: what the desk says of a quarter, and the sums that prove a part of it
//! while cases are under gag.
//!
//! Claims for a place appear only if all of its cases are revealed, or if there are at least five:
//! one gagged case from a small country would otherwise be told by its report.

use super::{FlowError, Office};
use crate::case::CaseFile;
use heliograph_transparency::case::Gag;
use heliograph_transparency::counts::{Context, MIN_CASES, MIN_GROUPS, Opening, open_sum};
use heliograph_transparency::entry::{
    Claim, Column, Day, Dimension, Entry, Kinds, Outcome, Place, Priority, Quarter, Region, Report,
    Sum,
};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::cases::Case;
use heliograph_transparency::ledger::tally::open_counts;
use heliograph_transparency::regions::Country;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use zeroize::Zeroizing;

/// So many claims fit into an entry, whatever they hold.
const CLAIMS_PER_PART: usize = 12;

/// What only the desk knows of a case.
struct Known {
    country: Country,
    kinds: Kinds,
    gag: bool,
    outcome: Option<Outcome>,
    seed: Zeroizing<[u8; 32]>,
}

/// A quarter that is to be reported.
struct Span {
    quarter: Quarter,
    from: u64,
    to: u64,
}

impl Office {
    /// Enters the reports of all quarters that are over. Safe to call at any time; after a kill it
    /// goes on with the next part. Answers with the indices of the new entries.
    pub fn log_reports(&self, now_s: u64) -> Result<Vec<u64>, FlowError> {
        let _daily = self.daily.lock().unwrap_or_else(PoisonError::into_inner);
        let mut logged = Vec::new();
        loop {
            let ledger = self.with_log(|log| log.ledger().clone());
            let Some(span) = next_span(&ledger, Day::of_unix(now_s)) else {
                return Ok(logged);
            };
            let known = self.known(&ledger)?;
            let report = part(&ledger, &span, &known);
            logged.push(self.log_entry(
                None,
                "report",
                now_s,
                |_, day| Ok(Entry::new(day, report)),
                |_, _| Ok(()),
            )?);
        }
    }

    /// What the desk knows of all cases, by number.
    fn known(&self, ledger: &Ledger) -> Result<BTreeMap<u64, Known>, FlowError> {
        let mut known = BTreeMap::new();
        for case in ledger.cases().all() {
            let own = self.desk.view(|view| {
                let Some(id) = view.case_of_entry(case.mark.index)? else {
                    return Err(FlowError::NotSetUp("case of an entry"));
                };
                let file = CaseFile::load(view, &*self.secrets, id)?;
                let revealed = file.fields()?.revealed()?;
                let end = file.end(view)?;
                Ok(Known {
                    country: revealed.country,
                    kinds: revealed.kinds,
                    gag: revealed.gag != Gag::None,
                    outcome: end.map(|end| end.outcome()).transpose()?,
                    seed: file.keys.log().vector_seed(),
                })
            })?;
            known.insert(case.number, own);
        }
        Ok(known)
    }
}

/// The quarter whose report is next, if it is over.
fn next_span(ledger: &Ledger, today: Day) -> Option<Span> {
    let last = ledger.reports().all().last().map(|logged| &logged.report);
    let quarter = match last {
        Some(last) if last.part < last.parts => last.quarter,
        Some(last) => last.quarter.next(),
        None => ledger.first_date()?.quarter(),
    };
    let end = quarter.next().first_day();
    (today >= end).then(|| Span {
        quarter,
        from: ledger.entries_before(quarter.first_day()),
        to: ledger.entries_before(end),
    })
}

/// The next part of a quarter's report: the sums are in the first, the claims in all of them.
fn part(ledger: &Ledger, span: &Span, known: &BTreeMap<u64, Known>) -> Report {
    let earlier: Vec<&Report> = ledger
        .reports()
        .of(span.quarter)
        .map(|logged| &logged.report)
        .collect();
    let mut claims = claims(ledger, span, known);
    claims.retain(|claim| {
        let mut told = earlier.iter().flat_map(|report| &report.claims);
        !told.any(|other| other.place == claim.place)
    });
    let number = earlier.len() as u32 + 1;
    let parts = match earlier.first() {
        Some(first) => first.parts,
        // Sums fill a part of their own.
        None => 1 + claims.len().div_ceil(CLAIMS_PER_PART) as u32,
    };
    let left = (parts - number + 1) as usize;
    let sums = if number == 1 {
        let all = Dimension::ALL.iter();
        all.flat_map(|dimension| sums(ledger, span, known, *dimension))
            .collect()
    } else {
        Vec::new()
    };
    claims.truncate(if number == 1 {
        0
    } else {
        claims.len().div_ceil(left)
    });
    Report {
        quarter: span.quarter,
        part: number,
        parts,
        from: span.from,
        to: span.to,
        claims,
        sums,
    }
}

/// Everything the desk says of a quarter, by place.
fn claims(ledger: &Ledger, span: &Span, known: &BTreeMap<u64, Known>) -> Vec<Claim> {
    let mut places: BTreeMap<Place, Counted> = BTreeMap::new();
    let mut count = |case: &Case, column: Column| {
        let Some(own) = known.get(&case.number) else {
            return;
        };
        let region = Place::Region(own.country.region());
        for place in [Place::Country(own.country), region, Place::World] {
            places.entry(place).or_default().add(case, column);
        }
    };
    for case in ledger.cases().entered(span.from, span.to) {
        let Some(own) = known.get(&case.number) else {
            continue;
        };
        count(case, Column::Received);
        if case.priority == Priority::Emergency {
            count(case, Column::Emergency);
        }
        count(
            case,
            match own.kinds {
                Kinds::Phone => Column::Phone,
                Kinds::Ip => Column::Ip,
                Kinds::Both => Column::Both,
            },
        );
        if own.gag {
            count(case, Column::Gag);
        }
    }
    for case in ledger.cases().closed(span.from, span.to) {
        if let Some(outcome) = known.get(&case.number).and_then(|own| own.outcome) {
            count(case, Column::of_outcome(outcome));
        }
    }
    for kept in ledger.preservations().entered(span.from, span.to) {
        if let Some(case) = ledger.cases().at(kept.request) {
            count(case, Column::Preserved);
        }
    }
    for case in ledger.cases().all() {
        if case
            .told
            .is_some_and(|mark| (span.from..span.to).contains(&mark.index))
        {
            count(case, Column::Notices);
        }
    }
    let open = open_counts(ledger, span.from, span.to);
    places.entry(Place::World).or_default();
    let said = places.into_iter().map(|(place, counted)| {
        let may_say = counted.hidden == 0 || counted.cases >= MIN_CASES;
        let counts = Column::ALL.iter().filter_map(|column| {
            let everyone = open.iter().find(|(open, _)| open == column);
            match everyone {
                Some((_, count)) if place == Place::World => Some((*column, *count)),
                _ if may_say => Some((*column, counted.counts[*column as usize])),
                _ => None,
            }
        });
        Claim {
            place,
            counts: counts
                .filter(|(_, count)| place == Place::World || *count > 0)
                .collect(),
        }
    });
    said.filter(|claim| !claim.counts.is_empty()).collect()
}

/// The counts of one place.
struct Counted {
    counts: [u64; Column::ALL.len()],
    /// Requests received.
    cases: u64,
    /// How many of the counted are of cases that are not revealed.
    hidden: u64,
}

impl Default for Counted {
    fn default() -> Self {
        Self {
            counts: [0; Column::ALL.len()],
            cases: 0,
            hidden: 0,
        }
    }
}

impl Counted {
    fn add(&mut self, case: &Case, column: Column) {
        self.counts[column as usize] += 1;
        self.cases += u64::from(column == Column::Received);
        self.hidden += u64::from(case.revealed.is_none());
    }
}

/// The opened sums of a dimension, over all quarters that have none yet; none where the cases do
/// not make two groups that are large enough.
fn sums(
    ledger: &Ledger,
    span: &Span,
    known: &BTreeMap<u64, Known>,
    dimension: Dimension,
) -> Vec<Sum> {
    let free = ledger.reports().summed(dimension);
    let begins = ledger.reports().all().map(|logged| logged.report.from);
    let begins = begins.chain([span.from]).filter(|from| *from >= free);
    let Some(from) = begins.min() else {
        return Vec::new();
    };
    let cases: Vec<&Case> = match dimension {
        Dimension::Region | Dimension::Kind => ledger.cases().entered(from, span.to).collect(),
        Dimension::Outcome => ledger.cases().closed(from, span.to).collect(),
    };
    let openings: Option<Vec<Opening>> = cases
        .iter()
        .map(|case| opening(ledger.origin(), case, known.get(&case.number)?, dimension))
        .collect();
    let Some(openings) = openings else {
        return Vec::new();
    };
    let mut sizes = vec![0_u64; dimension.category_count()];
    for opening in &openings {
        sizes[opening.category()] += 1;
    }
    let openings: Vec<&Opening> = openings.iter().collect();
    let sum = |categories: Vec<usize>| {
        let group = open_sum(&openings, &categories);
        Sum {
            dimension,
            from,
            to: span.to,
            categories: group.categories,
            count: group.count,
            blinding: group.blinding,
        }
    };
    groups(&sizes).into_iter().map(sum).collect()
}

fn opening(origin: &str, case: &Case, own: &Known, dimension: Dimension) -> Option<Opening> {
    let category = match dimension {
        Dimension::Region => {
            let mut regions = Region::ALL.iter();
            regions.position(|region| *region == own.country.region())?
        }
        Dimension::Kind => own.kinds as usize,
        Dimension::Outcome => own.outcome? as usize,
    };
    let context = Context {
        origin,
        sequence: case.number,
        entry: &[],
        dimension: dimension.word(),
        categories: dimension.category_count(),
    };
    Some(Opening::derive(&context, category, &own.seed))
}

/// Divides categories into groups that may be opened: each that is large enough by itself, the
/// rest together, and if the rest is too small, with the smallest of the others.
fn groups(sizes: &[u64]) -> Vec<Vec<usize>> {
    let (mut large, mut rest): (Vec<Vec<usize>>, Vec<usize>) = (Vec::new(), Vec::new());
    for (category, size) in sizes.iter().enumerate() {
        if *size >= MIN_CASES {
            large.push(vec![category]);
        } else {
            rest.push(category);
        }
    }
    let size = |group: &[usize]| group.iter().map(|category| sizes[*category]).sum::<u64>();
    if !rest.is_empty() && size(&rest) < MIN_CASES {
        let smallest = large.iter_mut().min_by_key(|group| size(group));
        match smallest {
            Some(group) => group.append(&mut rest),
            None => return Vec::new(),
        }
    }
    if !rest.is_empty() {
        large.push(rest);
    }
    for group in &mut large {
        group.sort_unstable();
    }
    large.sort();
    if large.len() >= MIN_GROUPS {
        large
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn no_group_is_small_and_every_category_is_in_one() {
        let check = |sizes: &[u64], expected: &[&[usize]]| assert_eq!(groups(sizes), expected);
        check(&[9, 7, 6], &[&[0], &[1], &[2]]);
        check(&[9, 2, 4], &[&[0], &[1, 2]]);
        // The rest is too small to stand alone.
        check(&[9, 1, 6], &[&[0], &[1, 2]]);
        check(&[9, 0, 6, 0], &[&[0], &[1, 2, 3]]);
        // One group would open everything there is.
        check(&[9, 1, 1], &[]);
        check(&[4, 4, 4], &[]);
        check(&[0, 0, 0], &[]);
    }
}
