//! Quarters, countries and regions: tables and charts, and the files that `heliograph report`
//! prints.

use super::{chart, demo, trust};
use crate::Shared;
use crate::answer::Refusal;
use crate::page::{Page, number};
use crate::record::Snapshot;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use heliograph_transparency::entry::{Column, Day, Outcome, Place, Quarter};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::tally::{Counts, Tally, open_counts};
use heliograph_transparency::report::{self, Basis, Row};
use maud::{Markup, html};
use std::sync::Arc;

/// The columns of the first table, and their heads.
const MAIN: [(Column, &str); 14] = [
    (Column::Received, "received"),
    (Column::Emergency, "emergencies"),
    (Column::Phone, "for the number"),
    (Column::Ip, "for addresses"),
    (Column::Both, "for both"),
    (Column::Gag, "with a gag"),
    (Column::Preserved, "preserved"),
    (Column::Delivered, "delivered"),
    (Column::Failed, "opened, not delivered"),
    (Column::OutOfDesk, "out of desk: answered by counsel"),
    (Column::OutOfDeskContested, "out of desk: contested"),
    (Column::OutOfDeskConflict, "out of desk: conflict of law"),
    (Column::Withdrawn, "withdrawn"),
    (Column::Notices, "persons told"),
];

/// The quarters that the log has entries for, and those until today, newest first.
fn quarters(ledger: &Ledger, today: Day) -> Vec<Quarter> {
    let Some(first) = ledger.first_date() else {
        return Vec::new();
    };
    let last = today.max(ledger.date().unwrap_or(today));
    let all = std::iter::successors(Some(first.quarter()), |quarter| Some(quarter.next()));
    let mut quarters: Vec<Quarter> = all
        .take_while(|quarter| quarter.first_day() <= last)
        .collect();
    quarters.reverse();
    quarters
}

/// Links to all quarters, for the overview.
pub(super) fn links(ledger: &Ledger, now_s: u64) -> Markup {
    let quarters = quarters(ledger, Day::of_unix(now_s));
    html! {
        section aria-labelledby="reports" {
            h2 #reports { "Reports by quarter" }
            @if quarters.is_empty() { p { "The log has no entries yet." } }
            ul {
                @for quarter in &quarters {
                    li {
                        a href={ "/transparency/reports/" (quarter) } { (quarter) }
                        " (" a href={ "/transparency/reports/" (quarter) ".csv" } { "CSV" } ", "
                        a href={ "/transparency/reports/" (quarter) ".json" } { "JSON" } ")"
                    }
                }
            }
        }
    }
}

/// `/transparency/reports/2026Q4`, or with `.csv` or `.json`.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let (quarter, extension) = match name.split_once('.') {
        None => (name.as_str(), ""),
        Some(parts) => parts,
    };
    let quarter: Quarter = quarter.parse().map_err(|_| Refusal::NotFound)?;
    let log = shared.record.snapshot();
    let today = Day::of_unix(shared.clock.now_s());
    if !quarters(&log.ledger, today).contains(&quarter) {
        return Err(Refusal::NotFound);
    }
    let rows = report::rows(&log.ledger, Some(quarter));
    let (kind, text) = match extension {
        "" => return Ok(tables(&log, quarter, today, &rows).into_response()),
        "csv" => ("text/csv; charset=utf-8", report::to_csv(&rows)),
        "json" => ("application/json", report::to_json(&log.ledger, &rows)),
        _ => return Err(Refusal::NotFound),
    };
    let file = format!("attachment; filename=\"heliograph-{quarter}.{extension}\"");
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, file.as_str())];
    Ok((headers, text).into_response())
}

