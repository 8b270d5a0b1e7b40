//! `@SearchReport`: search terms and links that should not be found.

use super::Answers;
use crate::context::Services;
use heliograph_domain::services::{Question, SEARCH_REPORT};
use heliograph_model::UserId;
use heliograph_moderation::cases::Origin;
use heliograph_moderation::reports::FileReport;
use heliograph_moderation::{notices, reasons, search_terms};
use heliograph_store::StoreError;
use std::sync::Arc;

const HELP: &str = "Send me a link or @name that search should not show, or, behind /term, a search \
                    term that leads to illegal things. A person looks at it.";

/// Answers for the account.
pub struct SearchReport(Arc<Services>);

impl SearchReport {
    /// Answers with these services.
    pub fn new(services: Arc<Services>) -> Self {
        SearchReport(services)
    }

    async fn text(&self, question: &Question) -> Result<String, StoreError> {
        let text = question.text.trim();
        let subject = match text.strip_prefix("/term") {
            Some(term) => search_terms::parse(term),
            None if text.is_empty() || text.starts_with('/') => None,
            None => {
                let mut view = self.0.store.view().await?;
                let found = notices::locate(&mut *view, text).await?;
                if found.is_none() {
                    return Ok(format!("Nothing public of that name is here.\n\n{HELP}"));
                }
                found
            }
        };
        let Some(subject) = subject else {
            return Ok(HELP.to_owned());
        };
        let report = FileReport {
            by: Some(question.from),
            subject,
            reason: reasons::find("other").expect("it is in the table"),
            comment: String::new(),
            excerpts: Vec::new(),
            origin: Origin::Search,
        };
        self.0.store.write(report).await?;
        Ok("Thank you. A person will look at it.".to_owned())
    }
}

impl Answers for SearchReport {
    const ACCOUNT: UserId = SEARCH_REPORT;

    async fn answer(&mut self, question: &Question) -> Result<Option<String>, StoreError> {
        self.text(question).await.map(Some)
    }
}
