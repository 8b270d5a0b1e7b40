//! `@BotFather`: whoever writes to it makes bots and changes what they are.
//!
//! What is under way with somebody (the name of a bot that has no username yet) stands in memory;
//! after a restart they begin again.

use super::Answers;
use crate::bots::{token_hash, token_secret};
use crate::context::Services;
use heliograph_domain::accounts;
use heliograph_domain::bots::{
    self, BotCommand, BotError, CreateBot, EditBot, RevokeToken, bots_of,
};
use heliograph_domain::services::{BOT_FATHER, Question};
use heliograph_model::{FirstName, Peer, UserId, Username};
use heliograph_store::StoreError;
use std::collections::HashMap;
use std::sync::Arc;

/// With how many people something is under way at most.
const UNDER_WAY_MAX: usize = 10_000;

/// What is asked of somebody next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name,
    Username(FirstName),
}

/// Answers for the account.
pub struct BotFather {
    services: Arc<Services>,
    under_way: HashMap<UserId, Step>,
}

const HELP: &str = "I help you to make bots and to change them.

/newbot - make a bot
/mybots - list your bots
/revoke @bot - a new token; the old one opens nothing any more
/setname @bot NAME
/setabouttext @bot TEXT - the line under its name
/setdescription @bot TEXT - what it says before a chat begins
/setcommands @bot, then a line for each: command - what it does
/setprivacy @bot on|off - on: in groups it sees only what concerns it
/setjoingroups @bot on|off
/cancel - stop what is under way

Tokens are shown once and are not kept here: who has lost one makes a new one.";

impl Answers for BotFather {
    const ACCOUNT: UserId = BOT_FATHER;

    async fn answer(&mut self, question: &Question) -> Result<Option<String>, StoreError> {
        self.text(question).await.map(Some)
    }
}

impl BotFather {
    /// Answers with these services.
    pub fn new(services: Arc<Services>) -> Self {
        BotFather {
            services,
            under_way: HashMap::new(),
        }
    }

