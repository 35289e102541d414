//! Days of the calendar, as whole numbers.

use std::{fmt, str::FromStr};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A day of the calendar, wherever it is that day. Written in ISO form, `2026-12-25`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day {
    /// Days since 1970-01-01.
    since_1970: i32,
}

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a day such as 2026-12-25")]
pub struct DayError(String);

/// Year, month from 1, day from 1.
pub(super) type YearMonthDay = (i32, u8, u8);

impl Day {
    /// The day that lies this many days after 1970-01-01.
    pub(super) const fn since_1970(days: i32) -> Self {
        Self { since_1970: days }
    }

    /// The day of this date of the Gregorian calendar. A date that does not exist counts on from the first of its month.
    pub(super) fn of(year: i32, month: u8, day: u8) -> Self {
        // The year begins in March here, so that the odd day of February comes last.
        let shifted = i32::from(month) - 3;
        let year = year + shifted.div_euclid(12);
        let day_of_year = (153 * shifted.rem_euclid(12) + 2) / 5 + i32::from(day) - 1;
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        Self {
            since_1970: year * 365 + leap_days + day_of_year - 719_468,
        }
    }

    /// The date of this day.
    pub(super) fn date(self) -> YearMonthDay {
        /// Days in 400 years.
        const ERA: i32 = 146_097;
        let days = self.since_1970 + 719_468;
        let day_of_era = days.rem_euclid(ERA);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / (ERA - 1)) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = days.div_euclid(ERA) * 400 + year_of_era + i32::from(month <= 2);
        // Both are in range by construction.
        (
            year,
            u8::try_from(month).unwrap_or(0),
            u8::try_from(day).unwrap_or(0),
        )
    }

    /// 0 for Monday to 6 for Sunday.
    pub(super) fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        u8::try_from((self.since_1970 + 3).rem_euclid(7)).unwrap_or(0)
    }

    /// So many days later.
    pub(super) const fn plus(self, days: i32) -> Self {
        Self {
            since_1970: self.since_1970 + days,
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Only the plain form: jiff would take `20261225` and times as well.
        let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let date: Option<Date> = if plain { text.parse().ok() } else { None };
        date.and_then(|date| {
            let (month, day) = (u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?);
            Some(Self::of(i32::from(date.year()), month, day))
        })
        .ok_or_else(|| DayError(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Day {
    type Error = DayError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn days_agree_with_the_calendar() {
        let first = Date::constant(1970, 1, 1);
        // Every day from 1870 to 2299.
        for days in -36_525..120_530 {
            let date = first.checked_add(days.days()).unwrap();
            let day = Day::since_1970(days);
            assert_eq!(day.to_string(), date.to_string());
            assert_eq!(
                i64::from(day.weekday()),
                i64::from(date.weekday().to_monday_zero_offset())
            );
            let (year, month, day_of_month) = day.date();
            assert_eq!(Day::of(year, month, day_of_month), day);
        }
    }

    #[test]
    fn days_are_read_in_iso_form_only() {
        assert_eq!("2028-02-29".parse::<Day>().unwrap().date(), (2028, 2, 29));
        for text in [
            "",
            "2026-02-29",
            "20260228",
            "2026-2-28",
            "28.02.2026",
            "2026-02-28T00:00",
            "-2026-02-28",
            "2026-00-10",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
