//! `bots.*`, and what clients ask of bots (<https://core.telegram.org/api/bots>).

use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::resolve::message_id;
use crate::router::{Access, Router};
use heliograph_domain::bots::{
    self, Bot, BotCommand, BotUpdate, CallbackAnswer, EditBot, QueueCallback, by_token,
};
use heliograph_domain::bus::Signal;
use heliograph_model::{About, FirstName, Peer, UserId};
use heliograph_store::{Rows, StoreError, mailbox};
use heliograph_tl::enums::messages::BotCallbackAnswer;
use heliograph_tl::enums::{self, BotInfo, InputPeer, InputUser, ReplyMarkup, Updates};
use heliograph_tl::{Decode, functions as f, types};
use sha2::{Digest, Sha256};

pub(crate) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Send, start_bot)
        .method(Access::User, Rate::Send, get_bot_callback_answer)
        .method(Access::User, Rate::Send, set_bot_callback_answer)
        .method(Access::User, Rate::Write, set_bot_commands)
        .method(Access::User, Rate::Write, reset_bot_commands)
        .method(Access::User, Rate::Read, get_bot_commands)
        .method(Access::User, Rate::Write, set_bot_info);
}

/// SHA-256 of a token, as it is kept.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// How long the secret part of a token is.
const SECRET_CHARS: usize = 35;

/// The secret part of a new token: 210 random bits in the letters that tokens have.
pub fn token_secret(random: impl FnOnce(&mut [u8])) -> String {
    const CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = [0; SECRET_CHARS];
    random(&mut bytes);
    let chars = bytes.iter().map(|byte| CHARS[usize::from(byte & 63)]);
    chars.map(char::from).collect()
}

/// The bot that a token opens.
pub async fn bot_of(rows: &mut dyn Rows, token: &str) -> Result<Option<UserId>, StoreError> {
    let id = token.split_once(':').and_then(|(id, _)| id.parse().ok());
    match id {
        Some(id) => by_token(rows, UserId(id), &token_hash(token)).await,
        None => Ok(None),
    }
}

/// A bot, as users and chats show it.
pub(crate) async fn info(rows: &mut dyn Rows, id: UserId) -> Result<Option<BotInfo>, StoreError> {
    let Some(bot) = bots::find(rows, id).await? else {
        return Ok(None);
    };
    Ok(Some(
        types::BotInfo {
            user_id: Some(id.0),
            description: Some(bot.description.clone()),
            commands: Some(commands(&bot)),
            ..Default::default()
        }
        .into(),
    ))
}

fn commands(bot: &Bot) -> Vec<enums::BotCommand> {
    let commands = bot.commands.iter().map(|command| {
        types::BotCommand {
            command: command.name.clone(),
            description: command.description.clone(),
        }
        .into()
    });
    commands.collect()
}

/// The caller, where it is a bot; `USER_BOT_REQUIRED` for people.
fn own(cx: &Ctx) -> Result<UserId> {
    let me = cx.user()?;
    if me.is_bot() {
        Ok(me)
    } else {
        Err(text::USER_BOT_REQUIRED.into())
    }
}

/// `messages.startBot`: begins a chat with a bot, or brings it into a group, with a parameter that
/// stood in the link.
///
/// Fails with `BOT_INVALID`, `START_PARAM_INVALID` and as `messages.sendMessage` does.
async fn start_bot(cx: Ctx, req: f::messages::StartBot) -> Result<Updates> {
    let mut view = cx.store.view().await?;
    let bot = cx.resolve_user(&mut *view, &req.bot).await?.person;
    drop(view);
    if bot.kind != heliograph_model::PersonKind::Bot {
        return Err(text::BOT_INVALID.into());
    }
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if req.start_param.len() > 64 || !req.start_param.chars().all(valid) {
        return Err(text::START_PARAM_INVALID.into());
    }
    let (peer, command) = if let InputPeer::Channel(group) = &req.peer {
        let name = bot.username.as_ref().map_or("", |name| name.as_str());
        let add = f::channels::InviteToChannel {
            channel: types::InputChannel {
                channel_id: group.channel_id,
                access_hash: group.access_hash,
            }
            .into(),
            users: vec![req.bot.clone()],
        };
        crate::channels::invite_to_channel(cx.clone(), add).await?;
        (req.peer.clone(), format!("/start@{name}"))
    } else {
        let access_hash = cx.access.hash(cx.user()?, bot.id);
        let user_id = bot.id.0;
        let peer = types::InputPeerUser {
            user_id,
            access_hash,
        };
        (peer.into(), "/start".to_owned())
    };
    let message = format!("{command} {}", req.start_param);
    let send = f::messages::SendMessage {
        peer,
        message: message.trim_end().to_owned(),
        random_id: req.random_id,
        ..Default::default()
    };
    crate::messages::send_message(cx, send).await
}

