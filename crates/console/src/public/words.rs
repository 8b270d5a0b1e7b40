//! What each kind of entry means, in a sentence.

use super::overview::entry_path;
use crate::page::number;
use heliograph_transparency::case::Field;
use heliograph_transparency::entry::{
    Act, Body, Change, Decider, Decision, Deed, Door, Duty, Ending, Entry, Errand, KeyRole, Mode,
    ModelState, NoticeState, Outcome, Priority, REFUSALS, ReleaseReason, Reveal, Scope, Shown,
};
use maud::{Markup, html};

/// A link to another entry.
fn at(index: u64) -> Markup {
    html! { a href=(entry_path(index)) { "entry " (index) } }
}

/// Texts of officers and custodians, which nobody else has checked.
fn quoted(text: &str) -> Markup {
    html! { q { bdi { (text) } } }
}

/// The entry in a sentence.
pub(crate) fn of(entry: &Entry) -> Markup {
    match &entry.body {
        Body::Policy(policy) => html! {
            "The desk bound itself to policy " (policy.version) ": address records are kept for "
            (policy.retention_days) " days, an opening names at most " (policy.cap)
            " records, requests are answered within " (policy.deadline_days)
            " days and emergencies within " (policy.emergency_hours) " hours."
            @if policy.demo { " The whole log is a demonstration." }
        },
        Body::Custodians(roster) => html! {
            "Custodians, set " (roster.set) ": "
            @match roster.mode {
                Mode::Local => "one, on the operator's own machine.",
                Mode::Remote => {
                    (roster.threshold) " of " (roster.custodians.len())
                    " outside the operator's control must act together."
                }
            }
        },
        Body::Keys(keys) => html! {
            @match keys.role {
                KeyRole::Officers => "The officers made a key",
                KeyRole::PhoneCustodians => "The custodians made the key for phone records",
                KeyRole::IpCustodians => {
                    "The custodians made the key for the address records of "
                    (heliograph_transparency::entry::Day(keys.epoch))
                }
            }
            @if keys.generation > 0 { ", its shares refreshed for the " (keys.generation) ". time" }
            ": " (keys.threshold) " of " (keys.holders.len()) " holders must act together."
        },
        Body::Country(decision) => html! {
            "Officers decided that orders from " (decision.code)
            @match decision.state {
                Door::Open => " are examined from now on: ",
                Door::Closed => " are not examined any more: ",
            }
            (quoted(&decision.reason))
        },
        Body::Authority(authority) => html! {
            @match authority.action {
                Change::Add => "An authority was entered in the registry as number ",
                Change::Change => "The registry's row of an authority changes, number ",
                Change::Remove => "An authority was struck out of the registry, number ",
            }
            (authority.id) ", in force from " (authority.effective) " on."
        },
        Body::Switch(switch) => html! {
            "A setting was turned: " bdi { (switch.name) } " is now " (quoted(&switch.value)) ", because "
            (quoted(&switch.reason)) "."
        },
        Body::Vault(root) => html! {
            (number(root.records)) " sealed records are kept. The numbers of " (number(root.phones))
            " of " (number(root.accounts)) " accounts are among them."
        },
        Body::Keeper(keeper) => html! {
            "On " (keeper.day) " the keeper looked up " (number(keeper.sign_in))
            " numbers for sign-in, " (number(keeper.contacts)) " for contacts and "
            (number(keeper.desk)) " for the desk."
        },
        Body::Erase(erase) => html! {
            "The key of " (erase.day) " was destroyed; " (number(erase.records))
            " address records became unreadable for everyone."
        },
        Body::Intake(intake) => html! {
            (number(intake.count)) " requests came from senders who are not in the registry."
        },
        Body::Request(request) => html! {
            "Request " (request.number) " was received"
            @if request.priority == Priority::Emergency { " as an emergency" }
            @if let Some(earlier) = request.follows { ", continuing " (at(earlier)) }
            ". What it says is shown by " (request.due) ", or its gag is extended in the open."
        },
        Body::Confirm(confirm) => html! {
            "The judicial order for an emergency came: " (at(confirm.request)) "."
        },
        Body::Preserve(preserve) => html! {
            "Officers had " (preserve.n) " records preserved for " (at(preserve.request)) " until "
            (preserve.until) "."
        },
        Body::Release(release) => html! {
            "What " (at(release.preserve)) " preserved was destroyed: "
            @match release.why {
                ReleaseReason::Due => "its term is over.",
                ReleaseReason::Withdrawn => "the authority took it back.",
                ReleaseReason::Opened => "it was opened.",
            }
        },
        Body::Open(open) => html! {
            "Officers approved the opening of " (open.n) " records for " (at(open.request)) "."
        },
        Body::Closed(closed) => html! {
            "The request of " (at(closed.request)) " ended: "
            @match closed.result {
                Ending::Delivered => "records were opened and delivered.",
                Ending::Failed => "records were opened and not delivered.",
                Ending::Ended => "nothing was opened.",
            }
        },
        Body::Extend(extend) => html! {
            "Officers extended " (at(extend.of)) " until " (extend.until) "."
        },
        Body::Reveal(reveal) => revealed(reveal),
        Body::Notice(notice) => html! {
            @match notice.state {
                NoticeState::Told => "The person was told of the disclosure: ",
                NoticeState::Delayed => {
                    "Telling the person was put off"
                    @if let Some(until) = notice.until { " until " (until) }
                    ", because it would endanger somebody: "
                }
            }
            (at(notice.request)) "."
        },
        Body::Report(report) => html! {
            "Report of " (report.quarter)
            @if report.parts > 1 { ", part " (report.part) " of " (report.parts) }
            ", over the entries from " (report.from) " to " (report.to.saturating_sub(1)) "."
        },
        Body::Terms(terms) => html! {
            "Version " (terms.version) " of the terms was published; it holds from " (terms.effective)
            " on."
        },
        Body::Moderator(moderator) => html! {
            "Moderator " (moderator.number)
            @match moderator.duty {
                Duty::On => " begins to moderate.",
                Duty::Off => " moderates no longer.",
            }
        },
        Body::Decision(decision) => decided(decision),
        Body::Appeal(appeal) => html! {
            "The owner contests decision " (appeal.decision) "."
        },
        Body::Control(control) if control.name == REFUSALS => html! {
            "What is nearly the same as the text of " (quoted(&control.class))
            @match control.until {
                Some(until) => { " is refused until " (until) }
                None => " is refused no longer",
            }
            ", because of " (control.reason) "."
        },
        Body::Control(control) => html! {
            "The operator switched " (quoted(&control.name)) " for " (quoted(&control.class))
            @match control.until {
                Some(until) => { " off until " (until) }
                None => " on again",
            }
            ", because " (quoted(&control.reason)) "."
        },
        Body::Model(model) => html! {
            "Version " (model.version) " of the classifier, which has learned from "
            (number(model.learned)) " decisions, "
            @match model.state {
                ModelState::Shadow => "judges beside the one at work.",
                ModelState::Live => "is at work.",
                ModelState::Withdrawn => "was withdrawn.",
            }
        },
        Body::Deed(deed) => done(deed),
    }
}

