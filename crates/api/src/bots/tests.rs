//! Bots in chats: what they see, and buttons.

use super::{token_hash, token_secret};
use crate::channels::testing::Kind;
use crate::error::text;
use crate::messages::testing::{messages, random_id, sent_id, two};
use crate::testing::{Person, World};
use heliograph_domain::bots::{BotUpdate, CreateBot, EditBot, updates_from};
use heliograph_model::{FirstName, UserId, Username};
use heliograph_tl::enums::{KeyboardButton, KeyboardButtonRow, Message, ReplyMarkup};
use heliograph_tl::{functions as f, types};

async fn bot(world: &World, owner: &Person) -> Person {
    let create = CreateBot {
        owner: owner.id,
        name: FirstName::parse("Echo").expect("a name"),
        username: Username::parse("echo_bot").expect("a username"),
        secret: token_secret(|out| out.fill(7)),
        hash: token_hash,
    };
    let (account, _) = world
        .services
        .store
        .write(create)
        .await
        .expect("it is made");
    world.another_device(account.person.id).await
}

/// The texts that wait for a bot; `*` stands before those that were edited.
async fn waiting(world: &World, bot: UserId) -> Vec<String> {
    let mut view = world.services.store.view().await.expect("the store works");
    let found = updates_from(&mut *view, bot, 0, 100, world.clock_s()).await;
    let mut texts = Vec::new();
    for (_, queued) in found.expect("the store works") {
        texts.push(match queued.update {
            BotUpdate::Message { peer, id, edited } => {
                let owner = peer.mailbox(bot);
                let message = heliograph_store::mailbox::load(&mut *view, owner, id).await;
                let message = message.expect("the store works").expect("it is there");
                let mark = if edited { "*" } else { "" };
                match &message.body.action {
                    Some(_) => "(service)".to_owned(),
                    None => format!("{mark}{}", message.body.text),
                }
            }
            BotUpdate::Callback { .. } => "(button)".to_owned(),
            BotUpdate::OwnPlace { inside, .. } => format!("(inside: {inside})"),
        });
    }
    texts
}

#[tokio::test]
async fn in_privacy_mode_a_bot_sees_what_concerns_it() {
    let (world, ada, ben) = two().await;
    let echo = bot(&world, &ada).await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.add(&ada, group, &[&ben, &echo]).await;
    for text in [
        "hello all",
        "/start",
        "/start@echo_bot",
        "/start@other_bot",
        "hey @echo_bot",
        "not /a command at the start",
    ] {
        world.say_in(&ben, group, text).await;
    }
    let own = world.say_in(&echo, group, "I am here").await;
    let mut answer = world.post(&ben, group, "so you are");
    answer.reply_to = Some(
        types::InputReplyToMessage {
            reply_to_msg_id: own,
            ..Default::default()
        }
        .into(),
    );
    world.call(&ben, answer).await.expect("it is sent");
    let seen = [
        "(inside: true)",
        "(service)",
        "/start",
        "/start@echo_bot",
        "hey @echo_bot",
        "so you are",
    ];
    assert_eq!(waiting(&world, echo.id).await, seen);

    // What it is not shown it does not read in another way either.
    let hidden = own - 6;
    let read = f::channels::GetMessages {
        channel: world.input_channel(&echo, group),
        id: vec![types::InputMessageID { id: hidden }.into()],
    };
    let heliograph_tl::enums::messages::Messages::ChannelMessages(page) =
        world.call(&echo, read).await.expect("a page")
    else {
        panic!("not a channel's");
    };
    assert!(matches!(page.messages.as_slice(), [Message::Empty(_)]));
    let forward = f::messages::ForwardMessages {
        from_peer: world.channel_peer(&echo, group),
        id: vec![hidden],
        random_id: vec![random_id()],
        to_peer: world.channel_peer(&echo, group),
        ..Default::default()
    };
    let refused = world.call(&echo, forward).await;
    assert_eq!(refused, Err(text::MESSAGE_ID_INVALID.into()));
    let history = f::messages::GetHistory {
        peer: world.channel_peer(&echo, group),
        ..Default::default()
    };
    let refused = world.call(&echo, history).await;
    assert_eq!(refused, Err(text::BOT_METHOD_INVALID.into()));

    let open = EditBot {
        privacy: Some(false),
        ..EditBot::of(echo.id)
    };
    world.services.store.write(open).await.expect("it sees all");
    world.say_in(&ben, group, "hello all").await;
    let seen = waiting(&world, echo.id).await;
    assert_eq!(seen.last().map(String::as_str), Some("hello all"));
}

