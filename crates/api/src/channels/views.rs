//! Counts of views, forwards and comments.

use crate::context::Ctx;
use crate::error::Result;
use crate::limits::Rate;
use crate::render::{self, Everyone, Shown};
use crate::resolve::message_id;
use crate::router::{Access, Router};
use heliograph_domain::channels::{self, AddViews};
use heliograph_model::MessageId;
use heliograph_store::mailbox;
use heliograph_tl::enums::MessageViews;
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Read, get_messages_views);
}

/// How many posts one request counts; clients ask for 100.
const COUNTED_MAX: usize = 100;

/// `messages.getMessagesViews`: how often posts were seen and forwarded; with `increment` the caller
/// has seen them, which counts once.
///
/// Fails with `PEER_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_messages_views(
    cx: Ctx,
    req: f::messages::GetMessagesViews,
) -> Result<heliograph_tl::enums::messages::MessageViews> {
    let viewer = cx.viewer()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let ids: Vec<MessageId> = req
        .id
        .into_iter()
        .take(COUNTED_MAX)
        .map(message_id)
        .collect();
    if req.increment {
        let first = cx.seen.first(viewer.me, channel, &ids);
        if !first.is_empty() {
            let seen = AddViews {
                viewer: viewer.me,
                channel,
                ids: first,
                forwarded: false,
            };
            cx.write(seen).await?;
        }
    }
    let mut view = cx.store.view().await?;
    let mut shown = Shown::chat(channel.into());
    let mut views: Vec<MessageViews> = Vec::with_capacity(ids.len());
    for id in ids {
        let mut found = mailbox::load_many(&mut *view, channel.into(), &[id]).await?;
        channels::count(&mut *view, &mut found).await?;
        let message = found.first();
        shown.messages(message);
        let counted = message.and_then(|message| message.counters);
        views.push(
            types::MessageViews {
                views: counted.map(|counted| counted.views as i32),
                forwards: counted.map(|counted| counted.forwards as i32),
                replies: counted
                    .and_then(|counted| counted.thread)
                    .map(render::replies),
            }
            .into(),
        );
    }
    let Everyone { users, chats } = shown.load(viewer, &mut *view).await?;
    Ok(types::messages::MessageViews {
        views,
        chats,
        users,
    }
    .into())
}
