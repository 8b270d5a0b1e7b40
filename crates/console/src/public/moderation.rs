//! `/transparency/moderation`: what moderation does, in numbers that follow from the log alone.

use super::{chart, demo, entry_path, trust};
use crate::Shared;
use crate::answer::Refusal;
use crate::blocking::blocking;
use crate::page::{Page, number};
use crate::record::Snapshot;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use heliograph_transparency::moderation_report::{self as report, Measure, Row};
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is counted, each with a chart and a table: the measure, the id of its chart, what it is
/// called, and what its words are called.
const PARTS: [(Measure, &str, &str, &str); 6] = [
    (Measure::Act, "by-act", "By what was done", "act"),
    (
        Measure::Clause,
        "by-clause",
        "By clause of the terms",
        "clause",
    ),
    (Measure::Category, "by-category", "By category", "category"),
    (
        Measure::Source,
        "by-source",
        "By how it was found",
        "source",
    ),
    (
        Measure::Country,
        "by-country",
        "By country of the owner",
        "country",
    ),
    (
        Measure::Subject,
        "by-subject",
        "By what it is about",
        "subject",
    ),
];

/// `GET /transparency/moderation`.
pub(super) async fn page(State(shared): State<Arc<Shared>>) -> Result<Page, Refusal> {
    let (log, rows) = rows(&shared).await?;
    let all = Figures(&rows);
    let body = html! {
        (demo(&log))
        h1 { "Moderation in numbers" }
        (trust(log.trust))
        p .lead {
            "Every decision about something public is an entry of the log: these figures are counted from it, and "
            "whoever has the log can count them again. What was decided is never said here, only how often."
        }
        @if rows.is_empty() { p #no-decisions { "Nothing was decided yet." } }
        @else {
            (summary(&all))
            (by_month(&all))
            @for (measure, id, title, head) in PARTS { (part(&all, measure, id, title, head)) }
        }
        (switches(&log))
        (models(&log))
        p {
            "The same as files: " a href="/transparency/moderation.csv" { "CSV" } ", "
            a href="/transparency/moderation.json" { "JSON" } "."
        }
    };
    Ok(Page::new("Moderation", body))
}

/// The figures of the log as it is now. They are counted anew each time, away from the threads that
/// serve sockets.
async fn rows(shared: &Arc<Shared>) -> Result<(Arc<Snapshot>, Vec<Row>), Refusal> {
    blocking(shared, |shared| {
        let log = shared.record.snapshot();
        let rows = report::rows(&log.ledger);
        Ok((log, rows))
    })
    .await
}

/// A link for the overview, with the one figure that tells whether to follow it.
pub(super) fn link(log: &Snapshot) -> Markup {
    html! {
        section aria-labelledby="moderation" {
            h2 #moderation { "Moderation" }
            p {
                a href="/transparency/moderation" { "Decisions about what is public" } ": "
                (number(log.ledger.moderation().decided())) ". What they rest on stands in the "
                a href="/terms" { "terms" } "."
            }
        }
    }
}

/// The rows, to look figures up in.
struct Figures<'a>(&'a [Row]);

impl Figures<'_> {
    /// The rows of a measure for all time.
    fn of(&self, measure: Measure) -> Vec<(String, u64)> {
        let rows = self
            .0
            .iter()
            .filter(|row| row.month == "all" && row.measure == measure);
        rows.map(|row| (row.word.clone(), row.value)).collect()
    }

    fn one(&self, measure: Measure, word: &str) -> u64 {
        let rows = self.of(measure);
        let found = rows.into_iter().find(|(own, _)| own == word);
        found.map_or(0, |(_, value)| value)
    }

    /// Decisions by month, oldest first.
    fn months(&self) -> BTreeMap<&str, u64> {
        let mut months = BTreeMap::new();
        for row in self.0 {
            if row.month != "all" && row.measure == Measure::Act {
                *months.entry(row.month.as_str()).or_default() += row.value;
            }
        }
        months
    }
}

