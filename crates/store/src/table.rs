//! The tables.

/// A table of rows `(owner, key) → value`.
///
/// The number of a table is part of the stored format: it never changes and is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// One per user, group and channel: `pts` and the last message id.
    Mailbox = 1,
    /// Messages by `(peer, id)` in their mailbox.
    Message = 2,
    /// From a message's id to its peer.
    MessageId = 3,
    /// Log entries that are not messages, by `pts`.
    Event = 4,
    /// Durable changes without pts, by date.
    Notice = 5,
    /// What a sender's `random_id` became.
    Sent = 6,
    /// The member's own side of a chat: read marks, pin, draft.
    Dialog = 7,
    /// Follow-up work by due time.
    Job = 8,
    /// Named counters of the installation.
    Counter = 9,
    /// People and bots by id.
    Account = 10,
    /// From a folded username to its peer.
    Username = 11,
    /// From a phone tag to its account.
    Phone = 12,
    /// Invitations by phone tag.
    Invite = 13,
    /// Authorization keys, sealed.
    AuthKey = 14,
    /// The sign-ins of an account by key.
    Session = 15,
    /// An account's address book.
    Contact = 16,
    /// Who has an account in their address book.
    ContactOf = 17,
    /// Whom an account has blocked.
    Blocked = 18,
    /// An account's own settings by name (privacy, notifications).
    Setting = 19,
    /// A queue's entries by its own counter (`qts`).
    Queue = 20,
    /// Who held a username, from when to when.
    UsernameHistory = 21,
    /// Who held a phone tag, from when to when.
    PhoneHistory = 22,
    /// Deleted accounts whose sealed records and secrets are still to be erased.
    Erasure = 23,
    /// Channels and supergroups by id.
    Channel = 24,
    /// Who is in a channel, or banned from it.
    Member = 25,
    /// The admins, restricted, removed members and bots of a channel, by kind.
    Role = 26,
    /// From an invite link's hash to its channel.
    ChannelInvite = 27,
    /// The invite links of a channel, by who made them.
    AdminInvite = 28,
    /// Who came by an invite link, or waits to be let in.
    Importer = 29,
    /// What is counted of a channel's message: views, forwards.
    Post = 30,
    /// The messages of a thread, by its first message.
    Thread = 31,
    /// Mentions of an account that it has not opened yet.
    Mention = 32,
    /// How far a channel's members have read.
    ReadMark = 33,
    /// Bots: whose they are, what they may see, their token's hash.
    Bot = 34,
    /// The bots that a person owns.
    BotOf = 35,
    /// Where bots want to be called.
    Webhook = 36,
    /// Uploaded files by id: size, type, thumbnails, where the bytes lie.
    File = 37,
    /// Parts of files on their way up.
    Part = 38,
    /// Where a file is shown: what keeps it from being erased.
    FileUse = 39,
    /// Public peers and posts whose present state the search index has not taken in.
    Stale = 40,
    /// What moderation has decided of a peer or a post, as it stands.
    Measure = 41,
    /// Reports by case and reporter.
    Report = 42,
    /// Cases of moderation by id.
    Case = 43,
    /// Open cases in the order in which people look at them; cases by subject.
    CaseOrder = 44,
    /// Decisions of moderation by number, with their statements.
    Decision = 45,
    /// Appeals by decision.
    Appeal = 46,
    /// How often somebody's reports were right.
    Reporter = 47,
    /// Search terms that find nothing, by country, and why.
    Term = 48,
    /// What the operator has switched off, until when and why.
    Switch = 49,
    /// Which version of the terms an account has accepted; what was announced to everybody.
    Terms = 50,
    /// Secret chats that are asked for or open.
    SecretChat = 51,
    /// What a device, or an account, has to do with secret chats.
    SecretPlace = 52,
    /// Messages of secret chats that wait for a device, by its own counter (`qts`).
    SecretQueue = 53,
    /// Where a device's queue stands.
    SecretHead = 54,
    /// Which of a sender's `random_id`s a secret chat has seen lately.
    SecretSent = 55,
    /// Encrypted files: size, and the secret chats in which they were sent.
    SecretFile = 56,
    /// Cloud passwords: verifier and hint, sealed; what was asked for without them.
    Password = 57,
}

