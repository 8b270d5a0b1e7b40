//! What a message says.

use crate::{ChannelId, FileId, Media, MessageId, Peer, UserId};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// The part of a message that is the same for everyone who can see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Body {
    /// The text; empty for a service message.
    #[n(0)]
    pub text: String,
    /// Styled stretches of the text, sorted by offset.
    #[n(1)]
    pub entities: Vec<Entity>,
    /// What happened, where the message reports something instead of saying it.
    #[n(2)]
    pub action: Option<ServiceAction>,
    /// Where it was forwarded from.
    #[n(3)]
    pub forward: Option<Forward>,
    /// Media and markup, opaque here.
    #[n(4)]
    pub content: Option<Content>,
    /// When it was last edited, in Unix seconds.
    #[n(5)]
    pub edit_date: Option<i32>,
    /// The preview of a link above the text instead of below.
    #[n(6)]
    pub invert_media: bool,
    /// Forwarding and saving are not allowed.
    #[n(7)]
    pub no_forwards: bool,
    /// What only a channel's messages have.
    #[n(8)]
    #[cbor(default)]
    pub channel: Option<ChannelPart>,
    /// A bot's keyboard under the message: one boxed `ReplyMarkup`.
    #[n(9)]
    #[cbor(default)]
    pub markup: Option<Content>,
    /// What the content shows, where that is a picture or file.
    #[n(10)]
    #[cbor(default)]
    pub media: Option<Media>,
    /// The album that the message stands in, with those of the same number before and after it.
    #[n(11)]
    #[cbor(default)]
    pub album: Option<i64>,
}

impl Body {
    /// The files that it shows.
    pub fn files(&self) -> &[FileId] {
        self.media.as_ref().map_or(&[], |media| &media.files)
    }
}

/// What only messages of channels and supergroups have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ChannelPart {
    /// A broadcast's post.
    #[n(0)]
    pub post: bool,
    /// The channel whose name it bears instead of its author's: a post, an anonymous admin's
    /// message, or a post's copy in the discussion group.
    #[n(1)]
    pub in_name_of: Option<ChannelId>,
    /// The author's signature under a post, or an anonymous admin's rank.
    #[n(2)]
    pub signature: Option<String>,
    /// The members whom it mentions, or answers.
    #[n(3)]
    pub mentioned: Vec<UserId>,
    /// The message that began the thread it stands in.
    #[n(4)]
    pub thread: Option<MessageId>,
}

/// A rich part of a message (media, keyboard): TL bytes of a canonical layer, parsed and rendered
/// only at the API.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Content {
    /// The canonical layer in which the bytes were written.
    #[n(0)]
    pub canonical_layer: u16,
    /// One boxed TL object.
    #[n(1)]
    pub bytes: ByteVec,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} bytes)", self.bytes.len())
    }
}

/// A styled stretch of a text. Offsets and lengths count UTF-16 units.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entity {
    /// Where it starts.
    #[n(0)]
    pub offset: u32,
    /// How long it is; never 0.
    #[n(1)]
    pub length: u32,
    /// What it is.
    #[n(2)]
    pub kind: EntityKind,
}

/// The kinds of `MessageEntity` that a text can carry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum EntityKind {
    /// `@username`.
    #[n(0)]
    Mention,
    /// `#hashtag`.
    #[n(1)]
    Hashtag,
    /// `/command`.
    #[n(2)]
    BotCommand,
    /// A link as written.
    #[n(3)]
    Url,
    /// An e-mail address.
    #[n(4)]
    Email,
    /// Bold.
    #[n(5)]
    Bold,
    /// Italic.
    #[n(6)]
    Italic,
    /// Monospaced.
    #[n(7)]
    Code,
    /// A monospaced block with its language.
    #[n(8)]
    Pre(#[n(0)] String),
    /// Text that links elsewhere.
    #[n(9)]
    TextUrl(#[n(0)] String),
    /// A mention by id of somebody without a username.
    #[n(10)]
    MentionName(#[n(0)] UserId),
    /// A phone number as written.
    #[n(11)]
    Phone,
    /// `$CASHTAG`.
    #[n(12)]
    Cashtag,
    /// Underlined.
    #[n(13)]
    Underline,
    /// Struck through.
    #[n(14)]
    Strike,
    /// A bank card number as written.
    #[n(15)]
    BankCard,
    /// Hidden until touched.
    #[n(16)]
    Spoiler,
    /// A custom emoji by document id.
    #[n(17)]
    CustomEmoji(#[n(0)] i64),
    /// A quotation; whether it starts folded.
    #[n(18)]
    Blockquote(#[n(0)] bool),
}

/// Where a forwarded message came from.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Forward {
    /// The author, unless hidden.
    #[n(0)]
    pub from: Option<Peer>,
    /// The author's name, where the author is hidden.
    #[n(1)]
    pub from_name: Option<String>,
    /// When the original was sent, in Unix seconds.
    #[n(2)]
    pub date: i32,
    /// The post, where it came from a channel.
    #[n(3)]
    pub channel_post: Option<MessageId>,
    /// The chat it was saved from (forwards into Saved Messages).
    #[n(4)]
    pub saved_from: Option<(Peer, MessageId)>,
    /// The signature under the post.
    #[n(5)]
    #[cbor(default)]
    pub signature: Option<String>,
}

/// What a service message reports.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ServiceAction {
    /// A contact joined: `messageActionContactSignUp`.
    #[n(0)]
    ContactSignUp,
    /// Messages were pinned: `messageActionPinMessage`.
    #[n(1)]
    PinMessage,
    /// The history was cleared: `messageActionHistoryClear`.
    #[n(2)]
    HistoryClear,
    /// A channel or supergroup was made: `messageActionChannelCreate`.
    #[n(3)]
    ChannelCreate(#[n(0)] String),
    /// It has a new title: `messageActionChatEditTitle`.
    #[n(4)]
    EditTitle(#[n(0)] String),
    /// Members were added, or joined by themselves: `messageActionChatAddUser`.
    #[n(5)]
    AddUsers(#[n(0)] Vec<UserId>),
    /// A member left or was removed: `messageActionChatDeleteUser`.
    #[n(6)]
    RemoveUser(#[n(0)] UserId),
    /// Somebody joined by this person's link: `messageActionChatJoinedByLink`.
    #[n(7)]
    JoinedByLink(#[n(0)] UserId),
    /// Somebody whom an admin let in: `messageActionChatJoinedByRequest`.
    #[n(8)]
    JoinedByRequest,
    /// It has a new picture, which is the message's content: `messageActionChatEditPhoto`.
    #[n(9)]
    EditPhoto,
    /// It has no picture any more: `messageActionChatDeletePhoto`.
    #[n(10)]
    DeletePhoto,
}
