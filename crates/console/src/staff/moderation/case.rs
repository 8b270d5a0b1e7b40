//! `/console/moderation/…`: a case. What was reported is veiled until somebody asks for it.

use super::{case_path, refused, sealed, verdict, with_case, words};
use crate::Shared;
use crate::answer::Refusal;
use crate::fields::Wrong;
use crate::moderating::{CaseSheet, Face, ReportLine};
use crate::page::{Page, moment, number as grouped};
use crate::portal::Typed;
use crate::public::entry_path;
use crate::staff::roles::Right;
use crate::staff::session::{Visit, enter};
use crate::staff::{csrf, page as desk_page};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use heliograph_moderation::cases::{Excerpt, Origin};
use heliograph_moderation::decisions::{Decided, Progress};
use heliograph_moderation::reasons::Urgency;
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::sync::Arc;

/// `GET /console/moderation/…`.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let seen = with_case(&visit, "see-moderation-case", number, |_, _, sheet| {
        Ok(sheet)
    });
    let sheet = seen.await?;
    let typed = verdict::proposed_by_reason(&sheet);
    Ok(show(&shared, &visit, &sheet, &typed, &Wrong::new()))
}

/// The page, with what was typed of a verdict.
pub(super) fn show(
    shared: &Shared,
    visit: &Visit,
    sheet: &CaseSheet,
    typed: &Typed,
    wrong: &Wrong,
) -> Page {
    let case = &sheet.case;
    let here = case_path(case.number);
    let body = html! {
        @if can_decide(sheet) { a .skip href="#decide" { "Skip to the decision" } }
        h1 { "Case " (case.number) ": " (words::kind(&case.subject, sheet.known.as_ref())) }
        (verdict::mistakes(typed, wrong))
        (what_is_known(sheet))
        @if case.reason().urgency == Urgency::Now {
            p .alarm #hotline-hint {
                "Somebody may be in danger. "
                a href={ (here) "/hotline" } accesskey="h" { "Report it to the hotline or authority (h)" }
                @for report in &sheet.hotline {
                    " Reported to " bdi { (report.to) } " as " bdi { (report.reference) } "."
                }
            }
        }
        @if sheet.sealed {
            (sealed::section(visit, sheet))
        } @else {
            (face(&sheet.face))
            (excerpts(&case.excerpts))
            (reports(&sheet.reports))
            @if !case.statement.is_empty() { (statement(sheet)) }
            @if let Some(contested) = &sheet.contested {
                section aria-labelledby="contested" {
                    h2 #contested { "The contested decision" }
                    (decided(contested))
                }
            }
            @if !case.alike.is_empty() { (alike(case.alike.len())) }
            @if let Some(classifier) = &sheet.classifier {
                section aria-labelledby="classifier" {
                    h2 #classifier { "What the classifier finds" }
                    p .text { bdi { (classifier) } }
                }
            }
            (earlier(&sheet.earlier))
            (verdict::proposal(shared, visit, sheet))
            (decision(visit, sheet, typed, wrong))
        }
    };
    desk_page(visit, "Case", body)
}

/// Whether the visitor may decide the case now.
pub(super) fn can_decide(sheet: &CaseSheet) -> bool {
    sheet.mine && !sheet.sealed && sheet.case.ended.is_none()
}

