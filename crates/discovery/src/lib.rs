//! The public index: what can be searched of public peers and posts, and how it is ranked.
//!
//! - [`analysis`] turns texts and queries into the same terms: folded, cut into words, written in
//!   Latin letters too where they are Cyrillic.
//! - [`peers`] finds channels, groups, bots and people by name; [`posts`] finds posts of public
//!   channels by their words. [`rank`] says what counts for how much. All of it can be worked out
//!   again from what everybody can see: there are no hidden boosts.
//! - [`measured`] holds what moderation has put on the few peers and posts where it has, and decides
//!   at each search what is shown.
//! - [`follow`] keeps the index equal to the store: [`heliograph_domain::stale`] names what has
//!   changed, and the row goes only when the index holds the change durably. An index that is
//!   missing, damaged or older than this program is made anew from the store.
//!
//! - [`gate`] is who looks at what is new before it can be found.
//!
//! The index takes only [`heliograph_model::PublicPeer`] and [`heliograph_model::PublicPost`], which
//! cannot be made of anything private. It opens its own files and nothing else.

pub mod again;
pub mod analysis;
pub mod follow;
pub mod gate;
mod index;
pub mod measured;
mod parts;
pub mod peers;
pub mod posts;
pub mod rank;

pub use index::{Discovery, IndexError};
