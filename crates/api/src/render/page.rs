//! Pages of messages.

use super::{Everyone, Shown, Viewer, message_for};
use heliograph_domain::channels;
use heliograph_domain::messages::Page;
use heliograph_model::{Message, Peer};
use heliograph_store::{Rows, StoreError, mailbox};
use heliograph_tl::enums::SearchPostsFlood;
use heliograph_tl::enums::messages::Messages;
use heliograph_tl::types;

/// A page of the messages of `chat` (or of all chats), with everyone whom they show and `others`.
///
/// It is `messages.messages` where the page is the whole list, else a slice with the count and with
/// the place of its first message; of a channel always `messages.channelMessages`, which has the
/// channel's `pts` besides.
pub(crate) async fn page(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    chat: Option<Peer>,
    mut page: Page,
    mut others: Shown,
) -> Result<Messages, StoreError> {
    if let Some(chat) = chat {
        others.add(chat);
    }
    channels::count(rows, &mut page.messages).await?;
    let mut messages = Vec::with_capacity(page.messages.len());
    for shown in &page.messages {
        others.message(shown);
        messages.push(message_for(viewer, rows, shown).await?);
    }
    let Everyone { users, chats } = others.load(viewer, rows).await?;
    let topics = Vec::new();
    let offset_id_offset = (!messages.is_empty()).then_some(page.position as i32);
    if let Some(Peer::Channel(channel)) = chat {
        return Ok(types::messages::ChannelMessages {
            inexact: !page.exact,
            pts: mailbox::state(rows, channel.into()).await?.pts as i32,
            count: page.total as i32,
            offset_id_offset,
            messages,
            topics,
            chats,
            users,
        }
        .into());
    }
    if page.exact && messages.len() == page.total {
        return Ok(types::messages::Messages {
            messages,
            topics,
            chats,
            users,
        }
        .into());
    }
    Ok(types::messages::MessagesSlice {
        inexact: !page.exact,
        count: page.total as i32,
        offset_id_offset,
        messages,
        topics,
        chats,
        users,
        ..Default::default()
    }
    .into())
}

/// A page of messages out of several chats.
#[derive(Default)]
pub(crate) struct Slice {
    /// The messages in order.
    pub messages: Vec<Message>,
    /// How many there are in all.
    pub count: usize,
    /// Whether that was not counted to the end.
    pub inexact: bool,
    /// Where the next page begins; `None` for the last one.
    pub next_rate: Option<i32>,
    /// What searching costs, where clients want to know.
    pub flood: Option<SearchPostsFlood>,
}

/// The same on the wire, with everyone whom the messages show.
pub(crate) async fn slice(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    mut slice: Slice,
) -> Result<Messages, StoreError> {
    channels::count(rows, &mut slice.messages).await?;
    let mut shown = Shown::default();
    shown.messages(&slice.messages);
    let mut messages = Vec::with_capacity(slice.messages.len());
    for one in &slice.messages {
        messages.push(message_for(viewer, rows, one).await?);
    }
    let Everyone { users, chats } = shown.load(viewer, rows).await?;
    Ok(types::messages::MessagesSlice {
        inexact: slice.inexact,
        count: slice.count as i32,
        next_rate: slice.next_rate,
        offset_id_offset: None,
        search_flood: slice.flood,
        messages,
        topics: Vec::new(),
        chats,
        users,
    }
    .into())
}
