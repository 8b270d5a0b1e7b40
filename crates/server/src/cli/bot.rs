//! `heliograph admin bot`: bots, without `@BotFather`.

use super::{Outcome, RunningServer};
use crate::control::{self, Answer, Command};
use crate::secrets::DataFolder;
use clap::Subcommand;
use std::io::Write as _;

/// How the commands are used.
pub const EXAMPLES: &str = "\
Example:
  heliograph admin bot create \"Town Hall\" town_hall_bot --owner @mayor
  prints the token, as 7000000001:AAF…; a library takes it together with the address of this server:
  https://HOST/bot<token>/getMe";

/// What is done about bots.
#[derive(Subcommand)]
pub enum Bot {
    /// Make a bot, and print its token. It is shown once and not kept.
    #[command(after_help = EXAMPLES)]
    Create {
        /// Its name, as people see it.
        name: String,
        /// Its username, which ends with `bot`.
        username: String,
        /// The username of whoever will run it.
        #[arg(long, value_name = "USERNAME")]
        owner: String,
        #[command(flatten)]
        server: RunningServer,
    },
    /// Give a bot another token, and print it. The one before opens nothing any more.
    #[command(name = "new-token")]
    NewToken {
        /// The bot's username.
        username: String,
        #[command(flatten)]
        server: RunningServer,
    },
    /// List the bots that somebody runs.
    List {
        /// The username of whoever runs them.
        #[arg(long, value_name = "USERNAME")]
        owner: String,
        #[command(flatten)]
        server: RunningServer,
    },
}

/// Does what was asked.
pub fn bot(asked: Bot) -> Outcome {
    let (command, server) = match asked {
        Bot::Create {
            name,
            username,
            owner,
            server,
        } => {
            let create = Command::CreateBot {
                name,
                username,
                owner,
            };
            (create, server)
        }
        Bot::NewToken { username, server } => (Command::RenewBotToken { username }, server),
        Bot::List { owner, server } => (Command::ListBots { owner }, server),
    };
    let socket = DataFolder::new(server.data).control_socket();
    let mut out = std::io::stdout();
    match control::ask(&socket, &command)? {
        Answer::Token(token) => writeln!(out, "{token}")?,
        Answer::Bots(bots) => {
            for bot in bots {
                let fetched = if bot.webhook { "webhook" } else { "polls" };
                writeln!(out, "{}  @{}  {fetched}", bot.id, bot.username)?;
            }
        }
        Answer::Refused(reason) => return Err(reason.into()),
        _ => writeln!(out, "done")?,
    }
    Ok(())
}
