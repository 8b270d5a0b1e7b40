//! Invitations: a link that is used once, to register the first passkey.

use super::roles::{Roles, RolesError};
use super::session::{act, hash};
use super::sign_in::SCRIPT;
use crate::answer::Refusal;
use crate::blocking::blocking;
use crate::page::Page;
use crate::portal::Typed;
use crate::{Installation, Shared, texts};
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use heliograph_desk_store::{Desk, DeskError, NewStaff, StaffId, StaffRow};
use heliograph_disclosure::Entropy;
use maud::html;
use std::sync::Arc;

/// How long a link can be used, in seconds: three days.
pub const INVITATION_S: u64 = 3 * 86_400;

/// Longest name of a person, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The name is empty, too long, or holds control characters.
    #[error("a name has 1 to 100 bytes and no control characters")]
    Name,
    /// The roles do not go together.
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] DeskError),
}

/// Invites someone to the desk; answers with the link, which is shown once and kept nowhere.
///
/// Used by `heliograph admin staff invite NAME`. Who lost every passkey is invited anew: a person
/// of the same name keeps the id, so that audit records stay theirs, and the old passkeys end.
pub fn invite(
    desk: &Desk,
    installation: &Installation,
    entropy: &dyn Entropy,
    name: &str,
    roles: &Roles,
    now_s: u64,
) -> Result<String, InviteError> {
    let sound = (1..=MAX_NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control);
    if !sound {
        return Err(InviteError::Name);
    }
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    let secret = URL_SAFE_NO_PAD.encode(bytes);
    let mut id = [0; 16];
    entropy.fill(&mut id);
    let new = NewStaff {
        id: StaffId(id),
        name: name.to_owned(),
        roles: roles.tokens()?,
        invitation_hash: invitation_hash(&secret),
        invitation_expires_s: now_s + INVITATION_S,
    };
    desk.act(&act(None, "invite-staff", None), now_s, |step| {
        let known = step
            .all_staff()?
            .into_iter()
            .find(|row| row.name == name && !row.disabled);
        match known {
            Some(row) => {
                step.reinvite_staff(row.id, new.invitation_hash, new.invitation_expires_s)?;
                step.put_roles(row.id, &new.roles)
            }
            None => step.invite_staff(&new, now_s),
        }
    })?;
    Ok(format!(
        "{}/console/invitation/{secret}",
        installation.address()
    ))
}

/// Lets someone in no more: passkeys, sessions and invitations end at once. False when there is
/// nobody of this name.
pub fn dismiss(desk: &Desk, name: &str, now_s: u64) -> Result<bool, DeskError> {
    desk.act(&act(None, "dismiss-staff", None), now_s, |step| {
        let known = step
            .all_staff()?
            .into_iter()
            .find(|row| row.name == name && !row.disabled);
        match known {
            Some(row) => step.disable_staff(row.id, now_s).map(|()| true),
            None => Ok(false),
        }
    })
}

fn invitation_hash(secret: &str) -> [u8; 32] {
    hash(b"hg/invitation/v1", secret)
}

async fn invited(shared: &Arc<Shared>, invitation: [u8; 32]) -> Result<StaffRow, Refusal> {
    let now_s = shared.clock.now_s();
    blocking(shared, move |shared| {
        let found = shared
            .desk
            .view(|view| view.staff_by_invitation(&invitation, now_s));
        found
            .map_err(|error: DeskError| Refusal::internal(&error))?
            .ok_or(Refusal::NotFound)
    })
    .await
}

/// `GET /console/invitation/…`. A link that was used, has expired or never was leads nowhere.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
) -> Result<Page, Refusal> {
    let invitation = invitation_hash(&secret);
    let row = invited(&shared, invitation).await?;
    show(&shared, &secret, &row, None)
}

fn show(
    shared: &Shared,
    secret: &str,
    row: &StaffRow,
    wrong: Option<&str>,
) -> Result<Page, Refusal> {
    let (entropy, now_s) = (&*shared.entropy, shared.clock.now_s());
    let invitation = invitation_hash(secret);
    let begun = shared
        .passkeys
        .begin_registration(row.id, &row.name, &invitation, entropy, now_s);
    let ceremony = begun.map_err(|error| Refusal::internal(&error))?;
    let body = html! {
        h1 { "Welcome to the desk, " bdi { (row.name) } }
        @if let Some(wrong) = wrong { p .alarm role="alert" { (wrong) } }
        p { "Your role: " (Roles::of_tokens(&row.roles).words()) "." }
        form .boxed method="post" action={ "/console/invitation/" (secret) } data-passkey="create"
            data-options=(ceremony.options) {
            input type="hidden" name="state" value=(ceremony.state);
            input type="hidden" name="credential" value="";
            p { "Register a passkey: a security key, or this device with its lock. It is the only way in." }
            button type="submit" #register { "Register a passkey" }
            p #passkey-status role="status" {}
        }
        noscript { p .alarm { (texts::NEEDS_SCRIPT) } }
    };
    Ok(Page::new("Welcome", body).script(SCRIPT))
}

/// `POST /console/invitation/…`.
pub(super) async fn enrol(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let typed = Typed::from(fields);
    let invitation = invitation_hash(&secret);
    let row = invited(&shared, invitation).await?;
    let (id, now_s) = (row.id, shared.clock.now_s());
    let enrolled = blocking(&shared, move |shared| {
        let (state, credential) = (typed.one("state"), typed.one("credential"));
        let finished = shared
            .passkeys
            .finish_registration(&invitation, state, credential, now_s);
        let passkey = match finished {
            Ok(passkey) => passkey,
            Err(error) => {
                tracing::info!(%error, "a passkey was refused");
                return Ok(Err(error));
            }
        };
        let passkeys =
            serde_json::to_string(&[passkey]).map_err(|error| Refusal::internal(&error))?;
        let kept = shared
            .desk
            .act(&act(Some(id), "enrol", None), now_s, |step| {
                step.enrol_staff(&invitation, &passkeys, now_s)
            });
        match kept {
            Ok(()) => Ok(Ok(())),
            // Someone else used the link in the meantime.
            Err(DeskError::Done(_)) => Err(Refusal::NotFound),
            Err(error) => Err(Refusal::internal(&error)),
        }
    })
    .await?;
    if enrolled.is_ok() {
        return Ok(Redirect::to("/console/sign-in").into_response());
    }
    let page = show(&shared, &secret, &row, Some(texts::NOT_REGISTERED))?;
    Ok(page.status(StatusCode::FORBIDDEN).into_response())
}