fn summary(all: &Figures<'_>) -> Markup {
    let decided: u64 = all.of(Measure::Act).iter().map(|(_, count)| count).sum();
    let by_machine = all.one(Measure::Machine, "decided");
    let hours = |measure| {
        if all.of(measure).is_empty() {
            return "–".to_owned();
        }
        let [median, most] = ["median", "p90"].map(|word| number(all.one(measure, word)));
        format!("at most {median} h for half of them, {most} h for nine of ten")
    };
    let appeal = |word| number(all.one(Measure::Appeals, word));
    let of_machine = |word| number(all.one(Measure::MachineMeasures, word));
    html! {
        dl #summary {
            dt { "Decisions" } dd { (number(decided)) }
            dt { "Made by a machine" }
            dd {
                (number(by_machine)) ", " (percent(by_machine, decided)) "; what it may do ends after 72 hours: a person confirmed "
                (of_machine("confirmed")) " and took " (of_machine("taken-back")) " back, " (of_machine("ran-out")) " ran out, "
                (of_machine("open")) " are in force"
            }
            dt { "Found by a machine, decided by a person" } dd { (number(all.one(Measure::Machine, "found"))) }
            dt { "Until a person decided" } dd { (hours(Measure::Hours)) }
            dt { "Contested" }
            dd {
                (appeal("filed")) ": " (appeal("overturned")) " overturned, " (appeal("replaced")) " replaced by another measure, "
                (appeal("upheld")) " upheld, " (appeal("waiting")) " waiting"
            }
            dt { "Until an appeal was decided" } dd { (hours(Measure::AppealHours)) }
            dt { "Looked at twice" }
            dd {
                "one of twenty decisions, drawn by its entry's hash: " (number(all.one(Measure::Deeds, "reviewed")))
                " came to the same; where it did not, the first was taken back or replaced"
            }
            dt { "Reported to hotlines and authorities" } dd { (number(all.one(Measure::Deeds, "hotline"))) }
            dt { "Removed and erased for good" } dd { (number(all.one(Measure::Deeds, "erased"))) }
            dt { "Taken back without an appeal" } dd { (number(all.one(Measure::Undone, "undone"))) }
        }
        p .hint {
            "The log has the day of a decision, not its hour: times count to the end of that day, and so are up to a day too long."
        }
    }
}

/// A share in whole percent.
fn percent(part: u64, whole: u64) -> String {
    let share = u128::from(part) * 100 / u128::from(whole.max(1));
    format!("{share} %")
}

fn by_month(all: &Figures<'_>) -> Markup {
    let months: Vec<(String, u64)> = all
        .months()
        .into_iter()
        .map(|(month, count)| (month.to_owned(), count))
        .collect();
    html! {
        h2 { "By month" }
        (chart::bars("by-month", "Decisions", &months))
        (table("months", "Decisions by month", "month", &months))
    }
}

fn part(all: &Figures<'_>, measure: Measure, id: &str, title: &str, head: &str) -> Markup {
    let rows = all.of(measure);
    html! {
        h2 { (title) }
        (chart::bars(id, "Decisions", &rows))
        (table(&format!("{id}-table"), title, head, &rows))
    }
}

/// The numbers of a chart, for those who rather read.
fn table(id: &str, title: &str, head: &str, rows: &[(String, u64)]) -> Markup {
    html! {
        details {
            summary { "As a table" }
            div .wide { table id=(id) {
                caption { (title) }
                tr { th scope="col" { (head) } th .n scope="col" { "decisions" } }
                @for (word, count) in rows {
                    tr { th scope="row" { (word) } td .n { (number(*count)) } }
                }
            } }
        }
    }
}

/// What the operator has switched off, and on again.
fn switches(log: &Snapshot) -> Markup {
    let controls = log.ledger.moderation().controls();
    html! {
        h2 { "Switches" }
        @if controls.is_empty() { p #no-switches { "The operator has switched nothing off." } }
        @else {
            div .wide tabindex="0" role="region" aria-label="Switches" { table #switches {
                tr {
                    th scope="col" { "entry" } th scope="col" { "what" } th scope="col" { "for whom" }
                    th scope="col" { "off until" } th scope="col" { "why" }
                }
                @for (mark, control) in controls.iter().rev() {
                    tr {
                        td { a href=(entry_path(mark.index)) { (mark.date) } }
                        td { (control.name) } td { (control.class) }
                        td { @match control.until { Some(until) => (until), None => "on again" } }
                        td { bdi { (control.reason) } }
                    }
                }
            } }
        }
    }
}

