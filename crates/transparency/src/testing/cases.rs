//! Requests of a scene: entered, opened, closed, revealed, told, reported.

use super::{Scene, seed};
use crate::case::{CaseKey, Field, Fields};
use crate::counts::{Context, Opening, open_sum, prove};
use crate::entry::{
    Body, Claim, Closed, Column, Day, Dimension, Ending, Entry, Kinds, Notice, NoticeState, Open,
    OpenedVector, Outcome, Place, Priority, Region, Report, Request, Reveal, Sum,
};
use crate::ledger::tally::{Tally, open_counts};
use crate::regions::Country;
use crate::tree::Hash;

/// What an invented request says.
#[derive(Clone)]
pub struct TestCase {
    /// The authority's country.
    pub country: &'static str,
    /// What it asks for.
    pub kinds: Kinds,
    /// How soon.
    pub priority: Priority,
    /// As the field says it.
    pub gag: String,
    /// The offence.
    pub offence: &'static str,
    /// By when it is to be revealed.
    pub due: Day,
    /// The request that it continues.
    pub follows: Option<u64>,
    /// The hour of the day at which it is received.
    pub hour: u32,
    /// Its number in the log; 0 until it is entered.
    pub number: u64,
    /// The day on which it is received.
    pub received: Day,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

impl TestCase {
    /// An ordinary request without a gag from a German court, received on `today`.
    pub fn ordinary(today: Day) -> Self {
        Self {
            country: "DE",
            kinds: Kinds::Both,
            priority: Priority::Normal,
            gag: "none".into(),
            offence: "fraud",
            due: today.plus(30).monday_on_or_after(),
            follows: None,
            hour: 9,
            number: 0,
            received: today,
            outcome: None,
        }
    }

    /// The secret key of the case.
    pub fn key(&self) -> CaseKey {
        CaseKey::new(seed(&format!("case {}", self.number)))
    }

    /// Its fields.
    pub fn fields(&self) -> Fields {
        let values = [
            format!("{}T{:02}:00Z", self.received, self.hour),
            self.country.into(),
            "court".into(),
            "Amtsgericht".into(),
            "section 1".into(),
            self.offence.into(),
            "00".into(),
            self.kinds.word().into(),
            "account 7".into(),
            "2026-10-01 2026-10-31".into(),
            self.gag.clone(),
            "4.2".into(),
        ];
        Fields::new(values).expect("values of their kinds")
    }

    fn category(&self, dimension: Dimension) -> usize {
        match dimension {
            Dimension::Region => self.region() as usize,
            Dimension::Kind => self.kinds as usize,
            Dimension::Outcome => self.outcome.expect("the case is closed") as usize,
        }
    }

    fn region(&self) -> Region {
        let country: Country = self.country.parse().expect("a country");
        country.region()
    }

    /// What opens the commitments of a dimension.
    pub fn opening(&self, origin: &str, dimension: Dimension) -> Opening {
        let context = context(origin, self.number, &[], dimension);
        Opening::derive(
            &context,
            self.category(dimension),
            &self.key().vector_seed(),
        )
    }
}

fn context<'a>(
    origin: &'a str,
    sequence: u64,
    entry: &'a [u8],
    dimension: Dimension,
) -> Context<'a> {
    Context {
        origin,
        sequence,
        entry,
        dimension: dimension.word(),
        categories: dimension.category_count(),
    }
}

impl Scene {
    /// The case of the request with this index.
    pub fn case(&self, request: u64) -> &TestCase {
        &self.cases[&request]
    }

    /// The `request` entry of a case, not yet added.
    pub fn request(&self, case: &TestCase) -> Entry {
        let number = self.ledger.cases().all().len() as u64 + 1;
        let case = TestCase {
            number,
            ..case.clone()
        };
        let mut entry = Entry::new(
            self.today,
            Request {
                number,
                priority: case.priority,
                follows: case.follows,
                fields: case.fields().root(&case.key()),
                region: Vec::new(),
                kind: Vec::new(),
                due: case.due,
            },
        );
        self.fill(&mut entry, &case);
        entry
    }

    /// Proves the vectors of an entry for what it says now.
    pub fn fill(&self, entry: &mut Entry, case: &TestCase) {
        let blank = entry.without_vectors();
        let origin = self.ledger.origin();
        let vector = |dimension| {
            let context = context(origin, case.number, &blank, dimension);
            prove(
                &context,
                case.category(dimension),
                &case.key().vector_seed(),
            )
            .0
        };
        match &mut entry.body {
            Body::Request(request) => {
                request.region = vector(Dimension::Region);
                request.kind = vector(Dimension::Kind);
            }
            Body::Closed(closed) => closed.outcome = vector(Dimension::Outcome),
            _ => {}
        }
    }

    /// Enters a request and returns its index.
    pub fn push_request(&mut self, case: TestCase) -> u64 {
        let entry = self.request(&case);
        self.push_request_as(case, &entry)
    }

    /// Enters a request with an entry that was made from it, perhaps not honestly.
    pub fn push_request_as(&mut self, case: TestCase, entry: &Entry) -> u64 {
        let number = self.ledger.cases().all().len() as u64 + 1;
        let index = self
            .try_push(entry)
            .unwrap_or_else(|violation| panic!("{violation}"));
        self.cases.insert(index, TestCase { number, ..case });
        index
    }

