//! Says how likely a public text is spam or fraud, and why, and finds near-duplicate texts and
//! pictures.
//!
//! Pure: bytes in, findings out. No socket, file, clock or randomness; the same input gives the same
//! answer on every machine, and the same examples the same weights. What is done with a finding
//! (cases, decisions, appeals) is the business of others, and so is which texts may be read at all:
//! private ones never come here.
//!
//! A text goes one way through the modules:
//!
//! - [`normalise`]: two views of it, as it stands and without disguise;
//! - [`indicators`] and [`links`]: signs that need no language;
//! - [`language`]: which language, and whether it is one the model knows;
//! - [`score`]: hashed n-grams of both views, weighed by a [`model`];
//! - [`verdict`]: probabilities, calibrated by language, and what they amount to, for one text or a
//!   channel.
//!
//! [`learn`] makes models, [`evaluate`] measures them, [`lines`] is their interface in JSON.
//! [`simhash`] and [`pdq`] know near-duplicates of texts and pictures, both by [`hamming`] distance.
//! `docs/classifier.md` says what the shipped model learned from, how well it does and where it fails.
#![expect(
    clippy::cast_precision_loss,
    reason = "counts of texts and characters are far below 2^52"
)]

mod confusables;
pub mod evaluate;
mod features;
pub mod hamming;
pub mod indicators;
pub mod labels;
pub mod language;
pub mod learn;
pub mod lines;
pub mod links;
mod maths;
pub mod model;
pub mod normalise;
pub mod pdq;
pub mod score;
pub mod simhash;
pub mod verdict;
