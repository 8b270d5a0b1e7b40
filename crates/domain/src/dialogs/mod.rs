//! The list of chats: order, paging, pins, drafts, marks.

mod drafts;
mod marks;

pub use drafts::{ClearDrafts, SaveDraft};
pub use marks::{MarkUnread, PinDialog, ReorderPinned};

use crate::channels;
use heliograph_model::{Message, MessageId, Notice, Owner, Peer, UserId};
use heliograph_store::mailbox::{self, Dialog, MessageRow};
use heliograph_store::{KeyRange, Order, Rows, StoreError, Tx};
use thiserror::Error;

/// How many chats may be pinned; `config` and app config tell clients the same.
pub const PINNED_MAX: usize = 10;

/// Why a chat could not be pinned or marked.
#[derive(Debug, Error)]
pub enum DialogError {
    /// [`PINNED_MAX`] are pinned already.
    #[error("too many pinned chats")]
    PinnedTooMuch,
    /// No such chat.
    #[error("no such chat")]
    UnknownDialog,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A chat as the list shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The chat.
    pub peer: Peer,
    /// Marks, pin and draft.
    pub dialog: Dialog,
    /// Its newest message; an emptied chat has none.
    pub top: Option<Message>,
    /// How many incoming messages are unread.
    pub unread: u32,
    /// What else is told of a channel.
    pub channel: Option<ListedChannel>,
}

/// What else is told of a channel in the list.
#[derive(Clone, Copy, Debug)]
pub struct ListedChannel {
    /// Where its log stands.
    pub pts: u32,
    /// How far others have read.
    pub read_by_others: MessageId,
    /// How many mentions of the owner are not opened, up to a hundred.
    pub mentions: u32,
}

/// How many mentions are counted.
const MENTIONS_COUNTED: usize = 100;

/// One chat of the list; `None` when there is no such chat.
pub async fn one(
    rows: &mut dyn Rows,
    owner: UserId,
    peer: Peer,
) -> Result<Option<Listed>, StoreError> {
    match mailbox::dialog(rows, owner.into(), peer).await? {
        Some(dialog) => listed(rows, owner, peer, dialog).await.map(Some),
        None => Ok(None),
    }
}

/// The same, for whom a chat that was never begun is an empty one.
pub async fn one_or_empty(
    rows: &mut dyn Rows,
    owner: UserId,
    peer: Peer,
) -> Result<Listed, StoreError> {
    let dialog = mailbox::dialog(rows, owner.into(), peer).await?;
    listed(rows, owner, peer, dialog.unwrap_or_default()).await
}

async fn listed(
    rows: &mut dyn Rows,
    owner: UserId,
    peer: Peer,
    dialog: Dialog,
) -> Result<Listed, StoreError> {
    let top = mailbox::top_message(rows, peer.mailbox(owner), peer).await?;
    let read_all = top.as_ref().is_none_or(|top| top.id <= dialog.read_in);
    let unread = match peer {
        _ if read_all => 0,
        Peer::Channel(channel) => {
            channels::count_unread(rows, owner, channel, dialog.read_in).await?
        }
        _ => mailbox::count_unread(rows, owner.into(), peer, dialog.read_in).await?,
    };
    let channel = match peer {
        Peer::Channel(channel) => Some(ListedChannel {
            pts: mailbox::state(rows, channel.into()).await?.pts,
            read_by_others: channels::read_by_others(rows, channel, owner).await?,
            mentions: channels::unread_mentions(rows, owner, channel, MENTIONS_COUNTED)
                .await?
                .len() as u32,
        }),
        Peer::User(_) | Peer::Chat(_) => None,
    };
    Ok(Listed {
        peer,
        dialog,
        top,
        unread,
        channel,
    })
}

/// Where a page of the list begins: after the chat that the client saw last, as
/// `messages.getDialogs` names it (<https://core.telegram.org/api/offsets>). Zeros and `None` begin
/// at the top.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListOffset {
    /// The date of that chat's newest message, in Unix seconds.
    pub date: i32,
    /// The number of that message.
    pub id: u32,
    /// The chat.
    pub peer: Option<Peer>,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// The chats.
    pub chats: Vec<Listed>,
    /// How many there are in all.
    pub total: usize,
}

