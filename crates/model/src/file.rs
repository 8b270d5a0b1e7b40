//! Pictures and files, as messages name them.

use minicbor::{Decode, Encode};

/// An uploaded picture or file. Ids are positive and random: they tell neither how many there are
/// nor in which order they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct FileId(#[n(0)] pub i64);

/// What a message shows, as far as rights and searches tell media apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum MediaKind {
    /// A photo.
    #[n(0)]
    Photo,
    /// A video.
    #[n(1)]
    Video,
    /// A short animation without sound.
    #[n(2)]
    Animation,
    /// Music.
    #[n(3)]
    Audio,
    /// A voice message.
    #[n(4)]
    Voice,
    /// A round video message.
    #[n(5)]
    RoundVideo,
    /// A sticker.
    #[n(6)]
    Sticker,
    /// Any other file.
    #[n(7)]
    Document,
}

/// The media of a message, beside its [`Content`](crate::Content): what must be known of them
/// without reading TL.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Media {
    /// What it is.
    #[n(0)]
    pub kind: MediaKind,
    /// The files that it shows; each is kept as long as something shows it.
    #[n(1)]
    pub files: Vec<FileId>,
}

/// The picture of a person or channel.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Face {
    /// The picture.
    #[n(0)]
    pub file: FileId,
    /// A preview of about a hundred bytes that stands in the answer itself; empty for none.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub stripped: Vec<u8>,
}
