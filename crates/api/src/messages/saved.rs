//! Saved Messages by where they were forwarded from
//! (<https://core.telegram.org/api/saved-messages>).

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Everyone, Shown};
use crate::resolve::{message_id, page_limit, window};
use crate::router::{Access, Router};
use heliograph_domain::messages::{self, Place, SavedPart, Wanted, Window};
use heliograph_model::Peer;
use heliograph_tl::enums::SavedDialog;
use heliograph_tl::enums::messages::{Messages, SavedDialogs};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_saved_dialogs)
        .method(Access::User, Rate::Read, get_saved_history)
        .method(Access::User, Rate::Read, get_pinned_saved_dialogs);
}

/// `messages.getSavedDialogs`: the parts of Saved Messages, the one with the newest message first.
///
/// Fails with `PEER_ID_INVALID` for the messages of a channel (`parent_peer`).
async fn get_saved_dialogs(cx: Ctx, req: f::messages::GetSavedDialogs) -> Result<SavedDialogs> {
    let viewer = cx.viewer()?;
    if req.parent_peer.is_some() {
        return Err(text::PEER_ID_INVALID.into());
    }
    let mut view = cx.store.view().await?;
    let parts = messages::saved_parts(&mut *view, viewer.me).await?;
    let total = parts.len();
    // The numbers of one chat ascend with its dates, so either offset names the same place.
    let offset_id = message_id(req.offset_id);
    let after_offset = |part: &SavedPart| {
        (offset_id.0 == 0 || part.1.id < offset_id)
            && (offset_id.0 > 0 || req.offset_date <= 0 || part.1.date < req.offset_date)
    };
    let page: Vec<SavedPart> = parts
        .into_iter()
        .filter(after_offset)
        .take(page_limit(req.limit))
        .collect();

    let mut shown = Shown::default();
    let mut messages = Vec::with_capacity(page.len());
    let mut dialogs: Vec<SavedDialog> = Vec::with_capacity(page.len());
    for (peer, top) in &page {
        shown.add(*peer);
        shown.message(top);
        messages.push(render::message(viewer, top));
        dialogs.push(
            types::SavedDialog {
                pinned: false,
                peer: render::peer(*peer),
                top_message: top.id.0 as i32,
            }
            .into(),
        );
    }
    let Everyone { users, chats } = shown.load(viewer, &mut *view).await?;
    Ok(if page.len() == total {
        types::messages::SavedDialogs {
            dialogs,
            messages,
            chats,
            users,
        }
        .into()
    } else {
        types::messages::SavedDialogsSlice {
            count: total as i32,
            dialogs,
            messages,
            chats,
            users,
        }
        .into()
    })
}

/// `messages.getSavedHistory`: a page of one part of Saved Messages, newest first.
///
/// Fails with `PEER_ID_INVALID`.
async fn get_saved_history(cx: Ctx, req: f::messages::GetSavedHistory) -> Result<Messages> {
    let viewer = cx.viewer()?;
    if req.parent_peer.is_some() {
        return Err(text::PEER_ID_INVALID.into());
    }
    let part = cx.chat(&req.peer).await?;
    let window = Window {
        limit: page_limit(req.limit),
        ..window(
            req.offset_id,
            req.offset_date,
            req.add_offset,
            req.limit,
            req.max_id,
            req.min_id,
        )
    };
    let wanted = Wanted::saved_in(part);
    let place = Place::Chat(Peer::User(viewer.me));
    let mut view = cx.store.view().await?;
    let page = messages::search(&mut *view, viewer.me.into(), place, window, &wanted).await?;
    let own = Peer::User(viewer.me);
    Ok(render::page(viewer, &mut *view, Some(own), page, Shown::chat(part)).await?)
}

/// `messages.getPinnedSavedDialogs`: the parts cannot be pinned yet, so there are none.
async fn get_pinned_saved_dialogs(
    _: Ctx,
    _: f::messages::GetPinnedSavedDialogs,
) -> Result<SavedDialogs> {
    Ok(types::messages::SavedDialogs::default().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::testing::{chat_with, id_of, messages as page_of, random_id, say, two};
    use crate::testing::{Person, World};
    use heliograph_tl::enums::{InputPeer, Peer as WirePeer};

    /// Ada's notes 1 and 4, and what she saved from Ben as 3.
    async fn with_notes() -> (World, Person, Person) {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ada, "a note").await;
        let id = say(&world, &ben, &ada, "keep this").await;
        assert_eq!(id, 1);
        let forward = f::messages::ForwardMessages {
            from_peer: world.input_peer(&ada, &ben),
            id: vec![2],
            random_id: vec![random_id()],
            to_peer: InputPeer::Self_,
            ..Default::default()
        };
        world.call(&ada, forward).await.expect("it is saved");
        world.pass(1);
        say(&world, &ada, &ada, "another note").await;
        (world, ada, ben)
    }

    fn parts(answer: SavedDialogs) -> Vec<(WirePeer, i32)> {
        let dialogs = match answer {
            SavedDialogs::SavedDialogs(all) => all.dialogs,
            SavedDialogs::Slice(slice) => slice.dialogs,
            SavedDialogs::NotModified(_) => panic!("nothing was cached"),
        };
        dialogs
            .into_iter()
            .map(|dialog| match dialog {
                SavedDialog::SavedDialog(dialog) => (dialog.peer, dialog.top_message),
                SavedDialog::MonoForumDialog(_) => panic!("there are no channels"),
            })
            .collect()
    }

    #[tokio::test]
    async fn saved_messages_are_parted_by_their_source() {
        let (world, ada, ben) = with_notes().await;
        let ask = f::messages::GetSavedDialogs {
            limit: 10,
            ..Default::default()
        };
        let all = parts(world.call(&ada, ask.clone()).await.expect("parts"));
        assert_eq!(all, [(chat_with(&ada), 4), (chat_with(&ben), 3)]);
        let next = f::messages::GetSavedDialogs {
            offset_id: 4,
            limit: 1,
            ..ask
        };
        let rest = parts(world.call(&ada, next).await.expect("parts"));
        assert_eq!(rest, [(chat_with(&ben), 3)]);
        let pinned = world.call(&ada, f::messages::GetPinnedSavedDialogs).await;
        assert_eq!(parts(pinned.expect("parts")), []);
    }

    #[tokio::test]
    async fn each_part_has_its_own_history() {
        let (world, ada, ben) = with_notes().await;
        for (part, ids) in [(&ada, vec![4, 1]), (&ben, vec![3])] {
            let call = f::messages::GetSavedHistory {
                peer: world.input_peer(&ada, part),
                limit: 10,
                ..Default::default()
            };
            let page = page_of(world.call(&ada, call).await.expect("a page"));
            assert_eq!(page.iter().map(id_of).collect::<Vec<_>>(), ids);
        }
        let older = f::messages::GetSavedHistory {
            peer: InputPeer::Self_,
            offset_date: world.clock_s(),
            limit: 10,
            ..Default::default()
        };
        let page = page_of(world.call(&ada, older).await.expect("a page"));
        assert_eq!(page.iter().map(id_of).collect::<Vec<_>>(), [1]);
    }
}
