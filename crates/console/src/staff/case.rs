//! A case: everything that is known of it, and what can be done with it now.

use super::roles::Right;
use super::session::{Visit, enter};
use super::{case_steps, cases, csrf, page as desk_page};
use crate::answer::Refusal;
use crate::casework::{Approvals, CaseView, DocumentLine, Prepared};
use crate::page::{Page, moment, number};
use crate::portal::{Typed, hex};
use crate::public::entry_path;
use crate::{Shared, texts};
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use heliograph_desk_store::CaseId;
use heliograph_disclosure::case::State as CaseState;
use heliograph_disclosure::documents::Upload;
use heliograph_disclosure::order::{OrderForm, TargetForm};
use heliograph_disclosure::registry::Standing;
use heliograph_disclosure::validity::{Decision, Finding, Question};
use heliograph_transparency::entry::Priority;
use maud::{Markup, html};
use std::sync::Arc;

pub(super) fn id_of(text: &str) -> Result<CaseId, Refusal> {
    CaseId::parse(text).ok_or(Refusal::NotFound)
}

/// `GET /console/case/…`.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::SeeCases).await?;
    let id = id_of(&id)?;
    let case = visit.recorded("see-case", Some(id), move |shared, who, now_s| {
        shared.casework.case(who, id, now_s)
    });
    let case = case.await?;
    let now_s = shared.clock.now_s();
    let work = visit.roles.may(Right::WorkOnCases);
    let body = html! {
        h1 { "Case " bdi { (case.form.file_reference) } }
        dl {
            dt { "State" } dd #state data-state=(case.state.word()) { (texts::state(case.state)) }
            dt { "Received" } dd { (moment(case.received_s)) }
            @if let Some(rung) = case.rung {
                dt { "Recognised" } dd #recognised data-rung=(rung.word()) { (texts::rung(rung)) }
            }
            @for due in &case.timers { dt { (texts::timer(&due.kind)) } dd { (cases::next(due, now_s)) } }
            @if let Some(outcome) = case.outcome { dt { "Outcome" } dd #outcome { code { (outcome.word()) } } }
            @if let Some(package) = &case.package {
                dt { "Package" }
                dd {
                    @match package.taken_s {
                        Some(taken_s) => { "fetched " (moment(taken_s)) }
                        None => { "waits until " (moment(package.expires_s)) }
                    }
                }
            }
            @for notice in &case.notices {
                dt { "Notice to the person" }
                dd {
                    @match notice.carried_s {
                        Some(carried_s) => { "told " (moment(carried_s)) }
                        None => { "to be told " (moment(notice.due_s)) }
                    }
                }
            }
            dt { "Log entries" }
            dd {
                @if case.entries.is_empty() { "none yet" }
                @for (position, (kind, index)) in case.entries.iter().enumerate() {
                    @if position > 0 { ", " }
                    a href=(entry_path(*index)) { (kind) " " (index) }
                }
            }
        }
        (authority(&case))
        (order(&case.form))
        (documents(&format!("/console/case/{id}"), &case.documents))
        (questions(&visit, &case, work))
        @if let Some(approvals) = &case.approvals { (the_approvals(approvals)) }
        @if work { (case_steps::next(&visit, &case)) }
    };
    Ok(desk_page(&visit, "A case", body))
}

fn authority(case: &CaseView) -> Markup {
    let details = &case.authority;
    html! {
        section aria-labelledby="authority" {
            h2 #authority { "Authority " (case.authority_id) }
            @if case.facts.standing != Standing::InForce {
                p .alarm { "This authority " (texts::standing(case.facts.standing)) "." }
            }
            @if !case.facts.country_open { p .alarm { "Its country was not served when the request was entered." } }
            @if !case.facts.offence_listed { p .alarm { "The offence is not on the published list." } }
            dl {
                dt { "Name" } dd { bdi { (details.name) } }
                dt { "Country, kind" } dd { (details.country) ", " (details.class) }
                dt { "Call back at" } dd { bdi { (details.call_back) } " (" bdi { (details.contact) } ")" }
                dt { "Verified" } dd { bdi { (details.verified) } }
                dt { "Key" }
                dd { @match &details.recipient { Some(key) => code { (key) }, None => "none: by passphrase" } }
            }
        }
    }
}

