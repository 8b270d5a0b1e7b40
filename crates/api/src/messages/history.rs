//! Reading chats back.

use crate::context::Ctx;
use crate::error::Result;
use crate::limits::Rate;
use crate::render::{self, Everyone, Shown};
use crate::resolve::{message_id, page_limit, window};
use crate::router::{Access, Router};
use heliograph_domain::messages::{self, Window};
use heliograph_model::Owner;
use heliograph_store::{Rows, StoreError, mailbox};
use heliograph_tl::enums::messages::Messages;
use heliograph_tl::enums::{self, InputMessage};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_history)
        .method(Access::User, Rate::Read, get_messages)
        .method(Access::User, Rate::Read, get_scheduled_history);
}

/// `messages.getHistory`: a page of a chat, newest first.
///
/// `hash` is not looked at: sending the page again is always allowed.
///
/// Fails with `PEER_ID_INVALID`.
async fn get_history(cx: Ctx, req: f::messages::GetHistory) -> Result<Messages> {
    let viewer = cx.viewer()?;
    let peer = cx.chat(&req.peer).await?;
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
    let mut view = cx.store.view().await?;
    let page = messages::page(
        &mut *view,
        &cx.counts,
        peer.mailbox(viewer.me),
        peer,
        window,
    )
    .await?;
    Ok(render::page(viewer, &mut *view, Some(peer), page, Shown::default()).await?)
}

/// How many messages one request names at most; clients ask for 100 at a time.
const NAMED_MAX: usize = 200;

/// `messages.getMessages`: messages by their numbers, in the order asked for; `messageEmpty` stands
/// where there is none.
async fn get_messages(cx: Ctx, req: f::messages::GetMessages) -> Result<Messages> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let mut messages = Vec::with_capacity(req.id.len().min(NAMED_MAX));
    let mut shown = Shown::default();
    for named in req.id.iter().take(NAMED_MAX) {
        let found = find(&mut *view, viewer.me.into(), named).await?;
        messages.push(match &found {
            Some(message) => {
                shown.message(message);
                render::message(viewer, message)
            }
            None => empty(named),
        });
    }
    let Everyone { users, chats } = shown.load(viewer, &mut *view).await?;
    Ok(types::messages::Messages {
        messages,
        topics: Vec::new(),
        chats,
        users,
    }
    .into())
}

/// The message that `named` names in this mailbox.
pub(crate) async fn find(
    rows: &mut dyn Rows,
    owner: Owner,
    named: &InputMessage,
) -> Result<Option<heliograph_model::Message>, StoreError> {
    match named {
        InputMessage::ID(message) => mailbox::load(rows, owner, message_id(message.id)).await,
        InputMessage::ReplyTo(answer) => {
            let answer = mailbox::load(rows, owner, message_id(answer.id)).await?;
            match answer.and_then(|answer| answer.reply_to) {
                Some(id) => mailbox::load(rows, owner, id).await,
                None => Ok(None),
            }
        }
        // The one names no chat here, the other comes from a bot's button.
        InputMessage::Pinned | InputMessage::CallbackQuery(_) => Ok(None),
    }
}

/// What stands for a message that is not there.
pub(crate) fn empty(named: &InputMessage) -> enums::Message {
    let id = match named {
        InputMessage::ID(message) => message.id,
        InputMessage::ReplyTo(message) => message.id,
        InputMessage::CallbackQuery(message) => message.id,
        InputMessage::Pinned => 0,
    };
    types::MessageEmpty { id, peer_id: None }.into()
}

