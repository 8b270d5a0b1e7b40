//! Pinned chats, and chats marked unread by hand.

use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::dialogs::{DialogError, MarkUnread, PinDialog, ReorderPinned};
use heliograph_store::mailbox;
use heliograph_tl::enums::DialogPeer;
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, toggle_dialog_pin)
        .method(Access::User, Rate::Write, reorder_pinned_dialogs)
        .method(Access::User, Rate::Write, mark_dialog_unread)
        .method(Access::User, Rate::Read, get_dialog_unread_marks);
}

/// `messages.toggleDialogPin`: pins a chat on top of the list, or takes it down.
///
/// Fails with `PEER_ID_INVALID`, `PEER_HISTORY_EMPTY` or `PINNED_DIALOGS_TOO_MUCH`.
/// Notes [`heliograph_model::Notice::DialogPinned`].
async fn toggle_dialog_pin(cx: Ctx, req: f::messages::ToggleDialogPin) -> Result<bool> {
    let owner = cx.user()?;
    let peer = cx.dialog_peer(&req.peer).await?;
    let pin = req.pinned;
    let pinned = cx.write(PinDialog { owner, peer, pin }).await;
    pinned.map_err(|error| match error {
        DialogError::UnknownDialog => text::PEER_HISTORY_EMPTY.into(),
        other => RpcError::from(other),
    })?;
    Ok(true)
}

/// `messages.reorderPinnedDialogs`: puts the pinned chats in another order.
///
/// Fails with `PEER_ID_INVALID`, `FOLDER_ID_INVALID` or `PINNED_DIALOGS_TOO_MUCH`.
/// Notes [`heliograph_model::Notice::PinnedOrder`].
async fn reorder_pinned_dialogs(cx: Ctx, req: f::messages::ReorderPinnedDialogs) -> Result<bool> {
    let owner = cx.user()?;
    if req.folder_id != 0 {
        return Err(text::FOLDER_ID_INVALID.into());
    }
    let mut order = Vec::with_capacity(req.order.len());
    for peer in &req.order {
        order.push(cx.dialog_peer(peer).await?);
    }
    let force = req.force;
    cx.write(ReorderPinned {
        owner,
        order,
        force,
    })
    .await?;
    Ok(true)
}

/// `messages.markDialogUnread`: marks a chat unread by hand, or takes the mark off.
///
/// Fails with `PEER_ID_INVALID`.
/// Notes [`heliograph_model::Notice::UnreadMark`].
async fn mark_dialog_unread(cx: Ctx, req: f::messages::MarkDialogUnread) -> Result<bool> {
    let owner = cx.user()?;
    let peer = cx.dialog_peer(&req.peer).await?;
    cx.write(MarkUnread {
        owner,
        peer,
        unread: req.unread,
    })
    .await?;
    Ok(true)
}

