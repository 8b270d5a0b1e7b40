//! Decisions that officers sign at their own machines: written down, signed there, completed here.
//!
//! A text that waits is kept in memory only. It carries its day and cannot be entered on another,
//! so there is nothing to keep beyond a restart.

use super::roles::Right;
use super::session::enter;
use super::{csrf, page as desk_page};
use crate::answer::Refusal;
use crate::casework::{Draft as Decision, Person, WaitingDecision};
use crate::page::{Page, moment};
use crate::portal::{Typed, hex, read_of_staff};
use crate::public::{entry_path, in_words};
use crate::{Shared, texts};
use axum::body::Body;
use axum::extract::{Form, Path, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use heliograph_disclosure::Entropy;
use heliograph_transparency::entry::act::signed_part;
use heliograph_transparency::entry::{
    Body as EntryBody, CountryDecision, Door, Entry, Policy, Signed,
};
use heliograph_transparency::tree::Hash;
use maud::{Markup, html};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// Most texts that wait at one time.
const MAX_DRAFTS: usize = 100;
/// How long a text waits, in seconds: no entry may be dated two days back.
const DRAFT_S: u64 = 2 * 86_400;

/// A text that waits for signatures.
#[derive(Clone)]
struct Draft {
    entry: Vec<u8>,
    by: String,
    at_s: u64,
}

/// All of them, by random names.
#[derive(Default)]
pub(crate) struct Drafts(Mutex<BTreeMap<String, Draft>>);

impl Drafts {
    /// Keeps a text; answers with its name.
    pub fn add(&self, entry: Vec<u8>, by: &Person, now_s: u64, entropy: &dyn Entropy) -> String {
        let mut random = [0; 8];
        entropy.fill(&mut random);
        let name = random.iter().fold(String::new(), |mut name, byte| {
            write!(name, "{byte:02x}").expect("a string takes any text");
            name
        });
        let mut drafts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.retain(|_, draft| now_s < draft.at_s + DRAFT_S);
        if drafts.len() >= MAX_DRAFTS {
            let oldest = drafts.iter().min_by_key(|(_, draft)| draft.at_s);
            let oldest = oldest.map(|(name, _)| name.clone());
            oldest.map(|oldest| drafts.remove(&oldest));
        }
        let draft = Draft {
            entry,
            by: by.name.clone(),
            at_s: now_s,
        };
        drafts.insert(name.clone(), draft);
        name
    }

    fn list(&self) -> Vec<(String, Draft)> {
        let drafts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drafts
            .iter()
            .map(|(name, draft)| (name.clone(), draft.clone()))
            .collect()
    }

    fn find(&self, name: &str) -> Option<Vec<u8>> {
        let drafts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.get(name).map(|draft| draft.entry.clone())
    }

    fn remove(&self, name: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
    }
}

/// `GET /console/decisions`.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::EnterDesk).await?;
    let (drafts, waiting) = visit
        .recorded("see-decisions", None, |shared, who, now_s| {
            Ok((shared.drafts.list(), shared.casework.waiting(who, now_s)?))
        })
        .await?;
    let complete = visit.roles.may(Right::Complete);
    let log = shared.record.snapshot();
    let policy = log.ledger.registry().policy().map(|logged| &logged.policy);
    let body = html! {
        h1 { "Decisions that wait for signatures" }
        p {
            "Officers download the text, sign it with " code { "heliograph-officer sign" }
            " at their own machines, and bring the results here. A text must be entered on the day it carries."
        }
        @if drafts.is_empty() { p #no-drafts { "None waits." } }
        @for (name, draft) in &drafts {
            article .card id={ "d-" (name) } {
                @match Entry::parse(&draft.entry) {
                    Ok(entry) => p { (entry.date) ": " (in_words(&entry)) },
                    Err(_) => p .alarm { "This text cannot be read." },
                }
                p .quiet { "Written down by " bdi { (draft.by) } ", " (moment(draft.at_s)) }
                p { a href={ "/console/decisions/" (name) "/entry" } download { "The text to be signed" } }
                @if complete {
                    form method="post" action={ "/console/decisions/" (name) } enctype="multipart/form-data" {
                        (csrf(&visit))
                        div .field {
                            label for={ "signatures-" (name) } { "Results of heliograph-officer sign" }
                            input id={ "signatures-" (name) } type="file" name="signatures" multiple;
                        }
                        button type="submit" { "Enter it in the log" }
                    }
                }
            }
        }
        @if !waiting.is_empty() { (not_in_effect(&waiting, visit.roles.may(Right::SeeCases))) }
        @if visit.roles.may(Right::WorkOnCases) {
            h2 { "Write one down" }
            (country_form(&csrf(&visit)))
            @if let Some(policy) = policy { (policy_form(&csrf(&visit), policy)) }
            p { a #to-custodians href="/console/decisions/custodians" { "Other custodians, or other addresses of theirs" } }
        }
    };
    Ok(desk_page(&visit, "Decisions", body))
}

fn not_in_effect(waiting: &[WaitingDecision], see_cases: bool) -> Markup {
    html! {
        h2 { "In the log, and not in effect" }
        p {
            "What follows from these could not be done yet: custodians have not confirmed that they keep the keys of "
            "preserved records, say. It is tried again every few minutes, the server’s log says why it fails, and "
            "nothing but the case itself waits for it."
        }
        ul #not-in-effect {
            @for WaitingDecision { entry, case, decision } in waiting {
                li .alarm {
                    a href=(entry_path(*entry)) { "Entry " (entry) }
                    ": " (in_words(decision))
                    @if let Some(case) = case.filter(|_| see_cases) {
                        " " a href={ "/console/case/" (case) } { "The case" }
                    }
                }
            }
        }
    }
}

fn country_form(csrf: &Markup) -> Markup {
    html! {
        form .boxed method="post" action="/console/decisions/country" {
            (csrf)
            h3 { "Serve a country, or serve it no longer" }
            div .field { label for="code" { "Country (two capital letters)" } input #code type="text" name="code"; }
            div .field role="radiogroup" aria-label="Decision" {
                label .choice { input #open type="radio" name="state" value="open"; " Its orders are examined" }
                label .choice { input #closed type="radio" name="state" value="closed"; " Not any more" }
            }
            div .field { label for="reason" { "Because (public, without accents)" } input #reason type="text" name="reason"; }
            button type="submit" #draft-country { "Write it down" }
        }
    }
}

/// The numbers of a policy: name of the field, label.
const NUMBERS: [(&str, &str); 5] = [
    ("retention", "Days of an address record"),
    ("cap", "Records in one opening"),
    ("deadline", "Days to answer"),
    ("emergency", "Hours to answer an emergency"),
    (
        "order-after",
        "Days until the judicial order of an emergency",
    ),
];

fn policy_form(csrf: &Markup, policy: &Policy) -> Markup {
    let values = [
        policy.retention_days,
        policy.cap,
        policy.deadline_days,
        policy.emergency_hours,
        policy.order_after_days,
    ];
    html! {
        form .boxed method="post" action="/console/decisions/policy" {
            (csrf)
            h3 { "Policy, version " (policy.version + 1) }
            @for ((name, label), value) in NUMBERS.iter().zip(values) {
                div .field {
                    label for=(name) { (label) }
                    input id=(name) type="text" inputmode="numeric" name=(name) value=(value);
                }
            }
            div .field {
                label for="offences" { "Offences, ids with commas between" }
                input #offences type="text" name="offences" value=(policy.offences.join(","));
            }
            div .field {
                label for="terms" { "SHA-256 of the published terms (Base 64)" }
                input #terms type="text" name="terms" value=(policy.terms);
            }
            button type="submit" #draft-policy { "Write it down" }
        }
    }
}

/// `POST /console/decisions/country`.
pub(super) async fn country(
    state: State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Refusal> {
    let typed = Typed::from(fields);
    write(&state.0, &headers, &typed, |_| {
        Some(EntryBody::Country(CountryDecision {
            code: typed.one("code").parse().ok()?,
            state: Door::from_word(typed.one("state"))?,
            reason: typed.one("reason").to_owned(),
        }))
    })
    .await
}

/// `POST /console/decisions/policy`.
pub(super) async fn policy(
    state: State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Refusal> {
    let typed = Typed::from(fields);
    write(&state.0, &headers, &typed, |newest| {
        let newest = newest?;
        let number = |name: &str| typed.one(name).parse::<u32>().ok();
        let mut offences: Vec<String> = typed
            .one("offences")
            .split(',')
            .map(|id| id.trim().to_owned())
            .collect();
        offences.sort();
        let terms = STANDARD.decode(typed.one("terms")).ok()?;
        Some(EntryBody::Policy(Policy {
            version: newest.version + 1,
            terms: Hash(terms.try_into().ok()?),
            offences,
            retention_days: number("retention")?,
            cap: number("cap")?,
            deadline_days: number("deadline")?,
            emergency_hours: number("emergency")?,
            order_after_days: number("order-after")?,
            demo: newest.demo,
        }))
    })
    .await
}

/// Writes a decision down that concerns no case. `build` gets the policy in force.
async fn write(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    typed: &Typed,
    build: impl FnOnce(Option<&Policy>) -> Option<EntryBody>,
) -> Result<Redirect, Refusal> {
    let visit = enter(shared, headers, Right::WorkOnCases).await?;
    visit.check_form(headers, typed)?;
    let log = shared.record.snapshot();
    let newest = log.ledger.registry().policy().map(|logged| &logged.policy);
    let body = build(newest).ok_or(Refusal::Malformed(texts::NO_DECISION))?;
    let written = visit.recorded("do-draft", None, move |shared, who, now_s| {
        let entry = shared
            .casework
            .draft(who, Decision::Body(Box::new(body)), now_s)?;
        Ok(shared.drafts.add(entry, who, now_s, &*shared.entropy))
    });
    let written = written.await?;
    Ok(Redirect::to(&format!("/console/decisions#d-{written}")))
}

/// `GET /console/decisions/…/entry`: the text to be signed.
pub(super) async fn entry(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::EnterDesk).await?;
    let found = visit.recorded("see-decisions", None, move |shared, _, _| {
        Ok(shared.drafts.find(&name))
    });
    let text = found.await?.ok_or(Refusal::NotFound)?;
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"decision.txt\""),
    ];
    Ok((headers, text).into_response())
}

/// `POST /console/decisions/…`: the signatures are brought.
pub(super) async fn complete(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Result<Redirect, Refusal> {
    let headers = request.headers().clone();
    let visit = enter(&shared, &headers, Right::Complete).await?;
    let sent = read_of_staff(request).await?;
    visit.check_form(&headers, &sent.typed)?;
    let entry = shared.drafts.find(&name).ok_or(Refusal::NotFound)?;
    let log = shared.record.snapshot();
    let files = sent.documents.iter();
    let read = files.map(|file| signature(&file.bytes, &entry, log.ledger.origin()));
    let by: Option<Vec<Signed>> = read.collect();
    let by = by.filter(|by| !by.is_empty());
    let by = by.ok_or(Refusal::Malformed(texts::NO_SIGNATURE))?;
    let done = visit.recorded("do-complete", None, move |shared, who, now_s| {
        let index = shared.casework.complete(who, &entry, by, now_s)?;
        shared.drafts.remove(&name);
        Ok(index)
    });
    let index = done.await?;
    Ok(Redirect::to(&entry_path(index)))
}

/// A file that `heliograph-officer sign` wrote.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureFile {
    format: String,
    origin: String,
    /// SHA-256 of the signed part of the entry, in hexadecimal.
    entry: String,
    index: u16,
    signature: String,
}

/// The signature in a file, if it is one under this entry. Whether it holds is for the log to say.
fn signature(file: &[u8], entry: &[u8], origin: &str) -> Option<Signed> {
    let file: SignatureFile = serde_json::from_slice(file).ok()?;
    let signed = hex(&Sha256::digest(signed_part(entry)));
    let own = file.format == "heliograph-signature/1" && file.origin == origin;
    (own && file.entry == signed).then_some(())?;
    Some(Signed {
        index: file.index,
        signature: STANDARD.decode(file.signature).ok()?.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_counts_under_its_own_entry_of_its_own_log() {
        let entry = b"heliograph/dd@v1\nkind country\n";
        let file = |origin: &str, entry: &[u8], signature: &[u8]| {
            serde_json::json!({
                "format": "heliograph-signature/1",
                "origin": origin,
                "entry": hex(&Sha256::digest(entry)),
                "index": 2,
                "signature": STANDARD.encode(signature),
            })
            .to_string()
        };
        let read = |text: String| signature(text.as_bytes(), entry, "log");
        let found = read(file("log", entry, &[7; 64])).expect("a signature");
        assert_eq!((found.index, found.signature), (2, [7; 64]));
        assert!(read(file("other", entry, &[7; 64])).is_none());
        assert!(read(file("log", b"another", &[7; 64])).is_none());
        assert!(read(file("log", entry, &[7; 63])).is_none());
        assert!(read("by 2 AAAA".into()).is_none());
    }

    #[test]
    fn the_oldest_text_makes_room_and_none_waits_for_longer_than_its_day() {
        struct Counter(std::sync::atomic::AtomicU8);
        impl Entropy for Counter {
            fn fill(&self, out: &mut [u8]) {
                out.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
            }
        }
        let (drafts, entropy) = (Drafts::default(), Counter(0.into()));
        let by = Person {
            id: heliograph_desk_store::StaffId([1; 16]),
            name: "Ines".into(),
        };
        for now_s in 0..=MAX_DRAFTS as u64 {
            drafts.add(vec![now_s as u8], &by, now_s, &entropy);
        }
        let kept = drafts.list();
        assert_eq!(kept.len(), MAX_DRAFTS);
        assert!(kept.iter().all(|(_, draft)| draft.at_s > 0));
        drafts.add(Vec::new(), &by, 10 * DRAFT_S, &entropy);
        assert_eq!(drafts.list().len(), 1);
    }
}
