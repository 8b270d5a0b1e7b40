//! The forms of a case's page: what can be done with it where it stands.

use super::case::records;
use super::csrf;
use super::session::Visit;
use crate::casework::CaseView;
use heliograph_disclosure::case::State as CaseState;
use heliograph_disclosure::validity::Decision;
use heliograph_transparency::entry::Outcome;
use maud::{Markup, html};

/// What can be done with a case where it stands.
pub(super) fn next(visit: &Visit, case: &CaseView) -> Markup {
    use CaseState::{Approved, AwaitingApprovals, Ended, InReview, Opened, Preserved};
    let preserve = case.form.purpose == "preserve";
    let emergency = case.form.priority == "emergency";
    let gagged = case.form.gag != "none";
    html! {
        section aria-labelledby="steps" {
            h2 #steps { "What can be done now" }
            @if case.state == InReview && case.decision == Decision::Admissible {
                (step(visit, case, "prepare", "Look the account up and gather its records", &html! {
                    p { "The account is looked up once, as of the time that the order names. If there is nothing to gather, the case ends by itself." }
                }))
            }
            @if case.state == InReview {
                (step(visit, case, "ask-correction", "Ask for what is missing", &html! {
                    p { "The authority has five days to add it." }
                    (note("ask-correction", "what", "What is missing"))
                }))
            }
            @if case.state == AwaitingApprovals {
                (files(visit, case))
                @if preserve { (draft(visit, case, "preserve", "Preserve the records", true, false)) }
                @else {
                    (step(visit, case, "respond", "Bring an officer's response", &html! {
                        div .field {
                            label for="response" { "The file that heliograph-officer wrote" }
                            input #response type="file" name="response" accept="application/json,.json";
                        }
                    }))
                }
            }
            @if case.state == Approved {
                p { a .button #to-open href={ "/console/case/" (case.id) "/open" } { "Open the case …" } }
            }
            @if matches!(case.state, InReview | AwaitingApprovals | Preserved) {
                (step(visit, case, "refuse", "End the case without opening it", &html! {
                    div .field {
                        label for="reason" { "Reason, also what counsel found" }
                        select #reason name="outcome" {
                            option value="" { "– choose –" }
                            @for outcome in Outcome::ALL.iter().filter(|outcome| may_be_given(**outcome)) {
                                option value=(outcome.word()) { (outcome.word()) }
                            }
                        }
                    }
                    (note("refuse", "note", "Reasoning, for the file"))
                }))
            }
            @if case.state == Preserved {
                (draft(visit, case, "extend-preservation", "Prolong the preservation, once", true, true))
            }
            @if case.state == Opened {
                (step(visit, case, "give-up", "Give up the opening", &html! {
                    p { "The log will say that it failed. It stays a disclosure to ask about." }
                    (note("give-up", "note", "Why"))
                }))
            }
            @if emergency { (draft(visit, case, "confirm", "The judicial order of the emergency has come", false, true)) }
            @if gagged && case.state >= InReview {
                (draft(visit, case, "extend-gag", "Prolong the gag, to a Monday", true, true))
            }
            @if case.state == Ended {
                @if gagged {
                    (step(visit, case, "lift-gag", "The gag was lifted", &html! {
                        p { "The case is revealed and the person is told." }
                        (note("lift-gag", "note", "By which decision"))
                    }))
                }
                (draft(visit, case, "delay-notice", "Put off a notice that would endanger a person", true, true))
            }
        }
    }
}

/// Reasons that an officer may give; the others come about by themselves.
fn may_be_given(outcome: Outcome) -> bool {
    (outcome.is_refusal() || outcome == Outcome::Withdrawn) && outcome != Outcome::DataNotHeld
}

/// A form that does something.
fn step(visit: &Visit, case: &CaseView, act: &str, title: &str, fields: &Markup) -> Markup {
    html! {
        form .boxed method="post" action={ "/console/case/" (case.id) "/do/" (act) }
            enctype="multipart/form-data" aria-labelledby={ (act) "-title" } {
            h3 id={ (act) "-title" } { (title) }
            (csrf(visit))
            (fields)
            button type="submit" id={ "do-" (act) } { (title) }
        }
    }
}

/// A form that writes a decision down, for officers to sign.
fn draft(
    visit: &Visit,
    case: &CaseView,
    kind: &str,
    title: &str,
    until: bool,
    documents: bool,
) -> Markup {
    html! {
        form .boxed method="post" action={ "/console/case/" (case.id) "/draft/" (kind) }
            enctype="multipart/form-data" aria-labelledby={ (kind) "-title" } {
            h3 id={ (kind) "-title" } { (title) }
            p .quiet { "Written down here, signed by officers at their own machines." }
            (csrf(visit))
            @if until {
                div .field {
                    label for={ (kind) "-until" } { "Until" }
                    input id={ (kind) "-until" } type="date" name="until";
                }
            }
            @if documents {
                div .field {
                    label for={ (kind) "-documents" } { "The order that asks for it (PDF)" }
                    input id={ (kind) "-documents" } type="file" name="documents" multiple accept="application/pdf,.pdf";
                }
            }
            button type="submit" id={ "draft-" (kind) } { "Write it down" }
        }
    }
}

fn note(act: &str, field: &str, label: &str) -> Markup {
    html! {
        div .field {
            label for={ (act) "-" (field) } { (label) }
            textarea id={ (act) "-" (field) } name=(field) dir="auto" {}
        }
    }
}

/// What leaves the desk for officers and for the call-back; each is on record.
fn files(visit: &Visit, case: &CaseView) -> Markup {
    html! {
        form .boxed method="post" action={ "/console/case/" (case.id) "/bundle" } {
            (csrf(visit))
            h3 { "For an officer's own machine" }
            @if let Some(prepared) = case.prepared { p #prepared { "It holds " (records(prepared)) "." } }
            div .field {
                label for="from" { "Entries of the log that the officer has already" }
                input #from type="text" inputmode="numeric" name="from" value="0";
            }
            button type="submit" #bundle { "Download the bundle" }
        }
        @if case.form.delivery == "passphrase" {
            form .boxed method="post" action={ "/console/case/" (case.id) "/passphrase" } {
                (csrf(visit))
                h3 { "For the call-back" }
                button type="submit" #passphrase { "Show the passphrase" }
            }
        }
    }
}
