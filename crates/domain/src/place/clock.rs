//! What the clocks on the wall show in a zone, as a table of offsets.
//!
//! The zones come with the binary (jiff's bundled copy of the IANA database), so that two nodes never disagree and a
//! host without zone files is no different from others. A table turns every question about local time into whole
//! numbers: a moment plus the offset of its span is the local time.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};

/// The tables cover 1970 to 2199. Outside nothing is known, and nobody may be called.
const FIRST_MS: i64 = 0;
const END_MS: i64 = 7_258_118_400_000;
/// Two zones are the same for us if their clocks agree from 2024 on.
const RECENT_MS: i64 = 1_704_067_200_000;

/// A zone.
#[derive(Debug)]
pub(crate) struct Clock {
    name: String,
    /// At least one, in order of time.
    spans: Vec<Span>,
}

/// A time in which the offset stays the same, up to the next span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from_ms: i64,
    offset_ms: i64,
}

/// The offset at a moment, and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offset {
    /// Local time minus UTC, in milliseconds.
    pub(crate) ms: i64,
    /// UTC milliseconds of the first moment at which another offset holds.
    pub(crate) end_ms: i64,
}

/// By the name as the database writes it. Grows to the 600 zones that there are, at most.
static CLOCKS: LazyLock<RwLock<HashMap<String, Arc<Clock>>>> = LazyLock::new(RwLock::default);

impl Clock {
    /// The clock of a zone by its IANA name, in any case. `None` for a name that is not in the database, and for
    /// `Etc/Unknown`, which is one but names no clock.
    pub(crate) fn of(name: &str) -> Option<Arc<Clock>> {
        // A table is complete before it is put in, so one that somebody died over is as good as any.
        let known = |name: &str| {
            CLOCKS
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .get(name)
                .map(Arc::clone)
        };
        if let Some(clock) = known(name) {
            return Some(clock);
        }
        let zone = zone(name)?;
        let name = zone.iana_name()?;
        if let Some(clock) = known(name) {
            return Some(clock);
        }
        let clock = Arc::new(Clock::new(name.to_owned(), &zone)?);
        CLOCKS
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), Arc::clone(&clock));
        Some(clock)
    }

    fn new(name: String, zone: &TimeZone) -> Option<Clock> {
        let first = Timestamp::from_millisecond(FIRST_MS).ok()?;
        let offset_ms = |moment: Timestamp| i64::from(zone.to_offset(moment).seconds()) * 1_000;
        let mut spans = vec![Span {
            from_ms: FIRST_MS,
            offset_ms: offset_ms(first),
        }];
        for change in zone.following(first) {
            let span = Span {
                from_ms: change.timestamp().as_millisecond(),
                offset_ms: i64::from(change.offset().seconds()) * 1_000,
            };
            if span.from_ms >= END_MS {
                break;
            }
            // Some changes are of the name or the law only.
            if spans.last().is_none_or(|last| last.offset_ms != span.offset_ms) {
                spans.push(span);
            }
        }
        Some(Clock { name, spans })
    }

    /// The name as the database writes it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The offset at a moment. `None` before 1970 and after 2199.
    pub(crate) fn offset(&self, at_ms: i64) -> Option<Offset> {
        if !(FIRST_MS..END_MS).contains(&at_ms) {
            return None;
        }
        let next = self.spans.partition_point(|span| span.from_ms <= at_ms);
        Some(Offset {
            ms: self.spans[next - 1].offset_ms,
            end_ms: self.spans.get(next).map_or(END_MS, |span| span.from_ms),
        })
    }

    /// Whether two zones have shown the same time since 2024, and will by the rules as they are now.
    pub(crate) fn agrees_with(&self, other: &Clock) -> bool {
        let recent = |clock: &Clock| {
            let first = clock.spans.partition_point(|span| span.from_ms <= RECENT_MS);
            (clock.spans[first - 1].offset_ms, first)
        };
        let ((ours, our_next), (theirs, their_next)) = (recent(self), recent(other));
        ours == theirs && self.spans[our_next..] == other.spans[their_next..]
    }
}

/// A zone of the bundled database by its name in any case.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    static BUNDLED: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    BUNDLED.get(name).ok().filter(|zone| !zone.is_unknown())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_nothing_else_is() {
        let clock = Clock::of("america/new_york").unwrap();
        assert_eq!(clock.name(), "America/New_York");
        assert!(Arc::ptr_eq(&clock, &Clock::of("America/New_York").unwrap()));
        for name in [
            "",
            "Etc/Unknown",
            "America/Newyork",
            "New York",
            "EST5",
            "+05:00",
            "../etc",
        ] {
            assert!(Clock::of(name).is_none(), "{name}");
        }
        assert_eq!(Clock::of("UTC").unwrap().name(), "UTC");
    }

    #[test]
    fn zones_that_keep_the_same_clock_agree() {
        let agree = |one: &str, other: &str| {
            let (one, other) = (Clock::of(one).unwrap(), Clock::of(other).unwrap());
            assert_eq!(one.agrees_with(&other), other.agrees_with(&one));
            one.agrees_with(&other)
        };
        assert!(agree("America/New_York", "America/Indiana/Indianapolis"));
        assert!(agree("America/Chicago", "America/North_Dakota/Center"));
        assert!(agree("America/Boise", "America/Denver"));
        assert!(agree("America/Juneau", "America/Anchorage"));
        assert!(agree("Asia/Kolkata", "Asia/Calcutta"));
        assert!(!agree("America/Phoenix", "America/Denver"));
        assert!(!agree("America/Puerto_Rico", "America/Halifax"));
    }

    #[test]
    fn nothing_is_known_outside_the_table() {
        let clock = Clock::of("Europe/Berlin").unwrap();
        for at_ms in [i64::MIN, -1, END_MS, i64::MAX] {
            assert_eq!(clock.offset(at_ms), None);
        }
        assert_eq!(clock.offset(END_MS - 1).map(|offset| offset.ms), Some(3_600_000));
    }

    fn names() -> Vec<String> {
        TimeZoneDatabase::bundled()
            .available()
            .map(|name| name.to_string())
            .collect()
    }

    proptest! {
        #[test]
        fn the_table_says_what_the_database_says(
            name in proptest::sample::select(names()),
            moments in proptest::collection::vec(FIRST_MS..END_MS, 20),
        ) {
            let Some(zone) = zone(&name) else {
                prop_assert_eq!(name, "Etc/Unknown");
                return Ok(());
            };
            let clock = Clock::of(&name).unwrap();
            let real = |at_ms| i64::from(zone.to_offset(Timestamp::from_millisecond(at_ms).unwrap()).seconds()) * 1_000;
            for at_ms in moments {
                let offset = clock.offset(at_ms).unwrap();
                prop_assert_eq!(offset.ms, real(at_ms));
                prop_assert!(offset.end_ms > at_ms);
                prop_assert_eq!(real(offset.end_ms - 1), offset.ms);
                prop_assert!(offset.end_ms == END_MS || real(offset.end_ms) != offset.ms);
            }
        }
    }
}