impl Table {
    /// Every table, in the order of their numbers.
    pub const ALL: [Table; 57] = [
        Table::Mailbox,
        Table::Message,
        Table::MessageId,
        Table::Event,
        Table::Notice,
        Table::Sent,
        Table::Dialog,
        Table::Job,
        Table::Counter,
        Table::Account,
        Table::Username,
        Table::Phone,
        Table::Invite,
        Table::AuthKey,
        Table::Session,
        Table::Contact,
        Table::ContactOf,
        Table::Blocked,
        Table::Setting,
        Table::Queue,
        Table::UsernameHistory,
        Table::PhoneHistory,
        Table::Erasure,
        Table::Channel,
        Table::Member,
        Table::Role,
        Table::ChannelInvite,
        Table::AdminInvite,
        Table::Importer,
        Table::Post,
        Table::Thread,
        Table::Mention,
        Table::ReadMark,
        Table::Bot,
        Table::BotOf,
        Table::Webhook,
        Table::File,
        Table::Part,
        Table::FileUse,
        Table::Stale,
        Table::Measure,
        Table::Report,
        Table::Case,
        Table::CaseOrder,
        Table::Decision,
        Table::Appeal,
        Table::Reporter,
        Table::Term,
        Table::Switch,
        Table::Terms,
        Table::SecretChat,
        Table::SecretPlace,
        Table::SecretQueue,
        Table::SecretHead,
        Table::SecretSent,
        Table::SecretFile,
        Table::Password,
    ];

    /// The table's name in a database.
    pub fn name(self) -> &'static str {
        match self {
            Table::Mailbox => "mailbox",
            Table::Message => "message",
            Table::MessageId => "message_id",
            Table::Event => "event",
            Table::Notice => "notice",
            Table::Sent => "sent",
            Table::Dialog => "dialog",
            Table::Job => "job",
            Table::Counter => "counter",
            Table::Account => "account",
            Table::Username => "username",
            Table::Phone => "phone",
            Table::Invite => "invite",
            Table::AuthKey => "auth_key",
            Table::Session => "session",
            Table::Contact => "contact",
            Table::ContactOf => "contact_of",
            Table::Blocked => "blocked",
            Table::Setting => "setting",
            Table::Queue => "queue",
            Table::UsernameHistory => "username_history",
            Table::PhoneHistory => "phone_history",
            Table::Erasure => "erasure",
            Table::Channel => "channel",
            Table::Member => "member",
            Table::Role => "role",
            Table::ChannelInvite => "channel_invite",
            Table::AdminInvite => "admin_invite",
            Table::Importer => "importer",
            Table::Post => "post",
            Table::Thread => "thread",
            Table::Mention => "mention",
            Table::ReadMark => "read_mark",
            Table::Bot => "bot",
            Table::BotOf => "bot_of",
            Table::Webhook => "webhook",
            Table::File => "file",
            Table::Part => "part",
            Table::FileUse => "file_use",
            Table::Stale => "stale",
            Table::Measure => "measure",
            Table::Report => "report",
            Table::Case => "case",
            Table::CaseOrder => "case_order",
            Table::Decision => "decision",
            Table::Appeal => "appeal",
            Table::Reporter => "reporter",
            Table::Term => "term",
            Table::Switch => "switch",
            Table::Terms => "terms",
            Table::SecretChat => "secret_chat",
            Table::SecretPlace => "secret_place",
            Table::SecretQueue => "secret_queue",
            Table::SecretHead => "secret_head",
            Table::SecretSent => "secret_sent",
            Table::SecretFile => "secret_file",
            Table::Password => "password",
        }
    }

    /// Whether a command must have locked the owner before it writes here: the numbering of a
    /// mailbox is only right when one command at a time changes it.
    pub(crate) fn needs_lock(self) -> bool {
        matches!(self, Table::Mailbox | Table::Message | Table::Event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_list_and_names_are_unique() {
        for (index, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(table as usize, index + 1);
        }
        let mut names: Vec<_> = Table::ALL.into_iter().map(Table::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Table::ALL.len());
    }
}
