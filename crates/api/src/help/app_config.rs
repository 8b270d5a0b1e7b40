//! What official clients read beside the config: limits and switches by name.
//!
//! The names are those of <https://core.telegram.org/api/config#client-configuration>; clients have
//! defaults for those that are missing.

use super::hash_of;
use crate::context::Ctx;
use crate::error::Result;
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::dialogs::PINNED_MAX;
use heliograph_domain::files::{FILE_MAX, PART_MAX};
use heliograph_tl::enums::{self, JSONObjectValue, JSONValue};
use heliograph_tl::{Encode, functions as f, types};

pub(super) fn register(router: &mut Router) {
    router.method(Access::Anyone, Rate::Read, get_app_config);
}

/// `help.getAppConfig`: limits and switches by name, or that they are as the client has them.
async fn get_app_config(cx: Ctx, req: f::help::GetAppConfig) -> Result<enums::help::AppConfig> {
    let config = config(&cx);
    let hash = hash_of([config.to_bytes().as_slice()]);
    if req.hash == hash {
        return Ok(enums::help::AppConfig::NotModified);
    }
    Ok(types::help::AppConfig { hash, config }.into())
}

/// How many of the largest parts make the largest file: clients refuse a larger one by themselves, in
/// words of their own.
const LARGEST_PARTS: u32 = (FILE_MAX / PART_MAX as u64) as u32;

fn config(cx: &Ctx) -> JSONValue {
    let mut pairs = vec![
        // What the server enforces. There is nothing to buy, so the limits of those who pay are the
        // same.
        pair("dialogs_pinned_limit_default", number(PINNED_MAX as u32)),
        pair("dialogs_pinned_limit_premium", number(PINNED_MAX as u32)),
        pair("about_length_limit_default", number(70)),
        pair("about_length_limit_premium", number(70)),
        pair("caption_length_limit_default", number(1024)),
        pair("caption_length_limit_premium", number(1024)),
        pair("upload_max_fileparts_default", number(LARGEST_PARTS)),
        pair("upload_max_fileparts_premium", number(LARGEST_PARTS)),
        // Features that are not here, so that clients do not offer them.
        pair("dialog_filters_enabled", boolean(false)),
        pair("dialog_filters_tooltip", boolean(false)),
        pair("autoarchive_setting_available", boolean(false)),
        pair("premium_purchase_blocked", boolean(true)),
        pair("stars_purchase_blocked", boolean(true)),
        pair("giveaway_gifts_purchase_available", boolean(false)),
        pair("stories_posting", string("disabled")),
        pair("translations_manual_enabled", string("disabled")),
        pair("translations_auto_enabled", string("disabled")),
        // Signing in by QR code works.
        pair("qr_login_camera", boolean(true)),
        pair("qr_login_code", string("primary")),
        // Nothing is hidden or marked in the client's stead.
        pair("ignore_restriction_reasons", array(Vec::new())),
        pair("emojies_send_dice", array(Vec::new())),
        pair("emojies_sounds", object(Vec::new())),
        // Links into the installation need no warning and carry no token.
        pair("url_auth_domains", array(Vec::new())),
        pair("autologin_domains", array(Vec::new())),
    ];
    if let Some(freeze) = cx.frozen() {
        // Clients show from these why everything is refused, and where to contest it.
        pairs.extend([
            pair("freeze_since_date", number(freeze.since.seconds() as u32)),
            pair(
                "freeze_until_date",
                number(freeze.delete_at.seconds() as u32),
            ),
            pair("freeze_appeal_url", string("https://t.me/SpamBot")),
        ]);
    }
    object(pairs)
}

fn pair(key: &str, value: JSONValue) -> JSONObjectValue {
    types::JsonObjectValue {
        key: key.to_owned(),
        value,
    }
    .into()
}

fn number(value: u32) -> JSONValue {
    let value = f64::from(value);
    types::JsonNumber { value }.into()
}

fn boolean(value: bool) -> JSONValue {
    types::JsonBool { value }.into()
}

fn string(value: &str) -> JSONValue {
    types::JsonString {
        value: value.to_owned(),
    }
    .into()
}

fn array(value: Vec<JSONValue>) -> JSONValue {
    types::JsonArray { value }.into()
}

fn object(value: Vec<JSONObjectValue>) -> JSONValue {
    types::JsonObject { value }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_config_that_the_client_has_is_not_sent_again() {
        let world = World::new().await;
        let stranger = world.stranger().await;
        let get = |hash| world.call(&stranger, f::help::GetAppConfig { hash });
        let Ok(enums::help::AppConfig::AppConfig(config)) = get(0).await else {
            panic!("not modified");
        };
        assert_eq!(
            get(config.hash).await,
            Ok(enums::help::AppConfig::NotModified)
        );
    }
}
