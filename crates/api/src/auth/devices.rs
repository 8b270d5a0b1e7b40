//! Signing out, and carrying a sign-in over to another key of the same client.

use super::{authorization, country, enter};
use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::authorizations::{self, SignIn, SignOut};
use heliograph_domain::bus::Signal;
use heliograph_model::{AuthKeyId, UserId};
use heliograph_tl::enums;
use heliograph_tl::{functions as f, types};
use std::ops::RangeInclusive;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, log_out)
        .method(Access::User, Rate::Write, reset_authorizations)
        .method(Access::User, Rate::Write, export_authorization)
        .method(Access::Anyone, Rate::SignIn, import_authorization);
}

/// The data centres that one installation plays.
pub(crate) const DATA_CENTRES: RangeInclusive<i32> = 1..=5;

/// `auth.logOut`: ends the caller's sign-in; the key itself stays good for the next one.
async fn log_out(cx: Ctx, _: f::auth::LogOut) -> Result<enums::auth::LoggedOut> {
    sign_out(&cx, vec![cx.caller().key], false).await?;
    Ok(types::auth::LoggedOut::default().into())
}

/// `auth.resetAuthorizations`: ends every sign-in but the caller's, and destroys their keys. Devices
/// that wait for the password are turned away.
async fn reset_authorizations(cx: Ctx, _: f::auth::ResetAuthorizations) -> Result<bool> {
    let me = cx.user()?;
    let mut view = cx.store.view().await?;
    let mine = authorizations::device_of(&mut *view, me, cx.caller().key).await?;
    let devices = authorizations::list(&mut *view, me).await?;
    drop(view);
    cx.passwords.arrivals.turn_all_away(me);
    let others = devices.into_iter().map(|(key, _)| key);
    sign_out(&cx, others.filter(|key| *key != mine).collect(), true).await?;
    Ok(true)
}

/// `auth.exportAuthorization`: a secret for signing in another key of the same client, as clients do
/// to reach another data centre.
///
/// Fails with `DC_ID_INVALID`.
async fn export_authorization(
    cx: Ctx,
    req: f::auth::ExportAuthorization,
) -> Result<enums::auth::ExportedAuthorization> {
    let me = cx.user()?;
    if !DATA_CENTRES.contains(&req.dc_id) {
        return Err(text::DC_ID_INVALID.into());
    }
    let secret = cx.random();
    if !cx.exports.put(secret, me, cx.caller().key, cx.now()) {
        return Err(RpcError::flood_wait(60));
    }
    Ok(types::auth::ExportedAuthorization {
        id: me.0,
        bytes: secret.to_vec(),
    }
    .into())
}

/// `auth.importAuthorization`: signs the calling key in by the secret of another one.
///
/// Fails with `AUTH_BYTES_INVALID`.
async fn import_authorization(
    cx: Ctx,
    req: f::auth::ImportAuthorization,
) -> Result<enums::auth::Authorization> {
    let user = UserId(req.id);
    let from = cx.exports.take(&req.bytes, user, cx.now());
    let from = from.ok_or(text::AUTH_BYTES_INVALID)?;
    let sign_in = SignIn {
        key: cx.caller().key,
        user,
        country: country(&cx),
        part_of: Some(from),
        password: None,
    };
    let account = enter(&cx, sign_in).await?;
    authorization(&cx, &account, None).await
}

/// Ends the caller's sign-ins on these devices and tells their sessions; whether there were any.
pub(crate) async fn sign_out(cx: &Ctx, keys: Vec<AuthKeyId>, destroy: bool) -> Result<bool> {
    let user = cx.user()?;
    let sign_out = SignOut {
        user,
        keys,
        destroy,
    };
    let ended = cx.write(sign_out).await?;
    for key in &ended {
        cx.publish(Signal::SignedOut {
            key: *key,
            destroyed: destroy,
        });
    }
    Ok(!ended.is_empty())
}
