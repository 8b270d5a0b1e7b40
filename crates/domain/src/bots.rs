//! Bots: programs that people run, with an account and a token (<https://core.telegram.org/bots>).
//!
//! A bot's updates wait in a queue of its own until they are fetched, whichever chat they came from;
//! an entry names what happened, and whoever fetches it looks up how it stands.

mod callbacks;
mod manage;
mod updates;

pub use callbacks::{CallbackAnswer, Callbacks};
pub(crate) use manage::forget;
pub use manage::{
    BOTS_MAX, CreateBot, DeleteWebhook, EditBot, RevokeToken, SetWebhook, Webhook, bots_of,
    webhook, webhooks,
};
pub use updates::{
    BotUpdate, Confirm, QueueCallback, Queued, UPDATES_MAX, pending, sees, updates_from,
};

pub(crate) use updates::{queue_channel, queue_member, queue_private};

use heliograph_model::UserId;
use heliograph_store::{Rows, StoreError, Table, row};
use minicbor::{Decode, Encode};
use thiserror::Error;

/// A bot, beside its account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Bot {
    /// Who runs it.
    #[n(0)]
    pub owner: UserId,
    /// SHA-256 of its token: the token itself is not kept.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub token_hash: [u8; 32],
    /// In groups it sees only what concerns it.
    #[n(2)]
    pub privacy: bool,
    /// It may be added to groups.
    #[n(3)]
    pub joins_groups: bool,
    /// What it says about itself before a chat begins.
    #[n(4)]
    pub description: String,
    /// The commands that clients offer.
    #[n(5)]
    pub commands: Vec<BotCommand>,
    /// Counts changes of the commands, so that clients fetch them anew.
    #[n(6)]
    pub version: u32,
}

row!(Bot, Table::Bot, key: ());

/// A command that a bot understands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BotCommand {
    /// Its name, without the slash.
    #[n(0)]
    pub name: String,
    /// What it does.
    #[n(1)]
    pub description: String,
}

/// Why something could not be done with a bot.
#[derive(Debug, Error)]
pub enum BotError {
    /// No such bot, or not the caller's.
    #[error("no such bot")]
    Unknown,
    /// The owner has as many bots as one may have.
    #[error("too many bots")]
    TooMany,
    /// Somebody has the username.
    #[error("the username is taken")]
    UsernameOccupied,
    /// A bot's username ends with "bot".
    #[error("not a bot's username")]
    UsernameInvalid,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The bot with this id.
pub async fn find(rows: &mut dyn Rows, bot: UserId) -> Result<Option<Bot>, StoreError> {
    if !bot.is_bot() {
        return Ok(None);
    }
    rows.find(bot.into(), &()).await
}

/// The bot whose token has this hash, where `id` is the number in front of the token's colon.
pub async fn by_token(
    rows: &mut dyn Rows,
    id: UserId,
    token_hash: &[u8; 32],
) -> Result<Option<UserId>, StoreError> {
    let bot = find(rows, id).await?;
    // The comparison is of hashes: what its time tells leads to no token.
    Ok(bot.filter(|bot| bot.token_hash == *token_hash).map(|_| id))
}
