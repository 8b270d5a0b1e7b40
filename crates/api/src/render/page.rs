//! Pages of messages.

use super::{Viewer, message, people_of, users};
use heliograph_domain::messages::Page;
use heliograph_model::UserId;
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::messages::Messages;
use heliograph_tl::types;
use std::collections::BTreeSet;

/// A page of messages, with everyone whom they show and `others`.
///
/// It is `messages.messages` where the page is the whole list, else a slice with the count and with
/// the place of its first message.
pub(crate) async fn page(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    page: Page,
    others: impl IntoIterator<Item = UserId>,
) -> Result<Messages, StoreError> {
    let mut people: BTreeSet<UserId> = others.into_iter().collect();
    let mut messages = Vec::with_capacity(page.messages.len());
    for shown in &page.messages {
        people_of(shown, &mut people);
        messages.push(message(viewer.me, shown));
    }
    let users = users(viewer, rows, people).await?;
    let (topics, chats) = (Vec::new(), Vec::new());
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
        offset_id_offset: (!messages.is_empty()).then_some(page.position as i32),
        messages,
        topics,
        chats,
        users,
        ..Default::default()
    }
    .into())
}
