//! The public index of a running server: what keeps it up to date, and what the operator is told.

pub mod explain;
mod follower;

pub use follower::{Follower, State};
