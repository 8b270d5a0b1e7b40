//! What may be evaluated, and what has been.
//!
//! The budget is what stands between a taken-over server and a list of everybody's numbers: it
//! bounds how many numbers can be tried. So all of it errs towards refusing. A clock that jumps
//! back frees nothing; one that jumped far ahead and came back leaves the budget of that later
//! day in force, until then or until the operator removes the file.

use crate::client::{KeeperError, Purpose};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroU32;

const DAY_S: u64 = 86_400;
const DAY_MS: u64 = DAY_S * 1000;

/// What one caller may spend: a burst at once, then a steady rate.
///
/// It is a bucket that starts full with `burst` evaluations and gains `per_day` spread evenly
/// over the day, up to `burst`. Over any span of days a caller gets at most
/// `burst + days * per_day`, and a full bucket need not be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Evaluations available at once to a caller who has spent nothing lately.
    pub burst: NonZeroU32,
    /// Evaluations gained per day.
    pub per_day: NonZeroU32,
}

impl Allowance {
    /// How long one evaluation takes to come back. Rounded up, never in the caller's favour.
    fn refill_ms(self) -> u64 {
        DAY_MS.div_ceil(u64::from(self.per_day.get()))
    }
}

/// The keeper's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Evaluations a day (UTC), for all purposes together.
    pub per_day: u32,
    /// The part of `per_day` that only sign-in may use. Sign-in may also use what the others
    /// leave. A reserve of `per_day` or more closes the other purposes.
    pub sign_in_reserve: u32,
    /// What one account may spend on looking others up by number.
    pub import: Allowance,
}

impl Limits {
    /// 200,000 evaluations a day: the whole number space (10^10) takes 137 years, the numbers of
    /// one mid-sized country (10^8) 500 days, and a server of a hundred thousand people is not
    /// held up.
    pub const PER_DAY: u32 = 200_000;

    /// A quarter of the day for sign-in: nobody is locked out because others import contacts,
    /// and 50,000 sign-ins are more than such a server sees in a day.
    pub const SIGN_IN_RESERVE: u32 = 50_000;

    /// 500 numbers at once: an ordinary address book goes through in the first import.
    pub const IMPORT_BURST: NonZeroU32 = NonZeroU32::new(500).expect("not zero");

    /// 50 numbers a day afterwards: more than people meet, too few to search with.
    pub const IMPORT_PER_DAY: NonZeroU32 = NonZeroU32::new(50).expect("not zero");
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_day: Self::PER_DAY,
            sign_in_reserve: Self::SIGN_IN_RESERVE,
            import: Allowance {
                burst: Self::IMPORT_BURST,
                per_day: Self::IMPORT_PER_DAY,
            },
        }
    }
}

/// One fact about what has been spent, as it is written to the journal. A later fact about the
/// same day, account or case replaces the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    /// Evaluations of a day.
    Day(Evaluations),
    /// When an account's allowance will be full again.
    Import { account: u64, full_at_ms: u64 },
    /// A case that has had its look-up.
    Desk { case: u64 },
}

/// How many days' counts are remembered, for the public log: as long as a server may well be
/// switched off.
const REMEMBERED_DAYS: u32 = 31;

/// How many elements were evaluated on a day, by purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evaluations {
    /// The day (UTC), counted from 1970.
    pub day: u32,
    /// For signing in or up, or changing a number.
    pub sign_in: u32,
    /// For looking people up by number.
    pub contacts: u32,
    /// For the legal desk.
    pub desk: u32,
}

impl Evaluations {
    fn others(self) -> u32 {
        self.contacts.saturating_add(self.desk)
    }
}

/// What has been spent, measured against [`Limits`].
pub(crate) struct Budget {
    limits: Limits,
    today: Evaluations,
    /// Earlier days, by day.
    before: BTreeMap<u32, Evaluations>,
    /// Per account, when its allowance will be full again. Accounts in full are absent.
    imports: HashMap<u64, u64>,
    cases: HashSet<u64>,
}

