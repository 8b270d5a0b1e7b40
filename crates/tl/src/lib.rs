//! The canonical TL layer as Rust types, and the bytes they are sent as.
//!
//! The build script cuts `schema/canonical.tl` down to what `schema/keep.txt` asks for and writes
//! what remains as three modules: [`types`] has a struct per constructor, [`enums`] an enum per boxed
//! type, [`functions`] a struct per call. Other layers are made of these bytes by `heliograph-layers`.
//!
//! * A struct is always written with its id first, exactly as the enum around it.
//! * Flags words are no fields: an optional value is an `Option`, a `true` flag a `bool`. A `true`
//!   flag that shares the bit of a value is left out, for the value says it (`user.bot` is
//!   `bot_info_version.is_some()`).
//! * Values that share one bit appear together: the first decides, and the others are written as
//!   their default when they are `None`.
//! * `Debug` prints no text, no bytes and no coordinates; of a call it prints the name alone.
//!
//! ```
//! use heliograph_tl::{Decode, Encode, enums, types};
//!
//! let peer = enums::Peer::from(types::PeerUser { user_id: 7 });
//! assert_eq!(enums::Peer::from_bytes(&peer.to_bytes()), Ok(peer));
//! ```

mod decode;
mod encode;

pub use decode::{Decode, DecodeError, MAX_DEPTH, MEMORY_BUDGET, Reader};
pub use encode::{Encode, put_bytes, put_vector_header};

/// The layer these types are of.
pub const LAYER: u16 = 227;

/// The pruned schema of this crate: every constructor and function it can read and write, as TL text.
pub const SCHEMA: &str = include_str!(concat!(env!("OUT_DIR"), "/pruned.tl"));

/// A call: its id, its name, and the type of its answer.
pub trait Function: Encode + Decode {
    /// The id that stands first on the wire.
    const ID: u32;
    /// The name in the schema (`messages.getHistory`).
    const NAME: &'static str;
    /// What the call answers.
    type Return: Encode + Decode;
}

/// A struct for every constructor that has fields.
#[expect(
    missing_docs,
    reason = "a struct quotes its schema line, which documents the fields"
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the protocol has that many flags"
)]
pub mod types {
    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}

/// An enum for every boxed type.
///
/// A variant is named by what its constructor adds to the name of the type (`peerUser` is
/// `Peer::User`), and by the whole name where that is nothing (`user` is `User::User`).
#[expect(
    clippy::large_enum_variant,
    reason = "values are written and dropped at once; a box would cost every handler"
)]
pub mod enums {
    include!(concat!(env!("OUT_DIR"), "/enums.rs"));
}

/// A struct for every function that the server handles.
#[expect(
    missing_docs,
    reason = "a struct quotes its schema line, which documents the fields"
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the protocol has that many flags"
)]
pub mod functions {
    include!(concat!(env!("OUT_DIR"), "/functions.rs"));
}

/// Stands in `Debug` where a text, bytes or a coordinate would.
struct Hidden;

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("..")
    }
}
