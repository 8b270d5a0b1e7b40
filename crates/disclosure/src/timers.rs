//! When things are due. All times are Unix seconds in UTC and lengths are fixed numbers of
//! seconds, so no change of clocks for the summer makes a day longer or shorter.

use heliograph_transparency::case::Gag;
use heliograph_transparency::entry::{DAY_S, Day, Policy, Priority};

const HOUR_S: u64 = 3_600;

/// Longest preservation, in days; the log's rules allow no more.
pub const PRESERVATION_DAYS: u32 = 60;

/// How much longer a preservation may become, once, in days.
pub const PRESERVATION_EXTENSION_DAYS: u32 = 30;

/// Longest delay of a notice that would endanger somebody, in days.
pub const NOTICE_DELAY_DAYS: u32 = 90;

/// Time that an authority has to correct a defective order, in seconds.
pub const CORRECTION_S: u64 = 5 * DAY_S;

/// Longest time until a gag is revealed or extended, in days.
pub const GAG_DAYS: u32 = 365;

/// Time after which a gag without an end is reviewed, in days. A request without a gag gets the
/// same, so that the day in its entry does not tell which of the two it is.
pub const REVIEW_DAYS: u32 = 90;

/// Officers are reminded of a gag so many days before it is overdue.
pub const REVIEW_AHEAD_DAYS: u32 = 14;

/// How long a package waits to be fetched, in seconds.
pub const PACKAGE_S: u64 = 30 * DAY_S;

/// When a request must be answered.
pub fn answer_due_s(received_s: u64, priority: Priority, policy: &Policy) -> u64 {
    received_s
        + match priority {
            Priority::Normal => u64::from(policy.deadline_days) * DAY_S,
            Priority::Emergency => u64::from(policy.emergency_hours) * HOUR_S,
        }
}

/// When a request is entered in the log: an emergency at once, any other with the next full hour,
/// so that the moment of its entry does not tell which of those that arrived it is.
pub fn entry_due_s(received_s: u64, priority: Priority) -> u64 {
    match priority {
        Priority::Normal => (received_s / HOUR_S + 1) * HOUR_S,
        Priority::Emergency => received_s,
    }
}

/// By which day a request entered on `day` must be revealed or its gag extended: a Monday.
pub fn reveal_due(day: Day, gag: Gag) -> Day {
    let by = match gag {
        Gag::None | Gag::Indefinite => day.plus(REVIEW_DAYS),
        Gag::Until(end) => end.max(day).min(day.plus(GAG_DAYS)),
    };
    by.monday_on_or_after()
}

/// From which day on the person may be told, if that is known.
pub fn gag_end(gag: Gag, entered: Day) -> Option<Day> {
    match gag {
        Gag::None => Some(entered),
        // The last day of the gag is still under it.
        Gag::Until(end) => Some(end.plus(1)),
        Gag::Indefinite => None,
    }
}

/// By when an emergency needs its judicial order.
pub fn judicial_order_due_s(entered: Day, policy: &Policy) -> u64 {
    entered.plus(policy.order_after_days).start_unix() + DAY_S
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_transparency::tree::Hash;
    use proptest::prelude::*;

    fn policy() -> Policy {
        Policy {
            version: 1,
            terms: Hash([0; 32]),
            offences: vec!["fraud".into()],
            retention_days: 90,
            cap: 100,
            deadline_days: 10,
            emergency_hours: 8,
            order_after_days: 5,
            demo: false,
        }
    }

    #[test]
    fn a_gag_is_due_on_a_monday_not_later_than_it_may_be() {
        // 2026-11-21 is a Saturday.
        let day: Day = "2026-11-21".parse().unwrap();
        let due = |gag| reveal_due(day, gag).to_string();
        assert_eq!(due(Gag::None), "2027-02-22");
        assert_eq!(due(Gag::Indefinite), due(Gag::None));
        assert_eq!(due(Gag::Until("2026-12-24".parse().unwrap())), "2026-12-28");
        assert_eq!(due(Gag::Until("2026-12-28".parse().unwrap())), "2026-12-28");
        assert_eq!(due(Gag::Until("2031-01-01".parse().unwrap())), "2027-11-22");
        // A gag that ended before the order came.
        assert_eq!(due(Gag::Until("2026-01-01".parse().unwrap())), "2026-11-23");
    }

    #[test]
    fn an_emergency_is_entered_at_once_and_others_with_the_hour() {
        assert_eq!(entry_due_s(7_201, Priority::Emergency), 7_201);
        for received_s in [7_200, 7_201, 10_799] {
            assert_eq!(entry_due_s(received_s, Priority::Normal), 10_800);
        }
    }

    proptest! {
        /// In any zone, on any day, also where a clock is set forward or back in between.
        #[test]
        fn deadlines_are_the_same_number_of_seconds_everywhere(
            received_s in 1_700_000_000_u64..4_000_000_000,
            offset_before_s in -50_400_i64..50_400,
            offset_after_s in -50_400_i64..50_400,
        ) {
            let due_s = answer_due_s(received_s, Priority::Normal, &policy());
            prop_assert_eq!(due_s - received_s, 864_000);
            // What clocks on the wall show differs by the change of their offset and nothing else.
            let wall = |at_s: u64, offset_s: i64| at_s as i64 + offset_s;
            let shown = wall(due_s, offset_after_s) - wall(received_s, offset_before_s);
            prop_assert_eq!(shown - (offset_after_s - offset_before_s), 864_000);
            let due_s = answer_due_s(received_s, Priority::Emergency, &policy());
            prop_assert_eq!(due_s - received_s, 28_800);
        }

        #[test]
        fn every_gag_is_due_within_the_371_days_of_the_log(day in 10_000_u32..40_000, end in 0_u32..90_000) {
            let due = reveal_due(Day(day), Gag::Until(Day(end)));
            prop_assert!(due.is_monday());
            prop_assert!(due >= Day(day) && due.since(Day(day)) <= 371);
        }
    }
}