/// What an order says.
pub(super) fn order(form: &OrderForm) -> Markup {
    let target = |target: &TargetForm| -> (&'static str, String) {
        match target {
            TargetForm::Account(text) => ("account", text.clone()),
            TargetForm::Username(text) => ("username", text.clone()),
            TargetForm::Number(text) => ("number", text.clone()),
            TargetForm::Address(text) => ("address", text.clone()),
        }
    };
    let data = form.data.join(", ");
    let values = [
        &form.official,
        &form.role,
        &form.file_reference,
        &form.legal_basis,
        &form.offence,
        &form.suspect,
        &form.clause,
        &form.necessity,
        &form.from,
        &form.to,
        &data,
        &form.purpose,
        &form.priority,
        &form.gag,
        &form.delivery,
    ];
    html! {
        section aria-labelledby="order" {
            h2 #order { "The order" }
            dl {
                @for form in &form.targets {
                    @let (kind, text) = target(form);
                    dt { "Account, by its " (kind) } dd { bdi { (text) } }
                }
                @for (label, value) in texts::ORDER.iter().zip(values) {
                    dt { (label) } dd .text { bdi { (value) } }
                }
                @if !form.threat.is_empty() { dt { "Threat" } dd .text { bdi { (form.threat) } } }
            }
        }
    }
}

/// Links to the documents; every one that is opened is on record.
pub(super) fn documents(here: &str, documents: &[DocumentLine]) -> Markup {
    html! {
        section aria-labelledby="documents" {
            h2 #documents { "Documents" }
            p { "Open them on a machine that you can spare: what a PDF does is up to who made it." }
            ul {
                @for (position, document) in documents.iter().enumerate() {
                    li {
                        a href={ (here) "/document/" (position) } download { bdi { (document.name) } }
                        ", " (number(document.size_bytes)) " bytes, SHA-256 " code { (hex(&document.sha256)) }
                    }
                }
            }
        }
    }
}

fn questions(visit: &Visit, case: &CaseView, work: bool) -> Markup {
    let priority = Priority::from_word(&case.form.priority).unwrap_or(Priority::Normal);
    let found = |question: Question| -> Option<&Finding> {
        case.findings
            .iter()
            .find(|finding| finding.question == question.word())
    };
    html! {
        section aria-labelledby="questions" {
            h2 #questions { "The questions" }
            p #decision {
                @match &case.decision {
                    Decision::Admissible => strong { "All are answered yes: the order is admissible." },
                    Decision::Unanswered(open) => { (open.len()) " are not answered yet." }
                    Decision::Refuse(outcome) => { "The order is to be refused: " code { (outcome.word()) } "." }
                    Decision::OutOfDesk(outcome) => {
                        "The request is beyond the desk (" code { (outcome.word()) } "): counsel answers it."
                    }
                }
            }
            @for question in Question::ALL {
                @if question.applies(priority) {
                    (one_question(visit, case, question, found(question), work))
                }
            }
        }
    }
}

fn one_question(
    visit: &Visit,
    case: &CaseView,
    question: Question,
    finding: Option<&Finding>,
    work: bool,
) -> Markup {
    let id = format!("q-{}", question.word());
    html! {
        article .card aria-labelledby=(id) {
            h3 #(id) { (question.text()) }
            @if let Some(finding) = finding {
                p {
                    strong { @if finding.yes { "Yes" } @else { "No" } } ", by " bdi { (finding.by) } ", "
                    (moment(finding.at_s)) ":"
                }
                p .text { bdi { (finding.note) } }
            }
            @if work && case.state == CaseState::InReview {
                details open[finding.is_none()] {
                    summary { @if finding.is_some() { "Answer anew" } @else { "Answer" } }
                    form method="post" action={ "/console/case/" (case.id) "/do/answer" }
                        enctype="multipart/form-data" {
                        (csrf(visit))
                        input type="hidden" name="question" value=(question.word());
                        div role="radiogroup" aria-labelledby=(id) {
                            label .choice { input type="radio" name="answer" value="yes" id={ (id) "-yes" }; " Yes" }
                            label .choice { input type="radio" name="answer" value="no" id={ (id) "-no" }; " No" }
                        }
                        div .field {
                            label for={ (id) "-note" } { "Because" }
                            textarea id={ (id) "-note" } name="note" dir="auto" {}
                        }
                        button type="submit" id={ (id) "-answer" } { "Answer in my name" }
                    }
                }
            }
        }
    }
}

