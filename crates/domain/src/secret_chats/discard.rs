//! Ending a secret chat, and read marks.

use super::{
    KEPT_S, OF_ACCOUNT, OF_DEVICE, Place, SecretChat, SecretChatError, Side, Stand, State, find,
    forget, load, place, places, tell,
};
use crate::jobs;
use heliograph_model::{AuthKeyId, Owner, SecretChatId, SecretNews, UserId};
use heliograph_store::{Command, Locks, StoreError, Tx};

/// Ends a chat, or declines a request, for good.
#[derive(Clone, Copy, Debug)]
pub struct DiscardChat {
    /// Which chat.
    pub id: SecretChatId,
    /// Who ends it.
    pub user: UserId,
    /// With which device.
    pub key: AuthKeyId,
    /// Whether the other device is asked to delete what it has of it.
    pub delete_history: bool,
}

impl Command for DiscardChat {
    type Output = ();
    type Error = SecretChatError;
    const NAME: &'static str = "discard_secret_chat";

    fn locks(&self) -> Locks {
        Locks::of([Owner::from(self.id), self.user.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), SecretChatError> {
        let (id, device) = (self.id, Owner::from(self.key));
        let Some(chat) = find(tx, id).await? else {
            let over = place(tx, device, OF_DEVICE, id).await?.is_some()
                || place(tx, self.user.into(), OF_ACCOUNT, id).await?.is_some();
            return Err(if over {
                SecretChatError::Declined
            } else {
                SecretChatError::Unknown
            });
        };
        let by = match chat.side_of(self.key) {
            Some(side) => side,
            None if chat.participant == self.user => match chat.state {
                State::Asked { .. } => Side::Participant,
                State::Open { .. } => return Err(SecretChatError::AlreadyAccepted),
            },
            None => return Err(SecretChatError::Unknown),
        };
        end(tx, id, &chat, Some((by, self.key)), self.delete_history).await?;
        Ok(())
    }
}

/// Ends a chat: its row goes, with who talked to whom. The device of `by` knows; whoever else has to
/// do with it is told, and keeps a place without a name until then.
pub(super) async fn end(
    tx: &mut Tx<'_>,
    id: SecretChatId,
    chat: &SecretChat,
    by: Option<(Side, AuthKeyId)>,
    delete_history: bool,
) -> Result<(), StoreError> {
    let over = Stand::Over(delete_history);
    tx.delete::<SecretChat>(id.into(), &())?;
    for side in [Side::Admin, Side::Participant] {
        let Some(device) = chat.key_of(side) else {
            continue;
        };
        if by.is_some_and(|(by, _)| by == side) {
            tx.delete::<Place>(device.into(), &(OF_DEVICE, id))?;
        } else {
            tell(tx, chat.user_of(side), device, id, over)?;
            forget::place_later(tx, device.into(), OF_DEVICE, id).await?;
        }
    }
    let account = Owner::from(chat.participant);
    match chat.state {
        // The account's other devices were told when it was accepted.
        State::Open { .. } => tx.delete::<Place>(account, &(OF_ACCOUNT, id))?,
        State::Asked { .. } => {
            let place = Place {
                changed: tx.now().seconds(),
                stand: over,
                read: None,
            };
            tx.put(account, &(OF_ACCOUNT, id), &place)?;
            forget::place_later(tx, account, OF_ACCOUNT, id).await?;
            let declined = by.filter(|(side, _)| *side == Side::Participant);
            let device = declined.map(|(_, device)| device);
            tx.note_secret(chat.participant, SecretNews::Request(id, device));
        }
    }
    forget::chat_later(tx, id).await
}

/// Does a job of the kind [`super::END_REQUEST`].
pub(crate) async fn end_request(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let id: SecretChatId = jobs::payload(payload)?;
    let Some(chat) = find(tx, id).await? else {
        return Ok(());
    };
    let old = i64::from(chat.date) + KEPT_S <= i64::from(tx.now().seconds());
    if old && matches!(chat.state, State::Asked { .. }) {
        end(tx, id, &chat, None, false).await?;
    }
    Ok(())
}

/// Declines requests that wait for an account which is going, at most `limit`; whether that was all.
pub(crate) async fn refuse_requests(
    tx: &mut Tx<'_>,
    user: UserId,
    limit: usize,
) -> Result<bool, StoreError> {
    let account = Owner::from(user);
    let found = places(tx, account, OF_ACCOUNT, limit).await?;
    for (id, _) in &found {
        let id = *id;
        if let Some(chat) = find(tx, id).await?
            && chat.participant == user
            && matches!(chat.state, State::Asked { .. })
        {
            // No device of the account is left that would be told.
            end(tx, id, &chat, None, false).await?;
        }
        tx.delete::<Place>(account, &(OF_ACCOUNT, id))?;
    }
    Ok(found.len() < limit)
}

/// Notes how far a device has read, for the other side to see.
#[derive(Clone, Copy, Debug)]
pub struct MarkRead {
    /// Which chat.
    pub id: SecretChatId,
    /// Which device has read.
    pub key: AuthKeyId,
    /// Messages up to this date, in Unix seconds.
    pub max_date: i32,
}

impl Command for MarkRead {
    type Output = ();
    type Error = SecretChatError;
    const NAME: &'static str = "read_secret_chat";

    fn locks(&self) -> Locks {
        Locks::of([Owner::from(self.id)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), SecretChatError> {
        let id = self.id;
        let chat = load(tx, id, self.key).await?;
        let Some((user, device)) = chat.other_end(self.key) else {
            return Err(SecretChatError::Unknown);
        };
        let known = place(tx, device.into(), OF_DEVICE, id).await?;
        let mut place = known.unwrap_or(Place::KNOWN);
        if place.read.is_some_and(|(date, _)| date >= self.max_date) {
            return Ok(());
        }
        place.read = Some((self.max_date, tx.now().seconds()));
        tx.put(device.into(), &(OF_DEVICE, id), &place)?;
        tx.note_secret(user, SecretNews::Read(device, id));
        Ok(())
    }
}
