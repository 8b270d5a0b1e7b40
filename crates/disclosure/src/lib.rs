//! The disclosure desk: a phone number and IP addresses, for a valid order, by quorum, in the open.
//!
//! What can leave this crate is [`Disclosed`], which has two members. It comes out of
//! [`opening`] only, which needs a [`Grant`], which only K officers' checked approvals of one
//! logged case make. The crate knows neither messages, nor contacts, nor chats: it sees sealed
//! records through [`heliograph_desk_store`], the log through [`PublicLog`], people through
//! [`Targets`], secrets through [`CaseSecrets`], and the holders of shares through files and
//! [`Custodians`].
//!
//! - Arrival: [`order`], [`documents`], [`registry`], [`access_key`], [`order_key`],
//!   [`recognition`].
//! - Examination: [`validity`], [`person`], [`bundle`].
//! - Approval and opening: [`response`], [`grant`], [`opening`], [`package`].
//! - Around it: [`entries`] of the log, [`timers`], [`letters`], [`notice`].
//! - [`case`] says where a case stands and what comes next, [`flow`] does it, each step so that
//!   it can be taken up again after the process was killed at any moment.
//!
//! Clock, entropy and everything outside are arguments. Calls block for the disk and, where they
//! ask custodians, for the network.

pub mod access_key;
pub mod bundle;
pub mod case;
pub mod custodians;
pub mod documents;
pub mod entries;
pub mod flow;
pub mod grant;
mod keys;
pub mod letters;
pub mod log;
pub mod notice;
pub mod opening;
pub mod order;
pub mod order_key;
pub mod package;
pub mod person;
pub mod recognition;
pub mod registry;
pub mod response;
pub mod secrets;
pub mod timers;
pub mod validity;
mod vault_tree;

pub use custodians::Custodians;
pub use grant::Grant;
pub use log::PublicLog;
pub use opening::Disclosed;
pub use person::Targets;
pub use secrets::{CaseSecrets, Entropy};
