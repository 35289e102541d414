//! Hours against a second opinion: the local civil time that jiff gives for each minute.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use proptest::prelude::*;

use super::*;
use crate::time::MINUTE_MS;

/// How many minutes each case walks: more than two days.
const MINUTES: i64 = 3_100;

/// Zones with something odd about them, and some ordinary ones.
const ZONES: [&str; 22] = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Asuncion",
    "America/Caracas",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Pyongyang",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
];

fn nth(date: Date, month: i8, weekday: Weekday, nth: i8) -> bool {
    date.month() == month && date.first_of_month().nth_weekday_of_month(nth, weekday).unwrap() == date
}

fn is_fixed_holiday(date: Date) -> bool {
    matches!(
        (date.month(), date.day()),
        (1, 1) | (6, 19) | (7, 4) | (11, 11) | (12, 25)
    )
}

fn is_federal_holiday(date: Date) -> bool {
    is_fixed_holiday(date)
        || (date.weekday() == Weekday::Friday && is_fixed_holiday(date.tomorrow().unwrap()))
        || (date.weekday() == Weekday::Monday && is_fixed_holiday(date.yesterday().unwrap()))
        || nth(date, 1, Weekday::Monday, 3)
        || nth(date, 2, Weekday::Monday, 3)
        || nth(date, 5, Weekday::Monday, -1)
        || nth(date, 9, Weekday::Monday, 1)
        || nth(date, 10, Weekday::Monday, 2)
        || nth(date, 11, Weekday::Thursday, 4)
}

fn windows(rule: &Rule, date: Date) -> (Vec<(i32, i32)>, bool) {
    let dates = rule.holidays.dates.iter();
    let single = dates
        .filter(|(day, _)| day.to_string() == date.to_string())
        .map(|(_, windows)| windows)
        .next();
    let special = single.or_else(|| {
        (rule.holidays.calendar.is_some() && is_federal_holiday(date)).then_some(&rule.holidays.windows)
    });
    let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap();
    let windows = special.unwrap_or(&rule.week.0[weekday]);
    let pairs = windows
        .iter()
        .map(|w| (i32::from(w.from_min), i32::from(w.to_min)))
        .collect();
    (pairs, special.is_some())
}

fn is_open_by_the_clock(rule: &Rule, zone: &TimeZone, at: UtcMs) -> bool {
    let local = zone.to_datetime(Timestamp::from_millisecond(at.0).unwrap());
    let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
    let (today, special) = windows(rule, local.date());
    let (yesterday, _) = windows(rule, local.date().checked_sub(1.day()).unwrap());
    let in_today = today.iter().any(|&(from, to)| {
        if to > from {
            (from..to).contains(&minute)
        } else {
            to < from && minute >= from
        }
    });
    in_today || (!special && yesterday.iter().any(|&(from, to)| to < from && minute < to))
}

fn window() -> impl Strategy<Value = Window> {
    let minute = prop_oneof![
        2 => (0_u16..96).prop_map(|quarter| quarter * 15),
        1 => 0_u16..1440,
        // Where clocks change.
        1 => 0_u16..200,
    ];
    let to = prop_oneof![4 => minute.clone(), 1 => Just(1440)];
    (minute, to).prop_map(|(from_min, to_min)| Window { from_min, to_min })
}

