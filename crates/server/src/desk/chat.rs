//! `@transparency`: whoever writes the name of a country to it is told in the chat what its
//! authorities have asked for, from the public log alone.
//!
//! How such accounts answer: [`heliograph_api::answering`].

mod answer;

use answer::Reports;
use heliograph_api::Services;
use heliograph_api::answering::Answers;
use heliograph_console::PublicRecord;
use heliograph_domain::services::{Question, TRANSPARENCY};
use heliograph_model::UserId;
use heliograph_store::StoreError;
use std::collections::HashMap;
use std::sync::Arc;

/// How many answers a person gets in a minute: enough to go through a continent.
const PER_MINUTE: u32 = 30;

/// Answers for the account.
pub struct TransparencyChat {
    services: Arc<Services>,
    record: Arc<dyn PublicRecord>,
    spent: Spent,
}

impl Answers for TransparencyChat {
    const ACCOUNT: UserId = TRANSPARENCY;

    async fn answer(&mut self, question: &Question) -> Result<Option<String>, StoreError> {
        Ok(self.text(question))
    }
}

impl TransparencyChat {
    /// Answers from this record of the log.
    pub fn new(services: Arc<Services>, record: Arc<dyn PublicRecord>) -> Self {
        TransparencyChat {
            services,
            record,
            spent: Spent::default(),
        }
    }

    fn text(&mut self, question: &Question) -> Option<String> {
        let minute = self.services.clock.now().0 / 60_000;
        let count = self.spent.count(question.from, minute);
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
