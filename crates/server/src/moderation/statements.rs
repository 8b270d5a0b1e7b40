//! The statements of reasons as the European database takes them.

use super::{Moderation, ModerationError};
use heliograph_moderation::{decisions, statement};
use heliograph_transparency::entry::Day;
use serde_json::Value;

/// How many records are made at once: as many as the database takes in one request.
const BATCH: usize = 100;

impl Moderation {
    /// The records of measures decided on a day or later, from one number of the log on; and the
    /// number from which the next ones begin, where there are more.
    ///
    /// What moderators of children's cases decide is in it as everything else is: a record names
    /// nobody and nothing.
    pub async fn statements(
        &self,
        from: u64,
        since: Day,
    ) -> Result<(Vec<Value>, Option<u64>), ModerationError> {
        let (origin, numbers, next) = self.desk.office.with_log(|log| {
            let moderation = log.ledger().moderation();
            let mut numbers = moderation
                .decisions()
                .skip(usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX))
                .filter(|logged| logged.mark.date >= since && logged.decision.act.is_measure())
                .map(|logged| logged.decision.number);
            let batch: Vec<u64> = numbers.by_ref().take(BATCH).collect();
            (log.ledger().origin().to_owned(), batch, numbers.next())
        });
        let mut view = self.store.view().await?;
        let mut records = Vec::with_capacity(numbers.len());
        for number in numbers {
            let decided = decisions::by_number(&mut *view, number).await?;
            let record = decided.and_then(|decided| statement::record(&decided, number, &origin));
            records.extend(record);
        }
        Ok((records, next))
    }
}
