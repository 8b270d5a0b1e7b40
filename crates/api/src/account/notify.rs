//! Notification settings: kept for clients, which act on them.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use crate::settings::{self, NotifyKind};
use heliograph_domain::settings::Set;
use heliograph_model::Notice;
use heliograph_tl::enums::{self, InputNotifyPeer};
use heliograph_tl::{Encode, functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_notify_settings)
        .method(Access::User, Rate::Write, update_notify_settings);
}

/// `account.getNotifySettings`: of one chat, or of a kind of chats.
///
/// Fails with `PEER_ID_INVALID`, or `PEER_ID_NOT_SUPPORTED` for groups, channels and topics.
async fn get_notify_settings(
    cx: Ctx,
    req: f::account::GetNotifySettings,
) -> Result<enums::PeerNotifySettings> {
    let me = cx.user()?;
    let (name, _) = place(&cx, &req.peer).await?;
    let mut view = cx.store.view().await?;
    Ok(settings::notify_named(&mut *view, me, &name).await?)
}

/// `account.updateNotifySettings`: keeps them; the account's other sessions learn of it.
///
/// Fails as [`get_notify_settings`] does.
async fn update_notify_settings(cx: Ctx, req: f::account::UpdateNotifySettings) -> Result<bool> {
    let enums::InputPeerNotifySettings::InputPeerNotifySettings(input) = req.settings;
    let (name, notice) = place(&cx, &req.peer).await?;
    // One sound is given, and each platform reads its own field.
    let kept: enums::PeerNotifySettings = types::PeerNotifySettings {
        show_previews: input.show_previews,
        silent: input.silent,
        mute_until: input.mute_until,
        ios_sound: input.sound.clone(),
        android_sound: input.sound.clone(),
        other_sound: input.sound,
        stories_muted: input.stories_muted,
        stories_hide_sender: input.stories_hide_sender,
        stories_ios_sound: input.stories_sound.clone(),
        stories_android_sound: input.stories_sound.clone(),
        stories_other_sound: input.stories_sound,
    }
    .into();
    let set = Set {
        owner: cx.user()?,
        name,
        value: Some(kept.to_bytes()),
        notice: Some(notice),
    };
    cx.write(set).await?;
    Ok(true)
}

/// The name under which the settings are kept, and what is told when they change.
async fn place(cx: &Ctx, peer: &InputNotifyPeer) -> Result<(String, Notice)> {
    let kind = match peer {
        InputNotifyPeer::InputNotifyPeer(chat) => {
            let chat = cx.chat(&chat.peer).await?;
            return Ok((settings::notify_name(chat), Notice::NotifySettings(chat)));
        }
        InputNotifyPeer::InputNotifyUsers => NotifyKind::Users,
        InputNotifyPeer::InputNotifyChats => NotifyKind::Chats,
        InputNotifyPeer::InputNotifyBroadcasts => NotifyKind::Broadcasts,
        InputNotifyPeer::InputNotifyForumTopic(_) => {
            return Err(text::PEER_ID_NOT_SUPPORTED.into());
        }
    };
    Ok((kind.name().to_owned(), Notice::NotifyKind(kind as u8)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render;
    use crate::testing::{Person, World};
    use heliograph_domain::bus::Signal;
    use heliograph_tl::Decode;

    async fn mute(world: &World, person: &Person, peer: InputNotifyPeer) {
        let settings = types::InputPeerNotifySettings {
            mute_until: Some(i32::MAX),
            ..Default::default()
        };
        let call = f::account::UpdateNotifySettings {
            peer,
            settings: settings.into(),
        };
        assert_eq!(world.call(person, call).await, Ok(true));
    }

    async fn muted(world: &World, person: &Person, peer: InputNotifyPeer) -> Option<i32> {
        let answer = world
            .call(person, f::account::GetNotifySettings { peer })
            .await;
        let Ok(enums::PeerNotifySettings::PeerNotifySettings(settings)) = answer else {
            panic!("refused");
        };
        settings.mute_until
    }

    #[tokio::test]
    async fn a_muted_chat_stays_muted_and_others_do_not() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let chat = || -> InputNotifyPeer {
            types::InputNotifyPeer {
                peer: world.input_peer(&ada, &ben),
            }
            .into()
        };
        mute(&world, &ada, chat()).await;
        assert_eq!(muted(&world, &ada, chat()).await, Some(i32::MAX));
        assert_eq!(
            muted(&world, &ada, InputNotifyPeer::InputNotifyUsers).await,
            None
        );
    }

    #[tokio::test]
    async fn other_sessions_learn_of_a_muted_kind_of_chats() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        mute(&world, &ada, InputNotifyPeer::InputNotifyChats).await;
        let told = world.seen.signals.lock().expect("no panic").pop();
        let Some(Signal::Wake(wake)) = told else {
            panic!("not told");
        };
        let viewer = ada.cx.viewer().expect("signed in");
        let mut view = world.services.store.view().await.expect("the store works");
        let containers = render::wake(viewer, &mut *view, &wake)
            .await
            .expect("rendered");
        let Ok(enums::Updates::Updates(container)) = enums::Updates::from_bytes(&containers[0])
        else {
            panic!("no container");
        };
        let [enums::Update::NotifySettings(update)] = container.updates.as_slice() else {
            panic!("another update");
        };
        assert_eq!(update.peer, enums::NotifyPeer::NotifyChats);
    }
}
