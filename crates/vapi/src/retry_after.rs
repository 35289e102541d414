//! When the provider wants to hear from us again.

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::decimal;

/// Longest wait that is believed: a day. More is a mistake of some proxy.
const LONGEST_MS: u64 = 24 * 60 * 60 * 1000;

/// The wait in milliseconds from `Retry-After-Ms` or `Retry-After`. The latter may be a count of seconds or a date,
/// which is measured against the answer's own `Date`, so that neither clock matters.
#[must_use]
pub fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let wait_ms = text("retry-after-ms")
        .and_then(|text| decimal::scaled(text, 0))
        .or_else(|| {
            let retry_after = text(RETRY_AFTER.as_str())?;
            decimal::scaled(retry_after, 3)
                .or_else(|| Some(http_date_ms(retry_after)? - http_date_ms(text(DATE.as_str())?)?))
        })?;
    // A moment that has passed asks for no wait.
    Some(u64::try_from(wait_ms).unwrap_or(0).min(LONGEST_MS))
}

/// When the provider made an answer, by its own clock: the header `Date`, in milliseconds since 1970 and to the second.
/// `None` when it is missing or cannot be read.
#[must_use]
pub fn date_ms(headers: &HeaderMap) -> Option<i64> {
    headers
        .get(DATE)?
        .to_str()
        .ok()
        .and_then(|text| http_date_ms(text.trim()))
}

fn http_date_ms(text: &str) -> Option<i64> {
    let moment: Timestamp = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn an_answer_tells_when_it_was_made() {
        let date = |text| date_ms(&headers(&[("date", text)]));
        assert_eq!(date("Thu, 01 Jan 1970 00:00:01 GMT"), Some(1_000));
        assert_eq!(date("soon"), None);
        assert_eq!(date_ms(&headers(&[])), None);
    }

    #[test]
    fn seconds_milliseconds_and_dates_are_understood() {
        let date = ("date", "Wed, 26 Aug 2026 10:00:00 GMT");
        for (pairs, expected) in [
            (vec![("retry-after", "7")], Some(7_000)),
            (vec![("retry-after", "0.5")], Some(500)),
            (vec![("retry-after-ms", "250"), ("retry-after", "7")], Some(250)),
            (
                vec![("retry-after-ms", "soon"), ("retry-after", "7")],
                Some(7_000),
            ),
            (
                vec![date, ("retry-after", "Wed, 26 Aug 2026 10:01:30 GMT")],
                Some(90_000),
            ),
            (
                vec![date, ("retry-after", "Wed, 26 Aug 2026 09:00:00 GMT")],
                Some(0),
            ),
            (vec![("retry-after", "Wed, 26 Aug 2026 10:01:30 GMT")], None),
            (vec![("retry-after", "-3")], Some(0)),
            (vec![("retry-after", "99999999")], Some(LONGEST_MS)),
            (vec![("retry-after", "soon")], None),
            (vec![], None),
        ] {
            assert_eq!(retry_after_ms(&headers(&pairs)), expected, "{pairs:?}");
        }
    }
}
