//! UTC days, minutes and quarters as the entries write them. Only as much calendar as the log
//! needs, and only one spelling of each.

use std::fmt;
use std::str::FromStr;

/// Seconds in a UTC day.
pub const DAY_S: u64 = 86_400;

/// The text is not a date in its one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date of the calendar in the form 2026-11-21")]
pub struct MalformedDate;

/// A UTC day, counted from 1 January 1970. Its text is `2026-11-21`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u32);

impl Day {
    /// The last day whose year has four digits, 31 December 9999.
    pub const LAST: Self = Self(2_932_896);

    /// The day on which a moment lies.
    pub fn of_unix(seconds: u64) -> Self {
        Self((seconds / DAY_S).min(u64::from(Self::LAST.0)) as u32)
    }

    /// Its first second, in Unix time.
    pub const fn start_unix(self) -> u64 {
        self.0 as u64 * DAY_S
    }

    /// The day `days` later.
    #[must_use]
    pub const fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// How many days it comes after `earlier`; zero when it comes before.
    pub const fn since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whether it is a Monday.
    pub const fn is_monday(self) -> bool {
        // 1 January 1970 was a Thursday.
        self.0 % 7 == 4
    }

    /// Itself if it is a Monday, else the next one.
    #[must_use]
    pub const fn monday_on_or_after(self) -> Self {
        Self(self.0 + (11 - self.0 % 7) % 7)
    }

    /// The quarter in which it lies.
    pub fn quarter(self) -> Quarter {
        let (year, month, _) = self.civil();
        Quarter {
            year,
            number: (month - 1) / 3 + 1,
        }
    }

    /// The day with this year, month and day of month, if the calendar has it.
    pub fn from_civil(year: u32, month: u32, day: u32) -> Option<Self> {
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
            return None;
        }
        let days = days_before(year, month) + day - 1;
        let next = if month == 12 {
            days_before(year + 1, 1)
        } else {
            days_before(year, month + 1)
        };
        (days < next).then_some(Self(days))
    }

    /// Its year, and its month from 1.
    pub(crate) fn month(self) -> (u32, u32) {
        let (year, month, _) = self.civil();
        (year, month)
    }

    /// Year, month and day of month.
    fn civil(self) -> (u32, u32, u32) {
        let mut year = 1970 + self.0 / 366;
        while days_before(year + 1, 1) <= self.0 {
            year += 1;
        }
        let mut month = 12;
        while days_before(year, month) > self.0 {
            month -= 1;
        }
        (year, month, self.0 - days_before(year, month) + 1)
    }
}

/// Days from 1 January 1970 to the first of a month.
fn days_before(year: u32, month: u32) -> u32 {
    const BEFORE_MONTH: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let years = year - 1;
    let leap_days = years / 4 - years / 100 + years / 400 - 477;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let leap_day = u32::from(leap && month > 2);
    (year - 1970) * 365 + leap_days + BEFORE_MONTH[month as usize - 1] + leap_day
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = MalformedDate;

    fn from_str(text: &str) -> Result<Self, MalformedDate> {
        let [year, month, day] = digits(text, &[4, 2, 2], "--").ok_or(MalformedDate)?;
        Self::from_civil(year, month, day).ok_or(MalformedDate)
    }
}

/// Reads numbers of fixed widths with one separator after each but the last.
fn digits<const N: usize>(text: &str, widths: &[usize; N], separators: &str) -> Option<[u32; N]> {
    let mut numbers = [0; N];
    let mut separators = separators.chars();
    let mut rest = text;
    for (number, width) in numbers.iter_mut().zip(widths) {
        if rest.len() != text.len() {
            rest = rest.strip_prefix(separators.next()?)?;
        }
        let (field, tail) = rest.split_at_checked(*width)?;
        if !field.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = field.parse().ok()?;
        rest = tail;
    }
    rest.is_empty().then_some(numbers)
}

/// A UTC minute, in Unix minutes. Its text is `2026-11-21T10:05Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(pub u64);

impl Minute {
    /// The minute in which a moment lies.
    pub fn of_unix(seconds: u64) -> Self {
        Self(seconds / 60)
    }

    /// Its first second, in Unix time.
    pub fn start_unix(self) -> u64 {
        self.0 * 60
    }

    /// The day on which it lies.
    pub fn day(self) -> Day {
        Day::of_unix(self.start_unix())
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = (self.0 / 60 % 24, self.0 % 60);
        write!(f, "{}T{hour:02}:{minute:02}Z", self.day())
    }
}

impl FromStr for Minute {
    type Err = MalformedDate;

    fn from_str(text: &str) -> Result<Self, MalformedDate> {
        let (day, time) = text.split_once('T').ok_or(MalformedDate)?;
        let day: Day = day.parse()?;
        let time = time.strip_suffix('Z').ok_or(MalformedDate)?;
        let [hour, minute] = digits(time, &[2, 2], ":").ok_or(MalformedDate)?;
        if hour > 23 || minute > 59 {
            return Err(MalformedDate);
        }
        Ok(Self(day.start_unix() / 60 + u64::from(hour * 60 + minute)))
    }
}

/// A UTC hour, in Unix hours. Its text is `2026-11-24T10Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hour(pub u64);

