//! The registry of authorities.

use super::roles::Right;
use super::session::{Visit, enter};
use super::{csrf, page as desk_page};
use crate::answer::Refusal;
use crate::casework::AuthorityLine;
use crate::page::{Page, moment};
use crate::portal::Typed;
use crate::public::entry_path;
use crate::{Shared, texts};
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use heliograph_disclosure::access_key::KeyChange;
use heliograph_disclosure::order_key::OrderKey;
use heliograph_disclosure::registry::{AuthorityDetails, DetailsError};
use heliograph_transparency::entry::{Change, Class, Minute};
use maud::{Markup, html};
use std::sync::Arc;

/// `GET /console/registry`.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::SeeRegistry).await?;
    let list = visit.recorded("see-registry", None, |shared, who, now_s| {
        shared.casework.authorities(who, now_s)
    });
    Ok(show(&visit, &list.await?, None))
}

fn show(visit: &Visit, list: &[AuthorityLine], notice: Option<Markup>) -> Page {
    let body = html! {
        h1 { "Registry of authorities" }
        @if let Some(notice) = notice { (notice) }
        p {
            "A change is signed by two officers, entered in the log, and counts 72 hours after the end of that "
            "day. An authority is verified anew every year."
        }
        @if list.is_empty() { p #no-authorities { "No authority is registered." } }
        @for line in list { (row(line)) }
        @if visit.roles.may(Right::KeepRegistry) { (change_form(visit)) }
    };
    desk_page(visit, "Registry", body)
}

fn row(line: &AuthorityLine) -> Markup {
    let details = &line.details;
    html! {
        article .card id={ "authority-" (line.id) } {
            h2 { (line.id) " " bdi { (details.name) } }
            p { (details.country) ", " (details.class) "; it " (texts::standing(line.standing)) "." }
            dl {
                dt { "Call back at" } dd { bdi { (details.call_back) } " (" bdi { (details.contact) } ")" }
                dt { "Verified" } dd { bdi { (details.verified) } }
                dt { "Key" }
                dd { @match &details.recipient { Some(key) => code { (key) }, None => "none: by passphrase" } }
                dt { "Access key" }
                dd { @if details.access_key.is_some() { "has one" } @else { "none: every request waits for the call-back" } }
                dt { "Signing key" }
                dd { @match signing_key(details) { Some(line) => code { (line) }, None => "none" } }
                dt { "Counts from" } dd { (moment(line.effective_s)) }
                dt { "Until" } dd { (moment(line.expires_s)) }
                dt { "Log" }
                dd {
                    @match line.entry {
                        Some(index) => a href=(entry_path(index)) { "entry " (index) },
                        None => strong { "waits for two officers" },
                    }
                }
            }
        }
    }
}

/// The line that the authority read back.
fn signing_key(details: &AuthorityDetails) -> Option<String> {
    let key = OrderKey::from_bytes(details.signing_key.as_ref()?)?;
    Some(key.text())
}

fn change_form(visit: &Visit) -> Markup {
    let field = |name: &str, label: &str, hint: &str| {
        html! {
            div .field {
                label for=(name) { (label) }
                @if !hint.is_empty() { span .hint id={ (name) "-hint" } { (hint) } }
                input id=(name) type="text" name=(name) dir="auto"
                    aria-describedby=[(!hint.is_empty()).then(|| format!("{name}-hint"))];
            }
        }
    };
    html! {
        form .boxed #change-registry method="post" action="/console/registry" {
            (csrf(visit))
            h2 { "Change the registry" }
            div .field {
                label for="action" { "What" }
                select #action name="action" {
                    option value="add" { "enter a new authority" }
                    option value="change" { "change a row" }
                    option value="remove" { "strike one out" }
                }
            }
            (field("id", "Its number", "For a change or a removal."))
            (field("name", "Name", "As it stands in public registers."))
            (field("country", "Country", "Two capital letters, or XI."))
            div .field {
                label for="class" { "Kind" }
                select #class name="class" {
                    @for class in Class::ALL { option value=(class.word()) { (class.word()) } }
                }
            }
            (field("contact", "Whom to ask for", ""))
            (field("call_back", "Number for the call-back", "From a public source, never from a request."))
            (field("source", "Where that number is published", ""))
            (field("spoke_with", "Who answered the call-back", "The call is made before this form is sent."))
            (field("recipient", "Its age key", "age1…, as read back in the call; empty for delivery by passphrase."))
            (field("signing_key", "Its key for signing orders", "ssh-ed25519 …, as read back in the call; empty for none."))
            div .field {
                label for="key" { "Access key for the portal" }
                span .hint #key-hint { "A new one is shown once, after this form is sent." }
                select #key name="key" aria-describedby="key-hint" {
                    option value="new" { "draw a new one" }
                    option value="keep" { "leave it as it is" }
                    option value="none" { "none: call back every time" }
                }
            }
            button type="submit" #draft-authority { "Write it down" }
        }
    }
}