    /// An `open` entry for `n` records of a request.
    pub fn open(&self, request: u64, n: u32) -> Open {
        Open {
            request,
            officers: self.ledger.officers().expect("a ceremony").mark.index,
            records: Hash(seed(&format!("records of {request}"))),
            n,
            approvals: Hash(seed(&format!("approvals of {request}"))),
            preserved: None,
        }
    }

    /// The `closed` entry of a request.
    pub fn closed(&mut self, request: u64, outcome: Outcome) -> Entry {
        let openings = &self.ledger.cases().at(request).expect("a request").openings;
        let body = Closed {
            request,
            open: openings.last().map(|opening| opening.mark.index),
            result: outcome.result(),
            outcome: Vec::new(),
        };
        let case = self.cases.get_mut(&request).expect("entered by this scene");
        case.outcome = Some(outcome);
        let case = case.clone();
        let mut entry = Entry::new(self.today, body);
        self.fill(&mut entry, &case);
        entry
    }

    /// Closes a request, and opens three records first where the outcome says so.
    pub fn push_closed(&mut self, request: u64, outcome: Outcome) -> u64 {
        if outcome.result() != Ending::Ended {
            self.push(self.open(request, 3));
        }
        let entry = self.closed(request, outcome);
        self.try_push(&entry)
            .unwrap_or_else(|violation| panic!("{violation}"))
    }

    /// The `reveal` of a request.
    pub fn reveal(&self, request: u64) -> Reveal {
        let case = self.case(request);
        let origin = self.ledger.origin();
        let opened = |dimension| {
            let opening = case.opening(origin, dimension);
            OpenedVector {
                category: opening.category(),
                blindings: opening.to_bytes().to_vec(),
            }
        };
        let state = self.ledger.cases().at(request).expect("a request");
        let closed = state.closed.expect("closed").mark.date;
        Reveal {
            request,
            // Closed an hour after it was received, or on a later day at the same hour.
            hours: closed.since(case.received) * 24 + 1,
            fields: case.fields().shown(&case.key()),
            region: opened(Dimension::Region),
            kind: opened(Dimension::Kind),
            outcome: opened(Dimension::Outcome),
        }
    }

    /// Reveals a request.
    pub fn push_reveal(&mut self, request: u64) -> u64 {
        self.push(self.reveal(request))
    }

    /// Tells the person.
    pub fn push_told(&mut self, request: u64) -> u64 {
        self.push(Notice {
            request,
            commitment: Hash(seed("notice")),
            state: NoticeState::Told,
            until: None,
        })
    }

    /// A case from request to notice, all of them today. Returns the request's index.
    pub fn push_whole_case(&mut self, case: TestCase, outcome: Outcome) -> u64 {
        let request = self.push_request(case);
        self.push_closed(request, outcome);
        self.push_reveal(request);
        if outcome == Outcome::Delivered {
            self.push_told(request);
        }
        request
    }

    /// The report of the next quarter: claims from what is known, without sums.
    pub fn report(&self) -> Report {
        let last = self.ledger.reports().all().last();
        let first = self.ledger.first_date().unwrap_or(self.today).quarter();
        let quarter = last.map_or(first, |logged| logged.report.quarter.next());
        let from = self.ledger.entries_before(quarter.first_day());
        let to = self.ledger.entries_before(quarter.next().first_day());
        let tally = Tally::of(&self.ledger, from, to);
        let mut claims: Vec<Claim> = tally
            .places
            .keys()
            .filter(|place| **place != Place::World)
            .map(|place| {
                let count = |column: &Column| (*column, tally.count(*place, *column));
                let counts = Column::ALL.iter().map(count);
                Claim {
                    place: *place,
                    counts: counts.filter(|(_, count)| *count > 0).collect(),
                }
            })
            .collect();
        claims.push(Claim {
            place: Place::World,
            counts: open_counts(&self.ledger, from, to),
        });
        Report {
            quarter,
            part: 1,
            parts: 1,
            from,
            to,
            claims,
            sums: Vec::new(),
        }
    }

    /// The opened sums of a dimension over a span, in these groups.
    pub fn sums(&self, dimension: Dimension, from: u64, to: u64, groups: &[&[usize]]) -> Vec<Sum> {
        let span = from..to;
        let cases = self.cases.iter().filter(|(request, _)| {
            let case = self
                .ledger
                .cases()
                .at(**request)
                .expect("entered by this scene");
            let carrier = match dimension {
                Dimension::Region | Dimension::Kind => Some(case.mark),
                Dimension::Outcome => case.closed.map(|closing| closing.mark),
            };
            carrier.is_some_and(|mark| span.contains(&mark.index))
        });
        let origin = self.ledger.origin();
        let openings: Vec<Opening> = cases
            .map(|(_, case)| case.opening(origin, dimension))
            .collect();
        let openings: Vec<&Opening> = openings.iter().collect();
        let sum = |categories: &&[usize]| {
            let group = open_sum(&openings, categories);
            Sum {
                dimension,
                from,
                to,
                categories: group.categories,
                count: group.count,
                blinding: group.blinding,
            }
        };
        groups.iter().map(sum).collect()
    }

    /// The commitment to a field as this scene's cases make it, for tests of reveals.
    pub fn salt(&self, request: u64, field: Field) -> [u8; 32] {
        self.case(request).key().salt(field)
    }
}
