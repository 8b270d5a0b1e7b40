//! Updates: fetched by the bot, a request at a time.

use super::shown::message;
use crate::ApiError;
use crate::args::Args;
use crate::call::Bot;
use crate::json::Pool;
use heliograph_api::render::chat_instance;
use heliograph_domain::bots::{
    BotUpdate, Confirm, DeleteWebhook, Queued, SetWebhook, Webhook, pending, updates_from, webhook,
};
use heliograph_model::{ChannelId, Peer, UserId};
use heliograph_tl::functions as f;
use serde_json::{Map, Value, json};
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

/// The longest a request waits, in seconds.
const WAIT_MAX_S: i64 = 50;

/// How many updates one answer holds at most.
const LIMIT_MAX: i64 = 100;

/// `getUpdates`: what has happened since `offset`, which confirms all before it; waits up to
/// `timeout` seconds where there is nothing. A newer request ends this one.
pub async fn get_updates(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let hooked = webhook_of(bot).await?;
    if hooked {
        return Err(ApiError::conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the \
             webhook first",
        ));
    }
    let limit = args
        .number("limit")
        .unwrap_or(LIMIT_MAX)
        .clamp(1, LIMIT_MAX) as usize;
    let wait_s = args.number("timeout").unwrap_or(0).clamp(0, WAIT_MAX_S) as u64;
    let allowed: Option<Vec<String>> = args.structure("allowed_updates")?;
    let allowed = allowed.unwrap_or_default();
    let own = begin_poll(bot);
    // Whoever rings from now on is heard, and what is there already is found.
    let mut rings = bot.api.rings.subscribe();
    let mut from = confirm(bot, args.number("offset").unwrap_or(0)).await?;
    let deadline = Instant::now() + Duration::from_secs(wait_s);
    loop {
        let found = fetch(bot, &mut from, limit, &allowed).await?;
        if !found.is_empty() {
            return Ok(found.into());
        }
        loop {
            if newest_poll(bot) != own {
                return Err(ApiError::conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance \
                     is running",
                ));
            }
            match timeout_at(deadline, rings.recv()).await {
                Err(_) | Ok(Err(RecvError::Closed)) => return Ok(json!([])),
                Ok(Ok(ringing)) if ringing != bot.id => {}
                Ok(Ok(_) | Err(RecvError::Lagged(_))) => break,
            }
        }
    }
}

/// Makes this the newest request for the bot's updates, and wakes the one before.
fn begin_poll(bot: &Bot) -> u64 {
    let mut polls = bot.api.polls.lock().unwrap_or_else(PoisonError::into_inner);
    let own = polls.entry(bot.id).or_default();
    *own += 1;
    let own = *own;
    drop(polls);
    // Nobody listens where nobody waits.
    let _ = bot.api.rings.send(bot.id);
    own
}

fn newest_poll(bot: &Bot) -> u64 {
    let polls = bot.api.polls.lock().unwrap_or_else(PoisonError::into_inner);
    polls.get(&bot.id).copied().unwrap_or_default()
}

/// Forgets what the bot says that it has; answers with where to go on. A negative offset keeps only
/// so many of the last.
async fn confirm(bot: &Bot, offset: i64) -> Result<u64, ApiError> {
    let before = if offset < 0 {
        let mut view = bot.view().await?;
        let (_, last) = pending(&mut *view, bot.id)
            .await
            .map_err(ApiError::internal)?;
        (last + 1).saturating_sub(offset.unsigned_abs())
    } else {
        offset as u64
    };
    if before > 0 {
        let confirm = Confirm {
            bot: bot.id,
            before,
        };
        let written = bot.cx().write(confirm).await;
        written.map_err(ApiError::internal)?;
    }
    Ok(before)
}

/// The first update that waits for a bot and is of a kind that it wants. Those before it that it
/// does not want are forgotten with it.
pub async fn next_update(bot: &Bot, allowed: &[String]) -> Result<Option<(u64, Value)>, ApiError> {
    let mut from = 0;
    let found = fetch(bot, &mut from, 1, allowed).await?;
    Ok(found.into_iter().next().map(|update| (from - 1, update)))
}

async fn fetch(
    bot: &Bot,
    from: &mut u64,
    limit: usize,
    allowed: &[String],
) -> Result<Vec<Value>, ApiError> {
    let now_s = bot.cx().now().seconds();
    let mut shown = Vec::new();
    loop {
        let found = {
            let mut view = bot.view().await?;
            let found = updates_from(&mut *view, bot.id, *from, limit, now_s).await;
            found.map_err(ApiError::internal)?
        };
        let Some((last, _)) = found.last() else {
            return Ok(shown);
        };
        *from = last + 1;
        for (number, queued) in &found {
            let Some((kind, value)) = update(bot, queued).await? else {
                continue;
            };
            if allowed.is_empty() || allowed.iter().any(|wanted| wanted == kind) {
                let mut object = Map::new();
                object.insert("update_id".into(), (*number).into());
                object.insert(kind.into(), value);
                shown.push(Value::Object(object));
            }
        }
        if !shown.is_empty() {
            return Ok(shown);
        }
    }
}

