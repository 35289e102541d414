//! The calling hours a second time, by another road: the local date and time of a moment by `jiff`, held against the
//! windows of that date. Nothing here is shared with `domain::hours` but the form in which people write rules.

use std::{cell::RefCell, collections::HashMap};

use domain::{
    hours::{Calendar, Rule, Window},
    policy::Policy,
};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::{TimeZone, TimeZoneDatabase},
};

/// Whether the policy allows a call at that moment to somebody who may be in any of these zones and regions.
pub(crate) fn lawful(policy: &Policy, zones: &[&str], regions: &[&str], at_ms: i64) -> bool {
    let rules = || {
        let regional = regions
            .iter()
            .filter_map(|region| policy.hours.regions.get(*region));
        std::iter::once(&policy.hours.rule).chain(regional)
    };
    if rules().all(allows_always) {
        return true;
    }
    let fallback: Vec<&str> = policy.fallback_zone.iter().map(String::as_str).collect();
    let zones = if zones.is_empty() { &fallback } else { zones };
    !zones.is_empty()
        && zones
            .iter()
            .all(|zone| rules().all(|rule| open(rule, zone, at_ms)))
}

fn allows_always(rule: &Rule) -> bool {
    let holidays = &rule.holidays;
    holidays.calendar.is_none()
        && holidays.yearly.is_empty()
        && holidays.dates.is_empty()
        && rule.week.0.iter().all(|day| {
            day.iter()
                .any(|window| (window.from_min, window.to_min) == (0, 1_440))
        })
}

/// Whether one rule is open in one zone.
fn open(rule: &Rule, zone: &str, at_ms: i64) -> bool {
    let local = Timestamp::from_millisecond(at_ms)
        .unwrap()
        .to_zoned(zone_of(zone))
        .datetime();
    let minute = u16::try_from(local.hour()).unwrap() * 60 + u16::try_from(local.minute()).unwrap();
    let (today, is_special) = windows(rule, local.date());
    let own = today.iter().any(|window| {
        minute >= window.from_min && (minute < window.to_min || window.to_min < window.from_min)
    });
    // A window that began yesterday goes on, but not into a day with hours of its own.
    let (yesterday, _) = windows(rule, local.date().yesterday().unwrap());
    let going_on = yesterday
        .iter()
        .any(|window| window.to_min < window.from_min && minute < window.to_min);
    own || (going_on && !is_special)
}

fn zone_of(name: &str) -> TimeZone {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, TimeZone>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        known
            .entry(name.to_owned())
            .or_insert_with(|| TimeZoneDatabase::bundled().get(name).unwrap())
            .clone()
    })
}

/// Whether two zones show the same time in the years that runs are set in.
pub(crate) fn agree(one: &str, other: &str) -> bool {
    let first: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let offset =
        |zone: &str, day: i64| zone_of(zone).to_offset(first + jiff::SignedDuration::from_hours(24 * day));
    (0..730).all(|day| offset(one, day) == offset(other, day))
}

/// The windows of a date, and whether they are not those of its weekday.
fn windows(rule: &Rule, date: Date) -> (&[Window], bool) {
    let holidays = &rule.holidays;
    let single = holidays
        .dates
        .iter()
        .find(|(day, _)| day.to_string() == date.to_string());
    if let Some((_, windows)) = single {
        return (windows, true);
    }
    let federal = holidays.calendar == Some(Calendar::UsFederal) && is_federal_holiday(date);
    if federal
        || holidays
            .yearly
            .iter()
            .any(|yearly| falls_on(&yearly.to_string(), date))
    {
        return (&holidays.windows, true);
    }
    let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap();
    (&rule.week.0[weekday], false)
}

/// The holidays and days of observance of the years that runs are set in, as the Office of Personnel Management lists
/// them.
fn is_federal_holiday(date: Date) -> bool {
    let days: &[&str] = match date.year() {
        2026 => &[
            "01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "07-04", "09-07", "10-12", "11-11",
            "11-26", "12-25",
        ],
        2027 => &[
            "01-01", "01-18", "02-15", "05-31", "06-18", "06-19", "07-04", "07-05", "09-06", "10-11",
            "11-11", "11-25", "12-24", "12-25", "12-31",
        ],
        year => panic!("no run is set in {year}"),
    };
    days.contains(&&date.to_string()[5..])
}

