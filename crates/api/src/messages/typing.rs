//! Typing.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::bus::Signal;
use heliograph_domain::contacts;
use heliograph_model::{BannedRights, Peer};
use heliograph_tl::{Encode, functions as f};

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Write, set_typing);
}

/// `messages.setTyping`: shows the other side that the caller is typing, or doing something else.
/// Nothing is stored.
///
/// Fails with `PEER_ID_INVALID` or `USER_IS_BLOCKED`.
async fn set_typing(cx: Ctx, req: f::messages::SetTyping) -> Result<bool> {
    let from = cx.user()?;
    let to = match cx.chat(&req.peer).await? {
        Peer::User(to) => to,
        Peer::Channel(channel) => {
            cx.standing(channel)
                .await?
                .may_write(BannedRights::default())?;
            cx.publish(Signal::ChannelTyping {
                channel,
                from,
                action: req.action.to_bytes().into(),
            });
            return Ok(true);
        }
        Peer::Chat(_) => return Err(text::PEER_ID_NOT_SUPPORTED.into()),
    };
    if to == from {
        return Ok(true);
    }
    let mut view = cx.store.view().await?;
    if contacts::is_blocked(&mut *view, to, from).await? {
        return Err(text::USER_IS_BLOCKED.into());
    }
    drop(view);
    cx.publish(Signal::Typing {
        to,
        from,
        peer: Peer::User(from),
        action: req.action.to_bytes().into(),
    });
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::testing::{say, two};
    use crate::render;
    use crate::testing::{Person, World};
    use heliograph_domain::contacts::SetBlocked;
    use heliograph_tl::enums::{SendMessageAction, Update, Updates};
    use heliograph_tl::{Decode, types};

    fn typing(world: &World, by: &Person, with: &Person) -> f::messages::SetTyping {
        f::messages::SetTyping {
            peer: world.input_peer(by, with),
            top_msg_id: None,
            action: types::SendMessageUploadPhotoAction { progress: 40 }.into(),
        }
    }

    fn last_typing(world: &World) -> Option<Signal> {
        let signals = world.seen.signals.lock().expect("nobody panicked");
        let typing = signals
            .iter()
            .rfind(|signal| matches!(signal, Signal::Typing { .. }));
        typing.cloned()
    }

    #[tokio::test]
    async fn typing_is_shown_to_the_other_side() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "hello").await;
        let call = typing(&world, &ada, &ben);
        assert_eq!(world.call(&ada, call).await, Ok(true));
        let signal = last_typing(&world).expect("a signal");
        assert!(matches!(&signal, Signal::Typing { to, .. } if *to == ben.id));

        let mut view = world.services.store.view().await.expect("a view");
        let viewer = ben.cx.viewer().expect("signed in");
        let pushed = render::signal(viewer, &mut *view, &signal).await;
        let pushed = pushed.expect("the store works").expect("a push");
        let Ok(Updates::UpdateShort(short)) = Updates::from_bytes(&pushed) else {
            panic!("no short update");
        };
        let Update::UserTyping(shown) = short.update else {
            panic!("{:?}", short.update);
        };
        assert_eq!(shown.user_id, ada.id.0);
        assert!(matches!(
            shown.action,
            SendMessageAction::SendMessageUploadPhotoAction(action) if action.progress == 40
        ));
    }

    #[tokio::test]
    async fn strangers_do_not_see_each_other_type() {
        let (world, ada, ben) = two().await;
        let call = typing(&world, &ada, &ben);
        assert_eq!(world.call(&ada, call).await, Ok(true));
        let signal = last_typing(&world).expect("a signal");
        let mut view = world.services.store.view().await.expect("a view");
        let viewer = ben.cx.viewer().expect("signed in");
        let pushed = render::signal(viewer, &mut *view, &signal).await;
        assert_eq!(pushed.expect("the store works"), None);
    }

    #[tokio::test]
    async fn typing_to_oneself_or_to_a_blocker_reaches_nobody() {
        let (world, ada, ben) = two().await;
        let to_self = typing(&world, &ada, &ada);
        assert_eq!(world.call(&ada, to_self).await, Ok(true));
        let block = SetBlocked {
            owner: ben.id,
            person: ada.id,
            blocked: true,
        };
        world.services.store.write(block).await.expect("a block");
        let blocked = world.call(&ada, typing(&world, &ada, &ben)).await;
        assert_eq!(blocked, Err(text::USER_IS_BLOCKED.into()));
        assert!(last_typing(&world).is_none());
    }
}