/// An update as the public Bot API names and shows it; `None` where what it tells of is gone.
async fn update(bot: &Bot, queued: &Queued) -> Result<Option<(&'static str, Value)>, ApiError> {
    match &queued.update {
        BotUpdate::Message { peer, id, edited } => {
            // What is gone, or no longer the bot's to see, is not told.
            let Ok(Some(shown)) = message(bot, *peer, id.0 as i32).await else {
                return Ok(None);
            };
            let post = shown["chat"]["type"] == json!("channel");
            let kind = match (post, edited) {
                (false, false) => "message",
                (false, true) => "edited_message",
                (true, false) => "channel_post",
                (true, true) => "edited_channel_post",
            };
            Ok(Some((kind, shown)))
        }
        BotUpdate::Callback {
            query_id,
            from,
            peer,
            id,
            data,
        } => {
            let pool = people(bot, &[*from]).await?;
            let mut query = json!({
                "id": query_id.to_string(),
                "from": pool.user(*from),
                "chat_instance": chat_instance(bot.id, *peer).to_string(),
                "data": String::from_utf8_lossy(data),
            });
            if let Ok(Some(under)) = message(bot, *peer, id.0 as i32).await {
                query["message"] = under;
            }
            Ok(Some(("callback_query", query)))
        }
        BotUpdate::OwnPlace {
            channel,
            by,
            was_inside,
            inside,
        } => {
            let mut pool = people(bot, &[*by, bot.id]).await?;
            chat(bot, *channel, &mut pool).await;
            let place = |inside: bool| {
                let status = if inside { "member" } else { "left" };
                json!({ "user": pool.user(bot.id), "status": status })
            };
            let changed = json!({
                "chat": pool.chat(Peer::Channel(*channel)),
                "from": pool.user(*by),
                "date": queued.date,
                "old_chat_member": place(*was_inside),
                "new_chat_member": place(*inside),
            });
            Ok(Some(("my_chat_member", changed)))
        }
    }
}

async fn people(bot: &Bot, people: &[UserId]) -> Result<Pool, ApiError> {
    let id = people.iter().map(|user| bot.input_user(*user)).collect();
    let mut pool = Pool::of(bot);
    pool.add(bot.invoke(f::users::GetUsers { id }).await?, Vec::new());
    Ok(pool)
}

/// Takes a channel in, as far as the bot may see it.
async fn chat(bot: &Bot, channel: ChannelId, pool: &mut Pool) {
    let id = vec![bot.input_channel(channel)];
    if let Ok(chats) = bot.invoke(f::channels::GetChannels { id }).await {
        use heliograph_tl::enums::messages::Chats;
        match chats {
            Chats::Chats(all) => pool.add(Vec::new(), all.chats),
            Chats::Slice(all) => pool.add(Vec::new(), all.chats),
        }
    }
}

async fn webhook_of(bot: &Bot) -> Result<bool, ApiError> {
    let mut view = bot.view().await?;
    let hook = webhook(&mut *view, bot.id)
        .await
        .map_err(ApiError::internal)?;
    Ok(hook.is_some())
}

/// The longest secret that is sent along.
const SECRET_MAX: usize = 256;
/// The longest address.
const URL_MAX: usize = 1024;

/// `setWebhook`: has the bot called at an address from now on; an empty one removes it. Updates go
/// one at a time whatever `max_connections` says, so that they come in order. A certificate of the
/// bot's own is refused.
pub async fn set_webhook(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let url = args.text("url");
    if url.is_empty() {
        return delete_webhook(bot, args).await;
    }
    let bad = |words: &str| ApiError::bad_request(&format!("bad webhook: {words}"));
    if url.len() > URL_MAX {
        return Err(bad("URL is too long"));
    }
    if args.attached("certificate").is_some() || args.find_text("certificate").is_some() {
        return Err(bad("certificates of your own are not taken here"));
    }
    bot.api.caller.check(&url).map_err(|words| bad(&words))?;
    let secret = args.find_text("secret_token");
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if let Some(secret) = &secret
        && (secret.len() > SECRET_MAX || !secret.chars().all(plain))
    {
        return Err(ApiError::bad_request(
            "secret token contains unallowed characters",
        ));
    }
    if args.switch("drop_pending_updates") {
        drop_pending(bot).await?;
    }
    let allowed: Option<Vec<String>> = args.structure("allowed_updates")?;
    let webhook = Webhook {
        url,
        secret,
        allowed: allowed.unwrap_or_default(),
        failed: None,
    };
    let set = SetWebhook {
        bot: bot.id,
        webhook,
    };
    bot.cx().write(set).await.map_err(ApiError::internal)?;
    // Whoever waits for updates is sent away, and what waits is delivered.
    begin_poll(bot);
    Ok(true.into())
}

/// `deleteWebhook`.
pub async fn delete_webhook(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let deletion = bot.cx().write(DeleteWebhook { bot: bot.id }).await;
    deletion.map_err(ApiError::internal)?;
    if args.switch("drop_pending_updates") {
        drop_pending(bot).await?;
    }
    Ok(true.into())
}

async fn drop_pending(bot: &Bot) -> Result<(), ApiError> {
    let confirm = Confirm {
        bot: bot.id,
        before: u64::MAX,
    };
    bot.cx().write(confirm).await.map_err(ApiError::internal)
}

/// `getWebhookInfo`.
pub async fn get_webhook_info(bot: &Bot) -> Result<Value, ApiError> {
    let mut view = bot.view().await?;
    let hook = webhook(&mut *view, bot.id)
        .await
        .map_err(ApiError::internal)?;
    let (count, _) = pending(&mut *view, bot.id)
        .await
        .map_err(ApiError::internal)?;
    let mut info = json!({
        "url": hook.as_ref().map_or("", |hook| hook.url.as_str()),
        "has_custom_certificate": false,
        "pending_update_count": count,
    });
    if let Some(hook) = &hook {
        info["max_connections"] = json!(1);
        if !hook.allowed.is_empty() {
            info["allowed_updates"] = json!(hook.allowed);
        }
    }
    if let Some((date, words)) = hook.and_then(|hook| hook.failed) {
        info["last_error_date"] = json!(date);
        info["last_error_message"] = json!(words);
    }
    Ok(info)
}
