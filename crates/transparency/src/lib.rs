//! The public log: an append-only tree of entries that anyone can check offline.
//!
//! Every format is one that other people's tools read: [tlog-tiles](https://c2sp.org/tlog-tiles),
//! [tlog-checkpoint](https://c2sp.org/tlog-checkpoint), [signed-note](https://c2sp.org/signed-note),
//! [tlog-cosignature](https://c2sp.org/tlog-cosignature), [tlog-witness](https://c2sp.org/tlog-witness),
//! [tlog-proof](https://c2sp.org/tlog-proof) and [tlog-policy](https://c2sp.org/tlog-policy).
//! The tree is that of [RFC 6962](https://www.rfc-editor.org/rfc/rfc6962), section 2.1.
//!
//! - [`tree`]: hashes, roots, inclusion and consistency proofs.
//! - [`tile`]: the static files a log consists of, and reading them.
//! - [`append`]: which files a batch of entries writes, and reading them back before signing.
//! - [`note`], [`checkpoint`], [`cosignature`]: signed statements about a tree.
//! - [`witness`]: when to cosign a checkpoint.
//! - [`policy`]: whether a checkpoint is signed and cosigned well enough.
//! - [`proof`]: an entry's inclusion, in a file that is checked offline.
//! - [`counts`]: committed categories whose sums can be proved without showing a single one.
//!
//! Upon these stands what this log is about, as `docs/formats/log-entries.md` has it:
//!
//! - [`entry`]: what an entry may say, and the one form in which it says it.
//! - [`case`], [`approval`]: what a case commits to, and what an officer signs.
//! - [`ledger`]: the entries replayed, every rule checked; [`regions`] for counting countries.
//! - [`replica`]: a copy that custodians and officers bring forward; [`files`] that pass between
//!   them and the desk.
//! - [`verify`]: checking a whole log; [`report`]: quarterly tables from it; [`sample`]: cases to
//!   measure with.
//!
//! The crate opens nothing, reads no clock and draws no randomness: bytes, times and entropy are
//! arguments. The one exception is asked for by name: the feature `folder`, with which a log is
//! read and written as files. Whatever comes from outside is an error when it is wrong, never a
//! panic.

pub mod append;
pub mod approval;
pub mod case;
pub mod checkpoint;
pub mod cosignature;
pub mod counts;
mod encoding;
pub mod entry;
pub mod files;
#[cfg(feature = "folder")]
pub mod folder;
pub mod fuzzing;
pub mod ledger;
pub mod moderation_report;
pub mod note;
pub mod policy;
pub mod proof;
pub mod regions;
pub mod replica;
pub mod report;
pub mod sample;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tile;
pub mod tree;
pub mod verify;
pub mod witness;

#[cfg(test)]
mod tests;
