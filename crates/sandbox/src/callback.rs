//! When a person wants to be called back.

use crate::chance;
use crate::script::When;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use rand::RngExt;

/// A time on the person's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Callback {
    local: DateTime,
    offset: Offset,
}

const MINUTE_MS: i64 = 60_000;

impl Callback {
    /// The time that the script wants; else one of the next three days, on a half hour between 9:00 and 17:30 on the
    /// person's clock. The sandbox knows no places: the clock is drawn too.
    pub(crate) fn of(wanted: Option<&When>, answered_ms: i64, seed: u64, call_key: &str) -> Callback {
        let mut rng = chance::stream(seed, "callback", &[call_key]);
        let offset = Offset::from_hours(rng.random_range(-8..=-4)).unwrap_or(Offset::UTC);
        let days = rng.random_range(1..=3_i64);
        let half_hours = rng.random_range(18..=35_i64);
        let on_clock = |ms: i64, offset: Offset| {
            let moment = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
            offset.to_datetime(moment)
        };
        match wanted {
            Some(When::At(text)) => read(text).unwrap_or(Callback {
                local: on_clock(answered_ms, offset),
                offset,
            }),
            // People name minutes.
            Some(When::After(after_ms)) => {
                let ms = answered_ms.saturating_add(*after_ms);
                let whole_ms = ms.div_euclid(MINUTE_MS) * MINUTE_MS;
                Callback {
                    local: on_clock(whole_ms + if whole_ms < ms { MINUTE_MS } else { 0 }, offset),
                    offset,
                }
            }
            None => {
                let midnight = on_clock(answered_ms + days * 24 * 60 * MINUTE_MS, offset)
                    .date()
                    .at(0, 0, 0, 0);
                let local = midnight
                    .checked_add(jiff::SignedDuration::from_mins(half_hours * 30))
                    .unwrap_or(midnight);
                Callback { local, offset }
            }
        }
    }

    /// `2026-03-27T15:30:00-05:00`.
    pub(crate) fn iso(&self) -> String {
        match self.local.to_zoned(TimeZone::fixed(self.offset)) {
            Ok(moment) => moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            Err(_) => String::new(),
        }
    }

    /// `on Friday at 3:30 pm`.
    pub(crate) fn words(&self) -> String {
        self.local.strftime("on %A at %-I:%M %P").to_string()
    }
}

/// Whether the text is a date and time with an offset.
pub(crate) fn is_moment(text: &str) -> bool {
    read(text).is_some()
}

fn read(text: &str) -> Option<Callback> {
    let pieces = Pieces::parse(text).ok()?;
    Some(Callback {
        local: pieces.date().to_datetime(pieces.time()?),
        offset: pieces.to_numeric_offset()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thursday, 26 March 2026, 15:00:20 UTC.
    const ANSWERED_MS: i64 = 1_774_537_220_000;

    #[test]
    fn a_scripted_time_is_the_one_that_is_told() {
        let at = When::At("2026-03-27T15:30-05:00".into());
        let callback = Callback::of(Some(&at), ANSWERED_MS, 1, "k");
        assert_eq!(callback.iso(), "2026-03-27T15:30:00-05:00");
        assert_eq!(callback.words(), "on Friday at 3:30 pm");
        let after = Callback::of(Some(&When::After(7_200_000)), ANSWERED_MS, 1, "k");
        let moment: Timestamp = after.iso().parse().unwrap();
        assert_eq!(moment.to_string(), "2026-03-26T17:01:00Z");
    }

    #[test]
    fn a_drawn_time_lies_in_somebodys_day() {
        for nth in 0..200 {
            let callback = Callback::of(None, ANSWERED_MS, 1, &nth.to_string());
            let hour = callback.local.hour();
            assert!((9..18).contains(&hour), "{}", callback.iso());
            let moment: Timestamp = callback.iso().parse().unwrap();
            assert!(moment.as_millisecond() > ANSWERED_MS, "{}", callback.iso());
            assert!(moment.as_millisecond() < ANSWERED_MS + 4 * 86_400_000);
        }
    }
}
