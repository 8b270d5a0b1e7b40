//! `@SpamBot`: what was decided about somebody's account and channels, and how to contest it.

use super::Answers;
use crate::context::Services;
use heliograph_domain::services::{Question, SPAM_BOT};
use heliograph_domain::{bots, channels};
use heliograph_model::UserId;
use heliograph_moderation::appeals::{AppealError, Contest};
use heliograph_moderation::decisions::{self, Decided};
use heliograph_moderation::refusals::ContestRefusal;
use heliograph_moderation::{Subject, statement};
use heliograph_store::{Rows, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Answers for the account.
pub struct SpamBot(Arc<Services>);

/// Said to everybody who has nothing to read. It is true as well where something was decided that the
/// owner is told later, because a child or a life is concerned.
const NOTHING: &str = "There is no decision about your account, your channels, groups or bots that you \
                       could read here.";

const HELP: &str = "Send /start to see what was decided about what is yours, or

/decision NUMBER - the statement of reasons again
/appeal NUMBER and why it is wrong - somebody else decides
/appeal R12 and why - for a post that was refused before it was published";

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
            let told = decided.filter(|decided| decided.told_at().is_some());
            let in_force = told.filter(|decided| decided.is_in_force(now));
            if let Some(decided) = in_force {
                text.push_str(&statement::text(&decided, number));
                text.push_str("\n\n");
            }
        }
        Ok(if text.is_empty() {
            NOTHING.to_owned()
        } else {
            text + "Is one of these wrong? /appeal NUMBER and why. Somebody else decides."
        })
    }

    /// The decision with this number, where it is about something of this person's and they were told.
    async fn own(&self, of: UserId, number: &str) -> Result<Option<(u64, Decided)>, StoreError> {
        let Ok(number) = number.parse() else {
            return Ok(None);
        };
        let mut view = self.0.store.view().await?;
        let decided = decisions::by_number(&mut *view, number).await?;
        let own = decided.filter(|decided| decided.owner == Some(of));
        let own = own.filter(|decided| decided.told_at().is_some());
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
        if let Some(number) = number.strip_prefix(['R', 'r']) {
            return self.contest_refusal(by, number, why).await;
        }
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

impl SpamBot {
    /// Contests that something was refused.
    async fn contest_refusal(
        &self,
        author: UserId,
        number: &str,
        why: &str,
    ) -> Result<String, StoreError> {
        let Ok(number) = number.parse() else {
            return Ok(sentence(&AppealError::Unknown));
        };
        let contest = ContestRefusal {
            author,
            number,
            text: why.to_owned(),
        };
        match self.0.store.write(contest).await {
            Ok(()) => Ok(format!(
                "Somebody will read what was refused (R{number}); you will hear of it here in the service \
                 chat."
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};
    use heliograph_model::{MessageId, Territory};
    use heliograph_moderation::decisions::Verdict;
    use heliograph_moderation::enact::TellOwner;
    use heliograph_transparency::entry::{Act, Category};

    async fn said(world: &World, person: &Person, text: &str) -> String {
        let question = Question {
            id: MessageId(1),
            from: person.id,
            text: text.into(),
        };
        let mut bot = SpamBot::new(world.services.clone());
        let answer = bot.answer(&question).await.expect("the store works");
        answer.expect("it answers everything")
    }

    #[tokio::test]
    async fn a_decision_about_a_life_is_as_if_it_were_not_until_the_owner_is_told() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let verdict = Verdict {
            act: Act::Limit,
            territory: Territory::World,
            until: None,
            clause: "life.1".into(),
            category: Category::PublicSecurity,
            facts: "It threatens somebody.".into(),
        };
        world.decide(Subject::User(ada.id), verdict, 1).await;
        let unknown = AppealError::Unknown.to_string();
        let asked = ["/start", "/decision 1", "/appeal 1 It was a joke."];
        for (text, expected) in asked.into_iter().zip([NOTHING, &unknown]) {
            assert_eq!(said(&world, &ada, text).await, expected, "{text}");
        }
        let refused = said(&world, &ada, asked[2]).await;
        assert!(refused.to_lowercase().contains(&unknown), "{refused}");

        let mut view = world.services.store.view().await.expect("the store works");
        let decided = decisions::by_number(&mut *view, 1).await;
        let decided = decided.expect("the store works").expect("it was decided");
        drop(view);
        let told = world.services.store.write(TellOwner { decided }).await;
        assert!(told.expect("the store works"));
        for text in &asked[..2] {
            let answer = said(&world, &ada, text).await;
            assert!(answer.contains("It threatens somebody."), "{answer}");
        }
    }
}
