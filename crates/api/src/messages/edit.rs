//! Editing.

use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::render;
use crate::resolve::message_id;
use crate::router::{Access, Router};
use heliograph_domain::channels::{self, ChannelError, EditPost, may_edit_post};
use heliograph_domain::messages::{Edit, EditMessage, may_edit};
use heliograph_model::{Body, Peer};
use heliograph_store::mailbox;
use heliograph_tl::enums::{self, InputMedia, Updates};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Send, edit_message)
        .method(Access::User, Rate::Read, get_message_edit_data);
}

/// `messages.editMessage`: gives one's own message another text or other media, in both mailboxes.
///
/// Fails with `MESSAGE_ID_INVALID`, `MESSAGE_AUTHOR_REQUIRED`, `MESSAGE_EDIT_TIME_EXPIRED`,
/// `MESSAGE_NOT_MODIFIED`, `MESSAGE_EMPTY` or `MESSAGE_TOO_LONG`, and for media as
/// `messages.sendMedia` does; in public channels besides with `PUBLICATION_REFUSED`.
/// Appends [`heliograph_model::Change::Edited`] to both mailboxes, or to the channel's.
async fn edit_message(cx: Ctx, req: f::messages::EditMessage) -> Result<Updates> {
    let viewer = cx.viewer()?;
    if req.schedule_date.is_some() {
        return Err(text::SCHEDULE_DATE_INVALID.into());
    }
    let chat = cx.chat(&req.peer).await?;
    let text = match &req.message {
        Some(sent) if sent.trim().is_empty() => Some((String::new(), Vec::new())),
        Some(sent) => Some(cx.text(sent, req.entities)?),
        None => None,
    };
    let media = match &req.media {
        // No media is how a client takes a link's preview away.
        None | Some(InputMedia::Empty) => None,
        Some(media) => cx.media(media).await?,
    };
    let id = message_id(req.id);
    let edit = Edit {
        text,
        media,
        invert_media: req.invert_media,
        markup: cx.markup(req.reply_markup.as_ref())?,
    };
    let logged = match chat {
        Peer::User(peer) => {
            let change = EditMessage {
                from: viewer.me,
                peer,
                id,
                edit,
            };
            cx.write(change).await?.0
        }
        Peer::Channel(channel) => {
            let as_new = Body {
                text: edit
                    .text
                    .as_ref()
                    .map_or_else(String::new, |(text, _)| text.clone()),
                media: edit.media.as_ref().map(|(_, media)| media.clone()),
                ..Body::default()
            };
            cx.check_draft(channel, &as_new).await?;
            let change = EditPost {
                by: viewer.me,
                channel,
                id,
                edit,
            };
            cx.write(change).await.map_err(|error| match error {
                ChannelError::NotModified => text::MESSAGE_NOT_MODIFIED.into(),
                other => RpcError::from(other),
            })?
        }
        Peer::Chat(_) => return Err(text::PEER_ID_NOT_SUPPORTED.into()),
    };
    let owner = chat.mailbox(viewer.me);
    let mut view = cx.store.view().await?;
    Ok(render::of_changes(viewer, &mut *view, owner, Vec::new(), [&*logged]).await?)
}

