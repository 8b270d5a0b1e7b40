//! What the public log is told of decisions and appeals.

use crate::appeals::Appeal;
use crate::cases::Origin;
use crate::decisions::Decided;
use crate::statement;
use ed25519_dalek::{Signer, SigningKey};
use heliograph_model::{Territory, UnixMs};
use heliograph_transparency::entry::{
    self, Day, Decider, Entry, Hour, Scope, Signed, Source, SubjectKind,
};
use heliograph_transparency::regions::Country;

/// Seconds in an hour.
const HOUR_S: u64 = 3_600;

fn unix_s(at: UnixMs) -> u64 {
    u64::try_from(at.0 / 1000).unwrap_or(0)
}

/// The hour that a moment lies in.
fn hour(at: UnixMs) -> Hour {
    Hour(unix_s(at) / HOUR_S)
}

/// What the log says of a decision that is to have this number, made on this day and not signed
/// yet.
pub fn of_decision(decided: &Decided, number: u64, today: Day) -> Entry {
    let verdict = &decided.verdict;
    let decider = |machine| {
        if machine {
            Decider::Machine
        } else {
            Decider::Person
        }
    };
    let body = entry::Decision {
        number,
        subject: decided.subject.commitment(&decided.salt),
        of_kind: SubjectKind::from_word(&decided.kind).unwrap_or(SubjectKind::Channel),
        act: verdict.act,
        scope: scope(&verdict.territory),
        until: verdict.until.map(hour),
        settles: decided.settles,
        clause: verdict.clause.clone(),
        terms: decided.terms,
        category: verdict.category,
        source: source(decided.origin),
        received: hour(decided.received),
        country: decided
            .country
            .as_deref()
            .and_then(|code| code.parse().ok()),
        found_by: decider(decided.found_by_machine),
        decided_by: decider(decided.is_by_machine()),
        authority: match decided.origin {
            Origin::Order(authority) => Some(authority),
            _ => None,
        },
        statement: statement::hash(decided, number),
    };
    Entry::new(today, body)
}

/// What the log says of an appeal made on this day.
pub fn of_appeal(appeal: &Appeal, today: Day) -> Entry {
    let body = entry::Appeal {
        decision: appeal.decision,
        text: appeal.commitment(),
    };
    Entry::new(today, body)
}

/// Signs a decision's entry for the log of this origin, with the moderators' keys by ascending
/// number.
pub fn sign(entry: &mut Entry, origin: &str, by: &[(u16, SigningKey)]) {
    let message = entry.message(origin);
    let signatures = by.iter().map(|(number, key)| Signed {
        index: *number,
        signature: key.sign(&message).to_bytes(),
    });
    entry.by = signatures.collect();
}

fn scope(territory: &Territory) -> Scope {
    match territory {
        Territory::World => Scope::World,
        Territory::Countries(codes) => {
            let mut countries: Vec<Country> =
                codes.iter().filter_map(|code| code.parse().ok()).collect();
            countries.sort_unstable();
            countries.dedup();
            Scope::Countries(countries)
        }
    }
}

fn source(origin: Origin) -> Source {
    match origin {
        Origin::Report => Source::Report,
        Origin::Notice => Source::Notice,
        Origin::Search => Source::Search,
        Origin::Machine => Source::Machine,
        Origin::Own | Origin::SecondLook | Origin::Refused | Origin::Sampled => Source::Own,
        Origin::Order(_) => Source::Order,
        Origin::Appeal => Source::Appeal,
    }
}
