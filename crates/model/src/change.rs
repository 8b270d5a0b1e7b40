//! What happened in a mailbox.

use crate::{Body, ChannelId, MessageId, Peer, UserId};
use minicbor::{Decode, Encode};

/// One copy of a message, as its mailbox holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number in this mailbox.
    pub id: MessageId,
    /// The chat it stands in.
    pub peer: Peer,
    /// Who wrote it.
    pub from: UserId,
    /// Whether the mailbox's owner wrote it.
    pub out: bool,
    /// When, in Unix seconds.
    pub date: i32,
    /// The message in this mailbox that it answers.
    pub reply_to: Option<MessageId>,
    /// Sent without a sound.
    pub silent: bool,
    /// Pinned in its chat.
    pub pinned: bool,
    /// The mailbox's `pts` after it arrived.
    pub pts: u32,
    /// What it says.
    pub body: Body,
    /// What is counted of a channel's message, where the reader has looked it up.
    pub counters: Option<Counters>,
}

/// What is counted of a channel's message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// How often a post was seen.
    pub views: u32,
    /// How often it was forwarded to where others see it.
    pub forwards: u32,
    /// Its comments, or the answers to it.
    pub thread: Option<Thread>,
}

/// The comments under a post, or the answers to a group's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread {
    /// How many.
    pub replies: u32,
    /// The newest one.
    pub newest: Option<MessageId>,
    /// The group they stand in, where that is another chat: a broadcast's discussion group.
    pub group: Option<ChannelId>,
}

/// A change that counts: it consumes `pts` of its mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A message arrived or was sent: `updateNewMessage`.
    NewMessage(Box<Message>),
    /// A message was edited; it comes as it stands now: `updateEditMessage`.
    Edited(Box<Message>),
    /// Messages went: `updateDeleteMessages`.
    Deleted(Vec<MessageId>),
    /// The owner read a chat up to a message: `updateReadHistoryInbox`.
    ReadInbox {
        /// The chat.
        peer: Peer,
        /// The last message read.
        max_id: MessageId,
        /// How many are left.
        still_unread: u32,
    },
    /// The other side read up to a message: `updateReadHistoryOutbox`.
    ReadOutbox {
        /// The chat.
        peer: Peer,
        /// The last message read, in this mailbox's numbers.
        max_id: MessageId,
    },
    /// Messages were pinned or unpinned: `updatePinnedMessages`.
    Pinned {
        /// The chat.
        peer: Peer,
        /// Which ones.
        ids: Vec<MessageId>,
        /// Pinned, or no longer so.
        pinned: bool,
    },
    /// Voice messages, mentions or the like were opened: `updateReadMessagesContents`.
    ContentsRead(Vec<MessageId>),
}

/// A change with its place in the mailbox's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The mailbox's `pts` after the change.
    pub pts: u32,
    /// How many it consumed.
    pub pts_count: u32,
    /// What happened.
    pub change: Change,
}

/// A durable change that does not count: it is kept by date and may be told twice.
///
/// It names what changed; the reader looks up how it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Notice {
    /// A person's names or username changed: `updateUserName`.
    #[n(0)]
    Name(#[n(0)] UserId),
    /// A draft was saved or cleared: `updateDraftMessage`.
    #[n(1)]
    Draft(#[n(0)] Peer),
    /// A dialog was pinned or unpinned: `updateDialogPinned`.
    #[n(2)]
    DialogPinned(#[n(0)] Peer),
    /// Pinned dialogs were put in another order: `updatePinnedDialogs`.
    #[n(3)]
    PinnedOrder,
    /// A dialog was marked unread, or no longer: `updateDialogUnreadMark`.
    #[n(4)]
    UnreadMark(#[n(0)] Peer),
    /// Notification settings of a chat changed: `updateNotifySettings`.
    #[n(5)]
    NotifySettings(#[n(0)] Peer),
    /// A person was blocked or unblocked: `updatePeerBlocked`.
    #[n(6)]
    Blocked(#[n(0)] UserId),
    /// Someone became a contact, or no longer is, or has another name there: `updatePeerSettings`.
    #[n(7)]
    Contact(#[n(0)] UserId),
    /// Privacy rules changed: `updatePrivacy`.
    #[n(8)]
    Privacy(#[n(0)] u8),
    /// Notification settings of a kind of chats changed: `updateNotifySettings`.
    #[n(9)]
    NotifyKind(#[n(0)] u8),
    /// The owner's place in a channel changed: they joined or left, or may do more or less
    /// (`updateChannel`). It tells whether they are in it now, for the push.
    #[n(10)]
    Channel(#[n(0)] ChannelId, #[n(1)] bool),
    /// The owner read a channel: `updateReadChannelInbox`.
    #[n(11)]
    ChannelRead(#[n(0)] ChannelId),
    /// Somebody read what the owner wrote in a group: `updateReadChannelOutbox`.
    #[n(12)]
    ChannelReadByOthers(#[n(0)] ChannelId),
    /// The owner opened mentions in a channel: `updateChannelReadMessagesContents`.
    #[n(13)]
    MentionsRead(#[n(0)] ChannelId, #[n(1)] Vec<MessageId>),
}
