//! Sending.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::channels::Post;
use heliograph_domain::messages::{SendMessage, Sent};
use heliograph_model::{AdminRights, Body, Change, ChannelId, Logged, MessageId, Owner, Peer};
use heliograph_store::{BoxFuture, Rows, StoreError, mailbox};
use heliograph_tl::enums::{self, InputPeer, MessageMedia, Update, Updates};
use heliograph_tl::{functions as f, types};
use std::sync::Arc;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Send, send_message)
        .method(Access::User, Rate::Read, get_web_page_preview);
}

/// `messages.sendMessage`: sends a text to a person, to oneself, or to a channel or group. A repetition with the same
/// `random_id` sends nothing and answers with what the first one became.
///
/// Fails with `MESSAGE_EMPTY`, `MESSAGE_TOO_LONG`, `PEER_ID_INVALID`, `RANDOM_ID_EMPTY`,
/// `SCHEDULE_DATE_INVALID`, `USER_IS_BLOCKED` or `YOU_BLOCKED_USER`; in channels besides with
/// `CHANNEL_PRIVATE`, `CHAT_ADMIN_REQUIRED`, `CHAT_WRITE_FORBIDDEN`, `CHAT_SEND_PLAIN_FORBIDDEN`,
/// `USER_BANNED_IN_CHANNEL`, `SEND_AS_PEER_INVALID`, `PUBLICATION_REFUSED` or `SLOWMODE_WAIT_X`.
/// Appends [`Change::NewMessage`] to both mailboxes, or to the channel's.
pub(crate) async fn send_message(cx: Ctx, req: f::messages::SendMessage) -> Result<Updates> {
    let me = cx.user()?;
    if req.schedule_date.is_some() {
        return Err(text::SCHEDULE_DATE_INVALID.into());
    }
    if req.random_id == 0 {
        return Err(text::RANDOM_ID_EMPTY.into());
    }
    let chat = cx.chat(&req.peer).await?;
    let (text, entities) = cx.text(&req.message, req.entities)?;
    let reply_to = cx.reply_to(chat, req.reply_to.as_ref()).await?;
    let body = Body {
        text,
        entities,
        invert_media: req.invert_media,
        markup: cx.markup(req.reply_markup.as_ref())?,
        ..Body::default()
    };
    let outgoing = Outgoing {
        chat,
        random_id: req.random_id,
        body,
        reply_to,
        silent: req.silent,
        clear_draft: req.clear_draft,
    };
    let sent = deliver(&cx, req.send_as.as_ref(), outgoing).await?.await?;
    if let Sent::New { logged, first } = &sent
        && !first
        && chat.user().is_some()
        && let Change::NewMessage(message) = &logged.change
        && message.reply_to == reply_to
        && let Some(short) = render::short_sent(me, message, logged)
    {
        return Ok(short);
    }
    answer(&cx, chat, &[(req.random_id, sent)]).await
}

/// A message ready to be sent.
pub(super) struct Outgoing {
    pub chat: Peer,
    pub random_id: i64,
    pub body: Body,
    pub reply_to: Option<MessageId>,
    pub silent: bool,
    pub clear_draft: bool,
}

/// Hands a message over to be sent; what comes back awaits its commit. Messages that are handed over
/// one after another are numbered in that order.
pub(super) async fn deliver(
    cx: &Ctx,
    send_as: Option<&InputPeer>,
    outgoing: Outgoing,
) -> Result<BoxFuture<'static, Result<Sent>>> {
    let from = cx.user()?;
    let Outgoing {
        chat,
        random_id,
        body,
        reply_to,
        silent,
        clear_draft,
    } = outgoing;
    cx.check_may_write(chat).await?;
    match chat {
        Peer::User(to) => {
            let sent = cx.write(SendMessage {
                from,
                to,
                random_id,
                body,
                reply_to,
                silent,
                clear_draft,
            });
            Ok(Box::pin(async move { Ok(sent.await?) }))
        }
        Peer::Channel(channel) => {
            if let Some(name) = send_as {
                may_send_as(cx, name, channel).await?;
            }
            cx.check_draft(channel, &body).await?;
            let mentions = cx.mentioned(&body.text, &body.entities).await?;
            let sent = cx.write(Post {
                from,
                channel,
                random_id,
                body,
                reply_to,
                silent,
                clear_draft,
                mentions,
            });
            Ok(Box::pin(async move { Ok(sent.await?) }))
        }
        Peer::Chat(_) => Err(text::PEER_ID_NOT_SUPPORTED.into()),
    }
}