/// Whether a day that comes every year (`12-25`, `11-thu-4+1`, `05-mon-last`, `easter-2`) falls on this date, or is
/// observed then.
fn falls_on(yearly: &str, date: Date) -> bool {
    (date.year() - 1..=date.year() + 1).any(|year| {
        let (day, is_fixed) = in_year(yearly, year);
        let observed = match day.weekday() {
            Weekday::Saturday if is_fixed => day.yesterday().ok(),
            Weekday::Sunday if is_fixed => day.tomorrow().ok(),
            _ => None,
        };
        day == date || observed == Some(date)
    })
}

fn in_year(yearly: &str, year: i16) -> (Date, bool) {
    if let Some(days) = yearly.strip_prefix("easter") {
        let sunday = match year {
            2025 => Date::constant(2025, 4, 20),
            2026 => Date::constant(2026, 4, 5),
            2027 => Date::constant(2027, 3, 28),
            _ => Date::constant(2028, 4, 16),
        };
        let days: i32 = if days.is_empty() { 0 } else { days.parse().unwrap() };
        return (sunday + days.days(), false);
    }
    let (base, plus) = yearly
        .split_once('+')
        .map_or((yearly, 0), |(base, plus)| (base, plus.parse().unwrap()));
    let parts: Vec<&str> = base.split('-').collect();
    let first = Date::new(year, parts[0].parse().unwrap(), 1).unwrap();
    let (day, is_fixed) = match parts.as_slice() {
        [_, day] => (first + (day.parse::<i32>().unwrap() - 1).days(), true),
        [_, weekday, which] => {
            let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let weekday = names.iter().position(|name| name == weekday).unwrap();
            let weekday = Weekday::from_monday_zero_offset(i8::try_from(weekday).unwrap()).unwrap();
            let which = if *which == "last" {
                -1
            } else {
                which.parse().unwrap()
            };
            (first.nth_weekday_of_month(which, weekday).unwrap(), false)
        }
        _ => panic!("{yearly}"),
    };
    let plus: i32 = plus;
    (day + plus.days(), is_fixed)
}

#[test]
fn the_clock_of_a_place_decides() {
    let policy = Policy::preset("us-strict").unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
    // Monday 9:00 in New York, before and after the clocks change on 8 March 2026.
    assert!(!lawful(
        &policy,
        &["America/New_York"],
        &[],
        at("2026-03-06T13:59:59Z")
    ));
    assert!(lawful(
        &policy,
        &["America/New_York"],
        &[],
        at("2026-03-06T14:00:00Z")
    ));
    assert!(lawful(
        &policy,
        &["America/New_York"],
        &[],
        at("2026-03-09T13:00:00Z")
    ));
    // In Chicago it is an hour earlier.
    assert!(!lawful(
        &policy,
        &["America/Chicago", "America/New_York"],
        &[],
        at("2026-03-09T13:00:00Z")
    ));
    // Sunday, Independence Day observed, and nobody knows where.
    assert!(!lawful(
        &policy,
        &["America/New_York"],
        &[],
        at("2026-03-08T16:00:00Z")
    ));
    assert!(!lawful(
        &policy,
        &["America/New_York"],
        &[],
        at("2026-07-03T16:00:00Z")
    ));
    assert!(!lawful(&policy, &[], &[], at("2026-03-09T16:00:00Z")));
    // Good Friday in Louisiana.
    let states = Policy::preset("us-states").unwrap();
    assert!(!lawful(
        &states,
        &["America/Chicago"],
        &["US-LA"],
        at("2026-04-03T16:00:00Z")
    ));
    assert!(lawful(
        &states,
        &["America/Chicago"],
        &["US-MO"],
        at("2026-04-03T16:00:00Z")
    ));
}
