//! Moments as the API writes them, and as we write them.

use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};

use crate::decimal;

/// Below this a number counts seconds, from here on milliseconds: 1e11 s is the year 5138, 1e11 ms is March 1973.
const FIRST_MILLISECOND_VALUE: i64 = 100_000_000_000;

/// 1 January 10000. A number beyond it counts some other unit.
const END_OF_CALENDAR_MS: i64 = 253_402_300_800_000;

/// Reads a moment: ISO-8601 (UTC if it names no offset), or a count of seconds or milliseconds since 1970, as number or
/// text. `None` for anything else, and for moments up to 1970: no call is that old, but an unset field may say so.
pub(crate) fn parse_ms(text: &str) -> Option<i64> {
    let text = text.trim();
    let ms = match decimal::scaled(text, 0) {
        Some(count) if count.abs() < FIRST_MILLISECOND_VALUE => decimal::scaled(text, 3)?,
        Some(count) => count,
        None => match text.parse::<Timestamp>() {
            Ok(moment) => moment.as_millisecond(),
            Err(_) => text
                .parse::<DateTime>()
                .ok()?
                .to_zoned(TimeZone::UTC)
                .ok()?
                .timestamp()
                .as_millisecond(),
        },
    };
    (1..END_OF_CALENDAR_MS).contains(&ms).then_some(ms)
}

/// Writes a moment as ISO-8601 in UTC with milliseconds. A moment outside the calendar is moved to its nearer end.
pub(crate) fn iso_ms(ms: i64) -> String {
    let end = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let moment = Timestamp::from_millisecond(ms).unwrap_or(end);
    format!("{moment:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_moment_is_the_same_moment() {
        for text in [
            "2026-03-26T15:43:16.145Z",
            "2026-03-26T16:43:16.145+01:00",
            "2026-03-26T15:43:16.145",
            " 2026-03-26 15:43:16.145 ",
            "1774539796145",
            "1774539796.145",
            "1.774539796145e12",
        ] {
            assert_eq!(parse_ms(text), Some(1_774_539_796_145), "{text}");
        }
        assert_eq!(parse_ms("1774539796"), Some(1_774_539_796_000));
        assert_eq!(parse_ms("2026-03-26T15:43:16Z"), Some(1_774_539_796_000));
    }

    #[test]
    fn what_is_no_moment_of_a_call_is_absent() {
        let not_moments = [
            "",
            "soon",
            "0",
            "-5",
            "0001-01-01T00:00:00Z",
            "1774539796145000",
            "true",
            "2026-13-01T00:00:00Z",
        ];
        for text in not_moments {
            assert_eq!(parse_ms(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_written_with_milliseconds() {
        assert_eq!(iso_ms(1_774_539_796_000), "2026-03-26T15:43:16.000Z");
        assert_eq!(iso_ms(1_774_539_796_145), "2026-03-26T15:43:16.145Z");
        assert!(iso_ms(i64::MAX).starts_with("9999-12-"));
    }

    proptest::proptest! {
        #[test]
        fn written_moments_read_back(ms in 1_i64..253_402_000_000_000) {
            proptest::prop_assert_eq!(parse_ms(&iso_ms(ms)), Some(ms));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = parse_ms(&text);
        }
    }
}