impl Budget {
    /// Starts with nothing spent.
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            today: Evaluations::default(),
            before: BTreeMap::new(),
            imports: HashMap::new(),
            cases: HashSet::new(),
        }
    }

    /// Takes up to `wanted` evaluations (at least 1) at the time `now_s`, in seconds since 1970,
    /// and tells how many were taken: at least one.
    ///
    /// Fails with [`KeeperError::Budget`] or [`KeeperError::CaseAnswered`], and then takes none.
    pub(crate) fn take(
        &mut self,
        purpose: Purpose,
        caller: u64,
        wanted: u32,
        now_s: u64,
    ) -> Result<u32, KeeperError> {
        self.enter_day(now_s);
        let now_ms = now_s.saturating_mul(1000);

        if purpose == Purpose::Desk && self.cases.contains(&caller) {
            return Err(KeeperError::CaseAnswered);
        }
        let of_caller = match purpose {
            Purpose::SignIn => u32::MAX,
            Purpose::Import => self.import_room(caller, now_ms),
            Purpose::Desk => 1,
        };
        let taken = wanted.min(of_caller).min(self.day_room(purpose));
        if taken == 0 {
            let wait_s = self.wait_s(purpose, caller, now_s);
            return Err(KeeperError::Budget { wait_s });
        }

        match purpose {
            Purpose::SignIn => self.today.sign_in += taken,
            Purpose::Import => {
                self.today.contacts += taken;
                let full_at_ms = self.full_at_ms(caller, now_ms);
                let refill_ms = u64::from(taken) * self.limits.import.refill_ms();
                self.imports
                    .insert(caller, full_at_ms.saturating_add(refill_ms));
            }
            Purpose::Desk => {
                self.today.desk += taken;
                self.cases.insert(caller);
            }
        }
        Ok(taken)
    }

    /// What [`Budget::take`] last changed for this purpose and caller.
    pub(crate) fn spent_by(&self, purpose: Purpose, caller: u64) -> impl Iterator<Item = Spent> {
        let of_caller = match purpose {
            Purpose::SignIn => None,
            Purpose::Import => self.imports.get(&caller).map(|&full_at_ms| Spent::Import {
                account: caller,
                full_at_ms,
            }),
            Purpose::Desk => Some(Spent::Desk { case: caller }),
        };
        [Some(Spent::Day(self.today)), of_caller]
            .into_iter()
            .flatten()
    }

    /// Everything that must be remembered.
    pub(crate) fn spent(&self) -> impl Iterator<Item = Spent> {
        let imports = self
            .imports
            .iter()
            .map(|(&account, &full_at_ms)| Spent::Import {
                account,
                full_at_ms,
            });
        let cases = self.cases.iter().map(|&case| Spent::Desk { case });
        // Today comes last: it is what a reader of the journal goes on with.
        let days = self.before.values().chain([&self.today]);
        days.map(|day| Spent::Day(*day)).chain(imports).chain(cases)
    }

    /// Takes up a fact that was recorded earlier.
    pub(crate) fn recall(&mut self, spent: Spent) {
        match spent {
            Spent::Day(evaluations) => {
                self.begin_day(evaluations.day);
                self.today = evaluations;
            }
            Spent::Import {
                account,
                full_at_ms,
            } => {
                self.imports.insert(account, full_at_ms);
            }
            Spent::Desk { case } => {
                self.cases.insert(case);
            }
        }
    }

    /// The counts of the days that are over, oldest first; days without any are left out.
    pub(crate) fn days_before(&mut self, now_s: u64) -> Vec<Evaluations> {
        self.enter_day(now_s);
        self.before.values().copied().collect()
    }

    /// Begins a new day's count. An earlier day than the one reached changes nothing.
    fn enter_day(&mut self, now_s: u64) {
        let today = u32::try_from(now_s / DAY_S).unwrap_or(u32::MAX);
        if today > self.today.day {
            self.begin_day(today);
            let now_ms = now_s.saturating_mul(1000);
            self.imports.retain(|_, full_at_ms| *full_at_ms > now_ms);
        }
    }

    /// Puts the count of the day that was reached away, unless it is this one.
    fn begin_day(&mut self, day: u32) {
        if day == self.today.day {
            return;
        }
        let today = Evaluations {
            day,
            ..Evaluations::default()
        };
        let over = std::mem::replace(&mut self.today, today);
        if over.sign_in > 0 || over.others() > 0 {
            self.before.insert(over.day, over);
        }
        let oldest = day.saturating_sub(REMEMBERED_DAYS);
        self.before.retain(|day, _| *day >= oldest);
    }

    fn day_room(&self, purpose: Purpose) -> u32 {
        let Limits {
            per_day,
            sign_in_reserve,
            ..
        } = self.limits;
        let taken = match purpose {
            Purpose::SignIn => self.today.sign_in.saturating_add(self.today.others()),
            Purpose::Import | Purpose::Desk => self
                .today
                .sign_in
                .max(sign_in_reserve)
                .saturating_add(self.today.others()),
        };
        per_day.saturating_sub(taken)
    }

    fn full_at_ms(&self, account: u64, now_ms: u64) -> u64 {
        let recorded = self.imports.get(&account).copied().unwrap_or(0);
        recorded.max(now_ms)
    }

    fn import_room(&self, account: u64, now_ms: u64) -> u32 {
        let Allowance { burst, .. } = self.limits.import;
        let refill_ms = self.limits.import.refill_ms();
        let owed_ms = self.full_at_ms(account, now_ms) - now_ms;
        let owed = u32::try_from(owed_ms.div_ceil(refill_ms)).unwrap_or(u32::MAX);
        burst.get().saturating_sub(owed)
    }

    fn wait_s(&self, purpose: Purpose, caller: u64, now_s: u64) -> u32 {
        let mut wait_s = 0;
        if self.day_room(purpose) == 0 {
            let tomorrow_s = (u64::from(self.today.day) + 1) * DAY_S;
            wait_s = tomorrow_s.saturating_sub(now_s);
        }
        if purpose == Purpose::Import {
            let now_ms = now_s.saturating_mul(1000);
            let Allowance { burst, .. } = self.limits.import;
            let allowed_ms = u64::from(burst.get() - 1) * self.limits.import.refill_ms();
            let owed_ms = self.full_at_ms(caller, now_ms) - now_ms;
            wait_s = wait_s.max(owed_ms.saturating_sub(allowed_ms).div_ceil(1000));
        }
        u32::try_from(wait_s.max(1)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Noon of some day.
    const NOON_S: u64 = 20_000 * DAY_S + DAY_S / 2;

    fn limits(per_day: u32, sign_in_reserve: u32) -> Limits {
        Limits {
            per_day,
            sign_in_reserve,
            ..Limits::default()
        }
    }

    #[test]
    fn first_import_takes_500_and_each_day_after_50() {
        let mut budget = Budget::new(Limits::default());
        assert_eq!(budget.take(Purpose::Import, 1, 600, NOON_S), Ok(500));
        assert_eq!(
            budget.take(Purpose::Import, 1, 1, NOON_S),
            Err(KeeperError::Budget { wait_s: 1728 })
        );
        assert_eq!(budget.take(Purpose::Import, 1, 1, NOON_S + 1728), Ok(1));
        assert_eq!(budget.take(Purpose::Import, 1, 600, NOON_S + DAY_S), Ok(49));
        assert_eq!(
            budget.take(Purpose::Import, 1, 600, NOON_S + 2 * DAY_S),
            Ok(50)
        );
    }

    #[test]
    fn one_account_does_not_pay_for_another() {
        let mut budget = Budget::new(Limits::default());
        assert_eq!(budget.take(Purpose::Import, 1, 500, NOON_S), Ok(500));
        assert_eq!(budget.take(Purpose::Import, 2, 500, NOON_S), Ok(500));
    }

    #[test]
    fn import_and_desk_leave_the_reserve_to_sign_in() {
        let mut budget = Budget::new(limits(100, 40));
        assert_eq!(budget.take(Purpose::Import, 1, 100, NOON_S), Ok(60));
        let until_midnight = Err(KeeperError::Budget { wait_s: 43_200 });
        assert_eq!(budget.take(Purpose::Import, 2, 1, NOON_S), until_midnight);
        assert_eq!(budget.take(Purpose::Desk, 1, 1, NOON_S), until_midnight);
        assert_eq!(budget.take(Purpose::SignIn, 9, 100, NOON_S), Ok(40));
        assert_eq!(budget.take(Purpose::SignIn, 9, 1, NOON_S), until_midnight);
    }

    #[test]
    fn sign_in_uses_its_reserve_before_what_all_share() {
        let mut budget = Budget::new(limits(100, 40));
        assert_eq!(budget.take(Purpose::SignIn, 9, 40, NOON_S), Ok(40));
        assert_eq!(budget.take(Purpose::Import, 1, 100, NOON_S), Ok(60));

        let mut budget = Budget::new(limits(100, 40));
        assert_eq!(budget.take(Purpose::SignIn, 9, 70, NOON_S), Ok(70));
        assert_eq!(budget.take(Purpose::Import, 1, 100, NOON_S), Ok(30));
    }

    #[test]
    fn day_begins_anew_at_midnight() {
        let mut budget = Budget::new(limits(10, 0));
        assert_eq!(budget.take(Purpose::SignIn, 9, 20, NOON_S), Ok(10));
        let midnight_s = NOON_S + DAY_S / 2;
        assert_eq!(
            budget.take(Purpose::SignIn, 9, 1, midnight_s - 1),
            Err(KeeperError::Budget { wait_s: 1 })
        );
        assert_eq!(budget.take(Purpose::SignIn, 9, 20, midnight_s), Ok(10));
    }

    #[test]
    fn evaluations_of_past_days_are_told_by_purpose_for_a_month() {
        let mut budget = Budget::new(Limits::default());
        for (purpose, count) in [
            (Purpose::SignIn, 3),
            (Purpose::Import, 20),
            (Purpose::Desk, 1),
        ] {
            assert_eq!(budget.take(purpose, 7, count, NOON_S), Ok(count));
        }
        assert_eq!(budget.days_before(NOON_S), []);
        let day = Evaluations {
            day: (NOON_S / DAY_S) as u32,
            sign_in: 3,
            contacts: 20,
            desk: 1,
        };
        assert_eq!(budget.days_before(NOON_S + 3 * DAY_S), [day]);

        let mut again = Budget::new(Limits::default());
        budget.spent().for_each(|spent| again.recall(spent));
        assert_eq!(again.days_before(NOON_S + 4 * DAY_S), [day]);
        assert_eq!(again.days_before(NOON_S + 32 * DAY_S), []);
    }

    #[test]
    fn clock_set_back_frees_nothing() {
        let mut budget = Budget::new(limits(1000, 0));
        assert_eq!(budget.take(Purpose::Import, 1, 500, NOON_S), Ok(500));
        assert_eq!(budget.take(Purpose::SignIn, 9, 500, NOON_S), Ok(500));
        let earlier_s = NOON_S - 30 * DAY_S;
        assert!(budget.take(Purpose::SignIn, 9, 1, earlier_s).is_err());
        assert!(budget.take(Purpose::Import, 1, 1, earlier_s).is_err());
    }

    #[test]
    fn case_is_answered_once_for_good() {
        let mut budget = Budget::new(Limits::default());
        assert_eq!(budget.take(Purpose::Desk, 7, 500, NOON_S), Ok(1));
        let years_later_s = NOON_S + 4000 * DAY_S;
        assert_eq!(
            budget.take(Purpose::Desk, 7, 1, years_later_s),
            Err(KeeperError::CaseAnswered)
        );
        assert_eq!(budget.take(Purpose::Desk, 8, 1, years_later_s), Ok(1));
    }

    #[test]
    fn account_in_full_is_forgotten() {
        let mut budget = Budget::new(Limits::default());
        assert_eq!(budget.take(Purpose::Import, 1, 500, NOON_S), Ok(500));
        assert_eq!(
            budget.take(Purpose::SignIn, 9, 1, NOON_S + 9 * DAY_S),
            Ok(1)
        );
        assert_eq!(budget.imports.len(), 1);
        assert_eq!(
            budget.take(Purpose::SignIn, 9, 1, NOON_S + 11 * DAY_S),
            Ok(1)
        );
        assert_eq!(budget.imports.len(), 0);
    }

    #[test]
    fn extreme_limits_and_times_do_not_overflow() {
        let all = Limits {
            per_day: u32::MAX,
            sign_in_reserve: u32::MAX,
            import: Allowance {
                burst: NonZeroU32::MAX,
                per_day: NonZeroU32::MIN,
            },
        };
        for reserve in [0, u32::MAX] {
            let mut budget = Budget::new(Limits {
                sign_in_reserve: reserve,
                ..all
            });
            for now_s in [0, u64::MAX, 1] {
                for purpose in [Purpose::Import, Purpose::SignIn, Purpose::Desk] {
                    let _ = budget.take(purpose, now_s, u32::MAX, now_s);
                }
            }
        }
    }

    fn purposes() -> impl Strategy<Value = Purpose> {
        prop_oneof![
            Just(Purpose::SignIn),
            Just(Purpose::Import),
            Just(Purpose::Desk)
        ]
    }

    proptest! {
        #[test]
        fn no_run_of_requests_exceeds_the_limits(
            requests in proptest::collection::vec(
                (purposes(), 0u64..4, 1u32..400, 0u64..20_000),
                1..200,
            ),
        ) {
            let limits = limits(1500, 500);
            let mut budget = Budget::new(limits);
            let mut now_s = NOON_S;
            let mut days: HashMap<u64, (u32, u32)> = HashMap::new();
            let mut accounts: HashMap<u64, u32> = HashMap::new();
            for (purpose, caller, wanted, pause_s) in requests {
                now_s += pause_s;
                let Ok(taken) = budget.take(purpose, caller, wanted, now_s) else { continue };
                prop_assert!(0 < taken && taken <= wanted);
                let (all, others) = days.entry(now_s / DAY_S).or_default();
                *all += taken;
                if purpose != Purpose::SignIn {
                    *others += taken;
                }
                prop_assert!(*all <= 1500 && *others <= 1000);
                if purpose == Purpose::Import {
                    let sum = accounts.entry(caller).or_default();
                    *sum += taken;
                    let gained = (now_s - NOON_S) * 50 / DAY_S;
                    prop_assert!(u64::from(*sum) <= 500 + gained);
                }
            }
        }

        #[test]
        fn wait_is_long_enough_and_not_a_second_too_long(
            wanted in 1u32..=500,
            more in 1u32..=500,
        ) {
            let mut budget = Budget::new(Limits::default());
            let _ = budget.take(Purpose::Import, 1, wanted, NOON_S);
            let _ = budget.take(Purpose::Import, 1, more, NOON_S + 7);
            while budget.take(Purpose::Import, 1, 1, NOON_S + 9).is_ok() {}
            let Err(KeeperError::Budget { wait_s }) = budget.take(Purpose::Import, 1, 1, NOON_S + 9)
            else { panic!("the allowance is spent") };
            let then_s = NOON_S + 9 + u64::from(wait_s);
            prop_assert!(budget.take(Purpose::Import, 1, 1, then_s - 1).is_err());
            prop_assert_eq!(budget.take(Purpose::Import, 1, 500, then_s), Ok(1));
        }
    }
}
