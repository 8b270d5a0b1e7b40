//! What is left of a deleted channel goes by jobs, a stretch at a time.

use super::{MemberRow, find, member, put_member};
use heliograph_model::{ChannelId, Member, MessageId, Peer, UserId};
use heliograph_store::mailbox::{self, MessageRow};
use heliograph_store::{Job, KeyRange, Locks, Order, StoreError, Tx, enqueue};

/// The kind of job.
pub(crate) const ERASE_CHANNEL: &str = "erase_channel";

/// How many members, or messages, one job takes: with the channel's own mailbox it stays within
/// [`Locks::MAX`].
const STRETCH: usize = Locks::MAX - 1;

/// What a job is to work with.
pub(super) fn payload(channel: ChannelId) -> Vec<u8> {
    channel.0.to_be_bytes().to_vec()
}

fn read(payload: &[u8]) -> ChannelId {
    ChannelId(i64::from_be_bytes(payload.try_into().unwrap_or_default()))
}

/// The mailboxes that a job changes. Members' lists of chats are not numbered and need no lock.
pub(crate) fn locks(job: &Job) -> Locks {
    Locks::of([Peer::Channel(read(&job.payload))])
}

/// Takes a stretch of members out, or erases a stretch of messages; adds a job for the rest.
pub(crate) async fn erase(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let id = read(payload);
    let owner = Peer::Channel(id).into();
    // Only what was deleted is erased, whatever a job says.
    if !find(tx, id).await?.is_some_and(|channel| channel.deleted) {
        return Ok(());
    }
    let members: Vec<(UserId, MemberRow)> = tx
        .rows()
        .list(owner, KeyRange::all(), Order::Ascending, STRETCH)
        .await?;
    for (user, _) in &members {
        if mailbox::dialog(tx, (*user).into(), Peer::Channel(id))
            .await?
            .is_some()
        {
            super::members::end(tx, id, *user).await?;
        }
        if member(tx, id, *user).await?.is_some() {
            put_member(tx, id, *user, &Member::default()).await?;
        }
    }
    let mut more = members.len() == STRETCH;
    if !more {
        let messages: Vec<((Peer, MessageId), MessageRow)> = tx
            .rows()
            .list(owner, KeyRange::all(), Order::Ascending, STRETCH)
            .await?;
        let ids: Vec<MessageId> = messages.iter().map(|((_, id), _)| *id).collect();
        mailbox::delete(tx, owner, &ids).await?;
        more = messages.len() == STRETCH;
    }
    if more {
        let now = tx.now();
        enqueue(tx, now, ERASE_CHANNEL, payload.to_vec()).await?;
    }
    Ok(())
}
