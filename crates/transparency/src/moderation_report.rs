//! What moderation does, in numbers, computed from the log alone.
//!
//! Each row is one figure, for all time and for each month in which something was decided. The
//! same log gives the same bytes: whether a machine's measure has run out is judged by the date of
//! the log's newest entry, not by a clock.
//!
//! What became of a decision (appeals, undoing, confirmation) is counted in the month of that
//! decision, so that a month's figures change until the last of its decisions is settled.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::entry::{Act, Day, Decider, Hour, Quarter, Source};
use crate::ledger::Ledger;
use crate::ledger::moderation::{LoggedDecision, Moderation};
use crate::report::percentile;

/// What is counted. The word of a row says which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// All decisions, by what was done.
    Act,
    /// By the clause that they cite.
    Clause,
    /// By category.
    Category,
    /// By how the matter came to be looked at.
    Source,
    /// By where the owner is from; `unknown` where that is not known.
    Country,
    /// By what kind of thing they are about.
    Subject,
    /// Measures that were contested: how often (`filed`), and what came of it (`upheld`,
    /// `overturned`, `replaced` by another measure, or still `waiting`). Appeals against what was
    /// undone before they were heard are only among those filed.
    Appeals,
    /// Measures of people that a later decision took back without an appeal (`undone`).
    Undone,
    /// Decisions that a machine made (`decided`), and those of people about what a machine had
    /// `found`.
    Machine,
    /// What became of machines' measures: a person `confirmed` them or took them back
    /// (`taken-back`), they `ran-out`, or they are `open`.
    MachineMeasures,
    /// Hours until a person decided what was reported, sent in, found or ordered: `median` and
    /// `p90`. The log has days, not hours, of decisions; these count to the end of the day, and so
    /// are at most a day too long.
    Hours,
    /// The same for appeals.
    AppealHours,
    /// What was done beside decisions: reports to hotlines, erased posts, announcements, second looks
    /// that came to the same, accounts marked as staff's.
    Deeds,
}

impl Measure {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Clause => "clause",
            Self::Category => "category",
            Self::Source => "source",
            Self::Country => "country",
            Self::Subject => "subject",
            Self::Appeals => "appeals",
            Self::Undone => "undone",
            Self::Machine => "machine",
            Self::MachineMeasures => "machine-measures",
            Self::Hours => "hours",
            Self::AppealHours => "appeal-hours",
            Self::Deeds => "deeds",
        }
    }
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The month, as `2026-11`; `all` for all time.
    pub month: String,
    /// What is counted.
    pub measure: Measure,
    /// Which of them.
    pub word: String,
    /// How many, or how many hours.
    pub value: u64,
}

/// A month; `None` stands for all time, and so comes first.
type Month = Option<(u32, u32)>;

/// All figures, those of all time first, then month by month.
pub fn rows(ledger: &Ledger) -> Vec<Row> {
    let moderation = ledger.moderation();
    let Some(today) = ledger.date() else {
        return Vec::new();
    };
    let mut figures = Figures::default();
    for logged in moderation.decisions() {
        figures.add_decision(logged);
        figures.add_aftermath(logged, moderation, today);
    }
    for (mark, deed) in moderation.deeds() {
        figures.add(mark.date, Measure::Deeds, deed.what.word(), deed.count);
    }
    figures.rows()
}

/// The rows of the months of a quarter.
pub fn of_quarter(rows: Vec<Row>, quarter: Quarter) -> Vec<Row> {
    let within = |row: &Row| {
        let first = format!("{}-01", row.month).parse::<Day>();
        first.is_ok_and(|day| (quarter.first_day()..quarter.next().first_day()).contains(&day))
    };
    rows.into_iter().filter(within).collect()
}

#[derive(Default)]
struct Figures<'a> {
    counts: BTreeMap<(Month, Measure, &'a str), u64>,
    hours: BTreeMap<(Month, Measure), Vec<u32>>,
}

impl<'a> Figures<'a> {
    fn add(&mut self, day: Day, measure: Measure, word: &'a str, count: u64) {
        if count > 0 {
            for month in [None, Some(day.month())] {
                let sum = self.counts.entry((month, measure, word)).or_default();
                *sum = sum.saturating_add(count);
            }
        }
    }

