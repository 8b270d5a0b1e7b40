//! What people write to a service account that answers.
//!
//! A service account has a mailbox as everyone has: what stands in it waits for an answer. The
//! answer and the removal of what it answers are one commit, so that each message is answered once,
//! whatever ends in between, and the service keeps nothing of what it was told.

use super::write_from;
use crate::contacts;
use crate::messages::{DeleteMessages, MessageError};
use heliograph_model::{MessageId, Owner, Peer, UserId};
use heliograph_store::mailbox::{self, MessageRow};
use heliograph_store::{Command, KeyRange, Locks, Order, Rows, StoreError, Tx};

/// How many questions are read at once.
const PAGE: usize = 100;

/// A message to a service account.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    /// Its number in the service's mailbox.
    pub id: MessageId,
    /// Who asks.
    pub from: UserId,
    /// What; empty where it is no text.
    pub text: String,
}

/// What waits for an answer of this service account; a hundred of all that there is.
pub async fn questions(rows: &mut dyn Rows, service: UserId) -> Result<Vec<Question>, StoreError> {
    let owner = Owner::from(service);
    let found = rows
        .list::<MessageRow>(owner, KeyRange::all(), Order::Ascending, PAGE)
        .await?;
    let mut questions = Vec::with_capacity(found.len());
    for ((peer, id), _) in found {
        let Some(from) = peer.user() else { continue };
        if let Some(message) = mailbox::load(rows, owner, id).await? {
            let text = message.body.text;
            questions.push(Question { id, from, text });
        }
    }
    Ok(questions)
}

/// Answers a question, and forgets it.
#[derive(Clone)]
pub struct Answer {
    /// The service account.
    pub service: UserId,
    /// What is answered.
    pub question: MessageId,
    /// Who asked.
    pub to: UserId,
    /// The answer; without one the question is only forgotten.
    pub text: Option<String>,
}

impl Command for Answer {
    type Output = ();
    type Error = MessageError;
    const NAME: &'static str = "answer_question";

    fn locks(&self) -> Locks {
        Locks::of([self.service, self.to])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), MessageError> {
        let owner = Owner::from(self.service);
        if mailbox::load(tx, owner, self.question).await?.is_none() {
            // Answered before, or taken back by whoever asked.
            return Ok(());
        }
        let forget = DeleteMessages {
            owner: self.service,
            ids: vec![self.question],
            peers: vec![self.to],
            revoke: false,
        };
        forget.apply(tx).await?;
        let peer = Peer::User(self.to);
        if mailbox::top_message(tx, owner, peer).await?.is_none() {
            mailbox::delete_dialog(tx, owner, peer)?;
        }
        let Some(text) = self.text else { return Ok(()) };
        if !contacts::is_blocked(tx, self.to, self.service).await? {
            write_from(tx, self.service, self.to, text).await?;
        }
        Ok(())
    }
}
