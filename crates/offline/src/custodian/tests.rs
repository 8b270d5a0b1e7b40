//! What a custodian answers, and everything that it must not.

mod histories;
mod keys;
mod openings;
mod quorums;
mod remote;
mod retention;
mod rosters;
mod town;
