//! Hours of a day and of a week, as wall-clock time.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Minutes of a day by the clock on the wall.
pub(super) const DAY_MIN: u16 = 24 * 60;

/// A stretch of a day, from a minute on and up to another, which is no longer in it. Written `09:00-20:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    /// Minutes after local midnight, 0 to 1439.
    pub from_min: u16,
    /// Minutes after local midnight, 0 to 1440. Less than `from_min`: the window goes on over midnight, and belongs to
    /// the day on which it begins. A window with the same minute twice holds nothing.
    pub to_min: u16,
}

/// A text that is no window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a stretch of time such as 09:00-20:00")]
pub struct WindowError(String);

impl Window {
    /// The whole day.
    pub const WHOLE_DAY: Self = Self {
        from_min: 0,
        to_min: DAY_MIN,
    };

    /// Whether it goes on over midnight.
    pub(super) const fn is_over_midnight(self) -> bool {
        self.to_min < self.from_min
    }

    /// Whether both ends are times of day, and something lies between them. A window that is not valid holds nothing.
    pub(super) const fn is_valid(self) -> bool {
        self.from_min < DAY_MIN && self.to_min <= DAY_MIN && self.from_min != self.to_min
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [from, to] = [self.from_min, self.to_min].map(|min| (min / 60, min % 60));
        write!(f, "{:02}:{:02}-{:02}:{:02}", from.0, from.1, to.0, to.1)
    }
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once(['-', '–'])
            .and_then(|(from, to)| {
                Some(Self {
                    from_min: minute(from)?,
                    to_min: minute(to)?,
                })
            })
            .filter(|window| window.is_valid())
            .ok_or_else(|| WindowError(text.chars().take(40).collect()))
    }
}

/// `9:00`, `09:00`, `24:00`.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let number = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        (lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u16>().ok())
            .flatten()
    };
    let (hours, minutes) = (number(hours, 1..=2)?, number(minutes, 2..=2)?);
    let min = hours * 60 + minutes;
    (minutes < 60 && min <= DAY_MIN).then_some(min)
}

impl TryFrom<String> for Window {
    type Error = WindowError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

/// The names of the days, Monday first, as they are stored.
pub(super) const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// The windows of each day, Monday first. A day without windows is closed. Stored as
/// `{"monday":["09:00-20:00"], …}`; days that are closed may be left out.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(
    try_from = "BTreeMap<String, Vec<Window>>",
    into = "BTreeMap<String, Vec<Window>>"
)]
pub struct Week(pub [Vec<Window>; 7]);

/// A name that is no day of the week.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a day of the week: write monday, tuesday and so on")]
pub struct DayNameError(String);

impl Week {
    /// The same windows every day.
    #[must_use]
    pub fn daily(windows: &[Window]) -> Self {
        Self(std::array::from_fn(|_| windows.to_vec()))
    }

    /// Monday to Friday, Saturday, Sunday.
    #[must_use]
    pub fn of(weekdays: &[Window], saturday: &[Window], sunday: &[Window]) -> Self {
        Self(std::array::from_fn(|day| match day {
            5 => saturday.to_vec(),
            6 => sunday.to_vec(),
            _ => weekdays.to_vec(),
        }))
    }

    /// Whether no day has a window that holds anything.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.iter().flatten().all(|window| !window.is_valid())
    }

    /// Whether each day is open as a whole, in one window.
    pub(super) fn is_always_open(&self) -> bool {
        self.0.iter().all(|day| day.contains(&Window::WHOLE_DAY))
    }
}

impl TryFrom<BTreeMap<String, Vec<Window>>> for Week {
    type Error = DayNameError;

    fn try_from(days: BTreeMap<String, Vec<Window>>) -> Result<Self, Self::Error> {
        let mut week = Self::default();
        for (name, windows) in days {
            let day = DAYS
                .iter()
                .position(|day| *day == name)
                .ok_or_else(|| DayNameError(name.chars().take(40).collect()))?;
            week.0[day] = windows;
        }
        Ok(week)
    }
}

impl From<Week> for BTreeMap<String, Vec<Window>> {
    fn from(week: Week) -> Self {
        DAYS.iter()
            .map(|day| (*day).to_owned())
            .zip(week.0)
            .filter(|(_, windows)| !windows.is_empty())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_written_as_people_write_them() {
        let window: Window = "9:00 – 20:30".parse().unwrap();
        assert_eq!((window.from_min, window.to_min), (540, 1230));
        assert_eq!(window.to_string(), "09:00-20:30");
        assert_eq!("00:00-24:00".parse(), Ok(Window::WHOLE_DAY));
        assert!("22:00-02:00".parse::<Window>().unwrap().is_over_midnight());
        assert!("22:00-00:00".parse::<Window>().unwrap().is_over_midnight());
        for text in [
            "",
            "9-20",
            "09:00",
            "09:00-",
            "25:00-26:00",
            "24:00-08:00",
            "09:00-24:01",
            "09:60-10:00",
            "09:00-09:00",
            "-1:00-02:00",
            "+9:00-10:00",
            "09:00-20:00-21:00",
            "9:0-10:00",
            "009:00-10:00",
            "٠٩:٠٠-١٠:٠٠",
        ] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_week_is_stored_by_day_without_closed_days() {
        let window: Window = "09:00-20:00".parse().unwrap();
        let week = Week::of(&[], &[window], &[]);
        let json = serde_json::json!({"saturday": ["09:00-20:00"]});
        assert_eq!(serde_json::to_value(&week).unwrap(), json);
        assert_eq!(serde_json::from_value::<Week>(json).unwrap(), week);
        let error = serde_json::from_str::<Week>(r#"{"caturday":[]}"#).unwrap_err();
        assert!(
            error.to_string().contains("“caturday” is not a day of the week"),
            "{error}"
        );
        let error = serde_json::from_str::<Week>(r#"{"monday":["9-20"]}"#).unwrap_err();
        assert!(error.to_string().contains("09:00-20:00"), "{error}");
    }
}
