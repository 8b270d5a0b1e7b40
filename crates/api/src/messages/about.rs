//! What clients ask about a chat.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use crate::settings;
use heliograph_domain::accounts;
use heliograph_domain::settings::Set;
use heliograph_model::Notice;
use heliograph_tl::enums::ChatOnlines;
use heliograph_tl::enums::messages::PeerSettings;
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_peer_settings)
        .method(Access::User, Rate::Write, hide_peer_settings_bar)
        .method(Access::User, Rate::Read, get_onlines);
}

/// `messages.getPeerSettings`: what the bar over a chat offers.
///
/// Fails with `PEER_ID_INVALID`.
async fn get_peer_settings(cx: Ctx, req: f::messages::GetPeerSettings) -> Result<PeerSettings> {
    let viewer = cx.viewer()?;
    let peer = cx.peer(&req.peer).await?;
    let mut view = cx.store.view().await?;
    let account = accounts::find(&mut *view, peer).await?;
    let person = account.ok_or(text::PEER_ID_INVALID)?.person;
    Ok(types::messages::PeerSettings {
        settings: render::contact_settings(viewer, &mut *view, &person).await?,
        chats: Vec::new(),
        users: vec![render::user(viewer, &mut *view, &person).await?],
    }
    .into())
}

/// `messages.hidePeerSettingsBar`: the bar over this chat stays away from now on.
///
/// Fails with `PEER_ID_INVALID`.
/// Notes [`Notice::Contact`].
async fn hide_peer_settings_bar(cx: Ctx, req: f::messages::HidePeerSettingsBar) -> Result<bool> {
    let owner = cx.user()?;
    let peer = cx.peer(&req.peer).await?;
    cx.write(Set {
        owner,
        name: settings::hidden_bar_name(peer),
        value: Some(Vec::new()),
        notice: Some(Notice::Contact(peer)),
    })
    .await?;
    Ok(true)
}

/// `messages.getOnlines`: how many members of a group are online. A private chat has no members.
///
/// Fails with `PEER_ID_INVALID`.
async fn get_onlines(cx: Ctx, req: f::messages::GetOnlines) -> Result<ChatOnlines> {
    let chat = cx.chat(&req.peer).await?;
    crate::channels::onlines(&cx, chat).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::testing::{two, user_ids};
    use heliograph_tl::enums;

    #[tokio::test]
    async fn the_bar_over_a_strangers_chat_offers_to_add_or_block_until_it_is_hidden() {
        let (world, ada, ben) = two().await;
        let peer = world.input_peer(&ada, &ben);
        for offers in [true, false] {
            let call = f::messages::GetPeerSettings { peer: peer.clone() };
            let PeerSettings::PeerSettings(answer) =
                world.call(&ada, call).await.expect("settings");
            let enums::PeerSettings::PeerSettings(settings) = answer.settings;
            assert_eq!(
                [
                    settings.add_contact,
                    settings.block_contact,
                    settings.report_spam
                ],
                [offers; 3]
            );
            assert_eq!(user_ids(&answer.users), [ben.id]);
            let hide = f::messages::HidePeerSettingsBar { peer: peer.clone() };
            assert_eq!(world.call(&ada, hide).await, Ok(true));
        }
        let others = f::messages::GetPeerSettings {
            peer: world.input_peer(&ben, &ada),
        };
        let PeerSettings::PeerSettings(answer) = world.call(&ben, others).await.expect("settings");
        let enums::PeerSettings::PeerSettings(settings) = answer.settings;
        assert!(settings.add_contact, "hidden for the one who hid it");
    }

    #[tokio::test]
    async fn a_private_chat_has_no_members_to_count() {
        let (world, ada, ben) = two().await;
        let peer = world.input_peer(&ada, &ben);
        let answer = world.call(&ada, f::messages::GetOnlines { peer }).await;
        assert_eq!(answer, Err(text::PEER_ID_INVALID.into()));
    }
}