/// `messages.getDialogUnreadMarks`: the chats that the caller has marked unread.
async fn get_dialog_unread_marks(
    cx: Ctx,
    _: f::messages::GetDialogUnreadMarks,
) -> Result<Vec<DialogPeer>> {
    let me = cx.user()?;
    let mut view = cx.store.view().await?;
    let dialogs = mailbox::dialogs(&mut *view, me.into()).await?;
    let marked = dialogs.into_iter().filter(|(_, dialog)| dialog.unread_mark);
    Ok(marked
        .map(|(peer, _)| {
            let peer = render::peer(peer);
            types::DialogPeer { peer }.into()
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::testing::{chat_with, say, two};
    use crate::testing::{Person, World};
    use heliograph_domain::dialogs::{PINNED_MAX, pinned};
    use heliograph_model::Peer;
    use heliograph_tl::enums::InputDialogPeer;

    fn named(world: &World, by: &Person, other: &Person) -> InputDialogPeer {
        let peer = world.input_peer(by, other);
        types::InputDialogPeer { peer }.into()
    }

    async fn pin(world: &World, by: &Person, other: &Person, pinned: bool) -> Result<bool> {
        let peer = named(world, by, other);
        let call = f::messages::ToggleDialogPin { pinned, peer };
        world.call(by, call).await
    }

    async fn order(world: &World, of: &Person) -> Vec<Peer> {
        let mut view = world.services.store.view().await.expect("a view");
        let pinned = pinned(&mut *view, of.id).await.expect("chats");
        pinned.into_iter().map(|(peer, _)| peer).collect()
    }

    /// Somebody with `count` chats.
    async fn with_chats(count: usize) -> (World, Person, Vec<Person>) {
        let world = World::new().await;
        let ada = world.person("Ada", "4915112345600").await;
        let mut others = Vec::new();
        for number in 0..count {
            let digits = format!("49151123457{number:02}");
            let other = world.person("P", &digits).await;
            say(&world, &ada, &other, "hello").await;
            others.push(other);
        }
        (world, ada, others)
    }

    #[tokio::test]
    async fn the_chat_pinned_last_stands_on_top() {
        let (world, ada, others) = with_chats(3).await;
        for other in &others {
            assert_eq!(pin(&world, &ada, other, true).await, Ok(true));
        }
        let top_down = [2, 1, 0].map(|index| Peer::User(others[index].id));
        assert_eq!(order(&world, &ada).await, top_down);
        assert_eq!(pin(&world, &ada, &others[1], false).await, Ok(true));
        assert_eq!(order(&world, &ada).await, [top_down[0], top_down[2]]);
    }

    #[tokio::test]
    async fn only_so_many_chats_with_messages_are_pinned() {
        let (world, ada, others) = with_chats(PINNED_MAX + 1).await;
        for other in &others[..PINNED_MAX] {
            assert_eq!(pin(&world, &ada, other, true).await, Ok(true));
        }
        assert_eq!(
            pin(&world, &ada, &others[PINNED_MAX], true).await,
            Err(text::PINNED_DIALOGS_TOO_MUCH.into())
        );
        assert_eq!(
            pin(&world, &others[0], &others[1], true).await,
            Err(text::PEER_HISTORY_EMPTY.into())
        );
    }

    #[tokio::test]
    async fn reordering_keeps_or_drops_those_not_named() {
        let (world, ada, others) = with_chats(4).await;
        for other in &others[..3] {
            pin(&world, &ada, other, true).await.expect("it is pinned");
        }
        let peer = |index: usize| Peer::User(others[index].id);
        let reorder = |order: &[usize], force| f::messages::ReorderPinnedDialogs {
            force,
            folder_id: 0,
            order: order
                .iter()
                .map(|index| named(&world, &ada, &others[*index]))
                .collect(),
        };
        let moved = world.call(&ada, reorder(&[0, 2, 0], false)).await;
        assert_eq!(moved, Ok(true));
        assert_eq!(order(&world, &ada).await, [0, 2, 1].map(peer));
        let forced = world.call(&ada, reorder(&[3, 2], true)).await;
        assert_eq!(forced, Ok(true));
        assert_eq!(order(&world, &ada).await, [3, 2].map(peer));
        let folder = f::messages::ReorderPinnedDialogs {
            folder_id: 1,
            ..reorder(&[2], true)
        };
        assert_eq!(
            world.call(&ada, folder).await,
            Err(text::FOLDER_ID_INVALID.into())
        );
    }

    #[tokio::test]
    async fn a_mark_stays_until_the_chat_is_read() {
        let (world, ada, ben) = two().await;
        say(&world, &ben, &ada, "hello").await;
        let mark = f::messages::MarkDialogUnread {
            unread: true,
            parent_peer: None,
            peer: named(&world, &ada, &ben),
        };
        assert_eq!(world.call(&ada, mark.clone()).await, Ok(true));
        let ask = f::messages::GetDialogUnreadMarks::default();
        let peer = chat_with(&ben);
        assert_eq!(
            world.call(&ada, ask.clone()).await,
            Ok(vec![types::DialogPeer { peer }.into()])
        );
        let read = f::messages::ReadHistory {
            peer: world.input_peer(&ada, &ben),
            max_id: 0,
        };
        world.call(&ada, read).await.expect("it is read");
        assert_eq!(world.call(&ada, ask).await, Ok(Vec::new()));
        assert_eq!(
            world.call(&ben, mark).await,
            Err(text::PEER_ID_INVALID.into()),
            "an access hash is for one viewer"
        );
    }
}
