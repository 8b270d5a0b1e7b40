//! Signing in by QR code (<https://core.telegram.org/api/qr-login>).

use super::{Step, arrival, authorization, country, sign_in};
use crate::account::{arriving, device};
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::bus::Signal;
use heliograph_domain::login_tokens::{Device, TokenError};
use heliograph_domain::passwords::Arrival;
use heliograph_domain::{accounts, authorizations, keys};
use heliograph_model::UserId;
use heliograph_tl::enums::{self, auth::LoginToken};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::Anyone, Rate::SignIn, export_login_token)
        .method(Access::Anyone, Rate::SignIn, import_login_token)
        .method(Access::User, Rate::SignIn, accept_login_token);
}

/// How many accounts a client may name that it has already; clients hold a handful.
const EXCEPT_MAX: usize = 32;

/// `auth.exportLoginToken`: a token to be shown as a QR code; the authorization itself once the
/// token was accepted.
///
/// Fails with `SESSION_PASSWORD_NEEDED` once it was accepted by an account that has a password.
async fn export_login_token(cx: Ctx, req: f::auth::ExportLoginToken) -> Result<LoginToken> {
    if let Some(success) = success(&cx).await? {
        return Ok(success);
    }
    let token = cx.random();
    let device = Device {
        key: cx.caller().key,
        country: country(&cx),
        except: req
            .except_ids
            .into_iter()
            .take(EXCEPT_MAX)
            .map(UserId)
            .collect(),
    };
    let expires = cx.login_tokens.put(token, device, cx.now())?.seconds();
    let token = token.to_vec();
    Ok(types::auth::LoginToken { expires, token }.into())
}

/// `auth.importLoginToken`: goes on with a token over another key of the same client.
///
/// Fails as [`export_login_token`] does, with `AUTH_TOKEN_INVALID`, `AUTH_TOKEN_EXPIRED` or
/// `AUTH_TOKEN_ALREADY_ACCEPTED`.
async fn import_login_token(cx: Ctx, req: f::auth::ImportLoginToken) -> Result<LoginToken> {
    if let Some(success) = success(&cx).await? {
        return Ok(success);
    }
    let key = cx.caller().key;
    let expires = cx.login_tokens.carry_over(&req.token, key, cx.now())?;
    Ok(types::auth::LoginToken {
        expires: expires.seconds(),
        token: req.token,
    }
    .into())
}

/// `auth.acceptLoginToken`: signs the device that shows the token in to the caller's account; where
/// that has a password, the device is asked for it first.
///
/// Fails with `AUTH_TOKEN_INVALIDX`, `AUTH_TOKEN_EXPIRED`, `AUTH_TOKEN_ALREADY_ACCEPTED`, or
/// `AUTH_TOKEN_EXCEPTION` when the device has the account already.
async fn accept_login_token(
    cx: Ctx,
    req: f::auth::AcceptLoginToken,
) -> Result<enums::Authorization> {
    let me = cx.user()?;
    let accepted = cx.login_tokens.accept(&req.token, me, cx.now());
    let Device { key, country, .. } = match accepted {
        Err(TokenError::Unknown) => return Err(text::AUTH_TOKEN_INVALIDX.into()),
        other => other?,
    };
    let arrival = Arrival {
        country,
        by_qr: true,
        ..arrival(&cx, me)
    };
    let step = sign_in(&cx, key, arrival.clone()).await?;
    cx.publish(Signal::LoginToken { key });

    let mut view = cx.store.view().await?;
    if matches!(step, Step::PasswordNeeded) {
        let waiting = arriving(&mut *view, key, &arrival).await?;
        return Ok(waiting.ok_or(text::AUTH_TOKEN_EXCEPTION)?.into());
    }
    let devices = authorizations::list(&mut *view, me).await?;
    let signed_in = devices.iter().find(|(device, _)| *device == key);
    let (_, authorization) = signed_in.ok_or(text::AUTH_TOKEN_EXCEPTION)?;
    Ok(device(key, authorization).into())
}

/// The authorization of a key that is signed in already; the key's row is asked, for the session
/// may not have heard of it yet. `SESSION_PASSWORD_NEEDED` where only the password is missing.
async fn success(cx: &Ctx) -> Result<Option<LoginToken>> {
    let key = cx.caller().key;
    if cx.passwords.arrivals.was_accepted(key, cx.now()) {
        return Err(text::SESSION_PASSWORD_NEEDED.into());
    }
    let mut view = cx.store.view().await?;
    let row = keys::info(&mut *view, key).await?;
    let account = match row.and_then(|key| key.user) {
        Some(user) => accounts::find(&mut *view, user).await?,
        None => None,
    };
    drop(view);
    let Some(account) = account else {
        return Ok(None);
    };
    let authorization = authorization(cx, &account, None).await?;
    Ok(Some(
        types::auth::LoginTokenSuccess { authorization }.into(),
    ))
}
