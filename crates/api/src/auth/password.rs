//! The second step of signing in: the cloud password.

use super::{authorization, enter};
use crate::account::{asker, prove};
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::accounts;
use heliograph_domain::authorizations::SignIn;
use heliograph_tl::enums;
use heliograph_tl::functions as f;

pub(super) fn register(router: &mut Router) {
    router.method(Access::Anyone, Rate::SignIn, check_password);
}

/// `auth.checkPassword`: signs a device in that has given a code, or whose QR code was accepted, and
/// now gives the account's password.
///
/// On a device that is signed in already it changes nothing, and only tells whether the password is
/// right: some clients ask in this way before they change it.
///
/// Fails with `AUTH_KEY_UNREGISTERED` where the key has given neither, or too long ago; with
/// `PASSWORD_HASH_INVALID`, `SRP_ID_INVALID`, `SRP_A_INVALID` or `SRP_PASSWORD_CHANGED`.
async fn check_password(
    cx: Ctx,
    req: f::auth::CheckPassword,
) -> Result<enums::auth::Authorization> {
    let key = cx.caller().key;
    let asker = asker(&cx)?;
    let password = prove(&cx, asker, req.password).await?;
    if asker.signed_in {
        let mut view = cx.store.view().await?;
        let account = accounts::find(&mut *view, asker.user).await?;
        drop(view);
        let account = account.ok_or(text::USER_DEACTIVATED)?;
        return authorization(&cx, &account, None).await;
    }
    let arrival = cx.passwords.arrivals.find(key, cx.now());
    let arrival = arrival.ok_or(text::AUTH_KEY_UNREGISTERED)?;
    let account = enter(
        &cx,
        SignIn {
            key,
            user: arrival.user,
            country: arrival.country,
            part_of: None,
            password,
        },
    )
    .await?;
    let phone = arrival.phone.as_deref();
    if let Some(phone) = phone {
        cx.codes.proven(phone, &account).await;
    }
    authorization(&cx, &account, phone).await
}
