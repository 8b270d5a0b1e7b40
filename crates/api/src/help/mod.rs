//! `help.*`: what clients ask about the installation.

mod app_config;
mod config;
mod countries;
pub(crate) mod terms;

use crate::context::Ctx;
use crate::error::Result;
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::services;
use heliograph_model::UnixMs;
use heliograph_tl::enums;
use heliograph_tl::{functions as f, types};

pub(crate) fn register(router: &mut Router) {
    app_config::register(router);
    config::register(router);
    countries::register(router);
    terms::register(router);
    router
        .method(Access::User, Rate::Read, get_support)
        .method(Access::User, Rate::Free, get_invite_text)
        .method(Access::User, Rate::Free, get_promo_data);
}

/// After how long clients ask again for what seldom changes, in seconds.
const ASK_AGAIN_AFTER_S: i64 = 3600;

/// `help.getSupport`: the service account, which stands in for the people who run the installation.
async fn get_support(cx: Ctx, _: f::help::GetSupport) -> Result<enums::help::Support> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let mut users = render::users(viewer, &mut *view, [services::NOTIFICATIONS]).await?;
    Ok(types::help::Support {
        phone_number: String::new(),
        user: users.pop().unwrap_or_default(),
    }
    .into())
}

/// `help.getInviteText`: what clients offer to send to somebody who is not here yet.
async fn get_invite_text(cx: Ctx, _: f::help::GetInviteText) -> Result<enums::help::InviteText> {
    let place = cx.policy.origin.as_deref().unwrap_or("our own server");
    Ok(types::help::InviteText {
        message: format!("Come and write to me on Heliograph: {place}"),
    }
    .into())
}

/// `help.getPromoData`: nothing is advertised.
async fn get_promo_data(cx: Ctx, _: f::help::GetPromoData) -> Result<enums::help::PromoData> {
    let expires = ask_again_at(cx.now());
    Ok(types::help::PromoDataEmpty { expires }.into())
}

fn ask_again_at(now: UnixMs) -> i32 {
    now.plus_seconds(ASK_AGAIN_AFTER_S).seconds()
}

/// A hash of texts for clients that ask "anything new since this one?"; never 0, which means that
/// they have nothing. FNV-1a, folded to 31 bits.
fn hash_of<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> i32 {
    let mut hash: u32 = 0x811c_9dc5;
    for text in texts {
        for byte in text.iter().chain(&[0]) {
            hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
    (hash >> 1).max(1) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn support_is_the_service_account() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let enums::help::Support::Support(support) = world
            .call(&ada, f::help::GetSupport {})
            .await
            .expect("answered");
        let enums::User::User(user) = support.user else {
            panic!("nobody");
        };
        assert_eq!(user.id, services::NOTIFICATIONS.0);
        assert!(user.support && support.phone_number.is_empty());
    }

    #[tokio::test]
    async fn promotions_are_empty_and_expire() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let expires = ask_again_at(ada.cx.now());
        let promo = world.call(&ada, f::help::GetPromoData {}).await;
        assert_eq!(promo, Ok(types::help::PromoDataEmpty { expires }.into()));
    }
}
