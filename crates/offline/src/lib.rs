//! What works apart from the server, and on purpose knows nothing of it.
//!
//! - [`identity`], [`lock`]: who an officer or custodian is, and how secrets lie on a disk.
//! - [`ceremony`]: how officers or custodians make a key that no single one of them holds.
//! - [`custodian`]: the gate that answers only for what stands in the public log.
//! - [`officer`]: the tool with which officers hold ceremonies, review, approve and sign.
//! - [`witness`]: cosigning checkpoints of logs.
//! - [`practice`]: a whole ceremony and opening on throw-away keys.
//! - [`log_copy`], [`log_source`]: the copy of the log that each of them keeps and checks.

pub mod ceremony;
pub mod custodian;
mod encoding;
pub mod folder;
pub mod http;
pub mod identity;
pub mod lock;
pub mod log_copy;
pub mod log_source;
pub mod officer;
pub mod practice;
mod sealed_to;
pub mod system;
pub mod witness;

pub use encoding::hex;

#[cfg(test)]
mod tests {
    use crate::ceremony::{Round1, Round2, Round3};
    use crate::identity::Identity;
    use crate::lock::Lock;
    use crate::officer::review::Review;
    use static_assertions::assert_not_impl_any;
    use std::fmt::{Debug, Display};

    // What holds a secret, or what an order says, is not printed and not copied.
    assert_not_impl_any!(Identity: Debug, Display, Clone, serde::Serialize);
    assert_not_impl_any!(Lock: Debug, Display, Clone, serde::Serialize);
    assert_not_impl_any!(Round1: Debug, Display, Clone);
    assert_not_impl_any!(Round2: Debug, Display, Clone);
    assert_not_impl_any!(Round3: Debug, Display, Clone, serde::Serialize);
    assert_not_impl_any!(Review: Debug, Display, Clone, serde::Serialize);
}