fn day() -> impl Strategy<Value = Vec<Window>> {
    prop_oneof![
        1 => Just(vec![]),
        1 => Just(vec![Window::WHOLE_DAY]),
        4 => proptest::collection::vec(window(), 1..4),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    (
        proptest::array::uniform7(day()),
        proptest::option::weighted(0.4, day()),
    )
        .prop_map(|(week, holidays)| Rule {
            week: Week(week),
            holidays: holidays.map_or_else(Holidays::default, |windows| Holidays {
                windows,
                ..Holidays::closed_on(Calendar::UsFederal)
            }),
            ..Rule::default()
        })
}

/// Where a walk begins: shortly before a clock change, shortly before a holiday, or anywhere; minutes since 1970.
fn begin(zone: &'static str) -> impl Strategy<Value = i64> {
    let anywhere = 0_i64..42_000_000;
    let change = (1_990_i16..2_045, 0_i64..2_500).prop_map(move |(year, before)| {
        let zone = crate::place::clock::zone(zone).unwrap();
        let new_year = Timestamp::from_second(i64::from(year - 1970) * 31_556_952).unwrap();
        let change = zone
            .following(new_year)
            .next()
            .map_or(new_year, |change| change.timestamp());
        change.as_second() / 60 - before
    });
    let holiday = (
        1_990_i32..2_045,
        proptest::sample::select(vec![(1, 1), (7, 4), (11, 26), (12, 25)]),
        0_i64..4_500,
    )
        .prop_map(|(year, (month, day), before)| {
            let days = Day::of(year, month, day).plus(1);
            UtcMs::from_iso(&format!("{days}T00:00Z")).unwrap().0 / MINUTE_MS - before
        });
    prop_oneof![2 => change, 1 => holiday, 1 => anywhere]
}

fn places() -> impl Strategy<Value = (Vec<&'static str>, i64)> {
    proptest::sample::subsequence(ZONES.to_vec(), 1..=6)
        .prop_shuffle()
        .prop_flat_map(|zones| {
            // One zone more often than many.
            let count = 1..=zones.len();
            (Just(zones.clone()), count, begin(zones[0]))
        })
        .prop_map(|(mut zones, count, begin)| {
            zones.truncate(count);
            zones.sort_unstable();
            (zones, begin)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn hours_say_what_the_clocks_on_the_walls_say(
        everybody in rule(),
        region in proptest::option::weighted(0.3, rule()),
        (zones, begin) in places(),
        looks in proptest::collection::vec((0..MINUTES, 0..MINUTE_MS), 12),
    ) {
        let mut hours = Hours { rule: everybody, ..Hours::default() };
        let mut place = place(&zones);
        if let Some(rule) = region {
            hours.regions.insert("US-TX".to_owned(), rule);
            place.regions = vec!["US-TX".to_owned(), "US-WA".to_owned()];
        }
        let rules: Vec<&Rule> = hours.rules(&place).collect();
        if rules.iter().all(|rule| rule.is_anytime()) {
            return Ok(());
        }
        // Whoever is in Texas lives by a clock that is kept there, if any of theirs is.
        let in_texas: Vec<&str> =
            zones.iter().copied().filter(|zone| ["America/Chicago", "America/Denver"].contains(zone)).collect();
        let clocks = |zones: &[&str]| -> Vec<TimeZone> {
            zones.iter().map(|zone| crate::place::clock::zone(zone).unwrap()).collect()
        };
        let (everywhere, in_texas) = (clocks(&zones), clocks(if in_texas.is_empty() { &zones } else { &in_texas }));
        let bound: Vec<(&Rule, &[TimeZone])> =
            rules.into_iter().zip([everywhere.as_slice(), in_texas.as_slice()]).collect();
        let minute = |index: i64| UtcMs((begin + index) * MINUTE_MS);
        let walk: Vec<bool> = (0..MINUTES)
            .map(|index| {
                let at = minute(index);
                bound.iter().all(|(rule, clocks)| clocks.iter().all(|zone| is_open_by_the_clock(rule, zone, at)))
            })
            .collect();
        let change_after = |index: usize| {
            let now = walk[index];
            let ahead = walk[index..].iter().position(|&open| open != now);
            ahead.map(|ahead| minute(i64::try_from(index + ahead).unwrap()))
        };
        // All changes, what is beside them, and some other moments.
        let changes = (1..walk.len()).filter(|&index| walk[index] != walk[index - 1]);
        let edges = changes.flat_map(|index| [(index - 1, MINUTE_MS - 1), (index, 0)]);
        let looks = looks.into_iter().map(|(index, ms)| (usize::try_from(index).unwrap(), ms));
        for (index, ms) in edges.chain(looks).collect::<Vec<_>>() {
            let at = minute(i64::try_from(index).unwrap()) + ms;
            let change = change_after(index);
            match hours.at(&place, None, at) {
                Moment::Open { until } => {
                    prop_assert!(walk[index], "open at {at:?} in {zones:?}");
                    match change {
                        Some(change) => prop_assert_eq!(until, change, "from {:?} in {:?}", at, zones),
                        None => prop_assert!(until >= minute(MINUTES)),
                    }
                    prop_assert_eq!(hours.next_lawful(&place, None, at), Some(at));
                }
                Moment::Closed { opens_at } => {
                    prop_assert!(!walk[index], "closed at {at:?} in {zones:?}");
                    match change {
                        Some(change) => prop_assert_eq!(opens_at, Some(change), "from {:?} in {:?}", at, zones),
                        None => prop_assert!(opens_at.is_none_or(|opens_at| opens_at >= minute(MINUTES))),
                    }
                    prop_assert_eq!(hours.next_lawful(&place, None, at), opens_at);
                    if let Some(opens_at) = opens_at {
                        prop_assert!(hours.at(&place, None, opens_at).is_open());
                        prop_assert!(!hours.at(&place, None, opens_at - 1).is_open());
                        // The limit is exclusive.
                        for (limit, seen) in [(opens_at, None), (opens_at + 1, Some(opens_at))] {
                            let moment = hours.at_opening_before(&place, None, at, limit);
                            prop_assert_eq!(moment, Moment::Closed { opens_at: seen });
                        }
                    }
                }
                Moment::NoZone => prop_assert!(false, "the zones are known"),
            }
        }
    }

    #[test]
    fn federal_holidays_are_the_same_in_both_calendars(year in 1970_i16..2200) {
        let mut date = Date::new(year, 1, 1).unwrap();
        while date.year() == year {
            let day: Day = date.to_string().parse().unwrap();
            prop_assert_eq!(Calendar::UsFederal.is_holiday(day), is_federal_holiday(date), "{}", date);
            date = date.tomorrow().unwrap();
        }
    }
}