#[tokio::test]
async fn a_button_is_pressed_and_answered() {
    let (world, ada, ben) = two().await;
    let echo = bot(&world, &ada).await;
    crate::messages::testing::say(&world, &ben, &echo, "/start").await;
    let button = KeyboardButton::Callback(types::KeyboardButtonCallback {
        text: "Press".into(),
        data: b"pressed".to_vec(),
        ..Default::default()
    });
    let row = types::KeyboardButtonRow {
        buttons: vec![button],
    };
    let keyboard = types::ReplyInlineMarkup {
        rows: vec![KeyboardButtonRow::KeyboardButtonRow(row)],
    };
    let send = |from: &Person, to: &Person| f::messages::SendMessage {
        peer: world.input_peer(from, to),
        message: "a button".into(),
        random_id: random_id(),
        reply_markup: Some(ReplyMarkup::ReplyInlineMarkup(keyboard.clone())),
        ..Default::default()
    };
    world
        .call(&echo, send(&echo, &ben))
        .await
        .expect("it is sent");
    let newest = f::messages::GetHistory {
        peer: world.input_peer(&ben, &echo),
        limit: 1,
        ..Default::default()
    };
    let page = messages(world.call(&ben, newest).await.expect("a page"));
    let Some(Message::Message(message)) = page.first() else {
        panic!("no message");
    };
    assert!(message.reply_markup.is_some());

    let press = |data: &[u8]| f::messages::GetBotCallbackAnswer {
        peer: world.input_peer(&ben, &echo),
        msg_id: message.id,
        data: Some(data.to_vec()),
        ..Default::default()
    };
    let invented = world.call(&ben, press(b"invented")).await;
    assert_eq!(invented, Err(text::DATA_INVALID.into()));
    let answering = async {
        loop {
            let query_id = {
                let mut view = world.services.store.view().await.expect("the store works");
                let found = updates_from(&mut *view, echo.id, 0, 100, world.clock_s()).await;
                found
                    .expect("the store works")
                    .into_iter()
                    .find_map(|(_, queued)| match queued.update {
                        BotUpdate::Callback { query_id, .. } => Some(query_id),
                        _ => None,
                    })
            };
            let Some(query_id) = query_id else {
                tokio::task::yield_now().await;
                continue;
            };
            let answer = f::messages::SetBotCallbackAnswer {
                query_id,
                message: Some("thank you".into()),
                ..Default::default()
            };
            return world.call(&echo, answer).await;
        }
    };
    let (answer, answered) = tokio::join!(world.call(&ben, press(b"pressed")), answering);
    assert_eq!(answered, Ok(true));
    let heliograph_tl::enums::messages::BotCallbackAnswer::BotCallbackAnswer(answer) =
        answer.expect("it is answered");
    assert_eq!(answer.message.as_deref(), Some("thank you"));

    let from_a_person = world
        .call(&ben, send(&ben, &ada))
        .await
        .expect("it is sent");
    let id = sent_id(&from_a_person);
    let kept = f::messages::GetMessages {
        id: vec![types::InputMessageID { id }.into()],
    };
    let page = messages(world.call(&ben, kept).await.expect("it is there"));
    assert!(matches!(&page[0], Message::Message(m) if m.reply_markup.is_none()));
}
