//! Comments: a broadcast's posts are copied to a group, where they are answered
//! (<https://core.telegram.org/api/discussion>).

use super::post::ThreadRow;
use super::views::PostRow;
use super::{ChannelError, find, put, standing};
use crate::messages::pin_in;
use heliograph_model::{
    AdminRights, Body, Change, Channel, ChannelId, ChannelPart, Forward, MessageId, Owner, Peer,
    UserId,
};
use heliograph_store::mailbox::{self, NewMessage};
use heliograph_store::{Command, Job, KeyRange, Locks, Order, Rows, StoreError, Tx};
use minicbor::{Decode, Encode};

/// Joins a broadcast with the group in which it is discussed, or parts them.
#[derive(Clone, Copy, Debug)]
pub struct SetDiscussion {
    /// Who: an admin of both who may change their settings.
    pub by: UserId,
    /// The broadcast.
    pub broadcast: ChannelId,
    /// The group; `None` to part.
    pub group: Option<ChannelId>,
}

impl Command for SetDiscussion {
    type Output = ();
    type Error = ChannelError;
    const NAME: &'static str = "set_discussion";

    fn locks(&self) -> Locks {
        let both = [Some(self.broadcast), self.group];
        Locks::of(both.into_iter().flatten().map(Peer::Channel))
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), ChannelError> {
        let now_s = tx.now().seconds();
        let standing_there = standing(tx, self.broadcast, self.by, now_s).await?;
        standing_there.require(AdminRights::CHANGE_INFO)?;
        let mut broadcast = standing_there.channel;
        if !broadcast.broadcast {
            return Err(ChannelError::WrongKind);
        }
        if broadcast.linked == self.group {
            return Err(ChannelError::NotModified);
        }
        if let Some(before) = broadcast.linked.take()
            && let Some(mut before) = find(tx, before).await?
        {
            before.linked = None;
            before.join_to_send = false;
            put(tx, &before).await?;
        }
        if let Some(group) = self.group {
            let standing_there = standing(tx, group, self.by, now_s).await?;
            // Pinning is what the copies of posts need.
            let needed = AdminRights(AdminRights::CHANGE_INFO.0 | AdminRights::PIN.0);
            standing_there.require(needed)?;
            let mut group = standing_there.channel;
            if group.broadcast || group.linked.is_some() {
                return Err(ChannelError::WrongKind);
            }
            group.linked = Some(broadcast.id);
            put(tx, &group).await?;
            broadcast.linked = Some(group.id);
        }
        Ok(put(tx, &broadcast).await?)
    }
}

/// The kind of job that copies a post to the discussion group.
pub(crate) const DISCUSS: &str = "discuss";

#[derive(Clone, Copy, Debug, Encode, Decode)]
struct Discuss {
    #[n(0)]
    broadcast: ChannelId,
    #[n(1)]
    group: ChannelId,
    #[n(2)]
    post: MessageId,
}

/// What the job is to work with: a post of a broadcast that has a group.
pub(super) fn payload(broadcast: &Channel, post: MessageId) -> Vec<u8> {
    let work = Discuss {
        broadcast: broadcast.id,
        group: broadcast.linked.unwrap_or(broadcast.id),
        post,
    };
    minicbor::to_vec(work).expect("encoding to memory does not fail")
}

/// The mailboxes that the job changes.
pub(crate) fn locks(job: &Job) -> Locks {
    match crate::jobs::payload::<Discuss>(&job.payload) {
        Ok(work) => Locks::of([Peer::Channel(work.broadcast), Peer::Channel(work.group)]),
        Err(_) => Locks::none(),
    }
}

/// Copies a post to the group and pins it there, once.
pub(crate) async fn discuss(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let work: Discuss = crate::jobs::payload(payload)?;
    let broadcast_peer = Peer::Channel(work.broadcast);
    let still_linked = find(tx, work.broadcast)
        .await?
        .is_some_and(|broadcast| broadcast.linked == Some(work.group));
    let mut counted: PostRow = tx
        .find_or_default(broadcast_peer.into(), &work.post)
        .await?;
    let post = mailbox::load(tx, broadcast_peer.into(), work.post).await?;
    let Some(post) = post.filter(|_| still_linked && counted.discussion.is_none()) else {
        return Ok(());
    };
    let part = post.body.channel.clone().unwrap_or_default();
    let group = Peer::Channel(work.group);
    let copy = NewMessage {
        peer: group,
        from: post.from,
        flags: 0,
        reply_to: None,
        body: Body {
            forward: Some(Forward {
                from: Some(broadcast_peer),
                from_name: None,
                date: post.date,
                channel_post: Some(post.id),
                saved_from: Some((broadcast_peer, post.id)),
                signature: part.signature,
            }),
            channel: Some(ChannelPart {
                in_name_of: Some(work.broadcast),
                ..ChannelPart::default()
            }),
            ..post.body
        },
    };
    let logged = mailbox::append(tx, group.into(), copy).await?;
    if let Change::NewMessage(copy) = &logged.change {
        counted.discussion = Some((work.group, copy.id));
        tx.put(broadcast_peer.into(), &work.post, &counted)?;
        pin_in(tx, group.into(), group, copy.id, true).await?;
    }
    Ok(())
}

/// Where the comments of a message stand: the group, and the message that begins the thread there.
/// A group's own message is its own thread.
pub async fn discussion_of(
    rows: &mut dyn Rows,
    channel: &Channel,
    id: MessageId,
) -> Result<Option<(ChannelId, MessageId)>, StoreError> {
    if !channel.broadcast {
        return Ok(Some((channel.id, id)));
    }
    let counted: Option<PostRow> = rows.find(Peer::Channel(channel.id).into(), &id).await?;
    Ok(counted.and_then(|counted| counted.discussion))
}

/// The numbers of the messages of a thread that lie in `ids`, from one end, at most `limit`.
pub async fn thread(
    rows: &mut dyn Rows,
    group: ChannelId,
    first: MessageId,
    ids: std::ops::Range<u32>,
    order: Order,
    limit: usize,
) -> Result<Vec<MessageId>, StoreError> {
    let owner = Owner::from(Peer::Channel(group));
    let range = KeyRange::within(&first)
        .from(&(first, MessageId(ids.start)))
        .before(&(first, MessageId(ids.end)));
    let rows: Vec<((MessageId, MessageId), ThreadRow)> =
        rows.list(owner, range, order, limit).await?;
    Ok(rows.into_iter().map(|((_, id), _)| id).collect())
}
