//! Pinned messages.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render;
use crate::resolve::message_id;
use crate::router::{Access, Router};
use heliograph_domain::channels::{PinPost, UnpinAllPosts};
use heliograph_domain::messages::{PinMessage, UnpinAll};
use heliograph_model::Peer;
use heliograph_store::mailbox;
use heliograph_tl::enums::Updates;
use heliograph_tl::enums::messages::AffectedHistory;
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Send, update_pinned_message)
        .method(Access::User, Rate::Send, unpin_all_messages);
}

/// `messages.updatePinnedMessage`: pins a message of a chat or takes it down, for both sides or,
/// with `pm_oneside`, for the caller alone.
///
/// Fails with `MESSAGE_ID_INVALID`, `PEER_ID_INVALID`, `USER_IS_BLOCKED` or `YOU_BLOCKED_USER`.
/// Appends [`heliograph_model::Change::Pinned`], and to the chat a message that tells of the pin.
async fn update_pinned_message(cx: Ctx, req: f::messages::UpdatePinnedMessage) -> Result<Updates> {
    let viewer = cx.viewer()?;
    let chat = cx.chat(&req.peer).await?;
    let (id, pin) = (message_id(req.id), !req.unpin);
    let logged = match chat {
        Peer::User(peer) => {
            let pin = PinMessage {
                owner: viewer.me,
                peer,
                id,
                pin,
                one_side: req.pm_oneside,
                silent: req.silent,
            };
            cx.write(pin).await?
        }
        Peer::Channel(channel) => {
            let pin = PinPost {
                by: viewer.me,
                channel,
                id,
                pin,
                silent: req.silent,
            };
            cx.write(pin).await?
        }
        Peer::Chat(_) => return Err(text::PEER_ID_NOT_SUPPORTED.into()),
    };
    let mut view = cx.store.view().await?;
    let entries = logged.iter().map(AsRef::as_ref);
    Ok(render::of_changes(
        viewer,
        &mut *view,
        chat.mailbox(viewer.me),
        Vec::new(),
        entries,
    )
    .await?)
}

