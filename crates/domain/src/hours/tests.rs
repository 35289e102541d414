mod oracle;
mod shipped;

use super::*;
use crate::place::Evidence;

fn place(zones: &[&str]) -> Place {
    Place {
        zones: zones.iter().map(|&zone| zone.to_owned()).collect(),
        zone_evidence: Evidence::Column,
        ..Place::unknown()
    }
}

fn in_state(zone: &str, region: &str) -> Place {
    Place {
        regions: vec![region.to_owned()],
        region_evidence: Evidence::State,
        ..place(&[zone])
    }
}

fn daily(windows: &[&str]) -> Hours {
    let windows: Vec<Window> = windows.iter().map(|text| text.parse().unwrap()).collect();
    Hours {
        rule: Rule::daily(&windows),
        ..Hours::default()
    }
}

/// A moment by the clock of a zone, `2026-03-08T09:00-05:00`.
fn utc(text: &str) -> UtcMs {
    UtcMs::from_iso(text).unwrap()
}

#[track_caller]
fn open(hours: &Hours, place: &Place, at: &str, until: &str) {
    assert_eq!(
        hours.at(place, None, utc(at)),
        Moment::Open { until: utc(until) },
        "{at}"
    );
    assert_eq!(hours.next_lawful(place, None, utc(at)), Some(utc(at)));
}

#[track_caller]
fn closed(hours: &Hours, place: &Place, at: &str, opens: &str) {
    let opens_at = Some(utc(opens));
    assert_eq!(
        hours.at(place, None, utc(at)),
        Moment::Closed { opens_at },
        "{at}"
    );
    assert_eq!(hours.next_lawful(place, None, utc(at)), opens_at);
}

#[test]
fn a_window_begins_with_its_first_minute_and_ends_before_its_last() {
    let (hours, berlin) = (daily(&["09:00-20:00"]), place(&["Europe/Berlin"]));
    closed(
        &hours,
        &berlin,
        "2026-01-14T08:59:59.999+01:00",
        "2026-01-14T09:00+01:00",
    );
    open(
        &hours,
        &berlin,
        "2026-01-14T09:00+01:00",
        "2026-01-14T20:00+01:00",
    );
    open(
        &hours,
        &berlin,
        "2026-01-14T19:59:59.999+01:00",
        "2026-01-14T20:00+01:00",
    );
    closed(
        &hours,
        &berlin,
        "2026-01-14T20:00+01:00",
        "2026-01-15T09:00+01:00",
    );
}

#[test]
fn windows_that_touch_or_overlap_are_one() {
    let new_york = place(&["America/New_York"]);
    let hours = daily(&["09:00-12:00", "11:00-14:00", "14:00-15:00", "16:00-17:00"]);
    open(
        &hours,
        &new_york,
        "2026-07-01T09:30-04:00",
        "2026-07-01T15:00-04:00",
    );
    closed(
        &hours,
        &new_york,
        "2026-07-01T15:00-04:00",
        "2026-07-01T16:00-04:00",
    );
    let hours = daily(&["22:00-02:00", "02:00-03:00"]);
    open(
        &hours,
        &new_york,
        "2026-07-01T23:00-04:00",
        "2026-07-02T03:00-04:00",
    );
}

#[test]
fn half_and_quarter_hours_count() {
    let hours = daily(&["09:00-20:00"]);
    closed(
        &hours,
        &place(&["Asia/Kolkata"]),
        "2026-05-05T03:29Z",
        "2026-05-05T03:30Z",
    );
    open(
        &hours,
        &place(&["Asia/Kathmandu"]),
        "2026-05-05T03:15Z",
        "2026-05-05T14:15Z",
    );
    // Half an hour of daylight saving time.
    open(
        &hours,
        &place(&["Australia/Lord_Howe"]),
        "2026-01-04T22:00Z",
        "2026-01-05T09:00Z",
    );
    open(
        &hours,
        &place(&["Australia/Lord_Howe"]),
        "2026-07-04T22:30Z",
        "2026-07-05T09:30Z",
    );
}

