//! Writing in a channel.

use super::discussion::DISCUSS;
use super::{ChannelError, Standing, put_member, standing};
use crate::messages::Sent;
use crate::{accounts, bots, dialogs, stale};
use heliograph_model::{
    AdminRights, BannedRights, Body, Change, Channel, ChannelId, ChannelPart, Logged, MediaKind,
    Member, MessageId, Owner, Peer, ServiceAction, UserId,
};
use heliograph_store::mailbox::{self, Mailbox, MessageRow, NewMessage};
use heliograph_store::{Command, Locks, StoreError, Table, Tx, enqueue, row};
use minicbor::{Decode, Encode};
use std::sync::Arc;

/// The pauses that slow mode can have, in seconds; clients offer these.
pub const SLOW_MODES_S: [u32; 8] = [0, 5, 10, 30, 60, 300, 900, 3600];

/// How many members one message may mention.
const MENTIONS_MAX: usize = 50;

/// A message of a thread.
#[derive(Clone, Copy, Debug, Encode, Decode)]
pub(super) struct ThreadRow;

// By the thread's first message, then by the message.
row!(ThreadRow, Table::Thread, key: (MessageId, MessageId));

/// A mention that its member has not opened yet.
#[derive(Clone, Copy, Debug, Encode, Decode)]
pub(super) struct MentionRow;

row!(MentionRow, Table::Mention, key: (Peer, MessageId));

/// Sends a message to a channel or supergroup.
#[derive(Clone, Debug)]
pub struct Post {
    /// Who writes.
    pub from: UserId,
    /// Where.
    pub channel: ChannelId,
    /// The client's own number for this message: a repetition finds what the first one became.
    pub random_id: i64,
    /// What it says.
    pub body: Body,
    /// The message that it answers; one that is gone is dropped, never guessed.
    pub reply_to: Option<MessageId>,
    /// Without a sound.
    pub silent: bool,
    /// Whether the chat's draft goes with it.
    pub clear_draft: bool,
    /// The people whom the text mentions; those who are no members are left out.
    pub mentions: Vec<UserId>,
}

impl Command for Post {
    type Output = Sent;
    type Error = ChannelError;
    const NAME: &'static str = "post";

