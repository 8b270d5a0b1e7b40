//! Forwarding.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::resolve::message_id;
use crate::router::{Access, Router};
use crate::settings;
use heliograph_domain::channels::AddViews;
use heliograph_domain::messages::ForwardMessages;
use heliograph_model::{ChannelId, MessageId, Peer, UserId};
use heliograph_store::mailbox;
use heliograph_tl::enums::{PrivacyKey, Updates};
use heliograph_tl::functions as f;
use std::collections::BTreeSet;

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Send, forward_messages);
}

/// How many messages one request forwards at most, as clients know.
const FORWARD_MAX: usize = 100;

/// `messages.forwardMessages`: sends messages of one chat on to another, each with its own
/// `random_id`. Those that are gone are left out.
///
/// Fails with `MESSAGE_IDS_EMPTY`, `RANDOM_ID_INVALID`, `MESSAGE_ID_INVALID` when none is there,
/// `PEER_ID_INVALID`, `USER_IS_BLOCKED`, `YOU_BLOCKED_USER` or, into public channels,
/// `PUBLICATION_REFUSED`.
/// Appends [`heliograph_model::Change::NewMessage`] to both mailboxes of the target.
async fn forward_messages(cx: Ctx, req: f::messages::ForwardMessages) -> Result<Updates> {
    let me = cx.user()?;
    if req.schedule_date.is_some() {
        return Err(text::SCHEDULE_DATE_INVALID.into());
    }
    if req.id.is_empty() {
        return Err(text::MESSAGE_IDS_EMPTY.into());
    }
    if req.id.len() > FORWARD_MAX {
        return Err(text::LIMIT_INVALID.into());
    }
    if req.id.len() != req.random_id.len() || req.random_id.contains(&0) {
        return Err(text::RANDOM_ID_INVALID.into());
    }
    let source = cx.chat(&req.from_peer).await?;
    let to = cx.chat(&req.to_peer).await?;
    cx.check_may_write(to).await?;

    let ids: Vec<MessageId> = req.id.into_iter().map(message_id).collect();
    if let Peer::Channel(channel) = to {
        check_copies(&cx, source, channel, &ids).await?;
    }
    let counted = ids.clone();
    let hidden = if req.drop_author {
        Vec::new()
    } else {
        hidden_authors(&cx, me, source, &ids).await?
    };
    let outcome = cx
        .write(ForwardMessages {
            from: me,
            source,
            to,
            messages: ids.into_iter().zip(req.random_id).collect(),
            silent: req.silent,
            drop_author: req.drop_author,
            hidden,
        })
        .await?;
    if let Peer::Channel(channel) = source {
        let copied = cx.write(AddViews {
            viewer: me,
            channel,
            ids: counted,
            forwarded: true,
        });
        copied.await?;
    }
    super::send::answer(&cx, to, &outcome).await
}

/// Refuses copies of what is not to be published there.
async fn check_copies(cx: &Ctx, source: Peer, to: ChannelId, ids: &[MessageId]) -> Result<()> {
    if !cx.refusals.are_any(cx.now()) {
        return Ok(());
    }
    // Whose channel it is not to read is told so when it is forwarded.
    let mut view = cx.store.view().await?;
    let messages = mailbox::load_many(&mut *view, source.mailbox(cx.user()?), ids).await?;
    drop(view);
    for message in messages.iter().filter(|one| one.peer == source) {
        cx.check_draft(to, &message.body).await?;
    }
    Ok(())
}

