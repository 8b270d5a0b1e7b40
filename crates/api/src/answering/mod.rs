//! Service accounts that answer what people write to them: `@BotFather`, `@SpamBot`,
//! `@SearchReport`, `@announcements`, and, in the server, `@transparency`.
//!
//! What people write to these is all that the server reads of private chats. Each message is answered once,
//! and gone from the account's mailbox with its answer.

mod announcements;
mod botfather;
mod search_report;
mod spam_bot;

pub use announcements::Announcements;
pub use botfather::BotFather;
pub use search_report::SearchReport;
pub use spam_bot::SpamBot;

use heliograph_domain::messages::MessageError;
use heliograph_domain::services::{Answer, Question, questions};
use heliograph_model::UserId;
use heliograph_store::{Store, StoreError};
use std::future::Future;

/// A service account that answers.
pub trait Answers: Send {
    /// Which.
    const ACCOUNT: UserId;

    /// The answer to a question; without one it is only forgotten.
    fn answer(
        &mut self,
        question: &Question,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;
}

/// Answers all that waits for a service account; answers with how many questions there were.
pub async fn answer_all<A: Answers>(store: &Store, account: &mut A) -> Result<usize, MessageError> {
    let waiting = {
        let mut view = store.view().await?;
        questions(&mut *view, A::ACCOUNT).await?
    };
    let count = waiting.len();
    for question in waiting {
        let text = account.answer(&question).await?;
        let answer = Answer {
            service: A::ACCOUNT,
            question: question.id,
            to: question.from,
            text,
        };
        store.write(answer).await?;
    }
    Ok(count)
}