/// Whether the caller may write under this name: their own, or the group's where they are an
/// anonymous admin. Which of the two it is follows from their rights.
async fn may_send_as(cx: &Ctx, name: &InputPeer, channel: ChannelId) -> Result<()> {
    let name = cx.chat(name).await?;
    let anonymous = cx.standing(channel).await?.has(AdminRights::ANONYMOUS);
    let allowed = match name {
        Peer::User(user) => user == cx.user()? && !anonymous,
        Peer::Channel(named) => named == channel && anonymous,
        Peer::Chat(_) => false,
    };
    if allowed {
        Ok(())
    } else {
        Err(text::SEND_AS_PEER_INVALID.into())
    }
}

/// The long answer to sending: which `random_id` became which message, and the messages.
pub(super) async fn answer(cx: &Ctx, chat: Peer, outcome: &[(i64, Sent)]) -> Result<Updates> {
    let viewer = cx.viewer()?;
    let owner = chat.mailbox(viewer.me);
    let mut view = cx.store.view().await?;
    let mut ids = Vec::with_capacity(outcome.len());
    let mut entries = Vec::with_capacity(outcome.len());
    for (random_id, sent) in outcome {
        let (id, entry) = match sent {
            Sent::New { logged, .. } => {
                let Change::NewMessage(message) = &logged.change else {
                    continue;
                };
                (message.id, Some(logged.clone()))
            }
            Sent::Before(id) => (*id, entry_of(owner, &mut *view, *id).await?),
        };
        let id = id.0 as i32;
        let random_id = *random_id;
        ids.push(Update::from(types::UpdateMessageID { id, random_id }));
        entries.extend(entry);
    }
    let entries = entries.iter().map(AsRef::as_ref);
    Ok(render::of_changes(viewer, &mut *view, owner, ids, entries).await?)
}

/// The log entry of a message that was sent before, as the message stands now: with the `pts` that
/// it had then, so that a client which has seen it takes it for old news.
async fn entry_of(
    owner: Owner,
    rows: &mut dyn Rows,
    id: MessageId,
) -> Result<Option<Arc<Logged>>, StoreError> {
    let message = mailbox::load(rows, owner, id).await?;
    Ok(message.map(|message| {
        Arc::new(Logged {
            pts: message.pts,
            pts_count: 1,
            change: Change::NewMessage(Box::new(message)),
        })
    }))
}

