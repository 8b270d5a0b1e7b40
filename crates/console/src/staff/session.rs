//! Browser sessions of staff, and the record of everything done in them.

use super::roles::{Right, Roles};
use crate::answer::Refusal;
use crate::blocking::blocking;
use crate::casework::{CaseworkError, Person};
use crate::moderating::{Moderating, ModeratingError};
use crate::portal::Typed;
use crate::{Shared, texts};
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use heliograph_desk_store::{Act, CaseId, DeskError, StaffId, Token};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How long a session lasts, in seconds: a working day.
pub(super) const SESSION_S: u64 = 12 * 3_600;

/// The prefix makes browsers refuse the cookie unless it is secure, of this host and of all paths.
const COOKIE_NAME: &str = "__Host-desk";

/// The field of the token that shows a form to be of a page of ours.
pub(super) const CSRF_FIELD: &str = "csrf";

/// A new session's secret.
pub(super) struct Secret(String);

impl Secret {
    pub fn draw(shared: &Shared) -> Self {
        let mut bytes = [0; 32];
        shared.entropy.fill(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What the database keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        hash(b"hg/session/v1", &self.0)
    }

    /// The header that gives it to a browser.
    pub fn cookie(&self) -> HeaderValue {
        let text = format!(
            "{COOKIE_NAME}={}; Path=/; Max-Age={SESSION_S}; Secure; HttpOnly; SameSite=Strict",
            self.0
        );
        text.parse().expect("letters, digits and signs of cookies")
    }

    /// The header that takes it away.
    pub fn expired_cookie() -> HeaderValue {
        HeaderValue::from_static(
            "__Host-desk=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict",
        )
    }

    fn of(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(COOKIE).iter();
        let pairs = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'));
        let mut own =
            pairs.filter_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='));
        own.next().map(|value| Self(value.to_owned()))
    }

    /// Whoever knows it can read the pages of the session; a page of somebody else cannot.
    fn csrf(&self) -> String {
        URL_SAFE_NO_PAD.encode(hash(b"hg/csrf/v1", &self.0))
    }
}

pub(super) fn hash(domain: &[u8], text: &str) -> [u8; 32] {
    Sha256::new_with_prefix(domain)
        .chain_update(text)
        .finalize()
        .into()
}

/// Someone at work.
pub(super) struct Visit {
    shared: Arc<Shared>,
    pub person: Person,
    pub roles: Roles,
    /// The token for forms of this session.
    pub csrf: String,
    session: [u8; 32],
}

/// Lets someone in who is signed in and has a right.
pub(super) async fn enter(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    right: Right,
) -> Result<Visit, Refusal> {
    let secret = Secret::of(headers).ok_or(Refusal::SignIn)?;
    let (session, csrf) = (secret.hash(), secret.csrf());
    let now_s = shared.clock.now_s();
    let row = blocking(shared, move |shared| {
        let found = shared
            .desk
            .view(|view| view.staff_by_session(&session, now_s));
        found.map_err(|error: DeskError| Refusal::internal(&error))
    })
    .await?
    .ok_or(Refusal::SignIn)?;
    let roles = Roles::of_tokens(&row.roles);
    if !roles.may(right) {
        return Err(Refusal::Forbidden);
    }
    Ok(Visit {
        shared: shared.clone(),
        person: Person {
            id: row.id,
            name: row.name,
        },
        roles,
        csrf,
        session,
    })
}

impl Visit {
    /// Refuses a form that does not come from a page of this session.
    pub fn check_form(&self, headers: &HeaderMap, typed: &Typed) -> Result<(), Refusal> {
        let site = headers
            .get("sec-fetch-site")
            .and_then(|value| value.to_str().ok());
        let own_site = site.is_none_or(|site| matches!(site, "same-origin" | "none"));
        // Both are hashes under a secret of the session: comparing them in any time tells nothing
        // that helps to guess.
        if own_site && typed.one(CSRF_FIELD) == self.csrf {
            Ok(())
        } else {
            Err(Refusal::ForeignForm)
        }
    }