/// `messages.getMessageEditData`: whether the caller may edit a message now.
///
/// Fails with `MESSAGE_ID_INVALID`, `MESSAGE_AUTHOR_REQUIRED` or `MESSAGE_EDIT_TIME_EXPIRED`.
async fn get_message_edit_data(
    cx: Ctx,
    req: f::messages::GetMessageEditData,
) -> Result<enums::messages::MessageEditData> {
    let me = cx.user()?;
    let peer = cx.chat(&req.peer).await?;
    let mut view = cx.store.view().await?;
    let message = mailbox::load(&mut *view, peer.mailbox(me), message_id(req.id))
        .await?
        .filter(|message| message.peer == peer)
        .ok_or(text::MESSAGE_ID_INVALID)?;
    let now_s = cx.now().seconds();
    match peer {
        Peer::Channel(channel) => {
            let standing = channels::standing(&mut *view, channel, me, now_s).await?;
            may_edit_post(&standing, &message)?;
        }
        Peer::User(_) | Peer::Chat(_) => may_edit(me, &message, now_s)?,
    }
    let caption = message.body.media.is_some();
    Ok(types::messages::MessageEditData { caption }.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::testing::{history, say, two, updates};
    use crate::testing::{Person, World};
    use heliograph_domain::messages::EDIT_WINDOW_S;
    use heliograph_tl::enums::Update;

    fn edit(
        world: &World,
        by: &Person,
        with: &Person,
        id: i32,
        to: &str,
    ) -> f::messages::EditMessage {
        f::messages::EditMessage {
            peer: world.input_peer(by, with),
            id,
            message: Some(to.to_owned()),
            ..Default::default()
        }
    }

    #[tokio::test]
    async fn an_edit_reaches_both_mailboxes() {
        let (world, ada, ben) = two().await;
        let id = say(&world, &ada, &ben, "helo").await;
        world.pass(60);
        let call = edit(&world, &ada, &ben, id, "hello");
        let answer = updates(world.call(&ada, call).await.expect("it is edited"));
        let [Update::EditMessage(edited)] = answer.updates.as_slice() else {
            panic!("{:?}", answer.updates);
        };
        assert_eq!((edited.pts, edited.pts_count), (3, 1));
        let enums::Message::Message(message) = &edited.message else {
            panic!("{:?}", edited.message);
        };
        assert_eq!(message.edit_date, Some(message.date + 60));
        for (person, other) in [(&ada, &ben), (&ben, &ada)] {
            assert_eq!(history(&world, person, other).await[0].1, "hello");
        }
    }

    #[tokio::test]
    async fn only_a_changed_text_of_ones_own_is_an_edit() {
        let (world, ada, ben) = two().await;
        let id = say(&world, &ada, &ben, "hello").await;
        let same = world
            .call(&ada, edit(&world, &ada, &ben, id, " hello "))
            .await;
        assert_eq!(same, Err(text::MESSAGE_NOT_MODIFIED.into()));
        let theirs = world.call(&ben, edit(&world, &ben, &ada, 1, "mine")).await;
        assert_eq!(theirs, Err(text::MESSAGE_AUTHOR_REQUIRED.into()));
        let blank = world.call(&ada, edit(&world, &ada, &ben, id, "")).await;
        assert_eq!(blank, Err(text::MESSAGE_EMPTY.into()));
        let gone = world.call(&ada, edit(&world, &ada, &ben, 99, "x")).await;
        assert_eq!(gone, Err(text::MESSAGE_ID_INVALID.into()));
        let elsewhere = world.call(&ada, edit(&world, &ada, &ada, id, "x")).await;
        assert_eq!(elsewhere, Err(text::MESSAGE_ID_INVALID.into()));
    }

    #[tokio::test]
    async fn the_time_to_edit_ends_but_for_saved_messages() {
        let (world, ada, ben) = two().await;
        let id = say(&world, &ada, &ben, "hello").await;
        let note = say(&world, &ada, &ada, "note").await;
        world.pass(i64::from(EDIT_WINDOW_S) + 1);
        let late = world.call(&ada, edit(&world, &ada, &ben, id, "x")).await;
        assert_eq!(late, Err(text::MESSAGE_EDIT_TIME_EXPIRED.into()));
        let note_edit = edit(&world, &ada, &ada, note, "y");
        world.call(&ada, note_edit).await.expect("it is edited");
    }

    #[tokio::test]
    async fn a_client_can_ask_first_whether_it_may_edit() {
        let (world, ada, ben) = two().await;
        let id = say(&world, &ada, &ben, "hello").await;
        let ask = |by: &Person, with: &Person, id| f::messages::GetMessageEditData {
            peer: world.input_peer(by, with),
            id,
        };
        assert!(world.call(&ada, ask(&ada, &ben, id)).await.is_ok());
        let theirs = world.call(&ben, ask(&ben, &ada, 1)).await;
        assert_eq!(theirs, Err(text::MESSAGE_AUTHOR_REQUIRED.into()));
        world.pass(i64::from(EDIT_WINDOW_S) + 1);
        let late = world.call(&ada, ask(&ada, &ben, id)).await;
        assert_eq!(late, Err(text::MESSAGE_EDIT_TIME_EXPIRED.into()));
    }
}
