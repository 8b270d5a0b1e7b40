//! "Check it yourself": what to run, and what it shows.

use super::{demo, trust};
use crate::Shared;
use crate::page::Page;
use axum::extract::State;
use maud::html;
use std::sync::Arc;

pub(super) async fn page(State(shared): State<Arc<Shared>>) -> Page {
    let log = shared.record.snapshot();
    let address = shared.installation.address();
    let newest = log.ledger.size().saturating_sub(1);
    let body = html! {
        (demo(&log))
        h1 { "Check it yourself" }
        (trust(log.trust))
        h2 { "The whole log" }
        p {
            code { "heliograph-verify" } " reads the log's files, and nothing else of this server. It "
            "checks that every entry is in the tree that was signed, that every rule holds, every "
            "signature of officers and custodians, every proof of a count, and every sum of a report; "
            "it names the first thing that is wrong. It links no part of the server."
        }
        pre tabindex="0" aria-label="Commands to verify the log" { code {
            "heliograph-verify " (address) "/log/\n"
            "heliograph-verify --state seen/ " (address) "/log/     # later again: is it the same history?\n"
            "heliograph-verify --watch --state seen/ " (address) "/log/"
        } }
        p { "It comes with the source, and is built and run like this:" }
        pre tabindex="0" aria-label="Commands to build the verifier" { code {
            "cargo build --release --package heliograph-transparency --bin heliograph-verify\n"
            "target/release/heliograph-verify " (address) "/log/\n"
        } }
        h2 #proves { "What it proves, and what it does not" }
        dl {
            dt { "Proved" }
            dd {
                "Every entry that you read is in the tree that the operator signed, and none was changed, "
                "moved or taken out since you looked last (with " code { "--state" } "). Each disclosure in "
                "it has the signatures of enough officers. The numbers of each report are what the "
                "entries come to."
            }
            dt { "With witnesses" }
            dd {
                "Everybody was shown the same log. Without them the operator could show you one and "
                "somebody else another; keep your " code { "--state" } " and compare it with theirs."
            }
            dt { "Not proved" }
            dd {
                "That nothing happens outside the log. Whoever runs the machine can read cloud chats and "
                "watch sign-ins as they happen, without an entry. Nor that a decision was right, that an "
                "order was genuine, or that this server runs the published source."
            }
        }
        h2 { "The key" }
        p {
            "A verifier must know the log's key from somewhere else than the server that it checks: from "
            "the operator in person, from a newspaper, from a friend. Compare it with what this server says:"
        }
        pre tabindex="0" aria-label="The log's key" { code { (log.log_key) } }
        p { "The policy names the witnesses whose signatures count:" }
        pre tabindex="0" aria-label="The policy" { code { (log.policy) } }
        h2 { "One entry" }
        p {
            "Each " a href="/transparency/entries" { "entry" } " has a proof file in the form "
            a href="https://c2sp.org/tlog-proof" { "c2sp.org/tlog-proof" } ": keep it with the entry, and "
            "the two can be checked offline for as long as you like, with our tool or with others' that "
            "read the format."
        }
        pre tabindex="0" aria-label="Commands to fetch an entry's proof" { code {
            "curl -O " (address) "/transparency/entry/" (newest) "/proof"
        } }
        h2 { "With other people's tools" }
        p {
            "The log is a " a href="https://c2sp.org/tlog-tiles" { "c2sp.org/tlog-tiles" }
            " tree at " code { "/log/" } ", its checkpoint a "
            a href="https://c2sp.org/signed-note" { "signed note" } " with "
            a href="https://c2sp.org/tlog-cosignature" { "cosignatures" } "."
        }
    };
    Page::new("Check it yourself", body)
}
