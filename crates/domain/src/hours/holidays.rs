//! Days on which other hours hold: public holidays, found by rule for any year, and single dates.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{day::Day, window::Window};

/// A calendar of public holidays.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Calendar {
    /// The legal public holidays of the United States, 5 U.S.C. 6103(a), without Inauguration Day, which is one in and
    /// around Washington only.
    UsFederal,
}

impl Calendar {
    fn holidays(self) -> &'static [Yearly] {
        match self {
            Self::UsFederal => &US_FEDERAL,
        }
    }

    /// Whether the day is one of the holidays, or the day on which one that falls on a weekend is observed.
    #[must_use]
    pub fn is_holiday(self, day: Day) -> bool {
        any_on(self.holidays(), day)
    }
}

const US_FEDERAL: [Yearly; 11] = [
    Yearly::fixed(1, 1),
    Yearly::nth(1, 0, 3),
    Yearly::nth(2, 0, 3),
    Yearly::nth(5, 0, LAST),
    Yearly::fixed(6, 19),
    Yearly::fixed(7, 4),
    Yearly::nth(9, 0, 1),
    Yearly::nth(10, 0, 2),
    Yearly::fixed(11, 11),
    Yearly::nth(11, 3, 4),
    Yearly::fixed(12, 25),
];

/// Stands for the last such weekday of a month.
const LAST: u8 = 0;

/// A day that comes every year. Written `12-25`, `11-thu-4` (the fourth Thursday of November), `05-mon-last`,
/// `easter-2` (two days before Easter Sunday), each with days to add or take: `11-thu-4+1`.
///
/// A fixed day that falls on a Saturday is observed on the Friday before as well, one on a Sunday on the Monday after.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Yearly {
    base: Base,
    /// Days after that, or before.
    plus: i8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Base {
    /// Month and day, both from 1.
    Fixed { month: u8, day: u8 },
    /// Month from 1, weekday from 0 for Monday, which one of the month: 1 to 4 or [`LAST`].
    Nth { month: u8, weekday: u8, nth: u8 },
    /// Easter Sunday of the western churches.
    Easter,
}

/// A text that is no day of the year.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a yearly day such as 12-25, 11-thu-4, 05-mon-last or easter-2")]
pub struct YearlyError(String);

impl Yearly {
    const fn fixed(month: u8, day: u8) -> Self {
        Self {
            base: Base::Fixed { month, day },
            plus: 0,
        }
    }

    const fn nth(month: u8, weekday: u8, nth: u8) -> Self {
        Self {
            base: Base::Nth { month, weekday, nth },
            plus: 0,
        }
    }

    /// Whether a fixed date, which is observed on a working day when it falls on a weekend.
    const fn is_fixed(self) -> bool {
        matches!(self.base, Base::Fixed { .. })
    }

    /// Whether it falls on this day. Asked for every holiday of every day that is looked at, so it tries the cheap
    /// things first.
    fn falls_on(self, day: &Dated) -> bool {
        if self.plus == 0 {
            self.base.is(day)
        } else {
            self.base.is(&Dated::of(day.day.plus(-i32::from(self.plus))))
        }
    }
}

impl Base {
    fn is(self, on: &Dated) -> bool {
        match self {
            Self::Fixed { month, day } => on.month == month && on.of_month == day,
            Self::Nth { month, weekday, nth } => {
                on.month == month
                    && on.day.weekday() == weekday
                    && if nth == LAST {
                        on.day.plus(7).date().1 != month
                    } else {
                        on.of_month.div_ceil(7) == nth
                    }
            }
            // Neither earlier nor later, by the rule below.
            Self::Easter => matches!(on.month, 3 | 4) && on.day == easter(on.year),
        }
    }
}

/// A day and its date, worked out once.
struct Dated {
    day: Day,
    year: i32,
    month: u8,
    of_month: u8,
}

impl Dated {
    fn of(day: Day) -> Self {
        let (year, month, of_month) = day.date();
        Self {
            day,
            year,
            month,
            of_month,
        }
    }
}

