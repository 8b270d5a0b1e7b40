//! Pages over the web: for the public, for authorities, and for the staff of the desk.
//!
//! - [`record`], [`public`]: the transparency pages, the log's files, the guide for authorities and
//!   the privacy page. They are made from the log and from the running configuration, so that no
//!   prose can drift from what the server does.
//! - [`preview`]: public channels and their posts, for whoever has no account.
//! - [`counter`], [`portal`]: where authorities hand orders in and fetch packages, as pages that
//!   need no scripts and as a JSON interface.
//! - [`casework`], [`staff`]: the desk's own pages, behind passkeys, with a record of every look.
//! - [`moderating`]: moderation, which has its pages beside the desk's, for other people; `notices`
//!   takes what people without an account report.
//!
//! The crate knows neither where messages lie nor how cases are worked on: it sees the log through
//! [`PublicRecord`], the desk through [`Counter`] and [`Casework`], moderation through
//! [`Moderating`], and keeps staff, sessions and
//! audit records in the desk's database. [`router`] puts everything together; it sets its own
//! security headers and must not stand behind a layer that replaces them.
//!
//! Clock and entropy are arguments. Calls to the traits block, and are made on threads that may.

mod answer;
mod blocking;
pub mod casework;
pub mod counter;
mod fields;
mod headers;
pub mod installation;
pub mod moderating;
mod notices;
mod page;
pub mod portal;
pub mod preview;
pub mod public;
pub mod record;
pub mod staff;
#[cfg(test)]
mod tests;
pub mod texts;

pub use casework::Casework;
pub use counter::Counter;
pub use installation::{Installation, InstallationError, Operator};
pub use moderating::Moderating;
pub use record::PublicRecord;

use axum::Router;
use axum::middleware::map_response_with_state;
use axum::routing::get;
use heliograph_desk_store::Desk;
use heliograph_disclosure::Entropy;
use notices::Flood;
use staff::{Drafts, Passkeys};
use std::net::IpAddr;
use std::sync::Arc;

/// The look of all pages, also of those that other crates make.
pub const BASE_STYLE: &str = include_str!("base.css");

/// Tells the time in Unix seconds. The server passes the system's clock, tests one that they turn
/// by hand.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now_s(&self) -> u64;
}

/// Where a request comes from, as an extension of it: for limits alone, so nothing prints it.
#[derive(Clone, Copy)]
pub struct Visitor(pub IpAddr);

/// What the pages are made of.
pub struct Parts {
    /// What this installation says of itself.
    pub installation: Installation,
    /// The public log.
    pub record: Arc<dyn PublicRecord>,
    /// The desk as authorities meet it.
    pub counter: Arc<dyn Counter>,
    /// The desk as its officers work at it.
    pub casework: Arc<dyn Casework>,
    /// Moderation as its people work at it.
    pub moderating: Arc<dyn Moderating>,
    /// Staff, sessions and audit records.
    pub desk: Desk,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// What handlers are given.
pub(crate) struct Shared {
    pub installation: Installation,
    pub record: Arc<dyn PublicRecord>,
    pub counter: Arc<dyn Counter>,
    pub casework: Arc<dyn Casework>,
    pub moderating: Arc<dyn Moderating>,
    pub desk: Desk,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub flood: Flood,
    pub passkeys: Passkeys,
    pub drafts: Drafts,
}

/// All pages. Whatever they do not know is left to the router they are merged into.
///
/// Fails when the origin is none that passkeys can be bound to.
pub fn router(parts: Parts) -> Result<Router, InstallationError> {
    let passkeys = Passkeys::new(&parts.installation, &*parts.entropy)?;
    let shared = Arc::new(Shared {
        installation: parts.installation,
        record: parts.record,
        counter: parts.counter,
        casework: parts.casework,
        moderating: parts.moderating,
        desk: parts.desk,
        clock: parts.clock,
        entropy: parts.entropy,
        flood: Flood::default(),
        passkeys,
        drafts: Drafts::default(),
    });
    Ok(Router::new()
        .route("/pages.css", get(page::style))
        .merge(public::routes())
        .merge(portal::routes())
        .merge(notices::routes())
        .merge(staff::routes())
        .layer(map_response_with_state(shared.clone(), headers::secure))
        .with_state(shared))
}
