//! What `@transparency` says.

use heliograph_domain::countries::COUNTRIES;
use heliograph_transparency::entry::{Column, Outcome, Quarter};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::regions::Country;
use heliograph_transparency::report::{self, Basis, Row};
use std::fmt::Write as _;

/// Said once to somebody who asks without end.
pub(super) const TOO_MANY: &str = "That is a lot of questions. Ask again in a minute.";

/// How many quarters an answer tells of, the newest first.
const QUARTERS: usize = 4;

/// The longest question that is looked at, in bytes: longer than any country's name.
const QUESTION_MAX: usize = 100;

/// What the table of calling codes does not name: places without a code of their own, and
/// international courts.
const WITHOUT_CODE: [(&str, &str); 15] = [
    ("AQ", "Antarctica"),
    ("AX", "Åland Islands"),
    ("BL", "Saint Barthélemy"),
    ("BV", "Bouvet Island"),
    ("CC", "Cocos Islands"),
    ("CX", "Christmas Island"),
    ("EH", "Western Sahara"),
    ("GS", "South Georgia & South Sandwich Islands"),
    ("HM", "Heard & McDonald Islands"),
    ("MF", "Saint Martin"),
    ("PN", "Pitcairn Islands"),
    ("SJ", "Svalbard & Jan Mayen"),
    ("TF", "French Southern Territories"),
    ("UM", "US Outlying Islands"),
    ("XI", "International courts"),
];

/// The published reports.
pub(super) struct Reports<'a> {
    pub ledger: &'a Ledger,
    /// Under which people know the installation, such as `https://chat.example`.
    pub origin: Option<&'a str>,
}

impl Reports<'_> {
    /// The answer to a message: about a country, or how to ask.
    pub fn answer(&self, question: &str) -> String {
        let mut text = match country(question) {
            Some((name, code)) => self.of_country(name, code),
            None => "Send me a country, by its English name or its two letters (Germany, DE), any \
                     country. I answer with what its authorities asked this installation for, \
                     quarter by quarter, and what came of it.\n\n\
                     I am a program; what you write here is read by it and not kept."
                .to_owned(),
        };
        self.add_how_to_check(&mut text);
        text
    }

    fn of_country(&self, name: &str, code: Country) -> String {
        let mut text = format!("{name} ({code})\n");
        let published = self.published();
        if published.is_empty() {
            text.push_str(
                "\nThere is no report yet. The first comes after the end of a quarter.\n",
            );
        }
        for quarter in published.iter().rev().take(QUARTERS) {
            let rows = report::rows(self.ledger, Some(*quarter));
            let rows = rows
                .iter()
                .filter(|row| row.level == "country" && row.place == code.code());
            let figures = Figures(rows.collect());
            figures.write(*quarter, &mut text);
        }
        text
    }

    /// The quarters that have a report, oldest first.
    fn published(&self) -> Vec<Quarter> {
        let reports = self.ledger.reports().all();
        let mut quarters: Vec<Quarter> = reports.map(|logged| logged.report.quarter).collect();
        quarters.dedup();
        quarters
    }

    fn add_how_to_check(&self, text: &mut String) {
        let origin = self.origin.unwrap_or("(this server's address)");
        write!(
            text,
            "\nAll reports: {origin}/transparency\n\
             All this comes from the public log alone. Anyone can check it:\n\
             heliograph-verify {origin}/log"
        )
        .expect("a string takes any text");
    }
}

/// What a report says about one country.
struct Figures<'a>(Vec<&'a Row>);

