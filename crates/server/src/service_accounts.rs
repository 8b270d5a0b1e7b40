//! The service accounts that answer, each in a loop of its own.

use crate::desk::chat::TransparencyChat;
use crate::gateway::Wakes;
use heliograph_api::Services;
use heliograph_api::answering::{
    Announcements, Answers, BotFather, SearchReport, SpamBot, answer_all,
};
use heliograph_console::PublicRecord;
use heliograph_store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How often they look when nobody has rung: after a failure, or where a signal was lost.
const EVERY: Duration = Duration::from_secs(60);

/// What the accounts answer from.
pub struct ServiceAccounts {
    /// What handlers share.
    pub services: Arc<Services>,
    /// The public log.
    pub record: Arc<dyn PublicRecord>,
    /// Rings when somebody has written to one.
    pub wakes: Arc<Wakes>,
}

impl ServiceAccounts {
    /// Answers what people write, until dropped.
    pub async fn run(&self) {
        let services = &self.services;
        let transparency = TransparencyChat::new(services.clone(), self.record.clone());
        tokio::join!(
            Box::pin(self.answer(transparency)),
            Box::pin(self.answer(BotFather::new(services.clone()))),
            Box::pin(self.answer(SpamBot::new(services.clone()))),
            Box::pin(self.answer(SearchReport::new(services.clone()))),
            Box::pin(self.answer(Announcements::new(services.clone()))),
        );
    }

    fn answer<A: Answers>(&self, account: A) -> impl Future<Output = ()> + use<A> {
        let asked = self.wakes.asked(A::ACCOUNT);
        answer_questions(self.services.store.clone(), account, asked)
    }
}

async fn answer_questions<A: Answers>(store: Store, mut account: A, asked: Arc<Notify>) {
    loop {
        match answer_all(&store, &mut account).await {
            // Rung or not, it looks again.
            Ok(0) => {
                let _ = timeout(EVERY, asked.notified()).await;
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "questions_not_answered");
                sleep(EVERY).await;
            }
        }
    }
}