/// Whether one of the holidays falls on the day, or is observed then.
fn any_on(holidays: &[Yearly], day: Day) -> bool {
    let on = Dated::of(day);
    let observed = match day.weekday() {
        0 => Some(Dated::of(day.plus(-1))),
        4 => Some(Dated::of(day.plus(1))),
        _ => None,
    };
    let is_observed = |holiday: Yearly| {
        observed
            .as_ref()
            .is_some_and(|weekend| holiday.is_fixed() && holiday.falls_on(weekend))
    };
    holidays
        .iter()
        .any(|holiday| holiday.falls_on(&on) || is_observed(*holiday))
}

/// Easter Sunday by the rule of the Gregorian calendar: the Sunday after the first full moon of the church on or after
/// 21 March.
fn easter(year: i32) -> Day {
    let golden = year.rem_euclid(19);
    let century = year.div_euclid(100);
    // Age of the moon on 21 March, corrected for the leap days left out and for the drift of the moon.
    let skipped = century - century.div_euclid(4);
    let drift = (8 * century + 13).div_euclid(25);
    let days_to_full_moon = (19 * golden + skipped - drift + 15).rem_euclid(30);
    // The moon of the church is never as late as 19 April, nor on the 18th in the later half of its cycle.
    let late = days_to_full_moon == 29 || (days_to_full_moon == 28 && golden > 10);
    let full_moon = Day::of(year, 3, 21).plus(days_to_full_moon - i32::from(late));
    full_moon.plus(7 - (i32::from(full_moon.weekday()) + 1) % 7)
}

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl fmt::Display for Yearly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.base {
            Base::Fixed { month, day } => write!(f, "{month:02}-{day:02}")?,
            Base::Nth { month, weekday, nth } => {
                write!(f, "{month:02}-{}-", WEEKDAYS[usize::from(weekday)])?;
                if nth == LAST {
                    f.write_str("last")?;
                } else {
                    write!(f, "{nth}")?;
                }
            }
            Base::Easter => f.write_str("easter")?,
        }
        if self.plus == 0 {
            Ok(())
        } else {
            write!(f, "{:+}", self.plus)
        }
    }
}

impl FromStr for Yearly {
    type Err = YearlyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read_yearly(text).ok_or_else(|| YearlyError(text.chars().take(40).collect()))
    }
}

