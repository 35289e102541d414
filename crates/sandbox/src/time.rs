//! Moments on the wire: ISO-8601 in UTC with milliseconds, and the form of HTTP headers.

use http::HeaderValue;
use jiff::Timestamp;
use jiff::civil;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::tz::TimeZone;

/// `2026-01-31T09:30:00.125Z`.
pub(crate) fn iso(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// `Sat, 31 Jan 2026 09:30:00 GMT` (IMF-fixdate, RFC 9110), to the second and never ahead of the moment. `None` beyond the
/// years that can be written.
pub(crate) fn http_date(ms: i64) -> Option<HeaderValue> {
    let second = Timestamp::from_second(ms.div_euclid(1_000)).ok()?;
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&second).ok()?;
    HeaderValue::try_from(date).ok()
}

/// Milliseconds of an ISO-8601 moment or date; finer parts are cut off. `None` when it is neither.
pub(crate) fn parse_ms(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let date: civil::Date = text.parse().ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_keep_their_milliseconds() {
        assert_eq!(iso(1_774_539_796_145), "2026-03-26T15:43:16.145Z");
        assert_eq!(parse_ms("2026-03-26T15:43:16.145Z"), Some(1_774_539_796_145));
        assert_eq!(parse_ms("2026-03-26T16:43:16.145+01:00"), Some(1_774_539_796_145));
        assert_eq!(parse_ms("2026-03-26"), Some(1_774_483_200_000));
        assert_eq!(parse_ms("yesterday"), None);
    }

    #[test]
    fn dates_of_headers_are_whole_seconds() {
        let date = |ms| http_date(ms).unwrap();
        assert_eq!(date(1_769_851_800_000), "Sat, 31 Jan 2026 09:30:00 GMT");
        assert_eq!(date(1_769_851_800_999), "Sat, 31 Jan 2026 09:30:00 GMT");
        assert_eq!(date(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
        assert_eq!(http_date(i64::MAX), None);
    }

    #[test]
    fn whole_seconds_are_written_with_their_milliseconds() {
        assert!(iso(1_774_539_796_000).ends_with("16.000Z"));
    }
}
