//! The statement of reasons that an owner is given, as Article 17 of the Digital Services Act asks,
//! and its [record for the European database](record()), which names nobody.

mod record;

pub use record::record;

use crate::appeals::OPEN_DAYS;
use crate::cases::Origin;
use crate::decisions::Decided;
use crate::enact::name_of;
use crate::terms;
use heliograph_model::{Territory, UnixMs};
use heliograph_transparency::entry::{Act, Day};
use heliograph_transparency::tree::Hash;
use sha2::{Digest, Sha256};

/// The statement of a decision with this number in the log. The log holds its hash.
pub fn text(decided: &Decided, number: u64) -> String {
    let verdict = &decided.verdict;
    let clause = terms::version(decided.terms).and_then(|terms| terms.clause(&verdict.clause));
    let (title, rule) = clause.map_or(("", ""), |clause| (clause.title, clause.text));
    let who = if decided.is_by_machine() {
        "It was decided by a machine, for 72 hours at most; a person will look at it."
    } else {
        "It was decided by a person."
    };
    let about = name_of(&decided.subject);
    let mut text = format!(
        "Decision {number} of {day} about {about}.\n\nWhat is done: {done}\n\nThe facts: {facts}\n\n\
         The rule: clause {clause} ({title}) of version {terms} of the terms. {rule}\n\n\
         {source} {who}",
        day = day(decided.at),
        done = what_is_done(decided),
        facts = verdict.facts,
        clause = verdict.clause,
        terms = decided.terms,
        source = source(decided),
    );
    if let Some(settled) = decided.settles {
        let settled = format!(" It takes the place of decision {settled}, or confirms it.");
        text.push_str(&settled);
    }
    text
}

/// What somebody who sent a notice reads: what came of it, and where else to turn. What the moderator
/// wrote for the owner is not in it.
pub fn answer(decided: &Decided, number: u64) -> String {
    let done = what_is_done(decided);
    format!(
        "Decision {number} of {day}: {done} If you think this is wrong, a court, or an out-of-court \
         body that you choose, can hear you; a new notice with new facts is looked at as well.",
        day = day(decided.at),
    )
}

/// What the owner reads: the statement, how to contest it, and what opens the log's commitment.
pub fn letter(decided: &Decided, number: u64) -> String {
    let statement = text(decided, number);
    let contest = if decided.verdict.act.is_measure() {
        format!(
            "If you think this is wrong, write to @SpamBot: /appeal {number} and why. It costs \
             nothing, you have {OPEN_DAYS} days, and somebody else decides. A court, or an \
             out-of-court body that you choose, can hear you as well.\n\n"
        )
    } else {
        String::new()
    };
    let salt = hex(&decided.salt);
    format!("{statement}\n\n{contest}In the public log: decision {number}, opened by {salt}")
}

/// 32 bytes in hexadecimal, as letters and receipts show them.
pub fn hex(bytes: &[u8; 32]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    let digits = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    digits.collect()
}

/// SHA-256 of the statement, as its log entry holds it, under the decision's salt.
pub fn hash(decided: &Decided, number: u64) -> Hash {
    let mut digest = Sha256::new();
    digest.update(b"hg/statement/v1\n");
    digest.update(decided.salt);
    digest.update(text(decided, number).as_bytes());
    Hash(digest.finalize().into())
}

fn day(at: UnixMs) -> Day {
    Day::of_unix(u64::try_from(at.0 / 1000).unwrap_or(0))
}

fn what_is_done(decided: &Decided) -> String {
    let verdict = &decided.verdict;
    let place = match &verdict.territory {
        Territory::World => String::new(),
        Territory::Countries(countries) => format!(" for people of {}", countries.join(", ")),
    };
    let done = match verdict.act {
        Act::Nothing => "nothing",
        Act::Demote => "search shows it behind everything else",
        Act::Hold => "search does not show it until a person has looked at it",
        Act::Delist => "search does not show it",
        Act::Block => "search does not show it, and its name leads nowhere",
        Act::WarnScam => "it is marked as a scam",
        Act::WarnFake => "it is marked as a fake",
        Act::Restrict => "it is not displayed",
        Act::Limit => "it cannot write to people who do not know it",
        Act::Freeze => "it can only read",
        Act::Remove => "nobody can open it any more",
        Act::Undo => "what was done to it is taken back",
        Act::Uphold => "your appeal was heard, and the decision stands",
    };
    let until = match verdict.until {
        Some(until) => format!(", until {} at the latest", day(until)),
        None => String::new(),
    };
    format!("{done}{place}{until}.")
}

fn source(decided: &Decided) -> String {
    match decided.origin {
        Origin::Report => "People reported it.".into(),
        Origin::Notice => "A notice was sent in.".into(),
        Origin::Search => "People sent in a search term.".into(),
        Origin::Machine if decided.found_by_machine => "A machine found it.".into(),
        Origin::Machine => "A report said that somebody is in danger.".into(),
        Origin::Own => "The moderators looked at it of their own accord.".into(),
        Origin::Order(authority) => {
            format!("Authority {authority} of the registry ordered it.")
        }
        Origin::Appeal => "You contested a decision.".into(),
        Origin::Refused => "The author of something that was refused contests it.".into(),
        Origin::Sampled => {
            "It was drawn at random among public posts of which no program knows what to think."
                .into()
        }
        Origin::SecondLook => "A second moderator looked at an earlier decision.".into(),
    }
}
