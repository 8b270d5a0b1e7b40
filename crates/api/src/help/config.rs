//! Where to connect, and what is allowed.

use super::ask_again_at;
use crate::auth::DATA_CENTRES;
use crate::context::Ctx;
use crate::error::Result;
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::messages::EDIT_WINDOW_S;
use heliograph_tl::enums;
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::Anyone, Rate::Read, get_config)
        .method(Access::Anyone, Rate::Free, get_nearest_dc)
        .method(Access::Anyone, Rate::Free, get_cdn_config);
}

/// `help.getConfig`: where to connect, and what is allowed.
///
/// One installation plays every data centre, and the client is told that it is on the one it
/// believes to be on: TDLib asks again without end otherwise.
async fn get_config(cx: Ctx, _: f::help::GetConfig) -> Result<enums::Config> {
    let this_dc = cx.caller().dc;
    let links = cx.policy.origin.as_deref().unwrap_or("https://t.me");
    Ok(types::Config {
        revoke_pm_inbox: true,
        date: cx.now().seconds(),
        expires: ask_again_at(cx.now()),
        test_mode: false,
        this_dc,
        dc_options: dc_options(&cx),
        chat_size_max: 200,
        megagroup_size_max: 200_000,
        forwarded_count_max: 100,
        online_update_period_ms: 210_000,
        offline_blur_timeout_ms: 5_000,
        offline_idle_timeout_ms: 30_000,
        online_cloud_timeout_ms: 300_000,
        notify_cloud_delay_ms: 30_000,
        notify_default_delay_ms: 1_500,
        push_chat_period_ms: 60_000,
        push_chat_limit: 2,
        edit_time_limit: EDIT_WINDOW_S,
        // Any message may be deleted for both sides at any time.
        revoke_time_limit: i32::MAX,
        revoke_pm_time_limit: i32::MAX,
        rating_e_decay: 2_419_200,
        stickers_recent_limit: 200,
        channels_read_media_period: 7 * 86_400,
        call_receive_timeout_ms: 20_000,
        call_ring_timeout_ms: 90_000,
        call_connect_timeout_ms: 30_000,
        call_packet_timeout_ms: 10_000,
        me_url_prefix: format!("{links}/"),
        caption_length_max: 1024,
        message_length_max: 4096,
        webfile_dc_id: this_dc,
        ..Default::default()
    }
    .into())
}

/// Every data centre at the address that the operator made known, else at the one that the client
/// came to. `static` says that the addresses stay; some clients use no others.
fn dc_options(cx: &Ctx) -> Vec<enums::DcOption> {
    let address = cx.policy.advertise.unwrap_or(cx.caller().reached);
    let ip = address.ip().to_canonical();
    let option = |id| {
        types::DcOption {
            ipv6: ip.is_ipv6(),
            static_: true,
            id,
            ip_address: ip.to_string(),
            port: i32::from(address.port()),
            ..Default::default()
        }
        .into()
    };
    DATA_CENTRES.map(option).collect()
}

/// `help.getNearestDc`: the one that the client is on; and the country of its address, where that is
/// known.
async fn get_nearest_dc(cx: Ctx, _: f::help::GetNearestDc) -> Result<enums::NearestDc> {
    let this_dc = cx.caller().dc;
    Ok(types::NearestDc {
        country: cx.caller().country.as_deref().unwrap_or("").to_owned(),
        this_dc,
        nearest_dc: this_dc,
    }
    .into())
}

/// `help.getCdnConfig`: the server's own key for every data centre. Telegram Desktop puts what it
/// gets here in the place of the keys it was set up with.
async fn get_cdn_config(cx: Ctx, _: f::help::GetCdnConfig) -> Result<enums::CdnConfig> {
    let key = |dc_id| {
        types::CdnPublicKey {
            dc_id,
            public_key: cx.policy.public_key_pem.clone(),
        }
        .into()
    };
    Ok(types::CdnConfig {
        public_keys: DATA_CENTRES.map(key).collect(),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};
    use std::sync::Arc;

    async fn config(world: &World, person: &Person) -> types::Config {
        let enums::Config::Config(config) = world
            .call(person, f::help::GetConfig {})
            .await
            .expect("answered");
        config
    }

    #[tokio::test]
    async fn a_client_is_told_the_centre_it_believes_to_be_on_at_the_address_it_came_to() {
        let world = World::new().await;
        let mut stranger = world.stranger().await;
        let mut caller = stranger.cx.caller().clone();
        caller.dc = 4;
        caller.reached = "[::ffff:127.0.0.9]:4430".parse().expect("an address");
        stranger.cx = Ctx::new(world.services.clone(), Arc::new(caller));

        let config = config(&world, &stranger).await;
        assert_eq!((config.this_dc, config.dc_options.len()), (4, 5));
        for (id, option) in (1..).zip(&config.dc_options) {
            let enums::DcOption::DcOption(option) = option;
            assert_eq!((option.id, option.port), (id, 4430));
            assert_eq!(option.ip_address, "127.0.0.9");
            assert!(option.static_ && !option.ipv6);
        }
        assert!(!config.test_mode);
        assert_eq!(config.expires - config.date, 3600);
        assert_eq!(config.me_url_prefix, "https://t.me/");
    }

    #[tokio::test]
    async fn every_centre_has_the_key_of_the_server() {
        let world = World::new().await;
        let stranger = world.stranger().await;
        let enums::CdnConfig::CdnConfig(config) = world
            .call(&stranger, f::help::GetCdnConfig {})
            .await
            .expect("answered");
        let keys = config.public_keys.iter().map(|key| {
            let enums::CdnPublicKey::CdnPublicKey(key) = key;
            (key.dc_id, key.public_key.starts_with("-----BEGIN"))
        });
        assert!(keys.eq((1..=5).map(|dc| (dc, true))));
    }
}