/// A page of the chats that have messages: the pinned ones in their order, then the others, newest
/// first.
///
/// Drafts do not move a chat: clients page by the date of the newest message, which is all that they
/// can name, and sort drafts in by themselves.
pub async fn page(
    rows: &mut dyn Rows,
    owner: UserId,
    offset: ListOffset,
    limit: usize,
    exclude_pinned: bool,
) -> Result<ListPage, StoreError> {
    let places = places(rows, owner).await?;
    let start = start_after(&places, offset);
    let shown = |place: &Place| !(exclude_pinned && place.dialog.pinned.is_some());
    let total = places.iter().filter(|place| shown(place)).count();

    let mut chats = Vec::new();
    for place in places.into_iter().skip(start).filter(shown).take(limit) {
        chats.push(listed(rows, owner, place.peer, place.dialog).await?);
    }
    Ok(ListPage { chats, total })
}

/// A chat and its newest message's date and number.
struct Place {
    peer: Peer,
    dialog: Dialog,
    date: i32,
    top: MessageId,
}

impl Place {
    /// What the chats that are not pinned are sorted by, descending.
    fn key(&self) -> (i32, u32, i64) {
        (self.date, self.top.0, self.peer.number())
    }
}

async fn places(rows: &mut dyn Rows, owner: UserId) -> Result<Vec<Place>, StoreError> {
    let mut places = Vec::new();
    for (peer, dialog) in mailbox::dialogs(rows, owner.into()).await? {
        let range = KeyRange::within(&peer);
        let newest = rows
            .list::<MessageRow>(peer.mailbox(owner), range, Order::Descending, 1)
            .await?;
        // A channel whose messages are gone stays in the list of its members.
        let newest = newest
            .into_iter()
            .next()
            .map(|((_, top), row)| (top, row.date));
        let in_channel = matches!(peer, Peer::Channel(_)) && dialog.begun;
        let newest = newest.or(in_channel.then_some((MessageId(0), 0)));
        if let Some((top, date)) = newest {
            places.push(Place {
                peer,
                dialog,
                date,
                top,
            });
        }
    }
    places.sort_by_key(|place| std::cmp::Reverse((place.dialog.pinned, place.key())));
    Ok(places)
}

/// The index of the first chat after the one that `offset` names.
fn start_after(places: &[Place], offset: ListOffset) -> usize {
    let named = |place: &Place| Some(place.peer) == offset.peer;
    let by_peer_alone = offset.date == 0 && offset.id == 0;
    if let Some(at) = places.iter().position(named)
        && (by_peer_alone || places[at].dialog.pinned.is_some())
    {
        return at + 1;
    }
    if by_peer_alone {
        return 0;
    }
    let comes_after = |place: &Place| match (offset.date, offset.id) {
        (date, 0) => place.date < date,
        (0, id) => place.top.0 < id,
        (date, id) => {
            let number = offset.peer.map_or(i64::MIN, Peer::number);
            place.key() < (date, id, number)
        }
    };
    places
        .iter()
        .position(|place| place.dialog.pinned.is_none() && comes_after(place))
        .unwrap_or(places.len())
}

/// The pinned chats, topmost first, whether they have messages or not.
pub async fn pinned(rows: &mut dyn Rows, owner: UserId) -> Result<Vec<(Peer, Dialog)>, StoreError> {
    let mut pinned = mailbox::dialogs(rows, owner.into()).await?;
    pinned.retain(|(_, dialog)| dialog.pinned.is_some());
    pinned.sort_by_key(|(_, dialog)| std::cmp::Reverse(dialog.pinned));
    Ok(pinned)
}

/// How far back a chat is looked through for a message of the other's.
const WRITTEN_LOOK: usize = 50;

/// Whether `other` has written to `owner` lately, so that the chat is not one with a stranger.
pub async fn has_written(
    rows: &mut dyn Rows,
    owner: UserId,
    other: UserId,
) -> Result<bool, StoreError> {
    let (mailbox, peer) = (Owner::from(owner), Peer::User(other));
    let all = 0..u32::MAX;
    let newest =
        mailbox::history(rows, mailbox, peer, all, Order::Descending, WRITTEN_LOOK).await?;
    Ok(newest.iter().any(|message| message.from == other))
}

/// In how many chats something incoming is unread.
pub async fn unread_chats(rows: &mut dyn Rows, owner: UserId) -> Result<usize, StoreError> {
    let mut unread = 0;
    for (peer, dialog) in mailbox::dialogs(rows, owner.into()).await? {
        unread += usize::from(has_unread(rows, owner, peer, dialog.read_in).await?);
    }
    Ok(unread)
}

