//! Time as UTC milliseconds since 1970, the one form that both databases and every rule use.

use std::{
    fmt,
    ops::{Add, Sub},
};

use serde::{Deserialize, Serialize};

/// One second in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Twenty-four hours in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// Above this our clock and the provider's differ too much to dial, in milliseconds.
pub const MAX_CLOCK_DIFFERENCE_MS: i64 = 30 * SECOND_MS;
/// How far the clocks of two nodes may be apart, in milliseconds: each may differ from the provider's by half of it. A
/// stored moment that lies further in the future was written by a clock that has been set right since.
pub const CLOCK_TOLERANCE_MS: i64 = 2 * MAX_CLOCK_DIFFERENCE_MS;
/// `Date` tells whole seconds, and an answer takes its time: so much may be added to what clocks differ, in milliseconds.
const READING_ERROR_MS: i64 = 2 * SECOND_MS;
/// The longest wait that is believed of anybody, a provider's `Retry-After` included, in milliseconds.
pub const LONGEST_WAIT_MS: i64 = HOUR_MS;

/// A length of time in words, its two greatest units: `20 min`, `1 h 30 min`, `1 day`, `500 ms`.
#[must_use]
pub fn in_words(ms: i64) -> String {
    let units = [
        (DAY_MS, "day"),
        (HOUR_MS, "h"),
        (MINUTE_MS, "min"),
        (SECOND_MS, "s"),
        (1, "ms"),
    ];
    let mut left = ms.max(0);
    let mut parts = Vec::new();
    for (unit_ms, name) in units {
        let count = left / unit_ms;
        left %= unit_ms;
        if count > 0 {
            let plural = if name == "day" && count > 1 { "s" } else { "" };
            parts.push(format!("{count} {name}{plural}"));
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() {
        "no time".to_owned()
    } else {
        parts.join(" ")
    }
}

/// A moment: UTC milliseconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcMs(pub i64);

impl UtcMs {
    /// The moment as ISO-8601 with milliseconds, for instance `2026-11-20T09:30:00.000Z`.
    #[must_use]
    pub fn to_iso(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map_or_else(|_| self.0.to_string(), |moment| format!("{moment:.3}"))
    }

    /// Reads ISO-8601 with a zone. `None` when the text is not such a moment.
    #[must_use]
    pub fn from_iso(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>()
            .ok()
            .map(|moment| Self(moment.as_millisecond()))
    }

    /// Milliseconds from `earlier` to this moment; zero when it lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).max(0)
    }

    /// A moment that the provider tells, of something that happened between `from` and `until` by our clock. The clocks
    /// may differ a little, and then its moments stay its own, so that they fit each other; one that no such clock can
    /// show becomes the nearer of the two bounds.
    #[must_use]
    pub fn bounded(self, from: Option<Self>, until: Self) -> Self {
        const SLACK_MS: i64 = MAX_CLOCK_DIFFERENCE_MS + READING_ERROR_MS;
        match from {
            Some(from) if self < from - SLACK_MS => from,
            _ if self > until + SLACK_MS => from.map_or(until, |from| until.max(from)),
            _ => self,
        }
    }

    /// Whether `moment` lies less than `ms` before this one. A moment further in the future than clocks may differ does
    /// not: a clock that was set back must not silence what it did last for as long as it was set back.
    #[must_use]
    pub fn has_within(self, moment: Self, ms: i64) -> bool {
        moment > self - ms && moment <= self + CLOCK_TOLERANCE_MS
    }

    /// Whether to go on waiting for `until`, when nobody ever waits longer than `longest_ms`. A moment further in the
    /// future was written by a clock that has been set back since.
    #[must_use]
    pub fn must_wait_for(self, until: Self, longest_ms: i64) -> bool {
        until > self && until <= self + longest_ms + CLOCK_TOLERANCE_MS
    }
}

impl fmt::Debug for UtcMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_iso())
    }
}

impl Add<i64> for UtcMs {
    type Output = Self;

    fn add(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl Sub<i64> for UtcMs {
    type Output = Self;

    fn sub(self, ms: i64) -> Self {
        Self(self.0.saturating_sub(ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_round_trips_to_the_millisecond() {
        let moment = UtcMs(1_795_166_400_123);
        assert_eq!(UtcMs::from_iso(&moment.to_iso()), Some(moment));
        assert_eq!(UtcMs(0).to_iso(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn what_the_provider_tells_lies_between_our_sending_and_our_hearing() {
        let (sent, now) = (UtcMs(1_795_166_400_000), UtcMs(1_795_166_460_000));
        let bounded = |moment: UtcMs| moment.bounded(Some(sent), now);
        assert_eq!(bounded(UtcMs(1)), sent);
        assert_eq!(bounded(now + 365 * DAY_MS), now);
        assert_eq!(
            bounded(sent - 25_000),
            sent - 25_000,
            "a clock that is a little behind"
        );
        assert_eq!(
            bounded(now + 25_000),
            now + 25_000,
            "a clock that is a little ahead"
        );
        assert_eq!((now + DAY_MS).bounded(None, now), now);
        assert_eq!((now + DAY_MS).bounded(Some(now + HOUR_MS), now), now + HOUR_MS);
    }

    #[test]
    fn a_moment_that_a_wrong_clock_wrote_silences_nothing() {
        let now = UtcMs(1_795_166_400_000);
        assert!(now.has_within(now - 4_999, 5_000) && !now.has_within(now - 5_000, 5_000));
        assert!(
            now.has_within(now + CLOCK_TOLERANCE_MS, 5_000),
            "another node may be ahead"
        );
        assert!(
            !now.has_within(now + 2 * HOUR_MS, 5_000),
            "the clock was set back"
        );
        assert!(now.must_wait_for(now + 1, HOUR_MS) && !now.must_wait_for(now, HOUR_MS));
        assert!(now.must_wait_for(now + HOUR_MS, HOUR_MS));
        assert!(!now.must_wait_for(now + 10 * DAY_MS, HOUR_MS));
    }

    #[test]
    fn lengths_of_time_are_said_in_two_units() {
        for (ms, words) in [
            (20 * MINUTE_MS, "20 min"),
            (90 * MINUTE_MS, "1 h 30 min"),
            (20 * HOUR_MS, "20 h"),
            (DAY_MS, "1 day"),
            (2 * DAY_MS + 3 * HOUR_MS + 4 * MINUTE_MS, "2 days 3 h"),
            (1_500, "1 s 500 ms"),
            (0, "no time"),
        ] {
            assert_eq!(in_words(ms), words);
        }
    }

    #[test]
    fn since_never_goes_below_zero() {
        assert_eq!(UtcMs(5).since(UtcMs(9)), 0);
    }
}
