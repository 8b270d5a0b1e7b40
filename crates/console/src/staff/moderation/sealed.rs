//! Cases in which a child or a life is in danger: opened by two people, and reported onward.

use super::{case_path, with_case, words};
use crate::answer::Refusal;
use crate::fields::{Field, Fields, Wrong, field};
use crate::moderating::{CaseSheet, Evidence, HotlineReport, Moderating, ModeratingError, Opening};
use crate::page::Page;
use crate::portal::Typed;
use crate::staff::roles::Right;
use crate::staff::session::{Visit, enter};
use crate::staff::{csrf, page as desk_page};
use crate::{Installation, Shared, texts};
use axum::extract::{Form, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use heliograph_moderation::reasons::Urgency;
use heliograph_moderation::subject::Subject;
use heliograph_transparency::entry::Minute;
use maud::{Markup, html};
use std::fmt::Write;
use std::sync::Arc;

const TO: Field = field(
    "to",
    "Reported to",
    "The hotline or authority, by its name.",
);
const REFERENCE: Field = field(
    "reference",
    "Their reference",
    "The number that they gave it.",
);

/// Longest name or reference, in characters.
const MAX_CHARS: usize = 200;

/// In place of what is sealed: who has asked to open it.
pub(super) fn section(visit: &Visit, sheet: &CaseSheet) -> Markup {
    html! {
        section .alarm aria-labelledby="sealed" {
            h2 #sealed { "Sealed" }
            p { (texts::SEALED) }
            @match sheet.opening {
                Opening::NotAsked => {}
                Opening::AskedByMe => { p #asked { "You have asked. A colleague has to ask as well." } }
                Opening::AskedByAnother => { p #asked { "A colleague has asked. You would be the second." } }
            }
            @if sheet.opening != Opening::AskedByMe {
                form method="post" action={ (case_path(sheet.case.number)) "/open" } {
                    (csrf(visit))
                    button .grave type="submit" accesskey="o" #open {
                        @if sheet.opening == Opening::AskedByAnother { "Open it together (o)" }
                        @else { "Ask to open it (o)" }
                    }
                }
            }
        }
    }
}

/// `POST /console/moderation/…/open`.
pub(super) async fn open(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Redirect, Refusal> {
    let visit = enter(&shared, &headers, Right::SeeChildren).await?;
    visit.check_form(&headers, &Typed::from(fields))?;
    let asked = with_case(
        &visit,
        "do-open-sealed",
        number,
        move |moderation, who, _| moderation.open_sealed(who, number),
    );
    asked.await?;
    Ok(Redirect::to(&case_path(number)))
}

/// `GET /console/moderation/…/hotline`: how to report it, step by step.
pub(super) async fn guide(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let sheet = urgent(&visit, "see-hotline", number, |_, sheet| Ok(sheet)).await?;
    Ok(show(
        &shared,
        &visit,
        &sheet,
        &Typed::default(),
        &Wrong::new(),
    ))
}

/// Does something with a case that can be reported onward; any other has no such page.
async fn urgent<T: Send + 'static>(
    visit: &Visit,
    name: &'static str,
    number: u64,
    call: impl FnOnce(
        (&dyn Moderating, &crate::casework::Person),
        CaseSheet,
    ) -> Result<T, ModeratingError>
    + Send
    + 'static,
) -> Result<T, Refusal> {
    let done = with_case(visit, name, number, move |moderation, who, sheet| {
        if sheet.case.reason().urgency != Urgency::Now {
            return Err(ModeratingError::Missing);
        }
        call((moderation, who), sheet)
    });
    done.await
}

fn show(shared: &Shared, visit: &Visit, sheet: &CaseSheet, typed: &Typed, wrong: &Wrong) -> Page {
    let number = sheet.case.number;
    let fields = Fields { typed, wrong };
    let body = html! {
        h1 { "Report case " (number) " onward" }
        (fields.summary())
        p .alarm {
            "This is its own channel, beside the desk: no phone number and no address goes this way. Authorities ask "
            "for those at " a href="/requests" { "/requests" } ". The owner is not told."
        }
        ol {
            li {
                "Where a life is in danger now, call the emergency number of the place first. For abuse of children, "
                "use the national hotline (in many countries a member of INHOPE), or the police."
            }
            li {
                "Copy the text below into their form. Where they take files, take what was reported with you: once, and "
                "in words only. Keep no copy of it. "
             }
            li { "Note below to whom it went, so that a colleague sees it and nobody reports it twice." }
        }
        h2 { "The text" }
        pre .statement tabindex="0" #report-text { (text(&shared.installation, sheet)) }
        @match sheet.evidence {
            Evidence::Open => {
                form method="post" action={ (case_path(number)) "/evidence" } {
                    (csrf(visit))
                    button .grave type="submit" #evidence { "Take what was reported as a file, once" }
                }
            }
            Evidence::Taken => {
                p #taken { "What was reported was taken as a file already. The public log counts it." }
            }
            Evidence::Closed => {
                p .quiet { "Those who have opened what is sealed, or have the case, can take what was reported as a file." }
            }
        }
        form .boxed method="post" action={ (case_path(number)) "/hotline" } {
            (csrf(visit))
            h2 { "It was reported" }
            (fields.line(TO, "text"))
            (fields.line(REFERENCE, "text"))
            button type="submit" accesskey="r" #reported { "Note the report (r)" }
        }
        @if !sheet.hotline.is_empty() {
            h2 { "Reports so far" }
            ul #reports { @for report in &sheet.hotline {
                li { bdi { (report.to) } ", " bdi { (report.reference) } }
            } }
        }
        p { a href=(case_path(number)) accesskey="b" { "Back to the case (b)" } }
    };
    desk_page(visit, "Report onward", body)
}

