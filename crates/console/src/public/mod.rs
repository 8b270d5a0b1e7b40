//! Pages for everyone: how far to trust this installation, what its log says, and the log itself.

mod chart;
mod check;
mod entries;
mod guide;
mod log;
mod moderation;
mod overview;
mod privacy;
mod reports;
mod terms;
mod well_known;
mod words;

pub(crate) use guide::{questions, what_can_be_had};
pub(crate) use overview::entry_path;
pub(crate) use words::of as in_words;

use crate::Shared;
use crate::record::{Snapshot, meaning};
use axum::Router;
use axum::routing::get;
use heliograph_transparency::verify::Level;
use maud::{Markup, html};
use std::sync::Arc;

/// The routes.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/transparency", get(overview::page))
        .route("/transparency/check", get(check::page))
        .route("/transparency/entries", get(entries::list))
        .route("/transparency/entry/{index}", get(entries::one))
        .route("/transparency/entry/{index}/proof", get(entries::proof))
        .route("/transparency/reports/{quarter}", get(reports::page))
        .route("/log/{*path}", get(log::file))
        .route("/.well-known/heliograph", get(well_known::json))
        .route("/transparency/moderation", get(moderation::page))
        .route("/transparency/moderation.csv", get(moderation::csv))
        .route("/transparency/moderation.json", get(moderation::json))
        .route("/terms", get(terms::current))
        .route("/terms/{version}", get(terms::version))
        .route("/law-enforcement", get(guide::page))
        .route("/privacy", get(privacy::page))
}

/// The trust level with its meaning. It stands first, wherever numbers follow.
pub(crate) fn trust(level: Level) -> Markup {
    html! {
        section .card aria-labelledby="trust" {
            h2 #trust { "Trust level: " span .word { (level.word()) } }
            p { (meaning(level)) }
        }
    }
}

/// A sentence at the top of every page of a demonstration.
pub(crate) fn demo(log: &Snapshot) -> Markup {
    html! {
        @if log.ledger.is_demo() {
            p .alarm role="note" {
                strong { "This is a demonstration." }
                " Its keys are thrown away, its people and orders are invented."
            }
        }
    }
}
