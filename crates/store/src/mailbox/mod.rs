//! Mailboxes: numbered messages, and one log of what changed.
//!
//! A user's mailbox holds a copy of every message of their private chats, numbered by that mailbox
//! alone. The two copies of a private message know each other (`sibling`); the text stands once, in
//! the author's copy, and the other copy reads it from there. The mailbox's log is made of two
//! parts that [`log::after`] joins: a new message is its own entry (each row keeps its `pts`), and
//! everything else is an event row.

mod dialog;
mod log;
mod message;
mod rows;

pub use dialog::{Draft, delete_dialog, dialog, dialogs, put_dialog};
pub use log::{Log, after, note, notices_since, record, ring};
pub use message::{
    NewMessage, append, append_pair, count_unread, delete, edit, first_since, forget_sent, history,
    load, load_many, remember_sent, sent_as, set_pinned, sibling_of, top_message,
};
pub use rows::{Dialog, EventKind, Mailbox, MessageRow};

use crate::{Rows, StoreError};
use heliograph_model::Owner;

/// The counters of a mailbox.
pub async fn state(rows: &mut dyn Rows, owner: Owner) -> Result<Mailbox, StoreError> {
    rows.find_or_default(owner, &()).await
}