fn read_yearly(text: &str) -> Option<Yearly> {
    let digits = |part: &str, most: usize| -> Option<u8> {
        ((1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse().ok())
            .flatten()
    };
    let days = |part: &str| digits(part, 2).and_then(|days| i8::try_from(days).ok());
    if let Some(rest) = text.strip_prefix("easter") {
        let plus = match (rest.strip_prefix('+'), rest.strip_prefix('-')) {
            (Some(after), _) => days(after)?,
            (_, Some(before)) => -days(before)?,
            _ if rest.is_empty() => 0,
            _ => return None,
        };
        return Some(Yearly {
            base: Base::Easter,
            plus,
        });
    }
    let (base, plus) = match text.split_once('+') {
        Some((base, after)) => (base, days(after).filter(|days| *days <= 31)?),
        None => (text, 0),
    };
    let mut parts = base.split('-');
    let month = digits(parts.next()?, 2).filter(|month| (1..=12).contains(month))?;
    let second = parts.next()?;
    let base = match (digits(second, 2), parts.next()) {
        (Some(day), None) => {
            // A leap year has all days that any year has.
            let exists = day >= 1 && Day::of(2024, month, day).date() == (2024, month, day);
            exists.then_some(Base::Fixed { month, day })?
        }
        (None, Some(which)) => {
            let weekday = WEEKDAYS.iter().position(|name| *name == second)?;
            let nth = if which == "last" {
                LAST
            } else {
                digits(which, 1).filter(|nth| (1..=4).contains(nth))?
            };
            Base::Nth {
                month,
                weekday: u8::try_from(weekday).ok()?,
                nth,
            }
        }
        _ => return None,
    };
    parts.next().is_none().then_some(Yearly { base, plus })
}

impl TryFrom<String> for Yearly {
    type Error = YearlyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Yearly> for String {
    fn from(yearly: Yearly) -> Self {
        yearly.to_string()
    }
}

/// Days that do not follow the week. On such a day its own windows hold and no others: also those that began the day
/// before, and go on over midnight elsewhere, end at its midnight.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Holidays {
    /// Public holidays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    /// More of them, such as those of a state.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub yearly: Vec<Yearly>,
    /// The windows of all these days. Usually none: closed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
    /// Single days with their windows; none: closed. They count more than the calendar.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dates: BTreeMap<Day, Vec<Window>>,
}

impl Holidays {
    /// Closed on the days of a calendar.
    #[must_use]
    pub fn closed_on(calendar: Calendar) -> Self {
        Self {
            calendar: Some(calendar),
            ..Self::default()
        }
    }

    /// Whether every day follows the week.
    pub(super) fn is_empty(&self) -> bool {
        self.calendar.is_none() && self.yearly.is_empty() && self.dates.is_empty()
    }

    /// The windows of a day that does not follow the week.
    pub(super) fn on(&self, day: Day) -> Option<&[Window]> {
        if let Some(windows) = self.dates.get(&day) {
            return Some(windows);
        }
        let is_holiday = self.calendar.is_some_and(|calendar| calendar.is_holiday(day))
            || (!self.yearly.is_empty() && any_on(&self.yearly, day));
        is_holiday.then_some(&self.windows)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn holidays(year: i32) -> Vec<String> {
        (0..366)
            .map(|days| Day::of(year, 1, 1).plus(days))
            .filter(|day| day.date().0 == year && Calendar::UsFederal.is_holiday(*day))
            .map(|day| day.to_string()[5..].to_owned())
            .collect()
    }

    #[test]
    fn federal_holidays_are_those_that_were_published() {
        // The holidays and the days of observance that the Office of Personnel Management lists.
        assert_eq!(
            holidays(2026),
            [
                "01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "07-04", "09-07", "10-12", "11-11",
                "11-26", "12-25"
            ]
        );
        assert_eq!(
            holidays(2027),
            [
                "01-01", "01-18", "02-15", "05-31", "06-18", "06-19", "07-04", "07-05", "09-06", "10-11",
                "11-11", "11-25", "12-24", "12-25", "12-31",
            ]
        );
        assert_eq!(
            holidays(2028),
            [
                "01-01", "01-17", "02-21", "05-29", "06-19", "07-04", "09-04", "10-09", "11-10", "11-11",
                "11-23", "12-25",
            ]
        );
        assert_eq!(holidays(2023)[..2], ["01-01", "01-02"]);
    }

    #[test]
    fn easter_is_when_it_is() {
        for (year, month, day) in [
            (1981, 4, 19),
            (2000, 4, 23),
            (2008, 3, 23),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2028, 4, 16),
            (2029, 4, 1),
            (2030, 4, 21),
            (2038, 4, 25),
            (2049, 4, 18),
            (2076, 4, 19),
            (2285, 3, 22),
        ] {
            assert_eq!(easter(year), Day::of(year, month, day), "{year}");
        }
    }

    /// The day in a year; none in a year without a 29th of February.
    fn in_year(yearly: Yearly, year: i32) -> Option<Day> {
        let day = match yearly.base {
            Base::Fixed { month, day } => {
                let found = Day::of(year, month, day);
                if found.date().1 != month {
                    return None;
                }
                found
            }
            Base::Nth { month, weekday, nth } => {
                // The first or last day from which on, or back, the weekday is looked for.
                let (from, back) = if nth == LAST {
                    (Day::of(year, month + 1, 1).plus(-7), 0)
                } else {
                    (Day::of(year, month, 1), i32::from(nth) - 1)
                };
                let ahead = (i32::from(weekday) - i32::from(from.weekday())).rem_euclid(7);
                from.plus(ahead + 7 * back)
            }
            Base::Easter => easter(year),
        };
        Some(day.plus(i32::from(yearly.plus)))
    }

    #[test]
    fn a_day_is_asked_about_as_it_would_be_counted_out() {
        let mut texts: Vec<String> = ["", "-2", "+39", "-47", "+1"]
            .map(|plus| format!("easter{plus}"))
            .to_vec();
        for month in 1..=12 {
            for plus in ["", "+1", "+31"] {
                texts.extend([1, 28, 29, 30].map(|day| format!("{month:02}-{day:02}{plus}")));
                for weekday in WEEKDAYS {
                    texts.extend(
                        ["1", "2", "4", "last"].map(|nth| format!("{month:02}-{weekday}-{nth}{plus}")),
                    );
                }
            }
        }
        for text in texts {
            let Ok(yearly) = text.parse::<Yearly>() else {
                assert!(text.starts_with("02-30"), "{text}");
                continue;
            };
            let mut expected = BTreeSet::new();
            for day in (2022..=2031).filter_map(|year| in_year(yearly, year)) {
                expected.insert(day);
                match day.weekday() {
                    5 if yearly.is_fixed() => expected.insert(day.plus(-1)),
                    6 if yearly.is_fixed() => expected.insert(day.plus(1)),
                    _ => false,
                };
            }
            let (from, to) = (Day::of(2023, 1, 1), Day::of(2031, 1, 1));
            expected.retain(|day| (from..to).contains(day));
            let found: BTreeSet<Day> = (0..3_000)
                .map(|days| from.plus(days))
                .filter(|day| *day < to && any_on(&[yearly], *day))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    fn on(text: &str, year: i32) -> String {
        in_year(text.parse().unwrap(), year).unwrap().to_string()
    }

    #[test]
    fn yearly_days_are_written_and_found() {
        assert_eq!(on("07-24", 2026), "2026-07-24");
        assert_eq!(on("08-mon-2", 2026), "2026-08-10");
        assert_eq!(on("04-fri-last", 2027), "2027-04-30");
        assert_eq!(on("12-thu-last", 2026), "2026-12-31");
        assert_eq!(on("11-thu-4+1", 2030), "2030-11-29");
        assert_eq!(on("11-mon-1+1", 2026), "2026-11-03");
        assert_eq!(on("easter-2", 2026), "2026-04-03");
        assert_eq!(on("easter-47", 2026), "2026-02-17");
        assert_eq!(in_year("02-29".parse().unwrap(), 2027), None);
        for text in [
            "12-25",
            "11-thu-4+1",
            "05-mon-last",
            "easter",
            "easter-2",
            "easter+39",
            "02-29",
        ] {
            assert_eq!(text.parse::<Yearly>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "12",
            "13-01",
            "02-30",
            "00-10",
            "12-00",
            "12-25-1",
            "05-mon",
            "05-mon-5",
            "05-mon-0",
            "05-mo-1",
            "easter2",
            "easter-",
            "easter--2",
            "12-25+99",
            "12-25-",
            "é",
            "easteré",
            "2026-12-25",
        ] {
            assert!(text.parse::<Yearly>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_that_moved_over_the_new_year_is_found() {
        let yearly: Yearly = "12-31+3".parse().unwrap();
        let found: Vec<Day> = (0..800)
            .map(|days| Day::of(2026, 1, 1).plus(days))
            .filter(|day| any_on(&[yearly], *day))
            .collect();
        // 2 January 2027 is a Saturday, observed the day before; 3 January 2026 a Saturday, 3 January 2027 a Sunday.
        let expected = [
            "2026-01-02",
            "2026-01-03",
            "2027-01-03",
            "2027-01-04",
            "2028-01-03",
        ];
        assert_eq!(found.iter().map(Day::to_string).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_single_date_counts_more_than_the_calendar() {
        let christmas = Day::of(2026, 12, 25);
        let mut holidays = Holidays::closed_on(Calendar::UsFederal);
        assert_eq!(holidays.on(christmas), Some(&[][..]));
        assert_eq!(holidays.on(Day::of(2026, 12, 23)), None);
        holidays.dates.insert(christmas, vec![Window::WHOLE_DAY]);
        assert_eq!(holidays.on(christmas), Some(&[Window::WHOLE_DAY][..]));
        let json = r#"{"calendar":"us-federal","dates":{"2026-12-25":["00:00-24:00"]}}"#;
        assert_eq!(serde_json::to_string(&holidays).unwrap(), json);
        assert_eq!(serde_json::from_str::<Holidays>(json).unwrap(), holidays);
        assert!(serde_json::from_str::<Holidays>(r#"{"calender":"us-federal"}"#).is_err());
    }
}
