//! Questions by buttons, while they wait for the bot's answer: in memory only.

use heliograph_model::UserId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot::{Receiver, Sender, channel};
use tokio::time::timeout;

/// How many questions wait at most; each takes some 200 bytes for as long as its asker waits.
const WAITING_MAX: usize = 50_000;

/// How long somebody who pressed a button waits for the bot.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// What a bot answers to somebody who pressed a button.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallbackAnswer {
    /// What they are shown; `None` for nothing.
    pub text: Option<String>,
    /// In a window that they close, not in passing.
    pub alert: bool,
    /// A link that is opened.
    pub url: Option<String>,
    /// For how long the client may repeat the answer by itself, in seconds.
    pub cache_s: i32,
}

/// The questions that wait, by the number that the bot was told.
#[derive(Debug, Default)]
pub struct Callbacks(Mutex<HashMap<i64, (UserId, Sender<CallbackAnswer>)>>);

impl Callbacks {
    /// Keeps a question; `None` where too many wait. Wait for it with [`Callbacks::wait`].
    pub fn ask(&self, query_id: i64, bot: UserId) -> Option<Receiver<CallbackAnswer>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING_MAX {
            return None;
        }
        let (answer, answered) = channel();
        waiting.insert(query_id, (bot, answer));
        Some(answered)
    }

    /// Passes an answer of `bot` on; `false` where nobody waits for it.
    pub fn answer(&self, query_id: i64, bot: UserId, answer: CallbackAnswer) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting
            .get(&query_id)
            .is_none_or(|(asked, _)| *asked != bot)
        {
            return false;
        }
        let asked = waiting.remove(&query_id);
        asked.is_some_and(|(_, asker)| asker.send(answer).is_ok())
    }

    /// Waits for the answer to a question; `None` where the bot gives none in ten seconds.
    pub async fn wait(
        &self,
        query_id: i64,
        answered: Receiver<CallbackAnswer>,
    ) -> Option<CallbackAnswer> {
        let answer = timeout(ANSWER_WITHIN, answered).await;
        self.forget(query_id);
        answer.ok()?.ok()
    }

    fn forget(&self, query_id: i64) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(&query_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_bot_that_was_asked_answers_and_once() {
        let callbacks = Callbacks::default();
        let (bot, other) = (UserId(1), UserId(2));
        let answered = callbacks.ask(7, bot).expect("there is room");
        let yes = CallbackAnswer {
            text: Some("yes".into()),
            ..CallbackAnswer::default()
        };
        assert!(!callbacks.answer(7, other, yes.clone()));
        assert!(callbacks.answer(7, bot, yes.clone()));
        assert!(!callbacks.answer(7, bot, yes.clone()));
        assert_eq!(answered.await, Ok(yes));
    }
}
