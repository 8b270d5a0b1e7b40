//! `@announcements`: what changes for everybody, said to everybody. Whoever writes to it is told how
//! to check that it was said to all alike.

use super::Answers;
use crate::context::Services;
use heliograph_domain::services::{ANNOUNCEMENTS, Question, announcements};
use heliograph_model::UserId;
use heliograph_store::StoreError;
use std::sync::Arc;

/// Answers for the account.
pub struct Announcements(Arc<Services>);

impl Announcements {
    /// Answers with these services.
    pub fn new(services: Arc<Services>) -> Self {
        Announcements(services)
    }
}

const ABOUT: &str = "This account says what changes for everybody. Each announcement stands in the public log \
                     with its SHA-256, so nobody can be told something else. Nobody reads what you write here.";

impl Answers for Announcements {
    const ACCOUNT: UserId = ANNOUNCEMENTS;

    async fn answer(&mut self, _: &Question) -> Result<Option<String>, StoreError> {
        let mut view = self.0.store.view().await?;
        let newest = announcements::newest(&mut *view, 1).await?;
        let last = newest.into_iter().next();
        Ok(Some(match last {
            Some((_, said)) => format!("{ABOUT}\n\nThe newest one:\n\n{}", said.text),
            None => format!("{ABOUT}\n\nNothing was announced yet."),
        }))
    }
}
