//! Deleting.

use crate::context::Ctx;
use crate::error::Result;
use crate::limits::Rate;
use crate::resolve::message_id;
use crate::router::{Access, Router};
use heliograph_domain::messages::{DELETE_MAX, DeleteHistory, DeleteMessages, Deleted, Stretch};
use heliograph_model::{MessageId, UserId};
use heliograph_store::mailbox;
use heliograph_tl::enums::messages::{AffectedHistory, AffectedMessages};
use heliograph_tl::{functions as f, types};
use std::collections::BTreeSet;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, delete_messages)
        .method(Access::User, Rate::Write, delete_history);
}

/// How many messages go in one commit: they may stand in as many chats, each of which is locked.
const TOGETHER: usize = 100;

/// `messages.deleteMessages`: removes messages from the caller's mailbox, and with `revoke` from
/// the other side's too. Those that are gone are passed over.
///
/// Appends [`heliograph_model::Change::Deleted`] to the mailboxes they leave.
async fn delete_messages(cx: Ctx, req: f::messages::DeleteMessages) -> Result<AffectedMessages> {
    let me = cx.user()?;
    let ids: Vec<MessageId> = req
        .id
        .into_iter()
        .take(DELETE_MAX)
        .map(message_id)
        .collect();
    let mut pts = {
        let mut view = cx.store.view().await?;
        mailbox::state(&mut *view, me.into()).await?.pts
    };
    let mut pts_count = 0;
    for ids in ids.chunks(TOGETHER) {
        let deleted = cx
            .write(DeleteMessages {
                owner: me,
                ids: ids.to_vec(),
                peers: chats_of(&cx, me, ids).await?,
                revoke: req.revoke,
            })
            .await?;
        pts = deleted.pts;
        pts_count += count(&deleted);
    }
    let pts = pts as i32;
    Ok(types::messages::AffectedMessages { pts, pts_count }.into())
}

/// The people in whose chats the messages stand.
async fn chats_of(cx: &Ctx, me: UserId, ids: &[MessageId]) -> Result<Vec<UserId>> {
    let mut view = cx.store.view().await?;
    let messages = mailbox::load_many(&mut *view, me.into(), ids).await?;
    let chats: BTreeSet<UserId> = messages.iter().filter_map(|m| m.peer.user()).collect();
    Ok(chats.into_iter().collect())
}

/// `messages.deleteHistory`: removes the messages of a chat, all or up to `max_id`, or between two
/// dates. A positive `offset` in the answer says that more are left, for which clients ask again.
///
/// Fails with `PEER_ID_INVALID`.
/// Appends [`heliograph_model::Change::Deleted`] to the mailboxes they leave.
async fn delete_history(cx: Ctx, req: f::messages::DeleteHistory) -> Result<AffectedHistory> {
    let owner = cx.user()?;
    let peer = cx.peer(&req.peer).await?;
    let deleted = cx
        .write(DeleteHistory {
            owner,
            peer,
            stretch: Stretch {
                max_id: message_id(req.max_id),
                min_date: req.min_date.unwrap_or(0),
                max_date: req.max_date.unwrap_or(0),
            },
            revoke: req.revoke,
            just_clear: req.just_clear,
        })
        .await?;
    Ok(types::messages::AffectedHistory {
        pts: deleted.pts as i32,
        pts_count: count(&deleted),
        offset: i32::from(deleted.more),
    }
    .into())
}

