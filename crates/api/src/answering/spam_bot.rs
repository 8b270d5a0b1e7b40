//! `@SpamBot`: what was decided about somebody's account and channels, and how to contest it.

use super::Answers;
use crate::context::Services;
use heliograph_domain::services::{Question, SPAM_BOT};
use heliograph_domain::{bots, channels};
use heliograph_model::UserId;
use heliograph_moderation::appeals::{AppealError, Contest};
use heliograph_moderation::decisions::{self, Decided};
use heliograph_moderation::{Subject, statement};
use heliograph_store::{Rows, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Answers for the account.
pub struct SpamBot(Arc<Services>);

const ALL_WELL: &str = "Good news: nothing is decided against your account, your channels, groups \
                        and bots. You are free as a bird.";

const HELP: &str = "Send /start to see what was decided about what is yours, or

/decision NUMBER - the statement of reasons again
/appeal NUMBER and why it is wrong - somebody else decides";

impl SpamBot {
    /// Answers with these services.
    pub fn new(services: Arc<Services>) -> Self {
        SpamBot(services)
    }

    async fn text(&self, question: &Question) -> Result<String, StoreError> {
        let text = question.text.trim();
        let (command, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match command {
            "/start" => self.overview(question.from).await,
            "/decision" => self.decision(question.from, rest.trim()).await,
            "/appeal" => self.contest(question.from, rest.trim()).await,
            _ => Ok(HELP.to_owned()),
        }
    }

    async fn overview(&self, of: UserId) -> Result<String, StoreError> {
        let now = self.0.clock.now();
        let mut view = self.0.store.view().await?;
        let mut text = String::new();
        for number in against(&mut *view, of).await? {
            let decided = decisions::by_number(&mut *view, number).await?;
            let in_force = decided.filter(|decided| decided.is_in_force(now));
            if let Some(decided) = in_force {
                text.push_str(&statement::text(&decided, number));
                text.push_str("\n\n");
            }
        }
        Ok(if text.is_empty() {
            ALL_WELL.to_owned()
        } else {
            text + "Is one of these wrong? /appeal NUMBER and why. Somebody else decides."
        })
    }

    /// The decision with this number, where it is about something of this person's.
    async fn own(&self, of: UserId, number: &str) -> Result<Option<(u64, Decided)>, StoreError> {
        let Ok(number) = number.parse() else {
            return Ok(None);
        };
        let mut view = self.0.store.view().await?;
        let decided = decisions::by_number(&mut *view, number).await?;
        let own = decided.filter(|decided| decided.owner == Some(of));
        Ok(own.map(|decided| (number, decided)))
    }

    async fn decision(&self, of: UserId, number: &str) -> Result<String, StoreError> {
        Ok(match self.own(of, number).await? {
            Some((number, decided)) => statement::letter(&decided, number),
            None => AppealError::Unknown.to_string(),
        })
    }

    async fn contest(&self, by: UserId, text: &str) -> Result<String, StoreError> {
        let (number, why) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let Ok(number) = number.parse() else {
            return Ok("Write the number of the decision first: /appeal 17 and why.".to_owned());
        };
        let mut salt = [0; 32];
        self.0.entropy.fill(&mut salt);
        let contest = Contest {
            by,
            number,
            text: why.to_owned(),
            salt,
        };
        match self.0.store.write(contest).await {
            Ok(()) => Ok(format!(
                "Your appeal against decision {number} was taken. Somebody who had no part in it \
                 decides within 14 days; you will read it here in the service chat."
            )),
            Err(AppealError::Store(error)) => Err(error),
            Err(refused) => Ok(sentence(&refused)),
        }
    }
}

/// An error as a sentence of its own.
fn sentence(error: &AppealError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// The numbers of all decisions that have put something on what is a person's.
async fn against(rows: &mut dyn Rows, of: UserId) -> Result<BTreeSet<u64>, StoreError> {
    let mut subjects = vec![Subject::User(of)];
    let bots = bots::bots_of(rows, of).await?;
    subjects.extend(bots.into_iter().map(Subject::User));
    for channel in channels::joined(rows, of).await? {
        let found = channels::find(rows, channel).await?;
        if found.is_some_and(|found| found.creator == of) {
            subjects.push(Subject::Channel(channel));
        }
    }
    let mut numbers = BTreeSet::new();
    for subject in subjects {
        let measures = decisions::measures_of(rows, &subject).await?;
        numbers.extend(measures.decisions());
    }
    Ok(numbers)
}

impl Answers for SpamBot {
    const ACCOUNT: UserId = SPAM_BOT;

    async fn answer(&mut self, question: &Question) -> Result<Option<String>, StoreError> {
        self.text(question).await.map(Some)
    }
}
