//! Drafts.

use heliograph_model::{Entity, MessageId, Notice, Owner, Peer, UserId};
use heliograph_store::mailbox::{self, Dialog, Draft};
use heliograph_store::{Command, Locks, StoreError, Tx};

/// Takes the draft out of a chat whose side of the owner's is `dialog`.
pub(crate) async fn clear_draft(
    tx: &mut Tx<'_>,
    owner: UserId,
    peer: Peer,
    mut dialog: Dialog,
) -> Result<(), StoreError> {
    if dialog.draft.take().is_none() {
        return Ok(());
    }
    mailbox::put_dialog(tx, owner.into(), peer, &dialog)?;
    mailbox::note(tx, owner.into(), Notice::Draft(peer)).await
}

/// Saves or clears the draft of a chat.
#[derive(Clone, Debug)]
pub struct SaveDraft {
    /// Whose.
    pub owner: UserId,
    /// The chat.
    pub peer: Peer,
    /// The text; an empty one without a reply clears the draft.
    pub text: String,
    /// Its styled stretches.
    pub entities: Vec<Entity>,
    /// The message it would answer.
    pub reply_to: Option<MessageId>,
    /// Without the preview of its link.
    pub no_webpage: bool,
}

impl Command for SaveDraft {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "save_draft";

    fn locks(&self) -> Locks {
        Locks::of([self.owner])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let owner = Owner::from(self.owner);
        let before = mailbox::dialog(tx, owner, self.peer).await?;
        if self.text.is_empty() && self.reply_to.is_none() {
            return match before {
                Some(dialog) => clear_draft(tx, self.owner, self.peer, dialog).await,
                None => Ok(()),
            };
        }
        let mut dialog = before.unwrap_or_default();
        dialog.draft = Some(Draft {
            text: self.text,
            entities: self.entities,
            reply_to: self.reply_to,
            date: tx.now().seconds(),
            no_webpage: self.no_webpage,
        });
        mailbox::put_dialog(tx, owner, self.peer, &dialog)?;
        mailbox::note(tx, owner, Notice::Draft(self.peer)).await
    }
}

/// Clears every draft.
#[derive(Clone, Copy, Debug)]
pub struct ClearDrafts {
    /// Whose.
    pub owner: UserId,
}

impl Command for ClearDrafts {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "clear_drafts";

    fn locks(&self) -> Locks {
        Locks::of([self.owner])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for (peer, dialog) in mailbox::dialogs(tx, self.owner.into()).await? {
            clear_draft(tx, self.owner, peer, dialog).await?;
        }
        Ok(())
    }
}
