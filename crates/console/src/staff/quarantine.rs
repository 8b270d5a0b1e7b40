//! What an unknown sender handed in: to be looked at, then taken in for an authority of the
//! registry, or dropped.

use super::case::{documents, order, pdf};
use super::roles::Right;
use super::session::enter;
use super::{csrf, page as desk_page};
use crate::answer::Refusal;
use crate::page::{Page, moment};
use crate::portal::Typed;
use crate::{Shared, texts};
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use heliograph_desk_store::IntakeId;
use maud::html;
use std::sync::Arc;

fn id_of(text: &str) -> Result<IntakeId, Refusal> {
    IntakeId::parse(text).ok_or(Refusal::NotFound)
}

/// `GET /console/quarantine/…`.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::SeeCases).await?;
    let id = id_of(&id)?;
    let seen = visit.recorded("see-quarantined", None, move |shared, who, now_s| {
        shared.casework.quarantined(who, id, now_s)
    });
    let seen = seen.await?;
    let (line, here) = (&seen.line, format!("/console/quarantine/{id}"));
    let body = html! {
        h1 { "In quarantine" }
        p .alarm { "Nobody has verified this sender. Call back at a number from a public source, never at one of the request." }
        @if !line.look_alikes.is_empty() {
            p .alarm #look-alikes {
                "The name could be mistaken for: "
                @for (position, name) in line.look_alikes.iter().enumerate() {
                    @if position > 0 { ", " } bdi { (name) }
                }
            }
        }
        dl {
            dt { "Received" } dd { (moment(line.received_s)) }
            dt { "Says to be" } dd { bdi { (line.sender.name) } }
            dt { "Country" } dd { bdi { (line.sender.country) } }
            dt { "Kind" } dd { bdi { (line.sender.class) } }
            dt { "Number it gives" }
            dd { @match line.sender.authority { Some(number) => (number), None => "none" } }
            dt { "Contact it gives" } dd { bdi { (line.sender.contact) } }
        }
        (order(&seen.form))
        (documents(&here, &seen.documents))
        @if visit.roles.may(Right::WorkOnCases) {
            form .boxed method="post" action=(here) {
                (csrf(&visit))
                div .field {
                    label for="authority" { "Take it in for the authority with this number in the registry" }
                    input #authority type="text" inputmode="numeric" name="authority";
                }
                button type="submit" name="decision" value="accept" #accept { "Take it in" }
                " "
                button .grave type="submit" name="decision" value="drop" #drop { "Drop it" }
            }
        }
    };
    Ok(desk_page(&visit, "In quarantine", body))
}

/// `POST /console/quarantine/…`.
pub(super) async fn decide(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::WorkOnCases).await?;
    let typed = Typed::from(fields);
    visit.check_form(&headers, &typed)?;
    let id = id_of(&id)?;
    let authority = match typed.one("decision") {
        "accept" => {
            let number = typed.one("authority").parse();
            Some(number.map_err(|_| Refusal::Malformed(texts::NOT_A_NUMBER))?)
        }
        "drop" => None,
        _ => return Err(Refusal::Malformed(texts::NO_FORM)),
    };
    let done = visit.recorded("do-decide-quarantined", None, move |shared, who, now_s| {
        shared
            .casework
            .decide_quarantined(who, id, authority, now_s)
    });
    let Some(secret) = done.await? else {
        return Ok(Redirect::to("/console").into_response());
    };
    let body = html! {
        h1 { "It is a case" }
        p {
            "Its clock runs from now. Give this address to the authority when you call it back: it is the "
            "only way to its request, and is shown this once."
        }
        code .secret #secret { (shared.installation.address()) "/requests/r/" (secret) }
        p { a href="/console" { "To the cases" } }
    };
    Ok(desk_page(&visit, "It is a case", body).into_response())
}

/// `GET /console/quarantine/…/document/N`.
pub(super) async fn document(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path((id, position)): Path<(String, usize)>,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::SeeCases).await?;
    let id = id_of(&id)?;
    let seen = visit.recorded("see-document", None, move |shared, who, now_s| {
        shared
            .casework
            .quarantined_document(who, id, position, now_s)
    });
    Ok(pdf(seen.await?))
}
