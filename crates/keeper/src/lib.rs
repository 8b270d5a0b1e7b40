//! The keeper: the one process that holds the key of phone tags and the secrets of sealed records.
//!
//! The server looks people up by a *tag* of their phone number, the output of an oblivious
//! pseudorandom function ([`heliograph_vault::oprf`]). The server blinds the number, the keeper
//! applies its key, the server removes the blind: the keeper sees no numbers, the server and its
//! database no key. A copied database therefore lists nobody, and whoever controls the running
//! server can try numbers only as fast as the keeper's [`Limits`] allow.
//!
//! - [`Keeper`] is the state: the key, and what has been spent of the budget.
//! - [`KeeperClient`] is how the rest of the server sees it: [`LocalKeeper`] in the same process
//!   (tests), [`RemoteKeeper`] over a Unix socket, where [`serve`] answers.
//! - [`phone_tag`] and [`phone_tags`] turn numbers into tags.
//!
//! The keeper also holds the [`Secrets`] that sealed records depend on, one for each person, day
//! and case, outside the database and its backups. Erasing one is what ends a record's life.
//! [`SecretsClient`] is how the rest of the server sees them.
//!
//! What this does not do: root on a machine that runs both the server and the keeper can read
//! the key and then list numbers at the speed of its processors.

mod budget;
mod client;
mod files;
mod journal;
mod keeper;
mod local;
mod remote;
mod secrets;
mod secrets_client;
mod serve;
mod slots;
mod tag;
mod wire;

pub use budget::{Allowance, Evaluations, Limits};
pub use client::{BoxFuture, Clock, KeeperClient, KeeperError, MAX_BATCH, Purpose};
pub use files::OpenError;
pub use keeper::Keeper;
pub use local::LocalKeeper;
pub use remote::RemoteKeeper;
pub use secrets::{Entropy, MAX_RETENTION_DAYS, Secrets};
pub use secrets_client::{LogProof, MAX_RECORDS, Order, Refusal, SecretsClient, SecretsError};
pub use serve::{bind, serve};
pub use tag::{PhoneTag, TagError, phone_tag, phone_tags};