/// `messages.getBotCallbackAnswer`: presses a button under a bot's message, and waits for what the
/// bot says to that.
///
/// Fails with `MESSAGE_ID_INVALID`, `DATA_INVALID` for what stands on no button there, and
/// `BOT_RESPONSE_TIMEOUT`.
async fn get_bot_callback_answer(
    cx: Ctx,
    req: f::messages::GetBotCallbackAnswer,
) -> Result<BotCallbackAnswer> {
    let me = cx.user()?;
    let chat = cx.chat(&req.peer).await?;
    let data = req.data.ok_or(text::DATA_INVALID)?;
    let id = message_id(req.msg_id);
    let owner = chat.mailbox(me);
    let mut view = cx.store.view().await?;
    let message = mailbox::load(&mut *view, owner, id).await?;
    let message = message
        .filter(|message| message.peer == chat && message.from.is_bot())
        .ok_or(text::MESSAGE_ID_INVALID)?;
    let markup = message.body.markup.as_ref();
    let markup = markup.and_then(|markup| ReplyMarkup::from_bytes(&markup.bytes).ok());
    if !markup.is_some_and(|markup| has_button(&markup, &data)) {
        return Err(text::DATA_INVALID.into());
    }
    // The bot knows a private chat by the person, and its message by its own number.
    let (peer, bots_id) = match chat {
        Peer::User(bot) => {
            let theirs = mailbox::sibling_of(&mut *view, me.into(), chat, id).await?;
            let theirs = theirs.ok_or(text::MESSAGE_ID_INVALID)?;
            debug_assert_eq!(bot, message.from);
            (Peer::User(me), theirs)
        }
        chat => (chat, id),
    };
    drop(view);
    let query_id = i64::from_le_bytes(cx.random()) & i64::MAX;
    let bot = message.from;
    let busy = RpcError::from(text::BOT_RESPONSE_TIMEOUT);
    let answered = cx
        .callbacks
        .ask(query_id, bot)
        .ok_or_else(|| busy.clone())?;
    let update = BotUpdate::Callback {
        query_id,
        from: me,
        peer,
        id: bots_id,
        data: data.into(),
    };
    cx.publish(Signal::BotCallback {
        bot,
        update: update.clone(),
    });
    cx.write(QueueCallback { bot, update }).await?;
    let answer = cx.callbacks.wait(query_id, answered).await.ok_or(busy)?;
    Ok(types::messages::BotCallbackAnswer {
        alert: answer.alert,
        native_ui: true,
        message: answer.text,
        url: answer.url,
        cache_time: answer.cache_s,
        ..Default::default()
    }
    .into())
}

/// Whether a keyboard has a button with this data.
fn has_button(markup: &ReplyMarkup, data: &[u8]) -> bool {
    let ReplyMarkup::ReplyInlineMarkup(markup) = markup else {
        return false;
    };
    let mut buttons = markup.rows.iter().flat_map(|row| match row {
        enums::KeyboardButtonRow::KeyboardButtonRow(row) => &row.buttons,
    });
    buttons.any(
        |button| matches!(button, enums::KeyboardButton::Callback(button) if button.data == data),
    )
}

/// The longest answer, in characters.
const ANSWER_CHARS_MAX: usize = 200;