#[test]
fn an_hour_that_is_missing_is_never_open_and_one_that_comes_twice_is_open_twice() {
    let new_york = place(&["America/New_York"]);
    let night = daily(&["01:30-02:30"]);
    // 8 March 2026: 02:00 is 03:00.
    open(
        &night,
        &new_york,
        "2026-03-08T01:30-05:00",
        "2026-03-08T02:00-05:00",
    );
    closed(
        &night,
        &new_york,
        "2026-03-08T03:00-04:00",
        "2026-03-09T01:30-04:00",
    );
    closed(
        &daily(&["02:10-02:50"]),
        &new_york,
        "2026-03-07T12:00-05:00",
        "2026-03-09T02:10-04:00",
    );
    // 1 November 2026: 02:00 is 01:00 once more.
    open(
        &night,
        &new_york,
        "2026-11-01T01:30-04:00",
        "2026-11-01T02:00-04:00",
    );
    closed(
        &night,
        &new_york,
        "2026-11-01T01:00-05:00",
        "2026-11-01T01:30-05:00",
    );
    open(
        &night,
        &new_york,
        "2026-11-01T01:45-05:00",
        "2026-11-01T02:30-05:00",
    );
    // A whole day is an hour shorter or longer.
    let day = daily(&["00:00-21:00"]);
    open(
        &day,
        &new_york,
        "2026-03-08T00:00-05:00",
        "2026-03-08T21:00-04:00",
    );
    open(
        &day,
        &new_york,
        "2026-11-01T00:00-04:00",
        "2026-11-01T21:00-05:00",
    );
}

#[test]
fn midnight_may_be_missing() {
    let evening = daily(&["00:00-01:30", "20:00-24:00"]);
    // Havana, 8 March 2026, and Beirut, 29 March 2026: 00:00 is 01:00.
    open(
        &evening,
        &place(&["America/Havana"]),
        "2026-03-07T20:00-05:00",
        "2026-03-08T01:30-04:00",
    );
    open(
        &evening,
        &place(&["Asia/Beirut"]),
        "2026-03-28T20:00+02:00",
        "2026-03-29T01:30+03:00",
    );
}

#[test]
fn a_day_that_a_zone_left_out_never_was() {
    // Samoa went from the end of Thursday 29 December 2011 to the beginning of Saturday the 31st.
    let apia = place(&["Pacific/Apia"]);
    let hours = Hours {
        rule: Rule {
            week: Week(std::array::from_fn(|day| {
                if day == 4 {
                    vec!["09:00-20:00".parse().unwrap()]
                } else {
                    vec![]
                }
            })),
            ..Rule::default()
        },
        ..Hours::default()
    };
    closed(&hours, &apia, "2011-12-29T12:00-10:00", "2012-01-06T09:00+14:00");
    open(
        &daily(&["20:00-24:00", "00:00-08:00"]),
        &apia,
        "2011-12-29T21:00-10:00",
        "2011-12-31T08:00+14:00",
    );
}

#[test]
fn windows_over_midnight_belong_to_the_day_they_begin_on() {
    let new_york = place(&["America/New_York"]);
    let mut hours = daily(&[]);
    hours.rule.week.0[4] = vec!["22:00-02:00".parse().unwrap()];
    // Friday 20 November 2026.
    open(
        &hours,
        &new_york,
        "2026-11-20T22:00-05:00",
        "2026-11-21T02:00-05:00",
    );
    open(
        &hours,
        &new_york,
        "2026-11-21T01:00-05:00",
        "2026-11-21T02:00-05:00",
    );
    closed(
        &hours,
        &new_york,
        "2026-11-21T02:00-05:00",
        "2026-11-27T22:00-05:00",
    );
    closed(
        &hours,
        &new_york,
        "2026-11-20T01:00-05:00",
        "2026-11-20T22:00-05:00",
    );
    // A holiday has no hours but its own.
    hours
        .rule
        .holidays
        .dates
        .insert("2026-11-21".parse().unwrap(), vec![]);
    open(
        &hours,
        &new_york,
        "2026-11-20T22:00-05:00",
        "2026-11-21T00:00-05:00",
    );
    closed(
        &hours,
        &new_york,
        "2026-11-21T00:00-05:00",
        "2026-11-27T22:00-05:00",
    );
}

#[test]
fn all_zones_have_to_allow_it() {
    let hours = daily(&["08:00-21:00"]);
    let usa = place(&["America/Los_Angeles", "America/New_York"]);
    closed(&hours, &usa, "2026-07-01T08:00-04:00", "2026-07-01T08:00-07:00");
    open(&hours, &usa, "2026-07-01T08:00-07:00", "2026-07-01T21:00-04:00");
    let never = place(&["America/Los_Angeles", "Asia/Kolkata"]);
    let office = daily(&["09:00-17:00"]);
    assert_eq!(
        office.at(&never, None, utc("2026-07-01T12:00Z")),
        Moment::Closed { opens_at: None }
    );
    assert_eq!(office.next_lawful(&never, None, utc("2026-07-01T12:00Z")), None);
}