/// Which versions of the classifier were at work.
fn models(log: &Snapshot) -> Markup {
    let models = log.ledger.moderation().models();
    html! {
        h2 { "Versions of the classifier" }
        @if models.is_empty() { p #no-models { "The log names none." } }
        @else {
            div .wide tabindex="0" role="region" aria-label="Versions of the classifier" { table #models {
                tr {
                    th scope="col" { "entry" } th .n scope="col" { "version" } th scope="col" { "state" }
                    th .n scope="col" { "decisions learned" } th scope="col" { "SHA-256 of its file" }
                }
                @for (mark, model) in models.iter().rev() {
                    tr {
                        td { a href=(entry_path(mark.index)) { (mark.date) } }
                        td .n { (model.version) } td { (model.state) }
                        td .n { (number(model.learned)) } td { code { (model.file) } }
                    }
                }
            } }
        }
    }
}

/// `GET /transparency/moderation.csv`.
pub(super) async fn csv(State(shared): State<Arc<Shared>>) -> Result<Response, Refusal> {
    let (_, rows) = rows(&shared).await?;
    let text = report::to_csv(&rows);
    Ok(file("text/csv; charset=utf-8", "csv", text))
}

/// `GET /transparency/moderation.json`.
pub(super) async fn json(State(shared): State<Arc<Shared>>) -> Result<Response, Refusal> {
    let (log, rows) = rows(&shared).await?;
    let text = report::to_json(&log.ledger, &rows);
    Ok(file("application/json", "json", text))
}

fn file(kind: &str, extension: &str, text: String) -> Response {
    let name = format!("attachment; filename=\"heliograph-moderation.{extension}\"");
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name.as_str())];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{House, NOW_S, scene};
    use heliograph_transparency::entry::{
        Act, Category, Control, Day, Decider, Decision, Hour, Model, ModelState, Scope, Source,
        SubjectKind, Terms,
    };
    use heliograph_transparency::testing::Scene;
    use heliograph_transparency::tree::Hash;

    /// A log in which a machine has hidden three things, uploads were switched off, and a model
    /// began to work.
    fn moderated() -> Scene {
        let mut scene = scene();
        let today = Day::of_unix(NOW_S);
        scene.push(Terms {
            version: 1,
            bundle: Hash([1; 32]),
            effective: today,
        });
        for number in 1..=3 {
            scene.push(Decision {
                number,
                subject: Hash([2; 32]),
                of_kind: SubjectKind::Channel,
                act: Act::Hold,
                scope: Scope::World,
                until: Some(Hour::first_of(today.plus(3))),
                settles: None,
                clause: "spam.1".into(),
                terms: 1,
                category: Category::Fraud,
                source: Source::Machine,
                received: Hour::first_of(today),
                country: "DE".parse().ok(),
                found_by: Decider::Machine,
                decided_by: Decider::Machine,
                authority: None,
                statement: Hash([3; 32]),
            });
        }
        scene.push(Control {
            name: "uploads".into(),
            class: "new".into(),
            until: Some(Hour::first_of(today.plus(1))),
            reason: "a flood of <spam>".into(),
        });
        scene.push(Model {
            version: 1,
            file: Hash([4; 32]),
            state: ModelState::Live,
            learned: 1_200,
        });
        scene
    }

    #[tokio::test]
    async fn the_numbers_are_those_of_the_log_as_page_and_as_files() {
        let scene = moderated();
        let house = House::over(&scene);
        let page = house.page("/transparency/moderation", "").await;
        for text in [
            "3, 100 %",
            "<desc id=\"by-act-text\">hold 3</desc>",
            "<desc id=\"by-month-text\">2026-11 3</desc>",
            "<th scope=\"row\">spam.1</th><td class=\"n\">3</td>",
            "a flood of &lt;spam&gt;",
            "1,200",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        let rows = report::rows(&scene.ledger);
        let csv = house.get("/transparency/moderation.csv").await;
        assert_eq!(csv.text(), report::to_csv(&rows));
        assert!(
            csv.header("content-disposition")
                .contains("heliograph-moderation.csv")
        );
        let json = house.get("/transparency/moderation.json").await;
        assert_eq!(json.text(), report::to_json(&scene.ledger, &rows));
        let overview = house.page("/transparency", "").await;
        assert!(overview.contains("href=\"/transparency/moderation\""));
    }

    #[tokio::test]
    async fn a_log_without_decisions_says_so() {
        let page = House::new().page("/transparency/moderation", "").await;
        for text in [
            "Nothing was decided yet",
            "switched nothing off",
            "names none",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
    }
}