/// `messages.setBotCallbackAnswer`: a bot's answer to somebody who pressed a button.
///
/// Fails with `USER_BOT_REQUIRED`, `MESSAGE_TOO_LONG`, or `QUERY_ID_INVALID` where nobody waits.
async fn set_bot_callback_answer(cx: Ctx, req: f::messages::SetBotCallbackAnswer) -> Result<bool> {
    let bot = own(&cx)?;
    let long = |text: &String| text.chars().count() > ANSWER_CHARS_MAX;
    if req.message.as_ref().is_some_and(long) {
        return Err(text::MESSAGE_TOO_LONG.into());
    }
    let answer = CallbackAnswer {
        text: req.message,
        alert: req.alert,
        url: req.url,
        cache_s: req.cache_time.max(0),
    };
    if cx.callbacks.answer(req.query_id, bot, answer) {
        Ok(true)
    } else {
        Err(text::QUERY_ID_INVALID.into())
    }
}

/// How many commands a bot has at most.
const COMMANDS_MAX: usize = 100;

/// `bots.setBotCommands`: the commands that clients offer. One list serves every scope and language.
///
/// Fails with `USER_BOT_REQUIRED` or `BOT_COMMAND_INVALID`.
async fn set_bot_commands(cx: Ctx, req: f::bots::SetBotCommands) -> Result<bool> {
    let bot = own(&cx)?;
    let mut commands = Vec::new();
    for command in req.commands {
        let enums::BotCommand::BotCommand(command) = command;
        let name = command.command;
        let named = (1..=32).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let described = (1..=256).contains(&command.description.chars().count());
        if !named || !described || commands.len() == COMMANDS_MAX {
            return Err(text::BOT_COMMAND_INVALID.into());
        }
        commands.push(BotCommand {
            name,
            description: command.description,
        });
    }
    let edit = EditBot {
        commands: Some(commands),
        ..EditBot::of(bot)
    };
    cx.write(edit).await?;
    Ok(true)
}

/// `bots.resetBotCommands`: takes the list of commands back.
///
/// Fails with `USER_BOT_REQUIRED`.
async fn reset_bot_commands(cx: Ctx, _: f::bots::ResetBotCommands) -> Result<bool> {
    let bot = own(&cx)?;
    let edit = EditBot {
        commands: Some(Vec::new()),
        ..EditBot::of(bot)
    };
    cx.write(edit).await?;
    Ok(true)
}

/// `bots.getBotCommands`: the caller's own commands.
///
/// Fails with `USER_BOT_REQUIRED`.
async fn get_bot_commands(cx: Ctx, _: f::bots::GetBotCommands) -> Result<Vec<enums::BotCommand>> {
    let bot = own(&cx)?;
    let mut view = cx.store.view().await?;
    let bot = bots::find(&mut *view, bot).await?;
    Ok(bot.as_ref().map(commands).unwrap_or_default())
}

/// The longest description, in characters.
const DESCRIPTION_CHARS_MAX: usize = 512;

/// `bots.setBotInfo`: a bot's name, the line under it, and what it says before a chat begins; for the
/// bot itself and for who runs it.
///
/// Fails with `BOT_INVALID`, `FIRSTNAME_INVALID` or `ABOUT_TOO_LONG`.
async fn set_bot_info(cx: Ctx, req: f::bots::SetBotInfo) -> Result<bool> {
    let me = cx.user()?;
    let bot = match &req.bot {
        None | Some(InputUser::Self_) => own(&cx)?,
        Some(named) => {
            let mut view = cx.store.view().await?;
            let bot = cx.resolve_user(&mut *view, named).await?.person.id;
            let found = bots::find(&mut *view, bot).await?;
            if bot != me && found.is_none_or(|found| found.owner != me) {
                return Err(text::BOT_INVALID.into());
            }
            bot
        }
    };
    let name = req.name.as_deref().map(FirstName::parse).transpose();
    let about = req.about.as_deref().map(About::parse).transpose();
    let long = |text: &String| text.chars().count() > DESCRIPTION_CHARS_MAX;
    if req.description.as_ref().is_some_and(long) {
        return Err(text::ABOUT_TOO_LONG.into());
    }
    let edit = EditBot {
        name: name.map_err(|_| text::FIRSTNAME_INVALID)?,
        about: about.map_err(|_| text::ABOUT_TOO_LONG)?,
        description: req.description,
        ..EditBot::of(bot)
    };
    cx.write(edit).await?;
    Ok(true)
}

#[cfg(test)]
mod tests;