fn what_is_known(sheet: &CaseSheet) -> Markup {
    let case = &sheet.case;
    html! {
        dl {
            dt { "Reason" } dd { (case.reason().title) " (clause " (case.reason().clause) ")" }
            dt { "Began with" } dd { (words::origin(case.origin)) ", " (moment(words::seconds(case.received))) }
            dt { "Reports" }
            dd { (grouped(case.reports.into())) ", which weigh " (words::weight(case.weight)) }
            @if let Some(limit) = &case.not_wider {
                dt { "The order holds" } dd #limit { (words::territory(limit)) ", and no decision reaches further" }
            }
            @match &sheet.known {
                None => { dt { "Subject" } dd { "is not there any more" } }
                Some(known) => {
                    dt { "In it" } dd { (grouped(known.members.into())) @if known.members == 1 { " person" } @else { " people" } }
                    dt { "Owner’s country" } dd { (known.country.as_deref().unwrap_or("not known")) }
                    dt { "It is" }
                    dd {
                        @if known.public { "public" } @else { "not public: only what was handed over is shown" }
                        @if known.verified { ", verified" }
                        @if known.staff { ", " strong { "a colleague’s: nobody here decides about it" } }
                    }
                }
            }
            @if case.ended.is_some() { dt { "State" } dd #ended { "This case has ended." } }
        }
    }
}

/// What is decided together with the subject.
fn alike(count: usize) -> Markup {
    html! {
        section aria-labelledby="alike" {
            h2 #alike { "Nearly the same" }
            p {
                (grouped(count as u64)) " more, found by a machine, say nearly the same. What you decide here is \
                 decided about each of them that is still held; each owner is told, and can contest it alone."
            }
        }
    }
}

/// Text that is blurred and grey unless it has the focus.
fn veil(label: &str, text: &str) -> Markup {
    html! {
        div .veiled .text tabindex="0" role="group" aria-label={ (label) ", shown while it has the focus" } {
            bdi { (text) }
        }
    }
}

fn face(face: &Face) -> Markup {
    html! {
        section aria-labelledby="face" {
            h2 #face { "What is public of it" }
            p .hint { "Blurred until it has the focus (Tab or click), and again when you leave it." }
            @if let Some(username) = &face.username { p { "@" bdi { (username) } } }
            @if !face.title.is_empty() { (veil("Title", &face.title)) }
            @if !face.about.is_empty() { (veil("Description", &face.about)) }
            @for (number, text) in face.posts.iter().filter(|(_, text)| !text.is_empty()) { (veil(&format!("Post {number}"), text)) }
            @if face == &Face::default() { p .quiet { "Nothing." } }
        }
    }
}

fn excerpts(excerpts: &[Excerpt]) -> Markup {
    html! {
        @if !excerpts.is_empty() {
            section aria-labelledby="excerpts" {
                h2 #excerpts { "What reporters handed over" }
                @for (position, excerpt) in excerpts.iter().enumerate() {
                    details {
                        summary {
                            "Message " (position + 1) ", "
                            (moment(u64::try_from(excerpt.date).unwrap_or(0)))
                        }
                        p .text { bdi { (excerpt.text) } }
                    }
                }
            }
        }
    }
}

/// Reports never say by whom. Their words may be as hard to read as what they are about.
fn reports(reports: &[ReportLine]) -> Markup {
    let mut by_reason: BTreeMap<&str, usize> = BTreeMap::new();
    for report in reports {
        *by_reason.entry(report.reason.title).or_default() += 1;
    }
    html! {
        @if !reports.is_empty() {
            details #reports {
                summary {
                    "Reports: "
                    @for (position, (reason, count)) in by_reason.iter().enumerate() {
                        @if position > 0 { ", " }
                        (reason) " × " (count)
                    }
                }
                div .wide { table {
                    tr {
                        th scope="col" { "when" } th scope="col" { "reason" }
                        th .n scope="col" { "weight" } th scope="col" { "comment" }
                    }
                    @for report in reports {
                        tr {
                            td { (moment(report.at_s)) } td { (report.reason.title) }
                            td .n { (words::weight(report.weight)) }
                            td .text { bdi { (report.comment) } }
                        }
                    }
                } }
            }
        }
    }
}

fn statement(sheet: &CaseSheet) -> Markup {
    let title = match sheet.case.origin {
        Origin::Appeal => "What the owner says",
        Origin::Notice => "What the notice says",
        _ => "What was said about it",
    };
    html! {
        details open[sheet.case.origin == Origin::Appeal] {
            summary { (title) }
            p .text { bdi { (sheet.case.statement) } }
        }
    }
}

fn earlier(earlier: &[Decided]) -> Markup {
    html! {
        section aria-labelledby="earlier" {
            h2 #earlier { "Earlier decisions about it" }
            @if earlier.is_empty() { p .quiet { "None." } }
            @for one in earlier { (decided(one)) }
        }
    }
}

/// A decision in a few lines.
pub(super) fn decided(decided: &Decided) -> Markup {
    let verdict = &decided.verdict;
    html! {
        article .card {
            p {
                strong { (verdict.act) } " " (words::territory(&verdict.territory))
                ", clause " (verdict.clause) ", " (moment(words::seconds(decided.at)))
                @if decided.is_by_machine() { ", by a machine" }
                @if let Some(until) = verdict.until { ", until " (moment(words::seconds(until))) }
                ". "
                @match &decided.state {
                    Progress::Waiting => { "It waits for the log." }
                    Progress::Done { number, index } => {
                        a href={ "/console/decisions-of-moderation/" (number) } { "Decision " (number) }
                        " (" a href=(entry_path(*index)) { "entry " (index) } ")."
                    }
                    Progress::Refused(why) => { strong { "The log refused it: " } bdi { (why) } }
                }
                @if let Some(settled) = decided.settled { " Settled by decision " (settled) "." }
                @if decided.appeals > 0 { " Contested " (decided.appeals) "×." }
            }
            details { summary { "The facts" } p .text { bdi { (verdict.facts) } } }
        }
    }
}

/// The form, or how to come to it.
fn decision(visit: &Visit, sheet: &CaseSheet, typed: &Typed, wrong: &Wrong) -> Markup {
    let here = case_path(sheet.case.number);
    if sheet.case.ended.is_some() {
        return html! {};
    }
    html! {
        @if sheet.mine && sheet.case.refusal.is_some() {
            (refused::form(visit, sheet))
        } @else if sheet.mine {
            (verdict::form(visit, sheet, typed, wrong))
            form method="post" action={ (here) "/leave" } {
                (csrf(visit))
                button .plain type="submit" accesskey="l" #leave { "Give the case back (l)" }
            }
        } @else {
            form method="post" action="/console/queue/take" {
                (csrf(visit))
                input type="hidden" name="case" value=(sheet.case.number);
                button type="submit" accesskey="t" #take { "Take this case (t)" }
            }
        }
    }
}
