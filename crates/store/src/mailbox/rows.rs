//! What the mailbox tables hold.

use super::dialog::Draft;
use crate::{Table, row};
use heliograph_model::{Body, MessageId, Notice, Peer, UserId};
use minicbor::{Decode, Encode};

/// The counters of a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Mailbox {
    /// How many changes its log has counted.
    #[n(0)]
    pub pts: u32,
    /// The number of its newest message, deleted ones included.
    #[n(1)]
    pub last_id: u32,
    /// How many messages have been removed from it; as long as this stays, messages are only added.
    #[n(2)]
    #[cbor(default)]
    pub removed: u32,
    /// When its log last grew, in Unix seconds; 0 where nobody has noted it.
    #[n(3)]
    #[cbor(default)]
    pub changed_s: i32,
}

row!(Mailbox, Table::Mailbox, key: ());

/// One copy of a message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct MessageRow {
    /// The mailbox's `pts` after it arrived.
    #[n(0)]
    pub pts: u32,
    /// When, in Unix seconds; ascending with the id within a mailbox.
    #[n(1)]
    pub date: i32,
    /// Who wrote it.
    #[n(2)]
    pub from: UserId,
    /// The number of the other side's copy.
    #[n(3)]
    pub sibling: Option<MessageId>,
    /// The message that it answers, in this mailbox's numbers.
    #[n(4)]
    pub reply_to: Option<MessageId>,
    /// Some of the bits below.
    #[n(5)]
    pub flags: u8,
    /// What it says; `None` where the sibling's row has it.
    #[n(6)]
    pub body: Option<Body>,
}

impl MessageRow {
    /// Written by the mailbox's owner.
    pub const OUT: u8 = 1;
    /// Sent without a sound.
    pub const SILENT: u8 = 2;
    /// Pinned in its chat.
    pub const PINNED: u8 = 4;

    /// Whether all bits of `flag` are set.
    pub fn is(&self, flag: u8) -> bool {
        self.flags & flag == flag
    }
}

row!(MessageRow, Table::Message, key: (Peer, MessageId));

/// The way from a message's number to its chat, and its place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct MessageIdRow {
    /// The chat.
    #[n(0)]
    pub peer: Peer,
    /// The mailbox's `pts` after it arrived.
    #[n(1)]
    pub pts: u32,
}

row!(MessageIdRow, Table::MessageId, key: MessageId);

/// An entry of the log that is not a new message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct EventRow {
    /// How many `pts` it consumed.
    #[n(0)]
    pub pts_count: u32,
    /// What happened.
    #[n(1)]
    pub kind: EventKind,
}

row!(EventRow, Table::Event, key: u32);

/// What an event row tells.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum EventKind {
    /// A message was edited; the reader takes it as it stands now.
    #[n(0)]
    Edited(#[n(0)] MessageId),
    /// Messages went.
    #[n(1)]
    Deleted(#[n(0)] Vec<MessageId>),
    /// The owner read a chat.
    #[n(2)]
    ReadInbox {
        /// The chat.
        #[n(0)]
        peer: Peer,
        /// The last message read.
        #[n(1)]
        max_id: MessageId,
        /// How many were left.
        #[n(2)]
        still_unread: u32,
    },
    /// The other side read a chat.
    #[n(3)]
    ReadOutbox {
        /// The chat.
        #[n(0)]
        peer: Peer,
        /// The last message read.
        #[n(1)]
        max_id: MessageId,
    },
    /// Messages were pinned or unpinned.
    #[n(4)]
    Pinned {
        /// The chat.
        #[n(0)]
        peer: Peer,
        /// Which ones.
        #[n(1)]
        ids: Vec<MessageId>,
        /// Pinned, or no longer so.
        #[n(2)]
        pinned: bool,
    },
    /// Voice messages and the like were opened.
    #[n(5)]
    ContentsRead(#[n(0)] Vec<MessageId>),
}

/// A change without pts.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct NoticeRow(#[n(0)] pub Notice);

// By Unix seconds, then by a number within the mailbox's own second.
row!(NoticeRow, Table::Notice, key: (u32, u32));

/// What a `random_id` became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct SentRow(#[n(0)] pub MessageId);

row!(SentRow, Table::Sent, key: i64);

/// A member's own side of a chat.
///
/// It is written when the chat begins and when marks, pin or draft change, never for a message: the
/// top message and the number of unread ones are read from the messages themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Dialog {
    /// The last incoming message that the owner has read.
    #[n(0)]
    pub read_in: MessageId,
    /// The last outgoing message that the other side has read.
    #[n(1)]
    pub read_out: MessageId,
    /// Marked unread by hand.
    #[n(2)]
    pub unread_mark: bool,
    /// Pinned on top; a larger number stands higher.
    #[n(3)]
    pub pinned: Option<u32>,
    /// A text begun and not sent.
    #[n(4)]
    pub draft: Option<Draft>,
    /// The messages of the chat that were pinned and not unpinned since, the one pinned first in
    /// front, so that they are found without reading the chat. Those that are gone stay named.
    #[n(5)]
    #[cbor(default)]
    pub pinned_messages: Vec<MessageId>,
    /// Messages have come in or gone out since the owner last removed the chat. A row without them
    /// keeps a draft, or tells who may still have the owner in a chat of theirs.
    #[n(6)]
    #[cbor(default)]
    pub begun: bool,
}

row!(Dialog, Table::Dialog, key: Peer);