    async fn text(&mut self, question: &Question) -> Result<String, StoreError> {
        let (from, text) = (question.from, question.text.trim());
        let (command, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        if command.starts_with('/') {
            self.under_way.remove(&from);
        }
        match command {
            "/start" | "/help" => Ok(HELP.to_owned()),
            "/cancel" => Ok("Nothing is under way any more. /help lists what I do.".to_owned()),
            "/newbot" => {
                if self.under_way.len() >= UNDER_WAY_MAX {
                    self.under_way.clear();
                }
                self.under_way.insert(from, Step::Name);
                Ok("A new bot. What is it called? Send me its name.".to_owned())
            }
            "/mybots" => self.list(from).await,
            command if command.starts_with('/') => self.change(from, command, rest.trim()).await,
            _ => self.go_on(from, text).await,
        }
    }

    /// The next step of what is under way with somebody.
    async fn go_on(&mut self, from: UserId, text: &str) -> Result<String, StoreError> {
        match self.under_way.get(&from).cloned() {
            None => Ok(HELP.to_owned()),
            Some(Step::Name) => Ok(match FirstName::parse(text) {
                Ok(name) => {
                    self.under_way.insert(from, Step::Username(name));
                    "Good. Now its username. It must end with `bot`, like TetrisBot or tetris_bot."
                        .to_owned()
                }
                Err(_) => "That is no name: 1 to 64 characters, please.".to_owned(),
            }),
            Some(Step::Username(name)) => self.make(from, name, text).await,
        }
    }

    async fn make(
        &mut self,
        owner: UserId,
        name: FirstName,
        username: &str,
    ) -> Result<String, StoreError> {
        let Ok(username) = Username::parse(username) else {
            return Ok(
                "That is no username: 5 to 32 Latin letters, digits and underscores.".into(),
            );
        };
        let shown = username.as_str().to_owned();
        let entropy = self.services.entropy.clone();
        let create = CreateBot {
            owner,
            name,
            username,
            secret: token_secret(|out| entropy.fill(out)),
            hash: token_hash,
        };
        let made = self.services.store.write(create).await;
        Ok(match made {
            Ok((_, token)) => {
                self.under_way.remove(&owner);
                format!(
                    "Done! Your bot is @{shown}.\n\nIts token, which opens it to whoever has it:\n\
                     {token}\n\nKeep it secret. I do not keep it, so note it down now."
                )
            }
            Err(BotError::UsernameOccupied) => "Somebody has this username. Try another.".into(),
            Err(BotError::UsernameInvalid) => "A bot's username must end with `bot`.".into(),
            Err(BotError::TooMany) => {
                self.under_way.remove(&owner);
                "You have as many bots as one may have.".into()
            }
            Err(BotError::Unknown) => HELP.into(),
            Err(BotError::Store(error)) => return Err(error),
        })
    }

    async fn list(&self, owner: UserId) -> Result<String, StoreError> {
        let mut view = self.services.store.view().await?;
        let mut names = Vec::new();
        for bot in bots_of(&mut *view, owner).await? {
            let account = accounts::find(&mut *view, bot).await?;
            let username = account.and_then(|account| account.person.username);
            names.extend(username.map(|name| format!("@{}", name.as_str())));
        }
        Ok(if names.is_empty() {
            "You have no bots yet. /newbot makes one.".to_owned()
        } else {
            format!("Your bots: {}", names.join(", "))
        })
    }

    /// The caller's own bot with this username.
    async fn own(&self, owner: UserId, name: &str) -> Result<Option<UserId>, StoreError> {
        let Ok(name) = Username::parse(name) else {
            return Ok(None);
        };
        let mut view = self.services.store.view().await?;
        let holder = accounts::find_username(&mut *view, &name).await?;
        let Some(bot) = holder.and_then(Peer::user) else {
            return Ok(None);
        };
        let found = bots::find(&mut *view, bot).await?;
        Ok(found.filter(|found| found.owner == owner).map(|_| bot))
    }

    /// `/command @bot value`.
    async fn change(&self, owner: UserId, command: &str, rest: &str) -> Result<String, StoreError> {
        let (name, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let value = value.trim();
        let known = [
            "/revoke",
            "/setname",
            "/setabouttext",
            "/setdescription",
            "/setcommands",
            "/setprivacy",
            "/setjoingroups",
        ];
        if !known.contains(&command) {
            return Ok(HELP.to_owned());
        }
        let Some(bot) = self.own(owner, name).await? else {
            return Ok(format!("Which bot? Write: {command} @its_username …"));
        };
        if command == "/revoke" {
            return self.revoke(owner, bot).await;
        }
        let Some(edit) = edit_of(bot, command, value) else {
            return Ok(format!(
                "I did not understand the value of {command}. /help tells more."
            ));
        };
        match self.services.store.write(edit).await {
            Ok(_) => Ok("Done.".to_owned()),
            Err(BotError::Store(error)) => Err(error),
            Err(_) => Ok(HELP.to_owned()),
        }
    }

    async fn revoke(&self, owner: UserId, bot: UserId) -> Result<String, StoreError> {
        let entropy = self.services.entropy.clone();
        let token = format!("{}:{}", bot.0, token_secret(|out| entropy.fill(out)));
        let revoke = RevokeToken {
            bot,
            owner,
            token_hash: token_hash(&token),
        };
        match self.services.store.write(revoke).await {
            Ok(()) => Ok(format!(
                "The old token opens nothing any more. The new one:\n{token}"
            )),
            Err(BotError::Store(error)) => Err(error),
            Err(_) => Ok(HELP.to_owned()),
        }
    }
}

/// The change that a command with a value asks for; `None` where the value is not understood.
fn edit_of(bot: UserId, command: &str, value: &str) -> Option<EditBot> {
    let switch = match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    };
    let edit = EditBot::of(bot);
    Some(match command {
        "/setname" => EditBot {
            name: Some(FirstName::parse(value).ok()?),
            ..edit
        },
        "/setabouttext" => EditBot {
            about: Some(heliograph_model::About::parse(value).ok()?),
            ..edit
        },
        "/setdescription" => EditBot {
            description: Some(value.chars().take(512).collect()),
            ..edit
        },
        "/setcommands" => EditBot {
            commands: Some(commands_of(value)?),
            ..edit
        },
        "/setprivacy" => EditBot {
            privacy: Some(switch?),
            ..edit
        },
        "/setjoingroups" => EditBot {
            joins_groups: Some(switch?),
            ..edit
        },
        _ => return None,
    })
}

/// Lines like `start - begins`.
fn commands_of(value: &str) -> Option<Vec<BotCommand>> {
    let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
    let command = |line: &str| {
        let (name, description) = line.split_once('-')?;
        let name = name.trim().trim_start_matches('/').to_owned();
        let description = description.trim().to_owned();
        let valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let named = (1..=32).contains(&name.len()) && name.bytes().all(valid);
        let described = (1..=256).contains(&description.chars().count());
        (named && described).then_some(BotCommand { name, description })
    };
    lines.take(100).map(command).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answering::answer_all;
    use crate::messages::testing::{messages, random_id, text_of};
    use crate::testing::{Person, World};
    use heliograph_tl::enums::InputPeer;
    use heliograph_tl::{functions as f, types};

    fn father(world: &World, person: &Person) -> InputPeer {
        types::InputPeerUser {
            user_id: BOT_FATHER.0,
            access_hash: world.services.access.hash(person.id, BOT_FATHER),
        }
        .into()
    }

    async fn say(world: &World, bots: &mut BotFather, person: &Person, text: &str) -> String {
        let send = f::messages::SendMessage {
            peer: father(world, person),
            message: text.to_owned(),
            random_id: random_id(),
            ..Default::default()
        };
        world.call(person, send).await.expect("it is sent");
        let answered = answer_all(&world.services.store, bots).await;
        assert_eq!(answered.expect("the store works"), 1);
        let newest = f::messages::GetHistory {
            peer: father(world, person),
            limit: 1,
            ..Default::default()
        };
        let page = messages(world.call(person, newest).await.expect("a page"));
        page.first().map(text_of).expect("an answer")
    }

    fn token_in(answer: &str) -> String {
        let token = answer.lines().find(|line| line.starts_with("50000000"));
        token.expect("a token").to_owned()
    }

    #[tokio::test]
    async fn a_bot_is_made_and_signs_in_with_its_token() {
        let world = World::new().await;
        let ada = world.person("Ada", "4915112345601").await;
        let mut father = BotFather::new(world.services.clone());
        say(&world, &mut father, &ada, "/newbot").await;
        say(&world, &mut father, &ada, "Echo").await;
        let refused = say(&world, &mut father, &ada, "echo_robo").await;
        assert!(refused.contains("must end with"), "{refused}");
        let made = say(&world, &mut father, &ada, "echo_bot").await;
        let token = token_in(&made);
        let device = world.stranger().await;
        let sign_in = |token: &str| f::auth::ImportBotAuthorization {
            api_id: 1,
            api_hash: String::new(),
            bot_auth_token: token.to_owned(),
            ..Default::default()
        };
        world
            .call(&device, sign_in(&token))
            .await
            .expect("it is in");

        let other = world.person("Ben", "4915112345602").await;
        let theirs = say(&world, &mut father, &other, "/revoke @echo_bot").await;
        assert!(theirs.starts_with("Which bot?"), "{theirs}");
        let renewed = say(&world, &mut father, &ada, "/revoke @echo_bot").await;
        let another = world.stranger().await;
        let old = world.call(&another, sign_in(&token)).await;
        assert_eq!(old, Err(crate::error::text::ACCESS_TOKEN_INVALID.into()));
        let fresh = sign_in(&token_in(&renewed));
        world.call(&another, fresh).await.expect("it is in");
    }

    #[test]
    fn commands_are_read_line_by_line() {
        let commands = commands_of("start - begins\n/help - tells more").expect("two");
        assert_eq!(commands[1].name, "help");
        assert_eq!(commands_of("start begins"), None);
        assert_eq!(commands_of("Start - begins"), None);
    }
}