    fn add_decision(&mut self, logged: &'a LoggedDecision) {
        let (day, decision) = (logged.mark.date, &logged.decision);
        let country = decision.country.as_ref();
        let country = country.map_or("unknown", |country| country.code());
        self.add(day, Measure::Act, decision.act.word(), 1);
        self.add(day, Measure::Clause, &decision.clause, 1);
        self.add(day, Measure::Category, decision.category.word(), 1);
        self.add(day, Measure::Source, decision.source.word(), 1);
        self.add(day, Measure::Country, country, 1);
        self.add(day, Measure::Subject, decision.of_kind.word(), 1);
        if decision.decided_by == Decider::Machine {
            self.add(day, Measure::Machine, "decided", 1);
            return;
        }
        if decision.found_by == Decider::Machine {
            self.add(day, Measure::Machine, "found", 1);
        }
        let measure = match decision.source {
            // Nobody waits for what moderators do of their own accord.
            Source::Own => return,
            Source::Appeal => Measure::AppealHours,
            _ => Measure::Hours,
        };
        let end = Hour::first_of(day.plus(1));
        let hours = end.0.saturating_sub(decision.received.0);
        let hours = u32::try_from(hours).unwrap_or(u32::MAX);
        for month in [None, Some(day.month())] {
            self.hours.entry((month, measure)).or_default().push(hours);
        }
    }

    /// What became of a decision, by the one that settled it.
    fn add_aftermath(&mut self, logged: &LoggedDecision, moderation: &Moderation, today: Day) {
        let (day, decision) = (logged.mark.date, &logged.decision);
        if decision.act == Act::Uphold
            && let Some(contested) = decision.settles
            && let Some(contested) = moderation.decision(contested)
        {
            self.add(contested.mark.date, Measure::Appeals, "upheld", 1);
        }
        if !decision.act.is_measure() {
            return;
        }
        let settled = logged
            .settled
            .and_then(|number| moderation.decision(number));
        let settled = settled.map(|by| (by.decision.act, by.decision.source));
        let on_appeal = matches!(settled, Some((_, Source::Appeal)));
        let undone = matches!(settled, Some((Act::Undo, _)));

        let filed = u64::from(logged.appeals);
        let waiting = u64::from(logged.appealed.is_some());
        self.add(day, Measure::Appeals, "filed", filed);
        self.add(day, Measure::Appeals, "waiting", waiting);
        let ended = if undone { "overturned" } else { "replaced" };
        self.add(day, Measure::Appeals, ended, u64::from(on_appeal));

        if decision.decided_by == Decider::Person {
            let own = undone && !on_appeal;
            self.add(day, Measure::Undone, "undone", u64::from(own));
            return;
        }
        let over = decision
            .until
            .is_some_and(|until| until <= Hour::first_of(today));
        let word = match settled {
            Some((Act::Undo, _)) => "taken-back",
            Some(_) => "confirmed",
            None if over => "ran-out",
            None => "open",
        };
        self.add(day, Measure::MachineMeasures, word, 1);
    }

    fn rows(self) -> Vec<Row> {
        let mut figures: BTreeMap<(Month, Measure, &str), u64> = self.counts;
        for ((month, measure), mut hours) in self.hours {
            hours.sort_unstable();
            figures.insert((month, measure, "median"), percentile(&hours, 50));
            figures.insert((month, measure, "p90"), percentile(&hours, 90));
        }
        let row = |((month, measure, word), value): ((Month, Measure, &str), u64)| Row {
            month: month.map_or_else(
                || "all".to_owned(),
                |(year, month)| format!("{year}-{month:02}"),
            ),
            measure,
            word: word.to_owned(),
            value,
        };
        figures.into_iter().map(row).collect()
    }
}

/// The rows as CSV (RFC 4180), with a header.
pub fn to_csv(rows: &[Row]) -> String {
    let mut csv = String::from("month,measure,word,value\r\n");
    for row in rows {
        // Clauses are named by the operator; everything else is a word of the log's vocabulary.
        let word = if row.word.contains([',', '"']) {
            format!("\"{}\"", row.word.replace('"', "\"\""))
        } else {
            row.word.clone()
        };
        let (month, measure, value) = (&row.month, row.measure.word(), row.value);
        write!(csv, "{month},{measure},{word},{value}\r\n").expect("a string takes any text");
    }
    csv
}

/// The rows as JSON, with the log and how much of it they were computed from.
pub fn to_json(ledger: &Ledger, rows: &[Row]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        format: &'static str,
        origin: &'a str,
        entries: u64,
        rows: &'a [Row],
    }
    let document = Document {
        format: "heliograph-moderation-report/1",
        origin: ledger.origin(),
        entries: ledger.size(),
        rows,
    };
    let mut json = serde_json::to_string_pretty(&document).expect("texts and numbers");
    json.push('\n');
    json
}

#[cfg(test)]
mod tests;
