//! `/console/undo-decisions`: many decisions are taken back together, after a look at how many.

use crate::answer::Refusal;
use crate::fields::{Field, Fields, Wrong, field};
use crate::moderating::UndoAll;
use crate::page::Page;
use crate::portal::Typed;
use crate::staff::roles::Right;
use crate::staff::session::{Visit, enter};
use crate::staff::{csrf, page as desk_page};
use crate::{Shared, texts};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use heliograph_moderation::decisions::MalformedVerdict;
use heliograph_transparency::entry::Day;
use maud::html;
use std::sync::Arc;

const BY: Field = field(
    "by",
    "Whose",
    "The number of a moderator in the public log; empty for what machines did.",
);
const FROM: Field = field("from", "First day", "As 2026-12-01.");
const TO: Field = field(
    "to",
    "Last day",
    "A version of the classifier was at work from entry to entry.",
);
const FACTS: Field = field(
    "facts",
    "Why they are taken back",
    "Every owner reads this.",
);

/// `GET /console/undo-decisions`.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    Ok(show(&visit, &Typed::default(), &Wrong::new(), None))
}

/// The form; with `count` what would follow, and the button that does it.
fn show(visit: &Visit, typed: &Typed, wrong: &Wrong, count: Option<usize>) -> Page {
    let fields = Fields { typed, wrong };
    let body = html! {
        h1 { "Take many decisions back" }
        p {
            "Where somebody decided wrongly for a while, or a machine did. Every decision that is in force is "
            "undone by one of its own, which the log holds, and its owner is told."
        }
        (fields.summary())
        form .boxed method="post" action="/console/undo-decisions" {
            (csrf(visit))
            (fields.line(BY, "text"))
            (fields.line(FROM, "text"))
            (fields.line(TO, "text"))
            (fields.area(FACTS))
            button type="submit" accesskey="p" #preview { "See how many (p)" }
            @if let Some(count) = count {
                p .alarm role="status" #count { (count) " decisions would be taken back." }
                button .grave type="submit" name="sure" value="yes" accesskey="u" #undo-all { "Take them back (u)" }
            }
        }
    };
    desk_page(visit, "Take many decisions back", body)
}

/// Reads the form. Fails with everything that is wrong, by field.
fn read(typed: &Typed, children: bool) -> Result<UndoAll, Wrong> {
    let mut wrong = Wrong::new();
    let mut day = |field: Field| -> Day {
        typed.one(field.name).parse().unwrap_or_else(|_| {
            wrong.insert(field.name, texts::NO_DAY.into());
            Day(0)
        })
    };
    let (from, to) = (day(FROM), day(TO));
    let by = match typed.one(BY.name) {
        "" => None,
        number => {
            let number = number.parse::<u16>();
            if number.is_err() {
                wrong.insert(BY.name, texts::NOT_A_NUMBER.into());
            }
            number.ok()
        }
    };
    let facts = typed.one(FACTS.name).to_owned();
    if facts.trim().is_empty() {
        wrong.insert(FACTS.name, format!("{}.", MalformedVerdict::NoFacts));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(UndoAll {
        by,
        from,
        to,
        facts,
        children,
    })
}

/// `POST /console/undo-decisions`: how many it would be, or the act.
pub(super) async fn send(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let typed = Typed::from(fields);
    visit.check_form(&headers, &typed)?;
    let asked = match read(&typed, visit.roles.may(Right::SeeChildren)) {
        Ok(asked) => asked,
        Err(wrong) => {
            let page = show(&visit, &typed, &wrong, None);
            return Ok(page
                .status(StatusCode::UNPROCESSABLE_ENTITY)
                .into_response());
        }
    };
    if typed.one("sure") == "yes" {
        let undone = visit.moderated("do-undo-all", None, move |moderation, who| {
            moderation.undo_all(who, &asked)
        });
        undone.await?;
        return Ok(Redirect::to("/console/decisions-of-moderation").into_response());
    }
    let counted = visit.moderated("see-undo-all", None, move |moderation, who| {
        moderation.count_undone(who, &asked)
    });
    let count = counted.await?;
    Ok(show(&visit, &typed, &Wrong::new(), Some(count)).into_response())
}