/// `messages.getScheduledHistory`: messages cannot be scheduled here, so there are none.
///
/// Fails with `PEER_ID_INVALID`.
async fn get_scheduled_history(cx: Ctx, req: f::messages::GetScheduledHistory) -> Result<Messages> {
    cx.chat(&req.peer).await?;
    Ok(types::messages::Messages::default().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::text;
    use crate::messages::testing::{id_of, messages, say, two, users};
    use crate::testing::{Person, World};
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};

    /// A chat with holes, in which several messages share a second: numbers and dates, newest first.
    async fn chat_with_holes() -> (World, Person, Person, Vec<(i32, i32)>) {
        let (world, ada, ben) = two().await;
        let mut list = Vec::new();
        for turn in 0..60 {
            let date = world.clock_s();
            // Messages of other chats take numbers of the same mailbox.
            if turn % 7 == 3 {
                say(&world, &ada, &ada, "note").await;
            } else {
                list.push((say(&world, &ada, &ben, "x").await, date));
            }
            world.pass(i64::from(turn % 4 == 0));
        }
        let gone = vec![list[0].0, list[20].0, list[21].0, list[22].0];
        list.retain(|(id, _)| !gone.contains(id));
        let deletion = f::messages::DeleteMessages {
            revoke: false,
            id: gone,
        };
        world.call(&ada, deletion).await.expect("they are deleted");
        list.reverse();
        (world, ada, ben, list)
    }

    /// What the documentation says, in the most literal way.
    fn model(list: &[(i32, i32)], call: &f::messages::GetHistory) -> Vec<i32> {
        let bounded: Vec<(i32, i32)> = list
            .iter()
            .copied()
            .filter(|(id, _)| call.max_id == 0 || *id < call.max_id)
            .filter(|(id, _)| *id > call.min_id)
            .collect();
        let not_older = bounded.iter().filter(|(id, date)| {
            if call.offset_id > 0 {
                *id >= call.offset_id
            } else {
                call.offset_date > 0 && *date >= call.offset_date
            }
        });
        let start = not_older.count() as i64 + i64::from(call.add_offset);
        let limit = if call.limit == 0 { 20 } else { call.limit };
        let places = start..start + i64::from(limit.min(100));
        (0..)
            .zip(&bounded)
            .filter(|(place, _)| places.contains(place))
            .map(|(_, (id, _))| *id)
            .collect()
    }

    #[test]
    fn any_window_holds_what_the_documentation_says() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let (world, ada, ben, list) = runtime.block_on(chat_with_holes());
        let first_date = list.last().expect("not empty").1;
        let id = || prop_oneof![1 => Just(0), 4 => 0..70i32];
        let windows = (
            id(),
            prop_oneof![1 => Just(0), 1 => first_date - 2..first_date + 20],
            prop_oneof![2 => Just(0), 4 => -70..70i32, 1 => Just(i32::MIN), 1 => Just(i32::MAX)],
            0..=110i32,
            id(),
            id(),
        );
        let mut runner = TestRunner::new(Config {
            cases: 2000,
            ..Config::default()
        });
        let outcome = runner.run(&windows, |window| {
            let (offset_id, offset_date, add_offset, limit, max_id, min_id) = window;
            let call = f::messages::GetHistory {
                peer: world.input_peer(&ada, &ben),
                offset_id,
                offset_date,
                add_offset,
                limit,
                max_id,
                min_id,
                hash: 0,
            };
            world.pass(1);
            let page = runtime.block_on(world.call(&ada, call.clone()));
            let page = page.expect("a page");
            if let Messages::Slice(slice) = &page {
                prop_assert_eq!(slice.count as usize, list.len());
                let first = slice.messages.first().map(id_of);
                let place = first.and_then(|id| list.iter().position(|(known, _)| *known == id));
                prop_assert_eq!(slice.offset_id_offset, place.map(|place| place as i32));
            }
            let ids: Vec<i32> = messages(page).iter().map(id_of).collect();
            prop_assert_eq!(ids, model(&list, &call));
            Ok(())
        });
        outcome.expect("every window is right");
    }

    #[tokio::test]
    async fn a_walk_in_either_direction_sees_each_message_once() {
        let (world, ada, ben, list) = chat_with_holes().await;
        let all: Vec<i32> = list.iter().map(|(id, _)| *id).collect();
        for limit in [1, 7, 100] {
            let mut down = Vec::new();
            loop {
                let page = world.call(
                    &ada,
                    f::messages::GetHistory {
                        peer: world.input_peer(&ada, &ben),
                        offset_id: down.last().copied().unwrap_or(0),
                        limit,
                        ..Default::default()
                    },
                );
                let page = messages(page.await.expect("a page"));
                down.extend(page.iter().map(id_of));
                if page.len() < limit as usize {
                    break;
                }
            }
            assert_eq!(down, all);

            // As Telethon walks with `reverse=True`: a page that reaches below the place where it
            // stands would end its walk.
            let mut up: Vec<i32> = Vec::new();
            loop {
                let last = up.last().copied().unwrap_or(0);
                let page = world.call(
                    &ada,
                    f::messages::GetHistory {
                        peer: world.input_peer(&ada, &ben),
                        offset_id: last + 1,
                        add_offset: -limit,
                        limit,
                        ..Default::default()
                    },
                );
                let page = messages(page.await.expect("a page"));
                assert!(page.iter().all(|message| id_of(message) > last));
                up.extend(page.iter().rev().map(id_of));
                if page.len() < limit as usize {
                    break;
                }
            }
            up.reverse();
            assert_eq!(up, all);
        }
    }

    #[tokio::test]
    async fn a_page_that_is_the_whole_chat_is_no_slice() {
        let (world, ada, ben) = two().await;
        let ask = |limit| f::messages::GetHistory {
            peer: world.input_peer(&ada, &ben),
            limit,
            ..Default::default()
        };
        let empty = world.call(&ada, ask(10)).await.expect("a page");
        assert!(matches!(&empty, Messages::Messages(_)));
        assert_eq!(users(&empty), [ben.id]);
        say(&world, &ada, &ben, "one").await;
        say(&world, &ada, &ben, "two").await;
        let whole = world.call(&ada, ask(2)).await.expect("a page");
        assert!(matches!(&whole, Messages::Messages(_)));
        assert_eq!(users(&whole), [ada.id, ben.id]);
        let part = world.call(&ada, ask(1)).await.expect("a page");
        assert!(matches!(&part, Messages::Slice(slice) if slice.count == 2));
    }

    #[tokio::test]
    async fn messages_come_in_the_order_asked_for() {
        let (world, ada, ben) = two().await;
        let one = say(&world, &ada, &ben, "one").await;
        let two = say(&world, &ada, &ada, "two").await;
        let mut call = crate::messages::testing::text(&world, &ada, &ben, "an answer");
        let reply = types::InputReplyToMessage {
            reply_to_msg_id: one,
            ..Default::default()
        };
        call.reply_to = Some(reply.into());
        world.call(&ada, call).await.expect("it is sent");

        let id = |id| InputMessage::ID(types::InputMessageID { id });
        let reply_to = |id| InputMessage::ReplyTo(types::InputMessageReplyTo { id });
        let named = vec![id(two), id(99), id(one), reply_to(3), reply_to(1), id(-5)];
        let page = world
            .call(&ada, f::messages::GetMessages { id: named })
            .await;
        let page = messages(page.expect("a page"));
        let ids: Vec<i32> = page.iter().map(id_of).collect();
        assert_eq!(ids, [two, 99, one, one, 1, -5]);
        let empty: Vec<bool> = page
            .iter()
            .map(|message| matches!(message, enums::Message::Empty(_)))
            .collect();
        assert_eq!(empty, [false, true, false, false, true, true]);
    }

    #[tokio::test]
    async fn another_mailbox_cannot_be_read() {
        let (world, ada, ben) = two().await;
        let cem = world.person("Cem", "4915112345603").await;
        let id = say(&world, &ada, &ben, "for Ben").await;
        let named = vec![types::InputMessageID { id }.into()];
        let page = world
            .call(&cem, f::messages::GetMessages { id: named })
            .await;
        assert!(matches!(
            messages(page.expect("a page")).as_slice(),
            [enums::Message::Empty(_)]
        ));
    }

    #[tokio::test]
    async fn nothing_is_scheduled() {
        let (world, ada, ben) = two().await;
        let ask = |peer| f::messages::GetScheduledHistory { peer, hash: 0 };
        let page = world.call(&ada, ask(world.input_peer(&ada, &ben))).await;
        assert_eq!(messages(page.expect("a page")), []);
        let nobody = world.call(&ada, ask(enums::InputPeer::Empty)).await;
        assert_eq!(nobody, Err(text::PEER_ID_INVALID.into()));
    }
}
