//! The privacy page, made from the policy in force and the server's own constants.

use super::{demo, trust};
use crate::page::{Page, number};
use crate::{Shared, texts};
use axum::extract::State;
use heliograph_disclosure::timers;
use heliograph_transparency::entry::Mode;
use maud::html;
use std::sync::Arc;

pub(super) async fn page(State(shared): State<Arc<Shared>>) -> Page {
    let log = shared.record.snapshot();
    let registry = log.ledger.registry();
    let policy = registry.policy().map(|logged| &logged.policy);
    let officers = log.ledger.officers();
    let roster = log.ledger.custody().roster().map(|logged| &logged.roster);
    let operator = &shared.installation.operator;
    let body = html! {
        (demo(&log))
        h1 { "Privacy" }
        p .lead { "What is kept of you, for how long, and who can open it. This page is generated from the running configuration." }
        h2 #sealed { "What an order can reach" }
        @if officers.is_none() || roster.is_none() {
            p { "Nothing. The officers have not made their key, and before that no phone number and no "
                "address is stored." }
        } @else {
            ol #members { @for member in texts::MEMBERS { li { (member) } } }
            @if let Some(policy) = policy {
                p #retention {
                    "Records of addresses are kept for " strong { (policy.retention_days) " days" }
                    " and then become unreadable for everyone, because the day's key is destroyed. The number "
                    "is kept as long as the account holds it, and goes with it."
                }
            }
            @if let (Some(officers), Some(roster)) = (officers, roster) {
                p #quorum {
                    "Both are sealed. To open one person's records, "
                    (officers.keys.threshold) " of " (officers.holders.len()) " officers must approve a single logged case, and "
                    @match roster.mode {
                        Mode::Local => "the operator's own custodian",
                        Mode::Remote => {
                            (roster.threshold) " of " (roster.custodians.len())
                            " custodians outside the operator's control"
                        }
                    }
                    " must find that case in the public log. You are told at once, or when a gag ends; a notice "
                    "that would endanger somebody can be delayed by at most " (timers::NOTICE_DELAY_DAYS) " days."
                }
            }
        }
        @if let Some((_, root)) = registry.vault_roots().last() {
            p #coverage {
                "Numbers sealed: " (number(root.phones)) " of " (number(root.accounts)) " accounts."
            }
        }
        @if !shared.installation.kept.is_empty() {
            h2 #kept { "What else is kept" }
            dl {
                @for (what, how_long) in &shared.installation.kept {
                    dt { (what) } dd { (how_long) }
                }
            }
        }
        h2 #switches { "Settings that concern you" }
        @if registry.switches().next().is_none() {
            p { "None has been turned from what it is by default." }
        } @else {
            dl {
                @for (mark, switch) in registry.switches() {
                    dt { bdi { (switch.name) } }
                    dd { bdi { (switch.value) } ", since " (mark.date) ": " bdi { (switch.reason) } }
                }
            }
        }
        h2 #limits { "What we cannot promise" }
        p {
            "Whoever runs the machine can read cloud chats, and can watch numbers and addresses as people sign "
            "in. The log proves how stored records were opened; it cannot prove what an operator writes down "
            "beside it. Secret chats pass through unread."
        }
        @if !operator.contest.is_empty() {
            h2 #contest { "If your data were disclosed" }
            p { "You can contest it: " bdi { (operator.contest) } }
        }
        @if !operator.contact.is_empty() {
            h2 #contact { "Contact" }
            p { bdi { (operator.name) } " " bdi { (operator.contact) } }
        }
        (trust(log.trust))
    };
    Page::new("Privacy", body)
}