fn tables(log: &Snapshot, quarter: Quarter, today: Day, figures: &[Row]) -> Page {
    let ledger = &log.ledger;
    let from = ledger.entries_before(quarter.first_day());
    let to = ledger.entries_before(quarter.next().first_day());
    let tally = Tally::of(ledger, from, to);
    let countries = rows(&tally, |place| matches!(place, Place::Country(_)));
    let regions = rows(&tally, |place| matches!(place, Place::Region(_)));
    let received = |rows: &[(Place, &Counts)]| -> Vec<(String, u64)> {
        let count = |(place, counts): &(Place, &Counts)| {
            (place.to_string(), counts[Column::Received as usize])
        };
        rows.iter().map(count).collect()
    };
    let refused: Vec<(String, u64)> = reasons()
        .map(|outcome| {
            let count = tally.count(Place::World, Column::of_outcome(outcome));
            (outcome.word().to_owned(), count)
        })
        .collect();
    let body = html! {
        (demo(log))
        h1 { "Report of " (quarter) }
        (trust(log.trust))
        @if today < quarter.next().first_day() {
            p .card { "The quarter is not over. These are the numbers so far." }
        }
        h2 { "What everyone can count" }
        p { "These need no trust: each is a number of entries, " (number(from)) " to "
            (number(to.saturating_sub(1))) ", of the log." }
        dl {
            @for (column, count) in open_counts(ledger, from, to) {
                dt { (column) } dd { (number(count)) }
            }
        }
        h2 { "What the reveals show" }
        p {
            "By country and region, computed from requests that have ended and are under no gag. "
            @if tally.complete {
                strong { "All requests of this quarter are revealed, so these numbers are complete." }
            } @else {
                strong { "Some requests of this quarter have not ended, or are under a gag: these numbers can only rise." }
            }
            " What the operator claims of the rest, and the sums that prove a part of it, stands below."
        }
        (chart::bars("by-country", "Requests received, by country", &received(&countries)))
        (table("countries", "By country", &countries, &tally))
        (chart::bars("by-region", "Requests received, by region", &received(&regions)))
        (table("regions", "By region", &regions, &tally))
        (chart::bars("by-reason", "Requests refused, by reason", &refused))
        div .wide { table #reasons {
            caption { "Refused, by reason" }
            tr { th scope="col" { "reason" } th .n scope="col" { "requests" } }
            @for (reason, count) in &refused {
                tr { th scope="row" { (reason) } td .n { (number(*count)) } }
            }
        } }
        (claims(figures))
        p {
            "The same as files: "
            a href={ "/transparency/reports/" (quarter) ".csv" } { "CSV" } ", "
            a href={ "/transparency/reports/" (quarter) ".json" } { "JSON" }
            ". They are what " code { "heliograph report --quarter " (quarter) } " prints."
        }
    };
    Page::new("Report", body)
}

/// What the operator says, and what opened sums prove of it.
fn claims(figures: &[Row]) -> Markup {
    let said: Vec<&Row> = figures
        .iter()
        .filter(|row| row.basis != Basis::Revealed)
        .collect();
    html! {
        h2 { "What the operator claims, and what is proved" }
        @if said.is_empty() {
            p { "The operator has not reported on this quarter yet." }
        } @else {
            p {
                "A claim is the operator's word. " strong { "Proved" } " is what everyone counts in the log, and "
                "sums of commitments that can be checked without learning of a single case."
            }
            div .wide tabindex="0" role="region" aria-label="Claims" { table #claims {
                caption { "Claims and proved sums" }
                tr {
                    th scope="col" { "place" } th scope="col" { "what" } th scope="col" { "basis" }
                    th .n scope="col" { "how many" }
                }
                @for row in said {
                    tr {
                        th scope="row" { (row.place) } td { (row.measure) }
                        td { @if row.basis == Basis::Proved { "proved" } @else { "claimed" } }
                        td .n { (number(row.value)) }
                    }
                }
            } }
        }
    }
}

/// Why requests can be refused.
fn reasons() -> impl Iterator<Item = Outcome> {
    let refusals = Outcome::ALL
        .iter()
        .copied()
        .filter(|outcome| outcome.is_refusal());
    refusals.filter(|outcome| !outcome.is_out_of_desk())
}

fn rows(tally: &Tally, wanted: impl Fn(&Place) -> bool) -> Vec<(Place, &Counts)> {
    let places = tally.places.iter();
    places
        .filter(|(place, _)| wanted(place))
        .map(|(place, counts)| (*place, counts))
        .collect()
}

fn table(id: &str, caption: &str, rows: &[(Place, &Counts)], tally: &Tally) -> Markup {
    if rows.is_empty() {
        return html! { p #(id) .quiet { (caption) ": nothing is revealed yet." } };
    }
    let refused = |counts: &Counts| -> u64 {
        reasons()
            .map(|outcome| counts[Column::of_outcome(outcome) as usize])
            .sum()
    };
    html! {
        div .wide tabindex="0" role="region" aria-label=(caption) { table #(id) {
            caption { (caption) }
            tr {
                th scope="col" { "place" }
                @for (_, head) in MAIN { th .n scope="col" { (head) } }
                th .n scope="col" { "refused" }
                th .n scope="col" { "median hours" }
                th .n scope="col" { "90 % within, hours" }
            }
            @for (place, counts) in rows {
                @let hours = tally.hours.get(place).map_or(&[][..], Vec::as_slice);
                tr {
                    th scope="row" { (place) }
                    @for (column, _) in MAIN { td .n { (number(counts[column as usize])) } }
                    td .n { (number(refused(counts))) }
                    td .n { (quantile(hours, 50)) }
                    td .n { (quantile(hours, 90)) }
                }
            }
        } }
    }
}

/// The nearest-rank percentile of ascending numbers; a dash where there are none.
fn quantile(ascending: &[u32], percent: usize) -> String {
    let rank = (ascending.len() * percent).div_ceil(100).max(1);
    ascending
        .get(rank - 1)
        .map_or_else(|| "–".to_owned(), u32::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_numbers() {
        let read = |numbers: &[u32]| [quantile(numbers, 50), quantile(numbers, 90)];
        assert_eq!(read(&[]), ["–", "–"]);
        assert_eq!(read(&[7]), ["7", "7"]);
        assert_eq!(read(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), ["5", "9"]);
    }
}