    /// Does something, or looks at something, inside an audit record that is opened before. If the
    /// record cannot be opened, nothing runs.
    pub async fn recorded<T: Send + 'static>(
        &self,
        name: &'static str,
        case: Option<CaseId>,
        call: impl FnOnce(&Shared, &Person, u64) -> Result<T, CaseworkError> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.on_record(name, case, call).await
    }

    /// As [`Visit::recorded`], for moderation.
    pub async fn moderated<T: Send + 'static>(
        &self,
        name: &'static str,
        case: Option<u64>,
        call: impl FnOnce(&dyn Moderating, &Person) -> Result<T, ModeratingError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let case = case.map(audited);
        self.on_record(name, case, |shared, who, _| call(&*shared.moderating, who))
            .await
    }

    async fn on_record<T: Send + 'static, E: Into<Refusal> + 'static>(
        &self,
        name: &'static str,
        case: Option<CaseId>,
        call: impl FnOnce(&Shared, &Person, u64) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Refusal> {
        let person = self.person.clone();
        let now_s = self.shared.clock.now_s();
        blocking(&self.shared, move |shared| {
            let internal = |error: DeskError| Refusal::internal(&error);
            let act = act(Some(person.id), name, case);
            let audit = shared.desk.open_audit(&act, now_s).map_err(internal)?;
            let done = call(shared, &person, now_s);
            let closed = match &done {
                Ok(_) => shared.desk.finish_audit(audit, now_s, |_| Ok(())),
                Err(_) => shared.desk.fail_audit(audit, now_s),
            };
            closed.map_err(internal)?;
            done.map_err(Into::into)
        })
        .await
    }

    /// Ends the session.
    pub async fn leave(&self) -> Result<(), Refusal> {
        let (id, session, now_s) = (self.person.id, self.session, self.shared.clock.now_s());
        blocking(&self.shared, move |shared| {
            let act = act(Some(id), "sign-out", None);
            let left = shared
                .desk
                .act(&act, now_s, |step| step.close_session(&session));
            left.map_err(|error: DeskError| Refusal::internal(&error))
        })
        .await
    }
}

/// An act for the audit records.
pub(super) fn act(staff: Option<StaffId>, name: &'static str, case: Option<CaseId>) -> Act {
    Act {
        staff,
        name: Token::parse(name).expect("acts are plain words"),
        case,
    }
}

/// What the ids of moderation's cases begin with in audit records; those of the desk are random.
const OF_MODERATION: [u8; 8] = *b"moderate";

/// The id under which audit records name a case of moderation.
fn audited(case: u64) -> CaseId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&OF_MODERATION);
    id[8..].copy_from_slice(&case.to_be_bytes());
    CaseId(id)
}

/// The number of the case of moderation that an audit record names.
pub(super) fn moderation_case(id: CaseId) -> Option<u64> {
    let number = id.0.strip_prefix(&OF_MODERATION)?;
    number.try_into().ok().map(u64::from_be_bytes)
}

impl From<ModeratingError> for Refusal {
    fn from(error: ModeratingError) -> Self {
        match error {
            ModeratingError::Missing => Self::NotFound,
            ModeratingError::Refused(why) => Self::Conflict(format!("{}{why}.", texts::NOT_DONE)),
            ModeratingError::Failed(error) => Self::internal(&*error),
        }
    }
}

impl From<CaseworkError> for Refusal {
    fn from(error: CaseworkError) -> Self {
        match error {
            CaseworkError::Missing => Self::NotFound,
            CaseworkError::NotNow(why) => Self::Conflict(format!("{}{why}.", texts::NOT_DONE)),
            CaseworkError::Failed(error) => Self::internal(&*error),
        }
    }
}

/// A session for a test: its secret, the hash of it, and the token for forms.
#[cfg(test)]
pub(crate) fn session_for_tests(name: &str) -> (String, [u8; 32], String) {
    let secret = Secret(format!(
        "secret-of-{}",
        name.replace(|c: char| !c.is_alphanumeric(), "-")
    ));
    let (hash, csrf) = (secret.hash(), secret.csrf());
    (secret.0, hash, csrf)
}