fn done(deed: &Deed) -> Markup {
    let count = number(deed.count);
    match deed.what {
        Errand::Hotline => html! {
            (count) " case about a child or a life was reported to a hotline or an authority."
        },
        Errand::Erased => html! {
            (count) " removed posts, channels or accounts, which nobody could contest any more, were erased."
        },
        Errand::Announcement => html! {
            "@announcements wrote to everybody; the entry holds the text's SHA-256."
        },
        Errand::Staff => html! {
            (count) " account was marked as staff's own: moderators decide nothing about it."
        },
        Errand::Reviewed => html! {
            (count) " sampled decision was looked at a second time, by somebody else who came to the same."
        },
        Errand::Refused => html! {
            (count) " posts or names were refused, because people had decided about their like."
        },
        Errand::LetThrough => html! {
            (count) " refusal was contested, and let through by a moderator."
        },
        Errand::NoStaff => html! { (count) " account of staff's is like any other again." },
    }
}

fn decided(decision: &Decision) -> Markup {
    let who = match decision.decided_by {
        Decider::Person => "People decided",
        Decider::Machine => "A machine decided",
    };
    let what = match decision.act {
        Act::Nothing => "that nothing is wrong with",
        Act::Demote => "to show behind everything else in search",
        Act::Hold => "to hold back from search until a person has looked at it",
        Act::Delist => "to take out of search",
        Act::Block => "to block",
        Act::WarnScam => "to mark as a scam",
        Act::WarnFake => "to mark as a fake",
        Act::Restrict => "to have clients not show",
        Act::Limit => "to stop from writing to strangers",
        Act::Freeze => "to freeze",
        Act::Remove => "to remove",
        Act::Undo => "to take back what was done to",
        Act::Uphold => "on appeal to leave as it is",
    };
    html! {
        "Decision " (decision.number) ": " (who) " " (what) " a " (decision.of_kind.word())
        @if decision.scope != Scope::World { " in " (decision.scope) }
        @if let Some(until) = decision.until { " until " (until) }
        @if let Some(earlier) = decision.settles { " (decision " (earlier) ")" }
        ", under clause " (quoted(&decision.clause)) " of version " (decision.terms)
        " of the terms, " (decision.category.word()) ". Source: " (decision.source.word())
        @if let Some(authority) = decision.authority { ", authority " (authority) }
        "."
    }
}

fn revealed(reveal: &Reveal) -> Markup {
    let value = |field: Field| match &reveal.fields[field as usize] {
        Shown::Opened { value, .. } => value.as_str(),
        Shown::Hidden(_) => "(hidden)",
    };
    let outcome = Outcome::ALL.get(reveal.outcome.category);
    html! {
        "What " (at(reveal.request)) " was: received " (value(Field::Received)) " from a "
        (value(Field::Class)) " in " (value(Field::Country)) ", for " (value(Field::Kinds))
        ", on suspicion of " (quoted(value(Field::Offence))) " under " (quoted(value(Field::Basis)))
        "; gag: " (value(Field::Gag)) ". It ended after " (reveal.hours) " hours"
        @if let Some(outcome) = outcome { ": " (outcome.word()) }
        "."
    }
}
