//! Whom a legal order means: an account, or who held a username or a number at the time of the
//! offence.
//!
//! There is no way from an IP address to a person, here or anywhere: the vault's records are found
//! by account only.

use crate::accounts::{self, Proof};
use crate::history::{self, Holding, KEPT_DAYS};
use heliograph_keeper::PhoneTag;
use heliograph_model::{Peer, PersonKind, UnixMs, UserId, Username};
use heliograph_store::{Rows, StoreError};
use std::collections::BTreeSet;

/// What an order names. Exactly one thing.
#[derive(Clone, Debug)]
pub enum Target {
    /// An account by its id.
    Account(UserId),
    /// Whoever held a username.
    Username(Username),
    /// Whoever held the number with this tag. The tag costs one of the keeper's look-ups for the
    /// desk, of which a case has one.
    Phone(PhoneTag),
}

/// The time of the offence, both ends included, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    from_s: i64,
    until_s: i64,
}

impl Window {
    /// `None` when it ends before it begins.
    pub fn new(from_s: i64, until_s: i64) -> Option<Self> {
        (from_s <= until_s).then_some(Window { from_s, until_s })
    }

    fn from(self) -> UnixMs {
        UnixMs(self.from_s.saturating_mul(1000))
    }

    /// The last millisecond of the last second.
    fn until(self) -> UnixMs {
        UnixMs(self.until_s.saturating_mul(1000).saturating_add(999))
    }
}

/// Whom an order means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// One person, without doubt. Their account may have been deleted since.
    One {
        /// The account.
        user_id: UserId,
        /// How the number that the account has now was proven.
        proven: Proof,
    },
    /// Nobody held it then, as far as is known.
    Nobody,
    /// It was somebody else's within the window or since, or it is no longer known whose it was
    /// at the beginning of the window.
    Ambiguous,
}

/// Finds whom an order means, as of `window`; `now` tells how far back the history goes.
pub async fn resolve(
    rows: &mut dyn Rows,
    target: &Target,
    window: Window,
    now: UnixMs,
) -> Result<Resolved, StoreError> {
    let found = match target {
        Target::Account(user) => Found::One(*user),
        Target::Username(name) => holder(&history::of_username(rows, name).await?, window, now),
        Target::Phone(tag) => holder(&history::of_phone(rows, *tag).await?, window, now),
    };
    let user_id = match found {
        Found::One(user_id) => user_id,
        Found::Nobody => return Ok(Resolved::Nobody),
        Found::Ambiguous => return Ok(Resolved::Ambiguous),
    };
    let account = accounts::find(rows, user_id).await?;
    // Bots and the installation's own accounts have neither number nor address.
    let person = account.filter(|account| account.person.kind == PersonKind::Human);
    Ok(person.map_or(Resolved::Nobody, |account| Resolved::One {
        user_id,
        proven: account.proven,
    }))
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    One(UserId),
    Nobody,
    Ambiguous,
}

/// Who held something within the window, where that is beyond doubt.
fn holder(holdings: &[Holding], window: Window, now: UnixMs) -> Found {
    let (from, until) = (window.from(), window.until());
    let not_over = |holding: &&Holding| holding.until.is_none_or(|end| end >= from);
    let within = |holding: &&Holding| not_over(holding) && holding.since <= until;
    let Some(first) = holdings.iter().find(within) else {
        return Found::Nobody;
    };
    let since_then: BTreeSet<Peer> = holdings
        .iter()
        .filter(not_over)
        .map(|holding| holding.peer)
        .collect();
    if since_then.len() > 1 {
        return Found::Ambiguous;
    }
    // What ended earlier than that is forgotten, so a gap before `first` may have been filled.
    let remembered_since = now.plus_seconds(-KEPT_DAYS * 86_400);
    if first.since > from && from < remembered_since {
        return Found::Ambiguous;
    }
    // A channel's name names no person.
    first.peer.user().map_or(Found::Nobody, Found::One)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;
    const NOW: UnixMs = UnixMs(1000 * DAY_MS);

    /// Holdings by user and days; a stretch without an end runs on.
    fn holdings(stretches: &[(i64, i64, Option<i64>)]) -> Vec<Holding> {
        let holding = |&(user, since, until): &(i64, i64, Option<i64>)| Holding {
            peer: UserId(user).into(),
            since: UnixMs(since * DAY_MS),
            until: until.map(|day| UnixMs(day * DAY_MS)),
        };
        stretches.iter().map(holding).collect()
    }

    fn find(stretches: &[(i64, i64, Option<i64>)], from: i64, until: i64) -> Found {
        let window = Window::new(from * 86_400, until * 86_400).expect("in order");
        holder(&holdings(stretches), window, NOW)
    }

    #[test]
    fn who_holds_it_since_before_the_window_is_meant() {
        assert_eq!(find(&[(1, 100, None)], 900, 910), Found::One(UserId(1)));
        assert_eq!(find(&[(1, 905, None)], 900, 910), Found::One(UserId(1)));
        assert_eq!(find(&[(1, 911, None)], 900, 910), Found::Nobody);
        assert_eq!(find(&[], 900, 910), Found::Nobody);
    }

    #[test]
    fn who_gave_it_up_since_is_still_meant_as_long_as_nobody_took_it() {
        let given_up = (1, 100, Some(950));
        assert_eq!(find(&[given_up], 900, 910), Found::One(UserId(1)));
        assert_eq!(find(&[given_up], 951, 960), Found::Nobody);
        let taken = [given_up, (2, 960, None)];
        assert_eq!(find(&taken, 900, 910), Found::Ambiguous);
        assert_eq!(find(&taken, 955, 970), Found::One(UserId(2)));
    }

    #[test]
    fn a_change_of_hands_within_the_window_is_ambiguous() {
        let handed_on = [(1, 100, Some(905)), (2, 905, None)];
        assert_eq!(find(&handed_on, 900, 910), Found::Ambiguous);
        // The second of the change belongs to both.
        assert_eq!(find(&handed_on, 905, 905), Found::Ambiguous);
        assert_eq!(find(&handed_on, 906, 910), Found::One(UserId(2)));
        let back_again = [(1, 100, Some(905)), (1, 907, None)];
        assert_eq!(find(&back_again, 900, 910), Found::One(UserId(1)));
    }

    #[test]
    fn a_window_beyond_what_is_remembered_needs_a_holder_who_was_there_before_it() {
        assert_eq!(find(&[(1, 100, None)], 500, 510), Found::One(UserId(1)));
        assert_eq!(find(&[(1, 505, None)], 500, 510), Found::Ambiguous);
    }

    #[test]
    fn a_window_has_an_order() {
        assert!(Window::new(2, 1).is_none());
        assert!(Window::new(i64::MIN, i64::MAX).is_some());
    }
}
