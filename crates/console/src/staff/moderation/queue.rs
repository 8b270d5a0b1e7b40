//! `/console/queue`: what waits, the most urgent first, and taking it.

use super::{case_path, with_case, words};
use crate::answer::Refusal;
use crate::moderating::{Queue, QueueLine};
use crate::page::Page;
use crate::portal::Typed;
use crate::staff::roles::Right;
use crate::staff::session::{Visit, enter};
use crate::staff::{csrf, page as desk_page};
use crate::{Shared, texts};
use axum::extract::{Form, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use heliograph_moderation::cases::Origin;
use heliograph_moderation::reasons::Urgency;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// What the visitor did just before, as a word.
#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: String,
}

/// After how many grave cases in a day the page asks somebody to stop.
const PAUSE_AFTER: usize = 10;

/// `GET /console/queue`.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(After { after }): Query<After>,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let children = visit.roles.may(Right::SeeChildren);
    let queue = visit.moderated("see-queue", None, move |moderation, who| {
        moderation.queue(who, children)
    });
    let queue = queue.await?;
    let now_s = shared.clock.now_s();
    let said = match after.as_str() {
        "decided" => Some("Decided. It is carried out as soon as the public log holds it."),
        "proposed" => Some("Proposed. It waits for a second moderator."),
        "agreed" => Some("The same was decided the first time: it stands."),
        "left" => Some("Given back."),
        "none" => Some("Nothing waits that you may take."),
        _ => None,
    };
    let body = html! {
        h1 { "Queue" }
        @if let Some(said) = said { p .good role="status" #said { (said) } }
        p #waiting { (queue.waiting) @if queue.waiting == 1 { " case waits." } @else { " cases wait." } }
        @if queue.grave_today > 0 {
            p .quiet #exposure {
                "You have looked at " (queue.grave_today)
                @if queue.grave_today == 1 { " case" } @else { " cases" }
                " about children or lives today."
                @if queue.grave_today >= PAUSE_AFTER { " " strong { "Leave the next one to somebody else, and take a pause." } }
            }
        }
        form method="post" action="/console/queue/take" {
            (csrf(&visit))
            button type="submit" accesskey="n" autofocus #take-next { "Take the next (n)" }
        }
        (sections(&visit, &queue, now_s))
    };
    Ok(desk_page(&visit, "Queue", body))
}

/// The cases in three parts: children and lives, appeals, everything else.
fn sections(visit: &Visit, queue: &Queue, now_s: u64) -> Markup {
    let urgent = |line: &&QueueLine| line.case.reason().urgency == Urgency::Now;
    let appeal = |line: &&QueueLine| line.case.origin == Origin::Appeal;
    let part = |wanted: &dyn Fn(&&QueueLine) -> bool| -> Vec<&QueueLine> {
        queue.lines.iter().filter(wanted).collect()
    };
    let parts = [
        ("urgent", "Children and lives", part(&urgent)),
        (
            "appeals",
            "Appeals",
            part(&|line| !urgent(line) && appeal(line)),
        ),
        (
            "others",
            "Everything else",
            part(&|line| !urgent(line) && !appeal(line)),
        ),
    ];
    html! {
        @for (id, title, lines) in &parts {
            @if !lines.is_empty() || *id == "others" {
                h2 id={ (id) "-title" } { (title) }
                (table(visit, id, lines, now_s))
            }
        }
    }
}

fn table(visit: &Visit, id: &str, lines: &[&QueueLine], now_s: u64) -> Markup {
    html! {
        @if lines.is_empty() { p .quiet id=(id) { "Nothing." } }
        @else {
            div .wide tabindex="0" role="region" aria-labelledby={ (id) "-title" } { table id=(id) {
                tr {
                    th scope="col" { "case" } th scope="col" { "for" } th scope="col" { "reason" }
                    th scope="col" { "about" } th .n scope="col" { "reports" }
                    th .n scope="col" { "weight" } th scope="col" { "waits" }
                }
                @for line in lines { (row(visit, line, now_s)) }
            } }
        }
    }
}

fn row(visit: &Visit, line: &QueueLine, now_s: u64) -> Markup {
    let case = &line.case;
    let received_s = words::seconds(case.received);
    // What may be hard to read is read in the case, when somebody is ready for it.
    let severe = case.reason().urgency == Urgency::Now;
    html! {
        tr {
            th scope="row" { a href=(case_path(case.number)) { "Case " (case.number) } }
            td {
                @if line.open_to_me {
                    form method="post" action="/console/queue/take" {
                        (csrf(visit))
                        input type="hidden" name="case" value=(case.number);
                        button .plain type="submit" aria-label={ "Take case " (case.number) } { "take" }
                    }
                } @else if case.proposal.is_some() { "a second moderator" }
                @else { "somebody else" }
            }
            td {
                (case.reason().title)
                @if let Origin::Order(authority) = case.origin { " (order of authority " (authority) ")" }
            }
            td {
                (words::kind(&case.subject, None))
                @if !severe { " " bdi { (line.title) } }
            }
            td .n { (case.reports) }
            td .n { (words::weight(case.weight)) }
            td { (words::age(received_s, now_s)) }
        }
    }
}

/// `POST /console/queue/take`: this case, or the next.
pub(super) async fn take(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let typed = Typed::from(fields);
    visit.check_form(&headers, &typed)?;
    let case = match typed.one("case") {
        "" => None,
        number => {
            let number = number.parse::<u64>();
            Some(number.map_err(|_| Refusal::Malformed(texts::NOT_A_NUMBER))?)
        }
    };
    let children = visit.roles.may(Right::SeeChildren);
    let taken = visit.moderated("do-take", case, move |moderation, who| {
        moderation.take(who, case, children)
    });
    Ok(match taken.await? {
        Some(number) => Redirect::to(&case_path(number)),
        None => Redirect::to("/console/queue?after=none"),
    })
}

/// `POST /console/moderation/…/leave`: gives a case back.
pub(super) async fn leave(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    visit.check_form(&headers, &Typed::from(fields))?;
    let left = with_case(&visit, "do-leave", number, move |moderation, who, _| {
        moderation.leave(who, number)
    });
    left.await?;
    Ok(Redirect::to("/console/queue?after=left"))
}
