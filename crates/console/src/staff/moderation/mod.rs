//! Moderation's pages: the queue, a case, decisions, and cases of one's own.
//!
//! They are made for the keyboard: what is done most has an access key and the focus. What was
//! reported is veiled until somebody asks for it. Every look and every act is on record
//! ([`Visit::moderated`]), as at the desk.

mod begin;
mod bulk;
mod case;
mod decided;
mod queue;
mod refused;
mod sealed;
mod verdict;
mod words;

use super::roles::Right;
use super::session::Visit;
use crate::Shared;
use crate::answer::Refusal;
use crate::casework::Person;
use crate::moderating::{CaseSheet, Moderating, ModeratingError};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use heliograph_moderation::decisions::Decided;
use heliograph_moderation::reasons;
use std::sync::Arc;

/// Largest form: the facts of a verdict, and the rest.
const MAX_FORM_BYTES: usize = 128 * 1024;

/// The routes.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/console/queue", get(queue::page))
        .route("/console/queue/take", post(queue::take))
        .route("/console/moderation/{number}", get(case::page))
        .route("/console/moderation/{number}/leave", post(queue::leave))
        .route("/console/moderation/{number}/verdict", post(verdict::send))
        .route("/console/moderation/{number}/open", post(sealed::open))
        .route(
            "/console/moderation/{number}/hotline",
            get(sealed::guide).post(sealed::hotline),
        )
        .route("/console/decisions-of-moderation", get(decided::list))
        .route(
            "/console/decisions-of-moderation/{number}",
            get(decided::page),
        )
        .route(
            "/console/decisions-of-moderation/{number}/undo",
            post(decided::undo),
        )
        .route(
            "/console/decisions-of-moderation/{number}/tell",
            post(decided::tell),
        )
        .route(
            "/console/decisions-of-moderation/{number}/refuse",
            post(decided::refuse),
        )
        .route("/console/moderation/{number}/refused", post(refused::send))
        .route("/console/undo-decisions", get(bulk::page).post(bulk::send))
        .route(
            "/console/moderation/{number}/evidence",
            post(sealed::evidence),
        )
        .route("/console/open-case", get(begin::page).post(begin::open))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

/// Opens a case for somebody who may see it. One about a child, for somebody who has not agreed to
/// see such, is answered as one that is not there.
fn sheet(
    moderation: &dyn Moderating,
    who: &Person,
    number: u64,
    children: bool,
) -> Result<CaseSheet, ModeratingError> {
    let mut sheet = moderation.case(who, number)?;
    if !children {
        if sheet.case.reason().is_about_children() {
            return Err(ModeratingError::Missing);
        }
        sheet.earlier.retain(|earlier| !is_about_children(earlier));
    }
    Ok(sheet)
}

/// Whether a decision cites a rule about children.
fn is_about_children(decided: &Decided) -> bool {
    reasons::of_clause(&decided.verdict.clause).is_about_children()
}

/// Does something with a case that the visitor may see.
async fn with_case<T: Send + 'static>(
    visit: &Visit,
    name: &'static str,
    number: u64,
    call: impl FnOnce(&dyn Moderating, &Person, CaseSheet) -> Result<T, ModeratingError>
    + Send
    + 'static,
) -> Result<T, Refusal> {
    let children = visit.roles.may(Right::SeeChildren);
    visit
        .moderated(name, Some(number), move |moderation, who| {
            let sheet = sheet(moderation, who, number, children)?;
            call(moderation, who, sheet)
        })
        .await
}

fn case_path(number: u64) -> String {
    format!("/console/moderation/{number}")
}
