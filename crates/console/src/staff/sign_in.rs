//! Signing in and out.

use super::passkey::PasskeyError;
use super::roles::Right;
use super::session::{SESSION_S, Secret, act, enter};
use crate::answer::Refusal;
use crate::blocking::blocking;
use crate::page::Page;
use crate::portal::Typed;
use crate::{Shared, texts};
use axum::extract::{Form, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use heliograph_desk_store::DeskError;
use maud::html;
use std::sync::Arc;
use webauthn_rs::prelude::Passkey;

/// Where the script is.
pub(super) const SCRIPT: &str = "/console/passkey.js";

/// `GET /console/sign-in`.
pub(super) async fn page(State(shared): State<Arc<Shared>>) -> Result<Page, Refusal> {
    show(&shared, None)
}

fn show(shared: &Shared, wrong: Option<&str>) -> Result<Page, Refusal> {
    let begun = shared
        .passkeys
        .begin_sign_in(&*shared.entropy, shared.clock.now_s());
    let ceremony = begun.map_err(|error| Refusal::internal(&error))?;
    let body = html! {
        h1 { "The desk" }
        p .lead { "For officers, registrars and auditors of this installation." }
        @if let Some(wrong) = wrong { p .alarm role="alert" { (wrong) } }
        form .boxed method="post" action="/console/sign-in" data-passkey="get" data-options=(ceremony.options) {
            input type="hidden" name="state" value=(ceremony.state);
            input type="hidden" name="credential" value="";
            p { "You sign in with your passkey. There are no passwords." }
            button type="submit" #sign-in { "Sign in with a passkey" }
            p #passkey-status role="status" {}
        }
        noscript { p .alarm { (texts::NEEDS_SCRIPT) } }
    };
    Ok(Page::new("Sign in", body).script(SCRIPT))
}

/// `POST /console/sign-in`.
pub(super) async fn sign_in(
    State(shared): State<Arc<Shared>>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let typed = Typed::from(fields);
    let now_s = shared.clock.now_s();
    let secret = blocking(&shared, move |shared| open_session(shared, &typed, now_s)).await?;
    let Some(secret) = secret else {
        let page = show(&shared, Some(texts::NOT_SIGNED_IN))?;
        return Ok(page.status(StatusCode::FORBIDDEN).into_response());
    };
    let cookie = [(SET_COOKIE, secret.cookie())];
    Ok((cookie, Redirect::to("/console")).into_response())
}

/// Checks the passkey and opens a session. `None` for whatever does not hold: unknown, disabled
/// and wrong are answered alike.
fn open_session(shared: &Shared, typed: &Typed, now_s: u64) -> Result<Option<Secret>, Refusal> {
    let internal = |error: DeskError| Refusal::internal(&error);
    let refused = |error: PasskeyError| {
        tracing::info!(%error, "a sign-in was refused");
        Ok(None)
    };
    let (credential, id) = match shared.passkeys.identify(typed.one("credential")) {
        Ok(identified) => identified,
        Err(error) => return refused(error),
    };
    let row = shared.desk.view(|view| view.staff(id)).map_err(internal)?;
    let row = row.filter(|row| !row.disabled);
    let stored = row
        .and_then(|row| row.passkeys)
        .unwrap_or_else(|| "[]".to_owned());
    let mut passkeys: Vec<Passkey> =
        serde_json::from_str(&stored).map_err(|error| Refusal::internal(&error))?;
    let state = typed.one("state");
    if let Err(error) = shared
        .passkeys
        .finish_sign_in(state, &credential, &mut passkeys, now_s)
    {
        return refused(error);
    }
    let secret = Secret::draw(shared);
    let stored = serde_json::to_string(&passkeys).map_err(|error| Refusal::internal(&error))?;
    let opened = shared
        .desk
        .act(&act(Some(id), "sign-in", None), now_s, |step| {
            step.put_passkeys(id, &stored)?;
            step.open_session(secret.hash(), id, now_s + SESSION_S)
        });
    opened.map_err(internal)?;
    Ok(Some(secret))
}

/// `POST /console/sign-out`.
pub(super) async fn sign_out(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::Enter).await?;
    visit.check_form(&headers, &Typed::from(fields))?;
    visit.leave().await?;
    let cookie = [(SET_COOKIE, Secret::expired_cookie())];
    Ok((cookie, Redirect::to("/console/sign-in")).into_response())
}
