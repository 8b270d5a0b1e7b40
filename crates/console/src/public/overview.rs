//! `/transparency`: trust level first, then what is wrong, then how much.

use super::{demo, moderation, reports, trust};
use crate::Shared;
use crate::page::{Page, moment, number};
use crate::record::Snapshot;
use axum::extract::State;
use heliograph_transparency::entry::{Day, Mode};
use heliograph_transparency::ledger::findings::Finding;
use heliograph_transparency::note::Note;
use heliograph_transparency::policy::{Cosigned, Freshness, Policy, PolicyError};
use maud::{Markup, html};
use std::sync::Arc;

/// Cosignatures older than a day are shown as old: it is what an officer's tool accepts at most.
const FRESHNESS: Freshness = Freshness {
    max_age_s: 24 * 3_600,
    max_ahead_s: 300,
};

pub(super) async fn page(State(shared): State<Arc<Shared>>) -> Page {
    let log = shared.record.snapshot();
    let now_s = shared.clock.now_s();
    let body = html! {
        (demo(&log))
        h1 { "Transparency" }
        (trust(log.trust))
        p .lead {
            "Every act of power on this installation leaves an entry in a public log. This page is "
            "computed from it, and " a href="/transparency/check" { "you can check all of it" }
            " without asking us."
        }
        p {
            code { "heliograph-verify " (shared.installation.address()) "/log/" } " fetches the log and "
            "says whether it is whole, signed and right. That proves what was entered; it cannot prove "
            "that nothing happens without an entry: "
            a href="/transparency/check#proves" { "what it proves, and what it does not" } "."
        }
        (findings(&log.ledger.findings(Day::of_unix(now_s))))
        (the_log(&log, now_s))
        (coverage(&log))
        (served(&log))
        (moderation::link(&log))
        (reports::links(&log.ledger, now_s))
    };
    Page::new("Transparency", body)
}

/// What is overdue, red or untrue.
fn findings(findings: &[Finding]) -> Markup {
    html! {
        section aria-labelledby="findings" {
            h2 #findings { "What is overdue or wrong" }
            @if findings.is_empty() {
                p .good { "Nothing is overdue, and no entry contradicts another." }
            } @else {
                ul .alarm {
                    @for finding in findings {
                        li {
                            span .word { (finding.degree.word()) } " since " (finding.since) ": "
                            (finding.what) " ("
                            a href=(entry_path(finding.index)) { "entry " (finding.index) }
                            ", rule " (finding.rule) ")"
                        }
                    }
                }
            }
        }
    }
}

/// The path of an entry's page.
pub(crate) fn entry_path(index: u64) -> String {
    format!("/transparency/entry/{index}")
}

fn the_log(log: &Snapshot, now_s: u64) -> Markup {
    let roster = log.ledger.custody().roster();
    html! {
        section aria-labelledby="log" {
            h2 #log { "The log" }
            dl {
                dt { "Name" } dd { (log.ledger.origin()) }
                dt { "Key" } dd { code { (log.log_key) } }
                dt { "Entries" }
                dd { a href="/transparency/entries" { (number(log.ledger.size())) } }
                dt { "Newest checkpoint" }
                dd { (moment(log.signed_s)) ", " (age(now_s.saturating_sub(log.signed_s))) }
                dt { "Witnesses" } dd { (witnesses(log, now_s)) }
                dt { "Custodians" }
                dd {
                    @match roster.map(|logged| &logged.roster) {
                        None => "none yet: no phone number and no address is stored",
                        Some(roster) if roster.mode == Mode::Local => {
                            "local: one, on the operator's own machine"
                        }
                        Some(roster) => {
                            "remote: " (roster.threshold) " of " (roster.custodians.len())
                            " must act together ("
                            @for (position, custodian) in roster.custodians.iter().enumerate() {
                                @if position > 0 { ", " }
                                bdi { (custodian.name) }
                            }
                            ")"
                        }
                    }
                }
                dt { "Officers" }
                dd {
                    @match log.ledger.officers() {
                        None => "none yet: nothing can be opened",
                        Some(officers) => {
                            (officers.keys.threshold) " of " (officers.holders.len())
                            " must approve an opening"
                        }
                    }
                }
            }
        }
    }
}

/// Each witness of the policy and when it last signed.
fn witnesses(log: &Snapshot, now_s: u64) -> Markup {
    let Ok(policy) = Policy::parse(log.policy.as_bytes()) else {
        return html! { "the policy cannot be read" };
    };
    if policy.witnesses().is_empty() {
        return html! { "none: the log vouches for itself" };
    }
    let note = Note::parse(&log.checkpoint);
    let evaluated = note.map(|note| policy.evaluate(&note, FRESHNESS, now_s));
    let seen = match evaluated {
        Ok(Ok(evaluation)) => evaluation.witnesses,
        Ok(Err(PolicyError::Quorum { witnesses })) => witnesses,
        _ => return html! { "the checkpoint does not satisfy the policy" },
    };
    html! {
        @for (position, (witness, cosigned)) in policy.witnesses().iter().zip(&seen).enumerate() {
            @if position > 0 { "; " }
            bdi { (String::from_utf8_lossy(&witness.name)) } ": "
            @match cosigned {
                Cosigned::Fresh(at_s) => { "signed " (age(now_s.saturating_sub(*at_s))) }
                Cosigned::Stale(at_s) => { "last signed " (moment(*at_s)) ", too long ago" }
                Cosigned::Future(_) | Cosigned::Timeless => "signed without a usable time",
                Cosigned::Absent => "has not signed this checkpoint",
            }
        }
    }
}

/// How many accounts' numbers are sealed, by the newest `vault` entry.
fn coverage(log: &Snapshot) -> Markup {
    html! {
        section aria-labelledby="coverage" {
            h2 #coverage { "What is kept" }
            @match log.ledger.registry().vault_roots().last() {
                None => {
                    p { "Nothing is sealed yet: before the officers have made their key, no phone "
                        "number and no address is stored." }
                }
                Some((mark, root)) => {
                    p #sealed {
                        "Numbers sealed: " strong { (number(root.phones)) " of "
                        (number(root.accounts)) " accounts" } ". Together with addresses, "
                        (number(root.records)) " sealed records ("
                        a href=(entry_path(mark.index)) { "entry " (mark.index) } ", "
                        (mark.date) "). Who is not among them has not signed in since the officers "
                        "made their key; of them nothing can be disclosed."
                    }
                }
            }
        }
    }
}

fn served(log: &Snapshot) -> Markup {
    let served: Vec<_> = log.ledger.registry().served().collect();
    html! {
        section aria-labelledby="served" {
            h2 #served { "Whose orders are examined" }
            @if served.is_empty() {
                p { "Those of no country. Officers open one by a decision in the log." }
            } @else {
                p {
                    "Orders from these countries: "
                    @for (position, country) in served.iter().enumerate() {
                        @if position > 0 { ", " }
                        (country)
                    }
                    ". What an order must fulfil stands in the "
                    a href="/law-enforcement" { "guide for authorities" } "."
                }
            }
        }
    }
}

/// How long ago, in one unit.
fn age(seconds: u64) -> String {
    let (n, unit) = match seconds {
        0..60 => return "less than a minute ago".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {unit}{s} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let told = [5, 60, 3_599, 7_200, 86_400, 1_000_000].map(age);
        assert_eq!(
            told,
            [
                "less than a minute ago",
                "1 minute ago",
                "59 minutes ago",
                "2 hours ago",
                "1 day ago",
                "11 days ago"
            ]
        );
    }
}
