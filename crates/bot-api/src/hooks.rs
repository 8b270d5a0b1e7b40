//! Webhooks: bots that are called instead of asking (<https://core.telegram.org/bots/api#setwebhook>).
//!
//! A bot is sent its updates in their order, one at a time: the next one goes when the bot has taken
//! the one before, which is forgotten only then. A bot that does not answer is tried again after a
//! pause that doubles; nothing is lost meanwhile but what is older than a day.

use crate::BotApi;
use crate::args::Args;
use crate::call::Bot;
use crate::methods;
use heliograph_domain::bots::{Confirm, SetWebhook, Webhook, webhook, webhooks};
use heliograph_model::UserId;
use heliograph_store::{BoxFuture, StoreError};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// One call of a bot.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Where.
    pub url: String,
    /// What tells the bot who calls.
    pub secret: Option<String>,
    /// One update as JSON.
    pub body: String,
}

/// Calls bots at their addresses.
pub trait Caller: Send + Sync + 'static {
    /// Why an address cannot be one; it may still lead nowhere, or inside, when it is called.
    fn check(&self, url: &str) -> Result<(), String>;

    /// Calls; answers with the body of a 200, or with why there was none.
    fn call(&self, delivery: Delivery) -> BoxFuture<'_, Result<Vec<u8>, String>>;
}

/// How many bots are called at once.
const AT_ONCE: usize = 64;
/// The first pause after a failure; each further failure doubles it.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(600);
/// How often all webhooks are looked at when nobody has rung.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// A bot that failed: how often since it last took something, and when it is tried again.
struct Resting {
    failures: u32,
    until: Instant,
}

impl BotApi {
    /// Calls bots until dropped.
    pub async fn call_hooks(self: Arc<Self>) {
        let mut rings = self.rings.subscribe();
        let mut busy: HashSet<UserId> = HashSet::new();
        let mut rung: HashSet<UserId> = HashSet::new();
        let mut resting: HashMap<UserId, Resting> = HashMap::new();
        let mut work: JoinSet<(UserId, bool)> = JoinSet::new();
        let mut look = Instant::now();
        loop {
            let now = Instant::now();
            if look <= now {
                look = now + LOOK_EVERY;
                match self.all_hooks().await {
                    Ok(bots) => rung.extend(bots),
                    Err(error) => tracing::error!(%error, "webhooks_not_read"),
                }
            }
            let due = |bot: &UserId| resting.get(bot).is_none_or(|rests| rests.until <= now);
            let ready: Vec<UserId> = rung
                .iter()
                .filter(|bot| !busy.contains(bot) && due(bot))
                .copied()
                .take(AT_ONCE.saturating_sub(work.len()))
                .collect();
            for bot in ready {
                rung.remove(&bot);
                busy.insert(bot);
                let api = self.clone();
                work.spawn(async move { (bot, api.deliver_all(bot).await) });
            }
            let next = resting
                .values()
                .map(|rests| rests.until)
                .filter(|at| *at > now);
            let wake = next.chain([look]).min().unwrap_or(look);
            tokio::select! {
                ringing = rings.recv() => match ringing {
                    Ok(bot) => { rung.insert(bot); }
                    Err(RecvError::Lagged(_)) => look = Instant::now(),
                    Err(RecvError::Closed) => return,
                },
                Some(done) = work.join_next(), if !work.is_empty() => {
                    // A task that panicked has left its bot busy, which a restart ends.
                    let Ok((bot, went_well)) = done else { continue };
                    busy.remove(&bot);
                    if went_well {
                        resting.remove(&bot);
                        continue;
                    }
                    let failures = resting.get(&bot).map_or(0, |rests| rests.failures);
                    let pause = PAUSE * 2_u32.pow(failures.min(20));
                    let until = Instant::now() + pause.min(PAUSE_MAX);
                    resting.insert(bot, Resting { failures: failures + 1, until });
                    rung.insert(bot);
                }
                () = sleep_until(wake) => {}
            }
        }
    }

    async fn all_hooks(&self) -> Result<Vec<UserId>, StoreError> {
        let mut view = self.services.store.view().await?;
        let all = webhooks(&mut *view).await?;
        Ok(all.into_iter().map(|(bot, _)| bot).collect())
    }

    async fn hook_of(&self, bot: UserId) -> Option<Webhook> {
        let mut view = self.services.store.view().await.ok()?;
        webhook(&mut *view, bot).await.ok()?
    }

    /// Sends a bot what waits for it; whether all went well.
    async fn deliver_all(self: Arc<Self>, id: UserId) -> bool {
        let bot = Bot::new(self.clone(), id);
        // The webhook is looked up for each update: it may have changed, or gone.
        while let Some(hook) = self.hook_of(id).await {
            let next = methods::next_update(&bot, &hook.allowed).await;
            let Ok(Some((number, update))) = next else {
                return next.is_ok();
            };
            let delivery = Delivery {
                url: hook.url.clone(),
                secret: hook.secret.clone(),
                body: update.to_string(),
            };
            match self.caller.call(delivery).await {
                Ok(answer) => {
                    self.confirm(&bot, number + 1, &hook).await;
                    run_answer(&bot, &answer).await;
                }
                Err(words) => {
                    self.note_failure(&bot, &hook, words).await;
                    return false;
                }
            }
        }
        true
    }

    async fn confirm(&self, bot: &Bot, before: u64, hook: &Webhook) {
        let confirm = Confirm {
            bot: bot.id,
            before,
        };
        // What could not be noted is sent again.
        let _ = bot.cx().write(confirm).await;
        if hook.failed.is_some() && self.hook_of(bot.id).await.as_ref() == Some(hook) {
            let webhook = Webhook {
                failed: None,
                ..hook.clone()
            };
            let well = SetWebhook {
                bot: bot.id,
                webhook,
            };
            let _ = bot.cx().write(well).await;
        }
    }

    async fn note_failure(&self, bot: &Bot, hook: &Webhook, words: String) {
        // A webhook that was changed meanwhile has not failed.
        if self.hook_of(bot.id).await.as_ref() != Some(hook) {
            return;
        }
        let webhook = Webhook {
            failed: Some((bot.cx().now().seconds(), words)),
            ..hook.clone()
        };
        let failed = SetWebhook {
            bot: bot.id,
            webhook,
        };
        let _ = bot.cx().write(failed).await;
    }
}

/// A bot may call a method by its answer; what comes of it, it is not told.
async fn run_answer(bot: &Bot, answer: &[u8]) {
    let Ok(Value::Object(mut call)) = serde_json::from_slice(answer) else {
        return;
    };
    if let Some(Value::String(method)) = call.remove("method") {
        let args = Args::of(Value::Object(call));
        let _ = methods::call(bot, &method, args).await;
    }
}
