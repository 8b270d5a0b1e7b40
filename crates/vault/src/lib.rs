//! Cryptography of what the server keeps.
//!
//! - [`oprf`]: an oblivious pseudorandom function. The server learns the tag of a phone number
//!   without holding the key, and the keeper applies the key without seeing the number.
//! - [`seal`]: sealing of small records (authorization keys, password verifiers) under a key that
//!   lives outside the database.
//!
//! The crate opens nothing, reads no clock and draws no randomness: entropy and nonces are
//! arguments, and each function says how they must have been made. No type that holds a secret
//! has `Debug`, `Clone` or any form of serialisation, and each is erased when dropped.

pub mod oprf;
pub mod seal;
