//! `/console`: the cases by deadline, and what waits in quarantine.

use super::page as desk_page;
use super::roles::Right;
use super::session::enter;
use crate::answer::Refusal;
use crate::casework::{CaseLine, Due, QuarantineLine};
use crate::page::moment;
use crate::{Shared, texts};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use heliograph_transparency::entry::Priority;
use maud::{Markup, html};
use std::sync::Arc;

/// What is due within this time stands out, in seconds.
const SOON_S: u64 = 86_400;

/// `GET /console`.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::Enter).await?;
    if visit.roles.may(Right::Moderate) {
        return Ok(Redirect::to("/console/queue").into_response());
    }
    if !visit.roles.may(Right::SeeCases) {
        return Ok(Redirect::to("/console/registry").into_response());
    }
    let desk = visit.recorded("see-cases", None, |shared, who, now_s| {
        shared.casework.desk(who, now_s)
    });
    let mut desk = desk.await?;
    let now_s = shared.clock.now_s();
    desk.cases.sort_by_key(|case| {
        (
            case.next.as_ref().map_or(u64::MAX, |due| due.due_s),
            case.received_s,
        )
    });
    let body = html! {
        h1 { "Cases" }
        (cases(&desk.cases, now_s))
        h2 { "In quarantine" }
        (quarantine(&desk.quarantine))
    };
    Ok(desk_page(&visit, "Cases", body).into_response())
}

fn cases(cases: &[CaseLine], now_s: u64) -> Markup {
    html! {
        @if cases.is_empty() { p #no-cases { "There is no case." } }
        @else {
            div .wide tabindex="0" role="region" aria-label="Cases" { table #cases {
                caption { "By deadline, the nearest first" }
                tr {
                    th scope="col" { "due" } th scope="col" { "case" } th scope="col" { "state" }
                    th scope="col" { "authority" } th scope="col" { "received" }
                }
                @for case in cases {
                    tr {
                        td { @if let Some(due) = &case.next { (next(due, now_s)) } @else { "–" } }
                        td {
                            a href={ "/console/case/" (case.id) } {
                                bdi { (case.file_reference) }
                            }
                            @if case.priority == Priority::Emergency { " " strong .wrong { "EMERGENCY" } }
                        }
                        td { (texts::state(case.state)) }
                        td { bdi { (case.authority) } }
                        td { (moment(case.received_s)) }
                    }
                }
            } }
        }
    }
}

/// A deadline, loud when it is near or over.
pub(super) fn next(due: &Due, now_s: u64) -> Markup {
    html! {
        (moment(due.due_s)) " " (texts::timer(&due.kind))
        @if due.done_s.is_some() { " (done)" }
        @else if now_s > due.due_s { " " strong .wrong { "OVERDUE" } }
        @else if now_s + SOON_S > due.due_s { " " strong { "within a day" } }
    }
}

fn quarantine(waiting: &[QuarantineLine]) -> Markup {
    html! {
        @if waiting.is_empty() { p #no-quarantine { "Nothing waits." } }
        @else {
            ul #quarantine {
                @for line in waiting {
                    li {
                        a href={ "/console/quarantine/" (line.id) } { bdi { (line.sender.name) } }
                        " (" bdi { (line.sender.country) } "), " (moment(line.received_s))
                        @if !line.look_alikes.is_empty() {
                            " " strong .wrong { "looks like: " }
                            @for (position, name) in line.look_alikes.iter().enumerate() {
                                @if position > 0 { ", " }
                                bdi { (name) }
                            }
                        }
                    }
                }
            }
        }
    }
}
