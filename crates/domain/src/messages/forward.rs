//! Forwarding.

use super::send::{flags, may_write, post};
use super::{MessageError, Sent};
use crate::{accounts, dialogs};
use heliograph_model::{Body, Change, Forward, MessageId, Peer, UserId};
use heliograph_store::mailbox::{self, NewMessage};
use heliograph_store::{Command, Locks, StoreError, Tx};

/// Forwards messages of one private chat to a person, or to oneself.
#[derive(Clone, Debug)]
pub struct ForwardMessages {
    /// Who forwards.
    pub from: UserId,
    /// The chat the messages stand in.
    pub source: UserId,
    /// To whom.
    pub to: UserId,
    /// The messages, in the forwarder's numbers, each with the client's own number for its copy.
    pub messages: Vec<(MessageId, i64)>,
    /// Without a sound.
    pub silent: bool,
    /// As if written by the forwarder.
    pub drop_author: bool,
    /// Authors who do not let forwards lead to them: only their names are told.
    pub hidden: Vec<UserId>,
}

impl Command for ForwardMessages {
    /// What became of each message, in the order asked for; those that are gone are left out.
    type Output = Vec<(i64, Sent)>;
    type Error = MessageError;
    const NAME: &'static str = "forward_messages";

    fn locks(&self) -> Locks {
        Locks::of([self.from, self.to])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, MessageError> {
        let owner = self.from.into();
        let mut begun = None;
        let mut outcome = Vec::with_capacity(self.messages.len());
        for (id, random_id) in &self.messages {
            // A repetition finds what became of the first request, whatever has changed since.
            if let Some(before) = mailbox::sent_as(tx, owner, *random_id).await? {
                outcome.push((*random_id, Sent::Before(before)));
                continue;
            }
            let Some(message) = self.copy_of(tx, *id).await? else {
                continue;
            };
            let first = match begun {
                Some(first) => first,
                None => self.begin(tx).await?,
            };
            begun = Some(first);
            let logged = post(tx, self.from, self.to, message).await?;
            if let Change::NewMessage(copy) = &logged.change {
                mailbox::remember_sent(tx, owner, *random_id, copy.id)?;
            }
            outcome.push((*random_id, Sent::New { logged, first }));
        }
        if outcome.is_empty() {
            return Err(MessageError::UnknownMessage);
        }
        Ok(outcome)
    }
}

impl ForwardMessages {
    /// Makes sure that the forwarder may write there; whether the chat has just begun.
    async fn begin(&self, tx: &mut Tx<'_>) -> Result<bool, MessageError> {
        may_write(tx, self.from, self.to).await?;
        let begun = dialogs::begin(tx, self.from, Peer::User(self.to)).await?;
        Ok(begun.first)
    }

    /// The copy of a message that is sent on; `None` where it is gone or reports something.
    async fn copy_of(
        &self,
        tx: &mut Tx<'_>,
        id: MessageId,
    ) -> Result<Option<NewMessage>, MessageError> {
        let original = mailbox::load(tx, self.from.into(), id).await?;
        let Some(original) = original.filter(|original| {
            original.peer == Peer::User(self.source) && original.body.action.is_none()
        }) else {
            return Ok(None);
        };
        // A forward of a forward names the first author.
        let forward = match (&original.body.forward, self.drop_author) {
            (_, true) => None,
            (Some(earlier), false) => Some(earlier.clone()),
            (None, false) => Some(Forward {
                from_name: self.name_if_hidden(tx, original.from).await?,
                from: Some(original.from.into()).filter(|_| !self.hidden.contains(&original.from)),
                date: original.date,
                channel_post: None,
                saved_from: None,
            }),
        };
        let forward = forward.map(|forward| Forward {
            saved_from: (self.from == self.to).then_some((original.peer, original.id)),
            ..forward
        });
        Ok(Some(NewMessage {
            peer: Peer::User(self.to),
            from: self.from,
            flags: flags(self.silent),
            reply_to: None,
            body: Body {
                forward,
                edit_date: None,
                ..original.body
            },
        }))
    }

    /// The name that stands for an author who stays hidden.
    async fn name_if_hidden(
        &self,
        tx: &mut Tx<'_>,
        author: UserId,
    ) -> Result<Option<String>, StoreError> {
        if !self.hidden.contains(&author) {
            return Ok(None);
        }
        let Some(account) = accounts::find(tx, author).await? else {
            return Ok(Some(String::new()));
        };
        let first = account
            .person
            .first_name
            .as_ref()
            .map_or("", |name| name.as_str());
        let full = format!("{first} {}", account.person.last_name.as_str());
        Ok(Some(full.trim().to_owned()))
    }
}