#[test]
fn what_is_not_known_is_closed() {
    let hours = daily(&["08:00-21:00"]);
    let noon = utc("2026-07-01T16:00Z");
    for (place, fallback) in [
        (Place::unknown(), None),
        (Place::unknown(), Some("America/Springfield")),
        (Place::unknown(), Some("")),
        (Place::unknown(), Some("Etc/Unknown")),
        (place(&["America/Springfield"]), Some("America/New_York")),
        (
            place(&["America/New_York", "America/Springfield"]),
            Some("America/New_York"),
        ),
    ] {
        assert_eq!(
            hours.at(&place, fallback, noon),
            Moment::NoZone,
            "{place:?} {fallback:?}"
        );
        assert_eq!(hours.next_lawful(&place, fallback, noon), None);
    }
    let fallen_back = hours.at(&Place::unknown(), Some("America/New_York"), noon);
    assert_eq!(
        fallen_back,
        Moment::Open {
            until: utc("2026-07-01T21:00-04:00")
        }
    );
    // A place of its own is never overruled.
    assert!(
        !hours
            .at(&place(&["Asia/Kolkata"]), Some("America/New_York"), noon)
            .is_open()
    );

    let new_york = place(&["America/New_York"]);
    for moment in [i64::MIN, -1, i64::MAX] {
        assert_eq!(
            hours.at(&new_york, None, UtcMs(moment)),
            Moment::Closed { opens_at: None }
        );
    }
    let nonsense = [
        (0, 1441),
        (1440, 60),
        (2000, 3000),
        (540, 540),
        (u16::MAX, u16::MAX),
        (u16::MAX, 0),
    ];
    let broken: Vec<Window> = nonsense
        .map(|(from_min, to_min)| Window { from_min, to_min })
        .to_vec();
    for hours in [
        Hours::default(),
        Hours {
            rule: Rule::daily(&broken),
            ..Hours::default()
        },
    ] {
        assert_eq!(hours.at(&new_york, None, noon), Moment::Closed { opens_at: None });
        assert!(hours.check().is_err());
    }
}

#[test]
fn any_time_needs_no_zone() {
    let hours = Hours::anytime();
    let now = utc("2026-07-01T03:00Z");
    assert!(hours.is_anytime());
    assert_eq!(
        hours.at(&Place::unknown(), None, now),
        Moment::Open {
            until: Moment::FOREVER
        }
    );
    assert_eq!(hours.next_lawful(&Place::unknown(), None, now), Some(now));
    let mut some = hours.clone();
    some.regions
        .insert("US-FL".to_owned(), Rule::daily(&["08:00-20:00".parse().unwrap()]));
    assert!(!some.is_anytime());
    assert!(some.at(&place(&["America/New_York"]), None, now).is_open());
    assert!(
        !some
            .at(&in_state("America/New_York", "US-FL"), None, now)
            .is_open()
    );
    let nowhere = Place {
        zones: vec![],
        ..in_state("", "US-FL")
    };
    assert_eq!(some.at(&nowhere, None, now), Moment::NoZone);
    // Always open but on one day: not any time, and open up to that day, if it comes within 400.
    let mut always = hours.clone();
    always
        .rule
        .holidays
        .dates
        .insert("2026-12-24".parse().unwrap(), vec![]);
    assert!(!always.is_anytime());
    let new_york = place(&["America/New_York"]);
    open(&always, &new_york, "2026-07-01T03:00Z", "2026-12-24T00:00-05:00");
    closed(
        &always,
        &new_york,
        "2026-12-24T10:00-05:00",
        "2026-12-25T00:00-05:00",
    );
    assert_eq!(
        always.at(&new_york, None, utc("2027-01-01T00:00Z")),
        Moment::Open {
            until: utc("2028-02-05T00:00Z")
        }
    );
}

#[test]
fn a_region_can_only_narrow_the_rule() {
    let mut hours = daily(&["09:00-17:00"]);
    hours
        .regions
        .insert("US-TX".to_owned(), Rule::daily(&["08:00-12:00".parse().unwrap()]));
    hours.rule.attempts_per_day = Some(2);
    hours.rule.gap_ms = Some(HOUR_MS);
    if let Some(rule) = hours.regions.get_mut("US-TX") {
        rule.attempts_per_day = Some(5);
        rule.gap_ms = Some(2 * HOUR_MS);
    }
    let texas = in_state("America/Chicago", "US-TX");
    open(&hours, &texas, "2026-07-01T09:00-05:00", "2026-07-01T12:00-05:00");
    closed(&hours, &texas, "2026-07-01T08:30-05:00", "2026-07-01T09:00-05:00");
    assert_eq!(hours.attempts_per_day(&texas), Some(2));
    assert_eq!(hours.gap_ms(&texas), Some(2 * HOUR_MS));
    assert_eq!(hours.gap_ms(&in_state("America/Chicago", "US-IL")), Some(HOUR_MS));
}

