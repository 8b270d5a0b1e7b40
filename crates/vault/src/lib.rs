//! Cryptography of what the server keeps.
//!
//! - [`oprf`]: an oblivious pseudorandom function. The server learns the tag of a phone number
//!   without holding the key, and the keeper applies the key without seeing the number.
//! - [`seal`]: sealing of small records (authorization keys, password verifiers) under a key that
//!   lives outside the database.
//! - The vault proper: phone numbers and addresses that only K of N officers together with W of M
//!   custodians can read, record by record, without the key ever being in one place.
//!
//! ```text
//! ceremony ──▶ KeySet ── verify ──▶ CheckedKeySet ─┬─▶ SealingKeys ── seal_phone, seal_ip
//!   │                                              └─▶ OpeningKeys            │
//!   └───────▶ SecretShare                                  │            SealedRecord
//!                  │                                       │                  │ verify
//!                  └── officer_partial, custodian_partial ─┴────────── VerifiedRecord
//!                                    │
//!                                 Partial ── Opening::open ──▶ Opened
//! ```
//!
//! [`keyset`] says what a key is and when it is sound, [`keys`] pairs keys, [`record`] seals,
//! [`partial`] and [`open`] open, [`preserve`] keeps single records openable for longer. The
//! formats are published with test vectors in `docs/formats/vault-v1.json`.
//!
//! The crate opens nothing, reads no clock and draws no randomness: entropy and nonces are
//! arguments, and each function says how they must have been made. No type that holds a secret
//! has `Debug`, `Clone` or any form of serialisation, and each is erased when dropped.

#[cfg(any(test, feature = "test-dealer"))]
pub mod dealer;
mod equality;
pub mod fuzzing;
pub mod group;
mod interpolation;
pub mod keys;
pub mod keyset;
pub mod label;
pub mod open;
pub mod oprf;
pub mod partial;
pub mod plaintext;
pub mod possession;
pub mod preserve;
pub mod record;
pub mod seal;
pub mod secrets;
pub mod share;
pub mod wire;

#[cfg(test)]
mod scene;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod timing;
#[cfg(test)]
mod vectors;
