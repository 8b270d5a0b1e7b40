//! The bot itself.

use crate::ApiError;
use crate::args::Args;
use crate::call::Bot;
use crate::json::Pool;
use heliograph_domain::bots;
use heliograph_tl::enums::{self, BotCommandScope, InputUser};
use heliograph_tl::{functions as f, types};
use serde::Deserialize;
use serde_json::{Value, json};

/// `getMe`.
pub async fn get_me(bot: &Bot) -> Result<Value, ApiError> {
    let id = vec![InputUser::Self_];
    let users = bot.invoke(f::users::GetUsers { id }).await?;
    let mut pool = Pool::of(bot);
    pool.add(users, Vec::new());
    let mut view = bot.view().await?;
    let own = bots::find(&mut *view, bot.id)
        .await
        .map_err(ApiError::internal)?;
    let own = own.ok_or_else(ApiError::unauthorized)?;
    let mut me = pool.user(bot.id);
    me["can_join_groups"] = json!(own.joins_groups);
    me["can_read_all_group_messages"] = json!(!own.privacy);
    me["supports_inline_queries"] = json!(false);
    me["can_connect_to_business"] = json!(false);
    me["has_main_web_app"] = json!(false);
    Ok(me)
}

#[derive(Deserialize)]
struct Command {
    command: String,
    description: String,
}

/// `setMyCommands`. One list serves every scope and language.
pub async fn set_my_commands(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let commands: Option<Vec<Command>> = args.structure("commands")?;
    let commands = commands.unwrap_or_default().into_iter().map(|command| {
        types::BotCommand {
            command: command.command.trim_start_matches('/').to_owned(),
            description: command.description,
        }
        .into()
    });
    let set = f::bots::SetBotCommands {
        scope: BotCommandScope::Default,
        lang_code: String::new(),
        commands: commands.collect(),
    };
    Ok(bot.invoke(set).await?.into())
}

/// `getMyCommands`.
pub async fn get_my_commands(bot: &Bot) -> Result<Value, ApiError> {
    let commands = bot.invoke(f::bots::GetBotCommands::default()).await?;
    let commands = commands.into_iter().map(|command| {
        let enums::BotCommand::BotCommand(command) = command;
        json!({ "command": command.command, "description": command.description })
    });
    Ok(commands.collect())
}

/// `deleteMyCommands`.
pub async fn delete_my_commands(bot: &Bot) -> Result<Value, ApiError> {
    Ok(bot
        .invoke(f::bots::ResetBotCommands::default())
        .await?
        .into())
}
