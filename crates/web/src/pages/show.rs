//! Numbers, money and time as people read them.

use jiff::Timestamp;

/// A moment, written for both readers: a browser turns `iso` into the viewer's own time, everybody else sees `text`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct When {
    /// ISO-8601 in UTC, for `<time datetime>`.
    pub iso: String,
    /// Readable without scripts, for instance `2026-11-20 05:24 UTC`.
    pub text: String,
}

impl When {
    /// A moment in words of our own, for instance `Mon 23 Nov 09:00 CET`. Shown by the macro `fixed`, which browsers leave
    /// as it is.
    #[must_use]
    pub fn told(utc_ms: i64, words: &str) -> Self {
        Self {
            text: words.to_owned(),
            ..Self::at(utc_ms)
        }
    }

    /// From UTC milliseconds since 1970.
    #[must_use]
    pub fn at(utc_ms: i64) -> Self {
        Timestamp::from_millisecond(utc_ms).map_or_else(
            |_| Self {
                iso: String::new(),
                text: utc_ms.to_string(),
            },
            |moment| Self {
                iso: format!("{moment:.3}"),
                text: moment.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            },
        )
    }
}

/// A count with separators: `1,204`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 person`, `1,204 people`.
#[must_use]
pub fn count_of(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A share in whole per cent that never rounds to "none" or "all" when it is neither: `<1%`, `37%`, `>99%`.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let percent = (u128::from(part) * 100 + u128::from(whole) / 2) / u128::from(whole);
    match percent {
        0 if part > 0 => "<1%".to_owned(),
        100.. if part < whole => ">99%".to_owned(),
        percent => format!("{percent}%"),
    }
}

/// Micro-dollars as dollars and cents: `$12.34`.
#[must_use]
pub fn usd(micros: i64) -> String {
    let cents = (micros.unsigned_abs() + 5_000) / 10_000;
    format!(
        "{}${}.{:02}",
        if micros < 0 { "-" } else { "" },
        count(cents / 100),
        cents % 100
    )
}

/// Micro-dollars with the four decimals that the provider bills in: `$0.0712`.
#[must_use]
pub fn usd_exact(micros: i64) -> String {
    let parts = (micros.unsigned_abs() + 50) / 100;
    format!(
        "{}${}.{:04}",
        if micros < 0 { "-" } else { "" },
        count(parts / 10_000),
        parts % 10_000
    )
}

/// A length of time as exactly as it matters: `43 s`, `3 min 12 s`, `35 min`, `2 h 10 min`, `3 d 4 h`.
#[must_use]
pub fn span(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes @ ..10) => format!("{minutes} min {} s", seconds % 60),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// A running clock as the browser shows it: `0:07`, `12:30`, `1:02:03`.
#[must_use]
pub fn clock(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{:02}", seconds % 60)
    } else {
        format!("{minutes}:{:02}", seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators_and_nouns() {
        assert_eq!(
            [0, 999, 1_204, 1_000_000].map(count),
            ["0", "999", "1,204", "1,000,000"]
        );
        assert_eq!(count_of(1, "person", "people"), "1 person");
        assert_eq!(count_of(0, "person", "people"), "0 people");
    }

    #[test]
    fn a_share_is_never_none_or_all_when_it_is_neither() {
        assert_eq!(share(0, 0), "–");
        assert_eq!(share(0, 9), "0%");
        assert_eq!(share(1, 1_000_000), "<1%");
        assert_eq!(share(999_999, 1_000_000), ">99%");
        assert_eq!(share(1, 3), "33%");
        assert_eq!(share(9, 9), "100%");
    }

    #[test]
    fn money_has_cents_for_sums_and_four_decimals_for_calls() {
        assert_eq!(usd(1_234_567_890), "$1,234.57");
        assert_eq!(usd(-1_500_000), "-$1.50");
        assert_eq!(usd_exact(71_249), "$0.0712");
    }

    #[test]
    fn lengths_of_time_are_as_exact_as_it_matters() {
        assert_eq!(span(-5), "0 s");
        assert_eq!(span(43_999), "43 s");
        assert_eq!(span(192_000), "3 min 12 s");
        assert_eq!(span(2_139_000), "35 min");
        assert_eq!(span(7_800_000), "2 h 10 min");
        assert_eq!(span(273_600_000), "3 d 4 h");
        assert_eq!(
            [7_000, 750_000, 3_723_000].map(clock),
            ["0:07", "12:30", "1:02:03"]
        );
    }

    #[test]
    fn a_moment_reads_with_and_without_scripts() {
        let when = When::at(1_795_152_240_123);
        assert_eq!(when.iso, "2026-11-20T05:24:00.123Z");
        assert_eq!(when.text, "2026-11-20 05:24 UTC");
        assert_eq!(When::at(i64::MAX).iso, "");
    }
}