impl Figures<'_> {
    fn write(&self, quarter: Quarter, text: &mut String) {
        write!(text, "\n{quarter}\n").expect("a string takes any text");
        if self.0.is_empty() {
            text.push_str("No request is reported.\n");
            return;
        }
        let kinds = [Column::Phone, Column::Ip, Column::Both];
        let [phone, ip, both] = kinds.map(|column| self.sum(&[column]));
        // Each request is about one account.
        let accounts = self.sum(&[Column::Delivered, Column::Failed]);
        let out_of_desk = [
            Column::OutOfDesk,
            Column::OutOfDeskContested,
            Column::OutOfDeskConflict,
        ];
        let lines = [
            ("Received", self.sum(&[Column::Received])),
            ("Fulfilled", self.sum(&[Column::Delivered])),
            ("Refused", self.sum(&refusals())),
            ("Out of desk", self.sum(&out_of_desk)),
            ("Accounts opened", accounts),
            ("Emergencies", self.sum(&[Column::Emergency])),
            ("Under gag", self.sum(&[Column::Gag])),
            ("Persons told", self.sum(&[Column::Notices])),
        ];
        for (what, count) in lines {
            writeln!(text, "{what}: {count}").expect("a string takes any text");
        }
        writeln!(
            text,
            "For phone number / IP / both: {phone} / {ip} / {both}"
        )
        .expect("a string takes any text");
        let hours = |measure| self.value(Basis::Revealed, measure);
        if let (Some(median), Some(p90)) = (hours("median-hours"), hours("p90-hours")) {
            writeln!(
                text,
                "Hours to the end: median {median}, nine in ten within {p90}"
            )
            .expect("a string takes any text");
        }
    }

    fn value(&self, basis: Basis, measure: &str) -> Option<u64> {
        let mut rows = self.0.iter();
        let row = rows.find(|row| row.basis == basis && row.measure == measure)?;
        Some(row.value)
    }

    /// What is claimed, or shown by reveals since: the log lets no claim stand that falls below.
    fn sum(&self, columns: &[Column]) -> u64 {
        let value = |column: &Column| {
            let bases = [Basis::Claimed, Basis::Revealed];
            let values = bases.map(|basis| self.value(basis, column.word()).unwrap_or(0));
            values.into_iter().max().unwrap_or(0)
        };
        columns.iter().map(value).sum()
    }
}

/// The columns of requests that officers refused; what another office answers is none of them.
fn refusals() -> Vec<Column> {
    let outcomes = Outcome::ALL.iter().copied();
    let refused = outcomes.filter(|outcome| outcome.is_refusal() && !outcome.is_out_of_desk());
    refused.map(Column::of_outcome).collect()
}

/// The country that a message names, with its name for people.
fn country(question: &str) -> Option<(&'static str, Country)> {
    let asked = question.trim().trim_start_matches('/');
    if asked.is_empty() || asked.len() > QUESTION_MAX {
        return None;
    }
    let coded = COUNTRIES.iter().map(|row| (row.iso2, row.name));
    let mut all = coded.chain(WITHOUT_CODE);
    let wanted = plain(asked);
    let (code, name) =
        all.find(|(code, name)| code.eq_ignore_ascii_case(asked) || plain(name) == wanted)?;
    Some((name, code.parse().ok()?))
}

/// A name as people may write it: small letters, `and` for `&`.
fn plain(name: &str) -> String {
    let name = name.to_lowercase().replace('&', "and");
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_found_by_name_and_code_in_any_writing() {
        let code = |question| country(question).map(|(_, code)| code.code().to_owned());
        for question in ["Germany", "germany ", "DE", "de", "/de"] {
            assert_eq!(code(question).as_deref(), Some("DE"), "{question}");
        }
        let islands = "Trinidad and Tobago";
        assert_eq!(code(islands).as_deref(), Some("TT"));
        assert_eq!(code("XI").as_deref(), Some("XI"));
        for nothing in ["/start", "", "Atlantis", "ZZ", &"x".repeat(10_000)] {
            assert_eq!(code(nothing), None);
        }
    }

    #[test]
    fn every_country_that_can_be_reported_can_be_asked_for() {
        let unnamed: Vec<Country> = Country::all()
            .filter(|known| country(known.code()).is_none())
            .collect();
        assert_eq!(unnamed, []);
    }

    #[test]
    fn without_a_report_the_answer_says_so_and_where_to_check() {
        let ledger = Ledger::new("demo.example/log");
        let reports = Reports {
            ledger: &ledger,
            origin: Some("https://chat.example"),
        };
        let answer = reports.answer("France");
        assert!(answer.starts_with("France (FR)\n"), "{answer}");
        assert!(answer.contains("no report yet"), "{answer}");
        assert!(answer.contains("heliograph-verify https://chat.example/log"));
        assert!(reports.answer("/start").contains("Send me a country"));
    }
}