/// The authors of these messages whose privacy settings do not let the caller's forwards lead to
/// them.
async fn hidden_authors(
    cx: &Ctx,
    me: UserId,
    source: Peer,
    ids: &[MessageId],
) -> Result<Vec<UserId>> {
    let mut view = cx.store.view().await?;
    let messages = mailbox::load_many(&mut *view, source.mailbox(me), ids).await?;
    let authors: BTreeSet<UserId> = messages.iter().map(|message| message.from).collect();
    let mut hidden = Vec::new();
    for author in authors {
        let shown =
            author == me || settings::allows(&mut *view, author, &PrivacyKey::Forwards, me).await?;
        if !shown {
            hidden.push(author);
        }
    }
    Ok(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::testing::{chat_with, history, random_id, say, two, updates, user_ids};
    use crate::testing::{Person, World};
    use heliograph_tl::enums::{
        InputPrivacyKey, InputPrivacyRule, Message, MessageFwdHeader, Update,
    };
    use heliograph_tl::types;

    fn forward(
        world: &World,
        by: &Person,
        source: &Person,
        to: &Person,
        ids: &[i32],
    ) -> f::messages::ForwardMessages {
        f::messages::ForwardMessages {
            from_peer: world.input_peer(by, source),
            id: ids.to_vec(),
            random_id: ids.iter().map(|_| random_id()).collect(),
            to_peer: world.input_peer(by, to),
            ..Default::default()
        }
    }

    /// The new messages of an answer.
    fn copies(updates: &types::Updates) -> Vec<types::Message> {
        let new = updates.updates.iter().filter_map(|update| match update {
            Update::NewMessage(new) => Some(&new.message),
            _ => None,
        });
        new.filter_map(|message| match message {
            Message::Message(message) => Some(message.clone()),
            _ => None,
        })
        .collect()
    }

    fn header(message: &types::Message) -> types::MessageFwdHeader {
        match &message.fwd_from {
            Some(MessageFwdHeader::MessageFwdHeader(header)) => header.clone(),
            None => panic!("no header"),
        }
    }

    #[tokio::test]
    async fn a_forward_names_its_author_and_comes_with_everyone() {
        let (world, ada, ben) = two().await;
        let cem = world.person("Cem", "4915112345603").await;
        say(&world, &ben, &ada, "one").await;
        say(&world, &ada, &ben, "two").await;
        let call = forward(&world, &ada, &ben, &cem, &[1, 77, 2]);
        let answer = updates(
            world
                .call(&ada, call.clone())
                .await
                .expect("it is forwarded"),
        );
        assert_eq!(user_ids(&answer.users), [ada.id, ben.id, cem.id]);
        let sent = copies(&answer);
        let authors: Vec<_> = sent.iter().map(|copy| header(copy).from_id).collect();
        assert_eq!(authors, [Some(chat_with(&ben)), Some(chat_with(&ada))]);
        assert_eq!(
            history(&world, &cem, &ada).await,
            [(2, "two".to_owned()), (1, "one".to_owned())]
        );

        // Repeated, it forwards nothing.
        world.call(&ada, call).await.expect("it is known");
        assert_eq!(history(&world, &cem, &ada).await.len(), 2);
    }

    #[tokio::test]
    async fn what_is_saved_remembers_its_place() {
        let (world, ada, ben) = two().await;
        let id = say(&world, &ben, &ada, "keep this").await;
        let call = forward(&world, &ada, &ben, &ada, &[id]);
        let answer = updates(world.call(&ada, call).await.expect("it is forwarded"));
        let copy = &copies(&answer)[0];
        assert!(!copy.out, "a forward to oneself was not sent");
        assert_eq!(copy.saved_peer_id, Some(chat_with(&ben)));
        let header = header(copy);
        assert_eq!(header.saved_from_peer, Some(chat_with(&ben)));
        assert_eq!(header.saved_from_msg_id, Some(id));
    }

    #[tokio::test]
    async fn the_author_can_be_dropped() {
        let (world, ada, ben) = two().await;
        let id = say(&world, &ben, &ada, "quote me not").await;
        let call = f::messages::ForwardMessages {
            drop_author: true,
            ..forward(&world, &ada, &ben, &ben, &[id])
        };
        let answer = updates(world.call(&ada, call).await.expect("it is forwarded"));
        assert_eq!(copies(&answer)[0].fwd_from, None);
    }

    #[tokio::test]
    async fn an_author_who_stays_hidden_is_only_named() {
        let (world, ada, ben) = two().await;
        let cem = world.person("Cem", "4915112345603").await;
        let privacy = f::account::SetPrivacy {
            key: InputPrivacyKey::Forwards,
            rules: vec![InputPrivacyRule::InputPrivacyValueDisallowAll],
        };
        world.call(&ben, privacy).await.expect("it is set");
        let id = say(&world, &ben, &ada, "in confidence").await;
        let call = forward(&world, &ada, &ben, &cem, &[id]);
        let answer = updates(world.call(&ada, call).await.expect("it is forwarded"));
        let header = header(&copies(&answer)[0]);
        assert_eq!(header.from_id, None);
        assert_eq!(header.from_name.as_deref(), Some("Ben"));
        assert_eq!(user_ids(&answer.users), [ada.id, cem.id]);
    }

    #[tokio::test]
    async fn each_message_needs_a_number_of_its_own() {
        let (world, ada, ben) = two().await;
        let id = say(&world, &ada, &ben, "hello").await;
        let refused = |change: fn(&mut f::messages::ForwardMessages)| {
            let mut call = forward(&world, &ada, &ben, &ben, &[id]);
            change(&mut call);
            world.call(&ada, call)
        };
        for (change, error) in [
            (
                (|call| call.id.clear()) as fn(&mut f::messages::ForwardMessages),
                text::MESSAGE_IDS_EMPTY,
            ),
            (|call| call.random_id.clear(), text::RANDOM_ID_INVALID),
            (|call| call.random_id = vec![0], text::RANDOM_ID_INVALID),
            (|call| call.id = vec![99], text::MESSAGE_ID_INVALID),
            (|call| call.id = vec![1; 101], text::LIMIT_INVALID),
        ] {
            assert_eq!(refused(change).await, Err(error.into()));
        }
    }
}