fn the_approvals(approvals: &Approvals) -> Markup {
    html! {
        section aria-labelledby="approvals" {
            h2 #approvals { "Approvals: " (approvals.approve.len()) " of " (approvals.need) }
            ul {
                @for name in &approvals.approve { li { bdi { (name) } " approves" } }
                @for (name, reason) in &approvals.refuse { li { bdi { (name) } " refuses: " code { (reason) } } }
            }
        }
    }
}

/// What a set of records would disclose, in words.
pub(super) fn records(prepared: Prepared) -> String {
    let phone = if prepared.phone {
        "the record of the number"
    } else {
        ""
    };
    let and = if prepared.phone && prepared.addresses > 0 {
        " and "
    } else {
        ""
    };
    let addresses = match prepared.addresses {
        0 => String::new(),
        1 => "1 record of addresses".to_owned(),
        n => format!("{n} records of addresses"),
    };
    format!("{phone}{and}{addresses}")
}

/// `GET /console/case/…/open`: what will be disclosed, before it is.
pub(super) async fn confirm_opening(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::WorkOnCases).await?;
    let id = id_of(&id)?;
    let case = visit.recorded("see-case", Some(id), move |shared, who, now_s| {
        shared.casework.case(who, id, now_s)
    });
    let case = case.await?;
    if case.state != CaseState::Approved {
        return Err(Refusal::Conflict(texts::NOT_APPROVED.to_owned()));
    }
    let body = html! {
        h1 { "Open the case?" }
        p .alarm #disclosed {
            "This discloses, of one account, " strong {
                @match case.prepared { Some(prepared) => (records(prepared)), None => "its records" }
            } " to " strong { bdi { (case.authority.name) } } " (" (case.authority.country) "), file "
            bdi { (case.form.file_reference) } "."
        }
        ul {
            li { "The log says so at once, for everyone and for good." }
            li { "Custodians are asked next; what they answer cannot be taken back." }
            li {
                "The person is told "
                @if case.form.gag == "none" { "at once." } @else { "at the end of the gag (" bdi { (case.form.gag) } ")." }
            }
        }
        @if let Some(approvals) = &case.approvals { (the_approvals(approvals)) }
        form .boxed method="post" action={ "/console/case/" (id) "/do/open" } enctype="multipart/form-data" {
            (csrf(&visit))
            label .choice { input #confirmed type="checkbox" name="confirmed" value="yes"; " I have read this." }
            p {
                button .grave type="submit" #open { "Open and deliver" }
                " " a href={ "/console/case/" (id) } { "Back" }
            }
        }
    };
    Ok(desk_page(&visit, "Open the case?", body))
}

/// `GET /console/case/…/document/N`.
pub(super) async fn document(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path((id, position)): Path<(String, usize)>,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::SeeCases).await?;
    let id = id_of(&id)?;
    let seen = visit.recorded("see-document", Some(id), move |shared, who, now_s| {
        shared.casework.document(who, id, position, now_s)
    });
    Ok(pdf(seen.await?))
}

/// A document as a download: it is never shown on a page of ours. The name in it is the sender's,
/// so the file gets one of ours.
pub(super) fn pdf(document: Upload) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/pdf"),
        (CONTENT_DISPOSITION, "attachment; filename=\"document.pdf\""),
    ];
    (headers, document.bytes).into_response()
}

/// `POST /console/case/…/bundle`: a download that is made, so not a GET.
pub(super) async fn bundle(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::WorkOnCases).await?;
    let typed = Typed::from(fields);
    visit.check_form(&headers, &typed)?;
    let id = id_of(&id)?;
    let from = typed
        .one("from")
        .parse()
        .map_err(|_| Refusal::Malformed(texts::NOT_A_NUMBER))?;
    let made = visit.recorded("see-bundle", Some(id), move |shared, who, now_s| {
        shared.casework.bundle(who, id, from, now_s)
    });
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"bundle.json\""),
    ];
    Ok((headers, made.await?).into_response())
}

/// `POST /console/case/…/passphrase`.
pub(super) async fn passphrase(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::WorkOnCases).await?;
    visit.check_form(&headers, &Typed::from(fields))?;
    let id = id_of(&id)?;
    let text = visit.recorded("see-passphrase", Some(id), move |shared, who, now_s| {
        shared.casework.passphrase(who, id, now_s)
    });
    let text = text.await?;
    let body = html! {
        h1 { "Passphrase" }
        p { "Call back at the number in the registry, and read it out. Send it nowhere." }
        code .secret #passphrase { (text) }
        p { a href={ "/console/case/" (id) } { "Back to the case" } }
    };
    Ok(desk_page(&visit, "Passphrase", body))
}
