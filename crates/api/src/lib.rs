//! RPC handlers by namespace, wire errors and rendering.
//!
//! Handlers see the canonical layer only: older and newer layers are made of their answers outside.
//! `docs/adding-a-method.md` tells how a method comes into [`Router`].

mod access;
mod account;
pub mod answering;
mod auth;
mod benign;
pub mod bots;
mod channels;
mod contacts;
mod context;
pub mod error;
mod help;
mod langpack;
mod limits;
mod messages;
mod people_only;
mod photos;
mod references;
pub mod refusals;
pub mod render;
mod reports;
mod resolve;
mod restrained;
mod router;
pub mod secret_chats;
mod settings;
mod stories;
#[cfg(test)]
mod testing;
mod updates;
mod upload;
mod users;

pub use access::AccessKey;
pub use context::{Caller, CodeSender, Ctx, Entropy, Policy, Services};
pub use error::{Result, RpcError, text};
pub use limits::{Allowance, Limits, Rate};
pub use router::{Access, Benign, Method, Router};
pub use settings::shows_face_to_all;

/// The table of every method that this server answers.
pub fn router() -> Router {
    let mut router = Router::default();
    auth::register(&mut router);
    account::register(&mut router);
    help::register(&mut router);
    langpack::register(&mut router);
    users::register(&mut router);
    contacts::register(&mut router);
    messages::register(&mut router);
    channels::register(&mut router);
    secret_chats::register(&mut router);
    upload::register(&mut router);
    photos::register(&mut router);
    bots::register(&mut router);
    reports::register(&mut router);
    stories::register(&mut router);
    updates::register(&mut router);
    benign::register(&mut router);
    router
}