#[test]
fn hours_come_back_from_their_stored_form() {
    for preset in Hours::presets() {
        let hours = Hours::preset(&preset.id).unwrap();
        let json = serde_json::to_string(&hours).unwrap();
        assert_eq!(
            serde_json::from_str::<Hours>(&json).unwrap(),
            hours,
            "{}",
            preset.id
        );
    }
    // What is left out is closed.
    let hours: Hours = serde_json::from_str("{}").unwrap();
    assert_eq!(hours, Hours::default());
    for json in [
        r#"{"rule":{"weeks":{}}}"#,
        r#"{"rule":{"week":{"Monday":["09:00-20:00"]}}}"#,
        r#"{"rule":{"week":{"monday":["09:00"]}}}"#,
        r#"{"region":{}}"#,
        r#"{"rule":{"holidays":{"dates":{"2026-02-30":[]}}}}"#,
    ] {
        assert!(serde_json::from_str::<Hours>(json).is_err(), "{json}");
    }
}

#[test]
fn faults_are_named_with_their_fields() {
    let mut hours = daily(&["09:00-20:00"]);
    assert_eq!(hours.check(), Ok(()));
    hours.preset = Some("us-fedral".to_owned());
    hours.rule.week.0[1].push(Window {
        from_min: 600,
        to_min: 600,
    });
    hours.rule.attempts_per_day = Some(0);
    hours.rule.as_of = Some("last year".to_owned());
    hours.rule.holidays.dates.insert(
        "2026-12-24".parse().unwrap(),
        vec![Window {
            from_min: 0,
            to_min: 1500,
        }],
    );
    hours.regions.insert(
        "US-ZZ".to_owned(),
        Rule {
            gap_ms: Some(-1),
            ..Rule::default()
        },
    );
    // A state in which nobody shall be called.
    hours.regions.insert("US-FL".to_owned(), Rule::default());
    let faults = hours.check().unwrap_err();
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "preset",
            "rule.week.tuesday[1]",
            "rule.holidays.dates.2026-12-24[0]",
            "rule.attempts_per_day",
            "rule.as_of",
            "regions.US-ZZ",
            "regions.US-ZZ.gap_ms",
        ]
    );
    assert_eq!(Hours::default().check().unwrap_err()[0].field, "rule.week");
}

#[test]
fn hours_are_said_in_words() {
    let [weekdays, saturday]: [Window; 2] = ["09:00-20:00", "10:00-17:00"].map(|text| text.parse().unwrap());
    assert_eq!(
        Week::of(&[weekdays], &[saturday], &[]).words(),
        "Mon–Fri 9:00–20:00, Sat 10:00–17:00"
    );
    assert_eq!(Week::daily(&[weekdays]).words(), "every day 9:00–20:00");
    assert_eq!(Week::default().words(), "never");
    assert_eq!(Hours::anytime().rule.words(), "at any time");
    let mut split = Week::daily(&[]);
    split.0[0] = vec![weekdays, "22:00-02:00".parse().unwrap()];
    split.0[2] = vec![saturday];
    assert_eq!(split.words(), "Mon 9:00–20:00 and 22:00–2:00, Wed 10:00–17:00");
    let strict = Hours::preset("us-strict").unwrap();
    assert_eq!(strict.rule.words(), "Mon–Sat 9:00–20:00, not on federal holidays");
    let states = Hours::preset("us-states").unwrap();
    assert_eq!(
        states.regions["US-NE"].words(),
        "Mon–Sat 8:00–21:00, Sun 13:00–21:00, on federal holidays and 2 of the state 13:00–21:00"
    );
    assert_eq!(
        local_words("America/Chicago", utc("2026-11-16T15:00Z")).as_deref(),
        Some("Mon 09:00 CST")
    );
    assert_eq!(
        local_words("Asia/Kathmandu", utc("2026-11-16T15:00Z")).as_deref(),
        Some("Mon 20:45 +0545")
    );
    assert_eq!(local_words("America/Springfield", utc("2026-11-16T15:00Z")), None);
    let coming = |at, now| coming_words("America/Chicago", utc(at), utc(now));
    assert_eq!(
        coming("2026-11-16T15:00Z", "2026-11-13T23:00Z").as_deref(),
        Some("Mon 09:00 CST")
    );
    assert_eq!(
        coming("2026-11-16T15:00Z", "2026-11-10T00:00Z").as_deref(),
        Some("Mon 16 Nov 09:00 CST"),
        "not the Monday before"
    );
    assert_eq!(city("America/New_York"), "New York");
    assert_eq!(city("America/Argentina/Buenos_Aires"), "Buenos Aires, Argentina");
    assert_eq!(city("UTC"), "UTC");
}