/// `messages.getWebPagePreview`: there are no previews, for this server fetches no pages.
async fn get_web_page_preview(
    _: Ctx,
    _: f::messages::GetWebPagePreview,
) -> Result<enums::messages::WebPagePreview> {
    Ok(types::messages::WebPagePreview {
        media: MessageMedia::Empty,
        chats: Vec::new(),
        users: Vec::new(),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::RpcError;
    use crate::messages::testing::{
        chat_with, history, random_id, say, sent_id, text as text_to, two, updates, user_ids,
    };
    use crate::testing::{Person, World};
    use heliograph_domain::contacts::SetBlocked;
    use heliograph_model::UserId;
    use heliograph_tl::enums::{InputReplyTo, InputUser, MessageEntity};

    async fn refusal(
        change: impl FnOnce(&World, &Person, &Person, &mut f::messages::SendMessage),
    ) -> RpcError {
        let (world, ada, ben) = two().await;
        let mut call = text_to(&world, &ada, &ben, "hello");
        change(&world, &ada, &ben, &mut call);
        let answer = world.call(&ada, call).await;
        assert!(history(&world, &ada, &ben).await.is_empty());
        answer.expect_err("it is refused")
    }

    #[tokio::test]
    async fn the_first_text_of_a_chat_is_answered_with_its_people() {
        let (world, ada, ben) = two().await;
        let call = text_to(&world, &ada, &ben, " hello ");
        let random_id = call.random_id;
        let answer = updates(world.call(&ada, call).await.expect("it is sent"));
        assert_eq!(user_ids(&answer.users), [ada.id, ben.id]);
        let [Update::MessageID(id), Update::NewMessage(new)] = answer.updates.as_slice() else {
            panic!("{:?}", answer.updates);
        };
        assert_eq!((id.id, id.random_id), (1, random_id));
        let enums::Message::Message(message) = &new.message else {
            panic!("{:?}", new.message);
        };
        assert_eq!(message.message, "hello");
        assert!(message.out);
        assert_eq!(message.peer_id, chat_with(&ben));
        assert_eq!(message.from_id, Some(chat_with(&ada)));
        assert_eq!(
            (new.pts, new.pts_count),
            (2, 1),
            "a mailbox begins at pts 1"
        );
    }

    #[tokio::test]
    async fn later_texts_are_answered_in_short() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "hello").await;
        let call = text_to(&world, &ada, &ben, "see example.com");
        let answer = world.call(&ada, call).await.expect("it is sent");
        let Updates::UpdateShortSentMessage(short) = answer else {
            panic!("{answer:?}");
        };
        assert!(short.out);
        assert_eq!((short.id, short.pts, short.pts_count), (2, 3, 1));
        assert_eq!(
            short.entities,
            Some(vec![MessageEntity::Url(types::MessageEntityUrl {
                offset: 4,
                length: 11,
            })]),
            "what the server found is told"
        );
    }

    #[tokio::test]
    async fn saved_messages_are_answered_in_full() {
        let (world, ada, _) = two().await;
        let mut call = text_to(&world, &ada, &ada, "note");
        call.peer = InputPeer::Self_;
        say(&world, &ada, &ada, "earlier").await;
        let answer = updates(world.call(&ada, call).await.expect("it is sent"));
        let Some(Update::NewMessage(new)) = answer.updates.last() else {
            panic!("{:?}", answer.updates);
        };
        let enums::Message::Message(message) = &new.message else {
            panic!("{:?}", new.message);
        };
        assert!(message.out);
        assert_eq!(message.saved_peer_id, Some(chat_with(&ada)));
    }

    #[tokio::test]
    async fn a_repetition_sends_nothing_and_tells_what_the_first_became() {
        let (world, ada, ben) = two().await;
        let call = text_to(&world, &ada, &ben, "once");
        let first = world.call(&ada, call.clone()).await.expect("it is sent");
        say(&world, &ben, &ada, "an answer").await;

        let again = updates(world.call(&ada, call.clone()).await.expect("it is known"));
        let [Update::MessageID(id), Update::NewMessage(new)] = again.updates.as_slice() else {
            panic!("{:?}", again.updates);
        };
        assert_eq!(id.id, sent_id(&first));
        assert_eq!((new.pts, new.pts_count), (2, 1), "the pts it had then");
        assert_eq!(history(&world, &ben, &ada).await.len(), 2);

        let deletion = f::messages::DeleteMessages {
            revoke: true,
            id: vec![id.id],
        };
        world.call(&ada, deletion).await.expect("it is deleted");
        let gone = updates(world.call(&ada, call).await.expect("it is known"));
        assert!(matches!(gone.updates.as_slice(), [Update::MessageID(_)]));
        assert_eq!(history(&world, &ben, &ada).await.len(), 1);
    }

    #[tokio::test]
    async fn an_answer_names_the_message_in_each_mailbox() {
        let (world, ada, ben) = two().await;
        say(&world, &ben, &ben, "a note that shifts the numbers").await;
        let question = say(&world, &ada, &ben, "?").await;
        let mut call = text_to(&world, &ada, &ben, "!");
        let reply = types::InputReplyToMessage {
            reply_to_msg_id: question,
            ..Default::default()
        };
        call.reply_to = Some(reply.clone().into());
        world.call(&ada, call.clone()).await.expect("it is sent");
        for (person, other, id) in [(&ada, &ben, question), (&ben, &ada, question + 1)] {
            let page = world
                .call(
                    person,
                    f::messages::GetHistory {
                        peer: world.input_peer(person, other),
                        limit: 1,
                        ..Default::default()
                    },
                )
                .await;
            let page = crate::messages::testing::messages(page.expect("a page"));
            let Some(enums::Message::Message(message)) = page.first() else {
                panic!("no message");
            };
            let Some(enums::MessageReplyHeader::MessageReplyHeader(header)) = &message.reply_to
            else {
                panic!("no reply");
            };
            assert_eq!(header.reply_to_msg_id, Some(id));
        }

        // The answered message is gone: the reply is dropped, and the answer says so.
        call.random_id = random_id();
        call.reply_to = Some(
            types::InputReplyToMessage {
                reply_to_msg_id: 999,
                ..reply
            }
            .into(),
        );
        let answer = updates(world.call(&ada, call).await.expect("it is sent"));
        let Some(Update::NewMessage(new)) = answer.updates.last() else {
            panic!("{:?}", answer.updates);
        };
        assert!(matches!(&new.message, enums::Message::Message(m) if m.reply_to.is_none()));
    }

    #[tokio::test]
    async fn sending_may_take_the_draft_with_it() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "hello").await;
        let draft = f::messages::SaveDraft {
            peer: world.input_peer(&ada, &ben),
            message: "half a thou".into(),
            ..Default::default()
        };
        world.call(&ada, draft).await.expect("it is saved");
        for (clear_draft, left) in [(false, 1), (true, 0)] {
            let call = f::messages::SendMessage {
                clear_draft,
                ..text_to(&world, &ada, &ben, "half a thought")
            };
            world.call(&ada, call).await.expect("it is sent");
            let drafts = world.call(&ada, f::messages::GetAllDrafts).await;
            assert_eq!(updates(drafts.expect("drafts")).updates.len(), left);
        }
    }

    #[tokio::test]
    async fn blank_and_oversized_texts_are_refused() {
        let blank = refusal(|_, _, _, call| call.message = " \n\u{a0}".into()).await;
        assert_eq!(blank, text::MESSAGE_EMPTY.into());
        let long = refusal(|_, _, _, call| call.message = "😀".repeat(2049)).await;
        assert_eq!(long, text::MESSAGE_TOO_LONG.into());
    }

    #[tokio::test]
    async fn what_cannot_be_done_is_refused_by_its_own_name() {
        let late = refusal(|_, _, _, call| call.schedule_date = Some(2_000_000_000)).await;
        assert_eq!(late, text::SCHEDULE_DATE_INVALID.into());
        let nameless = refusal(|_, _, _, call| call.random_id = 0).await;
        assert_eq!(nameless, text::RANDOM_ID_EMPTY.into());
        let elsewhere = refusal(|_, _, _, call| {
            let to = types::InputReplyToMessage {
                reply_to_msg_id: 1,
                reply_to_peer_id: Some(InputPeer::Self_),
                ..Default::default()
            };
            call.reply_to = Some(InputReplyTo::from(to));
        })
        .await;
        assert_eq!(elsewhere, text::NOT_SUPPORTED.into());
    }

    #[tokio::test]
    async fn a_peer_without_its_access_hash_is_refused() {
        let guessed = refusal(|_, _, ben, call| {
            call.peer = types::InputPeerUser {
                user_id: ben.id.0,
                access_hash: 1,
            }
            .into();
        })
        .await;
        assert_eq!(guessed, text::PEER_ID_INVALID.into());
        let theirs = refusal(|world, _, ben, call| {
            let access_hash = world.services.access.hash(UserId(77), ben.id);
            call.peer = types::InputPeerUser {
                user_id: ben.id.0,
                access_hash,
            }
            .into();
        })
        .await;
        assert_eq!(theirs, text::PEER_ID_INVALID.into());
        let nobody = refusal(|_, _, _, call| call.peer = InputPeer::Empty).await;
        assert_eq!(nobody, text::PEER_ID_INVALID.into());
        let group = refusal(|_, _, _, call| {
            call.peer = types::InputPeerChat { chat_id: 1 }.into();
        })
        .await;
        assert_eq!(group, text::PEER_ID_NOT_SUPPORTED.into());
    }

    #[tokio::test]
    async fn blocks_are_respected_both_ways() {
        let (world, ada, ben) = two().await;
        let block = SetBlocked {
            owner: ben.id,
            person: ada.id,
            blocked: true,
        };
        world.services.store.write(block).await.expect("a block");
        let to_ben = world.call(&ada, text_to(&world, &ada, &ben, "hi")).await;
        assert_eq!(to_ben, Err(text::USER_IS_BLOCKED.into()));
        let to_ada = world.call(&ben, text_to(&world, &ben, &ada, "hi")).await;
        assert_eq!(to_ada, Err(text::YOU_BLOCKED_USER.into()));
    }

    #[tokio::test]
    async fn someone_seen_in_a_message_can_be_written_to() {
        let (world, ada, ben) = two().await;
        let id = say(&world, &ada, &ben, "hello").await;
        let mut call = text_to(&world, &ada, &ben, "again");
        call.peer = types::InputPeerUserFromMessage {
            peer: Box::new(world.input_peer(&ada, &ben)),
            msg_id: id,
            user_id: ada.id.0,
        }
        .into();
        let answer = world.call(&ada, call).await.expect("it is sent");
        assert_eq!(sent_id(&answer), 2);
        assert_eq!(history(&world, &ada, &ada).await.len(), 1);
    }

    #[tokio::test]
    async fn mentions_by_name_bring_the_person_along() {
        let (world, ada, ben) = two().await;
        let cem = world.person("Cem", "4915112345603").await;
        say(&world, &ada, &ben, "hello").await;
        let mention = types::InputMessageEntityMentionName {
            offset: 0,
            length: 3,
            user_id: world.input_user(&ada, &cem),
        };
        let guessed = types::InputMessageEntityMentionName {
            offset: 4,
            length: 4,
            user_id: InputUser::InputUser(types::InputUser {
                user_id: cem.id.0,
                access_hash: 5,
            }),
        };
        let call = f::messages::SendMessage {
            entities: Some(vec![mention.into(), guessed.into()]),
            ..text_to(&world, &ada, &ben, "Cem says")
        };
        let answer = updates(world.call(&ada, call).await.expect("it is sent"));
        assert!(user_ids(&answer.users).contains(&cem.id));
        let Some(Update::NewMessage(new)) = answer.updates.last() else {
            panic!("{:?}", answer.updates);
        };
        let enums::Message::Message(message) = &new.message else {
            panic!("{:?}", new.message);
        };
        assert_eq!(
            message.entities,
            Some(vec![
                types::MessageEntityMentionName {
                    offset: 0,
                    length: 3,
                    user_id: cem.id.0,
                }
                .into()
            ]),
            "a mention without the right access hash is dropped"
        );
    }
}