/// `POST /console/registry`: the change is written down and waits for two officers.
pub(super) async fn change(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::KeepRegistry).await?;
    let typed = Typed::from(fields);
    visit.check_form(&headers, &typed)?;
    let action =
        Change::from_word(typed.one("action")).ok_or(Refusal::Malformed(texts::NO_FORM))?;
    let id = match action {
        Change::Add => None,
        Change::Change | Change::Remove => {
            let id = typed.one("id").parse();
            Some(id.map_err(|_| Refusal::Malformed(texts::NOT_A_NUMBER))?)
        }
    };
    let key = KeyChange::from_word(typed.one("key")).ok_or(Refusal::Malformed(texts::NO_FORM))?;
    let details = read(&typed, &visit.person.name, shared.clock.now_s())?;
    let changed = visit.recorded("do-change-registry", None, move |shared, who, now_s| {
        let draft = shared
            .casework
            .change_registry(who, id, action, details, key, now_s)?;
        let name = shared.drafts.add(draft.entry, who, now_s, &*shared.entropy);
        Ok((
            name,
            draft.look_alikes,
            draft.access_key,
            shared.casework.authorities(who, now_s)?,
        ))
    });
    let (name, look_alikes, access_key, list) = changed.await?;
    let notice = html! {
        @if !look_alikes.is_empty() {
            p .alarm #look-alikes {
                "The name could be mistaken for: "
                @for (position, name) in look_alikes.iter().enumerate() {
                    @if position > 0 { ", " } bdi { (name) }
                }
                ". Make sure that they are two."
            }
        }
        @if let Some(key) = &access_key {
            p { (texts::NEW_KEY) }
            code .secret #access-key { (key) }
        }
        p .good #written {
            "The change is written down. "
            a href={ "/console/decisions#d-" (name) } { "Two officers must sign it today." }
        }
    };
    Ok(show(&visit, &list, Some(notice)))
}

/// Reads a row. Who called back, when and at which source is part of it.
fn read(typed: &Typed, by: &str, now_s: u64) -> Result<AuthorityDetails, Refusal> {
    let text = |field| typed.one(field).to_owned();
    let (source, spoke_with) = (typed.one("source"), typed.one("spoke_with"));
    if source.is_empty() || spoke_with.is_empty() {
        return Err(Refusal::Malformed(texts::NO_CALL_BACK));
    }
    let signing_key = match typed.one("signing_key") {
        "" => None,
        line => {
            let key = OrderKey::parse(line);
            Some(
                key.ok_or(Refusal::Malformed(texts::NO_SIGNING_KEY))?
                    .to_bytes(),
            )
        }
    };
    let called = Minute::of_unix(now_s);
    let details = AuthorityDetails {
        name: text("name"),
        country: text("country"),
        class: text("class"),
        contact: text("contact"),
        call_back: text("call_back"),
        recipient: Some(text("recipient")).filter(|key| !key.is_empty()),
        verified: format!("{called} {by}: spoke with {spoke_with}; number from {source}"),
        // The desk draws it, and the salt.
        access_key: None,
        signing_key,
        salt: [0; 32],
    };
    match details.check() {
        Ok(()) => Ok(details),
        Err(DetailsError("recipient")) => Err(Refusal::Malformed(texts::NO_AGE_KEY)),
        Err(DetailsError(_)) => Err(Refusal::Malformed(texts::NO_ROW)),
    }
}
