//! Making bots and changing what they are.

use super::{Bot, BotCommand, BotError, find};
use crate::accounts::{self, Account, Proof};
use crate::services;
use heliograph_model::{
    About, FirstName, LastName, Owner, Peer, Person, PersonKind, UserId, Username,
};
use heliograph_store::{Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};

/// How many bots a person may own.
pub const BOTS_MAX: usize = 20;

/// That somebody owns a bot.
#[derive(Clone, Copy, Debug, Encode, Decode)]
struct BotOfRow;

row!(BotOfRow, Table::BotOf, key: UserId);

/// The bots that a person owns.
pub async fn bots_of(rows: &mut dyn Rows, owner: UserId) -> Result<Vec<UserId>, StoreError> {
    let found: Vec<(UserId, BotOfRow)> = rows
        .list(owner.into(), KeyRange::all(), Order::Ascending, BOTS_MAX)
        .await?;
    Ok(found.into_iter().map(|(bot, _)| bot).collect())
}

/// Forgets a bot: its token opens nothing, and nobody runs it; nothing where it is none.
pub(crate) async fn forget(tx: &mut Tx<'_>, bot: UserId) -> Result<(), StoreError> {
    let Some(found) = super::find(tx.rows(), bot).await? else {
        return Ok(());
    };
    tx.delete::<BotOfRow>(found.owner.into(), &bot)?;
    tx.delete::<Webhook>(Owner::INSTALLATION, &bot)?;
    tx.delete::<Bot>(bot.into(), &())
}

/// Makes a bot. Its token begins with its id.
#[derive(Clone, Debug)]
pub struct CreateBot {
    /// Who will run it.
    pub owner: UserId,
    /// Its name.
    pub name: FirstName,
    /// Its username, which ends with "bot".
    pub username: Username,
    /// The secret part of its token: 35 random characters, from the caller.
    pub secret: String,
    /// SHA-256. The token is hashed here because its id is known only here.
    pub hash: fn(&str) -> [u8; 32],
}

impl Command for CreateBot {
    /// The account, and its token.
    type Output = (Account, String);
    type Error = BotError;
    const NAME: &'static str = "create_bot";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, BotError> {
        if !self.username.folded().ends_with("bot") {
            return Err(BotError::UsernameInvalid);
        }
        if bots_of(tx, self.owner).await?.len() >= BOTS_MAX {
            return Err(BotError::TooMany);
        }
        if services::is_reserved(&self.username) {
            return Err(BotError::UsernameOccupied);
        }
        let number = tx.next_number("bot").await? as i64;
        let id = UserId(UserId::FIRST_BOT.0 + number);
        let claimed = accounts::claim_username(tx, &self.username, Peer::User(id)).await?;
        claimed.map_err(|_| BotError::UsernameOccupied)?;
        let account = Account {
            person: Person {
                id,
                first_name: Some(self.name),
                last_name: LastName::default(),
                username: Some(self.username),
                about: About::default(),
                kind: PersonKind::Bot,
                verified: false,
                deleted: false,
                created: tx.now(),
                country: None,
                photo: None,
            },
            phone: None,
            proven: Proof::None,
            sealed: None,
            staff: false,
            faces: Vec::new(),
        };
        accounts::put(tx, &account).await?;
        let token = format!("{}:{}", id.0, self.secret);
        let bot = Bot {
            owner: self.owner,
            token_hash: (self.hash)(&token),
            privacy: true,
            joins_groups: true,
            description: String::new(),
            commands: Vec::new(),
            version: 1,
        };
        tx.put(id.into(), &(), &bot)?;
        tx.put(self.owner.into(), &id, &BotOfRow)?;
        Ok((account, token))
    }
}

/// The bot, where `owner` runs it.
async fn owned(tx: &mut Tx<'_>, bot: UserId, owner: UserId) -> Result<Bot, BotError> {
    let found = find(tx, bot).await?;
    found
        .filter(|found| found.owner == owner)
        .ok_or(BotError::Unknown)
}

