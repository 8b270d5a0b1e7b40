//! `@transparency`: whoever writes the name of a country to it is told in the chat what its
//! authorities have asked for, from the public log alone.
//!
//! Beside those to `@BotFather` these are the only private messages that the server reads. Each is
//! answered once, and gone from the account's mailbox with its answer.

mod answer;

use answer::Reports;
use heliograph_api::Services;
use heliograph_console::PublicRecord;
use heliograph_domain::messages::MessageError;
use heliograph_domain::services::{Answer, Question, TRANSPARENCY, questions};
use heliograph_model::UserId;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How often it looks when nobody has rung: after a failure, or where a signal was lost.
const EVERY: Duration = Duration::from_secs(60);

/// How many answers a person gets in a minute: enough to go through a continent.
const PER_MINUTE: u32 = 30;

/// Answers for the account.
pub struct TransparencyChat {
    services: Arc<Services>,
    record: Arc<dyn PublicRecord>,
    asked: Arc<Notify>,
}

impl TransparencyChat {
    /// `asked` rings when somebody has written to the account.
    pub fn new(services: Arc<Services>, record: Arc<dyn PublicRecord>, asked: Arc<Notify>) -> Self {
        TransparencyChat {
            services,
            record,
            asked,
        }
    }

    /// Answers until dropped.
    pub async fn run(&self) {
        let mut spent = Spent::default();
        loop {
            match self.answer_all(&mut spent).await {
                Ok(0) => {
                    // Rung or not, it looks again.
                    let _ = timeout(EVERY, self.asked.notified()).await;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "questions_not_answered");
                    tokio::time::sleep(EVERY).await;
                }
            }
        }
    }

    /// Answers with how many questions there were.
    async fn answer_all(&self, spent: &mut Spent) -> Result<usize, MessageError> {
        let waiting = {
            let mut view = self.services.store.view().await?;
            questions(&mut *view, TRANSPARENCY).await?
        };
        let count = waiting.len();
        for question in waiting {
            let text = self.text(&question, spent);
            let answer = Answer {
                service: TRANSPARENCY,
                question: question.id,
                to: question.from,
                text,
            };
            self.services.store.write(answer).await?;
        }
        Ok(count)
    }

    fn text(&self, question: &Question, spent: &mut Spent) -> Option<String> {
        let minute = self.services.clock.now().0 / 60_000;
        let count = spent.count(question.from, minute);
        if count > PER_MINUTE {
            let first_too_many = count == PER_MINUTE + 1;
            return first_too_many.then(|| answer::TOO_MANY.into());
        }
        let snapshot = self.record.snapshot();
        let reports = Reports {
            ledger: &snapshot.ledger,
            origin: self.services.policy.origin.as_deref(),
        };
        Some(reports.answer(&question.text))
    }
}

/// How many answers each person has had in this minute.
#[derive(Default)]
struct Spent {
    minute: i64,
    people: HashMap<UserId, u32>,
}

impl Spent {
    fn count(&mut self, person: UserId, minute: i64) -> u32 {
        if self.minute != minute {
            self.minute = minute;
            self.people.clear();
        }
        let count = self.people.entry(person).or_default();
        *count += 1;
        *count
    }
}