/// How many `pts` the deletion consumed.
fn count(deleted: &Deleted) -> i32 {
    let logged = deleted.logged.as_ref();
    logged.map_or(0, |logged| logged.pts_count as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::text;
    use crate::messages::testing::{history, random_id, say, two};
    use crate::testing::{Person, World};
    use heliograph_tl::enums::InputPeer;

    async fn chats(world: &World, person: &Person) -> usize {
        let call = f::messages::GetDialogs {
            limit: 100,
            ..Default::default()
        };
        match world.call(person, call).await.expect("a list") {
            heliograph_tl::enums::messages::Dialogs::Dialogs(all) => all.dialogs.len(),
            other => panic!("{}", other.constructor_name()),
        }
    }

    fn affected(answer: AffectedHistory) -> (i32, i32, i32) {
        let AffectedHistory::AffectedHistory(affected) = answer;
        (affected.pts, affected.pts_count, affected.offset)
    }

    #[tokio::test]
    async fn messages_go_from_one_mailbox_or_from_both() {
        let (world, ada, ben) = two().await;
        for text in ["one", "two", "three"] {
            say(&world, &ada, &ben, text).await;
        }
        let delete = |revoke, id| f::messages::DeleteMessages { revoke, id };
        let mine = world.call(&ada, delete(false, vec![1, 99])).await;
        let AffectedMessages::AffectedMessages(mine) = mine.expect("it is deleted");
        assert_eq!((mine.pts, mine.pts_count), (5, 1));
        assert_eq!(history(&world, &ben, &ada).await.len(), 3);
        let both = world.call(&ada, delete(true, vec![2, 3])).await;
        let AffectedMessages::AffectedMessages(both) = both.expect("it is deleted");
        assert_eq!((both.pts, both.pts_count), (7, 2));
        assert_eq!(history(&world, &ada, &ben).await, []);
        assert_eq!(
            history(&world, &ben, &ada).await,
            [(1, "one".to_owned())],
            "a text whose author has deleted it stays readable for the other side"
        );
        let nothing = world.call(&ada, delete(true, vec![])).await;
        let AffectedMessages::AffectedMessages(nothing) = nothing.expect("nothing to delete");
        assert_eq!((nothing.pts, nothing.pts_count), (7, 0));
    }

    #[tokio::test]
    async fn many_messages_of_many_chats_go_at_once() {
        let (world, ada, ben) = two().await;
        let mut ids = Vec::new();
        for turn in 0..120 {
            let to = [&ben, &ada][turn % 2];
            ids.push(say(&world, &ada, to, "x").await);
        }
        let call = f::messages::DeleteMessages {
            revoke: false,
            id: ids,
        };
        let AffectedMessages::AffectedMessages(gone) =
            world.call(&ada, call).await.expect("it is deleted");
        assert_eq!((gone.pts, gone.pts_count), (241, 120));
        assert_eq!(history(&world, &ada, &ben).await, []);
        assert_eq!(history(&world, &ada, &ada).await, []);
    }

    #[tokio::test]
    async fn a_deleted_history_takes_the_chat_out_of_the_list() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "one").await;
        say(&world, &ben, &ada, "two").await;
        let call = f::messages::DeleteHistory {
            peer: world.input_peer(&ada, &ben),
            ..Default::default()
        };
        let answer = world.call(&ada, call.clone()).await.expect("it is deleted");
        assert_eq!(affected(answer), (5, 2, 0));
        assert_eq!(
            (chats(&world, &ada).await, chats(&world, &ben).await),
            (0, 1)
        );
        let answer = world.call(&ada, call).await.expect("nothing to delete");
        assert_eq!(affected(answer), (5, 0, 0));
    }

    #[tokio::test]
    async fn a_cleared_chat_stays_in_the_list() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "one").await;
        let call = f::messages::DeleteHistory {
            just_clear: true,
            peer: world.input_peer(&ada, &ben),
            ..Default::default()
        };
        let answer = world.call(&ada, call.clone()).await.expect("it is cleared");
        assert_eq!(
            affected(answer),
            (3, 1, 0),
            "what follows in the log comes as an update"
        );
        assert_eq!(
            history(&world, &ada, &ben).await,
            [(2, "messageActionHistoryClear".to_owned())]
        );
        assert_eq!(chats(&world, &ada).await, 1);
    }

    #[tokio::test]
    async fn a_history_is_deleted_up_to_a_message_or_between_dates() {
        let (world, ada, ben) = two().await;
        let start = world.clock_s();
        for text in ["0", "10", "20", "30", "40"] {
            say(&world, &ada, &ben, text).await;
            world.pass(10);
        }
        let left = |page: Vec<(i32, String)>| -> Vec<String> {
            page.into_iter().map(|(_, text)| text).collect()
        };
        let call = f::messages::DeleteHistory {
            peer: world.input_peer(&ada, &ben),
            max_id: 1,
            ..Default::default()
        };
        world.call(&ada, call.clone()).await.expect("it is deleted");
        assert_eq!(
            left(history(&world, &ada, &ben).await),
            ["40", "30", "20", "10"]
        );
        let call = f::messages::DeleteHistory {
            max_id: 0,
            min_date: Some(start + 10),
            max_date: Some(start + 40),
            revoke: true,
            ..call
        };
        world.call(&ada, call).await.expect("it is deleted");
        assert_eq!(left(history(&world, &ada, &ben).await), ["40", "10"]);
        assert_eq!(left(history(&world, &ben, &ada).await), ["40", "10", "0"]);
    }

    #[tokio::test]
    async fn a_long_history_goes_in_several_requests() {
        let (world, ada, _) = two().await;
        for _ in 0..=DELETE_MAX {
            let call = f::messages::SendMessage {
                peer: InputPeer::Self_,
                message: "x".into(),
                random_id: random_id(),
                ..Default::default()
            };
            world.pass(1);
            world.call(&ada, call).await.expect("it is sent");
        }
        let call = f::messages::DeleteHistory {
            peer: InputPeer::Self_,
            ..Default::default()
        };
        let answer = world
            .call(&ada, call.clone())
            .await
            .expect("some are deleted");
        let (_, count, offset) = affected(answer);
        assert_eq!((count, offset), (1000, 1));
        let answer = world.call(&ada, call).await.expect("the rest is deleted");
        let (_, count, offset) = affected(answer);
        assert_eq!((count, offset), (1, 0));
    }

    #[tokio::test]
    async fn a_chat_is_named_by_ones_own_access_hash() {
        let (world, ada, ben) = two().await;
        let cem = world.person("Cem", "4915112345603").await;
        say(&world, &ada, &ben, "one").await;
        let call = f::messages::DeleteHistory {
            peer: world.input_peer(&cem, &ben),
            ..Default::default()
        };
        let answer = world.call(&ada, call).await;
        assert_eq!(answer, Err(text::PEER_ID_INVALID.into()));
    }
}
