//! Read marks.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::resolve::message_id;
use crate::router::{Access, Router};
use heliograph_domain::messages::ReadHistory;
use heliograph_model::Peer;
use heliograph_store::mailbox;
use heliograph_tl::enums;
use heliograph_tl::enums::messages::AffectedMessages;
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, read_history)
        .method(Access::User, Rate::Write, read_message_contents)
        .method(Access::User, Rate::Free, received_messages);
}

/// `messages.readHistory`: marks a chat as read up to `max_id`, and tells the author.
///
/// Fails with `PEER_ID_INVALID`.
/// Appends [`heliograph_model::Change::ReadInbox`] to the caller's mailbox and
/// [`heliograph_model::Change::ReadOutbox`] to the author's.
async fn read_history(cx: Ctx, req: f::messages::ReadHistory) -> Result<AffectedMessages> {
    let owner = cx.user()?;
    let peer = match cx.chat(&req.peer).await? {
        Peer::User(peer) => peer,
        // Channels have a method of their own.
        Peer::Channel(_) | Peer::Chat(_) => return Err(text::PEER_ID_INVALID.into()),
    };
    let read = cx
        .write(ReadHistory {
            owner,
            peer,
            max_id: message_id(req.max_id),
        })
        .await?;
    Ok(types::messages::AffectedMessages {
        pts: read.pts as i32,
        pts_count: read.logged.map_or(0, |logged| logged.pts_count as i32),
    }
    .into())
}

/// `messages.readMessageContents`: marks voice messages and mentions as opened. There are none of
/// them yet, so nothing changes.
async fn read_message_contents(
    cx: Ctx,
    _: f::messages::ReadMessageContents,
) -> Result<AffectedMessages> {
    let me = cx.user()?;
    let mut view = cx.store.view().await?;
    let pts = mailbox::state(&mut *view, me.into()).await?.pts as i32;
    let pts_count = 0;
    Ok(types::messages::AffectedMessages { pts, pts_count }.into())
}

/// `messages.receivedMessages`: the client has seen the messages up to `max_id`. No notifications
/// are outstanding that it would take back.
async fn received_messages(
    _: Ctx,
    _: f::messages::ReceivedMessages,
) -> Result<Vec<enums::ReceivedNotifyMessage>> {
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::testing::{chat_with, say, two};
    use crate::testing::{Person, World};
    use heliograph_tl::enums::Update;
    use heliograph_tl::enums::updates::Difference;

    async fn read(world: &World, by: &Person, with: &Person, max_id: i32) -> (i32, i32) {
        let peer = world.input_peer(by, with);
        let call = f::messages::ReadHistory { peer, max_id };
        let AffectedMessages::AffectedMessages(affected) =
            world.call(by, call).await.expect("it is read");
        (affected.pts, affected.pts_count)
    }

    /// The updates of a person's log after `pts`.
    async fn after(world: &World, person: &Person, pts: i32) -> Vec<Update> {
        let call = f::updates::GetDifference {
            pts,
            date: i32::MAX,
            ..Default::default()
        };
        match world.call(person, call).await.expect("a difference") {
            Difference::Difference(difference) => difference.other_updates,
            Difference::Empty(_) => Vec::new(),
            other => panic!("{}", other.constructor_name()),
        }
    }

    #[tokio::test]
    async fn reading_tells_the_reader_and_the_author() {
        let (world, ada, ben) = two().await;
        say(&world, &ben, &ben, "a note that shifts the numbers").await;
        for text in ["one", "two", "three"] {
            say(&world, &ada, &ben, text).await;
        }
        // Ben's numbers are 2, 3 and 4; Ada's 1, 2 and 3.
        assert_eq!(read(&world, &ben, &ada, 3).await, (6, 1));
        let [Update::ReadHistoryInbox(inbox)] = &after(&world, &ben, 5).await[..] else {
            panic!("no mark");
        };
        assert_eq!(inbox.peer, chat_with(&ada));
        assert_eq!((inbox.max_id, inbox.still_unread_count), (3, 1));
        let [Update::ReadHistoryOutbox(outbox)] = &after(&world, &ada, 4).await[..] else {
            panic!("no mark");
        };
        assert_eq!(outbox.peer, chat_with(&ben));
        assert_eq!((outbox.max_id, outbox.pts, outbox.pts_count), (2, 5, 1));
    }

    #[tokio::test]
    async fn marks_only_move_on() {
        let (world, ada, ben) = two().await;
        for text in ["one", "two"] {
            say(&world, &ada, &ben, text).await;
        }
        assert_eq!(read(&world, &ben, &ada, 0).await, (4, 1), "0 means all");
        assert_eq!(read(&world, &ben, &ada, 1).await, (4, 0));
        assert_eq!(read(&world, &ben, &ada, 2).await, (4, 0));
        assert_eq!(read(&world, &ada, &ben, 0).await, (4, 0), "nothing came in");
        assert_eq!(read(&world, &ada, &ada, 0).await, (4, 0));
    }

    #[tokio::test]
    async fn a_chat_that_its_author_has_removed_stays_removed_when_it_is_read() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "one").await;
        let deletion = f::messages::DeleteHistory {
            peer: world.input_peer(&ada, &ben),
            ..Default::default()
        };
        world.call(&ada, deletion).await.expect("it is deleted");
        assert_eq!(read(&world, &ben, &ada, 0).await, (3, 1));
        let mut view = world.services.store.view().await.expect("a view");
        let chat = mailbox::dialog(&mut *view, ada.id.into(), ben.id.into()).await;
        assert!(!chat.expect("the store works").expect("a trace").begun);
        let state = mailbox::state(&mut *view, ada.id.into()).await;
        assert_eq!(state.expect("a state").pts, 3, "nothing is told of it");
    }

    #[tokio::test]
    async fn nothing_has_contents_to_be_read() {
        let (world, ada, ben) = two().await;
        let id = say(&world, &ada, &ben, "one").await;
        let call = f::messages::ReadMessageContents { id: vec![id] };
        let AffectedMessages::AffectedMessages(affected) =
            world.call(&ada, call).await.expect("an answer");
        assert_eq!((affected.pts, affected.pts_count), (2, 0));
        let received = world.call(&ada, f::messages::ReceivedMessages { max_id: id });
        assert_eq!(received.await, Ok(Vec::new()));
    }
}
