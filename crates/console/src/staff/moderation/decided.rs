//! `/console/decisions-of-moderation`: what was decided, and taking it back.

use super::case::decided as card;
use super::{is_about_children, words};
use crate::answer::Refusal;
use crate::fields::{Field, Fields, Wrong, field};
use crate::moderating::{Alike, ModeratingError};
use crate::page::{Page, moment};
use crate::portal::Typed;
use crate::staff::roles::Right;
use crate::staff::session::{Visit, enter};
use crate::staff::{csrf, page as desk_page};
use crate::{Shared, texts};
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use heliograph_model::Territory;
use heliograph_moderation::statement;
use maud::{Markup, html};
use std::sync::Arc;

const FACTS: Field = field("facts", "Why it is taken back", "The owner reads this.");

/// `GET /console/decisions-of-moderation`.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let decisions = visit.moderated("see-moderation-decisions", None, |moderation, who| {
        moderation.decisions(who)
    });
    let mut decisions = decisions.await?;
    if !visit.roles.may(Right::SeeChildren) {
        decisions.retain(|decided| !is_about_children(decided));
    }
    let body = html! {
        h1 { "Decisions of moderation" }
        p {
            "The newest first. Each opens with what the owner was told, and can be taken back there; "
            a href="/console/undo-decisions" { "many can be taken back together" } "."
        }
        @if decisions.is_empty() { p #no-decisions { "Nothing was decided yet." } }
        @for decided in &decisions { (card(decided)) }
    };
    Ok(desk_page(&visit, "Decisions of moderation", body))
}

/// `GET /console/decisions-of-moderation/…`.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let seen = visit.moderated("see-moderation-decision", None, move |moderation, who| {
        moderation.decision(who, number)
    });
    let (decided, appeal) = seen.await?;
    if is_about_children(&decided) && !visit.roles.may(Right::SeeChildren) {
        return Err(Refusal::NotFound);
    }
    let can_undo = decided.verdict.act.is_measure() && decided.settled.is_none();
    let body = html! {
        h1 { "Decision " (number) }
        dl {
            dt { "About" } dd { (words::kind(&decided.subject, None)) ", " code { (decided.subject) } }
            dt { "Began with" } dd { (words::origin(decided.origin)) }
        }
        (card(&decided))
        @if decided.told_at().is_none() { (tell_form(&visit, number)) }
        h2 { "The statement of reasons" }
        pre .statement { (statement::text(&decided, number)) }
        @if let Some(appeal) = &appeal {
            h2 { "The newest appeal" }
            p {
                (moment(words::seconds(appeal.at)))
                @if appeal.ended { ": decided." } @else {
                    ": " a href={ "/console/moderation/" (appeal.case) } { "waits as case " (appeal.case) } "."
                }
            }
            details { summary { "What the owner says" } p .text { bdi { (appeal.text) } } }
        }
        @if can_undo { (undo_form(&visit, number)) }
        @if can_undo && decided.verdict.territory == Territory::World { (refuse_form(&visit, number)) }
    };
    Ok(desk_page(&visit, "Decision", body))
}

fn tell_form(visit: &Visit, number: u64) -> Markup {
    html! {
        form .boxed #tell-form method="post" action={ "/console/decisions-of-moderation/" (number) "/tell" } {
            (csrf(visit))
            h2 { "The owner was not told" }
            p {
                "A child or a life is concerned. Tell them once it warns nobody any more: where a hotline or an "
                "authority was told, ask there first. From then on they can contest it."
            }
            button .grave type="submit" #tell { "Tell the owner" }
        }
    }
}

/// `POST /console/decisions-of-moderation/…/tell`.
pub(super) async fn tell(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    visit.check_form(&headers, &Typed::from(fields))?;
    let children = visit.roles.may(Right::SeeChildren);
    let told = visit.moderated("do-tell-owner", None, move |moderation, who| {
        let (decided, _) = moderation.decision(who, number)?;
        if is_about_children(&decided) && !children {
            return Err(crate::moderating::ModeratingError::Missing);
        }
        moderation.tell_owner(who, number)
    });
    told.await?;
    let here = format!("/console/decisions-of-moderation/{number}");
    Ok(Redirect::to(&here))
}

const ALIKE: &str = "alike";

fn refuse_form(visit: &Visit, number: u64) -> Markup {
    html! {
        form .boxed #refuse-form method="post" action={ "/console/decisions-of-moderation/" (number) "/refuse" } {
            (csrf(visit))
            h2 { "Texts that are nearly the same" }
            p {
                "They are held, and a person looks at each campaign. They can be refused instead: for half a year "
                "nobody can publish them, each author is told this rule, and the public log has it. Choose this for "
                "texts of which you are certain."
            }
            button .grave type="submit" name=(ALIKE) value="refused" #refuse { "Refuse them" }
            button .plain type="submit" name=(ALIKE) value="held" #hold { "Hold them, as usual" }
        }
    }
}

/// `POST /console/decisions-of-moderation/…/refuse`.
pub(super) async fn refuse(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let typed = Typed::from(fields);
    visit.check_form(&headers, &typed)?;
    let alike = match typed.one(ALIKE) {
        "refused" => Alike::Refused,
        "held" => Alike::Held,
        _ => return Err(Refusal::NotFound),
    };
    let done = visit.moderated("do-refuse-alike", None, move |moderation, who| {
        let (decided, _) = moderation.decision(who, number)?;
        if is_about_children(&decided) {
            // A refusal would warn.
            return Err(ModeratingError::Missing);
        }
        moderation.refuse_alike(who, number, alike)
    });
    done.await?;
    let here = format!("/console/decisions-of-moderation/{number}");
    Ok(Redirect::to(&here))
}

fn undo_form(visit: &Visit, number: u64) -> Markup {
    let (typed, wrong) = (Typed::default(), Wrong::new());
    let here = format!("/console/decisions-of-moderation/{number}/undo");
    html! {
        form .boxed #undo-form method="post" action=(here) {
            (csrf(visit))
            h2 { "Take it back" }
            p { "What was done ends as soon as the log holds the undoing; the owner is told." }
            (Fields { typed: &typed, wrong: &wrong }.area(FACTS))
            button .grave type="submit" accesskey="u" #undo { "Undo (u)" }
        }
    }
}

/// `POST /console/decisions-of-moderation/…/undo`.
pub(super) async fn undo(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let typed = Typed::from(fields);
    visit.check_form(&headers, &typed)?;
    let facts = typed.one(FACTS.name).to_owned();
    if facts.is_empty() {
        return Err(Refusal::Malformed(texts::NO_FACTS));
    }
    let children = visit.roles.may(Right::SeeChildren);
    let done = visit.moderated("do-undo", None, move |moderation, who| {
        let (decided, _) = moderation.decision(who, number)?;
        if is_about_children(&decided) && !children {
            return Err(crate::moderating::ModeratingError::Missing);
        }
        moderation.undo(who, number, &facts)
    });
    done.await?;
    Ok(Redirect::to("/console/decisions-of-moderation"))
}
