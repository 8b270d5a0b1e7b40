//! The portal, as browsers without scripts and as machines use it.

mod api;
mod pages;

use crate::tests::PDF;

/// A document that is accepted.
const ORDER: (&str, &str, &[u8]) = ("documents", "order.pdf", PDF);
