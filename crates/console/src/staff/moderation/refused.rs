//! The case of a refusal that its author contests: it is let through, or stays.

use super::{case_path, with_case};
use crate::Shared;
use crate::answer::Refusal;
use crate::moderating::{CaseSheet, ModeratingError};
use crate::portal::Typed;
use crate::staff::csrf;
use crate::staff::roles::Right;
use crate::staff::session::{Visit, enter};
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use heliograph_moderation::refusals::Finding;
use maud::{Markup, html};
use std::sync::Arc;

const FINDING: &str = "finding";

/// The form.
pub(super) fn form(visit: &Visit, sheet: &CaseSheet) -> Markup {
    html! {
        form .boxed #settle method="post" action={ (case_path(sheet.case.number)) "/refused" } {
            (csrf(visit))
            h2 { "Decide" }
            p {
                "Below \"Messages\" is what was refused: nobody else has read it. What is let through can be "
                "published from now on, and so can what is nearly the same. The author is told either way."
            }
            button type="submit" name=(FINDING) value="let-through" #let-through { "Let it through" }
            button .grave type="submit" name=(FINDING) value="stands" #stands { "It stays refused" }
        }
    }
}

/// `POST /console/moderation/…/refused`.
pub(super) async fn send(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let typed = Typed::from(fields);
    visit.check_form(&headers, &typed)?;
    let finding = match typed.one(FINDING) {
        "let-through" => Finding::LetThrough,
        "stands" => Finding::Stands,
        _ => return Err(Refusal::NotFound),
    };
    with_case(
        &visit,
        "do-settle-refusal",
        number,
        move |moderation, who, sheet| {
            if !sheet.mine || sheet.sealed {
                return Err(ModeratingError::Missing);
            }
            moderation.settle_refusal(who, number, finding)
        },
    )
    .await?;
    Ok(Redirect::to("/console/queue"))
}