/// `POST /console/moderation/…/evidence`: what was reported, as a file, once.
pub(super) async fn evidence(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    visit.check_form(&headers, &Typed::from(fields))?;
    let taken = urgent(
        &visit,
        "do-evidence",
        number,
        move |(moderation, who), _| moderation.evidence(who, number),
    );
    let sheet = taken.await?;
    let named = format!("attachment; filename=\"case-{number}.txt\"");
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, named),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, file(&shared.installation, &sheet)).into_response())
}

/// The file: what, where and when, and the words that were reported. Pictures stay here, under the
/// numbers of their posts, until somebody who may see them asks.
fn file(installation: &Installation, sheet: &CaseSheet) -> String {
    let mut file = text(installation, sheet);
    let face = &sheet.face;
    let mut add = |part: String| file.push_str(&part);
    add(format!("\nTitle: {}\nAbout: {}\n", face.title, face.about));
    for (number, words) in &face.posts {
        add(format!("\nPost {number}:\n{words}\n"));
    }
    for excerpt in &sheet.case.excerpts {
        let at = Minute::of_unix(u64::try_from(excerpt.date).unwrap_or(0));
        let from = excerpt.from.0;
        add(format!(
            "\nMessage of account {from}, {at}:\n{}\n",
            excerpt.text
        ));
    }
    for report in &sheet.reports {
        let at = Minute::of_unix(report.at_s);
        let (reason, comment) = (report.reason.title, &report.comment);
        add(format!("\nReported {at}: {reason}\n{comment}\n"));
    }
    file
}

/// What, where and when, for a form elsewhere. It holds nothing of the content.
fn text(installation: &Installation, sheet: &CaseSheet) -> String {
    let case = &sheet.case;
    let received = Minute::of_unix(words::seconds(case.received));
    let kind = words::kind(&case.subject, sheet.known.as_ref());
    let mut text = format!(
        "What: {} ({kind})\nWhere: {}\nWhen it came to our notice (UTC): {received}\n\
         How: {}, {} reports\n",
        case.reason().title,
        place(installation, sheet),
        words::origin(case.origin),
        case.reports,
    );
    let operator = &installation.operator;
    let contact = [&operator.name, &operator.contact].map(String::as_str);
    let contact: Vec<&str> = contact
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    write!(
        text,
        "Our reference: case {} at {}\nWho reports: {}\nThe owner has not been told.\n",
        case.number,
        installation.address(),
        contact.join(", "),
    )
    .expect("a string takes any text");
    text
}

/// Where a subject is: its public address, else by its number here.
fn place(installation: &Installation, sheet: &CaseSheet) -> String {
    let subject = &sheet.case.subject;
    let here = installation.address();
    match (&sheet.face.username, subject) {
        (Some(username), Subject::Post(_, post)) => format!("{here}/{username}/{}", post.0),
        (Some(username), _) => format!("{here}/{username}"),
        (None, _) if sheet.sealed => {
            format!("{subject} at {here} (its public address stands here once the case is opened)")
        }
        (None, _) => format!("{subject} at {here} (it has no public address)"),
    }
}

/// `POST /console/moderation/…/hotline`: notes that it was reported.
pub(super) async fn hotline(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let typed = Typed::from(fields);
    visit.check_form(&headers, &typed)?;
    let mut wrong = Wrong::new();
    for field in [TO, REFERENCE] {
        let text = typed.one(field.name);
        if text.is_empty() {
            wrong.insert(field.name, format!("“{}” is empty.", field.label));
        } else if text.chars().count() > MAX_CHARS {
            wrong.insert(
                field.name,
                format!("“{}” is longer than {MAX_CHARS} characters.", field.label),
            );
        }
    }
    if !wrong.is_empty() {
        let sheet = urgent(&visit, "see-hotline", number, |_, sheet| Ok(sheet)).await?;
        let page = show(&shared, &visit, &sheet, &typed, &wrong);
        return Ok(page
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response());
    }
    let report = HotlineReport {
        to: typed.one(TO.name).to_owned(),
        reference: typed.one(REFERENCE.name).to_owned(),
    };
    let noted = urgent(&visit, "do-hotline", number, move |(moderation, who), _| {
        moderation.hotline(who, number, report)
    });
    noted.await?;
    Ok(Redirect::to(&format!("{}/hotline", case_path(number))).into_response())
}
