//! The hours that ship say what their table says.

use super::*;
use crate::place;

fn states() -> Hours {
    Hours::preset("us-states").unwrap()
}

/// The open hours of a local date, in minutes after midnight, for a zone with the offset -05:00 on that day.
fn hours_on(hours: &Hours, region: &str, date: &str) -> Vec<(i64, i64)> {
    let place = in_state("America/Panama", region);
    let midnight = utc(&format!("{date}T00:00-05:00"));
    let mut found = Vec::new();
    let mut minute = 0;
    while minute < 1440 {
        match hours.at(&place, None, midnight + minute * 60_000) {
            Moment::Open { until } => {
                let end = (until.0 - midnight.0) / 60_000;
                found.push((minute, end));
                minute = end;
            }
            _ => minute += 1,
        }
    }
    found
}

/// Where nobody knows the state of a number of the plan, the rules of all states with such an hour bind; and still there
/// are hours at which it may be called.
#[test]
fn a_number_of_no_state_is_bound_by_all_of_them_and_can_be_called() {
    let anywhere = crate::place::locate("+18005550123", &std::collections::BTreeMap::new());
    let hours = Hours::preset("us-states").unwrap();
    let strictest = hours
        .regions
        .values()
        .filter_map(|rule| rule.attempts_per_day)
        .min();
    assert_eq!(hours.attempts_per_day(&anywhere), strictest);
    let monday = UtcMs(1_794_182_400_000);
    let week_ms = 7 * 24 * 60 * 60 * 1_000;
    let lawful = hours.next_lawful(&anywhere, None, monday);
    assert!(lawful.is_some_and(|at| at.since(monday) < week_ms), "{lawful:?}");
}

#[test]
fn the_presets_are_there_and_without_fault() {
    let ids: Vec<&str> = Hours::presets().iter().map(|preset| preset.id.as_str()).collect();
    assert_eq!(ids, ["us-federal", "us-states", "us-strict", "anytime"]);
    for preset in Hours::presets() {
        let hours = Hours::preset(&preset.id).unwrap();
        assert_eq!(hours.preset.as_ref(), Some(&preset.id));
        assert_eq!(hours.check(), Ok(()), "{}", preset.id);
        assert!(preset.as_of.parse::<Day>().is_ok());
        for text in [&preset.name, &preset.about, &preset.source] {
            assert!(!text.is_empty());
        }
        for (region, rule) in std::iter::once((&preset.id, &hours.rule)).chain(&hours.regions) {
            assert!(rule.source.is_some() && rule.as_of.is_some(), "{region}");
            assert!(!rule.week.is_closed(), "{region}");
        }
    }
    assert_eq!(Hours::preset("us-lax"), None);
    let anytime = Hours::preset("anytime").unwrap();
    assert!(anytime.is_anytime());
    assert_eq!(anytime.rule.week, Hours::anytime().rule.week);
}

#[test]
fn every_row_of_the_table_is_there() {
    let regions = states().regions;
    let codes: Vec<&str> = regions
        .keys()
        .map(|code| code.trim_start_matches("US-"))
        .collect();
    assert_eq!(
        codes,
        [
            "AL", "CT", "FL", "IL", "IN", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MS", "NE", "NM", "NV",
            "OK", "PA", "RI", "SD", "TN", "TX", "UT", "WA", "WY",
        ]
    );
    assert_eq!(
        place::region_codes()
            .filter(|code| regions.contains_key(*code))
            .count(),
        regions.len()
    );
}

