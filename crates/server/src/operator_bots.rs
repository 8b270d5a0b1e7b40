//! Bots, as the operator makes and opens them: for people who cannot ask `@BotFather`, and for bots
//! of the installation itself.

use crate::control::BotLine;
use heliograph_api::Entropy;
use heliograph_api::bots::{token_hash, token_secret};
use heliograph_domain::accounts;
use heliograph_domain::bots::{self, CreateBot, RevokeToken, bots_of};
use heliograph_model::{FirstName, Peer, UserId, Username};
use heliograph_store::{Rows, Store, StoreError};

/// Makes a bot that somebody will run; answers with its token, which nobody keeps.
pub async fn create(
    store: &Store,
    entropy: &dyn Entropy,
    name: &str,
    username: &str,
    owner: &str,
) -> Result<String, String> {
    let owner = person(store, owner).await?;
    let create = CreateBot {
        owner,
        name: FirstName::parse(name).map_err(|_| "a name has 1 to 64 characters")?,
        username: Username::parse(username.trim_start_matches('@'))
            .map_err(|_| "a username has 5 to 32 Latin letters, digits and underscores")?,
        secret: token_secret(|out| entropy.fill(out)),
        hash: token_hash,
    };
    let made = store.write(create).await;
    made.map(|(_, token)| token).map_err(told)
}

/// Gives a bot another token; the one before opens nothing any more.
pub async fn new_token(
    store: &Store,
    entropy: &dyn Entropy,
    username: &str,
) -> Result<String, String> {
    let bot = holder(store, username).await?;
    let found = {
        let mut view = store.view().await.map_err(told)?;
        bots::find(&mut *view, bot).await.map_err(told)?
    };
    let found = found.ok_or_else(|| format!("{username} is no bot"))?;
    let token = format!("{}:{}", bot.0, token_secret(|out| entropy.fill(out)));
    let revoke = RevokeToken {
        bot,
        owner: found.owner,
        token_hash: token_hash(&token),
    };
    store.write(revoke).await.map_err(told)?;
    Ok(token)
}

/// The bots that somebody runs.
pub async fn list(store: &Store, owner: &str) -> Result<Vec<BotLine>, String> {
    let owner = person(store, owner).await?;
    let mut view = store.view().await.map_err(told)?;
    lines(&mut *view, owner).await.map_err(told)
}

async fn lines(rows: &mut dyn Rows, owner: UserId) -> Result<Vec<BotLine>, StoreError> {
    let mut lines = Vec::new();
    for bot in bots_of(rows, owner).await? {
        let account = accounts::find(rows, bot).await?;
        let hook = bots::webhook(rows, bot).await?;
        lines.extend(account.map(|account| {
            BotLine {
                id: bot.0,
                username: account
                    .person
                    .username
                    .map_or(String::new(), |name| name.as_str().to_owned()),
                webhook: hook.is_some(),
            }
        }));
    }
    Ok(lines)
}

/// The account of a person with this username.
async fn person(store: &Store, username: &str) -> Result<UserId, String> {
    let found = holder(store, username).await?;
    let mut view = store.view().await.map_err(told)?;
    match bots::find(&mut *view, found).await.map_err(told)? {
        None => Ok(found),
        Some(_) => Err(format!("{username} is a bot; name a person")),
    }
}

async fn holder(store: &Store, username: &str) -> Result<UserId, String> {
    let nobody = || format!("nobody has the username {username}");
    let name = Username::parse(username.trim_start_matches('@')).map_err(|_| nobody())?;
    let mut view = store.view().await.map_err(told)?;
    let holder = accounts::find_username(&mut *view, &name).await;
    let holder = holder.map_err(told)?.and_then(Peer::user);
    holder.ok_or_else(nobody)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` hands over"
)]
fn told(error: impl ToString) -> String {
    error.to_string()
}
