//! Forwarding.

use super::send::{flags, may_write, post};
use super::{MessageError, Sent};
use crate::channels::{NewPost, Standing, add_post, kinds_of, standing, take_turn};
use crate::{accounts, bots, dialogs};
use heliograph_model::{Body, Change, Forward, Logged, Message, MessageId, Peer, UserId};
use heliograph_store::mailbox::{self, NewMessage};
use heliograph_store::{Command, Locks, StoreError, Tx};
use std::sync::Arc;

/// Forwards messages of one chat to another, or to oneself.
#[derive(Clone, Debug)]
pub struct ForwardMessages {
    /// Who forwards.
    pub from: UserId,
    /// The chat the messages stand in.
    pub source: Peer,
    /// To where.
    pub to: Peer,
    /// The messages, in the forwarder's or the channel's numbers, each with the client's own number
    /// for its copy.
    pub messages: Vec<(MessageId, i64)>,
    /// Without a sound.
    pub silent: bool,
    /// As if written by the forwarder.
    pub drop_author: bool,
    /// Authors who do not let forwards lead to them: only their names are told.
    pub hidden: Vec<UserId>,
}

/// Where the copies go, once it is clear that they may.
enum Target {
    /// To a person; whether the chat has just begun.
    Person(UserId, bool),
    /// To a channel.
    Channel(Box<Standing>),
}

impl Command for ForwardMessages {
    /// What became of each message, in the order asked for; those that are gone are left out.
    type Output = Vec<(i64, Sent)>;
    type Error = MessageError;
    const NAME: &'static str = "forward_messages";

    fn locks(&self) -> Locks {
        Locks::of([Peer::User(self.from), self.to])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, MessageError> {
        let owner = self.from.into();
        self.may_take(tx).await?;
        let mut target = None;
        let mut outcome = Vec::with_capacity(self.messages.len());
        for (id, random_id) in &self.messages {
            // A repetition finds what became of the first request, whatever has changed since.
            if let Some(before) = mailbox::sent_as(tx, owner, *random_id).await? {
                outcome.push((*random_id, Sent::Before(before)));
                continue;
            }
            let Some(body) = self.copy_of(tx, *id).await? else {
                continue;
            };
            if target.is_none() {
                target = Some(self.begin(tx, &body).await?);
            }
            let Some(target) = &target else { continue };
            if let Target::Channel(standing) = target {
                standing.may_write(kinds_of(&body))?;
            }
            let body = Body {
                album: body.album.map(|album| self.album(album)),
                ..body
            };
            let (logged, first) = self.put(tx, target, body).await?;
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
    /// Makes sure that the forwarder may read the source, and that it lets its messages go.
    async fn may_take(&self, tx: &mut Tx<'_>) -> Result<(), MessageError> {
        let Peer::Channel(channel) = self.source else {
            return Ok(());
        };
        let now_s = tx.now().seconds();
        let source = standing(tx, channel, self.from, now_s).await?;
        source.may_read()?;
        if source.channel.no_forwards {
            return Err(MessageError::ForwardsRestricted);
        }
        Ok(())
    }

    /// Makes sure that the forwarder may write there.
    async fn begin(&self, tx: &mut Tx<'_>, first: &Body) -> Result<Target, MessageError> {
        match self.to {
            Peer::User(to) => {
                may_write(tx, self.from, to).await?;
                let begun = dialogs::begin(tx, self.from, self.to).await?;
                Ok(Target::Person(to, begun.first))
            }
            Peer::Channel(channel) => {
                let now_s = tx.now().seconds();
                let standing = standing(tx, channel, self.from, now_s).await?;
                standing.may_write(kinds_of(first))?;
                take_turn(tx, &standing).await?;
                Ok(Target::Channel(Box::new(standing)))
            }
            Peer::Chat(_) => Err(MessageError::UnknownPeer),
        }
    }

    /// An album that is sent on is one there too, and another than the one it was.
    fn album(&self, before: i64) -> i64 {
        let first = self.messages.first().map_or(0, |(_, random_id)| *random_id);
        before.wrapping_mul(31).wrapping_add(first)
    }

    async fn put(
        &self,
        tx: &mut Tx<'_>,
        target: &Target,
        body: Body,
    ) -> Result<(Arc<Logged>, bool), StoreError> {
        match target {
            Target::Person(to, first) => {
                let message = NewMessage {
                    peer: self.to,
                    from: self.from,
                    flags: flags(self.silent),
                    reply_to: None,
                    body,
                };
                Ok((post(tx, self.from, *to, message).await?, *first))
            }
            Target::Channel(standing) => {
                let message = NewPost {
                    from: self.from,
                    body,
                    reply_to: None,
                    silent: self.silent,
                    mentions: Vec::new(),
                };
                Ok((add_post(tx, standing, message).await?, false))
            }
        }
    }

    /// What a message says that is sent on; `None` where it is gone or reports something.
    async fn copy_of(&self, tx: &mut Tx<'_>, id: MessageId) -> Result<Option<Body>, MessageError> {
        let original = mailbox::load(tx, self.source.mailbox(self.from), id).await?;
        let Some(original) = original
            .filter(|original| original.peer == self.source && original.body.action.is_none())
        else {
            return Ok(None);
        };
        // A bot in privacy mode sends on what it was shown, and nothing else.
        if let Peer::Channel(channel) = self.source
            && self.from.is_bot()
            && original.from != self.from
            && !bots::sees(tx, self.from, channel, &original).await?
        {
            return Ok(None);
        }
        // A forward of a forward names the first author.
        let forward = match (&original.body.forward, self.drop_author) {
            (_, true) => None,
            (Some(earlier), false) => Some(earlier.clone()),
            (None, false) => Some(self.header_of(tx, &original).await?),
        };
        let to_oneself = self.to == Peer::User(self.from);
        let forward = forward.map(|forward| Forward {
            saved_from: to_oneself.then_some((original.peer, original.id)),
            ..forward
        });
        Ok(Some(Body {
            forward,
            edit_date: None,
            channel: None,
            ..original.body
        }))
    }

    /// Where an original came from, as its copies tell.
    async fn header_of(&self, tx: &mut Tx<'_>, original: &Message) -> Result<Forward, StoreError> {
        let part = original.body.channel.clone().unwrap_or_default();
        if let Some(channel) = part.in_name_of {
            return Ok(Forward {
                from: Some(Peer::Channel(channel)),
                from_name: None,
                date: original.date,
                channel_post: part.post.then_some(original.id),
                saved_from: None,
                signature: part.signature,
            });
        }
        Ok(Forward {
            from_name: self.name_if_hidden(tx, original.from).await?,
            from: Some(original.from.into()).filter(|_| !self.hidden.contains(&original.from)),
            date: original.date,
            channel_post: None,
            saved_from: None,
            signature: None,
        })
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
        Ok(Some(account.person.full_name()))
    }
}
