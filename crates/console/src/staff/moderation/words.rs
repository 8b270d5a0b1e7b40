//! Moderation in the words of its pages.

use heliograph_model::{Territory, UnixMs};
use heliograph_moderation::cases::Origin;
use heliograph_moderation::subject::{Known, Subject};
use heliograph_transparency::entry::{Act, SubjectKind};

/// What an act does, in the words of whoever chooses it.
pub(super) fn act(act: Act) -> &'static str {
    match act {
        Act::Nothing => "nothing: all is well (what a machine hid comes back)",
        Act::Demote => "demote: search shows it behind everything else",
        Act::Hold => "hold: search does not show it for now",
        Act::Delist => "delist: search does not show it; its exact name still leads to it",
        Act::Block => "block: not even its exact name leads to it (two moderators)",
        Act::WarnScam => "mark it as a scam",
        Act::WarnFake => "mark it as a fake",
        Act::Restrict => "restrict: clients show a sentence in its place",
        Act::Limit => "limit: it cannot write to people who do not know it",
        Act::Freeze => "freeze: it can only read (two moderators)",
        Act::Remove => "remove: nobody can open it (two moderators)",
        Act::Undo => "undo: the contested decision is taken back",
        Act::Uphold => "uphold: the contested decision stands",
    }
}

/// Everything that can be done, the mildest first.
const BY_SEVERITY: [Act; 13] = [
    Act::Nothing,
    Act::Undo,
    Act::Uphold,
    Act::WarnScam,
    Act::WarnFake,
    Act::Demote,
    Act::Hold,
    Act::Delist,
    Act::Limit,
    Act::Restrict,
    Act::Block,
    Act::Freeze,
    Act::Remove,
];

/// What can be done to a subject, the mildest first.
pub(super) fn acts(subject: &Subject, known: Option<&Known>, appeal: bool) -> Vec<Act> {
    let Some(known) = known else {
        // It is gone: there is nothing to act on.
        return vec![if appeal { Act::Undo } else { Act::Nothing }];
    };
    let account = matches!(subject, Subject::User(_));
    let shown_by_clients = !matches!(subject, Subject::Term(_));
    let peer = account || matches!(subject, Subject::Channel(_));
    let fits = |act: Act| match act {
        Act::Nothing => !appeal,
        Act::Undo | Act::Uphold => appeal,
        // Only what is public stands in search.
        Act::Delist => known.public,
        Act::Demote | Act::Hold | Act::Block => known.public && shown_by_clients,
        Act::WarnScam | Act::WarnFake => peer,
        Act::Restrict | Act::Remove => shown_by_clients,
        Act::Limit | Act::Freeze => account,
    };
    BY_SEVERITY.into_iter().filter(|act| fits(*act)).collect()
}

/// How a case began.
pub(super) fn origin(origin: Origin) -> String {
    match origin {
        Origin::Report => "reported in a client".into(),
        Origin::Notice => "a notice at /report".into(),
        Origin::Search => "a search term that was sent in".into(),
        Origin::Machine => "a machine".into(),
        Origin::Own => "a moderator's own initiative".into(),
        Origin::Order(authority) => format!("the order of authority {authority} of the registry"),
        Origin::Appeal => "an appeal".into(),
        Origin::Refused => "an author contests that something was refused".into(),
        Origin::Sampled => "drawn at random among posts on which the classifier abstains".into(),
        Origin::SecondLook => "a second look at a sampled decision".into(),
    }
}

/// What kind of thing a subject is.
pub(super) fn kind(subject: &Subject, known: Option<&Known>) -> &'static str {
    match (known.map(|known| known.kind), subject) {
        (Some(SubjectKind::Group), _) => "group",
        (Some(SubjectKind::Bot), _) => "bot",
        (_, Subject::Channel(_)) => "channel",
        (_, Subject::User(_)) => "account",
        (_, Subject::Post(..)) => "message",
        (_, Subject::Term(_)) => "search term",
    }
}

/// Where something holds.
pub(super) fn territory(territory: &Territory) -> String {
    match territory {
        Territory::World => "everywhere".into(),
        Territory::Countries(countries) => format!("for people of {}", countries.join(", ")),
    }
}

/// A weight in hundredths, as a number with two places.
pub(super) fn weight(hundredths: u32) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// How long something waits, in one unit.
pub(super) fn age(since_s: u64, now_s: u64) -> String {
    match now_s.saturating_sub(since_s) {
        seconds @ 0..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// A moment of the store's clock in Unix seconds.
pub(super) fn seconds(at: UnixMs) -> u64 {
    u64::try_from(at.0 / 1_000).unwrap_or(0)
}

/// A moment of the store's clock from Unix seconds.
pub(super) fn moment(at_s: u64) -> UnixMs {
    let at_ms = i64::try_from(at_s).ok().and_then(|s| s.checked_mul(1_000));
    UnixMs(at_ms.unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_model::{ChannelId, MessageId, UserId};

    fn known(public: bool) -> Known {
        Known {
            kind: SubjectKind::Channel,
            owner: None,
            country: None,
            public,
            verified: false,
            staff: false,
            members: 0,
        }
    }

    #[test]
    fn only_what_fits_the_subject_is_offered_and_the_mildest_first() {
        let channel = Subject::Channel(ChannelId(7));
        let offered = acts(&channel, Some(&known(true)), false);
        assert_eq!(offered.first(), Some(&Act::Nothing));
        assert_eq!(offered.last(), Some(&Act::Remove));
        assert!(!offered.contains(&Act::Freeze) && !offered.contains(&Act::Uphold));
        let user = Subject::User(UserId(5));
        assert!(acts(&user, Some(&known(true)), false).contains(&Act::Freeze));
        let post = Subject::Post(ChannelId(7), MessageId(3));
        assert!(!acts(&post, Some(&known(true)), false).contains(&Act::WarnScam));
    }

    #[test]
    fn a_search_term_finds_nothing_or_all_is_well_with_it() {
        let term = Subject::Term("cheap pills".into());
        let offered = acts(&term, Some(&known(true)), false);
        assert_eq!(offered, [Act::Nothing, Act::Delist]);
    }

    #[test]
    fn what_is_not_public_is_not_taken_out_of_search() {
        let private = acts(&Subject::Channel(ChannelId(7)), Some(&known(false)), false);
        assert!(!private.contains(&Act::Delist) && private.contains(&Act::Restrict));
    }

    #[test]
    fn an_appeal_is_granted_or_the_decision_stands_or_a_milder_one_takes_its_place() {
        let offered = acts(&Subject::Channel(ChannelId(7)), Some(&known(true)), true);
        assert_eq!(offered[..2], [Act::Undo, Act::Uphold]);
        assert!(offered.contains(&Act::Demote) && !offered.contains(&Act::Nothing));
        assert_eq!(acts(&Subject::User(UserId(5)), None, false), [Act::Nothing]);
    }

    #[test]
    fn times_and_weights_are_short() {
        assert_eq!(
            [weight(0), weight(150), weight(7)],
            ["0.00", "1.50", "0.07"]
        );
        let ages = [0, 3_599, 3_600, 172_800].map(|seconds| age(0, seconds));
        assert_eq!(ages, ["0 min", "59 min", "1 h", "2 days"]);
    }
}