impl Hour {
    /// The first hour of a day.
    pub fn first_of(day: Day) -> Self {
        Self(u64::from(day.0) * 24)
    }

    /// Its first second, in Unix time.
    pub fn start_unix(self) -> u64 {
        self.0 * 3_600
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{:02}Z", Day::of_unix(self.start_unix()), self.0 % 24)
    }
}

impl FromStr for Hour {
    type Err = MalformedDate;

    fn from_str(text: &str) -> Result<Self, MalformedDate> {
        let (day, time) = text.split_once('T').ok_or(MalformedDate)?;
        let day: Day = day.parse()?;
        let time = time.strip_suffix('Z').ok_or(MalformedDate)?;
        let [hour] = digits(time, &[2], "").ok_or(MalformedDate)?;
        if hour > 23 {
            return Err(MalformedDate);
        }
        Ok(Self(Self::first_of(day).0 + u64::from(hour)))
    }
}

/// Three months of a year. Its text is `2026Q4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    year: u32,
    /// 1 to 4.
    number: u32,
}

impl Quarter {
    /// Its first day.
    pub fn first_day(self) -> Day {
        Day(days_before(self.year, self.number * 3 - 2))
    }

    /// The quarter after it.
    #[must_use]
    pub fn next(self) -> Self {
        match self.number {
            4 => Self {
                year: self.year + 1,
                number: 1,
            },
            number => Self {
                year: self.year,
                number: number + 1,
            },
        }
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}Q{}", self.year, self.number)
    }
}

impl FromStr for Quarter {
    type Err = MalformedDate;

    fn from_str(text: &str) -> Result<Self, MalformedDate> {
        let [year, number] = digits(text, &[4, 1], "Q").ok_or(MalformedDate)?;
        if (1970..=9999).contains(&year) && (1..=4).contains(&number) {
            Ok(Self { year, number })
        } else {
            Err(MalformedDate)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_reads_back_as_it_was_written() {
        let mut months = 0;
        for number in 0..=Day::LAST.0 {
            let (year, month, day) = Day(number).civil();
            assert_eq!(Day::from_civil(year, month, day), Some(Day(number)));
            months += u32::from(day == 1);
        }
        assert_eq!(months, (9999 - 1969) * 12);
        assert_eq!(Day::LAST.to_string(), "9999-12-31");
        assert_eq!("9999-12-31".parse(), Ok(Day::LAST));
    }

    #[test]
    fn known_days_have_their_numbers() {
        for (text, number) in [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("2026-11-21", 20_778),
            ("2100-03-01", 47_541),
        ] {
            assert_eq!(text.parse(), Ok(Day(number)));
            assert_eq!(Day(number).to_string(), text);
        }
    }

    #[test]
    fn a_date_has_one_spelling_and_is_in_the_calendar() {
        for wrong in [
            "",
            "2026-11-31",
            "2026-02-29",
            "2100-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "1969-12-31",
            "10000-01-01",
            "2026-1-01",
            "2026-01-1",
            "2026/01/01",
            "2026-01-01 ",
            "+026-01-01",
            "2026-01-01Z",
            "2026-01-0é",
        ] {
            assert_eq!(wrong.parse::<Day>(), Err(MalformedDate), "{wrong:?}");
        }
        for wrong in [
            "2026-11-21T24:00Z",
            "2026-11-21T23:60Z",
            "2026-11-21T9:00Z",
            "2026-11-21T09:00",
        ] {
            assert_eq!(wrong.parse::<Minute>(), Err(MalformedDate), "{wrong:?}");
        }
        for wrong in [
            "2026-11-21T24Z",
            "2026-11-21T9Z",
            "2026-11-21T10",
            "2026-11-21",
        ] {
            assert_eq!(wrong.parse::<Hour>(), Err(MalformedDate), "{wrong:?}");
        }
        for wrong in ["2026Q0", "2026Q5", "2026q1", "26Q1", "2026Q11"] {
            assert_eq!(wrong.parse::<Quarter>(), Err(MalformedDate), "{wrong:?}");
        }
    }

    #[test]
    fn minutes_hours_and_quarters_read_back() {
        for text in ["2026-11-21T00:00Z", "2026-11-21T23:59Z"] {
            assert_eq!(text.parse::<Minute>().unwrap().to_string(), text);
        }
        assert_eq!(
            "2026-11-24T10Z".parse::<Hour>().unwrap().to_string(),
            "2026-11-24T10Z"
        );
        assert_eq!("2026Q4".parse::<Quarter>().unwrap().to_string(), "2026Q4");
    }

    #[test]
    fn mondays_are_mondays() {
        let monday: Day = "2026-11-23".parse().unwrap();
        assert!(monday.is_monday());
        for days in 1..=7 {
            assert_eq!(monday.plus(days).monday_on_or_after(), monday.plus(7));
            assert_eq!(monday.plus(days).is_monday(), days == 7);
        }
    }

    #[test]
    fn quarters_begin_where_the_last_one_ended() {
        let mut quarter: Quarter = "2026Q4".parse().unwrap();
        assert_eq!(quarter.first_day().to_string(), "2026-10-01");
        for _ in 0..9 {
            let next = quarter.next();
            assert_eq!(next.first_day().quarter(), next);
            assert_eq!(Day(next.first_day().0 - 1).quarter(), quarter);
            quarter = next;
        }
    }
}
