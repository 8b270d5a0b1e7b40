//! What a custodian answers, and everything that it must not.

mod keys;
mod openings;
mod retention;
mod town;
