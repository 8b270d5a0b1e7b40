//! Drafts.

use crate::context::Ctx;
use crate::error::{Result, message_text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::dialogs::{ClearDrafts, SaveDraft};
use heliograph_model::{NameError, Notice};
use heliograph_store::mailbox;
use heliograph_tl::enums::Updates;
use heliograph_tl::functions as f;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, save_draft)
        .method(Access::User, Rate::Read, get_all_drafts)
        .method(Access::User, Rate::Write, clear_all_drafts);
}

/// `messages.saveDraft`: keeps the text that the caller has begun in a chat for their other
/// devices; an empty one clears it.
///
/// Fails with `PEER_ID_INVALID` or `MESSAGE_TOO_LONG`.
/// Notes [`Notice::Draft`].
async fn save_draft(cx: Ctx, req: f::messages::SaveDraft) -> Result<bool> {
    let owner = cx.user()?;
    let peer = cx.chat(&req.peer).await?;
    let (text, entities) = match cx.styled(&req.message, req.entities) {
        Ok(styled) => styled,
        Err(NameError::Empty) => Default::default(),
        Err(error) => return Err(message_text(error)),
    };
    cx.write(SaveDraft {
        owner,
        peer,
        text,
        entities,
        reply_to: cx.reply_to(peer, req.reply_to.as_ref()).await?,
        no_webpage: req.no_webpage,
    })
    .await?;
    Ok(true)
}

/// `messages.getAllDrafts`: every draft, as the updates that told of them.
async fn get_all_drafts(cx: Ctx, _: f::messages::GetAllDrafts) -> Result<Updates> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let dialogs = mailbox::dialogs(&mut *view, viewer.me.into()).await?;
    let begun = dialogs
        .into_iter()
        .filter(|(_, dialog)| dialog.draft.is_some());
    let drafts: Vec<Notice> = begun.map(|(peer, _)| Notice::Draft(peer)).collect();
    Ok(render::of_notices(viewer, &mut *view, &drafts).await?)
}

/// `messages.clearAllDrafts`: clears every draft.
///
/// Notes [`Notice::Draft`] for each.
async fn clear_all_drafts(cx: Ctx, _: f::messages::ClearAllDrafts) -> Result<bool> {
    let owner = cx.user()?;
    cx.write(ClearDrafts { owner }).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::text;
    use crate::messages::testing::{chat_with, two, updates, user_ids};
    use crate::testing::{Person, World};
    use heliograph_tl::enums::{DraftMessage, MessageEntity, Update};
    use heliograph_tl::types;

    fn draft(world: &World, by: &Person, with: &Person, message: &str) -> f::messages::SaveDraft {
        f::messages::SaveDraft {
            peer: world.input_peer(by, with),
            message: message.to_owned(),
            ..Default::default()
        }
    }

    async fn all(world: &World, of: &Person) -> Vec<types::UpdateDraftMessage> {
        let drafts = world.call(of, f::messages::GetAllDrafts).await;
        let drafts = updates(drafts.expect("drafts"));
        drafts
            .updates
            .into_iter()
            .map(|update| match update {
                Update::DraftMessage(draft) => draft,
                other => panic!("{}", other.constructor_name()),
            })
            .collect()
    }

    #[tokio::test]
    async fn a_draft_is_kept_with_style_and_reply() {
        let (world, ada, ben) = two().await;
        let bold = types::MessageEntityBold {
            offset: 2,
            length: 5,
        };
        let reply = types::InputReplyToMessage {
            reply_to_msg_id: 7,
            ..Default::default()
        };
        let call = f::messages::SaveDraft {
            no_webpage: true,
            reply_to: Some(reply.clone().into()),
            entities: Some(vec![bold.into()]),
            ..draft(&world, &ada, &ben, "  begun @alice ")
        };
        assert_eq!(world.call(&ada, call).await, Ok(true));
        let kept = all(&world, &ada).await;
        let [kept] = kept.as_slice() else {
            panic!("{} drafts", kept.len());
        };
        assert_eq!(kept.peer, chat_with(&ben));
        let bold = types::MessageEntityBold {
            offset: 0,
            length: 5,
        };
        assert_eq!(
            kept.draft,
            DraftMessage::from(types::DraftMessage {
                no_webpage: true,
                reply_to: Some(reply.into()),
                message: "begun @alice".into(),
                entities: Some(vec![MessageEntity::from(bold)]),
                date: world.clock_s(),
                ..Default::default()
            })
        );
        assert_eq!(all(&world, &ben).await, [], "a draft is its writer's own");
    }

    #[tokio::test]
    async fn a_blank_text_clears_a_draft() {
        let (world, ada, ben) = two().await;
        for message in ["begun", " \n"] {
            let call = draft(&world, &ada, &ben, message);
            assert_eq!(world.call(&ada, call).await, Ok(true));
        }
        assert_eq!(all(&world, &ada).await, []);
        let long = draft(&world, &ada, &ben, &"x".repeat(4097));
        assert_eq!(
            world.call(&ada, long).await,
            Err(text::MESSAGE_TOO_LONG.into())
        );
    }

    #[tokio::test]
    async fn all_drafts_come_with_their_people_and_go_together() {
        let (world, ada, ben) = two().await;
        for other in [&ben, &ada] {
            let call = draft(&world, &ada, other, "begun");
            world.call(&ada, call).await.expect("it is saved");
        }
        let drafts = world.call(&ada, f::messages::GetAllDrafts).await;
        let drafts = updates(drafts.expect("drafts"));
        assert_eq!(drafts.updates.len(), 2);
        assert_eq!(user_ids(&drafts.users), [ada.id, ben.id]);
        let cleared = world.call(&ada, f::messages::ClearAllDrafts).await;
        assert_eq!(cleared, Ok(true));
        assert_eq!(all(&world, &ada).await, []);
    }
}
