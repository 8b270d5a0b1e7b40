//! The guide for authorities, made from what the running server does: the two members, the
//! questions, the deadlines, the reasons and the countries stand here because they stand there.

use super::{demo, trust};
use crate::page::Page;
use crate::record::Snapshot;
use crate::{Shared, texts};
use axum::extract::State;
use heliograph_disclosure::documents::{MAX_DOCUMENTS, MAX_DOCUMENTS_BYTES};
use heliograph_disclosure::letters;
use heliograph_disclosure::timers;
use heliograph_disclosure::validity::Question;
use heliograph_transparency::entry::{DAY_S, Outcome, Policy, Priority};
use maud::{Markup, html};
use std::sync::Arc;

pub(super) async fn page(State(shared): State<Arc<Shared>>) -> Page {
    let log = shared.record.snapshot();
    let policy = log.ledger.registry().policy().map(|logged| &logged.policy);
    let operator = &shared.installation.operator;
    let body = html! {
        (demo(&log))
        h1 { "Guide for authorities" }
        p .lead {
            "What can be had, from whom, how, and how soon. This page is generated from the running "
            "configuration."
        }
        (what_can_be_had())
        h2 #conditions { "What an order must fulfil" }
        p { "A named officer answers each question with yes or no, and with reasons. A single no refuses the order." }
        (questions())
        @if let Some(policy) = policy { (numbers(policy, &log)) }
        @else { p .alarm { "The desk has not published its policy yet: no order can be handed in." } }
        (countries(&log))
        h2 #refusals { "How a request ends that is not fulfilled" }
        (refusals())
        h2 #delivery { "Delivery" }
        p {
            "The package is sealed to the key that the registry has of you (age, "
            a href="https://age-encryption.org/v1" { "age-encryption.org/v1" } "), or to a passphrase "
            "that is read out when we call you back. It can be fetched once, within "
            (timers::PACKAGE_S / DAY_S) " days. It says how the number was proven to belong to the account, "
            "and warns where the port of an address is not known: an address behind carrier-grade NAT "
            "without its port and exact time identifies nobody."
        }
        h2 #notice { "The person is told" }
        p {
            "At once, or on the day after the gag ends. A gag without an end is reviewed every "
            (timers::REVIEW_DAYS) " days; officers can delay a notice that endangers somebody, by at most "
            (timers::NOTICE_DELAY_DAYS) " days, and the log shows it."
        }
        h2 #how { "How to hand in a request" }
        p {
            "At " a href="/requests" { "/requests" } ", with the signed order as PDF (at most "
            (MAX_DOCUMENTS) " documents, " (MAX_DOCUMENTS_BYTES / 1024 / 1024) " MiB together), or by machine: "
            a href="/requests/openapi.json" { "/requests/openapi.json" }
            ". Requests by e-mail or telephone are not requests. Authorities are entered in a registry after a "
            "call-back to a number from a public source; an entry counts 72 hours after it is logged. "
            "In the call-back an authority is given an access key: a request that comes with the key is a case at "
            "once. So is one whose documents are all signed with the key that the authority named in the call-back: "
            code { "ssh-keygen -Y sign -f KEY -n heliograph-order order.pdf" }
            ". The receipt says how the authority was recognised. Whoever has none, or is not in the registry, is heard too, but waits in quarantine until an "
            "officer has called back."
        }
        @if !operator.contact.is_empty() || !operator.name.is_empty() {
            h2 #operator { "Who runs this installation" }
            dl {
                @if !operator.name.is_empty() { dt { "Operator" } dd { bdi { (operator.name) } } }
                @if !operator.seat.is_empty() { dt { "Country" } dd { (operator.seat) } }
                @if !operator.contact.is_empty() { dt { "Contact" } dd { bdi { (operator.contact) } } }
            }
        }
        (trust(log.trust))
    };
    Page::new("For authorities", body)
}

/// The two members, and nothing else.
pub(crate) fn what_can_be_had() -> Markup {
    html! {
        h2 #what { "What can be had" }
        p { "For one account, in a time that is past:" }
        ol #members { @for member in texts::MEMBERS { li { (member) } } }
        p {
            "Nothing else. Messages, contacts, groups, names and secret chats are not within the reach of the "
            "desk: its program links no code that could read them. An order for anything else, for several "
            "accounts at once, for a time to come, or for who used an address, cannot be executed here; such a "
            "request is answered by counsel and counted in its own column of the reports."
        }
    }
}

/// The questions in words.
pub(crate) fn questions() -> Markup {
    let applies = |question: &Question| question.applies(Priority::Normal);
    html! {
        ol #questions {
            @for question in Question::ALL.iter().filter(|question| applies(question)) {
                li { (question.text()) }
            }
        }
        p { "In an emergency also:" }
        ul {
            @for question in Question::ALL.iter().filter(|question| !applies(question)) {
                li { (question.text()) }
            }
        }
    }
}

fn numbers(policy: &Policy, log: &Snapshot) -> Markup {
    html! {
        h2 #deadlines { "Deadlines and numbers" }
        dl {
            dt { "An ordinary request is answered within" } dd { (policy.deadline_days) " days" }
            dt { "An emergency (a named threat to life or limb) within" }
            dd { (policy.emergency_hours) " hours" }
            dt { "The judicial order of an emergency must follow within" }
            dd { (policy.order_after_days) " days, or its entry turns red" }
            dt { "A defective order can be corrected within" }
            dd { (timers::CORRECTION_S / DAY_S) " days" }
            dt { "Records are preserved on request for" }
            dd { (timers::PRESERVATION_DAYS) " days, once extended by " (timers::PRESERVATION_EXTENSION_DAYS) }
            dt { "Addresses are held for" } dd { (policy.retention_days) " days" }
            dt { "Numbers are held for" } dd { "the life of the account" }
            dt { "Records in one opening" } dd { "at most " (policy.cap) }
            dt { "Officers who must approve" }
            dd {
                @match log.ledger.officers() {
                    None => "no officers have been named yet",
                    Some(officers) => {
                        (officers.keys.threshold) " of " (officers.holders.len())
                        ", each at a machine of their own"
                    }
                }
            }
            dt { "Policy" } dd { "version " (policy.version) }
        }
        h2 #offences { "Offences" }
        p { "The act must be one of these, and an offence where the operator sits as well:" }
        ul #offence-list { @for offence in &policy.offences { li { code { (offence) } } } }
    }
}

fn countries(log: &Snapshot) -> Markup {
    let served: Vec<_> = log.ledger.registry().served().collect();
    html! {
        h2 #countries { "Countries" }
        @if served.is_empty() {
            p #served { "Orders of no country are served yet." }
        } @else {
            p #served {
                "Orders are served from: "
                @for (position, country) in served.iter().enumerate() {
                    @if position > 0 { ", " } (country)
                }
                ". Each was opened by officers in the log."
            }
        }
    }
}

fn refusals() -> Markup {
    html! {
        dl #codes {
            @for outcome in Outcome::ALL {
                @if let Some(words) = letters::refusal(*outcome) {
                    dt { code { (outcome.word()) } } dd { (words) }
                }
            }
        }
        p { "The answer depends on the reason alone. Whether an account exists cannot be read from it." }
    }
}