/// Gives a bot another token; the old one opens nothing any more.
#[derive(Clone, Debug)]
pub struct RevokeToken {
    /// Which bot.
    pub bot: UserId,
    /// Who runs it.
    pub owner: UserId,
    /// SHA-256 of the new token.
    pub token_hash: [u8; 32],
}

impl Command for RevokeToken {
    type Output = ();
    type Error = BotError;
    const NAME: &'static str = "revoke_token";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), BotError> {
        let mut bot = owned(tx, self.bot, self.owner).await?;
        bot.token_hash = self.token_hash;
        Ok(tx.put(self.bot.into(), &(), &bot)?)
    }
}

/// Changes what a bot is; `None` leaves a part as it is.
#[derive(Clone, Debug)]
pub struct EditBot {
    /// Which bot.
    pub bot: UserId,
    /// Its name.
    pub name: Option<FirstName>,
    /// The line under its name.
    pub about: Option<About>,
    /// What it says before a chat begins.
    pub description: Option<String>,
    /// Whether it sees only what concerns it in groups.
    pub privacy: Option<bool>,
    /// Whether it may be added to groups.
    pub joins_groups: Option<bool>,
    /// Its commands.
    pub commands: Option<Vec<BotCommand>>,
}

impl EditBot {
    /// Changes nothing of this bot yet.
    pub fn of(bot: UserId) -> Self {
        EditBot {
            bot,
            name: None,
            about: None,
            description: None,
            privacy: None,
            joins_groups: None,
            commands: None,
        }
    }
}

impl Command for EditBot {
    type Output = Bot;
    type Error = BotError;
    const NAME: &'static str = "edit_bot";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Bot, BotError> {
        let mut bot = find(tx, self.bot).await?.ok_or(BotError::Unknown)?;
        if let Some(mut account) = accounts::find(tx, self.bot).await? {
            if self.name.is_some() {
                account.person.first_name = self.name;
            }
            if let Some(about) = self.about {
                account.person.about = about;
            }
            accounts::put(tx, &account).await?;
        }
        bot.description = self.description.unwrap_or(bot.description);
        bot.privacy = self.privacy.unwrap_or(bot.privacy);
        bot.joins_groups = self.joins_groups.unwrap_or(bot.joins_groups);
        if let Some(commands) = self.commands {
            bot.commands = commands;
            bot.version += 1;
        }
        tx.put(self.bot.into(), &(), &bot)?;
        Ok(bot)
    }
}

/// Where a bot wants to be called.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Webhook {
    /// The address.
    #[n(0)]
    pub url: String,
    /// What is sent along so that the bot knows who calls.
    #[n(1)]
    pub secret: Option<String>,
    /// The kinds of updates that it wants; none for all but the rare ones.
    #[n(2)]
    pub allowed: Vec<String>,
    /// Why the last call failed, and when, in Unix seconds.
    #[n(3)]
    pub failed: Option<(i32, String)>,
}

// All webhooks stand together, so that they are found at start.
row!(Webhook, Table::Webhook, key: UserId);

/// A bot's webhook.
pub async fn webhook(rows: &mut dyn Rows, bot: UserId) -> Result<Option<Webhook>, StoreError> {
    rows.find(Owner::INSTALLATION, &bot).await
}

/// Every webhook.
pub async fn webhooks(rows: &mut dyn Rows) -> Result<Vec<(UserId, Webhook)>, StoreError> {
    let all = KeyRange::all();
    rows.list(Owner::INSTALLATION, all, Order::Ascending, usize::MAX)
        .await
}

/// Sets a bot's webhook, or notes how calling it went.
#[derive(Clone, Debug)]
pub struct SetWebhook {
    /// Which bot.
    pub bot: UserId,
    /// The webhook.
    pub webhook: Webhook,
}

impl Command for SetWebhook {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "set_webhook";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.put(Owner::INSTALLATION, &self.bot, &self.webhook)
    }
}

/// Removes a bot's webhook.
#[derive(Clone, Copy, Debug)]
pub struct DeleteWebhook {
    /// Which bot.
    pub bot: UserId,
}

impl Command for DeleteWebhook {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "delete_webhook";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.delete::<Webhook>(Owner::INSTALLATION, &self.bot)
    }
}