#[test]
fn each_state_has_its_hours() {
    let hours = states();
    // A Wednesday, a Saturday and a Sunday in 2026 that are no holidays; hours from and to, in half hours of a day.
    type HalfHours = Option<(i64, i64)>;
    let rows: [(&str, [HalfHours; 3]); 26] = [
        ("AL", [Some((16, 40)), Some((16, 40)), None]),
        ("CA", [Some((16, 42)), Some((16, 42)), Some((16, 42))]),
        ("CT", [Some((18, 40)), Some((18, 40)), Some((18, 40))]),
        ("FL", [Some((16, 40)), Some((16, 40)), Some((16, 40))]),
        ("IL", [Some((16, 42)), Some((16, 42)), Some((16, 42))]),
        ("IN", [Some((18, 40)), Some((18, 40)), Some((18, 40))]),
        ("KY", [Some((20, 42)), Some((20, 42)), Some((20, 42))]),
        ("LA", [Some((16, 40)), Some((16, 40)), None]),
        ("MA", [Some((16, 40)), Some((16, 40)), Some((16, 40))]),
        ("MD", [Some((16, 40)), Some((16, 40)), Some((16, 40))]),
        ("ME", [Some((16, 42)), Some((16, 42)), Some((16, 42))]),
        ("MI", [Some((18, 42)), Some((18, 42)), Some((18, 42))]),
        ("MN", [Some((18, 42)), Some((18, 42)), Some((18, 42))]),
        ("MS", [Some((16, 40)), Some((16, 40)), None]),
        ("NE", [Some((16, 42)), Some((16, 42)), Some((26, 42))]),
        ("NM", [Some((18, 42)), Some((18, 42)), Some((18, 42))]),
        ("NV", [Some((18, 40)), Some((18, 40)), Some((18, 40))]),
        ("OK", [Some((16, 40)), Some((16, 40)), Some((16, 40))]),
        ("PA", [Some((16, 42)), Some((16, 42)), Some((27, 42))]),
        ("RI", [Some((18, 36)), Some((20, 34)), None]),
        ("SD", [Some((16, 42)), Some((16, 42)), None]),
        ("TN", [Some((16, 42)), Some((16, 42)), Some((16, 42))]),
        ("TX", [Some((18, 42)), Some((18, 42)), Some((24, 42))]),
        ("UT", [Some((18, 40)), Some((18, 40)), Some((18, 40))]),
        ("WA", [Some((16, 40)), Some((16, 40)), Some((16, 40))]),
        ("WY", [Some((16, 40)), Some((16, 40)), Some((16, 40))]),
    ];
    for (state, days) in rows {
        for (date, expected) in ["2026-03-18", "2026-03-21", "2026-03-22"].iter().zip(days) {
            let expected: Vec<(i64, i64)> = expected.iter().map(|(from, to)| (from * 30, to * 30)).collect();
            assert_eq!(
                hours_on(&hours, &format!("US-{state}"), date),
                expected,
                "{state} {date}"
            );
        }
    }
}

#[test]
fn legal_holidays_are_closed_where_the_table_says_so() {
    let hours = states();
    // The Fourth of July 2026 is a Saturday, observed on Friday the third.
    for state in ["US-AL", "US-LA", "US-MS", "US-PA", "US-RI", "US-UT"] {
        for date in ["2026-07-03", "2026-07-04", "2026-12-25"] {
            assert_eq!(hours_on(&hours, state, date), [], "{state} {date}");
        }
    }
    assert_eq!(hours_on(&hours, "US-NE", "2026-07-03"), [(780, 1260)]);
    assert_eq!(hours_on(&hours, "US-FL", "2026-12-25"), [(480, 1200)]);
    for (state, date) in [
        ("US-AL", "2026-04-27"),
        ("US-LA", "2026-04-03"),
        ("US-MS", "2026-04-27"),
        ("US-PA", "2026-04-03"),
        ("US-RI", "2026-08-10"),
        ("US-UT", "2026-07-24"),
    ] {
        assert_eq!(hours_on(&hours, state, date), [], "{state} {date}");
    }
}

#[test]
fn attempts_and_gaps_are_those_of_the_table() {
    let hours = states();
    for code in place::region_codes() {
        let there = in_state("America/New_York", code);
        let attempts = matches!(code, "US-FL" | "US-MD" | "US-OK").then_some(3);
        assert_eq!(hours.attempts_per_day(&there), attempts, "{code}");
        let gap_ms = (code == "US-ME").then_some(8 * HOUR_MS);
        assert_eq!(hours.gap_ms(&there), gap_ms, "{code}");
    }
}

#[test]
fn the_strict_hours_satisfy_every_state() {
    let (strict, states) = (Hours::preset("us-strict").unwrap(), states());
    for code in place::region_codes().filter(|code| code.starts_with("US-")) {
        let there = in_state("America/Chicago", code);
        let mut at = utc("2026-01-01T00:00Z");
        while at < utc("2027-01-01T00:00Z") {
            // From opening to opening, since within one stretch nothing changes.
            let Some(opens) = strict.next_lawful(&there, None, at) else {
                panic!("{code} is never open");
            };
            let Moment::Open { until } = strict.at(&there, None, opens) else {
                panic!("{code} is closed at {opens:?} after all");
            };
            match states.at(&there, None, opens) {
                Moment::Open { until: lawful } => assert!(until <= lawful, "{code} {until:?}"),
                other => panic!("{code} {opens:?} {other:?}"),
            }
            at = until;
        }
        let attempts = strict.attempts_per_day(&there).unwrap();
        assert!(
            states
                .attempts_per_day(&there)
                .is_none_or(|most| attempts <= most)
        );
        assert!(strict.gap_ms(&there) >= states.gap_ms(&there));
    }
}

#[test]
fn several_possible_states_bind_together() {
    let mut there = in_state("America/New_York", "US-FL");
    there.regions.push("US-KY".to_owned());
    open(
        &states(),
        &there,
        "2026-07-01T10:00-04:00",
        "2026-07-01T20:00-04:00",
    );
    closed(
        &states(),
        &there,
        "2026-07-01T08:30-04:00",
        "2026-07-01T10:00-04:00",
    );
    // A state of which nothing is known but the rule for everybody.
    open(
        &states(),
        &in_state("America/New_York", "US-GA"),
        "2026-07-01T08:00-04:00",
        "2026-07-01T21:00-04:00",
    );
}
