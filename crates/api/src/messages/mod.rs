//! `messages.*`: private chats and Saved Messages.

mod about;
mod delete;
mod dialogs;
mod drafts;
mod edit;
mod forward;
mod history;
mod marks;
mod media;
mod pins;
mod read;
mod saved;
mod search;
mod search_global;
mod send;
mod send_media;
#[cfg(test)]
pub(crate) mod testing;
mod text;
mod typing;

use crate::router::Router;

pub(crate) use dialogs::listed_channel;
pub(crate) use history::{empty, find};
pub(crate) use media::photo_media;
pub(crate) use send::send_message;
#[cfg(test)]
pub(crate) use send_media::tests as send_media_tests;

pub(crate) fn register(router: &mut Router) {
    send::register(router);
    send_media::register(router);
    edit::register(router);
    forward::register(router);
    delete::register(router);
    history::register(router);
    read::register(router);
    typing::register(router);
    search::register(router);
    search_global::register(router);
    pins::register(router);
    dialogs::register(router);
    marks::register(router);
    drafts::register(router);
    saved::register(router);
    about::register(router);
}