    fn locks(&self) -> Locks {
        Locks::of([Peer::Channel(self.channel), self.from.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Sent, ChannelError> {
        let own = Owner::from(self.from);
        if let Some(id) = mailbox::sent_as(tx, own, self.random_id).await? {
            return Ok(Sent::Before(id));
        }
        let now_s = tx.now().seconds();
        let standing = standing(tx, self.channel, self.from, now_s).await?;
        standing.may_write(kinds_of(&self.body))?;
        take_turn(tx, &standing).await?;
        let post = NewPost {
            from: self.from,
            body: self.body,
            reply_to: self.reply_to,
            silent: self.silent,
            mentions: self.mentions,
        };
        let logged = add_post(tx, &standing, post).await?;
        if let Change::NewMessage(message) = &logged.change {
            mailbox::remember_sent(tx, own, self.random_id, message.id)?;
        }
        if self.clear_draft
            && let Some(dialog) = mailbox::dialog(tx, own, standing.peer()).await?
        {
            dialogs::clear_draft(tx, self.from, standing.peer(), dialog).await?;
        }
        let first = false;
        Ok(Sent::New { logged, first })
    }
}

/// The rights without which a message may not be sent.
pub(crate) fn kinds_of(body: &Body) -> BannedRights {
    let Some(media) = &body.media else {
        return match &body.content {
            None => BannedRights::SEND_PLAIN,
            Some(_) => BannedRights::SEND_MEDIA,
        };
    };
    let kind = match media.kind {
        MediaKind::Photo => BannedRights::SEND_PHOTOS,
        MediaKind::Video => BannedRights::SEND_VIDEOS,
        MediaKind::Animation => BannedRights::SEND_GIFS,
        MediaKind::Audio => BannedRights::SEND_AUDIOS,
        MediaKind::Voice => BannedRights::SEND_VOICES,
        MediaKind::RoundVideo => BannedRights::SEND_ROUND_VIDEOS,
        MediaKind::Sticker => BannedRights::SEND_STICKERS,
        MediaKind::Document => BannedRights::SEND_DOCS,
    };
    BannedRights::SEND_MEDIA.and(kind)
}

/// Slow mode: refuses who writes too soon, and notes when they may write again.
pub(crate) async fn take_turn(tx: &mut Tx<'_>, standing: &Standing) -> Result<(), ChannelError> {
    if let Some(wait_s) = standing.slow_mode_wait_s() {
        return Err(ChannelError::SlowMode(wait_s));
    }
    let pause_s = standing.channel.slow_mode_s;
    if pause_s == 0 || standing.admin().is_some() {
        return Ok(());
    }
    // Who comments from outside has a place from now on, for as long as they must wait.
    let place = standing.member.clone().unwrap_or_default();
    let next_send = standing.now_s.saturating_add(pause_s as i32);
    let place = Member { next_send, ..place };
    Ok(put_member(tx, standing.channel.id, standing.user, &place).await?)
}

/// A message about to enter a channel.
pub(crate) struct NewPost {
    pub from: UserId,
    pub body: Body,
    pub reply_to: Option<MessageId>,
    pub silent: bool,
    pub mentions: Vec<UserId>,
}

/// Puts a message into a channel whose author may write there.
pub(crate) async fn add_post(
    tx: &mut Tx<'_>,
    standing: &Standing,
    post: NewPost,
) -> Result<Arc<Logged>, StoreError> {
    let channel = &standing.channel;
    let peer = standing.peer();
    let owner = Owner::from(peer);
    let answered = match post.reply_to {
        Some(id) => tx
            .find::<MessageRow>(owner, &(peer, id))
            .await?
            .map(|row| (id, row)),
        None => None,
    };
    let mut part = ChannelPart {
        post: channel.broadcast,
        ..name_of(tx, standing).await?
    };
    if let Some((id, row)) = &answered {
        let answered = row.body.as_ref().and_then(|body| body.channel.as_ref());
        part.thread = answered.and_then(|part| part.thread).or(Some(*id));
    }
    let mut mentioned = post.mentions;
    if let Some((_, row)) = &answered
        && !row.body.as_ref().is_some_and(in_name_of_a_channel)
    {
        mentioned.push(row.from);
    }
    part.mentioned = members_among(tx, channel, post.from, mentioned).await?;
    let (thread, notified) = (part.thread, part.mentioned.clone());
    let message = NewMessage {
        peer,
        from: post.from,
        flags: if post.silent { MessageRow::SILENT } else { 0 },
        reply_to: answered.map(|(id, _)| id),
        body: Body {
            channel: Some(part),
            no_forwards: channel.no_forwards,
            ..post.body
        },
    };
    let logged = mailbox::append(tx, owner, message).await?;
    let Change::NewMessage(message) = &logged.change else {
        return Ok(logged);
    };
    stale::note_posts(tx, channel, &[message.id]).await?;
    if let Some(thread) = thread {
        tx.put(owner, &(thread, message.id), &ThreadRow)?;
    }
    for member in notified {
        tx.put(member.into(), &(peer, message.id), &MentionRow)?;
    }
    bots::queue_channel(tx, channel.id, message, false).await?;
    if channel.broadcast && channel.linked.is_some() {
        let now = tx.now();
        let payload = super::discussion::payload(channel, message.id);
        enqueue(tx, now, DISCUSS, payload).await?;
    }
    Ok(logged)
}

fn in_name_of_a_channel(body: &Body) -> bool {
    let part = body.channel.as_ref();
    part.is_some_and(|part| part.in_name_of.is_some())
}

/// Under whose name the author writes: the channel's in a broadcast and for an anonymous admin.
async fn name_of(tx: &mut Tx<'_>, standing: &Standing) -> Result<ChannelPart, StoreError> {
    let channel = &standing.channel;
    let anonymous = standing.has(AdminRights::ANONYMOUS);
    let signature = match (channel.broadcast, anonymous) {
        (true, false) if channel.signatures => {
            let author = accounts::find(tx, standing.user).await?;
            author.map(|author| author.person.full_name())
        }
        (false, true) => standing.rank().map(str::to_owned),
        _ => None,
    };
    Ok(ChannelPart {
        in_name_of: (channel.broadcast || anonymous).then_some(channel.id),
        signature,
        ..ChannelPart::default()
    })
}

/// Those among `people` who are members and are told of the mention: nobody in a broadcast.
async fn members_among(
    tx: &mut Tx<'_>,
    channel: &Channel,
    author: UserId,
    people: Vec<UserId>,
) -> Result<Vec<UserId>, StoreError> {
    let mut members = Vec::new();
    if channel.broadcast {
        return Ok(members);
    }
    for person in people {
        if members.len() == MENTIONS_MAX || person == author || members.contains(&person) {
            continue;
        }
        let place = super::member(tx, channel.id, person).await?;
        if place.is_some_and(|place| place.inside) {
            members.push(person);
        }
    }
    Ok(members)
}

/// Begins a channel's log, as every mailbox's begins: at `pts` 1, so that 0 is no state.
pub(super) fn mailbox_begins(tx: &mut Tx<'_>, channel: ChannelId) -> Result<(), StoreError> {
    let counters = Mailbox {
        pts: 1,
        ..Mailbox::default()
    };
    tx.put(Peer::Channel(channel).into(), &(), &counters)
}

/// Tells the members of something by a service message.
pub(super) async fn announce(
    tx: &mut Tx<'_>,
    channel: &Channel,
    by: UserId,
    action: ServiceAction,
) -> Result<Arc<Logged>, StoreError> {
    announce_as(tx, channel, by, action, None).await
}

/// The same as an answer to a message.
pub(super) async fn announce_as(
    tx: &mut Tx<'_>,
    channel: &Channel,
    by: UserId,
    action: ServiceAction,
    reply_to: Option<MessageId>,
) -> Result<Arc<Logged>, StoreError> {
    let body = Body {
        action: Some(action),
        ..Body::default()
    };
    announce_body(tx, channel, by, body, reply_to).await
}

/// The same with something to show.
pub(super) async fn announce_body(
    tx: &mut Tx<'_>,
    channel: &Channel,
    by: UserId,
    body: Body,
    reply_to: Option<MessageId>,
) -> Result<Arc<Logged>, StoreError> {
    let peer = Peer::Channel(channel.id);
    let part = ChannelPart {
        post: channel.broadcast,
        in_name_of: channel.broadcast.then_some(channel.id),
        ..ChannelPart::default()
    };
    let message = NewMessage {
        peer,
        from: by,
        flags: 0,
        reply_to,
        body: Body {
            channel: Some(part),
            ..body
        },
    };
    let logged = mailbox::append(tx, peer.into(), message).await?;
    if let Change::NewMessage(message) = &logged.change {
        bots::queue_channel(tx, channel.id, message, false).await?;
    }
    Ok(logged)
}
