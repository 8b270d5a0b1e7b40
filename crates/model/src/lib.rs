//! Ids, validated values, message content and mailbox changes.
//!
//! The words that every inner crate shares. Nothing here knows the wire, a database, a clock or
//! randomness. Whatever is stored derives its form from `minicbor` with numbered fields, so that a
//! later version can add fields and still read older rows.

mod change;
mod channel;
mod content;
mod file;
mod ids;
mod measure;
mod names;
mod person;
mod phone;
mod public;
mod secret;

pub use change::{Change, Counters, Logged, Message, Notice, Thread};
pub use channel::{Admin, AdminRights, Ban, BannedRights, Channel, Description, Member, Title};
pub use content::{Body, ChannelPart, Content, Entity, EntityKind, Forward, ServiceAction};
pub use file::{Face, FileId, Media, MediaKind};
pub use ids::{AuthKeyId, ChannelId, ChatId, MessageId, Owner, Peer, UserId};
pub use measure::{Freeze, Measure, Measures, Reach, Restriction, Territory, Warning};
pub use names::{
    About, FirstName, LastName, MessageText, NameError, Username, UsernameError, utf16_len,
};
pub use person::{Person, PersonKind};
pub use phone::{E164, PhoneError};
pub use public::{PublicDraft, PublicKind, PublicPeer, PublicPost, SizeClass};
pub use secret::{
    ELEMENT_BYTES, ElementError, GENERATOR, GROUP_VERSION, GroupElement, OpaqueBlob, PRIME,
    SecretChatId, SecretFile, SecretNews,
};

/// Milliseconds since 1970-01-01 UTC.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(transparent)]
pub struct UnixMs(#[n(0)] pub i64);

impl UnixMs {
    /// Whole seconds, as Telegram's `date` fields count them.
    pub fn seconds(self) -> i32 {
        (self.0 / 1000) as i32
    }

    /// The moment `seconds` later.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        UnixMs(self.0.saturating_add(seconds.saturating_mul(1000)))
    }
}