/// `messages.unpinAllMessages`: takes down every pinned message of a chat, for both sides.
///
/// Fails with `PEER_ID_INVALID`.
/// Appends [`heliograph_model::Change::Pinned`] to both mailboxes.
async fn unpin_all_messages(
    cx: Ctx,
    req: f::messages::UnpinAllMessages,
) -> Result<AffectedHistory> {
    let owner = cx.user()?;
    let chat = cx.chat(&req.peer).await?;
    let logged = match chat {
        Peer::User(peer) => cx.write(UnpinAll { owner, peer }).await?,
        Peer::Channel(channel) => cx.write(UnpinAllPosts { by: owner, channel }).await?,
        Peer::Chat(_) => return Err(text::PEER_ID_NOT_SUPPORTED.into()),
    };
    let (pts, pts_count) = if let Some(logged) = logged {
        (logged.pts, logged.pts_count as i32)
    } else {
        let mut view = cx.store.view().await?;
        (
            mailbox::state(&mut *view, chat.mailbox(owner)).await?.pts,
            0,
        )
    };
    Ok(types::messages::AffectedHistory {
        pts: pts as i32,
        pts_count,
        offset: 0,
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::text;
    use crate::messages::testing::{history, id_of, messages, say, two, updates};
    use crate::testing::{Person, World};
    use heliograph_domain::messages::PINNED_MESSAGES_MAX;
    use heliograph_tl::enums::{Message, MessageReplyHeader, MessagesFilter, Update};

    fn pin(world: &World, by: &Person, with: &Person, id: i32) -> f::messages::UpdatePinnedMessage {
        f::messages::UpdatePinnedMessage {
            peer: world.input_peer(by, with),
            id,
            ..Default::default()
        }
    }

    async fn pinned(world: &World, by: &Person, with: &Person) -> Vec<i32> {
        let call = f::messages::Search {
            peer: world.input_peer(by, with),
            filter: MessagesFilter::InputMessagesFilterPinned,
            limit: 100,
            ..Default::default()
        };
        let found = messages(world.call(by, call).await.expect("a page"));
        let flagged = |message: &Message| matches!(message, Message::Message(m) if m.pinned);
        assert!(found.iter().all(flagged));
        found.iter().map(id_of).collect()
    }

    #[tokio::test]
    async fn a_pin_is_seen_and_told_on_both_sides() {
        let (world, ada, ben) = two().await;
        say(&world, &ben, &ben, "a note that shifts the numbers").await;
        let id = say(&world, &ada, &ben, "remember").await;
        let answer = world.call(&ada, pin(&world, &ada, &ben, id)).await;
        let answer = updates(answer.expect("it is pinned"));
        let [Update::PinnedMessages(told), Update::NewMessage(service)] = answer.updates.as_slice()
        else {
            panic!("{:?}", answer.updates);
        };
        assert_eq!((told.pinned, told.messages.as_slice()), (true, &[id][..]));
        assert_eq!((told.pts, service.pts), (3, 4));
        let Message::Service(service) = &service.message else {
            panic!("{:?}", service.message);
        };
        let Some(MessageReplyHeader::MessageReplyHeader(reply)) = &service.reply_to else {
            panic!("it answers nothing");
        };
        assert_eq!(reply.reply_to_msg_id, Some(id));
        assert_eq!(pinned(&world, &ada, &ben).await, [id]);
        assert_eq!(pinned(&world, &ben, &ada).await, [id + 1]);
        assert_eq!(
            history(&world, &ben, &ada).await[0].1,
            "messageActionPinMessage"
        );

        let again = world.call(&ada, pin(&world, &ada, &ben, id)).await;
        assert_eq!(updates(again.expect("it stands so")).updates, []);
    }

    #[tokio::test]
    async fn a_pin_for_oneself_is_ones_own() {
        let (world, ada, ben) = two().await;
        let id = say(&world, &ada, &ben, "remember").await;
        let call = f::messages::UpdatePinnedMessage {
            pm_oneside: true,
            ..pin(&world, &ada, &ben, id)
        };
        world.call(&ada, call.clone()).await.expect("it is pinned");
        assert_eq!(pinned(&world, &ada, &ben).await, [id]);
        assert!(pinned(&world, &ben, &ada).await.is_empty());
        assert_eq!(history(&world, &ada, &ben).await.len(), 1);
        let call = f::messages::UpdatePinnedMessage {
            unpin: true,
            ..call
        };
        world.call(&ada, call).await.expect("it is unpinned");
        assert!(pinned(&world, &ada, &ben).await.is_empty());
    }

    #[tokio::test]
    async fn all_pins_of_a_chat_go_at_once() {
        let (world, ada, ben) = two().await;
        for text in ["one", "two"] {
            let id = say(&world, &ada, &ben, text).await;
            world
                .call(&ada, pin(&world, &ada, &ben, id))
                .await
                .expect("it is pinned");
        }
        let unpin = f::messages::UnpinAllMessages {
            peer: world.input_peer(&ben, &ada),
            ..Default::default()
        };
        let AffectedHistory::AffectedHistory(gone) =
            world.call(&ben, unpin.clone()).await.expect("they go");
        assert_eq!((gone.pts_count, gone.offset), (2, 0));
        assert!(pinned(&world, &ada, &ben).await.is_empty());
        let AffectedHistory::AffectedHistory(nothing) =
            world.call(&ben, unpin).await.expect("none is left");
        assert_eq!((nothing.pts, nothing.pts_count), (gone.pts, 0));
    }

    #[tokio::test]
    async fn deleted_messages_are_pinned_no_more_and_the_list_is_bounded() {
        let (world, ada, _) = two().await;
        for _ in 0..=PINNED_MESSAGES_MAX {
            let id = say(&world, &ada, &ada, "note").await;
            world
                .call(&ada, pin(&world, &ada, &ada, id))
                .await
                .expect("it is pinned");
        }
        let kept = pinned(&world, &ada, &ada).await;
        assert_eq!((kept.len(), kept.last()), (PINNED_MESSAGES_MAX, Some(&2)));
        let deletion = f::messages::DeleteMessages {
            revoke: false,
            id: vec![2, 3],
        };
        world.call(&ada, deletion).await.expect("they are deleted");
        assert_eq!(pinned(&world, &ada, &ada).await.last(), Some(&4));
    }

    #[tokio::test]
    async fn only_a_message_of_the_chat_can_be_pinned() {
        let (world, ada, ben) = two().await;
        let note = say(&world, &ada, &ada, "note").await;
        let answer = world.call(&ada, pin(&world, &ada, &ben, note)).await;
        assert_eq!(answer, Err(text::MESSAGE_ID_INVALID.into()));
    }
}
