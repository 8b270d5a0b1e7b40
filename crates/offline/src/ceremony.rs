//! The key ceremony over files: K of N holders make a key that never exists in one place.
//!
//! ```text
//! Plan ──▶ Round1 ──packets──▶ Round2 ──packets──▶ Round3 ──packets──▶ draft ──▶ Round3::sign
//!                                                                                  │
//!                                                    a `keys` entry for the log ◀─ finish
//! ```
//!
//! The key generation is that of FROST (Komlo and Goldberg, <https://eprint.iacr.org/2020/852>)
//! from the crate `frost-ristretto255`; its shares serve for decryption here, never for signing.
//! Around it stands what makes it a ceremony: a [`Plan`] that everyone compares, a signature and
//! a place for every message (`packet`), an echo that shows whether all saw the same, and a
//! transcript that all sign.
//!
//! A plan that names an earlier key refreshes its shares instead: the key stays, stolen old
//! shares become worthless, holders may leave, and newcomers come in under numbers of their own
//! (`newcomer`).
//!
//! The states between rounds hold secrets. They are erased when dropped and can be written out
//! ([`Round1::to_secret_bytes`]) for a sealed file only.

mod dealing;
mod group;
mod newcomer;
mod outcome;
mod packet;
mod plan;
mod rounds;

pub use outcome::{alone, draft, finish};
pub use packet::{Packet, Who};
pub use plan::{Holder, Plan, PlanError};
pub use rounds::{Round1, Round2, Round3};

use crate::lock::LockError;

/// Why a ceremony does not go on. Whoever is at fault is named.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// The plan cannot be carried out.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// This identity is not one of the plan's holders.
    #[error("this identity takes no part in the ceremony")]
    NotInvited,
    /// The share at hand is not the one that the plan's key was published with.
    #[error("the share at hand is not the current one of this key")]
    Share,
    /// A holder's packet is not there.
    #[error("round {round}: the packet of holder {who} is missing")]
    Missing {
        /// The round.
        round: u8,
        /// Whose packet.
        who: Who,
    },
    /// Two different packets come from one holder.
    #[error("round {round}: holder {who} has sent two different packets")]
    Twice {
        /// The round.
        round: u8,
        /// Whose packets.
        who: Who,
    },
    /// A packet that names no holder of the plan.
    #[error("a packet comes from number {0}, who takes no part in the ceremony")]
    Stranger(u16),
    /// A packet of another ceremony, or of another round.
    #[error("the packet of holder {0} belongs to another ceremony or round")]
    Elsewhere(Who),
    /// A packet was altered, or signed under another plan.
    #[error("the packet of holder {0} was altered, or signed under another plan")]
    Signature(Who),
    /// A packet lacks something, or holds something that it must not.
    #[error("the packet of holder {0} does not hold what belongs in it")]
    Contents(Who),
    /// A holder was shown other packets in the first round.
    #[error("holder {0} was shown other packets in round 1: someone sends different ones")]
    Echo(Who),
    /// A holder does not know what it committed to.
    #[error("holder {0} does not prove to know its contribution")]
    Knowledge(Who),
    /// What a holder dealt does not fit what it committed to.
    #[error("what holder {0} dealt does not fit its commitment")]
    Dealt(Who),
    /// A holder came to another result.
    #[error("holder {0} came to another key or transcript")]
    Result(Who),
    /// The key set that came out is not sound.
    #[error("the key that came out is not sound: {0}")]
    KeySet(String),
    /// The entry to sign is not the one that this ceremony made.
    #[error("the entry is not the one that this ceremony made")]
    Entry,
    /// A holder's signature under the entry is missing or wrong.
    #[error("the signature of holder {0} under the entry is missing or wrong")]
    Unsigned(Who),
    /// Bytes that are no state of this program's ceremony.
    #[error("the saved state of the ceremony is damaged")]
    State,
    /// A sealed message was not made or opened.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The crate for key generation refused for a reason that no holder is at fault for.
    #[error("key generation failed: {0}")]
    Generation(#[from] frost_ristretto255::Error),
}

#[cfg(test)]
mod tests;
