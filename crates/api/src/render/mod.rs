//! From what is stored to what a viewer is shown.
//!
//! Stored bytes hold nothing that depends on the viewer: `out`, access hashes and the names of
//! contacts are filled in here.

mod channel_updates;
mod channels;
mod entities;
mod marks;
mod media;
mod messages;
mod page;
mod people;
mod shown;
mod updates;

pub use channel_updates::{ChannelWake, channel_changed, channel_typing, channel_wake};
pub(crate) use channels::{
    LINKS, chat, chat_of, exported_invite, is_channel, min_chat, parse_admin_rights,
    parse_banned_rights, participant, people_of_participant,
};
pub(crate) use entities::{entities, parse_entities};
pub(crate) use marks::for_all as marks_for;
pub(crate) use media::{MEDIA_DC, chat_photo, face_of, may_see_face, media, photo, public_face};
pub(crate) use messages::{draft, message, message_for, message_in, peer, replies};
pub(crate) use page::{Slice, page, slice};
pub(crate) use people::{contact_settings, may_see_status, min_user, status, user, users};
pub(crate) use shown::{Everyone, Shown};
pub(crate) use updates::{
    change, date_of, notices, of_changes, of_notices, short_sent, shown_by_change,
};
pub use updates::{chat_instance, login_token, short_wake, signal, wake};

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
