//! Values that nobody may see, and values that nobody may see because they could be such.

use std::fmt;

/// A setting that no message, log line or debug output shows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Hidden(String);

impl Hidden {
    /// The value, for the one place that needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Hidden {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Runs of letters and digits that are longer are seldom words, and every key is longer.
const LONGEST_WORD: usize = 15;

/// Whether a text that stands in the wrong place could be a key, a password, or an address with one. Such a text is not
/// repeated in messages, which end in logs, tickets and screenshots.
pub(crate) fn could_be_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_told = ["@", "?", "pass", "pwd", "secret", "token", "key"]
        .iter()
        .any(|sign| lower.contains(sign));
    let long = |run: &str| run.chars().count() > LONGEST_WORD;
    let words = text.split(|c: char| !c.is_alphanumeric());
    // Ids and keys join letters and digits by these.
    let joined = text.split(|c: char| !(c.is_alphanumeric() || "-_+/=".contains(c)));
    let has_digit = |run: &str| run.chars().any(|c| c.is_ascii_digit());
    is_told || words.into_iter().any(long) || joined.into_iter().any(|run| long(run) && has_digit(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_passwords_and_addresses_with_them_are_not_repeated() {
        for text in [
            "postgres://user:pw@host/db",
            "host=db password=pw",
            "8f14e45f-ceea-467f-a0e6-b1cf8d1f2a3b",
            "sk_live_51H8x9abcd",
            "correcthorsebatterystaple",
            "https://x.example/?a=b",
            "hunter2 is my Password",
            "https://hooks.example/T0000/B0000/XXXX1",
        ] {
            assert!(could_be_secret(text), "{text}");
        }
    }

    #[test]
    fn ordinary_slips_are_repeated() {
        for text in [
            "many",
            "51",
            "localhost",
            "calls.example.com",
            "0.0.0.0:3000",
            "{\"limits\":{\"per_contact\":-1}}",
            "info,engine=loud",
            "Britain",
        ] {
            assert!(!could_be_secret(text), "{text}");
        }
    }

    #[test]
    fn a_hidden_value_is_never_shown() {
        assert_eq!(
            format!("{:?}", Some(Hidden::from("s3cret".to_owned()))),
            "Some(…)"
        );
    }
}
