//! Moments on the wire: ISO-8601 in UTC with milliseconds.

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

/// `2026-01-31T09:30:00.125Z`.
pub(crate) fn iso(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
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
        assert!(iso(1_774_539_796_000).ends_with("16.000Z"));
    }
}
