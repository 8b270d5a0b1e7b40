//! Private messages and Saved Messages.

mod counts;
mod delete;
mod edit;
mod everywhere;
mod forward;
mod history;
mod pin;
mod read;
mod scan;
mod search;
mod send;

pub use counts::Counts;
pub use delete::{DELETE_MAX, DeleteHistory, DeleteMessages, Deleted, Stretch};
pub(crate) use edit::Unfit;
pub use edit::{EDIT_WINDOW_S, Edit, EditMessage, Edited, may_edit};
pub use everywhere::{Chats, Spot, search_everywhere};
pub use forward::ForwardMessages;
pub use history::{Page, Window, page};
pub use pin::{PINNED_MESSAGES_MAX, PinMessage, UnpinAll, pinned};
pub(crate) use pin::{pin_in, unpin_all_in};
pub use read::{ReadHistory, ReadOutcome};
pub use scan::with_found;
pub use search::{Place, SavedPart, Wanted, saved_parts, saved_peer, search, search_pinned};
pub use send::{SendMessage, Sent};

use crate::channels::ChannelError;
use heliograph_store::StoreError;
use thiserror::Error;

/// Why a message could not be sent, changed or removed.
#[derive(Debug, Error)]
pub enum MessageError {
    /// No such account, or it is gone.
    #[error("no such person")]
    UnknownPeer,
    /// The other side has blocked the sender.
    #[error("blocked by the other side")]
    Blocked,
    /// The sender has blocked the other side.
    #[error("the other side is blocked")]
    BlockedByMe,
    /// No such message in this chat.
    #[error("no such message")]
    UnknownMessage,
    /// Only the author may do this.
    #[error("not the author")]
    NotAuthor,
    /// Too late to edit.
    #[error("too old to edit")]
    TooOld,
    /// The text is the same as before.
    #[error("nothing changed")]
    NotModified,
    /// Neither text nor media would be left.
    #[error("nothing would be left")]
    Empty,
    /// Messages of this chat may not be forwarded.
    #[error("forwards are not allowed")]
    ForwardsRestricted,
    /// Not in this channel.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
