//! Accounts, sign-in, contacts, chats and messages: what the server does, without the wire.
//!
//! Reads are functions over [`heliograph_store::Rows`]; writes are [`heliograph_store::Command`]s.
//! Each module has a small error of its own that says what went wrong; words for the wire are the
//! API's business. Nothing here knows a layer, a socket or a clock.

pub mod accounts;
pub mod authorizations;
pub mod bots;
pub mod bus;
pub mod channels;
pub mod codes;
pub mod contacts;
pub mod countries;
pub mod deletion;
pub mod dialogs;
pub mod exports;
pub mod files;
pub mod history;
pub mod jobs;
pub mod keys;
pub mod login_tokens;
pub mod measures;
pub mod messages;
pub mod number;
pub mod passwords;
pub mod presence;
pub mod profile;
pub mod sealing;
pub mod secret_chats;
pub mod services;
pub mod settings;
pub mod stale;
pub mod switches;
pub mod targets;
