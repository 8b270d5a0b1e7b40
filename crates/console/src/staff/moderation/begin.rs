//! `/console/open-case`: a case of the moderators' own, or for an authority's order.

use super::case_path;
use super::verdict::countries;
use crate::answer::Refusal;
use crate::fields::{Field, Fields, Wrong, field};
use crate::page::Page;
use crate::portal::Typed;
use crate::staff::roles::Right;
use crate::staff::session::{Visit, enter};
use crate::staff::{csrf, page as desk_page};
use crate::{Shared, texts};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use heliograph_model::Territory;
use heliograph_moderation::cases::Origin;
use heliograph_moderation::reasons::{self, REASONS, Reason};
use heliograph_transparency::regions::Country;
use maud::html;
use std::sync::Arc;

const LOCATION: Field = field(
    "location",
    "What it is about",
    "A link to a public channel, group, bot, person or post of this installation, or @name; or /term \
     and a search term.",
);
const REASON: Field = field("reason", "Reason", "");
const ORIGIN: Field = field("origin", "Why now", "");
const AUTHORITY: Field = field(
    "authority",
    "Number of the authority",
    "In the registry. For an order only.",
);
const COUNTRIES: Field = field(
    "countries",
    "Countries for which the order holds",
    "Two capital letters each, as DE FR. No decision will reach further.",
);
const STATEMENT: Field = field("statement", "What was seen, or what the order says", "");

/// Longest statement, in characters.
const MAX_STATEMENT_CHARS: usize = 5_000;

/// `GET /console/open-case`.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let mut typed = Typed::default();
    typed.add(ORIGIN.name, "own".into());
    Ok(show(&visit, &typed, &Wrong::new()))
}

fn show(visit: &Visit, typed: &Typed, wrong: &Wrong) -> Page {
    let fields = Fields { typed, wrong };
    let children = visit.roles.may(Right::SeeChildren);
    let reasons: Vec<(&str, String)> = REASONS
        .iter()
        .filter(|reason| children || !reason.is_about_children())
        .map(|reason| (reason.word, reason.title.to_owned()))
        .collect();
    let origins = [
        ("own", "of our own accord"),
        ("order", "an authority of the registry ordered it"),
    ];
    let body = html! {
        h1 { "Open a case" }
        (fields.summary())
        form .boxed method="post" action="/console/open-case" {
            (csrf(visit))
            (fields.line(LOCATION, "text"))
            (fields.select(REASON, &reasons))
            (fields.radio(ORIGIN, &origins))
            (fields.line(AUTHORITY, "text"))
            (fields.line(COUNTRIES, "text"))
            (fields.area(STATEMENT))
            button type="submit" accesskey="o" #open-case { "Open the case (o)" }
        }
    };
    desk_page(visit, "Open a case", body)
}

/// What a form asks for.
struct Begun {
    reason: &'static Reason,
    origin: Origin,
    not_wider: Option<Territory>,
}

fn read(typed: &Typed) -> Result<Begun, Wrong> {
    let mut wrong = Wrong::new();
    let reason = reasons::find(typed.one(REASON.name));
    if reason.is_none() {
        wrong.insert(REASON.name, "Choose a reason.".into());
    }
    if typed.one(LOCATION.name).is_empty() {
        wrong.insert(LOCATION.name, "Say what it is about.".into());
    }
    if typed.one(STATEMENT.name).chars().count() > MAX_STATEMENT_CHARS {
        let words = format!("This is longer than {MAX_STATEMENT_CHARS} characters.");
        wrong.insert(STATEMENT.name, words);
    }
    let (origin, not_wider) = match typed.one(ORIGIN.name) {
        "own" => (Origin::Own, None),
        "order" => order(typed, &mut wrong),
        _ => {
            wrong.insert(ORIGIN.name, "Choose why.".into());
            (Origin::Own, None)
        }
    };
    match reason {
        Some(reason) if wrong.is_empty() => Ok(Begun {
            reason,
            origin,
            not_wider,
        }),
        _ => Err(wrong),
    }
}

/// Reads whose order it is, and for which countries. An order always names some: what one country
/// asks for is done there.
fn order(typed: &Typed, wrong: &mut Wrong) -> (Origin, Option<Territory>) {
    let authority = typed.one(AUTHORITY.name).parse::<u64>();
    if authority.is_err() {
        wrong.insert(AUTHORITY.name, texts::NOT_A_NUMBER.into());
    }
    let codes = countries(typed.one(COUNTRIES.name));
    let known = |code: &String| code.parse::<Country>().is_ok();
    if codes.is_empty() || !codes.iter().all(known) {
        let words = "Name at least one country, by two capital letters each.";
        wrong.insert(COUNTRIES.name, words.into());
    }
    let origin = Origin::Order(authority.unwrap_or_default());
    (origin, Some(Territory::Countries(codes)))
}

/// `POST /console/open-case`.
pub(super) async fn open(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let typed = Typed::from(fields);
    visit.check_form(&headers, &typed)?;
    let refuse = |wrong: &Wrong| {
        let page = show(&visit, &typed, wrong);
        Ok(page
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response())
    };
    let begun = match read(&typed) {
        Ok(begun) => begun,
        Err(wrong) => return refuse(&wrong),
    };
    if begun.reason.is_about_children() && !visit.roles.may(Right::SeeChildren) {
        return Err(Refusal::Forbidden);
    }
    let location = typed.one(LOCATION.name).to_owned();
    let statement = typed.one(STATEMENT.name).to_owned();
    let opened = visit.moderated("do-open-case", None, move |moderation, who| {
        if moderation.find(&location)?.is_none() {
            return Ok(None);
        }
        let Begun {
            reason,
            origin,
            not_wider,
        } = begun;
        let case = moderation.open_case(who, &location, reason, origin, not_wider, &statement)?;
        Ok(Some(case))
    });
    if let Some(case) = opened.await? {
        return Ok(Redirect::to(&case_path(case)).into_response());
    }
    let words = "There is nothing public of this name here.".to_owned();
    refuse(&Wrong::from([(LOCATION.name, words)]))
}
