//! Editing.

use super::MessageError;
use crate::bots;
use heliograph_model::{
    Body, Change, Content, Entity, Logged, Media, Message, MessageId, Peer, UserId,
};
use heliograph_store::{Command, Locks, Tx, mailbox};
use std::sync::Arc;

/// How long a message may be edited, in seconds; `config.edit_time_limit` tells clients the same.
/// Saved Messages may be edited for ever.
pub const EDIT_WINDOW_S: i32 = 48 * 3600;

/// What an edit changes; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// The new text and its styled stretches.
    pub text: Option<(String, Vec<Entity>)>,
    /// Other media in the place of those that are there.
    pub media: Option<(Content, Media)>,
    /// The link preview above the text.
    pub invert_media: bool,
    /// The keyboard under it; without one, what was there goes.
    pub markup: Option<Content>,
}

/// Why an edit cannot be applied.
pub(crate) enum Unfit {
    /// Nothing would change.
    Same,
    /// Nothing would be left.
    Empty,
}

impl Edit {
    /// What a message says after it.
    pub(crate) fn apply(self, before: &Body, now_s: i32) -> Result<Body, Unfit> {
        let mut after = Body {
            invert_media: self.invert_media,
            markup: self.markup,
            ..before.clone()
        };
        if let Some((text, entities)) = self.text {
            (after.text, after.entities) = (text, entities);
        }
        if let Some((content, media)) = self.media {
            (after.content, after.media) = (Some(content), Some(media));
        }
        if after == *before {
            return Err(Unfit::Same);
        }
        if after.text.is_empty() && after.content.is_none() {
            return Err(Unfit::Empty);
        }
        after.edit_date = Some(now_s);
        Ok(after)
    }
}

/// Gives one's own message another text or other media.
#[derive(Clone, Debug)]
pub struct EditMessage {
    /// The author.
    pub from: UserId,
    /// The chat.
    pub peer: UserId,
    /// The message, in the author's numbers.
    pub id: MessageId,
    /// What changes.
    pub edit: Edit,
}

/// Whether a message may still be edited by `editor`, in whose mailbox it stands.
pub fn may_edit(editor: UserId, message: &Message, now_s: i32) -> Result<(), MessageError> {
    let written =
        message.from == editor && message.body.action.is_none() && message.body.forward.is_none();
    if !written {
        return Err(MessageError::NotAuthor);
    }
    if message.peer != Peer::User(editor) && now_s - message.date > EDIT_WINDOW_S {
        return Err(MessageError::TooOld);
    }
    Ok(())
}

/// An edit's entry in the author's log.
#[derive(Clone, Debug)]
pub struct Edited(pub Arc<Logged>);

impl Command for EditMessage {
    type Output = Edited;
    type Error = MessageError;
    const NAME: &'static str = "edit_message";

    fn locks(&self) -> Locks {
        Locks::of([self.from, self.peer])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Edited, MessageError> {
        let peer = Peer::User(self.peer);
        let message = mailbox::load(tx, self.from.into(), self.id)
            .await?
            .filter(|message| message.peer == peer)
            .ok_or(MessageError::UnknownMessage)?;
        let now = tx.now().seconds();
        may_edit(self.from, &message, now)?;
        let edited = self.edit.apply(&message.body, now);
        let body = edited.map_err(|unfit| match unfit {
            Unfit::Same => MessageError::NotModified,
            Unfit::Empty => MessageError::Empty,
        })?;
        let (mine, theirs) = mailbox::edit(tx, self.from.into(), peer, self.id, body)
            .await?
            .ok_or(MessageError::UnknownMessage)?;
        if let Some(theirs) = theirs
            && let Change::Edited(copy) = &theirs.change
        {
            bots::queue_private(tx, self.peer, self.from, copy.id, true).await?;
        }
        Ok(Edited(mine))
    }
}
