//! The pages of staff, under `/console`: the desk's and moderation's.
//!
//! `session::enter` lets someone in by session and right. Every look at something and everything
//! done goes through `Visit::recorded` there, which opens an audit record first.

mod audit;
mod case;
mod case_forms;
mod case_steps;
mod cases;
mod custodians;
mod decisions;
mod invitation;
mod moderation;
mod passkey;
mod quarantine;
mod registry;
mod roles;
mod session;
mod sign_in;
#[cfg(test)]
mod tests;

pub(crate) use decisions::Drafts;
pub use invitation::{INVITATION_S, InviteError, dismiss, invite};
pub(crate) use passkey::Passkeys;
pub use roles::{Role, Roles, RolesError};

use crate::Shared;
use crate::page::Page;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use maud::{Markup, html};
use roles::Right;
#[cfg(test)]
pub(crate) use session::session_for_tests;
use session::{CSRF_FIELD, Visit};
use std::sync::Arc;

/// Largest form of staff: a response with a thousand records, or the documents of a later order.
const MAX_FORM_BYTES: usize = 24 * 1024 * 1024;

/// The routes.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/console/passkey.js", get(script))
        .route(
            "/console/sign-in",
            get(sign_in::page).post(sign_in::sign_in),
        )
        .route("/console/sign-out", post(sign_in::sign_out))
        .route(
            "/console/invitation/{secret}",
            get(invitation::page).post(invitation::enrol),
        )
        .route("/console", get(cases::page))
        .route("/console/case/{id}", get(case::page))
        .route(
            "/console/case/{id}/document/{position}",
            get(case::document),
        )
        .route("/console/case/{id}/bundle", post(case::bundle))
        .route("/console/case/{id}/passphrase", post(case::passphrase))
        .route("/console/case/{id}/open", get(case::confirm_opening))
        .route("/console/case/{id}/do/{act}", post(case_forms::act))
        .route("/console/case/{id}/draft/{kind}", post(case_forms::draft))
        .route(
            "/console/quarantine/{id}",
            get(quarantine::page).post(quarantine::decide),
        )
        .route(
            "/console/quarantine/{id}/document/{position}",
            get(quarantine::document),
        )
        .route(
            "/console/registry",
            get(registry::page).post(registry::change),
        )
        .route("/console/decisions", get(decisions::page))
        .route("/console/decisions/country", post(decisions::country))
        .route("/console/decisions/policy", post(decisions::policy))
        .route(
            "/console/decisions/custodians",
            get(custodians::page).post(custodians::draft),
        )
        .route("/console/decisions/{id}/entry", get(decisions::entry))
        .route("/console/decisions/{id}", post(decisions::complete))
        .route("/console/audit", get(audit::page))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .merge(moderation::routes())
}

/// The one script.
async fn script() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, include_str!("passkey.js"))
}

/// A page for staff.
fn page(visit: &Visit, title: &'static str, body: Markup) -> Page {
    let may = |right| visit.roles.may(right);
    let navigation = html! {
        @if may(Right::SeeCases) { a href="/console" { "Cases" } }
        @if may(Right::SeeRegistry) { a href="/console/registry" { "Registry" } }
        @if may(Right::EnterDesk) { a href="/console/decisions" { "Decisions" } }
        @if may(Right::SeeAudit) { a href="/console/audit" { "Audit" } }
        @if may(Right::Moderate) {
            a href="/console/queue" accesskey="q" { "Queue" }
            a href="/console/decisions-of-moderation" { "Decisions" }
            a href="/console/open-case" { "Open a case" }
        }
        a href="/transparency" { "Public pages" }
        form method="post" action="/console/sign-out" {
            (csrf(visit))
            span .quiet { bdi { (visit.person.name) } " (" (visit.roles.words()) ") " }
            button .plain type="submit" #sign-out { "Sign out" }
        }
    };
    Page::new(title, body).navigation(navigation)
}

/// The hidden field that every form of the desk carries.
fn csrf(visit: &Visit) -> Markup {
    html! { input type="hidden" name=(CSRF_FIELD) value=(visit.csrf); }
}
