//! From what is stored to what a viewer is shown.
//!
//! Stored bytes hold nothing that depends on the viewer: `out`, access hashes and the names of
//! contacts are filled in here.

mod entities;
mod messages;
mod page;
mod people;
mod updates;

pub(crate) use entities::{entities, parse_entities};
pub(crate) use messages::{draft, message, peer, people_of};
pub(crate) use page::page;
pub(crate) use people::{contact_settings, may_see_status, status, user, users};
pub(crate) use updates::{
    change, date_of, notices, of_changes, of_notices, people_of_change, short_sent,
};
pub use updates::{login_token, short_wake, signal, wake};

use crate::context::Services;
use heliograph_model::UserId;

/// For whom something is rendered.
#[derive(Clone, Copy)]
pub struct Viewer<'a> {
    /// What every handler shares.
    pub services: &'a Services,
    /// The viewer.
    pub me: UserId,
}