async fn has_unread(
    rows: &mut dyn Rows,
    owner: UserId,
    peer: Peer,
    mut read: MessageId,
) -> Result<bool, StoreError> {
    // Mostly there is nothing, or an incoming message right after the mark.
    loop {
        let range = KeyRange::within(&peer).from(&(peer, MessageId(read.0 + 1)));
        let found = rows
            .list::<MessageRow>(peer.mailbox(owner), range, Order::Ascending, 16)
            .await?;
        if found.iter().any(|(_, row)| row.from != owner) {
            return Ok(true);
        }
        match found.last() {
            Some(((_, id), _)) => read = *id,
            None => return Ok(false),
        }
    }
}

/// The owner's side of a chat to which a message is about to be added.
pub(crate) struct Begun {
    pub dialog: Dialog,
    /// Whether the chat begins with it, so that the owner's clients do not know its people yet.
    pub first: bool,
}

/// Makes sure that the chat is in the owner's list.
///
/// A chat that begins is told as news of its own ([`Notice::Contact`]): it brings the person with
/// it, whom the owner's clients have not met, and the bar that offers to add or to block them.
pub(crate) async fn begin(tx: &mut Tx<'_>, owner: UserId, peer: Peer) -> Result<Begun, StoreError> {
    let before = mailbox::dialog(tx, owner.into(), peer).await?;
    let mut dialog = before.unwrap_or_default();
    let first = !dialog.begun;
    if first {
        dialog.begun = true;
        mailbox::put_dialog(tx, owner.into(), peer, &dialog)?;
        if let Some(person) = peer.user().filter(|person| *person != owner) {
            mailbox::note(tx, owner.into(), Notice::Contact(person)).await?;
        }
    }
    Ok(Begun { dialog, first })
}

/// Takes an emptied chat out of the owner's list, and tells what went with it.
pub(crate) async fn end(tx: &mut Tx<'_>, owner: UserId, peer: Peer) -> Result<(), StoreError> {
    let Some(dialog) = mailbox::dialog(tx, owner.into(), peer).await? else {
        return Ok(());
    };
    mailbox::put_dialog(tx, owner.into(), peer, &Dialog::default())?;
    let gone = [
        (dialog.draft.is_some(), Notice::Draft(peer)),
        (dialog.pinned.is_some(), Notice::DialogPinned(peer)),
        (dialog.unread_mark, Notice::UnreadMark(peer)),
    ];
    for (was_set, notice) in gone {
        if was_set {
            mailbox::note(tx, owner.into(), notice).await?;
        }
    }
    Ok(())
}

pub(crate) use drafts::clear_draft;

#[cfg(test)]
mod tests {
    use super::*;

    fn place(user: i64, date: i32, top: u32, pinned: Option<u32>) -> Place {
        Place {
            peer: Peer::User(UserId(user)),
            dialog: Dialog {
                pinned,
                ..Dialog::default()
            },
            date,
            top: MessageId(top),
        }
    }

    /// Two pinned chats, then three others of which two are of the same second.
    fn list() -> Vec<Place> {
        vec![
            place(1, 10, 1, Some(2)),
            place(2, 99, 50, Some(1)),
            place(3, 40, 9, None),
            place(4, 40, 8, None),
            place(5, 20, 3, None),
        ]
    }

    fn offset(date: i32, id: u32, user: i64) -> ListOffset {
        ListOffset {
            date,
            id,
            peer: (user > 0).then_some(Peer::User(UserId(user))),
        }
    }

    #[test]
    fn a_page_begins_after_the_chat_that_was_seen_last() {
        for (seen, next) in [
            (offset(0, 0, 0), 0),
            (offset(10, 1, 1), 1),
            (offset(99, 50, 2), 2),
            (offset(40, 9, 3), 3),
            (offset(40, 8, 4), 4),
            (offset(20, 3, 5), 5),
            // The chat was seen before it got a newer message.
            (offset(45, 7, 5), 2),
            // Only one of the three is given.
            (offset(40, 0, 0), 4),
            (offset(0, 9, 0), 3),
            (offset(0, 0, 3), 3),
            (offset(0, 0, 77), 0),
        ] {
            assert_eq!(start_after(&list(), seen), next, "{seen:?}");
        }
    }
}
