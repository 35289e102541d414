//! Hours and local times in words for people.

use jiff::Timestamp;

use super::{Calendar, Rule, Week, Window};
use crate::{
    place::clock,
    time::{DAY_MS, UtcMs},
};

const SHORT_DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Week {
    /// The hours in words: `Mon–Fri 9:00–20:00, Sat 10:00–17:00`.
    #[must_use]
    pub fn words(&self) -> String {
        if self.is_closed() {
            return "never".to_owned();
        }
        if self.is_always_open() {
            return "at any time".to_owned();
        }
        let mut parts = Vec::new();
        let mut first = 0;
        while first < 7 {
            let windows = &self.0[first];
            let last = (first..7)
                .take_while(|day| self.0[*day] == *windows)
                .last()
                .unwrap_or(first);
            if !windows.is_empty() {
                let days = match (first, last) {
                    (0, 6) => "every day".to_owned(),
                    _ if first == last => SHORT_DAYS[first].to_owned(),
                    _ => format!("{}–{}", SHORT_DAYS[first], SHORT_DAYS[last]),
                };
                parts.push(format!("{days} {}", words(windows)));
            }
            first = last + 1;
        }
        parts.join(", ")
    }
}

impl Rule {
    /// The hours in words: `Mon–Sat 9:00–20:00, not on federal holidays`.
    #[must_use]
    pub fn words(&self) -> String {
        let mut text = self.week.words();
        let holidays = &self.holidays;
        let mut days = Vec::new();
        match holidays.calendar {
            Some(Calendar::UsFederal) => days.push("federal holidays".to_owned()),
            None => {}
        }
        match holidays.yearly.len() {
            0 => {}
            1 if days.is_empty() => days.push("one holiday of the state".to_owned()),
            n if days.is_empty() => days.push(format!("{n} holidays of the state")),
            n => days.push(format!("{n} of the state")),
        }
        if !days.is_empty() {
            let days = days.join(" and ");
            if holidays.windows.is_empty() {
                text.push_str(&format!(", not on {days}"));
            } else {
                text.push_str(&format!(", on {days} {}", words(&holidays.windows)));
            }
        }
        match holidays.dates.len() {
            0 => {}
            1 => text.push_str(", other hours on one day"),
            n => text.push_str(&format!(", other hours on {n} days")),
        }
        text
    }
}

fn words(windows: &[Window]) -> String {
    let windows: Vec<String> = windows
        .iter()
        .map(|window| {
            let [from, to] =
                [window.from_min, window.to_min].map(|min| format!("{}:{:02}", min / 60, min % 60));
            format!("{from}–{to}")
        })
        .collect();
    windows.join(" and ")
}

/// A moment by the clock of a zone: `Mon 09:00 CST`. `None` for a zone that nobody knows.
#[must_use]
pub fn local_words(zone: &str, at: UtcMs) -> Option<String> {
    let zone = clock::zone(zone)?;
    let moment = Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone);
    Some(moment.strftime("%a %H:%M %Z").to_string())
}

/// A moment to come by the clock of a zone, with its date where the day of the week would be taken for an earlier one:
/// `Mon 09:00 CST`, `Thu 10 Dec 09:00 EST`. `None` for a zone that nobody knows.
#[must_use]
pub fn coming_words(zone: &str, at: UtcMs, now: UtcMs) -> Option<String> {
    if at.since(now) < 6 * DAY_MS {
        return local_words(zone, at);
    }
    let zone = clock::zone(zone)?;
    let moment = Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone);
    Some(moment.strftime("%a %-d %b %H:%M %Z").to_string())
}

/// The city that a zone is named after: `Chicago`, `Buenos Aires, Argentina`.
#[must_use]
pub fn city(zone: &str) -> String {
    let mut parts = zone.split('/').skip(1);
    let name = match (parts.next(), parts.next()) {
        (Some(state), Some(city)) => format!("{city}, {state}"),
        (Some(city), None) => city.to_owned(),
        (None, _) => zone.to_owned(),
    };
    name.replace('_', " ")
}
