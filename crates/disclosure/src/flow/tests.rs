//! The desk from the first form to the last entry, with the real vault and the real ledger. Log,
//! keeper, custodians, people and officers are stand-ins that do what the real ones do, and can
//! be made to fail at any call.

mod approvals;
mod deletion;
mod kills;
mod later;
mod portal;
mod refusals;
mod stand_ins;
mod whole;
mod world;
