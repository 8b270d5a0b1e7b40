//! The portal: where authorities hand in requests, follow them, and fetch packages.
//!
//! The pages work without scripts. The same things can be done by machine, see [`api`]. Whoever
//! holds the secret of a receipt may see that request and nothing else; there are no accounts.

pub mod api;
mod check;
mod form;
mod openapi;
mod problem;
mod receipt;
#[cfg(test)]
mod tests;
mod upload;

pub(crate) use check::capital;
pub(crate) use receipt::hex;
pub(crate) use upload::{Sent, Typed, read_of_staff};

use crate::Shared;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use std::sync::Arc;

/// The routes. Bodies are counted as they arrive, by [`upload`], which can answer with a page.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/requests", get(form::empty).post(form::hand_in))
        .route("/requests/quarantined", get(receipt::quarantined))
        .route("/requests/openapi.json", get(openapi::text))
        .merge(receipt::routes())
        .merge(api::routes())
        .layer(DefaultBodyLimit::disable())
}
